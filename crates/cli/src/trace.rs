//! `nguon trace`: from a lot back to its fields and forward to its packs, as a tree, as JSON, as a drawing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use nguon_id::LotId;
use nguon_trace::finding::quantity_vi;
use nguon_trace::labels::Ranges;
use nguon_trace::quantity::Quantity;
use serde_json::{Value, json};

use crate::client::Client;
use crate::out;

const EXAMPLES: &str = "\
  nguon trace /01/09521100700023/10/260615-A --back            # which fields a pack of rice comes from
  nguon trace https://HOST/p/ca-chua-don-duong/l/260228-DO016 --forward
  nguon trace /01/09521101000016/10/260302-A --all --json
  nguon trace /p/ca-chua-don-duong/l/260228-DO016 --recall     # what a recall would reach, and whom to call
  nguon trace /01/09521100700023/10/260615-A --back --dot rice.dot && dot -Tsvg rice.dot > rice.svg

Exit code: 0 found, 1 no record tells of the lot, 2 it could not be asked.";

/// Walks from a lot back to what it was made of and forward to what was made of it.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "one flag each")]
pub(crate) struct Args {
    /// The lot: its page's address or path, its URI, or what its QR code says.
    #[arg(value_name = "LOT")]
    lot: String,
    /// To what it was made of (the default).
    #[arg(long)]
    back: bool,
    /// To what was made of it.
    #[arg(long)]
    forward: bool,
    /// Both ways.
    #[arg(long, conflicts_with_all = ["back", "forward"])]
    all: bool,
    /// What a recall of it would reach: what was made of it, who has how much left, whom to call.
    #[arg(long, conflicts_with_all = ["back", "forward", "all", "steps", "dot"])]
    recall: bool,
    /// How many steps; all the way without it. One step back and forward is what the law asks for.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    steps: Option<u32>,
    /// The ledger's address; taken from LOT if that is an address of the ledger's own pages.
    #[arg(long, env = "NGUON_SERVER", value_name = "URL")]
    server: Option<String>,
    /// The answer as JSON.
    #[arg(long)]
    json: bool,
    /// A Graphviz file with the whole walk.
    #[arg(long, value_name = "FILE")]
    dot: Option<PathBuf>,
}

