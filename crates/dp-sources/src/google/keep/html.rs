//! The HTML form of a note, for exports that lack the JSON: one `div.note` with heading, title,
//! content and chips.

use super::note::{Annotation, Item, Note};
use crate::{
    Context,
    google::{dates, zoned::moment_in_zone},
    text::{decode_entities, html_to_text},
    transfer::base64_pieces,
};
use dp_model::{BlobHash, Media, Moment};

/// Reads the note of a page. None if there is none.
pub(super) fn read(page: &str, context: &Context<'_>) -> Option<Note> {
    let start = page.find("<div class=\"note")?;
    let page = &page[start..];
    let mut note = Note {
        color: page["<div class=\"note".len()..].split('"').next().unwrap_or("").trim().to_owned(),
        ..Note::default()
    };
    let heading = element(page, "div", "heading").unwrap_or("");
    note.pinned = heading.contains("class=\"pinned\"");
    note.archived = heading.contains("class=\"archived\"");
    note.trashed = heading.contains("class=\"trashed\"");
    note.edited_local = heading_time(heading, context);
    note.title = element(page, "div", "title").map(plain_line).unwrap_or_default();
    let content = element(page, "div", "content").unwrap_or("");
    if content.contains("class=\"listitem") {
        note.items = content.split("<li").skip(1).map(item).collect();
    } else {
        note.text = html_to_text(content).trim_end().to_owned();
    }
    note.labels = elements(page, "label-name").map(plain_line).filter(|name| !name.is_empty()).collect();
    note.annotations = page.split("<span class=\"chip annotation").skip(1).map(annotation).collect();
    if let Some(attachments) = element(page, "div", "attachments") {
        note.media = attachments.split('<').filter_map(attachment).collect();
    }
    Some(note)
}

/// The date in the heading is local time without a zone: the person's own, if they said it.
fn heading_time(heading: &str, context: &Context<'_>) -> Option<Moment> {
    let line = plain_line(heading);
    let read = dates::parse(&line, &dates::Hints::new(context.home_zone))?.moment;
    let local_us = read.utc_us + i64::from(read.offset_s.unwrap_or(0)) * 1_000_000;
    let zoned = context.home_zone.and_then(|zone| moment_in_zone(local_us, zone, read.precision));
    Some(zoned.unwrap_or_else(|| Moment::wall(local_us, read.precision)))
}

fn item(html: &str) -> Item {
    let bullet = elements(html, "bullet").next().map(plain_line).unwrap_or_default();
    let text = elements(html, "text").next().map(plain_line).unwrap_or_default();
    Item { text, checked: matches!(bullet.as_str(), "☑" | "☒" | "✓" | "✔") }
}

fn annotation(html: &str) -> Annotation {
    let chip = html.split("<span class=\"chip ").next().unwrap_or(html);
    Annotation {
        title: elements(chip, "annotation-text").next().map(plain_line).unwrap_or_default(),
        description: attribute(chip, "title")
            .map(|text| decode_entities(text).into_owned())
            .unwrap_or_default(),
        url: attribute(chip, "href").map(|text| decode_entities(text).into_owned()).unwrap_or_default(),
    }
}

/// What a tag with `src` or `href` points at: a file beside, or a picture inside the page.
fn attachment(tag: &str) -> Option<Media> {
    let tag = tag.split('>').next().unwrap_or(tag);
    let target = attribute(tag, "src").or_else(|| attribute(tag, "href"))?;
    let Some(data) = target.strip_prefix("data:") else {
        let name = decode_entities(target).into_owned();
        return (!name.is_empty()).then_some(Media { name, mime: None, size_bytes: None, hash: None });
    };
    let (mime, data) = data.split_once(";base64,")?;
    let mut hasher = blake3::Hasher::new();
    base64_pieces(data.as_bytes(), |piece| {
        hasher.update(piece);
    });
    Some(Media {
        name: format!("unnamed.{}", mime.rsplit('/').next().unwrap_or("bin")),
        mime: Some(mime.to_owned()),
        size_bytes: Some(hasher.count()),
        hash: Some(BlobHash(*hasher.finalize().as_bytes())),
    })
}

/// The inside of the first element of this tag and class, elements of the same tag inside it included.
fn element<'p>(page: &'p str, tag: &str, class: &str) -> Option<&'p str> {
    let mark = format!("<{tag} class=\"{class}\"");
    let at = page.find(&mark)?;
    let inside = &page[at + mark.len()..];
    let inside = &inside[inside.find('>')? + 1..];
    let (open, close) = (format!("<{tag}"), format!("</{tag}"));
    let (mut depth, mut at) = (0_usize, 0);
    loop {
        let Some(end) = inside[at..].find(&close).map(|end| at + end) else { return Some(inside) };
        depth += inside[at..end].matches(&open).count();
        if depth == 0 {
            return Some(&inside[..end]);
        }
        depth -= 1;
        at = end + close.len();
    }
}

/// The insides of all `span`s of this class.
fn elements<'p>(page: &'p str, class: &str) -> impl Iterator<Item = &'p str> + use<'p> {
    let mark = format!("<span class=\"{class}\"");
    let mut rest = page;
    std::iter::from_fn(move || {
        let inside = &rest[rest.find(&mark)? + mark.len()..];
        let inside = &inside[inside.find('>')? + 1..];
        let (text, after) = inside.split_once("</span>").unwrap_or((inside, ""));
        rest = after;
        Some(text)
    })
}

fn attribute<'p>(html: &'p str, name: &str) -> Option<&'p str> {
    let mark = format!(" {name}=\"");
    let rest = &html[html.find(&mark)? + mark.len()..];
    rest.split('"').next()
}

fn plain_line(html: &str) -> String {
    html_to_text(html).split_whitespace().collect::<Vec<_>>().join(" ")
}
