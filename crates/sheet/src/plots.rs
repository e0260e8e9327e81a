//! Members, plots and products: who and what there is.

use nguon_id::{Gtin, ProductCode};
use nguon_trace::crops;
use nguon_trace::facts::{Facts, Plot, Product, Text};

use crate::columns::folded;
use crate::fault::{FaultCode, Wrong};
use crate::grid::Cell;
use crate::read::{Line, Person, Reading, Said};
use crate::value;

/// Rights, and the word of the private section.
type Role = (&'static [&'static str], &'static str);

/// What people do, with the rights that it takes and the word of the private section.
const ROLES: &[(&[&str], Role)] = &[
    (&["nông dân", "xã viên", "hộ", "grower", "farmer"], (&["diary"], "grower")),
    (&["tổ trưởng", "tổ trưởng sản xuất", "foreman"], (&["diary", "lot"], "foreman")),
    (&["đóng gói", "sơ chế", "kho", "thu mua", "packer"], (&["lot"], "packer")),
    (&["bán hàng", "kinh doanh", "seller"], (&["commerce"], "seller")),
    (&["kiểm tra", "kiểm soát nội bộ", "inspector"], (&["inspection"], "inspector")),
];

/// How it is grown, by GS1's codes.
const METHODS: &[(&[&str], &str)] = &[
    (&["ngoài trời", "ngoài đồng", "ruộng", "FIELD_GROWN"], "FIELD_GROWN"),
    (&["nhà kính", "nhà màng", "nhà lưới", "GREENHOUSE"], "GREENHOUSE"),
    (&["thủy canh", "HYDROPONIC"], "HYDROPONIC"),
    (&["hữu cơ", "ORGANIC"], "ORGANIC"),
    (&["IPM", "quản lý dịch hại tổng hợp", "INTEGRATED_PEST_MANAGEMENT"], "INTEGRATED_PEST_MANAGEMENT"),
];

impl Reading<'_, '_> {
    pub(crate) fn member(&mut self, line: &mut Line<'_>) -> Option<Said> {
        let name = line.must_text("name");
        let role = line.must_word("role", ROLES);
        let phone = line.may("phone", phone).unwrap_or_default();
        let code = line.text("code").unwrap_or_default();
        if !code.is_empty() {
            self.first_time(line, "code", &code);
        }
        let (roles, title) = role?;
        Some(Said::Person(Person { name: name?, phone, roles: roles.to_vec(), title, code }))
    }

    pub(crate) fn plot(&mut self, line: &mut Line<'_>) -> Option<Said> {
        let code = line.must("code", plot_code);
        if let Some((code, _)) = &code {
            self.first_time(line, "code", code);
            if self.known.plots.iter().any(|known| folded(&known.code) == folded(code)) {
                let wrong = Wrong::new(
                    FaultCode::Twice,
                    format!("Thửa “{code}” đã có trong sổ. Hãy xóa dòng này, hoặc sửa thửa ở trang Thửa."),
                    format!(
                        "The plot `{code}` is in the ledger. Delete this row, or change the plot itself."
                    ),
                );
                line.wrong("code", wrong);
            }
        }
        let crop = line.must_text("crop");
        let area_m2 = line.must("area", value::area);
        let commune = line.must("commune", |cell| self.commune(cell));
        let method = if line.cell("method").is_some() { line.must_word("method", METHODS) } else { None };
        let latitude = line.may("latitude", |cell| value::degrees(cell, 90));
        let longitude = line.may("longitude", |cell| value::degrees(cell, 180));
        if line.cell("latitude").is_some() != line.cell("longitude").is_some() {
            let key = if line.cell("latitude").is_some() { "longitude" } else { "latitude" };
            line.wrong(key, alone());
        }
        // Whoever swaps the two lands in the sea off Antarctica or in Yemen; here longitudes are above 100.
        if let (Some(latitude), Some(longitude)) = (latitude, longitude)
            && !((8.0..24.0).contains(&latitude) && (102.0..118.0).contains(&longitude))
        {
            let wrong = Wrong::new(
                FaultCode::DoNotFit,
                "Điểm này ở ngoài Việt Nam. Vĩ độ khoảng 8–24, kinh độ khoảng 102–118: có thể hai ô bị đổi chỗ.",
                "This point is not in Vietnam. Latitudes are 8 to 24 here, longitudes 102 to 118: are the two swapped?",
            );
            line.wrong("latitude", wrong);
        }
        let (code, slug) = code?;
        let crop = crop?;
        let short = self.known.organisation.get(..12).unwrap_or(&self.known.organisation);
        let uri = format!("https://{}/plot/{short}/{slug}", self.known.origin);
        let card = Plot {
            uri: uri.clone(),
            code,
            commune: commune?,
            place_name: line.text("place").map(Text::vi),
            area_m2: area_m2?,
            crop_code: crop_key(&crop).map(str::to_owned),
            crop: Text::vi(crop),
            growing_method: method.map(str::to_owned),
            planting_area_code: line.text("planting_area_code"),
        };
        Some(Said::Facts {
            act: "diary",
            facts: Box::new(Facts::Plot(card)),
            subjects: vec![uri],
            place: longitude.zip(latitude),
            person: None,
        })
    }

