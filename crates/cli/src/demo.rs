//! `nguon demo`: a province to try. One invented season is sent through the same door as a phone's records, under a
//! clock that goes with it; then the ledger is served as `nguon serve` would.

mod desk;

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use nguon_fixtures::contents::Picture;
use nguon_fixtures::{Expect, LedgerContext, Season, Step, Submission};
use nguon_ledger::Seen;
use nguon_service::catalogue::ORGANISATIONS;
use nguon_service::{Incoming, ManualClock, OperatorAct, Service, SystemClock, Taken};
use nguon_trace::labels::LabelRange;

use crate::node;
use crate::settings::Settings;

/// Every demo is the same season.
const SEED: u64 = 2026;
/// Records in one request while the season is loaded.
const REQUEST: usize = 200;
/// About how many steps the season has, for the progress bar.
const STEPS: u64 = 6_000;
const ORIGIN: &str = "nguon.example/demo";

/// Makes the demo if it is not there, and serves it.
pub(crate) async fn run(dir: &Path, listen: SocketAddr, no_serve: bool) -> anyhow::Result<()> {
    let settings = Settings {
        origin: ORIGIN.to_owned(),
        public_base_url: format!("http://{listen}"),
        operator_name: "Tỉnh Lâm Đồng (sổ trình diễn, dữ liệu hư cấu)".to_owned(),
        database: format!("sqlite:{}", dir.join("ledger.sqlite").display()),
        public_dir: dir.join("public"),
        key_dir: dir.join("keys"),
        listen,
        metrics_listen: None,
        page_memory_mib: crate::settings::PAGE_MEMORY_MIB,
        contact_days: nguon_service::reports::CONTACT_DAYS,
        // Its season lies in the past.
        longest_silence_ms: i64::MAX,
        // So that somebody who tries it can listen on the same machine; whoever shows it to others lets nobody in.
        webhook_networks: if listen.ip().is_loopback() { vec!["127.0.0.0/8".parse()?] } else { Vec::new() },
    };
    // Before minutes of work and a page of addresses that would not answer.
    let listener = if no_serve { None } else { Some(node::listen(listen).await?) };
    std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    write_settings(dir, &settings)?;
    let done = dir.join("season-2026.done");
    if !done.exists() {
        if dir.join("ledger.sqlite").exists() {
            bail!("{} holds a demo that was not finished. Remove the folder and start again.", dir.display());
        }
        std::fs::create_dir_all(&settings.key_dir)?;
        // Everybody may know it: the codes of the demo's packs are the same in every demo, so that they can be written about.
        nguon_service::keys::write_seed(&settings.key_dir.join("serial.key"), &[7; 32])?;
        load(&settings).await?;
        nguon_service::objects::write_durably(&done, b"")?;
    }
    let metrics = nguon_web::metrics::install()?;
    let service = node::start(&settings, node::open_store(&settings).await?, Arc::new(SystemClock)).await?;
    service.tick().await;
    service.settle().await;
    let sandbox = crate::exchange::sandbox(service.exchanges(), dir).await?;
    let Some(listener) = listener else {
        greet(&service, &settings, dir, &[], &sandbox).await?;
        service.stop().await;
        return Ok(());
    };
    let service = Arc::new(service);
    let context = LedgerContext { ledger_id: service.ledger_id(), origin: settings.origin.clone() };
    let (clerk, invited) = desk::Clerk::invite(&service, SEED, &context).await?;
    greet(&service, &settings, dir, &invited, &sandbox).await?;
    tokio::spawn(clerk.admit_all());
    node::serve_until_asked(&settings, service, listener, metrics).await
}

/// So that every other command works on the demo: `nguon serve --config nguon-demo/nguon.toml`.
fn write_settings(dir: &Path, settings: &Settings) -> anyhow::Result<()> {
    let given = crate::settings::Given {
        origin: Some(settings.origin.clone()),
        public_base_url: Some(settings.public_base_url.clone()),
        operator_name: Some(settings.operator_name.clone()),
        database: Some("sqlite:ledger.sqlite".to_owned()),
        public_dir: Some(PathBuf::from("public")),
        key_dir: Some(PathBuf::from("keys")),
        listen: Some(settings.listen),
        metrics_listen: None,
        page_memory_mib: None,
        contact_days: None,
        webhook_networks: None,
    };
    let text = format!(
        "# Made by `nguon demo`; the address may be given anew at each start.\n{}",
        toml::to_string(&given)?
    );
    nguon_service::objects::write_durably(&dir.join(crate::settings::FILE), text.as_bytes())?;
    Ok(())
}

