//! Giấy còn thiếu: what a lot is presented as to buyers, and no paper with it says so.
//!
//! Words on a product or an offer are not [papers](crate::papers). Three absences are found, each only where somebody could
//! rely on the paper, so that an honest co-operative that has not come to it yet is left in peace:
//!
//! | found | when | weight |
//! | --- | --- | --- |
//! | *VietGAP*, *GlobalGAP*, *OCOP* with its stars or *organic* in the name, brand or standards of the product, in an offer, or as the lot's growing method | it is offered, or left its maker | warning |
//! | no paper about food safety, nor one that stands for it | it is offered | information |
//! | a planting-area code on one of its plots without the paper | it is offered | information |
//!
//! Why not heavier: words are read, not understood, and what blocks a lot must be sure. Food-safety papers are asked of everybody who
//! offers food (Circular 38/2018/TT-BNNPTNT; of small primary producers a commitment, Circular 17/2018/TT-BNNPTNT; VietGAP and others
//! stand for it, Decree 15/2018/NĐ-CP article 12), and many have them on paper alone. *Organic* may be said of what is
//! certified only (Decree 109/2018/NĐ-CP), OCOP stars of what a council gave them to (Decision 148/QĐ-TTg of 2023).
//!
//! A lot that names a paper whose card nobody laid is found for that alone: what it would say, nobody knows.

use std::collections::BTreeSet;
use std::fmt;

use crate::facts::{Certificate, Plot, Product, Scheme, Text};
use crate::finding::{Code, Finding};
use crate::lot::{Effect, LotState};
use crate::papers::Paper;

/// What buyers are told of a lot, beside its records.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shown<'a> {
    /// Its product's card, if whoever laid it [is heard](crate::papers::is_heard).
    pub product: Option<&'a Product>,
    /// Titles of the offers that stand.
    pub offers: &'a [&'a Text],
    /// The cards of its plots.
    pub plots: &'a [&'a Plot],
}

/// What somebody says a lot is certified as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Claim {
    /// VietGAP.
    VietGap,
    /// GLOBALG.A.P.
    GlobalGap,
    /// OCOP, with so many stars if they are said.
    Ocop(Option<u8>),
    /// Hữu cơ: organic.
    Organic,
}

impl Claim {
    /// Whether a paper says so.
    fn is_shown_by(self, paper: &Certificate) -> bool {
        match (self, &paper.scheme) {
            (Self::VietGap, Scheme::VietGap)
            | (Self::GlobalGap, Scheme::GlobalGap)
            | (Self::Organic, Scheme::Organic) => true,
            (Self::Ocop(said), Scheme::Ocop { stars }) => said.is_none_or(|said| said <= *stars),
            _ => false,
        }
    }

    fn vi(self) -> String {
        match self {
            Self::Organic => "hữu cơ".to_owned(),
            Self::Ocop(Some(stars)) => format!("OCOP {stars} sao"),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::VietGap => f.write_str("VietGAP"),
            Self::GlobalGap => f.write_str("GlobalGAP"),
            Self::Ocop(None) => f.write_str("OCOP"),
            Self::Ocop(Some(1)) => f.write_str("OCOP 1 star"),
            Self::Ocop(Some(stars)) => write!(f, "OCOP {stars} stars"),
            Self::Organic => f.write_str("organic"),
        }
    }
}