    pub(crate) fn product(&mut self, line: &mut Line<'_>) -> Option<Said> {
        let code = line.must("code", |cell| {
            ProductCode::parse(&value::text(cell)).map_err(|_| {
                Wrong::new(
                    FaultCode::CodeMalformed,
                    "Mã sản phẩm chỉ có chữ thường không dấu, chữ số và dấu gạch nối ở giữa, tối đa 40 ký tự: dau-tay-500g.",
                    "A product's code has small letters, digits and hyphens inside, 40 at most: dau-tay-500g.",
                )
            })
        });
        if let Some(code) = &code {
            self.first_time(line, "code", code.as_str());
            if self.known.products.iter().any(|known| known.code == *code) {
                let wrong = Wrong::new(
                    FaultCode::Twice,
                    format!("Sản phẩm “{code}” đã có trong sổ."),
                    format!("The product `{code}` is in the ledger."),
                );
                line.wrong("code", wrong);
            }
        }
        let name = line.must_text("name");
        let category = line.must("category", |cell| {
            let said = value::text(cell);
            ProductCode::parse(&said).map(|code| code.to_string()).map_err(|_| {
                Wrong::new(
                    FaultCode::CodeMalformed,
                    "Nhóm hàng chỉ có chữ thường không dấu, chữ số và dấu gạch nối: coffee, vegetable, fruit, rice, tea.",
                    "A category has small letters, digits and hyphens: coffee, vegetable, fruit, rice, tea.",
                )
            })
        });
        let unit = line.must_text("unit");
        let content = line.may("content", value::content);
        let gtin = line.may("gtin", |cell| {
            Gtin::parse(&value::text(cell).replace(' ', "")).map_err(|error| {
                Wrong::new(
                    FaultCode::CodeMalformed,
                    "GTIN có 8, 12, 13 hoặc 14 chữ số và số kiểm tra đúng. Nếu Excel đã bỏ số 0 ở đầu, hãy định dạng cột là văn bản.",
                    format!("A GTIN has 8, 12, 13 or 14 digits with a right check digit: {error}."),
                )
            })
        });
        let shelf_life = line.may("shelf_life", |cell| value::whole(cell, 36_500));
        let code = code?;
        let uri = format!("https://{}/p/{code}", self.known.origin);
        let card = Product {
            uri: uri.clone(),
            code,
            gtin,
            name: match (name?, line.text("name_en")) {
                (vi, Some(en)) => Text::both(vi, en),
                (vi, None) => Text::vi(vi),
            },
            category: category?,
            description: None,
            unit_name: Text::vi(unit?),
            net_content: content,
            shelf_life_days: shelf_life.and_then(|days| u32::try_from(days).ok()),
            input_per_output: None,
            brand: line.text("brand").map(Text::vi),
            warnings: line.text("warnings").map(Text::vi),
            storage: line.text("storage").map(Text::vi),
            standards: Vec::new(),
            image: None,
        };
        Some(Said::Facts {
            act: "commerce",
            facts: Box::new(Facts::Product(card)),
            subjects: vec![uri],
            place: None,
            person: None,
        })
    }

