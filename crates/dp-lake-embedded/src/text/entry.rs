//! A document in the shape the indexer reads: one string with all its parts, and its filter terms.

use super::{
    schema::{Fields, TERM_SEPARATOR, TWICE, facet},
    throttle::Permit,
};
use dp_lake::{
    Annotations, Day, FacetField, Has,
    analysis::{Part, for_each_part},
    date_of_day,
    dimensions::field_values,
    matching,
};
use dp_model::{Content, Point};
use smallvec::SmallVec;
use std::{fmt::Write as _, sync::Arc};
use tantivy::schema::{
    Field, Value,
    document::{ReferenceValue, ReferenceValueLeaf},
};

/// A document as the store knows it, on its way into the index.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IndexedDocument<'a> {
    /// What it says.
    pub(crate) content: &'a Content,
    /// Local day.
    pub(crate) day: Option<Day>,
    /// Hour on the local clock, if it is known.
    pub(crate) hour: Option<u8>,
    /// The instant to sort by, microseconds since 1970 UTC.
    pub(crate) sort_us: Option<i64>,
    /// What the user added.
    pub(crate) annotations: &'a Annotations,
}

/// What the indexer gets. Small, because the engine moves it about.
#[derive(Debug)]
pub(super) struct Entry(Box<Parts>);

#[derive(Debug)]
struct Parts {
    fields: Fields,
    row: u64,
    sort: Option<i64>,
    day: Option<Day>,
    hour: Option<u8>,
    point: Option<Point>,
    /// All strings, one after the other.
    text: String,
    /// What each string is and where it ends in `text`.
    ends: SmallVec<[(Part, u32); 6]>,
    /// Filter terms, each followed by a separator.
    facets: String,
    /// Code of the kind.
    kind: u8,
    /// Where the source stands in `facets`.
    source: std::ops::Range<usize>,
    /// Names to count by: of people, the place, the channel, the site, labels.
    names: Vec<(Field, String)>,
    /// Kept until the indexer is done with it: bounds what is under way.
    permit: Option<Arc<Permit>>,
}

impl Entry {
    pub(super) fn new(fields: Fields, row: u64, document: &IndexedDocument<'_>) -> Self {
        let content = document.content;
        let url_bytes = content.url.as_ref().map_or(0, String::len);
        let mut text = String::with_capacity(content.title.len() + content.text.len() + url_bytes + 64);
        let mut ends = SmallVec::new();
        for_each_part(content, document.annotations, &mut |part, string| {
            if part == Part::Title {
                text.push(TWICE);
            }
            text.push_str(&string);
            // Offsets past 4 GiB would not fit; a document that long is cut.
            ends.push((part, u32::try_from(text.len()).unwrap_or(u32::MAX)));
        });
        let (facets, source) = facets(document);
        let (sort, day, kind) = (document.sort_us, document.day, content.kind as u8);
        let names = names(fields, content);
        Self(Box::new(Parts {
            fields,
            row,
            sort,
            day,
            hour: document.hour,
            point: content.place.as_ref().and_then(|place| place.point),
            text,
            ends,
            facets,
            kind,
            source,
            names,
            permit: None,
        }))
    }

    /// Bytes of memory it holds.
    pub(super) fn size_bytes(&self) -> usize {
        let names = self.0.names.iter().map(|(_, name)| name.capacity() + size_of::<(Field, String)>());
        self.0.text.capacity() + self.0.facets.capacity() + names.sum::<usize>() + size_of::<Parts>()
    }

    pub(super) fn hold(&mut self, permit: Arc<Permit>) {
        self.0.permit = Some(permit);
    }
}

/// What the document is counted under, each once.
fn names(fields: Fields, content: &Content) -> Vec<(Field, String)> {
    let mut names: Vec<(Field, String)> = Vec::new();
    for (facet, field) in [
        (FacetField::Person, fields.person),
        (FacetField::Place, fields.place),
        (FacetField::Channel, fields.channel),
        (FacetField::Site, fields.site),
        (FacetField::Label, fields.label),
    ] {
        for name in field_values(content, facet) {
            if !names.iter().any(|(known, other)| *known == field && *other == name) {
                names.push((field, name.into_owned()));
            }
        }
    }
    names
}

