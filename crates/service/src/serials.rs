//! One pack's own code: who can make it, and what is known of it.
//!
//! ```text
//! tag = first 50 bits of BLAKE3 keyed with serial.key over:
//!       "nguon/serial/1" ‖ 0x00 ‖ the lot's URI in the ledger ‖ 0x00 ‖ number (u32, big-endian)
//! ```
//!
//! No row stands for a label: the log says which numbers are printed, in use and void, the tag says that the code was
//! given out by this ledger. **Trust.** Who has `serial.key` can make codes of numbers that a co-operative printed,
//! and nothing else: printing is on the log. Without it no code can be checked or printed any more.

mod find;
mod settled;

use std::sync::Arc;

use nguon_id::{PackId, SerialCode, TAG_BITS};
use nguon_ledger::{PublicKey, Roles};
use nguon_storage::{ScanDayRow, ScanSignRow, Store, StoreError};
use nguon_trace::facts::vietnam_day;
use nguon_trace::finding::Code;
use nguon_trace::labels::{LabelRange, LabelStanding};
use nguon_trace::scans::{self, ScanDay, Sign};
use zeroize::Zeroizing;

use crate::catalogue::Lot;
use crate::{Service, rows};

pub use self::find::{LOTS_TRIED_MAX, PackFound};
pub use self::settled::{SETTLE_REASON_MAX, SettleError, Settled};

/// Serials of one answer, at most.
pub const SERIALS_MAX: u64 = 200_000;

/// Makes and checks tags.
pub(crate) struct Tagger(pub(crate) Zeroizing<[u8; 32]>);

impl Tagger {
    fn tag(&self, lot_uri: &str, number: u32) -> u64 {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher
            .update(b"nguon/serial/1\0")
            .update(lot_uri.as_bytes())
            .update(&[0])
            .update(&number.to_be_bytes());
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        u64::from_be_bytes(bytes) >> (u64::BITS - TAG_BITS)
    }

    /// The code of a label; none for a number that no label has.
    pub(crate) fn serial(&self, lot_uri: &str, number: u32) -> Option<SerialCode> {
        SerialCode::new(number, self.tag(lot_uri, number))
    }

    fn made(&self, lot_uri: &str, serial: SerialCode) -> bool {
        self.tag(lot_uri, serial.number()) == serial.tag()
    }
}

/// What is known of the code on one pack.
#[derive(Debug, Clone)]
pub enum Pack {
    /// This ledger gave out no such code.
    Foreign {
        /// The lot that it names, which is there.
        lot: Box<Lot>,
    },
    /// The code is one of this ledger.
    Known {
        /// Its lot.
        lot: Box<Lot>,
        /// Its number in the lot.
        number: u32,
        /// What the records say of it.
        standing: LabelStanding,
        /// Who scanned it until now, by day and province.
        scans: Vec<ScanDay>,
        /// What speaks against it, since it was looked into last.
        signs: Vec<Sign>,
        /// How its maker looked into it, the newest first.
        settled: Vec<Settled>,
    },
}

/// Why serials are not given out.
#[derive(Debug, thiserror::Error)]
pub enum SerialsError {
    /// No record tells of the lot.
    #[error("the ledger has no such lot")]
    NoLot,
    /// The key may not print for the lot's maker.
    #[error("the key is not one that prints labels for the lot's maker")]
    NotYours,
    /// More labels are printed than there are packs.
    #[error("more labels are recorded as printed than the lot has packs")]
    BeyondPacks,
    /// No label of these numbers is printed, or all are void.
    #[error("no record says that labels of these numbers were printed")]
    NotPrinted,
    /// More than [`SERIALS_MAX`].
    #[error("too many at once")]
    TooMany,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What speaks against a label, as it was first noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticedSign {
    /// The label's lot, by URI.
    pub lot_uri: String,
    /// The label's number in it.
    pub number: u32,
    /// The day on which it was first noticed, `2026-04-12`.
    pub day: String,
    /// What it is.
    pub sign: Sign,
}

/// The codes of some labels of a lot, made one by one.
pub struct Serials<'a> {
    tagger: &'a Tagger,
    lot_uri: String,
    lot_path: nguon_id::LotId,
    ranges: Vec<LabelRange>,
    base: &'a str,
}

impl Serials<'_> {
    /// Each label's number, code and address.
    pub fn each(&self) -> impl Iterator<Item = (u32, SerialCode, String)> + '_ {
        let numbers = self.ranges.iter().flat_map(|range| range.first..=range.last);
        numbers.filter_map(|number| {
            let serial = self.tagger.serial(&self.lot_uri, number)?;
            let printed = nguon_id::Serial::parse(&serial.to_string()).ok()?;
            let pack = PackId { lot: self.lot_path.clone(), serial: printed };
            Some((number, serial, format!("{}{}", self.base, pack.path())))
        })
    }
}

impl Service {
    /// What is known of the code on a pack; nothing if no record tells of its lot.
    pub async fn pack(&self, id: &PackId) -> Result<Option<Pack>, StoreError> {
        let Some(lot) = self.catalogue.lot(&id.lot).await? else { return Ok(None) };
        let lot = Box::new(lot);
        let serial = SerialCode::parse(id.serial.as_str()).ok();
        let Some(serial) = serial.filter(|serial| self.tagger.made(&lot.state.uri, *serial)) else {
            return Ok(Some(Pack::Foreign { lot }));
        };
        let number = serial.number();
        let standing = lot.state.labels.standing(number);
        let Seen { scans, signs, settled } =
            seen(&self.lookup.store, &lot.state.uri, number, sold_on(standing)).await?;
        Ok(Some(Pack::Known { lot, number, standing, scans, signs, settled }))
    }