/// Sends the season, checking each answer against what the season expects.
pub(crate) async fn load(settings: &Settings) -> anyhow::Result<()> {
    let clock = Arc::new(ManualClock::new(season_begins_ms()));
    let service = node::start(settings, node::open_store(settings).await?, clock.clone()).await?;
    let context = LedgerContext { ledger_id: service.ledger_id(), origin: settings.origin.clone() };
    let mut season = Season::new(SEED, &context);
    let bar = ProgressBar::new(STEPS).with_style(
        ProgressStyle::with_template("  mùa vụ 2025–2026  {bar:32.green} {pos:>5} việc  {elapsed}")
            .expect("the template is well formed"),
    );
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
    }
    let mut seen = Seen::NONE;
    let mut pictures = Pictures::default();
    let mut waiting: Vec<Submission> = Vec::new();
    let mut day = 0;
    while let Some(step) = season.next(seen) {
        bar.inc(1);
        let at_ms = step.at_ms();
        if at_ms / 86_400_000 != day || waiting.len() >= REQUEST || matches!(step, Step::Operator { .. }) {
            send(&service, &mut waiting).await?;
        }
        if at_ms / 86_400_000 != day {
            day = at_ms / 86_400_000;
            // What was said yesterday is published before anybody says something new: phones name what they saw.
            service.settle().await;
            if let Some((checkpoint, _)) = service.lookup().checkpoint().await? {
                seen = Seen { size: checkpoint.size().0, root: checkpoint.root() };
            }
        }
        clock.set(at_ms);
        match step {
            Step::Submit(submission) => {
                pictures.look_at(&submission);
                waiting.push(submission);
            }
            Step::Operator { act, .. } => {
                service.settle().await;
                let act = match act {
                    nguon_fixtures::OperatorAct::Standing { organisation, bits, reason } => {
                        OperatorAct::Standing { organisation, bits, reason }
                    }
                    nguon_fixtures::OperatorAct::Erase { event_id, section, reason } => {
                        OperatorAct::Erase { event: event_id, section, reason }
                    }
                };
                service.act(act).await.context("an act of the operator")?;
            }
        }
    }
    send(&service, &mut waiting).await?;
    service.settle().await;
    pictures.bring(&service).await?;
    bar.finish_and_clear();
    service.stop().await;
    Ok(())
}

/// The season's drawings, and the first record that names each: their files are brought when all is logged.
#[derive(Default)]
struct Pictures(std::collections::BTreeMap<&'static str, (Picture, nguon_ledger::EventId)>);

impl Pictures {
    fn look_at(&mut self, submission: &Submission) {
        for picture in [Picture::Crate, Picture::Row, Picture::Sacks] {
            let digest = picture.photo().digest.to_string();
            let names = |payload: &[u8]| payload.windows(digest.len()).any(|part| part == digest.as_bytes());
            let public =
                submission.openings.iter().filter(|one| one.kind == nguon_ledger::SectionType::PUBLIC);
            if submission.expect == Expect::Accepted && public.clone().any(|one| names(&one.payload)) {
                self.0.entry(picture.name()).or_insert((picture, submission.event_id));
            }
        }
    }

    async fn bring(self, service: &Service) -> anyhow::Result<()> {
        for (name, (picture, event)) in self.0 {
            let kept = service.images().keep(picture.photo().digest, event, picture.png().to_vec()).await;
            kept.with_context(|| format!("the picture {name}"))?;
        }
        Ok(())
    }
}

/// 1 September 2025 in Vietnam: the ledger is a little older than its first season.
fn season_begins_ms() -> i64 {
    jiff::civil::date(2025, 9, 1)
        .at(8, 0, 0, 0)
        .to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(7)))
        .map_or(0, |zoned| zoned.timestamp().as_millisecond())
}

