//! The United States' food traceability rule: the electronic sortable spreadsheet that the FDA may ask for within 24 hours
//! (21 CFR 1.1455(c)(3)(ii)).
//!
//! One sheet for each critical tracking event, one column for each key data element in the rule's words, one row for each
//! lot of an event:
//!
//! ```text
//! Harvesting        21 CFR 1.1325(a)      Shipping         21 CFR 1.1340(a)
//! Cooling           21 CFR 1.1325(b)      Receiving        21 CFR 1.1345(a)
//! Initial Packing   21 CFR 1.1330(a)      Transformation   21 CFR 1.1350(a)
//! ```
//!
//! A *traceability lot code* is the lot's number with the URI of its product: the number alone is not unique. Its *source* is
//! whoever made the lot. A *location description* (21 CFR 1.1310) is business name, telephone, address, country. Where an
//! event names no business document, its own signed record is the reference document.
//!
//! Packing is *initial packing* while what goes in was harvested and never packed; whatever else makes lots of lots is a
//! *transformation*. Sales to those who eat it are no shipping (21 CFR 1.1310). The first land-based receiving of fish
//! is not here: no step of the ledger says it.
//!
//! What an element's cell leaves empty, no record says. Nothing is made up.

mod rows;

use std::collections::BTreeMap;

use jiff::civil::Date;
use nguon_trace::facts::{Event, Text};
use nguon_trace::quantity::Quantity;

use crate::sheet::{Cell, Column, Row, SheetError, Style, Table, workbook};

/// What is known of some lots and of where they come from.
#[derive(Debug, Clone)]
pub struct Records {
    /// The numbers of the lots that somebody asks about.
    pub asked: Vec<String>,
    /// Records that count, in any order; one may be about many lots.
    pub told: Vec<Told>,
    /// The lots that they are about, by URI; others of their lots are passed over.
    pub lots: BTreeMap<String, Lot>,
    /// Places by URI: plots, and locations with a GLN.
    pub places: BTreeMap<String, Place>,
    /// Organisations by id, hex.
    pub organisations: BTreeMap<String, Location>,
    /// The log's permanent name.
    pub ledger: String,
    /// The day on which the sheet is made.
    pub made_on: Date,
}

/// A record that counts.
#[derive(Debug, Clone)]
pub struct Told {
    /// Its index in the log.
    pub index: u64,
    /// Its event id, hex.
    pub event_id: String,
    /// The organisation whose word it is, hex.
    pub organisation: String,
    /// The organisation to which the goods go, hex, where the event's own word is a GLN.
    pub destination: Option<String>,
    /// What it says.
    pub event: Event,
}

/// A lot.
#[derive(Debug, Clone, Default)]
pub struct Lot {
    /// The number on its packs.
    pub number: String,
    /// Its product's URI.
    pub product_uri: Option<String>,
    /// Its product's name.
    pub product: Option<Text>,
    /// What one pack holds.
    pub net_content: Option<Quantity>,
    /// What grew: the crop's name.
    pub commodity: Option<Text>,
    /// Giống: the variety.
    pub variety: Option<String>,
    /// Who made it, hex.
    pub maker: Option<String>,
    /// The plots where it grew, by URI.
    pub plots: Vec<String>,
    /// First day of harvest.
    pub harvest_from: Option<Date>,
    /// Last day of harvest.
    pub harvest_until: Option<Date>,
}

/// A place with a URI.
#[derive(Debug, Clone)]
pub enum Place {
    /// A plot.
    Plot {
        /// The co-operative's own code for it: the name of the field.
        field: String,
        /// Where it lies, in words.
        locality: String,
        /// Whose it is, hex.
        organisation: String,
    },
    /// A place of business.
    Location(Location),
}

/// A location description (21 CFR 1.1310).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Location {
    /// Business name.
    pub name: String,
    /// Its telephone; never a person's.
    pub phone: Option<String>,
    /// Its address.
    pub address: Option<String>,
    /// Its GLN.
    pub gln: Option<String>,
}

impl Location {
    fn describe(&self) -> String {
        let gln = self.gln.as_ref().map(|gln| format!("GLN {gln}"));
        let parts = [
            Some(self.name.clone()),
            self.phone.clone(),
            self.address.clone(),
            Some("Vietnam".to_owned()),
            gln,
        ];
        parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
    }
}

const RECORD: [Column; 4] = [
    ("Reference document type", 18),
    ("Reference document number", 26),
    ("Ledger record (index)", 12),
    ("Ledger record (event id)", 20),
];

const HARVESTING: [Column; 8] = [
    ("Location description for the immediate subsequent recipient", 40),
    ("Commodity", 22),
    ("Variety", 16),
    ("Quantity", 12),
    ("Unit of measure", 10),
    ("Location description for the farm where the food was harvested", 40),
    ("Name of the field or other growing area", 24),
    ("Date of harvesting", 14),
];

