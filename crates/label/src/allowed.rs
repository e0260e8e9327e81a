//! What may stand in a template: lists of what draws, and the rules for addresses and styles.
//!
//! A browser that shows a filled label inside a page, and any program that renders it, meets only
//! these. A rule here that is too strict costs a designer a minute; one too lax costs a reader.

use crate::template::TemplateError;

pub(crate) const SVG: &str = "http://www.w3.org/2000/svg";
const XLINK: &str = "http://www.w3.org/1999/xlink";

const ELEMENTS: [&str; 19] = [
    "g",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "path",
    "text",
    "tspan",
    "title",
    "desc",
    "defs",
    "linearGradient",
    "radialGradient",
    "stop",
    "clipPath",
    "image",
    "style",
];

/// Attributes of the outermost element. One that moves or changes the whole drawing would part it from
/// the code and the serial, which are drawn by themselves.
const ROOT: [&str; 14] = [
    "width",
    "height",
    "viewBox",
    "id",
    "lang",
    "role",
    "version",
    "fill",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "text-rendering",
    "shape-rendering",
];

/// Functions that may stand in styles and attributes; `url` only with a `#`.
const FUNCTIONS: [&str; 12] =
    ["url", "rgb", "rgba", "hsl", "hsla", "matrix", "translate", "scale", "rotate", "skewx", "skewy", "calc"];

pub(crate) fn check_element(name: &str) -> Result<(), TemplateError> {
    if ELEMENTS.contains(&name) {
        return Ok(());
    }
    Err(TemplateError::Element(name.to_owned()))
}

/// `root`: the attribute stands on the outermost element, the only place for namespaces.
pub(crate) fn check_attribute(name: &str, value: &str, root: bool) -> Result<(), TemplateError> {
    let refused = || Err(TemplateError::Attribute(name.to_owned()));
    match name {
        "xmlns" if root && value == SVG => Ok(()),
        "xmlns:xlink" if root && value == XLINK => Ok(()),
        "xml:space" | "xml:lang" => Ok(()),
        "href" | "xlink:href" => {
            let embedded = ["data:image/png;base64,", "data:image/jpeg;base64,"];
            if value.starts_with('#') || embedded.iter().any(|e| value.starts_with(e)) {
                return Ok(());
            }
            Err(TemplateError::Reference(value.chars().take(80).collect()))
        }
        _ if name.contains(':') || name == "xmlns" => refused(),
        _ if name.get(..2).is_some_and(|on| on.eq_ignore_ascii_case("on")) => refused(),
        _ if root && !ROOT.contains(&name) => refused(),
        _ => check_style(value, name == "style"),
    }
}

/// Style text, or an attribute's value, which CSS reads as well.
pub(crate) fn check_style(text: &str, css: bool) -> Result<(), TemplateError> {
    let refused = |what: &str| Err(TemplateError::Style(what.to_owned()));
    let text = text.to_ascii_lowercase();
    // A backslash spells `url` in ways that nobody sees (CSS Syntax 3, 4.3.7).
    if text.contains('\\') {
        return refused("a backslash");
    }
    if css && text.contains('@') {
        return refused("an @-rule such as @import");
    }
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('(') {
        let in_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let function = before.rsplit(|c| !in_name(c)).next().unwrap_or_default();
        if !FUNCTIONS.contains(&function) {
            return refused(&format!("{function}()"));
        }
        if function == "url" && !after.trim_start_matches([' ', '"', '\'']).starts_with('#') {
            return Err(TemplateError::Reference(format!("url({}", after.get(..40).unwrap_or(after))));
        }
        rest = after;
    }
    Ok(())
}
