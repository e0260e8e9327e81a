//! Every design as a picture and on a roll, read back by decoders that share no code.

use crate::given::{Grey, LONG, USUAL, codes, designs};
use nguon_label::{Fields, QrCode};
use nguon_print::{Bitmap, Label, Language, PlateError, Press, Resolution, Roll, RollError};

fn of_bitmap(bitmap: &Bitmap) -> Grey {
    let rows: Vec<&[u8]> = bitmap.rows().collect();
    let dark = |x: usize, y: usize| rows[y][x / 8] & (0x80 >> (x % 8)) != 0;
    Grey::of_bits(bitmap.width() as usize, bitmap.height() as usize, dark)
}

/// The same with white dots up to the next whole byte: printers are told no more.
fn whole_bytes(bitmap: &Bitmap) -> Bitmap {
    let bits = |byte: &u8| (0..8).map(|bit| byte & (0x80 >> bit) != 0).collect::<Vec<bool>>();
    let dark = bitmap.rows().flatten().flat_map(bits);
    Bitmap::new((bitmap.row_bytes() * 8) as u32, bitmap.height(), dark)
}

#[test]
fn every_label_is_read_back_from_its_picture_and_its_roll() {
    let press = Press::new().unwrap();
    for (name, design) in designs() {
        for ((code, serial), fields) in codes().iter().zip([USUAL, LONG]) {
            let plate = press.plate(&design, &fields, "vi").unwrap();
            // Finer ones differ in nothing but the time that decoders take.
            for dpi in [203, 300] {
                let place = format!("{name}, {dpi} dpi, {}", code.url());
                let resolution = Resolution::of_dpi(dpi).unwrap();
                let stamp = plate.stamp(resolution).unwrap();
                let label = Label { code, serial };
                let picture = stamp.picture(&label).unwrap();
                let (width, height) = picture.dots();
                let per_mm = if dpi == 203 { 8.0 } else { f64::from(dpi) / 25.4 };
                assert_eq!(width, (design.width_mm() * per_mm).round() as u32, "{place}");
                assert_eq!(height, (design.height_mm() * per_mm).round() as u32, "{place}");
                let png = Grey::of_png(&picture.png());
                assert_eq!((png.width, png.height), (width as usize, height as usize));
                png.assert_reads(code.url(), &place);
                let bitmap = picture.bitmap();
                of_bitmap(&bitmap).assert_reads(code.url(), &format!("{place}, one bit"));
                modules_are_whole_dots(&png, &stamp.module(code), &place);
                for language in [Language::Tspl, Language::Zpl] {
                    let mut roll = Roll::begin(Vec::new(), language, plate.size_mm(), 2.0).unwrap();
                    roll.label(&bitmap, 3).unwrap();
                    let sent = roll.finish().unwrap();
                    let printed = match language {
                        Language::Tspl => printer::tspl(&sent),
                        Language::Zpl => printer::zpl(&sent),
                    };
                    assert_eq!(printed, vec![(whole_bytes(&bitmap), 3)], "{place} {language:?}");
                }
            }
        }
    }
}

/// The upper left finder pattern's first row: seven modules of black, and not a grey dot in the whole code.
fn modules_are_whole_dots(png: &Grey, (module, mm): &(u32, f64), place: &str) {
    let module = *module as usize;
    assert!(module >= 2 && *mm > 0.2, "{place}: {module} dots, {mm} mm");
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(png.width, png.height, |x, y| {
        png.luma[y * png.width + x]
    });
    let corner = prepared.detect_grids()[0].bounds[0];
    let (left, top) = (corner.x as usize, corner.y as usize);
    let row = &png.luma[(top + module / 2) * png.width..][..png.width];
    let from = (0..png.width).find(|x| *x + module >= left && row[*x] == 0).unwrap();
    let run = row[from..].iter().take_while(|luma| **luma == 0).count();
    assert_eq!(run, 7 * module, "{place}");
}

