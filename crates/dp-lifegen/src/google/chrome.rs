//! Chrome: history, bookmarks, reading list, and the small files beside them.

use crate::dice::Dice;
use crate::google::record;
use crate::google::text::{html, json};
use crate::plan::{Event, Plan, Stream};
use crate::truth::{Found, Sort};
use dp_model::Kind;
use std::io::{self, Write};
use std::ops::Range;

const VISIT: Sort = ("google.chrome", Kind::Browse);
const BOOKMARK: Sort = ("google.chrome", Kind::Bookmark);

/// Writes the history of these days. It also holds the visits of My Activity, some milliseconds apart.
pub(crate) fn write_history(
    plan: &Plan,
    days: Range<i32>,
    out: &mut dyn Write,
    found: &mut Found<'_>,
) -> io::Result<()> {
    let pages = plan.events(Stream::Page, days.clone()).iter().map(|event| (*event, 0));
    let twins = plan.events(Stream::Visited, days).iter().map(|event| (*event, 412));
    let mut visits = pages.chain(twins).collect::<Vec<_>>();
    visits.sort_by_key(|(event, _)| std::cmp::Reverse((event.time_ms, event.id)));
    out.write_all(b"{\n  \"Browser History\": [")?;
    for (index, (event, shift_ms)) in visits.iter().enumerate() {
        let separator = if index == 0 { "" } else { "," };
        write!(out, "{separator}\n    {}", visit(plan, event, *shift_ms))?;
        found.document(VISIT, u64::from(event.id));
    }
    out.write_all(b"\n  ],\n  \"Typed Url\": [],\n  \"Session\": []\n}\n")
}

fn visit(plan: &Plan, event: &Event, shift_ms: i64) -> String {
    let mut dice = plan.dice(event, "record");
    let (title, url) = record::page(plan, &mut dice);
    let title = record::planted_or(event, || title);
    let title = if event.planted.is_none() && dice.chance(0.01) { String::new() } else { title };
    let transition = *dice.pick(&["LINK", "LINK", "LINK", "TYPED", "AUTO_BOOKMARK", "GENERATED", "RELOAD"]);
    let client = if event.seed.is_multiple_of(3) { "bGFwdG9wLW9mLW1pcmE=" } else { "cGhvbmUtb2YtbWlyYTE=" };
    format!(
        "{{\n      \"favicon_url\": {},\n      \"page_transition\": \"{transition}\",\n      \"title\": {},\n      \"url\": {},\n      \"client_id\": {},\n      \"time_usec\": {}\n    }}",
        json(&format!(
            "{}favicon.ico",
            url.splitn(4, '/').take(3).map(|part| format!("{part}/")).collect::<String>()
        )),
        json(&title),
        json(&url),
        json(client),
        (event.time_ms + shift_ms) * 1000 + (event.seed % 1000) as i64,
    )
}

fn bookmark_count(plan: &Plan) -> usize {
    (420.0 * plan.scale.min(5.0)) as usize + 6
}

/// Writes the bookmarks added before this day.
pub(crate) fn write_bookmarks(
    plan: &Plan,
    end_day: i32,
    out: &mut dyn Write,
    found: &mut Found<'_>,
) -> io::Result<()> {
    out.write_all(b"<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<!-- This is an automatically generated file.\n     It will be read and overwritten.\n     DO NOT EDIT! -->\n<META HTTP-EQUIV=\"Content-Type\" CONTENT=\"text/html; charset=UTF-8\">\n<TITLE>Bookmarks</TITLE>\n<H1>Bookmarks</H1>\n<DL><p>\n    <DT><H3 ADD_DATE=\"1442700000\" LAST_MODIFIED=\"0\" PERSONAL_TOOLBAR_FOLDER=\"true\">Bookmarks bar</H3>\n    <DL><p>\n")?;
    let folders = ["Recipes", "Reading", "Travel", "Workshop"];
    let count = bookmark_count(plan);
    for (folder_number, folder) in folders.iter().enumerate() {
        writeln!(
            out,
            "        <DT><H3 ADD_DATE=\"1442700001\" LAST_MODIFIED=\"0\">{folder}</H3>\n        <DL><p>"
        )?;
        for number in (folder_number..count).step_by(folders.len()) {
            let mut dice = Dice::of(plan.seed, "bookmark", number as u64);
            let (title, url) = record::page(plan, &mut dice);
            let (title, url) = if number == 0 {
                (
                    "Snowglobe restoration: glycerine or not?".to_owned(),
                    "https://snowglobes.example/glycerine".to_owned(),
                )
            } else {
                // The number keeps addresses apart.
                (title, format!("{url}#b{number}"))
            };
            let day = plan.first_day + dice.below((plan.end_day - plan.first_day) as usize) as i32;
            if number != 0 && day >= end_day {
                continue;
            }
            let day = if number == 0 { plan.first_day } else { day };
            let added_s = i64::from(day) * 86_400 + dice.between(20_000, 70_000);
            writeln!(
                out,
                "            <DT><A HREF=\"{}\" ADD_DATE=\"{added_s}\" ICON=\"data:image/png;base64,iVBORw0KGgo=\">{}</A>",
                html(&url),
                html(&title)
            )?;
            found.document(BOOKMARK, number as u64);
        }
        out.write_all(b"        </DL><p>\n")?;
    }
    out.write_all(b"    </DL><p>\n</DL><p>\n")
}

/// Writes the reading list.
pub(crate) fn write_reading_list(plan: &Plan, out: &mut dyn Write, found: &mut Found<'_>) -> io::Result<()> {
    out.write_all(b"<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<META HTTP-EQUIV=\"Content-Type\" CONTENT=\"text/html; charset=UTF-8\">\n<TITLE>Reading List</TITLE>\n<H1>Reading List</H1>\n<DL><p>\n")?;
    for number in 0..8 + bookmark_count(plan) / 12 {
        let mut dice = Dice::of(plan.seed, "reading-list", number as u64);
        let (title, url) = record::page(plan, &mut dice);
        let added_us = i64::from(plan.end_day - 1 - number as i32 % 90) * 86_400_000_000 + 41_000_000_123;
        writeln!(
            out,
            "    <DT><A HREF=\"{}\" ADD_DATE=\"{added_us}\">{}</A>",
            html(&format!("{url}#r{number}")),
            html(&title)
        )?;
        found.document(BOOKMARK, 1_000_000 + number as u64);
    }
    out.write_all(b"</DL><p>\n")
}
