//! Every picture of a code, read back by two decoders that share no code.

#![expect(clippy::unwrap_used, reason = "a test")]
#![expect(clippy::cast_possible_truncation, reason = "pictures here are small")]

use nguon_label::{QrCode, SvgOptions};

/// A grey picture: 0 black, 255 white.
struct Picture {
    width: usize,
    luma: Vec<u8>,
}

impl Picture {
    fn from_modules(side: usize, scale: usize, dark: impl Fn(usize, usize) -> bool) -> Picture {
        let width = side * scale;
        let at = |i: usize| dark(i % width / scale, i / width / scale);
        let luma = (0..width * width).map(|i| if at(i) { 0 } else { 255 }).collect();
        Picture { width, luma }
    }

    /// What both decoders read; the test fails unless they agree.
    fn read(&self) -> String {
        let mut prepared =
            rqrr::PreparedImage::prepare_from_greyscale(self.width, self.luma.len() / self.width, |x, y| {
                self.luma[y * self.width + x]
            });
        let grids = prepared.detect_grids();
        assert_eq!(grids.len(), 1, "rqrr finds one code");
        let (meta, by_rqrr) = grids[0].decode().unwrap();
        // The two bits of the format information for level M (ISO/IEC 18004, table 12).
        assert_eq!(meta.ecc_level, 0, "level M");

        let height = (self.luma.len() / self.width) as u32;
        let format = Some(rxing::BarcodeFormat::QR_CODE);
        let found = rxing::helpers::detect_in_luma(self.luma.clone(), self.width as u32, height, format);
        assert_eq!(found.unwrap().getText(), by_rqrr, "rxing reads what rqrr reads");
        by_rqrr
    }
}

fn picture_of_png(file: &[u8]) -> Picture {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    assert_eq!(reader.info().bit_depth, png::BitDepth::One);
    assert_eq!(reader.info().color_type, png::ColorType::Grayscale);
    let mut luma = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut luma).unwrap();
    assert_eq!(frame.width, frame.height);
    Picture { width: frame.width as usize, luma }
}

/// Draws the last path of the SVG: `M x y` or `m dx dy`, then `h w v 1 h -w z`.
fn picture_of_svg(svg: &str) -> Picture {
    let side: usize = between(svg, "viewBox=\"0 0 ", " ").parse().unwrap();
    let path = between(svg.rsplit_once("<path ").unwrap().1, "d=\"", "\"");
    let mut dark = vec![false; side * side];
    let (mut x, mut y) = (0, 0);
    for run in path.split_terminator('z') {
        let (to, rest) = run.split_once('h').unwrap();
        let (width, back) = rest.split_once("v1h-").unwrap();
        assert_eq!(width, back, "each rectangle closes");
        let (dx, dy) = to[1..].split_once(' ').unwrap();
        let (dx, dy): (usize, usize) = (dx.parse().unwrap(), dy.parse().unwrap());
        (x, y) = if to.starts_with('M') { (dx, dy) } else { (x + dx, y + dy) };
        for i in x..x + width.parse::<usize>().unwrap() {
            dark[y * side + i] = true;
        }
    }
    Picture::from_modules(side, 5, |x, y| dark[y * side + x])
}

fn picture_of_terminal(text: &str) -> Picture {
    let mut rows: Vec<Vec<bool>> = Vec::new();
    for line in text.lines() {
        let line = line.strip_prefix("\u{1b}[38;5;16;48;5;231m").unwrap();
        let line = line.strip_suffix("\u{1b}[0m").unwrap();
        rows.push(line.chars().map(|c| "▀█".contains(c)).collect());
        rows.push(line.chars().map(|c| "▄█".contains(c)).collect());
    }
    let side = rows[0].len();
    assert_eq!(rows.len(), side + 1, "the last half line is light");
    assert!(rows[side].iter().all(|dark| !dark));
    Picture::from_modules(side, 5, |x, y| rows[y][x])
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    text.split_once(start).unwrap().1.split_once(end).unwrap().0
}

fn check(url: &str) {
    let code = QrCode::new(url).unwrap();
    let rows: Vec<&[bool]> = code.modules().collect();
    assert_eq!((rows.len(), rows[0].len()), (code.size(), code.size()));
    assert_eq!(picture_of_svg(&code.svg(&SvgOptions::default())).read(), url, "svg");
    assert_eq!(picture_of_terminal(&code.terminal()).read(), url, "terminal");
    for module_pixels in [3, 8] {
        let png = picture_of_png(&code.png(module_pixels));
        assert_eq!(png.width, code.full_size() * module_pixels as usize);
        assert_eq!(png.read(), url, "png");
    }
}

#[test]
fn urls_of_every_length_are_read_back_from_every_picture() {
    for length in (20..=300).step_by(14) {
        let mut url = format!("https://nguon.example/{}/", length);
        while url.len() < length {
            url.push(char::from(b"Aa0Bb1-Cc2.Dd3~"[url.len() % 15]));
        }
        url.truncate(length);
        check(&url);
    }
}

#[test]
fn vietnamese_paths_digital_links_and_upper_case_are_read_back() {
    for url in [
        "https://nguon.example/lo/C%C3%A0%20ph%C3%AA%20C%E1%BA%A7u%20%C4%90%E1%BA%A5t/DL-2611",
        "https://nguon.example/lo/khoai%20d%E1%BA%BBo%20Qu%E1%BA%A3ng%20B%C3%ACnh?ng=vi#chuoi",
        "https://id.gs1.org/01/09521234567899/10/DL-2611-07/21/7K3M9QX2",
        "https://nguon.example/01/09521234567899/10/A%2FB%25?17=261231&3103=000500",
        "HTTPS://NGUON.EXAMPLE/01/09521234567899/10/DL2611",
        "http://127.0.0.1:8080/l/7K3M9QX2",
    ] {
        check(url);
    }
}

#[test]
fn a_code_inside_a_page_is_small_and_says_what_it_is() {
    let code = QrCode::new("https://nguon.example/01/09521234567899/10/DL-2611").unwrap();
    let options = SvgOptions { title: "Cà phê <Cầu Đất> & \"bạn\"\0", print_width_mm: Some(24.5) };
    let svg = code.svg(&options);
    assert!(svg.len() < 3000, "{} bytes", svg.len());
    assert!(svg.contains(" width=\"24.5mm\" height=\"24.5mm\" viewBox=\"0 0 37 37\" role=\"img\""));
    let title = "<title>Cà phê &lt;Cầu Đất&gt; &amp; &quot;bạn&quot;\u{fffd}</title>";
    assert!(svg.contains(title), "{svg}");
    assert_eq!(svg.matches("<path fill=\"#").count(), 2, "black and white are both named");
    let untitled = code.svg(&SvgOptions::default());
    assert!(untitled.contains(&format!("<title>{}</title>", code.url())));
}

#[test]
fn no_request_makes_a_huge_or_empty_png() {
    let code = QrCode::new("https://nguon.example/x").unwrap();
    assert_eq!(picture_of_png(&code.png(0)).width, code.full_size());
    assert_eq!(picture_of_png(&code.png(u32::MAX)).width, code.full_size() * 40);
}
