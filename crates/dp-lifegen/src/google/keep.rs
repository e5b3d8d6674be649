//! Keep: a JSON file and its HTML twin for each note, attachments, labels.

use crate::archive::Export;
use crate::google::moment::iso;
use crate::google::text::{html, json};
use crate::plan::{Event, Plan, Stream};
use crate::planted::planted;
use crate::truth::Sort;
use crate::{LifegenError, person};
use dp_model::{EntryStatus, Kind};
use std::collections::HashSet;
use std::fmt::Write as _;

const NOTE: Sort = ("google.keep", Kind::Note);

/// Writes all notes made before this day into a folder; `edited` with what was changed since.
pub(crate) fn write_notes(
    export: &mut Export<'_>,
    plan: &Plan,
    folder: &str,
    end_day: i32,
    edited: bool,
) -> Result<(), LifegenError> {
    let mut taken = HashSet::new();
    for event in plan.events(Stream::Note, plan.first_day..end_day) {
        let note = Note::of(plan, event, edited);
        let stem = note.file_stem(event, &mut taken);
        if note.has_picture {
            let picture = format!("{folder}/{}.jpg", note.picture_stem(event));
            export.small(&picture, "attachment of a note", TINY_JPEG, |found| {
                found.status(EntryStatus::Ignored, &[EntryStatus::Unknown, EntryStatus::Parsed]);
            })?;
        }
        export.small(&format!("{folder}/{stem}.json"), "note", note.json(event).as_bytes(), |found| {
            found.document(NOTE, u64::from(event.id));
            if let Some(friend) = &note.sharee {
                found.stranger(friend);
            }
        })?;
        export.small(
            &format!("{folder}/{stem}.html"),
            "HTML twin of a note",
            note.html().as_bytes(),
            |found| {
                found.status(EntryStatus::Ignored, &[]);
            },
        )?;
    }
    export.small(&format!("{folder}/Labels.txt"), "names of labels", b"Recipes\nWorkshop\nIdeas\n", |found| {
        found.maybe_document(&[("google.keep", Kind::File), ("google", Kind::File)]);
        found.status(EntryStatus::Ignored, &[EntryStatus::Unknown, EntryStatus::Parsed]);
    })
}

