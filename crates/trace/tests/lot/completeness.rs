//! What the law asks for, against what is on record.

use std::collections::BTreeMap;

use nguon_id::ProductCode;
use nguon_trace::completeness::{Completeness, Known, Presence, of};
use nguon_trace::facts::{
    Amount, Identifier, Organisation, OrganisationKind, Product, Step, Text, What, organisation_urn,
};
use nguon_trace::quantity::Quantity;

use crate::farm::{COOP, LOT, Log, PACKS, event, judged, kg};

fn product() -> Product {
    Product {
        uri: "https://ledger.example/p/hop-dau-tay".to_owned(),
        code: ProductCode::parse("hop-dau-tay").expect("small letters and hyphens"),
        gtin: None,
        name: Text::vi("Dâu tây, hộp 500 g"),
        category: "strawberry".to_owned(),
        description: None,
        unit_name: Text::vi("hộp"),
        net_content: Some(Quantity::grams(500)),
        shelf_life_days: None,
        input_per_output: None,
        brand: None,
        warnings: None,
        storage: None,
        standards: Vec::new(),
        image: None,
    }
}

fn cooperative() -> Organisation {
    Organisation {
        uri: organisation_urn(COOP),
        name: Text::vi("HTX Thử Nghiệm"),
        kind: OrganisationKind::Cooperative,
        address: Text::vi("Xã Ka Đô, tỉnh Lâm Đồng"),
        commune: None,
        identifiers: Vec::new(),
        hotline: None,
        website: None,
    }
}

fn lists(uri: &str, log: &Log, product: Option<&Product>, maker: Option<Organisation>) -> Vec<Completeness> {
    let organisations: BTreeMap<_, _> = maker.map(|maker| (COOP.to_owned(), maker)).into_iter().collect();
    let (state, plots) = (judged(uri, &log.0, &[], None), BTreeMap::new());
    of(Known { state: &state, product, organisations: &organisations, plots: &plots })
}

/// (number, presence) of what is not simply there.
fn open(list: &Completeness) -> Vec<(usize, Presence)> {
    let items = list.items.iter().filter(|item| item.presence != Presence::There);
    items
        .inspect(|item| assert!(item.to_do.is_some(), "{item:?}"))
        .map(|item| (item.number, item.presence))
        .collect()
}

#[test]
fn of_a_lot_without_cards_most_is_missing() {
    let mut log = Log::default();
    log.harvest(COOP, kg(500));
    let [circular, passport] = &lists(LOT, &log, None, None)[..] else { panic!("two lists") };
    use Presence::{Missing, NotStated};
    assert_eq!(
        open(circular),
        [
            (1, Missing),
            (2, Missing),
            (3, Missing),
            (4, Missing),
            (8, NotStated),
            (9, NotStated),
            (10, Missing)
        ]
    );
    assert_eq!(
        open(passport),
        [(1, Missing), (2, Missing), (5, NotStated), (6, NotStated), (7, NotStated), (8, NotStated)]
    );
    assert!(!circular.is_complete() && !passport.is_complete());
}

#[test]
fn what_is_on_the_cards_is_there() {
    let mut log = Log::default();
    let used = vec![Amount::of(LOT, kg(100))];
    let made = vec![Amount::of(PACKS, Quantity::pieces(200))];
    let what = What::Transformation { process: None, inputs: used, outputs: made };
    log.says(COOP, Step::Packing, what);
    let (mut product, mut maker) = (product(), cooperative());

    let half = lists(PACKS, &log, Some(&product), Some(maker.clone()));
    use Presence::{Missing, NotStated, Partly};
    assert_eq!(
        open(&half[0]),
        [(2, Missing), (5, Partly), (8, NotStated), (9, NotStated), (10, Missing)],
        "the packing names no place"
    );
    assert_eq!(half[0].items[4].records, [0]);
    assert_eq!(open(&half[1])[..3], [(1, Partly), (2, Partly), (3, Missing)]);

    product.gtin = Some(nguon_id::Gtin::parse("09521234000105").unwrap());
    product.shelf_life_days = Some(5);
    product.standards = vec!["TCVN 11892-1:2017".to_owned()];
    product.image = Some(nguon_trace::facts::Photo {
        digest: nguon_trace::facts::Digest([7; 32]),
        media_type: "image/jpeg".to_owned(),
        caption: None,
    });
    maker.identifiers = vec![Identifier { scheme: "gln".to_owned(), value: "9521234000006".to_owned() }];
    event(&mut log.0[0]).lot.country_of_origin = Some("VN".to_owned());
    let whole = lists(PACKS, &log, Some(&product), Some(maker));
    assert_eq!(open(&whole[0]), [(8, NotStated)]);
    assert!(whole[0].is_complete());
    assert_eq!(open(&whole[1]), [(5, NotStated), (6, NotStated), (7, NotStated), (8, NotStated)]);
    assert!(whole[1].is_complete());
}
