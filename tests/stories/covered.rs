//! Every code of a finding has a story that tells it both ways: one lot gets it, and an honest one beside it, or the same lot before or
//! after, does not.

use std::collections::BTreeSet;
use std::path::Path;

use nguon_fixtures::story::{Detail, Expected, Scene, Story};
use nguon_trace::finding::Code;

use crate::expect::word;

/// Codes that no story can raise, and why.
const OUT_OF_REACH: [(Code, &str); 1] = [(
    Code::Unreadable,
    "a record whose public section cannot be read names no lot, so it never gets to one; only a later version that reads less \
     than this one would show it",
)];

/// Holds the stories' headers to what they tell, and the headers together to all codes.
pub(crate) fn both_ways(stories: &[Story]) -> Result<(), String> {
    let mut faults = Vec::new();
    let (mut raised, mut told) = (BTreeSet::new(), BTreeSet::new());
    for story in stories {
        let found: Vec<BTreeSet<Code>> = lots(story).collect();
        for code in &story.raises {
            if !found.iter().any(|codes| codes.contains(code)) {
                faults.push(format!("{}.story: nothing in it gets the {code:?} that it raises", story.name));
            }
        }
        for code in &story.spares {
            if !found.iter().any(|codes| !codes.contains(code)) {
                faults.push(format!("{}.story: nothing in it is spared {code:?}", story.name));
            }
        }
        let unsaid: BTreeSet<&Code> =
            found.iter().flatten().filter(|code| !story.raises.contains(code)).collect();
        if !unsaid.is_empty() {
            faults.push(format!("{}.story: its `raises:` does not name {unsaid:?}", story.name));
        }
        raised.extend(story.raises.iter().copied());
        told.extend(story.raises.iter().filter(|code| story.spares.contains(code)).copied());
    }
    let out_of_reach: BTreeSet<Code> = OUT_OF_REACH.iter().map(|(code, _)| *code).collect();
    for code in all_codes()? {
        let is_in_reach = !out_of_reach.contains(&code);
        if raised.contains(&code) != is_in_reach {
            let how = if is_in_reach { "no story raises" } else { "a story raises after all" };
            faults.push(format!("{how} {}", word(&code)?));
        }
        if is_in_reach && !told.contains(&code) {
            faults.push(format!("no story tells {} both ways", word(&code)?));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(format!("\n  {}", faults.join("\n  "))) }
}

/// The findings of each lot that a story asks for.
fn lots(story: &Story) -> impl Iterator<Item = BTreeSet<Code>> {
    story.scenes.iter().filter_map(|scene| {
        let Scene::Expected(expectation) = scene else { return None };
        let Expected::Lot { details, .. } = &expectation.of else { return None };
        let codes = details.iter().filter_map(|detail| match detail {
            Detail::Findings(_, codes) => Some(codes),
            _ => None,
        });
        Some(codes.flatten().copied().collect())
    })
}

/// The codes as they stand in the source, so that a new one is missed here.
fn all_codes() -> Result<Vec<Code>, String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/trace/src/finding.rs");
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let (_, after) = text.split_once("pub enum Code {\n").ok_or("finding.rs has an enum of codes")?;
    let (variants, _) = after.split_once("\n}").ok_or("the enum ends")?;
    let names = variants.lines().filter_map(|line| line.trim().strip_suffix(','));
    let names = names.filter(|name| name.chars().all(|letter| letter.is_ascii_alphanumeric()));
    names.map(|name| code(name).map_err(|error| format!("{name}: {error}"))).collect()
}

/// `InsidePhi` is `inside_phi` in JSON.
fn code(variant: &str) -> Result<Code, serde_json::Error> {
    let mut word = String::new();
    for letter in variant.chars() {
        if letter.is_ascii_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.push(letter.to_ascii_lowercase());
    }
    serde_json::from_value(serde_json::Value::String(word))
}
