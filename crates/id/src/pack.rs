//! One pack of a lot, and the address on its sticker.
//!
//! ```text
//! with a GTIN       path  /01/09521234000105/10/XOAI-260115-A/21/0003K9QX7M2T4WA
//! without           path  /p/che-shan-tuyet/l/260412-B/s/0003K9QX7M2T4WA
//! ```
//!
//! The lot stands in the address, so a till that knows nothing of serials reads GTIN and lot from it.

use crate::char_set::{percent_decode, percent_encode};
use crate::digital_link::{DigitalLink, LinkError, check_characters, split};
use crate::lot::{LotCode, LotId, LotIdError, ProductCode, Serial};

/// Which pack.
///
/// ```
/// use nguon_id::PackId;
/// let pack = PackId::from_path("/p/che-shan-tuyet/l/260412-B/s/0003K9QX7M2T4WA").unwrap();
/// assert_eq!(pack.lot.path(), "/p/che-shan-tuyet/l/260412-B");
/// assert_eq!(pack.path(), "/p/che-shan-tuyet/l/260412-B/s/0003K9QX7M2T4WA");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackId {
    /// The lot it is of.
    pub lot: LotId,
    /// Its own number, AI (21).
    pub serial: Serial,
}

impl PackId {
    /// The path on any server that knows the lot.
    pub fn path(&self) -> String {
        let serial = percent_encode(self.serial.as_str());
        match &self.lot {
            LotId::Gs1 { .. } => format!("{}/21/{serial}", self.lot.path()),
            LotId::Own { .. } => format!("{}/s/{serial}", self.lot.path()),
        }
    }

    /// Reads the path that a server was asked for, after any stem, as [`LotId::from_path`] does. A serial without its lot
    /// is no pack of ours.
    pub fn from_path(path: &str) -> Result<PackId, LotIdError> {
        check_characters(path)?;
        let (bare, _) = split(path);
        let bare = bare.strip_suffix('/').unwrap_or(bare);
        if let [.., "p", product, "l", lot, "s", serial] = bare.split('/').collect::<Vec<_>>()[..] {
            let decode =
                |ai: &str, text| percent_decode(text).ok_or(LinkError::Encoding { ai: ai.to_owned() });
            let (lot, serial) = (decode("10", lot)?, decode("21", serial)?);
            let lot = LotId::Own { product: ProductCode::parse(product)?, lot: LotCode::parse(&lot)? };
            return Ok(PackId { lot, serial: Serial::parse(&serial)? });
        }
        let link = DigitalLink::from_path(path)?;
        match (link.gtin(), link.qualifiers()) {
            (Some(gtin), [lot, serial]) if lot.ai() == "10" && serial.ai() == "21" => Ok(PackId {
                lot: LotId::Gs1 { gtin, lot: LotCode::parse(lot.value())? },
                serial: Serial::parse(serial.value())?,
            }),
            _ => Err(LotIdError::NotALot),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_is_read_from_both_forms() {
        for path in [
            "/01/09521234000105/10/XOAI-260115-A/21/0003K9QX7M2T4WA",
            "/p/che-shan-tuyet/l/260412-B/s/0003K9QX7M2T4WA",
            "/p/che/l/A%2FB/s/1%2B2",
        ] {
            let pack = PackId::from_path(path).unwrap();
            assert_eq!(pack.path(), path);
            assert_eq!(PackId::from_path(&format!("/stem{path}/?x=1#y")), Ok(pack));
        }
    }

    #[test]
    fn what_is_no_pack_says_so() {
        for path in
            ["/01/09521234000105/10/A", "/01/09521234000105/21/7", "/p/che/l/A", "/00/195212345678900001"]
        {
            assert!(PackId::from_path(path).is_err(), "{path}");
        }
        // A lot is not a pack, and a pack is not a lot.
        assert_eq!(LotId::from_path("/01/09521234000105/10/A/21/7"), Err(LotIdError::NotALot));
        assert!(LotId::from_path("/p/che/l/A/s/7").is_err());
    }
}
