//! Hồ sơ chứng cứ: everything that speaks of a lot, in one zip that anybody can check without us.
//!
//! ```text
//! README.txt                      what it is and how to check it
//! manifest.json                   which record is in which file, and the salts of its openings
//! log.vkey, witnesses.vkey        the keys as this server names them; whoever checks brings better ones
//! lot.json                        how the lot stands, as this server judged it
//! records/000000123.tlog-proof    a signed record with its proof under one cosigned checkpoint (C2SP tlog-proof)
//! facts/000000123-0.json          its public section, byte for byte as it was signed
//! ```
//!
//! In it are the records on the lot and on all lots it was made of, on their plots, products, certificates and containers, the cards of
//! the organisations named, and the control records by which their signers got (and lost) their rights. Private sections are
//! not: whoever may see people and places asks for a [diary](crate::exports).
//!
//! What it does not prove is that nothing was left out; who must know that checks the whole log.

mod check;
mod light;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Write};
use std::sync::{Arc, PoisonError};

use nguon_id::LotId;
use nguon_ledger::{Control, EventId, Record};
use nguon_storage::{RecordRow, Store, StoreError};
use nguon_trace::facts::{Facts, organisation_in_urn, organisation_urn};
use nguon_trace::graph::{Bounds, Direction};
use nguon_trace::lot::{LotState, product_of};
use serde::{Deserialize, Serialize};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

pub use check::{Checked, EvidenceCheckError, EvidenceFault, check, text_in};

use crate::catalogue::{Catalogue, Trace};
use crate::exports::Export;
use crate::lookup::{Lookup, LookupError};
use crate::project::{Card, Directory, lot_of};
use crate::rows;

/// What the manifest calls this form.
pub(crate) const FORMAT: &str = "nguon evidence 1";
/// Records in one file, at most: a lot with more is checked with the whole log.
pub const RECORDS_MAX: usize = 20_000;
/// Lots that are walked back to, at most.
const WALK: Bounds = Bounds { steps: u32::MAX, lots: 5_000 };
/// Control records read in one statement.
const READ_AT_ONCE: i64 = 1_000;

/// Why there is no evidence.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// No record tells of the lot.
    #[error("the ledger has no lot {0}")]
    NoLot(String),
    /// A lot is, step by step, made of itself.
    #[error("lot {0} would be made of itself")]
    Cycle(String),
    /// More than one file should hold.
    #[error("more than {RECORDS_MAX} records speak of this lot: check the whole log instead (nguon verify)")]
    TooLarge,
    /// No checkpoint covers the records yet.
    #[error("no checkpoint covers the newest records yet; ask again in a moment")]
    NotPublished,
    /// Too many ask at once.
    #[error("too many ask at once")]
    Busy,
    /// The records or files cannot be read.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The zip could not be written.
    #[error("the zip could not be written: {0}")]
    Zip(#[from] zip::result::ZipError),
}

impl From<StoreError> for EvidenceError {
    fn from(error: StoreError) -> Self {
        Self::Lookup(error.into())
    }
}

impl From<std::io::Error> for EvidenceError {
    fn from(error: std::io::Error) -> Self {
        Self::Zip(error.into())
    }
}

/// Which record is in which file.
#[derive(Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) format: String,
    /// The log's permanent name.
    pub(crate) origin: String,
    /// The lot, by URI.
    pub(crate) lot: String,
    /// Entries of the log under the checkpoint.
    pub(crate) checkpoint_size: u64,
    pub(crate) records: Vec<Listed>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Listed {
    pub(crate) index: u64,
    pub(crate) file: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) facts: Vec<Fact>,
    /// Of a record whose facts were erased: what it is about, as this server remembers it. Nobody can prove it, and it can
    /// only speak against a lot.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) about: Vec<String>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Fact {
    pub(crate) position: u8,
    pub(crate) file: String,
    /// 64 hex digits.
    pub(crate) salt: String,
}

/// Collects evidence.
pub(crate) struct Collector<'a> {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) lookup: &'a Lookup,
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) directory: Directory,
    pub(crate) log_vkey: String,
    pub(crate) witness_vkeys: Vec<String>,
}

/// The records that speak of a lot, by index.
struct Gathered {
    /// The lot, by URI.
    lot: String,
    state: LotState,
    entries: BTreeMap<u64, RecordRow>,
}