/// The filter terms, and where the source stands in them.
fn facets(document: &IndexedDocument<'_>) -> (String, std::ops::Range<usize>) {
    let content = document.content;
    let mut out = String::with_capacity(80);
    let mut push = |prefix: &str, term: &str| {
        out.push_str(prefix);
        out.push_str(term);
        out.push(TERM_SEPARATOR);
    };
    push(facet::KIND, content.kind.as_str());
    let source_start =
        facet::KIND.len() + content.kind.as_str().len() + TERM_SEPARATOR.len_utf8() + facet::SOURCE.len();
    push(facet::SOURCE, &content.source);
    for &(_, thing) in Has::ALL {
        if matching::has(thing, content, document.annotations) {
            push(facet::has(thing), "");
        }
    }
    for label in &content.labels {
        push(&facet::label(label), "");
    }
    for tag in &document.annotations.tags {
        push(&facet::tag(tag), "");
    }
    if document.annotations.hidden {
        push(facet::HIDDEN, "");
    }
    if let Some(day) = document.day {
        // Writing into a string cannot fail.
        let _ = write!(out, "{}{}", facet::YEAR, date_of_day(day).year());
    }
    (out, source_start..source_start + content.source.len())
}

/// One value of an [`Entry`].
#[derive(Debug, Clone, Copy)]
pub(super) enum EntryValue<'a> {
    Text(&'a str),
    Row(u64),
    Number(i64),
}

impl<'a> Value<'a> for EntryValue<'a> {
    type ArrayIter = std::iter::Empty<Self>;
    type ObjectIter = std::iter::Empty<(&'a str, Self)>;

    fn as_value(&self) -> ReferenceValue<'a, Self> {
        ReferenceValue::Leaf(match *self {
            Self::Text(text) => ReferenceValueLeaf::Str(text),
            Self::Row(row) => ReferenceValueLeaf::U64(row),
            Self::Number(number) => ReferenceValueLeaf::I64(number),
        })
    }
}

impl tantivy::Document for Entry {
    type Value<'a> = EntryValue<'a>;
    type FieldsValuesIter<'a> = Values<'a>;

    fn iter_fields_and_values(&self) -> Values<'_> {
        Values { parts: &self.0, next: 0, start: 0, once_more: SmallVec::new(), numbers: 0 }
    }
}

/// The values of an [`Entry`], without a list of them.
pub(super) struct Values<'a> {
    parts: &'a Parts,
    /// Which string comes next, and where it begins.
    next: usize,
    start: usize,
    /// Fields that the last string goes into besides the body.
    once_more: SmallVec<[(Field, &'a str); 2]>,
    /// How many of the values beside the strings that are searched were given.
    numbers: u16,
}

impl<'a> Iterator for Values<'a> {
    type Item = (Field, EntryValue<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let Parts { fields, text, ends, .. } = self.parts;
        if let Some((field, string)) = self.once_more.pop() {
            return Some((field, EntryValue::Text(string)));
        }
        if let Some(&(part, end)) = ends.get(self.next) {
            let string = text.get(self.start..end as usize).unwrap_or_default();
            self.next += 1;
            self.start = end as usize;
            if part == Part::Person {
                self.once_more.push((fields.people, string));
            }
            if part != Part::Url && has_forms(string) {
                self.once_more.push((fields.form, string));
            }
            return Some((fields.body, EntryValue::Text(string)));
        }
        loop {
            self.numbers += 1;
            let number = |field, value: Option<i64>| value.map(|value| (field, EntryValue::Number(value)));
            let value = match self.numbers {
                1 => Some((fields.facet, EntryValue::Text(&self.parts.facets))),
                2 => Some((fields.row, EntryValue::Row(self.parts.row))),
                3 => number(fields.sort, self.parts.sort),
                4 => number(fields.day, self.parts.day.map(i64::from)),
                5 => number(fields.kind, Some(i64::from(self.parts.kind))),
                6 => number(fields.latitude, self.parts.point.map(|point| point.latitude_e7.into())),
                7 => number(fields.longitude, self.parts.point.map(|point| point.longitude_e7.into())),
                8 => self
                    .parts
                    .facets
                    .get(self.parts.source.clone())
                    .map(|source| (fields.source, EntryValue::Text(source))),
                9 => number(fields.hour, self.parts.hour.map(i64::from)),
                past => {
                    let (field, name) = self.parts.names.get(usize::from(past) - 10)?;
                    Some((*field, EntryValue::Text(name)))
                }
            };
            if value.is_some() {
                return value;
            }
        }
    }
}

/// Whether any word of `text` may differ from its folded term.
fn has_forms(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii())
}
