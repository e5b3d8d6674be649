//! The map over millions of location fixes: how fast they come in, how long counting them takes, and how fast
//! tiles and ways are drawn from them.

use crate::{Setting, figure::Figure, vault::HOME_ZONE};
use anyhow::ensure;
use dp_lake::{
    Batch, Checkpoint, Documents as _, ImportDraft, Imports as _, SampleUpsert, Series as _,
    map::{DensityQuery, Tile, TrackQuery, cell_of, place_on_curve},
};
use dp_lake_embedded::{EmbeddedVault, VaultOptions};
use dp_model::{Fix, FixProvider, Metadata, Point, Reading, Sample};
use futures::executor::block_on;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use std::time::{Duration, Instant};

/// Fixes in the vault.
const FIXES: f64 = 5_000_000.0;
/// Of them in one batch.
const BATCH: usize = 20_000;
/// Between two fixes, seconds: five millions are fifteen years.
const STEP_S: i64 = 95;
/// 1 January 2010, days since 1970.
const FIRST_DAY: i64 = 14_610;
/// Questions of each sort.
const QUESTIONS: usize = 1_000;
const DAY_S: i64 = 86_400;

/// Measures everything in the folder for it.
pub(crate) fn figures(setting: &Setting) -> anyhow::Result<Vec<Figure>> {
    let count = (FIXES * setting.scale).max(10_000.0) as usize;
    let vault = EmbeddedVault::open(&setting.work.join("map-vault"), &VaultOptions::new(HOME_ZONE))?;
    let mut walker = Walker::new(7);
    let (applying, places) = fill(&vault, &mut walker, count)?;
    let rate = count as f64 / applying.as_secs_f64();
    let started = Instant::now();
    block_on(vault.wait_counted())?;
    let counting = count as f64 / started.elapsed().as_secs_f64();
    let mut figures = vec![
        Figure::new("applying fixes", rate, "fixes/s", format!("{count} fixes, {BATCH} a batch")),
        Figure::new("counting fixes for the map", counting, "fixes/s", "beside imports, when it is quiet"),
    ];
    let last_day = FIRST_DAY + count as i64 * STEP_S / DAY_S;
    let months = |walker: &mut Walker| {
        let from = (FIRST_DAY + walker.below((last_day - FIRST_DAY).max(1))) as i32;
        (Some(from), Some(from + 200))
    };
    type Range = fn(&mut Walker, i64) -> (Option<i32>, Option<i32>);
    let ranges: [(&str, Range); 2] = [
        ("tile of the map", |_, _| (None, None)),
        ("tile of the map, 200 days of it", |walker, last_day| {
            let from = (FIRST_DAY + walker.below((last_day - FIRST_DAY).max(1))) as i32;
            (Some(from), Some(from + 200))
        }),
    ];
    for (name, range) in ranges {
        let mut cells = 0;
        let mut latencies = Vec::with_capacity(QUESTIONS);
        for number in 0..QUESTIONS {
            let zoom = (number % (usize::from(Tile::ZOOM_MAX) + 1)) as u8;
            let place = places[walker.below(places.len() as i64) as usize];
            let (x, y) = place_on_curve(cell_of(place, zoom));
            let Some(tile) = Tile::new(zoom, x, y) else { continue };
            let (from, until) = range(&mut walker, last_day);
            let query = DensityQuery { series: "location".into(), tile, sources: Vec::new(), from, until };
            let started = Instant::now();
            cells += block_on(vault.density(&query))?.len();
            latencies.push(started.elapsed());
        }
        ensure!(cells > 0, "no tile has anything");
        figures.push(figure(name, latencies, 50.0));
    }
    let mut latencies = Vec::with_capacity(QUESTIONS);
    for _ in 0..QUESTIONS / 10 {
        let place = places[walker.below(places.len() as i64) as usize];
        let (from, until) = months(&mut walker);
        let borders = [
            place.latitude_e7 - 500_000,
            place.longitude_e7 - 500_000,
            place.latitude_e7 + 500_000,
            place.longitude_e7 + 500_000,
        ];
        let query = TrackQuery {
            series: "location".into(),
            from,
            until,
            within_e7: Some(borders),
            cell_zoom: 22,
            limit: 5_000,
            read_max: 200_000,
            ..TrackQuery::default()
        };
        let started = Instant::now();
        block_on(vault.track(&query))?;
        latencies.push(started.elapsed());
    }
    figures.push(figure("the way in a box, 200 days of it", latencies, 500.0));
    Ok(figures)
}

