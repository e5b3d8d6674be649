//! One event, to-do or journal entry to a document.

use super::{CalendarInfo, Item, SOURCE, time};
use crate::{Context, content_lines::ContentLine, google::people::mention, text::html_to_text};
use dp_model::{
    Clock, Content, Draft, Kind, Labels, Media, Mention, Moment, Place, Point, Role, WarningKind,
};

type Problems = Vec<(WarningKind, String)>;

/// Properties that the document says in its own words. `DTSTAMP` is when the file was written.
const TOLD: &[&str] = &[
    "SUMMARY",
    "DESCRIPTION",
    "LOCATION",
    "GEO",
    "DTSTART",
    "DTEND",
    "DURATION",
    "DUE",
    "DTSTAMP",
    "UID",
    "RECURRENCE-ID",
    "LAST-MODIFIED",
    "ORGANIZER",
    "CATEGORIES",
    "URL",
];

/// Properties that have a member of their own in metadata.
const NAMED: &[(&str, &str)] = &[
    ("STATUS", "status"),
    ("SEQUENCE", "sequence"),
    ("CREATED", "created"),
    ("COMPLETED", "completed"),
    ("RRULE", "rrule"),
    ("TRANSP", "transparency"),
    ("CLASS", "class"),
    ("X-GOOGLE-CONFERENCE", "conference"),
];

/// An event in more categories than this is not a real one.
const LABELS_MAX: usize = 1_000;

/// Makes the document, and says what could not be read.
pub(super) fn convert(item: Item, info: &CalendarInfo, context: &Context<'_>) -> (Draft, Problems) {
    let mut problems = Problems::new();
    let find = |name: &str| item.properties.iter().find(|line| line.name == name);
    let text = |name: &str| find(name).map(ContentLine::text).unwrap_or_default();
    let start_line = if item.kind == Kind::Task { find("DUE").or(find("DTSTART")) } else { find("DTSTART") };
    let mut content = Content::new(SOURCE, item.kind);
    content.title = text("SUMMARY").split_whitespace().collect::<Vec<_>>().join(" ");
    content.text = plain(&text("DESCRIPTION"));
    content.time = start_line.and_then(|line| moment(line, info, &mut problems));
    content.end = end(&item, info, content.time.as_ref(), &mut problems);
    content.place = place(&text("LOCATION"), &text("GEO"));
    content.people = people(&item);
    content.url = [text("URL"), text("X-GOOGLE-CONFERENCE")].into_iter().find(|url| !url.is_empty());
    content.labels = labels(&item, info);
    content.media = item.properties.iter().filter(|line| line.name == "ATTACH").map(attachment).collect();
    let modified = find("LAST-MODIFIED").and_then(|line| time::when(line, info));
    content.modified_us =
        modified.filter(|when| when.moment.clock == Clock::Instant).map(|w| w.moment.utc_us);
    write_metadata(&mut content, &item, info, context);
    let key = key(&item, info);
    (Draft::unique(key.as_bytes(), item.position, content), problems)
}

/// An event is known by its `UID`, an exception to a series also by the time it stands for, which is
/// compared as an instant.
fn key(item: &Item, info: &CalendarInfo) -> String {
    let find = |name: &str| item.properties.iter().find(|line| line.name == name);
    let value = |name: &str| find(name).map(|line| line.value.trim().to_owned()).unwrap_or_default();
    let instead_of = find("RECURRENCE-ID").map(|line| match time::when(line, info) {
        Some(when) => when.moment.utc_us.to_string(),
        None => line.value.trim().to_owned(),
    });
    let uid = value("UID");
    if uid.is_empty() {
        return format!("start\0{}\0{}", value("DTSTART"), value("SUMMARY"));
    }
    format!("uid\0{uid}\0{}", instead_of.unwrap_or_default())
}

fn moment(line: &ContentLine, info: &CalendarInfo, problems: &mut Problems) -> Option<Moment> {
    let Some(when) = time::when(line, info) else {
        let message = format!("the date {:?} of {} could not be read", line.value, line.name);
        problems.push((WarningKind::UnreadableDate, message));
        return None;
    };
    if let Some(zone) = when.unknown_zone {
        let message = format!("the time zone {zone:?} is unknown; the local time was kept");
        problems.push((WarningKind::UncertainZone, message));
    }
    Some(when.moment)
}

/// `DTEND`, or `DTSTART` with `DURATION`. Exclusive, as in the model.
fn end(item: &Item, info: &CalendarInfo, start: Option<&Moment>, problems: &mut Problems) -> Option<Moment> {
    if item.kind == Kind::Task {
        return None;
    }
    let find = |name: &str| item.properties.iter().find(|line| line.name == name);
    if let Some(line) = find("DTEND") {
        return moment(line, info, problems);
    }
    let line = find("DURATION")?;
    let Some(duration_us) = time::duration_us(&line.value) else {
        problems.push((WarningKind::BadValue, format!("the duration {:?} could not be read", line.value)));
        return None;
    };
    let mut end = start?.clone();
    end.utc_us = end.utc_us.checked_add(duration_us)?;
    Some(end)
}

fn place(location: &str, geo: &str) -> Option<Place> {
    let location = location.split_whitespace().collect::<Vec<_>>().join(" ");
    let point = geo.split_once([';', ',']).and_then(|(latitude, longitude)| {
        Point::from_degrees(latitude.trim().parse().ok()?, longitude.trim().parse().ok()?)
    });
    let place = Place { name: (!location.is_empty()).then_some(location), point, ..Place::default() };
    (!place.is_empty()).then_some(place)
}

