//! How to check the page without trusting the server that sent it.

use crate::app::App;

pub(super) struct Proofs {
    pub(super) log_key: String,
    /// `nguon verify …`, to copy.
    pub(super) command: String,
    /// This lot as JSON.
    pub(super) json: String,
    /// The path of the lot's page without the slash in front: what the check in the browser asks about.
    pub(super) lot: String,
    /// The script that offers that check.
    pub(super) loader: &'static str,
    /// Everything that speaks of the lot, in one file.
    pub(super) evidence: String,
    /// Nobody but the operator cosigns.
    pub(super) operator_only: bool,
    /// Who cosigns.
    pub(super) witnesses: Vec<String>,
}

pub(super) fn of(app: &App, path: &str) -> Proofs {
    let service = &app.service;
    let names = || service.witness_keys().iter().map(|key| key.name().to_owned());
    Proofs {
        log_key: service.log_key().to_string(),
        command: format!("nguon verify {}", service.public_base_url()),
        json: format!("/api/v1/lots{path}"),
        lot: path.trim_start_matches('/').to_owned(),
        loader: nguon_frontend::LOADER.name,
        evidence: format!("/api/v1/evidence{path}"),
        operator_only: !names().any(|name| app.independent_witnesses.contains(&name)),
        witnesses: names().collect(),
    }
}
