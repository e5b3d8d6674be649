//! What a person would ask, to measure how well searching does: things planted for it, questions about
//! them in words of their own, and questions to which there is no answer. Nothing here must be found,
//! unlike the questions of `planted`.

mod dated;
mod personal;
mod public;
#[cfg(test)]
mod tests;
mod tongues;
mod typos;
mod unanswered;

use crate::answers::{Expected, Inquiry, InquiryKind};
use crate::days::{DAY_MS, Step, civil};
use crate::plan::{Plan, Stream};
use crate::planted::Planted;
use dp_model::Kind;
use jiff::{ToSpan, civil::Date};

/// A thing and the question about it.
pub(crate) struct Row {
    stream: Stream,
    title: &'static str,
    body: &'static str,
    question: &'static str,
}

macro_rules! rows {
    ($($stream:ident $title:literal $($body:literal)? => $question:literal)+) => {
        &[$($crate::inquiry::Row {
            stream: $crate::plan::Stream::$stream, title: $title, body: concat!($($body)?), question: $question,
        }),+]
    };
}
use rows;

/// English things asked for by paraphrase.
const PARAPHRASES: &[&[Row]] = &[
    public::PAGES,
    public::VIDEOS,
    public::SEARCHES,
    personal::MAILS,
    personal::NOTES,
    personal::APPOINTMENTS,
    personal::REMARKS,
];

/// Of this many paraphrases, one is also asked for by the words as they stand.
const EXACT_EVERY: usize = 5;

/// A planted thing, and how it is asked for.
struct Sown {
    row: &'static Row,
    /// When in the life, 0 to 1.
    at: f64,
    kind: InquiryKind,
    language: &'static str,
}

/// Everything planted for the inquiries, in a fixed order: the story first.
fn sown() -> Vec<Sown> {
    let mut all: Vec<Sown> = Vec::new();
    let fixed = |row, at, kind| Sown { row, at, kind, language: "en" };
    all.extend(dated::STORY.iter().map(|row| fixed(row, dated::STORY_AT, InquiryKind::Paraphrase)));
    let mut spread = |rows: &'static [Row], kind, language| {
        for row in rows {
            let at = spread_out(all.len());
            all.push(Sown { row, at, kind, language });
        }
    };
    PARAPHRASES.iter().for_each(|rows| spread(rows, InquiryKind::Paraphrase, "en"));
    spread(typos::TYPOS, InquiryKind::Typo, "en");
    tongues::SAME.iter().for_each(|&(language, rows)| spread(rows, InquiryKind::Language, language));
    for &(first, second, rows) in dated::TWICE {
        for at in [first, second] {
            all.extend(rows.iter().map(|row| fixed(row, at, InquiryKind::DateAndPlace)));
        }
    }
    all
}

/// Shares of the life that lie evenly, however many are taken.
fn spread_out(number: usize) -> f64 {
    let golden_ratio = 0.618_033_988_749_895;
    0.02 + 0.96 * ((number as f64 + 1.0) * golden_ratio).fract()
}

/// What is planted for the inquiries.
pub(crate) fn planted() -> Vec<Planted> {
    let planted = |sown: Sown| {
        let (source, kind) = sort_of(sown.row.stream);
        Planted {
            stream: sown.row.stream,
            when: sown.at,
            title: sown.row.title,
            body: sown.row.body,
            source,
            kind,
            is_bare: true,
            asked: &[],
        }
    };
    sown().into_iter().map(planted).collect()
}

/// Source and kind of the documents of a stream.
const fn sort_of(stream: Stream) -> (&'static str, Kind) {
    match stream {
        Stream::Watch => ("google.youtube", Kind::Watch),
        Stream::Listen => ("google.youtube", Kind::Listen),
        Stream::TubeSearch => ("google.youtube", Kind::Search),
        Stream::Comment => ("google.youtube", Kind::Comment),
        Stream::Chat => ("google.youtube", Kind::Message),
        Stream::Mail => ("google.mail", Kind::Email),
        Stream::Note => ("google.keep", Kind::Note),
        Stream::Task => ("google.tasks", Kind::Task),
        Stream::Appointment => ("google.calendar", Kind::Event),
        Stream::Visited | Stream::Page => ("google.chrome", Kind::Browse),
        Stream::Search | Stream::App | Stream::Maps | Stream::Other => ("google.search", Kind::Search),
    }
}

