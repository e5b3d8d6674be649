//! What the person does on each day: stays, movements between them, location fixes; journeys and
//! weeks without any record. Each day is made on its own from the seed.

use crate::dice::Dice;
use crate::places::{self, CITIES, Spot};

/// Milliseconds in a day.
pub(crate) const DAY_MS: i64 = 86_400_000;

/// A stay at a place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stay {
    pub(crate) spot: usize,
    pub(crate) start_ms: i64,
    pub(crate) end_ms: i64,
}

/// A movement between places.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Movement {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) start_ms: i64,
    pub(crate) end_ms: i64,
    pub(crate) mode: &'static str,
    pub(crate) distance_m: i64,
}

/// What happens between leaving in the morning and leaving on the next, in order of time.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    Stay(Stay),
    Movement(Movement),
}

impl Step {
    pub(crate) fn start_ms(&self) -> i64 {
        match self {
            Self::Stay(stay) => stay.start_ms,
            Self::Movement(movement) => movement.start_ms,
        }
    }

    pub(crate) fn end_ms(&self) -> i64 {
        match self {
            Self::Stay(stay) => stay.end_ms,
            Self::Movement(movement) => movement.end_ms,
        }
    }
}

/// One reading of a phone's position.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    pub(crate) time_ms: i64,
    pub(crate) latitude_e7: i64,
    pub(crate) longitude_e7: i64,
    pub(crate) accuracy_m: i64,
    /// `GPS`, `WIFI` or `CELL`.
    pub(crate) source: &'static str,
    pub(crate) altitude_m: Option<i64>,
    pub(crate) velocity_mps: Option<i64>,
    pub(crate) activity: Option<(&'static str, i64)>,
    pub(crate) tablet: bool,
}

/// All days of a life, as days since 1970-01-01.
pub(crate) struct Days {
    seed: u64,
    scale: f64,
    pub(crate) spots: Vec<Spot>,
    by_city: Vec<Vec<usize>>,
    /// City, first day, first day back at home.
    journeys: Vec<(usize, i32, i32)>,
    /// First day, first day after.
    gaps: Vec<(i32, i32)>,
}

impl Days {
    pub(crate) fn of(seed: u64, scale: f64, first_day: i32, end_day: i32) -> Self {
        let spots = places::spots(seed);
        let by_city = (0..CITIES.len()).map(|city| places::spots_of(&spots, city)).collect();
        let mut dice = Dice::of(seed, "journeys", 0);
        let mut journeys = Vec::new();
        let mut gaps = Vec::new();
        let mut day = first_day + 20;
        let mut journey = 0;
        while day < end_day - 20 {
            // Every city is reached once before any is seen again.
            let city = CITIES.len() - 1 - journey % (CITIES.len() - 1);
            journey += 1;
            let back = day + dice.between(4, 12) as i32;
            journeys.push((city, day, back));
            if dice.chance(0.35) {
                let lost = back + dice.between(5, 20) as i32;
                gaps.push((lost, lost + dice.between(7, 24) as i32));
            }
            day = back + dice.between(60, 140) as i32;
        }
        Self { seed, scale, spots, by_city, journeys, gaps }
    }

    /// Whether nothing at all was recorded on this day.
    pub(crate) fn is_gap(&self, day: i32) -> bool {
        self.gaps.iter().any(|&(from, to)| (from..to).contains(&day))
    }

    fn city_on(&self, day: i32) -> usize {
        self.journeys.iter().find(|&&(_, from, to)| (from..to).contains(&day)).map_or(0, |journey| journey.0)
    }

    fn base_on(&self, day: i32) -> usize {
        self.by_city[self.city_on(day)][0]
    }

    /// Seconds east of UTC where the person sleeps on this day.
    pub(crate) fn offset_s(&self, day: i32) -> i32 {
        match self.city_on(day) {
            0 => 3600 + if is_summer(day) { 3600 } else { 0 },
            city => CITIES[city].offset_s,
        }
    }

    /// When the person leaves in the morning.
    fn leave_ms(&self, day: i32) -> i64 {
        let mut dice = Dice::of(self.seed, "leave", day as u64);
        let minute = if is_weekend(day) { dice.between(560, 690) } else { dice.between(430, 530) };
        let offset_ms = i64::from(self.offset_s(day - 1)) * 1000;
        i64::from(day) * DAY_MS + minute * 60_000 + dice.between(0, 59_999) - offset_ms
    }

    /// The second day of the first journey, which is written at every scale, so that it can be asked for.
    fn is_planted(&self, day: i32) -> bool {
        self.journeys.first().is_some_and(|&(_, from, _)| day == from + 1)
    }

