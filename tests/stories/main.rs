//! The rules' stories (`fixtures/farms/stories/*.story`), each a test on SQLite and one on PostgreSQL: a new file is a new test.

mod covered;
mod expect;
mod play;

use std::future::Future;
use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use nguon_fixtures::story::{Story, StoryError};
use nguon_tests::{Database, World};

use crate::play::Order;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let stories = stories();
    let mut trials = Vec::new();
    for (name, story) in &stories {
        for on in ["on_sqlite", "on_postgres"] {
            let story = story.clone();
            let told = move || match story {
                Ok(story) => in_a_runtime(tell(&story, on)),
                Err(error) => Err(error.into()),
            };
            trials.push(Trial::test(format!("{on}::{name}"), told));
        }
    }
    let read: Vec<Story> = stories.into_iter().filter_map(|(_, story)| story.ok()).collect();
    trials.push(Trial::test("each_code_has_a_story_both_ways", move || Ok(covered::both_ways(&read)?)));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// All stories by name.
fn stories() -> Vec<(String, Result<Story, StoryError>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/farms/stories");
    let mut stories: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder of the stories")
        .map(|file| file.expect("a file of it").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "story"))
        .map(|path| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
            let story = Story::read(&name, &text);
            (name, story)
        })
        .collect();
    stories.sort_by(|one, other| one.0.cmp(&other.0));
    stories
}

fn in_a_runtime(told: impl Future<Output = Result<(), String>>) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    Ok(runtime.block_on(told)?)
}

/// Tells a story in each order that it allows, on a ledger of its own each time.
async fn tell(story: &Story, on: &str) -> Result<(), String> {
    for order in Order::of(story) {
        let database = match on {
            "on_postgres" => Database::postgres().await,
            _ => Database::sqlite().await,
        };
        let Some(database) = database else { return Ok(()) };
        let world = World::begin(database).await;
        play::play(story, world, order).await.map_err(|error| format!("{order:?}: {error}"))?;
    }
    Ok(())
}
