//! The designs inside the program, and the user's own.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use nguon_label::{Design, Fields, QrCode, XDimension};
use nguon_print::{Label, Press, Resolution, SHEETS};

use crate::label::output;
use crate::out;

macro_rules! built_in {
    ($($name:literal),+) => {
        /// Name, drawing and words of each folder of `qr-templates`.
        const BUILT_IN: &[(&str, &str, &str)] = &[$((
            $name,
            include_str!(concat!("../../../../qr-templates/", $name, "/template.svg")),
            include_str!(concat!("../../../../qr-templates/", $name, "/template.toml")),
        )),+];
    };
}

built_in!("plain-50x30", "retail-100x60", "sheet-70x37", "small-38x21");

/// Larger files are no designs.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// The design that is made for a sheet.
pub(super) fn suiting(sheet: &str) -> &'static str {
    match sheet {
        "a4-3x8" => "sheet-70x37",
        "l7651" | "6121" => "small-38x21",
        _ => "plain-50x30",
    }
}

/// A design by its name, or a folder's.
pub(super) fn open(name: &str) -> anyhow::Result<Design> {
    if let Some((_, svg, toml)) = BUILT_IN.iter().find(|(known, ..)| *known == name) {
        return Design::parse(svg, toml).with_context(|| format!("the design {name}"));
    }
    let folder = Path::new(name);
    if !folder.is_dir() {
        let known: Vec<&str> = BUILT_IN.iter().map(|(name, ..)| *name).collect();
        bail!("{} is neither a folder nor one of {}", out::visible(name), known.join(", "));
    }
    let design = Design::parse(&read(folder, "template.svg")?, &read(folder, "template.toml")?);
    design.with_context(|| format!("the design in {}", folder.display()))
}

fn read(folder: &Path, name: &str) -> anyhow::Result<String> {
    let file = folder.join(name);
    let size = std::fs::metadata(&file).with_context(|| format!("cannot read {}", file.display()))?.len();
    if size > FILE_BYTES_MAX {
        bail!("{} has {size} bytes: too large for a design", file.display());
    }
    std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))
}

