//! Any bytes into a parser give documents or warnings, never a panic, and the same ones however the
//! bytes arrive.

use dp_sources::{
    Context, Parser, Peek,
    testing::{Found, Paths, collect_in},
};
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Read},
};

/// Small, so that records past the limit are met too.
const RECORD_BYTES_MAX: usize = 16 << 10;

pub(crate) fn read(parser: &dyn Parser, bytes: &[u8]) -> u64 {
    let path = path_for(parser.name());
    let surroundings = Paths::default();
    let head = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let peek = Peek { path: &path, size_bytes: Some(bytes.len() as u64), head };
    let recognised = parser.recognises(&peek);
    assert!(!parser.source(&peek).is_empty());
    let _ = dp_sources::recognise(&peek, &surroundings);

    let context = Context {
        path: &path,
        exported_at_us: Some(1_758_400_000_000_000),
        home_zone: Some("Europe/Lisbon"),
        record_bytes_max: RECORD_BYTES_MAX,
        surroundings: &surroundings,
    };
    let whole = collect_in(parser, &context, bytes);
    let mut in_pieces = Found::default();
    let error = parser.parse(&context, &mut Pieces::of(bytes), &mut in_pieces).err();
    assert_eq!(whole.drafts, in_pieces.drafts, "documents depend on how the bytes arrive");
    assert_eq!(whole.samples, in_pieces.samples, "samples depend on how the bytes arrive");
    assert_eq!(whole.warnings, in_pieces.warnings, "warnings depend on how the bytes arrive");
    assert_eq!(whole.error.is_some(), error.is_some(), "failure depends on how the bytes arrive");
    behaviour(recognised, &whole)
}

/// A path whose file name fits the format; folders are left to recognition by content.
fn path_for(name: &str) -> String {
    let extension = match name {
        "file.text" => "txt",
        "google.mail.mbox" => "mbox",
        "google.calendar.ics" => "ics",
        "google.contacts.vcard" => "vcf",
        "google.contacts.csv" | "google.youtube.tables" | "google.maps.lists" => "csv",
        _ if name.ends_with("html") || name.ends_with("pages") => "html",
        _ => "json",
    };
    format!("Product/Some file.{extension}")
}

/// What was found, roughly: how many of each, and which complaints.
fn behaviour(recognised: bool, found: &Found) -> u64 {
    let mut hasher = DefaultHasher::new();
    let magnitude = |count: usize| count.checked_ilog2();
    (
        recognised,
        magnitude(found.drafts.len()),
        magnitude(found.samples.len()),
        magnitude(found.people.len()),
    )
        .hash(&mut hasher);
    found.error.is_some().hash(&mut hasher);
    let mut warnings: Vec<(&str, String)> = found
        .warnings
        .iter()
        .map(|warning| (warning.kind.as_str(), warning.message.chars().take(12).collect()))
        .collect();
    warnings.sort();
    warnings.dedup();
    warnings.hash(&mut hasher);
    let mut forms: Vec<(&str, bool, bool, bool, Option<u32>)> = found
        .drafts
        .iter()
        .take(64)
        .map(|draft| {
            let content = &draft.content;
            let length = magnitude(content.text.len());
            (
                content.kind.as_str(),
                content.time.is_some(),
                content.place.is_some(),
                content.title.is_empty(),
                length,
            )
        })
        .collect();
    forms.sort();
    forms.dedup();
    forms.hash(&mut hasher);
    hasher.finish()
}

/// Gives its bytes a few at a time: one, then two, … then thirteen, and again.
struct Pieces<'a> {
    bytes: &'a [u8],
    next: usize,
}

impl<'a> Pieces<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, next: 0 }
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.next = self.next % 13 + 1;
        let count = self.next.min(buffer.len()).min(self.bytes.len());
        let (piece, rest) = self.bytes.split_at(count);
        buffer[..count].copy_from_slice(piece);
        self.bytes = rest;
        Ok(count)
    }
}