    /// The codes of a lot's labels that are printed and not void, `wanted` or all, for a key that prints for its maker.
    pub async fn serials(
        &self,
        lot: &nguon_id::LotId,
        wanted: Option<LabelRange>,
        key: &PublicKey,
    ) -> Result<Serials<'_>, SerialsError> {
        let lot = self.catalogue.lot(lot).await?.ok_or(SerialsError::NoLot)?;
        let maker = lot.state.maker.as_deref();
        let is_of_maker = self.catalogue.acting(key).is_some_and(|view| {
            view.roles.contains(Roles::LOT) && maker == Some(&view.organisation.to_string())
        });
        if !is_of_maker {
            return Err(SerialsError::NotYours);
        }
        if lot.state.findings.iter().any(|finding| finding.code == Code::LabelsBeyondPacks) {
            return Err(SerialsError::BeyondPacks);
        }
        let labels = &lot.state.labels;
        let mut left = labels.printed.without(&labels.void);
        if let Some(wanted) = wanted {
            left = left.and(&nguon_trace::labels::Ranges::of([wanted]));
        }
        match left.count() {
            0 => Err(SerialsError::NotPrinted),
            1..=SERIALS_MAX => Ok(Serials {
                tagger: &self.tagger,
                lot_uri: lot.state.uri.clone(),
                lot_path: lot.best_id(),
                ranges: left.ranges().to_vec(),
                base: self.public_base_url(),
            }),
            _ => Err(SerialsError::TooMany),
        }
    }

    /// What speaks against labels of an organisation's lots, after (lot, number, sign).
    pub async fn noticed_signs(
        &self,
        organisation: nguon_ledger::OrganisationId,
        after: (&str, u32, &str),
        limit: i64,
    ) -> Result<Vec<NoticedSign>, StoreError> {
        let mut reader = self.lookup.store.reader().await?;
        let after = (after.0, i64::from(after.1), after.2);
        let rows = reader.scan_signs_of(organisation.as_bytes(), after, limit).await?;
        Ok(rows.iter().filter_map(noticed).collect())
    }
}

pub(crate) fn noticed(row: &ScanSignRow) -> Option<NoticedSign> {
    Some(NoticedSign {
        lot_uri: row.lot_uri.clone(),
        number: u32::try_from(row.number).ok()?,
        day: row.day.clone(),
        sign: serde_json::from_str(&row.detail).ok()?,
    })
}

/// The day on which a label's pack was sold.
pub(crate) fn sold_on(standing: LabelStanding) -> Option<jiff::civil::Date> {
    match standing {
        LabelStanding::Sold { time_ms } => Some(vietnam_day(time_ms)),
        _ => None,
    }
}

/// What is known of a label by its scans.
pub(crate) struct Seen {
    /// All of them.
    pub(crate) scans: Vec<ScanDay>,
    /// What speaks against it, since it was looked into last.
    pub(crate) signs: Vec<Sign>,
    /// How its maker looked into it, the newest first.
    pub(crate) settled: Vec<Settled>,
}

/// A label's scans, and what speaks against it: what was noticed when it happened, and what its days show.
pub(crate) async fn seen(
    store: &Arc<dyn Store>,
    lot_uri: &str,
    number: u32,
    sold_on: Option<jiff::civil::Date>,
) -> Result<Seen, StoreError> {
    let mut reader = store.reader().await?;
    let scans: Vec<ScanDay> =
        reader.scans(lot_uri, i64::from(number)).await?.iter().filter_map(scan_day).collect();
    let kept = reader.scan_signs(lot_uri, i64::from(number)).await?;
    drop(reader);
    let (settled, left) = settled::since(store, lot_uri, number, &scans).await?;
    let mut signs = scans::signs(&left, sold_on);
    let kept = kept.iter().filter_map(noticed).map(|noticed| noticed.sign);
    signs.extend(kept.filter(|sign| matches!(sign, Sign::FarApart { .. })));
    signs.sort();
    Ok(Seen { scans, signs, settled })
}

fn scan_day(row: &ScanDayRow) -> Option<ScanDay> {
    let province = scans::province(&row.province).map(|province| province.code.as_str());
    Some(ScanDay { day: row.day.parse().ok()?, province, phones: rows::unsigned(row.phones) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOT: &str = "https://id.gs1.org/01/09521100700023/10/260615-A";

    #[test]
    fn a_tag_belongs_to_one_number_of_one_lot_under_one_key() {
        let (ours, others) = (Tagger([7; 32].into()), Tagger([8; 32].into()));
        let serial = ours.serial(LOT, 115).unwrap();
        // A sticker that is printed must be read for ever.
        assert_eq!(serial.to_string(), "0003KGFJD21P4K1");
        assert!(ours.made(LOT, serial));
        assert!(!others.made(LOT, serial));
        assert!(!ours.made("https://id.gs1.org/01/09521100700023/10/260615-B", serial));
        assert!(!ours.made(LOT, SerialCode::new(116, serial.tag()).unwrap()));
        assert!(!ours.made(LOT, SerialCode::new(115, serial.tag() ^ 1).unwrap()));
    }

    #[test]
    fn a_million_guesses_find_nothing() {
        let tagger = Tagger([7; 32].into());
        let guesses = 0..1_000_000_u64;
        let hits = guesses.filter(|guess| {
            let number = u32::try_from(guess % 1_000).unwrap() + 1;
            tagger.made(LOT, SerialCode::new(number, guess.wrapping_mul(0x9e37_79b9_7f4a_7c15)).unwrap())
        });
        assert_eq!(hits.count(), 0);
    }
}
