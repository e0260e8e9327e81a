//! `cargo xtask test`: everything a change must pass, in one command.
//!
//! The idea: whoever clones the project types one line and learns whether it holds, on a laptop
//! as in CI. What the tests need beside Rust (PostgreSQL, Go's log library, b3sum, a browser,
//! cargo-fuzz) is found; what is missing is installed when that is allowed, and otherwise the
//! step that wanted it says so and the rest goes on.
//!
//! What it does not do: it publishes nothing, formats nothing, and edits no file that is tracked.

mod everything;
mod postgres;
mod report;
mod tools;

use std::process::ExitCode;

use everything::Options;

const HELP: &str = "\
Usage: cargo xtask test [FILTER] [--no-install]

  cargo xtask test               everything: format, lints, licences, build, tests on SQLite and
                                 PostgreSQL and in a browser, doc tests, a short fuzz
  cargo xtask test FILTER        only the tests whose name contains FILTER
  cargo xtask test --no-install  use what is there; skip, and say so, where something is missing

Each step's whole output is in target/xtask/.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(options) = parse(&arguments) else {
        eprint!("{HELP}");
        return ExitCode::from(2);
    };
    match everything::test(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// `None` for whatever is not an order we know, also for `--help`.
fn parse(arguments: &[String]) -> Option<Options> {
    let (command, rest) = arguments.split_first()?;
    if command != "test" {
        return None;
    }
    let mut options = Options { filter: None, may_install: true };
    for argument in rest {
        if argument == "--no-install" {
            options.may_install = false;
        } else if argument.starts_with('-') || options.filter.is_some() {
            return None;
        } else {
            options.filter = Some(argument.clone());
        }
    }
    Some(options)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn an_unknown_order_gets_the_help() {
        for line in ["", "build", "test --fast", "test one two", "--help"] {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            assert!(parse(&words).is_none(), "{line}");
        }
    }

    #[test]
    fn a_filter_and_no_install_go_together() {
        let words = ["test", "--no-install", "harvest"].map(str::to_owned);
        let options = parse(&words).expect("a known order");
        assert_eq!(options.filter.as_deref(), Some("harvest"));
        assert!(!options.may_install);
    }
}
