//! Label designs: the ones we ship, what fields may hold, and what a template may not.

#![expect(clippy::unwrap_used, reason = "a test")]

use nguon_label::{AnyFont, Design, DesignError, Fields, QrCode, TemplateError, XDimension};

const PLAIN_SVG: &str = include_str!("../../../qr-templates/plain-50x30/template.svg");
const PLAIN_TOML: &str = include_str!("../../../qr-templates/plain-50x30/template.toml");

const FIELDS_OF_A_LOT: Fields<'_> = Fields {
    product: "Cà phê Arabica Cầu Đất",
    lot: "DL-2611-07",
    packed_on: "22/11/2026",
    net_weight: "500 g",
    organisation: "HTX Nông nghiệp Xuân Trường",
    short_code: "7K3M-9QX2",
    best_before: "22/11/2027",
    address: "Thôn Đa Lộc, xã Xuân Trường, Lâm Đồng",
    origin: "Cầu Đất, Lâm Đồng, Việt Nam",
    certificates: "VietGAP · OCOP 4 sao",
    storage: "Nơi khô ráo, tránh ánh nắng trực tiếp",
    serial: "",
};

fn code() -> QrCode {
    QrCode::new("https://nguon.example/01/09521234567899/10/DL-2611-07").unwrap()
}

/// The text of every `<text>` in order, entities as they stand.
fn texts(svg: &str) -> Vec<&str> {
    let inside = |t: &str| t.find("</text>").map(|end| (t.find('>').unwrap() + 1, end));
    svg.split("<text").skip(1).map(|t| inside(t).map(|(a, b)| &t[a..b]).unwrap()).collect()
}

#[test]
fn every_design_we_ship_is_read_and_its_code_scans_at_a_till() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../qr-templates");
    let mut designs = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.join("template.svg").is_file() {
            continue;
        }
        let read = |name| std::fs::read_to_string(path.join(name)).unwrap();
        let svg = read("template.svg");
        let design = Design::parse(&svg, &read("template.toml")).unwrap();
        assert_eq!(code().judge_print_width(design.qr_side_mm()), XDimension::Retail, "{}", path.display());
        let fields = design.fields();
        for field in ["product", "lot", "packed_on", "net_weight", "organisation", "short_code", "serial"] {
            assert!(fields.contains(&field), "{} lacks {field}", path.display());
        }
        assert!(design.shows_serial());
        // The folder says how large it is.
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let size = format!("{:.0}x{:.0}", design.width_mm(), design.height_mm());
        assert!(name.ends_with(&size), "{name}: {size}");
        designs += 1;
    }
    assert!(designs >= 4);
}

#[test]
fn a_label_shows_its_fields_in_the_asked_language() {
    let design = Design::parse(PLAIN_SVG, PLAIN_TOML).unwrap();
    assert_eq!((design.width_mm(), design.height_mm(), design.qr_side_mm()), (50.0, 30.0, 21.5));
    let vietnamese = design.fill(&FIELDS_OF_A_LOT, "vi", &code());
    let expected = [
        "Cà phê Arabica Cầu Đất",
        "HTX Nông nghiệp Xuân Trường",
        "Lô: DL-2611-07",
        "Đóng gói: 22/11/2026",
        "HSD: 22/11/2027",
        "Khối lượng tịnh: 500 g",
        "Mã tra cứu",
        "7K3M-9QX2",
    ];
    assert_eq!(texts(&vietnamese), expected);
    let nested = "<svg x=\"0\" y=\"8.2\" width=\"21.5\" height=\"21.5\" viewBox=\"0 0 41 41\"";
    assert!(vietnamese.contains(nested), "{vietnamese}");
    assert!(!vietnamese.contains("data-"));

    let long = Fields { product: &"Dâu tây Đà Lạt ".repeat(9), ..FIELDS_OF_A_LOT };
    let long = design.fill(&long, "vi", &code());
    assert_eq!(texts(&long)[0], "Dâu tây Đà Lạt Dâu tây Đà…");
    assert!(long.contains("font-size=\"2.52\""), "{long}");

    let english = design.fill(&FIELDS_OF_A_LOT, "en", &code());
    assert_eq!(texts(&english)[3], "Packed: 22/11/2026");
    let unknown = design.fill(&FIELDS_OF_A_LOT, "tlh", &code());
    assert_eq!(unknown, vietnamese);
    assert_eq!(design.name("en"), "Plain label, 50 × 30 mm");
}