async fn send(service: &Service, waiting: &mut Vec<Submission>) -> anyhow::Result<()> {
    let batch = std::mem::take(waiting);
    if batch.is_empty() {
        return Ok(());
    }
    let incoming = batch
        .iter()
        .map(|one| Incoming {
            record: one.record.clone(),
            openings: one.openings.iter().map(|opening| (opening.salt, opening.payload.clone())).collect(),
        })
        .collect();
    for (one, submitted) in batch.iter().zip(service.submit(incoming).await) {
        let expected = matches!(
            (&one.expect, &submitted.answer),
            (Expect::Accepted, Ok(Taken::Logged { again: false, .. }))
                | (Expect::AcceptedOrAgain, Ok(Taken::Logged { .. }))
                | (Expect::Again, Ok(Taken::Logged { again: true, .. }))
                | (Expect::HeldGap | Expect::HeldRevoked | Expect::HeldFrozen, Ok(Taken::Held(_)))
                | (Expect::Disputed | Expect::Refused, Err(_))
        );
        if !expected {
            bail!(
                "{} of {}: expected {:?}, and the ledger answered {:?}",
                one.event_id,
                one.device,
                one.expect,
                submitted.answer
            );
        }
    }
    Ok(())
}

/// Where to look, in Vietnamese and English, and one code to scan.
async fn greet(
    service: &Service,
    settings: &Settings,
    dir: &Path,
    invited: &[desk::Invited],
    sandbox: &str,
) -> anyhow::Result<()> {
    let base = service.public_base_url();
    let progress = service.progress();
    let organisations = service.catalogue().organisations(None, ORGANISATIONS, false).await?;
    let mut out = std::io::stdout().lock();
    writeln!(out)?;
    writeln!(
        out,
        "  nguồn · sổ truy xuất nguồn gốc nông sản (bản trình diễn, mọi tên người và hợp tác xã đều hư cấu)"
    )?;
    writeln!(out, "  a province's farm ledger, with one invented season in it")?;
    writeln!(out)?;
    writeln!(
        out,
        "  {} bản ghi đã ký · {} tổ chức · signed records and organisations",
        progress.logged,
        organisations.len()
    )?;
    writeln!(out)?;
    let mut first = None;
    for (label, id) in showcase(service).await? {
        let url = format!("{base}{}", id.path());
        writeln!(out, "  {label:<38} {url}")?;
        first.get_or_insert(url);
    }
    for (label, url) in packs(service).await? {
        writeln!(out, "  {label:<38} {url}")?;
    }
    writeln!(out)?;
    for (label, path) in [
        ("trang chủ · home", "/"),
        ("tin chào bán · listings feed", "/api/v1/listings"),
        ("sổ cái · checkpoint of the log", "/checkpoint"),
        ("API · OpenAPI 3.1", "/api/openapi.json"),
    ] {
        writeln!(out, "  {label:<38} {base}{path}")?;
    }
    writeln!(out)?;
    for one in invited {
        writeln!(out, "  {:<38} {}", one.label, one.url)?;
    }
    if !invited.is_empty() {
        writeln!(
            out,
            "  (mỗi đường dẫn mời một máy; ở đây tự xác nhận · each link lets one device in; here it is confirmed by itself)"
        )?;
        writeln!(out)?;
    }
    writeln!(out, "  Khóa thử cho lập trình viên của sàn · a sandbox key for an exchange's developers:")?;
    writeln!(out, "    curl -H 'Authorization: Bearer {sandbox}' {base}/api/v1/feed/listings.json")?;
    writeln!(out)?;
    if let Some(url) = first
        && let Ok(code) = nguon_label::QrCode::new(&url)
        && std::io::stdout().is_terminal()
    {
        for line in code.terminal().lines() {
            writeln!(out, "    {line}")?;
        }
        writeln!(out)?;
    }
    writeln!(out, "  Tự kiểm toàn bộ sổ · check all of it yourself:")?;
    writeln!(out, "    nguon verify {}          (thư mục · the folder)", dir.display())?;
    writeln!(out, "    nguon verify {base}   (qua mạng · over HTTP)")?;
    writeln!(out)?;
    writeln!(
        out,
        "  Điểm kiểm chỉ có nhân chứng của chính đơn vị vận hành · checkpoints are cosigned by the operator only."
    )?;
    writeln!(
        out,
        "  Dừng bằng Ctrl-C; lần sau chạy tiếp từ đây · Ctrl-C stops; the next start goes on. ({})",
        settings.listen
    )?;
    writeln!(out)?;
    out.flush()?;
    Ok(())
}

