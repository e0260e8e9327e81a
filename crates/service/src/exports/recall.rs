//! What a recall reaches, with the people who worked on it.

use std::collections::{BTreeMap, BTreeSet};

use nguon_export::recall::{Holding, Lot, Order, Person, Plot, Recall};
use nguon_id::LotId;
use nguon_trace::facts::vietnam_day;
use nguon_trace::lot::Effect;

use super::{Export, ExportError, Exports, XLSX, slug_of_lots};
use crate::commune;

impl Exports {
    /// The sheet for whoever calls a lot back: lots, holders, plots, and the people that records name.
    pub async fn recall(&mut self, id: &LotId, now_ms: i64) -> Result<Export, ExportError> {
        let scope = match self.catalogue.recall_scope(id).await? {
            None => return Err(ExportError::NoLot(id.path())),
            Some(Err(on)) => return Err(ExportError::Cycle(on)),
            Some(Ok(scope)) => scope,
        };
        let number =
            |uri: &str| LotId::from_uri(uri).map_or_else(|_| uri.to_owned(), |id| id.lot().to_string());
        let mut recall =
            Recall { lot: id.lot().to_string(), ledger: self.origin.clone(), ..Recall::default() };
        let mut shipped = BTreeMap::new();
        for lot in scope.lots {
            for (to, labels) in &lot.labels.shipped {
                shipped.insert((to.clone(), lot.uri.clone()), labels.clone());
            }
            recall.lots.push(Lot {
                labels: lot.labels.unsold(),
                product: lot.product.map(|name| name.vi).unwrap_or_default(),
                number: number(&lot.uri),
                uri: lot.uri,
                is_recalled: lot.is_recalled,
                made: lot.made,
                sold: lot.sold,
                left: lot.left,
            });
        }
        for holder in scope.holders {
            let name = holder.card.as_ref().map_or_else(|| holder.id.clone(), |card| card.name.vi.clone());
            for (lot, (got, left)) in holder.lots {
                recall.holdings.push(Holding {
                    labels: shipped.remove(&(holder.id.clone(), lot.clone())).unwrap_or_default(),
                    name: name.clone(),
                    hotline: holder.card.as_ref().and_then(|card| card.hotline.clone()),
                    lot: number(&lot),
                    got: Some(got),
                    left: Some(left),
                });
            }
        }
        for (buyer, lots) in scope.buyers {
            for (lot, got) in lots {
                let name = buyer.clone();
                let labels = shipped.get(&(String::new(), lot.clone())).cloned().unwrap_or_default();
                recall.holdings.push(Holding {
                    name,
                    hotline: None,
                    lot: number(&lot),
                    got,
                    left: None,
                    labels,
                });
            }
        }
        for order in scope.orders {
            recall.orders.push(Order {
                exchange: order.exchange,
                reference: order.reference,
                state: order_state(&order.state).to_owned(),
                lot: number(&order.lot),
                quantity: order.quantity,
                order_id: order.order_id,
            });
        }
        for (uri, card) in scope.plots {
            let place = card.as_ref().map(|card| {
                let named = card.place_name.as_ref().map(|name| format!("{}, ", name.vi)).unwrap_or_default();
                format!("{named}{}", commune::name(&card.commune))
            });
            let code = card.map_or_else(|| uri.clone(), |card| card.code);
            recall.plots.push(Plot { code, place: place.unwrap_or_default(), uri });
        }
        recall.people = self.workers(id).await?;
        Ok(Export {
            bytes: recall.xlsx(vietnam_day(now_ms))?,
            file_name: format!("recall-{}.xlsx", slug_of_lots(std::slice::from_ref(id))),
            media_type: XLSX,
            remarks: Vec::new(),
        })
    }

    /// The people that the records on the lot, and on what it was made of, name.
    async fn workers(&mut self, id: &LotId) -> Result<Vec<Person>, ExportError> {
        let walked = self.walk(id).await?;
        let mut known = BTreeSet::new();
        let mut workers = Vec::new();
        for lot in walked.lots {
            let Some(state) = lot.state else { continue };
            for stage in state.stages.iter().filter(|stage| stage.effect == Effect::Counts) {
                if !known.insert(stage.record) {
                    continue;
                }
                let Some(name) = self.people(stage.record).await? else { continue };
                let organisation = self.organisation(&stage.organisation).await?;
                workers.push(Person {
                    name,
                    work: work(stage.step.key()).to_owned(),
                    day: vietnam_day(stage.time_ms),
                    on: LotId::from_uri(&state.uri).map_or(state.uri.clone(), |id| id.lot().to_string()),
                    organisation: organisation.map_or(stage.organisation.clone(), |card| card.name.vi),
                    index: stage.record,
                });
            }
        }
        workers.sort_by_key(|person| person.index);
        Ok(workers)
    }
}

fn order_state(word: &str) -> &str {
    match word {
        "reserved" => "đang giữ chỗ",
        "confirmed" => "đã chốt, chưa giao",
        "shipped" => "đang giao",
        "delivered" => "đã giao",
        "cancelled" => "đã hủy",
        "expired" => "hết hạn giữ chỗ",
        other => other,
    }
}

fn work(step: &str) -> &str {
    match step {
        "harvesting" => "thu hoạch",
        "cooling" => "làm mát",
        "handling" => "sơ chế",
        "sorting" => "phân loại",
        "packing" => "đóng gói",
        "processing" => "chế biến",
        "sampling" => "lấy mẫu",
        "shipping" => "xuất hàng",
        "receiving" => "nhận hàng",
        "storing" => "lưu kho",
        "selling" => "bán",
        "returning" => "trả lại",
        "inspecting" => "kiểm tra",
        "destroying" => "tiêu hủy",
        other => other,
    }
}
