//! `GET /api/v1/people/{id}`

use super::documents::Nothing;
use crate::http::{
    answer::Written,
    app::App,
    asked::Asked,
    entrance::Reads,
    given::Named,
    problem::{Code, Problem},
    shapes::IdentityView,
};
use axum::extract::State;
use dp_cortex::engine::Engine;
use dp_lake::{Alternative, FacetField, Filter, Sort, TextQuery};
use dp_model::{Identity, Moment, Person, PersonId};
use futures::executor::block_on;
use serde::Serialize;
use utoipa::ToSchema;

/// Addresses of one person that are looked for.
const IDENTITIES_MAX: usize = 50;
/// Sources that are told.
const SOURCES_MAX: usize = 10;

/// A person, and what there is of them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PersonInFull {
    /// Derived from the identities: 32 hexadecimal digits.
    #[schema(value_type = String)]
    id: PersonId,
    /// The best name known.
    name: Option<String>,
    /// All identities, sorted.
    #[schema(value_type = Vec<IdentityView>)]
    identities: Vec<Identity>,
    /// In how many documents they appear.
    documents: u64,
    /// When they first appear in a document that is not hidden, microseconds since 1970-01-01T00:00:00Z.
    first_us: Option<i64>,
    /// When they last do.
    last_us: Option<i64>,
    /// The sources they appear in most, and in how many documents of each. These are found by the words of their
    /// addresses, a little after documents are imported.
    sources: Vec<PersonSource>,
}

/// A source and how often somebody appears in it.
#[derive(Debug, Serialize, ToSchema)]
struct PersonSource {
    /// Its name, dotted.
    source: String,
    /// Documents.
    documents: u64,
}

/// A person: their names and addresses, and where and when they appear. Not for keys that see only a part.
#[utoipa::path(
    get,
    operation_id = "get_person",
    path = "/api/v1/people/{id}",
    tag = "people",
    params(("id" = String, Path, description = "Their id: 32 hexadecimal digits, as lists of people have it")),
    responses((status = 200, description = "The person", body = PersonInFull))
)]
pub(super) async fn person(
    State(app): State<App>,
    Reads(principal): Reads,
    Named(id): Named<String>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Written, Problem> {
    app.ask_written(&principal, move |engine| {
        let person = found(engine, &id)?;
        in_full(engine, person.ok_or_else(|| no_such(&id))?)
    })
    .await
}

fn no_such(id: &str) -> Problem {
    Problem::new(Code::UnknownId, format!("there is no person {id}"))
}

/// The person with this id. A text that is no id is nobody's.
fn found(engine: &Engine, id: &str) -> Result<Option<Person>, Problem> {
    // The one of the whole list that comes after the id before.
    let Ok(id) = id.parse::<PersonId>() else {
        block_on(engine.vault().documents().people(None, 1))?;
        return Ok(None);
    };
    let before = u128::from_be_bytes(id.0).checked_sub(1).map(|number| PersonId(number.to_be_bytes()));
    let next = block_on(engine.vault().documents().people(before, 1))?.pop();
    Ok(next.filter(|person| person.id == id))
}

fn in_full(engine: &Engine, person: Person) -> Result<PersonInFull, Problem> {
    let Person { id, name, identities, documents } = person;
    let of = |identity: &Identity| Alternative {
        filter: Filter { people: vec![identity.value.clone()], ..Filter::default() },
        ..Alternative::default()
    };
    let any: Vec<Alternative> = identities.iter().take(IDENTITIES_MAX).map(of).collect();
    if any.is_empty() {
        // A list without alternatives would ask for everything.
        let (first_us, last_us, sources) = (None, None, Vec::new());
        return Ok(PersonInFull { id, name, identities, documents, first_us, last_us, sources });
    }
    let query = TextQuery { any: vec![any], ..TextQuery::default() };
    let (filter, fields) = (Filter::default(), [FacetField::Source]);
    let time = |sort: Sort| -> Result<Option<i64>, Problem> {
        let hits = block_on(engine.vault().search().keyword(&query, &filter, sort, 1))?;
        let ids = hits.hits.iter().map(|hit| hit.id).collect::<Vec<_>>();
        let document = block_on(engine.vault().documents().get_many(&ids))?.pop().flatten();
        Ok(document.and_then(|document| document.content.time).map(|time: Moment| time.utc_us))
    };
    let facets = block_on(engine.vault().search().facets(&query, &filter, &fields, SOURCES_MAX))?;
    let counts = facets.into_iter().flat_map(|facet| facet.counts);
    let sources = counts.map(|count| PersonSource { source: count.value, documents: count.documents });
    Ok(PersonInFull {
        id,
        name,
        first_us: time(Sort::Oldest)?,
        last_us: time(Sort::Newest)?,
        sources: sources.collect(),
        identities,
        documents,
    })
}