#[test]
fn an_empty_field_takes_its_caption_with_it() {
    let design = Design::parse(PLAIN_SVG, PLAIN_TOML).unwrap();
    let fields = Fields { net_weight: " \u{202e}", packed_on: "", short_code: "", ..FIELDS_OF_A_LOT };
    let label = design.fill(&fields, "vi", &code());
    assert!(!label.contains("Khối lượng") && !label.contains("Đóng gói"));
    // This one stands in a text of its own, with `data-if`.
    assert!(!label.contains("Mã tra cứu"));
    assert_eq!(texts(&label).len(), 4);
}

#[test]
fn what_changes_from_label_to_label_stands_apart() {
    let design = Design::parse(PLAIN_SVG, PLAIN_TOML).unwrap();
    let fields = Fields { serial: "000128-7K3M9QX2", ..FIELDS_OF_A_LOT };
    let ground = design.ground(&fields, "vi", &AnyFont);
    assert_eq!(texts(&ground).len(), 8);
    assert!(!ground.contains("000128") && !ground.contains("Sê-ri") && !ground.contains("viewBox=\"0 0 41"));
    let own = design.own_texts(&fields, "vi", &AnyFont).unwrap();
    assert_eq!(texts(&own), ["Sê-ri: 000128-7K3M9QX2"]);
    assert_eq!(design.own_texts(&FIELDS_OF_A_LOT, "vi", &AnyFont), None);
    let whole = design.fill(&fields, "vi", &code());
    let (head, _) = whole.split_once('>').unwrap();
    assert!(own.starts_with(head) && ground.starts_with(head), "fonts and colours are inherited alike");
    for text in texts(&ground).into_iter().chain(texts(&own)) {
        assert!(whole.contains(text));
    }
    // So do the rules of its styles.
    let styled = template(
        "<style>.s &gt; text { fill: rgb(1, 2, 3) }</style>\
        <text class='s' data-fit='9' font-size='2'>{serial}</text>",
    );
    let own = Design::parse(&styled, PLAIN_TOML).unwrap().own_texts(&fields, "vi", &AnyFont).unwrap();
    assert!(own.contains("<style>.s &gt; text { fill: rgb(1, 2, 3) }</style><text class=\"s\""), "{own}");
}

#[test]
fn script_in_any_field_is_only_text() {
    let design = Design::parse(PLAIN_SVG, PLAIN_TOML).unwrap();
    for bad in ["<script>x()</script>", "</text><image href='//e'/>", "\"'&#0;&x;", "{lot}", "]]>"] {
        let fields = Fields {
            product: bad,
            lot: bad,
            packed_on: bad,
            net_weight: bad,
            organisation: bad,
            short_code: bad,
            best_before: bad,
            address: bad,
            origin: bad,
            certificates: bad,
            storage: bad,
            serial: bad,
        };
        let label = design.fill(&fields, "vi", &code());
        assert_eq!(texts(&label).len(), 9, "{label}");
        for text in texts(&label) {
            assert!(!text.contains(['<', '>', '"']), "{text}");
        }
        assert!(!label.contains("<script") && !label.contains("<image"));
    }
}

/// A template that is right but for `inside`, which stands in the `<svg>`.
fn template(inside: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
         width=\"50mm\" height=\"30mm\" viewBox=\"0 0 50 30\">\
         <rect data-qr=\"\" x=\"1\" y=\"1\" width=\"20\" height=\"20\"/>{inside}</svg>"
    )
}

fn refused(svg: &str) -> TemplateError {
    match Design::parse(svg, PLAIN_TOML) {
        Err(DesignError::Template(error)) => error,
        other => panic!("{svg}: {other:?}"),
    }
}

