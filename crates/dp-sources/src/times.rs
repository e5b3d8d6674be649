//! Machine timestamps as exports write them: ISO 8601 with and without offset, and counts since an
//! epoch whose unit is told by magnitude. Dates written for people are `google::dates`' affair.

use dp_model::{Moment, Precision};

/// Microseconds between 1601-01-01 and 1970-01-01, for counts of Windows and Chrome.
pub const EPOCH_1601_US: i64 = 11_644_473_600_000_000;

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar. None if there is no such date.
#[must_use]
pub fn days_of_date(year: i32, month: u32, day: u32) -> Option<i32> {
    if !(1..=12).contains(&month)
        || day < 1
        || day > days_in_month(year, month)
        || !(-9999..=9999).contains(&year)
    {
        return None;
    }
    // Count from 1 March, so that the leap day is the last of its year.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = ((153 * ((month + 9) % 12) + 2) / 5 + day - 1) as i32;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Microseconds since 1970 of a civil time, as if it were UTC. None if out of range; second 60 is
/// taken as 59, since exports do not mean leap seconds.
#[must_use]
pub fn civil_us(date: (i32, u32, u32), time: (u32, u32, u32), micros: u32) -> Option<i64> {
    let (hour, minute, second) = time;
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let days = i64::from(days_of_date(date.0, date.1, date.2)?);
    let seconds = i64::from(hour * 3600 + minute * 60 + second.min(59));
    Some(days * Moment::DAY_US + seconds * 1_000_000 + i64::from(micros))
}

/// Reads ISO 8601: `2024-03-01`, `2024-03-01T13:30[:00[.123456789]][Z|+05:30|-0700]`, with `T` or a
/// space. A date alone is a calendar date; a time without zone is a wall clock; ` UTC` counts as `Z`.
#[must_use]
pub fn iso8601(text: &str) -> Option<Moment> {
    let bytes = text.trim().as_bytes();
    let date = (number(bytes, 0, 4)? as i32, number(bytes, 5, 2)?, number(bytes, 8, 2)?);
    if bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    if bytes.len() == 10 {
        return Some(Moment::date(days_of_date(date.0, date.1, date.2)?));
    }
    if !matches!(bytes[10], b'T' | b't' | b' ') || *bytes.get(13)? != b':' {
        return None;
    }
    let (hour, minute) = (number(bytes, 11, 2)?, number(bytes, 14, 2)?);
    let mut at = 16;
    let mut precision = Precision::Minute;
    let (mut second, mut micros) = (0, 0);
    if bytes.get(at) == Some(&b':') {
        second = number(bytes, at + 1, 2)?;
        at += 3;
        precision = Precision::Second;
        if matches!(bytes.get(at), Some(b'.' | b',')) {
            let digits = bytes[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits == 0 {
                return None;
            }
            for place in 0..6 {
                let digit = if place < digits { u32::from(bytes[at + 1 + place] - b'0') } else { 0 };
                micros = micros * 10 + digit;
            }
            at += 1 + digits;
            precision = if digits <= 3 { Precision::Millisecond } else { Precision::Microsecond };
        }
    }
    let local_us = civil_us(date, (hour, minute, second), micros)?;
    match &bytes[at..] {
        [] => Some(Moment::wall(local_us, precision)),
        [b'Z' | b'z'] | b" UTC" | b" Z" | b" GMT" => Some(Moment::utc(local_us, precision)),
        offset => {
            let offset_s = offset_seconds(offset.trim_ascii_start())?;
            Some(Moment::with_offset(local_us - i64::from(offset_s) * 1_000_000, offset_s, precision))
        }
    }
}

/// Reads `+05:30`, `-0700`, `+02` as seconds east of UTC, at most 18 hours.
#[must_use]
pub fn offset_seconds(text: &[u8]) -> Option<i32> {
    let sign = match text.first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours = number(text, 1, 2)?;
    let minutes = match text.len() {
        3 => 0,
        5 => number(text, 3, 2)?,
        6 if text[3] == b':' => number(text, 4, 2)?,
        _ => return None,
    };
    (hours <= 18 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60) as i32)
}

/// Reads a count since 1970 whose unit (s, ms, µs, ns) is told by its magnitude.
#[must_use]
pub fn epoch_by_magnitude(count: i64) -> Moment {
    match count.unsigned_abs() {
        0..100_000_000_000 => Moment::utc(count * 1_000_000, Precision::Second),
        100_000_000_000..100_000_000_000_000 => Moment::utc(count * 1_000, Precision::Millisecond),
        100_000_000_000_000..100_000_000_000_000_000 => Moment::utc(count, Precision::Microsecond),
        _ => Moment::utc(count / 1_000, Precision::Microsecond),
    }
}

/// Reads a timestamp that is ISO 8601 or a count of digits.
#[must_use]
pub fn any(text: &str) -> Option<Moment> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok().map(epoch_by_magnitude);
    }
    iso8601(text)
}

