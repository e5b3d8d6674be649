//! Mail as one mbox: plain, quoted-printable, base64 and multipart bodies, attachments, threads,
//! labels, other charsets, and a few broken messages.

use crate::dice::{Dice, mix};
use crate::google::moment::{mail_date, separator_date};
use crate::person::{EMAIL, Friend, NAME};
use crate::plan::{Event, Plan, Stream};
use crate::planted::planted;
use crate::truth::{Found, Sort};
use base64::{Engine, engine::general_purpose::STANDARD};
use dp_model::Kind;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::ops::Range;

const MAIL: Sort = ("google.mail", Kind::Email);

/// How an export names labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Labels {
    /// English, everything still unread.
    EnglishUnread,
    /// English, read since.
    EnglishOpened,
    /// German.
    German,
}

/// Writes the mails of these days.
pub(crate) fn write_mbox(
    plan: &Plan,
    days: Range<i32>,
    labels: Labels,
    out: &mut dyn Write,
    found: &mut Found<'_>,
) -> io::Result<()> {
    let mut text = String::with_capacity(16_384);
    if days.start == plan.first_day {
        let event = Event {
            time_ms: i64::from(plan.first_day) * 86_400_000 + 41_000_000,
            seed: 3,
            id: u32::MAX,
            planted: None,
        };
        text.clear();
        push_fixed(&mut text, &event, labels);
        found.document(MAIL, u64::from(event.id));
        out.write_all(text.as_bytes())?;
    }
    let events = plan.events(Stream::Mail, days);
    for (index, event) in events.iter().enumerate() {
        text.clear();
        push_mail(&mut text, plan, event, labels);
        out.write_all(text.as_bytes())?;
        found.document(MAIL, u64::from(event.id));
        let parties = parties(plan, &mut plan.dice(event, "mail"));
        found.stranger(&parties.from.1);
        found.stranger(&parties.to.1);
        if index == events.len() / 2 {
            let twin = Event { time_ms: event.time_ms + 1000, id: u32::MAX - 1, planted: None, ..*event };
            text.clear();
            push_broken(&mut text, &twin, labels);
            out.write_all(text.as_bytes())?;
            found.forgivable();
            found.stranger("damaged@example.com");
            found.loose_document(&[MAIL]);
        }
    }
    found.stranger(EMAIL);
    Ok(())
}

struct Parties {
    from: (String, String),
    to: (String, String),
    is_sent: bool,
    is_newsletter: bool,
}

fn address(friend: &Friend) -> (String, String) {
    (friend.name(), friend.email.clone().unwrap_or_else(|| "nobody@example.org".to_owned()))
}

fn parties(plan: &Plan, dice: &mut Dice) -> Parties {
    let own = (NAME.to_owned(), EMAIL.to_owned());
    if dice.chance(0.45) {
        let number = dice.favourite(60);
        let site = crate::person::site(number);
        let name = crate::words::capitalised(site.split('.').find(|part| part.len() > 4).unwrap_or("Shop"));
        let sender = (format!("{name} Newsletter"), format!("news@{site}"));
        return Parties { from: sender, to: own, is_sent: false, is_newsletter: true };
    }
    let friends = &plan.friends;
    let friend = address(&friends[dice.favourite(friends.len())]);
    if dice.chance(0.35) {
        Parties { from: own, to: friend, is_sent: true, is_newsletter: false }
    } else {
        Parties { from: friend, to: own, is_sent: false, is_newsletter: false }
    }
}

/// Text in a header, as an encoded word unless it is ASCII.
fn header_text(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    // An encoded word holds at most 75 characters, so long texts become several, cut between letters.
    let mut words = Vec::new();
    let mut piece = String::new();
    for letter in text.chars() {
        if piece.len() + letter.len_utf8() > 42 {
            words.push(format!("=?UTF-8?B?{}?=", STANDARD.encode(&piece)));
            piece.clear();
        }
        piece.push(letter);
    }
    words.push(format!("=?UTF-8?B?{}?=", STANDARD.encode(&piece)));
    words.join("\r\n ")
}