/// What these words claim. `Theo hướng hữu cơ` (towards organic), `chưa có VietGAP` (not yet) and `phân hữu cơ` (manure) claim
/// nothing.
///
/// ```
/// use nguon_trace::absent::{Claim, claims_in};
/// assert_eq!(claims_in("Cà phê Cầu Đất, OCOP 4 sao").into_iter().collect::<Vec<_>>(), [Claim::Ocop(Some(4))]);
/// assert!(claims_in("Rau trồng theo hướng hữu cơ, chưa có VietGAP").is_empty());
/// ```
#[must_use]
pub fn claims_in(text: &str) -> BTreeSet<Claim> {
    // GLOBALG.A.P. is one word.
    let text = text.replace('.', "").to_lowercase();
    let words: Vec<&str> =
        text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let at = |place: usize| words.get(place).copied().unwrap_or_default();
    let mut claims = BTreeSet::new();
    for (place, word) in words.iter().enumerate() {
        let claim = match (*word, at(place + 1)) {
            ("vietgap", _) | ("viet" | "việt", "gap") => Claim::VietGap,
            ("globalgap", _) | ("global", "gap") => Claim::GlobalGap,
            ("organic", _) | ("hữu", "cơ") => Claim::Organic,
            ("ocop", next) => {
                let before = place.checked_sub(2).map(at);
                let star_stands_before =
                    matches!(place.checked_sub(1).map(at), Some("sao" | "star" | "stars"));
                Claim::Ocop(stars(next).or_else(|| before.filter(|_| star_stands_before).and_then(stars)))
            }
            _ => continue,
        };
        let before = [place.checked_sub(1), place.checked_sub(2)].map(|place| place.map_or("", at));
        let is_denied = before.iter().any(|word| {
            matches!(*word, "hướng" | "chưa" | "không" | "not" | "no" | "non" | "towards" | "toward")
        });
        if !is_denied && before[0] != "phân" {
            claims.insert(claim);
        }
    }
    claims
}

fn stars(word: &str) -> Option<u8> {
    word.parse().ok().filter(|stars| (1..=5).contains(stars))
}

