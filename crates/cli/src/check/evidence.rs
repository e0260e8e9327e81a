//! `nguon verify FILE.zip`: evidence about one lot, without any network.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use nguon_service::evidence::{Checked, check, text_in};
use nguon_trace::lot::LotState;
use serde::Serialize;

use super::{Args, Cosigned, Trust};
use crate::out::{self, visible};

/// The largest file that is read.
const BYTES_MAX: u64 = 256 << 20;

#[derive(Serialize)]
struct Report<'a> {
    target: &'a str,
    holds: bool,
    lot: &'a str,
    log_key_from_you: bool,
    records: usize,
    facts: usize,
    checkpoint_size: Option<u64>,
    root: Option<String>,
    cosigned_by: Vec<Cosigned>,
    faults: Vec<Fault<'a>>,
    /// Whether no record was left out: evidence cannot prove that, the whole log can.
    complete: &'static str,
    /// How the lot stands, by the rules, from these records alone.
    judged: Option<&'a LotState>,
}

#[derive(Serialize)]
struct Fault<'a> {
    file: &'a str,
    why: &'a str,
}

pub(super) async fn run(args: &Args, file: &Path) -> anyhow::Result<ExitCode> {
    let shown = file.display();
    let size = std::fs::metadata(file).with_context(|| format!("cannot read {shown}"))?.len();
    anyhow::ensure!(size <= BYTES_MAX, "{shown} is larger than any evidence file");
    let zip = std::fs::read(file).with_context(|| format!("cannot read {shown}"))?;
    let trust = Trust::of(args, |name| Ok(text_in(&zip, name).ok()))?;
    let aside = tempfile::tempdir()?;
    let scratch: Arc<dyn nguon_storage::Store> =
        Arc::new(nguon_storage::SqliteStore::open(&aside.path().join("judged.sqlite")).await?);
    let checked = check(&zip, &trust.policy, &trust.first_key, scratch.clone()).await;
    scratch.close().await;
    let checked = checked.with_context(|| format!("{shown} cannot be checked"))?;
    let report = Report {
        target: &args.target,
        holds: checked.faults.is_empty(),
        lot: &checked.lot,
        log_key_from_you: trust.from_you,
        records: checked.records,
        facts: checked.facts,
        checkpoint_size: checked.checkpoint.as_ref().map(|checkpoint| checkpoint.size().0),
        root: checked.checkpoint.as_ref().map(|checkpoint| checkpoint.root().to_string()),
        cosigned_by: checked.cosigned_by.iter().map(Cosigned::of).collect(),
        faults: checked.faults.iter().map(|fault| Fault { file: &fault.file, why: &fault.why }).collect(),
        complete: "not_proven",
        judged: checked.judged.as_ref(),
    };
    if args.json {
        out::line(serde_json::to_string_pretty(&report)?)?;
    } else {
        print(&report, &checked, trust.only_operator)?;
    }
    Ok(if report.holds { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn print(report: &Report<'_>, checked: &Checked, only_operator: bool) -> std::io::Result<()> {
    let line = |what: &str, value: String| out::line(format!("  {what:<34} {value}"));
    out::line("")?;
    line("lô · lot", visible(report.lot))?;
    line("bản ghi · records", format!("{} ({} phần công khai · facts)", report.records, report.facts))?;
    if let (Some(size), Some(root)) = (report.checkpoint_size, &report.root) {
        line("điểm kiểm · checkpoint", format!("{size} bản ghi · records, {root}"))?;
    }
    for one in &report.cosigned_by {
        line("đồng ký · cosigned", one.to_string())?;
    }
    if only_operator && !report.cosigned_by.is_empty() {
        line("", "chỉ nhân chứng của đơn vị vận hành · by the operator only".to_owned())?;
    }
    out::line("")?;
    if let Some(state) = &checked.judged {
        for finding in &state.findings {
            out::line(format!("  ! {} [{}]", visible(&finding.text_vi), finding.severity.key()))?;
            out::line(format!("    {}", visible(&finding.text_en)))?;
        }
        if state.findings.is_empty() {
            out::line("  Theo các bản ghi này, không phát hiện điều gì bất thường.")?;
            out::line("  By these records, the rules find nothing.")?;
        }
        out::line("")?;
    }
    out::line(
        "  Hồ sơ không chứng minh được rằng không thiếu bản ghi nào; cả sổ thì được (nguon verify ĐỊA-CHỈ).",
    )?;
    out::line(
        "  Evidence cannot prove that no record was left out; the whole log can (nguon verify ADDRESS).",
    )?;
    out::line("")?;
    if report.holds {
        out::line(
            "  ✔ Mọi bản ghi có trong sổ, đúng chữ ký, đúng quyền, đúng nội dung; đánh giá lại ra cùng kết quả.",
        )?;
        out::line(
            "    Every record is in the log, signed by whom it says, and says what it committed to; judged again, the",
        )?;
        out::line("    lot stands as told.")?;
        if !report.log_key_from_you {
            out::line(
                "    (Khóa của sổ lấy từ chính tệp này · the log's key came from the file itself: see --log-vkey.)",
            )?;
        }
    } else {
        out::line(format!("  ✘ {} chỗ không khớp · places that do not hold:", report.faults.len()))?;
        let mut by_reason: std::collections::BTreeMap<&str, Vec<&str>> = std::collections::BTreeMap::new();
        for fault in &report.faults {
            by_reason.entry(fault.why).or_default().push(fault.file);
        }
        for (why, files) in &by_reason {
            let more = match files.len() {
                1 => String::new(),
                n => format!(" (và {} tệp nữa · and {} more)", n - 1, n - 1),
            };
            out::line(format!("    {}: {}{more}", visible(files[0]), visible(why)))?;
        }
        if report.records == 0 {
            out::line("    Không bản ghi nào khớp: khóa bạn đưa có phải là khóa của sổ này không?")?;
            out::line("    No record holds: is the key that you gave this log's key?")?;
        }
    }
    out::line("")
}
