//! The stages: every record on the lot in the order in which things happened, with who said it, when it was logged, and
//! whether it counts.

use std::collections::HashSet;

use nguon_service::Images;
use nguon_trace::facts::{Digest, Step, organisation_in_urn};
use nguon_trace::lot::{Effect, Stage as Told, Void};

use super::super::words::{Moment, Said};
use super::photos::{self, Shown};
use super::scene::{Named, Scene};

/// A day in milliseconds.
const DAY_MS: u64 = 86_400_000;

pub(super) struct Stage {
    pub(super) record: u64,
    pub(super) title: String,
    pub(super) time: Moment,
    pub(super) organisation: Named,
    pub(super) place: Option<Named>,
    pub(super) quantity: Option<String>,
    /// What more the step says, one line each.
    pub(super) details: Vec<String>,
    pub(super) from: Option<Named>,
    pub(super) to: Option<Named>,
    pub(super) note: Option<Said>,
    pub(super) photos: Vec<Shown>,
    /// That some of its photographs were taken away.
    pub(super) photos_gone: Option<String>,
    /// `counts`, `claim`, `void`, `corrected` or `correction`.
    pub(super) tone: &'static str,
    pub(super) is_recall: bool,
    /// Why it does not count, or what it corrects.
    pub(super) mark: Option<String>,
    pub(super) late: Option<String>,
    /// When it was logged, and what the phone's clock said.
    pub(super) logged: String,
    pub(super) event_id: String,
}

impl Stage {
    /// The head of the event id: enough to tell records apart by eye.
    pub(super) fn short_id(&self) -> &str {
        self.event_id.get(..12).unwrap_or(&self.event_id)
    }
}

pub(super) fn of(scene: &Scene<'_>, images: &Images, gone: &HashSet<Digest>) -> Vec<Stage> {
    scene.lot.state.stages.iter().map(|told| stage(scene, told, images, gone)).collect()
}

fn stage(scene: &Scene<'_>, told: &Told, images: &Images, gone: &HashSet<Digest>) -> Stage {
    let words = scene.words;
    let (tone, mark) = effect(scene, told);
    // Who signed is named already.
    let other = |party: &Option<String>| {
        let uri =
            party.as_deref().filter(|uri| organisation_in_urn(uri) != Some(told.organisation.as_str()))?;
        Some(scene.party(uri))
    };
    let title = words.t(&format!("step-{}", told.step.key().replace('_', "-")));
    Stage {
        record: told.record,
        photos: photos::of_stage(scene, told, &title, images),
        photos_gone: photos::gone_of_stage(words, told, gone),
        title,
        time: words.moment(told.time_ms, told.offset_minutes),
        organisation: scene.organisation(&told.organisation),
        place: told.place.as_deref().map(|uri| scene.place(uri)),
        quantity: told.quantity.map(|quantity| scene.amount(quantity)),
        details: details(scene, told),
        from: other(&told.source),
        to: other(&told.destination),
        note: told.note.as_ref().map(|note| words.said(note)),
        tone,
        is_recall: tone == "counts" && matches!(told.step, Step::Recall { .. }),
        mark,
        late: told.late_by_ms.map(|late| words.count("late-by", late / DAY_MS)),
        logged: logged(scene, told),
        event_id: told.event_id.clone(),
    }
}

fn effect(scene: &Scene<'_>, told: &Told) -> (&'static str, Option<String>) {
    let words = scene.words;
    match told.effect {
        Effect::Counts => ("counts", None),
        Effect::Claim => ("claim", Some(words.t("effect-claim"))),
        Effect::Void { reason } => {
            let key = match reason {
                Void::RoleLacking => "void-role-lacking",
                Void::StandingLacking => "void-standing-lacking",
                Void::Disputed => "void-disputed",
                Void::Revoked => "void-revoked",
                Void::ActDiffers => "void-act-differs",
                Void::FutureDate => "void-future-date",
                Void::PlotUnknown => "void-plot-unknown",
                Void::MadeTwice => "void-made-twice",
            };
            ("void", Some(words.t(key)))
        }
        Effect::Corrected { by } => {
            // The correction is a stage of its own; its note says why.
            let why = scene
                .lot
                .state
                .stages
                .iter()
                .find(|other| other.record == by)
                .and_then(|other| other.note.as_ref());
            let text = match why {
                Some(why) => words.with("effect-corrected-because", &[("why", words.text(why))]),
                None => words.t("effect-corrected"),
            };
            ("corrected", Some(text))
        }
        Effect::Correction { .. } => ("correction", Some(words.t("effect-correction"))),
    }
}

