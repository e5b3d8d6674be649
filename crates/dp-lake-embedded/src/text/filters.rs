//! Makes filter terms of a filter. Days become the fewest terms of years, months and days, so a filter
//! is an intersection of postings and never a scan.

use super::{
    any_term::{AnyTerm, Which},
    compile::{Compiler, all_of},
    gathered::Gathered,
    schema::facet,
};
use dp_lake::{Day, Filter, Hidden, TermMode, date_of_day, day_of_date, sought::sought};
use jiff::civil::{Date, date};
use tantivy::query::Query;

/// What a filter asks, none of it scoring.
pub(super) struct Filters {
    pub(super) required: Vec<Box<dyn Query>>,
    pub(super) excluded: Vec<Box<dyn Query>>,
}

pub(super) fn compile(filter: &Filter, compiler: &Compiler<'_>) -> tantivy::Result<Filters> {
    let mut required = positive(filter, compiler)?;
    let mut excluded = Vec::new();
    if let Some(not) = &filter.not {
        excluded = negative(not, compiler)?;
    }
    let any_hidden = compiler.vocabulary.has(compiler.fields().facet, facet::HIDDEN)?;
    match filter.hidden {
        Hidden::Exclude if any_hidden => excluded.push(any(compiler, vec![facet::HIDDEN.to_owned()])),
        Hidden::Exclude | Hidden::Include => {}
        Hidden::Only => required.push(any(compiler, vec![facet::HIDDEN.to_owned()])),
    }
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
        required.push(any(compiler, filter.sources.iter().map(|source| facet::source(source)).collect()));
    }
    if !filter.kinds.is_empty() {
        required.push(any(compiler, filter.kinds.iter().map(|&kind| facet::kind(kind)).collect()));
    }
    required.extend(singles(filter).map(|term| any(compiler, vec![term])));
    required.extend(period(filter, compiler)?);
    for words in &filter.people {
        required.extend(person(words, compiler)?);
    }
    Ok(required)
}

/// One query for each thing that excludes.
fn negative(not: &Filter, compiler: &Compiler<'_>) -> tantivy::Result<Vec<Box<dyn Query>>> {
    let sources = not.sources.iter().map(|source| facet::source(source));
    let kinds = not.kinds.iter().map(|&kind| facet::kind(kind));
    let terms = sources.chain(kinds).chain(singles(not)).collect::<Vec<_>>();
    let mut excluded = Vec::new();
    if !terms.is_empty() {
        excluded.push(any(compiler, terms));
    }
    excluded.extend(period(not, compiler)?);
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

fn period(filter: &Filter, compiler: &Compiler<'_>) -> tantivy::Result<Option<Box<dyn Query>>> {
    if filter.from.is_none() && filter.until.is_none() {
        return Ok(None);
    }
    let terms = match compiler.vocabulary.years(facet::YEAR)? {
        Some((first, last)) => {
            let first_day = day_of_date(date(first, 1, 1));
            let past = day_of_date(date(last, 12, 31)).saturating_add(1);
            period_terms(
                filter.from.map_or(first_day, |from| from.max(first_day)),
                filter.until.map_or(past, |until| until.min(past)),
            )
        }
        None => Vec::new(),
    };
    Ok(Some(any(compiler, terms)))
}

/// The fewest terms for the days from `from` until before `until`.
fn period_terms(from: Day, until: Day) -> Vec<String> {
    let mut terms = Vec::new();
    let mut at = from;
    while at < until {
        let day = date_of_day(at);
        let after_year = following(Date::new(day.year(), 1, 1).ok(), 12);
        let after_month = following(Date::new(day.year(), day.month(), 1).ok(), 1);
        let next = if day.day() == 1 && day.month() == 1 && after_year <= until {
            terms.push(facet::year(day.year()));
            after_year
        } else if day.day() == 1 && after_month <= until {
            terms.push(facet::month(day.year(), day.month()));
            after_month
        } else {
            terms.push(facet::day(at));
            at.saturating_add(1)
        };
        if next <= at {
            break;
        }
        at = next;
    }
    terms
}

/// The day so many months after `first`; past all days if there is none.
fn following(first: Option<Date>, months: i32) -> Day {
    let next = first.and_then(|first| first.checked_add(jiff::Span::new().months(months)).ok());
    next.map_or(day_of_date(Date::MAX).saturating_add(1), day_of_date)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(from: Date, until: Date) -> Vec<String> {
        period_terms(day_of_date(from), day_of_date(until))
    }

    #[test]
    fn periods_become_few_terms() {
        assert_eq!(terms(date(2019, 1, 1), date(2021, 1, 1)), ["y:2019", "y:2020"]);
        assert_eq!(terms(date(2019, 11, 1), date(2020, 2, 1)), ["m:2019-11", "m:2019-12", "m:2020-1"]);
        let day = day_of_date(date(2020, 2, 29));
        assert_eq!(terms(date(2020, 2, 29), date(2020, 4, 1)), [facet::day(day), "m:2020-3".to_owned()]);
        assert_eq!(terms(date(2020, 1, 1), date(2020, 1, 1)), Vec::<String>::new());
        assert_eq!(terms(date(9999, 1, 1), Date::MAX).len(), 11 + 30);
    }
}
