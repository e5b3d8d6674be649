//! From a record to a document.

use super::{
    File,
    classify::{self, Class, Object},
    links,
    products::Product,
    record::{Area, Link, Record, When},
    titles::{self, Parts},
};
use dp_model::{Content, Draft, Identity, Kind, Media, Mention, Moment, Place, Role, WarningKind};
use std::borrow::Cow;

/// A document, and what is to be said about it.
pub(super) struct Converted {
    pub(super) draft: Draft,
    pub(super) trouble: Option<(WarningKind, String)>,
}

/// Longest title in characters; what is longer becomes text.
const TITLE_CHARS_MAX: usize = 200;

/// Turns a record into a document.
pub(super) fn convert(mut record: Record<'_>, file: &File) -> Converted {
    let (url, redirected) = match record.url.take() {
        Some(url) if !url.is_empty() => {
            let (url, redirected) = links::unwrap(url);
            (Some(url), redirected)
        }
        _ => (None, false),
    };
    let class = classify::classify(&record, url.as_deref(), redirected, file);
    let (time, trouble) = moment_of(&mut record, class.kind);
    let key = classify::key(time.as_ref(), &class.object, url.as_deref(), classify::title_parts(&record));

    let mut content = Content::new(class.source, class.kind);
    content.time = time;
    content.metadata = std::mem::take(&mut record.metadata);
    set_title(&mut content, &record, &class);
    set_text(&mut content, &mut record, &class);
    set_place(&mut content, &record.areas, url.as_deref(), &class);
    set_boilerplate(&mut content, &record, &class, file);
    content.media = media_of(&mut record);
    content.url = url.map(Cow::into_owned);
    Converted { draft: Draft { key, repeatable: true, position: 0, content }, trouble }
}

fn moment_of(record: &mut Record<'_>, kind: Kind) -> (Option<Moment>, Option<(WarningKind, String)>) {
    match std::mem::take(&mut record.when) {
        When::At(moment) => (Some(moment), None),
        When::Missing => {
            let message = format!("a record of kind {kind} has no time; it was kept without a date");
            (None, Some((WarningKind::UnreadableDate, message)))
        }
        When::Unreadable(text) => {
            let quoted = text.chars().take(120).collect::<String>();
            record.metadata.push_str("time", &text);
            let message =
                format!("the date {quoted:?} could not be read; the record was kept without a date");
            (None, Some((WarningKind::UnreadableDate, message)))
        }
        When::Guessed(moment, text) => {
            record.metadata.push_str("time", &text);
            let message = format!(
                "it is not certain which time zone is meant in {text:?}; setting the home zone decides it"
            );
            (Some(moment), Some((WarningKind::UncertainZone, message)))
        }
    }
}

fn set_title(content: &mut Content, record: &Record<'_>, class: &Class<'_>) {
    let parts = if record.separated {
        Parts { verb: record.verb.trim(), object: record.title.trim(), suffix: record.suffix.trim() }
    } else {
        let known = match &class.object {
            Object::Query(query) => titles::around(record.title.trim(), query),
            _ => None,
        };
        known.unwrap_or_else(|| titles::split(&record.title))
    };
    if !parts.verb.is_empty() {
        content.metadata.push_str("verb", parts.verb);
    }
    if !parts.suffix.is_empty() {
        content.metadata.push_str("verb_after", parts.suffix);
    }
    match &class.object {
        Object::Query(query) if !query.is_empty() => {
            if query != parts.object {
                content.metadata.push_str("title", parts.object);
            }
            content.title.clone_from(query);
        }
        _ => {
            content.title = one_line(parts.object).into_owned();
            if content.title != parts.object {
                parts.object.clone_into(&mut content.text);
            }
        }
    }
}

/// The first line of a text, cut to the length of a title.
fn one_line(text: &str) -> Cow<'_, str> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("");
    if line.len() <= TITLE_CHARS_MAX {
        return Cow::Borrowed(line);
    }
    match line.char_indices().nth(TITLE_CHARS_MAX) {
        Some((end, _)) => Cow::Owned([line[..end].trim_end(), "…"].concat()),
        None => Cow::Borrowed(line),
    }
}

fn set_text(content: &mut Content, record: &mut Record<'_>, class: &Class<'_>) {
    let youtube = class.product.is_some_and(Product::is_youtube);
    if youtube
        && record.subtitles.len() == 1
        && let Some(author) = channel(&record.subtitles[0])
    {
        content.people.push(author);
        record.subtitles.clear();
    }
    let mut add = |text: &str| {
        let text = text.trim();
        if !text.is_empty() {
            if !content.text.is_empty() {
                content.text.push('\n');
            }
            content.text.push_str(text);
        }
    };
    for name in record.subtitles.iter().filter_map(|link| link.name.as_deref()) {
        add(name);
    }
    if let Some(description) = &record.description {
        add(description);
    }
    for answer in std::mem::take(&mut record.answers) {
        if !content.text.is_empty() {
            content.text.push_str("\n\n");
        }
        content.text.push_str(&answer);
    }
    push_links(content, "subtitle_links", &record.subtitles, |link| link.url.is_some());
}

