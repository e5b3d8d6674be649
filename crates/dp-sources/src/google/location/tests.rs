//! Fixtures of every generation, and counts against files in the true format where they are at hand.

use super::*;
use crate::{
    Parser, Peek,
    testing::{Found, collect},
};
use dp_model::{Clock, FixProvider, Kind, Moment, Point, Precision, Reading, WarningKind};
use proptest::prelude::*;
use std::path::PathBuf;

const RECORDS: &str = r#"{ "locations": [
  { "latitudeE7": 473769000, "longitudeE7": 85417000, "accuracy": 12, "altitude": 432, "verticalAccuracy": 3,
    "velocity": 2, "heading": 271, "source": "wifi", "deviceTag": -1234567890,
    "activity": [{ "activity": [{ "type": "STILL", "confidence": 100 }], "timestamp": "2023-04-01T08:14:59Z" }],
    "activeWifiScan": { "accessPoints": [{ "mac": "70474800000000", "strength": -60 }] },
    "locationMetadata": [{ "wifiScan": { "accessPoints": [] } }],
    "platformType": "ANDROID", "osLevel": 33, "batteryCharging": true,
    "inferredLocation": [{ "timestamp": "2023-04-01T08:15:00Z", "latitudeE7": 473700000, "longitudeE7": 85400000 }],
    "timestamp": "2023-04-01T08:15:30.123Z" },
  { "timestampMs": "1437263846012", "latitudeE7": 3956967296, "longitudeE7": 3589967296, "source": "VISIT_ARRIVAL" },
  { "timestampMs": "1437263846", "latitudeE7": "473769000", "longitudeE7": "85417000", "source": "UFO" },
  { "timestamp": "2023-04-01T08:16:00Z", "activity": [] },
  { "timestamp": "2023-04-01T08:16:00Z", "latitudeE7": 0, "longitudeE7": 0 },
  { "timestamp": "2023-04-01T08:16:00Z", "latitudeE7": 1900000000, "longitudeE7": 5 },
  { "timestamp": "yesterday", "latitudeE7": 473769000, "longitudeE7": 85417000 },
  { "latitudeE7": 473769000, "longitudeE7": 85417000 }
] }"#;

fn fix(sample: &dp_model::Sample) -> &dp_model::Fix {
    match &sample.reading {
        Reading::Fix(fix) => fix,
        Reading::Number(_) => panic!("a location sample holds a fix"),
    }
}

fn kinds(found: &Found) -> Vec<WarningKind> {
    found.warnings.iter().map(|warning| warning.kind).collect()
}

#[test]
fn raw_fixes_of_all_generations_are_read() {
    let found = collect(&Records, "Location History/Records.json", RECORDS.as_bytes());
    assert!(found.error.is_none());
    assert_eq!(found.samples.len(), 4);
    let first = &found.samples[1];
    assert_eq!((first.series.as_ref(), first.source.as_ref()), ("location", "google.location"));
    assert_eq!((first.time_us, first.device), (1_680_336_930_123_000, -1_234_567_890));
    let read = fix(first);
    assert_eq!(read.point, Point { latitude_e7: 473_769_000, longitude_e7: 85_417_000 });
    assert_eq!(
        (read.accuracy_m, read.altitude_m, read.vertical_accuracy_m),
        (Some(12.0), Some(432.0), Some(3.0))
    );
    assert_eq!(
        (read.speed_mps, read.heading_deg, read.provider),
        (Some(2.0), Some(271.0), FixProvider::Wifi)
    );
    assert_eq!(
        first.metadata.to_value(),
        serde_json::json!({"activity": [{"activity": [{"type": "STILL", "confidence": 100}],
            "timestamp": "2023-04-01T08:14:59Z"}], "batteryCharging": true})
    );
    assert_eq!(fix(&found.samples[0]).point.latitude_e7, 473_700_000, "the inferred location");
}