#[test]
fn on_a_roll_each_pack_has_its_own_code_and_number() {
    let press = Press::new().unwrap();
    let (_, design) = designs().remove(0);
    let plate = press.plate(&design, &USUAL, "vi").unwrap();
    let stamp = plate.stamp(Resolution::of_dpi(203).unwrap()).unwrap();
    for language in [Language::Tspl, Language::Zpl] {
        let mut roll = Roll::begin(Vec::new(), language, plate.size_mm(), 2.0).unwrap();
        let mut urls = Vec::new();
        for n in 0..20 {
            let serial = format!("{n:07}K3M9");
            let url = format!("https://nguon.example/01/09521234567899/10/DL-2611-07/21/{serial}");
            let code = QrCode::new(&url).unwrap();
            roll.label(&stamp.picture(&Label { code: &code, serial: &serial }).unwrap().bitmap(), 1).unwrap();
            urls.push(url);
        }
        let sent = roll.finish().unwrap();
        let printed = if language == Language::Tspl { printer::tspl(&sent) } else { printer::zpl(&sent) };
        let read: Vec<String> = printed.iter().map(|(label, _)| of_bitmap(label).read()).collect();
        assert_eq!(read, urls);
        // The numbers differ in the picture too, not in the code alone: below it.
        let rows = |label: &Bitmap| label.rows().skip(216).flatten().copied().collect::<Vec<u8>>();
        assert_ne!(rows(&printed[0].0), rows(&printed[1].0));
    }
}

#[test]
fn a_label_is_printed_from_once_to_9999_times_in_one_go() {
    let bitmap = Bitmap::new(16, 2, []);
    for copies in [0, 10_000] {
        let mut roll = Roll::begin(Vec::new(), Language::Zpl, (2.0, 1.0), 2.0).unwrap();
        assert!(matches!(roll.label(&bitmap, copies), Err(RollError::Copies(n)) if n == copies));
    }
}

#[test]
fn rows_of_every_kind_come_back_from_the_printers_languages() {
    // Wider than a printer repeats in one letter, and no multiple of eight.
    let (width, height) = (3_213, 7);
    let dark = (0..width * height).map(|i| {
        let (x, y) = (i % width, i / width);
        match y {
            0 => false,
            1 | 2 => true,
            3 => x % 2 == 0,
            4 => x < 5 || x > width - 3,
            5 => (x / 100) % 2 == 1,
            _ => x == 17,
        }
    });
    let bitmap = Bitmap::new(width, height, dark);
    for language in [Language::Tspl, Language::Zpl] {
        let mut roll = Roll::begin(Vec::new(), language, (400.0, 1.0), 2.0).unwrap();
        roll.label(&bitmap, 1).unwrap();
        let sent = roll.finish().unwrap();
        let printed = if language == Language::Tspl { printer::tspl(&sent) } else { printer::zpl(&sent) };
        assert_eq!(printed, vec![(whole_bytes(&bitmap), 1)], "{language:?}");
    }
}

#[test]
fn a_code_too_dense_for_its_printer_is_refused() {
    let press = Press::new().unwrap();
    let (_, design) = designs().into_iter().find(|(name, _)| name.starts_with("small")).unwrap();
    let plate = press.plate(&design, &USUAL, "vi").unwrap();
    let stamp = plate.stamp(Resolution::of_dpi(203).unwrap()).unwrap();
    let code = QrCode::new(&format!("https://nguon.example/{}", "x".repeat(700))).unwrap();
    let refused = stamp.picture(&Label { code: &code, serial: "" }).err().unwrap();
    assert!(matches!(refused, PlateError::CodeTooDense { side_mm: 18.9, .. }), "{refused}");
    assert_eq!((Resolution::of_dpi(72), Resolution::of_dpi(5000)), (None, None));
}

#[test]
fn no_text_however_long_leaves_its_label() {
    // White all around: nothing is drawn over the edge.
    let press = Press::new().unwrap();
    let endless = "Đặc sản Đồng bằng sông Cửu Long ".repeat(50);
    let word = "ƯỠNG".repeat(200);
    for (name, design) in designs() {
        for text in [endless.as_str(), word.as_str()] {
            let fields = Fields {
                product: text,
                lot: text,
                packed_on: text,
                best_before: text,
                net_weight: text,
                organisation: text,
                address: text,
                origin: text,
                certificates: text,
                storage: text,
                short_code: text,
                serial: "",
            };
            let (code, _) = &codes()[0];
            let plate = press.plate(&design, &fields, "vi").unwrap();
            let stamp = plate.stamp(Resolution::of_dpi(300).unwrap()).unwrap();
            let png = Grey::of_png(&stamp.picture(&Label { code, serial: text }).unwrap().png());
            let edge = |i: usize| {
                let (x, y) = (i % png.width, i / png.width);
                x < 3 || y < 3 || x + 3 >= png.width || y + 3 >= png.height
            };
            let drawn = png.luma.iter().enumerate().filter(|(i, luma)| edge(*i) && **luma < 250).count();
            assert_eq!(drawn, 0, "{name}");
            png.assert_reads(code.url(), &name);
        }
    }
}

/// Label printers as their manuals describe them: bytes in, labels out.
mod printer {
    use nguon_print::Bitmap;

