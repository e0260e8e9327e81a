//! Checking evidence, offline: every proof, signature, opening and right, and the judgement made again.
//!
//! The zip comes from anybody. It is read within bounds, and nothing in it is believed: the keys that count are the caller's.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{Cursor, Read};
use std::sync::Arc;

use nguon_id::LotId;
use nguon_ledger::audit::{EnrolledKeys, examine};
use nguon_ledger::checkpoint::Checkpoint;
use nguon_ledger::merkle::leaf_hash;
use nguon_ledger::openings::Opened;
use nguon_ledger::policy::{Cosigner, Policy, Verdict};
use nguon_ledger::proof::TlogProof;
use nguon_ledger::{Authority, EventId, Kind, PublicKey, Record, SectionType, ledger_id};
use nguon_storage::{SectionRow, Store, StoreError};
use nguon_trace::lot::LotState;
use zip::ZipArchive;

use super::{FORMAT, Listed, Manifest, RECORDS_MAX};
use crate::catalogue::Catalogue;
use crate::project::{ProjectError, Projector};
use crate::rows;

/// Bytes of one file in the zip, at most.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// Bytes of all of them, at most.
const BYTES_MAX: u64 = 256 << 20;

/// Something in the evidence that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceFault {
    /// The file in the zip.
    pub file: String,
    /// What is wrong.
    pub why: String,
}

/// What evidence proves.
#[derive(Debug)]
pub struct Checked {
    /// The lot, by URI.
    pub lot: String,
    /// Records that are proven.
    pub records: usize,
    /// Facts that are what the records commit to.
    pub facts: usize,
    /// The checkpoint that all of them are under.
    pub checkpoint: Option<Checkpoint>,
    /// The witnesses that cosigned it.
    pub cosigned_by: Vec<Cosigner>,
    /// What does not hold.
    pub faults: Vec<EvidenceFault>,
    /// The lot as these records alone have it.
    pub judged: Option<LotState>,
}

