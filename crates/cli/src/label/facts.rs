//! What a label says, from what the ledger says of the lot (`GET /api/v1/lots/…`).

use anyhow::bail;
use jiff::civil::Date;
use nguon_id::LotId;
use nguon_label::{FIELDS, Fields};
use nguon_trace::finding::{quantity_en, quantity_vi};
use nguon_trace::quantity::{Quantity, Unit};
use serde_json::Value;

/// The texts of a lot's labels.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// By field, in the order of [`FIELDS`].
    texts: [String; FIELDS.len()],
    /// Where the code leads.
    pub(super) page_url: String,
    /// Its other name on the same host.
    uri_path: String,
    /// What the printer should know, in both languages.
    pub(super) remarks: Vec<(String, String)>,
}

/// Why no label is printed.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) vi: &'static str,
    pub(super) en: &'static str,
}

impl Facts {
    /// Reads the server's answer. Texts are in this language where the ledger has them, else in Vietnamese.
    pub(super) fn of(lot: &Value, language: &str, today: Date) -> Result<Self, Refusal> {
        let text = |pointer: &str| lot.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        match text("/state/status/state") {
            "recalled" => {
                return Err(Refusal {
                    vi: "Lô đang bị thu hồi, không in tem",
                    en: "the lot is recalled; no labels are printed",
                });
            }
            "destroyed" => {
                return Err(Refusal {
                    vi: "Lô đã bị tiêu hủy, không in tem",
                    en: "the lot was destroyed; no labels are printed",
                });
            }
            _ => {}
        }
        let page_url = text("/page_url").to_owned();
        if page_url.is_empty() {
            return Err(Refusal {
                vi: "Máy chủ không cho biết trang của lô",
                en: "the server does not say where the lot's page is",
            });
        }
        let both = |pointer: &str| {
            let own = text(&format!("{pointer}/{language}"));
            if own.is_empty() { text(&format!("{pointer}/vi")) } else { own }
        };
        let maker = format!("/organisations/{}", text("/state/maker"));
        let best_before =
            [text("/state/best_before"), text("/state/use_by")].into_iter().find(|day| !day.is_empty());
        let uri_path = LotId::from_uri(text("/uri")).map(|id| id.path()).unwrap_or_default();
        let mut facts = Facts { page_url, uri_path, ..Facts::default() };
        let origin = match (text("/state/country_of_origin"), language) {
            ("VN", "vi") => "Việt Nam",
            ("VN", _) => "Viet Nam",
            (other, _) => other,
        };
        let net_content = lot.pointer("/product/net_content");
        let net_content =
            net_content.and_then(|value| serde_json::from_value::<Quantity>(value.clone()).ok());
        for (field, value) in [
            ("product", both("/product/name").to_owned()),
            ("lot", text("/state/number").to_owned()),
            ("packed_on", day(text("/state/produced_on"))),
            ("best_before", day(best_before.unwrap_or_default())),
            ("net_weight", net_content.map(|net| weight(net, language)).unwrap_or_default()),
            ("organisation", both(&format!("{maker}/name")).to_owned()),
            ("address", both(&format!("{maker}/address")).to_owned()),
            ("origin", origin.to_owned()),
            ("certificates", facts.marks(lot, language, today)),
            ("storage", both("/product/storage").trim_end_matches('.').to_owned()),
            ("short_code", text("/short_code").to_owned()),
        ] {
            facts.put(field, value);
        }
        facts.remark(lot);
        Ok(facts)
    }

    /// Addresses of the lot's page: as it is named today, as the ledger names it, and as it was asked for.
    pub(super) fn pages(&self, asked: &LotId) -> Vec<String> {
        let host = self
            .page_url
            .split_once("://")
            .map_or(0, |(scheme, rest)| scheme.len() + 3 + rest.find('/').unwrap_or(rest.len()));
        let host = self.page_url.get(..host).unwrap_or_default();
        let mut pages = vec![self.page_url.clone()];
        for path in [&self.uri_path, &asked.path()] {
            let page = format!("{host}{path}");
            if !path.is_empty() && !pages.contains(&page) {
                pages.push(page);
            }
        }
        pages
    }

    /// Certificates that are valid today, as words.
    fn marks(&mut self, lot: &Value, language: &str, today: Date) -> String {
        let mut marks = Vec::new();
        let named = lot.pointer("/state/certificates").and_then(Value::as_array).into_iter().flatten();
        for uri in named.filter_map(Value::as_str) {
            let Some(certificate) = lot.get("certificates").and_then(|all| all.get(uri)) else { continue };
            let text = |name: &str| certificate.get(name).and_then(Value::as_str).unwrap_or_default();
            let Some(mark) = mark(text("scheme"), language) else { continue };
            let begun = text("valid_from").parse::<Date>().is_ok_and(|from| from <= today);
            let until = text("valid_until");
            let ended = !until.is_empty() && !until.parse::<Date>().is_ok_and(|until| today <= until);
            if !begun || ended {
                self.remarks.push((
                    format!("{mark} số {} không còn hoặc chưa có hiệu lực, không in", text("number")),
                    format!("{mark} number {} is not valid today and is left out", text("number")),
                ));
                continue;
            }
            if certificate.get("confirmed") != Some(&Value::Bool(true)) {
                self.remarks.push((
                    format!("{mark} số {} chưa được tổ chức chứng nhận ký xác nhận", text("number")),
                    format!("{mark} number {} is not confirmed by a certifier's signature", text("number")),
                ));
            }
            if !marks.contains(&mark) {
                marks.push(mark);
            }
        }
        marks.sort_by_key(|mark| mark.starts_with("OCOP"));
        marks.join(" · ")
    }