    /// TSPL: lines that end in CR LF, but for the bytes of a BITMAP.
    pub(crate) fn tspl(mut sent: &[u8]) -> Vec<(Bitmap, u32)> {
        let mut labels = Vec::new();
        let mut picture = None;
        let (mut size, mut gap) = (false, false);
        while !sent.is_empty() {
            if let Some(rest) = sent.strip_prefix(b"BITMAP ") {
                assert!(size && gap, "the printer knows its labels first");
                let mut rest = rest;
                let mut numbers = Vec::new();
                while numbers.len() < 5 {
                    let comma = rest.iter().position(|byte| *byte == b',').unwrap();
                    numbers.push(std::str::from_utf8(&rest[..comma]).unwrap().parse::<usize>().unwrap());
                    rest = &rest[comma + 1..];
                }
                let [0, 0, bytes, height, 0] = numbers[..] else { panic!("{numbers:?}") };
                let (data, after) = rest.split_at(bytes * height);
                picture = Some((bytes, height, data.to_vec()));
                sent = after.strip_prefix(b"\r\n").unwrap();
                continue;
            }
            let end = sent.windows(2).position(|two| two == b"\r\n").unwrap();
            let line = std::str::from_utf8(&sent[..end]).unwrap();
            sent = &sent[end + 2..];
            match line.split_once(' ') {
                None if line == "CLS" => picture = None,
                Some(("SIZE", of)) => size = of.ends_with(" mm"),
                Some(("GAP", of)) => gap = of == "2 mm,0 mm",
                Some(("DIRECTION", "1")) => {}
                Some(("PRINT", of)) => {
                    let copies = of.strip_prefix("1,").unwrap().parse().unwrap();
                    let (bytes, height, data) = picture.clone().unwrap();
                    // A 0 is black.
                    labels.push((bitmap(bytes, height, data.iter().map(|byte| !byte).collect()), copies));
                }
                _ => panic!("a printer does not know {line:?}"),
            }
        }
        labels
    }

    /// ZPL: one format a line.
    pub(crate) fn zpl(sent: &[u8]) -> Vec<(Bitmap, u32)> {
        let mut labels = Vec::new();
        for format in std::str::from_utf8(sent).unwrap().lines() {
            let inside = format.strip_prefix("^XA").unwrap().strip_suffix("^XZ").unwrap();
            let mut picture = None;
            let mut copies = 1;
            let mut width = 0;
            for command in inside.split('^').skip(1) {
                let (name, rest) = command.split_at(2);
                match name {
                    "PW" => width = rest.parse().unwrap(),
                    "LL" | "LH" | "FO" | "FS" => {}
                    "PQ" => copies = rest.parse().unwrap(),
                    "GF" => {
                        let mut parts = rest.splitn(5, ',');
                        assert_eq!(parts.next(), Some("A"));
                        let mut number = || parts.next().unwrap().parse::<usize>().unwrap();
                        let (total, again, bytes) = (number(), number(), number());
                        assert_eq!(total, again);
                        picture = Some((bytes, total / bytes, unpack(parts.next().unwrap(), bytes)));
                        assert_eq!(picture.as_ref().unwrap().2.len(), total);
                    }
                    _ => panic!("a printer does not know ^{name}"),
                }
            }
            let (bytes, height, data) = picture.unwrap();
            assert_eq!(bytes, usize::div_ceil(width, 8));
            labels.push((bitmap(bytes, height, data), copies));
        }
        labels
    }

    /// ZPL II Programming Guide, "Alternative Data Compression Scheme for ~DG and ~DB Commands".
    fn unpack(text: &str, bytes: usize) -> Vec<u8> {
        let mut digits: Vec<u8> = Vec::new();
        let row = bytes * 2;
        let mut times = 0;
        for c in text.chars() {
            let into = digits.len() % row;
            match c {
                'G'..='Y' => times += c as usize - 'G' as usize + 1,
                'g'..='z' => times += (c as usize - 'g' as usize + 1) * 20,
                ',' => digits.extend(std::iter::repeat_n(0, row - into)),
                '!' => digits.extend(std::iter::repeat_n(15, row - into)),
                ':' => digits.extend_from_within(digits.len() - row..),
                _ => {
                    let digit = c.to_digit(16).unwrap() as u8;
                    digits.extend(std::iter::repeat_n(digit, times.max(1)));
                    times = 0;
                }
            }
        }
        digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    fn bitmap(bytes: usize, height: usize, data: Vec<u8>) -> Bitmap {
        let dark = (0..bytes * 8 * height).map(|i| data[i / 8] & (0x80 >> (i % 8)) != 0);
        Bitmap::new((bytes * 8) as u32, height as u32, dark)
    }
}
