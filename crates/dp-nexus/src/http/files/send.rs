//! How bytes are sent: with a tag, in whole or in part, and with what keeps a browser from running them.

use super::{
    disposition::disposition,
    range::{self, Asked},
};
use crate::http::{
    given::has_it,
    problem::{Code, Problem},
};
use axum::{
    body::{Body, Bytes},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use std::{
    io::{self, Read},
    ops::Range,
};

/// Bytes that are read and sent at once.
pub(super) const PIECE_BYTES: usize = 256 << 10;
/// Nothing of it runs, nothing is loaded, and it has no origin.
const POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox");
/// Bytes of one hash never change. Only the browser of the one who asked keeps them.
pub(super) const FOR_EVER: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");
/// They may change, so the browser asks whether they have.
pub(super) const ASKED_ANEW: HeaderValue = HeaderValue::from_static("private, no-cache");
/// What a browser keeps is nothing to another account on the same machine.
const VARY: HeaderValue = HeaderValue::from_static("authorization, cookie, x-api-key");

/// In the extensions of a response whose bytes are sent as they are: a tag names these very bytes, and a part of
/// them can be asked for.
#[derive(Debug, Clone, Copy)]
pub(in crate::http) struct AsItIs;

/// Something to be sent.
#[derive(Debug, Clone)]
pub(super) struct Parcel {
    /// Names the bytes, in quotes.
    pub(super) tag: String,
    /// How many there are, if that is known.
    pub(super) size_bytes: Option<u64>,
    pub(super) media_type: HeaderValue,
    /// Under which name it is saved, and whether it may be shown.
    pub(super) name: String,
    pub(super) is_shown: bool,
    pub(super) cache: HeaderValue,
}

/// What of it a request wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The client has it.
    Nothing,
    All,
    Part(Range<u64>),
    /// A part there is none of.
    Nowhere,
}

/// What a request wants of something with this tag and size.
pub(super) fn wanted(method: &Method, headers: &HeaderMap, tag: &str, size_bytes: Option<u64>) -> Wanted {
    if has_it(headers, tag) {
        return Wanted::Nothing;
    }
    let mut ranges = headers.get_all(header::RANGE).iter();
    let (Some(range), None, Some(size_bytes)) = (ranges.next(), ranges.next(), size_bytes) else {
        return Wanted::All;
    };
    // Of other bytes than the client has the first part of, all are sent.
    let is_same = headers.get(header::IF_RANGE).is_none_or(|known| known.as_bytes() == tag.as_bytes());
    if method != Method::GET || !is_same {
        return Wanted::All;
    }
    match range::parse(range.to_str().unwrap_or_default(), size_bytes) {
        Asked::All => Wanted::All,
        Asked::Part(part) => Wanted::Part(part),
        Asked::Nowhere => Wanted::Nowhere,
    }
}

impl Parcel {
    /// The bytes that are to be read for this.
    pub(super) fn range(&self, wanted: &Wanted) -> Range<u64> {
        match wanted {
            Wanted::Nothing | Wanted::Nowhere => 0..0,
            Wanted::All => 0..self.size_bytes.unwrap_or(u64::MAX),
            Wanted::Part(part) => part.clone(),
        }
    }

    /// The answer, with the bytes that were read.
    pub(super) fn answer(&self, wanted: &Wanted, body: Body) -> Result<Response, Problem> {
        let range = self.range(wanted);
        let (status, body, told) = match wanted {
            Wanted::Nothing => (StatusCode::NOT_MODIFIED, Body::empty(), None),
            Wanted::All => (StatusCode::OK, body, None),
            Wanted::Part(part) => {
                (StatusCode::PARTIAL_CONTENT, body, Some(format!("{}-{}", part.start, part.end - 1)))
            }
            Wanted::Nowhere => return self.nowhere(),
        };
        let mut response = (status, body).into_response();
        let size = self.size_bytes.map_or_else(|| "*".to_owned(), |bytes| bytes.to_string());
        let said = response.headers_mut();
        said.insert(header::ETAG, value(&self.tag)?);
        said.insert(header::CACHE_CONTROL, self.cache.clone());
        said.insert(header::VARY, VARY);
        said.insert(header::CONTENT_SECURITY_POLICY, POLICY);
        said.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if *wanted != Wanted::Nothing {
            said.insert(header::CONTENT_TYPE, self.media_type.clone());
            said.insert(header::CONTENT_DISPOSITION, disposition(self.is_shown, &self.name));
            if self.size_bytes.is_some() {
                said.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
                said.insert(header::CONTENT_LENGTH, (range.end - range.start).into());
            }
            if let Some(part) = told {
                said.insert(header::CONTENT_RANGE, value(&format!("bytes {part}/{size}"))?);
            }
        }
        response.extensions_mut().insert(AsItIs);
        Ok(response)
    }

    /// There is no such part; says how many bytes there are.
    fn nowhere(&self) -> Result<Response, Problem> {
        let size = self.size_bytes.unwrap_or_default();
        let detail = format!("there are {size} bytes, and none in the range that is asked for");
        let mut response = Problem::new(Code::RangeNotSatisfiable, detail).into_response();
        response.headers_mut().insert(header::CONTENT_RANGE, value(&format!("bytes */{size}"))?);
        Ok(response)
    }
}

fn value(text: &str) -> Result<HeaderValue, Problem> {
    HeaderValue::from_str(text).map_err(Problem::internal)
}

/// A body of what is read, piece by piece, on threads that may block: none is held while a slow line takes a piece.
pub(super) fn body_of(bytes: Box<dyn Read + Send>) -> Body {
    let pieces = futures::stream::try_unfold(bytes, |mut bytes| async move {
        let read =
            tokio::task::spawn_blocking(move || read_piece(&mut *bytes).map(|piece| (piece, bytes))).await;
        let (piece, bytes) = read.map_err(io::Error::other)??;
        Ok::<_, io::Error>(piece.map(|piece| (piece, bytes)))
    });
    Body::from_stream(pieces)
}

/// The next bytes, as many as are sent at once; None at the end.
pub(super) fn read_piece(bytes: &mut dyn Read) -> io::Result<Option<Bytes>> {
    let mut piece = Vec::with_capacity(PIECE_BYTES);
    bytes.take(PIECE_BYTES as u64).read_to_end(&mut piece)?;
    Ok((!piece.is_empty()).then(|| Bytes::from(piece)))
}
