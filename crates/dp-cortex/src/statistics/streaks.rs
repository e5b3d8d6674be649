//! Days in a row that have something: days come in, the longest and the running streak go out.

use dp_lake::Day;

/// Days in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streak {
    /// The first day.
    pub first: Day,
    /// The last day.
    pub last: Day,
}

impl Streak {
    /// How many days.
    #[must_use]
    pub fn days(&self) -> u64 {
        u64::from(self.last.abs_diff(self.first)) + 1
    }
}

/// The streaks of a life.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Streaks {
    /// Days that have something.
    pub days: u64,
    /// The first and the last day of them.
    pub ends: Option<(Day, Day)>,
    /// The longest streak; of equal ones the latest.
    pub longest: Option<Streak>,
    /// The one that goes on: it reaches `until`, or the day before, since that day may not be over.
    pub current: Option<Streak>,
}

impl Streaks {
    /// The streaks of these days, ascending and each once, up to `until`. Later days, as of appointments to
    /// come, are passed over.
    #[must_use]
    pub fn of(days: impl IntoIterator<Item = Day>, until: Day) -> Self {
        let mut streaks = Self::default();
        let mut running: Option<Streak> = None;
        for day in days.into_iter().take_while(|&day| day <= until) {
            streaks.days += 1;
            streaks.ends = Some((streaks.ends.map_or(day, |(first, _)| first), day));
            let streak = match running {
                Some(streak) if streak.last.saturating_add(1) == day => Streak { last: day, ..streak },
                _ => Streak { first: day, last: day },
            };
            running = Some(streak);
            if streaks.longest.is_none_or(|longest| streak.days() >= longest.days()) {
                streaks.longest = running;
            }
        }
        streaks.current = running.filter(|streak| streak.last >= until.saturating_sub(1));
        streaks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streak(first: Day, last: Day) -> Option<Streak> {
        Some(Streak { first, last })
    }

    #[test]
    fn a_streak_goes_on_until_a_whole_day_is_missed() {
        let days = [1, 2, 3, 4, 8, 9];
        assert_eq!(Streaks::of(days, 9).current, streak(8, 9));
        assert_eq!(Streaks::of(days, 10).current, streak(8, 9));
        let ended = Streaks::of(days, 11);
        assert_eq!((ended.current, ended.longest), (None, streak(1, 4)));
        assert_eq!((ended.days, ended.ends), (6, Some((1, 9))));
    }

    #[test]
    fn of_equal_streaks_the_latest_is_told_and_days_to_come_do_not_count() {
        let streaks = Streaks::of([-2, -1, 5, 6, 7, 8], 6);
        assert_eq!((streaks.longest, streaks.current, streaks.days), (streak(5, 6), streak(5, 6), 4));
        assert_eq!(Streaks::of([], 6), Streaks::default());
        assert_eq!(Streak { first: Day::MIN, last: Day::MAX }.days(), 1 << 32);
    }
}
