//! `nguon bench label`: ten thousand labels, each with its own serial, as PDF and for a label printer.
//!
//! The **baseline** is C `qrencode` (Debian package `qrencode`), which makes the codes alone. It makes one code a
//! process, so as many processes that make none are timed beside it and taken off. Our codes alone are timed too: the
//! rest of a label's time is its text, its drawing and the file.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};
use nguon_label::{Fields, QrCode};
use nguon_print::{Book, Label, Language, Plate, Press, Resolution, Roll, Setting, Sheet};
use serde::Serialize;

use super::{forget_peak, now, peak_mib};

/// Labels a second as PDF sheets and printers' bytes, the memory they take, and C qrencode for the codes alone.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Labels to print.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    labels: u32,
    /// Codes that qrencode makes, and processes that make none.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    baseline: u32,
    /// The figures as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Figures {
    labels: u32,
    /// Before anything is printed, with all addresses in memory.
    memory_before_mib: Option<u64>,
    codes_alone: Measured,
    pdf: Measured,
    tspl: Measured,
    zpl: Measured,
    /// Nothing where qrencode is not installed.
    qrencode_codes_per_second: Option<f64>,
    qrencode_version: Option<String>,
}

#[derive(Serialize)]
struct Measured {
    seconds: f64,
    per_second: f64,
    bytes: u64,
    memory_peak_mib: Option<u64>,
}

const LOT: Fields<'_> = Fields {
    product: "Cà phê Arabica Cầu Đất",
    lot: "DL-2611-07",
    packed_on: "22/11/2026",
    best_before: "22/11/2027",
    net_weight: "500 g",
    organisation: "HTX Nông nghiệp Xuân Trường",
    address: "Thôn Đa Lộc, xã Xuân Trường, tỉnh Lâm Đồng",
    origin: "Việt Nam",
    certificates: "VietGAP · OCOP 4 sao",
    storage: "Nơi khô ráo, thoáng mát, tránh ánh nắng trực tiếp",
    short_code: "7K3M-9QX2",
    serial: "",
};

struct Pack {
    serial: String,
    url: String,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let press = Press::new()?;
    let design = crate::label::design("sheet-70x37")?;
    let plate = press.plate(&design, &LOT, "vi")?;
    let packs: Vec<Pack> = (0..args.labels).map(pack).collect();
    let memory_before_mib = peak_mib();

    let codes_alone = measure(args.labels, || {
        let mut modules = 0_u64;
        for pack in &packs {
            modules += std::hint::black_box(QrCode::new(&pack.url)?).size() as u64;
        }
        ensure!(modules > 0, "no code was made");
        Ok(0)
    })?;
    let pdf = measure(args.labels, || as_pdf(&plate, &packs))?;
    let tspl = measure(args.labels, || as_roll(&plate, &packs, Language::Tspl))?;
    let zpl = measure(args.labels, || as_roll(&plate, &packs, Language::Zpl))?;
    let qrencode = qrencode(args.baseline)?;
    let (qrencode_codes_per_second, qrencode_version) = qrencode.unzip();
    let figures = Figures {
        labels: args.labels,
        memory_before_mib,
        codes_alone,
        pdf,
        tspl,
        zpl,
        qrencode_codes_per_second,
        qrencode_version,
    };
    if args.json {
        crate::out::line(serde_json::to_string_pretty(&figures)?)?;
        return Ok(());
    }
    for (what, measured) in [
        ("codes alone", &figures.codes_alone),
        ("PDF, A4 of 24", &figures.pdf),
        ("TSPL, 203 dpi", &figures.tspl),
        ("ZPL, 203 dpi", &figures.zpl),
    ] {
        let mib = measured.memory_peak_mib.map_or("?".to_owned(), |mib| mib.to_string());
        crate::out::line(format!(
            "  {what:<14} {:>7} labels in {:>6.1} s = {:>6.0}/s · {:>8} kB · memory at most {mib} MiB",
            figures.labels,
            measured.seconds,
            measured.per_second,
            measured.bytes / 1_000,
        ))?;
    }
    let before = figures.memory_before_mib.map_or("?".to_owned(), |mib| mib.to_string());
    crate::out::line(format!("  memory before: {before} MiB"))?;
    match (&figures.qrencode_version, figures.qrencode_codes_per_second) {
        (Some(version), Some(per_second)) => crate::out::line(format!(
            "  baseline       {version}, codes alone: {per_second:.0}/s (its start taken off) = {:.2} × ours",
            per_second / figures.codes_alone.per_second
        ))?,
        _ => crate::out::line("  baseline       qrencode is not here (Debian: apt-get install qrencode)")?,
    }
    Ok(())
}

