//! Writes My Activity and the YouTube history, as JSON and as HTML, in English and German.

use crate::google::moment::{Dialect, Language, push_human, push_iso};
use crate::google::record::{Record, Verb};
use crate::google::text::{push_html, push_json};
use std::fmt::Write as _;

/// How an activity file begins in HTML.
pub(crate) const HTML_HEAD: &str = "<html><head><title>My Activity History</title><style type=\"text/css\">\nbody {\n  padding: 5px;\n  background: #EEEEEE;\n}\n\n.mdl-cell {\n  background-color: #FFFFFF;\n}\n\n.content-cell.mdl-cell {\n  color: rgba(0, 0, 0, 0.54);\n}\n</style></head><body><div class=\"mdl-grid\">";
/// How it ends.
pub(crate) const HTML_TAIL: &str = "</div></body></html>";

/// Words before the object, words after it.
fn phrase(verb: Verb, language: Language) -> (&'static str, &'static str) {
    match (language, verb) {
        (Language::English, Verb::SearchedFor) => ("Searched for", ""),
        (Language::English, Verb::Visited) => ("Visited", ""),
        (Language::English, Verb::Watched) => ("Watched", ""),
        (Language::English, Verb::Used) => ("Used", ""),
        (Language::English, Verb::Viewed) => ("Viewed", ""),
        (Language::English, Verb::DirectionsTo) => ("Directions to", ""),
        (Language::English, Verb::Translated) => ("Translated", ""),
        (Language::English, Verb::Asked) => ("Asked", ""),
        (Language::German, Verb::SearchedFor) => ("Gesucht nach:", ""),
        (Language::German, Verb::Visited) => ("", "aufgerufen"),
        (Language::German, Verb::Watched) => ("", "angesehen"),
        (Language::German, Verb::Used) => ("", "verwendet"),
        (Language::German, Verb::Viewed) => ("", "angesehen"),
        (Language::German, Verb::DirectionsTo) => ("Wegbeschreibung nach", ""),
        (Language::German, Verb::Translated) => ("", "übersetzt"),
        (Language::German, Verb::Asked) => ("Gefragt:", ""),
    }
}

/// The heading of a product in a language.
fn heading(header: &str, language: Language) -> &str {
    match (language, header) {
        (Language::German, "Search") => "Google Suche",
        _ => header,
    }
}

/// Appends a record of a JSON array, without what stands between records.
pub(crate) fn push_record_json(out: &mut String, record: &Record) {
    out.push_str("{\n  \"header\": ");
    push_json(out, &record.header);
    out.push_str(",\n  \"title\": ");
    let start = out.len();
    push_json(out, &record.object);
    let (before, _) = phrase(record.verb, Language::English);
    out.insert(start + 1, ' ');
    out.insert_str(start + 1, before);
    if let Some(url) = &record.url {
        out.push_str(",\n  \"titleUrl\": ");
        push_json(out, url);
    }
    if let Some(description) = &record.description {
        out.push_str(",\n  \"description\": ");
        push_json(out, description);
    }
    if let Some((name, url)) = &record.channel {
        out.push_str(",\n  \"subtitles\": [{\n    \"name\": ");
        push_json(out, name);
        out.push_str(",\n    \"url\": ");
        push_json(out, url);
        out.push_str("\n  }]");
    }
    out.push_str(",\n  \"time\": \"");
    push_iso(out, record.time_ms);
    out.push_str("\",\n  \"products\": [");
    push_json(out, product(record));
    out.push(']');
    if record.is_ad {
        out.push_str(",\n  \"details\": [{\n    \"name\": \"From Google Ads\"\n  }]");
    }
    if let Some((latitude, longitude)) = record.area {
        out.push_str(",\n  \"locationInfos\": [{\n    \"name\": \"At this general area\",\n    \"url\": ");
        let _ = write!(
            out,
            "\"https://www.google.com/maps/@?api\\u003d1\\u0026map_action\\u003dmap\\u0026center\\u003d{latitude:.6},{longitude:.6}\\u0026zoom\\u003d12\""
        );
        out.push_str(",\n    \"source\": \"From your device\",\n    \"sourceUrl\": \"https://support.google.com/maps/answer/6258979\"\n  }]");
    }
    out.push_str(",\n  \"activityControls\": [");
    push_json(out, record.control);
    out.push_str("]\n}");
}

/// The product of a record: its header, but for apps.
fn product(record: &Record) -> &str {
    if record.verb == Verb::Used { "Android" } else { &record.header }
}

