//! What was done, in the words of the farm diary (nhật ký sản xuất, TCVN 11892-1).

use serde::{Deserialize, Serialize};

use super::Text;

/// A spraying.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlantProtection {
    /// Tên thương phẩm: the registered product.
    pub product: Option<String>,
    /// Hoạt chất: the active substance.
    pub active_substance: Option<String>,
    /// Liều lượng: the dose as the label or the farmer says it.
    pub dose: Option<String>,
    /// The pest or the reason.
    pub target: Option<String>,
    /// The area that was treated, in square metres.
    pub area_m2: Option<u64>,
    /// Thời gian cách ly: the pre-harvest interval of that product on that crop, in days. Unknown is not zero.
    pub phi_days: Option<u16>,
}

/// What was done. Steps in the order of a season.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Gieo trồng: sowing or planting.
    Planting {
        /// What is planted, by its key in the list of [crops](crate::crops).
        crop: Option<String>,
        /// The variety.
        variety: Option<String>,
        /// Where the seed or the seedlings come from.
        seed_origin: Option<String>,
    },
    /// Bón phân: fertiliser.
    Fertilising {
        /// The fertiliser.
        product: Option<String>,
        /// How much, in words.
        dose: Option<String>,
    },
    /// Phun thuốc bảo vệ thực vật: plant protection.
    PlantProtection(PlantProtection),
    /// Tưới nước: irrigation.
    Irrigation {
        /// The source of the water.
        water: Option<String>,
    },
    /// Soil, water or residue test.
    Test {
        /// What was tested, in words.
        what: Option<String>,
        /// Whether it passed.
        conformant: Option<bool>,
    },
    /// Thu hoạch: a lot comes from a plot.
    Harvest,
    /// Làm mát: cooling.
    Cooling,
    /// Sơ chế: washing, trimming, drying that keeps the lot's identity.
    Handling,
    /// Phân loại: sorting, grading, splitting.
    Sorting,
    /// Đóng gói: lots become packs.
    Packing,
    /// Chế biến: lots become something else.
    Processing,
    /// Lấy mẫu: a sample leaves the lot and does not come back.
    Sampling,
    /// Things are put into a container.
    Aggregating,
    /// Things are taken out of a container.
    Disaggregating,
    /// Codes are printed and not yet activated (CBV `encoding`, disposition `encoded`).
    Encoding,
    /// Codes are activated (CBV `commissioning`).
    Commissioning,
    /// Hủy tem: codes are voided, spoiled or lost ones (CBV `decommissioning`).
    Decommissioning,
    /// Xuất hàng: to another organisation, or another place.
    Shipping,
    /// Vận chuyển: on the road.
    Transporting,
    /// Nhận hàng: what arrived.
    Receiving,
    /// Lưu kho: storing.
    Storing,
    /// Thu gom chất thải: empty containers, leftovers, expired goods are collected.
    Waste {
        /// What was collected, and where it went.
        what: Option<String>,
    },
    /// Xác nhận: somebody confirms with the own key what somebody else entered in their name.
    Confirming {
        /// The events, by [`event_urn`](super::event_urn) or their own ids.
        events: Vec<String>,
    },
    /// Bán: sold to whoever eats it.
    Selling,
    /// Trả lại: goods come back.
    Returning,
    /// Kiểm tra: an inspection.
    Inspecting {
        /// Whether it passed; none if only held.
        conformant: Option<bool>,
    },
    /// Thu hồi: a recall.
    Recall {
        /// Why.
        reason: Option<Text>,
    },
    /// A recall is over.
    RecallEnded {
        /// Why.
        reason: Option<Text>,
    },
    /// Tiêu hủy: destroyed or lost.
    Destroying,
    /// A step that we have no rule for, by its URI; none if the event names none.
    Other(Option<String>),
}

impl Step {
    /// The step without its details.
    #[must_use]
    pub fn bare(&self) -> Self {
        match self {
            Self::Planting { .. } => Self::Planting { crop: None, variety: None, seed_origin: None },
            Self::Fertilising { .. } => Self::Fertilising { product: None, dose: None },
            Self::PlantProtection(_) => Self::PlantProtection(PlantProtection::default()),
            Self::Irrigation { .. } => Self::Irrigation { water: None },
            Self::Test { conformant, .. } => Self::Test { what: None, conformant: *conformant },
            Self::Waste { .. } => Self::Waste { what: None },
            Self::Confirming { .. } => Self::Confirming { events: Vec::new() },
            Self::Recall { .. } => Self::Recall { reason: None },
            Self::RecallEnded { .. } => Self::RecallEnded { reason: None },
            Self::Other(_) => Self::Other(None),
            plain => plain.clone(),
        }
    }

    /// The step's stable key, for messages and columns.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::Planting { .. } => "planting",
            Self::Fertilising { .. } => "fertilising",
            Self::PlantProtection(_) => "plant_protection",
            Self::Irrigation { .. } => "irrigation",
            Self::Test { .. } => "testing",
            Self::Harvest => "harvesting",
            Self::Cooling => "cooling",
            Self::Handling => "handling",
            Self::Sorting => "sorting",
            Self::Packing => "packing",
            Self::Processing => "processing",
            Self::Sampling => "sampling",
            Self::Aggregating => "aggregating",
            Self::Disaggregating => "disaggregating",
            Self::Encoding => "encoding",
            Self::Commissioning => "commissioning",
            Self::Decommissioning => "decommissioning",
            Self::Shipping => "shipping",
            Self::Transporting => "transporting",
            Self::Receiving => "receiving",
            Self::Storing => "storing",
            Self::Waste { .. } => "waste",
            Self::Confirming { .. } => "confirming",
            Self::Selling => "selling",
            Self::Returning => "returning",
            Self::Inspecting { .. } => "inspecting",
            Self::Recall { .. } => "recall",
            Self::RecallEnded { .. } => "recall_ended",
            Self::Destroying => "destroying",
            Self::Other(_) => "other",
        }
    }
}
