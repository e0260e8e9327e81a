//! `GET /c?code=8J3K-Q0ZH`: from the short code that is printed under a QR to the lot's page, for a sticker whose QR is
//! unreadable or leads elsewhere.
//!
//! ```text
//! 8J3K-Q0ZH                      a lot's short code                      ─▶ the lot's page
//! 8J3K-Q0ZH 0003K-9QX7M-2T4WA    with one pack's own code, either first  ─▶ the pack's page
//! 0003K-9QX7M-2T4WA              the pack's alone                        ─▶ its page, if few enough lots are to be tried
//! ```

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use nguon_id::{Gtin, PackId, Serial, SerialCode, ShortCode};
use nguon_service::{LookupError, PackFound};

use super::fault::{self, Fault};
use super::words::{Words, parameter};
use crate::app::App;
use crate::problem::Problem;

/// Characters of a short code, and of it with a serial.
const SHORT: usize = 8;
const BOTH: usize = SHORT + 15;

/// What somebody typed.
enum Typed {
    Lot(ShortCode),
    Pack(ShortCode, SerialCode),
    Serial(SerialCode),
}

impl Typed {
    fn read(text: &str) -> Option<Self> {
        if let Ok(code) = ShortCode::parse(text) {
            return Some(Self::Lot(code));
        }
        if let Ok(serial) = SerialCode::parse(text) {
            return Some(Self::Serial(serial));
        }
        let symbols: Vec<char> = text.chars().filter(|c| !matches!(c, '-' | ' ')).take(BOTH + 1).collect();
        if symbols.len() != BOTH {
            return None;
        }
        [SHORT, BOTH - SHORT].into_iter().find_map(|at| {
            let (one, other) = symbols.split_at(at);
            let (one, other): (String, String) = (one.iter().collect(), other.iter().collect());
            let (short, serial) = if at == SHORT { (one, other) } else { (other, one) };
            Some(Self::Pack(ShortCode::parse(&short).ok()?, SerialCode::parse(&serial).ok()?))
        })
    }
}

pub(crate) async fn page(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let words = Words::of(&uri, &headers);
    let text = parameter(&uri, "code").unwrap_or_default();
    let (code, serial) = match Typed::read(&text) {
        None => return Ok(fault::page(Fault::MistypedCode, &text, words, &uri, &headers)),
        Some(Typed::Serial(serial)) => return pack(&app, serial, None, words, &uri, &headers).await,
        Some(Typed::Lot(code)) => (code, None),
        Some(Typed::Pack(code, serial)) => (code, Some(serial)),
    };
    let service = app.service.clone();
    let found = app.ask(async move { service.catalogue().lot_by_short_code(code).await }).await?;
    let found = found.map_err(|error| Problem::from(LookupError::Store(error)))?;
    let Some(lot) = found else {
        return Ok(fault::page(Fault::UnknownCode, &code.to_string(), words, &uri, &headers));
    };
    let serial = serial.and_then(|serial| Serial::parse(&serial.to_string()).ok());
    let to = match serial {
        Some(serial) => PackId { lot, serial }.path(),
        None => lot.path(),
    };
    Ok(Redirect::to(&words.href(&to)).into_response())
}

/// `/01/{gtin}/21/{serial}`, which says the product and the pack, and no lot: the same codes as in `page`.
pub(super) fn product_and_serial(path: &str) -> Option<(Gtin, SerialCode)> {
    let (gtin, serial) = path.strip_prefix("/01/")?.split_once("/21/")?;
    let short = matches!(gtin.len(), 8 | 12..=14) && gtin.bytes().all(|digit| digit.is_ascii_digit());
    let gtin = short.then(|| Gtin::parse(&format!("{gtin:0>14}")).ok())??;
    Some((gtin, SerialCode::parse(serial).ok()?))
}

/// To the page of the pack that has this code, of a product's lots or of any.
pub(super) async fn pack(
    app: &App,
    serial: SerialCode,
    of: Option<Gtin>,
    words: Words,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let service = app.service.clone();
    let found = app.ask(async move { service.find_pack(serial, of.as_ref()).await }).await?;
    let fault = match found.map_err(|error| Problem::from(LookupError::Store(error)))? {
        PackFound::Pack(id) => return Ok(Redirect::to(&words.href(&id.path())).into_response()),
        PackFound::Nobodys => Fault::UnknownSerial,
        PackFound::TooManyLots => Fault::SerialAlone,
    };
    Ok(fault::page(fault, &serial.to_string(), words, uri, headers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_code_and_a_serial_are_read_in_either_order() {
        let short = ShortCode::from_bits(12_345);
        let serial = SerialCode::new(115, 99).unwrap();
        for text in [format!("{short} {serial}"), format!("{serial}{short}"), format!("{short}-{serial} ")] {
            let Some(Typed::Pack(code, read)) = Typed::read(&text) else { panic!("{text}") };
            assert_eq!((code, read), (short, serial), "{text}");
        }
        assert!(matches!(Typed::read(&short.to_string()), Some(Typed::Lot(code)) if code == short));
        assert!(matches!(Typed::read(&serial.to_string()), Some(Typed::Serial(read)) if read == serial));
        for text in ["", "8J3K", &"0".repeat(23), &"A".repeat(10_000), "\u{0}\u{202e}"] {
            assert!(Typed::read(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn a_product_and_a_serial_stand_in_an_address_without_a_lot() {
        let serial = SerialCode::new(115, 99).unwrap();
        for gtin in ["09521100700023", "9521100700023"] {
            let (read, code) = product_and_serial(&format!("/01/{gtin}/21/{serial}")).unwrap();
            assert_eq!((read.to_string().as_str(), code), ("09521100700023", serial));
        }
        for path in
            ["/01/09521100700024/21/x", "/01/09521100700023/21/SN-1", "/01/09521100700023/10/A/21/1", "/p/x"]
        {
            assert!(product_and_serial(path).is_none(), "{path}");
        }
    }
}
