//! Ranh giới thửa: where a plot lies, read from a record's private places section and checked.
//!
//! ```text
//! {"type": "Feature", "geometry": {"type": "Point", "coordinates": [108.500000, 11.870050]}, "properties": {…}}
//! ```
//!
//! Read are a GeoJSON geometry (RFC 7946) of type Point, Polygon or MultiPolygon, a Feature with one, or a FeatureCollection
//! with one Feature; heights are dropped. Positions are kept as whole millionths of a degree (0.11 m): the six decimals that
//! the EU's deforestation regulation asks for (Regulation (EU) 2023/1115, article 2(28)), so that what is checked is
//! what is written. Holes are dropped: the EU's information system ignores them.
//!
//! Areas are geodesic, on the ellipsoid of WGS 84. Whether two sides cross is decided in integers, without rounding.
//!
//! What this does not know: the boundary of a commune, and whether there was forest.

mod read;
mod ring;

use std::fmt::Write as _;

pub use self::ring::{Position, Ring};

/// Bytes of a place, at most.
pub const MAX_BYTES: usize = 1 << 20;
/// Positions of an outline, at most: walked around with a phone, a large garden has some hundreds.
pub const MAX_POSITIONS: usize = 5_000;
/// Four hectares, in m²: above that a point does not say enough (Regulation (EU) 2023/1115, article 2(28)).
pub const POINT_LIMIT_M2: u64 = 40_000;
/// Vietnam with its islands, in millionths of a degree: west, south, east, north.
pub const VIETNAM: [i32; 4] = [102_000_000, 6_400_000, 118_000_000, 23_500_000];
/// An outline may differ so much from the area on the plot's card, in percent.
const AREA_TOLERANCE_PERCENT: u64 = 20;
/// Two plots may share so much of the smaller one, in percent.
const OVERLAP_PERCENT: u32 = 5;

/// Why bytes are no place of a plot, in the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GeometryError {
    /// More bytes than [`MAX_BYTES`].
    #[error("the place has {0} bytes, more than {MAX_BYTES}")]
    TooLarge(usize),
    /// Not JSON in UTF-8.
    #[error("the place is not JSON")]
    NotJson,
    /// JSON that is no GeoJSON geometry and no Feature with one.
    #[error("the place is no GeoJSON Point, Polygon or MultiPolygon")]
    NotGeoJson,
    /// Coordinates of another system than WGS 84.
    #[error("the place is in the system {0}, not in WGS 84")]
    OtherSystem(String),
    /// Several features where one plot belongs.
    #[error("the place holds {0} features; a plot is one")]
    SeveralFeatures(usize),
    /// A position that is no pair of numbers.
    #[error("a position of the place is no pair of numbers")]
    NotAPosition,
    /// More positions than [`MAX_POSITIONS`].
    #[error("the outline has more than {MAX_POSITIONS} positions")]
    TooManyPositions,
    /// Latitude and longitude are exchanged: so it would lie in Vietnam.
    #[error("latitude and longitude are exchanged: longitude comes first")]
    Swapped,
    /// Beyond 180 or 90 degrees: no longitude and latitude at all (metres of VN-2000, perhaps).
    #[error("the coordinates are no degrees of longitude and latitude")]
    NotDegrees,
    /// Outside Vietnam.
    #[error("the place lies outside Vietnam")]
    OutsideVietnam,
    /// A ring with fewer than four positions, the first counted again at the end.
    #[error("the outline has fewer than four positions")]
    TooFewPositions,
    /// A ring whose last position is not its first.
    #[error("the outline is not closed: its last position is not its first")]
    NotClosed,
    /// Sides of a ring cross or touch each other.
    #[error("the outline crosses or touches itself")]
    CrossesItself,
    /// Parts of a MultiPolygon lie on each other.
    #[error("parts of the outline lie on each other")]
    PartsOverlap,
    /// A ring around nothing.
    #[error("the outline encloses no area")]
    NoArea,
    /// More than four hectares, and only a point.
    #[error("a plot of more than four hectares needs its outline, not a point")]
    PointTooCoarse,
}

