//! What an own document may say: content comes in as somebody sent it, and goes out cleaned, or as a sentence that
//! says what is wrong with it.

use super::{NOTES, is_own};
use crate::etl::UTC_US_RANGE;
use dp_model::{Content, Mention, Moment, Place, Point};
use std::borrow::Cow;

/// Characters of a source.
const SOURCE_CHARS_MAX: usize = 64;
/// Characters of one line: a title, a name, an address, a label.
const LINE_CHARS_MAX: usize = 1_000;
/// Bytes of the text.
const TEXT_BYTES_MAX: usize = 4 << 20;
/// Characters of an address on the web.
const URL_CHARS_MAX: usize = 8_192;
/// Labels, and people.
const MANY_MAX: usize = 1_000;
/// Bytes of metadata as JSON.
const METADATA_BYTES_MAX: usize = 256 << 10;
/// Seconds of the greatest offset from UTC.
const OFFSET_MAX_S: i32 = 86_400;
/// What an address on the web may not begin with, since a browser would run what follows.
const RUN_BY_BROWSERS: [&str; 3] = ["javascript", "data", "vbscript"];

/// What is wrong with the content of an own document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct OwnError {
    /// The field.
    pub field: &'static str,
    /// What is wrong with it, and what would be right.
    pub reason: String,
}

fn wrong<T>(field: &'static str, reason: impl Into<String>) -> Result<T, OwnError> {
    Err(OwnError { field, reason: reason.into() })
}

/// The content as it is stored: without what can't be shown, and fit for the vault.
///
/// # Errors
/// When it is not fit.
pub fn checked(content: Content) -> Result<Content, OwnError> {
    let mut content = content;
    check_source(&content.source)?;
    clean(&mut content.title);
    clean(&mut content.text);
    check_line("title", &content.title)?;
    if content.text.len() > TEXT_BYTES_MAX {
        return wrong(
            "text",
            format!("{} bytes are given, and it may have {TEXT_BYTES_MAX}", content.text.len()),
        );
    }
    check_time("time", content.time.as_ref())?;
    check_time("end", content.end.as_ref())?;
    check_order(&content)?;
    content.place = content.place.take().filter(|place| !place.is_empty());
    content.place.as_ref().map_or(Ok(()), check_place)?;
    if content.people.len() > MANY_MAX || content.labels.len() > MANY_MAX {
        return wrong("people and labels", format!("there may be {MANY_MAX} of each"));
    }
    content.people.iter().try_for_each(check_mention)?;
    content.url.as_deref().map_or(Ok(()), check_url)?;
    for label in &mut content.labels {
        *label = Cow::Owned(label.trim().to_owned());
        check_line("labels", label)?;
        if label.is_empty() {
            return wrong("labels", "a label has at least one character");
        }
    }
    if content.metadata.len() > METADATA_BYTES_MAX {
        return wrong("metadata", format!("as JSON it may have {METADATA_BYTES_MAX} bytes"));
    }
    let says_nothing = content.title.trim().is_empty()
        && content.text.trim().is_empty()
        && content.url.is_none()
        && content.place.is_none()
        && content.metadata.is_empty();
    if says_nothing {
        return wrong("title", "a document says something: give title, text, url, place or metadata");
    }
    Ok(content)
}

/// NUL cannot be shown and stops some tools reading; nothing else is touched.
fn clean(text: &mut String) {
    if text.contains('\0') {
        *text = text.replace('\0', "\u{FFFD}");
    }
}

fn check_source(source: &str) -> Result<(), OwnError> {
    let is_name = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
    };
    if is_own(source) && source.len() <= SOURCE_CHARS_MAX && source.split('.').all(is_name) {
        return Ok(());
    }
    let reason = format!(
        "{source:?} is no source of own documents; write {NOTES}, or own. and a name of lower-case letters, digits, \
         - and _, at most {SOURCE_CHARS_MAX} characters"
    );
    wrong("source", reason)
}

fn check_line(field: &'static str, text: &str) -> Result<(), OwnError> {
    let characters = text.chars().count();
    if characters > LINE_CHARS_MAX {
        return wrong(field, format!("{characters} characters are given, and it may have {LINE_CHARS_MAX}"));
    }
    if field != "title" && text.contains('\0') {
        return wrong(field, "it holds a character that can't be shown");
    }
    Ok(())
}

fn check_time(field: &'static str, moment: Option<&Moment>) -> Result<(), OwnError> {
    let Some(moment) = moment else { return Ok(()) };
    if !UTC_US_RANGE.contains(&moment.utc_us) {
        return wrong(field, "it lies outside of the years -9999 to 9999");
    }
    if moment.offset_s.is_some_and(|offset_s| offset_s.abs() > OFFSET_MAX_S) {
        return wrong(field, "no clock is more than a day from UTC");
    }
    moment.zone.as_deref().map_or(Ok(()), |zone| check_line(field, zone))
}

