//! Cases about time series.
#![expect(missing_docs, reason = "the names of the cases are sentences")]

use super::{
    Factory, Subject,
    build::{NOON_US, SECOND_US, fix, number, permutations, samples_batch},
    subject::wait,
};
use crate::{DayFigures, DaysOfSeries, NumberAt, SampleQuery, SeriesInfo};
use dp_model::{Fix, FixProvider, Metadata, Moment, Reading, Sample, Tally};

/// The sample with its fix changed.
fn with(sample: Sample, change: impl Fn(&mut Fix)) -> Sample {
    let reading = match sample.reading {
        Reading::Fix(mut fix) => {
            change(&mut fix);
            Reading::Fix(fix)
        }
        number @ Reading::Number(_) => number,
    };
    Sample { reading, ..sample }
}

fn full_fix(time_us: i64) -> Sample {
    let mut metadata = Metadata::new();
    metadata.push_str("activity", "ON_BICYCLE");
    let sample = with(fix(time_us, -473_000_000, 1_799_999_999), |fix| {
        fix.accuracy_m = Some(12.5);
        fix.altitude_m = Some(-3.25);
        fix.vertical_accuracy_m = Some(2.0);
        fix.speed_mps = Some(4.75);
        fix.heading_deg = Some(359.5);
        fix.provider = FixProvider::Wifi;
    });
    Sample { offset_s: Some(-12_600), device: i64::MIN, metadata, ..sample }
}

pub fn samples_come_back_in_order_of_time(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    let samples = vec![
        fix(-2_208_988_800_000_000, 4, 4),
        fix(-1, 1, 1),
        fix(0, 1, 1),
        fix(1, 1, 1),
        fix(1, 1, 2),
        fix(1, 2, 1),
        Sample { device: 2, ..fix(1, 1, 1) },
        full_fix(NOON_US),
    ];
    let mut shuffled = samples.clone();
    shuffled.rotate_left(3);
    shuffled.swap(0, 4);
    let applied = subject.apply(samples_batch(import, shuffled.clone()));
    assert_eq!(applied.samples, Tally { inserted: 8, ..Tally::default() });
    assert_eq!(subject.samples("location"), samples);
    assert_eq!(subject.samples("steps"), []);
    let again = subject.apply(samples_batch(import, shuffled));
    assert_eq!(again.samples, Tally { unchanged: 8, ..Tally::default() });
    assert_eq!(subject.samples("location"), samples);
}

pub fn ranges_and_borders_narrow_samples(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    let samples = (0..10).map(|n| fix(i64::from(n) * SECOND_US, n * 10, n * 100 - 500)).collect::<Vec<_>>();
    let mut all = samples.clone();
    all.push(number("steps", 3 * SECOND_US, 5.0));
    subject.apply(samples_batch(import, all));
    let query = SampleQuery { series: "location".into(), limit: 100, ..SampleQuery::default() };
    let from_three = SampleQuery { from_us: Some(3 * SECOND_US), ..query.clone() };
    assert_eq!(subject.range(&from_three), samples[3..]);
    assert_eq!(
        subject.range(&SampleQuery { until_us: Some(5 * SECOND_US), ..from_three.clone() }),
        samples[3..5]
    );
    assert_eq!(subject.range(&SampleQuery { limit: 2, ..from_three.clone() }), samples[3..5]);
    assert_eq!(subject.range(&SampleQuery { limit: 0, ..query.clone() }), []);
    let within = |borders| subject.range(&SampleQuery { within_e7: Some(borders), ..query.clone() });
    assert_eq!(within([20, -300, 60, 0]), samples[2..=5]);
    assert_eq!(within([0, 400, 100, -500]), [samples[0].clone(), samples[9].clone()]);
    let limited = SampleQuery { within_e7: Some([50, -500, 90, 500]), limit: 2, ..from_three };
    assert_eq!(subject.range(&limited), samples[5..7]);
    let steps = SampleQuery { series: "steps".into(), within_e7: Some([0, -500, 90, 500]), ..query };
    assert_eq!(subject.range(&steps), []);
}

