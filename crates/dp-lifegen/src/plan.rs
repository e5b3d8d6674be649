//! The plan of a life: what happens when, as small events from which every record can be made again;
//! and which span of it each export covers.

use crate::days::{DAY_MS, Days};
use crate::dice::Dice;
use crate::person::{self, Friend};
use crate::planted;
use crate::words::Words;
use crate::{Life, LifegenError};
use std::ops::Range;

/// What sort of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stream {
    /// A web search.
    Search,
    /// A page visited, as My Activity keeps it.
    Visited,
    /// A video watched.
    Watch,
    /// A song played.
    Listen,
    /// A search for videos.
    TubeSearch,
    /// An app used.
    App,
    /// A place looked at on the map.
    Maps,
    /// Use of one of the small products.
    Other,
    /// A page in the browser's own history.
    Page,
    /// A mail.
    Mail,
    /// A note.
    Note,
    /// A task.
    Task,
    /// A calendar event.
    Appointment,
    /// A comment under a video.
    Comment,
    /// A message in a live chat.
    Chat,
}

/// Streams with events a day at scale 1.
const RATES: &[(Stream, &str, f64)] = &[
    (Stream::Search, "search", 8.0),
    (Stream::Visited, "visited", 8.0),
    (Stream::Watch, "watch", 7.0),
    (Stream::Listen, "listen", 3.0),
    (Stream::TubeSearch, "tube-search", 1.2),
    (Stream::App, "app", 6.0),
    (Stream::Maps, "maps", 1.0),
    (Stream::Other, "other", 2.0),
    (Stream::Page, "page", 30.0),
    (Stream::Mail, "mail", 6.0),
    (Stream::Note, "note", 0.16),
    (Stream::Task, "task", 0.25),
    (Stream::Appointment, "appointment", 0.3),
    (Stream::Comment, "comment", 0.14),
    (Stream::Chat, "chat", 0.06),
];

/// One thing that happens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event {
    /// When, in milliseconds since 1970 UTC.
    pub(crate) time_ms: i64,
    /// Makes its record.
    pub(crate) seed: u64,
    /// Tells it apart from all others, also from an exact duplicate.
    pub(crate) id: u32,
    /// Index in the planted things, if it is one.
    pub(crate) planted: Option<u16>,
}

/// Everything needed to write any part of a life.
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) scale: f64,
    pub(crate) words: Words,
    pub(crate) days: Days,
    pub(crate) friends: Vec<Friend>,
    pub(crate) first_day: i32,
    /// First day after the life.
    pub(crate) end_day: i32,
    /// The day of the older English export.
    pub(crate) first_cut: i32,
    /// The day of the German export.
    pub(crate) second_cut: i32,
    streams: Vec<Vec<Event>>,
}

impl Plan {
    pub(crate) fn of(life: &Life) -> Result<Self, LifegenError> {
        if !(life.scale > 0.0 && life.scale <= 100.0) {
            return Err(LifegenError::Scale(life.scale));
        }
        if !(1..=30).contains(&life.years) {
            return Err(LifegenError::Years(life.years));
        }
        let unix_epoch = jiff::civil::date(1970, 1, 1);
        let first_date = life.last_day.checked_sub(jiff::Span::new().try_years(life.years)?)?;
        let day_number =
            |date: jiff::civil::Date| -> Result<i32, jiff::Error> { Ok(unix_epoch.until(date)?.get_days()) };
        let first_day = day_number(first_date)?;
        let end_day = day_number(life.last_day)? + 1;
        let mut plan = Self {
            seed: life.seed,
            scale: life.scale,
            words: Words::new(),
            days: Days::of(life.seed, life.scale, first_day, end_day),
            friends: person::friends(life.seed, (180.0 * life.scale.min(4.0)) as usize),
            first_day,
            end_day,
            first_cut: 0,
            second_cut: 0,
            streams: Vec::new(),
        };
        // For the default life these are 2021-04-02 and 2023-06-10.
        plan.first_cut = end_day - 1 - plan.stretch(1632);
        plan.second_cut = end_day - 1 - plan.stretch(833);
        plan.streams = plan.streams_of_events();
        Ok(plan)
    }

    /// Days in proportion to the life: as given in one of ten years, at least one.
    pub(crate) fn stretch(&self, days_of_ten_years: i32) -> i32 {
        (days_of_ten_years * (self.end_day - self.first_day) / 3653).max(1)
    }

    /// The first day whose stays are on the phones only: the Timeline moved there before the end.
    pub(crate) fn timeline_moved(&self) -> i32 {
        self.end_day - self.stretch(300)
    }