/// Why evidence could not be checked at all.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceCheckError {
    /// Not a zip, or one that is broken.
    #[error("this is no evidence file: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// It cannot be read.
    #[error("the evidence cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// More than an evidence file may hold.
    #[error("the zip holds more than an evidence file may")]
    TooLarge,
    /// A file that must be there is not.
    #[error("the zip holds no {0}")]
    Missing(&'static str),
    /// The manifest is not one of this form.
    #[error("manifest.json: {0}")]
    Manifest(String),
    /// The records cannot be judged.
    #[error(transparent)]
    Project(#[from] ProjectError),
}

impl From<StoreError> for EvidenceCheckError {
    fn from(error: StoreError) -> Self {
        Self::Project(error.into())
    }
}

/// A file of an evidence zip by its name, as text: `log.vkey`, `witnesses.vkey`.
pub fn text_in(zip: &[u8], name: &'static str) -> Result<String, EvidenceCheckError> {
    let mut files = Files::open(zip)?;
    let bytes = files.read(name)?.ok_or(EvidenceCheckError::Missing(name))?;
    String::from_utf8(bytes).map_err(|_| EvidenceCheckError::Missing(name))
}

/// Checks evidence under a policy. `scratch` is an empty store in which the lot is judged again.
pub async fn check(
    zip: &[u8],
    policy: &Policy,
    first_log_key: &[u8; 32],
    scratch: Arc<dyn Store>,
) -> Result<Checked, EvidenceCheckError> {
    let mut files = Files::open(zip)?;
    let manifest = files.read("manifest.json")?.ok_or(EvidenceCheckError::Missing("manifest.json"))?;
    let manifest: Manifest =
        serde_json::from_slice(&manifest).map_err(|error| EvidenceCheckError::Manifest(error.to_string()))?;
    if manifest.format != FORMAT {
        return Err(EvidenceCheckError::Manifest(format!("its form is not {FORMAT:?}")));
    }
    if manifest.origin != policy.log().name() {
        return Err(EvidenceCheckError::Manifest(format!(
            "it is of the log {:?}, and the key is of {:?}",
            manifest.origin,
            policy.log().name()
        )));
    }
    if manifest.records.len() > RECORDS_MAX {
        return Err(EvidenceCheckError::TooLarge);
    }
    let mut checking = Checking {
        ledger: ledger_id(policy.log().name(), first_log_key),
        authority: Authority::new(ledger_id(policy.log().name(), first_log_key)),
        keys: EnrolledKeys::default(),
        chains: HashMap::new(),
        unopened: Vec::new(),
        checked: Checked {
            lot: manifest.lot.clone(),
            records: 0,
            facts: 0,
            checkpoint: None,
            cosigned_by: Vec::new(),
            faults: Vec::new(),
            judged: None,
        },
    };
    let mut last = None;
    for listed in &manifest.records {
        if last.is_some_and(|last| listed.index <= last) {
            checking.fault(&listed.file, "the manifest does not list the records in the order of the log");
            break;
        }
        last = Some(listed.index);
        if let Some((record, opened)) = checking.record(&mut files, listed, policy)? {
            let index = listed.index;
            let mut unit = scratch.unit().await?;
            unit.insert_records(&[rows::record(&record, index, checking.is_disputed(&record))]).await?;
            checking.admit(&record, index, &listed.file);
            let sections: Vec<SectionRow> = opened
                .into_iter()
                .map(|opened| SectionRow {
                    log_index: rows::signed(index),
                    position: i64::from(opened.position),
                    kind: i64::from(SectionType::PUBLIC.0),
                    salt: opened.salt.to_vec(),
                    payload: opened.payload,
                })
                .collect();
            let is_erased =
                sections.is_empty() && checking.unopened.iter().any(|one| one.1 == record.event_id());
            let about = listed.about.iter().filter(|_| is_erased);
            let links: Vec<(String, i64)> = about.map(|uri| (uri.clone(), rows::signed(index))).collect();
            unit.insert_sections(&sections).await?;
            unit.link_records(&links).await?;
            unit.save().await?;
        }
    }
    checking.finish();
    checking.only_what_is_listed(&files, &manifest);
    let mut checked = checking.checked;
    checked.judged = judge(&manifest, policy, first_log_key, scratch).await?;
    let told = files.read("lot.json")?.and_then(|told| serde_json::from_slice::<LotState>(&told).ok());
    if let Some(size) = checked.checkpoint.as_ref().map(|checkpoint| checkpoint.size().0)
        && size != manifest.checkpoint_size
    {
        let why = format!("it tells of {} entries, the checkpoint of {size}", manifest.checkpoint_size);
        checked.faults.push(EvidenceFault { file: "manifest.json".to_owned(), why });
    }
    match (&checked.judged, told) {
        (Some(judged), Some(told)) if *judged == told => {}
        (Some(_), Some(_)) => checked.faults.push(EvidenceFault {
            file: "lot.json".to_owned(),
            why: "these records alone lead to another judgement of the lot than it tells".to_owned(),
        }),
        (judged, _) => {
            let (file, why) = match judged {
                None => ("manifest.json", "no record in it is about the lot"),
                Some(_) => ("lot.json", "it is not there, or it does not tell of a lot"),
            };
            checked.faults.push(EvidenceFault { file: file.to_owned(), why: why.to_owned() });
        }
    }
    Ok(checked)
}

/// The lot, by the rules, from these records alone.
async fn judge(
    manifest: &Manifest,
    policy: &Policy,
    first_log_key: &[u8; 32],
    scratch: Arc<dyn Store>,
) -> Result<Option<LotState>, EvidenceCheckError> {
    let Ok(id) = LotId::from_uri(&manifest.lot) else { return Ok(None) };
    let origin = policy.log().name();
    let ledger = ledger_id(origin, first_log_key);
    let mut projector = Projector::open(ledger, scratch.clone(), scratch.clone()).await?;
    projector.take_some().await?;
    let catalogue = Catalogue::new(scratch, projector.directory(), origin.to_owned(), Vec::new());
    Ok(catalogue.lot(&id).await?.map(|lot| lot.state))
}

struct Checking {
    ledger: nguon_ledger::LedgerId,
    authority: Authority,
    keys: EnrolledKeys,
    /// The records of each chain that are there: seq and event id of the newest.
    chains: HashMap<PublicKey, BTreeMap<u64, EventId>>,
    /// Public sections without an opening: (file, event, section).
    unopened: Vec<(String, EventId, u8)>,
    checked: Checked,
}

impl Checking {
    fn fault(&mut self, file: &str, why: impl ToString) {
        self.checked.faults.push(EvidenceFault { file: file.to_owned(), why: why.to_string() });
    }

    /// A record that is under the checkpoint and signed, with the openings that are its own.
    fn record(
        &mut self,
        files: &mut Files<'_>,
        listed: &Listed,
        policy: &Policy,
    ) -> Result<Option<(Record, Vec<Opened>)>, EvidenceCheckError> {
        let file = listed.file.as_str();
        let Some(bytes) = files.read(file)? else {
            self.fault(file, "it is not in the zip");
            return Ok(None);
        };
        let proof = match TlogProof::parse(&bytes) {
            Ok(proof) => proof,
            Err(error) => {
                self.fault(file, error);
                return Ok(None);
            }
        };
        if proof.index.0 != listed.index {
            self.fault(file, format!("it is entry {}, not {}", proof.index.0, listed.index));
            return Ok(None);
        }
        match proof.verify(policy, leaf_hash(&proof.extra)) {
            Ok(verdict) => self.under(verdict, file),
            Err(error) => {
                self.fault(file, format!("it is not proven to be in the log: {error}"));
                return Ok(None);
            }
        }
        let mut opened = Vec::with_capacity(listed.facts.len());
        for fact in &listed.facts {
            let mut salt = [0; 32];
            let payload = files.read(&fact.file)?;
            match (payload, hex::decode_to_slice(&fact.salt, &mut salt)) {
                (Some(payload), Ok(())) => {
                    opened.push(Opened { position: fact.position, salt, payload });
                }
                _ => self.fault(&fact.file, "the facts or their salt are not there"),
            }
        }
        let rising = opened.windows(2).all(|pair| pair[0].position < pair[1].position);
        let public = Record::parse(&proof.extra).is_ok_and(|record| {
            let sections = record.sections();
            opened
                .iter()
                .all(|one| sections.get(usize::from(one.position)).is_some_and(|it| it.kind.is_public()))
        });
        if !(rising && public) {
            self.fault(file, "its facts are not its public sections, each once and in their order");
            return Ok(None);
        }
        let examined = examine(&mut self.keys, &proof.extra, &opened);
        let unopened = examined.unopened().to_vec();
        let (record, wrong) = examined.into_parts();
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                self.fault(file, format!("the record does not hold: {error:?}"));
                return Ok(None);
            }
        };
        if record.ledger_id() != self.ledger {
            self.fault(file, "it was signed for another ledger");
            return Ok(None);
        }
        if !wrong.is_empty() {
            let name = listed.facts.first().map_or(file, |fact| fact.file.as_str()).to_owned();
            self.fault(&name, "the facts are not what the record commits to");
            return Ok(None);
        }
        let sections = unopened.into_iter().map(|section| (file.to_owned(), record.event_id(), section));
        self.unopened.extend(sections);
        self.checked.records += 1;
        self.checked.facts += opened.len();
        Ok(Some((record, opened)))
    }

    fn under(&mut self, verdict: Verdict, file: &str) {
        if !verdict.quorum_met {
            self.fault(file, "too few of the witnesses that you trust cosigned its checkpoint");
        }
        match &self.checked.checkpoint {
            None => {
                self.checked.checkpoint = Some(verdict.checkpoint);
                self.checked.cosigned_by = verdict.cosigned_by;
            }
            Some(known) if *known == verdict.checkpoint => {}
            Some(_) => self.fault(file, "it is proven under another checkpoint than the others"),
        }
    }

    fn is_disputed(&self, record: &Record) -> bool {
        self.chains.get(&record.author()).is_some_and(|chain| chain.contains_key(&record.seq()))
    }

    /// Whose word the record is, and where it stands in the signer's own chain.
    fn admit(&mut self, record: &Record, index: u64, file: &str) {
        if self.authority.operator().is_none() && (index != 0 || record.kind() != Kind::Genesis) {
            self.fault(file, "the log's first record is not there, so that nobody's rights can be followed");
        }
        self.authority.append(record, index);
        let author = record.author();
        let stands = self.authority.key(&author).is_some_and(|key| key.organisation == record.belongs_to());
        if !stands {
            self.fault(file, "no organisation is shown to stand behind the key that signed it");
        }
        let chain = self.chains.entry(author).or_default();
        let before = record.seq().checked_sub(1).and_then(|seq| chain.get(&seq)).copied();
        let follows = before.is_none_or(|before| before == record.prev());
        chain.entry(record.seq()).or_insert(record.event_id());
        if !follows {
            self.fault(file, "it does not follow the signer's own record before it");
        }
    }

    /// Whatever else lies in the zip is nobody's word, and would be taken for evidence.
    fn only_what_is_listed(&mut self, files: &Files<'_>, manifest: &Manifest) {
        let own = ["README.txt", "manifest.json", "lot.json", "log.vkey", "witnesses.vkey"];
        let records = manifest.records.iter().flat_map(|listed| {
            listed.facts.iter().map(|fact| fact.file.as_str()).chain([listed.file.as_str()])
        });
        let listed: BTreeSet<&str> = own.into_iter().chain(records).collect();
        let mut seen = BTreeSet::new();
        for name in files.names() {
            if !listed.contains(name.as_str()) {
                self.fault(&name, "it belongs to no record of the evidence");
            } else if !seen.insert(name.clone()) {
                self.fault(&name, "it is there twice");
            }
        }
    }

    fn finish(&mut self) {
        for (file, event, section) in std::mem::take(&mut self.unopened) {
            if !self.authority.is_erased(event, section) {
                self.fault(&file, "its facts are not there, and no notice says that they were erased");
            }
        }
    }
}

/// The files of a zip, read within bounds.
struct Files<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    left: u64,
}

impl<'a> Files<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, EvidenceCheckError> {
        let zip = ZipArchive::new(Cursor::new(bytes))?;
        if zip.len() > 3 * RECORDS_MAX {
            return Err(EvidenceCheckError::TooLarge);
        }
        Ok(Self { zip, left: BYTES_MAX })
    }

    fn names(&self) -> Vec<String> {
        self.zip
            .file_names()
            .map(|name| name.map_or_else(|_| "?".to_owned(), |name| name.into_owned()))
            .collect()
    }

    /// The bytes of a file, counted as they come: what the zip says of its sizes is its own word.
    fn read(&mut self, name: &str) -> Result<Option<Vec<u8>>, EvidenceCheckError> {
        let file = match self.zip.by_name(name) {
            Ok(file) => file,
            Err(zip::result::ZipError::FileNotFound) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let limit = FILE_BYTES_MAX.min(self.left);
        let mut bytes = Vec::new();
        file.take(limit + 1).read_to_end(&mut bytes)?;
        let length = bytes.len() as u64;
        if length > limit {
            return Err(EvidenceCheckError::TooLarge);
        }
        self.left -= length;
        Ok(Some(bytes))
    }
}
