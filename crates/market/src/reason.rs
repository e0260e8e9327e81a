//! Why a listing is not offered: stable codes, and the sentences that go with them.

use serde::{Deserialize, Serialize};

use crate::Status;

/// Why a listing is not offered, in order of precedence: the first is the one to tell when only one can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// A lot of it is recalled.
    LotRecalled,
    /// A lot of it is destroyed.
    LotDestroyed,
    /// The ledger does not know a lot of it.
    LotUnknown,
    /// A finding stops the sale of a lot of it.
    LotBlocked,
    /// A lot of it is past its best-before day.
    LotExpired,
    /// A certificate that the seller claims for it is unknown, somebody else's or out of date.
    CertificateLapsed,
    /// The province does not recognise the seller, or has suspended it.
    SellerUnrecognised,
    /// It names no lot at all.
    NoLot,
    /// The seller took it back.
    Withdrawn,
    /// Its time has not come.
    NotYetValid,
    /// Its time is over.
    Expired,
    /// Nothing is left.
    SoldOut,
    /// The exchange that asks may not sell it: another co-operative's or category than its account allows.
    NotAdmitted,
}

impl ReasonCode {
    /// Every reason, in order of precedence.
    pub const ALL: [ReasonCode; 13] = [
        ReasonCode::LotRecalled,
        ReasonCode::LotDestroyed,
        ReasonCode::LotUnknown,
        ReasonCode::LotBlocked,
        ReasonCode::LotExpired,
        ReasonCode::CertificateLapsed,
        ReasonCode::SellerUnrecognised,
        ReasonCode::NoLot,
        ReasonCode::Withdrawn,
        ReasonCode::NotYetValid,
        ReasonCode::Expired,
        ReasonCode::SoldOut,
        ReasonCode::NotAdmitted,
    ];

    /// The stable code, as in JSON.
    pub fn code(self) -> &'static str {
        match self {
            ReasonCode::LotRecalled => "lot_recalled",
            ReasonCode::LotDestroyed => "lot_destroyed",
            ReasonCode::LotUnknown => "lot_unknown",
            ReasonCode::LotBlocked => "lot_blocked",
            ReasonCode::LotExpired => "lot_expired",
            ReasonCode::CertificateLapsed => "certificate_lapsed",
            ReasonCode::SellerUnrecognised => "seller_unrecognised",
            ReasonCode::NoLot => "no_lot",
            ReasonCode::Withdrawn => "withdrawn",
            ReasonCode::NotYetValid => "not_yet_valid",
            ReasonCode::Expired => "expired",
            ReasonCode::SoldOut => "sold_out",
            ReasonCode::NotAdmitted => "not_admitted",
        }
    }

    /// What to tell people, in Vietnamese.
    pub fn text_vi(self) -> &'static str {
        match self {
            ReasonCode::LotRecalled => "Lô hàng đang bị thu hồi.",
            ReasonCode::LotDestroyed => "Lô hàng đã bị tiêu hủy.",
            ReasonCode::LotUnknown => "Sổ cái không có lô hàng này.",
            ReasonCode::LotBlocked => "Lô hàng có vi phạm nên bị dừng bán.",
            ReasonCode::LotExpired => "Lô hàng đã quá hạn sử dụng.",
            ReasonCode::CertificateLapsed => {
                "Giấy chứng nhận nêu trong tin chào bán không còn hiệu lực, hoặc không phải của người bán."
            }
            ReasonCode::SellerUnrecognised => "Người bán chưa được tỉnh công nhận hoặc đang bị đình chỉ.",
            ReasonCode::NoLot => "Tin chào bán không gắn với lô hàng nào.",
            ReasonCode::Withdrawn => "Người bán đã rút tin chào bán.",
            ReasonCode::NotYetValid => "Tin chào bán chưa đến ngày có hiệu lực.",
            ReasonCode::Expired => "Tin chào bán đã hết hiệu lực.",
            ReasonCode::SoldOut => "Đã hết hàng.",
            ReasonCode::NotAdmitted => "Sàn này không được phép bán mặt hàng hoặc của đơn vị này.",
        }
    }

    /// What to tell people, in English.
    pub fn text_en(self) -> &'static str {
        match self {
            ReasonCode::LotRecalled => "The lot is being recalled.",
            ReasonCode::LotDestroyed => "The lot has been destroyed.",
            ReasonCode::LotUnknown => "The ledger has no such lot.",
            ReasonCode::LotBlocked => "A violation was found in the lot; its sale is stopped.",
            ReasonCode::LotExpired => "The lot is past its best-before date.",
            ReasonCode::CertificateLapsed => {
                "A certificate that the listing claims is out of date, or is not the seller's."
            }
            ReasonCode::SellerUnrecognised => {
                "The province does not recognise the seller, or has suspended it."
            }
            ReasonCode::NoLot => "The listing names no lot.",
            ReasonCode::Withdrawn => "The seller has withdrawn the listing.",
            ReasonCode::NotYetValid => "The listing is not valid yet.",
            ReasonCode::Expired => "The listing is no longer valid.",
            ReasonCode::SoldOut => "Sold out.",
            ReasonCode::NotAdmitted => "This exchange may not sell goods of this kind or of this seller.",
        }
    }

    /// What a listing is for this reason.
    pub fn status(self) -> Status {
        match self {
            ReasonCode::LotRecalled => Status::Recalled,
            ReasonCode::LotExpired | ReasonCode::Expired => Status::Expired,
            ReasonCode::SoldOut => Status::SoldOut,
            ReasonCode::LotDestroyed
            | ReasonCode::LotUnknown
            | ReasonCode::LotBlocked
            | ReasonCode::CertificateLapsed
            | ReasonCode::SellerUnrecognised
            | ReasonCode::NoLot
            | ReasonCode::Withdrawn
            | ReasonCode::NotYetValid
            | ReasonCode::NotAdmitted => Status::Withdrawn,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_reason_has_its_code_and_its_words() {
        let mut seen = BTreeSet::new();
        for code in ReasonCode::ALL {
            assert_eq!(serde_json::to_string(&code).unwrap(), format!("\"{}\"", code.code()));
            assert!(code.text_vi().ends_with('.') && code.text_en().ends_with('.'));
            assert!(seen.insert(code.code()) && seen.insert(code.text_vi()) && seen.insert(code.text_en()));
        }
        assert!(ReasonCode::ALL.is_sorted());
    }
}
