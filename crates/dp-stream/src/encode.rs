//! JSON and names on their way into the database and out of it: nothing is stored that is too long, or so deep that it
//! could not be read again.

use crate::StreamError;
use jiff::Timestamp;
use serde_json::Value;

/// The longest JSON that a job is given.
pub(crate) const PAYLOAD_BYTES_MAX: usize = 64 << 10;
/// The longest progress.
pub(crate) const PROGRESS_BYTES_MAX: usize = 16 << 10;
/// The longest result.
pub(crate) const RESULT_BYTES_MAX: usize = 64 << 10;
/// The longest data of an event: a whole job fits.
pub(crate) const DATA_BYTES_MAX: usize = 256 << 10;
/// The longest message of an error; the rest is cut off.
pub(crate) const ERROR_BYTES_MAX: usize = 4 << 10;
/// The longest name of an account, kind or key.
const NAME_BYTES_MAX: usize = 512;
/// A reader of JSON takes 128 levels, and an event puts some around a job's.
const LEVELS_MAX: usize = 100;

/// JSON as it is stored.
pub(crate) fn encode(what: &'static str, value: &Value, bytes_max: usize) -> Result<String, StreamError> {
    if !is_flat(value, LEVELS_MAX) {
        return Err(StreamError::TooDeep { what, levels_max: LEVELS_MAX });
    }
    let text = value.to_string();
    check_length(what, &text, bytes_max)?;
    Ok(text)
}

/// JSON as it was stored.
pub(crate) fn decode(text: &str) -> Result<Value, StreamError> {
    serde_json::from_str(text)
        .map_err(|error| StreamError::Corrupt(format!("what should be JSON is none: {error}")))
}

/// Refuses names that are empty or too long.
pub(crate) fn check_name(what: &'static str, name: &str) -> Result<(), StreamError> {
    if name.is_empty() {
        return Err(StreamError::Empty(what));
    }
    check_length(what, name, NAME_BYTES_MAX)
}

/// The message of an error, cut where it is too long.
pub(crate) fn shorten(message: &str) -> String {
    message[..message.floor_char_boundary(ERROR_BYTES_MAX)].to_owned()
}

/// A stored time.
pub(crate) fn time(us: i64) -> Result<Timestamp, StreamError> {
    Timestamp::from_microsecond(us).map_err(|_| StreamError::Corrupt(format!("{us} is no time")))
}

/// A number of an event or a job as the database has it; larger ones are none that it gave.
pub(crate) fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn check_length(what: &'static str, text: &str, bytes_max: usize) -> Result<(), StreamError> {
    let bytes = text.len();
    if bytes > bytes_max { Err(StreamError::TooLong { what, bytes, bytes_max }) } else { Ok(()) }
}

fn is_flat(value: &Value, levels: usize) -> bool {
    let below = |value: &Value| levels > 0 && is_flat(value, levels - 1);
    match value {
        Value::Array(values) => values.iter().all(below),
        Value::Object(fields) => fields.values().all(below),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn nested(levels: usize) -> Value {
        (0..levels).fold(Value::Null, |inner, _| json!([inner]))
    }

    #[test]
    fn whatever_is_stored_can_be_read_again_with_some_levels_around_it() {
        let deepest = nested(LEVELS_MAX);
        let text = encode("it", &deepest, 1 << 10).unwrap();
        assert_eq!(decode(&text).unwrap(), deepest);
        assert!(decode(&json!({"job": {"payload": deepest}}).to_string()).is_ok());
        let deeper = encode("it", &nested(LEVELS_MAX + 1), 1 << 10);
        assert!(matches!(deeper, Err(StreamError::TooDeep { .. })));
    }

    #[test]
    fn what_is_too_long_is_refused_by_its_bytes() {
        assert!(encode("it", &json!("ä"), 4).is_ok());
        assert!(matches!(encode("it", &json!("ää"), 4), Err(StreamError::TooLong { bytes: 6, .. })));
        assert!(matches!(check_name("it", ""), Err(StreamError::Empty("it"))));
        assert!(matches!(check_name("it", &"a".repeat(513)), Err(StreamError::TooLong { .. })));
    }

    #[test]
    fn messages_are_cut_between_characters() {
        let message = "ü".repeat(ERROR_BYTES_MAX);
        let short = shorten(&message);
        assert_eq!(short.len(), ERROR_BYTES_MAX);
        assert_eq!(shorten("brief"), "brief");
    }
}
