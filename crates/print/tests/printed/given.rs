//! Designs, lots and decoders for the tests of this crate.

use std::path::Path;
use std::process::Command;

use nguon_label::{Design, Fields, QrCode};

/// Name and design of each folder of `qr-templates`.
pub(crate) fn designs() -> Vec<(String, Design)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../qr-templates");
    let mut designs = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.join("template.svg").is_file() {
            let read = |name| std::fs::read_to_string(path.join(name)).unwrap();
            let design = Design::parse(&read("template.svg"), &read("template.toml")).unwrap();
            designs.push((path.file_name().unwrap().to_string_lossy().into_owned(), design));
        }
    }
    assert!(designs.len() >= 4);
    designs.sort_by(|a, b| a.0.cmp(&b.0));
    designs
}

/// A lot as most are.
pub(crate) const USUAL: Fields<'_> = Fields {
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

/// As long as texts get on real packs.
pub(crate) const LONG: Fields<'_> = Fields {
    product: "Gạo thơm ST25 lúa – tôm hữu cơ Sóc Trăng, túi hút chân không 5 kg",
    lot: "LDG-2611-07-ARABICA-A",
    net_weight: "1 kg (10 gói × 100 g)",
    organisation: "Hợp tác xã Dịch vụ Nông nghiệp Tổng hợp Xuân Trường",
    address: "Số 127 đường Nguyễn Thị Minh Khai, thôn Đa Lộc, xã Xuân Trường, thành phố Đà Lạt, tỉnh Lâm Đồng",
    certificates: "VietGAP · GLOBALG.A.P. · OCOP 4 sao",
    storage: "Nhiệt độ 2–8 °C, tránh ánh nắng trực tiếp; dùng hết trong 7 ngày sau khi mở gói",
    ..USUAL
};

pub(crate) const LONG_SERIAL: &str = "0001283-7K3M9QX2";

/// A lot's own, and one of a pack whose lot, host and serial are long.
pub(crate) fn codes() -> [(QrCode, &'static str); 2] {
    let usual = "https://nguon.example/01/09521234567899/10/DL-2611-07";
    let long = "https://nguon.lamdong.gov.vn/01/09521234567899/10/LDG-2611-07-ARABICA-A/21/0001283-7K3M9QX2";
    [(QrCode::new(usual).unwrap(), ""), (QrCode::new(long).unwrap(), LONG_SERIAL)]
}

/// A grey picture: 0 black, 255 white.
pub(crate) struct Grey {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) luma: Vec<u8>,
}

