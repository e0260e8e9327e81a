//! Designs and texts of people who mean no good.

use crate::given::{USUAL, codes};
use nguon_label::{Design, Fields};
use nguon_print::{Label, PlateError, Press, Resolution};

const TOML: &str = "width_mm = 50\nheight_mm = 30\n[name]\nvi = \"Thử\"\n";

fn design(inside: &str) -> Design {
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"50mm\" height=\"30mm\" viewBox=\"0 0 50 30\">\
         <rect data-qr=\"\" x=\"0\" y=\"8\" width=\"21\" height=\"21\"/>{inside}</svg>"
    );
    Design::parse(&svg, TOML).unwrap()
}

fn picture(press: &Press, design: &Design, fields: &Fields<'_>) -> Vec<u8> {
    let plate = press.plate(design, fields, "vi").unwrap();
    let stamp = plate.stamp(Resolution::of_dpi(203).unwrap()).unwrap();
    let (code, _) = &codes()[0];
    stamp.picture(&Label { code, serial: fields.serial }).unwrap().png()
}

/// A PNG that says it has so many pixels and holds none.
fn png_header(width: u32, height: u32) -> String {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    drop(encoder.write_header().unwrap());
    format!("<image width=\"9\" height=\"9\" href=\"data:image/png;base64,{}\"/>", base64(&file))
}

/// RFC 4648, 4.
fn base64(bytes: &[u8]) -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let number = three.iter().chain(&[0, 0]).take(3).fold(0_u32, |n, byte| n << 8 | u32::from(*byte));
        for place in 0..4 {
            let letter = letters[(number >> (18 - 6 * place) & 63) as usize];
            text.push(if place > three.len() { '=' } else { char::from(letter) });
        }
    }
    text
}

#[test]
fn a_picture_that_unfolds_to_gigabytes_is_refused() {
    let press = Press::new().unwrap();
    for (width, height) in [(60_000, 60_000), (5_000, 5_000)] {
        let refused = press.plate(&design(&png_header(width, height)), &USUAL, "vi").err();
        assert_eq!(refused, Some(PlateError::ImageTooLarge), "{width} × {height}");
    }
    let many = png_header(2_000, 1_000).repeat(9);
    assert_eq!(press.plate(&design(&many), &USUAL, "vi").err(), Some(PlateError::ImageTooLarge));
    // One without its pixels is left out; the label is drawn.
    picture(&press, &design(&png_header(100, 100)), &USUAL);
}

#[test]
fn a_picture_is_what_it_says_it_is() {
    // An SVG, and one compressed, that call themselves PNG: they would be read with rules of their own.
    let press = Press::new().unwrap();
    let svg =
        "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9'/></svg>";
    let white = picture(&press, &design(""), &USUAL);
    for bytes in [svg.as_bytes(), b"\x1f\x8b\x08\0\0\0\0\0", b"GIF89a\x09\0\x09\0", b""] {
        let inside =
            format!("<image width=\"9\" height=\"9\" href=\"data:image/png;base64,{}\"/>", base64(bytes));
        assert_eq!(picture(&press, &design(&inside), &USUAL), white, "{bytes:?}");
    }
}

#[test]
fn effects_that_differ_between_printers_are_refused() {
    let press = Press::new().unwrap();
    let blend = "<g style='mix-blend-mode:multiply'><rect width='9' height='9'/></g>";
    assert_eq!(press.plate(&design(blend), &USUAL, "vi").err(), Some(PlateError::Effect("mix-blend-mode")));
    // Also in what is drawn label by label.
    let own = "<text style='mix-blend-mode:multiply' font-size='2' data-fit='9' y='5'>{serial}</text>";
    let own = design(own);
    let plate = press.plate(&own, &USUAL, "vi").unwrap();
    let stamp = plate.stamp(Resolution::of_dpi(203).unwrap()).unwrap();
    let refused = stamp.picture(&Label { code: &codes()[0].0, serial: "K3M9" }).err();
    assert_eq!(refused, Some(PlateError::Effect("mix-blend-mode")));
    let clip = "<defs><clipPath id='a'><text>A</text></clipPath></defs><rect clip-path='url(#a)' width='9' height='9'/>";
    let refused = press.plate(&design(clip), &USUAL, "vi").err();
    assert_eq!(refused, Some(PlateError::Effect("a clip path of other things than shapes")));
}

#[test]
fn whatever_stands_in_a_field_is_drawn_as_text() {
    let press = Press::new().unwrap();
    let text =
        |field: &str| format!("<text x=\"22\" y=\"20\" font-size=\"2\" data-fit=\"26\">{{{field}}}</text>");
    let black = "<rect width='50' height='30'/>";
    for bad in
        [black, "</text><image href='file:///dev/zero'/>", "&#0;\0\u{202e}", "]]><script>", "{lot}", "%s%n"]
    {
        for field in ["product", "lot", "serial"] {
            let fields = Fields { product: bad, lot: bad, serial: bad, ..USUAL };
            let drawn = picture(&press, &design(&text(field)), &fields);
            assert_ne!(drawn, picture(&press, &design(black), &USUAL));
            let grey = crate::given::Grey::of_png(&drawn);
            let dark = grey.luma.iter().filter(|luma| **luma < 128).count();
            assert!(dark * 2 < grey.luma.len(), "{field}: {bad}");
            grey.assert_reads(codes()[0].0.url(), bad);
        }
    }
}

#[test]
fn the_same_letters_are_drawn_whatever_font_a_design_asks_for() {
    // Fonts of the machine would make another label on each.
    let press = Press::new().unwrap();
    let text = |family: &str| {
        design(&format!("<text x='22' y='20' font-size='3' font-family='{family}'>Đồng Tháp 4 sao</text>"))
    };
    let ours = picture(&press, &text("Noto Sans"), &USUAL);
    for family in ["DejaVu Sans", "Times New Roman", "monospace", "no such font, serif", ""] {
        assert_eq!(picture(&press, &text(family), &USUAL), ours, "{family}");
    }
    assert_ne!(ours, picture(&press, &design(""), &USUAL));
    assert_eq!(press.missing("Đồng ★ 漢 sao"), ['★', '漢']);
}

#[test]
fn letters_written_in_pieces_print_like_whole_ones() {
    // "Cầu Đất" as macOS and some phones send it: letters and their marks apart.
    let press = Press::new().unwrap();
    let text = design("<text x=\"22\" y=\"20\" font-size=\"3\" data-fit=\"26\">{product}</text>");
    let apart = Fields { product: "Ca\u{302}\u{300}u \u{110}a\u{302}\u{301}t", ..USUAL };
    let whole = Fields { product: "Cầu Đất", ..USUAL };
    assert_eq!(picture(&press, &text, &apart), picture(&press, &text, &whole));
}
