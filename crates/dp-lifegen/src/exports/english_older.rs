//! The older English export: HTML activity, CSV playlists with two tables, millisecond timestamps.

use super::Job;
use crate::LifegenError;
use crate::answers::ExportAnswer;
use crate::google::activity_file::Flaw;
use crate::google::location::{self, Generation};
use crate::google::mail::{self, Labels};
use crate::google::moment::{Dialect, Language};
use crate::google::record::SMALL_PRODUCTS;
use crate::google::{activity_file, calendar, chrome, contacts, keep, maps, odds, tasks, youtube};
use crate::plan::Stream;
use crate::truth::Truth;

/// The zone when the export was made, written behind every time.
const SUMMER: Dialect =
    Dialect { language: Language::English, zone: "CEST", offset_s: 7200, narrow_space: false };
/// Products that still wrote UTC.
const UTC: Dialect = Dialect { language: Language::English, zone: "UTC", offset_s: 0, narrow_space: false };

const PRODUCTS: &[(&str, &str)] = &[
    ("MY_ACTIVITY", "My Activity"),
    ("YOUTUBE", "YouTube and YouTube Music"),
    ("CHROME", "Chrome"),
    ("LOCATION_HISTORY", "Location History"),
    ("KEEP", "Keep"),
];

/// Writes the export in two parts.
pub(crate) fn write(job: &Job<'_>) -> Result<(ExportAnswer, Truth), LifegenError> {
    let plan = job.plan;
    let cut = plan.first_cut;
    let days = plan.first_day..cut;
    let mut export = job.export(cut, "081500");
    export.begin_part("-001.zip")?;
    odds::write_report(&mut export, "archive_browser.html", "Apr 2, 2021, 1:15:00 AM PDT", PRODUCTS)?;
    odds::write_ignored(
        &mut export,
        "Chrome/Chrome Readme.txt",
        "readme",
        "What the files in this folder are.\n",
    )?;
    let history = "YouTube and YouTube Music/history";
    job.html(
        &mut export,
        "My Activity/Search/MyActivity.html",
        SUMMER,
        Flaw::BrokenRecord,
        &[Stream::Search],
        days.clone(),
    )?;
    job.html(
        &mut export,
        &format!("{history}/watch-history.html"),
        SUMMER,
        Flaw::None,
        &[Stream::Watch, Stream::Listen],
        days.clone(),
    )?;
    job.html(
        &mut export,
        &format!("{history}/search-history.html"),
        SUMMER,
        Flaw::None,
        &[Stream::TubeSearch],
        days.clone(),
    )?;
    job.html(
        &mut export,
        "My Activity/Chrome/MyActivity.html",
        UTC,
        Flaw::None,
        &[Stream::Visited],
        days.clone(),
    )?;
    job.html(
        &mut export,
        "My Activity/Android/MyActivity.html",
        UTC,
        Flaw::None,
        &[Stream::App],
        days.clone(),
    )?;
    job.html(
        &mut export,
        "My Activity/Maps/MyActivity.html",
        UTC,
        Flaw::None,
        &[Stream::Maps],
        days.clone(),
    )?;
    for (number, (name, _)) in SMALL_PRODUCTS.iter().enumerate() {
        export.entry(
            &format!("My Activity/{name}/MyActivity.html"),
            "activity, HTML, zone CEST",
            |out, found| {
                let mut selection = activity_file::Selection::of(&[Stream::Other], days.clone());
                selection.small_product = Some(number);
                activity_file::write_html(plan, &selection, SUMMER, Flaw::None, out, found)
            },
        )?;
    }
    write_youtube_lists(job, &mut export)?;
    export.begin_part("-002.zip")?;
    // The same bytes lie in both parts.
    odds::write_ignored(
        &mut export,
        "Chrome/Chrome Readme.txt",
        "readme",
        "What the files in this folder are.\n",
    )?;
    let [pages, ..] = plan.page_windows();
    export.entry("Chrome/BrowserHistory.json", "browser history, older name", |out, found| {
        chrome::write_history(plan, pages, out, found)
    })?;
    export.entry("Chrome/Bookmarks.html", "bookmarks", |out, found| {
        chrome::write_bookmarks(plan, cut, out, found)
    })?;
    export.entry(
        "Location History/Location History.json",
        "raw locations with timestampMs",
        |out, found| location::write_records(plan, days.clone(), Generation::Milliseconds, out, found),
    )?;
    job.months(&mut export, "Location History", days.clone(), Generation::Milliseconds)?;
    export.entry("Mail/All mail Including Spam and Trash.mbox", "mail", |out, found| {
        mail::write_mbox(plan, days.clone(), Labels::EnglishUnread, out, found)
    })?;
    keep::write_notes(&mut export, plan, "Keep", cut, false)?;
    export.entry("Calendar/mira.solberg@example.org.ics", "calendar", |out, found| {
        calendar::write_calendar(plan, cut, false, out, found)
    })?;
    write_people_and_places(job, &mut export, cut)?;
    odds::write_english(&mut export)?;
    export.finish()
}

fn write_youtube_lists(job: &Job<'_>, export: &mut crate::archive::Export<'_>) -> Result<(), LifegenError> {
    let plan = job.plan;
    let folder = "YouTube and YouTube Music";
    export.entry(&format!("{folder}/subscriptions/subscriptions.csv"), "subscriptions", |out, found| {
        out.write_all(
            youtube::subscriptions(plan, "Channel Id,Channel Url,Channel Title", 0.7, found).as_bytes(),
        )
    })?;
    for (number, (title, _)) in youtube::PLAYLISTS.iter().enumerate() {
        export.entry(&format!("{folder}/playlists/{title}.csv"), "playlist, two tables", |out, found| {
            out.write_all(youtube::old_playlist(plan, number, found).as_bytes())
        })?;
    }
    export.entry(&format!("{folder}/my-comments/my-comments.html"), "comments, HTML", |out, found| {
        youtube::write_comments_html(plan, plan.first_day..plan.first_cut, out, found)
    })
}

fn write_people_and_places(
    job: &Job<'_>,
    export: &mut crate::archive::Export<'_>,
    cut: i32,
) -> Result<(), LifegenError> {
    let plan = job.plan;
    for (name, only_own) in [("All Contacts", false), ("My Contacts", true)] {
        export.entry(&format!("Contacts/{name}/{name}.vcf"), "contacts", |out, found| {
            out.write_all(contacts::cards(plan, only_own, found).as_bytes())
        })?;
    }
    export.entry("Tasks/Tasks.json", "tasks", |out, found| {
        out.write_all(tasks::tasks(plan, cut, false, found).as_bytes())
    })?;
    export.entry("Maps (your places)/Saved Places.json", "saved places, old form", |out, found| {
        out.write_all(maps::saved_places(plan, true, found).as_bytes())
    })
}