fn pack(n: u32) -> Pack {
    let serial = format!("{n:07}-K3M9QX2");
    let url = format!("https://nguon.example/01/09521234567899/10/DL-2611-07/21/{serial}");
    Pack { serial, url }
}

fn measure(labels: u32, print: impl FnOnce() -> anyhow::Result<u64>) -> anyhow::Result<Measured> {
    forget_peak();
    let begun = now();
    let bytes = print()?;
    let seconds = begun.elapsed().as_secs_f64();
    Ok(Measured { seconds, per_second: f64::from(labels) / seconds, bytes, memory_peak_mib: peak_mib() })
}

fn as_pdf(plate: &Plate<'_>, packs: &[Pack]) -> anyhow::Result<u64> {
    let sheet = Sheet::lookup("a4-3x8").context("a sheet that is known")?;
    let mut book = Book::new(plate, &sheet, &Setting::default())?;
    for pack in packs {
        let code = QrCode::new(&pack.url)?;
        book.label(&Label { code: &code, serial: &pack.serial })?;
    }
    let pages = book.pages();
    ensure!(pages == (packs.len() as u64).div_ceil(24), "{pages} pages");
    Ok(book.finish("bench")?.len() as u64)
}

fn as_roll(plate: &Plate<'_>, packs: &[Pack], language: Language) -> anyhow::Result<u64> {
    let resolution = Resolution::of_dpi(203).context("a resolution that is possible")?;
    let stamp = plate.stamp(resolution)?;
    let mut roll = Roll::begin(Counted(0), language, plate.size_mm(), 2.0)?;
    for pack in packs {
        let code = QrCode::new(&pack.url)?;
        let label = Label { code: &code, serial: &pack.serial };
        roll.label(&stamp.picture(&label)?.bitmap(), 1)?;
    }
    Ok(roll.finish()?.0)
}

/// A printer that is never slow.
struct Counted(u64);

impl std::io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Codes a second that qrencode makes, and what it calls itself; nothing where it is not installed.
fn qrencode(codes: u32) -> anyhow::Result<Option<(f64, String)>> {
    let version = Command::new("qrencode").arg("--version").output();
    let Ok(version) = version else { return Ok(None) };
    let said = [version.stdout, version.stderr].concat();
    let said = String::from_utf8_lossy(&said).lines().next().unwrap_or("qrencode").to_owned();
    let idle = processes(codes, |command, _| {
        command.arg("--version");
    })?;
    // Level M and bytes as they are, as ours; text is the least that it can write.
    let busy = processes(codes, |command, n| {
        command.args(["-l", "M", "-8", "-t", "ASCII", "-o", "-", &pack(n).url]);
    })?;
    let seconds = busy.saturating_sub(idle).as_secs_f64();
    ensure!(seconds > 0.0, "qrencode took no longer than its start: give more --baseline codes");
    Ok(Some((f64::from(codes) / seconds, said)))
}

fn processes(count: u32, arguments: impl Fn(&mut Command, u32)) -> anyhow::Result<Duration> {
    let begun = now();
    for n in 0..count {
        let mut command = Command::new("qrencode");
        arguments(&mut command, n);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        ensure!(command.status().context("qrencode")?.success(), "qrencode refused a code");
    }
    Ok(begun.elapsed())
}
