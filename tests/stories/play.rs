//! Plays a story: each line is signed by a device of its organisation and sent to a running service.

use std::collections::BTreeMap;

use nguon_fixtures::Submission;
use nguon_fixtures::cast::{Cast, Manner, Voice};
use nguon_fixtures::story::{Answer, Deed, Line, Names, Scene, Story, Told};
use nguon_ledger::{EventId, Record, Roles, Standing};
use nguon_service::OperatorAct;
use nguon_service::submit::Taken;
use nguon_tests::World;

/// A day before the first line everybody is founded.
const BEFORE_MS: i64 = 24 * 3_600_000;
/// Records of one request, at most.
const REQUEST: usize = 250;

/// In which order lines are sent that may come in any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// As they are written.
    AsWritten,
    /// The last first.
    Backwards,
}

impl Order {
    /// The orders in which a story is told.
    pub(crate) fn of(story: &Story) -> Vec<Self> {
        let has_a_choice = story.scenes.iter().any(|scene| matches!(scene, Scene::AnyOrder(_)));
        if has_a_choice { vec![Self::AsWritten, Self::Backwards] } else { vec![Self::AsWritten] }
    }
}

/// A line that has a label.
pub(crate) struct Said {
    pub(crate) event_id: EventId,
    seq: u64,
    told: Told,
}

/// A story being told.
pub(crate) struct Player<'a> {
    pub(crate) story: &'a Story,
    pub(crate) world: World,
    pub(crate) cast: Cast,
    pub(crate) said: BTreeMap<String, Said>,
    /// Whether public facts of any record were erased.
    facts_erased: bool,
    /// Whether all that is logged was audited.
    is_checked: bool,
}

/// Tells a story to a ledger on which nothing has happened yet.
pub(crate) async fn play(story: &Story, world: World, order: Order) -> Result<(), String> {
    let cast = Cast::new(1, &world.context);
    let mut player =
        Player { story, world, cast, said: BTreeMap::new(), facts_erased: false, is_checked: false };
    player.found().await?;
    for scene in &story.scenes {
        match scene {
            Scene::One(line) => player.happen(line).await?,
            Scene::Together(lines) => player.together(lines).await?,
            Scene::AnyOrder(lines) => {
                let mut lines: Vec<&Line> = lines.iter().collect();
                if order == Order::Backwards {
                    lines.reverse();
                }
                for line in lines {
                    player.happen(line).await?;
                }
            }
            Scene::Expected(expectation) => {
                player.check().await?;
                player.meet(expectation).await?;
            }
        }
    }
    player.check().await?;
    player.world.stop().await;
    Ok(())
}