    /// Whether stays and movements of this day are written at this scale.
    pub(crate) fn has_visits(&self, day: i32) -> bool {
        if self.is_planted(day) {
            return true;
        }
        !self.is_gap(day) && Dice::of(self.seed, "kept", day as u64).chance(self.scale)
    }

    /// The day's stays and movements.
    pub(crate) fn steps(&self, day: i32) -> Vec<Step> {
        let mut dice = Dice::of(self.seed, "day", day as u64);
        let mut here = self.base_on(day - 1);
        let base = self.base_on(day);
        let mut now_ms = self.leave_ms(day);
        let mut steps = Vec::with_capacity(10);
        let stops = self.stops(day, here, base, &mut dice);
        for (spot, minutes) in stops {
            if spot != here {
                let movement = self.movement(here, spot, now_ms, &mut dice);
                now_ms = movement.end_ms;
                steps.push(Step::Movement(movement));
            }
            let end_ms = now_ms + minutes * 60_000 + dice.between(0, 59_999);
            steps.push(Step::Stay(Stay { spot, start_ms: now_ms, end_ms }));
            now_ms = end_ms;
            here = spot;
        }
        if here != base {
            let movement = self.movement(here, base, now_ms, &mut dice);
            now_ms = movement.end_ms;
            steps.push(Step::Movement(movement));
        }
        let end_ms = self.leave_ms(day + 1).max(now_ms + 60_000);
        steps.push(Step::Stay(Stay { spot: base, start_ms: now_ms, end_ms }));
        steps
    }

    /// Places and minutes, without the night.
    fn stops(&self, day: i32, here: usize, base: usize, dice: &mut Dice) -> Vec<(usize, i64)> {
        let city = self.city_on(day);
        if self.spots[here].city != city || self.spots[base].city != city {
            return Vec::new();
        }
        // The first places of a city are where one sleeps and works.
        let sights = &self.by_city[city][if city == 0 { 2 } else { 1 }..];
        let mut stops = Vec::new();
        if self.is_planted(day) {
            stops.push((sights[0], 42));
        }
        if city == 0 && !is_weekend(day) {
            stops.push((1, dice.between(200, 260)));
            if dice.chance(0.3) {
                stops.push((*dice.pick_favourite(sights), dice.between(35, 70)));
                stops.push((1, dice.between(200, 250)));
            }
            if dice.chance(0.35) {
                stops.push((*dice.pick_favourite(sights), dice.between(45, 160)));
            }
        } else {
            for _ in 0..dice.below(4) {
                stops.push((*dice.pick(sights), dice.between(30, 150)));
            }
        }
        stops
    }

    fn movement(&self, from: usize, to: usize, start_ms: i64, dice: &mut Dice) -> Movement {
        let distance_m = places::distance_m(&self.spots[from], &self.spots[to]).max(120);
        let (mode, speed_mps) = match distance_m {
            0..1_500 => ("WALKING", 1.3),
            1_500..40_000 => {
                *dice.pick(&[("CYCLING", 4.5), ("IN_TRAM", 6.0), ("IN_BUS", 6.5), ("IN_TRAIN", 12.0)])
            }
            40_000..900_000 => ("IN_TRAIN", 30.0),
            _ => ("FLYING", 230.0),
        };
        let seconds = (distance_m as f64 / speed_mps) as i64 + dice.between(40, 240);
        Movement { from, to, start_ms, end_ms: start_ms + seconds * 1000, mode, distance_m }
    }

    /// The day's readings in strictly rising order of time.
    pub(crate) fn readings(&self, day: i32) -> Vec<Reading> {
        const PER_DAY: f64 = 290.0;
        if self.is_gap(day) {
            return Vec::new();
        }
        let mut dice = Dice::of(self.seed, "readings", day as u64);
        let count = dice.count(PER_DAY * self.scale);
        let steps = self.steps(day);
        let (Some(first), Some(last)) = (steps.first(), steps.last()) else { return Vec::new() };
        let (start_ms, end_ms) = (first.start_ms(), last.end_ms());
        let spacing_ms = (end_ms - start_ms) / count.max(1) as i64;
        if spacing_ms < 10 {
            return Vec::new();
        }
        let mut current = 0;
        (0..count as i64)
            .map(|number| {
                let time_ms = start_ms + number * spacing_ms + dice.between(0, spacing_ms - 1);
                while current + 1 < steps.len() && steps[current].end_ms() <= time_ms {
                    current += 1;
                }
                self.reading(&steps[current], time_ms, &mut dice)
            })
            .collect()
    }