/// Phones that the copied label of the demo meets.
const COPIED_PHONES: u32 = 24;

/// Packs with codes of their own, as a shopper would meet them: one in use, one void, one copied.
async fn packs(service: &Service) -> anyhow::Result<Vec<(&'static str, String)>> {
    let lots = service.catalogue().search_lots("", 5_000).await?;
    let labelled = |line: &&nguon_service::LotLine| {
        line.status == "active" && line.state.findings.is_empty() && !line.state.labels.void.is_empty()
    };
    let Some(line) = lots.iter().find(labelled) else { return Ok(Vec::new()) };
    let maker = line.state.maker.as_ref().and_then(|id| id.parse::<nguon_ledger::OrganisationId>().ok());
    let Some(maker) = maker else { return Ok(Vec::new()) };
    let prints = |view: &nguon_service::KeyView| {
        let acting = service.catalogue().acting(&view.key);
        acting.is_some_and(|view| view.roles.contains(nguon_ledger::Roles::LOT))
    };
    let Some(key) = service.catalogue().keys_of(maker).into_iter().find(prints) else {
        return Ok(Vec::new());
    };
    let serials = service.serials(&line.id, LabelRange::new(1, 2), &key.key).await?;
    let urls: Vec<String> = serials.each().map(|(_, _, url)| url).collect();
    let [whole, copied] = &urls[..] else { return Ok(Vec::new()) };
    for phone in 0..COPIED_PHONES {
        let scan = nguon_service::Scan {
            lot_uri: line.state.uri.clone(),
            organisation: maker,
            number: 2,
            sold_on: None,
            network: phone.to_be_bytes().to_vec(),
            agent: Vec::new(),
            province: None,
            at_ms: service.now_ms(),
        };
        let said = ["68", "79", "01", "48"].get(phone as usize % 12);
        service.scanned(scan.clone());
        if let Some(province) = said {
            service.scanned(nguon_service::Scan { province: Some((*province).to_owned()), ..scan });
        }
    }
    service.scans_counted().await;
    Ok(vec![
        ("một gói có mã riêng · a pack's own code", whole.clone()),
        ("mã bị quét khác thường · copied?", copied.clone()),
    ])
}

/// One lot of each kind of answer.
async fn showcase(service: &Service) -> anyhow::Result<Vec<(&'static str, nguon_id::LotId)>> {
    use nguon_trace::finding::Severity;
    let lots = service.catalogue().search_lots("", 5_000).await?;
    let mut shown: Vec<(&'static str, nguon_id::LotId)> = Vec::new();
    let mut pick = |label, wanted: &dyn Fn(&nguon_service::LotLine) -> bool| {
        let new = |line: &&nguon_service::LotLine| !shown.iter().any(|(_, id)| *id == line.id);
        if let Some(line) = lots.iter().filter(new).find(|line| wanted(line)) {
            shown.push((label, line.id.clone()));
        }
    };
    let blocked = |line: &nguon_service::LotLine| {
        line.state.findings.iter().any(|finding| finding.severity == Severity::Blocking)
    };
    pick("một lô đóng gói · a packed lot", &|line| {
        line.status == "active" && !line.state.inputs.is_empty() && line.state.findings.is_empty()
    });
    pick("một lô thu hoạch · a harvest", &|line| {
        matches!(line.id, nguon_id::LotId::Gs1 { .. })
            && line.status == "active"
            && line.state.inputs.is_empty()
            && line.state.findings.is_empty()
    });
    pick("có điều cần xem lại · with a finding", &|line| blocked(line) && line.status != "recalled");
    pick("đã thu hồi · recalled", &|line| line.status == "recalled");
    pick("tem chưa kích hoạt · not activated", &|line| line.status == "registered");
    pick("chưa có mã GTIN · without a GTIN", &|line| {
        matches!(line.id, nguon_id::LotId::Own { .. }) && !line.state.inputs.is_empty()
    });
    Ok(shown)
}
