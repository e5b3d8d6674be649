//! Densities and ways: what a map is drawn from.
#![expect(missing_docs, reason = "the names of the cases are sentences")]

use super::{
    Factory, Subject,
    build::{NOON_US, SECOND_US, fix, number, sample_upsert, samples_batch},
    subject::wait,
};
use crate::{
    Batch, ForgetTarget,
    map::{
        CellCount, CellSums, DensityQuery, Tile, Track, TrackPoint, TrackQuery, cell_of, place_of,
        place_on_curve,
    },
};
use dp_model::Sample;

const DAY_US: i64 = 86_400 * SECOND_US;

/// Fixes over a year and half the world, a day and some minutes apart, of two sources and two devices.
fn year() -> Vec<Sample> {
    let fixes = (0..400_i32).map(|n| {
        let time_us = NOON_US + i64::from(n) * (DAY_US + 600 * SECOND_US);
        let sample = fix(time_us, (n % 7) * 90_000_000 + n * 1_003, (n % 11) * 160_000_000 - n * 10_007);
        let source = if n % 3 == 0 { "google.fit" } else { "google.location" };
        Sample { source: source.into(), device: i64::from(n % 2), ..sample }
    });
    fixes.chain([number("steps", NOON_US, 5.0)]).collect()
}

fn query(zoom: u8, x: u32, y: u32) -> DensityQuery {
    let tile = Tile::new(zoom, x, y).expect("a tile");
    DensityQuery { series: "location".into(), tile, sources: Vec::new(), from: None, until: None }
}

fn density(subject: &Subject<'_>, query: &DensityQuery) -> Vec<CellCount> {
    wait(subject.vault().series().wait_counted());
    wait(subject.vault().series().density(query))
}

/// What a query gives, counted one by one.
fn counted(samples: &[Sample], query: &DensityQuery) -> Vec<CellCount> {
    let mut sums = CellSums::of(query.tile);
    for sample in samples {
        let upsert = sample_upsert(sample.clone());
        if sample.series == query.series && query.wants(&sample.source, upsert.day) {
            sums.add_point(place_of(sample).expect("a fix"));
        }
    }
    sums.counts()
}

fn sum(cells: &[CellCount]) -> u64 {
    cells.iter().map(|cell| cell.count).sum()
}

pub fn every_zoom_counts_every_fix_once(factory: &dyn Factory) {
    let (mut subject, import) = Subject::importing(factory, "vault");
    assert_eq!(density(&subject, &query(0, 0, 0)), []);
    let fixes = year();
    subject.apply(samples_batch(import, fixes.clone()));
    for zoom in 0..=3 {
        let mut total = 0;
        for (x, y) in (0..1 << zoom).flat_map(|x| (0..1 << zoom).map(move |y| (x, y))) {
            let query = query(zoom, x, y);
            let cells = density(&subject, &query);
            assert_eq!(cells, counted(&fixes, &query), "{query:?}");
            total += sum(&cells);
        }
        assert_eq!(total, 400, "{zoom}");
    }
    for fix in &fixes[..20] {
        let cell = cell_of(place_of(fix).expect("a fix"), Tile::ZOOM_MAX);
        let (x, y) = place_on_curve(cell);
        let query = query(Tile::ZOOM_MAX, x, y);
        assert!(!counted(&fixes, &query).is_empty());
        assert_eq!(density(&subject, &query), counted(&fixes, &query));
    }
    let steps = DensityQuery { series: "steps".into(), ..query(0, 0, 0) };
    assert_eq!(density(&subject, &steps), []);
    assert_eq!(density(&subject, &DensityQuery { series: "nothing".into(), ..steps }), []);
    subject.reopen();
    assert_eq!(sum(&density(&subject, &query(0, 0, 0))), 400);
}

