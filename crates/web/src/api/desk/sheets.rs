//! Excel in and out: `POST …/import/{kind}` looks at a sheet and answers what would be signed, or what is wrong with which cell.
//!
//! Nothing is kept, and nothing is signed here: the drafts go back to the device that asked, which signs them one by one and sends them like any
//! record.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::{header, request::Parts};
use axum::response::{IntoResponse, Response};
use nguon_service::desk::{Imported, SheetDraft, SheetError};
use nguon_sheet::grid::FILE_BYTES_MAX;
use nguon_sheet::{Fault, Kind};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{member, no_parameters, private};
use crate::api::body;
use crate::app::App;
use crate::device::{signed_by, signed_with};
use crate::problem::{Document, Problem};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// What a sheet says.
#[derive(Serialize, ToSchema)]
struct Looked {
    /// Rows below the heads.
    rows: usize,
    /// What is wrong, cell by cell, 500 at most. One fault, and there are no drafts.
    #[schema(value_type = Vec<Object>)]
    errors: Vec<Fault>,
    /// What would be signed, in the order of the rows.
    drafts: Vec<Drafted>,
    /// Who would be invited, of a sheet of members.
    invitations: Vec<Invited>,
}

/// A record to be signed.
#[derive(Serialize, ToSchema)]
#[schema(as = SheetDraft)]
struct Drafted {
    /// The row, as Excel counts it.
    row: usize,
    /// `diary` · `lot` · `commerce`.
    act: &'static str,
    /// The public section: an EPCIS 2.0 event or a card, without `nguon:subjects`.
    #[schema(value_type = Object)]
    facts: Value,
    /// What it is about, by URI, in the order of handles.
    subjects: Vec<String>,
    /// Private sections.
    private: Vec<Section>,
}

/// A private section to be signed.
#[derive(Serialize, ToSchema)]
#[schema(as = SheetSection)]
struct Section {
    /// 2: a person; 3: a place.
    #[serde(rename = "type")]
    kind: u16,
    /// Its contents.
    #[schema(value_type = Object)]
    payload: Value,
}

/// Somebody to be invited.
#[derive(Serialize, ToSchema)]
#[schema(as = SheetInvitation)]
struct Invited {
    /// The row, as Excel counts it.
    row: usize,
    /// The name.
    name: String,
    /// The telephone number; empty if none is said.
    phone: String,
    /// What they may do.
    roles: Vec<&'static str>,
    /// What they are called: `grower`, `foreman`, `packer`, `seller`, `inspector`.
    role: &'static str,
    /// The co-operative's own code; empty if none is said.
    code: String,
}