pub fn richer_forms_of_a_sample_replace_poorer_ones(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    let tally = |samples| subject.apply(samples_batch(import, samples)).samples;
    let poor = fix(NOON_US, 5, 5);
    let with_speed = with(poor.clone(), |fix| fix.speed_mps = Some(2.0));
    let with_accuracy = with(poor.clone(), |fix| fix.accuracy_m = Some(10.0));
    assert_eq!(tally(vec![poor.clone(), poor.clone()]), Tally { inserted: 1, updated: 0, unchanged: 1 });
    assert_eq!(tally(vec![with_speed.clone()]), Tally { inserted: 0, updated: 1, unchanged: 0 });
    assert_eq!(tally(vec![poor, with_speed.clone()]), Tally { inserted: 0, updated: 0, unchanged: 2 });
    assert_eq!(tally(vec![with_accuracy]), Tally { inserted: 0, updated: 1, unchanged: 0 });
    assert_eq!(subject.samples("location"), [with(with_speed, |fix| fix.accuracy_m = Some(10.0))]);
}

pub fn sample_forms_in_any_order_end_the_same(factory: &dyn Factory) {
    // The offset moves the sample to another local day.
    let midnight_us = 18_294 * 86_400 * SECOND_US;
    let poor = fix(midnight_us, 5, 5);
    let forms = [
        Sample { offset_s: Some(-18_000), ..poor.clone() },
        with(poor.clone(), |fix| (fix.accuracy_m, fix.provider) = (Some(30.0), FixProvider::Gps)),
        with(poor.clone(), |fix| (fix.accuracy_m, fix.altitude_m) = (Some(5.0), Some(400.0))),
        Sample { source: "google.fit".into(), metadata: full_fix(0).metadata, ..poor },
    ];
    let outcome = |name: &str, forms: &[Sample]| {
        let (subject, import) = Subject::importing(factory, name);
        for form in forms {
            subject.apply(samples_batch(import, vec![form.clone()]));
        }
        (subject.samples("location"), wait(subject.vault().series().daily("location")))
    };
    let expected = outcome("expected", &forms);
    assert_eq!(expected.0.len(), 1);
    assert_eq!(expected.1, [(18_293, 1)]);
    for (number, order) in permutations(&forms).into_iter().enumerate() {
        assert_eq!(outcome(&format!("order {number}"), &order), expected, "order {number}");
    }
}

pub fn days_and_series_are_counted(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    assert_eq!(wait(subject.vault().series().list()), []);
    let day_us = 86_400 * SECOND_US;
    let samples = vec![
        number("steps", NOON_US, 1.0),
        number("steps", NOON_US + 1, 1.0),
        number("steps", NOON_US + 3 * day_us, 1.0),
        fix(-day_us, 1, 1),
    ];
    subject.apply(samples_batch(import, samples));
    let series = subject.vault().series();
    let info = |series: &str, count, first, last| SeriesInfo {
        series: series.into(),
        count,
        first_day: Some(first),
        last_day: Some(last),
    };
    assert_eq!(wait(series.list()), [info("location", 1, -1, -1), info("steps", 3, 18_294, 18_297)]);
    assert_eq!(wait(series.daily("steps")), [(18_294, 2), (18_297, 1)]);
    assert_eq!(wait(series.daily("heart rate")), []);
    assert_eq!(wait(subject.vault().health(false)).samples, 4);
}

pub fn numbers_and_fixes_of_one_instant_stay_apart(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    let samples = vec![
        number("steps", 1, 5.0),
        number("heart_rate", 1, 5.0),
        Sample { device: 9, ..number("steps", 1, 6.0) },
        fix(1, 1, 1),
    ];
    assert_eq!(subject.apply(samples_batch(import, samples)).samples.inserted, 4);
    assert_eq!(
        subject.samples("steps"),
        [number("steps", 1, 5.0), Sample { device: 9, ..number("steps", 1, 6.0) }]
    );
    let more = subject.apply(samples_batch(import, vec![number("steps", 1, 4.0), number("steps", 1, 7.5)]));
    assert_eq!(more.samples, Tally { inserted: 0, updated: 1, unchanged: 1 });
    assert_eq!(subject.samples("steps")[0].reading, Reading::Number(7.5));
}

