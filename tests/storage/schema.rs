//! Invariant 4: both migration folders describe the same schema.

use nguon_tests::Database;

#[tokio::test]
async fn both_databases_have_the_same_tables_columns_and_indexes() {
    let (Some(sqlite), Some(postgres)) = (Database::sqlite().await, Database::postgres().await) else {
        return;
    };
    let (left, right) = (sqlite.open().await, postgres.open().await);

    let shape = left.shape().await.unwrap();
    assert_eq!(shape, right.shape().await.unwrap());
    let tables: std::collections::BTreeSet<&str> = shape.iter().map(|column| column.table.as_str()).collect();
    assert_eq!(tables.len(), 40, "a new table needs stories: {tables:?}");
    assert!(shape.iter().all(|column| column.required), "no column of ours may be null");

    assert_eq!(sqlite.raw().await.indexes().await, postgres.raw().await.indexes().await);

    assert_eq!(left.integrity().await.unwrap(), Vec::<String>::new());
    assert_eq!(right.integrity().await.unwrap(), Vec::<String>::new());
    assert!(left.describe().starts_with("SQLite 3."), "{}", left.describe());
    assert!(right.describe().starts_with("PostgreSQL 1"), "{}", right.describe());
    left.close().await;
    right.close().await;
}

#[tokio::test]
async fn an_address_that_names_no_database_is_refused() {
    for address in ["", "mysql://localhost/x", "ledger.sqlite", "postgres"] {
        let Err(error) = nguon_storage::open(address).await else { panic!("{address} was opened") };
        assert!(matches!(error, nguon_storage::StoreError::Address(_)), "{address}: {error}");
        assert!(!error.to_string().contains("localhost"), "an address may hold a password: {error}");
    }
    let Err(error) =
        nguon_storage::drop_database("postgres://nobody@127.0.0.1:1/x", "x; DROP DATABASE y").await
    else {
        panic!("a name is letters, digits and underscores");
    };
    assert!(matches!(error, nguon_storage::StoreError::Address(_)), "{error}");
}