/// The smallest picture: start and end of a JPEG.
const TINY_JPEG: &[u8] =
    &[0xff, 0xd8, 0xff, 0xe0, 0, 16, b'J', b'F', b'I', b'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0xff, 0xd9];

struct Note {
    title: String,
    text: Option<String>,
    list: Vec<(String, bool)>,
    label: Option<&'static str>,
    color: &'static str,
    sharee: Option<String>,
    link: Option<(String, String)>,
    has_picture: bool,
    edited_ms: i64,
}

impl Note {
    fn of(plan: &Plan, event: &Event, edited: bool) -> Self {
        let mut dice = plan.dice(event, "note");
        let title = if dice.chance(0.12) { String::new() } else { plan.words.title(&mut dice) };
        let is_list = dice.chance(0.35);
        let mut note = Self {
            title,
            text: (!is_list).then(|| {
                let length_bytes = dice.between(40, 900) as usize;
                plan.words.prose(&mut dice, length_bytes)
            }),
            list: Vec::new(),
            label: dice.chance(0.4).then(|| *dice.pick(&["Recipes", "Workshop", "Ideas"])),
            color: *dice.pick(&["DEFAULT", "DEFAULT", "RED", "YELLOW", "TEAL", "CERULEAN"]),
            sharee: None,
            link: dice.chance(0.1).then(|| crate::google::record::page(plan, &mut dice)),
            has_picture: dice.chance(0.06),
            edited_ms: event.time_ms + dice.between(0, 600_000),
        };
        if is_list {
            let count = dice.between(2, 9);
            note.list =
                (0..count).map(|_| (plan.words.thing(&mut dice).to_owned(), dice.chance(0.5))).collect();
        }
        if dice.chance(0.08) {
            note.sharee = plan.friends[dice.favourite(plan.friends.len())].email.clone();
        }
        if let Some(index) = event.planted {
            let planted = planted(index);
            planted.title.clone_into(&mut note.title);
            note.text = Some(planted.body.to_owned());
            note.list.clear();
            note.label = (!planted.is_bare).then_some("Recipes");
        } else if edited && event.seed.is_multiple_of(10) {
            note.edited_ms += 40 * 86_400_000;
            match &mut note.text {
                Some(text) => text.push_str("\nAdded later: it worked out after all."),
                None => note.list.push(("one more thing".to_owned(), false)),
            }
        }
        note
    }

    /// As the exporter makes it: the title with forbidden characters replaced, cut at 50, or the time.
    fn file_stem(&self, event: &Event, taken: &mut HashSet<String>) -> String {
        let stem = if self.title.is_empty() {
            iso(event.time_ms + 3_600_000).replace(':', "_").replace('Z', "+01_00")
        } else {
            let safe =
                self.title.replace(['%', '?', '<', '>', '"', '|', '*', '/', '\\', ':', '&', '\n', '\''], "_");
            decomposed(&safe.chars().take(50).collect::<String>())
        };
        let mut name = stem.clone();
        let mut number = 1;
        while !taken.insert(name.to_lowercase()) {
            name = format!("{stem}({number})");
            number += 1;
        }
        name
    }

    fn picture_stem(&self, event: &Event) -> String {
        format!("{:x}.{:x}", event.seed, event.id)
    }

    fn json(&self, event: &Event) -> String {
        let mut out = format!(
            "{{\"color\":\"{}\",\"isTrashed\":false,\"isPinned\":{},\"isArchived\":{}",
            self.color,
            event.seed.is_multiple_of(17),
            event.seed.is_multiple_of(5)
        );
        if let Some(text) = &self.text {
            let _ = write!(
                out,
                ",\"textContent\":{},\"textContentHtml\":{}",
                json(text),
                json(&format!("<p>{}</p>", html(text)))
            );
        } else {
            let items = self.list.iter().map(|(text, checked)| {
                format!(
                    "{{\"textHtml\":{},\"text\":{},\"isChecked\":{checked}}}",
                    json(&format!("<p>{}</p>", html(text))),
                    json(text)
                )
            });
            let _ = write!(out, ",\"listContent\":[{}]", items.collect::<Vec<_>>().join(","));
        }
        if self.has_picture {
            // The exporter writes another extension than the file has.
            let _ = write!(
                out,
                ",\"attachments\":[{{\"filePath\":\"{}.jpeg\",\"mimetype\":\"image/jpeg\"}}]",
                self.picture_stem(event)
            );
        }
        if let Some((title, url)) = &self.link {
            let _ = write!(
                out,
                ",\"annotations\":[{{\"description\":\"\",\"source\":\"WEBLINK\",\"title\":{},\"url\":{}}}]",
                json(title),
                json(url)
            );
        }
        if let Some(label) = self.label {
            let _ = write!(out, ",\"labels\":[{{\"name\":\"{label}\"}}]");
        }
        if let Some(sharee) = &self.sharee {
            let _ = write!(
                out,
                ",\"sharees\":[{{\"isOwner\":true,\"type\":\"WRITER\",\"email\":\"{}\"}},{{\"isOwner\":false,\"type\":\"WRITER\",\"email\":{}}}]",
                person::EMAIL,
                json(sharee)
            );
        }
        let _ = write!(
            out,
            ",\"title\":{},\"userEditedTimestampUsec\":{},\"createdTimestampUsec\":{}}}",
            json(&self.title),
            self.edited_ms * 1000,
            event.time_ms * 1000 + i64::from(event.id % 1000)
        );
        out
    }

    fn html(&self) -> String {
        let body = match &self.text {
            Some(text) => html(text).replace('\n', "<br>"),
            None => {
                let items = self.list.iter().map(|(text, checked)| {
                    let bullet = if *checked { "&#9745;" } else { "&#9744;" };
                    format!("<li class=\"listitem\"><span class=\"bullet\">{bullet}</span>\n<span class=\"text\">{}</span></li>", html(text))
                });
                format!("<ul class=\"list\">{}</ul>", items.collect::<String>())
            }
        };
        format!(
            "<?xml version=\"1.0\" ?>\n<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\" \"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd\">\n<html xmlns=\"http://www.w3.org/1999/xhtml\"><head>\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset=UTF-8\" />\n<title>{0}</title></head>\n<body><div class=\"note {1}\"><div class=\"heading\"><div class=\"meta-icons\">\n</div>\nJan 1, 2020, 9:00:00 AM</div>\n<div class=\"title\">{0}</div>\n<div class=\"content\">{body}</div>\n</div></body></html>",
            html(&self.title),
            self.color
        )
    }
}

/// With ü and é in the form macOS gives file names: letter and accent apart.
fn decomposed(name: &str) -> String {
    name.replace('ü', "u\u{308}")
        .replace('û', "u\u{302}")
        .replace('è', "e\u{300}")
        .replace('à', "a\u{300}")
        .replace('É', "E\u{301}")
}
