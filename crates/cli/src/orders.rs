//! `nguon orders`: what exchanges ordered, whether the ledger counts the same, and where a co-operative is paid.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, ensure};
use nguon_ledger::OrganisationId;
use nguon_market::Payee;
use nguon_service::SystemClock;
use nguon_service::orders::reconcile::LotLine;
use nguon_service::orders::{OrderView, Orders};
use serde_json::json;

use crate::settings;
use crate::{node, out};

const EXAMPLES: &str = "\
  nguon orders list --of 5da5…2724 --config /etc/nguon/nguon.toml     # a co-operative's orders, the newest first
  nguon orders list --exchange san-lam-dong
  nguon orders show 7f0c1d…                                            # its lines, lots, steps and records
  nguon orders reconcile                                               # exit code 1 if orders, stock and ledger differ
  nguon orders account 5da5…2724 --bank 970436 --number 1023456789      # for the code on the order's slip

A co-operative that lets this machine sign its sales delegates a gateway key:
  nguon org invite --key manager.key --role commerce --service --not-after 2027-12-31 --out gateway.json
  nguon org accept gateway.json --key keys/gateways/htx.key --out accepted.json          # here, in the folder of the operator's keys
  nguon org delegate --key manager.key --invitation gateway.json --accepted accepted.json --server URL
It ends the key with `nguon org revoke`. Without one, sales wait until a device of the co-operative's signs them.";

/// Orders of exchanges, and their reconciliation with the ledger.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
    /// The ledger's folder, as `nguon demo` makes one: its `nguon.toml` is read.
    #[arg(long, global = true, value_name = "FOLDER", conflicts_with = "config")]
    dir: Option<PathBuf>,
    /// Settings file; without it `nguon.toml` here, if there is one.
    #[arg(long, global = true, env = "NGUON_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Lists orders, the newest first.
    List {
        /// Of this seller.
        #[arg(long, value_name = "ID", required_unless_present = "exchange", conflicts_with = "exchange")]
        of: Option<OrganisationId>,
        /// Of this exchange.
        #[arg(long, value_name = "CODE")]
        exchange: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: i64,
    },
    /// One order with everything that belongs to it.
    Show {
        /// Its name, 32 hex digits.
        order: String,
    },
    /// Compares orders, stock and ledger, lot by lot.
    Reconcile {
        /// For machines.
        #[arg(long)]
        json: bool,
    },
    /// Says where a co-operative is paid: an account of the organisation's, never a person's.
    Account {
        /// Whose.
        organisation: OrganisationId,
        /// The bank's BIN, six digits (NAPAS' list).
        #[arg(long, value_name = "BIN")]
        bank: String,
        /// The account number.
        #[arg(long, value_name = "NUMBER")]
        number: String,
    },
}

/// Runs the command.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = args.dir.map(|dir| dir.join(settings::FILE)).or(args.config);
    let settings = settings::Given::default().resolve(config.as_deref())?;
    let store = node::open_store(&settings).await?;
    let orders = Orders::desk(store.clone(), Arc::new(SystemClock));
    let done = act(&orders, args.what).await;
    store.close().await;
    done
}