impl GeometryError {
    /// The same for a farmer.
    #[must_use]
    pub fn vi(&self) -> String {
        match self {
            Self::TooLarge(_) => "tệp vị trí quá lớn".to_owned(),
            Self::NotJson => "vị trí không phải là tệp JSON".to_owned(),
            Self::NotGeoJson => {
                "vị trí không phải là GeoJSON kiểu Point, Polygon hay MultiPolygon".to_owned()
            }
            Self::OtherSystem(name) => format!("tọa độ theo hệ {name}, cần đổi sang WGS-84"),
            Self::SeveralFeatures(count) => format!("tệp có {count} hình; mỗi thửa chỉ một hình"),
            Self::NotAPosition => "có điểm không phải là một cặp số".to_owned(),
            Self::TooManyPositions => format!("ranh giới có quá {MAX_POSITIONS} điểm"),
            Self::Swapped => "kinh độ và vĩ độ bị đảo; kinh độ phải đứng trước".to_owned(),
            Self::NotDegrees => "tọa độ không phải là độ kinh, vĩ (có thể là mét của hệ VN-2000)".to_owned(),
            Self::OutsideVietnam => "vị trí nằm ngoài Việt Nam".to_owned(),
            Self::TooFewPositions => "ranh giới có ít hơn bốn điểm (kể cả điểm khép lại)".to_owned(),
            Self::NotClosed => "ranh giới chưa khép kín: điểm cuối phải trùng điểm đầu".to_owned(),
            Self::CrossesItself => "ranh giới tự cắt hoặc chạm chính nó".to_owned(),
            Self::PartsOverlap => "các phần của thửa nằm chồng lên nhau".to_owned(),
            Self::NoArea => "ranh giới không bao quanh diện tích nào".to_owned(),
            Self::PointTooCoarse => "thửa trên 4 ha phải có ranh giới, một điểm là chưa đủ".to_owned(),
        }
    }

    /// The same in English.
    #[must_use]
    pub fn en(&self) -> String {
        self.to_string()
    }

    /// Its stable key, for machines.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::TooLarge(_) => "too_large",
            Self::NotJson => "not_json",
            Self::NotGeoJson => "not_geojson",
            Self::OtherSystem(_) => "other_system",
            Self::SeveralFeatures(_) => "several_features",
            Self::NotAPosition => "not_a_position",
            Self::TooManyPositions => "too_many_positions",
            Self::Swapped => "swapped",
            Self::NotDegrees => "not_degrees",
            Self::OutsideVietnam => "outside_vietnam",
            Self::TooFewPositions => "too_few_positions",
            Self::NotClosed => "not_closed",
            Self::CrossesItself => "crosses_itself",
            Self::PartsOverlap => "parts_overlap",
            Self::NoArea => "no_area",
            Self::PointTooCoarse => "point_too_coarse",
        }
    }
}

/// What is odd about a place that will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GeometryWarning {
    /// The outline's area is not that of the plot's card, by more than 20 %.
    AreaDiffers {
        /// By the outline.
        outline_m2: u64,
        /// By the card.
        declared_m2: u64,
    },
    /// Every coordinate ends after three decimals or fewer: a hundred metres.
    Coarse,
}

impl GeometryWarning {
    /// For a farmer.
    #[must_use]
    pub fn vi(&self) -> String {
        match self {
            Self::AreaDiffers { outline_m2, declared_m2 } => format!(
                "diện tích theo ranh giới ({outline_m2} m²) lệch hơn {AREA_TOLERANCE_PERCENT} % so với diện tích đã khai ({declared_m2} m²)"
            ),
            Self::Coarse => "tọa độ chỉ chính xác đến khoảng một trăm mét".to_owned(),
        }
    }

    /// In English.
    #[must_use]
    pub fn en(&self) -> String {
        match self {
            Self::AreaDiffers { outline_m2, declared_m2 } => format!(
                "the outline's area ({outline_m2} m²) differs by more than {AREA_TOLERANCE_PERCENT} % from the declared one ({declared_m2} m²)"
            ),
            Self::Coarse => "the coordinates are exact to about a hundred metres only".to_owned(),
        }
    }

    /// Its stable key, for machines.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::AreaDiffers { .. } => "area_differs",
            Self::Coarse => "coarse",
        }
    }
}

/// Where a plot lies: a point, or one ring for each of its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline(Shape);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Shape {
    Point(Position),
    Rings(Vec<Ring>),
}

