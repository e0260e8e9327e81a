//! What a command says of a thing: fields by name, checks by name, one verdict; for people and, with `--json`, for machines.
//!
//! ```text
//! {"kind": "record", "read_as": "hex", "holds": false,
//!  "says": {"event_id": "…", …},
//!  "checks": [{"check": "signature", "result": "fails", "reason": "the signature does not hold"}],
//!  "parts": [ …the same again… ]}
//! ```
//!
//! Field names are the same in both forms (`event_id` is printed as `event id`). Colours are on a terminal only, and
//! nothing is said by colour alone.

use std::io::{self, IsTerminal, Write};

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde_json::{Map, Value, json};

/// What is said of one thing.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// What it is, as a stable word.
    pub(crate) kind: &'static str,
    /// What it is, in one line.
    pub(crate) title: String,
    /// How its bytes were written: binary, hex, base64, text.
    pub(crate) read_as: Option<&'static str>,
    /// What it says.
    pub(crate) fields: Vec<Field>,
    /// Whether it holds.
    pub(crate) checks: Vec<Check>,
    /// Things inside it.
    pub(crate) parts: Vec<Report>,
}

/// One field by its name.
#[derive(Debug)]
pub(crate) struct Field {
    name: String,
    text: String,
    value: Value,
}

/// One rule and what came of it.
#[derive(Debug)]
pub(crate) struct Check {
    /// The rule.
    pub(crate) rule: &'static str,
    /// What came of it.
    pub(crate) result: Outcome,
}

/// What came of a check.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The rule holds; what that says.
    Holds(String),
    /// It does not; why.
    Fails(String),
    /// The thing holds, and something in it is worth a look.
    Noted(String),
    /// It could not be checked; what it would take.
    Open(String),
}

impl Report {
    /// A report of nothing yet.
    pub(crate) fn new(kind: &'static str, title: impl Into<String>) -> Self {
        Self { kind, title: title.into(), ..Self::default() }
    }

    /// Says a field whose text is the same for people and machines.
    pub(crate) fn say(&mut self, name: impl Into<String>, text: impl ToString) {
        let text = text.to_string();
        let value = Value::String(text.clone());
        self.fields.push(Field { name: name.into(), text, value });
    }

    /// Says a number, with its unit or meaning for people.
    pub(crate) fn say_number(&mut self, name: impl Into<String>, number: u64, text: impl ToString) {
        self.fields.push(Field { name: name.into(), text: text.to_string(), value: json!(number) });
    }

    /// Says a value that has another form for machines.
    pub(crate) fn say_value(&mut self, name: impl Into<String>, value: Value, text: impl ToString) {
        self.fields.push(Field { name: name.into(), text: text.to_string(), value });
    }

    /// Says a time in Unix milliseconds: ISO 8601 and the clock of Việt Nam.
    pub(crate) fn say_time(&mut self, name: impl Into<String>, unix_ms: u64) {
        self.say_number(name, unix_ms, time(unix_ms));
    }

    /// The rule holds.
    pub(crate) fn holds(&mut self, rule: &'static str, says: impl ToString) {
        self.checks.push(Check { rule, result: Outcome::Holds(says.to_string()) });
    }

    /// The rule does not hold.
    pub(crate) fn fails(&mut self, rule: &'static str, why: impl ToString) {
        self.checks.push(Check { rule, result: Outcome::Fails(why.to_string()) });
    }

    /// The rule holds, and something is worth a look.
    pub(crate) fn notes(&mut self, rule: &'static str, what: impl ToString) {
        self.checks.push(Check { rule, result: Outcome::Noted(what.to_string()) });
    }

    /// The rule was not checked.
    pub(crate) fn leaves_open(&mut self, rule: &'static str, what_it_takes: impl ToString) {
        self.checks.push(Check { rule, result: Outcome::Open(what_it_takes.to_string()) });
    }

    /// The rule holds, or fails for the error's reason.
    pub(crate) fn judge<T, E: ToString>(
        &mut self,
        rule: &'static str,
        result: &Result<T, E>,
        says: impl ToString,
    ) {
        match result {
            Ok(_) => self.holds(rule, says),
            Err(error) => self.fails(rule, error.to_string()),
        }
    }

    /// Whether nothing in it failed.
    pub(crate) fn all_holds(&self) -> bool {
        self.failures().is_empty()
    }

    /// The rules that failed, also in its parts, each with its reason.
    pub(crate) fn failures(&self) -> Vec<(&'static str, &str)> {
        let own = self.checks.iter().filter_map(|check| match &check.result {
            Outcome::Fails(why) => Some((check.rule, why.as_str())),
            _ => None,
        });
        own.chain(self.parts.iter().flat_map(Self::failures)).collect()
    }

    /// The machine form.
    pub(crate) fn to_json(&self) -> Value {
        let mut says = Map::new();
        for field in &self.fields {
            says.insert(field.name.clone(), field.value.clone());
        }
        let checks: Vec<Value> = self.checks.iter().map(Check::to_json).collect();
        let mut report =
            json!({ "kind": self.kind, "holds": self.all_holds(), "says": says, "checks": checks });
        if let Some(read_as) = self.read_as {
            report["read_as"] = json!(read_as);
        }
        if !self.parts.is_empty() {
            report["parts"] = self.parts.iter().map(Self::to_json).collect();
        }
        report
    }

