//! `GET /api/v1/documents` and `GET /api/v1/documents/{id}`

use crate::http::{
    answer::Written,
    app::App,
    asked::{Asked, within},
    csv::{AskedAs, Cell, Formed, Table},
    entrance::Reads,
    given::{Named, has_it, tag_of},
    problem::{Code, Problem},
    shapes::{self, DocumentPageView, FullDocumentView},
    words::{FirstDay, LastDay},
};
use async_graphql::Enum;
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use dp_cortex::engine::Neighbours;
use dp_lake::{Cursor, Filter, Has, Hidden, Near, Order, Page, RevisionedDocument};
use dp_model::{Document, Kind, Moment, Point};
use futures::executor::block_on;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct Parameters {
    /// Only these sources and those below them; `google` means `google.youtube` too.
    #[serde(default)]
    pub(in crate::http) source: Vec<String>,
    /// Only these kinds.
    #[serde(default)]
    #[param(schema_with = shapes::kinds)]
    pub(in crate::http) kind: Vec<Kind>,
    /// First day: `2019`, `2019-06` or `2019-06-14`.
    #[param(value_type = Option<String>)]
    pub(in crate::http) from: Option<FirstDay>,
    /// Last day, included.
    #[param(value_type = Option<String>)]
    pub(in crate::http) to: Option<LastDay>,
    /// Only in this label, folder, list or album; given twice, in both.
    #[serde(default)]
    pub(in crate::http) label: Vec<String>,
    /// Only with this tag; given twice, with both.
    #[serde(default)]
    pub(in crate::http) tag: Vec<String>,
    /// Only with this; given twice, with both.
    #[serde(default)]
    #[param(schema_with = shapes::things)]
    pub(in crate::http) has: Vec<Has>,
    /// Only with somebody of this name or address; given twice, with both.
    #[serde(default)]
    pub(in crate::http) person: Vec<String>,
    /// Only around this point: degrees north and east, as `38.72,-9.14`.
    pub(in crate::http) near: Option<String>,
    /// How far around it, metres.
    #[param(minimum = 1, maximum = 20_100_000, default = 20_000)]
    pub(in crate::http) within_m: Option<u32>,
    /// Documents that were hidden: leave them out, treat them as others, or only them.
    #[serde(default)]
    #[param(value_type = Option<HiddenWord>, inline)]
    pub(in crate::http) hidden: Hidden,
    /// Latest or earliest first.
    #[serde(default)]
    #[param(value_type = Option<OrderWord>, inline)]
    pub(in crate::http) order: Order,
    /// At most so many.
    #[serde(default = "limit")]
    #[param(minimum = 1, maximum = 500, default = 50)]
    pub(in crate::http) limit: usize,
    /// `next` of the page before.
    pub(in crate::http) cursor: Option<String>,
}

fn limit() -> usize {
    50
}

/// What to do with documents the user has hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, ToSchema)]
#[graphql(remote = "dp_lake::Hidden", name = "Hidden", rename_items = "snake_case")]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum HiddenWord {
    /// Leave them out.
    Exclude,
    /// Treat them as any other.
    Include,
    /// Only them.
    Only,
}

/// In which order documents are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, ToSchema)]
#[graphql(remote = "dp_lake::Order", name = "Order", rename_items = "snake_case")]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum OrderWord {
    /// Latest first.
    NewestFirst,
    /// Earliest first.
    OldestFirst,
}

/// Lists dated documents in order of time.
#[utoipa::path(
    get,
    operation_id = "list_documents",
    path = "/api/v1/documents",
    tag = "documents",
    params(Parameters),
    responses((status = 200, description = "A page of documents; of a table, `X-Next-Cursor` is the cursor of the next",
               content((DocumentPageView = "application/json"), (String = "text/csv"))))
)]
pub(super) async fn list(
    State(app): State<App>,
    Reads(principal): Reads,
    form: AskedAs,
    Asked(asked): Asked<Parameters>,
) -> Result<Formed, Problem> {
    let limit = within("limit", asked.limit, 1..=500)?;
    let order = asked.order;
    let cursor = asked.cursor.clone().map(Cursor);
    let filter = filter(asked)?;
    let question = app.ask_formed(&principal, form, move |engine| {
        Ok(block_on(engine.vault().documents().list(&filter, order, cursor.as_ref(), limit))?)
    });
    question.await
}

impl Table for Page<Document> {
    const NAME: &'static str = "documents";

    fn columns(&self) -> Vec<&str> {
        vec!["id", "source", "kind", "title", "start", "end", "place", "people", "url", "labels"]
    }