fn check_order(content: &Content) -> Result<(), OwnError> {
    let Some(end) = &content.end else { return Ok(()) };
    let Some(begin) = &content.time else { return wrong("end", "what has an end has a time when it began") };
    // A date and an instant are not compared: which is first depends on the zone.
    if begin.clock == end.clock && end.utc_us < begin.utc_us {
        return wrong("end", "it is before the time when it began");
    }
    Ok(())
}

fn check_place(place: &Place) -> Result<(), OwnError> {
    let lines = [&place.name, &place.address, &place.place_id];
    lines.into_iter().flatten().try_for_each(|line| check_line("place", line))?;
    let Some(point) = place.point else { return Ok(()) };
    if Point::from_e7(point.latitude_e7.into(), point.longitude_e7.into()) == Some(point) {
        return Ok(());
    }
    wrong(
        "place",
        "point is not on the map: latitude_e7 is degrees north × 1e7, longitude_e7 degrees east × 1e7",
    )
}

fn check_mention(mention: &Mention) -> Result<(), OwnError> {
    mention.name.as_deref().map_or(Ok(()), |name| check_line("people", name))?;
    let value = mention.identity.as_ref().map(|identity| identity.value.as_str());
    value.map_or(Ok(()), |value| check_line("people", value))?;
    if mention.name.as_deref().is_none_or(|name| name.trim().is_empty()) && value.is_none() {
        return wrong("people", "each has a name or an identity");
    }
    Ok(())
}

fn check_url(url: &str) -> Result<(), OwnError> {
    let plain = url.chars().all(|c| !c.is_whitespace() && !c.is_control());
    let scheme = url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    let is_scheme = |scheme: &String| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
            && !RUN_BY_BROWSERS.contains(&scheme.as_str())
    };
    if plain && url.chars().count() <= URL_CHARS_MAX && scheme.as_ref().is_some_and(is_scheme) {
        return Ok(());
    }
    wrong("url", "it is no address that can be linked to; write it whole, as https://example.org/page")
}

#[cfg(test)]
mod tests {
    use super::*;
    use dp_model::{Kind, Precision, Role};

    fn with(change: impl FnOnce(&mut Content)) -> Result<Content, OwnError> {
        let mut content = Content::new(NOTES, Kind::Note);
        content.title = "A note".into();
        change(&mut content);
        checked(content)
    }

    #[test]
    fn what_is_fit_is_kept_as_it_is() {
        let content = with(|content| {
            content.text = "a\0b".into();
            content.labels.push(" garden ".into());
            content.url = Some("obsidian://open?vault=x".into());
            content.time = Some(Moment::date(10));
            content.end = Some(Moment::date(11));
            content.place = Some(Place::default());
        })
        .unwrap();
        assert_eq!((content.text.as_str(), &*content.labels[0]), ("a\u{FFFD}b", "garden"));
        assert_eq!(content.place, None);
        assert_eq!(checked(content.clone()), Ok(content), "checking again changes nothing");
    }

    #[test]
    fn what_is_not_fit_names_its_field() {
        let field = |change: fn(&mut Content)| with(change).unwrap_err().field;
        assert_eq!(field(|content| content.title.clear()), "title");
        assert_eq!(field(|content| content.title = "x".repeat(1_001)), "title");
        assert_eq!(field(|content| content.text = "x".repeat(TEXT_BYTES_MAX + 1)), "text");
        for source in ["own", "own.", "google.keep", "own.Notes", "own.a..b", "own.\u{e9}"] {
            let error = with(|content| content.source = source.into()).unwrap_err();
            assert_eq!(error.field, "source", "{source}");
        }
        for url in [
            "javascript:alert(1)",
            " https://a",
            "https://a b",
            "JaVaScRiPt:x",
            "data:text/html,x",
            "page",
            ":",
        ] {
            assert_eq!(with(|content| content.url = Some(url.into())).unwrap_err().field, "url", "{url}");
        }
        assert_eq!(field(|content| content.time = Some(Moment::utc(i64::MAX, Precision::Second))), "time");
        assert_eq!(field(|content| content.end = Some(Moment::date(1))), "end");
        assert_eq!(
            field(|content| (content.time, content.end) = (Some(Moment::date(2)), Some(Moment::date(1)))),
            "end"
        );
        assert_eq!(field(|content| content.labels.push("  ".into())), "labels");
        let nobody = Mention { role: Role::Subject, name: None, identity: None };
        assert_eq!(with(|content| content.people.push(nobody)).unwrap_err().field, "people");
        let nowhere = Place { point: Some(Point { latitude_e7: 0, longitude_e7: 0 }), ..Place::default() };
        assert_eq!(with(|content| content.place = Some(nowhere)).unwrap_err().field, "place");
        assert_eq!(
            field(|content| content.metadata.push_str("a", &"x".repeat(METADATA_BYTES_MAX))),
            "metadata"
        );
    }
}
