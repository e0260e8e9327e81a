//! The European Union's deforestation regulation: where the goods of a consignment grew, as one GeoJSON file.
//!
//! Regulation (EU) 2023/1115, article 9(1)(d), asks for the geolocation of every plot, and for the date or time range of
//! production. The file is what the EU's information system TRACES takes ("EUDR
//! GeoJSON File Description"):
//!
//! ```text
//! {"type": "FeatureCollection",
//!  "features": [{"type": "Feature",
//!    "properties": {"ProducerName": "HTX …", "ProducerCountry": "VN", "ProductionPlace": "LÔ-07, Cầu Đất, …",
//!                   "Area": 1.2500,                          ha; of points only
//!                   "nguon:plot": URI, "nguon:code": "LÔ-07",
//!                   "nguon:netMassKg": 812.5,                what the consignment has from this plot alone
//!                   "nguon:netMassTogetherKg": [{"plots": ["LÔ-07", "LÔ-08"], "kg": 40}],
//!                   "nguon:harvestFrom": "2026-10-02", "nguon:harvestUntil": "2026-11-20",
//!                   "nguon:harvestLots": [URI, …]},
//!    "geometry": {"type": "Point", "coordinates": [108.500000, 11.870050]}}],
//!  "nguon:exportable": true, "nguon:lots": […], "nguon:faults": […], "nguon:warnings": […]}
//! ```
//!
//! Coordinates are longitude first, six decimals with their zeros; there is no `crs` (RFC 7946, section 4). What begins with
//! `nguon:` is ours: foreign members, which readers of GeoJSON pass over (RFC 7946, section 6.1).
//!
//! Masses are net kilograms. A lot's mass is shared out over what it was made of, in the parts that its records say; where one
//! harvest names several plots nobody weighed each, so they are stated *together* and are no plot's own.
//!
//! A consignment with a [`Fault`] is refused: whoever leaves out a plot declares less land than the goods grew on. Who
//! asks for the rest all the same gets it with `"nguon:exportable": false` and the list.
//!
//! Not here: HS codes, legality, and whether there was forest after 2020-12-31.

mod fault;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use nguon_trace::facts::Text;
use serde::Serialize;

pub use self::fault::{Fault, NotExportable, Warning};
use crate::geometry::{Outline, overlaps};

/// Bytes of a file that TRACES takes, at most.
pub const MAX_FILE_BYTES: usize = 25_000_000;
/// The country of every plot here.
const COUNTRY: &str = "VN";

/// What is to be exported, with what is known of its origin.
#[derive(Debug, Clone, Default)]
pub struct Consignment {
    /// The lots that somebody asks about.
    pub lots: Vec<Lot>,
    /// What they have from which harvest.
    pub portions: Vec<Portion>,
    /// The plots that portions name, by URI; one that is missing here was never registered.
    pub plots: BTreeMap<String, Plot>,
    /// Lots on the way back that lead to no plot, and their share of the lot asked about, in millionths.
    pub without_origin: Vec<(String, Option<u32>)>,
    /// Whether the walk back was cut off.
    pub cut_off: bool,
}

/// A lot of the consignment.
#[derive(Debug, Clone)]
pub struct Lot {
    /// Its URI.
    pub uri: String,
    /// The number on its packs.
    pub number: String,
    /// Its product's name.
    pub product: Option<Text>,
    /// Net mass of the whole lot.
    pub grams: Option<u64>,
    /// What blocks it, in words.
    pub blocked: Vec<Text>,
}

/// So much from one harvest.
#[derive(Debug, Clone)]
pub struct Portion {
    /// The harvest's lot, by URI.
    pub harvest_lot: String,
    /// Net mass of what the consignment has of it; none if it cannot be told.
    pub grams: Option<u64>,
    /// The plots of that harvest, by URI.
    pub plots: BTreeSet<String>,
    /// First day of harvest.
    pub from: Option<Date>,
    /// Last day of harvest.
    pub until: Option<Date>,
}

/// A plot.
#[derive(Debug, Clone)]
pub struct Plot {
    /// The co-operative's code for it.
    pub code: String,
    /// Whose it is: a business name.
    pub producer: String,
    /// Where it lies, in words.
    pub production_place: String,
    /// The area on its card.
    pub declared_m2: u64,
    /// Where it lies, exactly.
    pub place: Place,
}

/// The private place of a plot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Nobody ever stated it.
    Absent,
    /// It was erased.
    Erased,
    /// The section's bytes.
    Given(Vec<u8>),
}

/// A consignment whose plots were read and checked.
#[derive(Debug, Clone)]
pub struct Collection {
    lots: Vec<Lot>,
    features: Vec<Feature>,
    faults: Vec<Fault>,
    warnings: Vec<Warning>,
}

