//! Fewer points that look like all of them: Largest-Triangle-Three-Buckets, after Sveinn Steinarsson,
//! "Downsampling Time Series for Visual Representation", University of Iceland, 2013. Numbers go by twice, in the
//! same order; what is kept in memory grows with the points that are wanted, not with the numbers.

use crate::NumberAt;

/// How many numbers stand before the first bucket and behind the last one.
const ENDS: u64 = 2;

/// Cuts `numbers` numbers, without the first and the last, into buckets of equal size.
#[derive(Debug, Clone, Copy)]
struct Buckets {
    numbers: u64,
    buckets: u64,
}

impl Buckets {
    /// The bucket of the number with this index; 0 is that of the first number alone, and the last that of the
    /// last number alone.
    fn of(self, index: u64) -> usize {
        if index == 0 {
            return 0;
        }
        if index + 1 >= self.numbers {
            return self.buckets as usize + 1;
        }
        let inner = u128::from(self.numbers - ENDS);
        (1 + u128::from(index - 1) * u128::from(self.buckets) / inner) as usize
    }
}

/// The first pass: the mean of each bucket.
#[derive(Debug, Clone)]
pub struct BucketMeans {
    buckets: Buckets,
    seen: u64,
    /// Time relative to the first number, and value: sums, and how many.
    sums: Vec<(f64, f64, u64)>,
    origin_us: i64,
}

impl BucketMeans {
    /// Ready for so many numbers of which so many points are to be chosen; None if there is nothing to choose,
    /// and all of them are to be taken.
    #[must_use]
    pub fn new(numbers: u64, points: usize) -> Option<Self> {
        let points = points as u64;
        if numbers <= points.max(ENDS) {
            return None;
        }
        let buckets = Buckets { numbers, buckets: points.saturating_sub(ENDS) };
        let sums = vec![(0.0, 0.0, 0); buckets.buckets as usize + ENDS as usize];
        Some(Self { buckets, seen: 0, sums, origin_us: 0 })
    }

    /// Takes the next number.
    pub fn add(&mut self, number: NumberAt) {
        if self.seen == 0 {
            self.origin_us = number.time_us;
        }
        if let Some((time, value, count)) = self.sums.get_mut(self.buckets.of(self.seen)) {
            *time += number.time_us.saturating_sub(self.origin_us) as f64;
            *value += number.value;
            *count += 1;
        }
        self.seen += 1;
    }

    /// The second pass, for which the same numbers have to come again.
    #[must_use]
    pub fn choose(self) -> Chosen {
        let Self { buckets, sums, origin_us, .. } = self;
        let mean = |(time, value, count): (f64, f64, u64)| {
            let count = count.max(1) as f64;
            (time / count, value / count)
        };
        let means = sums.into_iter().map(mean).collect();
        Chosen { buckets, means, origin_us, seen: 0, current: 0, best: None, points: Vec::new() }
    }
}

/// The second pass: of each bucket the number that makes the largest triangle with the one chosen before and the
/// mean of the bucket behind.
#[derive(Debug, Clone)]
pub struct Chosen {
    buckets: Buckets,
    means: Vec<(f64, f64)>,
    origin_us: i64,
    seen: u64,
    current: usize,
    best: Option<(f64, NumberAt)>,
    points: Vec<NumberAt>,
}

impl Chosen {
    /// Takes the next number.
    pub fn add(&mut self, number: NumberAt) {
        let bucket = self.buckets.of(self.seen);
        self.seen += 1;
        if bucket != self.current {
            self.points.extend(self.best.take().map(|(_, best)| best));
            self.current = bucket;
        }
        let area = self.area(number, bucket);
        // The last number is always taken, alone in its bucket or not.
        if self.seen == self.buckets.numbers || self.best.is_none_or(|(most, _)| area > most) {
            self.best = Some((area, number));
        }
    }

    /// Twice the area of the triangle, which compares like the area itself.
    fn area(&self, number: NumberAt, bucket: usize) -> f64 {
        let (Some(before), Some(&(next_time, next_value))) = (self.points.last(), self.means.get(bucket + 1))
        else {
            return 0.0;
        };
        let since = |time_us: i64| time_us.saturating_sub(self.origin_us) as f64;
        let (time, value) = (since(before.time_us), before.value);
        let area = (time - next_time) * (number.value - value)
            - (time - since(number.time_us)) * (next_value - value);
        area.abs()
    }

    /// The points, in order of time.
    #[must_use]
    pub fn finish(mut self) -> Vec<NumberAt> {
        self.points.extend(self.best.take().map(|(_, best)| best));
        self.points
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(values: &[(i64, f64)], points: usize) -> Vec<(i64, f64)> {
        let numbers = values.iter().map(|&(time_us, value)| NumberAt { time_us, value });
        let Some(mut means) = BucketMeans::new(values.len() as u64, points) else { return values.to_vec() };
        numbers.clone().for_each(|number| means.add(number));
        let mut chosen = means.choose();
        numbers.for_each(|number| chosen.add(number));
        chosen.finish().into_iter().map(|number| (number.time_us, number.value)).collect()
    }

    /// The method as the thesis has it, all numbers at hand.
    fn by_the_book(values: &[(i64, f64)], points: usize) -> Vec<(i64, f64)> {
        let buckets = Buckets { numbers: values.len() as u64, buckets: points as u64 - ENDS };
        let of = |bucket: usize| {
            let all = values.iter().enumerate().filter(move |(index, _)| buckets.of(*index as u64) == bucket);
            all.map(|(_, &value)| value).collect::<Vec<_>>()
        };
        let mut taken = vec![values[0]];
        for bucket in 1..=points - 2 {
            let next = of(bucket + 1);
            let mean_time = next.iter().map(|value| value.0 as f64).sum::<f64>() / next.len() as f64;
            let mean_value = next.iter().map(|value| value.1).sum::<f64>() / next.len() as f64;
            let (time, value) = *taken.last().unwrap();
            let area = |&(at, number): &(i64, f64)| {
                ((time as f64 - mean_time) * (number - value) - (time - at) as f64 * (mean_value - value))
                    .abs()
            };
            let best =
                of(bucket).into_iter().reduce(|best, one| if area(&one) > area(&best) { one } else { best });
            taken.push(best.unwrap());
        }
        taken.push(*values.last().unwrap());
        taken
    }

    fn wave(length: i64) -> Vec<(i64, f64)> {
        (0..length)
            .map(|at| (at * 10, (at as f64 / 7.0).sin() * 100.0 + f64::from(at % 13 == 0) * 50.0))
            .collect()
    }

    #[test]
    fn the_points_are_those_of_the_thesis() {
        for (length, points) in [(100, 10), (101, 3), (1_000, 77), (12, 11)] {
            assert_eq!(
                chosen(&wave(length), points),
                by_the_book(&wave(length), points),
                "{length} {points}"
            );
        }
    }

    #[test]
    fn a_lone_spike_is_kept() {
        let mut flat = (0..1_000).map(|at| (at, 1.0)).collect::<Vec<_>>();
        flat[613].1 = 90.0;
        let kept = chosen(&flat, 12);
        assert_eq!((kept.len(), kept[0], kept[11]), (12, (0, 1.0), (999, 1.0)));
        assert!(kept.contains(&(613, 90.0)));
    }

    #[test]
    fn few_numbers_are_all_taken_and_two_points_are_the_ends() {
        assert_eq!(chosen(&wave(5), 5), wave(5));
        assert_eq!(chosen(&wave(1), 0), wave(1));
        assert_eq!(chosen(&wave(50), 2), [wave(50)[0], wave(50)[49]]);
    }
}
