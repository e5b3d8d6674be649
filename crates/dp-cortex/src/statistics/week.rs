//! When in the week things happen: counts by day and hour come in, a table of weekdays by hours goes out.

use super::buckets::{WEEKDAYS, weekday};
use dp_lake::TimeCount;

/// Documents by weekday and hour on the local clock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Week {
    /// Seven rows from Monday on, of 24 hours each.
    pub hours: [[u64; 24]; 7],
    /// Documents of a day whose hour is not known; they are in no row.
    pub without_hour: u64,
    /// Documents without a date.
    pub undated: u64,
}

impl Week {
    /// Names of the rows.
    pub const DAYS: [&str; 7] = WEEKDAYS;

    /// The table of these counts.
    #[must_use]
    pub fn of(counts: &[TimeCount]) -> Self {
        let mut week = Self::default();
        for one in counts {
            let Some(day) = one.day else {
                week.undated += one.count;
                continue;
            };
            let row = week.hours.get_mut(usize::from(weekday(day)));
            match one.hour.and_then(|hour| row?.get_mut(usize::from(hour))) {
                Some(cell) => *cell += one.count,
                None => week.without_hour += one.count,
            }
        }
        week
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_january_1970_was_a_thursday() {
        let count = |day, hour, count| TimeCount { day, hour, source: None, kind: None, count };
        let week = Week::of(&[
            count(Some(0), Some(9), 2),
            count(Some(7), Some(9), 3),
            count(Some(-1), Some(23), 1),
            count(Some(0), None, 4),
            count(None, None, 5),
        ]);
        assert_eq!((week.hours[3][9], week.hours[2][23]), (5, 1));
        assert_eq!((week.without_hour, week.undated), (4, 5));
        assert_eq!(week.hours.iter().flatten().sum::<u64>(), 6);
    }
}
