//! Lists as objects of YouTube's API: history until about 2017, likes, playlists, uploads, subscriptions.

use super::{
    SOURCE,
    values::{channel, item_key, time_of, watch_url},
};
use crate::{
    Context, ParseError, Parser, Peek, Sink,
    google::activity::watch_key,
    json::{Cursor, JsonError, JsonShape, RecordStream, ValueKind, shape},
};
use dp_model::{Content, Draft, Kind, Metadata, Role};
use std::{borrow::Cow, io::Read};

/// Reads arrays of `youtube#…` objects.
pub(crate) struct ApiDump;

impl Parser for ApiDump {
    fn name(&self) -> &'static str {
        "google.youtube.api"
    }

    fn version(&self) -> u32 {
        1
    }

    fn source(&self, _: &Peek<'_>) -> &'static str {
        SOURCE
    }

    fn recognises(&self, peek: &Peek<'_>) -> bool {
        let shape = shape(peek.head);
        matches!(shape, JsonShape::Array(_))
            && shape.has_any(&["kind", "snippet", "contentDetails"])
            && memchr::memmem::find(peek.head, b"\"youtube#").is_some()
    }

    fn parse(
        &self,
        context: &Context<'_>,
        input: &mut dyn Read,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        RecordStream::new(input, context.record_bytes_max)
            .for_each(
                sink,
                |_, cursor| Item::read(cursor).map(Item::into_draft),
                |sink, mut draft, position| {
                    draft.position = position;
                    Ok(sink.document(draft)?)
                },
            )
            .map(|_| ())
    }
}

/// One object of the API.
#[derive(Default)]
struct Item<'a> {
    kind: Cow<'a, str>,
    id: Cow<'a, str>,
    published: Option<Cow<'a, str>>,
    title: Cow<'a, str>,
    description: Cow<'a, str>,
    channel: Option<Cow<'a, str>>,
    channel_title: Option<Cow<'a, str>>,
    playlist: Cow<'a, str>,
    video: Option<Cow<'a, str>>,
    target_channel: Option<Cow<'a, str>>,
    metadata: Metadata,
}

impl<'a> Item<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, JsonError> {
        if cursor.peek()? != ValueKind::Object {
            return Err(JsonError::Malformed(cursor.position()));
        }
        let mut item = Self::default();
        cursor.object(|cursor, key| match key {
            b"kind" => cursor.text().map(|text| item.kind = text.unwrap_or_default()),
            b"id" => cursor.text().map(|text| item.id = text.unwrap_or_default()),
            // A mark of the server's cache.
            b"etag" => cursor.skip(),
            b"snippet" => item.snippet(cursor),
            b"contentDetails" => item.details(cursor),
            _ => item.keep(cursor, key),
        })?;
        Ok(item)
    }

    fn snippet(&mut self, cursor: &mut Cursor<'a>) -> Result<(), JsonError> {
        cursor.object(|cursor, key| {
            match key {
                b"publishedAt" => self.published = cursor.text()?,
                b"title" => self.title = cursor.text()?.unwrap_or_default(),
                b"description" => self.description = cursor.text()?.unwrap_or_default(),
                b"channelId" => self.channel = cursor.text()?,
                b"channelTitle" => self.channel_title = cursor.text()?,
                b"playlistId" => self.playlist = cursor.text()?.unwrap_or_default(),
                b"resourceId" => cursor.object(|cursor, key| {
                    match key {
                        b"videoId" => self.video = cursor.text()?,
                        b"channelId" => self.target_channel = cursor.text()?,
                        _ => cursor.skip()?,
                    }
                    Ok(())
                })?,
                // Addresses of preview pictures follow from the video's id.
                b"thumbnails" => cursor.skip()?,
                _ => self.keep(cursor, key)?,
            }
            Ok(())
        })
    }

    fn details(&mut self, cursor: &mut Cursor<'a>) -> Result<(), JsonError> {
        cursor.object(|cursor, key| {
            match key {
                b"videoId" => {
                    let video = cursor.text()?;
                    self.video = self.video.take().or(video);
                }
                _ => self.keep(cursor, key)?,
            }
            Ok(())
        })
    }

    fn keep(&mut self, cursor: &mut Cursor<'a>, key: &[u8]) -> Result<(), JsonError> {
        let mut result = Ok(());
        self.metadata.push_with(&String::from_utf8_lossy(key), |out| result = cursor.copy_compact(out));
        result
    }

    fn into_draft(self) -> Draft {
        let time = self.published.as_deref().and_then(time_of);
        let mut labels = dp_model::Labels::new();
        let (kind, key, url, repeatable) = match (self.kind.as_ref(), &self.video, &self.target_channel) {
            ("youtube#subscription", _, Some(channel)) => {
                let url = ["https://www.youtube.com/channel/", channel].concat();
                (Kind::Subscription, channel.as_bytes().to_vec(), Some(url), false)
            }
            ("youtube#playlistItem", Some(video), _) if self.playlist.starts_with("HL") => {
                (Kind::Watch, watch_key(time.as_ref(), video), Some(watch_url(video)), true)
            }
            ("youtube#playlistItem", Some(video), _) if self.playlist.starts_with("UU") => {
                (Kind::Video, video.as_bytes().to_vec(), Some(watch_url(video)), true)
            }
            ("youtube#playlistItem", Some(video), _) => {
                let list = match self.playlist.get(..2) {
                    Some("LL") => "Liked videos",
                    Some("WL") => "Watch later",
                    Some("FL") => "Favorites",
                    _ => &self.playlist,
                };
                if !list.is_empty() {
                    labels.push(list.to_owned().into());
                }
                (Kind::Bookmark, item_key(video, time.as_ref(), list), Some(watch_url(video)), true)
            }
            ("youtube#video", ..) => {
                (Kind::Video, self.id.as_bytes().to_vec(), Some(watch_url(&self.id)), true)
            }
            ("youtube#playlist", ..) => {
                let url = ["https://www.youtube.com/playlist?list=", &self.id].concat();
                (Kind::Playlist, self.id.as_bytes().to_vec(), Some(url), false)
            }
            ("youtube#channel", ..) => {
                let url = ["https://www.youtube.com/channel/", &self.id].concat();
                (Kind::Activity, format!("channel {} api", self.id).into_bytes(), Some(url), true)
            }
            (other, ..) => (Kind::Activity, format!("{other} {}", self.id).into_bytes(), None, true),
        };
        let mut content = Content::new(SOURCE, kind);
        content.title = self.title.trim().to_owned();
        content.text = self.description.into_owned();
        content.time = time;
        content.url = url;
        content.labels = labels;
        content.metadata = self.metadata;
        match (kind, self.target_channel, self.channel) {
            (Kind::Subscription, Some(target), _) => {
                content.people.push(channel(
                    &target,
                    Some(&content.title).filter(|title| !title.is_empty()).map(String::as_str),
                    Role::Author,
                ));
            }
            (Kind::Video | Kind::Playlist, _, Some(own)) => {
                content.people.push(channel(&own, self.channel_title.as_deref(), Role::Author));
            }
            // In a list the channel is the list's owner, not the video's maker.
            (_, _, Some(owner)) => content.metadata.push_str("list_owner", &owner),
            _ => {}
        }
        if !self.playlist.is_empty() {
            content.metadata.push_str("playlistId", &self.playlist);
        }
        match repeatable {
            true => Draft::repeatable(&key, 0, content),
            false => Draft::unique(&key, 0, content),
        }
    }
}
