//! `nguon report`: what shoppers told of suspicious stickers, read and answered at the operator's desk.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use nguon_id::{CaseNumber, LotId};
use nguon_ledger::OrganisationId;
use nguon_service::SystemClock;
use nguon_service::reports::{Case, Desk, OLDEST_DAYS};
use serde_json::json;

use crate::settings;
use crate::{node, out};

const EXAMPLES: &str = "\
  nguon report list --config /etc/nguon/nguon.toml                    # the newest first
  nguon report list --of 5da5…2724 --json > for-the-cooperative.json   # no contacts in it
  nguon report show 8J3K-Q0ZH-7M25
  nguon report contact 8J3K-Q0ZH-7M25 --who 'Chị Lan' --why 'hỏi nơi mua' --photo tem.jpg
  nguon report open  8J3K-Q0ZH-7M25
  nguon report close 8J3K-Q0ZH-7M25 --answer 'Đã kiểm tra tại chợ; tem bị bóc, đã thu giữ.'
  nguon report open  8J3K-Q0ZH-7M25 --again                            # it was closed too early
  nguon report erase 8J3K-Q0ZH-7M25

A report is somebody's word and changes no lot. A contact is shown to whoever says who they are and why, and that is kept with the
case. --answer can be read by everybody who has the number: no names in it.";

/// Reads and answers what shoppers report of suspicious stickers.
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
    /// Lists cases, the newest first. No contacts.
    List {
        /// Only those about lots of this organisation.
        #[arg(long, value_name = "ID")]
        of: Option<OrganisationId>,
        /// At most so many.
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: i64,
        /// Go on after this case.
        #[arg(long, value_name = "CASE")]
        after: Option<CaseNumber>,
        /// For machines: an export for the organisation.
        #[arg(long)]
        json: bool,
    },
    /// One case, and who looked at its contact.
    Show {
        /// Its number.
        case: CaseNumber,
    },
    /// The contact and the photograph of a case. Who looks and why is kept.
    Contact {
        /// Its number.
        case: CaseNumber,
        /// Who looks.
        #[arg(long, value_name = "NAME")]
        who: String,
        /// What for.
        #[arg(long, value_name = "TEXT")]
        why: String,
        /// Write the photograph here.
        #[arg(long, value_name = "FILE")]
        photo: Option<PathBuf>,
    },
    /// Somebody looks at a case: its page says so.
    Open {
        /// Its number.
        case: CaseNumber,
        /// Opens it also if it is closed: its answer is shown no more.
        #[arg(long)]
        again: bool,
    },
    /// Closes a case.
    Close {
        /// Its number.
        case: CaseNumber,
        /// What everybody with the number may read.
        #[arg(long, default_value = "", value_name = "TEXT")]
        answer: String,
        /// Puts this answer in the place of the one it was closed with.
        #[arg(long)]
        again: bool,
    },
    /// Forgets code, words, contact and photograph of a case, because somebody asked for it.
    Erase {
        /// Its number.
        case: CaseNumber,
    },
}

/// Runs the command.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = args.dir.map(|dir| dir.join(settings::FILE)).or(args.config);
    // Reports lie in the ledger's database: without its settings there is nothing to read, whatever its name is.
    if config.is_none() && !Path::new(settings::FILE).exists() {
        bail!(
            "ở đây không có {0}: hãy chạy trong thư mục của sổ, hoặc thêm --dir THƯ_MỤC hay --config TỆP\n\
             there is no {0} here: run it in the ledger's folder, or give --dir FOLDER or --config FILE",
            settings::FILE
        );
    }
    let settings = settings::Given::default().resolve(config.as_deref())?;
    let store = node::open_store(&settings).await?;
    let desk = Desk::new(store.clone(), Arc::new(SystemClock));
    let done = act(&desk, args.what).await;
    store.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn act(desk: &Desk, what: What) -> anyhow::Result<()> {
    match what {
        What::List { of, limit, after, json } => {
            let after = match after {
                Some(case) => Some(known(desk, case).await?),
                None => None,
            };
            let cases = match of {
                Some(organisation) => desk.of(organisation, after.as_ref(), limit).await?,
                None => desk.list(after.as_ref(), limit).await?,
            };
            if json {
                let cases: Vec<_> = cases.iter().map(for_machines).collect();
                return Ok(out::line(serde_json::to_string_pretty(&json!({ "cases": cases }))?)?);
            }
            if cases.is_empty() {
                out::line("  Không có báo cáo nào · there are no reports")?;
            }
            for case in &cases {
                out::line(line(case))?;
            }
        }
        What::Show { case } => show(desk, &known(desk, case).await?).await?,
        What::Contact { case, who, why, photo } => {
            let personal = desk.personal(case, &who, &why).await?;
            let contact = match personal.contact.as_str() {
                "" => "không để lại, hoặc đã xóa · none was left, or it is erased".to_owned(),
                contact => out::visible(contact),
            };
            out::line(format!("  Liên hệ · contact: {contact}"))?;
            match (personal.photo, photo) {
                (Some(jpeg), Some(file)) => {
                    keep_photo(&file, &jpeg)?;
                    out::line(format!("  Ảnh · photograph: {}", file.display()))?;
                }
                (Some(_), None) => {
                    out::line("  Có ảnh: thêm --photo TỆP · there is a photograph: --photo FILE")?
                }
                (None, Some(_)) => bail!("case {case} has no photograph"),
                (None, None) => {}
            }
        }
        What::Open { case, again } => {
            match again {
                true => desk.reopen(case).await,
                false => desk.open(case).await,
            }
            .context("chưa mở · not opened (--again opens a closed case)")?;
            out::line(format!("  {case}: đang xem xét · open"))?;
        }
        What::Close { case, answer, again } => {
            match again {
                true => desk.answer_again(case, &answer).await,
                false => desk.close(case, &answer).await,
            }
            .context("chưa đóng · not closed (--again gives a closed case another answer)")?;
            out::line(format!("  {case}: đã đóng · closed"))?;
        }
        What::Erase { case } => {
            desk.erase(case).await?;
            out::line(format!(
                "  {case}: đã xóa mã, lời kể, liên hệ và ảnh · code, words, contact and photograph are erased"
            ))?;
        }
    }
    Ok(())
}