/// The questions of this life. `first` is the index of the first thing planted for them.
pub(crate) fn inquiries(plan: &Plan, first: usize) -> Vec<Inquiry> {
    let all = sown();
    let mut inquiries = Vec::new();
    for (number, sown) in all.iter().enumerate() {
        let day = plan.day_of_planted(first + number);
        let mut expected = expected_of(sown.row);
        if sown.kind == InquiryKind::DateAndPlace {
            between(&mut expected, day, day);
        }
        let text = sown.row.question.replace("{when}", &season(day));
        inquiries.push(inquiry(sown.kind, sown.language, text, Some(expected)));
    }
    inquiries.extend(exact(&all));
    inquiries.extend(across(&all));
    inquiries.extend(stays(plan));
    let unanswered = unanswered::UNANSWERED.iter();
    inquiries.extend(unanswered.map(|text| inquiry(InquiryKind::Unanswered, "", (*text).to_owned(), None)));
    inquiries
}

fn inquiry(kind: InquiryKind, language: &str, text: String, expected: Option<Expected>) -> Inquiry {
    Inquiry { kind, language: language.to_owned(), text, expect: expected.into_iter().collect() }
}

fn expected_of(row: &Row) -> Expected {
    let (source, kind) = sort_of(row.stream);
    // A page visited is the browser's or the activity page's, as the importer sees it.
    let source = (kind != Kind::Browse).then(|| source.to_owned());
    Expected { source, kind: Some(kind), fragment: row.title.to_owned(), from: None, until: None }
}

/// Allows for the zones in which a day is counted.
fn between(expected: &mut Expected, first_day: i32, last_day: i32) {
    expected.from = date(first_day).checked_sub(1.day()).ok();
    expected.until = date(last_day).checked_add(1.day()).ok();
}

fn date(day: i32) -> Date {
    let (year, month, day) = civil(day);
    Date::new(year as i16, month as i8, day as i8).unwrap_or(Date::MAX)
}

/// As one remembers a day: `spring 2018`; a winter spans two years, so there the month.
fn season(day: i32) -> String {
    let (year, month, _) = civil(day);
    let name = match month {
        1 => "January",
        2 => "February",
        12 => "December",
        3..=5 => "spring",
        6..=8 => "summer",
        _ => "autumn",
    };
    format!("{name} {year}")
}

/// Some paraphrased things by the words of their titles.
fn exact(all: &[Sown]) -> impl Iterator<Item = Inquiry> {
    all.iter()
        .filter(|sown| sown.kind == InquiryKind::Paraphrase && sown.row.title.split_whitespace().count() >= 4)
        .step_by(EXACT_EVERY)
        .map(|sown| {
            let bare = sown.row.title.replace(|letter: char| !letter.is_alphanumeric() && letter != '’', " ");
            let text = bare.split_whitespace().collect::<Vec<_>>().join(" ");
            inquiry(InquiryKind::Exact, sown.language, text, Some(expected_of(sown.row)))
        })
}

/// Questions in another language than the thing they are about.
fn across(all: &[Sown]) -> impl Iterator<Item = Inquiry> {
    tongues::ACROSS.iter().filter_map(|&(language, beginning, question)| {
        let mut foreign = all.iter().filter(|sown| sown.kind == InquiryKind::Language);
        let sown = foreign.find(|sown| sown.row.title.starts_with(beginning))?;
        let expected = expected_of(sown.row);
        Some(inquiry(InquiryKind::CrossLingual, language, question.to_owned(), Some(expected)))
    })
}

/// Questions about stays on journeys, as far as they were recorded in this life.
fn stays(plan: &Plan) -> impl Iterator<Item = Inquiry> {
    dated::STAYS.iter().filter_map(|&(place, question)| {
        // Phones name no places.
        let days = plan.first_day..plan.timeline_moved();
        let day = days.clone().find(|&day| plan.days.has_visits(day) && is_at(plan, day, place))?;
        // All stays of the same journey are meant.
        let last = (day..(day + 12).min(days.end)).filter(|&later| is_at(plan, later, place)).max();
        let mut expected = Expected {
            source: Some("google.location".to_owned()),
            kind: Some(Kind::Visit),
            fragment: place.to_owned(),
            from: None,
            until: None,
        };
        between(&mut expected, day, last.unwrap_or(day));
        let text = question.replace("{when}", &season(day));
        Some(inquiry(InquiryKind::DateAndPlace, "en", text, Some(expected)))
    })
}

fn is_at(plan: &Plan, day: i32, place: &str) -> bool {
    plan.days.steps(day).iter().any(|step| match step {
        Step::Stay(stay) => {
            plan.days.spots[stay.spot].name == place && stay.start_ms.div_euclid(DAY_MS) as i32 == day
        }
        Step::Movement(_) => false,
    })
}
