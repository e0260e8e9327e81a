//! What the rules find in a lot's records (rule 4 of [`crate::lot`] is in [`crate::balance`]).

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::{Event, Step, What, event_urn};
use crate::finding::{Code, Finding, quantity_en, quantity_vi};
use crate::history::{History, Told, destination, event, makes, names, speaks_for_all};
use crate::labels::{LabelSale, Labels, Ranges};
use crate::lot::{Effect, Entry, Input, LotState, LotStatus, Said, Upstream, Void, Weight, late_by_ms};
use crate::plot::{PlotState, plots_of};
use crate::quantity::{Quantity, Unit};

impl History<'_> {
    /// What single records bring up, one finding a code.
    pub(crate) fn record_findings(&self) -> Vec<Finding> {
        let mut records: BTreeMap<Code, Vec<u64>> = BTreeMap::new();
        let mut latest = 0;
        let mut note = |code, entry: &Entry| records.entry(code).or_default().push(entry.index);
        // The handle that the lot had first, by the word of those who had it.
        let mut handle: Option<&str> = None;
        for entry in &self.entries {
            let weight = match (entry.counts, event(entry)) {
                (Weight::None { reason }, event) => {
                    let reason = &reason;
                    // Only of those whose word would have mattered.
                    if self.had_it(entry) || event.is_some_and(|event| speaks_for_all(entry, event)) {
                        note(code_of(*reason), entry);
                    }
                    continue;
                }
                (weight, _) => weight,
            };
            if weight != Weight::Full {
                continue;
            }
            if self.maker == Some(entry.organisation.as_str()) {
                if entry.link_missing {
                    note(Code::LinkMissing, entry);
                }
                if let Some(own) = entry.handle.as_deref()
                    && *handle.get_or_insert(own) != own
                {
                    note(Code::SecondHandle, entry);
                }
            }
            if let (Some(reason), Some(event)) = (self.impossible(entry), event(entry)) {
                let is_void = matches!(self.effect(entry, event), Effect::Void { .. });
                if is_void && (self.had_it(entry) || self.maker.is_none()) {
                    note(code_of(reason), entry);
                }
                continue;
            }
            match &entry.said {
                Said::Event(event) if self.concerns(entry, event) => {
                    if entry.disputed {
                        note(Code::Disputed, entry);
                    }
                    if let Some(late) = late_by_ms(event.time_ms, entry.logged_ms) {
                        latest = latest.max(late);
                        note(Code::LateEntry, entry);
                    }
                    if self.effect(entry, event) == Effect::Counts {
                        let organisation = entry.organisation.as_str();
                        if event.step == Step::Harvest && makes(event, self.uri) && plots_of(event).is_empty()
                        {
                            note(Code::PlotMissing, entry);
                        }
                        if event.step == Step::Shipping && destination(entry, event) == Some(organisation) {
                            note(Code::SelfShipment, entry);
                        }
                    }
                    if matches!(event.step, Step::Other(_)) || matches!(event.what, What::Foreign(_)) {
                        note(Code::UnknownStep, entry);
                    }
                    if self.maker == Some(entry.organisation.as_str())
                        && makes(event, self.uri)
                        && !entry.standing.makes()
                    {
                        note(Code::MakerUnrecognised, entry);
                    }
                }
                Said::Unreadable if self.had_it(entry) => note(Code::Unreadable, entry),
                // Of a lot that nobody made any more, the making may be what was erased.
                Said::Erased if self.had_it(entry) || self.maker.is_none() => note(Code::FactsErased, entry),
                _ => {}
            }
        }
        records.into_iter().map(|(code, records)| record_finding(code, records, latest)).collect()
    }
}

fn code_of(reason: Void) -> Code {
    match reason {
        Void::RoleLacking => Code::RoleLacking,
        Void::StandingLacking => Code::StandingLacking,
        Void::Disputed | Void::Revoked => Code::Disputed,
        Void::ActDiffers => Code::ActDiffers,
        Void::FutureDate => Code::FutureDate,
        Void::PlotUnknown => Code::PlotUnknown,
        Void::MadeTwice => Code::MadeTwice,
    }
}

