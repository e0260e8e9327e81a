//! Labels into files: whole, or not at all.

use std::io::{BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use nguon_label::{Design, Fields, QrCode};
use nguon_print::{Book, Label, Language, Plate, Resolution, Roll, Setting, Sheet};

use super::Format;
use super::serials::Row;

/// Copies that printers count in one go.
const COPIES_MAX: u32 = 9_999;

/// Codes that are made before their labels are drawn.
const CODES_AHEAD: usize = 1_024;

/// What is printed.
pub(super) enum Labels {
    /// The lot's code, so many times.
    Same { code: QrCode, count: u32 },
    /// A code of its own for each pack.
    Each(Vec<Row>),
}

impl Labels {
    fn count(&self) -> u64 {
        match self {
            Self::Same { count, .. } => u64::from(*count),
            Self::Each(rows) => rows.len() as u64,
        }
    }

    /// The code that needs most modules.
    fn largest(&self) -> anyhow::Result<QrCode> {
        match self {
            Self::Same { code, .. } => Ok(code.clone()),
            Self::Each(rows) => {
                let longest = rows.iter().max_by_key(|row| row.url.len()).context("no rows")?;
                Ok(QrCode::new(&longest.url)?)
            }
        }
    }

    fn rights(&self) -> Rights {
        match self {
            Self::Same { .. } => Rights::Usual,
            Self::Each(_) => Rights::Owner,
        }
    }

    /// Whether some address has small letters, which take more room in a code than capitals.
    pub(super) fn has_lower_case(&self) -> bool {
        let lower = |url: &str| url.chars().any(|c| c.is_ascii_lowercase());
        match self {
            Self::Same { code, .. } => lower(code.url()),
            Self::Each(rows) => rows.iter().any(|row| lower(&row.url)),
        }
    }

    /// Does something with each label.
    fn each(&self, mut take: impl FnMut(&Label<'_>, &str) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let bar = bar(self.count());
        match self {
            Self::Same { code, count } => {
                for _ in 0..*count {
                    take(&Label { code, serial: "" }, "")?;
                    bar.inc(1);
                }
            }
            Self::Each(rows) => {
                for some in rows.chunks(CODES_AHEAD) {
                    for (row, code) in some.iter().zip(codes(some)?) {
                        take(&Label { code: &code, serial: &row.serial }, &format!("{:06}", row.number))?;
                        bar.inc(1);
                    }
                }
            }
        }
        bar.finish_and_clear();
        Ok(())
    }
}

/// The codes of some rows, made on all cores: choosing a mask takes longer than drawing the label.
fn codes(rows: &[Row]) -> anyhow::Result<Vec<QrCode>> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let make = |rows: &[Row]| rows.iter().map(|row| QrCode::new(&row.url)).collect::<Result<Vec<_>, _>>();
    std::thread::scope(|scope| {
        let parts = rows.chunks(rows.len().div_ceil(cores).max(1));
        let making: Vec<_> = parts.map(|part| scope.spawn(move || make(part))).collect();
        let mut codes = Vec::with_capacity(rows.len());
        for part in making {
            codes.extend(part.join().map_err(|_| anyhow!("a thread stopped"))??);
        }
        Ok(codes)
    })
}

/// Everything that decides what is written.
pub(super) struct Output<'a> {
    pub(super) design: &'a Design,
    pub(super) fields: &'a Fields<'a>,
    pub(super) language: &'a str,
    pub(super) plate: &'a Plate<'a>,
    pub(super) labels: &'a Labels,
    pub(super) sheet: Sheet,
    pub(super) setting: Setting,
    pub(super) resolution: Resolution,
    pub(super) gap_mm: f64,
    pub(super) pages_per_file: u32,
    pub(super) title: String,
}

