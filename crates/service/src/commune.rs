//! What communes are called and about where they lie, by code and edition.
//!
//! Records hold a commune's code with the edition of its list, because codes change their holders (since 2025-07-01, 44
//! is Quảng Trị and no longer Quảng Bình). This is the list of the pilot provinces; a commune that is not in it is shown by
//! its code.

use std::collections::HashMap;
use std::sync::LazyLock;

use nguon_id::Commune;

/// A point on the earth, in hundredths of a degree: about a kilometre. Finer is nobody's business here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// East of Greenwich.
    pub longitude: i32,
    /// North of the equator.
    pub latitude: i32,
}

struct Known {
    name: String,
    province: &'static str,
    province_code: &'static str,
    /// Somewhere in its middle.
    point: Option<Point>,
}

/// By code and edition, as records write them.
static KNOWN: LazyLock<HashMap<String, Known>> = LazyLock::new(|| {
    let rows =
        include_str!("../../../fixtures/communes.csv").lines().filter(|line| !line.starts_with('#')).skip(1);
    rows.filter_map(|row| {
        let [code, kind, name, province_code, province, _, edition, latitude, longitude] =
            row.split(',').collect::<Vec<_>>()[..]
        else {
            return None;
        };
        let hundredths = |degrees: &str| degrees.replace('.', "").parse().ok();
        let point = hundredths(latitude).zip(hundredths(longitude));
        let point = point.map(|(latitude, longitude)| Point { longitude, latitude });
        Some((
            format!("{code}@{edition}"),
            Known { name: format!("{kind} {name}, {province}"), province, province_code, point },
        ))
    })
    .collect()
});

fn known(commune: &Commune) -> Option<&'static Known> {
    KNOWN.get(&commune.to_string())
}

/// `Phường Xuân Trường - Đà Lạt, Lâm Đồng`; the code if we know no name.
#[must_use]
pub fn name(commune: &Commune) -> String {
    known(commune).map_or_else(|| commune.to_string(), |known| known.name.clone())
}

/// The communes that are called so: by name, with or without what kind of commune it is and the province behind a comma, or by code.
#[must_use]
pub fn named(said: &str) -> Vec<Commune> {
    let wanted = crate::project::search_key(said.trim());
    let fits = |commune: &str, known: &Known| {
        let name = crate::project::search_key(&known.name);
        let (place, province) = name.split_once(", ").unwrap_or((&name, ""));
        let bare = KINDS.iter().find_map(|kind| place.strip_prefix(kind)).unwrap_or(place);
        let code = commune.split('@').next().unwrap_or_default();
        let (asked, asked_province) =
            wanted.split_once(',').map_or((wanted.as_str(), ""), |(a, b)| (a.trim(), b.trim()));
        code == wanted
            || ((asked == place || asked == bare)
                && (asked_province.is_empty() || asked_province == province))
    };
    let mut found: Vec<Commune> = KNOWN
        .iter()
        .filter(|(commune, known)| fits(commune, known))
        .filter_map(|(commune, _)| Commune::parse(commune).ok())
        .collect();
    found.sort_unstable();
    found
}

/// What stands before a commune's name, folded.
const KINDS: [&str; 3] = ["phuong ", "xa ", "dac khu "];

/// The code of the province that a commune lies in.
#[must_use]
pub fn province_code(commune: &Commune) -> Option<&'static str> {
    known(commune).map(|known| known.province_code)
}

/// Where a commune lies, as far as its middle: never where a plot in it lies.
#[must_use]
pub fn point(commune: &Commune) -> Option<Point> {
    known(commune)?.point
}

/// The middles of all communes of the same province: what the province looks like from afar.
#[must_use]
pub fn province_points(commune: &Commune) -> Vec<Point> {
    let Some(of) = known(commune) else { return Vec::new() };
    let mut points: Vec<Point> = KNOWN
        .values()
        .filter(|other| other.province == of.province)
        .filter_map(|other| other.point)
        .collect();
    points.sort_unstable();
    points.dedup();
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commune_is_named_in_its_own_edition_only() {
        let named = |text: &str| name(&Commune::parse(text).unwrap());
        assert_eq!(named("24943@2025-07-01"), "Xã Ka Đô, Lâm Đồng");
        assert_eq!(named("24943@2020-01-01"), "24943@2020-01-01");
    }

    #[test]
    fn a_commune_is_found_by_name_and_by_code() {
        let codes = |said: &str| named(said).iter().map(ToString::to_string).collect::<Vec<_>>();
        for said in ["Xã Ka Đô", "ka đô", "Ka Do, Lâm Đồng", "24943"] {
            assert_eq!(codes(said), ["24943@2025-07-01"], "{said}");
        }
        assert_eq!(codes("Ka Đô, Quảng Trị"), [""; 0]);
        assert_eq!(codes("Hà Nội"), [""; 0]);
        assert_eq!(codes(""), [""; 0]);
    }

    #[test]
    fn a_commune_lies_where_its_province_does() {
        let commune = Commune::parse("24943@2025-07-01").unwrap();
        assert_eq!(point(&commune), Some(Point { longitude: 10859, latitude: 1173 }));
        let province = province_points(&commune);
        assert_eq!(province.len(), 124, "Lâm Đồng has 124 communes, wards and special zones");
        // From the Cambodian border to Phú Quý.
        assert!(province.iter().all(|at| (10_700..10_900).contains(&at.longitude)));
        assert!(province.iter().all(|at| (1_040..1_280).contains(&at.latitude)));
        assert_eq!(point(&Commune::parse("24943@2020-01-01").unwrap()), None);
        let unpointed: Vec<_> = KNOWN.values().filter(|known| known.point.is_none()).collect();
        assert!(unpointed.is_empty());
    }
}