/// What does this sheet say?
///
/// Looks at an XLSX or CSV file and keeps nothing of it. The answer has what would be signed, or what is wrong with which cell: all or nothing.
#[utoipa::path(
    post, path = "/api/v1/desk/import/{kind}", tag = "desk",
    params(("kind" = String, Path, description = "`members` · `plots` · `products` · `diary` · `lots`")),
    request_body(content = Vec<u8>, description = "The file, 8 MiB and 10,000 rows at most", content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "What it says", body = Looked),
        (status = 401, description = "`request-unsigned` and the others", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`not-yours`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`sheet-kind-unknown`", body = Document, content_type = "application/problem+json"),
        (status = 413, description = "`request-too-large`", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "`sheet-broken`, `sheet-unpacks-too-large`, `sheet-old-excel`, `sheet-locked`, `sheet-not-unicode`, `sheet-too-many-rows`, `sheet-too-many-columns`, `sheet-no-rows`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn import(
    State(app): State<Arc<App>>,
    Path(kind): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    no_parameters(&parts)?;
    let kind = kind_of(&kind)?;
    let mut read = body::read_any(&parts.headers, body, FILE_BYTES_MAX, &app.body_bytes).await?;
    let member = member(&app, signed_with(&app, &parts, &read.bytes)?)?;
    // A sheet takes a multiple of its bytes while it is read: few at once.
    let turn = app.forms.try_acquire().map_err(|_| Problem::new("busy"))?;
    let (service, bytes) = (app.service.clone(), std::mem::take(&mut read.bytes));
    let imported = app.ask(async move {
        let origin = service.origin().to_owned();
        service.desk().import(&member, kind, bytes, &origin).await
    });
    let imported = imported.await??;
    drop(turn);
    let mut looked = Looked { rows: 0, errors: Vec::new(), drafts: Vec::new(), invitations: Vec::new() };
    match imported {
        Imported::Faulty { rows, faults } => {
            looked.rows = rows;
            looked.errors = faults;
        }
        Imported::Drafts(drafts) => {
            looked.rows = drafts.len();
            looked.drafts = drafts.into_iter().map(Into::into).collect();
        }
        Imported::People(people) => {
            looked.rows = people.len();
            let invited = people.into_iter().map(|(row, person)| Invited {
                row,
                name: person.name,
                phone: person.phone,
                roles: person.roles,
                role: person.title,
                code: person.code,
            });
            looked.invitations = invited.collect();
        }
    }
    Ok(private(looked))
}

/// An empty sheet.
///
/// With Vietnamese heads, an example, and what goes where.
#[utoipa::path(
    get, path = "/api/v1/desk/template/{kind}", tag = "desk",
    params(("kind" = String, Path, description = "`members.xlsx` · `plots.xlsx` · `products.xlsx` · `diary.xlsx` · `lots.xlsx`")),
    responses(
        (status = 200, description = "A workbook", body = Vec<u8>, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (status = 404, description = "`sheet-kind-unknown`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn template(Path(kind): Path<String>, parts: Parts) -> Result<Response, Problem> {
    no_parameters(&parts)?;
    let kind = kind_of(kind.strip_suffix(".xlsx").unwrap_or_default())?;
    let bytes = nguon_sheet::write::template(kind).map_err(|error| Problem::internal(&error))?;
    Ok(workbook(bytes, &format!("mau-{}.xlsx", kind.key()), "public, max-age=3600"))
}

/// What do we have, as a sheet?
///
/// Plots, products and diary in the columns of their templates; lots with what is left of each; members for those who admit them.
#[utoipa::path(
    get, path = "/api/v1/desk/export/{kind}", tag = "desk",
    params(("kind" = String, Path, description = "`members.xlsx` · `plots.xlsx` · `products.xlsx` · `diary.xlsx` · `lots.xlsx`")),
    responses(
        (status = 200, description = "A workbook", body = Vec<u8>, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (status = 401, description = "`request-unsigned` and the others", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`not-yours`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`sheet-kind-unknown`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn export(
    State(app): State<Arc<App>>,
    Path(kind): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    no_parameters(&parts)?;
    let kind = kind_of(kind.strip_suffix(".xlsx").unwrap_or_default())?;
    let member = member(&app, signed_by(&app, &parts)?)?;
    let service = app.service.clone();
    let bytes = app.ask(async move { service.desk().export(&member, kind).await }).await??;
    Ok(workbook(bytes, &format!("{}.xlsx", kind.key()), "no-store"))
}

fn kind_of(key: &str) -> Result<Kind, Problem> {
    Kind::parse(key).ok_or_else(|| Problem::new("sheet-kind-unknown"))
}

fn workbook(bytes: Vec<u8>, name: &str, caching: &'static str) -> Response {
    let fields = [
        (header::CONTENT_TYPE, XLSX.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CACHE_CONTROL, caching.to_owned()),
    ];
    (fields, bytes).into_response()
}

impl From<SheetDraft> for Drafted {
    fn from(draft: SheetDraft) -> Self {
        let private = draft.private.into_iter().map(|(kind, payload)| Section { kind, payload });
        Self {
            row: draft.row,
            act: draft.act,
            facts: draft.facts,
            subjects: draft.subjects,
            private: private.collect(),
        }
    }
}

impl From<SheetError> for Problem {
    fn from(error: SheetError) -> Self {
        match error {
            SheetError::Grid(error) => Self::new(error.code()).because(error),
            SheetError::Desk(error) => error.into(),
            SheetError::TooManyThings => Self::new("sheet-too-many-rows").because(error),
            SheetError::Write(error) => Self::internal(&error),
        }
    }
}
