//! Đủ hay thiếu: which of the things that the law wants to see of a lot are on record, and which are missing.
//!
//! The lists are data (`profiles.toml`, with their sources): the ten items of Circular 02/2024/TT-BKHCN and the eight of the
//! product passport of Decree 37/2026/NĐ-CP, article 32. What is "if any" in the law is never missing, only not stated.
//! Complete says nothing about true: that is what [findings](crate::finding) are for.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::facts::{Organisation, Plot, Product, Text};
use crate::lot::{Effect, LotState, Stage};

/// One list of a law.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its stable key.
    pub key: String,
    /// Its name in Vietnamese.
    pub vi: String,
    /// Its name in English.
    pub en: String,
    /// Where the list comes from.
    pub source: String,
    items: Vec<Asked>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    vi: String,
    en: String,
    needs: Element,
    #[serde(default)]
    if_any: bool,
}

/// Something that can be on record of a lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Element {
    ProductName,
    ProductImage,
    NameAndGtin,
    ProducerName,
    ProducerAddress,
    ProducerIdentified,
    Stages,
    Time,
    TraceCode,
    Brand,
    ShelfLife,
    Standards,
    Origin,
    Certificates,
    Dates,
    Warnings,
    NothingAsked,
}

/// Whether an item is on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It is.
    There,
    /// Some of it is.
    Partly,
    /// It is not, and the law asks for it.
    Missing,
    /// It is not; the law asks for it only where there is one.
    NotStated,
}

/// One item of a list, as it stands for a lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its number in the law's list.
    pub number: usize,
    /// What the law asks for.
    pub name: Text,
    /// Whether it is on record.
    pub presence: Presence,
    /// What to do about it, if it is not there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub to_do: Option<Text>,
    /// The records that lack something, by index.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub records: Vec<u64>,
}

/// One list, as it stands for a lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completeness {
    /// Which list: `vn-circular-02-2024`, `vn-decree-37-2026-passport`.
    pub profile: String,
    /// Its name.
    pub name: Text,
    /// Its items, in the law's order.
    pub items: Vec<Item>,
}

impl Completeness {
    /// Whether nothing is missing.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.items.iter().all(|item| matches!(item.presence, Presence::There | Presence::NotStated))
    }
}

/// A lot, and the cards of what it names.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// How it stands.
    pub state: &'a LotState,
    /// Its product's card.
    pub product: Option<&'a Product>,
    /// Cards of organisations by id, hex.
    pub organisations: &'a BTreeMap<String, Organisation>,
    /// Cards of plots by URI.
    pub plots: &'a BTreeMap<String, Plot>,
}

/// The lists of `profiles.toml`.
#[must_use]
pub fn profiles() -> &'static [Profile] {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        profile: Vec<Profile>,
    }
    static PROFILES: OnceLock<Vec<Profile>> = OnceLock::new();
    PROFILES.get_or_init(|| {
        let file: File = toml::from_str(include_str!("profiles.toml")).expect("a test reads the file");
        file.profile
    })
}

/// Every list, as it stands for a lot.
#[must_use]
pub fn of(known: Known<'_>) -> Vec<Completeness> {
    profiles().iter().map(|profile| against(profile, known)).collect()
}

fn against(profile: &Profile, known: Known<'_>) -> Completeness {
    let items = profile.items.iter().zip(1..).map(|(asked, number)| {
        let found = look(asked.needs, known);
        let presence = match found {
            Found::There => Presence::There,
            Found::Partly(..) => Presence::Partly,
            Found::Missing(..) if asked.if_any => Presence::NotStated,
            Found::Missing(..) => Presence::Missing,
        };
        let name = Text::both(&asked.vi, &asked.en);
        let (to_do, records) = match found {
            Found::There => (None, Vec::new()),
            Found::Partly(to_do, records) => (Some(to_do), records),
            Found::Missing(to_do) => (Some(to_do), Vec::new()),
        };
        Item { number, name, presence, to_do, records }
    });
    Completeness {
        profile: profile.key.clone(),
        name: Text::both(&profile.vi, &profile.en),
        items: items.collect(),
    }
}

enum Found {
    There,
    Partly(Text, Vec<u64>),
    Missing(Text),
}

fn there_or(is_there: bool, vi: &str, en: &str) -> Found {
    if is_there { Found::There } else { Found::Missing(Text::both(vi, en)) }
}

