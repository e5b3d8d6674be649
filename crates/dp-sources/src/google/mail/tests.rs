//! Mailboxes written by hand, with the traps of real ones.

use super::*;
use crate::testing::{Found, Paths, collect, collect_in};
use dp_model::{BlobHash, Draft, Identity, Role};
use proptest::prelude::*;

const FROM: &str = "From 1812345678901234567@xxx Fri Dec 12 06:57:49 +0000 2025\r\n";

fn read(text: &str) -> Found {
    collect(&Mbox, "Mail/All mail Including Spam and Trash.mbox", text.as_bytes())
}

/// The only mail of a mailbox with these headers and body, which gives no warning.
fn one(mail: &str) -> Draft {
    let mut found = read(&format!("{FROM}{}", mail.replace('\n', "\r\n")));
    assert_eq!(found.warnings, []);
    assert_eq!(found.drafts.len(), 1);
    found.drafts.remove(0)
}

fn kinds(found: &Found) -> Vec<WarningKind> {
    found.warnings.iter().map(|warning| warning.kind).collect()
}

#[test]
fn a_plain_mail_becomes_a_document() {
    let draft = one("X-GM-THRID: 1700000000000000001
X-Gmail-Labels: Posteingang,Geöffnet,\"Reisen, 2025\"
Received: by relay.example;
        Fri, 12 Dec 2025 07:57:48 +0100
Message-ID: <abc@example.org>
In-Reply-To: <root@example.org>
Date: Fri, 12 Dec 2025 07:57:49 +0100
Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= aus
 Bern
From: \"Lund, Mia\" <Mia.Lund@example.org>
To: Sam <sam@example.org>, list@example.org
Cc: undisclosed-recipients:;
X-Mailer: Test \"1\"

Hello Sam,

>From here the Alps look small.
");
    let content = &draft.content;
    assert_eq!(content.title, "Grüße aus Bern");
    assert_eq!(content.text, "Hello Sam,\n\nFrom here the Alps look small.");
    let time = content.time.as_ref().unwrap();
    assert_eq!((time.utc_us, time.offset_s), (1_765_522_669_000_000, Some(3600)));
    assert_eq!(content.labels.as_slice(), ["Inbox", "Opened", "Reisen, 2025"]);
    let people: Vec<_> = content
        .people
        .iter()
        .map(|m| (m.role, m.name.as_deref(), m.identity.as_ref().unwrap().value.as_str()))
        .collect();
    assert_eq!(
        people,
        [
            (Role::From, Some("Lund, Mia"), "mia.lund@example.org"),
            (Role::To, Some("Sam"), "sam@example.org"),
            (Role::To, None, "list@example.org")
        ]
    );
    assert_eq!(
        content.metadata.to_value(),
        serde_json::json!({
            "message_id": "abc@example.org",
            "gmail_id": "1812345678901234567",
            "thread_id": "1700000000000000001",
            "in_reply_to": "<root@example.org>",
            "headers": [
                ["Received", "by relay.example;        Fri, 12 Dec 2025 07:57:48 +0100"],
                ["X-Mailer", "Test \"1\""]
            ]
        })
    );
}

#[test]
fn the_same_mail_of_two_mailboxes_is_one_and_labels_do_not_matter() {
    let mail = |labels: &str, id: &str, number: u32| {
        let text = format!(
            "From {number}@xxx Fri Dec 12 06:57:49 +0000 2025\nX-Gmail-Labels: {labels}\n{id}Subject: s\n\nx\n\n"
        );
        read(&text).drafts.remove(0).key
    };
    let id = "Message-ID: <a@b>\n";
    assert_eq!(mail("Inbox", id, 7), mail("Inbox,Opened", id, 7));
    assert_ne!(mail("Inbox", id, 7), mail("Inbox", id, 8));
    assert_eq!(mail("Inbox", "", 7), mail("Spam", "", 7));
    assert_ne!(mail("Inbox", "", 7), mail("Inbox", id, 7));
    let bare = |labels: &str, body: &str| {
        let text =
            format!("From a@b Fri Dec 12 06:57:49 2025\nX-Gmail-Labels: {labels}\nSubject: s\n\n{body}\n");
        read(&text).drafts.remove(0).key
    };
    assert_eq!(bare("Inbox", "x"), bare("Spam", "x"));
    assert_ne!(bare("Inbox", "x"), bare("Inbox", "y"));
}

#[test]
fn plain_text_is_chosen_and_attachments_are_hashed() {
    let draft = one("Subject: parts
Content-Type: multipart/mixed; boundary=\"out er\"

preamble
--out er
Content-Type: multipart/alternative; boundary=out

--out
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Caf=E9 =
noir
--out
Content-Type: text/html; charset=utf-8

<p>Caf&eacute; <b>noir</b></p>
--out--
--out er
Content-Type: application/pdf; name=\"=?utf-8?B?cmVzdW3DqS5wZGY=?=\"
Content-Transfer-Encoding: base64
Content-Disposition: attachment

aGVs
bG8=
--out er
Content-Type: image/png
Content-ID: <logo>

\u{1}\u{2}
--out er--
epilogue
");
    let content = &draft.content;
    assert_eq!(content.text, "Café noir");
    assert_eq!(content.media.len(), 2);
    let pdf = &content.media[0];
    assert_eq!(
        (pdf.name.as_str(), pdf.mime.as_deref(), pdf.size_bytes),
        ("resumé.pdf", Some("application/pdf"), Some(5))
    );
    assert_eq!(pdf.hash, Some(BlobHash::of(b"hello")));
    let logo = &content.media[1];
    assert_eq!((logo.name.as_str(), logo.size_bytes), ("unnamed.png", Some(2)));
}

#[test]
fn pages_are_read_where_plain_text_says_nothing() {
    let only = one("Content-Type: text/html\n\n<p>one</p><p>two &amp; three</p>\n");
    assert!(only.content.text.contains("one") && only.content.text.contains("two & three"));
    let alternative = |plain: &str, page: &str| {
        one(&format!(
            "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n{plain}\n--b\nContent-Type: multipart/related; boundary=c\n\n--c\nContent-Type: text/html\n\n{page}\n--c--\n--b--\n"
        ))
        .content
        .text
    };
    assert_eq!(alternative("  ", "<p>page</p>").trim(), "page");
    assert_eq!(alternative("plain", "<p>page</p>"), "plain");
    let long = format!("<p>{}</p>", "a long story ".repeat(500));
    assert!(alternative("Your program cannot show this.", &long).contains("a long story"));
}

#[test]
fn a_mail_inside_a_mail_is_found_too() {
    let draft = one("Subject: Fwd
Content-Type: multipart/mixed; boundary=b

--b

See below
--b
Content-Type: message/rfc822

Subject: =?utf-8?q?Inner_=C3=A9?=
From: bo@example.org
Content-Type: multipart/mixed; boundary=bb

--bb
Content-Type: text/plain

inner words
--bb
Content-Type: application/ms-tnef; name=winmail.dat
Content-Transfer-Encoding: base64

aGVsbG8=
--bb--
--b--
");
    assert_eq!(draft.content.text, "See below\n\nInner é\n\ninner words");
    let names: Vec<_> = draft.content.media.iter().map(|media| media.name.as_str()).collect();
    assert_eq!(names, ["Inner é.eml", "winmail.dat"]);
}

#[test]
fn broken_parts_lose_as_little_as_can_be() {
    let text = |mail: &str| one(mail).content.text;
    assert_eq!(text("Content-Type: multipart/mixed; boundary=gone\n\njust text\n"), "just text");
    assert_eq!(text("Content-Type: multipart/mixed\n\n--x\n\nfound\n--x--\n"), "found");
    assert_eq!(text("Content-Type: multipart/mixed; boundary=x\n\n--x\n\nno end"), "no end");
    assert_eq!(
        text("Content-Type: multipart/mixed; boundary=x\n\n--xy\n\n--x\n\nin\n--xy--\n--x--\n"),
        "in\n--xy--"
    );
    assert_eq!(text("Content-Type: text/plain; charset=utf-8\n\nZo\u{EB}"), "Zoë");
    let broken = format!("{FROM}Subject: s\nContent-Transfer-Encoding: base64\n\naGVs!bG8=\n");
    let found = read(&broken);
    assert_eq!(found.drafts[0].content.text, "hello");
    assert_eq!(kinds(&found), [WarningKind::BadValue]);
    let deep = (0..60).fold(String::new(), |text, depth| {
        format!("{text}Content-Type: multipart/mixed; boundary=b{depth}\n\n--b{depth}\n")
    });
    assert_eq!(kinds(&read(&format!("{FROM}{deep}\n\nx\n"))), [WarningKind::LimitReached]);
}

#[test]
fn time_falls_back_to_the_separator_and_never_to_1970() {
    let received = 1_765_522_669_000_000;
    for date in
        ["", "Date: whenever\n", "Date: Thu, 1 Jan 1970 00:00:00 +0000\n", "Date: 12 Dec 2025 09:00:00\n"]
    {
        let draft = one(&format!("{date}Subject: s\n\nx\n"));
        assert_eq!(draft.content.time.unwrap().utc_us, received, "{date}");
    }
    let draft = one("Date: whenever\nSubject: s\n\nx\n");
    assert_eq!(draft.content.metadata.to_value()["headers"], serde_json::json!([["Date", "whenever"]]));
    let found = read("From nobody\nDate: whenever\n\nx\n");
    assert_eq!(kinds(&found), [WarningKind::MalformedRecord, WarningKind::UnreadableDate]);
    assert_eq!(found.drafts[0].content.time, None);
}

#[test]
fn people_are_told_once_for_each_name() {
    let mail = format!("{FROM}From: Ada <ada@example.org>\nTo: ADA@example.org, bo@example.org\n\nx\n\n");
    let found = read(&mail.repeat(20));
    assert_eq!(found.drafts.len(), 20);
    let people: Vec<_> = found.people.iter().map(|p| (p.name.as_deref(), p.identities[0].clone())).collect();
    let email = |address: &str| Identity::email(address).unwrap();
    assert_eq!(
        people,
        [
            (Some("Ada"), email("ada@example.org")),
            (None, email("ada@example.org")),
            (None, email("bo@example.org"))
        ]
    );
}

#[test]
fn labels_of_a_group_are_the_state_of_its_topics() {
    let text = format!("{FROM}X-Google-Groups: hikers\nX-Gmail-Labels: pinned,locked\nSubject: s\n\nx\n");
    let path = "Grupos/googlegroups.com/grupos propios/hikers@googlegroups.com/temas.mbox";
    let draft = collect(&Mbox, path, text.as_bytes()).drafts.remove(0);
    assert_eq!(draft.content.source, "google.groups");
    assert_eq!(draft.content.labels.as_slice(), ["hikers"]);
    assert_eq!(draft.content.metadata.to_value()["topic_state"], serde_json::json!(["pinned", "locked"]));
    let peek = Peek { path: "x.mbox", size_bytes: None, head: text.as_bytes() };
    assert_eq!(Mbox.source(&peek), "google.groups");
}

#[test]
fn a_mail_over_the_limit_keeps_its_headers() {
    let text = format!(
        "{FROM}Subject: big\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nthe text\n--b\nContent-Type: image/png; name=a.png\nContent-Transfer-Encoding: base64\n\n{}\n--b--\n\n{FROM}Subject: next\n\nx\n",
        "aGVsbG8g\n".repeat(1000)
    );
    let surroundings = Paths::default();
    let context = Context {
        path: "Mail/a.mbox",
        exported_at_us: None,
        home_zone: None,
        record_bytes_max: 4096,
        surroundings: &surroundings,
    };
    let found = collect_in(&Mbox, &context, text.as_bytes());
    assert_eq!(kinds(&found), [WarningKind::TooLarge]);
    let titles: Vec<_> = found.drafts.iter().map(|draft| draft.content.title.as_str()).collect();
    assert_eq!(titles, ["big", "next"]);
    assert_eq!(found.drafts[0].content.text, "the text");
    assert_eq!(found.drafts[0].content.media[0].hash, None);
}

#[test]
fn only_a_mailbox_is_recognised() {
    let recognised =
        |head: &str| Mbox.recognises(&Peek { path: "a", size_bytes: None, head: head.as_bytes() });
    assert!(recognised(&format!("{FROM}X-GM-THRID: 1\r\n")));
    assert!(recognised("From - Mon Jan 05 10:00:00 2015\nSubject: x\n"));
    assert!(!recognised("From Monday on we sing.\nSubject: x\n"));
    assert!(!recognised(&format!("{FROM}and then a text\n")));
    assert!(!recognised(""));
}

#[test]
fn the_sample_of_a_group_gives_three_mails() {
    let path = "../../../shared/samples/google-takeout/dcarrero-mboxshell/tests/fixtures/google_groups.mbox";
    let Ok(bytes) = std::fs::read(path) else {
        eprintln!("skipped: no samples at {path}");
        return;
    };
    let found = collect(&Mbox, "google_groups.mbox", &bytes);
    assert_eq!((found.drafts.len(), found.warnings.len()), (3, 0));
    assert_eq!(found.drafts[0].content.time.as_ref().unwrap().utc_us, 1_429_177_984_000_000);
    let threads: std::collections::HashSet<_> =
        found.drafts.iter().map(|draft| draft.content.metadata.to_value()["thread_id"].to_string()).collect();
    assert_eq!(threads.len(), 2);
    assert!(found.drafts.iter().all(|draft| draft.content.labels.as_slice() == ["my-group"]));
}

#[test]
fn repetition_costs_no_more_than_its_length() {
    let many = |text: &str| text.repeat((1 << 20) / text.len());
    for mail in [
        format!("Subject: s\n\n{}", many(">From ")),
        format!("Subject: {}\n\nx", many("=?u?Q?")),
        format!("{}\nx", many("Subject: s\n")),
        format!("{}\nx", many("Date: s\n")),
        format!("To: {}\n\nx", many("<(\"")),
        format!("To: {}\n\nx", many("a@b,")),
        format!("X-Gmail-Labels: {}\n\nx", (0..200_000).map(|n| format!("l{n},")).collect::<String>()),
        format!("Content-Type: multipart/mixed; boundary=b\n\n{}", many("--b\n")),
        format!("Content-Type: text/plain; {}\n\nx", many("a*0=b;")),
        format!("Subject: s\n\n{}", many("\n\nFrom 1@xxx ")),
    ] {
        let found = read(&format!("{FROM}{mail}\n"));
        assert_eq!(found.drafts.len(), 1);
    }
}

proptest! {
    #[test]
    fn any_bytes_end_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = collect(&Mbox, "a.mbox", &bytes);
    }

    #[test]
    fn broken_mails_end_without_panic(lines in proptest::collection::vec(prop_oneof![
        Just(FROM.to_owned()), Just("\n".to_owned()), Just("--b\n".to_owned()), Just("--b--\n".to_owned()),
        Just("Content-Type: multipart/mixed; boundary=b\n".to_owned()),
        Just("Content-Type: multipart/alternative; boundary=\"b\"\n".to_owned()),
        Just("Content-Type: message/rfc822\n".to_owned()), Just("Content-Transfer-Encoding: base64\n".to_owned()),
        Just("Content-Type: text/html\n".to_owned()), "[ -~]{0,30}\n", "\\PC{0,20}\n",
    ], 0..40)) {
        let _ = collect(&Mbox, "a.mbox", format!("{FROM}{}", lines.concat()).as_bytes());
    }
}
