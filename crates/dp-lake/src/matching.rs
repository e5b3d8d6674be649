//! Whether a document is one that a filter means. Pure, so a backend may use it as it is or check what
//! its own queries give against it.

use crate::{
    Annotations, Day, Filter, Has, Hidden, Near, TermMode,
    analysis::{fold, tokens},
    sought::{Sought, sought},
};
use dp_model::Content;

/// Whether a document with this content, local day, instant to sort by (microseconds since 1970 UTC) and
/// annotations is one that `filter` means.
///
/// All fields of the filter must hold. Of `Filter::not`, anything that holds excludes: its days together
/// are one thing, and so are its instants. Its `hidden` and its own `not` mean nothing.
#[must_use]
pub fn matches(
    filter: &Filter,
    content: &Content,
    day: Option<Day>,
    sort_us: Option<i64>,
    annotations: &Annotations,
) -> bool {
    let is_shown = match filter.hidden {
        Hidden::Exclude => !annotations.hidden,
        Hidden::Include => true,
        Hidden::Only => annotations.hidden,
    };
    is_shown
        && filter.wants_source(&content.source)
        && filter.wants_kind(content.kind)
        && filter.wants_day(day)
        && filter.wants_instant(sort_us)
        && filter.near.is_none_or(|near| is_near(near, content))
        && filter.labels.iter().all(|label| has_label(content, label))
        && filter.tags.iter().all(|tag| has_tag(annotations, tag))
        && filter.people.iter().all(|words| has_person(content, words).unwrap_or(true))
        && filter.has.iter().all(|&thing| has(thing, content, annotations))
        && !filter.not.as_ref().is_some_and(|not| is_excluded(not, content, day, sort_us, annotations))
}

/// Whether the document has a thing.
#[must_use]
pub fn has(thing: Has, content: &Content, annotations: &Annotations) -> bool {
    match thing {
        Has::Attachment => !content.media.is_empty(),
        Has::Place => content.place.as_ref().is_some_and(|place| place.point.is_some()),
        Has::Url => content.url.is_some(),
        Has::People => !content.people.is_empty(),
        Has::Text => !content.text.is_empty(),
        Has::Star => annotations.starred,
        Has::Tag => !annotations.tags.is_empty(),
        Has::Note => annotations.note.is_some(),
    }
}

fn is_excluded(
    not: &Filter,
    content: &Content,
    day: Option<Day>,
    sort_us: Option<i64>,
    annotations: &Annotations,
) -> bool {
    let asks_day = not.from.is_some() || not.until.is_some();
    let asks_instant = not.from_us.is_some() || not.until_us.is_some();
    (!not.sources.is_empty() && not.wants_source(&content.source))
        || (!not.kinds.is_empty() && not.wants_kind(content.kind))
        || (asks_day && not.wants_day(day))
        || (asks_instant && not.wants_instant(sort_us))
        || not.near.is_some_and(|near| is_near(near, content))
        || not.labels.iter().any(|label| has_label(content, label))
        || not.tags.iter().any(|tag| has_tag(annotations, tag))
        || not.people.iter().any(|words| has_person(content, words).unwrap_or(false))
        || not.has.iter().any(|&thing| has(thing, content, annotations))
}

/// Whether the document has a point in the circle.
fn is_near(near: Near, content: &Content) -> bool {
    let point = content.place.as_ref().and_then(|place| place.point);
    point.is_some_and(|point| near.holds(point.latitude_e7, point.longitude_e7))
}

fn has_label(content: &Content, wanted: &str) -> bool {
    let wanted = fold(wanted);
    content.labels.iter().any(|label| fold(label) == wanted)
}

fn has_tag(annotations: &Annotations, wanted: &str) -> bool {
    let wanted = fold(wanted);
    annotations.tags.iter().any(|tag| fold(tag) == wanted)
}

/// Whether all these words stand in the names and addresses of the document's people; None if they are
/// no words.
fn has_person(content: &Content, words: &str) -> Option<bool> {
    let wanted = sought(words, TermMode::Words);
    let names = content.people.iter().filter_map(|mention| mention.name.as_deref());
    let addresses =
        content.people.iter().filter_map(|mention| Some(mention.identity.as_ref()?.value.as_str()));
    let strings = names.chain(addresses).map(tokens).collect::<Vec<_>>();
    let stands = |sought: &Sought| strings.iter().any(|string| sought.occurrences(string) > 0);
    (!wanted.is_empty()).then(|| wanted.iter().all(stands))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dp_model::Kind;

    fn note() -> Content {
        let mut note = Content::new("google.keep", Kind::Note);
        note.labels = ["Reisen".into(), "Zürich".into()].into_iter().collect();
        note.text = "text".into();
        note
    }

    fn means(filter: &Filter) -> bool {
        matches(
            filter,
            &note(),
            Some(10),
            Some(1_000),
            &Annotations { tags: vec!["Ärger".into()], ..Annotations::default() },
        )
    }

    #[test]
    fn labels_and_tags_are_compared_folded_and_all_must_hold() {
        assert!(means(&Filter { labels: vec!["ZURICH".into(), "reisen".into()], ..Filter::default() }));
        assert!(!means(&Filter { labels: vec!["ZURICH".into(), "Bern".into()], ..Filter::default() }));
        assert!(means(&Filter { tags: vec!["arger".into()], ..Filter::default() }));
    }

    #[test]
    fn anything_that_holds_of_not_excludes() {
        let not = |not: Filter| means(&Filter { not: Some(Box::new(not)), ..Filter::default() });
        assert!(not(Filter::default()));
        assert!(!not(Filter { labels: vec!["Bern".into(), "zürich".into()], ..Filter::default() }));
        assert!(!not(Filter {
            sources: vec!["google".into()],
            kinds: vec![Kind::Email],
            ..Filter::default()
        }));
        assert!(!not(Filter { from: Some(10), until: Some(11), ..Filter::default() }));
        assert!(not(Filter { until: Some(10), has: vec![Has::Star], ..Filter::default() }));
    }

    #[test]
    fn instants_bound_a_range_and_leave_one_out() {
        let range = |from_us, until_us| Filter { from_us, until_us, ..Filter::default() };
        assert!(means(&range(Some(1_000), Some(1_001))));
        assert!(!means(&range(Some(1_001), None)) && !means(&range(None, Some(1_000))));
        let not = |not: Filter| means(&Filter { not: Some(Box::new(not)), ..Filter::default() });
        assert!(!not(range(Some(0), Some(2_000))) && not(range(Some(2_000), None)));
        let undated = matches(&range(None, Some(5)), &note(), None, None, &Annotations::default());
        assert!(!undated);
    }

    #[test]
    fn a_document_without_a_point_is_near_nothing() {
        let near = Filter {
            near: Some(Near { latitude_e7: 0, longitude_e7: 0, radius_m: 40_000_000 }),
            ..Filter::default()
        };
        assert!(!means(&near));
        assert!(means(&Filter { not: Some(Box::new(near)), ..Filter::default() }));
    }

    #[test]
    fn hidden_documents_are_left_out_unless_asked_for() {
        let hidden = Annotations { hidden: true, ..Annotations::default() };
        assert!(!matches(&Filter::default(), &note(), None, None, &hidden));
        assert!(matches(
            &Filter { hidden: Hidden::Include, ..Filter::default() },
            &note(),
            None,
            None,
            &hidden
        ));
        let only = Filter { hidden: Hidden::Only, ..Filter::default() };
        assert!(matches(&only, &note(), None, None, &hidden));
        assert!(!matches(&only, &note(), None, None, &Annotations::default()));
    }
}