impl History<'_> {
    /// What the plots of the lot's own maker have against it.
    pub(crate) fn plot_findings(&self, plots: &[&PlotState]) -> Vec<Finding> {
        let own = plots.iter().filter(|plot| plot.organisation.as_deref() == self.maker);
        let mut found: Vec<Finding> = own
            .filter_map(|plot| plot.lots.get(self.uri))
            .flat_map(|on| on.findings.iter().cloned())
            .collect();
        found.sort();
        found.dedup();
        found
    }

    /// Printed codes against packs, where both are counted. Numbered labels count by their numbers, and voided ones no more.
    pub(crate) fn labels_beyond_packs(&self, state: &LotState) -> Option<Finding> {
        let balance = state.balance.filter(|balance| balance.unit == Unit::Piece && balance.made > 0)?;
        let mut printed = state.labels.printed.without(&state.labels.void).count();
        let mut records = Vec::new();
        for (entry, event) in self.counting().filter(|(_, event)| event.step == Step::Encoding) {
            let Some(amount) = event.objects().iter().find(|amount| amount.subject == self.uri) else {
                continue;
            };
            match amount.quantity {
                _ if !event.labels.is_empty() => {}
                Some(Quantity { amount, unit: Unit::Piece }) => printed = printed.saturating_add(amount),
                _ => continue,
            }
            records.push(entry.index);
        }
        (printed > balance.made).then(|| {
            let (labels, packs) = (Quantity::pieces(printed), Quantity::pieces(balance.made));
            Finding::new(
                Code::LabelsBeyondPacks,
                records,
                format!(
                    "Đã in tem cho {} trong khi chỉ đóng gói {}.",
                    quantity_vi(labels),
                    quantity_vi(packs)
                ),
                format!(
                    "Codes were printed for {}, but {} were packed.",
                    quantity_en(labels),
                    quantity_en(packs)
                ),
            )
        })
    }

    /// The lot's numbered labels, by the word of its maker. Who holds the lot may say which it shipped and sold, but
    /// not that it sold what had gone to somebody else.
    pub(crate) fn labels(&self) -> Labels {
        let told = |wanted: Step| {
            let events = self.counting().filter(move |(_, event)| event.step == wanted);
            events.filter(|(_, event)| names(event.objects(), self.uri))
        };
        let by_maker = |wanted| {
            let own = told(wanted).filter(|(entry, _)| self.maker == Some(entry.organisation.as_str()));
            Ranges::of(own.flat_map(|(_, event)| event.labels.iter().copied()))
        };
        let mut shipped: BTreeMap<String, Ranges> = BTreeMap::new();
        for (entry, event) in told(Step::Shipping).filter(|(_, event)| !event.labels.is_empty()) {
            let to = shipped.entry(destination(entry, event).unwrap_or_default().to_owned()).or_default();
            *to = to.with(&event.labels);
        }
        let printed = by_maker(Step::Encoding);
        let void = by_maker(Step::Decommissioning);
        let mut sales = Vec::new();
        for (entry, event) in told(Step::Selling) {
            let others = shipped.iter().filter(|(to, _)| **to != entry.organisation);
            let elsewhere = Ranges::of(others.flat_map(|(_, ranges)| ranges.ranges().iter().copied()));
            let mut labels = Ranges::of(event.labels.iter().copied()).and(&printed);
            if self.maker != Some(entry.organisation.as_str()) {
                labels = labels.without(&elsewhere);
            }
            if !labels.is_empty() {
                sales.push(LabelSale { labels, time_ms: event.time_ms, record: entry.index });
            }
        }
        Labels {
            active: by_maker(Step::Commissioning).and(&printed).without(&void),
            sales,
            shipped,
            printed,
            void,
        }
    }

    /// Two stickers with one code.
    pub(crate) fn labels_printed_twice(&self) -> Option<Finding> {
        let printing = self.counting().filter(|(_, event)| event.step == Step::Encoding);
        let printing = printing.filter(|(_, event)| names(event.objects(), self.uri));
        let mut known = Ranges::default();
        let (mut twice, mut records) = (Ranges::default(), Vec::new());
        for (entry, event) in printing.filter(|(_, event)| !event.labels.is_empty()) {
            let these = Ranges::of(event.labels.iter().copied());
            let again = these.and(&known);
            if !again.is_empty() {
                records.push(entry.index);
                twice = twice.with(again.ranges());
            }
            known = known.with(these.ranges());
        }
        (!twice.is_empty()).then(|| {
            Finding::new(
                Code::LabelsPrintedTwice,
                records,
                format!("Tem số {twice} được ghi là in hai lần: có hai tem mang cùng một mã."),
                format!("Labels {twice} are recorded as printed twice: two stickers carry one code."),
            )
        })
    }

    /// The record in which another key of the same organisation confirms this one.
    pub(crate) fn confirmed_by(&self, entry: &Entry) -> Option<u64> {
        let Event { id, .. } = event(entry)?;
        let urn = event_urn(&entry.event_id);
        let confirms = |(other, said): &Told<'_>| {
            other.organisation == entry.organisation
                && other.author != entry.author
                && matches!(&said.step, Step::Confirming { events }
                    if events.iter().any(|named| *named == urn || Some(named) == id.as_ref()))
        };
        self.counting().find(confirms).map(|(other, _)| other.index)
    }
}

