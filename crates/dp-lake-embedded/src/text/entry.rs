//! A document in the shape the indexer reads: one string with all its parts, and its filter terms.

use super::{
    schema::{Fields, TERM_SEPARATOR, facet},
    throttle::Permit,
};
use dp_lake::{
    Annotations, Day, Has,
    analysis::{Part, for_each_part},
    matching,
};
use dp_model::Content;
use smallvec::SmallVec;
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
    /// The instant to sort by, microseconds since 1970 UTC.
    pub(crate) sort_us: Option<i64>,
    /// What the user added.
    pub(crate) annotations: &'a Annotations,
}

/// What the indexer gets.
#[derive(Debug)]
pub(super) struct Entry {
    fields: Fields,
    row: u64,
    sort: Option<i64>,
    /// All parts, one after the other.
    text: String,
    /// Which part ends where in `text`.
    parts: SmallVec<[(Part, u32); 8]>,
    /// Filter terms, each followed by a separator.
    facets: String,
    /// Kept until the indexer is done with it: bounds what is under way.
    _permit: Option<Permit>,
}

impl Entry {
    pub(super) fn new(fields: Fields, row: u64, document: &IndexedDocument<'_>) -> Self {
        let content = document.content;
        let mut text = String::with_capacity(content.title.len() + content.text.len() + 64);
        let mut parts = SmallVec::new();
        for_each_part(content, document.annotations, &mut |part, string| {
            text.push_str(&string);
            // Positions past 4 GiB would not fit; a document that long is cut.
            let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
            parts.push((part, end));
        });
        text.truncate(text.floor_char_boundary(u32::MAX as usize));
        Self { fields, row, sort: document.sort_us, text, parts, facets: facets(document), _permit: None }
    }

    /// Bytes of text it holds.
    pub(super) fn size_bytes(&self) -> usize {
        self.text.len() + self.facets.len() + size_of::<Self>()
    }

    pub(super) fn hold(&mut self, permit: Permit) {
        self._permit = Some(permit);
    }

    fn strings(&self) -> impl Iterator<Item = (Part, &str)> {
        let mut start = 0;
        self.parts.iter().map(move |&(part, end)| {
            let string = self.text.get(start..end as usize).unwrap_or_default();
            start = end as usize;
            (part, string)
        })
    }
}

fn facets(document: &IndexedDocument<'_>) -> String {
    let content = document.content;
    let mut out = String::with_capacity(128);
    let mut push = |term: &str| {
        out.push_str(term);
        out.push(TERM_SEPARATOR);
    };
    push("k:");
    out.pop();
    out.push_str(content.kind.as_str());
    out.push(TERM_SEPARATOR);
    for (end, _) in content.source.match_indices('.').chain([(content.source.len(), "")]) {
        out.push_str("s:");
        out.push_str(&content.source[..end]);
        out.push(TERM_SEPARATOR);
    }
    if let Some(day) = document.day {
        facet::push_day(&mut out, day);
    }
    let mut push = |term: &str| {
        out.push_str(term);
        out.push(TERM_SEPARATOR);
    };
    for &(_, thing) in Has::ALL {
        if matching::has(thing, content, document.annotations) {
            push(facet::has(thing));
        }
    }
    for label in &content.labels {
        push(&facet::label(label));
    }
    for tag in &document.annotations.tags {
        push(&facet::tag(tag));
    }
    if document.annotations.hidden {
        push(facet::HIDDEN);
    }
    out
}

/// One value of an [`Entry`].
#[derive(Debug, Clone, Copy)]
pub(super) enum EntryValue<'a> {
    Text(&'a str),
    Row(u64),
    Sort(i64),
}

impl<'a> Value<'a> for EntryValue<'a> {
    type ArrayIter = std::iter::Empty<Self>;
    type ObjectIter = std::iter::Empty<(&'a str, Self)>;

    fn as_value(&self) -> ReferenceValue<'a, Self> {
        ReferenceValue::Leaf(match *self {
            Self::Text(text) => ReferenceValueLeaf::Str(text),
            Self::Row(row) => ReferenceValueLeaf::U64(row),
            Self::Sort(sort) => ReferenceValueLeaf::I64(sort),
        })
    }
}

impl tantivy::Document for Entry {
    type Value<'a> = EntryValue<'a>;
    type FieldsValuesIter<'a> = std::vec::IntoIter<(Field, EntryValue<'a>)>;

    fn iter_fields_and_values(&self) -> Self::FieldsValuesIter<'_> {
        let mut values = Vec::with_capacity(3 * self.parts.len() + 4);
        for (part, string) in self.strings() {
            values.push((self.fields.body, EntryValue::Text(string)));
            if part == Part::Title {
                values.push((self.fields.title, EntryValue::Text(string)));
            }
            if part == Part::Person {
                values.push((self.fields.people, EntryValue::Text(string)));
            }
            if part != Part::Url && has_forms(string) {
                values.push((self.fields.form, EntryValue::Text(string)));
            }
        }
        values.push((self.fields.facet, EntryValue::Text(&self.facets)));
        values.push((self.fields.row, EntryValue::Row(self.row)));
        if let Some(sort) = self.sort {
            values.push((self.fields.sort, EntryValue::Sort(sort)));
        }
        values.into_iter()
    }
}

/// Whether any word of `text` may differ from its folded term.
fn has_forms(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii())
}