async fn act(orders: &Orders, what: What) -> anyhow::Result<ExitCode> {
    match what {
        What::List { of, exchange, limit } => {
            let found = match (of, exchange) {
                (Some(organisation), _) => orders.of_organisation(organisation, None, limit).await?,
                (None, Some(exchange)) => orders.of_exchange(&exchange, None, limit).await?,
                (None, None) => Vec::new(),
            };
            if found.is_empty() {
                out::line("  Không có đơn hàng nào · there are no orders")?;
            }
            for order in found {
                out::line(format!(
                    "{}  {}  {:<10} {:>14} đ  {} {}",
                    order.order_id,
                    moment(order.created_ms),
                    order.state,
                    order.total_dong,
                    order.exchange_id,
                    out::visible(&order.reference)
                ))?;
            }
        }
        What::Show { order } => {
            let view = orders.view(&order).await?.with_context(|| format!("there is no order {order}"))?;
            show(&view)?;
        }
        What::Reconcile { json } => return reconcile(orders, json).await,
        What::Account { organisation, bank, number } => {
            ensure!(organisation != OrganisationId::ZERO, "an organisation has an id");
            orders.set_payee(organisation, &Payee::new(&bank, &number)?).await?;
            out::line("  Đã lưu tài khoản nhận tiền · the account is kept")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show(view: &OrderView) -> anyhow::Result<()> {
    let order = &view.order;
    out::line(format!("  {} · {} {}", order.order_id, order.exchange_id, out::visible(&order.reference)))?;
    let reason = if order.reason.is_empty() { String::new() } else { format!(" ({})", order.reason) };
    out::line(format!("  Tình trạng · state: {}{reason}, {} đ", order.state, order.total_dong))?;
    out::line(format!("  Bên bán · seller: {}", hex::encode(&order.organisation_id)))?;
    for line in &view.lines {
        let (title, unit) = (out::visible(&line.title), &line.unit);
        out::line(format!("  {title}: {} / {} {unit}, {} đ", line.amount, line.wanted, line.total_dong))?;
        for lot in view.lots.iter().filter(|lot| lot.line == line.line) {
            out::line(format!("    {}: {}", out::visible(&lot.lot_uri), lot.amount))?;
        }
    }
    for step in &view.steps {
        out::line(format!("  {}  {} ({})", moment(step.at_ms), step.step, step.done_by))?;
    }
    for sale in &view.sales {
        let place = if sale.log_index < 0 { String::new() } else { format!(" #{}", sale.log_index) };
        let refusal = if sale.refusal.is_empty() { String::new() } else { format!(" ({})", sale.refusal) };
        let event = hex::encode(&sale.event_id);
        out::line(format!("  {}: {}{place}{refusal} {event}", sale.kind, sale.state))?;
    }
    Ok(())
}

async fn reconcile(orders: &Orders, as_json: bool) -> anyhow::Result<ExitCode> {
    let found = orders.reconcile().await?;
    let (differences, shortfalls): (Vec<&LotLine>, Vec<&LotLine>) =
        (found.differences().collect(), found.shortfalls().collect());
    let code = if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    if as_json {
        let line = |lot: &&LotLine| {
            json!({
                "organisation": lot.organisation, "lot": lot.lot, "held": lot.held, "sold": lot.sold,
                "counted": lot.counted, "waiting": lot.waiting, "returning": lot.returning, "taken": lot.taken,
                "supply": lot.supply, "short_by": lot.short_by(),
            })
        };
        let lots: Vec<_> = found.lots.iter().collect();
        let all = json!({
            "owed": found.owed,
            "lots": lots.iter().map(line).collect::<Vec<_>>(),
            "differences": differences.iter().map(line).collect::<Vec<_>>(),
            "shortfalls": shortfalls.iter().map(line).collect::<Vec<_>>(),
        });
        out::line(serde_json::to_string_pretty(&all)?)?;
        return Ok(code);
    }
    let sum = |of: fn(&LotLine) -> i64| found.lots.iter().map(of).fold(0_i64, i64::saturating_add);
    out::line(format!("  Lô có đơn hàng · lots with orders: {}", found.lots.len()))?;
    out::line(format!(
        "  Đã bán theo đơn · sold by orders: {}; sổ đã tính · the ledger counts: {}; đang ghi · on their way: {}",
        sum(|lot| lot.sold),
        sum(|lot| lot.counted),
        sum(|lot| lot.waiting)
    ))?;
    if found.owed > 0 {
        out::line(format!("  Chờ ký · waiting for a signature: {}", found.owed))?;
    }
    for lot in &differences {
        out::line(format!(
            "  ✘ {}: đơn · orders {} (chờ · waiting {}, hủy · returning {}), sổ · ledger {}; giữ · held {}, kho · stock {}",
            out::visible(&lot.lot),
            lot.sold,
            lot.waiting,
            lot.returning,
            lot.counted,
            lot.held,
            lot.taken
        ))?;
    }
    for lot in &shortfalls {
        out::line(format!(
            "  ! {}: thiếu · short by {} (bán · taken {}, có · there are {})",
            out::visible(&lot.lot),
            lot.short_by(),
            lot.taken,
            lot.supply.unwrap_or_default()
        ))?;
        for order in found.hit.get(&lot.lot).into_iter().flatten() {
            out::line(format!("      {} {} {}", order.order_id, order.exchange_id, order.state))?;
        }
    }
    let verdict = if differences.is_empty() {
        "  ✔ Đơn hàng, kho và sổ khớp nhau · orders, stock and ledger agree"
    } else {
        "  ✘ Có chênh lệch · there are differences"
    };
    out::line(verdict)?;
    Ok(code)
}

/// On Vietnam's clock, to the minute.
fn moment(ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    jiff::tz::offset(7).to_datetime(at).strftime("%Y-%m-%d %H:%M").to_string()
}
