//! Stays and movements, whatever file tells them: their natural keys, titles and documents. The
//! month files of Takeout and the exports of a phone give equal keys for the same event.

use super::SOURCE;
use dp_model::{Content, Draft, Kind, Metadata, Moment, Place, Point, Precision};

/// A stay at a place.
#[derive(Default)]
pub(super) struct Stay {
    pub(super) start: Option<Moment>,
    pub(super) end: Option<Moment>,
    pub(super) place: Place,
    /// 0 for a stay of its own, 1 and more for a stay inside another.
    pub(super) level: u32,
    /// `HOME`, `TYPE_WORK`, `Inferred Home` and the like.
    pub(super) semantic_type: Option<String>,
    pub(super) modified_us: Option<i64>,
    pub(super) metadata: Metadata,
}

/// A movement from one place to another.
#[derive(Default)]
pub(super) struct Movement {
    pub(super) start: Option<Moment>,
    pub(super) end: Option<Moment>,
    pub(super) from: Place,
    pub(super) to: Place,
    /// `WALKING`, `in passenger vehicle` and the like.
    pub(super) activity_type: Option<String>,
    pub(super) distance_m: Option<f64>,
    pub(super) modified_us: Option<i64>,
    pub(super) metadata: Metadata,
}

impl Stay {
    pub(super) fn into_draft(self, position: u64) -> Draft {
        let key = stay_key(self.start.as_ref().or(self.end.as_ref()), &self.place, self.level);
        let dated = self.start.is_some();
        let mut content = Content::new(SOURCE, Kind::Visit);
        content.title = self.title();
        content.metadata = self.metadata;
        if let Some(semantic_type) = &self.semantic_type {
            content.metadata.push_str("semanticType", &canonical_type(semantic_type));
        }
        if self.level > 0 {
            content.metadata.push_int("level", self.level.into());
        }
        content.time = self.start.map(to_the_second);
        content.end = self.end.map(to_the_second);
        content.modified_us = self.modified_us;
        content.place = (!self.place.is_empty()).then_some(self.place);
        if dated {
            Draft::unique(&key, position, content)
        } else {
            // Without a start two stays may look alike and still be two.
            Draft::repeatable(&key, position, content)
        }
    }

    fn title(&self) -> String {
        if let Some(name) = &self.place.name {
            return name.clone();
        }
        if let Some(address) = &self.place.address {
            return address.split(',').next().unwrap_or(address).trim().to_owned();
        }
        let word = self.semantic_type.as_deref().map(canonical_type).unwrap_or_default();
        let word = word.strip_prefix("INFERRED_").unwrap_or(&word);
        if matches!(word, "HOME" | "WORK" | "SCHOOL") {
            return words(word);
        }
        self.place.point.map(coordinates).unwrap_or_default()
    }
}

impl Movement {
    pub(super) fn into_draft(self, position: u64) -> Draft {
        let mut key = Vec::with_capacity(32);
        push_second(&mut key, self.start.as_ref());
        push_second(&mut key, self.end.as_ref());
        let dated = self.start.is_some();
        if self.end.is_none() || !dated {
            push_place(&mut key, &self.from);
            push_place(&mut key, &self.to);
        }
        let mut content = Content::new(SOURCE, Kind::Trip);
        content.title = self.activity_type.as_deref().map(words).unwrap_or_default();
        content.text = [&self.from, &self.to]
            .into_iter()
            .filter_map(|place| place.name.as_deref().or(place.address.as_deref()))
            .collect::<Vec<_>>()
            .join(" → ");
        content.metadata = self.metadata;
        if let Some(activity_type) = &self.activity_type {
            content.metadata.push_str("activityType", &canonical_type(activity_type));
        }
        if let Some(distance_m) = self.distance_m {
            content.metadata.push_value("distanceMeters", &distance_m.into());
        }
        push_place_member(&mut content.metadata, "to", &self.to);
        content.time = self.start.map(to_the_second);
        content.end = self.end.map(to_the_second);
        content.modified_us = self.modified_us;
        content.place = (!self.from.is_empty()).then_some(self.from);
        if dated {
            Draft::unique(&key, position, content)
        } else {
            Draft::repeatable(&key, position, content)
        }
    }
}

/// The same moment, known only to the second if it is a whole one. Phones write `.000` to every time;
/// taken for exactness, that would let them win over month files, which have the names of places.
fn to_the_second(moment: Moment) -> Moment {
    let precision = match moment.utc_us.rem_euclid(1_000_000) {
        0 => moment.precision.min(Precision::Second),
        _ => moment.precision,
    };
    Moment { precision, ..moment }
}

