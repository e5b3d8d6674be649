//! Writes instants as the exports do: ISO for machines, dates of a language for people.

use crate::days::{DAY_MS, civil};
use std::fmt::Write as _;

/// The clock and language of human dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) language: Language,
    /// Abbreviation written behind every time; empty for none.
    pub(crate) zone: &'static str,
    /// What the abbreviation means, in seconds east of UTC; applied summer and winter alike.
    pub(crate) offset_s: i64,
    /// Whether a narrow no-break space stands before AM and PM, as since 2023.
    pub(crate) narrow_space: bool,
}

/// The language of an account at the time of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    German,
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

struct Fields {
    year: i32,
    month: u32,
    day: u32,
    weekday: usize,
    hour: i64,
    minute: i64,
    second: i64,
    millisecond: i64,
}

fn fields(local_ms: i64) -> Fields {
    let days = local_ms.div_euclid(DAY_MS) as i32;
    let (year, month, day) = civil(days);
    let of_day = local_ms.rem_euclid(DAY_MS);
    Fields {
        year,
        month,
        day,
        weekday: (days + 3).rem_euclid(7) as usize,
        hour: of_day / 3_600_000,
        minute: of_day / 60_000 % 60,
        second: of_day / 1000 % 60,
        millisecond: of_day % 1000,
    }
}

/// Appends two digits.
fn two(out: &mut String, number: i64) {
    out.push(char::from(b'0' + (number / 10 % 10) as u8));
    out.push(char::from(b'0' + (number % 10) as u8));
}

fn date(out: &mut String, fields: &Fields) {
    two(out, i64::from(fields.year / 100));
    two(out, i64::from(fields.year % 100));
    out.push('-');
    two(out, i64::from(fields.month));
    out.push('-');
    two(out, i64::from(fields.day));
}

fn time(out: &mut String, fields: &Fields) {
    two(out, fields.hour);
    out.push(':');
    two(out, fields.minute);
    out.push(':');
    two(out, fields.second);
}

/// `2025-02-11T07:42:10.118Z`
pub(crate) fn push_iso(out: &mut String, time_ms: i64) {
    let fields = fields(time_ms);
    date(out, &fields);
    out.push('T');
    time(out, &fields);
    out.push('.');
    out.push(char::from(b'0' + (fields.millisecond / 100) as u8));
    two(out, fields.millisecond % 100);
    out.push('Z');
}

/// `2025-02-11T07:42:10.118Z`
pub(crate) fn iso(time_ms: i64) -> String {
    let mut out = String::with_capacity(24);
    push_iso(&mut out, time_ms);
    out
}

/// `2024-03-01T13:30:00.000+01:00`
pub(crate) fn iso_with_offset(time_ms: i64, offset_s: i32) -> String {
    let mut out = iso(time_ms + i64::from(offset_s) * 1000);
    out.pop();
    let _ = write!(
        out,
        "{}{:02}:{:02}",
        if offset_s < 0 { '-' } else { '+' },
        offset_s.abs() / 3600,
        offset_s.abs() / 60 % 60
    );
    out
}

/// `20240301T123000Z`
pub(crate) fn basic(time_ms: i64) -> String {
    let fields = fields(time_ms);
    let Fields { year, month, day, hour, minute, second, .. } = fields;
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

/// `20240301`
pub(crate) fn basic_date(day_number: i32) -> String {
    let (year, month, day) = civil(day_number);
    format!("{year:04}{month:02}{day:02}")
}

/// `2021-05-01 10:11:12 UTC`
pub(crate) fn spaced_utc(time_ms: i64) -> String {
    let fields = fields(time_ms);
    let mut out = String::with_capacity(24);
    date(&mut out, &fields);
    out.push(' ');
    time(&mut out, &fields);
    out.push_str(" UTC");
    out
}

/// `Fri, 12 Dec 2025 07:57:49 +0100`, as in mail headers.
pub(crate) fn mail_date(time_ms: i64, offset_s: i64) -> String {
    let Fields { year, month, day, weekday, hour, minute, second, .. } = fields(time_ms + offset_s * 1000);
    let weekday = WEEKDAYS[weekday];
    let month = MONTHS[month as usize - 1];
    let hours = offset_s / 3600;
    format!("{weekday}, {day} {month} {year} {hour:02}:{minute:02}:{second:02} +{hours:02}00")
}

/// `Fri Dec 12 06:57:49 +0000 2025`, as in separators of mail boxes.
pub(crate) fn separator_date(time_ms: i64) -> String {
    let Fields { year, month, day, weekday, hour, minute, second, .. } = fields(time_ms);
    let weekday = WEEKDAYS[weekday];
    let month = MONTHS[month as usize - 1];
    format!("{weekday} {month} {day:02} {hour:02}:{minute:02}:{second:02} +0000 {year}")
}

/// `Feb 11, 2025, 8:42:10 AM CET` or `11.02.2025, 08:42:10 MEZ`
pub(crate) fn push_human(out: &mut String, time_ms: i64, dialect: Dialect) {
    let fields = fields(time_ms + dialect.offset_s * 1000);
    match dialect.language {
        Language::English => {
            let hour = match fields.hour % 12 {
                0 => 12,
                hour => hour,
            };
            let _ = write!(
                out,
                "{} {}, {}, {hour}:{:02}:{:02}{}{}",
                MONTHS[fields.month as usize - 1],
                fields.day,
                fields.year,
                fields.minute,
                fields.second,
                if dialect.narrow_space { '\u{202f}' } else { ' ' },
                if fields.hour < 12 { "AM" } else { "PM" },
            );
        }
        Language::German => {
            let _ = write!(out, "{:02}.{:02}.{}, ", fields.day, fields.month, fields.year);
            time(out, &fields);
        }
    }
    if !dialect.zone.is_empty() {
        out.push(' ');
        out.push_str(dialect.zone);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_as_the_exports_do() {
        let time_ms = 1_739_259_730_118;
        assert_eq!(iso(time_ms), "2025-02-11T07:42:10.118Z");
        assert_eq!(iso_with_offset(time_ms, -18_000), "2025-02-11T02:42:10.118-05:00");
        assert_eq!(basic(time_ms), "20250211T074210Z");
        assert_eq!(separator_date(time_ms), "Tue Feb 11 07:42:10 +0000 2025");
        assert_eq!(mail_date(time_ms, 3600), "Tue, 11 Feb 2025 08:42:10 +0100");
        let human = |dialect| {
            let mut out = String::new();
            push_human(&mut out, time_ms, dialect);
            out
        };
        let english =
            Dialect { language: Language::English, zone: "CET", offset_s: 3600, narrow_space: true };
        assert_eq!(human(english), "Feb 11, 2025, 8:42:10\u{202f}AM CET");
        let german = Dialect { language: Language::German, zone: "MEZ", ..english };
        assert_eq!(human(german), "11.02.2025, 08:42:10 MEZ");
    }
}
