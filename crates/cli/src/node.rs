//! A running ledger from settings: what `serve`, `demo`, `migrate` and `rebuild` share.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use nguon_ledger::note::{KeyKind, NoteSigner};
use nguon_service::{Clock, Cosigner, Folder, OperatorKeys, OwnWitness, Service, SystemClock};
use nguon_storage::Store;
use nguon_web::metrics::PrometheusHandle;
use nguon_web::{Web, server};

use crate::settings::Settings;

/// Structured logs on standard error: JSON lines, or text on a terminal. `NGUON_LOG` chooses (`info`, `debug`, …).
pub(crate) fn log_to_stderr() {
    use std::io::IsTerminal;
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_env("NGUON_LOG").unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() { logs.init() } else { logs.json().init() }
}

/// Opens the database of the settings, migrated.
pub(crate) async fn open_store(settings: &Settings) -> anyhow::Result<Arc<dyn Store>> {
    if let Some(file) = settings.database.strip_prefix("sqlite:")
        && let Some(folder) = Path::new(file).parent()
        && !folder.as_os_str().is_empty()
    {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    nguon_storage::open(&settings.database).await.context("the database cannot be opened")
}

/// The operator's keys; made only for a ledger that has no record yet.
pub(crate) async fn open_keys(settings: &Settings, store: &dyn Store) -> anyhow::Result<OperatorKeys> {
    let new = store.reader().await?.head().await?.is_none();
    OperatorKeys::open(&settings.key_dir, new).with_context(|| {
        format!(
            "the operator's keys cannot be read; a ledger that has records needs the very keys it was begun with \
             (folder {})",
            settings.key_dir.display()
        )
    })
}

/// Starts the ledger, with the operator's own witness beside it.
pub(crate) async fn start(
    settings: &Settings,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Service> {
    let keys = open_keys(settings, &*store).await?;
    let objects = Arc::new(Folder::new(&settings.public_dir).context("the published files")?);
    let log = NoteSigner::new(&settings.origin, *keys.log)
        .map_err(|error| anyhow!("the origin will not do: {error}"))?;
    let log_key = log.verifier_key(KeyKind::Ed25519);
    let newest = settings.key_dir.join("witness.newest");
    let witness = OwnWitness::open(
        &witness_name(&settings.origin),
        *keys.witness,
        log_key.clone(),
        newest,
        clock.clone(),
    )
    .map_err(|error| anyhow!("the operator's witness: {error}"))?;
    let cosigners: Vec<Arc<dyn Cosigner>> = vec![Arc::new(witness)];
    // So that a mirror or an auditor finds the keys beside the files they verify.
    let vkeys: String = cosigners.iter().map(|cosigner| format!("{}\n", cosigner.key())).collect();
    nguon_service::objects::write_durably(
        &settings.public_dir.join("log.vkey"),
        format!("{log_key}\n").as_bytes(),
    )?;
    nguon_service::objects::write_durably(&settings.public_dir.join("witnesses.vkey"), vkeys.as_bytes())?;
    let given = nguon_service::Settings {
        origin: settings.origin.clone(),
        public_base_url: settings.public_base_url.clone(),
        operator_name: settings.operator_name.clone(),
        longest_silence_ms: settings.longest_silence_ms,
        webhook_networks: settings.webhook_networks.clone(),
    };
    let service = Service::start(given, store, objects, keys, clock, cosigners)
        .await
        .context("the ledger cannot be opened")?;
    service.reports().keep_contacts_for(settings.contact_days);
    Ok(service)
}

/// The operator's own witness is named after the log, so that nobody takes it for somebody else's.
pub(crate) fn witness_name(origin: &str) -> String {
    format!("{origin}/operator-witness")
}

/// `nguon serve`.
pub(crate) async fn serve(settings: Settings) -> anyhow::Result<()> {
    // First, so that what happens at the start is counted too.
    let metrics = nguon_web::metrics::install().context("metrics")?;
    let listener = listen(settings.listen).await?;
    let store = open_store(&settings).await?;
    tracing::info!(database = store.describe(), origin = settings.origin, "opening the ledger");
    let service = start(&settings, store, Arc::new(SystemClock)).await?;
    serve_until_asked(&settings, Arc::new(service), listener, metrics).await
}

/// Takes the address; requests wait until [`serve_until_asked`].
pub(crate) async fn listen(address: std::net::SocketAddr) -> anyhow::Result<tokio::net::TcpListener> {
    let listener = tokio::net::TcpListener::bind(address).await;
    listener.with_context(|| {
        format!("cannot listen on {address}: is another one running? --listen takes another")
    })
}

/// Serves until SIGINT or SIGTERM, then finishes what was taken.
pub(crate) async fn serve_until_asked(
    settings: &Settings,
    service: Arc<Service>,
    listener: tokio::net::TcpListener,
    metrics: PrometheusHandle,
) -> anyhow::Result<()> {
    let web = Web::new(nguon_web::Settings {
        service: service.clone(),
        metrics,
        independent_witnesses: Vec::new(),
        limits: nguon_web::WorkLimits {
            page_bytes: u64::from(settings.page_memory_mib) << 20,
            ..nguon_web::WorkLimits::default()
        },
    });
    tracing::info!(address = ?listener.local_addr().ok(), "serving");
    let watched = service.clone();
    let deposed = async move {
        while watched.is_writing() {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
    };
    let stop = async {
        tokio::select! {
            () = asked_to_stop() => {}
            () = deposed => {}
        }
    };
    let counters = match settings.metrics_listen {
        Some(address) => {
            let listener = listen(address).await.context("/metrics")?;
            tracing::info!(address = ?listener.local_addr().ok(), "serving /metrics");
            let never = std::future::pending();
            Some(tokio::spawn(server::serve(listener, web.counters(), server::Limits::default(), never)))
        }
        None => None,
    };
    server::serve(listener, web.router(), server::Limits::default(), stop).await;
    if let Some(counters) = counters {
        counters.abort();
    }
    let wrote = service.is_writing();
    web.finished().await;
    match Arc::try_unwrap(service) {
        Ok(service) => service.stop().await,
        Err(_) => tracing::warn!("a request outlived the server; what it was promised is in the database"),
    }
    // A service manager starts it again; if the other one still writes, it will say so at once.
    anyhow::ensure!(
        wrote,
        "this process no longer writes: another one took over its database, or the writer died"
    );
    Ok(())
}

/// Resolves at SIGINT or SIGTERM.
async fn asked_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    drop(interrupt.await);
}

/// `nguon migrate`.
pub(crate) async fn migrate(settings: &Settings) -> anyhow::Result<()> {
    let store = open_store(settings).await?;
    crate::out::line(format!("{} has this version's tables.", store.describe()))?;
    store.close().await;
    Ok(())
}