impl Grey {
    pub(crate) fn of_png(file: &[u8]) -> Grey {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut bytes).unwrap();
        bytes.truncate(frame.buffer_size());
        let step = frame.color_type.samples();
        let luma = bytes.chunks_exact(step).map(|pixel| pixel[step.min(2) - 1]).collect();
        Grey { width: frame.width as usize, height: frame.height as usize, luma }
    }

    pub(crate) fn of_bits(width: usize, height: usize, dark: impl Fn(usize, usize) -> bool) -> Grey {
        let luma = (0..width * height).map(|i| if dark(i % width, i / width) { 0 } else { 255 }).collect();
        Grey { width, height, luma }
    }

    /// Binary PGM, as pdftoppm writes it.
    pub(crate) fn of_pgm(file: &[u8]) -> Grey {
        let mut fields = file.splitn(4, |byte| byte.is_ascii_whitespace());
        assert_eq!(fields.next().unwrap(), b"P5");
        let mut number = || std::str::from_utf8(fields.next().unwrap()).unwrap().parse::<usize>().unwrap();
        let (width, height) = (number(), number());
        let luma = file[file.len() - width * height..].to_vec();
        Grey { width, height, luma }
    }

    /// A label of a page, in millimetres.
    pub(crate) fn crop(&self, [x, y]: [f64; 2], [width, height]: [f64; 2], dpi: u32) -> Grey {
        let dots = |mm: f64| (mm * f64::from(dpi) / 25.4).round() as usize;
        let (left, top) = (dots(x), dots(y));
        let (width, height) = (dots(width).min(self.width - left), dots(height).min(self.height - top));
        let rows = (top..top + height).flat_map(|y| &self.luma[y * self.width + left..][..width]);
        Grey { width, height, luma: rows.copied().collect() }
    }

    /// What both decoders read; the test fails unless they agree.
    pub(crate) fn read(&self) -> String {
        // rqrr loses its grid where a program snapped modules to three and four dots by turns; then zbar is the second
        // decoder, or rqrr sees the dots smoothed, as a camera does.
        let second = self.read_by_rqrr().or_else(|| self.read_by_zbar());
        let second = second.or_else(|| self.seen(3).read_by_rqrr()).expect("a second decoder finds the code");
        let format = Some(rxing::BarcodeFormat::QR_CODE);
        let (width, height) = (self.width as u32, self.height as u32);
        let by_rxing = rxing::helpers::detect_in_luma(self.luma.clone(), width, height, format);
        assert_eq!(by_rxing.unwrap().getText(), second, "rxing reads what the second decoder reads");
        second
    }

    fn read_by_rqrr(&self) -> Option<String> {
        let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(self.width, self.height, |x, y| {
            self.luma[y * self.width + x]
        });
        let grids = prepared.detect_grids();
        let [grid] = grids.as_slice() else { return None };
        let (meta, text) = grid.decode().ok()?;
        // The two bits of the format information for level M (ISO/IEC 18004, table 12).
        assert_eq!(meta.ecc_level, 0, "level M");
        Some(text)
    }

    /// As many times larger, each point the mean of those around it.
    fn seen(&self, times: usize) -> Grey {
        let (width, height) = (self.width * times, self.height * times);
        let near = |at: usize, step: usize, end: usize| {
            ((at + step).saturating_sub(times / 2 + 1) / times).min(end - 1)
        };
        let mean = |i: usize| {
            let (x, y) = (i % width, i / width);
            let steps = 0..=times + 1;
            let around = steps.clone().flat_map(|dy| steps.clone().map(move |dx| (dx, dy)));
            let sum: usize = around
                .map(|(dx, dy)| {
                    let (x, y) = (near(x, dx, self.width), near(y, dy, self.height));
                    usize::from(self.luma[y * self.width + x])
                })
                .sum();
            (sum / ((times + 2) * (times + 2))) as u8
        };
        Grey { width, height, luma: (0..width * height).map(mean).collect() }
    }

    /// What zbar's program reads; nothing where it is not installed.
    pub(crate) fn read_by_zbar(&self) -> Option<String> {
        if !installed("zbarimg") {
            return None;
        }
        let mut file = tempfile::Builder::new().suffix(".pgm").tempfile().unwrap();
        let mut pgm = format!("P5\n{} {}\n255\n", self.width, self.height).into_bytes();
        pgm.extend(&self.luma);
        std::io::Write::write_all(&mut file, &pgm).unwrap();
        let mut zbar = Command::new("zbarimg");
        let out = zbar.args(["--quiet", "--raw", "--nodbus"]).arg(file.path()).output().unwrap();
        assert!(out.status.success(), "zbar finds no code: {}", String::from_utf8_lossy(&out.stderr));
        Some(String::from_utf8(out.stdout).unwrap().trim_end().to_owned())
    }

    /// All three.
    pub(crate) fn assert_reads(&self, url: &str, place: &str) {
        assert_eq!(self.read(), url, "{place}");
        match self.read_by_zbar() {
            Some(by_zbar) => assert_eq!(by_zbar, url, "{place}, by zbar"),
            None => {
                eprintln!("zbarimg is not here (Debian: zbar-tools): {place} is read by rqrr and rxing alone")
            }
        }
    }
}

/// Whether a program is on the path.
pub(crate) fn installed(program: &str) -> bool {
    std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).any(|f| f.join(program).is_file())
}
