//! Comments, messages of live chats and posts: rows whose columns stand in an order that changed over
//! the years, told apart by their values.

use super::{
    SOURCE,
    fragments::text_of,
    values::{channel, is_channel_id, is_comment_id, is_post_id, time_of},
};
use crate::{csv_table::Row, google::activity::is_video_id};
use dp_model::{Content, Draft, Kind, Media, Role};

/// What the rows of a table are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writing {
    Comment,
    LiveChat,
    Post,
}

impl Writing {
    const fn kind(self) -> Kind {
        match self {
            Self::Comment => Kind::Comment,
            Self::LiveChat => Kind::Message,
            Self::Post => Kind::Post,
        }
    }
}

/// The columns of such a table, by one of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) writing: Writing,
    id: usize,
    time: usize,
    text: usize,
}

impl Columns {
    /// Tells the columns from a row. None if it is of another table.
    pub(super) fn of(row: &Row) -> Option<Self> {
        let find = |wanted: &dyn Fn(&str) -> bool| row.fields.iter().position(|field| wanted(field.trim()));
        let time = find(&|field| time_of(field).is_some())?;
        find(&is_channel_id)?;
        let text = row.fields.iter().rposition(|field| field.trim_start().starts_with("{\""));
        let comments = row.fields.iter().filter(|field| is_comment_id(field.trim())).count();
        if comments > 0 {
            // A reply names its parent too; its own id, with a dot, is the longest.
            let id = row
                .fields
                .iter()
                .enumerate()
                .filter(|(_, field)| is_comment_id(field.trim()))
                .max_by_key(|(at, field)| (field.trim().len(), usize::MAX - at))
                .map(|(at, _)| at)?;
            let text = text.or_else(|| longest(row, &[id, time]))?;
            return Some(Self { writing: Writing::Comment, id, time, text });
        }
        if let Some(id) = find(&is_post_id) {
            let text = text.or_else(|| longest(row, &[id, time]))?;
            return Some(Self { writing: Writing::Post, id, time, text });
        }
        // Chat ids have no form of their own; the text in fragments and the id in front tell them.
        let text = text?;
        let id = row.fields.iter().position(|field| {
            let field = field.trim();
            field.len() >= 20
                && !is_channel_id(field)
                && !field.contains(' ')
                && !field.starts_with('{')
                && time_of(field).is_none()
        })?;
        Some(Self { writing: Writing::LiveChat, id, time, text })
    }
}

fn longest(row: &Row, except: &[usize]) -> Option<usize> {
    let columns =
        row.fields.iter().enumerate().filter(|(at, field)| !except.contains(at) && !field.is_empty());
    columns.max_by_key(|(_, field)| field.len()).map(|(at, _)| at)
}

/// Turns a row into a document. None if it lacks what the table's rows have.
pub(super) fn document(row: &Row, table: Columns, header: &[String]) -> Option<Draft> {
    // Columns of ids differ between a comment and a reply.
    let columns = Columns::of(row).filter(|columns| columns.writing == table.writing).unwrap_or(table);
    let id = row.get(columns.id)?;
    let mut content = Content::new(SOURCE, columns.writing.kind());
    content.time = row.get(columns.time).and_then(time_of);
    let (text, links) = text_of(row.fields.get(columns.text).map_or("", String::as_str));
    content.text = text;
    let mut video = None;
    let mut post = None;
    for (at, field) in row.fields.iter().enumerate() {
        let value = field.trim();
        if value.is_empty() || [columns.id, columns.time, columns.text].contains(&at) {
            continue;
        }
        if is_channel_id(value) {
            content.people.push(channel(value, None, Role::From));
        } else if is_video_id(value) && video.is_none() {
            video = Some(value);
        } else if is_comment_id(value) {
            content.metadata.push_str("parent", value);
        } else if is_post_id(value) {
            post = Some(value);
        } else if columns.writing == Writing::Post && is_image(value) {
            content.media.push(Media { name: value.to_owned(), mime: None, size_bytes: None, hash: None });
        } else if value != "0" && value != "0.0" {
            content.metadata.push_str(header.get(at).map_or("column", |name| name.trim()), value);
        }
    }
    if !links.is_empty() {
        content.metadata.push_value("links", &links.into());
    }
    content.url = match (columns.writing, video, post) {
        (Writing::Post, ..) => Some(["https://www.youtube.com/post/", id].concat()),
        (Writing::Comment, Some(video), _) => {
            Some(["https://www.youtube.com/watch?v=", video, "&lc=", id].concat())
        }
        (Writing::Comment, None, Some(post)) => {
            Some(["https://www.youtube.com/post/", post, "?lc=", id].concat())
        }
        (Writing::LiveChat, Some(video), _) => Some(super::values::watch_url(video)),
        _ => None,
    };
    Some(Draft::unique(id.as_bytes(), row.position, content))
}

fn is_image(name: &str) -> bool {
    let name = name.to_lowercase();
    [".jpg", ".jpeg", ".png", ".gif", ".webp"].iter().any(|extension| name.ends_with(extension))
}
