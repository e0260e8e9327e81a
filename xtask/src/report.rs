//! Steps: run one, time it, keep its output, count its tests, and show the table at the end.
//!
//! The whole output of a step goes to `target/xtask/NAME.log`, in the order it was written;
//! only a failing step's end is shown.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Lines of a failing step's output that are shown; the log file has the rest.
const LINES_SHOWN_MAX: usize = 400;

/// How a step ended, when the world did not break under it.
pub(crate) enum Outcome {
    /// It did what it is for.
    Done,
    /// It could not run here; why, as a sentence.
    Skipped(String),
}

/// The steps so far. `step` answers `Err` as soon as one fails, so `?` stops the run.
pub(crate) struct Report {
    logs: PathBuf,
    rows: Vec<Row>,
}

struct Row {
    name: &'static str,
    verdict: String,
    took: Duration,
    tests: Tests,
}

/// What test runners say they ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tests {
    passed: u64,
    failed: u64,
    skipped: u64,
}

/// The output of one step: commands write to it, the report reads it.
pub(crate) struct Log {
    path: PathBuf,
}

impl Report {
    pub(crate) fn new(logs: PathBuf) -> Result<Self> {
        fs::create_dir_all(&logs).with_context(|| format!("making {}", logs.display()))?;
        Ok(Self { logs, rows: Vec::new() })
    }

    /// Runs one step. What it printed is counted; a failure is shown with its output.
    #[expect(
        clippy::disallowed_methods,
        reason = "a person waits for this: steps are timed by the real clock"
    )]
    pub(crate) fn step(
        &mut self,
        name: &'static str,
        work: impl FnOnce(&Log) -> Result<Outcome>,
    ) -> Result<()> {
        let log = Log { path: self.logs.join(format!("{}.log", name.replace(' ', "-"))) };
        File::create(&log.path).with_context(|| format!("writing {}", log.path.display()))?;
        say(&format!("==> {name}"));
        let start = Instant::now();
        let outcome = work(&log);
        let took = start.elapsed();

        let output = log.read();
        let tests = Tests::count(&output);
        let verdict = match &outcome {
            Ok(Outcome::Done) => "ok".to_owned(),
            Ok(Outcome::Skipped(why)) => format!("skipped: {why}"),
            Err(error) => format!("FAILED: {error:#}"),
        };
        if outcome.is_err() {
            show_end(&output, &log);
        }
        for line in said_to_be_skipped(&output) {
            say(&format!("    {line}"));
        }
        say(&format!("    {verdict} ({:.1} s)", took.as_secs_f64()));
        self.rows.push(Row { name, verdict, took, tests });
        outcome.map(|_| ())
    }

    /// The table, and as the very last line how many tests passed and failed.
    pub(crate) fn close(&self, passed: bool) {
        say("");
        for row in &self.rows {
            let tests = match row.tests.passed + row.tests.failed {
                0 => String::new(),
                n => n.to_string(),
            };
            say(&format!("{:<12} {:>7.1} s {:>6}  {}", row.name, row.took.as_secs_f64(), tests, row.verdict));
        }
        let mut sum = self.rows.iter().fold(Tests::default(), |sum, row| Tests {
            passed: sum.passed + row.tests.passed,
            failed: sum.failed + row.tests.failed,
            skipped: sum.skipped + row.tests.skipped,
        });
        // A build or a lint that broke is a failure too, though no test runner counted it.
        if !passed && sum.failed == 0 {
            sum.failed = 1;
        }
        say("");
        say(&format!("{} passed, {} failed, {} skipped", sum.passed, sum.failed, sum.skipped));
    }
}

impl Log {
    /// Runs the command with both its outputs in this log; anything but success is an error.
    pub(crate) fn run(&self, command: &mut Command) -> Result<()> {
        let file = File::options()
            .append(true)
            .open(&self.path)
            .with_context(|| format!("writing {}", self.path.display()))?;
        let program = command.get_program().to_string_lossy().into_owned();
        let status = command
            .stdout(file.try_clone()?)
            .stderr(file)
            .status()
            .with_context(|| format!("starting {program}"))?;
        if !status.success() {
            bail!("{program} ended with {status}");
        }
        Ok(())
    }