/// Appends a record's block of an HTML page. A date given is written as it is, in place of the true one.
pub(crate) fn push_record_html(out: &mut String, record: &Record, dialect: Dialect, date: Option<&str>) {
    out.push_str("<div class=\"outer-cell mdl-cell mdl-cell--12-col mdl-shadow--2dp\"><div class=\"mdl-grid\"><div class=\"header-cell mdl-cell mdl-cell--12-col\"><p class=\"mdl-typography--title\">");
    push_html(out, heading(&record.header, dialect.language));
    out.push_str(
        "<br></p></div><div class=\"content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1\">",
    );
    push_title(out, record, dialect.language);
    out.push_str("<br>");
    if let Some((name, url)) = &record.channel {
        push_link(out, url, name);
        out.push_str("<br>");
    }
    if let Some(description) = &record.description {
        push_html(out, description);
        out.push_str("<br>");
    }
    match date {
        Some(date) => out.push_str(date),
        None => push_human(out, record.time_ms, dialect),
    }
    out.push_str("<br></div><div class=\"content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1 mdl-typography--text-right\"></div><div class=\"content-cell mdl-cell mdl-cell--12-col mdl-typography--caption\">");
    push_caption(out, record, dialect.language);
    out.push_str("</div></div></div>");
}

fn push_title(out: &mut String, record: &Record, language: Language) {
    if record.url.is_none() {
        // Only videos that were removed have no address.
        out.push_str(match language {
            Language::English => "Watched a video that has been removed",
            Language::German => "Ein Video angesehen, das entfernt wurde",
        });
        return;
    }
    let (before, after) = phrase(record.verb, language);
    if !before.is_empty() {
        out.push_str(before);
        out.push_str("&nbsp;");
    }
    push_link(out, record.url.as_deref().unwrap_or_default(), &record.object);
    if !after.is_empty() {
        out.push_str("&nbsp;");
        out.push_str(after);
    }
}

fn push_link(out: &mut String, url: &str, text: &str) {
    out.push_str("<a href=\"");
    push_html(out, url);
    out.push_str("\">");
    push_html(out, text);
    out.push_str("</a>");
}

fn push_caption(out: &mut String, record: &Record, language: Language) {
    let english = language == Language::English;
    out.push_str(if english { "<b>Products:</b><br>&emsp;" } else { "<b>Produkte:</b><br>&emsp;" });
    push_html(out, heading(product(record), language));
    out.push_str("<br>");
    if let Some((latitude, longitude)) = record.area {
        out.push_str(if english { "<b>Locations:</b><br>&emsp;" } else { "<b>Standorte:</b><br>&emsp;" });
        let _ = write!(
            out,
            "<a href=\"https://www.google.com/maps/@?api=1&amp;map_action=map&amp;center={latitude:.6},{longitude:.6}&amp;zoom=12\">{}</a> - <a href=\"https://support.google.com/maps/answer/6258979\">{}</a><br>",
            if english { "At this general area" } else { "In diesem ungefähren Gebiet" },
            if english { "From your device" } else { "Von deinem Gerät" },
        );
    }
    if record.is_ad {
        out.push_str(if english {
            "<b>Details:</b><br>&emsp;From Google Ads<br>"
        } else {
            "<b>Details:</b><br>&emsp;Von Google Anzeigen<br>"
        });
    }
    out.push_str(if english {
        "<b>Why is this here?</b><br>&emsp;This activity was saved to your Google Account because the following settings were on:&nbsp;"
    } else {
        "<b>Warum steht das hier?</b><br>&emsp;Diese Aktivität wurde in deinem Google-Konto gespeichert, weil die folgenden Einstellungen aktiviert waren:&nbsp;"
    });
    push_html(out, record.control);
    out.push_str(if english {
        ".&nbsp;You can control these settings &nbsp;<a href=\"https://myaccount.google.com/activitycontrols\">here</a>."
    } else {
        ".&nbsp;Diese Einstellungen kannst du &nbsp;<a href=\"https://myaccount.google.com/activitycontrols\">hier</a> verwalten."
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Life;
    use crate::google::record;
    use crate::plan::{Plan, Stream};

    #[test]
    fn both_forms_of_a_record_carry_the_same_second_and_address() {
        let plan = Plan::of(&Life { scale: 0.01, ..Life::default() }).unwrap();
        let dialect = Dialect { language: Language::English, zone: "UTC", offset_s: 0, narrow_space: false };
        for stream in [Stream::Search, Stream::Watch, Stream::Listen, Stream::App, Stream::Maps] {
            for event in plan.events(stream, plan.first_day..plan.end_day) {
                let record = record::record(&plan, stream, event);
                let (mut json, mut html) = (String::new(), String::new());
                push_record_json(&mut json, &record);
                push_record_html(&mut html, &record, dialect, None);
                let value: serde_json::Value = serde_json::from_str(&json).unwrap();
                assert_eq!(value["titleUrl"].as_str(), record.url.as_deref());
                let mut date = String::new();
                push_human(&mut date, record.time_ms, dialect);
                assert!(html.contains(&format!("<br>{date}<br>")));
            }
        }
    }
}
