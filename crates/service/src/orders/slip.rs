//! Phiếu giao hàng: what the packer needs, and the code by which the buyer pays the co-operative.

use nguon_market::{Invoice, Payee, PriceVnd};
use nguon_trace::facts::{Facts, Organisation, organisation_urn};

use super::{By, OrderRefused, OrderView, Orders};
use crate::catalogue::Catalogue;
use crate::rows;

/// Everything on a slip.
#[derive(Debug, Clone)]
pub struct Slip {
    /// The order.
    pub view: OrderView,
    /// Who sells.
    pub seller: Option<Organisation>,
    /// Where the invoice is found.
    pub invoice: Option<Invoice>,
    /// Where the money goes, if the seller said so.
    pub payee: Option<Payee>,
    /// The text of the code by which it goes there; none without an account, or once the order has ended.
    pub vietqr: Option<String>,
}

impl Orders {
    /// The slip of an order, for its seller and its exchange.
    pub async fn slip(&self, by: &By, order_id: &str, catalogue: &Catalogue) -> Result<Slip, OrderRefused> {
        let view = self.view(order_id).await?.ok_or(OrderRefused::Unknown)?;
        by.check(&view.order)?;
        let uri = organisation_urn(&hex::encode(&view.order.organisation_id));
        let seller = match catalogue.card(&uri).await?.map(|card| card.facts) {
            Some(Facts::Organisation(card)) => Some(card),
            _ => None,
        };
        let row = self.store.reader().await?.payee(&view.order.organisation_id).await?;
        let payee = row.and_then(|row| Payee::new(&row.bank, &row.account).ok());
        let ended = matches!(view.order.state.as_str(), "cancelled" | "expired");
        let amount = PriceVnd::try_from(rows::unsigned(view.order.total_dong)).ok().filter(|_| !ended);
        // What a bank statement shows is what both sides look for: the beginning of the order's name.
        let purpose =
            format!("DH {}", view.order.order_id.get(..12).unwrap_or_default().to_ascii_uppercase());
        let vietqr = payee.as_ref().zip(amount).map(|(payee, amount)| payee.payload(amount, &purpose));
        let invoice = serde_json::from_str(&view.order.invoice).ok();
        Ok(Slip { view, seller, invoice, payee, vietqr })
    }
}
