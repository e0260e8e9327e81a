use proptest::prelude::*;

use super::*;

fn polygon(ring: &[(f64, f64)]) -> Vec<u8> {
    let positions: Vec<String> = ring.iter().map(|(lon, lat)| format!("[{lon},{lat}]")).collect();
    format!(r#"{{"type":"Polygon","coordinates":[[{}]]}}"#, positions.join(",")).into_bytes()
}

/// A square of `side` thousandths of a degree.
fn square(lon: f64, lat: f64, side: f64) -> Vec<u8> {
    let (east, north) = (lon + side / 1e3, lat + side / 1e3);
    polygon(&[(lon, lat), (east, lat), (east, north), (lon, north), (lon, lat)])
}

#[test]
fn each_fault_of_a_place_has_its_own_name() {
    let check = |bytes: &[u8], expected: GeometryError| {
        assert_eq!(Outline::parse(bytes), Err(expected), "{}", String::from_utf8_lossy(bytes));
    };
    let point = |coordinates: &str| format!(r#"{{"type":"Point","coordinates":{coordinates}}}"#).into_bytes();
    check(&vec![b' '; MAX_BYTES + 1], GeometryError::TooLarge(MAX_BYTES + 1));
    check(b"", GeometryError::NotJson);
    check(b"\xff\xfe", GeometryError::NotJson);
    check(&b"[".repeat(100_000), GeometryError::NotJson);
    check(b"null", GeometryError::NotGeoJson);
    check(br#"{"type":"LineString","coordinates":[[108,12],[108,13]]}"#, GeometryError::NotGeoJson);
    check(br#"{"type":"Polygon","coordinates":[]}"#, GeometryError::NotGeoJson);
    check(br#"{"type":"MultiPolygon","coordinates":[]}"#, GeometryError::NotGeoJson);
    check(br#"{"type":"FeatureCollection","features":[{},{}]}"#, GeometryError::SeveralFeatures(2));
    check(&point("[108.5]"), GeometryError::NotAPosition);
    check(&point(r#"["108.5",11.8]"#), GeometryError::NotAPosition);
    check(&point("[1e999,11.8]"), GeometryError::NotJson);
    check(&point("[11.87,108.5]"), GeometryError::Swapped);
    check(&point("[533210.5,1312345.1]"), GeometryError::NotDegrees);
    check(&point("[-2147.483648,0]"), GeometryError::NotDegrees);
    check(&point("[2.35,48.85]"), GeometryError::OutsideVietnam);
    check(
        br#"{"type":"Point","crs":{"type":"name","properties":{"name":"EPSG:3405"}},"coordinates":[108.5,11.8]}"#,
        GeometryError::OtherSystem("EPSG:3405".to_owned()),
    );
    let (a, b, c, d) = ((108.5, 11.8), (108.6, 11.8), (108.6, 11.9), (108.5, 11.9));
    check(&polygon(&[a, b, a]), GeometryError::TooFewPositions);
    check(&polygon(&[a, a, b, b, a]), GeometryError::TooFewPositions);
    check(&polygon(&[a, b, c, d]), GeometryError::NotClosed);
    check(&polygon(&[a, c, b, d, a]), GeometryError::NoArea);
    check(&polygon(&[a, b, d, (108.62, 11.91), a]), GeometryError::CrossesItself);
    // A spike out and back on the same line, and a corner that touches a side.
    check(&polygon(&[a, b, c, (108.7, 11.9), d, a]), GeometryError::CrossesItself);
    check(&polygon(&[a, b, c, (108.55, 11.8), d, a]), GeometryError::CrossesItself);
    check(&polygon(&[a, b, (108.7, 11.8), a]), GeometryError::NoArea);
    let too_many = polygon(&vec![a; MAX_POSITIONS + 1]);
    check(&too_many, GeometryError::TooManyPositions);
    check(
        br#"{"type":"MultiPolygon","coordinates":[[[[108.5,11.8],[108.6,11.8],[108.6,11.9],[108.5,11.8]]],
            [[[108.5,11.8],[108.6,11.8],[108.6,11.9],[108.5,11.8]]]]}"#,
        GeometryError::PartsOverlap,
    );
}

#[test]
fn an_outline_is_written_with_six_decimals_anticlockwise_and_read_back() {
    let clockwise = polygon(&[(108.5, 11.8), (108.5, 11.9), (108.6, 11.9), (108.6, 11.8), (108.5, 11.8)]);
    let outline = Outline::parse(&clockwise).unwrap();
    let text = outline.geometry();
    assert_eq!(
        text,
        r#"{"type":"Polygon","coordinates":[[[108.500000,11.800000],[108.600000,11.800000],[108.600000,11.900000],[108.500000,11.900000],[108.500000,11.800000]]]}"#
    );
    assert_eq!(Outline::parse(text.as_bytes()), Ok(outline.clone()));
    let geojson::GeometryValue::Polygon { coordinates } = text.parse::<geojson::Geometry>().unwrap().value
    else {
        panic!("another reader sees a polygon");
    };
    assert_eq!((coordinates[0].len(), coordinates[0][1][0]), (5, 108.6));
    assert_eq!(outline.warnings(outline.area_m2().unwrap()), [GeometryWarning::Coarse]);
}

#[test]
fn an_area_is_that_on_the_ellipsoid() {
    // At 11.8° north a thousandth of a degree is 110.62 m of latitude and 108.98 m of longitude: together 12,055 m².
    let area = Outline::parse(&square(108.5, 11.8, 1.0)).unwrap().area_m2().unwrap();
    assert!((12_045..12_065).contains(&area), "{area}");
}

#[test]
fn holes_are_dropped_and_heights_too() {
    let with_hole = br#"{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":[
        [[108.5,11.8,900],[108.6,11.8,900],[108.6,11.9,900],[108.5,11.8,900]],
        [[108.51,11.81],[108.52,11.81],[108.52,11.82],[108.51,11.81]]]}}"#;
    let without = polygon(&[(108.5, 11.8), (108.6, 11.8), (108.6, 11.9), (108.5, 11.8)]);
    assert_eq!(Outline::parse(with_hole), Outline::parse(&without));
}

#[test]
fn four_hectares_may_be_a_point_and_more_need_an_outline() {
    let point = Outline::parse(br#"{"type":"Point","coordinates":[108.512345,11.812345]}"#).unwrap();
    assert_eq!(point.suffices_for(40_000), Ok(()));
    assert_eq!(point.suffices_for(40_001), Err(GeometryError::PointTooCoarse));
    let outline = Outline::parse(&square(108.5, 11.8, 2.0)).unwrap();
    assert_eq!(outline.suffices_for(48_000), Ok(()));
}

#[test]
fn an_outline_that_is_a_fifth_off_the_declared_area_is_odd() {
    let outline = Outline::parse(&square(108.512_345, 11.812_345, 2.0)).unwrap();
    let area = outline.area_m2().unwrap();
    assert!(outline.warnings(area * 85 / 100).is_empty());
    let declared_m2 = area * 2;
    let expected = GeometryWarning::AreaDiffers { outline_m2: area, declared_m2 };
    assert_eq!(outline.warnings(declared_m2), [expected]);
    assert_eq!(outline.warnings(0).len(), 1, "no area at all is another one too");
}

#[test]
fn plots_that_share_more_than_a_twentieth_are_found() {
    let at = |lon: f64| Outline::parse(&square(lon, 11.8, 10.0)).unwrap();
    let (first, beside, over, far) = (at(108.5), at(108.51), at(108.505), at(109.0));
    assert_eq!(overlaps(&[&far, &first, &beside]), [], "a common border is not a common ground");
    let found = overlaps(&[&far, &over, &first, &beside]);
    assert_eq!(
        found,
        [Overlap { first: 1, second: 2, percent: 50 }, Overlap { first: 1, second: 3, percent: 50 }]
    );
    let small = Outline::parse(&square(108.502, 11.802, 1.0)).unwrap();
    assert_eq!(small.overlap_percent(&first), 100, "of the smaller one");
    let point = Outline::parse(br#"{"type":"Point","coordinates":[108.512345,11.812345]}"#).unwrap();
    assert_eq!(overlaps(&[&point, &point]).len(), 1, "the same point twice");
}

proptest! {
    /// Rings of a few metres, most of them crossing themselves, and texts that are nothing at all.
    #[test]
    fn whatever_the_bytes_are_nothing_breaks_and_what_is_read_is_read_back(
        corners in prop::collection::vec((0..40_i32, 0..40_i32), 0..9),
        other in prop::collection::vec((0..40_i32, 0..40_i32), 3..6),
        bytes in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        drop(Outline::parse(&bytes));
        let ring = |corners: &[(i32, i32)]| {
            let at = |(x, y): &(i32, i32)| format!("[108.5000{x:02},11.8000{y:02}]");
            let closed: Vec<String> = corners.iter().chain(corners.first()).map(at).collect();
            format!("[[{}]]", closed.join(","))
        };
        let one = format!(r#"{{"type":"Polygon","coordinates":{}}}"#, ring(&corners));
        let two = format!(r#"{{"type":"MultiPolygon","coordinates":[{},{}]}}"#, ring(&corners), ring(&other));
        for text in [one, two] {
            if let Ok(outline) = Outline::parse(text.as_bytes()) {
                prop_assert_eq!(Outline::parse(outline.geometry().as_bytes()), Ok(outline.clone()));
                prop_assert_eq!(outline.overlap_percent(&outline), 100);
                prop_assert!(outline.area_m2() > Some(0));
            }
        }
    }
}
