//! YouTube's lists: subscriptions, playlists old and new, comments old and new, live chats.

use crate::dice::Dice;
use crate::google::moment::{iso, spaced_utc};
use crate::google::record;
use crate::google::text::{csv, html, json};
use crate::person;
use crate::plan::{Event, Plan, Stream};
use crate::planted::planted;
use crate::truth::{Found, Sort};
use dp_model::Kind;
use std::io::{self, Write};
use std::ops::Range;

const SUBSCRIPTION: Sort = ("google.youtube", Kind::Subscription);
const PLAYLIST: Sort = ("google.youtube", Kind::Playlist);
const ITEM: Sort = ("google.youtube", Kind::Bookmark);
const COMMENT: Sort = ("google.youtube", Kind::Comment);
const CHAT: Sort = ("google.youtube", Kind::Message);

/// The person's own channel.
const OWN_CHANNEL: &str = "UCmirasolbergexample0001";

/// The playlists and their sizes at scale 1.
pub(crate) const PLAYLISTS: &[(&str, usize)] =
    &[("Watch later", 400), ("Bread oven build", 90), ("朝のジャズ", 160), ("Schlaflieder", 60)];

/// The list of channels subscribed to, under a header in the account's language.
pub(crate) fn subscriptions(plan: &Plan, header: &str, share: f64, found: &mut Found<'_>) -> String {
    let mut out = format!("{header}\n");
    let count = ((150.0 * plan.scale.min(2.6)) as usize + 5).min(record::CHANNELS);
    for number in 0..(count as f64 * share) as usize + 1 {
        let (id, name) = match number {
            0 => ("UCthrenodymechanics00001".to_owned(), "Threnody Mechanics".to_owned()),
            _ => {
                let channel = person::channel(plan.seed, number);
                (channel.id, channel.name)
            }
        };
        out.push_str(&format!("{id},http://www.youtube.com/channel/{id},{}\n", csv(&name)));
        found.document(SUBSCRIPTION, number as u64);
    }
    out.push('\n');
    out
}

fn playlist_id(plan: &Plan, number: usize) -> String {
    format!("PL{}", Dice::of(plan.seed, "playlist", number as u64).token(32))
}

/// Video and time of each item.
fn items(plan: &Plan, number: usize) -> Vec<(String, i64)> {
    let count = (PLAYLISTS[number].1 as f64 * plan.scale.min(5.0)) as usize + 2;
    let first_ms = i64::from(plan.first_day) * 86_400_000;
    (0..count)
        .map(|item| {
            let mut dice = Dice::of(plan.seed, "item", (number * 100_000 + item) as u64);
            let video = record::video(plan, item * 7 + number).id;
            // In whole seconds, rising, all before the first export.
            let step_ms = i64::from(plan.first_cut - plan.first_day) * 86_400_000 / (count as i64 + 1);
            (video, first_ms + (item as i64 * step_ms + dice.between(0, step_ms / 2)) / 1000 * 1000)
        })
        .collect()
}

/// An old playlist file: two tables with an empty line between.
pub(crate) fn old_playlist(plan: &Plan, number: usize, found: &mut Found<'_>) -> String {
    let id = playlist_id(plan, number);
    let created = spaced_utc(i64::from(plan.first_day) * 86_400_000);
    let mut out = format!(
        "Playlist Id,Channel Id,Time Created,Time Updated,Title,Description,Visibility\n{id},{OWN_CHANNEL},{created},{created},{},,Private\n\nVideo Id,Time Added\n",
        csv(PLAYLISTS[number].0)
    );
    found.document(PLAYLIST, number as u64);
    for (item, (video, time_ms)) in items(plan, number).into_iter().enumerate() {
        out.push_str(&format!("{video},{}\n", spaced_utc(time_ms)));
        // Keyed by the playlist's id here, by its name in newer files.
        found.document(ITEM, (number * 100_000 + item) as u64);
        found.twin(ITEM);
    }
    out.push('\n');
    out
}

/// `playlists.csv` of newer exports.
pub(crate) fn playlists(plan: &Plan, found: &mut Found<'_>) -> String {
    let mut out = "Playlist ID,Add new videos to top,Playlist Description (Original),Playlist Description (Original) Language,Playlist Title (Original),Playlist Title (Original) Language,Playlist Create Timestamp,Playlist Update Timestamp,Playlist Video Order,Playlist Visibility\n".to_owned();
    let created = iso(i64::from(plan.first_day) * 86_400_000).replace(".000Z", "+00:00");
    for (number, (title, _)) in PLAYLISTS.iter().enumerate() {
        let id = playlist_id(plan, number);
        out.push_str(&format!("{id},False,,,{},,{created},{created},Manual,Private\n", csv(title)));
        found.document(PLAYLIST, number as u64);
    }
    out
}

