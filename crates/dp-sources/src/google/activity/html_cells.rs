//! The cells of one record's block and the lines inside them.

use super::{
    blocks::tag_with_class,
    needles::{CLOSING_BOLD, CLOSING_DIV, CONTROLS_ADDRESS, OPENING_BOLD, SPACE_CHARACTER, SPACE_REFERENCE},
    record::{Area, Link, Record},
};
use crate::text::{decode_entities, html_to_text};
use memchr::{memchr, memmem};
use smallvec::SmallVec;
use std::borrow::Cow;

/// The cells of a block, as HTML.
#[derive(Debug, Default)]
pub(super) struct Cells<'a> {
    pub(super) header: &'a str,
    pub(super) record: &'a str,
    pub(super) media: &'a str,
    pub(super) caption: &'a str,
}

/// Whether a text holds another. Faster on short texts than the search of the standard library, which
/// prepares for long ones.
pub(super) fn has(text: &str, wanted: &str) -> bool {
    memmem::find(text.as_bytes(), wanted.as_bytes()).is_some()
}

/// What stands before the end of the cell, which sloppy pages put on the last line.
pub(super) fn before_close(html: &str) -> &str {
    match CLOSING_DIV.find(html.as_bytes()) {
        Some(end) => &html[..end],
        None => html,
    }
}

/// Finds the cells by their classes; where a page has only `content-cell`, by order and content.
pub(super) fn cells<'a>(block: &'a str, finder: &memmem::Finder<'_>) -> Cells<'a> {
    let mut cells = Cells::default();
    let bytes = block.as_bytes();
    let mut next = tag_with_class(bytes, 0, finder);
    let header = &block[..next.map_or(block.len(), |start| start.open)];
    cells.header = header;
    let mut seen_record = false;
    while let Some(start) = next {
        next = tag_with_class(bytes, start.inner, finder);
        let tag = &block[start.open..start.inner];
        let cell = &block[start.inner..next.map_or(block.len(), |next| next.open)];
        if has(tag, "caption") {
            cells.caption = cell;
        } else if has(tag, "text-right") {
            cells.media = cell;
        } else if !seen_record {
            cells.record = cell;
            seen_record = true;
        } else if has(cell, "<b>") {
            cells.caption = cell;
        } else {
            cells.media = cell;
        }
    }
    cells
}

/// A line of a cell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    /// All of it, as HTML.
    pub(super) html: &'a str,
    /// Where it ends in its cell.
    pub(super) end: usize,
    /// Its first link.
    pub(super) anchor: Option<Anchor<'a>>,
}

/// A link in a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Anchor<'a> {
    pub(super) before: &'a str,
    pub(super) href: &'a str,
    pub(super) inner: &'a str,
    pub(super) after: &'a str,
}

/// Cuts a cell into lines at `<br>`, except inside links, and before the first block of an answer.
pub(super) fn lines(cell: &str) -> SmallVec<[Line<'_>; 6]> {
    let bytes = cell.as_bytes();
    let mut lines = SmallVec::new();
    let (mut start, mut at) = (0, 0);
    // Of the first link of the line: its tag, and where its text begins and ends.
    let mut open: Option<(usize, usize)> = None;
    let mut closed: Option<(usize, usize)> = None;
    let mut inside = false;
    let mut finish = |start: usize,
                      end: usize,
                      past: usize,
                      open: Option<(usize, usize)>,
                      closed: Option<(usize, usize)>| {
        let anchor = open.map(|(tag, inner)| {
            let (inner_end, after) = closed.unwrap_or((end, end));
            Anchor {
                before: &cell[start..tag],
                href: attribute(&cell[tag..inner], "href").unwrap_or(""),
                inner: &cell[inner..inner_end.max(inner)],
                after: &cell[after.max(inner)..end],
            }
        });
        lines.push(Line { html: &cell[start..end], end: past, anchor });
    };
    while let Some(hit) = memchr(b'<', &bytes[at..]) {
        let tag = at + hit;
        let Some(length) = memchr(b'>', &bytes[tag..]) else { break };
        let past = tag + length + 1;
        at = past;
        match &bytes[tag + 1..past] {
            [b'a' | b'A', b' ' | b'\n' | b'>', ..] => {
                if open.is_none() {
                    open = Some((tag, past));
                }
                inside = true;
            }
            [b'/', b'a' | b'A', b'>', ..] => {
                if open.is_some() && closed.is_none() {
                    closed = Some((tag, past));
                }
                inside = false;
            }
            [b'b' | b'B', b'r' | b'R', b'>' | b' ' | b'/', ..] if !inside => {
                finish(start, tag, past, open.take(), closed.take());
                start = past;
            }
            _ => {}
        }
    }
    finish(start, cell.len(), cell.len(), open.take(), closed.take());
    lines
}

/// The value of an attribute in a tag, undecoded.
pub(super) fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let bytes = tag.as_bytes();
    for at in memmem::find_iter(bytes, name.as_bytes()) {
        if at == 0 || !bytes[at - 1].is_ascii_whitespace() {
            continue;
        }
        let Some(value) = tag[at + name.len()..].trim_ascii_start().strip_prefix('=') else { continue };
        let value = value.trim_ascii_start();
        return match value.as_bytes().first()? {
            &quote @ (b'"' | b'\'') => memchr(quote, &value.as_bytes()[1..]).map(|length| &value[1..=length]),
            _ => value.split([' ', '>']).next(),
        };
    }
    None
}