const HERE: &str = "http://127.0.0.1:8080";

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let (server, id) = lot(&args.lot, args.server.as_deref())?;
    let client = Client::new(&server)?;
    if args.recall {
        return recall(&client, &id, args.json);
    }
    let both = args.all || (args.back && args.forward);
    let ways: &[&str] = match (both, args.forward) {
        (true, _) => &["back", "forward"],
        (false, true) => &["forward"],
        (false, false) => &["back"],
    };
    let mut walks = Vec::new();
    for way in ways {
        let steps = args.steps.map(|steps| format!("?steps={steps}")).unwrap_or_default();
        match client.json(&format!("/api/v1/trace/{way}{}{steps}", id.path()))? {
            Some(walk) => walks.push(walk),
            None => {
                eprintln!("  Sổ không có lô {} · the ledger has no such lot", id.path());
                return Ok(ExitCode::from(1));
            }
        }
    }
    if let Some(file) = &args.dot {
        std::fs::write(file, dot(&walks)).with_context(|| format!("cannot write {}", file.display()))?;
    }
    if args.json {
        let whole = if let [one] = walks.as_slice() { one.clone() } else { json!(walks) };
        out::line(serde_json::to_string_pretty(&whole)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    for walk in &walks {
        out::line(tree(walk))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What a recall would reach, by lots and by those who have them.
fn recall(client: &Client, id: &LotId, as_json: bool) -> anyhow::Result<ExitCode> {
    let Some(scope) = client.json(&format!("/api/v1/recall-scope{}", id.path()))? else {
        eprintln!("  Sổ không có lô {} · the ledger has no such lot", id.path());
        return Ok(ExitCode::from(1));
    };
    if as_json {
        out::line(serde_json::to_string_pretty(&scope)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let list = |name: &str| scope.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let number = |name: &str| scope.get(name).and_then(Value::as_u64).unwrap_or_default();
    let shown = |of: &Value, pointer: &str| out::visible(text(of, pointer).unwrap_or_default());
    let amount = |of: &Value, name: &str| of.get(name).and_then(quantity).unwrap_or_else(|| "?".to_owned());
    out::line("")?;
    let lots = list("lots");
    out::line(format!("  Lô phải thu hồi · lots to call back: {}", lots.len()))?;
    for lot in &lots {
        let mark =
            if lot.get("recalled") == Some(&Value::Bool(true)) { "đang thu hồi · recalled" } else { "" };
        out::line(format!("    {}  {}  {mark}", shown(lot, "/product/vi"), shown(lot, "/uri")))?;
        let (made, sold, left) = (amount(lot, "made"), amount(lot, "sold"), amount(lot, "left"));
        out::line(format!("      làm ra · made {made}, đã bán · sold {sold}, còn · left {left}"))?;
        let unsold = lot.pointer("/labels/unsold").cloned().map(serde_json::from_value::<Ranges>);
        if let Some(Ok(unsold)) = unsold {
            out::line(format!("      tem chưa bán · labels not sold: {}", unsold.in_full()))?;
        }
        for (to, ranges) in lot.pointer("/labels/shipped").and_then(Value::as_object).into_iter().flatten() {
            let ranges: Ranges = serde_json::from_value(ranges.clone()).unwrap_or_default();
            let to = if to.is_empty() { "ngoài sổ · outside the ledger" } else { to };
            out::line(format!(
                "      tem đã giao · labels shipped: {} → {}",
                ranges.in_full(),
                out::visible(to)
            ))?;
        }
    }
    let (made, left) = (number("packs_made"), number("packs_left"));
    out::line(format!("  Gói · packs: {made}, còn đâu đó · still somewhere: {left}"))?;
    out::line("")?;
    out::line("  Ai đang giữ · who has them:")?;
    for holder in list("organisations") {
        let hotline = shown(&holder, "/hotline");
        out::line(format!("    {}  {hotline}", shown(&holder, "/name/vi")))?;
        for (lot, held) in holder.get("lots").and_then(Value::as_object).into_iter().flatten() {
            let (got, left) = (amount(held, "got"), amount(held, "left"));
            out::line(format!("      {}: nhận · got {got}, còn · left {left}", out::visible(lot)))?;
        }
    }
    for buyer in list("buyers") {
        out::line(format!("    {} (ngoài sổ · not in the ledger)", shown(&buyer, "/uri")))?;
    }
    let plots: Vec<String> = list("plots").iter().map(|plot| shown(plot, "/code")).collect();
    out::line(format!("  Thửa · plots: {}", plots.join(", ")))?;
    for listing in list("listings") {
        let uri = out::visible(listing.as_str().unwrap_or_default());
        out::line(format!("  Tin rao · offer: {uri}"))?;
    }
    let orders = list("orders");
    if !orders.is_empty() {
        out::line("  Đơn hàng trên sàn (hỏi sàn ai đã mua) · orders (ask the exchange who bought):")?;
    }
    for order in &orders {
        let (exchange, id) = (shown(order, "/exchange"), shown(order, "/order_id"));
        let (state, much) = (shown(order, "/state"), amount(order, "quantity"));
        out::line(format!("    {exchange}  {id}  {state}  {much}  {}", shown(order, "/lot")))?;
    }
    if scope.get("cut_off") == Some(&Value::Bool(true)) {
        out::line("  Còn nữa, chưa kể hết · there is more than this")?;
    }
    out::line("")?;
    Ok(ExitCode::SUCCESS)
}

/// The lot, and the ledger that is asked.
pub(crate) fn lot(text: &str, server: Option<&str>) -> anyhow::Result<(String, LotId)> {
    if text.starts_with('/') {
        return Ok((server.unwrap_or(HERE).to_owned(), LotId::from_path(text)?));
    }
    let Ok(id) = LotId::from_uri(text) else {
        bail!(
            "{text} is no lot: give its page's address or its path, as /01/GTIN/10/LOT or /p/PRODUCT/l/LOT"
        );
    };
    // An address of a page says where the ledger is; the names of lots say nothing of it.
    let host = text.strip_suffix(&id.path()).filter(|host| *host != "https://id.gs1.org");
    Ok((server.or(host).unwrap_or(HERE).to_owned(), id))
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

fn quantity(value: &Value) -> Option<String> {
    serde_json::from_value::<Quantity>(value.clone()).ok().map(quantity_vi)
}

/// What a lot is called in one line.
fn name(lot: &Value) -> String {
    let product = text(lot, "/product/vi").or_else(|| text(lot, "/uri")).unwrap_or_default();
    let mut line = format!("{product} · lô {}", text(lot, "/number").unwrap_or_default());
    if let Some(maker) = text(lot, "/maker/vi") {
        let _ = write!(line, " · {maker}");
    }
    if let Some(day) = text(lot, "/harvested_on") {
        let _ = write!(line, " · thu hoạch {day}");
    }
    out::visible(&line)
}

/// A mark for what nobody may overlook.
fn mark(lot: &Value) -> &'static str {
    match (text(lot, "/status/state"), lot["blocked"] == true) {
        (Some("recalled"), _) => "  ✘ ĐÃ THU HỒI · RECALLED",
        (_, true) => "  ! có vấn đề · something stands against it",
        (None, _) => "  ? chưa có bản ghi · no record",
        _ => "",
    }
}

fn tree(walk: &Value) -> String {
    let empty = Vec::new();
    let lots: BTreeMap<&str, &Value> = walk["lots"]
        .as_array()
        .unwrap_or(&empty)
        .iter()
        .filter_map(|lot| Some((text(lot, "/uri")?, lot)))
        .collect();
    let back = text(walk, "/direction") == Some("back");
    let (near, far) = if back { ("/output", "/input") } else { ("/input", "/output") };
    let mut next: BTreeMap<&str, Vec<(&str, &Value)>> = BTreeMap::new();
    for link in walk["links"].as_array().unwrap_or(&empty) {
        if let (Some(from), Some(to)) = (text(link, near), text(link, far)) {
            next.entry(from).or_default().push((to, link));
        }
    }
    let title = if back { "Làm từ · made of" } else { "Làm thành · made into" };
    let mut lines = format!("\n  {title}\n");
    let start = text(walk, "/lot").unwrap_or_default();
    let mut told = BTreeSet::new();
    // Each open lot with the margin of its own children.
    let mut open = vec![(start, String::new(), None::<&Value>, String::new())];
    while let Some((uri, margin, link, branch)) = open.pop() {
        let nothing = Value::Null;
        let lot = lots.get(uri).copied().unwrap_or(&nothing);
        let used =
            link.and_then(|link| quantity(&link["used"])).map(|used| format!("{used}  ")).unwrap_or_default();
        let share = lot["share_millionths"].as_u64().filter(|_| link.is_some());
        let share =
            share.map(|share| format!("({},{} %)  ", share / 10_000, share / 1_000 % 10)).unwrap_or_default();
        let again = !told.insert(uri);
        let above = if again { "  (xem ở trên · see above)" } else { "" };
        let _ = writeln!(lines, "  {branch}{used}{share}{}{}{above}", name(lot), mark(lot));
        if again {
            continue;
        }
        let children = next.get(uri).map(Vec::as_slice).unwrap_or_default();
        for (place, (child, link)) in children.iter().enumerate().rev() {
            let last = place + 1 == children.len();
            let (here, below) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            open.push((child, format!("{margin}{below}"), Some(link), format!("{margin}{here}")));
        }
    }
    let plots: BTreeSet<&str> =
        lots.values().filter_map(|lot| lot["plots"].as_array()).flatten().filter_map(Value::as_str).collect();
    let _ = write!(lines, "\n  {} lô · lots", lots.len());
    if back {
        let _ = write!(lines, ", {} thửa · plots", plots.len());
    }
    if walk["cut_off"] == true {
        let _ = write!(lines, " (còn nữa · there is more)");
    }
    lines.push('\n');
    lines
}

/// Goods flow from left to right.
fn dot(walks: &[Value]) -> String {
    let quoted = |text: &str| out::visible(text).replace('\\', "\\\\").replace('"', "\\\"");
    let mut lines =
        "digraph lots {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n".to_owned();
    let (mut lots, mut links) = (BTreeSet::new(), BTreeSet::new());
    for walk in walks {
        for lot in walk["lots"].as_array().into_iter().flatten() {
            let uri = text(lot, "/uri").unwrap_or_default();
            let product = text(lot, "/product/vi").unwrap_or(uri);
            let label =
                format!("{}\\nlô {}", quoted(product), quoted(text(lot, "/number").unwrap_or_default()));
            let colour = match (text(lot, "/status/state"), lot["blocked"] == true) {
                (Some("recalled"), _) => ", style=filled, fillcolor=\"#f4b6b2\"",
                (_, true) => ", style=filled, fillcolor=\"#ffe3cf\"",
                _ => "",
            };
            lots.insert(format!("  \"{}\" [label=\"{label}\"{colour}];\n", quoted(uri)));
        }
        for link in walk["links"].as_array().into_iter().flatten() {
            let ends = (text(link, "/input").unwrap_or_default(), text(link, "/output").unwrap_or_default());
            let used = quantity(&link["used"]).unwrap_or_default();
            links.insert(format!("  \"{}\" -> \"{}\" [label=\"{used}\"];\n", quoted(ends.0), quoted(ends.1)));
        }
    }
    lines.extend(lots);
    lines.extend(links);
    lines.push_str("}\n");
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lot_is_found_by_whatever_names_it() {
        let check = |text: &str, server: &str, path: &str| {
            let (found, id) = lot(text, None).unwrap();
            assert_eq!((found.as_str(), id.path().as_str()), (server, path), "{text}");
        };
        check("/p/che/l/A1", HERE, "/p/che/l/A1");
        check("https://id.gs1.org/01/09521100700023/10/260615-A", HERE, "/01/09521100700023/10/260615-A");
        check("https://so.example.vn/p/che/l/A1", "https://so.example.vn", "/p/che/l/A1");
        assert!(lot("che", None).is_err());
        assert_eq!(
            lot("https://so.example.vn/p/che/l/A1", Some("http://127.0.0.1:9")).unwrap().0,
            "http://127.0.0.1:9"
        );
    }

    #[test]
    fn a_tree_says_each_lot_once_and_what_stands_against_it() {
        let walk = json!({
            "lot": "p", "direction": "back", "cut_off": false,
            "lots": [
                { "uri": "p", "number": "P1", "product": { "vi": "Hộp" }, "status": { "state": "active" }, "blocked": false, "plots": ["x"] },
                { "uri": "a", "number": "A1", "product": { "vi": "Dâu" }, "status": { "state": "recalled" }, "blocked": true,
                  "share_millionths": 625_000, "plots": ["x"] },
            ],
            "links": [{ "input": "a", "output": "p", "used": { "amount": 12_500, "unit": "gram" }, "made": null }],
        });
        let drawn = tree(&walk);
        assert!(drawn.contains("└─ 12,5 kg  (62,5 %)  Dâu · lô A1  ✘ ĐÃ THU HỒI"), "{drawn}");
        assert!(drawn.ends_with("2 lô · lots, 1 thửa · plots\n"), "{drawn}");
        let drawing = dot(&[walk]);
        assert!(drawing.contains(r#""a" -> "p" [label="12,5 kg"];"#), "{drawing}");
    }
}
