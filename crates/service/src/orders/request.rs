//! What an exchange asks for.

use nguon_market::{BaseUnit, Measure};
use serde::Serialize;

use super::{HOLD_MS_MAX, KEY_MAX, LINES_MAX, OrderRefused, REFERENCE_MAX};

/// An order as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrder {
    /// Whose it is.
    pub exchange: String,
    /// What the exchange calls it, for ever.
    pub reference: String,
    /// What is ordered.
    pub lines: Vec<NewLine>,
    /// Whether less than that will do.
    pub partial: bool,
    /// Whether it is paid or as good as: sold at once, without a reservation before.
    pub confirm: bool,
    /// For how long goods are set aside.
    pub hold_ms: Option<i64>,
    /// Names the request, so that it can be sent twice.
    pub idempotency_key: Option<String>,
}

/// A line of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewLine {
    /// Which listing, by URI.
    pub listing: String,
    /// How much.
    pub quantity: Measure,
    /// The price that the buyer saw, if it must still be that one.
    pub price_vnd: Option<u64>,
}

impl NewOrder {
    pub(super) fn check(&self) -> Result<(), OrderRefused> {
        let malformed = |what, why| Err(OrderRefused::Malformed { what, why });
        if !is_printable(&self.reference, REFERENCE_MAX) {
            return malformed("reference", "1 to 80 printable ASCII characters without spaces");
        }
        if self.idempotency_key.as_deref().is_some_and(|key| !is_printable(key, KEY_MAX)) {
            return malformed("idempotency-key", "1 to 255 printable ASCII characters without spaces");
        }
        if self.lines.is_empty() || self.lines.len() > LINES_MAX {
            return malformed("lines", "1 to 50 lines");
        }
        if self.lines.iter().any(|line| line.quantity.value == 0) {
            return malformed("quantity", "more than nothing");
        }
        if self.hold_ms.is_some_and(|hold| !(1_000..=HOLD_MS_MAX).contains(&hold)) {
            return malformed("hold_seconds", "1 to 86400 seconds");
        }
        Ok(())
    }

    /// What tells it from another order of the same name. The key and the name are not part of it.
    pub(super) fn fingerprint(&self) -> Vec<u8> {
        let contents = (&self.lines, self.partial, self.confirm, self.hold_ms);
        let text = serde_json::to_vec(&contents).expect("texts, numbers and truths are JSON");
        blake3::hash(&text).as_bytes().to_vec()
    }
}

/// ASCII that is seen: no spaces, no control characters. It reaches logs, tables and spreadsheets.
fn is_printable(text: &str, longest: usize) -> bool {
    !text.is_empty() && text.len() <= longest && text.bytes().all(|letter| letter.is_ascii_graphic())
}

/// The word that tables use.
pub(super) fn unit_word(unit: BaseUnit) -> &'static str {
    match unit {
        BaseUnit::Gram => "gram",
        BaseUnit::Millilitre => "millilitre",
        BaseUnit::Piece => "piece",
    }
}
