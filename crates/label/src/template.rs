//! Reads the SVG of a label design, whose author we do not trust.
//!
//! A template is well-formed XML with the elements and attributes that draw, and nothing that
//! loads, runs or expands: what is not on the list is refused, so a new way to reach a file or the
//! network is refused too. Three things in it are ours:
//!
//! ```text
//! <text data-fit="28" font-size="3" …>{product}</text>      a field, in at most 28 units
//! <text data-fit="20" font-size="2" …>{caption.lot}: {lot}</text>
//! <text data-fit="40" font-size="2" data-lines="2" …>{storage}</text>   in at most two lines
//! <text data-fit="20" font-size="2" data-if="storage" …>{caption.storage}</text>   not without it
//! <rect data-qr="" x="1" y="3" width="24" height="24"/>      where the code goes, once
//! ```
//!
//! Comments are dropped. Namespaces of drawing programs are refused: save as plain SVG.
//! `<use>` is refused because nested uses grow without bound.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::allowed::{SVG, check_attribute, check_element, check_style};
use crate::design::{FIELDS, WHOLE};
use crate::fit::Style;
use crate::xml::{push_attribute, push_escaped};

/// Bytes of a template: a logo as a data URL fits, a photograph does not.
const MAX_BYTES: usize = 256 * 1024;

/// Lines of one text.
const MAX_LINES: usize = 4;

/// Elements within elements; programs that draw SVG recurse.
const MAX_DEPTH: usize = 32;

/// Elements of a label, at most.
const MAX_ELEMENTS: usize = 2_000;

/// Elements that are drawn apart and laid over the rest (`opacity`, `clip-path`): each is a picture as large as the label.
const MAX_LAYERS: usize = 50;

/// Why a template is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Too large to be a label.
    #[error("the template has {0} bytes; at most 262144 are read")]
    TooLarge(usize),
    /// Not well-formed XML.
    #[error("the template is not well-formed XML: {0}")]
    Malformed(String),
    /// A DOCTYPE, processing instruction, CDATA section or entity of its own.
    #[error("{0} may not stand in a template: it can reach files, the network or grow without end")]
    Markup(&'static str),
    /// The outermost element is not one `<svg>` in SVG's namespace.
    #[error("a template is one <svg xmlns=\"http://www.w3.org/2000/svg\"> element")]
    NotSvg,
    /// Elements nested more than 32 deep.
    #[error("the template nests elements too deeply")]
    TooDeep,
    /// More than a label needs: drawing it would take for ever.
    #[error("the template has too much to draw: {0}")]
    TooMuch(&'static str),
    /// An element outside the list.
    #[error("<{0}> may not stand in a template; save as plain SVG, without scripts and effects")]
    Element(String),
    /// An attribute that runs code, changes what addresses mean, or belongs to a drawing program.
    #[error("the attribute {0} may not stand in a template; save as plain SVG")]
    Attribute(String),
    /// An address that leads out of the template.
    #[error("{0:?} leads out of the template: only #names and embedded PNG or JPEG are allowed")]
    Reference(String),
    /// Style text that could load something: an @-rule, a backslash or an unlisted function.
    #[error("a style may not use {0}: it can reach files or the network")]
    Style(String),
    /// `{name}` that is no field.
    #[error("{{{0}}} is not a field of labels")]
    UnknownField(String),
    /// A brace outside of a `<text>` that has no elements in it.
    #[error("fields stand in <text> elements that contain nothing but text")]
    FieldOutsideText,
    /// A `<text>` with a field but without its width or size.
    #[error("a <text> with a field needs data-fit and font-size, both positive plain numbers")]
    FieldWithoutFit,
    /// Not exactly one place for the code, or not a square of plain numbers directly inside `<svg>`.
    #[error(
        "a template needs exactly one square <rect data-qr=\"\" …> directly inside <svg>, \
         its x, y, width and height plain numbers"
    )]
    QrPlace,
    /// `{serial}` inside a group: it changes from label to label and is drawn above the rest.
    #[error("a <text> with {{serial}} stands directly inside <svg>, not in a group")]
    SerialPlace,
    /// `data-lines` that is no small number, or on a text with `{serial}`.
    #[error("data-lines is a number from 1 to {MAX_LINES}, and its <text> has an x, a plain number")]
    Lines,
}

