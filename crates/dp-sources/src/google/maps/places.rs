//! Saved places, labelled places and reviews: GeoJSON in an older and a newer spelling.

use super::{SOURCE, url};
use crate::{
    Context, ParseError, Parser, Peek, Sink,
    json::{Cursor, JsonError, JsonShape, RecordStream, ValueKind, shape},
    times,
};
use dp_model::{Content, Draft, Kind, Metadata, Moment, Place, Point, WarningKind};
use std::io::Read;

/// Reads `FeatureCollection`s of Maps.
pub(crate) struct Places;

impl Parser for Places {
    fn name(&self) -> &'static str {
        "google.maps.places"
    }

    fn version(&self) -> u32 {
        1
    }

    fn source(&self, _: &Peek<'_>) -> &'static str {
        SOURCE
    }

    fn recognises(&self, peek: &Peek<'_>) -> bool {
        memchr::memmem::find(peek.head, b"\"FeatureCollection\"").is_some()
            && memchr::memmem::find(peek.head, b"\"properties\"").is_some()
            && matches!(shape(peek.head), shape @ JsonShape::Object(_) if shape.has_all(&["features"]))
    }

    fn parse(
        &self,
        context: &Context<'_>,
        input: &mut dyn Read,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        RecordStream::new(input, context.record_bytes_max).for_each(
            sink,
            |section, cursor| {
                if section != "features" || cursor.peek()? != ValueKind::Object {
                    return cursor.skip().map(|()| None);
                }
                Feature::read(cursor).map(Some)
            },
            |sink, feature, position| match feature {
                Some(feature) => feature.hand_over(sink, position),
                None => Ok(()),
            },
        )?;
        Ok(())
    }
}

/// One feature, as written in either spelling.
#[derive(Default)]
struct Feature {
    geometry: Option<Point>,
    location_point: Option<Point>,
    url: Option<String>,
    title: Option<String>,
    place_name: Option<String>,
    address: Option<String>,
    labelled: bool,
    published: Option<String>,
    updated: Option<String>,
    comment: Option<String>,
    is_review: bool,
    metadata: Metadata,
}

impl Feature {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, JsonError> {
        let mut feature = Self::default();
        cursor.object(|cursor, key| match key {
            b"geometry" => {
                feature.geometry = read_geometry(cursor)?;
                Ok(())
            }
            b"properties" => cursor.object(|cursor, key| feature.property(cursor, key)),
            b"type" => cursor.skip(),
            _ => keep(&mut feature.metadata, key, cursor),
        })?;
        Ok(feature)
    }

    fn property(&mut self, cursor: &mut Cursor<'_>, key: &[u8]) -> Result<(), JsonError> {
        match key {
            b"Google Maps URL" | b"google_maps_url" => self.url = read_filled(cursor)?,
            b"Location" | b"location" => self.read_location(cursor)?,
            b"Title" => self.title = read_filled(cursor)?,
            b"name" => {
                self.title = read_filled(cursor)?;
                self.labelled = true;
            }
            b"address" => self.address = read_address(cursor)?,
            b"Published" | b"date" => self.published = read_filled(cursor)?,
            b"Updated" => self.updated = read_filled(cursor)?,
            b"Comment" | b"comment" => self.comment = read_filled(cursor)?,
            b"Review Comment" | b"review_text_published" => {
                self.comment = read_filled(cursor)?;
                self.is_review = true;
            }
            b"Star Rating" | b"five_star_rating_published" => {
                self.is_review = true;
                if let Some(stars) = cursor.float()? {
                    self.metadata.push_value("stars", &stars.into());
                }
            }
            _ => keep(&mut self.metadata, key, cursor)?,
        }
        Ok(())
    }

    fn read_location(&mut self, cursor: &mut Cursor<'_>) -> Result<(), JsonError> {
        cursor.object(|cursor, key| {
            match key {
                b"Address" | b"address" => self.address = read_address(cursor)?,
                b"Business Name" | b"name" => self.place_name = read_filled(cursor)?,
                b"Country Code" | b"country_code" => {
                    if let Some(code) = read_filled(cursor)? {
                        self.metadata.push_str("country_code", &code);
                    }
                }
                b"Geo Coordinates" => {
                    let (mut latitude, mut longitude) = (None, None);
                    cursor.object(|cursor, key| {
                        match key {
                            b"Latitude" => latitude = cursor.float()?,
                            b"Longitude" => longitude = cursor.float()?,
                            _ => cursor.skip()?,
                        }
                        Ok(())
                    })?;
                    self.location_point =
                        latitude.zip(longitude).and_then(|(lat, lng)| Point::from_degrees(lat, lng));
                }
                _ => keep(&mut self.metadata, key, cursor)?,
            }
            Ok(())
        })
    }