    fn remark(&mut self, lot: &Value) {
        let findings = lot.pointer("/state/findings").and_then(Value::as_array).map_or(0, Vec::len);
        if findings > 0 {
            self.remarks.push((
                format!("Trang của lô đang nêu {findings} điểm cần xem"),
                match findings {
                    1 => "the lot's page shows a finding".to_owned(),
                    more => format!("the lot's page shows {more} findings"),
                },
            ));
        }
        for (field, vi, en) in [
            ("product", "tên sản phẩm", "the product's name"),
            ("organisation", "tên đơn vị", "the co-operative's name"),
            ("packed_on", "ngày đóng gói", "the packing date"),
            ("best_before", "hạn sử dụng", "a best-before date"),
            ("net_weight", "khối lượng tịnh", "the net weight"),
        ] {
            if self.text(field).is_empty() {
                self.remarks.push((
                    format!("Sổ chưa có {vi}; có thể thêm bằng --field {field}=…"),
                    format!("the ledger does not have {en}; --field {field}=… adds it"),
                ));
            }
        }
    }

    /// `NAME=TEXT`, as it was typed.
    pub(super) fn set(&mut self, given: &str) -> anyhow::Result<()> {
        let Some((field, text)) = given.split_once('=') else {
            bail!("--field takes NAME=TEXT, not {given:?}");
        };
        if !FIELDS.contains(&field) || field == "serial" {
            let known: Vec<&str> = FIELDS.into_iter().filter(|field| *field != "serial").collect();
            bail!("a label has no field {field:?}; there are {}", known.join(", "));
        }
        self.put(field, text.to_owned());
        let added = format!("--field {field}=");
        self.remarks.retain(|(vi, _)| !vi.contains(&added));
        Ok(())
    }

    fn put(&mut self, field: &str, text: String) {
        if let Some(place) = FIELDS.iter().position(|known| *known == field) {
            self.texts[place] = text;
        }
    }

    fn text(&self, field: &str) -> &str {
        let place = FIELDS.iter().position(|known| *known == field);
        place.map_or("", |place| &self.texts[place])
    }

    pub(super) fn product(&self) -> &str {
        self.text("product")
    }

    pub(super) fn lot(&self) -> &str {
        self.text("lot")
    }

    /// Everything that may be printed.
    pub(super) fn all_text(&self) -> String {
        self.texts.concat()
    }

    pub(super) fn fields(&self) -> Fields<'_> {
        Fields {
            product: self.text("product"),
            lot: self.text("lot"),
            packed_on: self.text("packed_on"),
            best_before: self.text("best_before"),
            net_weight: self.text("net_weight"),
            organisation: self.text("organisation"),
            address: self.text("address"),
            origin: self.text("origin"),
            certificates: self.text("certificates"),
            storage: self.text("storage"),
            short_code: self.text("short_code"),
            serial: "",
        }
    }
}

/// `15/06/2026`, as labels have it.
fn day(iso: &str) -> String {
    iso.parse::<Date>().map(|day| day.strftime("%d/%m/%Y").to_string()).unwrap_or_default()
}

/// Below a kilogram and a litre in grams and millilitres, as people read weights on packs.
fn weight(net: Quantity, language: &str) -> String {
    match net.unit {
        Unit::Gram if net.amount < 1000 => format!("{} g", net.amount),
        Unit::Millilitre if net.amount < 1000 => format!("{} ml", net.amount),
        _ if language == "vi" => quantity_vi(net),
        _ => quantity_en(net),
    }
}

