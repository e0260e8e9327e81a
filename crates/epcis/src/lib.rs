//! How public facts are written down: EPCIS 2.0 events in JSON-LD, and our own vocabulary where EPCIS has nothing.
//!
//! The public section of a ledger record (type 1) is one JSON document. It is one EPCIS event with its own `@context`,
//! or a card of master data in our vocabulary (`urn:nguon:voc:`), and it names its record's subjects with their salts
//! in the order of the record's handles:
//!
//! ```text
//! {"@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"nguon": "urn:nguon:voc:", …}],
//!  "type": "TransformationEvent", "eventTime": "2026-01-15T10:00:00.000+07:00", …,
//!  "nguon:subjects": [{"uri": "https://id.gs1.org/01/…/10/…", "salt": "32 hex digits"}]}
//! ```
//!
//! [`read`] is lenient in spelling (CBV terms as bare words, URNs, web URIs or CURIEs; EPC URNs) and strict in meaning
//! (a negative quantity, a repeated key, two events where one belongs are refused); [`write`] emits one strict form.
//! Texts are bounded, and hold no control characters and none that turn the direction of what follows (Unicode UAX #9,
//! section 2): what a page shows is what was signed. Only texts for people may have lines and tabs.
//! Every term of ours is explained in this crate's `README.md`.
//!
//! Left out knowingly when a foreign event is read: sensor reports, dispositions that only repeat the step, record
//! times, extensions of others, all but one source and destination, ILMD that our lots have no field for, and dates
//! there that are no ISO dates. The record's signed bytes keep them; no rule of ours reads them.
//!
//! ```
//! use nguon_epcis::{Document, read, write};
//! use nguon_trace::facts::{Action, Amount, Event, Facts, Step, What};
//! use nguon_trace::quantity::Quantity;
//!
//! let lot = "https://id.gs1.org/01/09521234000105/10/XOAI-260115-A";
//! let objects = vec![Amount::of(lot, Quantity::grams(820_000))];
//! let harvest = Event::new(1_768_446_000_000, Step::Harvest, What::Objects { action: Action::Add, objects });
//! let document = Document { subjects: vec![(lot.to_owned(), [7; 16])], facts: Facts::Event(Box::new(harvest)) };
//! assert_eq!(read(&write(&document))?, document);
//! # Ok::<(), nguon_epcis::ReadError>(())
//! ```

mod cards;
mod cbv;
mod context;
mod epc;
mod event;
mod event_write;
mod json;

use nguon_trace::facts::Facts;
use nguon_trace::quantity::QuantityError;

use crate::context::Context;
use crate::json::Object;

/// A public section, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The URI and salt of each of the record's subjects, in the order of its handles. Empty in documents that were
    /// not made for our ledger.
    pub subjects: Vec<(String, [u8; 16])>,
    /// What it says.
    pub facts: Facts,
}

/// The largest single document that [`read`] takes.
pub const MAX_BYTES: usize = 1 << 20;
/// The largest list of events that [`read_document`] takes.
pub const MAX_LIST_BYTES: usize = 1 << 25;
/// The deepest nesting of brackets.
pub const MAX_DEPTH: usize = 64;
/// The longest text for people, in bytes.
pub const MAX_TEXT_BYTES: usize = 8192;
/// The longest URI or other single value, in bytes: what is looked up by it must fit a database's index.
pub const MAX_VALUE_BYTES: usize = 512;
/// The longest code or number, in bytes.
pub const MAX_CODE_BYTES: usize = 120;

/// Details, note, photographs and certificates of one event together, in bytes.
pub const MAX_TOLD_BYTES: usize = 16 << 10;

/// Why a document cannot be read, in the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Too many bytes.
    #[error("the document has {bytes} bytes, more than {limit}")]
    TooLarge {
        /// How many it has.
        bytes: usize,
        /// How many it may have.
        limit: usize,
    },
    /// Too many brackets inside each other.
    #[error("the document is nested deeper than {MAX_DEPTH}")]
    TooDeep,
    /// Not JSON in UTF-8, or not an object where one belongs.
    #[error("not JSON as expected: {0}")]
    NotJson(String),
    /// One key twice (possibly in two spellings): two readers would read two documents.
    #[error("the key `{0}` stands there twice")]
    RepeatedKey(String),
    /// A field that must be there is not.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A field holds something else than it must.
    #[error("`{field}` is not {expected}")]
    Wrong {
        /// The field.
        field: String,
        /// What belongs there.
        expected: &'static str,
    },
    /// A text longer than its field may be.
    #[error("`{field}` is longer than {limit} bytes")]
    TooLong {
        /// The field.
        field: String,
        /// How long it may be.
        limit: usize,
    },
    /// A control character, or one that turns the direction of what follows.
    #[error("`{0}` holds a control character")]
    Character(String),
    /// A quantity that cannot be counted.
    #[error("a quantity of {subject}: {error}")]
    Quantity {
        /// Of what.
        subject: String,
        /// Why not.
        error: QuantityError,
    },
    /// A `type` that is neither EPCIS' nor ours.
    #[error("`{0}` is no type of EPCIS or of this vocabulary")]
    UnknownType(String),
    /// A list of events where exactly one belongs.
    #[error("{0} events where one belongs")]
    NotOneEvent(usize),
}

