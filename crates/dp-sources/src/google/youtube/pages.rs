//! Comments and messages of live chats as HTML, until about 2021: a list of
//! `Sent at 2020-04-27 23:18:23 UTC while watching <a href="…">title</a>.<br/>text`.

use super::{SOURCE, values};
use crate::{
    Context, ParseError, Parser, Peek, Sink,
    google::activity::{BlockStart, for_each_block},
    text::{decode_entities, host_and_path, html_to_text, raw_query_parameter},
    times,
};
use dp_model::{Content, Draft, Kind, Moment, WarningKind};
use memchr::memmem;
use std::io::Read;

/// Reads `my-comments.html` and `my-live-chat-messages.html`.
pub(crate) struct CommentPages;

impl Parser for CommentPages {
    fn name(&self) -> &'static str {
        "google.youtube.comment_pages"
    }

    fn version(&self) -> u32 {
        1
    }

    fn source(&self, _: &Peek<'_>) -> &'static str {
        SOURCE
    }

    fn recognises(&self, peek: &Peek<'_>) -> bool {
        let Some(item) = find_item(peek.head, 0) else { return false };
        let end = find_item(peek.head, item.inner).map_or(peek.head.len(), |next| next.open);
        let first = String::from_utf8_lossy(&peek.head[item.inner..end]);
        let link = first.find("href").map_or("", |at| &first[at..]);
        link.contains("youtube.com/") && find_time(&first).is_some()
    }

    fn parse(
        &self,
        context: &Context<'_>,
        input: &mut dyn Read,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        let kind = match context.path.to_lowercase().contains("chat") {
            true => Kind::Message,
            false => Kind::Comment,
        };
        for_each_block(input, context.record_bytes_max, sink, find_item, |sink, block, position| {
            let text = String::from_utf8_lossy(block);
            match document(&text, kind, position) {
                Some(draft) => {
                    if draft.content.time.is_none() {
                        let quoted = draft.content.text.chars().take(80).collect::<String>();
                        sink.warn(
                            WarningKind::UnreadableDate,
                            position,
                            format!("no date could be read in {quoted:?}; it was kept without one"),
                        )?;
                    }
                    Ok(sink.document(draft)?)
                }
                None => Ok(()),
            }
        })
    }
}

/// The next `<li>`.
fn find_item(data: &[u8], from: usize) -> Option<BlockStart> {
    let mut at = from;
    loop {
        let open = at + memmem::find(data.get(at..)?, b"<li")?;
        let inner = open + memchr::memchr(b'>', &data[open..])? + 1;
        if matches!(data.get(open + 3), Some(b'>' | b' ' | b'\n')) {
            return Some(BlockStart { open, inner });
        }
        at = open + 3;
    }
}

/// The first time in a text, and the byte after it: `2020-04-27 23:18:23 UTC` or `2020-04-27T23:18:23.000Z`.
fn find_time(text: &str) -> Option<(Moment, usize)> {
    let bytes = text.as_bytes();
    for at in memmem::find_iter(bytes, b"-").filter(|&at| at >= 4).take(64) {
        let start = at - 4;
        let plausible = bytes[start..at].iter().all(u8::is_ascii_digit) && bytes.get(at + 3) == Some(&b'-');
        if !plausible {
            continue;
        }
        // With a time, its fraction and `UTC` or `Z`; the longest that reads wins.
        for length in (19..=28).rev() {
            if let Some(moment) =
                text.get(start..start + length).filter(|part| !part.ends_with(' ')).and_then(times::iso8601)
            {
                let moment = match moment.clock {
                    dp_model::Clock::Wall => Moment::utc(moment.utc_us, moment.precision),
                    dp_model::Clock::Instant => moment,
                };
                return Some((moment, start + length));
            }
        }
    }
    None
}

fn document(block: &str, kind: Kind, position: u64) -> Option<Draft> {
    let (_, inner) = block.split_once('>')?;
    let inner = inner.split_once("</li>").map_or(inner, |(inner, _)| inner);
    let (head, said) = ["<br/>", "<br>", "<br />"]
        .iter()
        .filter_map(|tag| inner.find(tag).map(|at| (at, tag.len())))
        .min()
        .map_or((inner, ""), |(at, length)| (&inner[..at], &inner[at + length..]));
    let time = find_time(head);
    let mut content = Content::new(SOURCE, kind);
    content.time = time.map(|(moment, _)| moment);
    content.text = html_to_text(if said.is_empty() { inner } else { said });
    let link = head.split_once("href=\"").and_then(|(_, rest)| rest.split_once('"'));
    let mut comment = None;
    let mut video = None;
    if let Some((href, rest)) = link {
        let url = decode_entities(href).into_owned();
        let title = rest.split_once('>').map_or("", |(_, rest)| rest.split("</a").next().unwrap_or(""));
        let title = html_to_text(title);
        if !title.is_empty() {
            content.metadata.push_str("on", &title);
        }
        comment = raw_query_parameter(&url, "lc").map(str::to_owned).filter(|id| values::is_comment_id(id));
        video = values::video_of(&url).map(str::to_owned);
        let https = host_and_path(&url)
            .and_then(|_| url.strip_prefix("http://"))
            .map(|rest| ["https://", rest].concat());
        content.url = Some(https.unwrap_or(url));
    }
    if content.text.is_empty() && content.url.is_none() {
        return None;
    }
    if let (Kind::Comment, Some(id)) = (kind, &comment) {
        return Some(Draft::unique(id.as_bytes(), position, content));
    }
    // Without the comment's own id: when, on what, and what was said.
    let second = content.time.as_ref().map_or(i64::MIN, |moment| moment.utc_us.div_euclid(1_000_000));
    let hash = blake3::hash(content.text.as_bytes());
    let key = [&second.to_be_bytes(), video.unwrap_or_default().as_bytes(), &hash.as_bytes()[..16]].concat();
    Some(Draft::repeatable(&key, position, content))
}
