//! A backup on its way out: whole, or from the byte on where a download broke off.

use super::folder::BackupFile;
use crate::http::{
    flow,
    given::{has_it, names_tag, tag_of},
    problem::{Code, Problem},
};
use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    ops::Range,
};
use tokio::sync::OwnedSemaphorePermit;

/// Names the version of a file: nobody changes one that is done.
fn tag(file: &BackupFile) -> String {
    tag_of(format!("{} {} {}", file.name, file.size_bytes, file.created).as_bytes())
}

/// The answer to a request for a backup.
pub(super) fn answer(
    (found, mut file): (BackupFile, File),
    asked: &HeaderMap,
    permit: OwnedSemaphorePermit,
) -> Result<Response, Problem> {
    let tag = tag(&found);
    if has_it(asked, &tag) {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    let range = match part(asked, &tag, found.size_bytes) {
        Part::Whole => None,
        Part::Of(range) => Some(range),
        Part::Beyond => {
            let detail = format!("the file has {} bytes, and the range lies behind them", found.size_bytes);
            let mut response = Problem::new(Code::RangeBeyondEnd, detail).into_response();
            set(&mut response, header::CONTENT_RANGE, &format!("bytes */{}", found.size_bytes))?;
            return Ok(response);
        }
    };
    let bytes = range.clone().unwrap_or(0..found.size_bytes);
    file.seek(SeekFrom::Start(bytes.start)).map_err(Problem::internal)?;
    let length = bytes.end - bytes.start;
    let body = flow::body(move |output| {
        let _permit = permit;
        let sent = io::copy(&mut file.take(length), output)?;
        if sent < length { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    });
    let mut response = Body::into_response(body);
    if let Some(range) = range {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let text = format!("bytes {}-{}/{}", range.start, range.end - 1, found.size_bytes);
        set(&mut response, header::CONTENT_RANGE, &text)?;
    }
    set(&mut response, header::CONTENT_TYPE, "application/octet-stream")?;
    set(&mut response, header::CONTENT_LENGTH, &length.to_string())?;
    set(&mut response, header::ACCEPT_RANGES, "bytes")?;
    set(&mut response, header::ETAG, &tag)?;
    set(&mut response, header::CACHE_CONTROL, "private, no-store")?;
    // Names are of letters, digits and marks that need no quoting but the quotes.
    let name = found.name.replace(['"', '\\'], "_");
    set(&mut response, header::CONTENT_DISPOSITION, &format!("attachment; filename=\"{name}\""))?;
    Ok(response)
}

fn set(response: &mut Response, name: header::HeaderName, text: &str) -> Result<(), Problem> {
    let value = HeaderValue::from_str(text).map_err(Problem::internal)?;
    response.headers_mut().insert(name, value);
    Ok(())
}

/// What of the file is asked for.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Whole,
    Of(Range<u64>),
    Beyond,
}

/// One range, as RFC 9110 has it; what can't be meant, several ranges, and a range of another version are the whole.
fn part(asked: &HeaderMap, tag: &str, size_bytes: u64) -> Part {
    let text = |name| asked.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if text(header::IF_RANGE)
        .is_some_and(|condition| condition.starts_with("W/") || !names_tag(condition, tag))
    {
        return Part::Whole;
    }
    let Some(range) = text(header::RANGE).and_then(|range| range.strip_prefix("bytes=")) else {
        return Part::Whole;
    };
    let Some((first, last)) = range.trim().split_once('-') else { return Part::Whole };
    let number =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok());
    match (first, last, number(first).flatten(), number(last).flatten()) {
        ("", _, _, Some(0)) => Part::Beyond,
        ("", _, _, Some(length)) => Part::Of(size_bytes.saturating_sub(length)..size_bytes),
        (_, "", Some(first), _) if first < size_bytes => Part::Of(first..size_bytes),
        (_, _, Some(first), Some(last)) if first <= last && first < size_bytes => {
            Part::Of(first..last.saturating_add(1).min(size_bytes))
        }
        (_, "", Some(_), _) => Part::Beyond,
        (_, _, Some(first), Some(last)) if first <= last => Part::Beyond,
        _ => Part::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_they_are_meant() {
        let asked = |range: &str, condition: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, range.parse().unwrap());
            if let Some(condition) = condition {
                headers.insert(header::IF_RANGE, condition.parse().unwrap());
            }
            part(&headers, "\"a\"", 10)
        };
        for (range, expected) in [
            ("bytes=0-", Part::Of(0..10)),
            ("bytes=4-6", Part::Of(4..7)),
            ("bytes=4-999999999999", Part::Of(4..10)),
            ("bytes=-3", Part::Of(7..10)),
            ("bytes=-99", Part::Of(0..10)),
            ("bytes=10-", Part::Beyond),
            ("bytes=10-20", Part::Beyond),
            ("bytes=-0", Part::Beyond),
            ("bytes=6-4", Part::Whole),
            ("bytes=0-1,4-5", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("bytes=99999999999999999999-", Part::Whole),
            ("lines=1-2", Part::Whole),
        ] {
            assert_eq!(asked(range, None), expected, "{range}");
        }
        assert_eq!(asked("bytes=4-", Some("\"a\"")), Part::Of(4..10));
        assert_eq!(asked("bytes=4-", Some("\"b\"")), Part::Whole);
        assert_eq!(part(&HeaderMap::new(), "\"a\"", 10), Part::Whole);
    }
}
