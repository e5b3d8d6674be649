//! The headers of tus 1.0.0: those of requests are read, and refused with what is wrong with them; those of answers
//! are written.

use crate::http::problem::{Code, Problem};
use crate::uploads::{Algorithm, Checksum, FileName, NewUpload, Upload};
use axum::extract::FromRequestParts;
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts};
use jiff::{Timestamp, fmt::rfc2822::DateTimePrinter};

pub(super) const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
pub(super) const VERSIONS: HeaderName = HeaderName::from_static("tus-version");
pub(super) const EXTENSIONS: HeaderName = HeaderName::from_static("tus-extension");
pub(super) const MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
pub(super) const ALGORITHMS: HeaderName = HeaderName::from_static("tus-checksum-algorithm");
pub(super) const OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");
pub(super) const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const DEFERRED_LENGTH: HeaderName = HeaderName::from_static("upload-defer-length");
const CONCATENATION: HeaderName = HeaderName::from_static("upload-concat");
const METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");

/// The one version that is spoken.
pub(super) const VERSION: &str = "1.0.0";
/// What is spoken beyond its core.
pub(super) const SPOKEN: &str = "creation,creation-with-upload,termination,checksum,expiration";
/// The media type of an upload's bytes.
const BYTES: &str = "application/offset+octet-stream";
/// Characters of the longest `Upload-Metadata`.
const METADATA_CHARS_MAX: usize = 4_096;
/// Names in `Upload-Metadata` that the file's name goes by, the better one first.
const NAMES: [&str; 2] = ["filename", "name"];
/// Clients differ in whether they fill the last group up.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A request that speaks the protocol.
#[derive(Debug, Clone, Copy)]
pub(in crate::http) struct Resumable;

impl<S: Send + Sync> FromRequestParts<S> for Resumable {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match text(&parts.headers, &RESUMABLE)? {
            Some(VERSION) => Ok(Self),
            Some(other) => {
                let detail = format!("Tus-Resumable: {other:?} is not spoken, only {VERSION}");
                Err(Problem::new(Code::WrongTusVersion, detail))
            }
            None => {
                Err(Problem::new(Code::WrongTusVersion, "the request does not say `Tus-Resumable: 1.0.0`"))
            }
        }
    }
}

/// What a request to begin an upload declares.
pub(super) fn new_upload(headers: &HeaderMap) -> Result<NewUpload, Problem> {
    for (name, what) in [(DEFERRED_LENGTH, "a length that is told later"), (CONCATENATION, "concatenation")] {
        if headers.contains_key(&name) {
            let detail =
                format!("{name}: {what} is not spoken here; send the whole file with its Upload-Length");
            return Err(Problem::new(Code::BadUploadHeader, detail));
        }
    }
    let length_bytes = needed_number(headers, &LENGTH)?;
    let metadata = text(headers, &METADATA)?.unwrap_or_default();
    let name = FileName::harmless(&name_in(metadata)?);
    Ok(NewUpload { name, length_bytes, metadata: metadata.to_owned() })
}

/// The file's name in `Upload-Metadata`: pairs of a key and base64, with commas between. Empty if there is none.
fn name_in(metadata: &str) -> Result<String, Problem> {
    if metadata.len() > METADATA_CHARS_MAX {
        return Err(wrong(&METADATA, format!("is longer than {METADATA_CHARS_MAX} characters")));
    }
    let mut known: Vec<(&str, Vec<u8>)> = Vec::new();
    for pair in metadata.split(',').map(str::trim).filter(|_| !metadata.trim().is_empty()) {
        let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(wrong(&METADATA, format!("has the key {key:?}, which is empty or not plain ASCII")));
        }
        if known.iter().any(|(other, _)| *other == key) {
            return Err(wrong(&METADATA, format!("has the key {key:?} twice")));
        }
        let value = BASE64.decode(value.trim());
        let value =
            value.map_err(|_| wrong(&METADATA, format!("has a value of {key:?} that is no base64")))?;
        known.push((key, value));
    }
    let find = |name: &&str| known.iter().find(|(key, _)| key == name);
    let Some((key, name)) = NAMES.iter().find_map(find) else { return Ok(String::new()) };
    let name = std::str::from_utf8(name);
    Ok(name.map_err(|_| wrong(&METADATA, format!("has a {key:?} that is not UTF-8")))?.to_owned())
}

/// Whether the body is bytes of an upload.
pub(super) fn brings_bytes(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media_type.is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case(BYTES))
}

/// Where the bytes of a request belong.
pub(super) fn offset(headers: &HeaderMap) -> Result<u64, Problem> {
    needed_number(headers, &OFFSET)
}

/// Bytes of the body, if the request tells.
pub(in crate::http) fn content_length(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    number(headers, &header::CONTENT_LENGTH)
}

/// What the bytes of a request have as checksum, if it tells.
pub(super) fn checksum(headers: &HeaderMap) -> Result<Option<Checksum>, Problem> {
    let Some(text) = text(headers, &CHECKSUM)? else { return Ok(None) };
    let (algorithm, digest) = text.split_once(' ').unwrap_or((text, ""));
    let algorithm = Algorithm::find(algorithm)
        .ok_or_else(|| wrong(&CHECKSUM, format!("is made with {algorithm:?}; {} are known", algorithms())))?;
    let digest = BASE64.decode(digest.trim()).ok();
    let checksum = digest.and_then(|digest| Checksum::new(algorithm, digest));
    let reason =
        || format!("is not the base64 of {} bytes, as {} has", algorithm.digest_bytes(), algorithm.as_str());
    checksum.map(Some).ok_or_else(|| wrong(&CHECKSUM, reason()))
}

