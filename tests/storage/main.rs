//! Every method of the store on both databases: there is one text of SQL, and these stories are its check.

#![expect(clippy::duplicate_mod, reason = "each database is told the same stories")]
#![expect(clippy::unwrap_used, reason = "all of it is tests")]

mod given;
mod schema;

#[path = "."]
mod on_sqlite {
    mod desk;
    mod exchange;
    mod log;
    mod order;
    mod read_models;
    mod report;
    mod scans;
    mod unit;
    mod waiting;
    mod webhook;

    async fn given() -> Option<crate::given::Given> {
        crate::given::Given::on(nguon_tests::Database::sqlite().await).await
    }
}

#[path = "."]
mod on_postgres {
    mod desk;
    mod exchange;
    mod log;
    mod order;
    mod read_models;
    mod report;
    mod scans;
    mod unit;
    mod waiting;
    mod webhook;

    async fn given() -> Option<crate::given::Given> {
        crate::given::Given::on(nguon_tests::Database::postgres().await).await
    }
}