/// What a certificate is called on a label; papers of authorities and laboratories are no marks.
fn mark(scheme: &str, language: &str) -> Option<String> {
    if let Some(stars) = scheme.strip_prefix("ocop-") {
        let word = if language == "vi" { "sao" } else { "stars" };
        return Some(format!("OCOP {stars} {word}"));
    }
    Some(match (scheme, language) {
        ("vietgap", _) => "VietGAP".to_owned(),
        ("globalgap", _) => "GLOBALG.A.P.".to_owned(),
        ("organic", "vi") => "Hữu cơ".to_owned(),
        ("organic", _) => "Organic".to_owned(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lot() -> Value {
        json!({
            "uri": "https://id.gs1.org/01/09521100700023/10/260615-A",
            "short_code": "C7YF-4Q9V",
            "page_url": "https://nguon.example/01/09521100700023/10/260615-A",
            "product": { "name": { "vi": "Gạo Séng Cù Điện Biên, túi 5 kg", "en": "Séng Cù rice" },
                "net_content": { "amount": 5000, "unit": "gram" },
                "storage": { "vi": "Để nơi khô ráo, thoáng mát." } },
            "state": { "number": "260615-A", "produced_on": "2026-06-15", "best_before": "2027-02-10",
                "country_of_origin": "VN", "maker": "ab", "status": { "state": "active" }, "findings": [],
                "certificates": ["u:ocop", "u:vietgap", "u:old", "u:paper", "u:none"] },
            "organisations": { "ab": { "name": { "vi": "HTX Bản Nước Trong" }, "address": { "vi": "Xã Thanh Yên" } } },
            "certificates": {
                "u:ocop": { "scheme": "ocop-4", "number": "1", "valid_from": "2025-01-10",
                    "valid_until": "2028-01-10", "confirmed": true },
                "u:vietgap": { "scheme": "vietgap", "number": "2", "valid_from": "2025-09-15",
                    "valid_until": null, "confirmed": false },
                "u:old": { "scheme": "globalgap", "number": "3", "valid_from": "2024-01-01",
                    "valid_until": "2026-06-30", "confirmed": true },
                "u:paper": { "scheme": "test-report", "number": "4", "valid_from": "2026-01-01", "confirmed": true },
            },
        })
    }

    fn day_of_printing() -> Date {
        jiff::civil::date(2026, 7, 1)
    }

    #[test]
    fn a_label_says_what_the_ledger_says() {
        let facts = Facts::of(&lot(), "vi", day_of_printing()).unwrap();
        let expected = Fields {
            product: "Gạo Séng Cù Điện Biên, túi 5 kg",
            lot: "260615-A",
            packed_on: "15/06/2026",
            best_before: "10/02/2027",
            net_weight: "5 kg",
            organisation: "HTX Bản Nước Trong",
            address: "Xã Thanh Yên",
            origin: "Việt Nam",
            certificates: "VietGAP · OCOP 4 sao",
            storage: "Để nơi khô ráo, thoáng mát",
            short_code: "C7YF-4Q9V",
            serial: "",
        };
        assert_eq!(facts.fields(), expected);
        let asked = LotId::from_path("/p/gao-seng-cu/l/260615-A").unwrap();
        let pages = [
            "https://nguon.example/01/09521100700023/10/260615-A",
            "https://nguon.example/p/gao-seng-cu/l/260615-A",
        ];
        assert_eq!(facts.pages(&asked), pages);
        // One is over, one is nobody's but the co-operative's word.
        assert_eq!(facts.remarks.len(), 2, "{:?}", facts.remarks);
        let english = Facts::of(&lot(), "en", day_of_printing()).unwrap();
        assert_eq!(
            (english.product(), english.fields().certificates),
            ("Séng Cù rice", "VietGAP · OCOP 4 stars")
        );
    }

    #[test]
    fn what_the_ledger_lacks_is_said_and_can_be_given() {
        let mut bare = lot();
        bare["product"] = Value::Null;
        bare["state"]["best_before"] = Value::Null;
        let mut facts = Facts::of(&bare, "vi", day_of_printing()).unwrap();
        let missing = |facts: &Facts| facts.remarks.iter().filter(|(vi, _)| vi.contains("--field")).count();
        assert_eq!(missing(&facts), 3);
        facts.set("net_weight=500 g").unwrap();
        assert_eq!((missing(&facts), facts.fields().net_weight), (2, "500 g"));
        assert!(facts.set("price=1").is_err() && facts.set("serial=1").is_err() && facts.set("lot").is_err());
        bare["state"]["use_by"] = json!("2026-08-01");
        assert_eq!(Facts::of(&bare, "vi", day_of_printing()).unwrap().fields().best_before, "01/08/2026");
    }

    #[test]
    fn no_label_is_printed_of_a_recalled_lot() {
        for state in ["recalled", "destroyed"] {
            let mut bad = lot();
            bad["state"]["status"]["state"] = json!(state);
            assert!(Facts::of(&bad, "vi", day_of_printing()).is_err(), "{state}");
        }
        assert!(Facts::of(&json!({ "page_url": 7 }), "vi", day_of_printing()).is_err());
    }

    #[test]
    fn weights_are_read_as_on_packs() {
        let of = |amount, unit, language| weight(Quantity { amount, unit }, language);
        assert_eq!(of(500, Unit::Gram, "vi"), "500 g");
        assert_eq!(of(1500, Unit::Gram, "vi"), "1,5 kg");
        assert_eq!(of(1500, Unit::Gram, "en"), "1.5 kg");
        assert_eq!(of(750, Unit::Millilitre, "vi"), "750 ml");
    }
}
