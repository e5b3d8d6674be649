//! The forms of values in YouTube's tables, by which columns are known in every language.

use crate::{google::activity::is_video_id, times};
use dp_model::{Clock, Identity, IdentityKind, Mention, Moment, Role};

/// `UC` and 22 characters.
pub(super) fn is_channel_id(text: &str) -> bool {
    text.len() == 24 && text.starts_with("UC") && is_id(text)
}

/// An id of a comment: `Ugx…`, a reply with its parent's before a dot. Posts begin with `Ugk`.
pub(super) fn is_comment_id(text: &str) -> bool {
    text.len() >= 20 && text.starts_with("Ug") && !is_post_id(text) && text.split('.').all(is_id)
}

/// An id of a post.
pub(super) fn is_post_id(text: &str) -> bool {
    text.len() >= 20 && text.starts_with("Ugk") && is_id(text)
}

/// An id of a playlist, or one of the fixed lists.
pub(super) fn is_playlist_id(text: &str) -> bool {
    let prefixes = ["PL", "LL", "FL", "WL", "UU", "OL", "RD", "HL", "LM", "PU", "SP"];
    prefixes.iter().any(|prefix| text.starts_with(prefix))
        && is_id(text)
        && (text.len() >= 13 || text.len() == 2)
}

/// The id in a value that is one, or in a link to a video.
pub(super) fn video_of(text: &str) -> Option<&str> {
    let text = text.trim();
    if is_video_id(text) {
        return Some(text);
    }
    let (host, path) = crate::text::host_and_path(text)?;
    if !crate::google::activity::is_youtube_host(&host) {
        return None;
    }
    let id = crate::text::raw_query_parameter(text, "v").or_else(|| path.rsplit('/').next())?;
    is_video_id(id).then_some(id)
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// A time of YouTube's tables. One without a zone is UTC.
pub(super) fn time_of(text: &str) -> Option<Moment> {
    if !text.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let moment = times::iso8601(text)?;
    Some(match moment.clock {
        Clock::Wall if moment.precision > dp_model::Precision::Day => {
            Moment::utc(moment.utc_us, moment.precision)
        }
        _ => moment,
    })
}

/// A channel as the maker of something.
pub(super) fn channel(id: &str, name: Option<&str>, role: Role) -> Mention {
    Mention {
        role,
        name: name.map(str::to_owned),
        identity: Some(Identity { kind: IdentityKind::Handle, value: ["youtube:", id].concat() }),
    }
}

/// The page of a video.
pub(super) fn watch_url(id: &str) -> String {
    ["https://www.youtube.com/watch?v=", id].concat()
}

/// The key of a video in a list: list and language do not matter, for lists are renamed and their
/// files are named after them; what was added when does.
pub(super) fn item_key(video: &str, added: Option<&Moment>, list: &str) -> Vec<u8> {
    match added {
        Some(added) => {
            [b"i".as_slice(), &added.utc_us.div_euclid(1_000_000).to_be_bytes(), video.as_bytes()].concat()
        }
        None => [b"l".as_slice(), video.as_bytes(), b" ", list.as_bytes()].concat(),
    }
}
