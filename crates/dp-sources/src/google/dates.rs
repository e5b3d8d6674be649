//! Dates and times as Google writes them for people, in the language of the account, in HTML pages.
//! Takes one line of text, gives a moment; says so where the zone could only be guessed.

mod months;
mod tokens;
mod zones;

pub use zones::Hints;

use crate::times::civil_us;
use dp_model::{Moment, Precision};
use months::{DayHalf, day_half, is_connective, month_of};
use tokens::{Token, Tokens};
use zones::{Zone, zone_of};

/// A time that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HumanTime {
    /// When.
    pub moment: Moment,
    /// The zone was ambiguous and guessed, or unknown and the moment is a wall clock.
    pub uncertain_zone: bool,
}

/// Longest text that is looked at, in bytes.
const TEXT_BYTES_MAX: usize = 160;

/// Reads a whole line as date and time. None if the line is anything else.
///
/// A zone abbreviation is a fixed offset, whatever the season: exports write all their records with the
/// abbreviation that held when the export was made. A time without a zone is UTC.
#[must_use]
pub fn parse(text: &str, hints: &Hints) -> Option<HumanTime> {
    if text.len() > TEXT_BYTES_MAX || text.len() < 8 {
        return None;
    }
    let tokens = Tokens::of(text)?;
    let mut reader = Reader { tokens: tokens.as_slice(), at: 0, half: None };
    // Vietnamese puts the time first.
    let (date, time, zone) = if reader.time_is_next() {
        let time = reader.time()?;
        let zone_start = reader.at;
        reader.skip_words();
        let zone = zone_start..reader.at;
        (reader.date()?, time, zone)
    } else {
        let date = reader.date()?;
        let time = reader.time()?;
        (date, time, reader.at..reader.tokens.len())
    };
    let local_us = civil_us(date.ymd, time, 0)?;
    let zone = zone_of(&reader.tokens[zone], text, date.script, hints)?;
    Some(at_zone(local_us, zone))
}

fn at_zone(local_us: i64, zone: Zone) -> HumanTime {
    match zone {
        Zone::Utc { certain } => {
            HumanTime { moment: Moment::utc(local_us, Precision::Second), uncertain_zone: !certain }
        }
        Zone::Fixed { offset_s, certain } => HumanTime {
            moment: Moment::with_offset(
                local_us - i64::from(offset_s) * 1_000_000,
                offset_s,
                Precision::Second,
            ),
            uncertain_zone: !certain,
        },
        Zone::Unknown => {
            HumanTime { moment: Moment::wall(local_us, Precision::Second), uncertain_zone: true }
        }
    }
}

/// What the form of a date says of the account's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    /// `Jan 31, 2018`: English of the United States.
    EnglishUnitedStates,
    /// With 年 or 년: of China, Japan, Korea.
    EastAsian,
    /// With Arabic marks.
    Arabic,
    /// Anything else.
    Other,
}

struct Date {
    ymd: (i32, u32, u32),
    script: Script,
}

struct Reader<'t> {
    tokens: &'t [Token<'t>],
    at: usize,
    half: Option<DayHalf>,
}

impl<'t> Reader<'t> {
    fn time_is_next(&self) -> bool {
        matches!(self.tokens, [Token::Number { .. }, Token::Mark(':'), Token::Number { .. }, ..])
    }

    /// Reads a date: a month's name and two numbers, or three numbers.
    fn date(&mut self) -> Option<Date> {
        let mut numbers = [(0_u32, 0_u8); 3];
        let mut count = 0;
        let mut month = None;
        let mut month_first = false;
        let mut script = Script::Other;
        while count + usize::from(month.is_some()) < 3 {
            match *self.tokens.get(self.at)? {
                Token::Number { value, digits } => {
                    numbers[count] = (value, digits);
                    count += 1;
                }
                Token::Mark(',' | '.' | '/' | '-' | '،' | '(' | ')') => {}
                Token::Mark('年' | '月' | '日' | '년' | '월' | '일') => script = Script::EastAsian,
                Token::Mark(_) => return None,
                Token::Word(word) => {
                    if let Some(number) = month_of(word) {
                        month_first = count == 0;
                        month = Some(number);
                    } else if self.at == 0 {
                        // A weekday before the date; anything else there is no date.
                        if self.tokens.get(1) != Some(&Token::Mark(',')) {
                            return None;
                        }
                    } else if !is_connective(word) {
                        return None;
                    }
                }
            }
            self.at += 1;
        }
        if self.tokens.iter().any(|token| matches!(token, Token::Mark('،'))) {
            script = Script::Arabic;
        }
        let [first, second, third] = numbers;
        let (year, month, day) = match month {
            Some(month) if first.1 == 4 => (first.0, month, second.0),
            Some(month) if second.1 == 4 => {
                if month_first {
                    script = Script::EnglishUnitedStates;
                }
                (second.0, month, first.0)
            }
            None if first.1 == 4 => (first.0, second.0, third.0),
            // Numeric dates with the month first do not occur; the day tells when they do after all.
            None if third.1 == 4 && second.0 > 12 => (third.0, first.0, second.0),
            None if third.1 == 4 => (third.0, second.0, first.0),
            _ => return None,
        };
        (1900..2200).contains(&year).then_some(Date { ymd: (year as i32, month, day), script })
    }

    /// Reads a time, with the weekday or half of the day that may stand before or after it.
    fn time(&mut self) -> Option<(u32, u32, u32)> {
        let mut strange_words = 0;
        let hour = loop {
            match *self.tokens.get(self.at)? {
                Token::Number { value, digits } if digits <= 2 => break value,
                Token::Number { .. } => return None,
                Token::Mark(',' | '.' | '،' | '(' | ')' | '日' | '일' | '-') => self.at += 1,
                Token::Mark(_) => return None,
                Token::Word(word) => {
                    if let Some((half, used)) = day_half(word, &self.tokens[self.at..]) {
                        self.half = Some(half);
                        self.at += used;
                        continue;
                    }
                    strange_words += usize::from(!is_connective(word));
                    if strange_words > 1 {
                        return None;
                    }
                    self.at += 1;
                }
            }
        };
        self.at += 1;
        let separator = match self.tokens.get(self.at)? {
            Token::Mark(mark @ (':' | '.')) => *mark,
            _ => return None,
        };
        let minute = self.after(separator)?;
        let second = self.after(separator).unwrap_or(0);
        if let Some(Token::Word(word)) = self.tokens.get(self.at)
            && let Some((half, used)) = day_half(word, &self.tokens[self.at..])
        {
            self.half = Some(half);
            self.at += used;
        }
        let hour = match self.half {
            Some(half) => half.hour(hour)?,
            None => hour,
        };
        Some((hour, minute, second))
    }

    /// The number of two digits after a separator.
    fn after(&mut self, separator: char) -> Option<u32> {
        match self.tokens.get(self.at..self.at + 2)? {
            [Token::Mark(mark), Token::Number { value, digits: 2 }] if *mark == separator => {
                self.at += 2;
                Some(*value)
            }
            _ => None,
        }
    }

    /// Steps over a zone that stands between time and date.
    fn skip_words(&mut self) {
        while let Some(Token::Word(_) | Token::Mark('+' | '-' | ':')) = self.tokens.get(self.at) {
            let signed = matches!(self.tokens[self.at], Token::Mark('+' | '-' | ':'));
            self.at += 1;
            if signed && matches!(self.tokens.get(self.at), Some(Token::Number { .. })) {
                self.at += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests;