pub fn densities_follow_days_and_sources(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    let fixes = year();
    subject.apply(samples_batch(import, fixes.clone()));
    let noon = 18_294;
    let ranges = [
        (Some(noon), Some(noon + 1)),
        (Some(noon + 3), Some(noon + 30)),
        (Some(noon + 3), Some(noon + 300)),
        (Some(noon + 100), None),
        (None, Some(noon + 100)),
        (Some(noon + 100), Some(noon + 50)),
        (Some(noon - 500), Some(noon + 5_000)),
        (Some(18_304), Some(18_336)),
    ];
    for (from, until) in ranges {
        for sources in
            [vec![], vec!["google.fit".to_owned()], vec!["google".to_owned()], vec!["x".to_owned()]]
        {
            for (zoom, x, y) in [(0, 0, 0), (1, 1, 0), (2, 2, 1)] {
                let query = DensityQuery { from, until, sources: sources.clone(), ..query(zoom, x, y) };
                assert_eq!(density(&subject, &query), counted(&fixes, &query), "{query:?}");
            }
        }
    }
}

pub fn densities_follow_what_changes(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    let whole = query(0, 0, 0);
    // At midnight a form with an offset moves to the day before, and another source has it from then on.
    let midnight_us = 18_294 * DAY_US;
    let bare = Sample { source: "z.phone".into(), ..fix(midnight_us, 5, 5) };
    subject.apply(samples_batch(import, vec![bare.clone(), fix(NOON_US, 7, 7)]));
    assert_eq!(sum(&density(&subject, &whole)), 2);
    let richer = Sample { offset_s: Some(-18_000), source: "a.watch".into(), ..bare };
    subject.apply(samples_batch(import, vec![richer, fix(NOON_US + DAY_US, 7, 7)]));
    assert_eq!(sum(&density(&subject, &whole)), 3);
    let of = |source: &str| DensityQuery { sources: vec![source.to_owned()], ..whole.clone() };
    assert_eq!(sum(&density(&subject, &of("z"))), 0);
    assert_eq!(sum(&density(&subject, &of("a"))), 1);
    let before = DensityQuery { until: Some(18_294), ..whole.clone() };
    assert_eq!(sum(&density(&subject, &before)), 1);
    // The same again changes nothing.
    subject.apply(samples_batch(import, vec![fix(NOON_US, 7, 7)]));
    assert_eq!(sum(&density(&subject, &whole)), 3);
}

pub fn what_was_forgotten_is_nowhere_on_the_map(factory: &dyn Factory) {
    let (mut subject, import) = Subject::importing(factory, "vault");
    let fixes = year();
    subject.apply(samples_batch(import, fixes.clone()));
    assert_eq!(sum(&density(&subject, &query(0, 0, 0))), 400);
    subject.forget(&ForgetTarget::Source("google.fit".to_owned()));
    let left = fixes.iter().filter(|sample| sample.source != "google.fit" && sample.series == "location");
    let left = left.cloned().collect::<Vec<_>>();
    // Without waiting for anything.
    for (zoom, x, y) in [(0, 0, 0), (1, 1, 0), (2, 2, 1)] {
        let query = query(zoom, x, y);
        assert_eq!(wait(subject.vault().series().density(&query)), counted(&left, &query));
        assert_eq!(density(&subject, &query), counted(&left, &query));
    }
    assert_eq!(all(&subject, &track()).iter().map(|point| point.fixes).sum::<u64>(), left.len() as u64);
    subject.reopen();
    assert_eq!(sum(&density(&subject, &query(0, 0, 0))), left.len() as u64);
}

fn track() -> TrackQuery {
    TrackQuery {
        series: "location".into(),
        cell_zoom: 30,
        limit: 1_000,
        read_max: 100_000,
        ..TrackQuery::default()
    }
}

fn part(subject: &Subject<'_>, query: &TrackQuery) -> Track {
    wait(subject.vault().series().track(query))
}

/// All parts of a way together.
fn all(subject: &Subject<'_>, query: &TrackQuery) -> Vec<TrackPoint> {
    let (mut points, mut query) = (Vec::new(), query.clone());
    for _ in 0..10_000 {
        let part = part(subject, &query);
        assert!(part.points.len() <= query.limit);
        points.extend(part.points);
        match part.next {
            Some(next) => query.after = Some(next),
            None => return points,
        }
    }
    panic!("a way without end");
}

