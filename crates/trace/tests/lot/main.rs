//! How a lot is judged: stories about one lot, and laws that hold for every history.

mod completeness;
mod farm;
mod laws;
mod plots;
mod stories;
