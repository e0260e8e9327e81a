//! `nguon exchange`: the exchanges that pull listings and send orders, their keys and profiles.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use nguon_market::{ExchangeFile, Profile};
use nguon_service::exchanges::{ApiKey, ExchangeView, Exchanges, Scope};
use nguon_service::{Clock, SystemClock};
use serde_json::json;

use crate::{node, out, settings};

const EXAMPLES: &str = "\
  nguon exchange add fixtures/exchanges/san-lam-dong.toml     # prints the key, once
  nguon exchange list
  nguon exchange rotate san-lam-dong --overlap-days 7         # a new key; the old one holds for a week more
  nguon exchange key san-lam-dong --scope orders              # one more key, for another program of theirs
  nguon exchange end-key 3f9a12bc04de                         # a key leaked: it ends now
  nguon exchange profile san-lam-dong                         # shows it, as a file that can be changed
  nguon exchange profile san-lam-dong --set san-lam-dong.toml
  nguon exchange remove san-lam-dong

A key is shown when it is made and never again: a hash of it is kept. Hand it over by a way that you trust, not in a mail that stays.";

/// Exchanges that pull listings and send orders: their accounts, keys and profiles.
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
    /// Adds an exchange from a file and prints its key.
    Add {
        /// TOML or JSON: code, name, scopes, profile.
        file: PathBuf,
    },
    /// Lists exchanges with their keys, and on which day each was used last.
    List {
        /// For machines.
        #[arg(long)]
        json: bool,
    },
    /// Makes a new key with the scopes of the newest one; the others end after a while.
    Rotate {
        /// The exchange's code.
        code: String,
        /// For how long the old keys hold beside the new one.
        #[arg(long, default_value_t = 7, value_name = "DAYS")]
        overlap_days: u16,
    },
    /// Makes one more key.
    Key {
        /// The exchange's code.
        code: String,
        /// What it opens: feed, orders, webhooks.
        #[arg(long = "scope", required = true, value_name = "SCOPE")]
        scopes: Vec<Scope>,
    },
    /// Ends one key now.
    EndKey {
        /// The part of it between the underscores.
        key_id: String,
    },
    /// Shows an exchange's profile, or gives it another one.
    Profile {
        /// The exchange's code.
        code: String,
        /// A file of an exchange, or of a profile alone.
        #[arg(long, value_name = "FILE")]
        set: Option<PathBuf>,
    },
    /// Removes an exchange: all its keys end now. Its code is never given again.
    Remove {
        /// The exchange's code.
        code: String,
    },
}

/// Runs the command.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = args.dir.map(|dir| dir.join(settings::FILE)).or(args.config);
    let settings = settings::Given::default().resolve(config.as_deref())?;
    let store = node::open_store(&settings).await?;
    let exchanges = Exchanges::new(store.clone(), Arc::new(SystemClock));
    let done = act(&exchanges, args.what, &settings.public_base_url).await;
    store.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn act(exchanges: &Exchanges, what: What, base_url: &str) -> anyhow::Result<()> {
    match what {
        What::Add { file } => {
            let exchange = exchange_file(&file)?;
            let key = add(exchanges, &exchange).await?;
            show_key(&exchange.code, &key)?;
            let form = exchange.form.as_deref().unwrap_or("listings.json");
            out::line(format!(
                "  Thử ngay · try it: curl -H 'Authorization: Bearer {}' {base_url}/api/v1/feed/{form}",
                key.reveal()
            ))?;
        }
        What::List { json } => list(&exchanges.list().await?, json)?,
        What::Rotate { code, overlap_days } => {
            let key = exchanges.rotate(&code, i64::from(overlap_days) * 86_400_000).await?;
            show_key(&code, &key)?;
            out::line(format!(
                "  Khóa cũ còn dùng được {overlap_days} ngày · the old keys hold for {overlap_days} days more"
            ))?;
        }
        What::Key { code, scopes } => show_key(&code, &exchanges.add_key(&code, &scopes).await?)?,
        What::EndKey { key_id } => {
            anyhow::ensure!(exchanges.end_key(&key_id).await?, "there is no key {key_id} that still holds");
            out::line(format!("  {key_id}: đã thu hồi · ended"))?;
        }
        What::Profile { code, set: None } => {
            let view = exchanges.one(&code).await?.with_context(|| format!("there is no exchange {code}"))?;
            let profile: Profile = serde_json::from_str(&view.row.profile).context("the profile kept")?;
            out::line(toml::to_string(&profile)?.trim_end())?;
        }
        What::Profile { code, set: Some(file) } => {
            let (name, profile) = profile_file(&file)?;
            exchanges.set_profile(&code, name.as_deref(), &profile).await?;
            out::line(format!("  {code}: đã đổi hồ sơ · the profile is changed"))?;
        }
        What::Remove { code } => {
            exchanges.remove(&code).await?;
            out::line(format!(
                "  {code}: đã gỡ, mọi khóa đã hết hiệu lực · removed, all its keys have ended"
            ))?;
        }
    }
    Ok(())
}

/// Adds an exchange as a file says.
pub(crate) async fn add(exchanges: &Exchanges, exchange: &ExchangeFile) -> anyhow::Result<ApiKey> {
    let scopes: Vec<Scope> = exchange.scopes.iter().map(|scope| scope.parse()).collect::<Result<_, _>>()?;
    Ok(exchanges.add(&exchange.code, &exchange.name, &exchange.profile, &scopes).await?)
}

