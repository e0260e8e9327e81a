//! Reads the SVG of a label design, whose author we do not trust.
//!
//! A template is well-formed XML with the elements and attributes that draw, and nothing that
//! loads, runs or expands: what is not on the list is refused, so a new way to reach a file or the
//! network is refused too. Three things in it are ours:
//!
//! ```text
//! <text data-fit="28" font-size="3" …>{product}</text>      a field, in at most 28 units
//! <text data-fit="20" font-size="2" …>{caption.lot}: {lot}</text>
//! <rect data-qr="" x="1" y="3" width="24" height="24"/>      where the code goes, once
//! ```
//!
//! Comments are dropped. Namespaces of drawing programs are refused: save as plain SVG.
//! `<use>` is refused because nested uses grow without bound.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::allowed::{SVG, check_attribute, check_element, check_style};
use crate::design::FIELDS;
use crate::fit::Style;
use crate::xml::{push_attribute, push_escaped};

/// Bytes of a template: a logo as a data URL fits, a photograph does not.
const MAX_BYTES: usize = 256 * 1024;

/// Elements within elements; programs that draw SVG recurse.
const MAX_DEPTH: usize = 32;

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
    /// Not exactly one place for the code, or not a square directly inside `<svg>`.
    #[error("a template needs exactly one square <rect data-qr=\"\" …> directly inside <svg>")]
    QrPlace,
}

/// A template as the parts between which the values go.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) qr_side: f64,
    /// `width`, `height` and `viewBox` of the `<svg>`.
    pub(crate) frame: [String; 3],
}

#[derive(Debug, Clone)]
pub(crate) enum Piece {
    /// Checked XML, written as it is.
    Xml(String),
    Text(FieldText),
    Qr {
        x: String,
        y: String,
        side: String,
    },
}

/// A `<text>` with fields in it.
#[derive(Debug, Clone)]
pub(crate) struct FieldText {
    /// Attributes as XML, without `font-size` and `data-fit`.
    pub(crate) attributes: String,
    pub(crate) font_size: f64,
    pub(crate) style: Style,
    pub(crate) fit: f64,
    pub(crate) parts: Vec<Part>,
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
    pieces: Vec<Piece>,
    xml: String,
    open: Vec<Open>,
    frame: Option<[String; 3]>,
    qr_side: Option<f64>,
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
            let side = number(find(&attributes, "width"));
            let square = side.is_some() && side == number(find(&attributes, "height"));
            if name != "rect" || self.open.len() != 1 || !square || self.qr_side.is_some() {
                return Err(TemplateError::QrPlace);
            }
            self.qr_side = side;
            self.flush();
            self.pieces.push(Piece::Qr { x: value("x"), y: value("y"), side: value("width") });
            self.open.push(Open::Qr);
        } else if name == "text" {
            self.open.push(Open::Text { attributes, content: String::new() });
        } else {
            self.open_element(name, &attributes);
            self.open.push(Open::Element(name.to_owned()));
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), TemplateError> {
        match self.open.last_mut() {
            Some(Open::Text { content, .. }) => content.push_str(text),
            Some(Open::Element(name)) if name == "style" => {
                check_style(text, true)?;
                push_escaped(&mut self.xml, text);
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
                self.pieces.push(Piece::Text(field_text(&attributes, &content)?));
            }
            Some(Open::Text { attributes, content }) => {
                self.open_element("text", &attributes);
                push_escaped(&mut self.xml, &content);
                self.xml.push_str("</text>");
            }
            Some(Open::Element(name)) => {
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
        let qr_side = self.qr_side.ok_or(TemplateError::QrPlace)?;
        Ok(Template { pieces: self.pieces, qr_side, frame })
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

fn field_text(attributes: &Attributes, content: &str) -> Result<FieldText, TemplateError> {
    let size = |name| number(find(attributes, name)).ok_or(TemplateError::FieldWithoutFit);
    let mut xml = String::new();
    for (name, value) in attributes {
        if name != "data-fit" && name != "font-size" {
            push_attribute(&mut xml, name, value);
        }
    }
    let parts = parts(content)?;
    let code = |p: &Part| matches!(p, Part::Field("lot" | "short_code"));
    let style = Style {
        bold: matches!(find(attributes, "font-weight"), Some("bold" | "600" | "700" | "800")),
        whole: parts.iter().any(code),
    };
    let font_size = size("font-size")?;
    Ok(FieldText { attributes: xml, font_size, style, fit: size("data-fit")?, parts })
}

fn parts(content: &str) -> Result<Vec<Part>, TemplateError> {
    let mut parts = Vec::new();
    let mut rest = content;
    while let Some((words, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or(TemplateError::FieldOutsideText)?;
        parts.push(Part::Words(words.to_owned()));
        parts.push(match (name.strip_prefix("caption."), FIELDS.iter().find(|f| **f == name)) {
            (Some(caption), _) => Part::Caption(caption.to_owned()),
            (None, Some(field)) => Part::Field(field),
            (None, None) => return Err(TemplateError::UnknownField(name.to_owned())),
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
