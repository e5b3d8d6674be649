//! YouTube's CSV tables. A file's table is told by its first row of values, with the path as a hint
//! where a table of music has no value of a form of its own.

use super::{
    SOURCE,
    comments::{self, Columns},
    values::{channel, is_channel_id, is_playlist_id, item_key, time_of, video_of, watch_url},
};
use crate::{
    Context, ParseError, Parser, Peek, Sink,
    csv_table::{Row, for_each_row, head_rows},
    google::activity::is_video_id,
};
use dp_model::{Content, Draft, Identity, Kind, Mention, Role, WarningKind};
use std::io::Read;

/// Reads the tables under `YouTube and YouTube Music`.
pub(crate) struct Tables;

/// What a file's rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Table {
    /// Channel id, URL, title.
    Subscriptions,
    Writings(Columns),
    /// One playlist of the old form; its videos follow in a second table.
    OldPlaylist,
    /// Playlists of the new form: where the title and the first time stand is told by row.
    Playlists,
    /// Video id, time added.
    PlaylistVideos,
    /// Video id or URL, title, album, artists.
    Songs,
    /// Channel id and facts about the person's own channel.
    Channels,
    /// Video id and facts about an upload; the number counts its columns.
    Videos,
}

impl Parser for Tables {
    fn name(&self) -> &'static str {
        "google.youtube.tables"
    }

    fn version(&self) -> u32 {
        1
    }

    fn source(&self, _: &Peek<'_>) -> &'static str {
        SOURCE
    }

    fn recognises(&self, peek: &Peek<'_>) -> bool {
        let probable = peek.extension() == "csv" || memchr::memchr(b',', peek.head).is_some();
        if !probable || matches!(peek.head.first(), Some(b'{' | b'[' | b'<')) {
            return false;
        }
        let rows = head_rows(peek.head, peek.head_is_whole(), 2);
        rows.len() == 2 && table_of(&rows[0], &rows[1], is_youtube_path(peek.path)).is_some()
    }

    fn parse(
        &self,
        context: &Context<'_>,
        input: &mut dyn Read,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        let mut reader = Reader {
            list: list_name(context.path),
            of_youtube: is_youtube_path(context.path),
            header: None,
            table: None,
        };
        for_each_row(input, context.record_bytes_max, sink, |sink, row| reader.take(row, sink))
    }
}

/// Whether a folder of the path is YouTube's; its brand is the same in every language.
fn is_youtube_path(path: &str) -> bool {
    path.to_lowercase().contains("youtube")
}

/// The name of the list a file holds: its own name without extension, counter and the word for videos
/// that follows the last hyphen in the newer exports.
fn list_name(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem).trim();
    let stem = match stem.rsplit_once('(') {
        Some((before, counter))
            if counter.trim_end_matches(')').bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            before
        }
        _ => stem,
    };
    let stem = match stem.rsplit_once('-') {
        Some((list, word)) if !list.trim().is_empty() && !word.contains(' ') && is_word_for_videos(word) => {
            list
        }
        _ => stem,
    };
    stem.trim().to_owned()
}

fn is_word_for_videos(word: &str) -> bool {
    let word = word.to_lowercase();
    ["vid", "víd", "vidéo", "filmy", "видео", "відео", "فيديو", "動画", "동영상", "视频", "影片", "วิดีโอ"]
        .iter()
        .any(|beginning| word.starts_with(beginning))
}

/// Tells the table from its header and its first row of values.
fn table_of(header: &Row, row: &Row, of_youtube: bool) -> Option<Table> {
    let first = row.get(0)?;
    let width = row.fields.len();
    let times = row.fields.iter().filter(|field| time_of(field.trim()).is_some()).count();
    if is_channel_id(first) && width == 3 && row.get(1).is_some_and(|url| url.contains("/channel/")) {
        return Some(Table::Subscriptions);
    }
    if let Some(columns) = Columns::of(row) {
        return Some(Table::Writings(columns));
    }
    if is_playlist_id(first) && times >= 2 {
        let old = width == 7 && row.get(1).is_some_and(is_channel_id);
        return Some(if old { Table::OldPlaylist } else { Table::Playlists });
    }
    // Many words have eleven letters, so an id alone is not enough.
    if is_video_id(first) && width == 2 && times == 1 {
        return Some(Table::PlaylistVideos);
    }
    if is_video_id(first) && row.fields.iter().any(|field| is_channel_id(field.trim())) {
        return Some(Table::Videos);
    }
    let linked = !is_video_id(first) && video_of(first).is_some();
    if (linked || (of_youtube && is_video_id(first))) && (3..=40).contains(&width) && times == 0 {
        let numbered = header.fields.iter().skip(1).any(|name| name.trim_end().ends_with(['1', '2']));
        // Texts of videos come in numbered segments of title and description, without the artist's column.
        let texts = numbered && header.fields.get(1).is_some_and(|name| name.trim_end().ends_with('1'));
        return Some(if texts { Table::Videos } else { Table::Songs });
    }
    if of_youtube && is_video_id(first) && width >= 2 {
        return Some(Table::Videos);
    }
    (of_youtube && is_channel_id(first) && width >= 2).then_some(Table::Channels)
}

