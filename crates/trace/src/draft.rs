//! Before it is signed: what no farmer means to say.
//!
//! A signed record is never refused for its contents; one that cannot be true is logged and has no effect. So whoever is
//! about to sign (a phone, an import) asks first. What needs the lot's history is the judge's to say
//! ([`crate::lot::judge`]); [`refusals`] is what the facts say by themselves.

use std::collections::BTreeSet;

use crate::facts::{Event, Facts, Step, organisation_in_urn};
use crate::finding::Code;
use crate::lot::{AHEAD_MS, Void};
use crate::quantity::QuantityError;

/// Why a draft should not be signed, in the order in which it is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It cannot be read, and says why (in English, for whoever writes the software).
    Unreadable {
        /// Why.
        why: String,
    },
    /// No organisation of this id is in the ledger.
    OrganisationUnknown,
    /// A quantity that cannot be.
    Quantity {
        /// Of what.
        subject: String,
        /// Why not.
        error: QuantityError,
    },
    /// A quantity in a unit that nothing is counted in.
    UnitUnknown {
        /// The unit's code.
        unit: String,
    },
    /// Dated in the future.
    FutureDate,
    /// Shipped to whom it comes from.
    SelfShipment,
    /// A lot that would be made of itself.
    MadeOfItself {
        /// Which.
        lot: String,
    },
    /// On a plot that the organisation has not registered.
    PlotUnknown {
        /// Which.
        plot: String,
    },
    /// The plot lies nowhere that can be: its outline crosses itself, say.
    Place {
        /// What is wrong, as a stable word.
        fault: &'static str,
        /// In Vietnamese, without capital and full stop.
        vi: String,
        /// In English, likewise.
        en: String,
    },
    /// A lot that was made before.
    MadeTwice {
        /// Which.
        lot: String,
    },
    /// Labels with numbers that the lot's labels have already.
    LabelsPrintedTwice {
        /// Of which lot.
        lot: String,
    },
    /// Labels that were never printed, or are void.
    LabelsNotPrinted {
        /// Of which lot.
        lot: String,
        /// Which, as people write them.
        labels: String,
    },
    /// A lot called otherwise than this ledger calls it: nobody would find it.
    WrongName {
        /// What was written.
        said: String,
        /// Its name here.
        right: String,
    },
    /// More labels than the lot has packs.
    LabelsBeyondPacks {
        /// Of which lot.
        lot: String,
    },
    /// Signed as an act that does not cover what it tells.
    ActDiffers,
    /// It would count for nothing, for another reason.
    Void,
    /// More than one record can hold.
    TooLarge,
}