impl Output<'_> {
    /// How wide the smallest module prints.
    pub(super) fn module_mm(&self, format: Format) -> anyhow::Result<f64> {
        let code = self.labels.largest()?;
        Ok(match format {
            Format::Svg | Format::Pdf => code.x_dimension_mm(self.design.qr_side_mm()),
            Format::Png | Format::Tspl | Format::Zpl => self.plate.stamp(self.resolution)?.module(&code).1,
        })
    }

    /// Writes it, and says what.
    pub(super) fn write(&self, format: Format, to: &Path) -> anyhow::Result<Vec<String>> {
        match format {
            Format::Svg => self.pictures(to, "svg", |label| {
                let fields = Fields { serial: label.serial, ..*self.fields };
                Ok(self.design.fill(&fields, self.language, label.code).into_bytes())
            }),
            Format::Png => {
                let stamp = self.plate.stamp(self.resolution)?;
                self.pictures(to, "png", |label| Ok(stamp.picture(label)?.png()))
            }
            Format::Pdf => self.books(to),
            Format::Tspl => self.roll(to, Language::Tspl),
            Format::Zpl => self.roll(to, Language::Zpl),
        }
    }

    fn pictures(
        &self,
        to: &Path,
        ending: &str,
        draw: impl Fn(&Label<'_>) -> anyhow::Result<Vec<u8>>,
    ) -> anyhow::Result<Vec<String>> {
        match self.labels {
            // All would be the same.
            Labels::Same { code, .. } => {
                let bytes = draw(&Label { code, serial: "" })?;
                write_file(to, &bytes)?;
                Ok(vec![format!("{} ({} bytes)", to.display(), bytes.len())])
            }
            Labels::Each(rows) => {
                std::fs::create_dir_all(to)
                    .with_context(|| format!("cannot make the folder {}", to.display()))?;
                self.labels.each(|label, number| {
                    let bytes = draw(label)?;
                    stream(&to.join(format!("{number}.{ending}")), Rights::Owner, |out| {
                        Ok(out.write_all(&bytes)?)
                    })
                })?;
                Ok(vec![format!("{} {ending} → {}", rows.len(), to.display())])
            }
        }
    }

    fn books(&self, to: &Path) -> anyhow::Result<Vec<String>> {
        let on_sheet = u64::from(self.sheet.labels());
        let pages = (self.labels.count() + u64::from(self.setting.start - 1)).div_ceil(on_sheet);
        let files = pages.div_ceil(u64::from(self.pages_per_file));
        if files > 1 && to == Path::new("-") {
            bail!("{pages} pages are more than --pages-per-file: give a file's name instead of -");
        }
        let mut written = Vec::new();
        let mut book = Some(Book::new(self.plate, &self.sheet, &self.setting)?);
        let mut labels = 0_u64;
        let mut keep = |book: Book<'_>, labels: u64| -> anyhow::Result<()> {
            let file = if files > 1 { numbered(to, written.len() + 1) } else { to.to_path_buf() };
            let pages = book.pages();
            let bytes = book.finish(&self.title)?;
            stream(&file, self.labels.rights(), |out| Ok(out.write_all(&bytes)?))?;
            written.push(format!(
                "{} ({labels} tem · labels, {pages} trang · pages, {} bytes)",
                file.display(),
                bytes.len()
            ));
            Ok(())
        };
        self.labels.each(|label, _| {
            if let Some(full) =
                book.take_if(|book| book.pages() >= u64::from(self.pages_per_file) && book.page_is_full())
            {
                keep(full, std::mem::take(&mut labels))?;
            }
            let next = match book.take() {
                Some(book) => book,
                None => Book::new(self.plate, &self.sheet, &Setting { start: 1, ..self.setting })?,
            };
            book.insert(next).label(label)?;
            labels += 1;
            Ok(())
        })?;
        if let Some(last) = book {
            keep(last, labels)?;
        }
        Ok(written)
    }

    fn roll(&self, to: &Path, language: Language) -> anyhow::Result<Vec<String>> {
        let stamp = self.plate.stamp(self.resolution)?;
        let size = self.plate.size_mm();
        stream(to, self.labels.rights(), |out| {
            let mut roll = Roll::begin(out, language, size, self.gap_mm)?;
            match self.labels {
                Labels::Same { code, count } => {
                    let picture = stamp.picture(&Label { code, serial: "" })?.bitmap();
                    let mut left = *count;
                    while left > 0 {
                        let copies = left.min(COPIES_MAX);
                        roll.label(&picture, copies)?;
                        left -= copies;
                    }
                }
                Labels::Each(_) => self.labels.each(|label, _| {
                    roll.label(&stamp.picture(label)?.bitmap(), 1)?;
                    Ok(())
                })?,
            }
            roll.finish()?;
            Ok(())
        })?;
        Ok(vec![format!("{} ({} tem · labels)", to.display(), self.labels.count())])
    }
}

