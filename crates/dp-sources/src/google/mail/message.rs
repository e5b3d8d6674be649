//! One mail to a document: headers to title, time, people and labels, parts to text and media, and
//! every header that has no place in the model to metadata.

use super::{
    address, date,
    header::{Field, Headers},
    labels,
    mbox::RawMail,
    mime::{Problems, read_parts},
};
use crate::google::people::mention;
use dp_model::{Clock, Content, Draft, Kind, Labels, Mention, Metadata, Moment, Role};
use smallvec::SmallVec;

/// A mail as a document, and what went wrong with it.
pub(super) struct Read {
    pub(super) draft: Draft,
    pub(super) problems: Problems,
    /// The `Date` header, if neither it nor the separator gave a time.
    pub(super) unreadable_date: Option<String>,
}

/// Whether this is the mailbox of a Google group: there `X-Gmail-Labels` tells the state of a topic.
pub(super) fn is_group(path: &str, headers: &Headers<'_>) -> bool {
    path.contains("@googlegroups.com") || headers.find("x-google-groups").is_some()
}

/// Headers that the document says in its own words, and need not be kept twice.
const TOLD: &[&str] =
    &["subject", "message-id", "x-gm-thrid", "x-gmail-labels", "date", "in-reply-to", "references"];

const PEOPLE: &[(&str, Role)] =
    &[("from", Role::From), ("to", Role::To), ("cc", Role::Cc), ("bcc", Role::Bcc)];

/// Reads one mail. None if there is nothing in it.
pub(super) fn read(mail: &RawMail<'_>, source: &'static str, path: &str) -> Option<Read> {
    let (headers, body) = Headers::split(mail.bytes);
    if headers.0.is_empty() && body.trim_ascii().is_empty() {
        return None;
    }
    let parts = read_parts(&headers, body, mail.cut);
    let mut content = Content::new(source, Kind::Email);
    content.title = one_line(headers.text("subject"));
    content.text = parts.text;
    content.media = parts.media;
    content.people = people(&headers);
    content.time = time(&headers, mail);
    let states = headers.find("x-gmail-labels").map(|field| labels::parse(field.value)).unwrap_or_default();
    let group = source == super::GROUPS;
    content.labels = if group {
        group_name(&headers, path).into_iter().map(Into::into).collect()
    } else {
        states.iter().cloned().map(Into::into).collect::<Labels>()
    };
    let message_id = headers.text("message-id").map(|id| bare_id(&id).to_owned());
    let unread_date = headers.text("date").filter(|_| content.time.is_none());
    content.metadata = metadata(&headers, mail, message_id.as_deref(), if group { &states } else { &[] });
    let key = key(message_id.as_deref(), &headers, mail);
    Some(Read {
        draft: Draft::unique(&key, mail.position, content),
        problems: parts.problems,
        unreadable_date: unread_date,
    })
}

fn one_line(text: Option<String>) -> String {
    text.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).unwrap_or_default()
}

fn bare_id(id: &str) -> &str {
    id.trim().trim_start_matches('<').trim_end_matches('>').trim()
}

/// What makes the mail that one and no other: its Message-ID with Gmail's own number, which tells apart
/// mails that share a Message-ID; without either, the bytes but for what changes between exports.
fn key(message_id: Option<&str>, headers: &Headers<'_>, mail: &RawMail<'_>) -> SmallVec<[u8; 64]> {
    let mut key = SmallVec::new();
    let gmail_id = mail.separator.as_ref().and_then(|separator| separator.gmail_id);
    if let Some(id) = message_id.filter(|id| !id.is_empty()) {
        key.extend_from_slice(b"id\0");
        key.extend_from_slice(id.as_bytes());
        key.push(0);
        match gmail_id {
            Some(number) => key.extend_from_slice(number.to_string().as_bytes()),
            None => key.extend_from_slice(headers.text("x-gm-thrid").unwrap_or_default().as_bytes()),
        }
    } else if let Some(number) = gmail_id {
        key.extend_from_slice(b"gmail\0");
        key.extend_from_slice(number.to_string().as_bytes());
    } else {
        let mut hasher = blake3::Hasher::new();
        let (_, body) = Headers::split(mail.bytes);
        for field in headers.0.iter().filter(|field| !field.is("x-gmail-labels") && !field.is("x-gm-thrid")) {
            hasher.update(field.name).update(b":").update(field.value).update(b"\n");
        }
        hasher.update(body);
        key.extend_from_slice(b"hash\0");
        key.extend_from_slice(&hasher.finalize().as_bytes()[..16]);
    }
    key
}

