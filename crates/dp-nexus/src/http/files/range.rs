//! `Range` (RFC 9110, section 14): which part of something is asked for. One part, or all of it.

use std::ops::Range;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// Everything. Also where a range can't be read, is one of another unit, or is several: all of these may be
    /// passed over.
    All,
    /// A part of it.
    Part(Range<u64>),
    /// A part that there is none of.
    Nowhere,
}

/// Reads the header for something of this size.
pub(super) fn parse(header: &str, size_bytes: u64) -> Asked {
    let Some((unit, range)) = header.split_once('=') else { return Asked::All };
    if !unit.trim().eq_ignore_ascii_case("bytes") || range.contains(',') {
        return Asked::All;
    }
    let Some((first, last)) = range.trim().split_once('-') else { return Asked::All };
    match (number(first), number(last)) {
        // The last so many.
        (Number::None, Number::Some(count)) if count > 0 && size_bytes > 0 => {
            Asked::Part(size_bytes.saturating_sub(count)..size_bytes)
        }
        (Number::None, Number::Some(_)) => Asked::Nowhere,
        (Number::Some(first), Number::Some(last)) if first > last => Asked::All,
        (Number::Some(first), Number::None | Number::Some(_)) if first >= size_bytes => Asked::Nowhere,
        (Number::Some(first), Number::Some(last)) => {
            Asked::Part(first..last.saturating_add(1).min(size_bytes))
        }
        (Number::Some(first), Number::None) => Asked::Part(first..size_bytes),
        (Number::None, Number::None) | (Number::Wrong, _) | (_, Number::Wrong) => Asked::All,
    }
}

enum Number {
    None,
    Some(u64),
    Wrong,
}

/// Digits and nothing else; more than any size has is the largest there is.
fn number(text: &str) -> Number {
    if text.is_empty() {
        return Number::None;
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Number::Wrong;
    }
    Number::Some(text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_read_as_far_as_there_is_something() {
        for (header, expected) in [
            ("bytes=0-0", Asked::Part(0..1)),
            ("bytes=2-4", Asked::Part(2..5)),
            ("Bytes = 2-", Asked::Part(2..10)),
            ("bytes=-3", Asked::Part(7..10)),
            ("bytes=-99", Asked::Part(0..10)),
            ("bytes=9-18446744073709551615", Asked::Part(9..10)),
            ("bytes=0-99999999999999999999999", Asked::Part(0..10)),
            ("bytes=10-", Asked::Nowhere),
            ("bytes=99999999999999999999999-", Asked::Nowhere),
            ("bytes=10-12", Asked::Nowhere),
            ("bytes=-0", Asked::Nowhere),
            ("bytes=4-2", Asked::All),
            ("bytes=0-1,3-4", Asked::All),
            ("items=0-1", Asked::All),
            ("bytes=-", Asked::All),
            ("bytes=a-b", Asked::All),
            ("bytes=+1-2", Asked::All),
            ("bytes", Asked::All),
            ("", Asked::All),
        ] {
            assert_eq!(parse(header, 10), expected, "{header:?}");
        }
        assert_eq!((parse("bytes=0-", 0), parse("bytes=-1", 0)), (Asked::Nowhere, Asked::Nowhere));
    }
}
