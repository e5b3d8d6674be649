//! Parsers alone, on one thread, from a file into a sink that only counts.

use crate::{Setting, figure::Figure, peer, rounds::Rounds};
use anyhow::{Context as _, ensure};
use dp_lifegen::corpus;
use dp_model::{Draft, PersonDraft, Sample, Warning};
use dp_sources::{Context, Sink, SinkClosed, Surroundings, parser_named};
use std::{
    hint::black_box,
    path::{Path, PathBuf},
};

const SEED: u64 = 7;
const ACTIVITIES_JSON: f64 = 400_000.0;
/// Fewer, since the peer takes long over them.
const ACTIVITIES_HTML: f64 = 40_000.0;
const FIXES: f64 = 600_000.0;
const MAIL_BYTES: f64 = 300e6;
const RECORD_BYTES_MAX: usize = 32 << 20;

/// The page as it was before Google put a line break behind each date: the peer knows no other.
fn older_html(count: usize, seed: u64) -> Vec<u8> {
    const NEWER: &[u8] = b" CEST<br></div>";
    const OLDER: &[u8] = b" CEST</div>";
    let page = corpus::activity_html(count, seed);
    let mut older = Vec::with_capacity(page.len());
    let mut rest = page.as_slice();
    while let Some(at) = rest.windows(NEWER.len()).position(|window| window == NEWER) {
        older.extend_from_slice(&rest[..at]);
        older.extend_from_slice(OLDER);
        rest = &rest[at + NEWER.len()..];
    }
    older.extend_from_slice(rest);
    older
}

/// What is measured in records of a file.
struct Subject {
    name: &'static str,
    unit: &'static str,
    parser: &'static str,
    file_name: &'static str,
    at_least: f64,
    /// The peer's name of the format.
    format: &'static str,
    make: fn(usize, u64) -> Vec<u8>,
    records: f64,
}

const SUBJECTS: &[Subject] = &[
    Subject {
        name: "parse only, one thread: activity JSON",
        unit: "records/s",
        parser: "google.activity.json",
        file_name: "MyActivity.json",
        at_least: 1_000_000.0,
        format: "activity_json",
        make: corpus::activity_json,
        records: ACTIVITIES_JSON,
    },
    Subject {
        name: "parse only, one thread: activity HTML",
        unit: "records/s",
        parser: "google.activity.html",
        file_name: "MyActivity.html",
        at_least: 300_000.0,
        format: "activity_html",
        make: older_html,
        records: ACTIVITIES_HTML,
    },
    Subject {
        name: "parse only, one thread: Records.json",
        unit: "fixes/s",
        parser: "google.location.records",
        file_name: "Records.json",
        at_least: 1_500_000.0,
        format: "records_json",
        make: corpus::records_json,
        records: FIXES,
    },
];

/// Measures every parser that has a bound.
pub(crate) fn figures(setting: &Setting) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for subject in SUBJECTS {
        figures.push(measure(subject, setting)?);
    }
    figures.push(measure_mail(setting)?);
    Ok(figures)
}

fn measure(subject: &Subject, setting: &Setting) -> anyhow::Result<Figure> {
    let wanted = (subject.records * setting.scale).max(1.0) as usize;
    let file = write(setting, subject.file_name, &(subject.make)(wanted, SEED))?;
    let (rounds, counts) = parse_in_rounds(subject.parser, &file, setting.rounds)?;
    ensure!(counts.found() == wanted as u64, "{} of {wanted} records were found", counts.found());
    let comparison = peer::records_per_second(setting, subject.format, &file)?;
    let figure = rate(subject.name, subject.unit, wanted as f64, &rounds).at_least(subject.at_least);
    Ok(Figure { comparison, ..figure })
}

fn measure_mail(setting: &Setting) -> anyhow::Result<Figure> {
    let bytes = corpus::mbox((MAIL_BYTES * setting.scale) as usize, SEED);
    let megabytes = bytes.len() as f64 / 1e6;
    let file = write(setting, "All mail Including Spam and Trash.mbox", &bytes)?;
    drop(bytes);
    let (rounds, counts) = parse_in_rounds("google.mail.mbox", &file, setting.rounds)?;
    ensure!(counts.documents > 0, "no mail was found");
    Ok(rate("parse only, one thread: mbox", "MB/s", megabytes, &rounds).at_least(200.0))
}

/// So much in a round, as a rate.
fn rate(name: &str, unit: &'static str, amount: f64, rounds: &Rounds) -> Figure {
    let note = format!("{} rounds", rounds.count());
    Figure {
        best: Some(amount / rounds.best_s()),
        ..Figure::new(name, amount / rounds.median_s(), unit, note)
    }
}

fn write(setting: &Setting, name: &str, bytes: &[u8]) -> anyhow::Result<PathBuf> {
    let path = setting.work.join(name);
    fs_err::write(&path, bytes)?;
    Ok(path)
}

fn parse_in_rounds(parser: &str, file: &Path, rounds: usize) -> anyhow::Result<(Rounds, Counts)> {
    let parser = parser_named(parser).with_context(|| format!("there is no parser {parser}"))?;
    let path = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let context = Context {
        path: &path,
        exported_at_us: None,
        home_zone: Some("Europe/Zurich"),
        record_bytes_max: RECORD_BYTES_MAX,
        surroundings: &Alone,
    };
    let mut counts = Counts::default();
    let rounds = Rounds::of(rounds, || {
        counts = Counts::default();
        parser.parse(&context, &mut fs_err::File::open(file)?, &mut counts)?;
        Ok(())
    })?;
    ensure!(counts.warnings == 0, "{} warnings about a sound file", counts.warnings);
    Ok((rounds, counts))
}

/// Counts what it is given, and drops it.
#[derive(Debug, Default)]
struct Counts {
    documents: u64,
    samples: u64,
    warnings: u64,
}

impl Counts {
    fn found(&self) -> u64 {
        self.documents + self.samples
    }
}

impl Sink for Counts {
    fn document(&mut self, draft: Draft) -> Result<(), SinkClosed> {
        self.documents += 1;
        black_box(draft);
        Ok(())
    }

    fn sample(&mut self, sample: Sample) -> Result<(), SinkClosed> {
        self.samples += 1;
        black_box(sample);
        Ok(())
    }

    fn person(&mut self, person: PersonDraft) -> Result<(), SinkClosed> {
        black_box(person);
        Ok(())
    }

    fn warning(&mut self, _: Warning) -> Result<(), SinkClosed> {
        self.warnings += 1;
        Ok(())
    }
}

/// An export of one file.
struct Alone;

impl Surroundings for Alone {
    fn has_path(&self, _: &str) -> bool {
        false
    }

    fn has_sibling_stem(&self, _: &str, _: &str) -> bool {
        false
    }
}