/// Inputs that something else than a recall blocks: what is made of them inherits the worst.
pub(crate) fn blocked_sources(upstream: &[&Upstream], inputs: &[Input]) -> Option<Finding> {
    let blocked: BTreeSet<&str> =
        upstream.iter().filter(|lot| !lot.blocked_by.is_empty()).map(|lot| lot.uri.as_str()).collect();
    let first = blocked.first()?;
    let records =
        inputs.iter().filter(|input| blocked.contains(input.uri.as_str())).map(|input| input.record);
    let (vi, en) = match blocked.len() {
        1 => (
            format!("Nguyên liệu của lô này có vấn đề phải xử lý: {first}."),
            format!("Something blocking stands against a lot that this one was made of: {first}."),
        ),
        n => (
            format!("{n} lô nguyên liệu của lô này có vấn đề phải xử lý, trong đó có {first}."),
            format!(
                "Something blocking stands against {n} lots that this one was made of, {first} among them."
            ),
        ),
    };
    Some(Finding::new(Code::SourceBlocked, records.collect(), vi, en))
}

impl History<'_> {
    /// A lot that was packed or processed, and nobody says of what.
    pub(crate) fn made_of_nothing(&self) -> Option<Finding> {
        let of_nothing = self.by_maker().filter(|(_, event)| {
            makes(event, self.uri) && event.step != Step::Harvest && event.inputs().is_empty()
        });
        let records: Vec<u64> = of_nothing.map(|(entry, _)| entry.index).collect();
        (!records.is_empty()).then(|| {
            Finding::new(
                Code::SourceUnknown,
                records,
                "Lô không rõ làm từ đâu: có lần làm ra mà không ghi nguyên liệu.".to_owned(),
                "Nobody has recorded what the lot was made of.".to_owned(),
            )
        })
    }
}

/// Inputs that came from nowhere: an invented lot balances every packing.
pub(crate) fn unknown_sources(upstream: &[&Upstream], inputs: &[Input]) -> Option<Finding> {
    let is_made = |input: &Input| {
        let known = upstream.iter().find(|lot| lot.uri == input.uri);
        known.is_some_and(|lot| {
            lot.maker.is_some() && lot.status != LotStatus::Registered && !lot.is_of_unknown_source
        })
    };
    let unknown = inputs.iter().filter(|input| !is_made(input));
    let lots: BTreeSet<&str> = unknown.clone().map(|input| input.uri.as_str()).collect();
    let first = lots.first()?;
    let (vi, en) = match lots.len() {
        1 => (
            format!("Nguyên liệu không rõ từ đâu: chưa ai ghi {first} làm ra từ gì."),
            format!("Nobody has recorded where {first}, which went into this lot, comes from."),
        ),
        n => (
            format!("{n} nguyên liệu không rõ từ đâu, trong đó có {first}."),
            format!(
                "Nobody has recorded where {n} things that went into this lot come from, {first} among them."
            ),
        ),
    };
    Some(Finding::new(Code::SourceUnknown, unknown.map(|input| input.record).collect(), vi, en))
}

/// Inputs of which the maker, who had got a part, gave on more than that.
pub(crate) fn overdrawn_sources(
    upstream: &[&Upstream],
    maker: Option<&str>,
    inputs: &[Input],
) -> Option<Finding> {
    let maker = maker?;
    let sources: BTreeSet<&str> =
        upstream.iter().filter(|lot| lot.overdrawn.contains(maker)).map(|lot| lot.uri.as_str()).collect();
    let first = sources.first()?;
    let records =
        inputs.iter().filter(|input| sources.contains(input.uri.as_str())).map(|input| input.record);
    Some(Finding::new(
        Code::SourceOverdrawn,
        records.collect(),
        format!("Đơn vị làm ra lô này đã dùng nguyên liệu nhiều hơn số được giao: {first}."),
        format!("The maker used more of a lot than it had been given: {first}."),
    ))
}