#[test]
fn a_template_that_could_load_or_run_something_is_refused() {
    use TemplateError::{Attribute, Element, Markup, Reference, Style};
    let element = |name: &str| Element(name.to_owned());
    let attribute = |name: &str| Attribute(name.to_owned());
    let reference = |address: &str| Reference(address.to_owned());
    let style = |what: &str| Style(what.to_owned());
    let cases = [
        ("<script>x()</script>", element("script")),
        ("<foreignObject/>", element("foreignObject")),
        ("<use href='#a'/>", element("use")),
        ("<a href='#a'/>", element("a")),
        ("<svg/>", element("svg")),
        ("<s:script xmlns:s='http://www.w3.org/2000/svg'/>", element("s:script")),
        ("<g><set attributeName='href' to='https://e'/></g>", element("set")),
        ("<feImage href='https://e'/>", element("feImage")),
        ("<image href='https://e/x.png'/>", reference("https://e/x.png")),
        ("<image xlink:href='file:///etc/passwd'/>", reference("file:///etc/passwd")),
        ("<image href='//e'/>", reference("//e")),
        ("<image href='logo.png'/>", reference("logo.png")),
        ("<image href=' #a'/>", reference(" #a")),
        ("<image href='&#x68;ttp://e'/>", reference("http://e")),
        ("<image href='data:image/svg+xml;base64,AA=='/>", reference("data:image/svg+xml;base64,AA==")),
        ("<g onload='x()'/>", attribute("onload")),
        ("<g OnClick='x()'/>", attribute("OnClick")),
        ("<g xml:base='https://e'/>", attribute("xml:base")),
        ("<g xmlns='http://www.w3.org/1999/xhtml'/>", attribute("xmlns")),
        ("<g inkscape:label='x'/>", attribute("inkscape:label")),
        ("<rect fill='url(https://e)'/>", reference("url(https://e)")),
        ("<rect fill='URL( \"a.svg#x\")'/>", reference("url( \"a.svg#x\")")),
        ("<rect style='fill:\\75rl(#a)'/>", style("a backslash")),
        ("<rect style='mask:image-set(\"a\" 1x)'/>", style("image-set()")),
        ("<style>@import 'https://e';</style>", style("an @-rule such as @import")),
        ("<style>&#64;import 'https://e';</style>", style("an @-rule such as @import")),
        ("<style>rect{fill:url(//e)}</style>", reference("url(//e)}")),
        ("<style><![CDATA[@import 'x']]></style>", Markup("a CDATA section")),
        ("<?xml-stylesheet href='https://e'?>", Markup("a processing instruction")),
        ("<text>&logo;</text>", Markup("an entity")),
    ];
    for (inside, expected) in cases {
        assert_eq!(refused(&template(inside)), expected, "{inside}");
    }
    let doctype = format!("<!DOCTYPE svg SYSTEM 'https://e/x.dtd'>{}", template(""));
    assert_eq!(refused(&doctype), Markup("a DOCTYPE"));
}

#[test]
fn what_draws_is_allowed() {
    let inside = "<!-- x --><defs><linearGradient id='a'><stop offset='0'/></linearGradient></defs>\
        <style>rect.b { fill: rgb(1, 2, 3); stroke: url(#a) }</style>\
        <g transform='translate(1 2) rotate(3)'><rect fill='url( \"#a\")' width='1' height='1'/></g>\
        <image href='data:image/png;base64,AA=='/><text>A &amp; B <tspan>x</tspan> c</text>";
    let design = Design::parse(&template(inside), PLAIN_TOML).unwrap();
    let label = design.fill(&FIELDS_OF_A_LOT, "vi", &code());
    assert!(label.contains("rect.b { fill: rgb(1, 2, 3); stroke: url(#a) }"), "{label}");
    assert!(label.contains("<text>A &amp; B <tspan>x</tspan> c</text>"), "{label}");
    assert!(!label.contains("<!--"));
    // What we wrote is again a well-formed template once its code is a place for a code.
    let (before, rest) = label.split_once("<svg x=").unwrap();
    let after = rest.split_once("</svg>").unwrap().1;
    let place = "<rect data-qr=\"\" width=\"9\" height=\"9\"/>";
    assert!(Design::parse(&format!("{before}{place}{after}"), PLAIN_TOML).is_ok());
}

