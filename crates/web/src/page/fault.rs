//! Pages for codes that lead nowhere: what that means, and what to do now.

use askama::Template;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::answer::{self, Page, STYLE, html};
use super::words::{Languages, Words, percent_encoded};
use crate::problem::Problem;

/// Why there is nothing to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nobody ever wrote of this lot.
    UnknownLot,
    /// A digit of the GTIN was mistyped or misprinted.
    CheckDigit,
    /// A serial that this ledger did not give out.
    ForeignSerial,
    /// An address that no lot has.
    Malformed,
    /// A GS1 link to something that is no lot.
    NotALot,
    /// Nobody has this short code.
    UnknownCode,
    /// The code of one pack, which nobody can tell whose it is without its lot.
    SerialAlone,
    /// The code of one pack that this ledger gave to no lot.
    UnknownSerial,
    /// The short code was mistyped.
    MistypedCode,
    /// No such organisation.
    UnknownOrganisation,
    /// No such page.
    NoPage,
    /// The database does not answer, and no copy of the page is kept.
    Trouble,
}

impl Fault {
    fn key(self) -> &'static str {
        match self {
            Self::UnknownLot => "fault-unknown-lot",
            Self::CheckDigit => "fault-check-digit",
            Self::ForeignSerial => "fault-foreign-serial",
            Self::Malformed => "fault-malformed",
            Self::NotALot => "fault-not-a-lot",
            Self::UnknownCode => "fault-unknown-code",
            Self::SerialAlone => "fault-serial-alone",
            Self::UnknownSerial => "fault-unknown-serial",
            Self::MistypedCode => "fault-mistyped-code",
            Self::UnknownOrganisation => "fault-unknown-organisation",
            Self::NoPage => "fault-no-page",
            Self::Trouble => "fault-trouble",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::UnknownLot
            | Self::NotALot
            | Self::ForeignSerial
            | Self::UnknownCode
            | Self::UnknownSerial
            | Self::SerialAlone
            | Self::UnknownOrganisation
            | Self::NoPage => StatusCode::NOT_FOUND,
            Self::CheckDigit | Self::Malformed | Self::MistypedCode => StatusCode::BAD_REQUEST,
            Self::Trouble => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

#[derive(Template)]
#[template(path = "page/fault.html")]
struct FaultPage {
    words: Words,
    style: &'static str,
    title: String,
    text: String,
    /// What was asked for, as it came.
    asked: String,
    is_about_a_code: bool,
    /// What to do now, in order.
    steps: Vec<String>,
    /// The page of the lot that the code names.
    to_lot: Option<String>,
    /// Where a suspicious sticker is reported.
    report: String,
    languages: Languages,
    code: String,
}

/// The page of a fault, answered.
pub(crate) fn page(fault: Fault, asked: &str, words: Words, uri: &Uri, headers: &HeaderMap) -> Response {
    page_with(fault, asked, None, words, uri, headers)
}

/// The same, with a way to the page of the lot that the code names.
pub(crate) fn page_with(
    fault: Fault,
    asked: &str,
    to_lot: Option<String>,
    words: Words,
    uri: &Uri,
    headers: &HeaderMap,
) -> Response {
    html(fault.status(), &of(fault, asked, to_lot, words, uri), words, headers)
}

/// The page of a fault.
pub(crate) fn made(fault: Fault, asked: &str, words: Words, uri: &Uri) -> Result<Page, Problem> {
    answer::page(fault.status(), &of(fault, asked, None, words, uri), words)
}

fn of(fault: Fault, asked: &str, to_lot: Option<String>, words: Words, uri: &Uri) -> FaultPage {
    FaultPage {
        words,
        style: STYLE,
        title: words.t(fault.key()),
        text: words.t(&format!("{}-text", fault.key())),
        // No honest code is longer; the rest would be somebody else's message on our page.
        asked: asked.chars().take(80).collect(),
        is_about_a_code: !matches!(fault, Fault::UnknownOrganisation | Fault::NoPage | Fault::Trouble),
        steps: match fault {
            Fault::ForeignSerial => ["foreign-do-stop", "foreign-do-compare", "foreign-do-report"],
            _ => ["fault-do-code", "fault-do-compare", "fault-do-ask"],
        }
        .map(|key| words.t(key))
        .to_vec(),
        to_lot,
        report: words.href(&format!("/report?code={}", percent_encoded(uri.path()))),
        languages: Languages::of(words, uri),
        code: if matches!(
            fault,
            Fault::UnknownCode | Fault::MistypedCode | Fault::UnknownSerial | Fault::SerialAlone
        ) {
            asked.chars().take(40).collect()
        } else {
            String::new()
        },
    }
}
