//! Dates of mails: the `Date` header in all its sloppiness, and the date of a separator line, where
//! Gmail puts the offset before the year.

use crate::times::{civil_us, iso8601, offset_seconds};
use dp_model::{Moment, Precision};

/// Reads `Fri Dec 12 06:57:49 +0000 2025`, also without offset or with it at the end. Nothing else
/// passes, for this decides what separates mails.
pub(super) fn from_line(text: &str) -> Option<Moment> {
    let mut words = text.split_ascii_whitespace();
    if weekday_or_month(words.next()?) != Some(Word::Weekday) {
        return None;
    }
    let Some(Word::Month(month)) = weekday_or_month(words.next()?) else { return None };
    let day = words.next()?.parse().ok()?;
    let time = clock(words.next()?)?;
    let (mut offset_s, mut year) = (None, None);
    for word in words {
        match offset_seconds(word.as_bytes()) {
            Some(offset) => offset_s = Some(offset),
            None if year.is_none() && word.len() == 4 => year = Some(word.parse::<u16>().ok()?),
            None => return None,
        }
    }
    let local_us = civil_us((year?.into(), month, day), time, 0)?;
    Some(match offset_s {
        // The mailbox keeps UTC: that says nothing of the person's clock.
        None | Some(0) => Moment::utc(local_us, Precision::Second),
        Some(offset_s) => {
            Moment::with_offset(local_us - i64::from(offset_s) * 1_000_000, offset_s, Precision::Second)
        }
    })
}

/// Reads a `Date` header: RFC 5322, its obsolete forms, `asctime`, ISO 8601. None if day, month, year
/// or time are missing. Without a zone that is known the result is a wall clock.
pub(super) fn header(text: &str) -> Option<Moment> {
    let mut found = Parts::default();
    let mut depth = 0_usize;
    for word in text.split([' ', '\t', ',', '\r', '\n']).filter(|word| !word.is_empty()) {
        if depth > 0 || word.starts_with('(') {
            let opened = word.matches('(').count();
            depth = (depth + opened).saturating_sub(word.matches(')').count());
            continue;
        }
        found.take(word);
    }
    found.finish().or_else(|| iso8601(text))
}

#[derive(Default)]
struct Parts {
    day: Option<u32>,
    month: Option<u32>,
    year: Option<i32>,
    time: Option<(u32, u32, u32)>,
    offset_s: Option<i32>,
    /// `-0000`, which says UTC and that the local clock is not known.
    local_unknown: bool,
    half: Option<u32>,
}

impl Parts {
    fn take(&mut self, word: &str) {
        let first = word.as_bytes()[0];
        if first == b'+' || (first == b'-' && self.time.is_some()) {
            self.offset_s = self.offset_s.or_else(|| offset_seconds(word.as_bytes()));
            self.local_unknown |= word == "-0000";
        } else if first.is_ascii_digit() && word.contains(':') {
            // Some write the offset right behind the time.
            let end = word.find(['+', '-']).unwrap_or(word.len());
            self.time = self.time.or_else(|| clock(&word[..end]));
            self.offset_s = self.offset_s.or_else(|| offset_seconds(&word.as_bytes()[end..]));
        } else if first.is_ascii_digit() && word.contains('-') {
            word.split('-').filter(|piece| !piece.is_empty()).for_each(|piece| self.take(piece));
        } else if first.is_ascii_digit() {
            self.take_number(word);
        } else if first.is_ascii_alphabetic() {
            self.take_word(word);
        }
    }

    fn take_number(&mut self, word: &str) {
        let word = word.trim_end_matches(|c: char| !c.is_ascii_digit());
        let Ok(number) = word.parse::<u32>() else { return };
        if self.day.is_none() && word.len() <= 2 {
            self.day = Some(number);
        } else if self.year.is_none() {
            self.year = match word.len() {
                2 if number < 50 => Some(2000 + number as i32),
                2 | 3 => Some(1900 + number as i32),
                4 => Some(number as i32),
                _ => None,
            };
        }
    }

    fn take_word(&mut self, word: &str) {
        if let Some(named) = weekday_or_month(word) {
            if let (Word::Month(month), None) = (named, self.month) {
                self.month = Some(month);
            }
            return;
        }
        let upper = word.trim_end_matches('.').to_ascii_uppercase();
        match upper.as_str() {
            "AM" => self.half = Some(0),
            "PM" => self.half = Some(12),
            name => self.offset_s = self.offset_s.or_else(|| zone(name)),
        }
    }