    fn reading(&self, step: &Step, time_ms: i64, dice: &mut Dice) -> Reading {
        let jitter = |dice: &mut Dice| dice.between(-2_500, 2_500);
        let (latitude_e7, longitude_e7, moving) = match step {
            Step::Stay(stay) => {
                let spot = &self.spots[stay.spot];
                (spot.latitude_e7 + jitter(dice), spot.longitude_e7 + jitter(dice), None)
            }
            Step::Movement(movement) => {
                let (latitude_e7, longitude_e7) = self.along(movement, time_ms);
                (latitude_e7 + jitter(dice), longitude_e7 + jitter(dice), Some(movement))
            }
        };
        let source = if moving.is_some() { "GPS" } else { *dice.pick(&["WIFI", "WIFI", "CELL", "GPS"]) };
        let velocity_mps = moving
            .map(|movement| movement.distance_m * 1000 / (movement.end_ms - movement.start_ms).max(1000));
        let activity = match moving.map(|movement| movement.mode) {
            None => dice.chance(0.3).then(|| ("STILL", dice.between(60, 100))),
            Some("WALKING") => Some(("ON_FOOT", dice.between(50, 100))),
            Some("CYCLING") => Some(("ON_BICYCLE", dice.between(50, 100))),
            Some(_) => Some(("IN_VEHICLE", dice.between(40, 100))),
        };
        Reading {
            time_ms,
            latitude_e7,
            longitude_e7,
            accuracy_m: dice.between(3, if source == "CELL" { 1800 } else { 60 }),
            source,
            altitude_m: (source == "GPS").then(|| dice.between(390, 560)),
            velocity_mps,
            activity,
            tablet: moving.is_none() && dice.chance(0.03),
        }
    }

    /// Where a movement is at an instant.
    pub(crate) fn along(&self, movement: &Movement, time_ms: i64) -> (i64, i64) {
        let (from, to) = (&self.spots[movement.from], &self.spots[movement.to]);
        let whole = (movement.end_ms - movement.start_ms).max(1);
        let part = (time_ms - movement.start_ms).clamp(0, whole);
        (
            from.latitude_e7 + (to.latitude_e7 - from.latitude_e7) * part / whole,
            from.longitude_e7 + (to.longitude_e7 - from.longitude_e7) * part / whole,
        )
    }
}

/// Whether the clocks of Europe are on summer time on this day.
pub(crate) fn is_summer(day: i32) -> bool {
    let (year, month, of_month) = civil(day);
    let last_sunday = |year, month| {
        let end = days_of(year, month, 31);
        end - (end + 4).rem_euclid(7)
    };
    match month {
        4..=9 => true,
        3 => of_month >= 25 && day >= last_sunday(year, 3),
        10 => day < last_sunday(year, 10),
        _ => false,
    }
}

fn is_weekend(day: i32) -> bool {
    // 1970-01-01 was a Thursday.
    matches!((day + 3).rem_euclid(7), 5 | 6)
}

/// Year, month, day of the month. Howard Hinnant's days-to-civil algorithm.
pub(crate) fn civil(day: i32) -> (i32, u32, u32) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let of_month = (of_year - (153 * shifted_month + 2) / 5 + 1) as u32;
    let month = (if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 }) as u32;
    (year_of_era + era * 400 + i32::from(month <= 2), month, of_month)
}

/// Days since 1970-01-01. Howard Hinnant's civil-to-days algorithm.
pub(crate) fn days_of(year: i32, month: u32, of_month: u32) -> i32 {
    let year = year - i32::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month = month as i32;
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + of_month as i32 - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_lead_back_to_each_other() {
        for day in [-1, 0, 59, 11_016, 16_699, 20_351] {
            let (year, month, of_month) = civil(day);
            assert_eq!(days_of(year, month, of_month), day);
        }
        assert_eq!(civil(20_351), (2025, 9, 20));
        assert!(is_weekend(20_351));
        assert!(is_summer(days_of(2021, 3, 28)) && !is_summer(days_of(2021, 3, 27)));
        assert!(is_summer(days_of(2021, 10, 30)) && !is_summer(days_of(2021, 10, 31)));
    }

    #[test]
    fn a_day_has_no_holes_and_readings_rise() {
        let days = Days::of(7, 1.0, 16_000, 18_000);
        for day in 16_010..16_200 {
            let steps = days.steps(day);
            assert!(steps.windows(2).all(|pair| pair[0].end_ms() == pair[1].start_ms()), "day {day}");
            let readings = days.readings(day);
            assert!(readings.windows(2).all(|pair| pair[0].time_ms < pair[1].time_ms));
        }
        assert!((16_000..18_000).any(|day| days.is_gap(day)));
    }
}
