//! A parcel: signed records with the openings of their sections, in one JSON file that can travel.
//!
//! ```text
//! {"records": [{"record":   "base64 of the signed bytes",
//!               "openings": [{"salt": "64 hex digits", "payload": "base64"}, …]}, …]}
//! ```
//!
//! It is what `POST /api/v1/records` takes, so a file signed offline is sent as it is. A delegation that names a person
//! has that person's opening last.
//!
//! **Trust.** A parcel holds private sections in the clear: it is as private as the names and places in it. Whoever
//! changes it can make it refused, never make it say something else.

use std::path::Path;

use anyhow::{Context, anyhow, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use nguon_ledger::{Control, Opening, OpeningError, PublicKey, Record, SectionType, check_openings};
use serde::{Deserialize, Serialize};

/// Records that travel together, in the order in which they are to be logged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Parcel {
    /// The records.
    pub(crate) records: Vec<Packed>,
}

/// One record on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Packed {
    /// Base64 of the signed bytes.
    pub(crate) record: String,
    /// Openings of its sections in order.
    #[serde(default)]
    pub(crate) openings: Vec<PackedOpening>,
}

/// One opening on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PackedOpening {
    /// 32 bytes in hex.
    pub(crate) salt: String,
    /// Base64 of the contents.
    pub(crate) payload: String,
}

/// A record with its openings, as they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signed {
    /// The record.
    pub(crate) record: Record,
    /// Its openings; a delegation's person last.
    pub(crate) openings: Vec<Opening>,
}

impl Parcel {
    /// Packs signed records.
    pub(crate) fn of(signed: &[Signed]) -> Self {
        Self { records: signed.iter().map(Packed::of).collect() }
    }

    /// Reads a parcel file.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_slice(&bytes).with_context(|| {
            format!(
                "{} is not a file of signed records; `nguon record sign` and `nguon org` write such files",
                path.display()
            )
        })
    }

    /// Its records; every one must be well formed and fit its openings.
    pub(crate) fn unpack(&self) -> anyhow::Result<Vec<Signed>> {
        let unpack =
            |(place, packed): (usize, &Packed)| packed.unpack().with_context(|| format!("record {place}"));
        self.records.iter().enumerate().map(unpack).collect()
    }

    /// Writes a new file that only its owner reads; a file that is there is never overwritten.
    pub(crate) fn save(&self, path: &Path) -> anyhow::Result<()> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        write_new(path, &json)
    }

    /// The last record of this key in the parcel.
    pub(crate) fn last_of(&self, author: &PublicKey) -> anyhow::Result<Option<Record>> {
        let records = self.unpack()?.into_iter().map(|signed| signed.record);
        Ok(records.filter(|record| record.author() == *author).max_by_key(Record::seq))
    }
}

impl Packed {
    fn of(signed: &Signed) -> Self {
        Self {
            record: STANDARD.encode(signed.record.as_bytes()),
            openings: signed.openings.iter().map(PackedOpening::of).collect(),
        }
    }

    /// The bytes of the record.
    pub(crate) fn record_bytes(&self) -> anyhow::Result<Vec<u8>> {
        STANDARD.decode(&self.record).map_err(|_| anyhow!("`record` is not base64"))
    }

    fn unpack(&self) -> anyhow::Result<Signed> {
        let record = Record::parse(&self.record_bytes()?)?;
        let given: Vec<_> = self.openings.iter().map(PackedOpening::open).collect::<Result<_, _>>()?;
        let openings = fit_openings(&record, given)?;
        Ok(Signed { record, openings })
    }
}

impl PackedOpening {
    /// Packs an opening; its type is the section's.
    pub(crate) fn of(opening: &Opening) -> Self {
        Self { salt: hex::encode(opening.salt), payload: STANDARD.encode(&opening.payload) }
    }

    /// Salt and payload.
    pub(crate) fn open(&self) -> anyhow::Result<([u8; 32], Vec<u8>)> {
        let payload = STANDARD.decode(&self.payload).map_err(|_| anyhow!("`payload` is not base64"))?;
        Ok((salt(&self.salt)?, payload))
    }
}

