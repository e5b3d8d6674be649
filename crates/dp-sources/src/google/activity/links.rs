//! What a URL of Google or YouTube points at, and its form as part of a key.

use crate::text::{form_decode, host_and_path, percent_decode, raw_query_parameter};
use dp_model::{Identity, IdentityKind, Point};
use smallvec::SmallVec;
use std::borrow::Cow;

/// Whether a host is one of YouTube's.
pub(crate) fn is_youtube_host(host: &str) -> bool {
    matches!(
        host,
        "www.youtube.com"
            | "youtube.com"
            | "m.youtube.com"
            | "music.youtube.com"
            | "youtu.be"
            | "tv.youtube.com"
            | "www.youtubekids.com"
            | "www.youtube-nocookie.com"
    )
}

/// Whether a host is Google's search or maps, in any country.
pub(super) fn is_google_host(host: &str) -> bool {
    let host =
        ["www.", "maps.", "images."].iter().find_map(|prefix| host.strip_prefix(prefix)).unwrap_or(host);
    // google.com, google.de, google.co.uk; not google.example.com.
    host.strip_prefix("google.")
        .is_some_and(|country| country.len() <= 6 && country.matches('.').count() <= 1)
}

/// The video a YouTube URL opens: `/watch?v=`, `/shorts/`, `/live/`, `/embed/`, `youtu.be/`.
pub(super) fn video_id<'a>(host: &str, path: &'a str, url: &'a str) -> Option<&'a str> {
    let id = match path {
        "/watch" | "/playlist" | "/watch/" => raw_query_parameter(url, "v")?,
        _ if host == "youtu.be" => path.get(1..)?,
        _ => ["/shorts/", "/live/", "/embed/", "/v/"].iter().find_map(|prefix| path.strip_prefix(prefix))?,
    };
    let id = id.split('/').next().unwrap_or(id);
    is_video_id(id).then_some(id)
}

/// Whether text has the form of a video's id.
pub(crate) fn is_video_id(text: &str) -> bool {
    text.len() == 11 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// The identity of the channel a URL leads to: its id, handle, or user name.
pub(super) fn handle_of_channel(url: &str) -> Option<Identity> {
    let (host, path) = host_and_path(url)?;
    if !is_youtube_host(&host) {
        return None;
    }
    let mut segments = path.trim_start_matches('/').split('/');
    let name = match segments.next()? {
        "channel" | "user" | "c" => segments.next()?,
        handle if handle.starts_with('@') || handle.starts_with("%40") => handle,
        _ => return None,
    };
    let name = percent_decode(name);
    (!name.is_empty()).then(|| Identity { kind: IdentityKind::Handle, value: ["youtube:", &name].concat() })
}

/// The page behind Google's redirect; any other URL as it stands.
pub(super) fn unwrap<'a>(url: Cow<'a, str>) -> (Cow<'a, str>, bool) {
    let target =
        host_and_path(&url).filter(|(host, path)| *path == "/url" && is_google_host(host)).and_then(|_| {
            raw_query_parameter(&url, "q")
                .or_else(|| raw_query_parameter(&url, "url"))
                .filter(|target| !target.is_empty())
        });
    match target {
        Some(target) => (Cow::Owned(form_decode(target).into_owned()), true),
        None => (url, false),
    }
}

/// Parameters that tell how a page was reached, not which page it is.
fn is_volatile(name: &str) -> bool {
    name.starts_with("utm_")
        || matches!(
            name,
            "usg"
                | "ved"
                | "ei"
                | "sa"
                | "sca_esv"
                | "sca_upv"
                | "gs_lp"
                | "gs_lcp"
                | "gs_lcrp"
                | "gs_ssp"
                | "sclient"
                | "sxsrf"
                | "oq"
                | "aqs"
                | "sourceid"
                | "gclid"
                | "gbraid"
                | "wbraid"
                | "dclid"
                | "fbclid"
                | "msclkid"
                | "si"
                | "pp"
                | "ust"
                | "cshid"
                | "biw"
                | "bih"
                | "dpr"
                | "uact"
                | "iflsig"
                | "rlz"
        )
}