#[test]
fn overflowed_coordinates_and_odd_units_of_time_are_brought_right() {
    let found = collect(&Records, "x.json", RECORDS.as_bytes());
    let wrapped = &found.samples[2];
    assert_eq!(fix(wrapped).point, Point { latitude_e7: -338_000_000, longitude_e7: -705_000_000 });
    assert_eq!(fix(wrapped).provider, FixProvider::Visit);
    assert_eq!(wrapped.time_us, 1_437_263_846_012_000);
    assert_eq!(found.samples[3].time_us, 1_437_263_846_000_000);
    assert_eq!(found.samples[3].metadata.to_value(), serde_json::json!({"source": "UFO"}));
}

#[test]
fn records_that_make_no_fix_are_told() {
    let found = collect(&Records, "x.json", RECORDS.as_bytes());
    assert_eq!(
        kinds(&found),
        [
            WarningKind::BadValue,
            WarningKind::UnreadableDate,
            WarningKind::UnreadableDate,
            WarningKind::Notice
        ]
    );
    assert!(found.warnings[3].message.starts_with("2 records"), "{}", found.warnings[3].message);
}

#[test]
fn a_cut_file_gives_what_came_before_the_cut() {
    let cut = RECORDS.find("\"1437263846\"").unwrap();
    let found = collect(&Records, "x.json", &RECORDS.as_bytes()[..cut]);
    assert_eq!(found.samples.len(), 3);
    assert_eq!(kinds(&found), [WarningKind::Truncated]);
}

const MONTH: &str = r#"{ "timelineObjects": [
  { "placeVisit": {
      "location": { "latitudeE7": 473769000, "longitudeE7": 85417000, "placeId": "ChIJinvented0001",
        "address": "Seilergraben 1\n8001 Zürich\nSwitzerland", "name": "Bakery Lund", "semanticType": "TYPE_WORK",
        "sourceInfo": { "deviceTag": 5 } },
      "duration": { "startTimestamp": "2024-03-01T12:31:02.118Z", "endTimestamp": "2024-03-01T13:02:10Z" },
      "placeConfidence": "HIGH_CONFIDENCE", "visitConfidence": 90,
      "otherCandidateLocations": [{ "latitudeE7": 1, "longitudeE7": 1 }],
      "childVisits": [ { "location": { "placeId": "ChIJinvented0002" }, "centerLatE7": 473770000, "centerLngE7": 85418000,
        "duration": { "startTimestamp": "2024-03-01T12:40:00Z", "endTimestamp": "2024-03-01T12:50:00Z" } } ],
      "simplifiedRawPath": { "points": [
        { "latE7": 473769000, "lngE7": 85417000, "accuracyMeters": 10, "timestamp": "2024-03-01T12:32:00Z" },
        { "latE7": 473769000, "lngE7": 85417000 } ], "source": "INFERRED" },
      "lastEditedTimestamp": "2024-04-01T00:00:00Z" } },
  { "activitySegment": {
      "startLocation": { "latitudeE7": 473769000, "longitudeE7": 85417000 }, "endLocation": {},
      "duration": { "startTimestampMs": "1709298130000", "endTimestampMs": "1709299200000" },
      "distance": 2210, "activityType": "IN_TRAM", "confidence": "HIGH",
      "activities": [{ "activityType": "IN_TRAM", "probability": 80.5 }],
      "waypointPath": { "waypoints": [{ "latE7": 473770000, "lngE7": 85418000 }, { "latE7": 473900000, "lngE7": 85200000 }] },
      "parkingEvent": { "timestamp": "2024-03-01T13:20:00Z" } } },
  { "placeVisit": { "location": {}, "otherCandidateLocations": [{ "latitudeE7": 473769000, "longitudeE7": 85417000 }],
      "duration": { "startTimestamp": "2024-03-02T12:00:00Z" } } },
  { "placeVisit": { "duration": { "startTimestamp": "soon" } } },
  { "somethingNew": {} }
] }"#;

