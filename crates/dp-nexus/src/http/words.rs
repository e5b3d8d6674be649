//! Days as parameters and answers have them.

use dp_lake::{Day, date_of_day, days_of_text};
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, de::Error as _};

/// The first day of a year, a month or a day as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FirstDay(pub(super) Day);

/// The last day of a year, a month or a day as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LastDay(pub(super) Day);

impl LastDay {
    /// The first day past it.
    pub(super) fn past(self) -> Day {
        self.0.saturating_add(1)
    }
}

impl<'de> Deserialize<'de> for FirstDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        days_of_text(&String::deserialize(deserializer)?)
            .map(|(first, _)| Self(first))
            .map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for LastDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        days_of_text(&String::deserialize(deserializer)?)
            .map(|(_, last)| Self(last))
            .map_err(D::Error::custom)
    }
}

/// A date, or a month and a day of a leap year.
pub(crate) fn date(text: &str) -> Result<Date, String> {
    let whole = if text.len() == 5 { format!("2024-{text}") } else { text.to_owned() };
    whole.parse().map_err(|_| format!("{text:?} is no day; write 2024-06-14 or 06-14"))
}

/// A local day in text.
pub(super) fn day(day: Day) -> String {
    date_of_day(day).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_of_any_year_is_a_month_and_a_day() {
        assert_eq!(date("02-29"), Ok(jiff::civil::date(2024, 2, 29)));
        assert!(date("02-30").is_err() && date("soon").is_err());
    }
}