/// A template as the parts between which the values go.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    pub(crate) pieces: Vec<Piece>,
    /// The opened `<svg>` and its `<style>`s: what a text directly inside it needs to look the same alone.
    pub(crate) head: String,
    pub(crate) qr: QrPlace,
    /// `width`, `height` and `viewBox` of the `<svg>`.
    pub(crate) frame: [String; 3],
}

/// Where the code goes, in millimetres from the label's upper left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QrPlace {
    /// Its left edge.
    pub x_mm: f64,
    /// Its upper edge.
    pub y_mm: f64,
    /// Its side, quiet zone included.
    pub side_mm: f64,
}

#[derive(Debug, Clone)]
pub(crate) enum Piece {
    /// Checked XML, written as it is.
    Xml(String),
    Text(FieldText),
    /// The code, at [`Template::qr`].
    Qr,
}

/// A `<text>` with fields in it.
#[derive(Debug, Clone)]
pub(crate) struct FieldText {
    /// Attributes as XML, without `font-size` and those of our own.
    pub(crate) attributes: String,
    pub(crate) font_size: f64,
    pub(crate) style: Style,
    pub(crate) fit: f64,
    /// Lines at most, and the left end of the second and later ones.
    pub(crate) lines: usize,
    pub(crate) x: String,
    /// It is left out when this field is empty, as it is when one that it shows is.
    pub(crate) only_with: Option<&'static str>,
    pub(crate) parts: Vec<Part>,
}

impl FieldText {
    /// Whether it is this label's alone and not its lot's.
    pub(crate) fn is_own(&self) -> bool {
        self.only_with == Some("serial") || self.parts.contains(&Part::Field("serial"))
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    Words(String),
    Field(&'static str),
    Caption(String),
}

type Attributes = Vec<(String, String)>;

/// Checks and cuts a template.
pub(crate) fn parse(svg: &str) -> Result<Template, TemplateError> {
    if svg.len() > MAX_BYTES {
        return Err(TemplateError::TooLarge(svg.len()));
    }
    let mut reader = Reader::from_str(svg);
    let mut builder = Builder::default();
    loop {
        match reader.read_event().map_err(malformed)? {
            Event::Start(start) => builder.start(&start)?,
            Event::End(_) => builder.end()?,
            Event::Empty(start) => {
                builder.start(&start)?;
                builder.end()?;
            }
            Event::Text(text) => builder.text(&text.xml10_content())?,
            Event::GeneralRef(name) => {
                let c = match name.resolve_char_ref().map_err(malformed)? {
                    Some(c) => c,
                    None => predefined(&name).ok_or(TemplateError::Markup("an entity"))?,
                };
                builder.text(c.encode_utf8(&mut [0; 4]))?;
            }
            Event::Decl(_) | Event::Comment(_) => {}
            Event::DocType(_) => return Err(TemplateError::Markup("a DOCTYPE")),
            Event::PI(_) => return Err(TemplateError::Markup("a processing instruction")),
            Event::CData(_) => return Err(TemplateError::Markup("a CDATA section")),
            Event::Eof => return builder.finish(),
        }
    }
}

fn malformed(error: impl std::fmt::Display) -> TemplateError {
    TemplateError::Malformed(error.to_string())
}

/// XML 1.0, 4.6.
fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

/// Writes the checked template anew, piece by piece.
#[derive(Default)]
struct Builder {
    /// Elements until now, and those of them that are layers.
    elements: usize,
    layers: usize,
    pieces: Vec<Piece>,
    xml: String,
    open: Vec<Open>,
    head: String,
    frame: Option<[String; 3]>,
    qr: Option<QrPlace>,
}

enum Open {
    Element(String),
    /// A `<text>` that has had no element inside it so far.
    Text {
        attributes: Attributes,
        content: String,
    },
    /// The place of the code: nothing of it is written.
    Qr,
}

impl Builder {
    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), TemplateError> {
        let name = start.name().0;
        let root = self.open.is_empty();
        if self.open.len() >= MAX_DEPTH {
            return Err(TemplateError::TooDeep);
        }
        if root && (name != "svg" || self.frame.is_some()) {
            return Err(TemplateError::NotSvg);
        }
        if !root {
            check_element(name)?;
        }
        let mut attributes = Attributes::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(malformed)?;
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(malformed)?;
            check_attribute(attribute.key.0, &value, root)?;
            attributes.push((attribute.key.0.to_owned(), value.into_owned()));
        }
        self.count(name, &attributes)?;
        let value = |name| find(&attributes, name).unwrap_or_default().to_owned();
        if root {
            if value("xmlns") != SVG {
                return Err(TemplateError::NotSvg);
            }
            self.frame = Some([value("width"), value("height"), value("viewBox")]);
        }
        if let Some(Open::Text { .. } | Open::Qr) = self.open.last() {
            self.text_has_elements()?;
        }
        if find(&attributes, "data-qr").is_some() {
            let place = qr_place(&attributes).ok_or(TemplateError::QrPlace)?;
            if name != "rect" || self.open.len() != 1 || self.qr.is_some() {
                return Err(TemplateError::QrPlace);
            }
            self.qr = Some(place);
            self.flush();
            self.pieces.push(Piece::Qr);
            self.open.push(Open::Qr);
        } else if name == "text" {
            self.open.push(Open::Text { attributes, content: String::new() });
        } else {
            self.open_element(name, &attributes);
            match name {
                _ if root => self.head.clone_from(&self.xml),
                "style" => self.head.push_str("<style>"),
                _ => {}
            }
            self.open.push(Open::Element(name.to_owned()));
        }
        Ok(())
    }