/// The algorithms of checksums that are known.
pub(super) fn algorithms() -> String {
    Algorithm::ALL.map(Algorithm::as_str).join(",")
}

/// How far an upload is, and when it will be removed.
pub(super) fn progress(upload: &Upload) -> Result<HeaderMap, Problem> {
    let mut headers = HeaderMap::new();
    headers.insert(OFFSET, upload.offset_bytes.into());
    headers.insert(EXPIRES, date(upload.expires)?);
    Ok(headers)
}

/// The same with what was declared when it began.
pub(super) fn state(upload: &Upload) -> Result<HeaderMap, Problem> {
    let mut headers = progress(upload)?;
    headers.insert(LENGTH, upload.length_bytes.into());
    if !upload.metadata.is_empty() {
        headers.insert(METADATA, HeaderValue::from_str(&upload.metadata).map_err(Problem::internal)?);
    }
    Ok(headers)
}

/// As RFC 9110, section 5.6.7, has dates.
fn date(time: Timestamp) -> Result<HeaderValue, Problem> {
    let text = DateTimePrinter::new().timestamp_to_rfc9110_string(&time).map_err(Problem::internal)?;
    HeaderValue::from_str(&text).map_err(Problem::internal)
}

fn needed_number(headers: &HeaderMap, name: &HeaderName) -> Result<u64, Problem> {
    number(headers, name)?.ok_or_else(|| wrong(name, "is missing"))
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Result<Option<u64>, Problem> {
    let Some(text) = text(headers, name)? else { return Ok(None) };
    // A sign would be taken otherwise.
    let number = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    number.map(Some).ok_or_else(|| wrong(name, format!("is {text:?}, which is no number of bytes")))
}

/// A header that may be there once, as text.
fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(wrong(name, "is there twice"));
    }
    value.to_str().map(|text| Some(text.trim())).map_err(|_| wrong(name, "is not plain ASCII"))
}

fn wrong(name: &HeaderName, what: impl std::fmt::Display) -> Problem {
    Problem::new(Code::BadUploadHeader, format!("the header {name} {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn what_is_declared_is_read() {
        let metadata = "filetype YXBwbGljYXRpb24vemlw,filename dGFrZW91dC56aXA=,is_confidential";
        let new = new_upload(&with(&[(LENGTH, "5"), (METADATA, metadata)])).unwrap();
        assert_eq!(
            (new.name.as_str(), new.length_bytes, new.metadata.as_str()),
            ("takeout.zip", 5, metadata)
        );
        // Other clients call it otherwise, and fill nothing up.
        let new = new_upload(&with(&[(LENGTH, "0"), (METADATA, "name dGFrZW91dC56aXA")])).unwrap();
        assert_eq!(new.name.as_str(), "takeout.zip");
        assert_eq!(new_upload(&with(&[(LENGTH, "7")])).unwrap().name.as_str(), "upload");
        let climbing = new_upload(&with(&[(LENGTH, "7"), (METADATA, "filename Li4vLi4vZXRjL3Bhc3N3ZA==")]));
        assert_eq!(climbing.unwrap().name.as_str(), "passwd");
    }

    #[test]
    fn what_can_t_be_meant_is_refused_by_name() {
        let long = format!("a {}", "A".repeat(5_000));
        for (pairs, names) in [
            (vec![], "upload-length"),
            (vec![(LENGTH, "-1")], "upload-length"),
            (vec![(LENGTH, "+1")], "upload-length"),
            (vec![(LENGTH, "")], "upload-length"),
            (vec![(LENGTH, "1e3")], "upload-length"),
            (vec![(LENGTH, "18446744073709551616")], "upload-length"),
            (vec![(DEFERRED_LENGTH, "1")], "upload-defer-length"),
            (vec![(LENGTH, "1"), (CONCATENATION, "partial")], "upload-concat"),
            (vec![(LENGTH, "1"), (METADATA, "filename %%%")], "upload-metadata"),
            (vec![(LENGTH, "1"), (METADATA, "filename /w==")], "upload-metadata"),
            (vec![(LENGTH, "1"), (METADATA, "a YQ==,a YQ==")], "upload-metadata"),
            (vec![(LENGTH, "1"), (METADATA, "a YQ==,,b")], "upload-metadata"),
            (vec![(LENGTH, "1"), (METADATA, long.as_str())], "upload-metadata"),
        ] {
            let problem = new_upload(&with(&pairs)).unwrap_err();
            assert_eq!(problem.code(), Code::BadUploadHeader, "{pairs:?}");
            assert!(problem.detail().contains(names), "{problem}");
        }
        let mut twice = with(&[(LENGTH, "1")]);
        twice.append(LENGTH, "2".parse().unwrap());
        assert!(new_upload(&twice).unwrap_err().detail().contains("twice"));
    }

    #[test]
    fn checksums_are_read() {
        let read = |text: &str| checksum(&with(&[(CHECKSUM, text)]));
        assert!(read("sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=").unwrap().is_some());
        assert!(read("sha256 ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=").unwrap().is_some());
        for wrong in
            ["md5 1B2M2Y8AsgTpgAmY7PhCfg==", "sha1", "sha1 %", "sha256 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=", ""]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert_eq!(checksum(&HeaderMap::new()), Ok(None));
    }
}