fn details(scene: &Scene<'_>, told: &Told) -> Vec<String> {
    let words = scene.words;
    let mut lines = Vec::new();
    let mut line = |key: &str, value: Option<&str>| {
        lines.extend(
            value.filter(|value| !value.is_empty()).map(|value| words.with(key, &[("value", value)])),
        );
    };
    match &told.step {
        Step::Planting { variety, seed_origin, .. } => {
            line("detail-variety", variety.as_deref());
            line("detail-seed-origin", seed_origin.as_deref());
        }
        Step::Fertilising { product, dose } => {
            line("detail-product", product.as_deref());
            line("detail-dose", dose.as_deref());
        }
        Step::PlantProtection(spraying) => {
            line("detail-product", spraying.product.as_deref());
            line("detail-substance", spraying.active_substance.as_deref());
            line("detail-dose", spraying.dose.as_deref());
            line("detail-target", spraying.target.as_deref());
            let area = spraying.area_m2.map(|area| words.number(area));
            line("detail-area", area.as_deref());
            let days = spraying.phi_days.map(|days| words.count("days", u64::from(days)));
            line("detail-phi", days.as_deref());
        }
        Step::Irrigation { water } => line("detail-water", water.as_deref()),
        Step::Waste { what } => line("detail-waste", what.as_deref()),
        Step::Test { what, conformant } => {
            line("detail-test", what.as_deref());
            lines.extend(
                conformant.map(|passed| words.t(if passed { "result-passed" } else { "result-failed" })),
            );
        }
        Step::Inspecting { conformant: Some(passed) } => {
            lines.push(words.t(if *passed { "result-passed" } else { "result-failed" }));
        }
        Step::Recall { reason } | Step::RecallEnded { reason } => {
            line("detail-reason", reason.as_ref().map(|reason| words.text(reason)));
        }
        Step::Other(uri) => line("detail-step", uri.as_deref()),
        _ => {}
    }
    if let Some(container) = &told.container {
        lines.push(words.with("detail-container", &[("value", container)]));
    }
    for uri in &told.certificates {
        if let Some(certified) = scene.lot.certificates.get(uri) {
            lines.push(words.with("detail-paper", &[("value", &certified.certificate.number)]));
        }
    }
    if told.for_another {
        let key =
            if told.confirmed_by.is_some() { "detail-for-another-confirmed" } else { "detail-for-another" };
        lines.push(words.t(key));
    }
    if told.gateway {
        lines.push(words.t("detail-gateway"));
    }
    lines
}

/// "Logged between A and B; the phone said C": cosigned checkpoints prove A and B, nobody proves C.
fn logged(scene: &Scene<'_>, told: &Told) -> String {
    let words = scene.words;
    let at = |ms: i64| words.moment_in_vietnam(ms).text;
    let bracket = scene.lot.brackets.get(&told.record);
    let (from, until) = bracket.map_or((None, None), |bracket| (bracket.not_before_ms, bracket.not_after_ms));
    let mut text = match (from, until) {
        (Some(from), Some(until)) => {
            words.with("logged-between", &[("from", &at(from)), ("until", &at(until))])
        }
        (None, Some(until)) => words.with("logged-before", &[("until", &at(until))]),
        (Some(from), None) => words.with("logged-after", &[("from", &at(from))]),
        (None, None) => words.t("logged-unproven"),
    };
    if let Some(device) = i64::try_from(told.device_time_ms).ok().filter(|ms| *ms > 0) {
        text.push(' ');
        text.push_str(&words.with("phone-said", &[("at", &at(device))]));
    }
    text
}