    fn finish(self) -> Option<Moment> {
        let (mut hour, minute, second) = self.time?;
        if let Some(half) = self.half {
            hour = hour % 12 + half;
        }
        let local_us = civil_us((self.year?, self.month?, self.day?), (hour, minute, second), 0)?;
        Some(match self.offset_s {
            Some(_) if self.local_unknown => Moment::utc(local_us, Precision::Second),
            Some(offset_s) => {
                Moment::with_offset(local_us - i64::from(offset_s) * 1_000_000, offset_s, Precision::Second)
            }
            None => Moment::wall(local_us, Precision::Second),
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Weekday,
    Month(u32),
}

/// English names by their first three letters.
fn weekday_or_month(word: &str) -> Option<Word> {
    const MONTHS: [&[u8; 3]; 12] =
        [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
    const DAYS: [&[u8; 3]; 7] = [b"mon", b"tue", b"wed", b"thu", b"fri", b"sat", b"sun"];
    let start: [u8; 3] = word.as_bytes().get(..3)?.to_ascii_lowercase().try_into().ok()?;
    if let Some(month) = MONTHS.iter().position(|name| **name == start) {
        return Some(Word::Month(month as u32 + 1));
    }
    DAYS.contains(&&start).then_some(Word::Weekday)
}

/// Reads `6:57`, `06:57:49`, `06.57.49` is none.
fn clock(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.split(':');
    let mut number = || {
        let part = parts.next()?;
        let digits = part.split('.').next().unwrap_or(part);
        (digits.len() <= 2).then(|| digits.parse::<u32>().ok()).flatten()
    };
    let (hour, minute) = (number()?, number()?);
    Some((hour, minute, number().unwrap_or(0)))
}

/// The zones RFC 5322 names, the common ones it does not, and `GMT+0200`.
fn zone(name: &str) -> Option<i32> {
    if let Some(offset) = name.strip_prefix("GMT").or_else(|| name.strip_prefix("UTC"))
        && !offset.is_empty()
    {
        return offset_seconds(offset.as_bytes());
    }
    let hours = match name {
        "GMT" | "UTC" | "UT" | "Z" | "WET" => 0,
        "CET" | "MET" | "MEZ" | "WEST" | "BST" => 1,
        "CEST" | "MEST" | "MESZ" | "EET" | "SAST" => 2,
        "EEST" | "MSK" => 3,
        "JST" | "KST" => 9,
        "AEST" => 10,
        "EDT" => -4,
        "EST" | "CDT" => -5,
        "CST" | "MDT" => -6,
        "MST" | "PDT" => -7,
        "PST" => -8,
        _ => return None,
    };
    Some(hours * 3600)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dp_model::Clock;
    use proptest::prelude::*;

    #[test]
    fn the_offset_before_the_year_is_no_trap() {
        let moment = from_line("Fri Dec 12 06:57:49 +0000 2025").unwrap();
        assert_eq!((moment.utc_us, moment.offset_s), (1_765_522_669_000_000, None));
        assert_eq!(from_line("Fri Dec 12 06:57:49 2025"), Some(moment.clone()));
        let shifted = from_line("Fri Dec 12 08:57:49 +0200 2025").unwrap();
        assert_eq!((shifted.utc_us, shifted.offset_s), (moment.utc_us, Some(7200)));
        for wrong in
            ["Fri Dec 12 06:57:49", "12 Dec 2025 06:57:49", "Fri Dec 12 06:57:49 +0000 2025 x", "Fri"]
        {
            assert_eq!(from_line(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn sloppy_headers_are_read() {
        let at = 1_765_522_669_000_000_i64;
        for (text, offset_s) in [
            ("Fri, 12 Dec 2025 06:57:49 +0000", Some(0)),
            ("Fri, 12 Dec 2025 07:57:49 +0100 (CET)", Some(3600)),
            ("12 Dec 25 01:57:49 EST", Some(-18_000)),
            ("Fri, 12-Dec-2025 06:57:49 GMT", Some(0)),
            ("Fri, 12 Dec 2025 06:57:49 -0000", None),
            ("Fri Dec 12 06:57:49 GMT 2025", Some(0)),
            ("Fri, 12 December 2025 12:27:49+05:30 (a (nested) comment)", Some(19_800)),
            ("Fri, 12 Dec 2025 06:57:49 AM GMT", Some(0)),
            ("2025-12-12T06:57:49Z", None),
        ] {
            let moment = header(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((moment.utc_us, moment.offset_s), (at, offset_s), "{text}");
        }
        assert_eq!(header("Fri, 12 Dec 2025 06:57:49 Nowhere").unwrap().clock, Clock::Wall);
        for wrong in ["", "yesterday", "Fri, 32 Dec 2025 06:57:49 GMT", "12 Dec 2025", "99:99:99"] {
            assert_eq!(header(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,60}", datelike in "[0-9A-Za-z:+, ()-]{0,50}") {
            let _ = (from_line(&text), header(&text), from_line(&datelike), header(&datelike));
        }
    }
}
