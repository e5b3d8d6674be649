//! Questions that start from a document or a day: what is similar, what else happened then, what happened
//! on this day in other years.

use super::{Engine, EngineError, MeaningModel, fold::Fingerprints};
use crate::{embed::Purpose, passages::passages};
use dp_lake::{Cursor, Day, Filter, HistogramQuery, NearestQuery, Order, date_of_day};
use dp_model::{Document, DocumentId};
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeSet;

/// Passages of a document that others are compared with.
const PASSAGES_COMPARED: usize = 8;
/// Documents of a day that are read to choose from.
const READ_OF_A_DAY: usize = 200;

/// A document that is like another.
#[derive(Debug, Clone, PartialEq)]
pub struct Similar {
    /// The document.
    pub document: Document,
    /// Cosine of its nearest passage with the nearest of the other's.
    pub similarity: f32,
}

/// What happened around a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Around {
    /// The document it is about.
    pub document: Document,
    /// Documents of other sources of the same hours, in order of time.
    pub others: Vec<Document>,
    /// Whether there are more than were asked for.
    pub has_more: bool,
}

/// What is next to a document in time, the nearest first. Hidden documents are left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Neighbours {
    /// Before it, of all sources.
    pub before: Vec<Document>,
    /// After it, of all sources.
    pub after: Vec<Document>,
    /// Before it, of its own source.
    pub source_before: Vec<Document>,
    /// After it, of its own source.
    pub source_after: Vec<Document>,
}

/// A day in one year.
#[derive(Debug, Clone, PartialEq)]
pub struct YearOfDay {
    /// The day.
    pub date: Date,
    /// Documents of that day.
    pub total: u64,
    /// Some of them, different in kind where they can be.
    pub documents: Vec<Document>,
}

impl Engine {
    /// The document that an id or its first digits mean.
    ///
    /// # Errors
    /// `NoSuchDocument` and `AmbiguousId`.
    pub async fn find(&self, digits: &str) -> Result<DocumentId, EngineError> {
        if let Ok(id) = digits.parse() {
            return Ok(id);
        }
        let is_prefix = digits.len() >= 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_prefix {
            return Err(EngineError::NoSuchDocument(format!(
                "{digits:?}: ids are 32 hexadecimal digits, and the first few (at least 4) will do"
            )));
        }
        match self.vault.documents().find_by_prefix(digits, 2).await?.as_slice() {
            [] => Err(EngineError::NoSuchDocument(format!("whose id begins with {digits}"))),
            [id] => Ok(*id),
            _ => Err(EngineError::AmbiguousId(digits.to_owned())),
        }
    }

    /// Documents whose meaning is near that of `id`, nearest first, without those that say the same.
    ///
    /// # Errors
    /// `NoSuchDocument`; `NoMeaning` where no model is there or the document has no words it knows.
    pub async fn similar(&self, id: DocumentId, limit: usize) -> Result<Vec<Similar>, EngineError> {
        let document = self.document(id).await?;
        let mut notices = Vec::new();
        let Some(model) = self.choose_model(&mut notices).await else {
            return Err(EngineError::NoMeaning(notices.join(" ")));
        };
        let vectors = self.vectors_of(model, &document).await?;
        let mut found: Vec<(DocumentId, f32)> = Vec::new();
        for vector in vectors {
            let query = NearestQuery { vector, ..NearestQuery::default() };
            let near = self.vault.vectors().nearest(model.embedder.model(), &query, limit * 4 + 1).await?;
            for hit in near.hits.iter().filter(|hit| hit.id != id && hit.similarity >= model.floor) {
                match found.iter_mut().find(|(known, _)| *known == hit.id) {
                    Some((_, similarity)) => *similarity = similarity.max(hit.similarity),
                    None => found.push((hit.id, hit.similarity)),
                }
            }
        }
        found.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        let ids = found.iter().map(|(id, _)| *id).collect::<Vec<_>>();
        let documents = self.vault.documents().get_many(&ids).await?;
        let fingerprints = Fingerprints::default();
        let mut seen = vec![fingerprints.of(&document.content)];
        let mut similar = Vec::new();
        for ((_, similarity), document) in found.into_iter().zip(documents) {
            let Some(document) = document else { continue };
            let print = fingerprints.of(&document.content);
            if similar.len() < limit && !seen.iter().any(|known| print.is_like(known)) {
                seen.push(print);
                similar.push(Similar { document, similarity });
            }
        }
        Ok(similar)
    }

