//! The fields of the text index and the names of its filter terms. Nothing is stored: the index gives
//! row numbers, and the store has the rest.

use tantivy::{
    IndexSettings,
    schema::{FAST, Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions},
    store::Compressor,
};

/// Raised when the fields, their terms or the analysis change: an index with another number is built anew.
pub(super) const FORMAT: u32 = 4;

/// Names of the tokenizers.
pub(super) const WORDS: &str = "words";
pub(super) const FORMS: &str = "forms";
pub(super) const TERMS: &str = "terms";

/// Separates filter terms on their way into the index.
pub(super) const TERM_SEPARATOR: char = '\u{1f}';
/// Separates a folded term from the form it has in the text.
pub(super) const FORM_SEPARATOR: char = '\0';
/// Before a string whose words count twice: the title.
pub(super) const TWICE: char = '\u{1}';

/// Appends the term of a written form to `out`. Where only capitals differ it is the form itself; where
/// accents do, the folded term comes first, so that the accented forms of a term stand together.
pub(super) fn push_form(out: &mut String, term: &str, form: &str) {
    if !form.is_ascii() {
        out.push_str(term);
        out.push(FORM_SEPARATOR);
    }
    out.push_str(form);
}

/// The fields of the index.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields {
    /// Every word of a document, with positions.
    pub(super) body: Field,
    /// Words as they were written, where that differs from the folded term: see [`push_form`].
    pub(super) form: Field,
    /// Words of people's names and addresses.
    pub(super) people: Field,
    /// Filter terms, see [`facet`].
    pub(super) facet: Field,
    /// Row number in the store.
    pub(super) row: Field,
    /// Instant to sort by, microseconds since 1970 UTC.
    pub(super) sort: Field,
    /// Local day, since 1970-01-01.
    pub(super) day: Field,
    /// What documents are counted by, beside the day: see [`dp_lake::FacetField`].
    pub(super) source: Field,
    pub(super) kind: Field,
    pub(super) person: Field,
    pub(super) place: Field,
    pub(super) channel: Field,
    pub(super) site: Field,
    pub(super) label: Field,
    /// Hour on the local clock, if it is known.
    pub(super) hour: Field,
    /// Where it happened, degrees × 1e7.
    pub(super) latitude: Field,
    /// Likewise.
    pub(super) longitude: Field,
}

/// Names of the fields that are read by column.
pub(super) const ROW: &str = "row";
pub(super) const SORT: &str = "sort";
pub(super) const DAY: &str = "day";
pub(super) const LATITUDE: &str = "latitude";
pub(super) const LONGITUDE: &str = "longitude";
pub(super) const SOURCE: &str = "source";
pub(super) const KIND_CODE: &str = "kind";
pub(super) const PERSON: &str = "person";
pub(super) const PLACE: &str = "place";
pub(super) const CHANNEL: &str = "channel";
pub(super) const SITE: &str = "site";
pub(super) const LABEL: &str = "label";
pub(super) const HOUR: &str = "hour";

pub(super) fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let text = |tokenizer: &str, record: IndexRecordOption, norms: bool| {
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(tokenizer)
            .set_index_option(record)
            .set_fieldnorms(norms);
        TextOptions::default().set_indexing_options(indexing)
    };
    let fields = Fields {
        body: builder.add_text_field("body", text(WORDS, IndexRecordOption::WithFreqsAndPositions, true)),
        form: builder.add_text_field("form", text(FORMS, IndexRecordOption::WithFreqs, false)),
        people: builder
            .add_text_field("people", text(WORDS, IndexRecordOption::WithFreqsAndPositions, false)),
        facet: builder.add_text_field("facet", text(TERMS, IndexRecordOption::Basic, false)),
        row: builder.add_u64_field(ROW, FAST),
        sort: builder.add_i64_field(SORT, FAST),
        day: builder.add_i64_field(DAY, FAST),
        latitude: builder.add_i64_field(LATITUDE, FAST),
        longitude: builder.add_i64_field(LONGITUDE, FAST),
        source: builder.add_text_field(SOURCE, names()),
        kind: builder.add_i64_field(KIND_CODE, FAST),
        person: builder.add_text_field(PERSON, names()),
        place: builder.add_text_field(PLACE, names()),
        channel: builder.add_text_field(CHANNEL, names()),
        site: builder.add_text_field(SITE, names()),
        label: builder.add_text_field(LABEL, names()),
        hour: builder.add_i64_field(HOUR, FAST),
    };
    (builder.build(), fields)
}

/// A column of whole names, not searched.
fn names() -> TextOptions {
    TextOptions::default() | FAST
}

pub(super) fn settings() -> IndexSettings {
    IndexSettings {
        docstore_compression: Compressor::Lz4,
        docstore_compress_dedicated_thread: false,
        ..IndexSettings::default()
    }
}

/// The filter terms.
pub(super) mod facet {
    use dp_lake::{Has, analysis::fold};
    use dp_model::Kind;

    /// The user has hidden it.
    pub(crate) const HIDDEN: &str = "hidden";

    /// Before the source in a source's term.
    pub(crate) const SOURCE: &str = "s:";
    /// Before the kind in a kind's term.
    pub(crate) const KIND: &str = "k:";

    pub(crate) fn kind(kind: Kind) -> String {
        format!("{KIND}{}", kind.as_str())
    }

    /// Folded; what would end the term early is dropped.
    pub(crate) fn label(label: &str) -> String {
        format!("l:{}", fold(label).replace(super::TERM_SEPARATOR, ""))
    }

    pub(crate) fn tag(tag: &str) -> String {
        format!("t:{}", fold(tag).replace(super::TERM_SEPARATOR, ""))
    }

    pub(crate) fn has(thing: Has) -> &'static str {
        match thing {
            Has::Attachment => "h:attachment",
            Has::Place => "h:place",
            Has::Url => "h:url",
            Has::People => "h:people",
            Has::Text => "h:text",
            Has::Star => "h:star",
            Has::Tag => "h:tag",
            Has::Note => "h:note",
        }
    }

    /// Before the year in a year's term.
    pub(crate) const YEAR: &str = "y:";

    pub(crate) fn year(year: i16) -> String {
        format!("{YEAR}{year}")
    }
}
