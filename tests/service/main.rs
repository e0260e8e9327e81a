//! The service on both databases, story by story. Each ends with the whole audit.

#![expect(clippy::duplicate_mod, reason = "each database is told the same stories")]
#![expect(clippy::unwrap_used, reason = "all of it is tests")]

mod resign;

#[path = "."]
mod on_sqlite {
    mod appending;
    mod copies;
    mod crowds;
    mod erasure;
    mod evidence;
    mod exchanges;
    mod exports;
    mod forks;
    mod images;
    mod keys;
    mod market;
    mod order_model;
    mod orders;
    mod preflight;
    mod projecting;
    mod repair;
    mod reports;
    mod serials;
    mod tampering;
    mod waiting;
    mod webhooks;

    async fn given() -> Option<nguon_tests::World> {
        Some(nguon_tests::World::begin(nguon_tests::Database::sqlite().await?).await)
    }
}

#[path = "."]
mod on_postgres {
    mod appending;
    mod copies;
    mod crowds;
    mod erasure;
    mod evidence;
    mod exchanges;
    mod exports;
    mod forks;
    mod images;
    mod keys;
    mod market;
    mod order_model;
    mod orders;
    mod preflight;
    mod projecting;
    mod repair;
    mod reports;
    mod serials;
    mod tampering;
    mod waiting;
    mod webhooks;

    async fn given() -> Option<nguon_tests::World> {
        Some(nguon_tests::World::begin(nguon_tests::Database::postgres().await?).await)
    }
}