    /// The vectors of a document, made now if the set has none.
    async fn vectors_of(
        &self,
        model: &MeaningModel,
        document: &Document,
    ) -> Result<Vec<Vec<f32>>, EngineError> {
        let stored = self.vault.vectors().get(model.embedder.model(), document.id).await?;
        let mut vectors = match stored {
            Some(passages) => passages.into_iter().map(|passage| passage.values).collect::<Vec<_>>(),
            None => {
                let texts = passages(&document.content);
                let texts =
                    texts.iter().take(PASSAGES_COMPARED).map(|text| text.text.as_str()).collect::<Vec<_>>();
                let embedded = model.embedder.embed(&texts, Purpose::Passage);
                embedded.map_err(|error| EngineError::NoMeaning(error.to_string()))?
            }
        };
        vectors.retain(|vector| !vector.is_empty());
        vectors.truncate(PASSAGES_COMPARED);
        if vectors.is_empty() {
            return Err(EngineError::NoMeaning("the document has no words that the model knows".to_owned()));
        }
        Ok(vectors)
    }

    pub(super) async fn document(&self, id: DocumentId) -> Result<Document, EngineError> {
        let found = self.vault.documents().get_many(&[id]).await?.pop().flatten();
        found.ok_or_else(|| EngineError::NoSuchDocument(id.to_string()))
    }

    /// Documents of other sources within so many hours before and after a document.
    ///
    /// # Errors
    /// `NoSuchDocument`, also for a document without a time.
    pub async fn around(&self, id: DocumentId, hours: u32, limit: usize) -> Result<Around, EngineError> {
        let document = self.document(id).await?;
        let (from_us, until_us) = self.hours_around(&document, hours)?;
        let other_sources =
            Filter { sources: vec![document.content.source.to_string()], ..Filter::default() };
        let filter = Filter {
            from_us: Some(from_us),
            until_us: Some(until_us),
            not: Some(Box::new(other_sources)),
            ..Filter::default()
        };
        let middle_us = from_us / 2 + until_us / 2;
        let (before, after) = (
            Filter { until_us: Some(middle_us), ..filter.clone() },
            Filter { from_us: Some(middle_us), ..filter },
        );
        let documents = self.vault.documents();
        let before = documents.list(&before, Order::NewestFirst, None, limit).await?;
        let after = documents.list(&after, Order::OldestFirst, None, limit).await?;
        let mut clock = dp_lake::etl::HomeClock::new(self.vault.home_zone());
        let mut has_more = before.next.is_some() || after.next.is_some();
        let mut others = before.items.into_iter().chain(after.items).collect::<Vec<_>>();
        let mut distance_us = |document: &Document| {
            document.content.time.as_ref().map_or(u64::MAX, |time| clock.sort_us(time).abs_diff(middle_us))
        };
        others.sort_by_cached_key(&mut distance_us);
        has_more |= others.len() > limit;
        others.truncate(limit);
        let mut clock = dp_lake::etl::HomeClock::new(self.vault.home_zone());
        others.sort_by_cached_key(|other| {
            (other.content.time.as_ref().map(|time| clock.sort_us(time)), other.id)
        });
        Ok(Around { document, others, has_more })
    }