/// Reads one public section: a bare EPCIS event, an EPCIS document that holds one event, or a card of ours.
pub fn read(bytes: &[u8]) -> Result<Document, ReadError> {
    let mut documents = read_within(bytes, MAX_BYTES)?;
    match documents.pop() {
        Some(document) if documents.is_empty() => Ok(document),
        Some(_) => Err(ReadError::NotOneEvent(documents.len() + 1)),
        None => Err(ReadError::NotOneEvent(0)),
    }
}

/// Reads an `EPCISDocument` or `EPCISQueryDocument` with any number of events (or whatever [`read`] reads, as one).
pub fn read_document(bytes: &[u8]) -> Result<Vec<Document>, ReadError> {
    read_within(bytes, MAX_LIST_BYTES)
}

fn read_within(bytes: &[u8], limit: usize) -> Result<Vec<Document>, ReadError> {
    let root = json::parse(bytes, limit)?;
    let context = Context::new().with(&root)?;
    let root = root.resolve(&context)?;
    let kind = root.text("type")?.ok_or(ReadError::Missing("type"))?;
    let list = match kind.as_ref() {
        "EPCISDocument" => root.object("epcisBody")?.ok_or(ReadError::Missing("epcisBody"))?,
        "EPCISQueryDocument" => {
            let body = root.object("epcisBody")?.ok_or(ReadError::Missing("epcisBody"))?;
            let results = body.object("queryResults")?.ok_or(ReadError::Missing("queryResults"))?;
            results.object("resultsBody")?.ok_or(ReadError::Missing("resultsBody"))?
        }
        _ => return Ok(vec![one(&root, &context)?]),
    };
    // Subjects named once at the document's root are those of each event that names none itself.
    let shared = subjects(&root)?;
    let mut documents = Vec::new();
    for event in list.objects("eventList")? {
        let context = context.clone().with(&event)?;
        let mut document = one(&event.resolve(&context)?, &context)?;
        if document.subjects.is_empty() {
            document.subjects.clone_from(&shared);
        }
        documents.push(document);
    }
    Ok(documents)
}

fn one(object: &Object<'_>, context: &Context) -> Result<Document, ReadError> {
    let kind = object.text("type")?.ok_or(ReadError::Missing("type"))?;
    let facts = match cards::read(&context.canonical(&kind), object, context)? {
        Some(card) => card,
        None => {
            let event = event::read(&context.expand(&kind), object, context)?;
            // Shown with each of the lots that it is about, of which there may be 255.
            let told = (&event.step, &event.note, &event.photos, &event.certificates);
            if serde_json::to_vec(&told).map_or(usize::MAX, |told| told.len()) > MAX_TOLD_BYTES {
                let field = "an event's details, note, photographs and certificates together".to_owned();
                return Err(ReadError::TooLong { field, limit: MAX_TOLD_BYTES });
            }
            Facts::Event(Box::new(event))
        }
    };
    Ok(Document { subjects: subjects(object)?, facts })
}

fn subjects(object: &Object<'_>) -> Result<Vec<(String, [u8; 16])>, ReadError> {
    let salt_expected =
        || ReadError::Wrong { field: "nguon:subjects".to_owned(), expected: "a list of uri and salt" };
    let mut subjects = Vec::new();
    for subject in object.objects("nguon:subjects")? {
        let uri = subject.text("uri")?.ok_or_else(salt_expected)?.into_owned();
        let salt = subject.text("salt")?.ok_or_else(salt_expected)?;
        let mut bytes = [0; 16];
        hex::decode_to_slice(salt.as_bytes(), &mut bytes).map_err(|_| salt_expected())?;
        subjects.push((uri, bytes));
    }
    Ok(subjects)
}

/// Writes one public section. Times that ISO 8601's four-digit years cannot hold are moved to the nearest that can.
///
/// The result is valid against GS1's JSON schema whenever EPCIS can hold the event: URIs are URIs, a transformation has
/// inputs and outputs or a process, an aggregation that adds has contents.
#[must_use]
pub fn write(document: &Document) -> Vec<u8> {
    let mut object = cards::write(&document.facts);
    let subjects: Vec<json::Writer> = document
        .subjects
        .iter()
        .map(|(uri, salt)| {
            let mut subject = json::Writer::new();
            subject.text("uri", uri);
            subject.text("salt", &hex::encode(salt));
            subject
        })
        .collect();
    object.objects("nguon:subjects", subjects);
    object.finish().into_bytes()
}
