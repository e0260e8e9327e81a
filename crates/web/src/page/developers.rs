//! `GET /developers`: how an exchange's developer begins, with lines to copy, every error, and a client to start from.
//!
//! The lines are run as they stand on the page by a test, and so is the client (`GET /developers/keep_in_step.py`).

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use nguon_market::ReasonCode;
use nguon_market::form::Form;

use super::answer::{self, STYLE};
use super::words::{Languages, Words};
use crate::app::App;
use crate::language::Language;
use crate::problem::Problem;

/// A client of a hundred lines that keeps a copy in step.
pub(crate) const CLIENT: &str = include_str!("../../static/keep_in_step.py");
const STYLE_OF_CODE: &str = include_str!("../../static/developers.css");

/// Every problem that an exchange's program can meet, with what its text names. In the order of the message files.
const PROBLEMS: &[(&str, &[(&str, &str)])] = &[
    ("query-unknown", &[]),
    ("id-malformed", &[]),
    ("not-found", &[]),
    ("method-not-allowed", &[]),
    ("file-not-found", &[]),
    ("organisation-not-found", &[]),
    ("cursor-malformed", &[]),
    ("cursor-gone", &[("days", "90")]),
    ("sheet-too-long", &[("limit", "20000")]),
    ("key-missing", &[]),
    ("key-unknown", &[]),
    ("key-ended", &[]),
    ("key-scope", &[("scope", "feed")]),
    ("rate-limited", &[("quota", "60")]),
    ("busy", &[]),
    ("unavailable", &[]),
    ("read-failed", &[]),
    ("timed-out", &[]),
    ("not-ready", &[]),
    ("internal", &[]),
];

/// Files of the feed, with what each is for: the key of a text.
const FILES: [(&str, &str, &str); 8] = [
    (
        "listings.json",
        "Chương trình của sàn: một tài liệu JSON, có lược đồ",
        "programs: one JSON document, with a schema",
    ),
    ("listings.jsonl", "nạp hàng loạt: mỗi dòng một tin", "bulk loads: an item a line"),
    (
        "listings.csv",
        "bảng, tiêu đề tiếng Việt (UTF-8 có BOM)",
        "a table with Vietnamese heads (UTF-8 with a mark)",
    ),
    ("listings.xlsx", "bảng Excel, tối đa 20.000 tin", "the same for Excel, 20,000 listings at most"),
    ("google.xml", "Google Merchant (RSS 2.0), Meta", "Google Merchant (RSS 2.0), Meta"),
    ("google.tsv", "Google Merchant, phân cách bằng tab", "Google Merchant, tab-separated"),
    ("schema-org.jsonld", "schema.org và GS1, cho máy tìm kiếm", "schema.org and GS1, for search engines"),
    ("dfc.jsonld", "Data Food Consortium 1.16", "Data Food Consortium 1.16"),
];

/// A line to copy.
struct Line {
    says: &'static str,
    command: String,
}

struct Row {
    code: &'static str,
    status: u16,
    title: String,
    detail: String,
}

struct File {
    name: &'static str,
    media_type: &'static str,
    says: &'static str,
}

#[derive(Template)]
#[template(path = "page/developers.html")]
struct DevelopersPage {
    words: Words,
    style: &'static str,
    style_of_code: &'static str,
    languages: Languages,
    code: String,
    english: bool,
    base: String,
    lines: Vec<Line>,
    files: Vec<File>,
    problems: Vec<Row>,
    reasons: Vec<(&'static str, &'static str)>,
    client: &'static str,
}

pub(crate) async fn page(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let words = Words::of(&uri, &headers);
    let english = words.language != Language::Vietnamese;
    let base = app.service.public_base_url().to_owned();
    let said = |vi: &'static str, en: &'static str| if english { en } else { vi };
    let language = if english { Language::English } else { Language::Vietnamese };
    let page = DevelopersPage {
        words,
        style: STYLE,
        style_of_code: STYLE_OF_CODE,
        languages: Languages::of(words, &uri),
        code: String::new(),
        english,
        lines: lines(&base, english),
        files: FILES
            .iter()
            .map(|(name, vi, en)| File {
                name,
                media_type: Form::of_file(name)
                    .map_or("application/vnd.openxmlformats-…sheet", Form::media_type),
                says: said(vi, en),
            })
            .collect(),
        problems: PROBLEMS.iter().map(|(code, arguments)| row(code, arguments, language)).collect(),
        reasons: ReasonCode::ALL
            .iter()
            .map(|code| (code.code(), said(code.text_vi(), code.text_en())))
            .collect(),
        client: CLIENT,
        base,
    };
    Ok(answer::page(StatusCode::OK, &page, words)?.answer(&headers))
}

