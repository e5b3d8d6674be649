//! What is pure about samples: which readings are one and the same, what two forms of it make
//! together, and which ones a query wants. Every backend uses these, so they agree.

use crate::{Day, NumberAt, SampleQuery};
use dp_model::{Fix, FixProvider, Metadata, Point, Reading, Sample};
use std::cmp::Ordering;

/// What tells samples of one series apart, ordered as `Series::range` gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SampleIdentity {
    /// Microseconds since 1970 UTC.
    pub time_us: i64,
    /// The exporter's number of the device.
    pub device: i64,
    /// Where, for a fix; a number has no place.
    pub point: Option<Point>,
}

impl SampleIdentity {
    /// The identity of a sample within its series.
    #[must_use]
    pub const fn of(sample: &Sample) -> Self {
        let point = match &sample.reading {
            Reading::Fix(fix) => Some(fix.point),
            Reading::Number(_) => None,
        };
        Self { time_us: sample.time_us, device: sample.device, point }
    }
}

/// What two samples of one identity make together, or None if `incoming` adds nothing to `existing`.
///
/// Each field is taken from whichever has it; where both say something different, the tighter
/// accuracy, the longer metadata and else the greater value wins. So the outcome does not depend on
/// the order in which any number of them arrive.
#[must_use]
pub fn merge(existing: &Sample, incoming: &Sample) -> Option<Sample> {
    let merged = Sample {
        series: existing.series.clone(),
        source: existing.source.clone().min(incoming.source.clone()),
        time_us: existing.time_us,
        offset_s: existing.offset_s.max(incoming.offset_s),
        device: existing.device,
        reading: merge_readings(&existing.reading, &incoming.reading),
        metadata: richer_metadata(&existing.metadata, &incoming.metadata).clone(),
    };
    (!is_same(&merged, existing)).then_some(merged)
}

/// The local day of the merged sample: that of the form whose offset it took over.
#[must_use]
pub fn merged_day(existing: (&Sample, Day), incoming: (&Sample, Day)) -> Day {
    match existing.0.offset_s.cmp(&incoming.0.offset_s) {
        Ordering::Less => incoming.1,
        Ordering::Equal | Ordering::Greater => existing.1,
    }
}

/// The number of a sample, if it has a finite one.
#[must_use]
pub fn number_at(sample: &Sample) -> Option<NumberAt> {
    match sample.reading {
        Reading::Number(value) if value.is_finite() => Some(NumberAt { time_us: sample.time_us, value }),
        Reading::Number(_) | Reading::Fix(_) => None,
    }
}

/// Whether a sample is one the query wants, its limit aside.
#[must_use]
pub fn is_wanted(query: &SampleQuery, sample: &Sample) -> bool {
    let in_time = query.from_us.is_none_or(|from| sample.time_us >= from)
        && query.until_us.is_none_or(|until| sample.time_us < until);
    let in_borders = query.within_e7.is_none_or(|borders| match &sample.reading {
        Reading::Fix(fix) => is_within(borders, fix.point),
        Reading::Number(_) => false,
    });
    sample.series == query.series && in_time && in_borders
}

/// Whether a point lies between the south, west, north and east borders (degrees × 1e7), borders
/// included; a west border east of the east border means across the 180th meridian.
#[must_use]
pub const fn is_within([south, west, north, east]: [i32; 4], point: Point) -> bool {
    let (latitude, longitude) = (point.latitude_e7, point.longitude_e7);
    let in_longitude = if west <= east {
        west <= longitude && longitude <= east
    } else {
        west <= longitude || longitude <= east
    };
    south <= latitude && latitude <= north && in_longitude
}

fn merge_readings(existing: &Reading, incoming: &Reading) -> Reading {
    match (existing, incoming) {
        (Reading::Fix(existing), Reading::Fix(incoming)) => Reading::Fix(merge_fixes(existing, incoming)),
        (Reading::Number(existing), Reading::Number(incoming)) => {
            Reading::Number(if existing.total_cmp(incoming).is_lt() { *incoming } else { *existing })
        }
        // Not one identity; nothing to merge.
        (existing, _) => existing.clone(),
    }
}

fn merge_fixes(existing: &Fix, incoming: &Fix) -> Fix {
    let tighter = |a, b| chosen(a, b, Ordering::Less);
    let greater = |a, b| chosen(a, b, Ordering::Greater);
    Fix {
        point: existing.point,
        accuracy_m: tighter(existing.accuracy_m, incoming.accuracy_m),
        altitude_m: greater(existing.altitude_m, incoming.altitude_m),
        vertical_accuracy_m: tighter(existing.vertical_accuracy_m, incoming.vertical_accuracy_m),
        speed_mps: greater(existing.speed_mps, incoming.speed_mps),
        heading_deg: greater(existing.heading_deg, incoming.heading_deg),
        provider: merge_providers(existing.provider, incoming.provider),
    }
}

