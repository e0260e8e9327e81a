//! The banner: what is known of the lot, in one colour, one sign and one sentence, gravest first.

use nguon_trace::finding::{Finding, Severity};
use nguon_trace::lot::LotStatus;

use super::super::words::{Said, day_in_vietnam};
use super::scene::{Named, Scene};

pub(super) struct Banner {
    /// The colour: `good`, `note`, `wait`, `doubt`, `stop` or `gone`.
    pub(super) tone: &'static str,
    pub(super) title: String,
    pub(super) text: String,
    /// Why, one sentence each.
    pub(super) reasons: Vec<Reason>,
    /// Who, where to read more.
    pub(super) more: Vec<(String, Named)>,
    /// What to do now.
    pub(super) advice: Option<String>,
    pub(super) hotline: Option<String>,
}

/// One reason: what rule speaks where the page's language has no more, and the sentence.
pub(super) struct Reason {
    pub(super) rule: Option<String>,
    pub(super) said: Said,
}

impl Reason {
    /// A sentence in the page's language.
    pub(super) fn plain(text: String) -> Self {
        Self { rule: None, said: Said { text, lang: None } }
    }

    /// A finding: in a language that has no sentence of its own for it, the rule's name goes before.
    fn of(scene: &Scene<'_>, finding: &Finding) -> Self {
        let said = scene.finding(finding);
        Self { rule: said.lang.is_some().then(|| scene.rule(finding)), said }
    }
}

impl Banner {
    /// How much it weighs against another: what a reader must hear first.
    fn weight(&self) -> u8 {
        ["good", "note", "gone", "wait", "doubt", "stop"]
            .iter()
            .position(|tone| *tone == self.tone)
            .and_then(|place| u8::try_from(place).ok())
            .unwrap_or(0)
    }

    /// The graver of two; of two that weigh the same, this one.
    pub(super) fn or(self, other: Option<Self>) -> Self {
        match other {
            Some(other) if other.weight() > self.weight() => other,
            _ => self,
        }
    }

    /// The sign beside the words, for those who do not see colours.
    pub(super) fn sign(&self) -> &'static str {
        match self.tone {
            "good" => "✓",
            "wait" => "…",
            "gone" => "–",
            "note" => "i",
            _ => "!",
        }
    }
}

pub(super) fn of(scene: &Scene<'_>) -> Banner {
    let (words, state) = (scene.words, &scene.lot.state);
    let today = day_in_vietnam(scene.now_ms);
    let over = state.best_before.into_iter().chain(state.use_by).filter(|day| *day < today).min();
    let of_severity = |severity| {
        let found = state.findings.iter().filter(move |finding| finding.severity == severity);
        found.map(|finding| Reason::of(scene, finding))
    };
    let mut blocking = of_severity(Severity::Blocking).peekable();
    let plain = |tone, key: &str| Banner {
        tone,
        title: words.t(key),
        text: words.t(&format!("{key}-text")),
        reasons: Vec::new(),
        more: Vec::new(),
        advice: None,
        hotline: None,
    };
    match &state.status {
        LotStatus::Recalled { reason, since_ms, by, record: _, inherited_from } => {
            let mut more = vec![(words.t("recalled-by"), scene.organisation(by))];
            more.push((words.t("recalled-since"), Named::plain(words.moment_in_vietnam(*since_ms).text)));
            if let Some(source) = inherited_from {
                more.push((words.t("recalled-from"), scene.kin(source)));
            }
            let card = scene.lot.organisations.get(by);
            Banner {
                reasons: reason
                    .iter()
                    .map(|reason| Reason { rule: None, said: words.said(reason) })
                    .collect(),
                more,
                advice: Some(words.t("recalled-advice")),
                hotline: card.and_then(|card| card.hotline.clone()),
                ..plain("stop", "status-recalled")
            }
        }
        LotStatus::Destroyed => plain("stop", "status-destroyed"),
        LotStatus::Unknown => plain("doubt", "status-claims-only"),
        _ if blocking.peek().is_some() => Banner {
            reasons: blocking.collect(),
            advice: Some(words.t("doubtful-advice")),
            ..plain("doubt", "status-doubtful")
        },
        LotStatus::Registered => {
            Banner { advice: Some(words.t("registered-advice")), ..plain("wait", "status-registered") }
        }
        _ if over.is_some() => {
            let day = over.map(|day| words.date(day)).unwrap_or_default();
            Banner {
                text: words.with("status-expired-text", &[("day", &day)]),
                ..plain("doubt", "status-expired")
            }
        }
        LotStatus::SoldOut => plain("gone", "status-sold-out"),
        LotStatus::Active => {
            let warnings: Vec<Reason> = of_severity(Severity::Warning).collect();
            if warnings.is_empty() {
                plain("good", "status-active")
            } else {
                Banner { reasons: warnings, ..plain("note", "status-noted") }
            }
        }
    }
}
