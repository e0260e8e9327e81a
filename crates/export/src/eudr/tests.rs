use jiff::civil::date;

use super::*;
use crate::geometry::GeometryError;

fn plot(code: &str, declared_m2: u64, place: &str) -> Plot {
    Plot {
        code: code.to_owned(),
        producer: "HTX Cà phê Cầu Đất".to_owned(),
        production_place: "Cầu Đất, Phường Xuân Trường - Đà Lạt, Lâm Đồng".to_owned(),
        declared_m2,
        place: Place::Given(place.as_bytes().to_vec()),
    }
}

fn point(lon: &str) -> String {
    format!(r#"{{"type":"Point","coordinates":[{lon},11.870053]}}"#)
}

fn portion(grams: Option<u64>, plots: &[&str], day: i8) -> Portion {
    Portion {
        harvest_lot: format!("https://so.example.vn/p/ca-phe/l/{day}"),
        grams,
        plots: plots.iter().map(|plot| (*plot).to_owned()).collect(),
        from: Some(date(2026, 11, day)),
        until: None,
    }
}

fn consignment() -> Consignment {
    let lot = Lot {
        uri: "https://so.example.vn/p/ca-phe-nhan/l/A1".to_owned(),
        number: "A1".to_owned(),
        product: Some(Text::both("Cà phê nhân", "Green coffee")),
        grams: Some(1_000_500),
        blocked: Vec::new(),
    };
    let plots = [
        ("u:1", plot("LÔ-01", 12_500, &point("108.500000"))),
        ("u:2", plot("LÔ-02", 38_000, &point("108.510000"))),
    ];
    Consignment {
        lots: vec![lot],
        portions: vec![
            portion(Some(600_000), &["u:1"], 2),
            portion(Some(200_500), &["u:1"], 9),
            portion(Some(200_000), &["u:1", "u:2"], 20),
        ],
        plots: plots.map(|(uri, plot)| (uri.to_owned(), plot)).into(),
        ..Consignment::default()
    }
}

#[test]
fn another_reader_of_geojson_finds_each_plot_with_its_mass_and_days() {
    let collection = Collection::of(&consignment());
    assert_eq!((collection.faults(), collection.warnings()), (&[][..], &[][..]));
    let file = String::from_utf8(collection.geojson().unwrap()).unwrap();
    assert!(file.contains(r#""geometry":{"type":"Point","coordinates":[108.500000,11.870053]}"#), "{file}");
    let read: geojson::FeatureCollection = file.parse().unwrap();
    assert_eq!(read.features.len(), 2);
    let first = &read.features[0];
    assert_eq!(first.property("ProducerName").unwrap(), "HTX Cà phê Cầu Đất");
    assert_eq!(first.property("ProducerCountry").unwrap(), "VN");
    assert_eq!(first.property("Area").unwrap(), 1.25);
    assert_eq!(first.property("nguon:netMassKg").unwrap(), 800.5);
    assert_eq!(first.property("nguon:netMassTogetherKg").unwrap()[0]["kg"], 200.0);
    assert_eq!(first.property("nguon:netMassTogetherKg").unwrap()[0]["plots"][1], "LÔ-02");
    assert_eq!(first.property("nguon:harvestFrom").unwrap(), "2026-11-02");
    assert_eq!(first.property("nguon:harvestUntil").unwrap(), "2026-11-20");
    assert_eq!(read.features[1].property("nguon:netMassKg"), None, "nobody weighed the second plot alone");
    let foreign = read.foreign_members.unwrap();
    assert_eq!(foreign["nguon:exportable"], true);
    assert_eq!(foreign["nguon:lots"][0]["netMassKg"], 1000.5);
    assert!(!foreign.contains_key("crs"));
}

#[test]
fn a_plot_without_a_place_makes_a_consignment_unexportable_until_somebody_asks_for_the_rest() {
    let mut consignment = consignment();
    let second = consignment.plots.get_mut("u:2").unwrap();
    second.declared_m2 = 45_500;
    let refused = |error| Fault::PlaceRefused { plot: "LÔ-02".to_owned(), error };
    let collection = Collection::of(&consignment);
    let expected = vec![refused(GeometryError::PointTooCoarse)];
    assert_eq!(collection.geojson(), Err(NotExportable(expected)));

    let check = |place: Place, expected: Fault| {
        let mut consignment = consignment.clone();
        consignment.plots.get_mut("u:2").unwrap().place = place;
        let collection = Collection::of(&consignment);
        assert_eq!(collection.geojson(), Err(NotExportable(vec![expected.clone()])));
        let rest: geojson::FeatureCollection = String::from_utf8(collection.rest()).unwrap().parse().unwrap();
        assert_eq!(rest.features.len(), 1);
        let foreign = rest.foreign_members.unwrap();
        assert_eq!(foreign["nguon:exportable"], false);
        assert_eq!(foreign["nguon:faults"][0]["code"], expected.key());
        assert_eq!(foreign["nguon:faults"][0]["about"], "LÔ-02");
    };
    check(Place::Absent, Fault::PlaceAbsent { plot: "LÔ-02".to_owned() });
    check(Place::Erased, Fault::PlaceErased { plot: "LÔ-02".to_owned() });
    check(Place::Given(b"11.87, 108.5".to_vec()), refused(GeometryError::NotJson));
    check(Place::Given(point("8.5").into_bytes()), refused(GeometryError::OutsideVietnam));
}

#[test]
fn goods_of_unknown_origin_are_named_with_their_share() {
    let mut consignment = consignment();
    consignment.without_origin.push(("https://so.example.vn/p/mua/l/7".to_owned(), Some(123_456)));
    consignment.portions.push(portion(Some(1), &["u:9"], 21));
    let NotExportable(faults) = Collection::of(&consignment).geojson().unwrap_err();
    assert_eq!(faults[0].en(), "lot https://so.example.vn/p/mua/l/7 leads to no plot, 12.3 % of the goods");
    assert_eq!(
        faults[0].vi(),
        "lô https://so.example.vn/p/mua/l/7 không dẫn về thửa đất nào, chiếm 12,3 % lô hàng"
    );
    assert_eq!(faults[1], Fault::PlotUnregistered { plot: "u:9".to_owned() });
    let nothing = Collection::of(&Consignment::default());
    assert_eq!(nothing.faults(), [Fault::NoPlot]);
}

#[test]
fn a_mass_or_a_day_that_nobody_knows_is_not_made_up() {
    let mut consignment = consignment();
    consignment.portions.push(Portion { grams: None, from: None, ..portion(None, &["u:1"], 21) });
    let collection = Collection::of(&consignment);
    let plot = || "LÔ-01".to_owned();
    assert_eq!(
        collection.warnings(),
        [Warning::MassUnknown { plot: plot() }, Warning::HarvestUndated { plot: plot() }]
    );
    let file: geojson::FeatureCollection =
        String::from_utf8(collection.geojson().unwrap()).unwrap().parse().unwrap();
    assert_eq!(file.features[0].property("nguon:netMassKg"), None);
    assert_eq!(file.features[0].property("nguon:harvestFrom"), None);
}

#[test]
fn the_same_point_for_two_plots_is_odd_and_names_cannot_break_the_file() {
    let mut consignment = consignment();
    let second = consignment.plots.get_mut("u:2").unwrap();
    second.place = Place::Given(point("108.500000").into_bytes());
    second.code = "\"}],\u{0}\u{202e}<script>".to_owned();
    let collection = Collection::of(&consignment);
    let [Warning::Overlap { percent: 100, .. }] = collection.warnings() else {
        panic!("{:?}", collection.warnings());
    };
    let file: geojson::FeatureCollection =
        String::from_utf8(collection.geojson().unwrap()).unwrap().parse().unwrap();
    assert_eq!(file.features[1].property("nguon:code").unwrap(), "\"}],\u{0}\u{202e}<script>");
}