fn figure(name: &str, mut latencies: Vec<Duration>, most_ms: f64) -> Figure {
    latencies.sort_unstable();
    let at = |share: f64| {
        let index = ((latencies.len() as f64 * share) as usize).min(latencies.len().saturating_sub(1));
        latencies.get(index).map_or(0.0, |latency| latency.as_secs_f64() * 1000.0)
    };
    let note = format!("p50 {:.2} ms, most {:.1} ms", at(0.5), at(1.0));
    Figure::new(&format!("{name}, p99"), at(0.99), "ms", note).at_most(most_ms)
}

/// Applies fixes; the time that took, and some of their places.
fn fill(vault: &EmbeddedVault, walker: &mut Walker, count: usize) -> anyhow::Result<(Duration, Vec<Point>)> {
    let import = block_on(vault.begin(ImportDraft {
        fingerprint: [1; 32],
        exports: vec![("made up".to_owned(), None)],
        paths: Vec::new(),
        entries: vec![(0, "Records.json".to_owned())],
        now_us: 0,
    }))?;
    let (mut applying, mut places) = (Duration::ZERO, Vec::new());
    for first in (0..count).step_by(BATCH) {
        let samples: Vec<SampleUpsert> =
            (first..count.min(first + BATCH)).map(|number| walker.fix(number)).collect();
        if let Some(SampleUpsert { sample: Sample { reading: Reading::Fix(fix), .. }, .. }) = samples.last() {
            places.push(fix.point);
        }
        let batch = Batch { samples, ..Batch::empty(import.id, Checkpoint::default()) };
        let started = Instant::now();
        block_on(vault.apply(batch))?;
        applying += started.elapsed();
    }
    block_on(vault.finish(import.id, 1))?;
    Ok((applying, places))
}

/// Somebody who is at home, at a few other places, on the way between them, and now and then far away.
struct Walker {
    random: ChaCha8Rng,
    haunts: Vec<(f64, f64)>,
    at: (f64, f64),
    to: (f64, f64),
}

impl Walker {
    fn new(seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let haunts = (0..60)
            .map(|number: i32| {
                let spread = if number % 12 == 11 { 40.0 } else { 0.15 };
                let mut part = || (random.random::<f64>() - 0.5) * spread;
                (38.72 + part(), -9.14 + part())
            })
            .collect::<Vec<_>>();
        let at = haunts[0];
        Self { random, haunts, at, to: at }
    }

    fn below(&mut self, past: i64) -> i64 {
        self.random.random_range(0..past)
    }

    fn fix(&mut self, number: usize) -> SampleUpsert {
        if self.random.random::<f64>() < 0.004 {
            // Home is where one mostly goes.
            let haunts = self.haunts.len() as i64;
            let next = if self.random.random::<f64>() < 0.5 { 0 } else { self.below(haunts) };
            self.to = self.haunts[next as usize];
        }
        let mut moved =
            |at: f64, to: f64| at + (to - at) * 0.08 + (self.random.random::<f64>() - 0.5) * 0.000_4;
        self.at = (moved(self.at.0, self.to.0), moved(self.at.1, self.to.1));
        let time_s = FIRST_DAY * DAY_S + number as i64 * STEP_S;
        let point = Point {
            latitude_e7: (self.at.0.clamp(-89.0, 89.0) * 1e7) as i32,
            longitude_e7: (self.at.1.clamp(-179.0, 179.0) * 1e7) as i32,
        };
        let fix = Fix {
            point,
            accuracy_m: Some(12.0),
            altitude_m: None,
            vertical_accuracy_m: None,
            speed_mps: None,
            heading_deg: None,
            provider: FixProvider::Wifi,
        };
        let sample = Sample {
            series: "location".into(),
            source: "google.location".into(),
            time_us: time_s * 1_000_000,
            offset_s: None,
            device: 1,
            reading: Reading::Fix(fix),
            metadata: Metadata::new(),
        };
        SampleUpsert { entry: 0, day: (time_s / DAY_S) as i32, sample }
    }
}
