//! Scans of labels with numbers of their own.

use async_trait::async_trait;

use super::StoreError;

/// How many phones scanned a label on a day, in a province.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanDayRow {
    /// The day in Vietnam, `2026-04-12`.
    pub day: String,
    /// The province's code; empty where the phones named none.
    pub province: String,
    /// Phones, each counted once a day.
    pub phones: i64,
}

/// A phone that scanned a label today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanPhoneRow {
    /// The label's lot.
    pub lot_uri: String,
    /// The label's number in it.
    pub number: i64,
    /// Hash of what is seen of the phone, under the day's salt.
    pub phone: Vec<u8>,
    /// The day in Vietnam.
    pub day: String,
    /// When.
    pub at_ms: i64,
    /// The province's code; empty if it named none.
    pub province: String,
}

/// What speaks against a label by its scans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanSignRow {
    /// Who made the lot.
    pub organisation_id: Vec<u8>,
    /// The label's lot.
    pub lot_uri: String,
    /// The label's number in it.
    pub number: i64,
    /// A stable word for what it is.
    pub sign: String,
    /// The day on which it was first noticed.
    pub day: String,
    /// More, JSON.
    pub detail: String,
}

/// What came of it when the maker of a lot looked into a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanSettledRow {
    /// The label's lot.
    pub lot_uri: String,
    /// The label's number in it.
    pub number: i64,
    /// When.
    pub settled_at_ms: i64,
    /// The same as a day in Vietnam.
    pub day: String,
    /// Who made the lot.
    pub organisation_id: Vec<u8>,
    /// The key that says so.
    pub author: Vec<u8>,
    /// What came of it, in words for everybody.
    pub reason: String,
    /// What stood against the label, JSON.
    pub signs: String,
    /// The phones of that day until then, by province, JSON.
    pub counted: String,
}

/// Reads scans.
#[async_trait]
pub trait ScanReader: Send {
    /// How often a label was scanned, by day and province, in order.
    async fn scans(&mut self, lot_uri: &str, number: i64) -> Result<Vec<ScanDayRow>, StoreError>;
    /// What speaks against a label.
    async fn scan_signs(&mut self, lot_uri: &str, number: i64) -> Result<Vec<ScanSignRow>, StoreError>;
    /// How often a label was looked into, and with what result: the newest first, so many at most.
    async fn scans_settled(
        &mut self,
        lot_uri: &str,
        number: i64,
        limit: i64,
    ) -> Result<Vec<ScanSettledRow>, StoreError>;
    /// What speaks against labels of an organisation's lots, after (lot, number, sign).
    async fn scan_signs_of(
        &mut self,
        organisation_id: &[u8],
        after: (&str, i64, &str),
        limit: i64,
    ) -> Result<Vec<ScanSignRow>, StoreError>;
}

/// Writes scans.
#[async_trait]
pub trait ScanUnit: Send {
    /// The day's salt: this one, unless the day has one.
    async fn scan_salt(&mut self, day: &str, fresh: &[u8]) -> Result<Vec<u8>, StoreError>;
    /// Notes that a phone scanned a label; answers whether it is the first time that day.
    async fn insert_scan_phone(&mut self, row: &ScanPhoneRow) -> Result<bool, StoreError>;
    /// Notes in which province a phone is that named none before; answers whether there was such a one.
    async fn place_scan_phone(&mut self, row: &ScanPhoneRow) -> Result<bool, StoreError>;
    /// Counts phones of a day and province, up or down.
    async fn add_scans(&mut self, row: &ScanPhoneRow, province: &str, phones: i64) -> Result<(), StoreError>;
    /// Notes what speaks against a label; the first word stays.
    async fn insert_scan_sign(&mut self, row: &ScanSignRow) -> Result<(), StoreError>;
    /// Notes what came of looking into a label; nothing speaks against it any more until it is noticed again.
    async fn settle_scans(&mut self, row: &ScanSettledRow) -> Result<(), StoreError>;
    /// Forgets the phones and salts of days before this one.
    async fn forget_phones(&mut self, before_day: &str) -> Result<(), StoreError>;
}
