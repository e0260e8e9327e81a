//! The feed's JSON: pages of changes, each listing told whole or told to be gone.
//!
//! ```text
//! {"format": "nguon-feed-1",
//!  "items": [{"change": "put", "listing": "…", …},
//!            {"change": "gone", "listing": "…", "reason": "lot_recalled", "at": "2026-11-22T03:15:00Z"}],
//!  "next": "AgAAAAAAABJnAAAAAlEx", "has_more": false}
//! ```
//!
//! A reader keeps one row a listing: `put` replaces it, `gone` deletes it, both may come again. It keeps `next` only
//! after it has kept the page. `has_more` false means: come back later with the same `next`. New fields may appear in
//! the same format; a reader ignores those it does not know.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Cursor, FeedItem, ReasonCode};

/// The version of the feed's shapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum FeedFormat {
    /// The first.
    #[serde(rename = "nguon-feed-1")]
    V1,
}

/// What became of a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// It is offered, or sold out for now: this is all of it.
    // Boxed: a tombstone should not weigh as much as a listing.
    Put(Box<FeedItem>),
    /// It is no longer offered.
    Gone {
        /// The listing's URI.
        listing: String,
        /// Why.
        reason: ReasonCode,
        /// Since when, by the service's clock.
        at: Timestamp,
    },
}

impl Change {
    /// The URI of the listing it is about.
    pub fn listing(&self) -> &str {
        match self {
            Change::Put(item) => &item.listing,
            Change::Gone { listing, .. } => listing,
        }
    }
}

