//! The harness of the stories: a ledger on either database, whose time stands still and whose keys come from seeds, and
//! one [`World::check`] that verifies all of it again.
//!
//! ```text
//! given   Database::sqlite() or Database::postgres()   a database of the story's own, gone with it
//!         World::begin(database)                       a running service on it, with the operator's witness
//! when    world.log(farm.harvest(…))                   the farm says things, the clock follows
//! then    world.check()                                published files and database, read from outside, hold
//! ```
//!
//! A story names no database: each file of stories is compiled twice, under `on_sqlite` and `on_postgres`, and asks its
//! parent module's `given`. Without a PostgreSQL server it says that it was skipped, and passes.

mod database;
mod published;
mod raw;
mod switch;
mod world;

pub use database::Database;
pub use published::PublishedFolder;
pub use raw::{Raw, Value};
pub use switch::Switch;
pub use world::{Audited, GATEWAYS, ORIGIN, WITNESS, World, settings, taken};