    /// Without the texts of documents, which are no cells.
    fn rows(&self) -> Vec<Vec<Cell>> {
        let row = |document: &Document| {
            let content = &document.content;
            let time = |moment: &Option<Moment>| match moment {
                Some(moment) => Cell::Text(dp_lake::text_of_moment(moment)),
                None => Cell::Empty,
            };
            let place = content.place.as_ref();
            let place = place.and_then(|place| place.name.as_deref().or(place.address.as_deref()));
            let people = content.people.iter().filter_map(|mention| {
                mention.name.as_deref().or(mention.identity.as_ref().map(|identity| identity.value.as_str()))
            });
            let labels = content.labels.iter().map(AsRef::<str>::as_ref);
            vec![
                document.id.to_string().as_str().into(),
                (&*content.source).into(),
                content.kind.as_str().into(),
                content.title.as_str().into(),
                time(&content.time),
                time(&content.end),
                place.into(),
                people.collect::<Vec<_>>().join("; ").as_str().into(),
                content.url.as_deref().into(),
                labels.collect::<Vec<_>>().join("; ").as_str().into(),
            ]
        };
        self.items.iter().map(row).collect()
    }

    fn next(&self) -> Option<&str> {
        self.next.as_ref().map(|cursor| cursor.0.as_str())
    }
}

pub(in crate::http) fn filter(asked: Parameters) -> Result<Filter, Problem> {
    let near = match (&asked.near, asked.within_m) {
        (Some(near), radius_m) => Some(circle(near, radius_m.unwrap_or(20_000))?),
        (None, None) => None,
        (None, Some(_)) => {
            return Err(Problem::parameter(
                "within_m",
                "within_m says how far around `near`, which is missing",
            ));
        }
    };
    Ok(Filter {
        sources: asked.source,
        kinds: asked.kind,
        from: asked.from.map(|day| day.0),
        until: asked.to.map(LastDay::past),
        near,
        labels: asked.label,
        tags: asked.tag,
        has: asked.has,
        people: asked.person,
        hidden: asked.hidden,
        ..Filter::default()
    })
}

fn circle(text: &str, radius_m: u32) -> Result<Near, Problem> {
    let degrees = |text: &str| text.trim().parse::<f64>().ok().filter(|degrees| degrees.is_finite());
    let point =
        text.split_once(',').and_then(|(north, east)| Point::from_degrees(degrees(north)?, degrees(east)?));
    let Some(Point { latitude_e7, longitude_e7 }) = point else {
        let detail = format!("near: {text:?} is no point; write degrees north and east, as 38.72,-9.14");
        return Err(Problem::parameter("near", detail));
    };
    Ok(Near { latitude_e7, longitude_e7, radius_m })
}

/// Neighbours on each side that may be asked for.
pub(in crate::http) const NEIGHBOURS_MAX: usize = 20;

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Closer {
    /// So many documents before and after it in time are told with it, of its source and of all.
    #[serde(default)]
    #[param(minimum = 0, maximum = 20, default = 0)]
    neighbours: usize,
}

#[derive(Serialize)]
struct Neighboured {
    #[serde(flatten)]
    found: RevisionedDocument,
    neighbours: Option<Neighbours>,
}

/// A document with where it came from, its other versions and what the user added.
#[utoipa::path(
    get,
    operation_id = "get_document",
    path = "/api/v1/documents/{id}",
    tag = "documents",
    params(
        ("id" = String, Path, description = "Its id, or the first digits of it, at least 4"),
        ("If-None-Match" = Option<String>, Header, description = "The ETag of what the client has"),
        Closer,
    ),
    responses(
        (status = 200, description = "The document", body = FullDocumentView,
         headers(("ETag" = String, description = "Names these very bytes"))),
        (status = 304, description = "The client has it"),
    )
)]
pub(super) async fn get(
    State(app): State<App>,
    Reads(principal): Reads,
    Named(id): Named<String>,
    headers: HeaderMap,
    Asked(asked): Asked<Closer>,
) -> Result<Response, Problem> {
    let count = within("neighbours", asked.neighbours, 0..=NEIGHBOURS_MAX)?;
    let question = app.ask(&principal, move |engine| {
        let id = block_on(engine.find(&id))?;
        let found = block_on(engine.vault().documents().get(id))?.ok_or_else(|| no_such(&id))?;
        let written = match count {
            0 => Written::of(&found)?,
            count => {
                let neighbours = Some(block_on(engine.neighbours(&found.document, count))?);
                Written::of(&Neighboured { found, neighbours })?
            }
        };
        let tag = tag_of(&written.0);
        Ok((written, tag))
    });
    let (written, tag) = question.await?;
    Ok(tagged(written, &tag, &headers))
}

/// A route without query parameters.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Nothing {}

/// What is written, or that the client has it.
pub(in crate::http) fn tagged(written: Written, tag: &str, headers: &HeaderMap) -> Response {
    let mut response = match has_it(headers, tag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => written.into_response(),
    };
    if let Ok(tag) = HeaderValue::from_str(tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// The same whether it is not there or may not be seen.
pub(in crate::http) fn no_such(id: &impl std::fmt::Display) -> Problem {
    Problem::new(Code::NoSuchDocument, format!("there is no document {id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_written_in_degrees() {
        let near = circle("38.72, -9.14", 500).unwrap();
        assert_eq!((near.latitude_e7, near.longitude_e7, near.radius_m), (387_200_000, -91_400_000, 500));
        for wrong in ["", "38.72", "38.72,west", "91,0.1", "NaN,1", "1,inf", "1,2,3"] {
            assert_eq!(circle(wrong, 1).unwrap_err().code(), Code::BadParameter, "{wrong}");
        }
    }
}