/// Appends the form of a URL that is the same wherever the URL was written down: `https` for the
/// hosts of Google and YouTube, without parameters that vary.
pub(super) fn push_normalised(url: &str, key: &mut SmallVec<[u8; 64]>) {
    let rest = match host_and_path(url) {
        Some((host, _)) if is_google_host(&host) || is_youtube_host(&host) => {
            key.extend_from_slice(b"https:");
            url.split_once(':').map_or(url, |(_, rest)| rest)
        }
        _ => url,
    };
    let Some((page, query)) = rest.split_once('?') else {
        key.extend_from_slice(rest.as_bytes());
        return;
    };
    key.extend_from_slice(page.as_bytes());
    let mut separator = b'?';
    for parameter in query.split('&') {
        let name = parameter.split_once('=').map_or(parameter, |(name, _)| name);
        if !is_volatile(name) {
            key.push(separator);
            key.extend_from_slice(parameter.as_bytes());
            separator = b'&';
        }
    }
}

/// The coordinates in a link to a map: `center=`, `query=`, `q=`, `ll=` or `/@`.
pub(super) fn map_point(url: &str) -> Option<Point> {
    let pair = ["center", "query", "ll", "q", "sll"]
        .iter()
        .filter_map(|name| raw_query_parameter(url, name))
        .find_map(|value| coordinates(&form_decode(value)));
    pair.or_else(|| url.split_once("/@").and_then(|(_, rest)| coordinates(rest)))
}

/// Reads `47.37,8.54` at the beginning of a text.
fn coordinates(text: &str) -> Option<Point> {
    let (latitude, rest) = text.split_once(',')?;
    let rest = rest.trim_start();
    let length = rest.bytes().take_while(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-')).count();
    let (latitude, longitude) = (latitude.trim().parse().ok()?, rest[..length].parse().ok()?);
    Point::from_degrees(latitude, longitude)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_lead_to_their_target() {
        let (target, wrapped) = unwrap("https://www.google.com/url?q=https://a.b/c%3Fd%3D1&usg=X".into());
        assert_eq!((target.as_ref(), wrapped), ("https://a.b/c?d=1", true));
        assert_eq!(unwrap("https://a.b/url?q=x".into()).0, "https://a.b/url?q=x");
    }

    #[test]
    fn videos_and_channels_are_recognised() {
        let id = |url: &'static str| {
            let (host, path) = host_and_path(url).unwrap();
            video_id(&host, path, url)
        };
        assert_eq!(id("https://www.youtube.com/watch?t=3&v=abcdefghij1"), Some("abcdefghij1"));
        assert_eq!(id("https://youtu.be/abcdefghij1?si=x"), Some("abcdefghij1"));
        assert_eq!(id("https://www.youtube.com/shorts/abcdefghij1"), Some("abcdefghij1"));
        assert_eq!(id("https://www.youtube.com/post/Ugkxabc"), None);
        assert_eq!(handle_of_channel("https://www.youtube.com/@m%C3%ADa").unwrap().value, "youtube:@mía");
        assert_eq!(handle_of_channel("https://example.org/channel/UC1"), None);
    }

    #[test]
    fn maps_tell_where() {
        for url in [
            "https://www.google.com/maps/@?api=1&map_action=map&center=47.37,-8.54&zoom=12",
            "https://google.com/maps?q=47.37,-8.54",
            "https://www.google.com/maps/place/X/@47.37,-8.54,15z/data=1",
        ] {
            let point = map_point(url).unwrap();
            assert_eq!((point.latitude_e7, point.longitude_e7), (473_700_000, -85_400_000), "{url}");
        }
        assert_eq!(map_point("https://google.com/maps?q=Town"), None);
    }

    #[test]
    fn hosts_of_google_are_told_from_others() {
        assert!(is_google_host("www.google.co.uk") && is_google_host("maps.google.de"));
        assert!(!is_google_host("google.example.com") && !is_google_host("notgoogle.com"));
    }
}