/// The text of a piece of a line.
pub(super) fn inline_text(html: &str) -> Cow<'_, str> {
    let html = html.trim();
    if memchr(b'<', html.as_bytes()).is_some() {
        return Cow::Owned(html_to_text(html));
    }
    let text = decode_entities(html);
    let blank = |character: char| character.is_whitespace();
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_matches(blank)),
        Cow::Owned(text) if text.starts_with(blank) || text.ends_with(blank) => {
            Cow::Owned(text.trim_matches(blank).to_owned())
        }
        Cow::Owned(text) => Cow::Owned(text),
    }
}

/// Reads the sections of the caption. Their labels are words of a language; what they are is told
/// from order and content.
pub(super) fn read_caption<'a>(caption: &'a str, record: &mut Record<'a>) {
    let bytes = caption.as_bytes();
    let mut first = true;
    let mut next = OPENING_BOLD.find(bytes);
    while let Some(open) = next {
        let start = open + 3;
        next = OPENING_BOLD.find(&bytes[start..]).map(|length| start + length);
        let section = &caption[start..next.unwrap_or(caption.len())];
        let Some(label_end) = CLOSING_BOLD.find(section.as_bytes()) else { continue };
        let body = &section[label_end + 4..];
        let last = next.is_none();
        let is_first = std::mem::take(&mut first);
        let controls = !is_first
            && (CONTROLS_ADDRESS.find(body.as_bytes()).is_some()
                || (last && !has(body, "http") && spaces(body) >= 2));
        if controls {
            read_controls(body, record);
        } else if is_map(body) {
            record.areas.extend(items(body).map(area));
        } else if is_first {
            record
                .products
                .extend(items(body).map(|line| inline_text(line.html)).filter(|name| !name.is_empty()));
        } else {
            record.details.extend(items(body).map(|line| link(&line)).filter(|link| !link.is_empty()));
        }
    }
}

fn items(body: &str) -> impl Iterator<Item = Line<'_>> {
    lines(body).into_iter().filter(|line| !inline_text(line.html).is_empty())
}

/// A line as a link, or as a name.
pub(super) fn link<'a>(line: &Line<'a>) -> Link<'a> {
    let some = |text: Cow<'a, str>| (!text.is_empty()).then_some(text);
    match line.anchor {
        Some(anchor) => {
            let name = some(inline_text(anchor.inner)).or_else(|| some(inline_text(line.html)));
            Link { name, url: some(decode_entities(anchor.href)) }
        }
        None => Link { name: some(inline_text(line.html)), url: None },
    }
}

/// No-break spaces in HTML, written either way.
fn spaces(html: &str) -> usize {
    html.matches("&nbsp;").count() + html.matches('\u{A0}').count()
}

fn is_map(body: &str) -> bool {
    has(body, "href") && has(body, "google.") && (has(body, "/maps") || has(body, "maps.google."))
}

/// The names of the settings stand between the first two no-break spaces, before a full stop.
fn read_controls<'a>(body: &'a str, record: &mut Record<'a>) {
    let Some((_, rest)) = cut_at_space(body) else { return };
    let names = cut_at_space(rest).map_or(rest, |(names, _)| names);
    let names = inline_text(names);
    let names = names.trim_end_matches(['.', '。', ' ']);
    record
        .controls
        .extend(names.split(", ").filter(|name| !name.is_empty()).map(|name| Cow::Owned(name.to_owned())));
}

/// Cuts at the first no-break space, written either way.
fn cut_at_space(html: &str) -> Option<(&str, &str)> {
    let bytes = html.as_bytes();
    let reference = SPACE_REFERENCE.find(bytes).map(|at| (at, 6));
    let character = SPACE_CHARACTER.find(bytes).map(|at| (at, 2));
    let (at, length) = match (reference, character) {
        (Some(one), Some(other)) => one.min(other),
        (one, other) => one.or(other)?,
    };
    Some((&html[..at], &html[at + length..]))
}

/// `<a href=map>At this general area</a> - <a href=help>From your device</a>`, or the older
/// `From your home: <a href=map>URL</a>`.
fn area(line: Line<'_>) -> Area<'_> {
    let Some(anchor) = line.anchor else {
        return Area { name: Some(inline_text(line.html)), ..Area::default() };
    };
    let some = |text: Cow<'static, str>| (!text.is_empty()).then_some(text);
    let name = inline_text(anchor.inner);
    let after = inline_text(anchor.after).into_owned();
    // What follows the last " - "; coordinates hold hyphens of their own.
    let source = after.rsplit_once("- ").map_or("", |(_, source)| source.trim()).to_owned();
    let before = inline_text(anchor.before);
    let source = if source.is_empty() { before.trim_end_matches(':').trim().to_owned() } else { source };
    Area {
        name: (!name.starts_with("http")).then_some(name),
        url: Some(decode_entities(anchor.href)),
        source: some(Cow::Owned(source)),
    }
}

/// Names of the files that the cell of pictures, sound and attachments shows.
pub(super) fn read_media<'a>(cell: &'a str, record: &mut Record<'a>) {
    let bytes = cell.as_bytes();
    let mut at = 0;
    while let Some(hit) = memchr(b'<', &bytes[at..]) {
        let tag = at + hit;
        let Some(length) = memchr(b'>', &bytes[tag..]) else { break };
        at = tag + length + 1;
        let tag = &cell[tag..at];
        if tag.starts_with("</") {
            continue;
        }
        for target in ["src", "href"].iter().filter_map(|name| attribute(tag, name)) {
            let target = decode_entities(target);
            if target.starts_with("http") {
                let known = record.metadata.open_text().contains("\"image\":");
                if tag.starts_with("<img") && !known {
                    record.metadata.push_str("image", &target);
                }
            } else if !target.is_empty() {
                record.files.push(target);
            }
        }
    }
}
