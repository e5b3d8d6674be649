//! Single big files in the true formats for measuring parsers: the same records as JSON and as HTML, so
//! that figures for both compare.

use crate::Life;
use crate::dice::mix;
use crate::google::activity::{HTML_HEAD, HTML_TAIL, push_record_html, push_record_json};
use crate::google::location::{Generation, push_reading};
use crate::google::mail;
use crate::google::moment::{Dialect, Language};
use crate::google::record::{self, Record};
use crate::plan::{Event, Plan, Stream};

#[expect(clippy::expect_used, reason = "the default last day with one or ten years is in the calendar")]
fn plan_of(seed: u64, years: u32, scale: f64) -> Plan {
    Plan::of(&Life { seed, years, scale, ..Life::default() }).expect("a life within its bounds")
}

fn small_plan(seed: u64) -> Plan {
    plan_of(seed, 10, 0.02)
}

/// Searches and videos by turns, newest first, one every few minutes.
fn records(plan: &Plan, count: usize) -> impl Iterator<Item = Record> {
    const STREAMS: [Stream; 5] =
        [Stream::Search, Stream::Watch, Stream::Visited, Stream::Search, Stream::Watch];
    (0..count).map(move |number| {
        let event = Event {
            time_ms: 1_750_000_000_000 - number as i64 * 263_117,
            seed: mix(plan.seed ^ number as u64),
            id: number as u32,
            planted: None,
        };
        record::record(plan, STREAMS[number % STREAMS.len()], &event)
    })
}

/// A `MyActivity.json` with so many records.
pub fn activity_json(count: usize, seed: u64) -> Vec<u8> {
    let plan = small_plan(seed);
    let mut out = Vec::with_capacity(count * 520 + 16);
    let mut text = String::with_capacity(2048);
    for (number, record) in records(&plan, count).enumerate() {
        text.clear();
        text.push(if number == 0 { '[' } else { ',' });
        push_record_json(&mut text, &record);
        out.extend_from_slice(text.as_bytes());
    }
    out.extend_from_slice(if count == 0 { b"[]" } else { b"]" });
    out
}

/// A `MyActivity.html` with the records that [`activity_json`] gives for the same arguments.
pub fn activity_html(count: usize, seed: u64) -> Vec<u8> {
    let plan = small_plan(seed);
    let dialect = Dialect { language: Language::English, zone: "CEST", offset_s: 7200, narrow_space: true };
    let mut out = Vec::with_capacity(count * 1150 + 1024);
    out.extend_from_slice(HTML_HEAD.as_bytes());
    let mut text = String::with_capacity(4096);
    for record in records(&plan, count) {
        text.clear();
        push_record_html(&mut text, &record, dialect, None);
        out.extend_from_slice(text.as_bytes());
    }
    out.extend_from_slice(HTML_TAIL.as_bytes());
    out
}

/// A `Records.json` with so many fixes.
pub fn records_json(count: usize, seed: u64) -> Vec<u8> {
    let plan = plan_of(seed, 1, 1.0);
    let mut out = Vec::with_capacity(count * 460 + 64);
    out.extend_from_slice(b"{\n  \"locations\": [");
    let mut text = String::with_capacity(1024);
    let readings = (plan.first_day..).flat_map(|day| plan.days.readings(day));
    for (number, reading) in readings.take(count).enumerate() {
        text.clear();
        text.push_str(if number == 0 { "{" } else { ", {" });
        push_reading(&mut text, &reading, Generation::Iso);
        out.extend_from_slice(text.as_bytes());
    }
    out.extend_from_slice(b"]\n}\n");
    out
}

/// An mbox of at least so many bytes.
pub fn mbox(length_bytes: usize, seed: u64) -> Vec<u8> {
    let plan = small_plan(seed);
    let mut out = Vec::with_capacity(length_bytes + (1 << 16));
    mail::fill(&mut out, &plan, length_bytes);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_corpus_holds_what_was_asked_for() {
        let json: Vec<serde_json::Value> = serde_json::from_slice(&activity_json(500, 7)).unwrap();
        assert_eq!(json.len(), 500);
        let html = String::from_utf8(activity_html(500, 7)).unwrap();
        assert_eq!(html.matches("class=\"outer-cell").count(), 500);
        let fixes: serde_json::Value = serde_json::from_slice(&records_json(3000, 7)).unwrap();
        assert_eq!(fixes["locations"].as_array().unwrap().len(), 3000);
        assert!(mbox(100_000, 7).len() >= 100_000);
    }
}
