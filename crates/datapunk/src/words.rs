//! Numbers, times and dates as people read them.

use dp_lake::etl::HomeClock;
use dp_model::{Clock, Moment, Precision};

/// `1,234,567`
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 document`, `2 documents`
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// `1.2 GB`
pub(crate) fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "kB", "MB", "GB", "TB"];
    let mut value = number as f64;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if unit == 0 { format!("{number} bytes") } else { format!("{value:.1} {}", UNITS[unit]) }
}

/// `1 h 02 min`, `3 min 20 s`, `4.5 s`
pub(crate) fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{seconds:.1} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole / 60 % 60),
    }
}

/// The local date and time of a moment, as exactly as it is known: `2019-05-14 09:12`.
pub(crate) fn moment(moment: &Moment, clock: &mut HomeClock) -> String {
    let offset_s = match moment.clock {
        Clock::Wall => 0,
        Clock::Instant => moment.offset_s.unwrap_or_else(|| clock.offset_s(moment.utc_us)),
    };
    let local_us = moment.utc_us.saturating_add(i64::from(offset_s) * 1_000_000);
    let Ok(instant) = jiff::Timestamp::from_microsecond(local_us) else { return String::new() };
    let format = match moment.precision {
        Precision::Year => "%Y",
        Precision::Month => "%Y-%m",
        Precision::Day => "%Y-%m-%d",
        Precision::Minute | Precision::Second | Precision::Millisecond | Precision::Microsecond => {
            "%Y-%m-%d %H:%M"
        }
    };
    instant.to_zoned(jiff::tz::TimeZone::UTC).strftime(format).to_string()
}

/// One line of text of at most so many characters.
pub(crate) fn one_line(text: &str, characters_max: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(characters_max) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_read_them() {
        assert_eq!([count(0), count(999), count(1_234_567)], ["0", "999", "1,234,567"]);
        assert_eq!([bytes(999), bytes(1_500_000)], ["999 bytes", "1.5 MB"]);
        assert_eq!(
            [duration(4.46), duration(200.0), duration(3720.0)],
            ["4.5 s", "3 min 20 s", "1 h 02 min"]
        );
        assert_eq!(one_line("a\n b  c", 3), "a b…");
    }

    #[test]
    fn times_say_no_more_than_is_known() {
        let mut clock = HomeClock::new("Europe/Zurich");
        let noon = Moment::with_offset(1_557_824_400_000_000, 3600, Precision::Second);
        assert_eq!(moment(&noon, &mut clock), "2019-05-14 10:00");
        assert_eq!(
            moment(&Moment::utc(1_557_824_400_000_000, Precision::Second), &mut clock),
            "2019-05-14 11:00"
        );
    }
}