pub fn odd_numbers_survive(factory: &dyn Factory) {
    let (mut subject, import) = Subject::importing(factory, "vault");
    let values = [f64::MIN_POSITIVE, -0.0, 0.1 + 0.2, f64::MAX, f64::INFINITY, f64::NEG_INFINITY, 1e-310];
    let samples =
        values.iter().zip(0..).map(|(&value, time_us)| number("odd", time_us, value)).collect::<Vec<_>>();
    subject.apply(samples_batch(import, samples.clone()));
    subject.reopen();
    let bits = |samples: &[Sample]| {
        let bits = samples.iter().map(|sample| match sample.reading {
            Reading::Number(value) => value.to_bits(),
            Reading::Fix(_) => 0,
        });
        bits.collect::<Vec<_>>()
    };
    assert_eq!(bits(&subject.samples("odd")), bits(&samples));
    assert_eq!(subject.apply(samples_batch(import, samples)).samples.unchanged, values.len() as u64);
}

pub fn the_numbers_of_a_day_come_to_figures(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    let day_us = |days: i64| NOON_US + days * Moment::DAY_US;
    subject.apply(samples_batch(
        import,
        vec![
            number("steps", day_us(0), 4.0),
            number("steps", day_us(0) + 1, -1.5),
            number("steps", day_us(0) + 2, f64::NAN),
            number("steps", day_us(1), f64::INFINITY),
            number("steps", day_us(3), 8.0),
            number("heart", day_us(0), 60.0),
            fix(day_us(0), 1, 1),
        ],
    ));
    let noon = NOON_US.div_euclid(Moment::DAY_US) as crate::Day;
    let figures = |series: &str, from, until| {
        let query = DaysOfSeries { series: series.to_owned(), from, until };
        wait(subject.vault().series().daily_figures(&query))
    };
    let first = DayFigures { day: noon, count: 2, sum: 2.5, min: -1.5, max: 4.0 };
    let last = DayFigures { day: noon + 3, count: 1, sum: 8.0, min: 8.0, max: 8.0 };
    assert_eq!(figures("steps", None, None), [first, last]);
    assert_eq!(figures("steps", Some(noon + 1), None), [last]);
    assert_eq!(figures("steps", None, Some(noon + 3)), [first]);
    assert_eq!(figures("location", None, None), []);
    assert_eq!(figures("none", None, None), []);
}

pub fn a_series_is_told_by_fewer_points(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    let value = |at: i64| if at == 70 { 500.0 } else { (at % 7) as f64 };
    let numbers = (0..200).map(|at| number("heart", NOON_US + at * SECOND_US, value(at)));
    let odd = [number("heart", NOON_US + 1, f64::NAN), fix(NOON_US, 1, 1)];
    subject.apply(samples_batch(import, numbers.chain(odd).collect()));
    let points = |query: &SampleQuery, points| wait(subject.vault().series().downsampled(query, points));
    let all = SampleQuery { series: "heart".into(), ..SampleQuery::default() };
    let chosen = points(&all, 20);
    let at = |at: i64| NumberAt { time_us: NOON_US + at * SECOND_US, value: value(at) };
    assert_eq!((chosen.len(), chosen[0], chosen[19]), (20, at(0), at(199)));
    assert!(chosen.contains(&at(70)) && chosen.is_sorted_by_key(|point| point.time_us));
    assert_eq!(points(&all, 1_000).len(), 200);
    let some = SampleQuery {
        from_us: Some(NOON_US + 10 * SECOND_US),
        until_us: Some(NOON_US + 13 * SECOND_US),
        ..all
    };
    assert_eq!(points(&some, 20), [at(10), at(11), at(12)]);
    assert_eq!(points(&SampleQuery { series: "location".into(), ..SampleQuery::default() }, 20), []);
}
