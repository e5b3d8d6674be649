//! Dates, times and durations of iCalendar: UTC, in a named zone, floating, or a calendar date.

use super::CalendarInfo;
use crate::{
    content_lines::ContentLine,
    google::zoned::moment_in_zone,
    times::{civil_us, days_of_date},
};
use dp_model::{Moment, Precision};

/// A time that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct When {
    pub(super) moment: Moment,
    /// The zone named here is unknown; the moment is a wall clock.
    pub(super) unknown_zone: Option<String>,
}

/// Reads the value of a property such as `DTSTART`. None if it is no date.
pub(super) fn when(line: &ContentLine, info: &CalendarInfo) -> Option<When> {
    read(line.value.trim(), line.parameter("TZID"), info)
}

/// Reads `20250701T093000Z`, `20250701T093000` or `20250701`, the middle one in this zone.
pub(super) fn read(text: &str, zone: Option<&str>, info: &CalendarInfo) -> Option<When> {
    let sure = |moment| Some(When { moment, unknown_zone: None });
    let compact = text.replace(['-', ':'], "");
    let (date, time) = match compact.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (compact.as_str(), None),
    };
    let date = numbers::<3>(date, [4, 2, 2])?;
    let date = (date[0] as i32, date[1], date[2]);
    let Some(time) = time else {
        return sure(Moment::date(days_of_date(date.0, date.1, date.2)?));
    };
    let (time, utc) = match time.strip_suffix(['Z', 'z']) {
        Some(time) => (time, true),
        None => (time, false),
    };
    // Some programs leave out the seconds.
    let time = numbers::<3>(time, [2, 2, 2]).or_else(|| {
        let [hour, minute] = numbers::<2>(time, [2, 2])?;
        Some([hour, minute, 0])
    })?;
    let local_us = civil_us(date, (time[0], time[1], time[2]), 0)?;
    if utc {
        return sure(Moment::utc(local_us, Precision::Second));
    }
    let Some(zone) = zone else { return sure(Moment::wall(local_us, Precision::Second)) };
    match in_zone(local_us, zone, info) {
        Some(moment) => sure(moment),
        None => Some(When {
            moment: Moment::wall(local_us, Precision::Second),
            unknown_zone: Some(zone.to_owned()),
        }),
    }
}

fn numbers<const N: usize>(text: &str, widths: [usize; N]) -> Option<[u32; N]> {
    if text.len() != widths.iter().sum::<usize>() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut at = 0;
    let mut found = [0; N];
    for (number, width) in found.iter_mut().zip(widths) {
        *number = text[at..at + width].parse().ok()?;
        at += width;
    }
    Some(found)
}

/// Zones are named by IANA, by IANA behind a path of the program's own, by Windows, or as the
/// calendar defines them.
fn in_zone(local_us: i64, zone: &str, info: &CalendarInfo) -> Option<Moment> {
    let get = |name: &str| moment_in_zone(local_us, name, Precision::Second);
    let zone = zone.trim();
    let segments: Vec<&str> = zone.split('/').filter(|segment| !segment.is_empty()).collect();
    let tail = |count: usize| segments.get(segments.len().saturating_sub(count)..).map(|tail| tail.join("/"));
    get(zone)
        .or_else(|| get(info.zones.get(zone)?))
        .or_else(|| get(&tail(3)?))
        .or_else(|| get(&tail(2)?))
        .or_else(|| get(windows_zone(zone)?))
}

