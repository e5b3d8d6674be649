//! Makes queries of a filter: intersections of postings, and for days, instants and places a look at
//! columns of the documents that are left.

use super::{
    any_term::{AnyTerm, Which},
    compile::{Compiler, all_of},
    gathered::Gathered,
    rows::{InCircle, InRange},
    schema::{DAY, SORT, facet},
};
use dp_lake::{Day, Filter, Has, Hidden, Near, TermMode, date_of_day, day_of_date, sought::sought};
use tantivy::query::Query;

/// What a filter asks, none of it scoring.
pub(super) struct Filters {
    pub(super) required: Vec<Box<dyn Query>>,
    pub(super) excluded: Vec<Box<dyn Query>>,
}

pub(super) fn compile(filter: &Filter, compiler: &Compiler<'_>) -> tantivy::Result<Filters> {
    let Filters { mut required, mut excluded } = whatever_is_hidden(filter, compiler)?;
    let any_hidden = compiler.vocabulary.has(compiler.fields().facet, facet::HIDDEN)?;
    match filter.hidden {
        Hidden::Exclude if any_hidden => excluded.push(any(compiler, vec![facet::HIDDEN.to_owned()])),
        Hidden::Exclude | Hidden::Include => {}
        Hidden::Only => required.push(any(compiler, vec![facet::HIDDEN.to_owned()])),
    }
    Ok(Filters { required, excluded })
}

/// The filter without what it says of hidden documents.
pub(super) fn whatever_is_hidden(filter: &Filter, compiler: &Compiler<'_>) -> tantivy::Result<Filters> {
    let required = positive(filter, compiler)?;
    let excluded = filter.not.as_ref().map_or(Ok(Vec::new()), |not| negative(not, compiler))?;
    Ok(Filters { required, excluded })
}

fn any(compiler: &Compiler<'_>, terms: Vec<String>) -> Box<dyn Query> {
    let listed = terms.into_iter().map(String::into_bytes).collect();
    Box::new(AnyTerm { field: compiler.fields().facet, which: Which::Listed(listed) })
}

/// One query for each thing that must hold.
fn positive(filter: &Filter, compiler: &Compiler<'_>) -> tantivy::Result<Vec<Box<dyn Query>>> {
    let mut required = Vec::new();
    if !filter.sources.is_empty() {
        required.push(any(compiler, sources(filter, compiler)?));
    }
    if !filter.kinds.is_empty() {
        required.push(any(compiler, filter.kinds.iter().map(|&kind| facet::kind(kind)).collect()));
    }
    required.extend(singles(filter).map(|term| any(compiler, vec![term])));
    required.extend(period(filter, compiler)?);
    required.extend(instants(filter));
    if let Some(near) = filter.near {
        required.extend(circle(near, compiler));
    }
    for words in &filter.people {
        required.extend(person(words, compiler)?);
    }
    Ok(required)
}

/// The terms of the sources that are wanted.
fn sources(filter: &Filter, compiler: &Compiler<'_>) -> tantivy::Result<Vec<String>> {
    let mut known = compiler.vocabulary.facets(facet::SOURCE)?;
    known.retain(|source| filter.wants_source(source));
    Ok(known.iter().map(|source| format!("{}{source}", facet::SOURCE)).collect())
}

/// One query for each thing that excludes.
fn negative(not: &Filter, compiler: &Compiler<'_>) -> tantivy::Result<Vec<Box<dyn Query>>> {
    let mut terms = if not.sources.is_empty() { Vec::new() } else { sources(not, compiler)? };
    terms.extend(not.kinds.iter().map(|&kind| facet::kind(kind)));
    terms.extend(singles(not));
    let mut excluded = Vec::new();
    if !terms.is_empty() {
        excluded.push(any(compiler, terms));
    }
    excluded.extend(all_of(period(not, compiler)?));
    excluded.extend(instants(not));
    excluded.extend(not.near.and_then(|near| all_of(circle(near, compiler))));
    for words in &not.people {
        excluded.extend(person(words, compiler)?.map(|person| Box::new(Gathered(person)) as Box<dyn Query>));
    }
    Ok(excluded)
}