impl Collector<'_> {
    /// The evidence file.
    pub(crate) async fn collect(&self, id: &LotId) -> Result<Export, EvidenceError> {
        let Gathered { lot, state, entries } = self.gather(id).await?;
        self.write(&lot, &state, entries).await
    }

    async fn gather(&self, id: &LotId) -> Result<Gathered, EvidenceError> {
        let (start, states) = match self.catalogue.trace(id, Direction::Back, WALK).await? {
            None => return Err(EvidenceError::NoLot(id.path())),
            Some(Trace::Cycle(on)) => return Err(EvidenceError::Cycle(on)),
            Some(Trace::Walked { cut_off: true, .. }) => return Err(EvidenceError::TooLarge),
            Some(Trace::Walked { start, lots, .. }) => {
                (start, self.states(lots.into_iter().map(|lot| lot.uri)).await?)
            }
        };
        let Some(lot) = self.catalogue.lot(id).await? else { return Err(EvidenceError::NoLot(id.path())) };
        let mut indexes = BTreeSet::new();
        for uri in self.things(&states).await? {
            indexes.extend(self.store.reader().await?.entries_of_subject(&uri).await?);
            if indexes.len() > RECORDS_MAX {
                return Err(EvidenceError::TooLarge);
            }
        }
        self.add_plots_beside(&states, &mut indexes).await?;
        let mut entries = self.read(&indexes).await?;
        self.add_links(&mut entries).await?;
        self.add_rights(&mut entries).await?;
        if entries.len() > RECORDS_MAX {
            return Err(EvidenceError::TooLarge);
        }
        Ok(Gathered { lot: start, state: lot.state, entries })
    }

    async fn states(&self, uris: impl Iterator<Item = String>) -> Result<Vec<LotState>, StoreError> {
        let uris: Vec<String> = uris.collect();
        let mut states = Vec::with_capacity(uris.len());
        for some in uris.chunks(200) {
            let names: Vec<&str> = some.iter().map(String::as_str).collect();
            let rows = self.store.reader().await?.subjects(&names).await?;
            states.extend(rows.iter().filter_map(lot_of));
        }
        Ok(states)
    }

    /// Everything that the judgement of these lots looks at.
    async fn things(&self, states: &[LotState]) -> Result<BTreeSet<String>, StoreError> {
        let mut things = BTreeSet::new();
        let mut organisations: BTreeSet<String> = BTreeSet::new();
        for state in states {
            things.insert(state.uri.clone());
            things.extend(state.origin_plots.iter().cloned());
            things.extend(state.certificates.iter().cloned());
            let lots = state.inputs.iter().map(|input| &input.uri).chain([&state.uri]);
            let mut products: BTreeSet<String> = lots.filter_map(|lot| product_of(lot)).collect();
            // What came beside it out of the same making is weighed with it.
            for output in &state.outputs {
                products.extend(product_of(&output.uri));
            }
            products.extend(state.product.clone());
            for product in products {
                things.insert(match self.catalogue.product(&product).await? {
                    Some(card) => card.uri,
                    None => product,
                });
            }
            organisations.extend(state.maker.iter().chain(&state.holders).cloned());
            for stage in &state.stages {
                organisations.insert(stage.organisation.clone());
                things.extend(stage.container.clone());
                for uri in stage.source.iter().chain(&stage.destination) {
                    match organisation_in_urn(uri) {
                        Some(hex) => _ = organisations.insert(hex.to_owned()),
                        None => things.extend(self.catalogue.party(uri).await?),
                    }
                }
            }
        }
        for uri in things.clone() {
            if let Some(card) = self.catalogue.card(&uri).await? {
                organisations.insert(card.organisation);
            }
        }
        things.extend(organisations.iter().map(|hex| organisation_urn(hex)));
        Ok(things)
    }

    /// The cards of plots that were harvested together with those of these lots: what they gave is shared out by area.
    async fn add_plots_beside(
        &self,
        states: &[LotState],
        indexes: &mut BTreeSet<i64>,
    ) -> Result<(), StoreError> {
        let plots: BTreeSet<&String> = states.iter().flat_map(|state| &state.origin_plots).collect();
        let mut named = BTreeSet::new();
        for plot in &plots {
            let mut reader = self.store.reader().await?;
            for index in reader.entries_of_subject(plot).await? {
                named.extend(reader.subjects_of_entry(index).await?);
            }
        }
        for uri in named.iter().filter(|uri| !plots.contains(uri) && LotId::from_uri(uri).is_err()) {
            if let Some(Card { facts: Facts::Plot(_), index, .. }) = self.catalogue.card(uri).await? {
                indexes.insert(rows::signed(index));
            }
        }
        Ok(())
    }

    async fn read(&self, indexes: &BTreeSet<i64>) -> Result<BTreeMap<u64, RecordRow>, StoreError> {
        let indexes: Vec<i64> = indexes.iter().copied().collect();
        let mut entries = BTreeMap::new();
        for some in indexes.chunks(500) {
            let rows = self.store.reader().await?.records_of(some).await?;
            entries.extend(rows.into_iter().map(|row| (rows::unsigned(row.log_index), row)));
        }
        Ok(entries)
    }

    /// The records that these ones follow on their subjects: an offer, say, which is about a lot and not on it.
    async fn add_links(&self, entries: &mut BTreeMap<u64, RecordRow>) -> Result<(), EvidenceError> {
        let known: BTreeSet<Vec<u8>> = entries.values().map(|row| row.event_id.clone()).collect();
        let mut wanted = BTreeSet::new();
        for row in entries.values() {
            let Ok(record) = Record::parse(&row.bytes) else { continue };
            let newest = record.subjects().into_iter().map(|subject| subject.newest);
            wanted.extend(
                newest
                    .filter(|event| *event != EventId::ZERO && !known.contains(event.as_bytes().as_slice())),
            );
        }
        for event in wanted {
            if let Some(row) = crate::lookup::find_event(&*self.store, event).await? {
                entries.insert(rows::unsigned(row.log_index), row);
            }
        }
        Ok(())
    }

    /// The records by which the signers got and lost their rights, and those that say what time it was.
    async fn add_rights(&self, entries: &mut BTreeMap<u64, RecordRow>) -> Result<(), EvidenceError> {
        // Both records of a fork: which of them is in doubt depends on which came first.
        let disputed: Vec<(Vec<u8>, i64)> =
            entries.values().filter(|row| row.disputed).map(|row| (row.author.clone(), row.seq)).collect();
        for (author, seq) in disputed {
            let rows = self.store.reader().await?.records_at(&author, seq).await?;
            entries.extend(rows.into_iter().map(|row| (rows::unsigned(row.log_index), row)));
        }
        let signers: BTreeSet<Vec<u8>> = entries.values().map(|row| row.organisation_id.clone()).collect();
        let authors: BTreeSet<Vec<u8>> = entries.values().map(|row| row.author.clone()).collect();
        let events: BTreeSet<Vec<u8>> = entries.values().map(|row| row.event_id.clone()).collect();
        let (operator, epochs) = {
            let known = self.directory.read().unwrap_or_else(PoisonError::into_inner);
            let mut epochs: BTreeSet<i64> =
                entries.keys().filter_map(|index| known.epoch_at(*index)).map(rows::signed).collect();
            epochs.extend(known.epoch_at(u64::MAX).map(rows::signed));
            (known.authority.operator(), epochs)
        };
        let mut rights = Vec::new();
        for signer in &signers {
            if operator.is_none_or(|operator| signer != operator.as_bytes()) {
                self.control_records(signer, |_| true, &mut rights).await?;
            }
        }
        if let Some(operator) = operator {
            let concerns = |record: &Record| match record.control() {
                Control::Epoch { .. } => false,
                Control::Standing { organisation, .. } => {
                    signers.contains(organisation.as_bytes().as_slice())
                }
                Control::ErasureNotice { event, .. } => events.contains(event.as_bytes().as_slice()),
                Control::ForkEvidence { author, .. } => authors.contains(author.as_bytes().as_slice()),
                _ => true,
            };
            self.control_records(operator.as_bytes(), concerns, &mut rights).await?;
        }
        entries.extend(rights.into_iter().map(|row| (rows::unsigned(row.log_index), row)));
        entries.extend(self.read(&epochs).await?);
        Ok(())
    }

    async fn control_records(
        &self,
        organisation: &[u8],
        concerns: impl Fn(&Record) -> bool,
        found: &mut Vec<RecordRow>,
    ) -> Result<(), EvidenceError> {
        let mut from = 0;
        loop {
            let rows = self.store.reader().await?.control_records(organisation, from, READ_AT_ONCE).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            from = last.log_index + 1;
            for row in rows {
                if Record::parse(&row.bytes).is_ok_and(|record| concerns(&record)) {
                    found.push(row);
                }
            }
            if found.len() > RECORDS_MAX {
                return Err(EvidenceError::TooLarge);
            }
        }
    }

    async fn write(
        &self,
        lot: &str,
        state: &LotState,
        entries: BTreeMap<u64, RecordRow>,
    ) -> Result<Export, EvidenceError> {
        let Some((checkpoint, note)) = self.lookup.checkpoint().await? else {
            return Err(EvidenceError::NotPublished);
        };
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        // The same evidence is the same bytes: no clock in it.
        let plain = SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
        let mut manifest = Manifest {
            format: FORMAT.to_owned(),
            origin: checkpoint.origin().to_owned(),
            lot: lot.to_owned(),
            checkpoint_size: checkpoint.size().0,
            records: Vec::with_capacity(entries.len()),
        };
        for (index, row) in entries {
            let entry = self.lookup.open(row).await?;
            let Some(proof) = self.lookup.receipt_under(&entry, &checkpoint, &note).await? else {
                return Err(EvidenceError::NotPublished);
            };
            let file = format!("records/{index:09}.tlog-proof");
            zip.start_file(&file, plain)?;
            zip.write_all(proof.to_string().as_bytes())?;
            let mut facts = Vec::with_capacity(entry.openings.len());
            for (position, opening) in &entry.openings {
                let file = format!("facts/{index:09}-{position}.json");
                zip.start_file(&file, plain)?;
                zip.write_all(&opening.payload)?;
                facts.push(Fact { position: *position, file, salt: hex::encode(opening.salt) });
            }
            let public = entry.record.sections().iter().filter(|section| section.kind.is_public()).count();
            let about = match public > entry.openings.len() {
                true => self.store.reader().await?.subjects_of_entry(rows::signed(index)).await?,
                false => Vec::new(),
            };
            manifest.records.push(Listed { index, file, facts, about });
        }
        let mut put = |name: &str, bytes: &[u8]| -> Result<(), EvidenceError> {
            zip.start_file(name, plain)?;
            Ok(zip.write_all(bytes)?)
        };
        put("manifest.json", &pretty(&manifest))?;
        put("lot.json", &pretty(state))?;
        put("log.vkey", format!("{}\n", self.log_vkey).as_bytes())?;
        let witnesses: String = self.witness_vkeys.iter().map(|key| format!("{key}\n")).collect();
        put("witnesses.vkey", witnesses.as_bytes())?;
        put("README.txt", README.as_bytes())?;
        let number = LotId::from_uri(lot).map(|id| id.lot().to_string()).unwrap_or_default();
        Ok(Export {
            bytes: zip.finish()?.into_inner(),
            file_name: format!("evidence-{}.zip", crate::exports::slug(&number)),
            media_type: "application/zip",
            remarks: Vec::new(),
        })
    }
}