fn push_mail(out: &mut String, plan: &Plan, event: &Event, labels: Labels) {
    let mut dice = plan.dice(event, "mail");
    let parties = parties(plan, &mut dice);
    let planted = event.planted.map(planted);
    let subject = planted.map_or_else(|| plan.words.title(&mut dice), |planted| planted.title.to_owned());
    let length_bytes = if parties.is_newsletter { dice.between(900, 4000) } else { dice.between(60, 1800) };
    let mut body = plan.words.prose(&mut dice, length_bytes as usize);
    if let Some(planted) = planted {
        body = if planted.is_bare { planted.body.to_owned() } else { format!("{}\n\n{body}", planted.body) };
    } else if dice.chance(0.02) {
        body.push_str("\nFrom here on it only gets stranger.");
    }
    let thread = if dice.chance(0.3) { mix(event.seed) % 400 } else { event.seed >> 8 };
    let subject = if thread < 400 && planted.is_none() { format!("Re: {subject}") } else { subject };
    push_envelope(out, event, thread, label_list(&parties, event, labels));
    let _ = write!(out, "Date: {}\r\n", mail_date(event.time_ms, 3600));
    let _ = write!(out, "From: {} <{}>\r\n", quoted_name(&parties.from.0), parties.from.1);
    let _ = write!(out, "To: {} <{}>\r\n", quoted_name(&parties.to.0), parties.to.1);
    let _ = write!(
        out,
        "Subject: {}\r\nMessage-ID: <{:016x}.{}@mail.example.org>\r\n",
        header_text(&subject),
        event.seed,
        event.id
    );
    if thread < 400 {
        let _ = write!(out, "In-Reply-To: <thread.{thread}@mail.example.org>\r\n");
    }
    out.push_str("MIME-Version: 1.0\r\n");
    push_body(out, &body, parties.is_newsletter, planted.is_some(), &mut dice);
}

fn quoted_name(name: &str) -> String {
    if name.is_ascii() { format!("\"{name}\"") } else { header_text(name) }
}

fn label_list(parties: &Parties, event: &Event, labels: Labels) -> String {
    let german = labels == Labels::German;
    let mut list = vec![match (parties.is_sent, german) {
        (true, false) => "Sent",
        (true, true) => "Gesendet",
        (false, false) => "Inbox",
        (false, true) => "Posteingang",
    }];
    if !parties.is_sent {
        list.push(match labels {
            Labels::EnglishUnread => "Unread",
            Labels::EnglishOpened => "Opened",
            Labels::German => "Geöffnet",
        });
    }
    if parties.is_newsletter {
        list.push(if german { "Kategorie: Werbung" } else { "Category Promotions" });
    }
    if event.seed.is_multiple_of(11) {
        list.push("Projects/Bread oven");
    }
    let joined = list.join(",");
    if joined.is_ascii() { joined } else { format!("=?UTF-8?Q?{}?=", quoted_word(&joined)) }
}

/// The letters of an encoded word in the Q form.
fn quoted_word(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('_'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b',' | b':' | b'/' => out.push(char::from(byte)),
            byte => {
                let _ = write!(out, "={byte:02X}");
            }
        }
    }
    out
}

fn push_envelope(out: &mut String, event: &Event, thread: u64, labels: String) {
    let number = 1_500_000_000_000_000_000
        + (event.time_ms as u64 % 1_000_000_000_000) * 1000
        + u64::from(event.id % 1000);
    let _ = write!(out, "From {number}@xxx {}\r\n", separator_date(event.time_ms));
    let _ = write!(
        out,
        "X-GM-THRID: {}\r\nX-Gmail-Labels: {labels}\r\n",
        1_500_000_000_000_000_000 + thread % 300_000_000_000_000_000
    );
}

fn push_body(out: &mut String, body: &str, is_newsletter: bool, is_planted: bool, dice: &mut Dice) {
    let boundary = format!("000000000000{}", dice.hexadecimal(16));
    let form = if is_newsletter { 3 } else { dice.below(8) };
    match form {
        0 | 1 if body.is_ascii() => {
            out.push_str("Content-Type: text/plain; charset=\"UTF-8\"\r\n\r\n");
            push_lines(out, body);
        }
        0..=2 => {
            out.push_str(
                "Content-Type: text/plain; charset=\"UTF-8\"\r\nContent-Transfer-Encoding: base64\r\n\r\n",
            );
            push_base64(out, body.as_bytes());
        }
        3 => {
            let _ = write!(
                out,
                "Content-Type: multipart/alternative; boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\nContent-Type: text/plain; charset=\"UTF-8\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
            );
            push_quoted_printable(out, body.as_bytes());
            let _ = write!(
                out,
                "\r\n--{boundary}\r\nContent-Type: text/html; charset=\"UTF-8\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
            );
            let html = format!(
                "<html><body><div style=\"font-family:sans-serif\"><p>{}</p></div></body></html>",
                crate::google::text::html(body).replace("\n\n", "</p><p>")
            );
            push_quoted_printable(out, html.as_bytes());
            let _ = write!(out, "\r\n--{boundary}--\r\n\r\n");
        }
        4 if !is_planted && body.chars().all(|letter| (letter as u32) < 256) => {
            out.push_str("Content-Type: text/plain; charset=ISO-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n");
            let latin = body.chars().map(|letter| letter as u32 as u8).collect::<Vec<_>>();
            push_quoted_printable(out, &latin);
            out.push_str("\r\n\r\n");
        }
        5 if dice.chance(0.6) => {
            let _ = write!(
                out,
                "Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\nContent-Type: text/plain; charset=\"UTF-8\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
            );
            push_quoted_printable(out, body.as_bytes());
            let size_bytes = dice.between(600, 9000) as usize;
            let _ = write!(
                out,
                "\r\n--{boundary}\r\nContent-Type: application/pdf; name=\"receipt-{0}.pdf\"\r\nContent-Disposition: attachment; filename=\"receipt-{0}.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n",
                dice.below(9000)
            );
            push_base64(out, &dice.bytes(size_bytes));
            let _ = write!(out, "--{boundary}--\r\n\r\n");
        }
        _ => {
            out.push_str("Content-Type: text/plain; charset=\"UTF-8\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n");
            push_quoted_printable(out, body.as_bytes());
            out.push_str("\r\n\r\n");
        }
    }
}

