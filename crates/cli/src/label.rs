//! `nguon label`: a lot's labels as pictures, sheets for office printers, and bytes for label printers.

mod designs;
mod facts;
mod output;
mod serials;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use nguon_label::{QrCode, RETAIL_X_DIMENSION_MM, upper_case_host};
use nguon_print::{DPI, OFFSET_TENTHS_MAX, Press, Resolution, SHEETS, Setting, Sheet};

use crate::client::Client;
use crate::out;
use facts::{Facts, Refusal};
use output::{Labels, Output};

const EXAMPLES: &str = "\
  nguon label /01/09521100700023/10/260615-A -o tem.pdf --sheet a4-3x8        # một tờ A4 24 tem · one sheet of 24
  nguon label /01/09521100700023/10/260615-A -o tem.pdf --sheet l7651 --start 12 --offset-x 0.5 --offset-y -1
  nguon label https://HOST/01/…/10/… -o tem.tspl --count 500                  # máy in nhiệt · a thermal printer
  nguon label /01/…/10/… --serials serials.csv -o tem.zpl --dpi 300           # mỗi gói một số · a number for each pack
  nguon label test-page --sheet a4-3x8 -o thu.pdf                             # thử máy in · try a printer first
  nguon label designs
  nguon label check my-design

Print PDF at 100 %, never \"fit to page\". TSPL and ZPL go to the printer as they are, for example
  lp -d Xprinter -o raw tem.tspl     or     cat tem.tspl > /dev/usb/lp0

Exit code: 0 written, 1 refused (and said why), 2 it could not be done.";

/// Prints labels of a lot, from what the ledger says of it.
///
/// Texts come from the lot's public record and the code leads to its page. Marks of certificates are printed as words,
/// and only while the certificate is valid.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    print: Print,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Lists the designs in this program and the sheets that are known.
    Designs,
    /// Says what is wrong with a design of your own, or that nothing is.
    Check {
        /// Its folder, with `template.svg` and `template.toml`.
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
        /// Also writes what it looks like, with long texts, as a PNG of 300 dpi.
        #[arg(short, long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// A sheet with the edges and numbers of its labels and a line to measure, to try a printer with.
    TestPage {
        #[command(flatten)]
        paper: Paper,
        /// The file to write; `-` is standard output.
        #[arg(short, long, value_name = "FILE")]
        out: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
struct Print {
    /// The lot: its page's address or path, its URI, or what its QR code says.
    #[arg(value_name = "LOT")]
    lot: Option<String>,
    /// The ledger's address; taken from LOT if that is an address of the ledger's own pages.
    #[arg(long, env = "NGUON_SERVER", value_name = "URL")]
    server: Option<String>,
    /// One of `nguon label designs`, or the folder of your own; without it, one that suits the sheet.
    #[arg(long, value_name = "NAME|FOLDER")]
    design: Option<String>,
    /// What to write; without it, what the file's name ends in.
    #[arg(long, value_enum)]
    format: Option<Format>,
    #[command(flatten)]
    paper: Paper,
    /// How many labels of the lot; without it one, or as many as go on the sheet.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000), conflicts_with = "serials")]
    count: Option<u32>,
    /// One label for each row of a file with the columns number,serial,url, as the ledger gives its makers (`-` is standard input).
    #[arg(long, value_name = "FILE.csv")]
    serials: Option<PathBuf>,
    /// Dots on an inch of pictures and label printers; 300 for PNG, 203 for printers without it.
    #[arg(long, value_name = "DPI")]
    dpi: Option<u32>,
    /// Millimetres between two labels on a roll (TSPL).
    #[arg(long, value_name = "MM", default_value_t = 2.0)]
    gap: f64,
    /// The language of the label's own words.
    #[arg(long, default_value = "vi", value_parser = ["vi", "en"])]
    language: String,
    /// Puts another text in a field, for example `--field storage="Nơi khô ráo"`; an empty one leaves it out.
    #[arg(long = "field", value_name = "NAME=TEXT")]
    fields: Vec<String>,
    /// Writes the address's scheme and host in capitals: a smaller code where all of it is capitals and digits. Some
    /// phones then do not take it for an address, so try yours.
    #[arg(long)]
    upper_case: bool,
    /// Pages in one PDF; more labels go into further files, name-002.pdf and so on.
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=5_000))]
    pages_per_file: u32,
    /// The file to write; `-` is standard output. With --serials and svg or png it is a folder.
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct Paper {
    /// The sheet in the printer; `single` is a page for each label.
    #[arg(long, value_name = "SHEET", default_value = "single", value_parser = sheet_name)]
    sheet: String,
    /// The first label of the first sheet to print on, by rows: for sheets of which some are used up.
    #[arg(long, value_name = "N", default_value_t = 1)]
    start: u32,
    /// Moves everything to the right by millimetres, to a tenth; negative to the left.
    #[arg(long, value_name = "MM", default_value = "0", allow_hyphen_values = true, value_parser = tenths)]
    offset_x: i32,
    /// Moves everything down by millimetres, to a tenth; negative up.
    #[arg(long, value_name = "MM", default_value = "0", allow_hyphen_values = true, value_parser = tenths)]
    offset_y: i32,
    /// Draws the labels' edges.
    #[arg(long)]
    cut_lines: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// One label as a drawing for programs.
    Svg,
    /// One label as a picture of exact size.
    Png,
    /// Sheets for office printers.
    Pdf,
    /// Label printers of TSC and most others.
    Tspl,
    /// Label printers of Zebra and those that follow it.
    Zpl,
}