#[derive(Debug, Clone)]
struct Feature {
    properties: Properties,
    outline: Outline,
}

#[derive(Debug, Clone, Serialize)]
struct Properties {
    #[serde(rename = "ProducerName")]
    producer_name: String,
    #[serde(rename = "ProducerCountry")]
    producer_country: &'static str,
    #[serde(rename = "ProductionPlace")]
    production_place: String,
    #[serde(rename = "Area", skip_serializing_if = "Option::is_none")]
    area_ha: Option<f64>,
    #[serde(rename = "nguon:plot")]
    plot: String,
    #[serde(rename = "nguon:code")]
    code: String,
    #[serde(rename = "nguon:areaDeclaredM2")]
    declared_m2: u64,
    #[serde(rename = "nguon:areaOutlineM2", skip_serializing_if = "Option::is_none")]
    outline_m2: Option<u64>,
    #[serde(rename = "nguon:netMassKg", skip_serializing_if = "Option::is_none")]
    kg: Option<f64>,
    #[serde(rename = "nguon:netMassTogetherKg", skip_serializing_if = "Vec::is_empty")]
    together: Vec<Together>,
    #[serde(rename = "nguon:harvestFrom", skip_serializing_if = "Option::is_none")]
    from: Option<Date>,
    #[serde(rename = "nguon:harvestUntil", skip_serializing_if = "Option::is_none")]
    until: Option<Date>,
    #[serde(rename = "nguon:harvestLots")]
    harvest_lots: BTreeSet<String>,
}

#[derive(Debug, Clone, Serialize)]
struct Together {
    plots: Vec<String>,
    kg: f64,
}

/// What is known of a plot's part in the consignment.
#[derive(Default)]
struct Part {
    /// From this plot alone.
    grams: u64,
    /// Some portion's mass is not known.
    unweighed: bool,
    /// With others, by the plots.
    together: BTreeMap<BTreeSet<String>, u64>,
    from: Option<Date>,
    until: Option<Date>,
    undated: bool,
    harvest_lots: BTreeSet<String>,
}

impl Collection {
    /// Reads the plots of a consignment and checks them.
    #[must_use]
    pub fn of(consignment: &Consignment) -> Self {
        let mut faults = Vec::new();
        let mut warnings = Vec::new();
        let mut features = Vec::new();
        let parts = parts(consignment);
        if consignment.cut_off {
            faults.push(Fault::CutOff);
        }
        let origins = consignment.without_origin.iter();
        faults.extend(
            origins.map(|(lot, share)| Fault::OriginUnknown { lot: lot.clone(), share_millionths: *share }),
        );
        if parts.is_empty() && faults.is_empty() {
            faults.push(Fault::NoPlot);
        }
        for lot in &consignment.lots {
            let blocked = lot.blocked.iter();
            warnings
                .extend(blocked.map(|why| Warning::Blocked { lot: lot.number.clone(), why: why.clone() }));
        }
        let code =
            |uri: &String| consignment.plots.get(uri).map_or_else(|| uri.clone(), |plot| plot.code.clone());
        for (uri, part) in parts {
            let Some(plot) = consignment.plots.get(&uri) else {
                faults.push(Fault::PlotUnregistered { plot: uri });
                continue;
            };
            let read = match &plot.place {
                Place::Absent => Err(Fault::PlaceAbsent { plot: plot.code.clone() }),
                Place::Erased => Err(Fault::PlaceErased { plot: plot.code.clone() }),
                Place::Given(bytes) => Outline::parse(bytes)
                    .and_then(|outline| outline.suffices_for(plot.declared_m2).map(|()| outline))
                    .map_err(|error| Fault::PlaceRefused { plot: plot.code.clone(), error }),
            };
            if part.unweighed {
                warnings.push(Warning::MassUnknown { plot: plot.code.clone() });
            }
            if part.undated {
                warnings.push(Warning::HarvestUndated { plot: plot.code.clone() });
            }
            let outline = match read {
                Ok(outline) => outline,
                Err(fault) => {
                    faults.push(fault);
                    continue;
                }
            };
            let odd = outline.warnings(plot.declared_m2).into_iter();
            warnings.extend(odd.map(|warning| Warning::Geometry { plot: plot.code.clone(), warning }));
            let together = part.together.iter().map(|(plots, grams)| Together {
                plots: plots.iter().map(code).collect(),
                kg: thousandth(*grams),
            });
            let properties = Properties {
                producer_name: plot.producer.clone(),
                producer_country: COUNTRY,
                production_place: plot.production_place.clone(),
                area_ha: outline.is_point().then(|| hectares(plot.declared_m2)),
                plot: uri,
                code: plot.code.clone(),
                declared_m2: plot.declared_m2,
                outline_m2: outline.area_m2(),
                kg: (part.grams > 0 && !part.unweighed).then(|| thousandth(part.grams)),
                together: together.collect(),
                from: part.from.filter(|_| !part.undated),
                until: part.until.filter(|_| !part.undated),
                harvest_lots: part.harvest_lots,
            };
            features.push(Feature { properties, outline });
        }
        let outlines: Vec<&Outline> = features.iter().map(|feature| &feature.outline).collect();
        let name = |place: usize| features[place].properties.code.clone();
        let shared = overlaps(&outlines).into_iter();
        warnings.extend(shared.map(|overlap| Warning::Overlap {
            first: name(overlap.first),
            second: name(overlap.second),
            percent: overlap.percent,
        }));
        Self { lots: consignment.lots.clone(), features, faults, warnings }
    }

