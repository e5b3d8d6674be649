//! Reading from a Datapunk server over its API. Questions become paths and parameters, JSON becomes answers; asks
//! nothing that changes anything there, and never writes here.

mod options;

pub(crate) use options::ServerOptions;

use super::{Reading, Take};
use crate::output::Output;
use anyhow::Context as _;
use dp_cortex::{
    asking::server::{Server, ServerError},
    engine::{Mode, SearchRequest},
};
use dp_lake::{Cursor, Day, Filter, Import, Order, Page, RevisionedDocument, Sort, Suggestion};
use dp_model::{Document, EntryReport, EntryStatus, Kind};
use dp_nexus::{
    export::{Exported, read_contents},
    http::{All, Around, Besides, Part, SearchAnswer, SimilarDocument, Sources, Statistics, YearOfDay},
};
use fs_err as fs;
use jiff::civil::Date;
use options::KEY_VARIABLE;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    io::{self, Seek as _},
    path::Path,
};

/// Documents that a server lists at once.
const DOCUMENTS_AT_ONCE: usize = 500;
/// Rows of a ledger that a server lists at once.
const ENTRIES_AT_ONCE: usize = 5_000;

/// A Datapunk server.
pub(crate) struct Remote {
    server: Server,
}

/// Parameters of a question.
type Query = Vec<(&'static str, String)>;

impl Remote {
    /// Its name and port.
    pub(crate) fn host(&self) -> &str {
        self.server.host()
    }

    fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, String)]) -> anyhow::Result<T> {
        self.server.get(path, query).map_err(advised)
    }

    fn all<T: DeserializeOwned>(&self, path: &str, query: &[(&str, String)]) -> anyhow::Result<Vec<T>> {
        Ok(self.get::<All<T>>(path, query)?.items)
    }
}

impl Reading for Remote {
    fn home_zone(&self) -> anyhow::Result<String> {
        Ok(self.get::<Sources>("/api/v1/sources", &[])?.home_zone)
    }

    fn search(&self, request: &SearchRequest, besides: Besides) -> anyhow::Result<SearchAnswer> {
        let mut answer: SearchAnswer = self.get("/api/v1/search", &parameters(request, besides)?)?;
        for hit in &mut answer.hits {
            anyhow::ensure!(
                !besides.document || hit.document.is_some(),
                "{} gives no documents with what it finds: it is of an older version; --json does without",
                self.host()
            );
            if !is_drawable(&hit.snippet, &hit.highlights) {
                hit.highlights.clear();
            }
        }
        Ok(answer)
    }

    fn similar(&self, id: &str, limit: usize) -> anyhow::Result<Vec<SimilarDocument>> {
        self.all(&path_of(id, "/similar")?, &[("limit", limit.to_string())])
    }

    fn around(&self, id: &str, hours: u32, limit: usize) -> anyhow::Result<Around> {
        let query = [("hours", hours.to_string()), ("limit", limit.to_string())];
        self.get(&path_of(id, "/around")?, &query)
    }

    fn on_this_day(&self, date: Date, limit: usize) -> anyhow::Result<Vec<YearOfDay>> {
        self.all("/api/v1/on-this-day", &[("date", date.to_string()), ("limit", limit.to_string())])
    }

    fn suggest(&self, typed: &str, limit: usize) -> anyhow::Result<Vec<Suggestion>> {
        self.all("/api/v1/suggest", &[("q", typed.to_owned()), ("limit", limit.to_string())])
    }

    fn forget_queries(&self) -> anyhow::Result<bool> {
        anyhow::bail!("`suggest --forget` works on this machine; run it on the machine of the server")
    }

    fn document(&self, id: &str) -> anyhow::Result<RevisionedDocument> {
        self.get(&path_of(id, "")?, &[])
    }