impl Outline {
    /// Reads a place and checks it, whatever the bytes are.
    ///
    /// ```
    /// use nguon_export::geometry::{GeometryError, Outline};
    /// let point = br#"{"type": "Point", "coordinates": [108.5, 11.87005]}"#;
    /// assert_eq!(Outline::parse(point)?.geometry(), r#"{"type":"Point","coordinates":[108.500000,11.870050]}"#);
    /// let exchanged = br#"{"type": "Point", "coordinates": [11.87005, 108.5]}"#;
    /// assert_eq!(Outline::parse(exchanged), Err(GeometryError::Swapped));
    /// # Ok::<(), GeometryError>(())
    /// ```
    pub fn parse(bytes: &[u8]) -> Result<Self, GeometryError> {
        let shape = read::shape(bytes)?;
        let all: Vec<Position> = match &shape {
            read::Raw::Point(position) => vec![*position],
            read::Raw::Rings(rings) => rings.iter().flatten().copied().collect(),
        };
        check_place(&all)?;
        let shape = match shape {
            read::Raw::Point(position) => Shape::Point(position),
            read::Raw::Rings(rings) => {
                let rings = rings.into_iter().map(Ring::new).collect::<Result<Vec<_>, _>>()?;
                for (place, ring) in rings.iter().enumerate() {
                    if rings[..place].iter().any(|other| ring.shared(other) > 0.0) {
                        return Err(GeometryError::PartsOverlap);
                    }
                }
                Shape::Rings(rings)
            }
        };
        Ok(Self(shape))
    }

    /// Whether it is a point alone.
    #[must_use]
    pub fn is_point(&self) -> bool {
        matches!(self.0, Shape::Point(_))
    }

    /// The point, or the outline's first position.
    #[must_use]
    pub fn first(&self) -> Position {
        match &self.0 {
            Shape::Point(position) => *position,
            Shape::Rings(rings) => rings[0].positions()[0],
        }
    }

    /// Positions of the outline, the closing ones included; one of a point.
    #[must_use]
    pub fn positions(&self) -> usize {
        match &self.0 {
            Shape::Point(_) => 1,
            Shape::Rings(rings) => rings.iter().map(|ring| ring.positions().len()).sum(),
        }
    }

    /// The area that the outline encloses, in whole m²; none of a point.
    #[must_use]
    pub fn area_m2(&self) -> Option<u64> {
        match &self.0 {
            Shape::Point(_) => None,
            Shape::Rings(rings) => Some(rings.iter().map(Ring::area_m2).sum()),
        }
    }

    /// Whether it says enough for a plot of this area: above [`POINT_LIMIT_M2`] a point does not.
    pub fn suffices_for(&self, declared_m2: u64) -> Result<(), GeometryError> {
        if self.is_point() && declared_m2 > POINT_LIMIT_M2 {
            return Err(GeometryError::PointTooCoarse);
        }
        Ok(())
    }

    /// What is odd about it, for a plot of this area.
    #[must_use]
    pub fn warnings(&self, declared_m2: u64) -> Vec<GeometryWarning> {
        let mut warnings = Vec::new();
        if let Some(outline_m2) = self.area_m2() {
            let differs = outline_m2.abs_diff(declared_m2).saturating_mul(100);
            if differs > declared_m2.saturating_mul(AREA_TOLERANCE_PERCENT) {
                warnings.push(GeometryWarning::AreaDiffers { outline_m2, declared_m2 });
            }
        }
        let coarse = |position: &Position| position.lon_e6 % 1_000 == 0 && position.lat_e6 % 1_000 == 0;
        let is_coarse = match &self.0 {
            Shape::Point(position) => coarse(position),
            Shape::Rings(rings) => rings.iter().flat_map(Ring::positions).all(coarse),
        };
        if is_coarse {
            warnings.push(GeometryWarning::Coarse);
        }
        warnings
    }

