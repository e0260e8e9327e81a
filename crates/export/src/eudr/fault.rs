//! Why a consignment is not exportable, and what is odd about one that is.

use nguon_trace::facts::Text;

use super::MAX_FILE_BYTES;
use crate::geometry::{GeometryError, GeometryWarning};

/// Why a consignment is not exportable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The walk back was cut off: nobody knows what lies behind.
    CutOff,
    /// A lot on the way back leads to no plot.
    OriginUnknown {
        /// The lot, by URI.
        lot: String,
        /// Its share of the lot asked about, in millionths.
        share_millionths: Option<u32>,
    },
    /// No plot at all.
    NoPlot,
    /// A harvest names a plot that nobody registered.
    PlotUnregistered {
        /// The plot, by URI.
        plot: String,
    },
    /// A plot's place was never stated.
    PlaceAbsent {
        /// The plot, by code.
        plot: String,
    },
    /// A plot's place was erased.
    PlaceErased {
        /// The plot, by code.
        plot: String,
    },
    /// A plot's place will not do.
    PlaceRefused {
        /// The plot, by code.
        plot: String,
        /// Why.
        error: GeometryError,
    },
    /// The file is larger than TRACES takes: split the consignment.
    TooLarge {
        /// How large.
        bytes: usize,
    },
}

impl Fault {
    /// For a Vietnamese reader.
    #[must_use]
    pub fn vi(&self) -> String {
        match self {
            Self::CutOff => "chuỗi truy ngược quá dài, chưa đi hết".to_owned(),
            Self::OriginUnknown { lot, share_millionths } => {
                let share =
                    share_millionths.map(|share| format!(", chiếm {} % lô hàng", percent(share, ',')));
                format!("lô {lot} không dẫn về thửa đất nào{}", share.unwrap_or_default())
            }
            Self::NoPlot => "không có thửa đất nào".to_owned(),
            Self::PlotUnregistered { plot } => format!("thửa {plot} chưa được đăng ký"),
            Self::PlaceAbsent { plot } => format!("thửa {plot} chưa khai vị trí"),
            Self::PlaceErased { plot } => format!("vị trí của thửa {plot} đã bị xóa"),
            Self::PlaceRefused { plot, error } => format!("thửa {plot}: {}", error.vi()),
            Self::TooLarge { bytes } => {
                format!("tệp có {bytes} byte, quá mức {MAX_FILE_BYTES} mà TRACES nhận; hãy chia nhỏ lô hàng")
            }
        }
    }

    /// For everybody else.
    #[must_use]
    pub fn en(&self) -> String {
        match self {
            Self::CutOff => "the way back is too long and was not walked to its end".to_owned(),
            Self::OriginUnknown { lot, share_millionths } => {
                let share = share_millionths.map(|share| format!(", {} % of the goods", percent(share, '.')));
                format!("lot {lot} leads to no plot{}", share.unwrap_or_default())
            }
            Self::NoPlot => "there is no plot".to_owned(),
            Self::PlotUnregistered { plot } => format!("plot {plot} is not registered"),
            Self::PlaceAbsent { plot } => format!("the place of plot {plot} was never stated"),
            Self::PlaceErased { plot } => format!("the place of plot {plot} was erased"),
            Self::PlaceRefused { plot, error } => format!("plot {plot}: {}", error.en()),
            Self::TooLarge { bytes } => {
                format!(
                    "the file has {bytes} bytes, more than the {MAX_FILE_BYTES} that TRACES takes: split the consignment"
                )
            }
        }
    }

    /// Its stable key.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::CutOff => "cut_off",
            Self::OriginUnknown { .. } => "origin_unknown",
            Self::NoPlot => "no_plot",
            Self::PlotUnregistered { .. } => "plot_unregistered",
            Self::PlaceAbsent { .. } => "place_absent",
            Self::PlaceErased { .. } => "place_erased",
            Self::PlaceRefused { error, .. } => error.key(),
            Self::TooLarge { .. } => "file_too_large",
        }
    }

    /// The lot or plot that it is about.
    pub(super) fn about(&self) -> Option<String> {
        match self {
            Self::CutOff | Self::NoPlot | Self::TooLarge { .. } => None,
            Self::OriginUnknown { lot: about, .. }
            | Self::PlotUnregistered { plot: about }
            | Self::PlaceAbsent { plot: about }
            | Self::PlaceErased { plot: about }
            | Self::PlaceRefused { plot: about, .. } => Some(about.clone()),
        }
    }
}

/// What is odd about a consignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// Something blocks a lot: a recall, a pre-harvest interval.
    Blocked {
        /// The lot's number.
        lot: String,
        /// Why.
        why: Text,
    },
    /// It cannot be told how much comes from a plot.
    MassUnknown {
        /// The plot, by code.
        plot: String,
    },
    /// A harvest on a plot has no day.
    HarvestUndated {
        /// The plot, by code.
        plot: String,
    },
    /// About a plot's outline.
    Geometry {
        /// The plot, by code.
        plot: String,
        /// What.
        warning: GeometryWarning,
    },
    /// Two plots share ground.
    Overlap {
        /// The one, by code.
        first: String,
        /// The other.
        second: String,
        /// So much of the smaller one.
        percent: u32,
    },
}

impl Warning {
    /// For a Vietnamese reader.
    #[must_use]
    pub fn vi(&self) -> String {
        match self {
            Self::Blocked { lot, why } => format!("lô {lot}: {}", why.vi),
            Self::MassUnknown { plot } => format!("không tính được khối lượng lấy từ thửa {plot}"),
            Self::HarvestUndated { plot } => format!("có lần thu hoạch ở thửa {plot} không ghi ngày"),
            Self::Geometry { plot, warning } => format!("thửa {plot}: {}", warning.vi()),
            Self::Overlap { first, second, percent } => {
                format!("thửa {first} và thửa {second} chồng lên nhau {percent} %")
            }
        }
    }

    /// For everybody else.
    #[must_use]
    pub fn en(&self) -> String {
        match self {
            Self::Blocked { lot, why } => format!("lot {lot}: {}", why.en.as_ref().unwrap_or(&why.vi)),
            Self::MassUnknown { plot } => format!("how much comes from plot {plot} cannot be told"),
            Self::HarvestUndated { plot } => format!("a harvest on plot {plot} has no day"),
            Self::Geometry { plot, warning } => format!("plot {plot}: {}", warning.en()),
            Self::Overlap { first, second, percent } => {
                format!("{percent} % of the smaller of the plots {first} and {second} lies on the other")
            }
        }
    }

    /// Its stable key.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::Blocked { .. } => "lot_blocked",
            Self::MassUnknown { .. } => "mass_unknown",
            Self::HarvestUndated { .. } => "harvest_undated",
            Self::Geometry { warning, .. } => warning.key(),
            Self::Overlap { .. } => "plots_overlap",
        }
    }

    /// The lot or plot that it is about.
    pub(super) fn about(&self) -> Option<String> {
        match self {
            Self::Blocked { lot: about, .. }
            | Self::MassUnknown { plot: about }
            | Self::HarvestUndated { plot: about }
            | Self::Geometry { plot: about, .. }
            | Self::Overlap { first: about, .. } => Some(about.clone()),
        }
    }
}

/// A consignment with faults.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not exportable: {}", .0.iter().map(Fault::en).collect::<Vec<_>>().join("; "))]
pub struct NotExportable(
    /// Each of them.
    pub Vec<Fault>,
);

fn percent(millionths: u32, point: char) -> String {
    let tenths = (millionths + 500) / 1_000;
    format!("{}{point}{}", tenths / 10, tenths % 10)
}