struct Reader {
    list: String,
    of_youtube: bool,
    header: Option<Row>,
    table: Option<Table>,
}

impl Reader {
    fn take(&mut self, row: Row, sink: &mut dyn Sink) -> Result<(), ParseError> {
        // The second table of an old playlist begins with a header of its own.
        if self.table == Some(Table::OldPlaylist) && row.fields.len() == 2 {
            self.header = Some(row);
            self.table = Some(Table::PlaylistVideos);
            return Ok(());
        }
        let Some(header) = &self.header else {
            self.header = Some(row);
            return Ok(());
        };
        if self.table.is_none() {
            self.table = table_of(header, &row, self.of_youtube);
        }
        let draft = match self.table {
            Some(table) => draft_of(table, &row, &header.fields, &mut self.list),
            None => None,
        };
        match draft {
            Some(draft) => Ok(sink.document(draft)?),
            None if row.fields.iter().all(|field| field.trim().is_empty()) => Ok(()),
            None => {
                let quoted = row.fields.join(",").chars().take(80).collect::<String>();
                Ok(sink.warn(
                    WarningKind::MalformedRecord,
                    row.position,
                    format!("this row does not fit its table ({quoted:?}); it was passed over"),
                )?)
            }
        }
    }
}

fn draft_of(table: Table, row: &Row, header: &[String], list: &mut String) -> Option<Draft> {
    match table {
        Table::Subscriptions => subscription(row),
        Table::Writings(columns) => comments::document(row, columns, header),
        Table::OldPlaylist => {
            let draft = playlist(row, header)?;
            if !draft.content.title.is_empty() {
                draft.content.title.clone_into(list);
            }
            Some(draft)
        }
        Table::Playlists => playlist(row, header),
        Table::PlaylistVideos => playlist_video(row, list),
        Table::Songs => song(row),
        Table::Channels => own_channel(row, header),
        Table::Videos => video(row, header),
    }
}

fn subscription(row: &Row) -> Option<Draft> {
    let id = row.get(0).filter(|id| is_channel_id(id))?;
    let mut content = Content::new(SOURCE, Kind::Subscription);
    content.title = row.get(2).unwrap_or_default().to_owned();
    content.url = row.get(1).map(str::to_owned);
    content.people.push(channel(id, row.get(2), Role::Author));
    Some(Draft::unique(id.as_bytes(), row.position, content))
}

fn playlist(row: &Row, header: &[String]) -> Option<Draft> {
    let id = row.get(0).filter(|id| is_playlist_id(id))?;
    let times = (1..row.fields.len()).filter(|&at| row.get(at).is_some_and(|value| time_of(value).is_some()));
    let times = times.collect::<Vec<_>>();
    // Old: id, channel, times, title, description. New: id, flag, description, its language, title.
    let (title, description) = if row.fields.len() == 7 { (4, 5) } else { (4, 2) };
    let mut content = Content::new(SOURCE, Kind::Playlist);
    content.title = row.get(title).unwrap_or_default().to_owned();
    content.text = row.get(description).unwrap_or_default().to_owned();
    content.time = times.first().and_then(|&at| time_of(row.get(at)?));
    content.modified_us = times.get(1).and_then(|&at| time_of(row.get(at)?)).map(|moment| moment.utc_us);
    content.url = Some(["https://www.youtube.com/playlist?list=", id].concat());
    keep_rest(&mut content, row, header, |at| {
        at == 0 || at == title || at == description || times.contains(&at)
    });
    Some(Draft::unique(id.as_bytes(), row.position, content))
}

fn playlist_video(row: &Row, list: &str) -> Option<Draft> {
    let id = row.get(0).filter(|id| is_video_id(id))?;
    let mut content = Content::new(SOURCE, Kind::Bookmark);
    content.time = row.get(1).and_then(time_of);
    // The table names no title; the id can at least be searched for.
    content.title = id.to_owned();
    content.url = Some(watch_url(id));
    if !list.is_empty() {
        content.labels.push(list.to_owned().into());
    }
    let key = item_key(id, content.time.as_ref(), list);
    Some(Draft::repeatable(&key, row.position, content))
}