#[test]
fn a_semantic_month_gives_stays_movements_and_paths() {
    let found = collect(&SemanticMonth, "2024_MARCH.json", MONTH.as_bytes());
    let titles = found.drafts.iter().map(|draft| (draft.content.kind, draft.content.title.as_str()));
    assert_eq!(
        titles.collect::<Vec<_>>(),
        [
            (Kind::Visit, "Bakery Lund"),
            (Kind::Visit, "47.37700, 8.54180"),
            (Kind::Trip, "In tram"),
            (Kind::Visit, "47.37690, 8.54170"),
            (Kind::Visit, ""),
        ]
    );
    let visit = &found.drafts[0].content;
    assert_eq!(visit.time, Some(Moment::utc(1_709_296_262_118_000, Precision::Millisecond)));
    assert_eq!(visit.end, Some(Moment::utc(1_709_298_130_000_000, Precision::Second)));
    assert_eq!(visit.modified_us, Some(1_711_929_600_000_000));
    let place = visit.place.as_ref().unwrap();
    assert_eq!(place.address.as_deref(), Some("Seilergraben 1, 8001 Zürich, Switzerland"));
    assert_eq!(visit.metadata.to_value()["semanticType"], "WORK");
    assert_eq!(visit.metadata.to_value()["visitConfidence"], 90);
    assert_eq!(found.drafts[1].content.metadata.to_value()["level"], 1);
    assert_eq!(found.samples.len(), 1);
    assert_eq!(fix(&found.samples[0]).provider, FixProvider::Path);
    assert_eq!(fix(&found.samples[0]).accuracy_m, Some(10.0));
    assert_eq!(kinds(&found), [WarningKind::UnreadableDate, WarningKind::UnknownFields]);
}

#[test]
fn missing_points_of_a_movement_come_from_its_path() {
    let found = collect(&SemanticMonth, "2024_MARCH.json", MONTH.as_bytes());
    let trip = &found.drafts[2].content;
    assert_eq!(trip.place.as_ref().unwrap().point.unwrap().latitude_e7, 473_769_000);
    let metadata = trip.metadata.to_value();
    assert_eq!(metadata["to"]["point"]["latitude_e7"], 473_900_000);
    assert_eq!(metadata["distanceMeters"], 2210.0);
    assert_eq!(metadata["parkingEvent"]["timestamp"], "2024-03-01T13:20:00Z");
}

#[test]
fn a_guessed_point_is_marked_as_one() {
    let found = collect(&SemanticMonth, "2024_MARCH.json", MONTH.as_bytes());
    assert_eq!(found.drafts[3].content.metadata.to_value()["pointIsGuess"], true);
    assert!(found.drafts[4].repeatable, "without a start two stays may look alike");
}