    /// What drawing would cost.
    fn count(&mut self, name: &str, attributes: &Attributes) -> Result<(), TemplateError> {
        let says = |what: &str| {
            find(attributes, what).is_some()
                || find(attributes, "style").is_some_and(|style| style.contains(what))
        };
        self.elements += 1;
        self.layers += usize::from(says("opacity") || says("clip-path"));
        let in_clip = |open: &Open| matches!(open, Open::Element(name) if name == "clipPath");
        if says("clip-path") && (name == "clipPath" || self.open.iter().any(in_clip)) {
            return Err(TemplateError::TooMuch("a clip-path within a clipPath"));
        }
        if self.elements > MAX_ELEMENTS {
            return Err(TemplateError::TooMuch("more than 2000 elements"));
        }
        if self.layers > MAX_LAYERS {
            return Err(TemplateError::TooMuch("more than 50 elements with opacity or clip-path"));
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), TemplateError> {
        match self.open.last_mut() {
            Some(Open::Text { content, .. }) => content.push_str(text),
            Some(Open::Element(name)) if name == "style" => {
                check_style(text, true)?;
                push_escaped(&mut self.xml, text);
                push_escaped(&mut self.head, text);
            }
            Some(Open::Element(_)) if !text.contains(['{', '}']) => {
                push_escaped(&mut self.xml, text);
            }
            Some(Open::Element(_)) => return Err(TemplateError::FieldOutsideText),
            Some(Open::Qr) | None if text.trim().is_empty() => {}
            Some(Open::Qr) => return Err(TemplateError::QrPlace),
            None => return Err(TemplateError::NotSvg),
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), TemplateError> {
        match self.open.pop() {
            Some(Open::Text { attributes, content }) if content.contains(['{', '}']) => {
                self.flush();
                let text = field_text(&attributes, &content)?;
                if text.is_own() && self.open.len() != 1 {
                    return Err(TemplateError::SerialPlace);
                }
                self.pieces.push(Piece::Text(text));
            }
            Some(Open::Text { attributes, content }) => {
                self.open_element("text", &attributes);
                push_escaped(&mut self.xml, &content);
                self.xml.push_str("</text>");
            }
            Some(Open::Element(name)) => {
                if name == "style" {
                    self.head.push_str("</style>");
                }
                self.xml.push_str("</");
                self.xml.push_str(&name);
                self.xml.push('>');
            }
            Some(Open::Qr) | None => {}
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Template, TemplateError> {
        if !self.open.is_empty() {
            return Err(TemplateError::Malformed("an element is not closed".to_owned()));
        }
        self.flush();
        let frame = self.frame.ok_or(TemplateError::NotSvg)?;
        let qr = self.qr.ok_or(TemplateError::QrPlace)?;
        Ok(Template { pieces: self.pieces, head: self.head, qr, frame })
    }

    /// A `<text>` turns out to have an element inside: it is plain XML, and has no fields.
    fn text_has_elements(&mut self) -> Result<(), TemplateError> {
        match self.open.pop() {
            Some(Open::Text { attributes, content }) => {
                if content.contains(['{', '}']) {
                    return Err(TemplateError::FieldOutsideText);
                }
                self.open_element("text", &attributes);
                push_escaped(&mut self.xml, &content);
                self.open.push(Open::Element("text".to_owned()));
                Ok(())
            }
            _ => Err(TemplateError::QrPlace),
        }
    }

    fn open_element(&mut self, name: &str, attributes: &Attributes) {
        self.xml.push('<');
        self.xml.push_str(name);
        for (name, value) in attributes {
            push_attribute(&mut self.xml, name, value);
        }
        self.xml.push('>');
    }

    fn flush(&mut self) {
        if !self.xml.is_empty() {
            self.pieces.push(Piece::Xml(std::mem::take(&mut self.xml)));
        }
    }
}

fn find<'a>(attributes: &'a Attributes, name: &str) -> Option<&'a str> {
    attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
}

/// A positive number without a unit.
fn number(value: Option<&str>) -> Option<f64> {
    value?.parse().ok().filter(|n: &f64| n.is_finite() && *n > 0.0)
}

/// A coordinate: a number that may be left out.
fn coordinate(value: Option<&str>) -> Option<f64> {
    value.map_or(Some(0.0), |value| value.parse().ok()).filter(|n: &f64| n.is_finite() && *n >= 0.0)
}

fn qr_place(attributes: &Attributes) -> Option<QrPlace> {
    let side_mm = number(find(attributes, "width"))?;
    let square = number(find(attributes, "height")) == Some(side_mm);
    let x_mm = coordinate(find(attributes, "x"))?;
    let y_mm = coordinate(find(attributes, "y"))?;
    let turned = ["transform", "style", "class", "clip-path"].iter().any(|n| find(attributes, n).is_some());
    (square && !turned).then_some(QrPlace { x_mm, y_mm, side_mm })
}

fn field_text(attributes: &Attributes, content: &str) -> Result<FieldText, TemplateError> {
    let size = |name| number(find(attributes, name)).ok_or(TemplateError::FieldWithoutFit);
    let mut xml = String::new();
    for (name, value) in attributes {
        if !["data-fit", "data-lines", "data-if", "font-size"].contains(&name.as_str()) {
            push_attribute(&mut xml, name, value);
        }
    }
    let parts = parts(content)?;
    let code = |p: &Part| matches!(p, Part::Field(field) if WHOLE.contains(field));
    let style = Style {
        bold: matches!(find(attributes, "font-weight"), Some("bold" | "600" | "700" | "800")),
        whole: parts.iter().any(code),
    };
    let lines = match find(attributes, "data-lines") {
        None => 1,
        Some(lines) => {
            lines.parse().ok().filter(|n| (1..=MAX_LINES).contains(n)).ok_or(TemplateError::Lines)?
        }
    };
    let x = find(attributes, "x").unwrap_or("0");
    if lines > 1 && x.parse::<f64>().is_err() {
        return Err(TemplateError::Lines);
    }
    let only_with = find(attributes, "data-if").map(field).transpose()?;
    let (font_size, fit, x) = (size("font-size")?, size("data-fit")?, x.to_owned());
    Ok(FieldText { attributes: xml, font_size, style, fit, lines, x, only_with, parts })
}

fn field(name: &str) -> Result<&'static str, TemplateError> {
    let known = FIELDS.into_iter().find(|field| *field == name);
    known.ok_or_else(|| TemplateError::UnknownField(name.to_owned()))
}

fn parts(content: &str) -> Result<Vec<Part>, TemplateError> {
    let mut parts = Vec::new();
    let mut rest = content;
    while let Some((words, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or(TemplateError::FieldOutsideText)?;
        parts.push(Part::Words(words.to_owned()));
        parts.push(match name.strip_prefix("caption.") {
            Some(caption) => Part::Caption(caption.to_owned()),
            None => Part::Field(field(name)?),
        });
        rest = after;
    }
    parts.push(Part::Words(rest.to_owned()));
    let stray = |p: &Part| matches!(p, Part::Words(words) if words.contains('}'));
    if parts.iter().any(stray) {
        return Err(TemplateError::FieldOutsideText);
    }
    parts.retain(|p| *p != Part::Words(String::new()));
    Ok(parts)
}
