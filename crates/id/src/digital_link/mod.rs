//! GS1 Digital Link: GS1 keys as web addresses (GS1 Digital Link: URI Syntax; grammar of release 1.2).
//!
//! ```text
//! https://example.org/any/stem/01/09521234000105/10/XOAI-A?17=270101&linkType=gs1:pip
//!         └ host ────┘└ stem ─┘└ key ──────────┘└ qualif. ┘└ attribute ┘└ other ────┘
//! ```
//!
//! The path ends in one primary key with its qualifiers, in their fixed order; the query holds data attributes, and
//! whatever else the web puts there. Scheme, host and stem are of no account: the canonical form has `id.gs1.org`.
//! Since any stem is allowed, the last primary key in a path is the one that counts.
//!
//! Where the text of the standard leaves room, this reader does as follows.
//!
//! * One slash at the end is tolerated, as resolvers should (GS1-Conformant Resolver, "SHOULD tolerate trailing
//!   slashes"); both `&` and `;` part the query (`queryStringDelim` of the grammar).
//! * A `%` without two hexadecimal digits is refused: such a text is not a URI at all (RFC 3986 2.1).
//! * The canonical form keeps the attributes in the order given, those of predefined length first, as GS1's own Syntax
//!   Engine writes them. To ask whether two links name the same thing, compare their [`DigitalLink::path`]s.
//!
//! Not read: the compressed forms, and the alphabetic names (`/gtin/…/lot/…`) that release 1.2 deprecated.

use std::fmt;
use std::str::FromStr;

use crate::ai::{self, ValueError};
use crate::char_set::percent_encode;
use crate::key::Gtin;
use crate::lot::{LotCode, LotId};

mod read;

pub(crate) use read::{check_characters, path_of, split};
use read::{read_parameter, read_path};

/// Why a text is not a GS1 Digital Link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// No honest link is this long.
    #[error("the address is too long")]
    TooLong,
    /// A character that no URI may hold unencoded, such as a blank or an accented letter.
    #[error("an address may not hold the character {0:?}")]
    Character(char),
    /// Neither `http` nor `https`, in lower or in upper case.
    #[error("the address does not begin with http:// or https://")]
    Scheme,
    /// No host, or one with characters that no host has.
    #[error("the address has no host, or one that cannot be")]
    Host,
    /// Nothing in the path is a GS1 key.
    #[error("there is no GS1 key in the path")]
    NoKey,
    /// An identifier without a value.
    #[error("({ai}) has no value")]
    Empty {
        /// The identifier.
        ai: String,
    },
    /// A `%` that is not followed by two hexadecimal digits, or that does not make text.
    #[error("the percent-encoding of ({ai}) is broken")]
    Encoding {
        /// The identifier.
        ai: String,
    },
    /// The value does not fit its identifier.
    #[error("({ai}): {reason}")]
    Value {
        /// The identifier.
        ai: String,
        /// What is wrong with the value.
        reason: ValueError,
    },
    /// The qualifiers are not those of the key, or not in their order.
    #[error("({key}) cannot be followed by these qualifiers in this order")]
    Qualifiers {
        /// The primary key.
        key: String,
    },
    /// Parameters of digits only are kept for Application Identifiers, and this is none.
    #[error("there is no Application Identifier ({ai})")]
    UnknownAi {
        /// The digits.
        ai: String,
    },
    /// The same identifier twice.
    #[error("({ai}) is there twice")]
    Repeated {
        /// The identifier.
        ai: String,
    },
    /// This identifier is not a data attribute.
    #[error("({ai}) may not stand in the query")]
    NotAnAttribute {
        /// The identifier.
        ai: String,
    },
    /// This identifier qualifies the key, so it belongs in the path.
    #[error("({ai}) belongs in the path")]
    BelongsInPath {
        /// The identifier.
        ai: String,
    },
    /// An identifier that says nothing without another one.
    #[error("({ai}) says nothing without another identifier that is missing")]
    Incomplete {
        /// The identifier.
        ai: String,
    },
    /// Two identifiers that contradict each other.
    #[error("({ai}) and ({other}) cannot stand together")]
    Contradiction {
        /// The one.
        ai: String,
        /// The other.
        other: String,
    },
}

/// One identifier with its value, percent-decoded and checked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Element {
    ai: String,
    value: String,
}

/// A GS1 Digital Link that was read and checked.
///
/// ```
/// use nguon_id::DigitalLink;
/// let link = DigitalLink::parse("https://example.org/01/09521234000105/10/A%2FB?17=270101").unwrap();
/// assert_eq!(link.get("10"), Some("A/B"));
/// assert_eq!(link.canonical(), "https://id.gs1.org/01/09521234000105/10/A%2FB?17=270101");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DigitalLink {
    /// The key first, then its qualifiers, then the attributes as they came.
    elements: Vec<Element>,
    /// How many of the elements stood in the path.
    in_path: usize,
    /// The other parameters of the query, as they came.
    other: Vec<String>,
}

impl Element {
    /// The Application Identifier.
    pub fn ai(&self) -> &str {
        &self.ai
    }