    /// How much of the smaller of two outlines lies on the other, in percent; the same point is all of it. A point
    /// and an outline are not compared.
    #[must_use]
    pub fn overlap_percent(&self, other: &Self) -> u32 {
        match (&self.0, &other.0) {
            (Shape::Point(one), Shape::Point(other)) => u32::from(one == other) * 100,
            (Shape::Rings(one), Shape::Rings(other)) => {
                let size = |rings: &[Ring]| rings.iter().map(Ring::flat_area).sum::<f64>();
                let shared: f64 =
                    one.iter().flat_map(|ring| other.iter().map(|other| ring.shared(other))).sum();
                percent(shared / size(one).min(size(other)))
            }
            _ => 0,
        }
    }

    /// The GeoJSON geometry: longitude first, six decimals with their zeros, rings anticlockwise (RFC 7946, section 3.1.6).
    #[must_use]
    pub fn geometry(&self) -> String {
        match &self.0 {
            Shape::Point(position) => format!(r#"{{"type":"Point","coordinates":{position}}}"#),
            Shape::Rings(rings) => match rings.as_slice() {
                [ring] => format!(r#"{{"type":"Polygon","coordinates":[{ring}]}}"#),
                rings => {
                    let mut parts = String::new();
                    for ring in rings {
                        let comma = if parts.is_empty() { "" } else { "," };
                        let _ = write!(parts, "{comma}[{ring}]");
                    }
                    format!(r#"{{"type":"MultiPolygon","coordinates":[{parts}]}}"#)
                }
            },
        }
    }
}

/// Two plots that share ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overlap {
    /// The one, by its place in the list.
    pub first: usize,
    /// The other.
    pub second: usize,
    /// How much of the smaller one lies on the other.
    pub percent: u32,
}

/// The pairs of plots that share more than 5 % of the smaller one. Outlines whose boxes do not meet are not compared.
#[must_use]
pub fn overlaps(outlines: &[&Outline]) -> Vec<Overlap> {
    let boxes: Vec<[i32; 4]> = outlines.iter().map(|outline| bounds(outline)).collect();
    // From west to east, so that each is compared with those that begin before it ends.
    let mut order: Vec<usize> = (0..outlines.len()).collect();
    order.sort_by_key(|place| boxes[*place][0]);
    let mut found = Vec::new();
    for (at, one) in order.iter().enumerate() {
        for other in &order[at + 1..] {
            let ([_, south, east, north], [west, other_south, _, other_north]) = (boxes[*one], boxes[*other]);
            if west > east {
                break;
            }
            if other_south > north || south > other_north {
                continue;
            }
            let percent = outlines[*one].overlap_percent(outlines[*other]);
            if percent > OVERLAP_PERCENT {
                found.push(Overlap { first: *one.min(other), second: *one.max(other), percent });
            }
        }
    }
    found.sort_by_key(|overlap| (overlap.first, overlap.second));
    found
}

/// `108.500000`.
pub(crate) fn degrees(e6: i32) -> String {
    ring::Degrees(e6).to_string()
}

/// West, south, east, north.
fn bounds(outline: &Outline) -> [i32; 4] {
    let point = outline.first();
    let start = [point.lon_e6, point.lat_e6, point.lon_e6, point.lat_e6];
    let Shape::Rings(rings) = &outline.0 else { return start };
    rings.iter().flat_map(Ring::positions).fold(start, |[west, south, east, north], position| {
        [
            west.min(position.lon_e6),
            south.min(position.lat_e6),
            east.max(position.lon_e6),
            north.max(position.lat_e6),
        ]
    })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=100 before")]
fn percent(share: f64) -> u32 {
    (share * 100.0).round().clamp(0.0, 100.0) as u32
}

fn check_place(positions: &[Position]) -> Result<(), GeometryError> {
    let [west, south, east, north] = VIETNAM;
    let inside = |lon: i32, lat: i32| (west..=east).contains(&lon) && (south..=north).contains(&lat);
    if !positions.is_empty() && positions.iter().all(|position| inside(position.lat_e6, position.lon_e6)) {
        return Err(GeometryError::Swapped);
    }
    let degrees =
        |position: &Position| position.lon_e6.abs() <= 180_000_000 && position.lat_e6.abs() <= 90_000_000;
    if !positions.iter().all(degrees) {
        return Err(GeometryError::NotDegrees);
    }
    if !positions.iter().all(|position| inside(position.lon_e6, position.lat_e6)) {
        return Err(GeometryError::OutsideVietnam);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