impl Player<'_> {
    /// What things are called on the ledger.
    pub(crate) fn names(&self) -> Names<'_> {
        Names { story: self.story, cast: &self.cast }
    }

    /// An error at a line of the story.
    pub(crate) fn at(&self, number: usize, what: impl std::fmt::Display) -> String {
        format!("{}.story:{number}: {what}", self.story.name)
    }

    /// Everybody is there, recognised, with devices and cards.
    async fn found(&mut self) -> Result<(), String> {
        let first = self.story.lines().map(|line| line.logged_ms).min().ok_or("nothing happens")?;
        let at_ms = first - BEFORE_MS;
        if at_ms < self.world.service().now_ms() {
            return Err(self.at(1, "the ledger begins on 29 December 2025, a day before anything happens"));
        }
        let mut all = Vec::new();
        for member in &self.story.members {
            all.extend(self.cast.found(&member.name, &member.title, member.kind, at_ms));
        }
        self.world.log_all(all).await;
        for member in &self.story.members {
            if member.standing != Standing(0)
                && let Some(id) = self.cast.id(&member.name)
            {
                self.world.recognise(id, member.standing).await;
            }
        }
        let mut cards = Vec::new();
        for member in &self.story.members {
            for card in self.names().cards(member) {
                let voice = Voice {
                    organisation: &member.name,
                    device: "manager",
                    at_ms: at_ms + 600_000,
                    manner: Manner::Plainly,
                    also: &[],
                };
                cards.push(self.cast.say(&voice, card.act, &card.facts, &card.private, true));
            }
        }
        self.world.log_all(cards).await;
        Ok(())
    }

    /// One line.
    async fn happen(&mut self, line: &Line) -> Result<(), String> {
        self.is_checked = false;
        if line.who.is_none() {
            return self.operate(line).await;
        }
        let submission = self.sign(line)?;
        if line.answer == Answer::NeverSent {
            return Ok(());
        }
        let answer = match self.world.say(submission).await {
            Ok(Taken::Logged { again: false, .. }) => Answer::Logged,
            Ok(Taken::Held(hold)) => Answer::Held(hold.code().to_owned()),
            Err(refused) => Answer::Refused(refused.code().to_owned()),
            Ok(again) => return Err(self.at(line.number, format!("it is logged already: {again:?}"))),
        };
        if answer != line.answer {
            return Err(self.at(line.number, format!("the log answers {answer:?}, not {:?}", line.answer)));
        }
        Ok(())
    }

    /// Many lines, which are all logged.
    async fn together(&mut self, lines: &[Line]) -> Result<(), String> {
        self.is_checked = false;
        for lines in lines.chunks(REQUEST) {
            let all = lines.iter().map(|line| self.sign(line)).collect::<Result<Vec<_>, _>>()?;
            self.world.log_all(all).await;
        }
        Ok(())
    }

    async fn operate(&mut self, line: &Line) -> Result<(), String> {
        self.world.clock.set(line.logged_ms);
        match &line.deed {
            Deed::Recognises { whom, standing } => {
                let organisation = self.cast.id(whom).ok_or("everybody in the cast is founded")?;
                let act = OperatorAct::Standing { organisation, bits: *standing, reason: 1 };
                self.world.act(act).await;
            }
            Deed::Erases { label, section } => {
                let said = &self.said[label];
                self.facts_erased |= *section == 0;
                self.world.erase(said.event_id, *section).await;
            }
            // No hour more: the clock stands where the line says, and the next epoch says so.
            _ => self.world.hours_pass(0).await,
        }
        Ok(())
    }

    /// What the line's device signs.
    fn sign(&mut self, line: &Line) -> Result<Submission, String> {
        let who = line.who.as_deref().ok_or("the operator signs at the service")?;
        let in_the_field =
            matches!(line.deed, Deed::Tends { .. } | Deed::Harvests { .. } | Deed::Registers { .. });
        let usual = if in_the_field { "phone-1" } else { "manager" };
        let device = line.device.as_deref().unwrap_or(usual);
        if !self.cast.has(who, device) {
            return Err(self.at(line.number, format!("{who} has no `{device}`")));
        }
        let also: Vec<String> = line.naming.iter().map(|lot| self.names().thing(lot)).collect();
        let voice =
            Voice { organisation: who, device, at_ms: line.logged_ms, manner: line.manner, also: &also };
        match &line.deed {
            Deed::Enrols { device, acts } => {
                let roles = acts.iter().map(|act| Roles::for_act(*act)).reduce(|all, role| all | role);
                Ok(self.cast.enrol(&voice, device, roles.unwrap_or(Roles::DIARY)))
            }
            Deed::Revokes { device, after } => {
                let last_good = after.as_ref().map(|label| self.said[label].seq);
                Ok(self.cast.revoke(&voice, device, last_good))
            }
            Deed::Adopts { label } => {
                let event = self.said[label].event_id;
                Ok(self.cast.adopt(&voice, &[event]))
            }
            _ => {
                let earlier = |label: &str| {
                    let said = self.said.get(label)?;
                    Some((said.event_id.to_string(), &said.told))
                };
                let told = self.names().told(line, earlier);
                let told = told.ok_or_else(|| self.at(line.number, "that line told no event"))?;
                let accepts = matches!(line.answer, Answer::Logged | Answer::NeverSent);
                let submission = self.cast.say(&voice, told.act, &told.facts, &told.private, accepts);
                if let Some(label) = &line.label {
                    let record = Record::parse(&submission.record).map_err(|error| error.to_string())?;
                    let said = Said { event_id: submission.event_id, seq: record.seq(), told };
                    self.said.insert(label.clone(), said);
                }
                Ok(submission)
            }
        }
    }

    /// Verifies the whole log again, and every row made of it.
    async fn check(&mut self) -> Result<(), String> {
        if std::mem::replace(&mut self.is_checked, true) {
            return Ok(());
        }
        self.world.settle().await;
        let mut places = self.world.audit().await.places();
        // Wrong, and known: which things an erased record was about stood in what was erased, so rows that are made again do
        // not know it, nor what followed for lots, and the audit takes the difference for a fault (tests/service/erasure.rs).
        let known = ["subject ", "subject_record ", "lot_brief "];
        let is_known = |place: &String| known.iter().any(|known| place.starts_with(known));
        places.retain(|place| !(self.facts_erased && is_known(place)));
        if places.is_empty() {
            return Ok(());
        }
        Err(format!("{}: the audit names\n  {}", self.story.name, places.join("\n  ")))
    }
}
