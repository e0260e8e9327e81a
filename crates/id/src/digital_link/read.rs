//! From the text of an address to its elements; how they go together is not looked at here.

use super::{Element, LinkError};
use crate::ai::{self, ValueError};
use crate::char_set::percent_decode;
use crate::key::Gtin;

/// The longest address that is read. Web servers stop at about the same length.
const LENGTH_MAX: usize = 8 * 1024;

/// The path of an address, with its query and fragment.
pub(crate) fn path_of(uri: &str) -> Result<&str, LinkError> {
    check_characters(uri)?;
    let rest = ["https://", "http://", "HTTPS://", "HTTP://"]
        .iter()
        .find_map(|scheme| uri.strip_prefix(scheme))
        .ok_or(LinkError::Scheme)?;
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let in_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if host.is_empty() || !host.chars().all(in_host) {
        return Err(LinkError::Host);
    }
    Ok(path)
}

/// Length and characters of a URI (RFC 3986 2).
pub(crate) fn check_characters(text: &str) -> Result<(), LinkError> {
    if text.len() > LENGTH_MAX {
        return Err(LinkError::TooLong);
    }
    let in_uri = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c);
    text.chars().find(|character| !in_uri(*character)).map_or(Ok(()), |c| Err(LinkError::Character(c)))
}

/// Path and query; the fragment goes.
pub(crate) fn split(path_and_query: &str) -> (&str, &str) {
    let without_fragment = path_and_query.split_once('#').map_or(path_and_query, |(before, _)| before);
    without_fragment.split_once('?').unwrap_or((without_fragment, ""))
}

pub(super) fn read_path(path: &str) -> Result<Vec<Element>, LinkError> {
    let segments: Vec<&str> = path.strip_prefix('/').ok_or(LinkError::NoKey)?.split('/').collect();
    let pairs = match (find_key(&segments), segments.split_last()) {
        (Some(start), _) => &segments[start..],
        (None, Some((&"", before))) => &before[find_key(before).ok_or(LinkError::NoKey)?..],
        (None, _) => return Err(LinkError::NoKey),
    };
    pairs.chunks_exact(2).map(|pair| read_element(pair[0], pair[1])).collect()
}

/// Where the pairs of the last primary key begin, going back from the end as long as there are identifiers.
fn find_key(segments: &[&str]) -> Option<usize> {
    let mut start = segments.len();
    loop {
        start = start.checked_sub(2)?;
        ai::lookup(segments[start])?;
        if ai::qualifiers(segments[start]).is_some() {
            return Some(start);
        }
    }
}

pub(super) fn read_parameter(parameter: &str) -> Result<Option<Element>, LinkError> {
    let Some((name, value)) = parameter.split_once('=') else {
        return Ok(None);
    };
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    // In queries a plus is a blank (as forms write it), and no GS1 value has blanks. An encoded plus is a plus.
    if value.contains('+') {
        return Err(LinkError::Value { ai: name.to_owned(), reason: ValueError::Character(' ') });
    }
    // The standard's own examples have a GTIN of 13 digits here, though never in the path.
    if name == "01"
        && let Ok(gtin) = Gtin::parse(value)
    {
        return Ok(Some(Element { ai: name.to_owned(), value: gtin.to_string() }));
    }
    read_element(name, value).map(Some)
}

fn read_element(ai: &str, encoded: &str) -> Result<Element, LinkError> {
    let row = ai::lookup(ai).ok_or_else(|| LinkError::UnknownAi { ai: ai.to_owned() })?;
    let ai = ai.to_owned();
    if encoded.is_empty() {
        return Err(LinkError::Empty { ai });
    }
    let Some(value) = percent_decode(encoded) else {
        return Err(LinkError::Encoding { ai });
    };
    match row.check(&value) {
        Ok(()) => Ok(Element { ai, value }),
        Err(reason) => Err(LinkError::Value { ai, reason }),
    }
}
