//! Files for offices: the plots of a consignment, the FDA's sheet, a plot's diary, gathered from the database.
//!
//! ```text
//! lots, plots, cards, weights (read models) ─┐
//! records and their public sections ─────────┼─▶ nguon-export ─▶ bytes, a name for the file, its media type
//! private sections: people, places ──────────┘
//! ```
//!
//! Names of people and exact places are in these files. Nobody is asked here whether he may have them: whoever calls this
//! has decided it.
//!
//! Nothing is written. An [`Exports`] reads beside the projector, as of the last projected entry; making one reads the whole
//! log once, so whoever serves many keeps it and calls [`refresh`](Exports::refresh).

mod diary;
mod eudr;
mod fsma;
mod private;
mod recall;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
pub use nguon_export::eudr::{Fault, NotExportable};
use nguon_export::{PaperError, SheetError};
use nguon_id::LotId;
use nguon_ledger::LedgerId;
use nguon_storage::{Store, StoreError};
use nguon_trace::facts::{Facts, Organisation, Plot, Product, organisation_urn};
use nguon_trace::graph::{Bounds, Direction};
use nguon_trace::lot::LotState;

use crate::catalogue::{Catalogue, Trace};
use crate::project::{Card, ProjectError, Projector, lot_of, search_key};
use crate::rows;

/// How far back a file goes: lots with all that is recorded on them.
const WALK: Bounds = Bounds { steps: u32::MAX, lots: 20_000 };
/// Lots that are read in one statement.
const READ_AT_ONCE: usize = 200;
/// Plots that one code may mean, at most.
const SAME_CODE: i64 = 500;

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// No record tells of the lot.
    #[error("sổ không có lô {0} · the ledger has no lot {0}")]
    NoLot(String),
    /// Nobody registered the plot.
    #[error("sổ không có thửa {0} (của đơn vị này) · the ledger has no plot {0} (of that organisation)")]
    NoPlot(String),
    /// Several plots have this code.
    #[error("nhiều thửa có mã {code}, hãy ghi rõ địa chỉ một thửa · several plots have the code {code}: name one by its address\n{}", .plots.join("\n"))]
    SeveralPlots {
        /// The code.
        code: String,
        /// Each, with whose it is.
        plots: Vec<String>,
    },
    /// A season that ends before it begins.
    #[error("vụ kết thúc ({until}) trước khi bắt đầu ({from}) · the season ends before it begins")]
    Season {
        /// First day.
        from: Date,
        /// Last day.
        until: Date,
    },
    /// A lot is, step by step, made of itself: nobody can say where it comes from.
    #[error("theo các bản ghi, lô {0} làm từ chính nó · lot {0} would be made of itself")]
    Cycle(String),
    /// Something is missing of the consignment's plots.
    #[error(transparent)]
    NotExportable(#[from] NotExportable),
    /// The spreadsheet could not be written.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// The document could not be written.
    #[error(transparent)]
    Paper(#[from] PaperError),
    /// The ledger has no record yet.
    #[error("the ledger has no record yet")]
    Empty,
    /// The records could not be read.
    #[error(transparent)]
    Project(#[from] ProjectError),
}

impl From<StoreError> for ExportError {
    fn from(error: StoreError) -> Self {
        Self::Project(error.into())
    }
}

/// A file for an office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The file.
    pub bytes: Vec<u8>,
    /// What it may be called: letters, digits, hyphens.
    pub file_name: String,
    /// IANA media type.
    pub media_type: &'static str,
    /// What is odd about it, in Vietnamese and English.
    pub remarks: Vec<(String, String)>,
}

/// As what a diary is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiaryFormat {
    /// A document to print and sign.
    Pdf,
    /// A spreadsheet.
    Xlsx,
}

/// Spreadsheets.
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Gathers files for offices.
pub struct Exports {
    store: Arc<dyn Store>,
    projector: Projector,
    catalogue: Catalogue,
    origin: String,
    public_base_url: String,
}

impl Exports {
    /// Reads who is who from a store whose read models somebody else keeps.
    pub async fn open(store: Arc<dyn Store>, public_base_url: String) -> Result<Self, ExportError> {
        let head = store.reader().await?.head().await?.ok_or(ExportError::Empty)?;
        let ledger_id = LedgerId::from_bytes(head.ledger_id.as_slice().try_into().unwrap_or([0; 32]));
        let projector = Projector::open(ledger_id, store.clone(), store.clone()).await?;
        let catalogue = Catalogue::new(store.clone(), projector.directory(), head.origin.clone(), Vec::new());
        Ok(Self { store, projector, catalogue, origin: head.origin, public_base_url })
    }

    /// Takes in what was projected since.
    pub async fn refresh(&mut self) -> Result<(), ExportError> {
        Ok(self.projector.follow_read_models().await?)
    }

    /// How many entries are logged that no file of this can tell of yet.
    pub async fn behind(&self) -> Result<u64, ExportError> {
        let head = self.store.reader().await?.head().await?.ok_or(ExportError::Empty)?;
        Ok(rows::unsigned(head.size).saturating_sub(self.projector.size()))
    }

