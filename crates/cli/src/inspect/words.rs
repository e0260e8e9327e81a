//! Kinds, acts and bits in words.

use nguon_ledger::{Act, Flags, Kind, Roles, Standing};

/// The value, or the word for its absence.
pub(super) fn or_none(none: bool, value: impl ToString, word: &str) -> String {
    if none { word.to_owned() } else { value.to_string() }
}

/// A kind as one word.
pub(super) fn kind_word(kind: Kind) -> String {
    kind.to_string().replace(' ', "_")
}

/// An act, and what it covers.
pub(super) fn act_words(act: Act) -> &'static str {
    match act {
        Act::Diary => "diary: nhật ký đồng ruộng, work in the field",
        Act::Lot => "lot: harvest, pack, move, process",
        Act::Commerce => "commerce: listing, price, sale",
        Act::Inspection => "inspection: inspection or certificate",
        Act::Recall => "recall: thu hồi",
    }
}

/// Role bits in words.
pub(crate) fn role_words(roles: Roles) -> String {
    let named = [
        (Roles::DIARY, "diary"),
        (Roles::LOT, "lot"),
        (Roles::COMMERCE, "commerce"),
        (Roles::INSPECTION, "inspection"),
        (Roles::RECALL, "recall"),
        (Roles::ADMIN, "admin"),
    ];
    bit_words(roles.0, &named.map(|(bit, word)| (bit.0, word)))
}

/// Flag bits in words.
pub(crate) fn flag_words(flags: Flags) -> String {
    bit_words(flags.0, &[(Flags::SERVICE.0, "held by a service")])
}

/// Standing bits in words.
pub(super) fn standing_words(bits: Standing) -> String {
    let named = [
        (Standing::PRODUCER, "producer"),
        (Standing::PACKER, "packer, processor or trader"),
        (Standing::INSPECTOR, "certifier or inspector"),
        (Standing::AUTHORITY, "authority"),
        (Standing::SUSPENDED, "suspended"),
    ];
    bit_words(bits.0, &named.map(|(bit, word)| (bit.0, word)))
}

fn bit_words(bits: u16, named: &[(u16, &str)]) -> String {
    let mut words: Vec<String> =
        named.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, word)| (*word).to_owned()).collect();
    let known = named.iter().fold(0, |known, (bit, _)| known | bit);
    if bits & !known != 0 {
        words.push(format!("{:#06x} without a name", bits & !known));
    }
    if words.is_empty() { format!("{bits} (none)") } else { format!("{bits} ({})", words.join(", ")) }
}