    /// Asks for as many pages of the server's as it takes.
    fn documents(
        &self,
        filter: &Filter,
        order: Order,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> anyhow::Result<Page<Document>> {
        let mut wanted = chosen(filter);
        wanted.push(("order", word(&order)?));
        let mut items: Vec<Document> = Vec::new();
        let mut next = cursor.cloned();
        loop {
            let mut query = wanted.clone();
            query.push(("limit", (limit - items.len()).min(DOCUMENTS_AT_ONCE).to_string()));
            query.extend(next.take().map(|cursor| ("cursor", cursor.0)));
            let page: Page<Document> = self.get("/api/v1/documents", &query)?;
            let is_empty = page.items.is_empty();
            items.extend(page.items.into_iter().take(limit - items.len()));
            next = page.next;
            if is_empty || next.is_none() || items.len() >= limit {
                return Ok(Page { items, next });
            }
        }
    }

    fn statistics(&self, lines: usize) -> anyhow::Result<Statistics> {
        self.get("/api/v1/stats", &[("top", lines.to_string())])
    }

    fn imports(&self) -> anyhow::Result<Vec<Import>> {
        self.all("/api/v1/imports", &[])
    }

    fn ledger(&self, import: Option<u64>, status: Option<EntryStatus>) -> anyhow::Result<Vec<EntryReport>> {
        let latest = match import {
            Some(import) => Some(import),
            None => self.imports()?.iter().map(|import| import.id).max(),
        };
        let Some(import) = latest else { return Ok(Vec::new()) };
        let mut wanted: Query = vec![("limit", ENTRIES_AT_ONCE.to_string())];
        wanted.extend(status.map(|status| ("status", status.as_str().to_owned())));
        let mut entries: Vec<EntryReport> = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let mut query = wanted.clone();
            query.extend(next.take().map(|cursor| ("cursor", cursor)));
            let part: Part<EntryReport> = self.get(&format!("/api/v1/imports/{import}/entries"), &query)?;
            let is_empty = part.items.is_empty();
            entries.extend(part.items);
            next = part.next.filter(|_| !is_empty);
            if next.is_none() {
                return Ok(entries);
            }
        }
    }

    fn original(&self, import: u64, entry: u32, take: Take<'_>) -> anyhow::Result<io::Result<u64>> {
        let path = format!("/api/v1/imports/{import}/entries/{entry}/original");
        let name = format!("entry {entry} of import {import}");
        self.server.stream(&path, &[], |bytes| take(&name, bytes)).map_err(advised)?
    }

    fn export_lines(&self, _: &mut Output) -> anyhow::Result<()> {
        anyhow::bail!(
            "a server exports everything as a zip: add --zip FILE (lines of JSON are written on its own machine)"
        )
    }

    fn export_zip(&self, filter: &Filter, file: &mut fs::File, path: &Path) -> anyhow::Result<Exported> {
        let copied = self.server.stream("/api/v1/export", &chosen(filter), |bytes| io::copy(bytes, file));
        copied
            .map_err(advised)?
            .with_context(|| format!("{} could not be written to its end", path.display()))?;
        file.rewind()?;
        Ok(read_contents(file)?)
    }
}

/// Whether these are ranges of the text, one after the other: what comes over a network may be anything.
fn is_drawable(text: &str, ranges: &[(usize, usize)]) -> bool {
    let is_range = |&(start, end): &(usize, usize)| start <= end && text.get(start..end).is_some();
    ranges.iter().all(is_range) && ranges.is_sorted_by(|one, next| one.1 <= next.0)
}

/// The path of a document whose id begins so. What is no beginning of an id is not sent.
fn path_of(digits: &str, rest: &str) -> anyhow::Result<String> {
    let is_id = (4..=32).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    anyhow::ensure!(
        is_id,
        "{digits:?} is no document id; ids are 32 hexadecimal digits, and the first few (at least 4) will do"
    );
    Ok(format!("/api/v1/documents/{digits}{rest}"))
}

/// A search as parameters. What the API has no parameter for is what it does by itself.
fn parameters(request: &SearchRequest, besides: Besides) -> anyhow::Result<Query> {
    let mut query: Query = vec![("q", request.text.clone()), ("limit", request.limit.to_string())];
    if request.mode != Mode::default() {
        query.push(("mode", word(&request.mode)?));
    }
    if request.sort != Sort::default() {
        query.push(("sort", word(&request.sort)?));
    }
    let flags = [
        ("all_words", request.all_words),
        ("unfolded", !request.fold),
        ("facets", request.facet_values > 0),
        ("explain", besides.explanation),
        ("documents", besides.document),
        ("no_rerank", !request.rerank),
    ];
    query.extend(flags.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| (name, "true".to_owned())));
    Ok(query)
}