    fn hand_over(self, sink: &mut dyn Sink, position: u64) -> Result<(), ParseError> {
        let link = self.url.as_deref().unwrap_or("");
        let point = self.geometry.or(self.location_point).or_else(|| url::point(link));
        let name = self.place_name.or(self.title.clone()).or_else(|| url::place_name(link));
        let place = Place { name: name.clone(), address: self.address, point, place_id: None };
        let time = self.published.as_deref().and_then(times::any);
        if let (None, Some(text)) = (&time, &self.published) {
            sink.warn(
                WarningKind::UnreadableDate,
                position,
                format!("the date {text:?} can't be read; the place is kept undated"),
            )?;
        }
        let kind = if self.is_review { Kind::Review } else { Kind::Bookmark };
        let mut key = Vec::with_capacity(64);
        let labelled = self.labelled && self.url.is_none();
        key.extend_from_slice(if labelled { b"label\0" } else { b"place\0" });
        match (url::place_number(link), &self.url) {
            (Some(number), _) => key.extend_from_slice(&number.to_le_bytes()),
            (None, Some(url)) => key.extend_from_slice(url.as_bytes()),
            (None, None) => push_own_words(&mut key, name.as_deref(), time.as_ref(), point, labelled),
        }
        let mut content = Content::new(SOURCE, kind);
        content.title = self
            .title
            .or(name)
            .or_else(|| place.address.clone())
            .or_else(|| place.point.map(|p| format!("{:.5}, {:.5}", p.latitude_deg(), p.longitude_deg())))
            .unwrap_or_default();
        content.text = self.comment.unwrap_or_default();
        content.modified_us = self.updated.as_deref().and_then(times::any).map(|time| time.utc_us);
        content.time = time;
        content.place = (!place.is_empty()).then_some(place);
        content.url = self.url;
        content.metadata = self.metadata;
        Ok(sink.document(Draft::unique(&key, position, content))?)
    }
}

/// The key of a place without a link: its name, and unless a label names it, when and where.
fn push_own_words(
    key: &mut Vec<u8>,
    name: Option<&str>,
    time: Option<&Moment>,
    point: Option<Point>,
    labelled: bool,
) {
    key.extend_from_slice(name.unwrap_or("").as_bytes());
    if labelled {
        return;
    }
    key.push(0);
    key.extend_from_slice(&time.map_or(i64::MIN, |time| time.utc_us).to_le_bytes());
    if let Some(point) = point {
        key.extend_from_slice(&point.latitude_e7.to_le_bytes());
        key.extend_from_slice(&point.longitude_e7.to_le_bytes());
    }
}

/// The point of a GeoJSON geometry: longitude first. Only the first two numbers count.
fn read_geometry(cursor: &mut Cursor<'_>) -> Result<Option<Point>, JsonError> {
    let mut numbers = Vec::with_capacity(2);
    cursor.object(|cursor, key| {
        if key != b"coordinates" {
            return cursor.skip();
        }
        cursor.array(|cursor| {
            let number = cursor.float()?;
            if numbers.len() < 2 {
                numbers.extend(number);
            }
            Ok(())
        })
    })?;
    Ok(match numbers[..] {
        [longitude, latitude] => Point::from_degrees(latitude, longitude),
        _ => None,
    })
}

