//! Activity as HTML: one `outer-cell` block for each record, on one line of any length.

use super::{
    File,
    blocks::{for_each_block, tag_with_class},
    convert::{Converted, convert},
    html_cells::{Line, before_close, cells, has, inline_text, lines, link, read_caption, read_media},
    products::Product,
    record::{Record, When},
    source_of,
};
use crate::{Context, ParseError, Parser, Peek, Sink, google::dates, text::html_to_text};
use dp_model::WarningKind;
use memchr::memmem::{self, Finder};
use std::{borrow::Cow, io::Read};

/// Reads `MyActivity.html`, `watch-history.html` and their like, in any language.
pub(crate) struct ActivityHtml;

impl Parser for ActivityHtml {
    fn name(&self) -> &'static str {
        "google.activity.html"
    }

    fn version(&self) -> u32 {
        1
    }

    fn source(&self, peek: &Peek<'_>) -> &'static str {
        source_of(peek)
    }

    fn recognises(&self, peek: &Peek<'_>) -> bool {
        tag_with_class(peek.head, 0, &Finder::new("outer-cell")).is_some() || is_long_head(peek)
    }

    fn parse(
        &self,
        context: &Context<'_>,
        input: &mut dyn Read,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        let file = File::new(context.path, context.home_zone);
        let outer = Finder::new("outer-cell");
        let content = Finder::new("content-cell");
        // An abbreviation is the same in the whole file; saying so once is enough.
        let mut zone_told = false;
        for_each_block(
            input,
            context.record_bytes_max,
            sink,
            |data, from| tag_with_class(data, from, &outer),
            |sink, block, position| {
                let text = match std::str::from_utf8(block) {
                    Ok(text) => Cow::Borrowed(text),
                    Err(_) => String::from_utf8_lossy(block),
                };
                if let Cow::Owned(_) = text {
                    sink.warn(
                        WarningKind::BadEncoding,
                        position,
                        "this record is not valid UTF-8; the bad bytes were replaced",
                    )?;
                }
                let Some(record) = read_block(&text, &content, &file) else {
                    sink.warn(
                        WarningKind::MalformedRecord,
                        position,
                        "this block holds no record; it was passed over",
                    )?;
                    return Ok(());
                };
                let Converted { mut draft, trouble } = convert(record, &file);
                draft.position = position;
                if let Some((kind, message)) = trouble {
                    let known = kind == WarningKind::UncertainZone && std::mem::replace(&mut zone_told, true);
                    if !known {
                        sink.warn(kind, position, message)?;
                    }
                }
                Ok(sink.document(draft)?)
            },
        )
    }
}

/// Whether these bytes are no more than the style sheet that pages of activity carry inside, which can
/// be longer than what recognition gets to see.
fn is_long_head(peek: &Peek<'_>) -> bool {
    let has = |wanted: &str| memmem::find(peek.head, wanted.as_bytes()).is_some();
    !peek.head_is_whole()
        && peek.head.trim_ascii_start().first() == Some(&b'<')
        && has("<style")
        && !has("</style>")
        && (has("material-design-lite") || has(".mdl-") || has(".content-cell") || has(".outer-cell"))
}

/// Reads one block. None if it has no cell with a record.
fn read_block<'a>(block: &'a str, content: &Finder<'_>, file: &File) -> Option<Record<'a>> {
    let cells = cells(block, content);
    if cells.record.trim().is_empty() {
        return None;
    }
    let mut record = Record::default();
    let header = header_text(cells.header);
    record.header = (!header.is_empty()).then_some(header);
    read_caption(cells.caption, &mut record);
    read_media(cells.media, &mut record);

    let lines = lines(cells.record);
    let gemini = is_gemini(&record, cells.caption, file);
    let (date, when) = find_date(&lines, gemini, file);
    record.when = when;
    read_title(&lines[0], &mut record);
    let rest_start = lines.len().min(1);
    let middle = &lines[rest_start..date.unwrap_or(lines.len()).max(rest_start)];
    read_middle(middle, gemini, &mut record);
    if let Some(date) = date {
        read_after(&cells.record[lines[date].end..], gemini, &mut record);
    }
    Some(record)
}

/// The heading is the text of the last paragraph before the first cell.
fn header_text(header: &str) -> Cow<'_, str> {
    let Some(at) = memmem::rfind(header.as_bytes(), b"<p") else { return inline_text(after_tags(header)) };
    let inner = header[at..].split_once('>').map_or("", |(_, inner)| inner);
    let end = inner.find("</p").unwrap_or(inner.len());
    let inner = inner[..end].trim();
    let inner = ["<br>", "<br/>", "<br />"].iter().find_map(|tag| inner.strip_suffix(tag)).unwrap_or(inner);
    inline_text(inner)
}