    /// The days on which the browser's own history reaches back from each export.
    pub(crate) fn page_windows(&self) -> [Range<i32>; 3] {
        let window = |cut: i32, days: i32| (cut - self.stretch(days)).max(self.first_day)..cut;
        [window(self.first_cut, 400), window(self.second_cut, 90), window(self.end_day, 90)]
    }

    /// The events of a stream on these days, in order of time.
    pub(crate) fn events(&self, stream: Stream, days: Range<i32>) -> &[Event] {
        let Some(events) = self.streams.get(stream as usize) else { return &[] };
        let at = |day: i32| events.partition_point(|event| event.time_ms < i64::from(day) * DAY_MS);
        let (from, to) = (at(days.start), at(days.end));
        &events[from..to.max(from)]
    }

    /// Numbers for one part of an event's record.
    pub(crate) fn dice(&self, event: &Event, part: &str) -> Dice {
        Dice::of(event.seed, part, 0)
    }

    /// The day on which the planted thing of this index happens.
    pub(crate) fn day_of_planted(&self, index: usize) -> i32 {
        let whole_days = f64::from(self.end_day - self.first_day - 2);
        let when = planted::all().get(index).map_or(0.0, |planted| planted.when);
        self.first_day + 1 + (whole_days * when) as i32
    }

    fn streams_of_events(&self) -> Vec<Vec<Event>> {
        let mut next_id = 0;
        RATES
            .iter()
            .enumerate()
            .map(|(index, &(stream, name, rate))| {
                debug_assert_eq!(index, stream as usize);
                self.stream_of_events(stream, name, rate, &mut next_id)
            })
            .collect()
    }

    fn stream_of_events(&self, stream: Stream, name: &str, rate: f64, next_id: &mut u32) -> Vec<Event> {
        let mut events = Vec::new();
        let windows = self.page_windows();
        let mut push = |time_ms, seed, planted| {
            events.push(Event { time_ms, seed, id: *next_id, planted });
            *next_id += 1;
        };
        for day in self.first_day..self.end_day {
            let outside = stream == Stream::Page && !windows.iter().any(|window| window.contains(&day));
            if outside || (self.days.is_gap(day) && stream != Stream::Mail) {
                continue;
            }
            let mut dice = Dice::of(self.seed, name, day as u64);
            for _ in 0..dice.count(rate * self.scale) {
                let (time_ms, seed) = (time_of_day(day, &mut dice), dice.number());
                push(time_ms, seed, None);
                // The same record twice in the same millisecond: two events.
                if is_repeatable(stream) && dice.chance(0.002) {
                    push(time_ms, seed, None);
                }
            }
        }
        let of_stream = planted::all().iter().enumerate().filter(|(_, planted)| planted.stream == stream);
        for (index, planted) in of_stream {
            let day = self.day_of_planted(index);
            // The same thing may be planted on several days; the first sure ones keep their instants.
            let number = if planted.is_bare { index as u64 } else { 0 };
            let mut dice = Dice::of(self.seed, planted.title, number);
            push(time_of_day(day, &mut dice), dice.number(), Some(index as u16));
        }
        events.sort_by_key(|event| (event.time_ms, event.id));
        events
    }
}

const fn is_repeatable(stream: Stream) -> bool {
    matches!(
        stream,
        Stream::Search | Stream::Visited | Stream::Watch | Stream::Listen | Stream::App | Stream::Page
    )
}

/// An instant of a waking hour, evenings preferred.
fn time_of_day(day: i32, dice: &mut Dice) -> i64 {
    let hour = *dice.pick(&[5, 6, 7, 8, 9, 10, 11, 11, 12, 14, 15, 16, 17, 18, 18, 19, 19, 20, 20, 21]);
    i64::from(day) * DAY_MS + hour * 3_600_000 + dice.between(0, 3_599_999)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_life_is_exported_on_the_days_its_archives_are_named_for() {
        let plan = Plan::of(&Life { scale: 0.01, ..Life::default() }).unwrap();
        assert_eq!(crate::days::civil(plan.first_cut), (2021, 4, 2));
        assert_eq!(crate::days::civil(plan.second_cut), (2023, 6, 10));
        let events = plan.events(Stream::Search, plan.first_day..plan.end_day);
        assert!(events.windows(2).all(|pair| pair[0].time_ms <= pair[1].time_ms));
    }

    #[test]
    fn lives_out_of_bounds_are_refused() {
        for life in [
            Life { scale: 0.0, ..Life::default() },
            Life { scale: f64::NAN, ..Life::default() },
            Life { years: 0, ..Life::default() },
        ] {
            assert!(Plan::of(&life).is_err());
        }
    }
}