/// The maker of a video. YouTube Music's own channels carry ` - Topic` after the artist's name.
fn channel(link: &Link<'_>) -> Option<Mention> {
    let name = link.name.as_deref()?.trim();
    let identity = link.url.as_deref().and_then(links::handle_of_channel);
    if link.url.is_some() && identity.is_none() {
        return None;
    }
    let artist = [" - Topic", " - トピック", " - Thema", " - Tema"]
        .iter()
        .find_map(|suffix| name.strip_suffix(suffix));
    let identity = identity.or_else(|| Identity::name(artist.unwrap_or(name)));
    Some(Mention { role: Role::Author, name: Some(artist.unwrap_or(name).to_owned()), identity })
}

/// Keeps the links of which `wanted` is true, as the foreign format writes them.
fn push_links(content: &mut Content, key: &str, links: &[Link<'_>], wanted: impl Fn(&Link<'_>) -> bool) {
    let kept = links.iter().filter(|link| wanted(link)).map(|link| {
        let mut object = serde_json::Map::new();
        for (field, value) in [("name", &link.name), ("url", &link.url)] {
            if let Some(value) = value {
                object.insert(field.to_owned(), value.as_ref().into());
            }
        }
        serde_json::Value::Object(object)
    });
    let kept = kept.collect::<Vec<_>>();
    if !kept.is_empty() {
        content.metadata.push_value(key, &serde_json::Value::Array(kept));
    }
}

/// Where the person was, roughly; for a record of Maps without that, what it is about.
fn set_place(content: &mut Content, areas: &[Area<'_>], url: Option<&str>, class: &Class<'_>) {
    let point = areas.iter().find_map(|area| area.url.as_deref().and_then(links::map_point));
    if let Some(point) = point {
        content.place = Some(Place { point: Some(point), ..Place::default() });
    } else if class.product == Some(Product::Maps)
        && let Some(point) = url.and_then(links::map_point)
    {
        content.place = Some(Place { point: Some(point), ..Place::default() });
    }
    let Some(first) = areas.first() else { return };
    // The point is the middle of an area of several square kilometres, on purpose.
    let mut location = serde_json::Map::new();
    location.insert("rough".to_owned(), true.into());
    for (field, value) in [("name", &first.name), ("source", &first.source)] {
        if let Some(value) = value {
            location.insert(field.to_owned(), value.as_ref().into());
        }
    }
    if let (None, Some(url)) = (point, &first.url) {
        location.insert("url".to_owned(), url.as_ref().into());
    }
    content.metadata.push_value("location", &serde_json::Value::Object(location));
    if areas.len() > 1 {
        let others = areas[1..].iter().map(|area| {
            serde_json::json!({"name": area.name.as_deref(), "url": area.url.as_deref(), "source": area.source.as_deref()})
        });
        content.metadata.push_value("more_locations", &others.collect());
    }
}

/// The rest of the record, without what its source says already.
fn set_boilerplate(content: &mut Content, record: &Record<'_>, class: &Class<'_>, file: &File) {
    let says_source = |name: &str| {
        // YouTube's apps share a source; which app it was is worth keeping.
        (!class.product.is_some_and(Product::is_youtube) || name == "YouTube")
            && file.product(name).is_some_and(|product| product.source() == class.source)
    };
    if let Some(header) = record.header.as_deref().filter(|header| !header.is_empty() && !says_source(header))
    {
        content.metadata.push_str("header", header);
    }
    let header = record.header.as_deref();
    let known = record.products.iter().all(|name| Some(name.as_ref()) == header || says_source(name));
    if !known {
        push_names(content, "products", &record.products);
    }
    if !record.controls.is_empty() {
        push_names(content, "activityControls", &record.controls);
    }
    if class.ad {
        content.metadata.push_bool("ad", true);
    }
    let ad_label = class.ad && record.details.len() == 1 && record.details[0].url.is_none();
    if class.kind == Kind::Conversation {
        let ids = classify::conversations(&record.details).map(serde_json::Value::from).collect::<Vec<_>>();
        if !ids.is_empty() {
            content.metadata.push_value("conversations", &ids.into());
        }
        push_links(content, "details", &record.details, |link| {
            classify::conversations(std::slice::from_ref(link)).next().is_none()
        });
    } else if !ad_label {
        push_links(content, "details", &record.details, |_| true);
    }
}

fn push_names(content: &mut Content, key: &str, names: &[Cow<'_, str>]) {
    content.metadata.push_with(key, |out| {
        out.push('[');
        for (at, name) in names.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            if name.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
                out.push_str(&serde_json::Value::from(name.as_ref()).to_string());
            } else {
                out.push('"');
                out.push_str(name);
                out.push('"');
            }
        }
        out.push(']');
    });
}

fn media_of(record: &mut Record<'_>) -> Vec<Media> {
    let mut media: Vec<Media> = Vec::new();
    for name in record.files.drain(..) {
        if !name.is_empty() && !media.iter().any(|known| *known.name == *name) {
            media.push(Media { name: name.into_owned(), mime: None, size_bytes: None, hash: None });
        }
    }
    media
}
