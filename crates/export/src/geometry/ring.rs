//! One closed ring.

use std::fmt;

use geographiclib_rs::{Geodesic, PolygonArea, Winding};
use i_overlay::core::fill_rule::FillRule;
use i_overlay::core::overlay_rule::OverlayRule;
use i_overlay::float::single::SingleFloatOverlay;

use super::GeometryError;

/// A place on the earth, in whole millionths of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Longitude, east of Greenwich.
    pub lon_e6: i32,
    /// Latitude, north of the equator.
    pub lat_e6: i32,
}

impl Position {
    fn lon(self) -> f64 {
        f64::from(self.lon_e6) / 1e6
    }

    fn lat(self) -> f64 {
        f64::from(self.lat_e6) / 1e6
    }
}

impl fmt::Display for Position {
    /// `[108.500000,11.870050]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{},{}]", Degrees(self.lon_e6), Degrees(self.lat_e6))
    }
}

/// A decimal number with six decimals.
pub(super) struct Degrees(pub(super) i32);

impl fmt::Display for Degrees {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let whole = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:06}", whole / 1_000_000, whole % 1_000_000)
    }
}

/// A closed ring that does not cross itself, anticlockwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ring {
    positions: Vec<Position>,
    area_m2: u64,
}

impl Ring {
    /// The positions, checked; the first stands again at the end. Positions that repeat the one before are dropped.
    pub(super) fn new(mut positions: Vec<Position>) -> Result<Self, GeometryError> {
        if positions.len() < 4 {
            return Err(GeometryError::TooFewPositions);
        }
        if positions.first() != positions.last() {
            return Err(GeometryError::NotClosed);
        }
        positions.dedup();
        if positions.len() < 4 {
            return Err(GeometryError::TooFewPositions);
        }
        let sum = twice_the_area(&positions);
        if sum == 0 {
            return Err(GeometryError::NoArea);
        }
        if crosses_itself(&positions) {
            return Err(GeometryError::CrossesItself);
        }
        if sum < 0 {
            positions.reverse();
        }
        let area_m2 = geodesic_area(&positions);
        if area_m2 == 0 {
            return Err(GeometryError::NoArea);
        }
        Ok(Self { positions, area_m2 })
    }

    /// Anticlockwise, the first again at the end.
    #[must_use]
    pub fn positions(&self) -> &[Position] {
        &self.positions
    }

    /// Its area in whole m².
    #[must_use]
    pub fn area_m2(&self) -> u64 {
        self.area_m2
    }

    /// Its area on the sheet of degrees: good for shares of plots that lie side by side.
    pub(super) fn flat_area(&self) -> f64 {
        flat(&self.sheet())
    }

    /// What it shares with another, on the sheet of degrees.
    pub(super) fn shared(&self, other: &Self) -> f64 {
        let shapes = self.sheet().overlay(&other.sheet(), OverlayRule::Intersect, FillRule::NonZero);
        shapes.iter().flatten().map(|contour| flat(contour)).sum()
    }

    fn sheet(&self) -> Vec<[f64; 2]> {
        self.positions[1..].iter().map(|position| [position.lon(), position.lat()]).collect()
    }
}

impl fmt::Display for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (place, position) in self.positions.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(f, "{comma}{position}")?;
        }
        f.write_str("]")
    }
}

/// Gauss's sum over a contour that is not closed.
fn flat(contour: &[[f64; 2]]) -> f64 {
    let next = contour.iter().cycle().skip(1);
    let sum: f64 = contour.iter().zip(next).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum();
    sum.abs() / 2.0
}

/// Positive when anticlockwise.
fn twice_the_area(closed: &[Position]) -> i128 {
    let product = |a: i32, b: i32| i128::from(a) * i128::from(b);
    closed
        .windows(2)
        .map(|side| product(side[0].lon_e6, side[1].lat_e6) - product(side[1].lon_e6, side[0].lat_e6))
        .sum()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the earth has 5.1e14 m²")]
fn geodesic_area(closed: &[Position]) -> u64 {
    let earth = Geodesic::wgs84();
    let mut polygon = PolygonArea::new(&earth, Winding::CounterClockwise);
    for position in &closed[1..] {
        polygon.add_point(position.lat(), position.lon());
    }
    let (_, area, _) = polygon.compute(true);
    area.abs().round() as u64
}

/// Whether two sides meet elsewhere than at the corner that they share.
fn crosses_itself(closed: &[Position]) -> bool {
    let sides = closed.len() - 1;
    for one in 0..sides {
        let (a, b) = (closed[one], closed[one + 1]);
        for other in one + 1..sides {
            let (c, d) = (closed[other], closed[other + 1]);
            let meets = if other == one + 1 {
                // They share the corner b = c: they overlap if d lies back on the way to a.
                side_of(a, b, d) == 0 && dot(b, a, d) > 0
            } else if one == 0 && other == sides - 1 {
                side_of(c, d, b) == 0 && dot(a, b, c) > 0
            } else {
                touch(a, b, c, d)
            };
            if meets {
                return true;
            }
        }
    }
    false
}

/// On which side of the line from a to b a position lies: above zero left, below right, zero on it.
fn side_of(a: Position, b: Position, c: Position) -> i64 {
    let difference = |one: i32, other: i32| i64::from(one) - i64::from(other);
    // Within Vietnam differences are below 2^25, so products are below 2^50.
    difference(b.lon_e6, a.lon_e6) * difference(c.lat_e6, a.lat_e6)
        - difference(b.lat_e6, a.lat_e6) * difference(c.lon_e6, a.lon_e6)
}

/// The scalar product of the ways from `from` to two positions.
fn dot(from: Position, one: Position, other: Position) -> i64 {
    let difference = |one: i32, other: i32| i64::from(one) - i64::from(other);
    difference(one.lon_e6, from.lon_e6) * difference(other.lon_e6, from.lon_e6)
        + difference(one.lat_e6, from.lat_e6) * difference(other.lat_e6, from.lat_e6)
}

/// Whether two sides without a common corner meet.
fn touch(a: Position, b: Position, c: Position, d: Position) -> bool {
    let (one, two) = (side_of(a, b, c).signum(), side_of(a, b, d).signum());
    let (three, four) = (side_of(c, d, a).signum(), side_of(c, d, b).signum());
    if one != two && three != four {
        return true;
    }
    let between = |from: Position, to: Position, at: Position| {
        let within = |x: i32, y: i32, z: i32| x.min(y) <= z && z <= x.max(y);
        within(from.lon_e6, to.lon_e6, at.lon_e6) && within(from.lat_e6, to.lat_e6, at.lat_e6)
    };
    (one == 0 && between(a, b, c))
        || (two == 0 && between(a, b, d))
        || (three == 0 && between(c, d, a))
        || (four == 0 && between(c, d, b))
}