/// A salt of 32 bytes, in hex or base64.
pub(crate) fn salt(text: &str) -> anyhow::Result<[u8; 32]> {
    let bytes = hex::decode(text).or_else(|_| STANDARD.decode(text));
    let bytes = bytes.map_err(|_| anyhow!("`salt` is neither hex nor base64"))?;
    bytes.try_into().map_err(|_| anyhow!("a section's salt has 32 bytes"))
}

/// Gives openings the types of the record's sections (then of its delegation's person) and checks each commitment.
pub(crate) fn fit_openings(
    record: &Record,
    given: Vec<([u8; 32], Vec<u8>)>,
) -> Result<Vec<Opening>, OpeningError> {
    let sections = record.sections();
    let person = person_of(record);
    let expected = sections.len() + usize::from(person.is_some());
    if given.len() != expected {
        return Err(OpeningError::Count { expected, found: given.len() });
    }
    let kinds = sections.iter().map(|section| section.kind).chain([SectionType::PERSON]);
    let openings: Vec<Opening> =
        given.into_iter().zip(kinds).map(|((salt, payload), kind)| Opening { kind, salt, payload }).collect();
    check_openings(record, &openings[..sections.len()])?;
    if let (Some(person), Some(opening)) = (person, openings.get(sections.len()))
        && opening.commitment() != person
    {
        return Err(OpeningError::Commitment { section: sections.len() });
    }
    Ok(openings)
}

/// The commitment to the person that a delegation names.
pub(crate) fn person_of(record: &Record) -> Option<nguon_ledger::Commitment> {
    match record.control() {
        Control::Delegate(delegation) => delegation.person,
        _ => None,
    }
}

/// Writes a file that did not exist, readable by its owner only, and makes it durable.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = match options.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            bail!("{} is there already; name another file, nothing is overwritten", path.display())
        }
        Err(error) => return Err(error).with_context(|| format!("cannot write {}", path.display())),
    };
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Refuses early, before anything is signed for a file that could not be written.
pub(crate) fn expect_absent(path: &Path) -> anyhow::Result<()> {
    ensure!(!path.exists(), "{} is there already; name another file, nothing is overwritten", path.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use nguon_ledger::{Act, Draft, LedgerId, OrganisationId, SectionRef, SigningKey};

    fn signed() -> Signed {
        let opening = Opening { kind: SectionType::PUBLIC, salt: [7; 32], payload: b"{}".to_vec() };
        let draft = Draft {
            act: Some(Act::Lot),
            sections: vec![SectionRef { kind: opening.kind, commitment: opening.commitment() }],
            ..Draft::first(LedgerId::from_bytes([1; 32]), OrganisationId::from_bytes([2; 32]), Control::Event)
        };
        Signed { record: draft.sign(&SigningKey::from_seed([3; 32])).unwrap(), openings: vec![opening] }
    }

    #[test]
    fn a_parcel_has_the_shape_that_the_server_takes() {
        let json = serde_json::to_value(Parcel::of(&[signed()])).unwrap();
        assert_eq!(json["records"][0]["openings"][0]["salt"], "07".repeat(32));
        assert_eq!(json["records"][0]["openings"][0]["payload"], "e30=");
        let again: Parcel = serde_json::from_value(json).unwrap();
        assert_eq!(again.unpack().unwrap(), [signed()]);
    }

    #[test]
    fn contents_that_were_not_signed_are_refused() {
        let mut parcel = Parcel::of(&[signed()]);
        parcel.records[0].openings[0].payload = "W10=".to_owned();
        let error = format!("{:#}", parcel.unpack().unwrap_err());
        assert!(error.contains("record 0: opening 0 does not match its commitment"), "{error}");
        parcel.records[0].openings.clear();
        assert!(parcel.unpack().is_err());
    }

    #[test]
    fn a_file_that_is_there_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("signed.json");
        Parcel::of(&[signed()]).save(&path).unwrap();
        let before = std::fs::read(&path).unwrap();
        assert!(Parcel::default().save(&path).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), before);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