fn people(headers: &Headers<'_>) -> Vec<Mention> {
    let mut found: Vec<Mention> = Vec::new();
    for &(name, role) in PEOPLE {
        for field in headers.0.iter().filter(|field| field.is(name)) {
            let addresses = address::parse_list(field.value);
            found.extend(
                addresses.iter().filter_map(|a| mention(role, a.name.as_deref(), a.address.as_deref())),
            );
        }
    }
    found
}

/// The `Date` header if it tells an instant, else when the mailbox got the mail, else the header's
/// local time.
fn time(headers: &Headers<'_>, mail: &RawMail<'_>) -> Option<Moment> {
    // Broken programs write 1970 when they do not know.
    let header = headers.text("date").and_then(|text| date::header(&text));
    let header = header.filter(|moment| moment.utc_us > Moment::DAY_US * 2);
    let received = mail.separator.as_ref().map(|separator| separator.date.clone());
    match header {
        Some(moment) if moment.clock == Clock::Instant => Some(moment),
        local => received.or(local),
    }
}

fn group_name(headers: &Headers<'_>, path: &str) -> Option<String> {
    let name = |address: &str| address.split('@').next().unwrap_or(address).trim().to_owned();
    let folder = path.split('/').find(|segment| segment.ends_with("@googlegroups.com"));
    let named = headers.text("x-google-groups").and_then(|groups| groups.split(',').next().map(name));
    folder.map(name).or(named).or_else(|| headers.text("x-beenthere").as_deref().map(name))
}

fn metadata(
    headers: &Headers<'_>,
    mail: &RawMail<'_>,
    message_id: Option<&str>,
    topic_state: &[String],
) -> Metadata {
    let mut metadata = Metadata::new();
    if let Some(id) = message_id {
        metadata.push_str("message_id", id);
    }
    if let Some(number) = mail.separator.as_ref().and_then(|separator| separator.gmail_id) {
        // A number of 19 digits loses its last ones in programs that count in floats.
        metadata.push_str("gmail_id", &number.to_string());
    }
    for (key, name) in
        [("thread_id", "x-gm-thrid"), ("in_reply_to", "in-reply-to"), ("references", "references")]
    {
        if let Some(text) = headers.text(name) {
            metadata.push_str(key, &text);
        }
    }
    if !topic_state.is_empty() {
        metadata.push_value("topic_state", &topic_state.into());
    }
    if mail.cut {
        metadata.push_bool("cut", true);
    }
    let mut told = [false; TOLD.len()];
    let other = headers.0.iter().filter(|field| !is_told(field, &mut told)).collect::<Vec<_>>();
    if !other.is_empty() {
        metadata.push_with("headers", |out| write_headers(&other, out));
    }
    metadata
}

/// Whether the document says this field already; of fields that come twice only the first is said.
fn is_told(field: &Field<'_>, told: &mut [bool; TOLD.len()]) -> bool {
    if PEOPLE.iter().any(|(name, _)| field.is(name)) {
        return true;
    }
    let Some(at) = TOLD.iter().position(|name| field.is(name)) else { return false };
    let first = !std::mem::replace(&mut told[at], true);
    // A date that is no plain one may say more than could be read.
    let plain_date = || date::header(&field.text()).is_some_and(|moment| moment.clock == Clock::Instant);
    first && (TOLD[at] != "date" || plain_date())
}

/// Writes `[["Name","value"],…]` in the order of the mail.
fn write_headers(fields: &[&Field<'_>], out: &mut String) {
    for (at, field) in fields.iter().enumerate() {
        out.push_str(if at == 0 { "[[" } else { ",[" });
        write_json(&String::from_utf8_lossy(field.name), out);
        out.push(',');
        // Most are plain text but for their folds; they are written without a copy.
        match std::str::from_utf8(field.value) {
            Ok(text) if !text.contains("=?") => write_json(text.trim(), out),
            _ => write_json(&field.text(), out),
        }
        out.push(']');
    }
    out.push(']');
}

/// Writes a JSON string, leaving out line breaks: in a header they are folds.
fn write_json(text: &str, out: &mut String) {
    out.push('"');
    let mut written = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[written..at]);
        written = at + 1;
        match byte {
            b'\r' | b'\n' => {}
            b'\t' => out.push_str("\\t"),
            b'"' | b'\\' => out.extend(['\\', byte as char]),
            control => out.push_str(&format!("\\u{control:04x}")),
        }
    }
    out.push_str(&text[written..]);
    out.push('"');
}