async fn known(desk: &Desk, case: CaseNumber) -> anyhow::Result<Case> {
    desk.case(case).await?.with_context(|| format!("there is no case {case}"))
}

/// On Vietnam's clock, to the minute.
fn moment(ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    jiff::tz::offset(7).to_datetime(at).strftime("%Y-%m-%d %H:%M").to_string()
}

/// Where it is about, as short as can be.
fn about(case: &Case) -> String {
    match LotId::from_uri(&case.lot_uri) {
        Ok(lot) => lot.path(),
        Err(_) if case.about.is_empty() => "(không có mã · no code)".to_owned(),
        Err(_) => format!("(không rõ lô · no lot) {}", out::visible(&case.about)),
    }
}

fn line(case: &Case) -> String {
    let signs =
        format!("{}{}", if case.has_photo { "▣" } else { "·" }, if case.has_contact { "☎" } else { "·" });
    let (when, state, reason) = (moment(case.received_at_ms), case.progress.key(), case.reason.key());
    format!("{}  {when}  {state:<8}  {signs}  {reason:<19}  {}", case.case, about(case))
}

async fn show(desk: &Desk, case: &Case) -> anyhow::Result<()> {
    out::line(line(case))?;
    if let Some(organisation) = case.organisation {
        out::line(format!("  Đơn vị làm ra lô · maker: {organisation}"))?;
    }
    out::line(format!("  Mã đã gõ · typed: {}", out::visible(&case.about)))?;
    for words in case.words.lines() {
        out::line(format!("  > {}", out::visible(words)))?;
    }
    if let Some(at_ms) = case.closed_at_ms {
        out::line(format!("  Đóng · closed: {}", moment(at_ms)))?;
    }
    for answer in case.answer.lines() {
        out::line(format!("  < {}", out::visible(answer)))?;
    }
    for (at_ms, who, why) in desk.looks(case.case).await? {
        let (who, why) = (out::visible(&who), out::visible(&why));
        out::line(format!("  Đã xem liên hệ · looked: {} {who}: {why}", moment(at_ms)))?;
    }
    if case.has_contact || case.has_photo {
        out::line(format!(
            "  Liên hệ và ảnh tự xóa sau khi đóng, chậm nhất {OLDEST_DAYS} ngày sau khi nhận · erased some time after closing"
        ))?;
    }
    Ok(())
}

fn for_machines(case: &Case) -> serde_json::Value {
    json!({
        "case": case.case.to_string(),
        "organisation_id": case.organisation.map(|id| id.to_string()),
        "lot_uri": case.lot_uri,
        "about": case.about,
        "reason": case.reason.key(),
        "words": case.words,
        "received_at_ms": case.received_at_ms,
        "state": case.progress.key(),
        "answer": case.answer,
        "closed_at_ms": case.closed_at_ms,
        "has_contact": case.has_contact,
        "has_photo": case.has_photo,
    })
}

/// Writes a file that only its owner may read, and none over another.
fn keep_photo(file: &Path, jpeg: &[u8]) -> anyhow::Result<()> {
    crate::parcel::write_new(file, jpeg)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nguon_service::reports::{Progress, Reason};

    #[test]
    fn no_text_of_a_stranger_moves_the_cursor() {
        let case = Case {
            case: CaseNumber::from_bits(1),
            organisation: None,
            lot_uri: String::new(),
            about: "\u{1b}[2J\u{202e}evil".to_owned(),
            reason: Reason::Other,
            words: String::new(),
            received_at_ms: 0,
            progress: Progress::Received,
            answer: String::new(),
            closed_at_ms: None,
            has_contact: true,
            has_photo: false,
        };
        let shown = line(&case);
        assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'), "{shown:?}");
        assert!(shown.starts_with("0000-0000-0012  1970-01-01 07:00  received") && shown.contains('☎'));
        assert_eq!(for_machines(&case)["about"], case.about, "JSON has it as it was written");
    }
}
