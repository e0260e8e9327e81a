//! TCVN3 and VNI: alphabets of before Unicode, in which old sheets are still typed. On a machine without their fonts `Nguyễn` reads
//! `NguyÔn` (TCVN3) or `Nguyeãn` (VNI). What is typed so is refused, with the way out; read wrongly, it would be signed wrongly.

/// An alphabet of before Unicode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alphabet {
    Tcvn3,
    Vni,
}

impl Alphabet {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tcvn3 => "TCVN3 (.VnTime)",
            Self::Vni => "VNI",
        }
    }
}

/// Signs that stand inside a word in TCVN3 only: they are letters there, and no letters of any word in Unicode.
const TCVN3: &str = "µ¸¶·¹¨»¾¼½Æ©ÇÊÈÉË®ªÑÎÏÖ×ÜÞßãåæçëîïñ¬ûüþ\u{ad}«";
/// Letters that VNI puts behind another letter for its marks, and that Vietnamese does not have.
const VNI: &str = "øûïëäüåöñæ";

/// Two letters that VNI writes for one, and that no word of Vietnam has side by side.
const VNI_PAIRS: [&str; 14] =
    ["aâ", "aà", "aá", "aã", "aù", "aõ", "eâ", "eà", "eá", "eã", "eù", "oâ", "oõ", "uù"];

/// The alphabet in which a text was typed, if it is not Unicode.
pub(crate) fn alphabet(text: &str) -> Option<Alphabet> {
    for word in text.split(|c: char| c.is_whitespace() || c == ',' || c == '.') {
        // A trade mark ends a word; the letters of TCVN3 that look like it do not. Micrometres and micrograms begin with their sign.
        let word = word.trim_end_matches(['®', '©', ')']);
        let letters: Vec<char> = word.chars().collect();
        if matches!(letters[..], ['µ', 'm' | 'g' | 'l' | 'L'])
            || !letters.iter().any(char::is_ascii_alphabetic)
        {
            continue;
        }
        let has_symbols = letters.iter().any(|c| "µ¸¶·¹¨»¾¼½©®ª¬«\u{ad}".contains(*c));
        if has_symbols && letters.len() > 1 && letters.iter().any(|c| TCVN3.contains(*c)) {
            return Some(Alphabet::Tcvn3);
        }
        let is_vowel = |c: char| "aeiouyAEIOUY".contains(c);
        let marked = letters
            .windows(2)
            .any(|two| is_vowel(two[0]) && VNI.contains(two[1].to_lowercase().next().unwrap_or(' ')));
        let paired = word.to_lowercase();
        let marked = marked || VNI_PAIRS.iter().any(|pair| paired.contains(pair));
        let begins = letters.first().is_some_and(|c| "ñÑ".contains(*c)) && letters.len() > 1;
        if marked || begins {
            return Some(Alphabet::Vni);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_alphabets_are_recognised_and_unicode_is_not_mistaken_for_them() {
        for text in ["TrÇn V¨n B×nh", "§µ L¹t", "Cµ chua", "L« sè 1, ruéng b¸c N¨m"] {
            assert_eq!(alphabet(text), Some(Alphabet::Tcvn3), "{text}");
        }
        for text in ["Ñaø Laït", "Traàn Vaên Bình, caø phê ôû Ñöùc Troïng", "Caø chua", "ñaäu taây"]
        {
            assert_eq!(alphabet(text), Some(Alphabet::Vni), "{text}");
        }
        for text in [
            "Nguyễn Thị Hồng Nhung",
            "Đà Lạt",
            "Xã Ka Đô, huyện Đơn Dương",
            "Y Blưm Niê",
            "K'Brêu",
            "Rơ Châm H'Phik",
            "NPK 16-16-8 (5 kg/sào)",
            "phân chuồng ủ hoai – 2 tấn/ha",
            "18 °C ± 2, 100 m²",
            "Café Arabica 100 %",
            "Thửa số 7 “bờ suối”",
            "Müller",
            "Ridomil Gold® 68WG",
            "lưới 50 µm",
        ] {
            assert_eq!(alphabet(text), None, "{text}");
        }
    }
}