/// One page of the feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FeedPage {
    /// The version of these shapes.
    pub format: FeedFormat,
    /// Changes in the order of the log; a listing's later change replaces its earlier ones.
    pub items: Vec<Change>,
    /// Where the next page begins: after the last of these, or the cursor asked with if there are none.
    #[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^[A-Za-z0-9_-]{20}$"))]
    pub next: Cursor,
    /// Whether more is waiting already.
    pub has_more: bool,
    /// Names what the asking exchange may see and how; another word than before: take a new snapshot.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub selection: Option<String>,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{
        Certificate, Digest, Image, LotRef, Measure, Organisation, Origin, PriceVnd, ProductKey, Status,
        Tier, Unit,
    };

    fn instant(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    pub(crate) fn item() -> FeedItem {
        FeedItem {
            listing: "urn:nguon:listing:7".to_owned(),
            event_id: Digest([0xab; 32]),
            log_index: 4711,
            proof_url: "https://nguon.example/records/4711/proof".to_owned(),
            trace_url: "https://nguon.example/01/09521234567899/10/DL-2611".to_owned(),
            name_vi: "Cà phê Arabica Cầu Đất".to_owned(),
            name_en: None,
            category: "coffee".to_owned(),
            description_vi: None,
            description_en: None,
            brand: None,
            product: ProductKey::Gtin("09521234567899".parse().unwrap()),
            organisation: Organisation {
                id: Digest([1; 32]),
                name: "HTX Nông nghiệp Xuân Trường".to_owned(),
                address: "Thôn Trường Thọ, phường Xuân Trường - Đà Lạt, Lâm Đồng".to_owned(),
                tax_code: Some("5800000001".to_owned()),
                hotline: None,
                website: None,
            },
            producers: Vec::new(),
            origin: Origin {
                commune_code: "24805".parse().unwrap(),
                code_edition: "2025-07-01".parse().unwrap(),
                province_code: Some("68".to_owned()),
                text: "Phường Xuân Trường - Đà Lạt, Lâm Đồng".to_owned(),
            },
            origins: Vec::new(),
            price_vnd: PriceVnd::try_from(185_000).unwrap(),
            price_per: Measure { value: 500, unit: Unit::Gram },
            vat_included: true,
            tiers: vec![Tier {
                from: Measure { value: 20, unit: Unit::Bag },
                price_vnd: PriceVnd::try_from(172_000).unwrap(),
            }],
            valid_from: instant("2026-11-01T00:00:00Z"),
            valid_until: instant("2026-12-31T16:59:59.999Z"),
            min_order: None,
            net_content: Some(Measure { value: 500, unit: Unit::Gram }),
            packaging: Some("túi".to_owned()),
            storage: None,
            warnings: None,
            standards: Vec::new(),
            stock: Measure { value: 240, unit: Unit::Bag },
            lots: vec![LotRef {
                uri: "https://id.gs1.org/01/09521234567899/10/DL-2611".to_owned(),
                code: "DL-2611".to_owned(),
                trace_url: "https://nguon.example/01/09521234567899/10/DL-2611".to_owned(),
                harvest_date: Some(jiff::civil::date(2026, 10, 28)),
                produced_on: None,
                best_before: None,
            }],
            certificates: vec![Certificate {
                scheme: "vietgap".to_owned(),
                number: "VietGAP-TT-00-00-0000".to_owned(),
                issuer: "Tổ chức chứng nhận Mẫu".to_owned(),
                valid_from: jiff::civil::date(2025, 3, 1),
                valid_until: Some(jiff::civil::date(2028, 2, 28)),
                claimed: true,
                confirmed: false,
            }],
            ocop_stars: None,
            images: vec![Image {
                blake3: Digest([2; 32]),
                media_type: "image/jpeg".to_owned(),
                url: "https://nguon.example/i/02".to_owned(),
            }],
            status: Status::Active,
            updated_at: instant("2026-11-22T03:15:00.25Z"),
            shown: None,
        }
    }

    pub(crate) fn page() -> FeedPage {
        FeedPage {
            format: FeedFormat::V1,
            items: vec![
                Change::Put(Box::new(item())),
                Change::Gone {
                    listing: "urn:nguon:listing:8".to_owned(),
                    reason: ReasonCode::LotRecalled,
                    at: instant("2026-11-22T03:15:00Z"),
                },
            ],
            next: Cursor { log_index: 4711, position: 2, day: 20_785 },
            has_more: false,
            selection: None,
        }
    }

    #[test]
    fn a_page_of_the_feed_has_these_very_bytes() {
        let digest = |byte: &str| byte.repeat(32);
        let expected = [
            r#"{"format":"nguon-feed-1","items":[{"change":"put","listing":"urn:nguon:listing:7","event_id":""#,
            &digest("ab"),
            r#"","log_index":4711,"proof_url":"https://nguon.example/records/4711/proof","#,
            r#""trace_url":"https://nguon.example/01/09521234567899/10/DL-2611","#,
            r#""name_vi":"Cà phê Arabica Cầu Đất","category":"coffee","gtin":"09521234567899","#,
            r#""organisation":{"id":""#,
            &digest("01"),
            r#"","name":"HTX Nông nghiệp Xuân Trường","#,
            r#""address":"Thôn Trường Thọ, phường Xuân Trường - Đà Lạt, Lâm Đồng","tax_code":"5800000001"},"#,
            r#""origin":{"commune_code":"24805","code_edition":"2025-07-01","province_code":"68","#,
            r#""text":"Phường Xuân Trường - Đà Lạt, Lâm Đồng"},"price_vnd":185000,"#,
            r#""price_per":{"value":500,"unit":"g"},"vat_included":true,"tiers":[{"from":{"value":20,"unit":"bag"},"price_vnd":172000}],"#,
            r#""valid_from":"2026-11-01T00:00:00Z","valid_until":"2026-12-31T16:59:59.999Z","#,
            r#""net_content":{"value":500,"unit":"g"},"packaging":"túi","stock":{"value":240,"unit":"bag"},"#,
            r#""lots":[{"uri":"https://id.gs1.org/01/09521234567899/10/DL-2611","code":"DL-2611","#,
            r#""trace_url":"https://nguon.example/01/09521234567899/10/DL-2611","harvest_date":"2026-10-28"}],"#,
            r#""certificates":[{"scheme":"vietgap","number":"VietGAP-TT-00-00-0000","#,
            r#""issuer":"Tổ chức chứng nhận Mẫu","valid_from":"2025-03-01","valid_until":"2028-02-28","claimed":true,"confirmed":false}],"#,
            r#""images":[{"blake3":""#,
            &digest("02"),
            r#"","media_type":"image/jpeg","url":"https://nguon.example/i/02"}],"status":"active","updated_at":"2026-11-22T03:15:00.25Z"},"#,
            r#"{"change":"gone","listing":"urn:nguon:listing:8","reason":"lot_recalled","#,
            r#""at":"2026-11-22T03:15:00Z"}],"next":"AgAAAAAAABJnAAAAAlEx","has_more":false}"#,
        ];
        assert_eq!(serde_json::to_string(&page()).unwrap(), expected.concat());
    }

    #[test]
    fn a_reader_gets_back_what_was_told() {
        let mut page = page();
        let mut own_code = item();
        own_code.product = ProductKey::InternalCode("che-shan-tuyet".parse().unwrap());
        own_code.name_en = Some("Shan tuyết tea".to_owned());
        own_code.min_order = Some(Measure::pieces(3));
        page.items.push(Change::Put(Box::new(own_code)));
        let text = serde_json::to_string(&page).unwrap();
        assert!(text.contains(r#""internal_code":"che-shan-tuyet""#));
        assert_eq!(serde_json::from_str::<FeedPage>(&text).unwrap(), page);
        assert_eq!(page.items[1].listing(), "urn:nguon:listing:8");
    }

    #[test]
    fn an_item_ends_with_the_first_of_its_days() {
        let mut item = item();
        let until = item.valid_until.as_millisecond();
        assert_eq!(
            (item.ends_at_ms(), item.ended(until), item.ended(until + 1)),
            (until + 1, None, Some(ReasonCode::Expired))
        );
        item.certificates[0].valid_until = Some(jiff::civil::date(2026, 12, 10));
        let claim_ends = "2026-12-10T17:00:00Z".parse::<Timestamp>().unwrap().as_millisecond();
        assert_eq!(
            (item.ends_at_ms(), item.ended(claim_ends)),
            (claim_ends, Some(ReasonCode::CertificateLapsed))
        );
        item.certificates[0].claimed = false;
        assert_eq!(item.ended(claim_ends), None, "what only stands with a lot ends no offer");
        item.lots[0].best_before = Some(jiff::civil::date(2026, 12, 9));
        assert_eq!(item.ended(claim_ends), Some(ReasonCode::LotExpired));
        assert_eq!(item.ends_at_ms(), claim_ends - 86_400_000);
    }

    #[test]
    fn a_reader_of_today_reads_the_fields_of_tomorrow() {
        let text = serde_json::to_string(&page()).unwrap();
        let text = text
            .replace(r#""has_more""#, r#""new":1,"has_more""#)
            .replace(r#""status""#, r#""new":[],"status""#);
        assert_eq!(serde_json::from_str::<FeedPage>(&text).unwrap(), page());
    }

    #[test]
    fn what_no_listing_can_say_is_refused() {
        let text = serde_json::to_string(&page()).unwrap();
        for (right, wrong) in [
            ("\"price_vnd\":185000", "\"price_vnd\":0"),
            ("\"price_vnd\":185000", "\"price_vnd\":185000.5"),
            ("\"gtin\":\"09521234567899\"", "\"gtin\":\"09521234567894\""),
            ("\"gtin\":\"09521234567899\",", ""),
            ("\"24805\"", "\"248\""),
            ("\"unit\":\"bag\"", "\"unit\":\"KGM\""),
            ("2026-10-28", "2026-02-30"),
            ("\"lot_recalled\"", "\"because\""),
            ("nguon-feed-1", "nguon-feed-2"),
            ("AgAAAAAAABJnAAAAAlEx", "AQAAAAAAABJnAAAAAlEx"),
            ("\"change\":\"put\"", "\"change\":\"take\""),
        ] {
            assert!(text.contains(right), "{right}");
            let text = text.replacen(right, wrong, 1);
            assert!(serde_json::from_str::<FeedPage>(&text).is_err(), "{wrong}");
        }
    }

    #[cfg(feature = "openapi")]
    #[test]
    fn the_api_description_names_the_fields_of_a_page() {
        use utoipa::ToSchema as _;

        let mut schemas = Vec::new();
        FeedPage::schemas(&mut schemas);
        let described = serde_json::to_string(&schemas).unwrap();
        for field in [
            "price_vnd",
            "gtin",
            "internal_code",
            "commune_code",
            "best_before",
            "lot_recalled",
            "put",
            "gone",
        ] {
            assert!(described.contains(&format!("\"{field}\"")), "{field} is not in {described}");
        }
    }
}
