//! What a request brings besides query parameters: parts of the path, a JSON body, conditions. Whatever can't be
//! read is a problem that says why.

use super::problem::{Code, Problem};
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Request, rejection::PathRejection},
};
use http::{HeaderMap, header, request::Parts};
use serde::de::DeserializeOwned;

/// Parts of the path, in order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(named)) => Ok(Self(named)),
            Err(PathRejection::FailedToDeserializePathParams(error)) => {
                Err(Problem::new(Code::NotFound, error.body_text()))
            }
            Err(error) => Err(Problem::internal(error)),
        }
    }
}

/// A JSON body: always an object, so that fields have names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Given<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        has_json(request.headers())?;
        let bytes = Bytes::from_request(request, state).await;
        let bytes =
            bytes.map_err(|error| Problem::new(Code::of_status(error.status()), error.body_text()))?;
        parsed(&bytes).map(Self)
    }
}

/// Whether the body says that it is JSON.
pub(super) fn has_json(headers: &HeaderMap) -> Result<(), Problem> {
    if is_json(headers) { Ok(()) } else { Err(Problem::plain(Code::UnsupportedType)) }
}

/// Reads a body.
pub(super) fn parsed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    // A list would be taken for the fields in their order.
    if first == Some(&b'[') {
        return Err(Problem::new(Code::UnfitBody, "the body is a list, and an object is asked for"));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let code = if error.is_data() { Code::UnfitBody } else { Code::BadBody };
        Problem::new(code, error.to_string())
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(media_type)) = headers.get(header::CONTENT_TYPE).map(|value| value.to_str()) else {
        return false;
    };
    let (essence, _) = media_type.split_once(';').unwrap_or((media_type, ""));
    let essence = essence.trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// The tag of some bytes: equal exactly when they are.
pub(super) fn tag_of(bytes: &[u8]) -> String {
    let hash = blake3::hash(bytes).to_hex();
    format!("\"{}\"", &hash[..32])
}

/// Whether a condition names this tag: one of a list, or `*`. Weak forms count, since a compressed answer
/// carries its tag so.
pub(super) fn names_tag(condition: &str, tag: &str) -> bool {
    let mut tags = condition.split(',').map(|one| one.trim().trim_start_matches("W/"));
    tags.any(|one| one == "*" || one == tag)
}

/// Whether the client has what has this tag (`If-None-Match`).
pub(super) fn has_it(headers: &HeaderMap, tag: &str) -> bool {
    let conditions = headers.get_all(header::IF_NONE_MATCH).iter();
    conditions.filter_map(|value| value.to_str().ok()).any(|condition| names_tag(condition, tag))
}

/// The condition under which something is changed (`If-Match`), if there is one.
pub(super) fn condition(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().map_err(|_| Problem::new(Code::BadRequest, "If-Match is not an ETag"))?;
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_found_in_conditions() {
        let tag = tag_of(b"a document");
        assert_eq!(tag.len(), 34);
        for condition in [tag.clone(), format!("W/{tag}"), "*".into(), format!("\"other\", {tag}")] {
            assert!(names_tag(&condition, &tag), "{condition}");
        }
        assert!(!names_tag("\"other\"", &tag) && !names_tag("", &tag));
    }
}