impl Format {
    fn of(file: &std::path::Path) -> Option<Self> {
        Some(match file.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "svg" => Self::Svg,
            "png" => Self::Png,
            "pdf" => Self::Pdf,
            "tspl" | "prn" => Self::Tspl,
            "zpl" => Self::Zpl,
            _ => return None,
        })
    }
}

impl Paper {
    fn setting(&self) -> Setting {
        Setting {
            offset_x_tenths: self.offset_x,
            offset_y_tenths: self.offset_y,
            start: self.start,
            cut_lines: self.cut_lines,
        }
    }
}

fn sheet_name(text: &str) -> Result<String, String> {
    if text == SINGLE || Sheet::lookup(text).is_some() {
        return Ok(text.to_owned());
    }
    let known: Vec<&str> = SHEETS.iter().map(|sheet| sheet.id).collect();
    Err(format!("no sheet of that name; there are {SINGLE}, {}", known.join(", ")))
}

/// Tenths of a millimetre, of a text in millimetres with a point or a comma.
fn tenths(text: &str) -> Result<i32, String> {
    let wrong = || "millimetres to a tenth, from -10 to 10, for example -0.5".to_owned();
    let mm: f64 = text.replace(',', ".").parse().map_err(|_| wrong())?;
    let tenths = (mm * 10.0).round();
    if !(tenths.abs() <= f64::from(OFFSET_TENTHS_MAX) && (mm * 10.0 - tenths).abs() < 1e-6) {
        return Err(wrong());
    }
    #[expect(clippy::cast_possible_truncation, reason = "within a hundred")]
    Ok(tenths as i32)
}

const SINGLE: &str = "single";

/// Below this, cameras of cheap phones begin to fail.
const PHONE_X_DIMENSION_MM: f64 = 0.3;

/// A design by its name or folder.
pub(crate) fn design(name: &str) -> anyhow::Result<nguon_label::Design> {
    designs::open(name)
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.what {
        Some(What::Designs) => designs::list(),
        Some(What::Check { folder, out }) => designs::check(&folder, out.as_deref()),
        Some(What::TestPage { paper, out }) => {
            let Some(sheet) = Sheet::lookup(&paper.sheet) else {
                bail!("--sheet says which sheet to try: {}", SHEETS.map(|sheet| sheet.id).join(", "));
            };
            let pdf = nguon_print::test_page(&Press::new()?, &sheet, &paper.setting())?;
            output::write_file(&out, &pdf)?;
            Ok(ExitCode::SUCCESS)
        }
        None => print(&args.print),
    }
}