fn people(item: &Item) -> Vec<Mention> {
    let role = |line: &ContentLine| match line.name.as_str() {
        "ORGANIZER" => Some(Role::Organizer),
        "ATTENDEE" => Some(Role::Attendee),
        _ => None,
    };
    let found = item.properties.iter().filter_map(|line| {
        let address = line.parameter("EMAIL").unwrap_or_else(|| bare_address(&line.value));
        mention(role(line)?, line.parameter("CN"), Some(address))
    });
    found.collect()
}

fn bare_address(value: &str) -> &str {
    let value = value.trim();
    match value.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => &value[7..],
        _ => value,
    }
}

fn labels(item: &Item, info: &CalendarInfo) -> Labels {
    let mut labels = Labels::new();
    let categories = item.properties.iter().filter(|line| line.name == "CATEGORIES");
    let names = std::iter::once(info.name.clone()).chain(categories.flat_map(|line| line.parts(',')));
    for name in names.filter(|name| !name.is_empty()) {
        if labels.len() < LABELS_MAX && !labels.iter().any(|known| *known == name) {
            labels.push(name.into());
        }
    }
    labels
}

fn attachment(line: &ContentLine) -> Media {
    let name = line.parameter("FILENAME").or(line.parameter("X-FILENAME")).map(str::to_owned);
    let inline = line.parameter("ENCODING").is_some();
    Media {
        name: name.unwrap_or_else(|| if inline { "unnamed.bin".to_owned() } else { line.text() }),
        mime: line.parameter("FMTTYPE").map(str::to_owned),
        size_bytes: None,
        hash: None,
    }
}

fn write_metadata(content: &mut Content, item: &Item, info: &CalendarInfo, context: &Context<'_>) {
    let metadata = &mut content.metadata;
    let mut others = Vec::new();
    let mut answers = Vec::new();
    for line in &item.properties {
        let named = NAMED.iter().find(|(name, _)| *name == line.name);
        match (line.name.as_str(), named) {
            ("UID", _) => metadata.push_str("uid", line.value.trim()),
            ("RECURRENCE-ID", _) => metadata.push_str("recurrence_id", &line.value),
            ("ATTENDEE", _) => answers.push(answer(line)),
            (_, Some((_, member))) => metadata.push_str(member, &line.text()),
            // Bytes inside the file are listed as an attachment.
            ("ATTACH", _) if line.parameter("ENCODING").is_some() => {}
            (name, None) if !TOLD.contains(&name) => others.push(serde_json::json!(line.as_pair())),
            // The form of a zone that no table knows.
            ("DTSTART", None) if content.time.as_ref().is_some_and(|time| time.zone.is_none()) => {
                if let Some(zone) = line.parameter("TZID") {
                    metadata.push_str("tzid", zone);
                }
            }
            _ => {}
        }
    }
    if !answers.is_empty() {
        metadata.push_value("attendees", &answers.into());
    }
    let alarms: Vec<_> = item
        .alarms
        .iter()
        .map(|alarm| alarm.iter().map(ContentLine::as_pair).collect::<Vec<_>>())
        .filter(|alarm| !alarm.is_empty())
        .collect();
    if !alarms.is_empty() {
        metadata.push_value("alarms", &serde_json::json!(alarms));
    }
    if !others.is_empty() {
        metadata.push_value("properties", &others.into());
    }
    if is_generated(info, context, item) {
        metadata.push_bool("generated", true);
    }
}

/// Address, answer and whatever else is said of an attendee.
fn answer(line: &ContentLine) -> serde_json::Value {
    let mut members = serde_json::Map::new();
    members.insert("address".to_owned(), bare_address(&line.value).into());
    for (name, value) in &line.parameters {
        if !matches!(name.as_str(), "CN" | "EMAIL") {
            members.insert(name.to_ascii_lowercase(), value.as_str().into());
        }
    }
    members.into()
}

/// Whether nobody wrote this event: calendars of birthdays and holidays are made by Google.
fn is_generated(info: &CalendarInfo, context: &Context<'_>, item: &Item) -> bool {
    const MARKS: [&str; 2] = ["#holiday@group.v.calendar", "#contacts@group.v.calendar"];
    const NAMES: &[&str] = &[
        "birthdays",
        "geburtstage",
        "anniversaires",
        "cumpleaños",
        "compleanni",
        "aniversários",
        "verjaardagen",
        "urodziny",
        "födelsedagar",
        "holidays in ",
        "feiertage in ",
        "jours fériés",
        "festivos en ",
        "días festivos",
        "festività in ",
        "feriados ",
        "feestdagen in ",
        "święta w ",
    ];
    let uid = item.properties.iter().find(|line| line.name == "UID").map_or("", |line| line.value.as_str());
    let name = info.name.to_lowercase();
    MARKS.iter().any(|mark| context.path.contains(mark) || uid.contains(mark) || name.contains(mark))
        || NAMES.iter().any(|known| name == *known || (known.ends_with(' ') && name.starts_with(known)))
}

/// Descriptions are plain text, or HTML since Calendar lets people format them.
fn plain(description: &str) -> String {
    let html = ["<br", "</p>", "</a>", "</b>", "</li>", "<html", "</span>", "</div>", "</i>", "</u>"]
        .iter()
        .any(|mark| description.contains(mark));
    let text = if html { html_to_text(description) } else { description.to_owned() };
    text.trim().to_owned()
}
