//! What wants an answer from an organisation: findings on its lots, records that wait, forks, recalls, scans, shoppers' reports.

use nguon_id::LotId;
use nguon_ledger::{EventId, PublicKey};
use nguon_trace::finding::{Finding, Severity};
use nguon_trace::lot::LotStatus;

use super::{Desk, DeskError, Member};
use crate::catalogue::KeyView;
use crate::project::lot_of;
use crate::reports::{self, Reports};
use crate::rows;
use crate::serials::NoticedSign;

/// Lots that are looked through.
const LOTS: usize = 5_000;
/// Lots of one statement.
const PAGE: i64 = 500;
/// Messages of one kind.
const SHOWN: usize = 200;

/// A finding on one of the organisation's lots.
#[derive(Debug, Clone)]
pub struct NoticedFinding {
    /// The lot, by URI.
    pub lot: String,
    /// The path of its page.
    pub path: Option<String>,
    /// What is found.
    pub finding: Finding,
}

/// A record that waits.
#[derive(Debug, Clone, Copy)]
pub struct Waiting {
    /// Which.
    pub event: EventId,
    /// Who signed it.
    pub author: PublicKey,
    /// Its place in that chain.
    pub seq: u64,
    /// When it came.
    pub received_at_ms: i64,
}

/// What wants an answer.
#[derive(Debug, Clone, Default)]
pub struct Messages {
    /// Blocking ones first; information is left out.
    pub findings: Vec<NoticedFinding>,
    /// Lots that are called back, by URI and the path of their page.
    pub recalls: Vec<(String, Option<String>)>,
    /// Records that wait, each with a stable word for the reason.
    pub held: Vec<(Waiting, String)>,
    /// Keys that signed two records for one place.
    pub forks: Vec<KeyView>,
    /// Labels that look copied.
    pub signs: Vec<NoticedSign>,
    /// What shoppers reported.
    pub reports: Vec<reports::Case>,
    /// Whether there was more than is shown.
    pub cut: bool,
}

impl Desk {
    /// What wants an answer from the member's organisation.
    pub async fn messages(&self, member: &Member, reports: &Reports) -> Result<Messages, DeskError> {
        let organisation = member.organisation();
        let mut found = Messages::default();
        let mut after = String::new();
        let mut seen = 0;
        loop {
            let rows =
                self.store.reader().await?.subjects_of(organisation.as_bytes(), "lot", &after, PAGE).await?;
            let Some(last) = rows.last() else { break };
            after.clone_from(&last.uri);
            seen += rows.len();
            for lot in rows.iter().filter_map(lot_of) {
                let path = LotId::from_uri(&lot.uri).ok().map(|id| id.path());
                if matches!(lot.status, LotStatus::Recalled { .. }) {
                    found.recalls.push((lot.uri.clone(), path.clone()));
                }
                let grave = lot.findings.iter().filter(|finding| finding.severity != Severity::Info);
                found.findings.extend(grave.map(|finding| NoticedFinding {
                    lot: lot.uri.clone(),
                    path: path.clone(),
                    finding: finding.clone(),
                }));
            }
            if rows.len() < rows::count(PAGE) {
                break;
            }
            if seen >= LOTS {
                found.cut = true;
                break;
            }
        }
        found.findings.sort_by(|a, b| {
            b.finding
                .severity
                .cmp(&a.finding.severity)
                .then_with(|| b.finding.records.cmp(&a.finding.records))
        });
        found.cut |= found.findings.len() > SHOWN || found.recalls.len() > SHOWN;
        found.findings.truncate(SHOWN);
        found.recalls.truncate(SHOWN);

        let limit = i64::try_from(SHOWN).unwrap_or(i64::MAX);
        let mut reader = self.store.reader().await?;
        for row in reader.held_of(organisation.as_bytes(), limit).await? {
            let waiting = Waiting {
                event: rows::event_id(&row.event_id),
                author: rows::public_key(&row.author),
                seq: row.seq.cast_unsigned(),
                received_at_ms: row.received_at_ms,
            };
            found.held.push((waiting, row.reason));
        }
        let signs = reader.scan_signs_of(organisation.as_bytes(), ("", 0, ""), limit).await?;
        drop(reader);
        found.signs = signs.iter().filter_map(crate::serials::noticed).collect();
        found.forks =
            self.catalogue.keys_of(organisation).into_iter().filter(|key| key.fork.is_some()).collect();
        found.reports = reports.desk().of(organisation, None, limit).await?;
        Ok(found)
    }
}