pub(crate) fn recalled_source(lot: &Upstream, inputs: &[Input]) -> Option<Finding> {
    let LotStatus::Recalled { record, .. } = &lot.status else { return None };
    let mut records = vec![*record];
    records.extend(inputs.iter().filter(|input| input.uri == lot.uri).map(|input| input.record));
    Some(Finding::new(
        Code::RecalledSource,
        records,
        format!("Nguyên liệu của lô này đang bị thu hồi: {}.", lot.uri),
        format!("A lot that this one was made of is recalled: {}.", lot.uri),
    ))
}

fn record_finding(code: Code, records: Vec<u64>, latest_ms: u64) -> Finding {
    let days = latest_ms / 86_400_000;
    let (vi, en) = match code {
        Code::FactsErased => (
            "Nội dung công khai của một bản ghi về lô này đã bị xóa.".to_owned(),
            "The public facts of a record on this lot were erased.".to_owned(),
        ),
        Code::MakerUnrecognised => (
            "Khi ghi lô này, đơn vị làm ra chưa được tỉnh công nhận trên hệ thống.".to_owned(),
            "The maker was not yet recognised by the province when it recorded this lot.".to_owned(),
        ),
        Code::ActDiffers => (
            "Có bản ghi được ký cho một loại việc khác với nội dung, nên không được tính.".to_owned(),
            "A record was signed as another kind of act than what it tells, so it does not count.".to_owned(),
        ),
        Code::RoleLacking => (
            "Có bản ghi được ký bằng thiết bị không có quyền làm việc này, nên không được tính.".to_owned(),
            "A record was signed by a device whose role does not cover it, so it does not count.".to_owned(),
        ),
        Code::StandingLacking => (
            "Có bản ghi của đơn vị không có thẩm quyền về việc này, nên không được tính.".to_owned(),
            "A record came from an organisation without the standing for it, so it does not count."
                .to_owned(),
        ),
        Code::Disputed => (
            "Một thiết bị đã ký hai bản ghi khác nhau cho cùng một vị trí, hoặc đã bị thu hồi quyền ký."
                .to_owned(),
            "A device signed two different records for one place in its chain, or its key was revoked."
                .to_owned(),
        ),
        Code::Unreadable => (
            "Có bản ghi không đọc được nội dung.".to_owned(),
            "The contents of a record cannot be read.".to_owned(),
        ),
        Code::LinkMissing => (
            "Có bản ghi nối tiếp một bản ghi không có trong sổ: có thể thiếu một việc đã làm.".to_owned(),
            "A record follows one that is not in the log: something may be missing.".to_owned(),
        ),
        Code::SecondHandle => (
            "Lô này được ghi dưới hai mã nội bộ khác nhau, nên lịch sử của lô có thể bị tách đôi.".to_owned(),
            "The lot is recorded under two handles, so its history may be split.".to_owned(),
        ),
        Code::FutureDate => (
            "Có việc ghi ngày trong tương lai, nên không được tính.".to_owned(),
            "Something is dated in the future, so it does not count.".to_owned(),
        ),
        Code::PlotUnknown => (
            "Thu hoạch từ một thửa mà đơn vị này chưa đăng ký, nên không được tính.".to_owned(),
            "Harvested from a plot that this organisation has not registered, so it does not count."
                .to_owned(),
        ),
        Code::PlotMissing => (
            "Có lần thu hoạch không ghi thửa, nên không so được với diện tích.".to_owned(),
            "A harvest names no plot, so it cannot be compared with an area.".to_owned(),
        ),
        Code::MadeTwice => (
            "Lô này được ghi làm ra hai lần; lần sau không được tính.".to_owned(),
            "The lot was recorded as made twice; the second time does not count.".to_owned(),
        ),
        Code::SelfShipment => (
            "Có lần xuất hàng cho chính mình, nên không có hàng nào được chuyển đi.".to_owned(),
            "Something was shipped to whom it came from, so nothing moved.".to_owned(),
        ),
        Code::LateEntry => (
            format!("Có việc được ghi muộn, lâu nhất là {days} ngày sau khi làm."),
            format!("Something was recorded late, at most {days} days after it was done."),
        ),
        // The other codes are made where their numbers are known.
        _ => (
            "Có công đoạn mà hệ thống chưa hiểu.".to_owned(),
            "There is a step that no rule here knows.".to_owned(),
        ),
    };
    Finding::new(code, records, vi, en)
}
