//! From what somebody typed or scanned to the lot that a report is about.

use nguon_id::{LotId, PackId, ShortCode};
use nguon_ledger::OrganisationId;
use nguon_storage::StoreError;

use crate::catalogue::Catalogue;

/// The lot of a report.
pub(super) struct About {
    pub(super) uri: String,
    /// Who made it; a lot that nobody made yet has none.
    pub(super) maker: Option<OrganisationId>,
}

/// The lot that an address, a path or a short code leads to, if the ledger knows it.
pub(super) async fn of(catalogue: &Catalogue, about: &str) -> Result<Option<About>, StoreError> {
    let path = path_of(about);
    let mut named = PackId::from_path(path).map(|pack| pack.lot).or_else(|_| LotId::from_path(path)).ok();
    if named.is_none()
        && let Ok(code) = ShortCode::parse(about)
    {
        named = catalogue.lot_by_short_code(code).await?;
    }
    let Some(id) = named else { return Ok(None) };
    Ok(catalogue.maker_of(&id).await?.map(|(uri, maker)| About { uri, maker }))
}

/// The path of an address on any host: GS1's links name a lot wherever they are resolved.
fn path_of(about: &str) -> &str {
    let bare = ["https://", "http://"]
        .into_iter()
        .find_map(|scheme| {
            let head = about.get(..scheme.len())?;
            head.eq_ignore_ascii_case(scheme).then(|| &about[scheme.len()..])
        })
        .unwrap_or(about);
    bare.find('/').map_or("", |slash| &bare[slash..])
}

#[cfg(test)]
mod tests {
    use super::path_of;

    #[test]
    fn the_path_of_an_address_is_found_on_any_host() {
        for (about, path) in [
            ("https://nguon.example/01/09521234567899/10/A", "/01/09521234567899/10/A"),
            ("HTTP://id.gs1.org/01/1/10/A?x=/y", "/01/1/10/A?x=/y"),
            ("nguon.example/p/che/l/1", "/p/che/l/1"),
            ("/p/che/l/1", "/p/che/l/1"),
            ("8J3K-Q0ZH", ""),
            ("ạạạạạạạ/x", "/x"),
            ("", ""),
        ] {
            assert_eq!(path_of(about), path, "{about}");
        }
    }
}