pub(super) fn list() -> anyhow::Result<ExitCode> {
    out::line("  Mẫu tem · designs")?;
    for (name, svg, toml) in BUILT_IN {
        let design = Design::parse(svg, toml)?;
        out::line(format!(
            "    {name:<14} {:>5} × {:<4} mm  mã · code {:>4} mm  {} · {}",
            design.width_mm(),
            design.height_mm(),
            design.qr_side_mm(),
            design.name("vi"),
            design.name("en")
        ))?;
    }
    out::line("  Tờ tem · sheets (--sheet)")?;
    out::line("    single         mỗi trang một tem · a page for each label")?;
    for sheet in SHEETS {
        out::line(format!("    {:<14} {} · {}", sheet.id, sheet.name_vi, sheet.name_en))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Long, but found on real labels.
const LONG: Fields<'_> = Fields {
    product: "Gạo thơm ST25 lúa – tôm hữu cơ Sóc Trăng, túi 5 kg",
    lot: "LDG-2611-07-ARABICA-A",
    packed_on: "22/11/2026",
    best_before: "22/11/2027",
    net_weight: "1 kg (10 gói × 100 g)",
    organisation: "Hợp tác xã Dịch vụ Nông nghiệp Tổng hợp Xuân Trường",
    address: "Thôn Đa Lộc, xã Xuân Trường, thành phố Đà Lạt, tỉnh Lâm Đồng",
    origin: "Việt Nam",
    certificates: "VietGAP · GLOBALG.A.P. · OCOP 4 sao",
    storage: "Nơi khô ráo, thoáng mát, tránh ánh nắng trực tiếp; đậy kín sau khi mở",
    short_code: "7K3M-9QX2",
    serial: "0001283-7K3M9QX2",
};

/// As long as an address with a GTIN, a lot and a serial gets at a province.
const LONG_ADDRESS: &str =
    "https://nguon.lamdong.gov.vn/01/09521234567899/10/LDG-2611-07-ARABICA-A/21/0001283-7K3M9QX2";

pub(super) fn check(folder: &Path, to: Option<&Path>) -> anyhow::Result<ExitCode> {
    if !folder.is_dir() {
        bail!("{} is no folder", folder.display());
    }
    let design = match open(&folder.to_string_lossy()) {
        Ok(design) => design,
        Err(error) => {
            eprintln!("  ✘ {}", out::visible(&format!("{error:#}")));
            return Ok(ExitCode::from(1));
        }
    };
    let press = Press::new()?;
    let code = QrCode::new(LONG_ADDRESS)?;
    let drawn = press.plate(&design, &LONG, "vi").and_then(|plate| {
        let of = |dpi| Resolution::of_dpi(dpi).map(|resolution| plate.stamp(resolution));
        let label = Label { code: &code, serial: LONG.serial };
        let (Some(coarse), Some(fine)) = (of(203), of(300)) else { return Ok(None) };
        coarse?.picture(&label)?;
        Ok(Some(fine?.picture(&label)?.png()))
    });
    let picture = match drawn {
        Ok(picture) => picture,
        Err(error) => {
            eprintln!("  ✘ {}", out::visible(&error.to_string()));
            return Ok(ExitCode::from(1));
        }
    };
    let (width, height) = (design.width_mm(), design.height_mm());
    out::line(format!("  ✔ {} · {width} × {height} mm", out::visible(design.name("vi"))))?;
    out::line(format!("    trường · fields: {}", design.fields().join(", ")))?;
    for field in ["product", "lot", "organisation", "short_code"] {
        if !design.fields().contains(&field) {
            out::line(format!("  ! thiếu {{{field}}} · it does not show {{{field}}}"))?;
        }
    }
    let module = code.x_dimension_mm(design.qr_side_mm());
    if code.judge_print_width(design.qr_side_mm()) == XDimension::TooSmall {
        out::line(format!(
            "  ! Với địa chỉ dài, mỗi ô của mã chỉ rộng {module:.2} mm, nhỏ hơn mức GS1 cho quầy thanh toán · with a long \
             address a module is {module:.2} mm, below what GS1 asks for at tills"
        ))?;
    }
    let fits: Vec<&str> = SHEETS.iter().filter(|s| s.holds((width, height))).map(|s| s.id).collect();
    out::line(format!("    vừa tờ · goes on: single {}", fits.join(" ")))?;
    if let (Some(to), Some(picture)) = (to, picture) {
        output::write_file(to, &picture)?;
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_of_designs_is_in_the_program() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../qr-templates");
        let mut folders: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.join("template.svg").is_file())
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        folders.sort();
        let mut known: Vec<&str> = BUILT_IN.iter().map(|(name, ..)| *name).collect();
        known.sort_unstable();
        assert_eq!(folders, known);
    }

    #[test]
    fn each_sheet_has_a_design_that_goes_on_it() {
        for sheet in SHEETS {
            let design = open(suiting(sheet.id)).unwrap();
            assert!(sheet.holds((design.width_mm(), design.height_mm())), "{}", sheet.id);
        }
        assert!(open("no-such-design").is_err());
    }

    #[test]
    fn a_design_of_ones_own_is_told_what_is_wrong_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let (_, svg, toml) = BUILT_IN[0];
        std::fs::write(folder.path().join("template.toml"), toml).unwrap();
        let refused = "/etc/passwd";
        let bad = svg.replace("</svg>", &format!("<image href=\"file://{refused}\"/></svg>"));
        std::fs::write(folder.path().join("template.svg"), bad).unwrap();
        let error = format!("{:#}", open(&folder.path().to_string_lossy()).unwrap_err());
        assert!(error.contains("leads out of the template"), "{error}");
        assert_eq!(check(folder.path(), None).unwrap(), ExitCode::from(1));
        std::fs::write(folder.path().join("template.svg"), svg).unwrap();
        let picture = folder.path().join("look.png");
        assert_eq!(check(folder.path(), Some(&picture)).unwrap(), ExitCode::SUCCESS);
        assert!(std::fs::read(picture).unwrap().starts_with(b"\x89PNG"));
    }
}