impl Refusal {
    /// A stable word for machines.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "unreadable",
            Self::OrganisationUnknown => "organisation_unknown",
            Self::Quantity { .. } => "quantity",
            Self::Void => "void",
            Self::UnitUnknown { .. } => "unit_unknown",
            Self::FutureDate => "future_date",
            Self::SelfShipment => "self_shipment",
            Self::MadeOfItself { .. } => "made_of_itself",
            Self::PlotUnknown { .. } => "plot_unknown",
            Self::Place { fault, .. } => fault,
            Self::MadeTwice { .. } => "made_twice",
            Self::LabelsPrintedTwice { .. } => "labels_printed_twice",
            Self::LabelsBeyondPacks { .. } => "labels_beyond_packs",
            Self::LabelsNotPrinted { .. } => "labels_not_printed",
            Self::WrongName { .. } => "wrong_name",
            Self::ActDiffers => "act_differs",
            Self::TooLarge => "too_large",
        }
    }

    /// What happened and what to do, in Vietnamese.
    #[must_use]
    pub fn text_vi(&self) -> String {
        match self {
            Self::Unreadable { why } => {
                format!("Nội dung không đọc được ({why}). Hãy sửa lại theo đúng mẫu rồi kiểm tra lần nữa.")
            }
            Self::OrganisationUnknown => {
                "Sổ chưa có đơn vị này. Hãy xem lại mã đơn vị, hoặc ghi danh đơn vị trước.".to_owned()
            }
            Self::Quantity { subject, error } => match error {
                QuantityError::Negative(said) => {
                    format!("Số lượng của {subject} không được âm ({said}). Hãy ghi lại.")
                }
                QuantityError::TooFine(said) => format!(
                    "Số lượng của {subject} ({said}) lẻ hơn mức nhỏ nhất được tính: gam, mililít, một cái. Hãy làm tròn."
                ),
                QuantityError::TooMuch(said) => {
                    format!("Số lượng của {subject} ({said}) quá lớn, không thể có. Hãy ghi lại.")
                }
                QuantityError::NotANumber(said) => {
                    format!("Số lượng của {subject} (“{said}”) không phải là số. Hãy ghi lại.")
                }
                QuantityError::UnknownUnit(unit) => Self::UnitUnknown { unit: unit.clone() }.text_vi(),
            },
            Self::Void => {
                "Nếu ký, bản ghi này sẽ không được tính. Hãy xem lại đơn vị và quyền của người ký.".to_owned()
            }
            Self::UnitUnknown { unit } => {
                format!(
                    "Đơn vị “{unit}” không dùng được. Hãy dùng KGM (kg), GRM (gam), TNE (tấn), LTR (lít), MLT (ml), hoặc bỏ trống khi đếm cái."
                )
            }
            Self::FutureDate => {
                "Ngày ghi ở tương lai. Hãy xem lại ngày giờ của điện thoại và của việc này.".to_owned()
            }
            Self::SelfShipment => "Nơi nhận chính là nơi giao. Hãy chọn lại đơn vị nhận.".to_owned(),
            Self::MadeOfItself { lot } => {
                format!("Lô {lot} được ghi là làm từ chính nó. Hãy xem lại lô vào và lô ra.")
            }
            Self::PlotUnknown { plot } => {
                format!("Đơn vị chưa đăng ký thửa {plot}. Hãy đăng ký thửa trước, hoặc chọn lại thửa.")
            }
            Self::Place { vi, .. } => format!("Vị trí thửa chưa dùng được: {vi}. Hãy vẽ hoặc chọn lại."),
            Self::MadeTwice { lot } => {
                format!(
                    "Lô {lot} đã được ghi làm ra rồi. Hãy dùng số lô khác, hoặc đính chính lần ghi trước."
                )
            }
            Self::LabelsPrintedTwice { lot } => {
                format!("Lô {lot} đã có tem mang những số này. Hãy in tiếp từ số chưa dùng.")
            }
            Self::LabelsNotPrinted { lot, labels } => {
                format!(
                    "Tem số {labels} của lô {lot} chưa được ghi là đã in, hoặc đã hủy. Hãy xem lại số tem."
                )
            }
            Self::WrongName { said, right } => {
                format!("Sổ này không gọi lô là {said}, nên sẽ không ai tìm thấy. Hãy ghi {right}.")
            }
            Self::LabelsBeyondPacks { lot } => {
                format!(
                    "Lô {lot} không có nhiều gói đến thế. Hãy in ít tem hơn, hoặc hủy số tem hỏng trước rồi in bù."
                )
            }
            Self::ActDiffers => {
                "Loại việc được ký không khớp với nội dung, nên sẽ không được tính. Hãy ký đúng loại việc."
                    .to_owned()
            }
            Self::TooLarge => "Nội dung vượt quá cỡ của một bản ghi. Hãy chia thành nhiều phần.".to_owned(),
        }
    }

    /// The same in English.
    #[must_use]
    pub fn text_en(&self) -> String {
        match self {
            Self::Unreadable { why } => {
                format!("It cannot be read ({why}). Put it right and check again.")
            }
            Self::OrganisationUnknown => {
                "The ledger has no such organisation. Look at its id, or enrol it first.".to_owned()
            }
            Self::Quantity { subject, error } => format!("The quantity of {subject} cannot be: {error}."),
            Self::Void => {
                "Signed, it would count for nothing. Look at the organisation and at what its signer may do.".to_owned()
            }
            Self::UnitUnknown { unit } => {
                format!("Nothing is counted in the unit “{unit}”. Use KGM, GRM, TNE, LTR, MLT, or none for pieces.")
            }
            Self::FutureDate => {
                "It is dated in the future. Look at the clock of the phone, and at the day of the work."
                    .to_owned()
            }
            Self::SelfShipment => "It goes to whom it comes from. Choose who gets it.".to_owned(),
            Self::MadeOfItself { lot } => {
                format!("Lot {lot} would be made of itself. Look at what goes in and what comes out.")
            }
            Self::PlotUnknown { plot } => format!(
                "The organisation has not registered plot {plot}. Register it first, or choose another plot."
            ),
            Self::Place { en, .. } => format!("The plot cannot lie there: {en}. Draw or choose it again."),
            Self::MadeTwice { lot } => {
                format!("Lot {lot} was made before. Use another lot number, or correct the first entry.")
            }
            Self::LabelsPrintedTwice { lot } => {
                format!("Lot {lot} has labels with these numbers. Go on from the first number that is free.")
            }
            Self::LabelsNotPrinted { lot, labels } => {
                format!("Labels {labels} of lot {lot} are not recorded as printed, or are void. Look at the numbers.")
            }
            Self::WrongName { said, right } => {
                format!("This ledger does not call a lot {said}: nobody would find it. Write {right}.")
            }
            Self::LabelsBeyondPacks { lot } => {
                format!("Lot {lot} has not so many packs. Print fewer, or void the spoiled labels first.")
            }
            Self::ActDiffers => {
                "The act it is signed as does not cover what it tells, so it would not count. Sign it as what it is."
                    .to_owned()
            }
            Self::TooLarge => "It is more than one record can hold. Divide it into parts.".to_owned(),
        }
    }
}