fn pretty(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec_pretty(value).expect("it has text keys only")
}

const README: &str = "\
HỒ SƠ CHỨNG CỨ CỦA MỘT LÔ HÀNG

Trong tệp này có mọi bản ghi đã ký về lô hàng, về các lô làm ra nó, thửa, sản phẩm, chứng nhận, đơn vị, và các bản
ghi trao quyền cho người ký; mỗi bản ghi kèm bằng chứng nó nằm trong sổ. Không có tên người, không có vị trí chính xác.

Kiểm tra, không cần mạng:   nguon verify TỆP.zip --log-vkey KHÓA --witness KHÓA
Khóa của sổ và của nhân chứng nên lấy từ nơi khác, không phải từ tệp này.
Chứng minh được: ai ký, ký gì, không ai sửa từ đó. Không chứng minh được: không thiếu bản ghi nào; muốn biết, hãy
kiểm tra cả sổ (nguon verify ĐỊA-CHỈ).

EVIDENCE ABOUT A LOT

Every signed record on the lot, on the lots it was made of, on their plots, products, certificates and organisations, and
the records that gave the signers their rights; each with the proof that it is in the log. No names of people, no exact
places.

Check it without any network:   nguon verify FILE.zip --log-vkey KEY --witness KEY
Take the keys of the log and of its witnesses from elsewhere, not from this file.
It proves who signed what, and that nobody changed it since. It does not prove that nothing was left out: for that, check
the whole log (nguon verify ADDRESS).
";
