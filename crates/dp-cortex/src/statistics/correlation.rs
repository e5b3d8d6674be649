//! How two series of days go together, now and some days apart: values by day come in, coefficients with the
//! number of days behind them go out. Days that either lacks are left out.

use dp_lake::Day;
use std::collections::BTreeMap;

/// A value for each day that has one.
pub type DayValues = BTreeMap<Day, f64>;

/// How two series go together so many days apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AtLag {
    /// Days that the second is behind the first.
    pub lag_days: i32,
    /// Days that both have.
    pub days: u64,
    /// Pearson's r, −1 to 1: whether values rise together along a line. None of fewer than three days, or
    /// where one of them never changes.
    pub pearson: Option<f64>,
    /// Spearman's rank coefficient, −1 to 1: whether values rise together at all.
    pub spearman: Option<f64>,
}

/// Fewer days than this say nothing.
const DAYS_MIN: usize = 3;

/// Compares `a` of each day with `b` so many days later, for each lag from `-max_lag` to `max_lag` days.
#[must_use]
pub fn correlate(a: &DayValues, b: &DayValues, max_lag: u16) -> Vec<AtLag> {
    let max_lag = i32::from(max_lag);
    (-max_lag..=max_lag).map(|lag_days| at_lag(a, b, lag_days)).collect()
}

fn at_lag(a: &DayValues, b: &DayValues, lag_days: i32) -> AtLag {
    let pairs = a.iter().filter_map(|(&day, &value)| Some((value, *b.get(&day.checked_add(lag_days)?)?)));
    let (first, second): (Vec<f64>, Vec<f64>) = pairs.unzip();
    let pearson = pearson(&first, &second);
    let spearman = pearson.and_then(|_| self::pearson(&ranks(&first), &ranks(&second)));
    AtLag { lag_days, days: first.len() as u64, pearson, spearman }
}

/// Pearson's coefficient of pairs.
fn pearson(first: &[f64], second: &[f64]) -> Option<f64> {
    if first.len() < DAYS_MIN {
        return None;
    }
    let count = first.len() as f64;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / count;
    let (mean_first, mean_second) = (mean(first), mean(second));
    let (mut together, mut of_first, mut of_second) = (0.0, 0.0, 0.0);
    for (one, other) in first.iter().zip(second) {
        let (one, other) = (one - mean_first, other - mean_second);
        together += one * other;
        of_first += one * one;
        of_second += other * other;
    }
    let r = together / (of_first.sqrt() * of_second.sqrt());
    r.is_finite().then(|| r.clamp(-1.0, 1.0))
}

/// The rank of each value; equal ones share the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order = (0..values.len()).collect::<Vec<_>>();
    order.sort_by(|&one, &other| values[one].total_cmp(&values[other]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let value = values[order[start]];
        let end = start + order[start..].iter().take_while(|&&at| values[at] == value).count().max(1);
        let shared = (start + end - 1) as f64 / 2.0;
        order[start..end].iter().for_each(|&at| ranks[at] = shared);
        start = end;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(values: &[f64]) -> DayValues {
        (0..).zip(values.iter().copied()).collect()
    }

    #[test]
    fn what_follows_three_days_later_is_found_at_that_lag() {
        let a = days(&[1.0, 5.0, 2.0, 8.0, 3.0, 9.0, 4.0, 7.0]);
        let b = a.iter().map(|(day, value)| (day + 3, 10.0 - 2.0 * value)).collect();
        let lags = correlate(&a, &b, 4);
        assert_eq!((lags.len(), lags[0].lag_days, lags[8].lag_days), (9, -4, 4));
        let best = lags.iter().find(|lag| lag.lag_days == 3).unwrap();
        assert_eq!(best.days, 8);
        assert!((best.pearson.unwrap() + 1.0).abs() < 1e-12 && (best.spearman.unwrap() + 1.0).abs() < 1e-12);
        assert!(lags.iter().all(|lag| lag.lag_days == 3 || lag.pearson.is_none_or(|r| r > -0.999)));
    }

    #[test]
    fn days_that_one_lacks_are_left_out() {
        let mut a = days(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        let mut b = days(&[2.0, 4.0, -99.0, 8.0, 99.0]);
        a.remove(&2);
        b.remove(&4);
        let lag = correlate(&a, &b, 0)[0];
        assert_eq!((lag.days, lag.pearson.map(|r| (r * 1e9).round())), (3, Some(1e9)));
    }

    #[test]
    fn what_never_changes_or_is_too_short_has_no_coefficient() {
        let flat = days(&[3.0; 9]);
        let rising = days(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
        assert_eq!(correlate(&flat, &rising, 0)[0].pearson, None);
        let short = AtLag { lag_days: 0, days: 2, pearson: None, spearman: None };
        assert_eq!(correlate(&days(&[1.0, 2.0]), &rising, 0), [short]);
        assert_eq!(correlate(&DayValues::new(), &rising, 1).len(), 3);
    }

    #[test]
    fn known_coefficients_come_out() {
        // Anscombe's first set.
        let x = [10.0, 8.0, 13.0, 9.0, 11.0, 14.0, 6.0, 4.0, 12.0, 7.0, 5.0];
        let y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
        let lag = correlate(&days(&x), &days(&y), 0)[0];
        assert!((lag.pearson.unwrap() - 0.816_42).abs() < 1e-5, "{lag:?}");
        assert!((lag.spearman.unwrap() - 0.818_18).abs() < 1e-5, "{lag:?}");
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0]), [2.5, 0.0, 2.5, 1.0]);
    }
}