/// The code of the exchange that everybody may try on a demo.
const SANDBOX: &str = "san-thu-nghiem";

/// The demo's key for developers: made at its first start, and kept beside it so that each start can print it. It opens
/// an invented season and nothing else.
pub(crate) async fn sandbox(exchanges: &Exchanges, folder: &Path) -> anyhow::Result<String> {
    let file = folder.join("sandbox.key");
    if let Ok(key) = std::fs::read_to_string(&file)
        && exchanges.authenticate(key.trim(), Scope::Feed).await.is_ok()
    {
        return Ok(key.trim().to_owned());
    }
    let key = if exchanges.one(SANDBOX).await?.is_some() {
        exchanges.rotate(SANDBOX, 0).await?
    } else {
        exchanges.add(SANDBOX, "Sàn thử nghiệm · sandbox", &Profile::default(), &Scope::ALL).await?
    };
    nguon_service::objects::write_durably(&file, format!("{}\n", key.reveal()).as_bytes())?;
    Ok(key.reveal().to_owned())
}

fn text_of(file: &Path) -> anyhow::Result<(String, bool)> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok((text, file.extension().is_some_and(|ending| ending == "json")))
}

fn exchange_file(file: &Path) -> anyhow::Result<ExchangeFile> {
    let (text, is_json) = text_of(file)?;
    let exchange: ExchangeFile = if is_json {
        serde_json::from_str(&text).with_context(|| format!("{} is no exchange", file.display()))?
    } else {
        toml::from_str(&text).with_context(|| format!("{} is no exchange", file.display()))?
    };
    Ok(exchange)
}

/// A file of an exchange, or of its profile alone.
fn profile_file(file: &Path) -> anyhow::Result<(Option<String>, Profile)> {
    if let Ok(exchange) = exchange_file(file) {
        return Ok((Some(exchange.name), exchange.profile));
    }
    let (text, is_json) = text_of(file)?;
    let profile = if is_json {
        serde_json::from_str(&text).with_context(|| format!("{} is no profile", file.display()))?
    } else {
        toml::from_str(&text).with_context(|| format!("{} is no profile", file.display()))?
    };
    Ok((None, profile))
}

fn show_key(code: &str, key: &ApiKey) -> anyhow::Result<()> {
    out::line(format!("  {code}: khóa API, chỉ hiện lần này · the API key, shown this once"))?;
    out::line(format!("  {}", key.reveal()))?;
    Ok(())
}

fn list(exchanges: &[ExchangeView], json: bool) -> anyhow::Result<()> {
    if json {
        let exchanges: Vec<_> = exchanges.iter().map(for_machines).collect();
        return Ok(out::line(serde_json::to_string_pretty(&json!({ "exchanges": exchanges }))?)?);
    }
    if exchanges.is_empty() {
        out::line("  Chưa có sàn nào · there is no exchange")?;
    }
    let now_ms = SystemClock.now_ms();
    for exchange in exchanges {
        let removed = if exchange.row.removed_at_ms == 0 { "" } else { "  (đã gỡ · removed)" };
        out::line(format!("{}  {}{removed}", exchange.row.exchange, out::visible(&exchange.row.name)))?;
        for key in &exchange.keys {
            let used = if key.last_day.is_empty() { "chưa dùng · never used" } else { &key.last_day };
            let until = match key.expires_at_ms {
                0 => String::new(),
                ends if ends <= now_ms => "  đã hết · ended".to_owned(),
                ends => format!("  đến · until {}", moment(ends)),
            };
            out::line(format!("    {}  {:<20}  {used}{until}", key.key_id, key.scopes))?;
        }
    }
    Ok(())
}

/// On Vietnam's clock, to the minute.
fn moment(ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    jiff::tz::offset(7).to_datetime(at).strftime("%Y-%m-%d %H:%M").to_string()
}

fn for_machines(exchange: &ExchangeView) -> serde_json::Value {
    let keys = exchange.keys.iter().map(|key| {
        json!({
            "key_id": key.key_id,
            "scopes": key.scopes.split(' ').collect::<Vec<_>>(),
            "created_at_ms": key.created_at_ms,
            "expires_at_ms": key.expires_at_ms,
            "last_used_on": key.last_day,
        })
    });
    json!({
        "code": exchange.row.exchange,
        "name": exchange.row.name,
        "created_at_ms": exchange.row.created_at_ms,
        "removed_at_ms": exchange.row.removed_at_ms,
        "keys": keys.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_that_is_shown_can_be_given_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("profile.toml");
        let given = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/exchanges/san-lam-dong.toml");
        let (name, profile) = profile_file(&given).unwrap();
        assert_eq!(name.as_deref(), Some("Sàn thương mại điện tử Lâm Đồng (hư cấu)"));
        std::fs::write(&file, toml::to_string(&profile).unwrap()).unwrap();
        assert_eq!(profile_file(&file).unwrap(), (None, profile.clone()));
        let file = folder.path().join("profile.json");
        std::fs::write(&file, serde_json::to_string(&profile).unwrap()).unwrap();
        assert_eq!(profile_file(&file).unwrap(), (None, profile));
        std::fs::write(&file, "{\"pricee\": {}}").unwrap();
        assert!(profile_file(&file).is_err());
    }
}