/// What speaks against signing these facts for an organisation (its id in hex) at a moment.
#[must_use]
pub fn refusals(facts: &Facts, organisation: &str, now_ms: i64) -> Vec<Refusal> {
    let Facts::Event(event) = facts else { return Vec::new() };
    let mut refusals = Vec::new();
    let amounts = || event.inputs().iter().chain(event.outputs()).chain(event.objects());
    let units: BTreeSet<&str> =
        amounts().filter_map(|amount| Some(amount.uncounted.as_ref()?.uom.as_str())).collect();
    refusals.extend(units.into_iter().map(|unit| Refusal::UnitUnknown { unit: unit.to_owned() }));
    if event.time_ms > now_ms.saturating_add(AHEAD_MS) {
        refusals.push(Refusal::FutureDate);
    }
    let to = event.destination.as_deref().and_then(organisation_in_urn);
    if event.step == Step::Shipping && to == Some(organisation) {
        refusals.push(Refusal::SelfShipment);
    }
    let made: BTreeSet<&str> = event.outputs().iter().map(|amount| amount.subject.as_str()).collect();
    let own: BTreeSet<&str> = event
        .inputs()
        .iter()
        .map(|amount| amount.subject.as_str())
        .filter(|lot| made.contains(lot))
        .collect();
    refusals.extend(own.into_iter().map(|lot| Refusal::MadeOfItself { lot: lot.to_owned() }));
    refusals
}

/// The plots that an event says something grew on: they must be the organisation's own.
#[must_use]
pub fn plots_worked(event: &Event) -> BTreeSet<&str> {
    let on_a_plot = matches!(
        event.step,
        Step::Planting { .. }
            | Step::Fertilising { .. }
            | Step::PlantProtection(_)
            | Step::Irrigation { .. }
            | Step::Harvest
    );
    let place = event.place.as_deref().filter(|_| on_a_plot);
    place.into_iter().chain(event.lot.plots.iter().map(String::as_str)).collect()
}

/// Findings of these codes say that the record counts for nothing: who has not signed yet should not sign.
#[must_use]
pub fn refusal_of(code: Code, lot: &str) -> Option<Refusal> {
    match code {
        Code::FutureDate => Some(Refusal::FutureDate),
        Code::SelfShipment => Some(Refusal::SelfShipment),
        Code::MadeTwice => Some(Refusal::MadeTwice { lot: lot.to_owned() }),
        Code::ActDiffers => Some(Refusal::ActDiffers),
        Code::LabelsPrintedTwice => Some(Refusal::LabelsPrintedTwice { lot: lot.to_owned() }),
        Code::LabelsBeyondPacks => Some(Refusal::LabelsBeyondPacks { lot: lot.to_owned() }),
        _ => None,
    }
}

/// The refusal of a record that would count for nothing.
#[must_use]
pub fn refusal_of_void(reason: Void, lot: &str) -> Refusal {
    match reason {
        Void::ActDiffers => Refusal::ActDiffers,
        Void::FutureDate => Refusal::FutureDate,
        Void::MadeTwice => Refusal::MadeTwice { lot: lot.to_owned() },
        Void::RoleLacking | Void::StandingLacking | Void::Disputed | Void::Revoked | Void::PlotUnknown => {
            Refusal::Void
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Action, Amount, Uncounted, What, organisation_urn};
    use crate::quantity::Quantity;

    const NOW_MS: i64 = 1_775_952_000_000;

    fn shipped(to: &str, time_ms: i64) -> Event {
        let objects = vec![Amount::of("lot", Quantity::grams(1))];
        let what = What::Objects { action: Action::Observe, objects };
        Event { destination: Some(organisation_urn(to)), ..Event::new(time_ms, Step::Shipping, what) }
    }

    fn check(event: Event, expected: &[Refusal]) {
        assert_eq!(refusals(&Facts::Event(Box::new(event)), "c0", NOW_MS), expected);
    }

    #[test]
    fn what_cannot_be_meant_is_said_before_it_is_signed() {
        check(shipped("50", NOW_MS), &[]);
        check(shipped("50", NOW_MS + AHEAD_MS), &[]);
        check(shipped("50", NOW_MS + AHEAD_MS + 1), &[Refusal::FutureDate]);
        check(shipped("c0", NOW_MS), &[Refusal::SelfShipment]);

        let pounds = Uncounted { decimal: "40".to_owned(), uom: "LBR".to_owned() };
        let mut event = shipped("50", NOW_MS);
        event.what = What::Objects {
            action: Action::Observe,
            objects: vec![Amount { uncounted: Some(pounds), ..Amount::whole("lot") }],
        };
        check(event, &[Refusal::UnitUnknown { unit: "LBR".to_owned() }]);

        let amounts = |lots: &[&str]| lots.iter().map(|lot| Amount::whole(*lot)).collect::<Vec<_>>();
        let what =
            What::Transformation { process: None, inputs: amounts(&["a", "b"]), outputs: amounts(&["b"]) };
        check(Event::new(NOW_MS, Step::Sorting, what), &[Refusal::MadeOfItself { lot: "b".to_owned() }]);
    }
}