fn song(row: &Row) -> Option<Draft> {
    let id = row.get(0).and_then(video_of)?;
    let mut content = Content::new(SOURCE, Kind::Bookmark);
    content.title = row.get(1).unwrap_or_default().to_owned();
    content.text = row.get(2).unwrap_or_default().to_owned();
    content.url = Some(["https://music.youtube.com/watch?v=", id].concat());
    content.labels.push("music library".into());
    for artist in (3..row.fields.len()).filter_map(|at| row.get(at)) {
        let identity = Identity::name(artist);
        content.people.push(Mention { role: Role::Author, name: Some(artist.to_owned()), identity });
    }
    Some(Draft::unique(&[b"song ", id.as_bytes()].concat(), row.position, content))
}

fn own_channel(row: &Row, header: &[String]) -> Option<Draft> {
    let id = row.get(0).filter(|id| is_channel_id(id))?;
    let mut content = Content::new(SOURCE, Kind::Activity);
    content.title = own_title(row).unwrap_or(id).to_owned();
    content.url = Some(["https://www.youtube.com/channel/", id].concat());
    content.people.push(channel(id, None, Role::Subject));
    keep_rest(&mut content, row, header, |at| at == 0);
    // Several tables tell of one channel; their headings are words of a language, their widths are not.
    let key = format!("channel {id} {}", header.len());
    Some(Draft::repeatable(key.as_bytes(), row.position, content))
}

/// The first value with a lower-case letter that is no id: not a country, not an enumeration.
fn own_title(row: &Row) -> Option<&str> {
    (1..row.fields.len()).filter_map(|at| row.get(at)).find(|value| {
        value.chars().count() > 2
            && !value.starts_with("http")
            && !matches!(*value, "true" | "false")
            && !is_channel_id(value)
    })
}

fn video(row: &Row, header: &[String]) -> Option<Draft> {
    let id = row.get(0).filter(|id| is_video_id(id))?;
    let mut content = Content::new(SOURCE, Kind::Video);
    content.url = Some(watch_url(id));
    let channel_column = (1..row.fields.len()).find(|&at| row.get(at).is_some_and(is_channel_id));
    let time_column =
        (1..row.fields.len()).find(|&at| row.get(at).is_some_and(|value| time_of(value).is_some()));
    content.time = time_column.and_then(|at| time_of(row.get(at)?));
    let key = match channel_column {
        Some(at) => {
            content.title = row.get(at + 1).unwrap_or_default().to_owned();
            content.people.extend(row.get(at).map(|id| channel(id, None, Role::Author)));
            keep_rest(&mut content, row, header, |column| {
                column == 0 || column == at || column == at + 1 || Some(column) == time_column
            });
            id.as_bytes().to_vec()
        }
        None => {
            let (title, text) = segments(row, header);
            content.title = title;
            content.text = text;
            keep_rest(&mut content, row, header, |column| {
                column == 0 || Some(column) == time_column || is_segment(header, column)
            });
            format!("more {id} {}", header.len()).into_bytes()
        }
    };
    Some(Draft::repeatable(&key, row.position, content))
}

/// Whether a column is one of the numbered pieces of a title or description.
fn is_segment(header: &[String], column: usize) -> bool {
    header.get(column).is_some_and(|name| name.trim_end().ends_with(|last: char| last.is_ascii_digit()))
}

/// Joins the pieces: a number 1 begins a new text. The first is the title.
fn segments(row: &Row, header: &[String]) -> (String, String) {
    let mut texts: Vec<String> = Vec::new();
    for column in (1..row.fields.len()).filter(|&column| is_segment(header, column)) {
        let name = header[column].trim_end();
        let number = name.trim_start_matches(|c: char| !c.is_ascii_digit());
        if texts.is_empty() || number == "1" {
            texts.push(String::new());
        }
        if let Some(text) = texts.last_mut() {
            text.push_str(&row.fields[column]);
        }
    }
    // Some exports give the description first; the title is the shorter.
    let mut texts = texts.into_iter().take(2).collect::<Vec<_>>();
    texts.sort_by_key(String::len);
    let mut texts = texts.into_iter();
    let first = texts.next().unwrap_or_default();
    match texts.next() {
        Some(text) if !first.is_empty() => (first, text),
        Some(text) => (String::new(), text),
        None => (first, String::new()),
    }
}

/// Keeps the values of the columns that are not `used`, under their headings.
fn keep_rest(content: &mut Content, row: &Row, header: &[String], used: impl Fn(usize) -> bool) {
    for at in (0..row.fields.len()).filter(|&at| !used(at)) {
        if let Some(value) = row.get(at) {
            content.metadata.push_str(header.get(at).map_or("column", |name| name.trim()), value);
        }
    }
}