fn look(element: Element, known: Known<'_>) -> Found {
    let Known { state, product, .. } = known;
    let maker = state.maker.as_ref().and_then(|maker| known.organisations.get(maker));
    let registered = |maker: &Organisation| {
        maker.identifiers.iter().any(|known| matches!(known.scheme.as_str(), "tax" | "gln" | "vn-uid"))
    };
    match element {
        Element::ProductName => {
            there_or(product.is_some(), "Lập thẻ sản phẩm có tên.", "Lay the product's card, with its name.")
        }
        Element::ProductImage => there_or(
            product.is_some_and(|product| product.image.is_some()),
            "Thêm ảnh vào thẻ sản phẩm.",
            "Add a picture to the product's card.",
        ),
        Element::NameAndGtin => match product {
            Some(product) if product.gtin.is_some() => Found::There,
            Some(_) => Found::Partly(
                Text::both(
                    "Có tên, chưa có mã GTIN. Đăng ký mã số mã vạch (GS1) rồi thêm vào thẻ sản phẩm.",
                    "It has a name and no GTIN. Get one from GS1 and add it to the product's card.",
                ),
                Vec::new(),
            ),
            None => there_or(
                false,
                "Lập thẻ sản phẩm có tên và mã GTIN.",
                "Lay the product's card, with name and GTIN.",
            ),
        },
        Element::ProducerName => there_or(maker.is_some(), "Lập thẻ đơn vị.", "Lay the organisation's card."),
        Element::ProducerAddress => there_or(
            maker.is_some_and(|maker| !maker.address.vi.trim().is_empty()),
            "Thêm địa chỉ vào thẻ đơn vị.",
            "Add the address to the organisation's card.",
        ),
        Element::ProducerIdentified => match maker {
            Some(maker) if registered(maker) => Found::There,
            Some(_) => Found::Partly(
                Text::both(
                    "Có tên và địa chỉ, chưa có mã số định danh. Thêm mã số thuế hoặc GLN vào thẻ đơn vị.",
                    "Name and address are there, an identification number is not. Add the tax code or a GLN to the \
                     organisation's card.",
                ),
                Vec::new(),
            ),
            None => there_or(
                false,
                "Lập thẻ đơn vị có tên, địa chỉ và mã số thuế.",
                "Lay the organisation's card, with name, address and tax code.",
            ),
        },
        Element::Stages => stages(known),
        Element::Time => there_or(
            state.harvest_from.or(state.produced_on).is_some() || made(state).next().is_some(),
            "Ghi ngày thu hoạch hoặc ngày sản xuất.",
            "Record the day of harvest or production.",
        ),
        // The lot's own address is its code; it stands on every sticker.
        Element::TraceCode => there_or(
            made(state).next().is_some(),
            "Ghi lô này làm ra khi nào, ở đâu.",
            "Record when and where the lot was made.",
        ),
        Element::Brand => there_or(
            product.is_some_and(|product| product.brand.is_some()),
            "Nếu có nhãn hiệu, thêm vào thẻ sản phẩm.",
            "If there is a brand, add it to the product's card.",
        ),
        Element::ShelfLife => there_or(
            state.best_before.or(state.use_by).is_some()
                || product.is_some_and(|product| product.shelf_life_days.is_some()),
            "Nếu có hạn sử dụng, ghi khi đóng gói.",
            "If it has a shelf life, record it with the packing.",
        ),
        Element::Standards => there_or(
            product.is_some_and(|product| !product.standards.is_empty()) || !state.certificates.is_empty(),
            "Thêm tiêu chuẩn áp dụng (TCVN, QCVN, TCCS) vào thẻ sản phẩm, hoặc gắn chứng nhận vào lô.",
            "Add the standards (TCVN, QCVN, TCCS) to the product's card, or name a certificate with the lot.",
        ),
        Element::Origin => there_or(
            state.country_of_origin.is_some()
                || state.origin_plots.iter().any(|plot| known.plots.contains_key(plot))
                || made(state).any(|stage| location(known, stage)),
            "Ghi thửa thu hoạch, hoặc nơi làm công đoạn cuối.",
            "Record the plot of the harvest, or the place of the last stage.",
        ),
        Element::Certificates => there_or(
            !state.certificates.is_empty(),
            "Nếu có chứng nhận, gắn vào lô khi thu hoạch hoặc đóng gói.",
            "If there are certificates, name them with the harvest or the packing.",
        ),
        Element::Dates => there_or(
            state.produced_on.or(state.harvest_until).is_some(),
            "Ghi ngày sản xuất hoặc thu hoạch.",
            "Record the day of production or harvest.",
        ),
        Element::Warnings => there_or(
            product.is_some_and(|product| product.warnings.is_some()),
            "Nếu có cảnh báo an toàn (chất gây dị ứng, đối tượng không nên dùng), thêm vào thẻ sản phẩm.",
            "If there are safety warnings (allergens, who should not eat it), add them to the product's card.",
        ),
        Element::NothingAsked => there_or(
            false,
            "Chưa có yêu cầu nào thêm của cơ quan quản lý.",
            "The authority has asked for nothing more.",
        ),
    }
}

fn counting(state: &LotState) -> impl Iterator<Item = &Stage> {
    state.stages.iter().filter(|stage| stage.effect == Effect::Counts)
}

/// The stages at which the lot came into being.
fn made(state: &LotState) -> impl Iterator<Item = &Stage> {
    counting(state).filter(|stage| {
        matches!(stage.step.key(), "harvesting" | "packing" | "processing" | "sorting" | "handling")
    })
}

/// Whether a stage says where it was: its place, both ends of a way, or a place number (GLN) of who did it.
fn location(known: Known<'_>, stage: &Stage) -> bool {
    stage.place.is_some()
        || stage.source.is_some() && stage.destination.is_some()
        || known
            .organisations
            .get(&stage.organisation)
            .is_some_and(|by| by.identifiers.iter().any(|known| known.scheme == "gln"))
}

fn stages(known: Known<'_>) -> Found {
    let without: Vec<u64> =
        counting(known.state).filter(|stage| !location(known, stage)).map(|stage| stage.record).collect();
    let all = counting(known.state).count();
    match (all, without.len()) {
        (0, _) => there_or(false, "Ghi các công đoạn của lô.", "Record the lot's stages."),
        (_, 0) => Found::There,
        (all, missing) => Found::Partly(
            Text::both(
                format!(
                    "{missing} trong {all} công đoạn chưa có mã địa điểm. Ghi nơi làm, hoặc thêm GLN vào thẻ đơn vị."
                ),
                format!(
                    "{missing} of {all} stages have no location code. Record where they were, or add a GLN to the \
                     organisation's card."
                ),
            ),
            without,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_list_has_as_many_items_as_the_law() {
        let lists: Vec<(&str, usize)> =
            profiles().iter().map(|profile| (profile.key.as_str(), profile.items.len())).collect();
        assert_eq!(lists, [("vn-circular-02-2024", 10), ("vn-decree-37-2026-passport", 8)]);
        assert!(profiles().iter().all(|profile| !profile.source.is_empty()));
    }
}