/// What is missing among the papers of a lot, which is on offer if any [offer](Shown::offers) stands.
#[must_use]
pub fn judge(lot: &LotState, papers: &[Paper<'_>], shown: Shown<'_>) -> Vec<Finding> {
    let own: Vec<&Paper<'_>> = papers.iter().filter(|paper| lot.certificates.contains(paper.uri)).collect();
    let is_offered = !shown.offers.is_empty();
    let has_left = lot.balance.is_some_and(|balance| balance.shipped > 0 || balance.sold > 0);
    if lot.maker.is_none() || !(is_offered || has_left) || own.iter().any(|paper| paper.card.is_none()) {
        return Vec::new();
    }
    let cards: Vec<&Certificate> = own.iter().filter_map(|paper| paper.card).collect();
    let mut found = Vec::new();
    found.extend(claims(lot, &cards, shown));
    if is_offered {
        found.extend(food_safety(lot, &cards));
        found.extend(planting_areas(lot, &cards, shown.plots));
    }
    found
}

fn claims(lot: &LotState, cards: &[&Certificate], shown: Shown<'_>) -> Option<Finding> {
    let mut said = BTreeSet::new();
    let mut read = |text: &Text| {
        for text in std::iter::once(&text.vi).chain(&text.en) {
            said.extend(claims_in(text));
        }
    };
    if let Some(product) = shown.product {
        read(&product.name);
        product.brand.iter().for_each(&mut read);
        for standard in &product.standards {
            read(&Text::vi(standard));
        }
    }
    shown.offers.iter().for_each(|title| read(title));
    if lot.growing_method.as_deref() == Some("ORGANIC") {
        said.insert(Claim::Organic);
    }
    said.retain(|claim| !cards.iter().any(|paper| claim.is_shown_by(paper)));
    let vi: Vec<String> = said.iter().map(|claim| claim.vi()).collect();
    let en: Vec<String> = said.iter().map(Claim::to_string).collect();
    (!said.is_empty()).then(|| {
        finding(
            lot,
            Code::ClaimWithoutPaper,
            format!(
                "Hàng được giới thiệu là {}, nhưng lô không kèm giấy nào chứng nhận như vậy.",
                vi.join(", ")
            ),
            format!("It is presented as {}, and no paper with the lot says so.", en.join(", ")),
        )
    })
}

/// Whether a paper speaks of food safety, or stands for one that does.
fn is_about_food_safety(paper: &Certificate) -> bool {
    match &paper.scheme {
        Scheme::FoodSafety | Scheme::SelfDeclaration | Scheme::VietGap | Scheme::GlobalGap => true,
        Scheme::Other(name) => {
            let name = name.to_lowercase();
            ["haccp", "iso-22000", "iso22000", "fssc", "gmp", "brc", "ifs"]
                .iter()
                .any(|known| name.starts_with(known))
        }
        Scheme::Ocop { .. } | Scheme::Organic | Scheme::TestReport | Scheme::PlantingArea => false,
    }
}

fn food_safety(lot: &LotState, cards: &[&Certificate]) -> Option<Finding> {
    (!cards.iter().any(|paper| is_about_food_safety(paper))).then(|| {
        finding(
            lot,
            Code::FoodSafetyMissing,
            "Lô đang được chào bán mà chưa kèm giấy tờ an toàn thực phẩm: giấy chứng nhận cơ sở đủ điều kiện, bản cam kết, \
             bản tự công bố, hoặc giấy thay được như VietGAP."
                .to_owned(),
            "The lot is offered without a paper about food safety: a facility's certificate, a commitment, a \
             self-declaration, or one that stands for it, such as VietGAP."
                .to_owned(),
        )
    })
}

fn planting_areas(lot: &LotState, cards: &[&Certificate], plots: &[&Plot]) -> Option<Finding> {
    let is_shown = |plot: &Plot, code: &str| {
        cards.iter().any(|paper| {
            paper.scheme == Scheme::PlantingArea
                && (paper.number.eq_ignore_ascii_case(code) || paper.covers.contains(&plot.uri))
        })
    };
    let codes: BTreeSet<&str> = plots
        .iter()
        .filter(|plot| lot.origin_plots.contains(&plot.uri))
        .filter_map(|plot| plot.planting_area_code.as_deref().filter(|code| !is_shown(plot, code)))
        .collect();
    let first = codes.first()?;
    let (vi, en) = match codes.len() {
        1 => (
            format!("Mã số vùng trồng {first} do đơn vị tự ghi; lô chưa kèm giấy cấp mã này."),
            format!(
                "The planting-area code {first} is its producer's own word; no paper with the lot shows it."
            ),
        ),
        n => (
            format!("{n} mã số vùng trồng do đơn vị tự ghi, trong đó có {first}; lô chưa kèm giấy cấp mã."),
            format!(
                "{n} planting-area codes, {first} among them, are their producers' own word; no paper with the lot shows them."
            ),
        ),
    };
    Some(finding(lot, Code::PlantingAreaMissing, vi, en))
}

/// It rests on the records that made the lot, and name no such paper.
fn finding(lot: &LotState, code: Code, vi: String, en: String) -> Finding {
    let making = ["harvesting", "packing", "processing", "sorting", "handling"];
    let makes = lot.stages.iter().filter(|stage| {
        stage.effect == Effect::Counts
            && lot.maker.as_deref() == Some(stage.organisation.as_str())
            && making.contains(&stage.step.key())
    });
    Finding::new(code, makes.map(|stage| stage.record).collect(), vi, en)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_on_a_pack_claim_what_a_buyer_reads_in_them() {
        let check = |text: &str, expected: &[Claim]| {
            assert_eq!(claims_in(text).into_iter().collect::<Vec<_>>(), expected, "{text}");
        };
        check("Dâu tây VietGAP, hộp 500 g", &[Claim::VietGap]);
        check("DÂU TÂY VIỆT GAP", &[Claim::VietGap]);
        check("TCVN 11892-1:2017 (VietGAP)", &[Claim::VietGap]);
        check("TCVN 11892-1:2017", &[]);
        check("Thanh long GLOBALG.A.P.", &[Claim::GlobalGap]);
        check("Thanh long Global G.A.P", &[Claim::GlobalGap]);
        check("Gạo OCOP 4 sao", &[Claim::Ocop(Some(4))]);
        check("Rice, 4-star OCOP", &[Claim::Ocop(Some(4))]);
        check("Gạo 4 sao OCOP", &[Claim::Ocop(Some(4))]);
        check("Gạo OCOP", &[Claim::Ocop(None)]);
        check("OCOP 500 g", &[Claim::Ocop(None)]);
        check("Chè hữu cơ / Organic tea", &[Claim::Organic]);
        check("Rau bón phân hữu cơ", &[]);
        check("Rau trồng theo hướng hữu cơ", &[]);
        check("Rau hướng tới VietGAP", &[]);
        check("Chưa có VietGAP", &[]);
        check("Non-organic", &[]);
        check("Cao su inorganic, gap", &[]);
        check("ocop", &[Claim::Ocop(None)]);
        check("", &[]);
    }
}
