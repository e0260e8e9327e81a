//! What sorts of records and events there are.

use std::fmt;

/// What sort of record it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Something that happened in the world.
    Event = 0x01,
    /// Makes an organisation.
    Genesis = 0x10,
    /// Gives a device rights.
    Delegate = 0x11,
    /// Ends a key.
    Revoke = 0x12,
    /// Moves the root to its pre-committed next key.
    Rotate = 0x13,
    /// Shows that an author signed two records for one place.
    ForkEvidence = 0x20,
    /// Takes on held or disputed records.
    Adopt = 0x21,
    /// Announces that contents were deleted.
    ErasureNotice = 0x22,
    /// The operator's clock.
    Epoch = 0x30,
    /// What an organisation is recognised as.
    Standing = 0x31,
    /// Announces the log's next key.
    NextLogKey = 0x32,
}

impl Kind {
    /// The kind written as this byte.
    pub fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            0x01 => Self::Event,
            0x10 => Self::Genesis,
            0x11 => Self::Delegate,
            0x12 => Self::Revoke,
            0x13 => Self::Rotate,
            0x20 => Self::ForkEvidence,
            0x21 => Self::Adopt,
            0x22 => Self::ErasureNotice,
            0x30 => Self::Epoch,
            0x31 => Self::Standing,
            0x32 => Self::NextLogKey,
            _ => return None,
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Event => "event",
            Self::Genesis => "genesis",
            Self::Delegate => "delegate",
            Self::Revoke => "revoke",
            Self::Rotate => "rotate",
            Self::ForkEvidence => "fork evidence",
            Self::Adopt => "adopt",
            Self::ErasureNotice => "erasure notice",
            Self::Epoch => "epoch",
            Self::Standing => "standing",
            Self::NextLogKey => "next log key",
        })
    }
}

/// What sort of event it is; decides which role its author needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Act {
    /// Nhật ký đồng ruộng: the farm diary.
    Diary = 1,
    /// Harvest, pack, move, process.
    Lot = 2,
    /// Listing, price, sale.
    Commerce = 3,
    /// Inspection, certificate.
    Inspection = 4,
    /// Recall.
    Recall = 5,
}

impl Act {
    /// The act written as this byte.
    pub fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            1 => Self::Diary,
            2 => Self::Lot,
            3 => Self::Commerce,
            4 => Self::Inspection,
            5 => Self::Recall,
            _ => return None,
        })
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Diary => "diary",
            Self::Lot => "lot",
            Self::Commerce => "commerce",
            Self::Inspection => "inspection",
            Self::Recall => "recall",
        })
    }
}
