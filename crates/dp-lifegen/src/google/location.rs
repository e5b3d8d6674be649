//! Raw location history: `Location History.json` with millisecond strings, `Records.json` with ISO
//! times, and the small files beside them.

use crate::days::{Reading, days_of};
use crate::google::moment::{iso, push_iso};
use crate::plan::Plan;
use crate::truth::Found;
use dp_model::EntryStatus;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::ops::Range;

/// Which generation of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Generation {
    /// Until 2021: `timestampMs` strings, coordinates that overflowed 32 bits.
    Milliseconds,
    /// Since 2022: `timestamp` in ISO.
    Iso,
}

const OLD_PHONE: i64 = -1_613_859_921;
const NEW_PHONE: i64 = 1_204_377_013;
const TABLET: i64 = 98_811_442;

/// Writes the readings of these days.
pub(crate) fn write_records(
    plan: &Plan,
    days: Range<i32>,
    generation: Generation,
    out: &mut dyn Write,
    found: &mut Found<'_>,
) -> io::Result<()> {
    out.write_all(b"{\n  \"locations\": [")?;
    let mut text = String::with_capacity(1024);
    let mut is_first = true;
    for day in days {
        let readings = plan.days.readings(day);
        for reading in &readings {
            text.clear();
            text.push_str(if is_first { "{" } else { ", {" });
            is_first = false;
            push_reading(&mut text, reading, generation);
            out.write_all(text.as_bytes())?;
        }
        if !readings.is_empty() {
            found.fixes(day, readings.len() as u64);
        }
    }
    if is_first {
        found.status(EntryStatus::Ignored, &[EntryStatus::Parsed]);
    }
    out.write_all(b"]\n}\n")
}

/// Appends the fields of a reading and the closing brace.
pub(crate) fn push_reading(text: &mut String, reading: &Reading, generation: Generation) {
    let changed_phone_ms = i64::from(days_of(2020, 2, 1)) * 86_400_000;
    let device = match reading.tablet {
        true => TABLET,
        false if reading.time_ms < changed_phone_ms => OLD_PHONE,
        false => NEW_PHONE,
    };
    let old = generation == Generation::Milliseconds;
    // Exports of that time wrote negative numbers as unsigned 32-bit ones.
    let written = |value_e7: i64| if old && value_e7 < 0 { value_e7 + (1 << 32) } else { value_e7 };
    let _ = write!(
        text,
        "\n    \"latitudeE7\": {},\n    \"longitudeE7\": {},\n    \"accuracy\": {}",
        written(reading.latitude_e7),
        written(reading.longitude_e7),
        reading.accuracy_m
    );
    if let Some(velocity) = reading.velocity_mps {
        let _ = write!(text, ",\n    \"velocity\": {velocity}");
    }
    if let Some(altitude) = reading.altitude_m {
        let _ = write!(text, ",\n    \"altitude\": {altitude}");
        if !old {
            text.push_str(",\n    \"verticalAccuracy\": 4");
        }
    }
    if let Some((kind, confidence)) = reading.activity {
        text.push_str(",\n    \"activity\": [{\n      \"activity\": [{\n        \"type\": \"");
        text.push_str(kind);
        let _ = write!(text, "\",\n        \"confidence\": {confidence}\n      }}],\n      ");
        push_time(text, reading.time_ms - 31_000, generation);
        text.push_str("\n    }]");
    }
    if !old {
        let _ = write!(
            text,
            ",\n    \"source\": \"{}\",\n    \"deviceDesignation\": \"PRIMARY\",\n    \"formFactor\": \"{}\",\n    \"platformType\": \"ANDROID\"",
            reading.source,
            if reading.tablet { "TABLET" } else { "PHONE" }
        );
    }
    let _ = write!(text, ",\n    \"deviceTag\": {device},\n    ");
    push_time(text, reading.time_ms, generation);
    text.push_str("\n  }");
}

fn push_time(text: &mut String, time_ms: i64, generation: Generation) {
    match generation {
        Generation::Milliseconds => {
            let _ = write!(text, "\"timestampMs\": \"{time_ms}\"");
        }
        Generation::Iso => {
            text.push_str("\"timestamp\": \"");
            push_iso(text, time_ms);
            text.push('"');
        }
    }
}

/// What `Settings.json` says of the devices.
pub(crate) fn settings(plan: &Plan) -> String {
    let created = iso(i64::from(plan.first_day) * 86_400_000);
    let device = |tag: i64, name: &str| {
        format!(
            "{{\n    \"deviceTag\": {tag},\n    \"devicePrettyName\": \"{name}\",\n    \"platformType\": \"ANDROID\",\n    \"deviceCreationTime\": \"{created}\",\n    \"reportingEnabled\": true,\n    \"legalCountryCode\": \"ch\",\n    \"deviceSpec\": {{\n      \"manufacturer\": \"Example\",\n      \"model\": \"{name}\",\n      \"isLowRam\": false\n    }}\n  }}"
        )
    };
    format!(
        "{{\n  \"createdTime\": \"{created}\",\n  \"modifiedTime\": \"{created}\",\n  \"historyEnabled\": true,\n  \"deviceSettings\": [{}, {}, {}],\n  \"retentionWindowDays\": 2147483647,\n  \"hasReportedLocations\": true,\n  \"hasSetRetention\": false\n}}\n",
        device(OLD_PHONE, "Example Sparrow 5"),
        device(NEW_PHONE, "Example Heron 11"),
        device(TABLET, "Example Slate")
    )
}

/// `Timeline Edits.json` with a few positions.
pub(crate) fn timeline_edits(plan: &Plan) -> (String, u64) {
    let readings = plan.days.readings(plan.end_day - 20);
    let edits = readings
        .iter()
        .take(3)
        .map(|reading| {
            format!(
                "{{\n    \"deviceId\": \"{NEW_PHONE}\",\n    \"rawSignal\": {{\n      \"signal\": {{\n        \"position\": {{\n          \"point\": {{\n            \"latE7\": {},\n            \"lngE7\": {}\n          }},\n          \"accuracyMm\": {},\n          \"timestamp\": \"{}\"\n        }}\n      }}\n    }}\n  }}",
                reading.latitude_e7,
                reading.longitude_e7,
                reading.accuracy_m * 1000,
                iso(reading.time_ms)
            )
        })
        .collect::<Vec<_>>();
    let count = edits.len() as u64;
    (format!("{{\n  \"timelineEdits\": [{}]\n}}\n", edits.join(", ")), count)
}