    /// The plots that have a code, with whose they are: (URI, card, name of the organisation). The part of a name chooses
    /// among organisations.
    pub async fn plots_named(
        &self,
        code: &str,
        organisation: Option<&str>,
    ) -> Result<Vec<(String, Plot, String)>, ExportError> {
        // PostgreSQL's text holds no NUL, and no code holds another control character.
        let key: String = search_key(code).chars().filter(|letter| !letter.is_control()).collect();
        let rows = self.store.reader().await?.search_subjects("plot", &key, SAME_CODE).await?;
        let mut found = Vec::new();
        for row in rows {
            let Some(Card { facts: Facts::Plot(plot), organisation: hex, .. }) = Card::of(&row) else {
                continue;
            };
            if search_key(&plot.code) != key {
                continue;
            }
            let name = self.organisation(&hex).await?.map_or_else(|| hex.clone(), |card| card.name.vi);
            let fits = organisation
                .is_none_or(|wanted| wanted == hex || search_key(&name).contains(&search_key(wanted)));
            if fits {
                found.push((row.uri, plot, name));
            }
        }
        Ok(found)
    }

    /// The one plot that a URI or a code means.
    pub async fn plot(&self, plot: &str, organisation: Option<&str>) -> Result<String, ExportError> {
        if plot.contains("://") || plot.starts_with("urn:") {
            let card = self.catalogue.card(plot).await?;
            return match card.map(|card| card.facts) {
                Some(Facts::Plot(_)) => Ok(plot.to_owned()),
                _ => Err(ExportError::NoPlot(plot.to_owned())),
            };
        }
        let mut found = self.plots_named(plot, organisation).await?;
        match found.len() {
            0 => Err(ExportError::NoPlot(plot.to_owned())),
            1 => Ok(found.remove(0).0),
            _ => Err(ExportError::SeveralPlots {
                code: plot.to_owned(),
                plots: found.into_iter().map(|(uri, _, name)| format!("  {uri}  ({name})")).collect(),
            }),
        }
    }

    /// The lots of a walk back from this one, and its URI.
    async fn walk(&self, id: &LotId) -> Result<Walked, ExportError> {
        match self.catalogue.trace(id, Direction::Back, WALK).await? {
            None => Err(ExportError::NoLot(id.path())),
            Some(Trace::Cycle(on)) => Err(ExportError::Cycle(on)),
            Some(Trace::Walked { start, lots, cut_off, .. }) => {
                let shares = lots.into_iter().map(|lot| (lot.uri, lot.share_millionths)).collect();
                Ok(Walked { start, lots: self.reached(shares).await?, cut_off })
            }
        }
    }

    /// Everything that is known of these lots; their shares stay with them.
    async fn reached(&self, shares: BTreeMap<String, Option<u32>>) -> Result<Vec<Reached>, ExportError> {
        let uris: Vec<&str> = shares.keys().map(String::as_str).collect();
        let mut states: BTreeMap<String, LotState> = BTreeMap::new();
        for some in uris.chunks(READ_AT_ONCE) {
            let rows = self.store.reader().await?.subjects(some).await?;
            states.extend(rows.iter().filter_map(|row| Some((row.uri.clone(), lot_of(row)?))));
        }
        let mut products: BTreeMap<String, Option<Product>> = BTreeMap::new();
        let mut lots = Vec::with_capacity(shares.len());
        for (uri, share_millionths) in shares {
            let state = states.remove(&uri);
            let mut product = None;
            if let Some(named) = state.as_ref().and_then(|state| state.product.clone()) {
                if !products.contains_key(&named) {
                    products.insert(named.clone(), self.catalogue.product(&named).await?);
                }
                product = products.get(&named).cloned().flatten();
            }
            lots.push(Reached { uri, share_millionths, product, state });
        }
        Ok(lots)
    }

    async fn organisation(&self, hex: &str) -> Result<Option<Organisation>, ExportError> {
        Ok(match self.catalogue.card(&organisation_urn(hex)).await?.map(|card| card.facts) {
            Some(Facts::Organisation(card)) => Some(card),
            _ => None,
        })
    }

    /// A plot's card, and whose it is, hex.
    async fn plot_card(&self, uri: &str) -> Result<Option<(Plot, String, u64)>, ExportError> {
        Ok(match self.catalogue.card(uri).await? {
            Some(Card { facts: Facts::Plot(plot), organisation, index, .. }) => {
                Some((plot, organisation, index))
            }
            _ => None,
        })
    }

    /// The names of organisations, as far as they said them.
    async fn names(
        &self,
        hexes: impl IntoIterator<Item = String>,
    ) -> Result<BTreeMap<String, Organisation>, ExportError> {
        let mut names = BTreeMap::new();
        for hex in hexes {
            if !names.contains_key(&hex)
                && let Some(card) = self.organisation(&hex).await?
            {
                names.insert(hex, card);
            }
        }
        Ok(names)
    }
}

/// A lot on the way back, with its share of the start.
struct Reached {
    uri: String,
    share_millionths: Option<u32>,
    product: Option<Product>,
    state: Option<LotState>,
}

struct Walked {
    start: String,
    lots: Vec<Reached>,
    cut_off: bool,
}

/// Part of a file's name: small letters, digits and hyphens of a text.
pub(crate) fn slug(text: &str) -> String {
    let mut slug = String::new();
    for letter in search_key(text).chars() {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(60);
    slug.trim_end_matches('-').to_owned()
}

/// `a-b-and-3` of a list of lots.
fn slug_of_lots(lots: &[LotId]) -> String {
    let first: Vec<String> = lots.iter().take(2).map(|id| slug(id.lot().as_str())).collect();
    let rest = lots.len().saturating_sub(2);
    if rest == 0 { first.join("-") } else { format!("{}-and-{rest}", first.join("-")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_holds_nothing_that_a_path_or_a_header_could_misread() {
        assert_eq!(slug("LÔ-07/../\"\r\n Cầu Đất"), "lo-07-cau-dat");
        assert_eq!(slug("../.."), "");
        assert_eq!(slug(&"a".repeat(500)).len(), 60);
    }
}