fn print(args: &Print) -> anyhow::Result<ExitCode> {
    let Some(lot) = &args.lot else {
        bail!(
            "which lot? Give its page's address or its path, as /01/GTIN/10/LOT; `nguon label --help` shows more"
        );
    };
    let Some(to) = &args.out else { bail!("-o FILE says where to write") };
    let format = args.format.or_else(|| Format::of(to));
    let Some(format) = format else { bail!("--format says what to write: svg, png, pdf, tspl or zpl") };
    let default_dpi = if format == Format::Png { 300 } else { 203 };
    let Some(resolution) = Resolution::of_dpi(args.dpi.unwrap_or(default_dpi)) else {
        bail!("--dpi goes from {} to {}", DPI.start(), DPI.end());
    };
    let design =
        designs::open(args.design.as_deref().unwrap_or_else(|| designs::suiting(&args.paper.sheet)))?;
    let sheet = Sheet::lookup(&args.paper.sheet).unwrap_or_else(|| Sheet::single(&design));

    let (server, id) = crate::trace::lot(lot, args.server.as_deref())?;
    let Some(answer) = Client::new(&server)?.json(&format!("/api/v1/lots{}", id.path()))? else {
        eprintln!("  ✘ Sổ không có lô {} · the ledger has no such lot", id.path());
        return Ok(ExitCode::from(1));
    };
    let today = nguon_trace::facts::vietnam_day(nguon_service::Clock::now_ms(&nguon_service::SystemClock));
    let mut facts = match Facts::of(&answer, &args.language, today) {
        Ok(facts) => facts,
        Err(Refusal { vi, en }) => {
            eprintln!("  ✘ {vi} · {en}");
            return Ok(ExitCode::from(1));
        }
    };
    for given in &args.fields {
        facts.set(given)?;
    }
    for (vi, en) in &facts.remarks {
        eprintln!("  ! {} · {}", out::visible(vi), out::visible(en));
    }

    let address = |url: &str| if args.upper_case { upper_case_host(url) } else { url.to_owned() };
    let labels = match &args.serials {
        Some(file) => Labels::Each(serials::read(file, &facts.pages(&id), &address)?),
        None => {
            let on_sheet = sheet.labels().saturating_sub(args.paper.start.saturating_sub(1)).max(1);
            let count = args.count.unwrap_or(if format == Format::Pdf { on_sheet } else { 1 });
            let code = QrCode::new(&address(&facts.page_url)).context("the lot's address")?;
            Labels::Same { code, count }
        }
    };
    if args.serials.is_some() && !design.shows_serial() {
        eprintln!(
            "  ! Mẫu này không in số sê-ri, chỉ có trong mã · this design does not print serials; the codes hold them"
        );
    }
    let press = Press::new()?;
    let fields = facts.fields();
    let missing = press.missing(&facts.all_text());
    if !missing.is_empty() {
        let missing: String = missing.into_iter().collect();
        eprintln!("  ! Phông chữ không có · the font lacks: {}", out::visible(&missing));
    }
    let plate = press.plate(&design, &fields, &args.language)?;
    let output = Output {
        design: &design,
        fields: &fields,
        language: &args.language,
        plate: &plate,
        labels: &labels,
        sheet,
        setting: args.paper.setting(),
        resolution,
        gap_mm: args.gap,
        pages_per_file: args.pages_per_file,
        title: format!("{} · {}", facts.product(), facts.lot()),
    };
    warn_of_size(output.module_mm(format)?, &labels, args.upper_case);
    for written in output.write(format, to)? {
        eprintln!("  Đã ghi · wrote {written}");
    }
    if format == Format::Pdf {
        eprintln!("  In ở tỷ lệ 100 %, không chọn “vừa trang” · print at 100 %, not “fit to page”");
    }
    Ok(ExitCode::SUCCESS)
}

/// Says when the codes print outside of what tills are promised to read, or too small for phones.
fn warn_of_size(module_mm: f64, labels: &Labels, upper_case: bool) {
    let (low, high) = RETAIL_X_DIMENSION_MM;
    let comma = |mm: f64| format!("{mm:.3}").replace('.', ",");
    if module_mm < low || module_mm > high {
        eprintln!(
            "  ! Mỗi ô của mã rộng {} mm; máy quét ở quầy chỉ bảo đảm đọc từ {} đến {} mm (GS1) · a module is {module_mm:.3} mm; \
             tills are promised to read {low} to {high} mm (GS1 General Specifications, 5.12.3.1)",
            comma(module_mm),
            comma(low),
            comma(high),
        );
    }
    if module_mm < PHONE_X_DIMENSION_MM {
        eprintln!(
            "  ! Nhiều điện thoại không đọc được mã nhỏ như vậy: hãy chọn mẫu lớn hơn · many phones do not read codes this \
             small: take a larger design"
        );
    }
    if upper_case && labels.has_lower_case() {
        eprintln!(
            "  ! --upper-case không làm mã nhỏ đi vì phần sau địa chỉ có chữ thường · --upper-case does not make this code \
             smaller: its path has small letters"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_tenths_of_a_millimetre() {
        for (text, expected) in [("0", 0), ("1.3", 13), ("-0,5", -5), ("10", 100), ("-10.0", -100)] {
            assert_eq!(tenths(text), Ok(expected), "{text}");
        }
        for text in ["", "1.25", "11", "-10.1", "nan", "inf", "1mm"] {
            assert!(tenths(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_file_says_by_its_name_what_it_holds() {
        let of = |name: &str| Format::of(std::path::Path::new(name));
        assert_eq!(of("tem.PDF"), Some(Format::Pdf));
        assert_eq!(of("tem.prn"), Some(Format::Tspl));
        assert_eq!((of("tem"), of("tem.doc"), of("-")), (None, None, None));
    }
}