const ANDROID: &str = r#"{ "semanticSegments": [
  { "startTime": "2024-03-01T13:00:00.000+02:00", "endTime": "2024-03-01T15:00:00.000+02:00",
    "timelinePath": [{ "point": "47.3769000°, 8.5417000°", "time": "2024-03-01T13:44:00.000+02:00" },
                     { "point": "nowhere", "time": "2024-03-01T13:45:00.000+02:00" }] },
  { "startTime": "2024-03-01T13:31:02.000+01:00", "endTime": "2024-03-01T14:02:10.000+01:00",
    "startTimeTimezoneUtcOffsetMinutes": 60, "endTimeTimezoneUtcOffsetMinutes": 60,
    "visit": { "hierarchyLevel": 0, "probability": 0.85,
      "topCandidate": { "placeId": "ChIJinvented0001", "semanticType": "INFERRED_WORK", "probability": 0.74,
                        "placeLocation": { "latLng": "47.3769000°, 8.5417000°" } } } },
  { "startTime": "2024-03-01T14:02:10.000+01:00", "endTime": "2024-03-01T14:20:00.000+01:00",
    "activity": { "start": { "latLng": "47.37°, 8.54°" }, "end": { "latLng": "47.39°, 8.52°" }, "distanceMeters": 2210.5,
      "probability": 0.9, "topCandidate": { "type": "IN_TRAM", "probability": 0.66 },
      "parking": { "location": { "latLng": "47.39°, 8.52°" } } } },
  { "startTime": "2024-03-03T00:00:00Z", "endTime": "2024-03-09T00:00:00Z", "timelineMemory": { "trip": {
      "distanceFromOriginKms": 210, "destinations": [{ "identifier": { "placeId": "ChIJinvented0002" } }] } } } ],
  "rawSignals": [
   { "position": { "LatLng": "47.3769°, 8.5417°", "accuracyMeters": 14, "altitudeMeters": 432.1, "source": "GPS",
                   "timestamp": "2024-05-30T10:11:12.000+02:00", "speedMetersPerSecond": 1.2 },
     "activityRecord": { "probableActivities": [] } },
   { "wifiScan": { "deliveryTime": "2024-05-30T10:11:12.000+02:00", "devicesRecords": [{ "mac": 70474800000000 }] } },
   { "position": { "LatLng": "", "timestamp": "2024-05-30T10:11:12.000+02:00" } } ],
  "userLocationProfile": { "frequentPlaces": [
      { "placeId": "ChIJinvented0001", "placeLocation": "47.3769°, 8.5417°", "label": "HOME" },
      { "placeId": "ChIJinvented0001", "placeLocation": "47.3769°, 8.5417°", "label": "WORK" } ],
    "frequentTrips": [], "persona": { "travelModeAffinities": [{ "mode": "WALKING", "affinity": 0.5 }] } } }"#;

#[test]
fn an_android_timeline_is_read() {
    let found = collect(&AndroidTimeline, "Timeline.json", ANDROID.as_bytes());
    let summary = found.drafts.iter().map(|draft| (draft.content.kind, draft.content.title.as_str()));
    assert_eq!(
        summary.collect::<Vec<_>>(),
        [
            (Kind::Visit, "Work"),
            (Kind::Trip, "In tram"),
            (Kind::Trip, "Timeline memory"),
            (Kind::Bookmark, "HOME"),
            (Kind::Bookmark, "WORK"),
            (Kind::File, "Timeline profile"),
        ]
    );
    let visit = &found.drafts[0].content;
    let start = visit.time.as_ref().unwrap();
    assert_eq!(
        (start.utc_us, start.offset_s, start.clock),
        (1_709_296_262_000_000, Some(3600), Clock::Instant)
    );
    assert_eq!(found.samples.len(), 2);
    assert_eq!(found.samples[0].offset_s, None, "a path is written in the zone of the exporting phone");
    let raw = &found.samples[1];
    assert_eq!((raw.offset_s, fix(raw).provider), (Some(7200), FixProvider::Gps));
    assert_eq!((fix(raw).altitude_m, fix(raw).speed_mps), (Some(432.1), Some(1.2)));
    assert_eq!(kinds(&found), [WarningKind::BadValue, WarningKind::BadValue, WarningKind::Notice]);
    assert!(found.warnings[2].message.starts_with("1 activity records and 1 wifi scans"));
}

#[test]
fn one_event_has_one_key_in_a_month_file_and_on_the_phone() {
    let month = collect(&SemanticMonth, "2024_MARCH.json", MONTH.as_bytes());
    let phone = collect(&AndroidTimeline, "Timeline.json", ANDROID.as_bytes());
    assert_eq!(month.drafts[0].key, phone.drafts[0].key, "the stay");
    assert_eq!(month.drafts[2].key, phone.drafts[1].key, "the movement");
}