/// The client as a file.
pub(crate) async fn client() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/x-python; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=300"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"keep_in_step.py\""),
    ];
    (headers, CLIENT)
}

fn lines(base: &str, english: bool) -> Vec<Line> {
    let said = |vi: &'static str, en: &'static str| if english { en } else { vi };
    let key = "-H \"Authorization: Bearer $NGUON_KEY\"";
    let feed = format!("{base}/api/v1/feed");
    vec![
        Line {
            says: said("Toàn bộ hàng đang bán, JSON:", "Everything that is for sale, as JSON:"),
            command: format!("curl {key} {feed}/listings.json"),
        },
        Line {
            says: said(
                "Bảng cho người dùng Excel, có nén:",
                "A table for people with Excel, compressed on the way:",
            ),
            command: format!("curl --compressed {key} -o listings.csv {feed}/listings.csv"),
        },
        Line {
            says: said("Chỉ tải khi có gì mới (ETag, 304):", "Only if there is something new (ETag, 304):"),
            command: format!(
                "curl {key} --etag-compare tag.txt --etag-save tag.txt -o google.xml {feed}/google.xml"
            ),
        },
        Line {
            says: said(
                "Các thay đổi từ đầu, mỗi tin một lần ở bản mới nhất:",
                "Changes from the beginning, each listing once at its newest:",
            ),
            command: format!("curl {key} '{feed}/changes?limit=100'"),
        },
        Line {
            says: said("Một ngành hàng:", "One category:"),
            command: format!("curl {key} '{feed}/listings.jsonl?category=coffee'"),
        },
        Line {
            says: said(
                "Chương trình chỉ biết mật khẩu: khóa là mật khẩu:",
                "A program that only knows passwords: the key is the password:",
            ),
            command: format!("curl -u \"san:$NGUON_KEY\" {feed}/google.tsv"),
        },
        Line {
            says: said("Lược đồ JSON, không cần khóa:", "The JSON Schema, without a key:"),
            command: format!("curl {feed}/schema.json"),
        },
        Line {
            says: said("Dòng tin mở, không cần khóa:", "The open feed, without a key:"),
            command: format!("curl '{base}/api/v1/listings?limit=10'"),
        },
    ]
}

fn row(code: &'static str, arguments: &[(&'static str, &str)], language: Language) -> Row {
    let arguments: Vec<(&'static str, String)> =
        arguments.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let text = language.text(code, &arguments);
    Row { code, status: Problem::new(code).status().as_u16(), title: text.title, detail: text.detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_of_the_feeds_is_told_with_no_hole_in_its_text() {
        for (code, arguments) in PROBLEMS {
            for language in [Language::Vietnamese, Language::English] {
                let row = row(code, arguments, language);
                assert!(!row.detail.contains('$') && row.title != *code, "{code}: {}", row.detail);
            }
        }
        // What the descriptions of the endpoints name, and what the server says by itself.
        let named = include_str!("../api/feed.rs").split("responses(").skip(1);
        for part in named {
            for code in part.split(")]\n").next().unwrap_or_default().split('`').skip(1).step_by(2) {
                assert!(PROBLEMS.iter().any(|(known, _)| *known == code), "{code} is not on the page");
            }
        }
    }

    #[test]
    fn every_form_is_on_the_page() {
        assert_eq!(FILES.len(), Form::ALL.len() + 1);
        for form in Form::ALL {
            assert!(FILES.iter().any(|(name, _, _)| *name == form.file()), "{form:?}");
        }
        assert!(CLIENT.lines().count() <= 130);
    }
}