/// `tem.pdf` becomes `tem-002.pdf`.
fn numbered(file: &Path, number: usize) -> PathBuf {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let ending = file.extension().map(|e| format!(".{}", e.to_string_lossy())).unwrap_or_default();
    file.with_file_name(format!("{stem}-{number:03}{ending}"))
}

/// Writes a file beside its place first, so that none is half there; `-` is standard output.
pub(super) fn write_file(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    stream(file, Rights::Usual, |out| Ok(out.write_all(bytes)?))
}

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rights {
    /// Whoever may read any file that a program makes here.
    Usual,
    /// Who made it: serials are secrets until they are printed.
    Owner,
}

fn stream(
    file: &Path,
    rights: Rights,
    write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    if file == Path::new("-") {
        let mut out = BufWriter::new(std::io::stdout().lock());
        write(&mut out)?;
        return Ok(out.flush()?);
    }
    // A printer's device is written to, not replaced by a file of its name.
    if std::fs::metadata(file).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        let device = std::fs::OpenOptions::new().write(true).open(file);
        let mut out = BufWriter::new(device.with_context(|| format!("cannot write {}", file.display()))?);
        write(&mut out)?;
        return Ok(out.flush()?);
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside = || format!("cannot write {}", file.display());
    let mut out = BufWriter::new(file_beside(rights).tempfile_in(folder).with_context(beside)?);
    write(&mut out)?;
    let whole = out.into_inner().map_err(std::io::IntoInnerError::into_error).with_context(beside)?;
    whole.persist(file).with_context(beside)?;
    Ok(())
}

/// A temporary file is its owner's alone, unless somebody else may print it.
fn file_beside(rights: Rights) -> tempfile::Builder<'static, 'static> {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "rights are Unix's"))]
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    if rights == Rights::Usual {
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    }
    builder
}

fn bar(labels: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("  tem · labels  {bar:32.green} {pos}/{len}  {per_sec}  {eta}")
        .expect("the template is well formed");
    let bar = ProgressBar::new(labels).with_style(style);
    if labels < 50 || !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_run_are_numbered() {
        assert_eq!(numbered(Path::new("out/tem.pdf"), 2), Path::new("out/tem-002.pdf"));
        assert_eq!(numbered(Path::new("tem"), 12), Path::new("tem-012"));
    }

    #[cfg(unix)]
    #[test]
    fn serials_are_their_owners_until_they_are_printed() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        for (rights, others) in [(Rights::Owner, false), (Rights::Usual, true)] {
            let file = folder.path().join("tem.pdf");
            stream(&file, rights, |out| Ok(out.write_all(b"%PDF-")?)).unwrap();
            let mode = std::fs::metadata(&file).unwrap().permissions().mode();
            // What the machine's umask leaves of it.
            assert!(mode & 0o600 == 0o600 && (others || mode & 0o077 == 0), "{mode:o}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_printers_device_stays_a_device() {
        let null = Path::new("/dev/null");
        write_file(null, b"SIZE 50 mm,30 mm").unwrap();
        assert!(!std::fs::metadata(null).unwrap().is_file());
        assert!(write_file(Path::new("/dev"), b"x").is_err());
    }

    #[test]
    fn a_run_that_fails_leaves_no_half_of_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tem.tspl");
        let failed = stream(&file, Rights::Usual, |out| {
            out.write_all(b"half")?;
            bail!("the third label cannot be drawn")
        });
        assert!(failed.is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
