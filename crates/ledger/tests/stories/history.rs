//! A small province to tell stories in: an operator, co-operatives, their phones, and a log that does what the authority
//! says. Every key is seeded, and time stands still.

use nguon_ledger::authority::Key;
use nguon_ledger::{
    Act, Admission, Authority, AuthorityFinding, Control, Delegation, Draft, EventId, Flags, Hold, LedgerId,
    OrganisationId, PublicKey, Record, Refusal, Roles, SigningKey, Standing, ledger_id, next_key_digest,
    sign_possession,
};

/// A key and its own memory of its chain.
pub(crate) struct Signer {
    pub(crate) key: SigningKey,
    pub(crate) organisation: OrganisationId,
    pub(crate) last: Option<Record>,
}

impl Signer {
    pub(crate) fn new(seed: u64, organisation: OrganisationId) -> Self {
        Self { key: key(seed), organisation, last: None }
    }

    pub(crate) fn public(&self) -> PublicKey {
        self.key.public()
    }

    /// The next record of this chain, not signed yet.
    pub(crate) fn draft(&self, control: Control) -> Draft {
        match &self.last {
            Some(last) => Draft::after(last, control),
            None => Draft::first(ledger(), self.organisation, control),
        }
    }

    /// Signs the next record and remembers it.
    pub(crate) fn sign(&mut self, control: Control) -> Record {
        let draft = self.draft(control);
        self.sign_draft(&draft)
    }

    pub(crate) fn sign_draft(&mut self, draft: &Draft) -> Record {
        let record = draft.sign(&self.key).unwrap();
        self.last = Some(record.clone());
        record
    }

    /// Signs the next event and remembers it. `note` makes records differ that would else be the same.
    pub(crate) fn event(&mut self, act: Act, note: u64) -> Record {
        let draft = Draft { act: Some(act), device_time_ms: note, ..self.draft(Control::Event) };
        self.sign_draft(&draft)
    }

    pub(crate) fn diary(&mut self, note: u64) -> Record {
        self.event(Act::Diary, note)
    }

    /// Agrees to rights in its organisation.
    pub(crate) fn agree(&self, roles: Roles, not_after_ms: u64) -> Control {
        self.agree_in(self.organisation, roles, not_after_ms)
    }

    pub(crate) fn agree_in(&self, organisation: OrganisationId, roles: Roles, not_after_ms: u64) -> Control {
        let possession =
            sign_possession(&self.key, ledger(), organisation, roles, Flags(0), not_after_ms, None);
        let device = self.public();
        Control::Delegate(Delegation {
            device,
            roles,
            flags: Flags(0),
            not_after_ms,
            person: None,
            possession,
        })
    }
}

pub(crate) const ORIGIN: &str = "ledger.example.org/given";
pub(crate) const LOG_KEY: [u8; 32] = [7; 32];

/// The ledger that records are signed for.
pub(crate) fn ledger() -> LedgerId {
    ledger_id(ORIGIN, &LOG_KEY)
}

pub(crate) fn key(seed: u64) -> SigningKey {
    let mut bytes = [0x5a; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    SigningKey::from_seed(bytes)
}

pub(crate) const LOGGED: Outcome = Outcome::Logged(Vec::new());

pub(crate) fn revoke(key: PublicKey, last_good: Option<u64>) -> Control {
    Control::Revoke { key, last_good, reason: 1 }
}

/// A co-operative with one phone for diary and lots.
pub(crate) fn farm() -> (Log, Signer, Signer) {
    let mut log = Log::new();
    let mut root = log.co_operative(10);
    let phone = log.phone(&mut root, 20, Roles::DIARY | Roles::LOT);
    (log, root, phone)
}

/// A genesis, with the seeds of the root and of the key that comes after it.
pub(crate) fn found(root: u64, next: u64) -> Signer {
    let mut signer = Signer::new(root, OrganisationId::ZERO);
    let genesis = signer.sign(Control::Genesis { next: next_key_digest(&key(next).public()) });
    signer.organisation = genesis.belongs_to();
    signer
}

/// What became of a record that was offered to the log.
#[derive(Debug, PartialEq)]
pub(crate) enum Outcome {
    Logged(Vec<AuthorityFinding>),
    Duplicate,
    Disputed,
    Conflict,
    Held(Hold),
    Refused(Refusal),
}

impl Outcome {
    pub(crate) fn codes(&self) -> Vec<&'static str> {
        match self {
            Self::Logged(findings) => findings.iter().map(AuthorityFinding::code).collect(),
            other => panic!("not logged: {other:?}"),
        }
    }
}

