//! What the rules find in a lot's records (rule 4 of [`crate::lot`] is in [`crate::balance`]).

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::{Amount, Step, What};
use crate::finding::{Code, Finding, quantity_en, quantity_vi};
use crate::history::{History, Told, event, makes, speaks_for_all};
use crate::lot::{Entry, Input, LotStatus, Said, Upstream, Void, Weight};
use crate::quantity::Quantity;

impl History<'_> {
    /// What a transformation must satisfy: all its parts are there, and no more came out than went in.
    pub(crate) fn transformation_findings(&self) -> Vec<Finding> {
        let mut groups: BTreeMap<(&str, &str, u64), Vec<Told<'_>>> = BTreeMap::new();
        for (entry, event) in self.counting().filter(|(entry, _)| self.had_it(entry)) {
            if !matches!(event.what, What::Transformation { .. }) || event.step == Step::Harvest {
                continue;
            }
            // Parts of one transformation are judged together; every other event stands for itself.
            let key = match (event.part, event.process()) {
                (Some(_), Some(process)) => (process, entry.organisation.as_str(), 0),
                _ => ("", "", entry.index),
            };
            groups.entry(key).or_default().push((entry, event));
        }
        groups.values().filter_map(|group| transformation_finding(group)).collect()
    }

    /// What single records bring up, one finding a code.
    pub(crate) fn record_findings(&self) -> Vec<Finding> {
        let mut records: BTreeMap<Code, Vec<u64>> = BTreeMap::new();
        let mut latest = 0;
        let mut note = |code, entry: &Entry| records.entry(code).or_default().push(entry.index);
        for entry in &self.entries {
            let weight = match (entry.counts, event(entry)) {
                (Weight::None { reason }, event) => {
                    // Only of those whose word would have mattered.
                    if self.had_it(entry) || event.is_some_and(|event| speaks_for_all(entry, event)) {
                        note(
                            match reason {
                                Void::RoleLacking => Code::RoleLacking,
                                Void::StandingLacking => Code::StandingLacking,
                                Void::Disputed | Void::Revoked => Code::Disputed,
                            },
                            entry,
                        );
                    }
                    continue;
                }
                (weight, _) => weight,
            };
            if weight != Weight::Full {
                continue;
            }
            match &entry.said {
                Said::Event(event) if self.concerns(entry, event) => {
                    if entry.disputed {
                        note(Code::Disputed, entry);
                    }
                    if let Some(late) = entry.late_by_ms {
                        latest = latest.max(late);
                        note(Code::LateEntry, entry);
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
                Said::Erased if self.had_it(entry) => note(Code::FactsErased, entry),
                _ => {}
            }
        }
        records.into_iter().map(|(code, records)| record_finding(code, records, latest)).collect()
    }
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

fn transformation_finding(group: &[Told<'_>]) -> Option<Finding> {
    let records: Vec<u64> = group.iter().map(|(entry, _)| entry.index).collect();
    let parts: BTreeSet<u16> = group.iter().filter_map(|(_, event)| Some(event.part?.number)).collect();
    if let Some(of) = group.iter().filter_map(|(_, event)| Some(event.part?.of)).max()
        && parts.len() < usize::from(of)
    {
        return Some(Finding::new(
            Code::PartsMissing,
            records,
            format!("Mẻ chế biến này gồm {of} phần, mới có {} phần được ghi.", parts.len()),
            format!("This transformation has {of} parts, of which {} are recorded.", parts.len()),
        ));
    }
    let came = in_one_unit(group.iter().flat_map(|(_, event)| event.inputs()))?;
    let went = in_one_unit(group.iter().flat_map(|(_, event)| event.outputs()))?;
    (came.unit == went.unit && went.amount > came.amount).then(|| {
        Finding::new(
            Code::OutputBeyondInput,
            records,
            format!("Làm ra {} trong khi chỉ đưa vào {}.", quantity_vi(went), quantity_vi(came)),
            format!("{} came out of only {}.", quantity_en(went), quantity_en(came)),
        )
    })
}

/// The sum, if every amount is counted and all in one unit.
fn in_one_unit<'a>(mut amounts: impl Iterator<Item = &'a Amount>) -> Option<Quantity> {
    let first = amounts.next()?.quantity?;
    amounts.try_fold(first, |sum, amount| {
        let quantity = amount.quantity.filter(|quantity| quantity.unit == sum.unit)?;
        Some(Quantity { amount: sum.amount.saturating_add(quantity.amount), unit: sum.unit })
    })
}

fn record_finding(code: Code, records: Vec<u64>, latest_ms: u64) -> Finding {
    let days = latest_ms / 86_400_000;
    let (vi, en) = match code {
        Code::FactsErased => (
            "Nội dung công khai của một bản ghi về lô này đã bị xóa.".to_owned(),
            "The public facts of a record on this lot were erased.".to_owned(),
        ),
        Code::MakerUnrecognised => (
            "Đơn vị làm ra lô này chưa được tỉnh công nhận trên hệ thống.".to_owned(),
            "The maker of this lot is not yet recognised by the province.".to_owned(),
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
