//! What communes are called, by code and edition.
//!
//! Records hold a commune's code with the edition of its list, because codes change their holders (since 2025-07-01, 44
//! is Quảng Trị and no longer Quảng Bình). This is the list of the pilot provinces; a commune that is not in it is shown by
//! its code.

use std::collections::HashMap;
use std::sync::LazyLock;

use nguon_id::Commune;

static NAMES: LazyLock<HashMap<(&str, &str), String>> = LazyLock::new(|| {
    let rows =
        include_str!("../../../fixtures/communes.csv").lines().filter(|line| !line.starts_with('#')).skip(1);
    rows.filter_map(|row| {
        let [code, kind, name, _, province, _, edition] = row.split(',').collect::<Vec<_>>()[..] else {
            return None;
        };
        Some(((code, edition), format!("{kind} {name}, {province}")))
    })
    .collect()
});

/// `Phường Xuân Trường - Đà Lạt, Lâm Đồng`; the code if we know no name.
#[must_use]
pub fn name(commune: &Commune) -> String {
    let edition = commune.edition.to_string();
    match NAMES.get(&(commune.code.as_str(), edition.as_str())) {
        Some(name) => name.clone(),
        None => commune.to_string(),
    }
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
}