    fn read(&self) -> String {
        // A log that cannot be read back only costs the counts; the step's own verdict stands.
        fs::read(&self.path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }
}

impl Tests {
    /// Adds up the closing lines of nextest (`Summary [ 1.2s] 9 tests run: 8 passed, 1 failed`),
    /// of libtest (`test result: ok. 8 passed; 0 failed; 1 ignored`) and of Node's runner (`ℹ pass 8`).
    /// nextest indents what its tests say, so that each one's own closing line does not count again.
    pub(crate) fn count(output: &str) -> Self {
        let mut tests = Self::default();
        for line in output.lines() {
            let Some((what, n)) = line.strip_prefix("ℹ ").and_then(|line| line.split_once(' ')) else {
                continue;
            };
            let Ok(n) = n.parse::<u64>() else { continue };
            match what {
                "pass" => tests.passed += n,
                "fail" | "cancelled" => tests.failed += n,
                "skipped" | "todo" => tests.skipped += n,
                _ => {}
            }
        }
        let closing = output
            .lines()
            .filter(|line| line.starts_with("test result: ") || line.trim_start().starts_with("Summary ["));
        for line in closing {
            let words: Vec<&str> = line.split_whitespace().collect();
            for pair in words.windows(2) {
                let Ok(n) = pair[0].trim_start_matches('(').parse::<u64>() else {
                    continue;
                };
                match pair[1].trim_end_matches([',', ';', ')']) {
                    "passed" => tests.passed += n,
                    "failed" | "timed" | "exec" => tests.failed += n,
                    "skipped" | "ignored" => tests.skipped += n,
                    _ => {}
                }
            }
        }
        tests
    }
}

/// Lines by which a passing test says what it left out (`skipped: …`), each once.
fn said_to_be_skipped(output: &str) -> Vec<&str> {
    let mut lines: Vec<&str> =
        output.lines().map(str::trim).filter(|line| line.starts_with("skipped: ")).collect();
    lines.sort_unstable();
    lines.dedup();
    lines
}

fn show_end(output: &str, log: &Log) {
    let lines: Vec<&str> = output.lines().collect();
    let left_out = lines.len().saturating_sub(LINES_SHOWN_MAX);
    if left_out > 0 {
        say(&format!("({left_out} lines before these are in {})", log.path.display()));
    }
    for line in &lines[left_out..] {
        say(line);
    }
}

#[expect(clippy::print_stdout, reason = "a command-line tool talks to its caller")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}

#[cfg(test)]
mod tests {
    use super::{Tests, said_to_be_skipped};

    fn check(output: &str, passed: u64, failed: u64, skipped: u64) {
        let expected = Tests { passed, failed, skipped };
        assert_eq!(Tests::count(output), expected, "{output}");
    }

    #[test]
    fn the_closing_lines_of_the_runners_are_counted() {
        check("     Summary [   0.010s] 3 tests run: 3 passed, 1 skipped\n", 3, 0, 1);
        check(
            "    test result: ok. 1 passed; 0 failed; 0 ignored\n Summary [ 1.0s] 1 test run: 1 passed",
            1,
            0,
            0,
        );
        check(
            "     Summary [  61.2s] 9 tests run: 6 passed (2 slow), 1 failed, 2 timed out, 0 skipped",
            6,
            3,
            0,
        );
        check(
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out\n\
             test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out\n",
            13,
            2,
            1,
        );
        let node = "✔ a story (1.2ms)\nℹ tests 7\nℹ suites 0\nℹ pass 4\nℹ fail 1\nℹ cancelled 1\nℹ skipped 1\nℹ todo 0\n";
        check(node, 4, 2, 1);
        check("    Checking nguon-id v0.1.0\n    Finished `dev` profile\n", 0, 0, 0);
    }

    #[test]
    fn what_a_test_left_out_is_said_once() {
        let output = "    skipped: no corpora\nok\nskipped: no corpora\nskipped: no Go\n";
        assert_eq!(said_to_be_skipped(output), ["skipped: no Go", "skipped: no corpora"]);
    }
}