    fn commune(&self, cell: &Cell) -> Result<nguon_id::Commune, Wrong> {
        let said = value::text(cell);
        match (self.known.communes)(&said)[..] {
            [one] => Ok(one),
            [] => Err(Wrong::new(
                FaultCode::UnknownThing,
                format!(
                    "Không có xã, phường “{said}” trong danh mục sau 1/7/2025. Hãy ghi tên mới, hoặc mã 5 số."
                ),
                format!(
                    "No commune is called `{said}` since 2025-07-01. Write its new name or its five digits."
                ),
            )),
            _ => Err(Wrong::new(
                FaultCode::SeveralThings,
                format!("Có nhiều xã, phường tên “{said}”. Hãy ghi thêm tỉnh, hoặc mã 5 số."),
                format!("Several communes are called `{said}`. Add the province, or write the five digits."),
            )),
        }
    }
}

fn alone() -> Wrong {
    Wrong::new(FaultCode::DoNotFit, "Vĩ độ và kinh độ phải có cả hai.", "Latitude and longitude go together.")
}

/// A plot's code, and how it stands in an address.
fn plot_code(cell: &Cell) -> Result<(String, String), Wrong> {
    let code = value::text(cell);
    let slug: String = slug_of(&code);
    if slug.is_empty() || code.chars().count() > 40 {
        return Err(Wrong::new(
            FaultCode::CodeMalformed,
            "Mã thửa có 1 đến 40 ký tự, ít nhất một chữ hoặc số.",
            "A plot's code has 1 to 40 characters, a letter or digit among them.",
        ));
    }
    Ok((code, slug))
}

/// Small letters, digits, and a hyphen for whatever is between them.
fn slug_of(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).map(folded).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// 0900 000 000 or +84…: nine to fifteen digits.
fn phone(cell: &Cell) -> Result<String, Wrong> {
    let mut said = value::text(cell);
    // Excel takes the first 0 of a number away.
    if matches!(cell, Cell::Number(_)) && said.len() == 9 {
        said.insert(0, '0');
    }
    let digits = said.chars().filter(char::is_ascii_digit).count();
    let others = said.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '.' | '-' | '+' | '(' | ')'));
    if others && (9..=15).contains(&digits) {
        return Ok(said);
    }
    Err(Wrong::new(
        FaultCode::CodeMalformed,
        "Số điện thoại có 9 đến 15 chữ số.",
        "A telephone number has 9 to 15 digits.",
    ))
}

/// The crop's key, if its name or key is known: `dâu tây` is the beginning of one crop's names only.
pub(crate) fn crop_key(said: &str) -> Option<&'static str> {
    let wanted = folded(said);
    let whole = |crop: &&crops::Crop| {
        let bare = |name: &str| folded(name.split('(').next().unwrap_or_default());
        folded(&crop.key) == wanted || bare(&crop.vi) == wanted || bare(&crop.en) == wanted
    };
    if let Some(crop) = crops::all().iter().find(whole) {
        return Some(&crop.key);
    }
    let begins = |crop: &&crops::Crop| {
        wanted.len() > 2 && (folded(&crop.vi).starts_with(&wanted) || folded(&crop.en).starts_with(&wanted))
    };
    let mut found = crops::all().iter().filter(begins).map(|crop| crop.key.as_str());
    let first = found.next()?;
    found.all(|key| key == first).then_some(first)
}