    /// The form for people, on standard output.
    pub(crate) fn print(&self) -> io::Result<()> {
        let style = Style::of_stdout();
        let mut out = io::stdout().lock();
        self.write(&mut out, style, 0)?;
        writeln!(out)?;
        let failures = self.failures();
        if !failures.is_empty() {
            writeln!(out, "{}", style.bad("It does not hold."))
        } else if self.leaves_something_open() {
            writeln!(out, "Nothing speaks against it; what is marked ? was not checked.")
        } else {
            writeln!(out, "{}", style.good("It holds."))
        }
    }

    /// Whether something in it could not be checked.
    fn leaves_something_open(&self) -> bool {
        self.checks.iter().any(|check| matches!(check.result, Outcome::Open(_)))
            || self.parts.iter().any(Self::leaves_something_open)
    }

    /// What it says, without a verdict.
    pub(crate) fn write_plain(&self, out: &mut impl Write) -> io::Result<()> {
        self.write(out, Style::of_stdout(), 0)
    }

    fn write(&self, out: &mut impl Write, style: Style, depth: usize) -> io::Result<()> {
        let margin = "  ".repeat(depth);
        let read_as = self.read_as.map(|read_as| format!(" (read as {read_as})")).unwrap_or_default();
        writeln!(out, "{margin}{}{read_as}", style.bold(&self.title))?;
        // For people a time is a time, whatever unit the machine form counts it in.
        let spoken = |field: &Field| field.name.trim_end_matches("_ms").replace('_', " ");
        let width = self.fields.iter().map(|field| spoken(field).chars().count()).max().unwrap_or(0);
        for field in &self.fields {
            let name = spoken(field);
            let mut lines = field.text.lines();
            writeln!(out, "{margin}  {name:width$}  {}", lines.next().unwrap_or_default())?;
            for line in lines {
                writeln!(out, "{margin}  {:width$}  {line}", "")?;
            }
        }
        let width = self.checks.iter().map(|check| check.rule.chars().count()).max().unwrap_or(0);
        for check in &self.checks {
            let (mark, says) = match &check.result {
                Outcome::Holds(says) => (style.good("✓"), says),
                Outcome::Fails(why) => (style.bad("✗"), why),
                Outcome::Noted(what) => (style.warn("!"), what),
                Outcome::Open(takes) => (style.warn("?"), takes),
            };
            writeln!(out, "{margin}  {mark} {:width$}  {says}", check.rule)?;
        }
        for part in &self.parts {
            writeln!(out)?;
            part.write(out, style, depth + 1)?;
        }
        Ok(())
    }
}

impl Check {
    fn to_json(&self) -> Value {
        let (result, reason) = match &self.result {
            Outcome::Holds(says) => ("holds", says),
            Outcome::Fails(why) => ("fails", why),
            Outcome::Noted(what) => ("noted", what),
            Outcome::Open(takes) => ("not_checked", takes),
        };
        json!({ "check": self.rule, "result": result, "reason": reason })
    }
}

/// Whether to colour.
#[derive(Clone, Copy)]
pub(crate) struct Style(bool);

impl Style {
    /// Colours on a terminal, unless `NO_COLOR` is set (no-color.org).
    pub(crate) fn of_stdout() -> Self {
        Self(io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none())
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    pub(crate) fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub(crate) fn bad(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    pub(crate) fn warn(self, text: &str) -> String {
        self.paint("33", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Writes lines of names and values, aligned, on standard output.
pub(crate) fn print_fields(title: &str, fields: &[(&str, String)]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if !title.is_empty() {
        writeln!(out, "{}", Style::of_stdout().bold(title))?;
    }
    let width = fields.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    fields.iter().try_for_each(|(name, value)| writeln!(out, "  {name:width$}  {value}"))
}

/// A time as ISO 8601 in UTC and as the clocks of Việt Nam show it.
pub(crate) fn time(unix_ms: u64) -> String {
    let Some(at) = i64::try_from(unix_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok()) else {
        return format!("{unix_ms} ms (beyond any calendar)");
    };
    let vietnam = TimeZone::get("Asia/Ho_Chi_Minh").unwrap_or_else(|_| TimeZone::fixed(Offset::constant(7)));
    format!("{at} · {} (giờ Việt Nam)", at.to_zoned(vietnam).strftime("%d/%m/%Y %H:%M:%S"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_said_in_both_clocks() {
        assert_eq!(time(1_776_168_900_000), "2026-04-14T12:15:00Z · 14/04/2026 19:15:00 (giờ Việt Nam)");
        assert!(time(u64::MAX).contains("beyond any calendar"));
    }

    #[test]
    fn a_failure_inside_a_part_is_a_failure_of_the_whole() {
        let mut part = Report::new("record", "a record");
        part.fails("signature", "the signature does not hold");
        let mut whole = Report::new("receipt", "a receipt");
        whole.holds("form", "as it must be");
        whole.parts.push(part);
        assert_eq!(whole.failures(), [("signature", "the signature does not hold")]);
        assert_eq!(whole.to_json()["holds"], json!(false));
    }

    #[test]
    fn what_is_noted_or_open_does_not_fail() {
        let mut report = Report::new("record", "a record");
        report.notes("role bits", "a bit without a name");
        report.leaves_open("openings", "none given");
        assert!(report.all_holds());
    }

    #[test]
    fn fields_stand_in_one_column_and_need_no_colour() {
        let mut report = Report::new("record", "a record");
        report.say("event_id", "aa");
        report.say("seq", "1");
        let mut out = Vec::new();
        report.write(&mut out, Style(false), 0).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "a record\n  event id  aa\n  seq       1\n");
    }
}
