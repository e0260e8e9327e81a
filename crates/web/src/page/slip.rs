//! Phiếu giao hàng: an order's slip to print, for the packer and the buyer. It is not public: whoever gets it asked as the
//! order's exchange or seller ([`crate::api`]), and no cache keeps it.

use askama::Template;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::Response;
use nguon_id::LotId;
use nguon_label::{QrCode, SvgOptions};
use nguon_market::Invoice;
use nguon_service::orders::slip::Slip;

use super::answer::{self, STYLE};
use super::words::Words;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "page/slip.html")]
struct SlipPage {
    words: Words,
    style: &'static str,
    order_id: String,
    exchange: String,
    reference: String,
    state: &'static str,
    day: String,
    seller: String,
    address: String,
    hotline: Option<String>,
    lines: Vec<Line>,
    total: String,
    invoice: Option<Invoice>,
    /// The payment code as SVG of our own, and the text under it.
    payment: Option<(String, String)>,
}

struct Line {
    title: String,
    amount: String,
    price: String,
    total: String,
    /// Number and amount of each lot.
    lots: Vec<(String, String)>,
}

/// The slip as a page.
pub(crate) fn page(slip: &Slip, uri: &Uri, headers: &HeaderMap) -> Result<Response, Problem> {
    let words = Words::of(uri, headers);
    let order = &slip.view.order;
    let payment = match (&slip.vietqr, &slip.payee) {
        (Some(text), Some(payee)) => {
            let code = QrCode::new(text).map_err(|error| Problem::internal(&error))?;
            let svg = code.svg(&SvgOptions::titled(&words.t("slip-pay")));
            Some((svg, format!("{} · {}", payee.bank(), payee.account())))
        }
        _ => None,
    };
    let lines = slip.view.lines.iter().map(|line| Line {
        title: line.title.clone(),
        amount: amount(line.amount, &line.unit, words),
        price: format!("{} đ / {}", dong(line.price_dong), amount(line.price_per, &line.unit, words)),
        total: dong(line.total_dong),
        lots: slip
            .view
            .lots
            .iter()
            .filter(|lot| lot.line == line.line)
            .map(|lot| (number(&lot.lot_uri), amount(lot.amount, &line.unit, words)))
            .collect(),
    });
    let page = SlipPage {
        style: STYLE,
        order_id: order.order_id.clone(),
        exchange: order.exchange_id.clone(),
        reference: order.reference.clone(),
        state: state_key(&order.state),
        day: day(order.created_ms),
        seller: slip.seller.as_ref().map(|card| card.name.vi.clone()).unwrap_or_default(),
        address: slip.seller.as_ref().map(|card| card.address.vi.clone()).unwrap_or_default(),
        hotline: slip.seller.as_ref().and_then(|card| card.hotline.clone()),
        lines: lines.collect(),
        total: dong(order.total_dong),
        invoice: slip.invoice.clone(),
        payment,
        words,
    };
    let mut response = answer::page(StatusCode::OK, &page, words)?.answer(headers);
    response.headers_mut().remove(header::ETAG);
    Ok(response)
}

/// The message of a state.
fn state_key(state: &str) -> &'static str {
    match state {
        "reserved" => "slip-reserved",
        "confirmed" => "slip-confirmed",
        "shipped" => "slip-shipped",
        "delivered" => "slip-delivered",
        "cancelled" => "slip-cancelled",
        _ => "slip-expired",
    }
}

fn number(lot: &str) -> String {
    LotId::from_uri(lot).map_or_else(|_| lot.to_owned(), |id| id.lot().to_string())
}

/// The day in Vietnam, as people there write it.
fn day(ms: i64) -> String {
    let day = nguon_trace::facts::vietnam_day(ms);
    format!("{:02}/{:02}/{}", day.day(), day.month(), day.year())
}

/// 1.234.567: a dot for each three digits.
fn dong(amount: i64) -> String {
    let digits = amount.max(0).to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            grouped.push('.');
        }
        grouped.push(digit);
    }
    grouped
}

/// 1,5 kg; 30 of what the product is sold by.
fn amount(amount: i64, unit: &str, words: Words) -> String {
    let thousandths = |name: &str| {
        let (whole, rest) = (amount / 1_000, amount % 1_000);
        let text = if rest == 0 { dong(whole) } else { format!("{},{rest:03}", dong(whole)) };
        format!("{} {name}", if rest == 0 { text.as_str() } else { text.trim_end_matches('0') })
    };
    match unit {
        "gram" => thousandths("kg"),
        "millilitre" => thousandths("l"),
        _ => format!("{} {}", dong(amount), words.t("slip-piece")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_in_vietnam() {
        for (number, expected) in
            [(0, "0"), (999, "999"), (1_000, "1.000"), (12_345_678, "12.345.678"), (-5, "0")]
        {
            assert_eq!(dong(number), expected);
        }
        let words = Words::of(&Uri::from_static("/"), &HeaderMap::new());
        for (much, unit, expected) in [
            (1_500, "gram", "1,5 kg"),
            (2_000, "gram", "2 kg"),
            (1_000_001, "gram", "1.000,001 kg"),
            (750, "millilitre", "0,75 l"),
            (30, "piece", "30 gói"),
        ] {
            assert_eq!(amount(much, unit, words), expected);
        }
    }
}
