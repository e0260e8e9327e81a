//! Records that wait for their turn, and what strangers may write: anybody can make an organisation and keys by the thousand,
//! so those that nobody recognises share few places and a small budget, and the places of the others stay free.

use nguon_ledger::{Admission, Control, Hold, OrganisationId, PublicKey, Record};
use nguon_storage::HeldRow;

use super::{Broken, Group, Sequencer, Share};
use crate::held;
use crate::rows;
use crate::submit::{Answer, Refused, Submission, Taken};

/// Records of one key that may wait.
const HELD_PER_KEY: usize = 256;
/// Their bytes, openings included.
const HELD_BYTES_PER_KEY: usize = 8 << 20;
/// Records that may wait in all.
const HELD_IN_ALL: usize = 100_000;
/// Their bytes, openings included.
const HELD_BYTES_IN_ALL: usize = 2 << 30;
/// The same for organisations that the province does not recognise, together: anybody can make one, and the places of
/// the others stay free.
const HELD_OF_STRANGERS: usize = 10_000;
/// Their bytes, openings included.
const HELD_BYTES_OF_STRANGERS: usize = 64 << 20;
/// What strangers may have logged at once, records and openings, in bytes.
const STRANGERS_BYTES: i64 = 8 << 20;
/// What comes to that each second.
const STRANGERS_BYTES_A_SECOND: i64 = 4 << 10;

impl Sequencer {
    /// Whether the province recognises the organisation of a key.
    fn is_recognised(&self, key: &PublicKey) -> bool {
        let organisation = self.authority().key(key).map(|key| key.organisation);
        organisation.is_some_and(|id| self.is_recognised_organisation(id))
    }

    fn is_recognised_organisation(&self, organisation: OrganisationId) -> bool {
        let standing = self.authority().standing(organisation);
        self.authority().operator() == Some(organisation)
            || (standing.0 & !nguon_ledger::Standing::SUSPENDED.0) != 0
    }

    /// Whether there is room for a record of an organisation that nobody recognises: they share a budget, so that whoever
    /// makes keys by the thousand does not fill the disk.
    pub(super) fn may_stranger_write(&mut self, submission: &Submission) -> bool {
        let record = &submission.record;
        if self.is_recognised_organisation(record.belongs_to()) {
            return true;
        }
        let payloads: usize = submission.openings.iter().map(|opening| opening.payload.len()).sum();
        let cost = i64::try_from(record.as_bytes().len() + payloads).unwrap_or(i64::MAX);
        let now_ms = self.clock.now_ms();
        let (left, since_ms) = self.strangers.unwrap_or((STRANGERS_BYTES, now_ms));
        let came = now_ms.saturating_sub(since_ms).max(0).saturating_mul(STRANGERS_BYTES_A_SECOND) / 1_000;
        let left = left.saturating_add(came).min(STRANGERS_BYTES);
        if left < cost {
            self.strangers = Some((left, now_ms));
            return false;
        }
        self.strangers = Some((left - cost, now_ms));
        true
    }

    pub(super) async fn hold(
        &mut self,
        group: &mut Group,
        submission: &Submission,
        reason: Hold,
    ) -> Result<Answer, Broken> {
        let author = submission.record.author();
        let row = held::row(submission, &reason, self.clock.now_ms(), &self.keys.seal);
        let same = |other: &HeldRow| other.event_id == row.event_id;
        if self.waiting_at(group, author, submission.record.seq()).await?.iter().any(same) {
            return Ok(Ok(Taken::Held(reason)));
        }
        let mine = self.state.held.get(&author).copied().unwrap_or_default();
        let (mut all, mut strangers) = (Share::default(), Share::default());
        for (key, share) in &self.state.held {
            all.add(*share);
            if !self.is_recognised(key) {
                strangers.add(*share);
            }
        }
        let more = Share::of(&row);
        let is_full_for_strangers =
            strangers.records >= HELD_OF_STRANGERS || strangers.bytes + more.bytes > HELD_BYTES_OF_STRANGERS;
        if is_full_for_strangers && !self.is_recognised(&author) {
            return Ok(Err(Refused::TooManyHeld(mine.records)));
        }
        if mine.records >= HELD_PER_KEY
            || mine.bytes + more.bytes > HELD_BYTES_PER_KEY
            || all.records >= HELD_IN_ALL
            || all.bytes + more.bytes > HELD_BYTES_IN_ALL
        {
            return Ok(Err(Refused::TooManyHeld(mine.records)));
        }
        self.state.held.entry(author).or_default().add(more);
        group.held.push(row);
        Ok(Ok(Taken::Held(reason)))
    }