    /// Why it is not exportable; empty if it is.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// What is odd about it.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// How many plots the file has.
    #[must_use]
    pub fn plots(&self) -> usize {
        self.features.len()
    }

    /// The file, if nothing is missing.
    pub fn geojson(&self) -> Result<Vec<u8>, NotExportable> {
        if !self.faults.is_empty() {
            return Err(NotExportable(self.faults.clone()));
        }
        let file = self.rest();
        if file.len() > MAX_FILE_BYTES {
            return Err(NotExportable(vec![Fault::TooLarge { bytes: file.len() }]));
        }
        Ok(file)
    }

    /// The file with the plots whose places are known, whatever is missing; it says itself what that is.
    #[must_use]
    pub fn rest(&self) -> Vec<u8> {
        let features: Vec<String> = self
            .features
            .iter()
            .map(|Feature { properties, outline }| {
                let properties = json(properties);
                format!(r#"{{"type":"Feature","properties":{properties},"geometry":{}}}"#, outline.geometry())
            })
            .collect();
        let lots: Vec<LotJson<'_>> = self.lots.iter().map(LotJson::of).collect();
        let faults: Vec<Sentence> = self
            .faults
            .iter()
            .map(|fault| Sentence { code: fault.key(), about: fault.about(), vi: fault.vi(), en: fault.en() })
            .collect();
        let warnings: Vec<Sentence> = self
            .warnings
            .iter()
            .map(|one| Sentence { code: one.key(), about: one.about(), vi: one.vi(), en: one.en() })
            .collect();
        let text = format!(
            "{{\"type\":\"FeatureCollection\",\"features\":[\n{}\n],\n\"nguon:exportable\":{},\n\"nguon:lots\":{},\n\"nguon:faults\":{},\n\"nguon:warnings\":{}}}\n",
            features.join(",\n"),
            self.faults.is_empty(),
            json(&lots),
            json(&faults),
            json(&warnings)
        );
        text.into_bytes()
    }
}

#[derive(Serialize)]
struct LotJson<'a> {
    lot: &'a str,
    number: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<&'a Text>,
    #[serde(rename = "netMassKg", skip_serializing_if = "Option::is_none")]
    kg: Option<f64>,
}

impl<'a> LotJson<'a> {
    fn of(lot: &'a Lot) -> Self {
        Self {
            lot: &lot.uri,
            number: &lot.number,
            product: lot.product.as_ref(),
            kg: lot.grams.map(thousandth),
        }
    }
}

#[derive(Serialize)]
struct Sentence {
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<String>,
    vi: String,
    en: String,
}

fn parts(consignment: &Consignment) -> BTreeMap<String, Part> {
    let mut parts: BTreeMap<String, Part> = BTreeMap::new();
    for portion in &consignment.portions {
        for plot in &portion.plots {
            let part = parts.entry(plot.clone()).or_default();
            match portion.grams {
                None => part.unweighed = true,
                Some(grams) if portion.plots.len() == 1 => part.grams = part.grams.saturating_add(grams),
                Some(grams) => {
                    let together = part.together.entry(portion.plots.clone()).or_default();
                    *together = together.saturating_add(grams);
                }
            }
            match (portion.from, portion.until.or(portion.from)) {
                (Some(from), Some(until)) => {
                    part.from = Some(part.from.map_or(from, |known| known.min(from)));
                    part.until = Some(part.until.map_or(until, |known| known.max(until)));
                }
                _ => part.undated = true,
            }
            part.harvest_lots.insert(portion.harvest_lot.clone());
        }
    }
    parts
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("keys are texts and numbers are finite")
}

#[expect(clippy::cast_precision_loss, reason = "exact below 9 million tonnes")]
fn thousandth(amount: u64) -> f64 {
    amount as f64 / 1e3
}

/// Hectares of a point's plot; TRACES takes a point for four if it says nothing.
#[expect(clippy::cast_precision_loss, reason = "four hectares at most")]
fn hectares(area_m2: u64) -> f64 {
    area_m2 as f64 / 1e4
}

#[cfg(test)]
mod tests;
