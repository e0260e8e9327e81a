//! Foreign bytes to positions.

use serde_json::Value;

use super::{GeometryError, MAX_BYTES, MAX_POSITIONS, Position};

/// What stood there, not yet checked.
pub(super) enum Raw {
    Point(Position),
    /// The outer rings.
    Rings(Vec<Vec<Position>>),
}

/// The names under which WGS 84 with longitude first goes in the `crs` member of older GeoJSON.
const WGS_84: [&str; 4] = [
    "urn:ogc:def:crs:OGC:1.3:CRS84",
    "urn:ogc:def:crs:OGC::CRS84",
    "EPSG:4326",
    "urn:ogc:def:crs:EPSG::4326",
];

pub(super) fn shape(bytes: &[u8]) -> Result<Raw, GeometryError> {
    if bytes.len() > MAX_BYTES {
        return Err(GeometryError::TooLarge(bytes.len()));
    }
    // serde_json stops at 128 brackets inside each other.
    let root: Value = serde_json::from_slice(bytes).map_err(|_| GeometryError::NotJson)?;
    let mut here = &root;
    check_system(here)?;
    if here["type"] == "FeatureCollection" {
        here = match here["features"].as_array().map(Vec::as_slice) {
            Some([one]) => one,
            Some(several) => return Err(GeometryError::SeveralFeatures(several.len())),
            None => return Err(GeometryError::NotGeoJson),
        };
        check_system(here)?;
    }
    if here["type"] == "Feature" {
        here = &here["geometry"];
        check_system(here)?;
    }
    let coordinates = &here["coordinates"];
    let mut count = 0;
    match here["type"].as_str() {
        Some("Point") => position(coordinates).map(Raw::Point),
        Some("Polygon") => Ok(Raw::Rings(vec![outer(coordinates, &mut count)?])),
        Some("MultiPolygon") => {
            let parts = coordinates.as_array().filter(|parts| !parts.is_empty());
            let parts = parts.ok_or(GeometryError::NotGeoJson)?;
            Ok(Raw::Rings(parts.iter().map(|part| outer(part, &mut count)).collect::<Result<_, _>>()?))
        }
        _ => Err(GeometryError::NotGeoJson),
    }
}

/// RFC 7946 has no `crs` member any more (section 4); where one stands it must be WGS 84.
fn check_system(object: &Value) -> Result<(), GeometryError> {
    let Some(system) = object.get("crs").filter(|system| !system.is_null()) else { return Ok(()) };
    match system["properties"]["name"].as_str() {
        Some(name) if WGS_84.contains(&name) => Ok(()),
        Some(name) => Err(GeometryError::OtherSystem(name.chars().take(80).collect())),
        None => Err(GeometryError::OtherSystem("?".to_owned())),
    }
}

/// The outer ring of a polygon; the holes after it are dropped.
fn outer(polygon: &Value, count: &mut usize) -> Result<Vec<Position>, GeometryError> {
    let ring = polygon.get(0).and_then(Value::as_array).ok_or(GeometryError::NotGeoJson)?;
    *count += ring.len();
    if *count > MAX_POSITIONS {
        return Err(GeometryError::TooManyPositions);
    }
    ring.iter().map(position).collect()
}

fn position(value: &Value) -> Result<Position, GeometryError> {
    let pair = value.as_array().filter(|numbers| numbers.len() >= 2).ok_or(GeometryError::NotAPosition)?;
    let number = |value: &Value| value.as_f64().and_then(millionths).ok_or(GeometryError::NotAPosition);
    Ok(Position { lon_e6: number(&pair[0])?, lat_e6: number(&pair[1])? })
}

/// The nearest whole millionth. What no `i32` holds is clamped: 2,147 degrees are refused as no degrees all the same.
#[expect(clippy::cast_possible_truncation, reason = "clamped before")]
fn millionths(degrees: f64) -> Option<i32> {
    let scaled = (degrees * 1e6).round();
    scaled.is_finite().then(|| scaled.clamp(f64::from(i32::MIN + 1), f64::from(i32::MAX)) as i32)
}
