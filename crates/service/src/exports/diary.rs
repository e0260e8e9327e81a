//! A plot's diary.

use std::collections::BTreeMap;

use jiff::civil::Date;
use nguon_export::diary::{Diary, Farm, Line, Said};
use nguon_export::eudr::Place;
use nguon_export::geometry::Outline;
use nguon_ledger::OrganisationId;
use nguon_trace::facts::{Certificate, Facts, Scheme, Step, organisation_urn};
use nguon_trace::lot::{self, Effect, Entry, Weight, inspects};

use super::{DiaryFormat, Export, ExportError, Exports, XLSX, slug};
use crate::commune;
use crate::project::Card;

/// Certificates of one page of them.
const PAGE: i64 = 500;

impl Exports {
    /// The diary of a plot from a day until another, in Vietnamese.
    pub async fn diary(
        &mut self,
        plot: &str,
        from: Date,
        until: Date,
        format: DiaryFormat,
        now_ms: i64,
    ) -> Result<Export, ExportError> {
        if until < from {
            return Err(ExportError::Season { from, until });
        }
        let (card, organisation, index) =
            self.plot_card(plot).await?.ok_or_else(|| ExportError::NoPlot(plot.to_owned()))?;
        let mut remarks = Vec::new();
        let place = match self.place(plot, &organisation).await? {
            Place::Given(bytes) => match Outline::parse(&bytes) {
                Ok(outline) => Some(outline),
                Err(error) => {
                    remarks.push((
                        format!("vị trí thửa: {}", error.vi()),
                        format!("the plot's place: {}", error.en()),
                    ));
                    None
                }
            },
            Place::Absent | Place::Erased => None,
        };
        let (lines, left_out) = self.lines(plot, &organisation).await?;
        let file_name = format!("diary-{}-{from}-{until}", slug(&card.code));
        let diary = Diary {
            farm: self.farm(&organisation, plot, from, until).await?,
            commune: commune::name(&card.commune),
            grower: self.people(index).await?,
            products: self.products(&lines).await?,
            plot: card,
            place,
            from,
            until,
            lines,
            left_out,
            ledger: self.origin.clone(),
            base_url: self.public_base_url.clone(),
            made_ms: now_ms,
        };
        let (bytes, media_type, ending) = match format {
            DiaryFormat::Pdf => (diary.pdf()?, "application/pdf", "pdf"),
            DiaryFormat::Xlsx => (diary.xlsx()?, XLSX, "xlsx"),
        };
        Ok(Export { bytes, file_name: format!("{file_name}.{ending}"), media_type, remarks })
    }

    /// The records of the plot's own organisation, with those of inspectors; and how many others there are.
    async fn lines(&mut self, plot: &str, organisation: &str) -> Result<(Vec<Line>, u64), ExportError> {
        let entries = self.projector.entries_on(plot).await?;
        let worth = nguon_trace::plot::worth(plot, &entries, organisation);
        let (mut lines, mut left_out) = (Vec::new(), 0);
        for entry in entries {
            let known = worth.get(&entry.index).copied();
            let effect = known.map_or_else(|| unread(&entry), |worth| worth.effect);
            let own = entry.organisation == organisation;
            // Of others only an inspector's events count, by the rules of the diary.
            if !own && (known.is_none() || effect != Effect::Counts) {
                left_out += 1;
                continue;
            }
            let inspector = if own { None } else { Some(self.name(&entry.organisation).await?) };
            lines.push(Line {
                index: entry.index,
                person: self.people(entry.index).await?,
                logged_ms: entry.logged_ms,
                said: match entry.said {
                    lot::Said::Event(event) => Said::Event(Box::new(event.as_ref().clone())),
                    lot::Said::Erased => Said::Erased,
                    lot::Said::Unreadable => Said::Unreadable,
                },
                event_id: entry.event_id,
                effect,
                inspector,
                confirmed_by: known.and_then(|worth| worth.confirmed_by),
            });
        }
        Ok((lines, left_out))
    }

    async fn name(&self, hex: &str) -> Result<String, ExportError> {
        Ok(self.organisation(hex).await?.map_or_else(|| hex.to_owned(), |card| card.name.vi))
    }