/// IANA names for the commonest zones of Windows.
fn windows_zone(name: &str) -> Option<&'static str> {
    const ZONES: &[(&str, &str)] = &[
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("Romance Standard Time", "Europe/Paris"),
        ("Central Europe Standard Time", "Europe/Budapest"),
        ("Central European Standard Time", "Europe/Warsaw"),
        ("GMT Standard Time", "Europe/London"),
        ("Greenwich Standard Time", "Atlantic/Reykjavik"),
        ("FLE Standard Time", "Europe/Kyiv"),
        ("GTB Standard Time", "Europe/Bucharest"),
        ("Russian Standard Time", "Europe/Moscow"),
        ("Turkey Standard Time", "Europe/Istanbul"),
        ("Israel Standard Time", "Asia/Jerusalem"),
        ("Arabian Standard Time", "Asia/Dubai"),
        ("India Standard Time", "Asia/Kolkata"),
        ("China Standard Time", "Asia/Shanghai"),
        ("Singapore Standard Time", "Asia/Singapore"),
        ("Tokyo Standard Time", "Asia/Tokyo"),
        ("Korea Standard Time", "Asia/Seoul"),
        ("AUS Eastern Standard Time", "Australia/Sydney"),
        ("New Zealand Standard Time", "Pacific/Auckland"),
        ("South Africa Standard Time", "Africa/Johannesburg"),
        ("E. South America Standard Time", "America/Sao_Paulo"),
        ("Eastern Standard Time", "America/New_York"),
        ("Central Standard Time", "America/Chicago"),
        ("Mountain Standard Time", "America/Denver"),
        ("Pacific Standard Time", "America/Los_Angeles"),
    ];
    ZONES.iter().find(|(windows, _)| windows.eq_ignore_ascii_case(name)).map(|(_, iana)| *iana)
}

/// Reads `P1DT2H30M`, `-PT15M`, `P2W` as microseconds; a day is 24 hours.
pub(super) fn duration_us(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, text) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let mut rest = text.strip_prefix('P')?;
    let (mut seconds, mut in_time, mut any) = (0_i64, false, false);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('T') {
            (rest, in_time) = (after, true);
            continue;
        }
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let count: i64 = rest[..digits].parse().ok()?;
        let unit = match (rest.as_bytes().get(digits)?, in_time) {
            (b'W', false) => 604_800,
            (b'D', false) => 86_400,
            (b'H', true) => 3_600,
            (b'M', true) => 60,
            (b'S', true) => 1,
            _ => return None,
        };
        seconds = seconds.checked_add(count.checked_mul(unit)?)?;
        rest = &rest[digits + 1..];
        any = true;
    }
    any.then(|| seconds.checked_mul(1_000_000 * sign)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use dp_model::Clock;
    use proptest::prelude::*;

    #[test]
    fn all_four_forms_are_read() {
        let mut info = CalendarInfo::default();
        info.zones.insert("Office".into(), "Europe/Zurich".into());
        let get = |text: &str, zone: Option<&str>| {
            let when = read(text, zone, &info)?;
            Some((when.moment.utc_us / 1_000_000, when.moment.offset_s, when.moment.clock, when.unknown_zone))
        };
        let utc = 1_751_355_000;
        assert_eq!(get("20250701T073000Z", None), Some((utc, None, Clock::Instant, None)));
        let zurich = Some((utc, Some(7200), Clock::Instant, None));
        for zone in ["Europe/Zurich", "/example.net/2025/Europe/Zurich", "W. Europe Standard Time", "Office"]
        {
            assert_eq!(get("20250701T093000", Some(zone)), zurich, "{zone}");
        }
        assert_eq!(get("20250701T073000", None), Some((utc, None, Clock::Wall, None)));
        assert_eq!(
            get("20250701T073000", Some("Elsewhere")),
            Some((utc, None, Clock::Wall, Some("Elsewhere".into())))
        );
        assert_eq!(read("20250701", Some("Europe/Zurich"), &info).unwrap().moment.precision, Precision::Day);
        for wrong in ["", "2025", "20250230", "20250701T25", "2025070éT1"] {
            assert_eq!(get(wrong, None), None, "{wrong}");
        }
    }

    #[test]
    fn durations_are_read() {
        assert_eq!(duration_us("P1DT2H30M"), Some(95_400_000_000));
        assert_eq!(duration_us("-PT15M"), Some(-900_000_000));
        assert_eq!(duration_us("P2W"), Some(1_209_600_000_000));
        for wrong in ["", "P", "PT", "P5", "P1H", "PTé", "P99999999999999999999D"] {
            assert_eq!(duration_us(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,30}", datelike in "[0-9TZPWDHMS:-]{0,20}", zone in "[A-Za-z/]{0,20}") {
            let info = CalendarInfo::default();
            let _ = (read(&text, Some(&zone), &info), read(&datelike, Some(&text), &info));
            let _ = (duration_us(&text), duration_us(&datelike));
        }
    }
}