#[test]
fn a_template_that_is_not_a_label_is_refused() {
    use TemplateError::{
        FieldOutsideText, FieldWithoutFit, Lines, NotSvg, QrPlace, SerialPlace, TooDeep, TooMuch,
        UnknownField,
    };
    let cases = [
        ("<text data-fit='9' font-size='2'>{price}</text>", UnknownField("price".to_owned())),
        ("<text font-size='2'>{lot}</text>", FieldWithoutFit),
        ("<text data-fit='9'>{lot}</text>", FieldWithoutFit),
        ("<text data-fit='9' font-size='2mm'>{lot}</text>", FieldWithoutFit),
        ("<text data-fit='-1' font-size='2'>{lot}</text>", FieldWithoutFit),
        ("<text data-fit='inf' font-size='2'>{lot}</text>", FieldWithoutFit),
        ("<text data-fit='9' font-size='2'>{lot</text>", FieldOutsideText),
        ("<text data-fit='9' font-size='2'>{lot}}</text>", FieldOutsideText),
        ("<text data-fit='9' font-size='2'>{lot}<tspan/></text>", FieldOutsideText),
        ("<text><tspan/>{lot}</text>", FieldOutsideText),
        ("<title>{lot}</title>", FieldOutsideText),
        ("<text data-fit='9' font-size='2' data-if='price'>{lot}</text>", UnknownField("price".to_owned())),
        ("<text data-fit='9' font-size='2' data-lines='5'>{lot}</text>", Lines),
        ("<text data-fit='9' font-size='2' data-lines='2' x='5%'>{lot}</text>", Lines),
        ("<g><text data-fit='9' font-size='2'>{serial}</text></g>", SerialPlace),
        ("<g><text data-fit='9' font-size='2' data-if='serial'>{lot}</text></g>", SerialPlace),
        ("<rect data-qr='' width='9' height='9'/>", QrPlace),
    ];
    for (inside, expected) in cases {
        assert_eq!(refused(&template(inside)), expected, "{inside}");
    }
    let right = template("");
    assert_eq!(refused(&right.replace("data-qr=\"\"", "")), QrPlace);
    assert_eq!(refused(&right.replace("height=\"20\"", "height=\"21\"")), QrPlace);
    assert_eq!(refused(&right.replace("x=\"1\"", "x=\"1mm\"")), QrPlace);
    assert_eq!(refused(&right.replace("x=\"1\"", "x=\"-1\"")), QrPlace);
    assert_eq!(refused(&right.replace("x=\"1\"", "transform=\"scale(9)\"")), QrPlace);
    let moved = right.replace(" width=\"50mm\"", " transform=\"scale(9)\" width=\"50mm\"");
    assert_eq!(refused(&moved), TemplateError::Attribute("transform".to_owned()));
    assert_eq!(refused(&right.replace("<rect", "<g><rect").replace("/></", "/></g></")), QrPlace);
    assert_eq!(
        refused(&right.replace("/2000/svg", "/2000/swg")),
        TemplateError::Attribute("xmlns".to_owned())
    );
    assert_eq!(refused(&right.replace(" xmlns=\"http://www.w3.org/2000/svg\"", "")), NotSvg);
    assert_eq!(refused(&format!("{right}{right}")), NotSvg);
    assert_eq!(refused(""), NotSvg);
    assert_eq!(refused("<html/>"), NotSvg);
    assert_eq!(refused(&template(&"<g>".repeat(40))), TooDeep);
    // What would draw for ever: forty rects each clipped by forty others, thousands of layers, a drawing of crumbs.
    let clip = "<clipPath id=\"a\"><rect width=\"1\" height=\"1\" clip-path=\"url(#b)\"/></clipPath>";
    assert!(matches!(refused(&template(clip)), TooMuch(_)));
    let layers = "<g opacity=\"0.5\"></g>".repeat(51);
    assert!(matches!(refused(&template(&layers)), TooMuch(_)));
    assert!(matches!(refused(&template(&"<g></g>".repeat(2_000))), TooMuch(_)));
    assert_eq!(refused(&" ".repeat(262_145)), TemplateError::TooLarge(262_145));
    for malformed in ["<svg", &right.replace("</svg>", ""), &template("<g x='1' x='2'/>"), &template("</g>")]
    {
        assert!(matches!(refused(malformed), TemplateError::Malformed(_)), "{malformed}");
    }
}

#[test]
fn settings_and_drawing_must_agree() {
    let other_size = PLAIN_TOML.replace("width_mm = 50", "width_mm = 60");
    let error = Design::parse(PLAIN_SVG, &other_size).unwrap_err();
    assert!(matches!(error, DesignError::Size { width_mm: 60.0, height_mm: 30.0 }), "{error}");

    let english_only = PLAIN_TOML.replace("vi = \"Lô\"\n", "");
    let error = Design::parse(PLAIN_SVG, &english_only).unwrap_err();
    assert!(matches!(&error, DesignError::NoVietnamese(name) if name == "captions.lot"), "{error}");

    let no_caption = PLAIN_TOML.replace("[captions.lot]", "[captions.lo]");
    let error = Design::parse(PLAIN_SVG, &no_caption).unwrap_err();
    assert!(matches!(&error, DesignError::UnknownCaption(name) if name == "lot"), "{error}");

    let outside = PLAIN_SVG.replace("data-qr=\"\" x=\"0\"", "data-qr=\"\" x=\"29\"");
    let error = Design::parse(&outside, PLAIN_TOML).unwrap_err();
    assert!(matches!(error, DesignError::QrOutside), "{error}");

    for settings in ["", "width_mm = nan", &format!("colour = 1\n{PLAIN_TOML}")] {
        let error = Design::parse(PLAIN_SVG, settings).unwrap_err();
        assert!(matches!(error, DesignError::Settings(_)), "{error}");
    }
}