    /// The value, as it is: not percent-encoded.
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl DigitalLink {
    /// Reads an `http` or `https` address with any host and stem.
    pub fn parse(uri: &str) -> Result<DigitalLink, LinkError> {
        DigitalLink::from_path(path_of(uri)?)
    }

    /// Reads what a server gets: the path, with the query if there is one.
    pub fn from_path(path_and_query: &str) -> Result<DigitalLink, LinkError> {
        check_characters(path_and_query)?;
        let (path, query) = split(path_and_query);
        let mut elements = read_path(path)?;
        let in_path = elements.len();
        let mut other = Vec::new();
        for parameter in query.split(['&', ';']).filter(|parameter| !parameter.is_empty()) {
            match read_parameter(parameter)? {
                Some(element) => elements.push(element),
                None => other.push(parameter.to_owned()),
            }
        }
        let link = DigitalLink { elements, in_path, other };
        link.check_qualifiers()?;
        link.check_attributes()?;
        link.check_company()?;
        Ok(link)
    }

    /// The primary key.
    pub fn key(&self) -> &Element {
        &self.elements[0]
    }

    /// The qualifiers of the key, in their order.
    pub fn qualifiers(&self) -> &[Element] {
        &self.elements[1..self.in_path]
    }

    /// The data attributes, in the order of the query.
    pub fn attributes(&self) -> &[Element] {
        &self.elements[self.in_path..]
    }

    /// The parameters of the query that are not GS1's, such as `linkType=gs1:pip`, as they came.
    pub fn other_parameters(&self) -> impl Iterator<Item = &str> {
        self.other.iter().map(String::as_str)
    }

    /// The value of an identifier, wherever it stands.
    pub fn get(&self, ai: &str) -> Option<&str> {
        self.elements.iter().find(|element| element.ai == ai).map(|element| element.value.as_str())
    }

    /// The product, if the key is a GTIN.
    pub fn gtin(&self) -> Option<Gtin> {
        (self.key().ai == "01").then(|| Gtin::parse(self.key().value()).ok()).flatten()
    }

    /// The lot that the link names or lies in: a serial number below the lot is let go, since our records are of lots.
    /// A link to a product variant (22) names no lot of ours, because variants are not told apart in records.
    pub fn lot_id(&self) -> Option<LotId> {
        if self.get("22").is_some() {
            return None;
        }
        let lot = self.qualifiers().iter().find(|element| element.ai == "10")?;
        Some(LotId::Gs1 { gtin: self.gtin()?, lot: LotCode::parse(&lot.value).ok()? })
    }

    /// Key and qualifiers as a path: the same for every link to the same thing.
    pub fn path(&self) -> String {
        let in_path = &self.elements[..self.in_path];
        in_path.iter().map(|element| format!("/{}/{}", element.ai, percent_encode(&element.value))).collect()
    }

    /// The link at `id.gs1.org`, without anything that is not GS1's (URI Syntax 1.2, section 4.11).
    pub fn canonical(&self) -> String {
        let mut uri = format!("https://id.gs1.org{}", self.path());
        let (first, second): (Vec<_>, Vec<_>) =
            self.attributes().iter().partition(|element| ai::has_predefined_length(&element.ai));
        for (place, element) in first.into_iter().chain(second).enumerate() {
            let mark = if place == 0 { '?' } else { '&' };
            uri.push_str(&format!("{mark}{}={}", element.ai, percent_encode(&element.value)));
        }
        uri
    }

    /// The elements as text for people, `(01)09521234000105(10)XOAI-A`, where a bracket of a value gets a backslash.
    pub fn element_string(&self) -> String {
        self.elements
            .iter()
            .map(|element| format!("({}){}", element.ai, element.value.replace('(', "\\(")))
            .collect()
    }

    fn check_qualifiers(&self) -> Result<(), LinkError> {
        if self.fits_some_sequence(self.qualifiers().iter()) {
            return Ok(());
        }
        Err(LinkError::Qualifiers { key: self.key().ai.clone() })
    }

    /// Whether the identifiers are those of one sequence of qualifiers of the key, in its order, with gaps allowed.
    fn fits_some_sequence<'a>(&self, wanted: impl ExactSizeIterator<Item = &'a Element> + Clone) -> bool {
        let sequences = ai::qualifiers(&self.key().ai).unwrap_or_default();
        wanted.len() == 0
            || sequences.iter().any(|sequence| {
                let mut sequence = sequence.iter();
                wanted.clone().all(|element| sequence.any(|qualifier| *qualifier == element.ai))
            })
    }

    fn check_attributes(&self) -> Result<(), LinkError> {
        for (place, attribute) in self.elements.iter().enumerate().skip(self.in_path) {
            let ai = || attribute.ai.clone();
            if self.elements[..place].iter().any(|earlier| earlier.ai == attribute.ai) {
                return Err(LinkError::Repeated { ai: ai() });
            }
            if !ai::lookup(&attribute.ai).is_some_and(ai::Row::is_attribute) {
                return Err(LinkError::NotAnAttribute { ai: ai() });
            }
            // Would it fit among the qualifiers that are there?
            let fits = (1..=self.in_path).any(|place| {
                let mut path: Vec<&Element> = self.elements[1..self.in_path].iter().collect();
                path.insert(place - 1, attribute);
                self.fits_some_sequence(path.into_iter())
            });
            if fits {
                return Err(LinkError::BelongsInPath { ai: ai() });
            }
        }
        Ok(())
    }

    /// Elements that need or exclude others (General Specifications 4.13).
    fn check_company(&self) -> Result<(), LinkError> {
        let present: Vec<&str> = self.elements.iter().map(|element| element.ai.as_str()).collect();
        for ai in &present {
            let Some(row) = ai::lookup(ai) else { continue };
            if let Some(other) = row.unwanted(ai, &present) {
                return Err(LinkError::Contradiction { ai: (*ai).to_owned(), other: other.to_owned() });
            }
            if !row.is_in_needed_company(&present) {
                return Err(LinkError::Incomplete { ai: (*ai).to_owned() });
            }
        }
        Ok(())
    }
}

impl fmt::Display for DigitalLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.canonical())
    }
}

impl FromStr for DigitalLink {
    type Err = LinkError;

    fn from_str(uri: &str) -> Result<Self, LinkError> {
        Self::parse(uri)
    }
}

#[cfg(test)]
mod tests;