    /// Held records at one place of a chain, this group's included, those let go left out.
    async fn waiting_at(&self, group: &Group, author: PublicKey, seq: u64) -> Result<Vec<HeldRow>, Broken> {
        if self.state.held.get(&author).is_none_or(|share| share.records == 0) {
            return Ok(Vec::new());
        }
        let mut waiting = self.store.reader().await?.held_at(author.as_bytes(), seq.cast_signed()).await?;
        let here = |row: &&HeldRow| row.author == author.as_bytes() && row.seq == seq.cast_signed();
        waiting.extend(group.held.iter().filter(here).cloned());
        waiting.retain(|row| !group.released.iter().any(|gone| gone.event_id == row.event_id));
        Ok(waiting)
    }

    pub(super) fn release(&mut self, group: &mut Group, row: HeldRow) {
        if let Some(share) = self.state.held.get_mut(&rows::public_key(&row.author)) {
            share.take(Share::of(&row));
        }
        group.released.push(row);
    }

    /// A record that was held, and was sent again when its turn had come, no longer waits.
    pub(super) async fn stop_waiting(&mut self, group: &mut Group, record: &Record) -> Result<(), Broken> {
        let event = record.event_id();
        let waiting = self.waiting_at(group, record.author(), record.seq()).await?;
        if let Some(row) = waiting.into_iter().find(|row| row.event_id == event.as_bytes()) {
            self.release(group, row);
        }
        Ok(())
    }

    /// Logs held records whose turn has come through the record just logged.
    pub(super) async fn let_go(&mut self, group: &mut Group, record: &Record) -> Result<(), Broken> {
        let authors: Vec<PublicKey> = match record.control() {
            Control::Event => vec![record.author()],
            Control::Delegate(delegation) => vec![record.author(), delegation.device],
            // A revocation says up to where a forked chain is good.
            Control::Revoke { key, .. } => vec![record.author(), *key],
            // An adoption names events, whose authors are keys of the same organisation.
            Control::Adopt(_) => {
                let ours = |key: &&PublicKey| {
                    self.authority().key(key).is_some_and(|key| key.organisation == record.organisation())
                };
                self.state.held.keys().filter(ours).copied().collect()
            }
            _ => vec![record.author()],
        };
        for author in authors {
            while self.let_go_next(group, author).await? {}
        }
        Ok(())
    }

    async fn let_go_next(&mut self, group: &mut Group, author: PublicKey) -> Result<bool, Broken> {
        // What may be logged next stands right after the head; nothing else need be looked at.
        let next = self.authority().head(&author).map_or(0, |head| head.seq.saturating_add(1));
        for row in self.waiting_at(group, author, next).await? {
            let Some(submission) = held::submission(&row, &self.keys.seal) else {
                tracing::error!(
                    event = hex::encode(&row.event_id),
                    "a held record was changed in the database"
                );
                continue;
            };
            let record = &submission.record;
            if self.authority().needs_trunk(record)
                || !matches!(self.authority().admit(record, None), Ok(Admission::Append))
            {
                continue;
            }
            self.log(group, record, &submission.openings, false).await?;
            self.release(group, row);
            return Ok(true);
        }
        Ok(false)
    }
}
