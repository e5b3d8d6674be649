//! Calendar: iCalendar files with all forms of dates, recurrences and their exceptions.

use crate::days::civil;
use crate::google::moment::{basic, basic_date};
use crate::person::{EMAIL, NAME};
use crate::plan::{Event, Plan, Stream};
use crate::planted::planted;
use crate::truth::{Found, Sort};
use dp_model::Kind;
use std::io::{self, Write};

const EVENT: Sort = ("google.calendar", Kind::Event);

/// Number of the first of the weekly events that are always there.
const WEEKLY: u64 = u32::MAX as u64 + 1;

/// Writes the person's calendar with events made before this day; `edited` with what changed since.
pub(crate) fn write_calendar(
    plan: &Plan,
    end_day: i32,
    edited: bool,
    out: &mut dyn Write,
    found: &mut Found<'_>,
) -> io::Result<()> {
    write!(
        out,
        "BEGIN:VCALENDAR\r\nPRODID:-//Google Inc//Google Calendar 70.9054//EN\r\nVERSION:2.0\r\nCALSCALE:GREGORIAN\r\nMETHOD:PUBLISH\r\nX-WR-CALNAME:{NAME}\r\nX-WR-TIMEZONE:Europe/Zurich\r\nBEGIN:VTIMEZONE\r\nTZID:Europe/Zurich\r\nBEGIN:DAYLIGHT\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nTZNAME:CEST\r\nDTSTART:19700329T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\nBEGIN:STANDARD\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nTZNAME:CET\r\nDTSTART:19701025T030000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )?;
    write_weekly(plan, edited, out, found)?;
    for event in plan.events(Stream::Appointment, plan.first_day..end_day) {
        found.document(EVENT, u64::from(event.id));
        write_event(plan, event, edited, out, found)?;
    }
    out.write_all(b"END:VCALENDAR\r\n")
}

/// A weekly rehearsal: its rule, one evening moved, one cancelled.
fn write_weekly(plan: &Plan, edited: bool, out: &mut dyn Write, found: &mut Found<'_>) -> io::Result<()> {
    // The first Tuesday; 1970-01-01 was a Thursday.
    let day = plan.first_day + (5 - plan.first_day).rem_euclid(7);
    let uid = "weekly-choir@calendar.example.org";
    let at = |day: i32, clock: &str| format!("{}T{clock}", basic_date(day));
    let stamp = if edited { "20250921T101500Z" } else { "20210402T081500Z" };
    let common = format!(
        "DTSTAMP:{stamp}\r\nUID:{uid}\r\nCREATED:20150901T070000Z\r\nLAST-MODIFIED:20180501T070000Z\r\n"
    );
    write!(
        out,
        "BEGIN:VEVENT\r\nDTSTART;TZID=Europe/Zurich:{}\r\nDTEND;TZID=Europe/Zurich:{}\r\nRRULE:FREQ=WEEKLY;BYDAY=TU\r\nEXDATE;TZID=Europe/Zurich:{}\r\n{common}SEQUENCE:1\r\nSTATUS:CONFIRMED\r\nSUMMARY:Choir rehearsal\r\nLOCATION:Jazzkeller Blaue Stunde\r\nEND:VEVENT\r\n",
        at(day, "193000"),
        at(day, "213000"),
        at(day + 28, "193000"),
    )?;
    write!(
        out,
        "BEGIN:VEVENT\r\nDTSTART;TZID=Europe/Zurich:{}\r\nDTEND;TZID=Europe/Zurich:{}\r\n{common}RECURRENCE-ID;TZID=Europe/Zurich:{}\r\nSEQUENCE:2\r\nSTATUS:CONFIRMED\r\nSUMMARY:Choir rehearsal (moved to Wednesday)\r\nEND:VEVENT\r\n",
        at(day + 8, "193000"),
        at(day + 8, "213000"),
        at(day + 7, "193000"),
    )?;
    write!(
        out,
        "BEGIN:VEVENT\r\nDTSTART;TZID=Europe/Zurich:{0}\r\nDTEND;TZID=Europe/Zurich:{0}\r\n{common}RECURRENCE-ID;TZID=Europe/Zurich:{0}\r\nSEQUENCE:2\r\nSTATUS:CANCELLED\r\nSUMMARY:Choir rehearsal\r\nEND:VEVENT\r\n",
        at(day + 14, "193000"),
    )?;
    (0..3).for_each(|number| found.document(EVENT, WEEKLY + number));
    Ok(())
}

fn write_event(
    plan: &Plan,
    event: &Event,
    edited: bool,
    out: &mut dyn Write,
    found: &mut Found<'_>,
) -> io::Result<()> {
    let mut dice = plan.dice(event, "appointment");
    let day = event.time_ms.div_euclid(86_400_000) as i32;
    let hour = dice.between(8, 20);
    let form = dice.below(10);
    let (start, end) = match form {
        0 | 1 => (
            format!("DTSTART;VALUE=DATE:{}", basic_date(day)),
            Some(format!("DTEND;VALUE=DATE:{}", basic_date(day + 1 + (form as i32)))),
        ),
        2..=4 => (
            format!("DTSTART:{}", basic(event.time_ms)),
            Some(format!("DTEND:{}", basic(event.time_ms + 3_600_000))),
        ),
        // Floating: neither zone nor UTC.
        5 => (format!("DTSTART:{}T{hour:02}1500", basic_date(day)), None),
        _ => (
            format!("DTSTART;TZID=Europe/Zurich:{}T{hour:02}0000", basic_date(day)),
            Some(format!("DTEND;TZID=Europe/Zurich:{}T{:02}3000", basic_date(day), hour + 1)),
        ),
    };
    let is_bare = event.planted.is_some_and(|index| planted(index).is_bare);
    let mut summary = crate::words::capitalised(&plan.words.query(&mut dice));
    let mut description = if dice.chance(0.5) { plan.words.prose(&mut dice, 120) } else { String::new() };
    if let Some(index) = event.planted {
        planted(index).title.clone_into(&mut summary);
        planted(index).body.clone_into(&mut description);
    } else if edited && event.seed.is_multiple_of(12) {
        description.push_str(" Moved to the larger room.");
    }
    let mut lines = vec!["BEGIN:VEVENT".to_owned(), start];
    lines.extend(end);
    if form == 7 {
        let (year, ..) = civil(day);
        lines.push(format!("RRULE:FREQ=YEARLY;UNTIL={}1231T235959Z", year + 3));
    }
    let changed = i64::from(edited && event.seed.is_multiple_of(12));
    lines.extend([
        format!("DTSTAMP:{}", if edited { "20250921T101500Z" } else { "20210402T081500Z" }),
        format!("UID:{:016x}{:06x}@calendar.example.org", event.seed, event.id),
        format!("CREATED:{}", basic(event.time_ms - 5 * 86_400_000)),
        format!("LAST-MODIFIED:{}", basic(event.time_ms - (4 - 30 * changed) * 86_400_000)),
        format!("SEQUENCE:{changed}"),
        "STATUS:CONFIRMED".to_owned(),
        format!("SUMMARY:{}", escaped(&summary)),
        format!("DESCRIPTION:{}", escaped(&description)),
    ]);
    if dice.chance(0.5) && !is_bare {
        let spot = dice.pick(&plan.days.spots);
        lines.push(format!("LOCATION:{}", escaped(&format!("{}, {}", spot.name, spot.address))));
    }
    if dice.chance(0.3) {
        lines.push(format!("ORGANIZER;CN={NAME}:mailto:{EMAIL}"));
        for _ in 0..dice.between(1, 4) {
            let friend = &plan.friends[dice.favourite(plan.friends.len())];
            if let Some(email) = &friend.email {
                lines.push(format!(
                    "ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;CN={}:mailto:{email}",
                    friend.name()
                ));
                found.stranger(email);
            }
        }
        found.stranger(EMAIL);
    }
    lines.push("TRANSP:OPAQUE\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:This is an event reminder\r\nTRIGGER:-P0DT0H30M0S\r\nEND:VALARM\r\nEND:VEVENT".to_owned());
    lines.iter().try_for_each(|line| out.write_all(folded(line).as_bytes()))
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace('\n', "\\n")
}

/// A line folded at 75 octets, between letters, and ended.
fn folded(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + 8);
    let mut column = 0;
    for letter in line.chars() {
        match letter {
            '\n' => column = 0,
            _ if column + letter.len_utf8() > 74 => {
                out.push_str("\r\n ");
                column = 1;
            }
            _ => {}
        }
        out.push(letter);
        column += letter.len_utf8();
    }
    out.push_str("\r\n");
    out
}

/// A second, generated calendar: holidays.
pub(crate) fn holidays(plan: &Plan, found: &mut Found<'_>) -> String {
    let mut out =
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALNAME:Holidays in Switzerland\r\nX-WR-TIMEZONE:UTC\r\n"
            .to_owned();
    let (first_year, ..) = civil(plan.first_day);
    let (last_year, ..) = civil(plan.end_day);
    for (number, year) in (first_year..=last_year).enumerate() {
        out.push_str(&format!(
            "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:{year}0801\r\nDTEND;VALUE=DATE:{year}0802\r\nDTSTAMP:20210101T000000Z\r\nUID:{year}0801_national@holidays.example.org\r\nSUMMARY:Swiss National Day\r\nTRANSP:TRANSPARENT\r\nEND:VEVENT\r\n"
        ));
        found.document(EVENT, 2 * WEEKLY + number as u64);
    }
    out.push_str("END:VCALENDAR\r\n");
    out
}