/// The key of a stay: when it began to the second, where, and inside how many others. The place is
/// its id, or its point to a thousandth of a degree, since a later export may put it some metres off.
fn stay_key(start: Option<&Moment>, place: &Place, level: u32) -> Vec<u8> {
    let mut key = Vec::with_capacity(48);
    push_second(&mut key, start);
    push_place(&mut key, place);
    key.extend_from_slice(&level.to_le_bytes());
    key
}

/// Appends the whole second of an instant, or a value that is none.
pub(super) fn push_second(key: &mut Vec<u8>, moment: Option<&Moment>) {
    let second = moment.map_or(i64::MIN, |moment| moment.utc_us.div_euclid(1_000_000));
    key.extend_from_slice(&second.to_le_bytes());
}

fn push_place(key: &mut Vec<u8>, place: &Place) {
    if let Some(place_id) = &place.place_id {
        key.push(b'i');
        key.extend_from_slice(place_id.as_bytes());
    } else if let Some(point) = place.point {
        key.push(b'p');
        for degrees_e7 in [point.latitude_e7, point.longitude_e7] {
            // Adding half a step before the floor rounds to the nearest thousandth.
            key.extend_from_slice(&(degrees_e7 + 5_000).div_euclid(10_000).to_le_bytes());
        }
    } else {
        key.push(b'-');
    }
}

fn push_place_member(metadata: &mut Metadata, key: &str, place: &Place) {
    if !place.is_empty() {
        metadata.push_value(key, &serde_json::to_value(place).unwrap_or_default());
    }
}

/// One spelling for a type: `in passenger vehicle` and `IN_PASSENGER_VEHICLE`, `TYPE_HOME` and `Home`.
pub(super) fn canonical_type(word: &str) -> String {
    let upper = word.trim().to_uppercase().replace([' ', '-'], "_");
    upper.strip_prefix("TYPE_").map(str::to_owned).unwrap_or(upper)
}

/// The words of a type: `IN_PASSENGER_VEHICLE` as `In passenger vehicle`. The format's own unknown
/// values say nothing.
fn words(word: &str) -> String {
    let canonical = canonical_type(word);
    if matches!(canonical.as_str(), "UNKNOWN" | "UNKNOWN_ACTIVITY_TYPE") {
        return String::new();
    }
    let mut characters = canonical.chars();
    let first = characters.next().map(String::from).unwrap_or_default();
    first + &characters.as_str().to_lowercase().replace('_', " ")
}

/// A point as people write it, to about a metre.
pub(super) fn coordinates(point: Point) -> String {
    format!("{:.5}, {:.5}", point.latitude_deg(), point.longitude_deg())
}

/// An address on one line.
pub(super) fn one_line(address: &str) -> Option<String> {
    let lines = address.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>();
    let joined = lines.join(", ");
    (!joined.is_empty()).then_some(joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_one_spelling() {
        assert_eq!(canonical_type("in passenger vehicle"), "IN_PASSENGER_VEHICLE");
        assert_eq!(canonical_type("TYPE_SEARCHED_ADDRESS"), "SEARCHED_ADDRESS");
        assert_eq!(canonical_type("Inferred Home"), "INFERRED_HOME");
        assert_eq!(words("IN_TRAM"), "In tram");
        assert_eq!(words("unknown"), "");
    }

    #[test]
    fn zeros_after_the_second_are_not_exactness() {
        let precision = |utc_us| to_the_second(Moment::utc(utc_us, Precision::Millisecond)).precision;
        assert_eq!(precision(5_000_000), Precision::Second);
        assert_eq!(precision(5_118_000), Precision::Millisecond);
        let minute = to_the_second(Moment::utc(60_000_000, Precision::Minute));
        assert_eq!(minute.precision, Precision::Minute);
    }

    #[test]
    fn one_stay_has_one_key_in_every_form() {
        let utc = Moment::utc(1_709_296_262_118_000, Precision::Millisecond);
        let offset = Moment::with_offset(1_709_296_262_000_000, 3600, Precision::Second);
        let place = |id: &str| Place { place_id: Some(id.into()), ..Place::default() };
        assert_eq!(stay_key(Some(&utc), &place("a"), 0), stay_key(Some(&offset), &place("a"), 0));
        assert_ne!(stay_key(Some(&utc), &place("a"), 0), stay_key(Some(&utc), &place("b"), 0));
        assert_ne!(stay_key(Some(&utc), &place("a"), 0), stay_key(Some(&utc), &place("a"), 1));
        let at = |latitude_e7| Place {
            point: Some(Point { latitude_e7, longitude_e7: -85_417_000 }),
            ..Place::default()
        };
        assert_eq!(stay_key(None, &at(473_769_000), 0), stay_key(None, &at(473_772_000), 0));
    }
}
