//! Calendars written by hand, with the traps of real ones.

use super::*;
use crate::testing::{Found, collect};
use dp_model::{Clock, Precision, Role};
use proptest::prelude::*;

const CALENDAR: &str = "BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
X-WR-CALNAME:Mia\\, private
X-WR-TIMEZONE:Europe/Zurich
BEGIN:VTIMEZONE
TZID:Europe/Zurich
X-LIC-LOCATION:Europe/Zurich
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
DTSTART:19700329T020000
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
DTSTART;TZID=Europe/Zurich:20250701T093000
DTEND;TZID=Europe/Zurich:20250701T103000
RRULE:FREQ=WEEKLY;BYDAY=TU
EXDATE;TZID=Europe/Zurich:20250708T093000
EXDATE;TZID=Europe/Zurich:20250715T093000
DTSTAMP:20260101T000000Z
ORGANIZER;CN=Mia Lund:mailto:mia@example.org
UID:series@google.com
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;CN=\"Sam: S\"
 ;X-NUM-GUESTS=0:mailto:sam@exa
 mple.org
X-GOOGLE-CONFERENCE:https://meet.example/abc
CREATED:20250601T080000Z
DESCRIPTION:Bring <b>coffee</b><br>and\\, if you can\\; cake.\\nThanks
LAST-MODIFIED:20250602T080000Z
LOCATION:Cafe Nord\\, Bern
GEO:46.948;7.4474
SEQUENCE:1
STATUS:CONFIRMED
SUMMARY:Caf\u{e9} meeting
TRANSP:OPAQUE
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:This is an event reminder
TRIGGER:-P0DT0H10M0S
END:VALARM
END:VEVENT
BEGIN:VEVENT
DTSTART:20250722T080000Z
DURATION:PT45M
UID:series@google.com
RECURRENCE-ID;TZID=Europe/Zurich:20250722T093000
STATUS:CANCELLED
SUMMARY:moved
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20250801
UID:allday@google.com
SUMMARY:National day
END:VEVENT
BEGIN:VEVENT
DTSTART:20250802T120000
UID:floating@google.com
SUMMARY:Lunch
END:VEVENT
END:VCALENDAR
";

fn read(text: &str) -> Found {
    collect(&Calendar, "Calendar/mia@example.org.ics", text.replace('\n', "\r\n").as_bytes())
}

fn kinds(found: &Found) -> Vec<WarningKind> {
    found.warnings.iter().map(|warning| warning.kind).collect()
}

#[test]
fn events_of_all_forms_are_read() {
    let found = read(CALENDAR);
    assert_eq!(found.warnings, []);
    assert_eq!(found.drafts.len(), 4);
    let series = &found.drafts[0].content;
    assert_eq!(series.title, "Café meeting");
    assert!(
        series.text.contains("coffee")
            && series.text.contains("and, if you can; cake.")
            && !series.text.contains('<')
    );
    let time = series.time.as_ref().unwrap();
    assert_eq!(
        (time.utc_us, time.offset_s, time.zone.as_deref()),
        (1_751_355_000_000_000, Some(7200), Some("Europe/Zurich"))
    );
    assert_eq!(series.end.as_ref().unwrap().utc_us, 1_751_358_600_000_000);
    let place = series.place.as_ref().unwrap();
    assert_eq!(place.name.as_deref(), Some("Cafe Nord, Bern"));
    assert_eq!(place.point.unwrap().latitude_e7, 469_480_000);
    assert_eq!(series.labels.as_slice(), ["Mia, private"]);
    assert_eq!(series.url.as_deref(), Some("https://meet.example/abc"));
    assert_eq!(series.modified_us, Some(1_748_851_200_000_000));
    let people: Vec<_> = series
        .people
        .iter()
        .map(|m| (m.role, m.name.as_deref().unwrap(), m.identity.as_ref().unwrap().value.as_str()))
        .collect();
    assert_eq!(
        people,
        [(Role::Organizer, "Mia Lund", "mia@example.org"), (Role::Attendee, "Sam: S", "sam@example.org")]
    );
    let metadata = series.metadata.to_value();
    assert_eq!(metadata["rrule"], "FREQ=WEEKLY;BYDAY=TU");
    assert_eq!(metadata["attendees"][0]["partstat"], "ACCEPTED");
    assert_eq!(metadata["alarms"][0][2], serde_json::json!(["TRIGGER", "-P0DT0H10M0S"]));
    assert_eq!(metadata["properties"].as_array().unwrap().len(), 2);
    assert_eq!(metadata.to_string().matches("20260101").count(), 0);

    let moved = &found.drafts[1].content;
    assert_eq!(moved.end.as_ref().unwrap().utc_us - moved.time.as_ref().unwrap().utc_us, 2_700_000_000);
    assert_eq!(moved.metadata.to_value()["status"], "CANCELLED");
    let all_day = found.drafts[2].content.time.as_ref().unwrap();
    assert_eq!((all_day.precision, all_day.clock), (Precision::Day, Clock::Wall));
    assert_eq!(found.drafts[3].content.time.as_ref().unwrap().clock, Clock::Wall);
    assert_eq!(found.people.len(), 2);
}