const IOS: &str = r#"[
  { "endTime": "2024-03-01T14:02:10.000+01:00", "startTime": "2024-03-01T13:31:02.000+01:00",
    "visit": { "hierarchyLevel": "0", "probability": "0.950000", "isTimelessVisit": "false",
      "topCandidate": { "probability": "0.950077", "semanticType": "Home", "placeID": "ChIJinvented0001",
        "placeLocation": "geo:47.376900,8.541700" } } },
  { "endTime": "2024-03-01T14:20:00.000+01:00", "startTime": "2024-03-01T14:02:10.000+01:00",
    "activity": { "start": "geo:47.37,8.54", "end": "geo:47.39,8.52", "distanceMeters": "1881.000000",
      "topCandidate": { "type": "in passenger vehicle", "probability": "0.000000" } } },
  { "startTime": "2025-07-29T13:00:00.000Z", "endTime": "2025-07-29T15:00:00.000Z",
    "timelinePath": [{ "point": "geo:47.376900,8.541700", "durationMinutesOffsetFromStartTime": "5" }] },
  { "startTime": "2025-07-29T13:00:00.000Z", "endTime": "2025-07-30T15:00:00.000Z",
    "timelineMemory": { "destinations": [{ "identifier": "ChIJinvented0004" }], "distanceFromOriginKms": "210" } } ]"#;

#[test]
fn an_ios_timeline_is_read() {
    let found = collect(&IosTimeline, "location-history.json", IOS.as_bytes());
    assert!(found.warnings.is_empty(), "{:?}", found.warnings);
    let titles = found.drafts.iter().map(|draft| draft.content.title.as_str()).collect::<Vec<_>>();
    assert_eq!(titles, ["Home", "In passenger vehicle", "Timeline memory"]);
    let trip = found.drafts[1].content.metadata.to_value();
    assert_eq!(
        (trip["activityType"].as_str(), trip["distanceMeters"].as_f64()),
        (Some("IN_PASSENGER_VEHICLE"), Some(1881.0))
    );
    assert_eq!(found.samples[0].time_us, 1_753_794_300_000_000);
    let phone = collect(&AndroidTimeline, "Timeline.json", ANDROID.as_bytes());
    assert_eq!(found.drafts[0].key, phone.drafts[0].key);
}

#[test]
fn settings_are_kept_with_their_device_names() {
    let text = br#"{"createdTime":"2018-04-13T21:30:16Z","deviceSettings":[{"deviceTag":5,"devicePrettyName":"Mia's phone"}]}"#;
    let found = collect(&LocationSettings, "Location History/Settings.json", text);
    assert_eq!(found.drafts[0].content.kind, Kind::File);
    assert!(found.drafts[0].content.text.contains("devicePrettyName: Mia's phone"));
}

