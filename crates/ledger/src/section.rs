//! Sections: the contents that a record commits to and does not carry.
//!
//! The log keeps one salted BLAKE3 commitment for each section; salt and payload live beside it. Deleting both erases
//! the contents while every signature and proof stays whole.
//!
//! ```text
//! commitment = derive_key("nguon 2026-11 section v1", salt 32 ‖ type u16 ‖ payload)
//! ```
//!
//! A record is accepted only together with the opening of *every* section, in order ([`check_openings`]): nobody
//! opens only the convenient half.
//!
//! What this does not do: read a payload. A payload that means nothing is still what somebody signed.

use crate::hash::{Commitment, section_commitment};
use crate::record::Record;

/// What a section holds. Other numbers are kept, and mean nothing to this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SectionType(pub u16);

impl SectionType {
    /// Public facts: a JSON document, most often one EPCIS 2.0 event.
    pub const PUBLIC: Self = Self(1);
    /// One person.
    pub const PERSON: Self = Self(2);
    /// Exact places.
    pub const PLACES: Self = Self(3);
    /// A manifest of attached files.
    pub const ATTACHMENTS: Self = Self(4);

    /// Whether everybody may read it, so that a missing one must be explained.
    pub fn is_public(self) -> bool {
        self == Self::PUBLIC
    }
}

/// A section's contents with the salt that hides them.
///
/// Whoever holds an opening can show what was signed. Whoever lacks it learns nothing from the record, if nobody can
/// guess the salt: 32 random bytes, used once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// What it holds.
    pub kind: SectionType,
    /// Hides the payload from guessing.
    pub salt: [u8; 32],
    /// The contents.
    pub payload: Vec<u8>,
}

impl Opening {
    /// The commitment that a record to this section carries.
    pub fn commitment(&self) -> Commitment {
        section_commitment(&self.salt, self.kind.0, &self.payload)
    }
}

/// Why openings do not fit their record, in the order of the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpeningError {
    /// There must be one opening for each section.
    #[error("the record has {expected} sections and {found} openings were given")]
    Count {
        /// Sections in the record.
        expected: usize,
        /// Openings given.
        found: usize,
    },
    /// The section is of another type.
    #[error("opening {section} is of another type than its section")]
    Type {
        /// Which section.
        section: usize,
    },
    /// The contents are not what was signed.
    #[error("opening {section} does not match its commitment")]
    Commitment {
        /// Which section.
        section: usize,
    },
}

/// Checks that these are the openings of all sections of the record, in order.
pub fn check_openings(record: &Record, openings: &[Opening]) -> Result<(), OpeningError> {
    let sections = record.sections();
    if sections.len() != openings.len() {
        return Err(OpeningError::Count { expected: sections.len(), found: openings.len() });
    }
    for (section, (signed, opening)) in sections.iter().zip(openings).enumerate() {
        if signed.kind != opening.kind {
            return Err(OpeningError::Type { section });
        }
        if signed.commitment != opening.commitment() {
            return Err(OpeningError::Commitment { section });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Control;
    use crate::draft::Draft;
    use crate::hash::{LedgerId, OrganisationId};
    use crate::key::SigningKey;
    use crate::record::{Act, SectionRef};

    fn opening(kind: SectionType, payload: &str) -> Opening {
        Opening { kind, salt: [payload.len().try_into().unwrap(); 32], payload: payload.into() }
    }

    #[test]
    fn nobody_opens_only_the_convenient_half() {
        let openings =
            [opening(SectionType::PUBLIC, "thu hoạch 120 kg"), opening(SectionType::PERSON, "Trần Thị B")];
        let sections = openings.iter().map(|o| SectionRef { kind: o.kind, commitment: o.commitment() });
        let ids = (LedgerId::from_bytes([1; 32]), OrganisationId::from_bytes([2; 32]));
        let draft = Draft {
            act: Some(Act::Lot),
            sections: sections.collect(),
            ..Draft::first(ids.0, ids.1, Control::Event)
        };
        let record = draft.sign(&SigningKey::from_seed([3; 32])).unwrap();
        let [facts, person] = openings.clone();
        let other = Opening { salt: [0; 32], ..person.clone() };
        assert_eq!(check_openings(&record, &openings), Ok(()));
        let half = OpeningError::Count { expected: 2, found: 1 };
        assert_eq!(check_openings(&record, std::slice::from_ref(&facts)), Err(half));
        assert_eq!(check_openings(&record, &[person, facts.clone()]), Err(OpeningError::Type { section: 0 }));
        assert_eq!(check_openings(&record, &[facts, other]), Err(OpeningError::Commitment { section: 1 }));
    }
}
