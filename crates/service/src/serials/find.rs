//! A pack's code without its lot: the tag says whose it is, if there are not too many lots to try.
//!
//! The tag is keyed over the lot's URI, so that no table of labels is needed; the price is that a code alone must be tried with each lot
//! that it may be of. A lot costs a hash and a short row, so some thousands are tried while somebody waits, and no more.

use nguon_id::{Gtin, PackId, Serial, SerialCode};
use nguon_storage::StoreError;

use crate::Service;

/// Lots that a code is tried with, at most.
pub const LOTS_TRIED_MAX: usize = 5_000;
const AT_ONCE: i64 = 1_000;

/// Whose a code is that somebody typed without its lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackFound {
    /// The code of this pack.
    Pack(PackId),
    /// None of the lots that it could be of has it.
    Nobodys,
    /// There are too many lots to try: the lot must be said.
    TooManyLots,
}

impl Service {
    /// The pack with this code: of any lot, or of the lots of one product.
    pub async fn find_pack(&self, serial: SerialCode, of: Option<&Gtin>) -> Result<PackFound, StoreError> {
        let mut prefixes = Vec::new();
        if let Some(gtin) = of {
            prefixes.push(format!("https://id.gs1.org/01/{gtin}/10/"));
            // Lots from before the product had its GTIN are called by its code.
            let known = self.catalogue.product(&format!("https://id.gs1.org/01/{gtin}")).await?;
            prefixes.extend(known.map(|product| format!("{}/l/", product.uri)));
        } else {
            prefixes.push(String::new());
        }
        let mut tried = 0;
        for prefix in prefixes {
            let mut after = prefix.clone();
            loop {
                let rows = self.lookup.store.reader().await?.list_lot_briefs(&after, AT_ONCE).await?;
                let is_last = rows.len() < usize::try_from(AT_ONCE).unwrap_or(usize::MAX);
                let mut left_product = false;
                for (uri, _) in rows {
                    if !uri.starts_with(&prefix) {
                        left_product = true;
                        break;
                    }
                    if tried >= LOTS_TRIED_MAX {
                        return Ok(PackFound::TooManyLots);
                    }
                    tried += 1;
                    if self.tagger.made(&uri, serial) {
                        return self.found(&uri, serial).await;
                    }
                    after = uri;
                }
                if is_last || left_product {
                    break;
                }
            }
        }
        Ok(PackFound::Nobodys)
    }

    async fn found(&self, lot_uri: &str, serial: SerialCode) -> Result<PackFound, StoreError> {
        let (Ok(id), Ok(serial)) = (nguon_id::LotId::from_uri(lot_uri), Serial::parse(&serial.to_string()))
        else {
            return Ok(PackFound::Nobodys);
        };
        let lot = self.catalogue.lot(&id).await?.map_or(id, |lot| lot.best_id());
        Ok(PackFound::Pack(PackId { lot, serial }))
    }
}