fn read_filled(cursor: &mut Cursor<'_>) -> Result<Option<String>, JsonError> {
    Ok(cursor.text()?.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
}

/// An address on one line.
fn read_address(cursor: &mut Cursor<'_>) -> Result<Option<String>, JsonError> {
    let Some(text) = cursor.text()? else { return Ok(None) };
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>();
    Ok((!lines.is_empty()).then(|| lines.join(", ")))
}

fn keep(metadata: &mut Metadata, key: &[u8], cursor: &mut Cursor<'_>) -> Result<(), JsonError> {
    let mut copied = Ok(());
    metadata.push_with(&String::from_utf8_lossy(key), |out| copied = cursor.copy_compact(out));
    copied
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Found, collect};
    use proptest::prelude::*;

    const OLD: &str = r#"{"type":"FeatureCollection","features":[{
      "geometry":{"coordinates":[8.5417,47.3769],"type":"Point"},
      "properties":{"Google Maps URL":"http://maps.google.com/?cid=31",
        "Location":{"Address":"Seilergraben 1\n8001 Zürich","Business Name":"Bakery Lund","Country Code":"CH",
          "Geo Coordinates":{"Latitude":"47.3769","Longitude":"8.5417"}},
        "Published":"2019-04-03T08:00:00Z","Title":"Bakery Lund","Updated":"2020-01-01T00:00:00Z"},
      "type":"Feature"}]}"#;

    const NEW: &str = r#"{"type":"FeatureCollection","features":[{
      "geometry":{"coordinates":[0,0],"type":"Point"},
      "properties":{"date":"2019-04-03T08:00:00Z",
        "google_maps_url":"https://www.google.com/maps/place/X/data=!1s0x479a:0x1f!3d47.3769!4d8.5417",
        "location":{"address":"Seilergraben 1, 8001 Zürich","country_code":"CH","name":"Bakery Lund"},
        "Comment":"try the rye"},
      "type":"Feature"}]}"#;

    fn read(text: &str) -> Found {
        collect(&Places, "Maps (your places)/Saved Places.json", text.as_bytes())
    }

    #[test]
    fn both_spellings_give_the_same_place() {
        let (old, new) = (read(OLD), read(NEW));
        for found in [&old, &new] {
            let content = &found.drafts[0].content;
            assert_eq!(content.kind, Kind::Bookmark);
            assert_eq!(content.title, "Bakery Lund");
            let place = content.place.as_ref().unwrap();
            assert_eq!(place.point, Point::from_degrees(47.3769, 8.5417));
            assert_eq!(place.address.as_deref(), Some("Seilergraben 1, 8001 Zürich"));
            assert!(found.warnings.is_empty());
        }
        assert_eq!(old.drafts[0].key, new.drafts[0].key);
        assert_eq!(new.drafts[0].content.text, "try the rye");
        assert!(old.drafts[0].content.modified_us.is_some());
    }

    #[test]
    fn reviews_of_both_spellings_are_reviews() {
        let old = r#"{"type":"FeatureCollection","features":[{"geometry":{"coordinates":[8.5,47.3]},"properties":{
            "Google Maps URL":"http://maps.google.com/?cid=31","Published":"2019-04-03T08:00:00Z",
            "Star Rating":4,"Review Comment":"good rye","Location":{"Business Name":"Bakery Lund"}}}]}"#;
        let new = r#"{"type":"FeatureCollection","features":[{"properties":{
            "google_maps_url":"http://maps.google.com/?cid=31","date":"2019-04-03T08:00:00Z",
            "five_star_rating_published":4,"review_text_published":"good rye","questions":[{"q":1}],
            "location":{"name":"Bakery Lund"}}}]}"#;
        let (old, new) = (read(old), read(new));
        assert_eq!(old.drafts[0].content.kind, Kind::Review);
        assert_eq!(old.drafts[0].content.text, "good rye");
        assert_eq!(old.drafts[0].key, new.drafts[0].key);
        assert_eq!(
            new.drafts[0].content.metadata.to_value(),
            serde_json::json!({"stars": 4.0, "questions": [{"q": 1}]})
        );
    }

    #[test]
    fn labelled_places_are_known_by_their_label() {
        let text = r#"{"type":"FeatureCollection","features":[{"geometry":{"coordinates":[8.5,47.3],"type":"Point"},
            "properties":{"address":"Seilergraben 1","name":"Home"},"type":"Feature"}]}"#;
        let found = read(text);
        assert_eq!(found.drafts[0].content.title, "Home");
        assert_eq!(found.drafts[0].key.as_slice(), b"label\0Home");
    }

    #[test]
    fn the_sample_of_saved_places_is_read() {
        let path = "../../../shared/samples/google-takeout/Freika-dawarich/spec/fixtures/files/geojson/google_takeout_example.json";
        let Ok(bytes) = std::fs::read(path) else { return };
        let found = collect(&Places, "Saved Places.json", &bytes);
        assert_eq!((found.drafts.len(), found.warnings.len()), (1, 0));
        assert_eq!(found.drafts[0].content.title, "36.00000, 28.00000");
    }

    proptest! {
        #[test]
        fn any_bytes_end_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = collect(&Places, "x", &bytes);
        }

        #[test]
        fn a_damaged_file_ends_without_panic(at in 0..NEW.len(), byte in any::<u8>()) {
            let mut bytes = NEW.as_bytes().to_vec();
            bytes[at] = byte;
            let _ = collect(&Places, "x", &bytes);
        }
    }
}
