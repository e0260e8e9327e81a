//! The phones of a load, and the chains that they send.

use std::time::Duration;

use anyhow::Context;
use nguon_ledger::{
    Act, Control, Draft, Flags, LedgerId, Opening, OrganisationId, PublicKey, Record, Roles, SectionRef,
    SectionType, SigningKey, Subject, handle, next_key_digest, sign_possession,
};
use nguon_service::Incoming;

/// One phone of the load: its key, and the chain it sends.
pub(super) struct Phone {
    pub(super) key: SigningKey,
    head: Option<Record>,
}

pub(super) struct Fleet {
    ledger_id: LedgerId,
    pub(super) organisation: OrganisationId,
    root: SigningKey,
    genesis: Record,
    pub(super) phones: Vec<Phone>,
}

impl Fleet {
    pub(super) fn new(ledger_id: LedgerId, count: usize) -> anyhow::Result<Self> {
        let seed = |n: u64| *blake3_of(n).as_bytes();
        let root = SigningKey::from_seed(seed(0));
        let next = next_key_digest(&SigningKey::from_seed(seed(1)).public());
        let genesis = Draft::first(ledger_id, OrganisationId::ZERO, Control::Genesis { next }).sign(&root)?;
        let phones = (0..count as u64)
            .map(|n| Phone { key: SigningKey::from_seed(seed(n + 2)), head: None })
            .collect();
        Ok(Self { ledger_id, organisation: genesis.belongs_to(), root, genesis, phones })
    }

    /// Genesis and delegations, as they would come from a manager.
    pub(super) fn enrolment(&self) -> anyhow::Result<Vec<Incoming>> {
        let mut records = vec![Incoming { record: self.genesis.as_bytes().to_vec(), openings: Vec::new() }];
        let mut before = self.genesis.clone();
        for phone in &self.phones {
            let device = phone.key.public();
            let (roles, flags, not_after_ms) = (Roles::DIARY | Roles::LOT, Flags::default(), u64::MAX);
            let possession = sign_possession(
                &phone.key,
                self.ledger_id,
                self.organisation,
                roles,
                flags,
                not_after_ms,
                None,
            );
            let delegation =
                nguon_ledger::Delegation { device, roles, flags, not_after_ms, person: None, possession };
            before = Draft::after(&before, Control::Delegate(delegation)).sign(&self.root)?;
            records.push(Incoming { record: before.as_bytes().to_vec(), openings: Vec::new() });
        }
        Ok(records)
    }
}

fn blake3_of(n: u64) -> nguon_ledger::NextKeyDigest {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&n.to_be_bytes());
    next_key_digest(&PublicKey::from_bytes(bytes))
}

impl Phone {
    /// The phone's next record: a harvest of about a kilobyte with its facts.
    fn next(
        &mut self,
        ledger_id: LedgerId,
        organisation: OrganisationId,
        n: u64,
    ) -> anyhow::Result<(Record, Opening)> {
        let salt = *blake3_of(n).as_bytes();
        let uri =
            format!("https://nguon.example/bench/p/ca-chua/l/{}-{n}", &self.key.public().to_string()[..8]);
        let (handle_salt, _) = salt.split_first_chunk::<16>().context("a salt has 32 bytes")?;
        let payload = format!(
            r#"{{"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",{{"cbvmda":"urn:epcglobal:cbv:mda:","nguon":"urn:nguon:voc:"}}],"type":"ObjectEvent","eventTime":"2026-11-20T06:15:00.000+07:00","eventTimeZoneOffset":"+07:00","action":"ADD","quantityList":[{{"epcClass":"{uri}","quantity":125.5,"uom":"KGM"}}],"bizStep":"creating_class_instance","disposition":"active","ilmd":{{"cbvmda:harvestStartDate":"2026-11-20"}},"nguon:subjects":[{{"uri":"{uri}","salt":"{}"}}]}}"#,
            hex::encode(handle_salt)
        );
        let opening = Opening { kind: SectionType::PUBLIC, salt, payload: payload.into_bytes() };
        let mut draft = match &self.head {
            Some(head) => Draft::after(head, Control::Event),
            None => Draft::first(ledger_id, organisation, Control::Event),
        };
        draft.act = Some(Act::Lot);
        draft.subjects =
            vec![Subject { handle: handle(&uri, handle_salt), newest: nguon_ledger::EventId::ZERO }];
        draft.sections = vec![SectionRef { kind: opening.kind, commitment: opening.commitment() }];
        let record = draft.sign(&self.key)?;
        self.head = Some(record.clone());
        Ok((record, opening))
    }
}

/// Signs every phone's chain before the clock starts: what a phone does is not the server's time.
pub(super) fn requests(
    fleet: &mut Fleet,
    each: usize,
    body: impl Fn(&Record, &Opening) -> (Vec<u8>, &'static str),
    path: &str,
) -> anyhow::Result<Vec<Vec<Vec<u8>>>> {
    let (ledger_id, organisation) = (fleet.ledger_id, fleet.organisation);
    fleet
        .phones
        .iter_mut()
        .map(|phone| {
            (0..each as u64)
                .map(|n| {
                    let (record, opening) = phone.next(ledger_id, organisation, n)?;
                    let (body, kind) = body(&record, &opening);
                    let mut request = format!(
                        "POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
                        body.len()
                    )
                    .into_bytes();
                    request.extend_from_slice(&body);
                    Ok(request)
                })
                .collect()
        })
        .collect()
}

/// Records of one phone that are signed beforehand, for a rate that this machine will not exceed.
pub(super) fn each_phone(connections: usize, load: Duration) -> usize {
    let most = 26_000 * usize::try_from(load.as_secs() + 1).unwrap_or(1);
    most.div_ceil(connections.max(1))
}