pub fn ways_are_thinned_by_cell_and_device(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    assert_eq!(part(&subject, &track()), Track::default());
    let minute = |n: i64| NOON_US + n * 60 * SECOND_US;
    let mut samples = (0..6)
        .map(|n| fix(minute(n), 387_000_000, -91_000_000 + (n / 3) as i32 * 1_000_000))
        .collect::<Vec<_>>();
    samples.push(Sample { device: 2, ..fix(minute(1), 387_000_000, 0) });
    samples.push(number("steps", minute(2), 1.0));
    subject.apply(samples_batch(import, samples));
    let close = part(&subject, &TrackQuery { cell_zoom: 16, ..track() });
    let seen = close.points.iter().map(|point| {
        (
            (point.time_us - NOON_US) / 60_000_000,
            (point.until_us - NOON_US) / 60_000_000,
            point.device,
            point.fixes,
        )
    });
    assert_eq!(seen.collect::<Vec<_>>(), [(0, 2, 1, 3), (1, 1, 2, 1), (3, 5, 1, 3)]);
    assert_eq!(close.next, None);
    assert_eq!(part(&subject, &TrackQuery { cell_zoom: 0, ..track() }).points.len(), 2);
}

pub fn ways_go_on_in_parts(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    subject.apply(Batch { people: Vec::new(), ..samples_batch(import, year()) });
    let whole = all(&subject, &track());
    assert_eq!(whole.len(), 400);
    assert!(whole.is_sorted_by_key(|point| point.time_us));
    for (limit, read_max) in [(1, 1), (7, 100_000), (1_000, 13), (400, 400), (399, 100_000)] {
        assert_eq!(all(&subject, &TrackQuery { limit, read_max, ..track() }), whole, "{limit} {read_max}");
    }
}

pub fn ways_keep_to_their_box_and_time(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    let fixes = year();
    subject.apply(samples_batch(import, fixes.clone()));
    let noon = 18_294;
    let boxes = [
        None,
        Some([80_000_000, -10_000_000, 200_000_000, 400_000_000]),
        Some([-900_000_000, 1_500_000_000, 900_000_000, -1_500_000_000]),
        Some([0, 1_599_000_000, 900_000_000, 20_000_000]),
        Some([500_000_000, 0, 400_000_000, 10]),
    ];
    let times =
        [(None, None), (Some(noon + 3), Some(noon + 200)), (None, Some(noon + 40)), (Some(noon + 9), None)];
    // Whether it is counted yet or not.
    for is_counted in [false, true] {
        if is_counted {
            wait(subject.vault().series().wait_counted());
        }
        for within_e7 in boxes {
            for (from, until) in times {
                for from_us in [None, Some(NOON_US + 20 * DAY_US)] {
                    let sources = if from.is_none() { vec!["google.fit".to_owned()] } else { Vec::new() };
                    let query = TrackQuery { within_e7, from, until, from_us, sources, limit: 17, ..track() };
                    let wanted = fixes.iter().filter(|sample| {
                        let day = sample_upsert((*sample).clone()).day;
                        place_of(sample)
                            .is_some_and(|point| query.wants(sample.time_us, point, &sample.source, day))
                    });
                    let wanted = wanted.map(|sample| sample.time_us).collect::<Vec<_>>();
                    let found = all(&subject, &query).iter().map(|point| point.time_us).collect::<Vec<_>>();
                    assert_eq!(found, wanted, "{query:?}");
                }
            }
        }
    }
}

/// What is seen of a series on the map in a few ways, for comparing two vaults.
#[cfg(any(test, feature = "conformance"))]
pub(super) fn seen(subject: &Subject<'_>, series: &str) -> String {
    let mut seen = Vec::new();
    for (zoom, source, from) in [(0, None, None), (14, Some("google"), None), (14, None, Some(1))] {
        let (x, y) = place_on_curve(cell_of(dp_model::Point { latitude_e7: 1, longitude_e7: 7 }, zoom));
        let sources = source.map(str::to_owned).into_iter().collect::<Vec<_>>();
        let query =
            DensityQuery { series: series.to_owned(), sources: sources.clone(), from, ..query(zoom, x, y) };
        seen.push(format!("{:?}", density(subject, &query)));
        let within_e7 = from.map(|_| [1, 7, 2, 7]);
        let query = TrackQuery { series: series.to_owned(), sources, from, within_e7, limit: 5, ..track() };
        seen.push(format!("{:?}", part(subject, &query).points));
    }
    seen.join("\n")
}