/// A log of one operator, kept in memory.
pub(crate) struct Log {
    pub(crate) authority: Authority,
    pub(crate) operator: Signer,
    pub(crate) entries: Vec<(Record, bool)>,
}

pub(crate) const OPERATOR_SEED: u64 = 1;

impl Log {
    /// A log with its operator at index 0.
    pub(crate) fn new() -> Self {
        let operator = found(OPERATOR_SEED, 2);
        let genesis = operator.last.clone().unwrap();
        let mut log = Self { authority: Authority::new(ledger()), operator, entries: Vec::new() };
        assert_eq!(log.offer(&genesis), Outcome::Logged(vec![]));
        log
    }

    pub(crate) fn size(&self) -> u64 {
        u64::try_from(self.entries.len()).unwrap()
    }

    /// The record logged first at a place.
    pub(crate) fn trunk(&self, author: &PublicKey, seq: u64) -> Option<EventId> {
        self.entries
            .iter()
            .find(|(record, disputed)| !disputed && record.author() == *author && record.seq() == seq)
            .map(|(record, _)| record.event_id())
    }

    pub(crate) fn admit(&self, record: &Record) -> Result<Admission, Refusal> {
        let needed = self.authority.needs_trunk(record);
        let trunk = needed.then(|| self.trunk(&record.author(), record.seq())).flatten();
        self.authority.admit(record, trunk)
    }

    /// Does what a sequencer does.
    pub(crate) fn offer(&mut self, record: &Record) -> Outcome {
        match self.admit(record) {
            Ok(Admission::Append) => Outcome::Logged(self.append(record, false)),
            Ok(Admission::Duplicate) => Outcome::Duplicate,
            Ok(Admission::Dispute { first }) => {
                let findings = self.append(record, true);
                assert_eq!(findings.first(), Some(&AuthorityFinding::Disputed));
                let (author, other) = (record.author(), record.event_id());
                let owed = self.authority.owed_evidence().unwrap();
                assert_eq!((owed.author, owed.other), (author, other));
                assert_eq!(self.operate(Control::ForkEvidence { author, first, other }).codes(), ["forked"]);
                assert_eq!(self.authority.owed_evidence(), None);
                Outcome::Disputed
            }
            Ok(Admission::Conflict { .. }) => Outcome::Conflict,
            Ok(Admission::Hold(hold)) => Outcome::Held(hold),
            Err(refusal) => Outcome::Refused(refusal),
        }
    }

    fn append(&mut self, record: &Record, disputed: bool) -> Vec<AuthorityFinding> {
        let findings = self.authority.append(record, self.size());
        self.entries.push((record.clone(), disputed));
        findings
    }

    /// A record by the operator.
    pub(crate) fn operate(&mut self, control: Control) -> Outcome {
        let record = self.operator.sign(control);
        self.offer(&record)
    }

    pub(crate) fn epoch(&mut self, time_ms: u64) -> Outcome {
        let size = self.size();
        self.operate(Control::Epoch { time_ms, size, map_root: [0; 32] })
    }

    pub(crate) fn set_standing(&mut self, organisation: OrganisationId, bits: Standing) -> Outcome {
        self.operate(Control::Standing { organisation, bits, reason: 0 })
    }

    /// A co-operative with producer's standing; its root's seed, the next one is one more.
    pub(crate) fn co_operative(&mut self, seed: u64) -> Signer {
        let root = found(seed, seed + 1);
        assert_eq!(self.offer(root.last.as_ref().unwrap()), Outcome::Logged(vec![]));
        assert_eq!(self.set_standing(root.organisation, Standing::PRODUCER), Outcome::Logged(vec![]));
        root
    }

    /// A phone of a co-operative.
    pub(crate) fn phone(&mut self, root: &mut Signer, seed: u64, roles: Roles) -> Signer {
        let phone = Signer::new(seed, root.organisation);
        let delegation = root.sign(phone.agree(roles, u64::MAX));
        assert_eq!(self.offer(&delegation), Outcome::Logged(vec![]));
        phone
    }

    pub(crate) fn key(&self, signer: &Signer) -> Key {
        *self.authority.key(&signer.public()).unwrap()
    }
}