    async fn farm(&self, hex: &str, plot: &str, from: Date, until: Date) -> Result<Farm, ExportError> {
        let certificate = self.certificate(hex, plot, from, until).await?;
        let Some(card) = self.organisation(hex).await? else {
            return Ok(Farm { name: hex.to_owned(), certificate, ..Farm::default() });
        };
        // The ledger's own names for an organisation tell an inspector nothing.
        let told = card.identifiers.into_iter().filter(|one| one.scheme != "internal");
        let identifiers = told.map(|one| {
            let name = match one.scheme.as_str() {
                "tax" => "Mã số thuế".to_owned(),
                "gln" => "GLN".to_owned(),
                "ggn" => "GGN".to_owned(),
                "puc" => "Mã số vùng trồng".to_owned(),
                "phc" => "Mã cơ sở đóng gói".to_owned(),
                other => other.to_owned(),
            };
            (name, one.value)
        });
        Ok(Farm {
            name: card.name.vi,
            address: card.address.vi,
            phone: card.hotline,
            identifiers: identifiers.collect(),
            certificate,
        })
    }

    /// The VietGAP certificate of a plot in a season; one that a certifier signed before one that the farm did.
    async fn certificate(
        &self,
        hex: &str,
        plot: &str,
        from: Date,
        until: Date,
    ) -> Result<Option<String>, ExportError> {
        let holder = organisation_urn(hex);
        let mut after = String::new();
        let mut found: Option<(bool, Certificate)> = None;
        loop {
            let rows = self.store.reader().await?.list_subjects("certificate", &after, PAGE).await?;
            let Some(last) = rows.last() else { break };
            after.clone_from(&last.uri);
            for row in &rows {
                let Some(Card { facts: Facts::Certificate(paper), organisation: by, index, .. }) =
                    Card::of(row)
                else {
                    continue;
                };
                let valid = paper.valid_from <= until && paper.valid_until.is_none_or(|end| end >= from);
                let covers = paper.covers.is_empty() || paper.covers.iter().any(|uri| uri == plot);
                if paper.scheme != Scheme::VietGap || paper.holder != holder || !valid || !covers {
                    continue;
                }
                let standing =
                    by.parse().ok().map(|id: OrganisationId| self.projector.standing_at(id, index));
                let confirmed = standing.is_some_and(inspects);
                if (confirmed || by == hex) && found.as_ref().is_none_or(|(known, _)| confirmed && !known) {
                    found = Some((confirmed, paper));
                }
            }
        }
        Ok(found.map(|(confirmed, paper)| {
            let until = paper
                .valid_until
                .map(|end| format!(", hiệu lực đến {:02}/{:02}/{}", end.day(), end.month(), end.year()));
            let claimed = if confirmed { "" } else { " (đơn vị tự khai)" };
            format!("{}, {}{}{claimed}", paper.number, paper.issuer, until.unwrap_or_default())
        }))
    }

    /// What the harvested lots are called.
    async fn products(&mut self, lines: &[Line]) -> Result<BTreeMap<String, String>, ExportError> {
        let mut products = BTreeMap::new();
        for line in lines {
            let Said::Event(event) = &line.said else { continue };
            if event.step != Step::Harvest {
                continue;
            }
            for made in event.outputs().iter().chain(event.objects()) {
                if products.contains_key(&made.subject) {
                    continue;
                }
                let state = self.projector.lot_state(&made.subject).await?;
                let Some(uri) = state.and_then(|state| state.product.clone()) else { continue };
                if let Some(card) = self.projector.card_of(&uri).await?
                    && let Facts::Product(product) = &card.facts
                {
                    products.insert(made.subject.clone(), product.name.vi.clone());
                }
            }
        }
        Ok(products)
    }
}

/// What a record without readable facts is worth.
fn unread(entry: &Entry) -> Effect {
    match entry.counts {
        Weight::Full => Effect::Counts,
        Weight::Claim => Effect::Claim,
        Weight::None { reason } => Effect::Void { reason },
    }
}