#[test]
fn stays_nested_without_end_are_no_danger() {
    let open = r#"{"childVisits":["#.repeat(5000);
    let text = format!(r#"{{"timelineObjects":[{{"placeVisit":{open}"#);
    let found = collect(&SemanticMonth, "x.json", text.as_bytes());
    assert!(found.drafts.is_empty());
}

fn sample_file(path: &str) -> Option<Vec<u8>> {
    let root = PathBuf::from("../../../shared/samples/google-takeout");
    if !root.exists() {
        eprintln!("SKIPPED: {path} is not at hand");
        return None;
    }
    Some(std::fs::read(root.join(path)).unwrap())
}

/// Visits, trips, samples and warnings that a sample gives, after checking that it is recognised.
fn counts(parser: &dyn Parser, path: &str) -> Option<(usize, usize, usize, usize)> {
    let bytes = sample_file(path)?;
    let head = &bytes[..bytes.len().min(64 << 10)];
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    assert!(parser.recognises(&Peek { path, size_bytes: None, head }), "{path} is not recognised");
    let found = collect(parser, path, &bytes);
    assert!(found.error.is_none(), "{path}: {:?}", found.error);
    let of = |kind| found.drafts.iter().filter(|draft| draft.content.kind == kind).count();
    Some((of(Kind::Visit), of(Kind::Trip), found.samples.len(), found.warnings.len()))
}

#[test]
fn samples_of_raw_fixes_give_the_expected_counts() {
    for (path, expected) in [
        ("Freika-dawarich/spec/fixtures/files/google/records.json", (0, 0, 3, 0)),
        (
            "dogsheep-google-takeout-to-sqlite/tests/zip_contents/Takeout/Location History/Location History.json",
            (0, 0, 2, 0),
        ),
    ] {
        assert!(counts(&Records, path).is_none_or(|found| found == expected), "{path}");
    }
}

#[test]
fn samples_of_semantic_months_give_the_expected_counts() {
    let folder = "Freika-dawarich/spec/fixtures/files/google/location-history";
    for name in [
        "with_placeVisit_with_location_with_coordinates",
        "with_placeVisit_with_location_with_coordinates_with_iso_timestamp",
        "with_placeVisit_with_location_with_coordinates_with_milliseconds_timestamp",
        "with_placeVisit_with_location_with_coordinates_with_timestampMs",
        "with_placeVisit_without_location_with_coordinates",
    ] {
        let found = counts(&SemanticMonth, &format!("{folder}/{name}.json"));
        assert!(found.is_none_or(|found| found == (1, 0, 0, 0)), "{name}: {found:?}");
    }
    for name in [
        "location-history/with_activitySegment_with_startLocation",
        "location-history/with_activitySegment_with_startLocation_timestampMs",
        "location-history/with_activitySegment_with_startLocation_timestamp_in_seconds_format",
        "location-history/with_activitySegment_without_startLocation_without_waypointPath",
        "edge_cases/semantic_history_with_bom",
    ] {
        let found =
            counts(&SemanticMonth, &format!("Freika-dawarich/spec/fixtures/files/google/{name}.json"));
        assert!(found.is_none_or(|found| found == (0, 1, 0, 0)), "{name}: {found:?}");
    }
}

#[test]
fn samples_of_phone_exports_give_the_expected_counts() {
    let ios = counts(&IosTimeline, "Freika-dawarich/spec/fixtures/files/google/location-history.json");
    assert!(ios.is_none_or(|found| found == (1, 1, 10, 0)), "{ios:?}");
    let ios = counts(
        &IosTimeline,
        "dedicatedcode-reitti/src/test/resources/data/google/timeline_from_ios_randomized.json",
    );
    assert!(ios.is_none_or(|found| found == (26, 24, 0, 0)), "{ios:?}");
    let android = counts(
        &AndroidTimeline,
        "dedicatedcode-reitti/src/test/resources/data/google/timeline_from_android_randomized.json",
    );
    assert!(android.is_none_or(|found| found == (7, 5, 83, 1)), "{android:?}");
    let android = counts(
        &AndroidTimeline,
        "Freika-dawarich/spec/fixtures/files/google/phone-takeout_w_3_duplicates.json",
    );
    assert!(android.is_none_or(|found| found == (1, 0, 3, 1)), "{android:?}");
    let empty = counts(&AndroidTimeline, "AndrewSB-hpi-google-timeline/tests/fixtures/android_timeline.json");
    assert!(empty.is_none_or(|found| found == (0, 0, 0, 0)), "{empty:?}");
}

fn damaged(text: &'static str) -> impl Strategy<Value = Vec<u8>> {
    (0..text.len(), any::<u8>(), 0..text.len()).prop_map(|(at, byte, cut)| {
        let mut bytes = text.as_bytes().to_vec();
        bytes[at] = byte;
        bytes.truncate(bytes.len() - cut % 40);
        bytes
    })
}

proptest! {
    #[test]
    fn any_bytes_end_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for parser in [&Records as &dyn Parser, &SemanticMonth, &AndroidTimeline, &IosTimeline, &LocationSettings] {
            let _ = collect(parser, "x.json", &bytes);
        }
    }

    #[test]
    fn damaged_files_end_without_panic(
        records in damaged(RECORDS), month in damaged(MONTH), android in damaged(ANDROID), ios in damaged(IOS),
    ) {
        let _ = collect(&Records, "x.json", &records);
        let _ = collect(&SemanticMonth, "x.json", &month);
        let _ = collect(&AndroidTimeline, "x.json", &android);
        let _ = collect(&IosTimeline, "x.json", &ios);
    }
}