fn merge_providers(existing: FixProvider, incoming: FixProvider) -> FixProvider {
    // `Unknown` has the least code, so a provider that is known always wins.
    if (existing as u8) < (incoming as u8) { incoming } else { existing }
}

/// The value that is there, or of two the one that compares as `wanted` to the other.
fn chosen(existing: Option<f32>, incoming: Option<f32>, wanted: Ordering) -> Option<f32> {
    match (existing, incoming) {
        (Some(existing), Some(incoming)) => {
            Some(if incoming.total_cmp(&existing) == wanted { incoming } else { existing })
        }
        (existing, incoming) => existing.or(incoming),
    }
}

fn richer_metadata<'a>(existing: &'a Metadata, incoming: &'a Metadata) -> &'a Metadata {
    let richness = |metadata: &'a Metadata| (metadata.len(), metadata.open_text());
    if richness(existing) < richness(incoming) { incoming } else { existing }
}

/// Equality that holds for a NaN and itself too.
fn is_same(a: &Sample, b: &Sample) -> bool {
    let bits = |value: Option<f32>| value.map(f32::to_bits);
    let same_reading = match (&a.reading, &b.reading) {
        (Reading::Fix(a), Reading::Fix(b)) => {
            a.point == b.point
                && a.provider == b.provider
                && bits(a.accuracy_m) == bits(b.accuracy_m)
                && bits(a.altitude_m) == bits(b.altitude_m)
                && bits(a.vertical_accuracy_m) == bits(b.vertical_accuracy_m)
                && bits(a.speed_mps) == bits(b.speed_mps)
                && bits(a.heading_deg) == bits(b.heading_deg)
        }
        (Reading::Number(a), Reading::Number(b)) => a.to_bits() == b.to_bits(),
        _ => false,
    };
    same_reading && a.source == b.source && a.offset_s == b.offset_s && a.metadata == b.metadata
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fix(accuracy_m: Option<f32>, altitude_m: Option<f32>, provider: FixProvider) -> Sample {
        let point = Point { latitude_e7: 473_000_000, longitude_e7: 85_000_000 };
        let fix = Fix {
            point,
            accuracy_m,
            altitude_m,
            vertical_accuracy_m: None,
            speed_mps: None,
            heading_deg: None,
            provider,
        };
        Sample {
            series: "location".into(),
            source: "google.location".into(),
            time_us: 5,
            offset_s: None,
            device: 1,
            reading: Reading::Fix(fix),
            metadata: Metadata::new(),
        }
    }

    #[test]
    fn the_same_again_adds_nothing_not_even_a_nan() {
        for sample in [fix(Some(3.0), None, FixProvider::Gps), fix(Some(f32::NAN), None, FixProvider::Gps)] {
            assert_eq!(merge(&sample, &sample), None);
        }
    }

    #[test]
    fn forms_of_one_fix_fill_each_others_gaps_in_any_order() {
        let forms = [
            fix(Some(30.0), None, FixProvider::Unknown),
            fix(None, Some(400.0), FixProvider::Wifi),
            fix(Some(12.0), Some(399.0), FixProvider::Gps),
        ];
        let together = |order: [usize; 3]| {
            order.iter().map(|&index| forms[index].clone()).reduce(|a, b| merge(&a, &b).unwrap_or(a)).unwrap()
        };
        let expected = fix(Some(12.0), Some(400.0), FixProvider::Wifi);
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            assert_eq!(together(order), expected, "{order:?}");
        }
    }

    #[test]
    fn the_day_follows_the_offset_that_was_taken_over() {
        let without = fix(None, None, FixProvider::Gps);
        let with = Sample { offset_s: Some(3600), ..without.clone() };
        assert_eq!(merged_day((&without, 1), (&with, 2)), 2);
        assert_eq!(merged_day((&with, 2), (&without, 1)), 2);
    }

    #[test]
    fn borders_may_cross_the_180th_meridian() {
        let fiji = Point { latitude_e7: -178_000_000, longitude_e7: 1_790_000_000 };
        assert!(is_within([-200_000_000, 1_770_000_000, -150_000_000, -1_780_000_000], fiji));
        assert!(!is_within([-200_000_000, -1_780_000_000, -150_000_000, 1_770_000_000], fiji));
    }
}
