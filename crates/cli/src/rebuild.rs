//! `nguon rebuild`: the read models thrown away and made again from the records.

use std::process::ExitCode;
use std::sync::Arc;

use nguon_service::{Projector, compare_read_models};

use crate::node;
use crate::settings::Settings;

/// Makes them in a new store first, says whether they are equal to what was there, then replaces them.
pub(crate) async fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    let store = node::open_store(settings).await?;
    let keys = node::open_keys(settings, &*store).await?;
    let log = nguon_ledger::SigningKey::from_seed(*keys.log).public();
    let ledger_id = nguon_ledger::ledger_id(&settings.origin, log.as_bytes());
    let aside = tempfile::tempdir()?;
    let fresh: Arc<dyn nguon_storage::Store> =
        Arc::new(nguon_storage::SqliteStore::open(&aside.path().join("rebuilt.sqlite")).await?);
    let mut projector = Projector::open(ledger_id, store.clone(), fresh.clone()).await?;
    let size = projector.catch_up().await?;
    let differences = compare_read_models(&*store, &*fresh, 20).await?;
    if differences.is_empty() {
        crate::out::line(format!(
            "{size} records give the read models that are there. Nothing was changed."
        ))?;
    } else {
        crate::out::line(format!("{size} records give other read models than those that were there:"))?;
        for difference in &differences {
            crate::out::line(format!("  {difference}"))?;
        }
        let mut unit = store.unit().await?;
        unit.clear_read_models().await?;
        unit.save().await?;
        let mut projector = Projector::open(ledger_id, store.clone(), store.clone()).await?;
        projector.catch_up().await?;
        crate::out::line("They are made again.")?;
    }
    fresh.close().await;
    store.close().await;
    Ok(ExitCode::SUCCESS)
}