/// `<title>-videos.csv` of newer exports; ids keep trailing spaces.
pub(crate) fn playlist_videos(plan: &Plan, number: usize, found: &mut Found<'_>) -> String {
    let mut out = "Video ID,Playlist Video Creation Timestamp\n".to_owned();
    for (item, (video, time_ms)) in items(plan, number).into_iter().enumerate() {
        out.push_str(&format!("{video} ,{}\n", iso(time_ms).replace(".000Z", "+00:00")));
        found.document(ITEM, (number * 100_000 + item) as u64);
    }
    out
}

fn comment_text(plan: &Plan, event: &Event, dice: &mut Dice) -> String {
    match event.planted {
        Some(index) => planted(index).title.to_owned(),
        None => plan.words.sentence(dice),
    }
}

/// `my-comments.html`, which has no comment ids: whether a comment is one with that of the newer list is
/// the importer's choice.
pub(crate) fn write_comments_html(
    plan: &Plan,
    days: Range<i32>,
    out: &mut dyn Write,
    found: &mut Found<'_>,
) -> io::Result<()> {
    out.write_all(b"<html><head><title>My Comments</title></head><body><ul>")?;
    for event in plan.events(Stream::Comment, days) {
        let mut dice = plan.dice(event, "comment");
        let video = record::video(plan, dice.favourite(3000));
        write!(
            out,
            "<li>Sent at {} while watching <a href=\"http://www.youtube.com/watch?v={}\">{}</a>.<br/>{}</li>",
            spaced_utc(event.time_ms),
            video.id,
            html(&video.title),
            html(&comment_text(plan, event, &mut dice))
        )?;
        found.loose_document(&[COMMENT]);
    }
    out.write_all(b"</ul></body></html>")
}

/// `comments.csv` as since mid-2024; one row lacks its last fields.
pub(crate) fn write_comments_csv(
    plan: &Plan,
    days: Range<i32>,
    out: &mut dyn Write,
    found: &mut Found<'_>,
) -> io::Result<()> {
    out.write_all(b"Channel ID,Comment Create Timestamp,Price,Comment ID,Parent Comment ID,Post ID,Video ID,Comment Text,Top-Level Comment ID\n")?;
    let events = plan.events(Stream::Comment, days);
    for (index, event) in events.iter().enumerate() {
        let mut dice = plan.dice(event, "comment");
        let video = record::video(plan, dice.favourite(3000));
        let text = comment_text(plan, event, &mut dice);
        let segments = match text.split_once(' ') {
            Some((first, rest)) if event.seed.is_multiple_of(4) => {
                format!("{{\"text\":{}}},{{\"text\":{}}}", json(&format!("{first} ")), json(rest))
            }
            _ => format!("{{\"text\":{}}}", json(&text)),
        };
        writeln!(
            out,
            "{OWN_CHANNEL},{},0,Ugx{:016x}{:07x},,,{},{},",
            iso(event.time_ms).replace('Z', "123+00:00"),
            event.seed,
            event.id,
            video.id,
            csv(&segments)
        )?;
        found.document(COMMENT, u64::from(event.id));
        if index == events.len() / 2 {
            writeln!(out, "{OWN_CHANNEL},{},0", iso(event.time_ms))?;
            found.broken();
        }
    }
    Ok(())
}

/// `live chats.csv`.
pub(crate) fn write_chats(
    plan: &Plan,
    days: Range<i32>,
    out: &mut dyn Write,
    found: &mut Found<'_>,
) -> io::Result<()> {
    out.write_all(b"Live Chat ID,Channel ID,Live Chat Create Timestamp,Price,Video ID,Live Chat Text\n")?;
    for event in plan.events(Stream::Chat, days) {
        let mut dice = plan.dice(event, "chat");
        let video = record::video(plan, dice.favourite(3000));
        let text = format!("{{\"text\":{}}}", json(&comment_text(plan, event, &mut dice)));
        writeln!(
            out,
            "LCC.{:016x}{:x},{OWN_CHANNEL},{},0,{},{}",
            event.seed,
            event.id,
            iso(event.time_ms).replace('Z', "456+00:00"),
            video.id,
            csv(&text)
        )?;
        found.document(CHAT, u64::from(event.id));
    }
    Ok(())
}
