//! Leaves points out of a line that a map would draw in the same place without them: Douglas and Peucker, 1973.

use dp_lake::map::{TrackPoint, position};
use std::collections::HashMap;

/// A line is broken where nothing is known for so long, microseconds.
const GAP_US: i64 = 30 * 60 * 1_000_000;
/// Points of a line that are looked at together: the time it takes may grow with their square.
const TOGETHER_MAX: usize = 1_000;

/// The points that are needed to draw the way of each device within half a cell of this zoom, in the order they
/// came in.
pub(super) fn simplified(points: &[TrackPoint], cell_zoom: u8) -> Vec<TrackPoint> {
    let tolerance = 0.5 / f64::from(1_u32 << cell_zoom.min(30));
    let mut is_needed = vec![false; points.len()];
    for line in lines(points) {
        let places = line.iter().map(|&index| position(points[index].point)).collect::<Vec<_>>();
        for (index, needed) in line.iter().zip(needed_of(&places, tolerance)) {
            is_needed[*index] = needed;
        }
    }
    let kept = points.iter().zip(is_needed).filter(|(_, is_needed)| *is_needed);
    kept.map(|(point, _)| *point).collect()
}

/// The points of each device, by index, in pieces without gaps.
fn lines(points: &[TrackPoint]) -> Vec<Vec<usize>> {
    let mut lines: Vec<Vec<usize>> = Vec::new();
    // By device: which line it is on, and when it was last seen.
    let mut open: HashMap<i64, (usize, i64)> = HashMap::new();
    for (index, point) in points.iter().enumerate() {
        let line = match open.get(&point.device) {
            Some(&(line, seen_us))
                if point.time_us.saturating_sub(seen_us) <= GAP_US && lines[line].len() < TOGETHER_MAX =>
            {
                line
            }
            _ => {
                lines.push(Vec::new());
                lines.len() - 1
            }
        };
        lines[line].push(index);
        open.insert(point.device, (line, point.until_us));
    }
    lines
}

/// Of each place whether the line needs it.
fn needed_of(places: &[(f64, f64)], tolerance: f64) -> Vec<bool> {
    let mut needed = vec![false; places.len()];
    let Some(last) = places.len().checked_sub(1) else { return needed };
    (needed[0], needed[last]) = (true, true);
    let mut parts = vec![(0, last)];
    while let Some((first, last)) = parts.pop() {
        let inner = first + 1..last;
        let distance = |index: usize| distance(places[index], places[first], places[last]);
        let farthest =
            inner.map(|index| (distance(index), index)).max_by(|one, other| one.0.total_cmp(&other.0));
        if let Some((distance, index)) = farthest
            && distance > tolerance
        {
            needed[index] = true;
            parts.extend([(first, index), (index, last)]);
        }
    }
    needed
}

/// How far a place lies from the line between two others.
fn distance(place: (f64, f64), from: (f64, f64), to: (f64, f64)) -> f64 {
    let (width, height) = (to.0 - from.0, to.1 - from.1);
    let length = width.mul_add(width, height * height);
    let part = if length > 0.0 {
        ((place.0 - from.0).mul_add(width, (place.1 - from.1) * height) / length).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (place.0 - part.mul_add(width, from.0)).hypot(place.1 - part.mul_add(height, from.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dp_model::Point;

    fn at(minute: i64, device: i64, latitude_deg: f64, longitude_deg: f64) -> TrackPoint {
        let time_us = minute * 60_000_000;
        let point = Point::from_degrees(latitude_deg, longitude_deg).unwrap();
        TrackPoint { time_us, until_us: time_us, device, point, fixes: 1 }
    }

    fn minutes(points: &[TrackPoint]) -> Vec<i64> {
        points.iter().map(|point| point.time_us / 60_000_000).collect()
    }

    #[test]
    fn points_on_a_straight_line_are_left_out_and_corners_are_not() {
        let mut way = (0..10).map(|n| at(n, 1, 38.0, -9.0 + n as f64 * 0.01)).collect::<Vec<_>>();
        way.extend((10..20).map(|n| at(n, 1, 38.0 + (n - 9) as f64 * 0.01, -8.91)));
        assert_eq!(minutes(&simplified(&way, 20)), [0, 9, 19]);
        assert_eq!(minutes(&simplified(&way, 4)), [0, 19]);
        assert_eq!(simplified(&[], 20), []);
        assert_eq!(simplified(&way[..1], 20), way[..1]);
    }

    #[test]
    fn devices_and_gaps_break_a_line() {
        let way = [at(0, 1, 38.0, -9.0), at(1, 2, 10.0, 5.0), at(2, 1, 38.0, -8.9), at(3, 1, 38.0, -8.8)];
        assert_eq!(minutes(&simplified(&way, 20)), [0, 1, 3]);
        let way = [at(0, 1, 38.0, -9.0), at(1, 1, 38.0, -8.9), at(60, 1, 38.0, -8.8), at(61, 1, 38.0, -8.7)];
        assert_eq!(minutes(&simplified(&way, 20)), [0, 1, 60, 61]);
    }

    #[test]
    fn a_way_back_on_itself_keeps_where_it_turned() {
        let way = [at(0, 1, 38.0, -9.0), at(1, 1, 38.0, -8.0), at(2, 1, 38.0, -9.0)];
        assert_eq!(minutes(&simplified(&way, 20)), [0, 1, 2]);
    }
}