/// Steps over the tags of the cell itself, for pages that have no paragraph there.
fn after_tags(header: &str) -> &str {
    header.split_once('>').map_or("", |(_, rest)| rest)
}

fn is_gemini(record: &Record<'_>, caption: &str, file: &File) -> bool {
    let named = |name: &Cow<'_, str>| file.product(name) == Some(Product::Gemini);
    record.products.first().is_some_and(named)
        || record.header.as_ref().is_some_and(named)
        || file.folder == Some(Product::Gemini)
        || has(caption, "gemini.google.com/")
}

/// Finds the line of the date: the last that is one, since titles may hold line breaks of their own.
/// In a conversation the first, since the answer follows it.
fn find_date<'a>(lines: &[Line<'a>], gemini: bool, file: &File) -> (Option<usize>, When<'a>) {
    let read = |at: usize| -> Option<When<'a>> {
        let line = &lines[at];
        if line.anchor.is_some() || line.html.len() > 400 {
            return None;
        }
        // Sloppy pages close the cell on the date's own line.
        let html = before_close(line.html);
        let text = inline_text(html);
        if text.is_empty() || !text.chars().any(char::is_numeric) {
            return None;
        }
        let time = dates::parse(&text, &file.hints)?;
        Some(if time.uncertain_zone { When::Guessed(time.moment, text) } else { When::At(time.moment) })
    };
    let found = if gemini {
        (1..lines.len()).find_map(|at| read(at).map(|when| (at, when)))
    } else {
        (1..lines.len()).rev().find_map(|at| read(at).map(|when| (at, when)))
    };
    if let Some((at, when)) = found {
        return (Some(at), when);
    }
    // No line is a date: the last with a digit is what should have been one.
    let meant = lines.iter().enumerate().skip(1).rev().find_map(|(at, line)| {
        let html = before_close(line.html);
        let text = inline_text(html);
        (line.anchor.is_none() && text.len() < 160 && text.chars().any(char::is_numeric))
            .then_some((at, text))
    });
    match meant {
        Some((at, text)) => (Some(at), When::Unreadable(text)),
        None => (None, When::Missing),
    }
}

/// The first line: verb, no-break space, link or text, and in some languages the verb after it.
fn read_title<'a>(line: &Line<'a>, record: &mut Record<'a>) {
    record.separated = true;
    if let Some(anchor) = line.anchor {
        record.verb = inline_text(anchor.before);
        record.title = inline_text(anchor.inner);
        record.suffix = inline_text(anchor.after);
        record.url = Some(crate::text::decode_entities(anchor.href));
        return;
    }
    const VERB_BYTES_MAX: usize = 80;
    let html = before_close(line.html);
    let cut = html.split_once("&nbsp;").or_else(|| html.split_once('\u{A0}'));
    match cut.filter(|(verb, object)| verb.len() <= VERB_BYTES_MAX && !object.trim().is_empty()) {
        Some((verb, object)) => {
            record.verb = inline_text(verb);
            record.title = inline_text(object);
        }
        None => {
            record.title = inline_text(html);
            record.separated = false;
        }
    }
}

/// The lines between title and date: links are subtitles, plain text is description. In a
/// conversation plain text goes on with the prompt.
fn read_middle<'a>(lines: &[Line<'a>], gemini: bool, record: &mut Record<'a>) {
    for line in lines {
        if line.anchor.is_some() {
            record.subtitles.push(link(line));
            continue;
        }
        let text = inline_text(line.html);
        if gemini {
            record.title = Cow::Owned([&record.title, "\n", &text].concat());
        } else if !text.is_empty() {
            record.description = Some(match record.description.take() {
                None => text,
                Some(before) => Cow::Owned([&before, "\n", &text].concat()),
            });
        }
    }
    if gemini && let Cow::Owned(title) = &mut record.title {
        title.truncate(title.trim_end().len());
    }
}

/// What stands behind the date: the answer in a conversation, else more description.
fn read_after<'a>(html: &'a str, gemini: bool, record: &mut Record<'a>) {
    if !html.bytes().any(|byte| !byte.is_ascii_whitespace()) || html.trim() == "</div>" {
        return;
    }
    let text = html_to_text(html);
    if text.is_empty() {
        return;
    }
    if gemini {
        record.answers.push(text);
    } else {
        record.description = Some(match record.description.take() {
            None => Cow::Owned(text),
            Some(before) => Cow::Owned([&before, "\n", &text].concat()),
        });
    }
}