/// Terms that each say one thing of a document.
fn singles(filter: &Filter) -> impl Iterator<Item = String> {
    let labels = filter.labels.iter().map(|label| facet::label(label));
    let tags = filter.tags.iter().map(|tag| facet::tag(tag));
    labels.chain(tags).chain(filter.has.iter().map(|&thing| facet::has(thing).to_owned()))
}

fn person(words: &str, compiler: &Compiler<'_>) -> tantivy::Result<Option<Box<dyn Query>>> {
    let wanted = sought(words, TermMode::Words);
    Ok(all_of(compiler.matching_all(compiler.fields().people, &wanted)?))
}

/// What asks for the days of a filter.
fn period(filter: &Filter, compiler: &Compiler<'_>) -> tantivy::Result<Vec<Box<dyn Query>>> {
    if filter.from.is_none() && filter.until.is_none() {
        return Ok(Vec::new());
    }
    let (from, until) = (filter.from.unwrap_or(Day::MIN), filter.until.unwrap_or(Day::MAX));
    let mut queries: Vec<Box<dyn Query>> = Vec::new();
    let (years, are_whole) = years(from, until);
    let terms = match years.len() {
        0..=YEARS_LISTED => years.map(facet::year).collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    let is_listed = !terms.is_empty();
    if is_listed {
        queries.push(any(compiler, terms));
    }
    if !(is_listed && are_whole) {
        queries.push(Box::new(InRange { column: DAY, range: i64::from(from)..=i64::from(until) - 1 }));
    }
    Ok(queries)
}

/// What asks for the instants of a filter.
fn instants(filter: &Filter) -> Option<Box<dyn Query>> {
    if filter.from_us.is_none() && filter.until_us.is_none() {
        return None;
    }
    let first = filter.from_us.unwrap_or(i64::MIN);
    let (first, last) = match filter.until_us {
        None => (first, i64::MAX),
        Some(until_us) => until_us.checked_sub(1).map_or((1, 0), |last| (first, last)),
    };
    Some(Box::new(InRange { column: SORT, range: first..=last }))
}

/// What asks for a part of the map: first whether there is a point at all, which postings know.
fn circle(near: Near, compiler: &Compiler<'_>) -> Vec<Box<dyn Query>> {
    vec![any(compiler, vec![facet::has(Has::Place).to_owned()]), Box::new(InCircle(near))]
}

/// A period of so many years is narrowed down by their terms first.
const YEARS_LISTED: usize = 4;

/// The years that the days from `from` until before `until` touch, and whether they fill them.
fn years(from: Day, until: Day) -> (std::ops::Range<i16>, bool) {
    if from >= until {
        return (0..0, false);
    }
    let (first, last) = (date_of_day(from), date_of_day(until - 1));
    let is_first = (first.month(), first.day()) == (1, 1) && day_of_date(first) == from;
    let is_last = (last.month(), last.day()) == (12, 31) && day_of_date(last) == until - 1;
    (first.year()..last.year().saturating_add(1), is_first && is_last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn periods_touch_years_and_may_fill_them() {
        let of = |from, until| years(day_of_date(from), day_of_date(until));
        assert_eq!(of(date(2019, 1, 1), date(2021, 1, 1)), (2019..2021, true));
        assert_eq!(of(date(2019, 1, 2), date(2021, 1, 1)), (2019..2021, false));
        assert_eq!(of(date(2019, 1, 1), date(2019, 12, 31)), (2019..2020, false));
        assert_eq!(of(date(2020, 1, 1), date(2020, 1, 1)), (0..0, false));
        assert!(!years(Day::MIN, 0).1 && !years(0, Day::MAX).1);
    }
}