/// Sources, kinds and days as parameters.
fn chosen(filter: &Filter) -> Query {
    let day = |day: Day| dp_lake::date_of_day(day).to_string();
    let mut query: Query = filter.sources.iter().map(|source| ("source", source.clone())).collect();
    query.extend(filter.kinds.iter().map(|kind: &Kind| ("kind", kind.as_str().to_owned())));
    query.extend(filter.from.map(|from| ("from", day(from))));
    query.extend(filter.until.map(|until| ("to", day(until.saturating_sub(1)))));
    query
}

/// The word by which the API knows a value.
fn word(value: &impl Serialize) -> anyhow::Result<String> {
    match serde_json::to_value(value)? {
        serde_json::Value::String(word) => Ok(word),
        other => anyhow::bail!("{other} is no word"),
    }
}

/// What to do about it, for a person at a command line.
fn advised(error: ServerError) -> anyhow::Error {
    let advice = match &error {
        ServerError::Unreachable { .. } => {
            "Is `datapunk serve` running there, and is the address the one it listens on?".to_owned()
        }
        ServerError::Untrusted { .. } => {
            "If a private authority vouches for it, give that one's certificate with --server-ca FILE."
                .to_owned()
        }
        ServerError::Problem { status: 401, .. } => format!(
            "Make a key there (POST /api/v1/keys with {{\"name\": …, \"scope\": {{\"read\": true}}}}), and give it as the \
             environment variable {KEY_VARIABLE} or with --key-file FILE."
        ),
        ServerError::Problem { status: 429, .. } => {
            "Too much was asked in a short time; try again in a while.".to_owned()
        }
        // What the server advises about questions is for those who write requests themselves.
        ServerError::Problem { status: 403 | 421 | 500.., what_to_do, .. } if !what_to_do.is_empty() => {
            what_to_do.clone()
        }
        _ => return error.into(),
    };
    anyhow::anyhow!("{error}\n  {advice}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_beginnings_of_ids_become_paths() {
        assert_eq!(path_of("00ffAB", "/around").unwrap(), "/api/v1/documents/00ffAB/around");
        for wrong in ["", "abc", "../keys", "abcd/../x", "abcd?x=1", "00ff00ff00ff00ff00ff00ff00ff00ff0"] {
            assert!(path_of(wrong, "").unwrap_err().to_string().contains("no document id"), "{wrong}");
        }
    }

    #[test]
    fn only_ranges_of_the_text_are_drawn() {
        let text = "né à";
        for (ranges, expected) in [
            (&[][..], true),
            (&[(0, 3), (4, 6)], true),
            (&[(4, 6), (0, 3)], false),
            (&[(0, 3), (1, 3)], false),
            (&[(0, 2)], false),
            (&[(3, 1)], false),
            (&[(0, usize::MAX)], false),
        ] {
            assert_eq!(is_drawable(text, ranges), expected, "{ranges:?}");
        }
    }

    #[test]
    fn a_search_says_only_what_is_not_usual() {
        let usual = SearchRequest::new("walnut bread", jiff::civil::date(2024, 6, 14));
        let query = |request: &SearchRequest, besides| {
            let parameters = parameters(request, besides).unwrap();
            parameters
                .into_iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(query(&usual, Besides::default()), "q=walnut bread limit=20");
        let all = SearchRequest {
            mode: Mode::Keyword,
            sort: Sort::Oldest,
            all_words: true,
            fold: false,
            rerank: false,
            facet_values: 8,
            ..usual
        };
        assert_eq!(
            query(&all, Besides { explanation: true, document: true }),
            "q=walnut bread limit=20 mode=keyword sort=oldest all_words=true unfolded=true facets=true explain=true \
             documents=true no_rerank=true"
        );
    }

    #[test]
    fn days_are_sent_as_first_and_last() {
        let days = |text| dp_lake::days_of_text(text).unwrap();
        let filter = Filter {
            sources: vec!["google".into()],
            kinds: vec![Kind::Email],
            from: Some(days("2019").0),
            until: Some(days("2019-06").1 + 1),
            ..Filter::default()
        };
        let expected =
            [("source", "google"), ("kind", "email"), ("from", "2019-01-01"), ("to", "2019-06-30")];
        assert_eq!(chosen(&filter), expected.map(|(name, value)| (name, value.to_owned())));
    }
}