    /// So many documents on each side of a document in time, of all sources and of its own. Those of the same instant
    /// are in order of id. An undated document has none.
    ///
    /// # Errors
    /// `Lake` if the store fails.
    pub async fn neighbours(&self, document: &Document, count: usize) -> Result<Neighbours, EngineError> {
        let mut clock = dp_lake::etl::HomeClock::new(self.vault.home_zone());
        let Some(time) = &document.content.time else { return Ok(Neighbours::default()) };
        let here = Cursor::after(clock.sort_us(time), document.id);
        let (all, source) = (
            Filter::default(),
            Filter { sources: vec![document.content.source.to_string()], ..Filter::default() },
        );
        let documents = self.vault.documents();
        let list = async |filter: &Filter, order: Order| -> Result<Vec<Document>, EngineError> {
            Ok(documents.list(filter, order, Some(&here), count).await?.items)
        };
        Ok(Neighbours {
            before: list(&all, Order::NewestFirst).await?,
            after: list(&all, Order::OldestFirst).await?,
            source_before: list(&source, Order::NewestFirst).await?,
            source_after: list(&source, Order::OldestFirst).await?,
        })
    }

    /// The instants so many hours before a document begins and after it ends.
    pub(super) fn hours_around(&self, document: &Document, hours: u32) -> Result<(i64, i64), EngineError> {
        let mut clock = dp_lake::etl::HomeClock::new(self.vault.home_zone());
        let content = &document.content;
        let Some(begin) = content.time.as_ref().map(|time| clock.sort_us(time)) else {
            return Err(EngineError::NoSuchDocument(format!("{} with a time: it is undated", document.id)));
        };
        let end = content.end.as_ref().map_or(begin, |end| clock.sort_us(end)).max(begin);
        let margin_us = i64::from(hours) * 3_600_000_000;
        Ok((begin.saturating_sub(margin_us), end.saturating_add(margin_us).saturating_add(1)))
    }

    /// What happened on the day of this date in other years, latest first; at most `per_year` documents
    /// of each. On 29 February, only leap years have it.
    ///
    /// # Errors
    /// `Lake` if the store fails.
    pub async fn on_this_day(&self, date: Date, per_year: usize) -> Result<Vec<YearOfDay>, EngineError> {
        let counts = self.vault.documents().histogram(&HistogramQuery::default()).await?;
        let is_meant = |day: Day| {
            let other = date_of_day(day);
            (other.month(), other.day()) == (date.month(), date.day()) && other.year() != date.year()
        };
        let days =
            counts.iter().filter_map(|count| count.day).filter(|&day| is_meant(day)).collect::<BTreeSet<_>>();
        let mut years = Vec::new();
        for &day in days.iter().rev() {
            let filter = Filter { from: Some(day), until: Some(day.saturating_add(1)), ..Filter::default() };
            let page = self.vault.documents().list(&filter, Order::OldestFirst, None, READ_OF_A_DAY).await?;
            let total = counts.iter().filter(|count| count.day == Some(day)).map(|count| count.count).sum();
            years.push(YearOfDay { date: date_of_day(day), total, documents: varied(page.items, per_year) });
        }
        Ok(years)
    }
}

/// Some documents of a day, in order of time: one of each source and kind in turn, so that a day of a
/// hundred opened pages still shows the one photo.
fn varied(documents: Vec<Document>, count: usize) -> Vec<Document> {
    let mut turns: Vec<(usize, usize)> = Vec::new();
    let mut seen: Vec<((String, dp_model::Kind), usize)> = Vec::new();
    for (index, document) in documents.iter().enumerate() {
        let group = (document.content.source.to_string(), document.content.kind);
        let turn = match seen.iter_mut().find(|(known, _)| *known == group) {
            Some((_, turn)) => {
                *turn += 1;
                *turn
            }
            None => {
                seen.push((group, 0));
                0
            }
        };
        turns.push((turn, index));
    }
    turns.sort_unstable();
    turns.truncate(count);
    let chosen = turns.into_iter().map(|(_, index)| index).collect::<BTreeSet<_>>();
    documents
        .into_iter()
        .enumerate()
        .filter(|(index, _)| chosen.contains(index))
        .map(|(_, document)| document)
        .collect()
}
