//! Zone abbreviations as fixed offsets. Some mean different zones in different countries: the
//! person's own zone decides, else the language of the date, else a guess that is marked as one.

use super::{Script, tokens::Token};
use smallvec::SmallVec;

/// What is known beforehand of the person whose dates are read.
#[derive(Debug, Clone, Default)]
pub struct Hints {
    /// Offsets that occur in the person's own zone, in seconds east of UTC.
    home_offsets_s: SmallVec<[i32; 4]>,
}

impl Hints {
    /// Hints from the IANA name of the person's own zone; an unknown name says nothing.
    #[must_use]
    pub fn new(home_zone: Option<&str>) -> Self {
        let mut home_offsets_s = SmallVec::new();
        if let Some(zone) = home_zone.and_then(|name| jiff::tz::TimeZone::get(name).ok()) {
            // January and July of the years that exports come from.
            for second in (1_262_304_000..1_900_000_000_i64).step_by(15_768_000) {
                let Ok(instant) = jiff::Timestamp::from_second(second) else { continue };
                let offset_s = zone.to_offset(instant).seconds();
                if !home_offsets_s.contains(&offset_s) {
                    home_offsets_s.push(offset_s);
                }
            }
        }
        Self { home_offsets_s }
    }
}

/// What a zone's text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    Utc { certain: bool },
    Fixed { offset_s: i32, certain: bool },
    Unknown,
}

/// More tokens than any zone has.
const ZONE_TOKENS_MAX: usize = 8;

/// The zone that the last tokens of a date name. None if they are no zone at all.
pub(super) fn zone_of(tokens: &[Token<'_>], text: &str, script: Script, hints: &Hints) -> Option<Zone> {
    let tokens = match tokens {
        [Token::Mark('(' | ','), inner @ ..] => inner,
        other => other,
    };
    let tokens = match tokens {
        [inner @ .., Token::Mark(')' | '.' | ',')] => inner,
        other => other,
    };
    Some(match tokens {
        // Before 2018 English exports wrote UTC without saying so.
        [] => Zone::Utc { certain: script == Script::EnglishUnitedStates },
        [Token::Word("UTC" | "GMT" | "Z" | "WET" | "WEZ")] => Zone::Utc { certain: true },
        [Token::Word(name)] => abbreviation(name, text, script, hints),
        [Token::Word("GMT" | "UTC"), Token::Mark(sign), rest @ ..] => signed(*sign, rest)?,
        [Token::Mark(sign @ ('+' | '-')), rest @ ..] => signed(*sign, rest)?,
        _ => {
            let plausible = tokens.len() <= ZONE_TOKENS_MAX
                && matches!(tokens[0], Token::Word(_) | Token::Mark('['))
                && tokens.iter().all(|token| {
                    matches!(
                        token,
                        Token::Word(_)
                            | Token::Mark('-' | '/' | '(' | ')' | '\'' | '’' | '.' | '_' | '[' | ']')
                    )
                });
            if !plausible {
                return None;
            }
            Zone::Unknown
        }
    })
}

fn signed(sign: char, rest: &[Token<'_>]) -> Option<Zone> {
    let sign = match sign {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let (hours, minutes) = match rest {
        [Token::Number { value, digits: 1 | 2 }] => (*value, 0),
        [Token::Number { value, digits: 3 | 4 }] => (value / 100, value % 100),
        [
            Token::Number { value, .. },
            Token::Mark(':' | '.'),
            Token::Number { value: minutes, digits: 2 },
        ] => (*value, *minutes),
        _ => return None,
    };
    if hours > 18 || minutes > 59 {
        return None;
    }
    match sign * (hours * 3600 + minutes * 60) as i32 {
        0 => Some(Zone::Utc { certain: true }),
        offset_s => Some(Zone::Fixed { offset_s, certain: true }),
    }
}

fn abbreviation(name: &str, text: &str, script: Script, hints: &Hints) -> Zone {
    let hours = |hours: i32| Zone::Fixed { offset_s: hours * 3600, certain: true };
    match name {
        "CET" | "MEZ" | "SEČ" | "WEST" | "WESZ" | "HNEC" | "WAT" | "WIG" => hours(1),
        "CEST" | "MESZ" | "SELČ" | "EET" | "OEZ" | "SAST" | "CAT" | "HAEC" => hours(2),
        "EEST" | "OESZ" | "MSK" | "МСК" | "TRT" | "EAT" | "IDT" => hours(3),
        "GST" | "SAMT" | "AZT" | "MUT" => hours(4),
        "PKT" | "UZT" | "YEKT" => hours(5),
        "NPT" => Zone::Fixed { offset_s: 20_700, certain: true },
        "MMT" => Zone::Fixed { offset_s: 23_400, certain: true },
        "IRST" => Zone::Fixed { offset_s: 12_600, certain: true },
        "OMST" | "ALMT" => hours(6),
        "ICT" | "WIB" | "NOVT" | "KRAT" => hours(7),
        "HKT" | "SGT" | "AWST" | "PHT" | "WITA" | "MYT" | "IRKT" | "HKST" => hours(8),
        "JST" | "KST" | "WIT" | "YAKT" => hours(9),
        "ACST" => Zone::Fixed { offset_s: 34_200, certain: true },
        "ACDT" => Zone::Fixed { offset_s: 37_800, certain: true },
        "AEST" | "ChST" | "VLAT" => hours(10),
        "AEDT" => hours(11),
        "NZST" => hours(12),
        "NZDT" => hours(13),
        "BRT" | "ART" | "UYT" | "ADT" | "CLST" | "HAA" => hours(-3),
        "NDT" => Zone::Fixed { offset_s: -9_000, certain: true },
        "NST" => Zone::Fixed { offset_s: -12_600, certain: true },
        "EDT" | "CLT" | "BOT" | "VET" | "HAE" | "HNA" => hours(-4),
        "EST" | "CDT" | "COT" | "PET" | "HNE" | "HAC" => hours(-5),
        "MDT" | "HNC" | "HAR" => hours(-6),
        "MST" | "PDT" | "HNR" | "HAP" => hours(-7),
        "PST" | "AKDT" | "HNP" => hours(-8),
        "AKST" | "HDT" => hours(-9),
        "HST" => hours(-10),
        "日本標準時" | "日本时间" => hours(9),
        "中国标准时间" | "台北標準時間" | "香港標準時間" => hours(8),
        "CST" if script == Script::EastAsian || has_han(text) => choose(&[28_800, -21_600], true, hints),
        "CST" => choose(&[-21_600, 28_800], false, hints),
        "IST" => choose(&[19_800, 3_600, 7_200], false, hints),
        "AST" if script == Script::Arabic => choose(&[10_800, -14_400], true, hints),
        "AST" => choose(&[-14_400, 10_800], false, hints),
        // The day first is how Britain writes; Bangladesh uses the form of the United States.
        "BST" => choose(&[3_600, 21_600], script != Script::EnglishUnitedStates, hints),
        _ => Zone::Unknown,
    }
}

/// The candidate that occurs in the person's own zone; else the first, `certain` or not.
fn choose(candidates: &[i32], certain: bool, hints: &Hints) -> Zone {
    match candidates.iter().find(|candidate| hints.home_offsets_s.contains(candidate)) {
        Some(&offset_s) => Zone::Fixed { offset_s, certain: true },
        None => Zone::Fixed { offset_s: candidates[0], certain },
    }
}

fn has_han(text: &str) -> bool {
    text.chars().any(|character| matches!(character, '\u{4E00}'..='\u{9FFF}'))
}