/// Plain lines, those that look like a separator escaped.
fn push_lines(out: &mut String, body: &str) {
    for line in body.lines() {
        if line.starts_with("From ") {
            out.push('>');
        }
        out.push_str(line);
        out.push_str("\r\n");
    }
    out.push_str("\r\n");
}

fn push_base64(out: &mut String, bytes: &[u8]) {
    for line in bytes.chunks(57) {
        STANDARD.encode_string(line, out);
        out.push_str("\r\n");
    }
    out.push_str("\r\n");
}

fn push_quoted_printable(out: &mut String, bytes: &[u8]) {
    let mut column = 0;
    for (index, &byte) in bytes.iter().enumerate() {
        if byte == b'\n' {
            out.push_str("\r\n");
            column = 0;
            continue;
        }
        if column >= 72 {
            out.push_str("=\r\n");
            column = 0;
        }
        // "From " at the start of a line would look like a separator.
        let is_separator = column == 0 && bytes[index..].starts_with(b"From ");
        if (b' '..=b'~').contains(&byte) && byte != b'=' && !is_separator {
            out.push(char::from(byte));
            column += 1;
        } else {
            let _ = write!(out, "={byte:02X}");
            column += 3;
        }
    }
}

/// The mail that the question on senders asks for.
fn push_fixed(out: &mut String, event: &Event, labels: Labels) {
    let inbox = if labels == Labels::German { "Posteingang" } else { "Inbox,Starred" };
    push_envelope(out, event, 77, inbox.to_owned());
    let _ = write!(
        out,
        "Date: {}\r\nFrom: {} <juergen.oeztuerk@example.org>\r\nTo: \"{NAME}\" <{EMAIL}>\r\nCc: \"Aicha Benhaddou\" <aicha.benhaddou@example.com>\r\nSubject: Tandem spokes\r\nMessage-ID: <tandem-spokes@mail.example.org>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=\"UTF-8\"\r\n\r\nThe spokes have arrived, all seventy-two of them.\r\n>From Monday on I am in the workshop.\r\n\r\n",
        mail_date(event.time_ms, 7200),
        header_text("Jürgen Öztürk-Lindqvarn")
    );
}

/// A mail with base64 that is none and a boundary that never ends.
fn push_broken(out: &mut String, event: &Event, labels: Labels) {
    let inbox = if labels == Labels::German { "Posteingang" } else { "Inbox" };
    push_envelope(out, event, 78, inbox.to_owned());
    let _ = write!(
        out,
        "Date: someday soon\r\nFrom: damaged@example.com\r\nTo: {EMAIL}\r\nSubject: Scan of the broken teapot\r\nMessage-ID: <broken-teapot-{}@mail.example.org>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"lost\"\r\n\r\n--lost\r\nContent-Type: text/plain; charset=\"UTF-8\"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!! this is not base64 at all ????\r\n%%%%\r\n--lost\r\nContent-Type: image/png; name=\"teapot.png\"\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0K***\r\n\r\n",
        event.time_ms
    );
}

/// Appends mails until there are at least so many bytes.
pub(crate) fn fill(out: &mut Vec<u8>, plan: &Plan, length_bytes: usize) {
    let mut text = String::with_capacity(16_384);
    let mut id = 0;
    while out.len() < length_bytes {
        let event = Event {
            time_ms: 1_400_000_000_000 + i64::from(id) * 911_000,
            seed: mix(plan.seed ^ u64::from(id)),
            id,
            planted: None,
        };
        text.clear();
        push_mail(&mut text, plan, &event, Labels::EnglishOpened);
        out.extend_from_slice(text.as_bytes());
        id += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_foreign_subjects_are_cut_between_letters() {
        let header = header_text(&"茶会のお知らせ".repeat(6));
        for word in header.split("\r\n ") {
            let inner = word.strip_prefix("=?UTF-8?B?").and_then(|word| word.strip_suffix("?=")).unwrap();
            assert!(word.len() <= 75 && String::from_utf8(STANDARD.decode(inner).unwrap()).is_ok());
        }
    }

    #[test]
    fn quoted_printable_hides_separators_and_keeps_lines_short() {
        let mut out = String::new();
        push_quoted_printable(&mut out, format!("From here\n{}", "ü".repeat(100)).as_bytes());
        assert!(out.starts_with("=46rom here\r\n"));
        assert!(out.lines().all(|line| line.len() <= 76));
    }
}