#[test]
fn copies_of_a_calendar_hold_the_same_events() {
    let copy = CALENDAR
        .replace("DTSTAMP:20260101T000000Z", "DTSTAMP:20270101T000000Z")
        .replace("RECURRENCE-ID;TZID=Europe/Zurich:20250722T093000", "RECURRENCE-ID:20250722T073000Z");
    let (one, two) = (read(CALENDAR), read(&copy));
    for (a, b) in one.drafts.iter().zip(&two.drafts) {
        assert_eq!(a.key, b.key);
    }
    assert_eq!(one.drafts[0].content, two.drafts[0].content);
    assert_ne!(one.drafts[0].key, one.drafts[1].key);
}

#[test]
fn to_dos_and_journals_are_tasks_and_notes() {
    let found = read(
        "BEGIN:VCALENDAR
BEGIN:VTODO
UID:1
DUE;VALUE=DATE:20250801
DTSTART:20250701T000000Z
COMPLETED:20250702T000000Z
SUMMARY:Water the plants
END:VTODO
BEGIN:VJOURNAL
UID:2
DTSTART;VALUE=DATE:20250801
DESCRIPTION:dear diary
END:VJOURNAL
END:VCALENDAR
",
    );
    assert_eq!(found.warnings, []);
    let task = &found.drafts[0].content;
    assert_eq!((task.kind, task.time.as_ref().unwrap().precision), (Kind::Task, Precision::Day));
    assert_eq!(task.metadata.to_value()["completed"], "20250702T000000Z");
    assert_eq!(
        (found.drafts[1].content.kind, found.drafts[1].content.text.as_str()),
        (Kind::Note, "dear diary")
    );
}

#[test]
fn missing_ends_and_bad_values_are_warnings() {
    let found = read(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:soon\nBEGIN:VEVENT\nUID:2\nDTSTART;TZID=Mars/Base:20250801T100000\nDURATION:long\nSUMMARY:cut",
    );
    assert_eq!(
        kinds(&found),
        [
            WarningKind::MalformedRecord,
            WarningKind::UnreadableDate,
            WarningKind::Truncated,
            WarningKind::UncertainZone,
            WarningKind::BadValue
        ]
    );
    assert_eq!(found.drafts.len(), 2);
    assert_eq!(found.drafts[1].content.title, "cut");
    assert_eq!(found.drafts[1].content.metadata.to_value()["tzid"], "Mars/Base");
}

#[test]
fn generated_calendars_are_marked() {
    let text = "BEGIN:VCALENDAR\nX-WR-CALNAME:Feiertage in der Schweiz\nBEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:20250801\nEND:VEVENT\nEND:VCALENDAR\n";
    assert_eq!(read(text).drafts[0].content.metadata.to_value()["generated"], true);
    assert_eq!(read(CALENDAR).drafts[0].content.metadata.to_value().get("generated"), None);
}

#[test]
fn calendars_are_recognised_by_their_first_line() {
    let recognised = |head: &[u8]| Calendar.recognises(&Peek { path: "a", size_bytes: None, head });
    assert!(recognised(b"BEGIN:VCALENDAR\r\n"));
    assert!(recognised(b"\nbegin:vcalendar\n"));
    assert!(!recognised(b"BEGIN:VCARD\n"));
}

proptest! {
    #[test]
    fn any_bytes_end_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = collect(&Calendar, "a.ics", &bytes);
    }

    #[test]
    fn broken_calendars_end_without_panic(lines in proptest::collection::vec(prop_oneof![
        Just("BEGIN:VCALENDAR\n".to_owned()), Just("BEGIN:VEVENT\n".to_owned()), Just("END:VEVENT\n".to_owned()),
        Just("BEGIN:VALARM\n".to_owned()), Just("END:VALARM\n".to_owned()), Just("BEGIN:X\n".to_owned()),
        "(DTSTART|DTEND|DURATION|GEO|ATTENDEE|UID|RECURRENCE-ID)(;TZID=[a-zA-Z/]{0,8})?:[0-9TZPé;.-]{0,18}\n", "\\PC{0,20}\n",
    ], 0..30)) {
        let _ = collect(&Calendar, "a.ics", lines.concat().as_bytes());
    }
}