/// Reads microseconds since 1601; zero and earlier mean "never".
#[must_use]
pub fn since_1601_us(count: i64) -> Option<Moment> {
    (count > 0).then(|| Moment::utc(count - EPOCH_1601_US, Precision::Microsecond))
}

#[inline]
fn number(bytes: &[u8], at: usize, digits: usize) -> Option<u32> {
    bytes
        .get(at..at + digits)?
        .iter()
        .try_fold(0, |value, &byte| byte.is_ascii_digit().then(|| value * 10 + u32::from(byte - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dp_model::Clock;

    #[test]
    fn dates_agree_with_a_calendar_library() {
        let mut date = jiff::civil::date(1890, 1, 1);
        while date.year() < 2110 {
            let days = days_of_date(date.year().into(), date.month() as u32, date.day() as u32).unwrap();
            assert_eq!(days, date.since(jiff::civil::date(1970, 1, 1)).unwrap().get_days());
            date = date.checked_add(jiff::Span::new().days(17)).unwrap();
        }
        assert_eq!(days_of_date(2023, 2, 29), None);
        assert_eq!(days_of_date(2023, 13, 1), None);
    }

    #[test]
    fn iso_forms_are_read() {
        let at = |text: &str| iso8601(text).map(|moment| (moment.utc_us, moment.offset_s, moment.precision));
        let noon = 1_709_294_400_000_000;
        assert_eq!(at("2024-03-01T12:00:00Z"), Some((noon, None, Precision::Second)));
        assert_eq!(at("2024-03-01T12:00:00.118Z"), Some((noon + 118_000, None, Precision::Millisecond)));
        assert_eq!(
            at("2024-03-01T12:00:00.118042999Z"),
            Some((noon + 118_042, None, Precision::Microsecond))
        );
        assert_eq!(at("2024-03-01T17:30:00.000+05:30"), Some((noon, Some(19_800), Precision::Millisecond)));
        assert_eq!(at("2024-03-01 12:00:00 UTC"), Some((noon, None, Precision::Second)));
        assert_eq!(at("2024-03-01 13:00:00 +0100"), Some((noon, Some(3600), Precision::Second)));
        assert_eq!(iso8601("2024-03-01").unwrap().precision, Precision::Day);
        assert_eq!(iso8601("2024-03-01T12:00").unwrap().clock, Clock::Wall);
        for wrong in [
            "",
            "2024-3-1",
            "2024-02-30",
            "2024-03-01T25:00:00Z",
            "2024-03-01T12:00:00.Z",
            "20240301",
            "2024-03-01Tééé",
        ] {
            assert_eq!(iso8601(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn counts_tell_their_unit() {
        for count in ["1583218800", "1583218800000", "1583218800000000", "1583218800000000000"] {
            assert_eq!(any(count).unwrap().utc_us, 1_583_218_800_000_000);
        }
        assert_eq!(any("-86400").unwrap().utc_us, -86_400_000_000);
        assert_eq!(any("99999999999999999999"), None);
    }
}