const COOLING: [Column; 8] = [
    ("Location description for the immediate subsequent recipient", 40),
    ("Commodity", 22),
    ("Variety", 16),
    ("Quantity", 12),
    ("Unit of measure", 10),
    ("Location description for where you cooled the food", 40),
    ("Date of cooling", 14),
    ("Location description for the farm where the food was harvested", 40),
];

const PACKING: [Column; 21] = [
    ("Commodity of the food received", 22),
    ("Variety of the food received", 16),
    ("Date you received the food", 14),
    ("Quantity received", 12),
    ("Unit of measure received", 10),
    ("Location description for the farm where the food was harvested", 40),
    ("Name of the field or other growing area", 24),
    ("Business name of the harvester", 28),
    ("Phone number of the harvester", 16),
    ("Date of harvesting", 14),
    ("Location description for where the food was cooled", 40),
    ("Date of cooling", 14),
    ("Harvested lot (number)", 18),
    ("Traceability lot code assigned", 44),
    ("Product description of the packed food", 36),
    ("Quantity packed", 12),
    ("Unit of measure packed", 10),
    ("Location description for where the food was initially packed (traceability lot code source)", 40),
    ("Traceability lot code source reference", 20),
    ("Date of initial packing", 14),
    ("Harvested lot (address)", 44),
];

const SHIPPING: [Column; 9] = [
    ("Traceability lot code", 44),
    ("Quantity", 12),
    ("Unit of measure", 10),
    ("Product description", 36),
    ("Location description for the immediate subsequent recipient", 40),
    ("Location description for where the food was shipped from", 40),
    ("Date shipped", 14),
    ("Location description for the traceability lot code source", 40),
    ("Traceability lot code source reference", 20),
];

const RECEIVING: [Column; 9] = [
    ("Traceability lot code", 44),
    ("Quantity", 12),
    ("Unit of measure", 10),
    ("Product description", 36),
    ("Location description for the immediate previous source", 40),
    ("Location description for where the food was received", 40),
    ("Date received", 14),
    ("Location description for the traceability lot code source", 40),
    ("Traceability lot code source reference", 20),
];

const TRANSFORMATION: [Column; 11] = [
    ("Food used: traceability lot code", 44),
    ("Food used: product description", 36),
    ("Food used: quantity", 12),
    ("Food used: unit of measure", 10),
    ("Food produced: new traceability lot code", 44),
    ("Food produced: product description", 36),
    ("Food produced: quantity", 12),
    ("Food produced: unit of measure", 10),
    ("Location description for where you transformed the food (traceability lot code source)", 40),
    ("Traceability lot code source reference", 20),
    ("Date transformation was completed", 14),
];

impl Records {
    /// The spreadsheet (`application/vnd.openxmlformats-officedocument.spreadsheetml.sheet`).
    pub fn xlsx(&self) -> Result<Vec<u8>, SheetError> {
        let rows = rows::of(self);
        let with_record = |columns: &[Column]| [columns, &RECORD].concat();
        let mut sheets = [
            ("Harvesting", with_record(&HARVESTING), rows.harvesting),
            ("Cooling", with_record(&COOLING), rows.cooling),
            ("Initial Packing", with_record(&PACKING), rows.packing),
            ("Shipping", with_record(&SHIPPING), rows.shipping),
            ("Receiving", with_record(&RECEIVING), rows.receiving),
            ("Transformation", with_record(&TRANSFORMATION), rows.transformation),
        ];
        let about = Table {
            name: "About",
            above: Vec::new(),
            columns: &[("About this file", 110)],
            rows: self.about(),
        };
        let mut tables = Vec::with_capacity(7);
        for (name, columns, rows) in &mut sheets {
            tables.push(Table { name, above: Vec::new(), columns, rows: std::mem::take(rows) });
        }
        tables.push(about);
        let style = Style {
            title: "FSMA 204 electronic sortable spreadsheet",
            author: &self.ledger,
            dates: "yyyy-mm-dd",
            made_on: self.made_on,
        };
        workbook(&tables, &style)
    }

    fn about(&self) -> Vec<Row> {
        let lines = [
            "Electronic sortable spreadsheet under 21 CFR 1.1455(c)(3)(ii): one sheet for each critical tracking event of 21 CFR 1.1325 to 1.1350, one row for each lot of an event.".to_owned(),
            format!("Lots asked about: {}. The sheets hold what is recorded on them and on every lot that they were made of.", self.asked.join(", ")),
            "A traceability lot code is the lot's number with the address of its product. An empty cell: no record says it.".to_owned(),
            format!("Every row comes from a signed record of the ledger {}; \"Ledger record\" gives its index and the first twelve digits of its event id.", self.ledger),
            format!("Made on {}.", self.made_on),
        ];
        lines.into_iter().map(|line| Row::of(vec![Cell::text(line)])).collect()
    }
}

#[cfg(test)]
mod tests;
