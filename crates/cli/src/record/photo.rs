//! Photographs: made clean before a record names them, and brought to the ledger after it is logged.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use nguon_ledger::{EventId, SectionType};
use nguon_service::images::IMAGE_BYTES_MAX;
use nguon_service::pictures::{PIXELS_MAX, Picture};
use nguon_trace::facts::{Digest, Facts, Photo};

use crate::client::{Brought, Client};
use crate::out;
use crate::parcel::{Parcel, write_new};

const EXAMPLES: &str = "\
A record names a photograph by its BLAKE3, so a file that is changed later is another file. First make it clean (upright, at most \
1,600 pixels, without place, time and phone), then sign what names it, then bring it:

  nguon record photo row.jpg --clean clean/            # prints what goes into nguon:photos
  nguon record sign --key phone.key --act lot --facts harvest.json --out signed.json
  nguon record submit signed.json --server https://ledger.example.org --wait
  nguon record photo clean/row.jpg --of signed.json --server https://ledger.example.org

Bringing a file twice is safe.";

/// A clean copy is at most so wide and high.
const SIDE: u32 = 1_600;
/// The longest file that is read.
const FILE_BYTES_MAX: u64 = 64 << 20;
/// Pixels of a file that is made clean: this machine's owner waits for it, and nobody else.
const CLEAN_PIXELS_MAX: u64 = 64 << 20;

/// `nguon record photo`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Bring {
    /// Pictures: JPEG, PNG or WebP.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Write clean JPEG copies into this folder, and bring nothing.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["server", "of", "event"])]
    clean: Option<PathBuf>,
    /// The ledger's server.
    #[arg(long, env = "NGUON_SERVER", value_name = "URL", required_unless_present = "clean")]
    server: Option<String>,
    /// Signed files whose records name the pictures.
    #[arg(long, value_name = "SIGNED", num_args = 1..)]
    of: Vec<PathBuf>,
    /// Event id of the record that names them, instead.
    #[arg(long, value_name = "EVENT", conflicts_with = "of")]
    event: Option<EventId>,
}

impl Bring {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        if let Some(folder) = &self.clean {
            for file in &self.files {
                clean(file, folder)?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        let Some(server) = &self.server else { bail!("name the ledger's --server") };
        let named = self.named()?;
        let client = Client::new(server)?;
        let mut all = true;
        for file in &self.files {
            let bytes = read(file)?;
            let digest = digest(&bytes);
            let shown = file.display();
            let event = match self.event {
                Some(event) => event,
                None => match named.iter().find(|(_, photo)| photo.digest == digest) {
                    Some((event, _)) => *event,
                    None => bail!("{shown} has the BLAKE3 {digest}, and no record of --of names it"),
                },
            };
            if let Some(why) = unfit(&bytes) {
                bail!("{shown}: {why}");
            }
            match client.bring_image(&digest.to_string(), &event, &bytes)? {
                Brought::New => out::line(format!("{shown}: kept as {server}/images/{digest}"))?,
                Brought::Again => out::line(format!("{shown}: was kept already"))?,
                Brought::Refused(problem) => {
                    all = false;
                    out::line(format!("{shown}: not taken: {}", out::visible(&problem.to_string())))?;
                }
            }
        }
        Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// What the signed files name, by event.
    fn named(&self) -> anyhow::Result<Vec<(EventId, Photo)>> {
        let mut named = Vec::new();
        for path in &self.of {
            let parcel = Parcel::open(path)?;
            for signed in parcel.unpack().with_context(|| format!("{}", path.display()))? {
                let public = signed.openings.iter().find(|opening| opening.kind == SectionType::PUBLIC);
                let facts = public.and_then(|opening| nguon_epcis::read(&opening.payload).ok());
                let photos = match facts.map(|document| document.facts) {
                    Some(Facts::Event(event)) => event.photos,
                    Some(Facts::Product(product)) => product.image.into_iter().collect(),
                    _ => Vec::new(),
                };
                named.extend(photos.into_iter().map(|photo| (signed.record.event_id(), photo)));
            }
        }
        if self.event.is_none() && named.is_empty() {
            bail!("say which record names the pictures: --of SIGNED, or --event ID");
        }
        Ok(named)
    }
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let length = std::fs::metadata(file).with_context(|| format!("cannot read {}", file.display()))?.len();
    if length > FILE_BYTES_MAX {
        bail!("{} has {length} bytes: that is no photograph", file.display());
    }
    std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

fn digest(bytes: &[u8]) -> Digest {
    Digest(*blake3::hash(bytes).as_bytes())
}

/// Why the ledger would refuse it, and what to do.
fn unfit(bytes: &[u8]) -> Option<String> {
    let advice = "make a clean copy (--clean) and sign a record that names that one";
    if bytes.len() > IMAGE_BYTES_MAX {
        return Some(format!("{} bytes, and {IMAGE_BYTES_MAX} are taken: {advice}", bytes.len()));
    }
    let looked = Picture::inspect(bytes).and_then(|picture| picture.within(PIXELS_MAX));
    looked.and_then(Picture::alone).err().map(|error| format!("{error}: {advice}"))
}

fn clean(file: &Path, folder: &Path) -> anyhow::Result<()> {
    let bytes = read(file)?;
    let picture = Picture::inspect(&bytes).and_then(|picture| picture.within(CLEAN_PIXELS_MAX));
    let picture = picture.with_context(|| format!("{}", file.display()))?;
    let written = picture.rewrite(&bytes, SIDE, SIDE).with_context(|| format!("{}", file.display()))?;
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let name = file.file_stem().with_context(|| format!("{} has no name", file.display()))?;
    let target = folder.join(name).with_extension("jpg");
    write_new(&target, &written)?;
    let left = match picture.beside.join(", ") {
        none if none.is_empty() => "nothing stood beside the picture".to_owned(),
        left => format!("left out: {}", out::visible(&left)),
    };
    out::line(format!("{}: {} bytes; {left}", target.display(), written.len()))?;
    out::line(format!(r#"  {{"nguon:blake3": "{}", "nguon:mediaType": "image/jpeg"}}"#, digest(&written)))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clean_copy_is_one_that_the_ledger_takes() {
        let folder = tempfile::tempdir().unwrap();
        // One pixel, PNG, with the name of who took it.
        let mut png = hex::decode(concat!(
            "89504e470d0a1a0a0000000d494844520000000100000001080200000090775",
            "3de0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
        ))
        .unwrap();
        png.splice(
            33..33,
            [&8_u32.to_be_bytes()[..], b"tEXt", b"Author\0L", &[0xfa, 0x6f, 0x4b, 0x62]].concat(),
        );
        let file = folder.path().join("Vườn.png");
        std::fs::write(&file, &png).unwrap();
        let why = unfit(&png).unwrap();
        assert!(why.contains("a text") && why.contains("--clean"), "{why}");
        clean(&file, &folder.path().join("clean")).unwrap();
        let written = std::fs::read(folder.path().join("clean/Vườn.jpg")).unwrap();
        assert_eq!(unfit(&written), None);
        assert!(clean(&file, &folder.path().join("clean")).is_err(), "no copy is written over");
    }
}
