//! The newer English export: JSON activity, new CSV lists, ISO times, three parts and a report archive.
//! It overlaps the older ones; some notes, tasks and events were changed in between.

use super::Job;
use crate::LifegenError;
use crate::answers::ExportAnswer;
use crate::archive::Export;
use crate::google::activity_file::{self, Flaw};
use crate::google::location::{self, Generation};
use crate::google::mail::{self, Labels};
use crate::google::record::SMALL_PRODUCTS;
use crate::google::{calendar, chrome, contacts, keep, maps, odds, tasks, youtube};
use crate::plan::Stream;
use crate::truth::Truth;
use dp_model::{EntryStatus, Kind};

const PRODUCTS: &[(&str, &str)] = &[
    ("MY_ACTIVITY", "My Activity"),
    ("YOUTUBE", "YouTube and YouTube Music"),
    ("CHROME", "Chrome"),
    ("LOCATION_HISTORY", "Location History (Timeline)"),
    ("KEEP", "Keep"),
];

/// Writes the export in three parts and a report archive.
pub(crate) fn write(job: &Job<'_>) -> Result<(ExportAnswer, Truth), LifegenError> {
    let plan = job.plan;
    let mut export = job.export(plan.end_day, "101500");
    export.begin_part("-001.zip")?;
    odds::write_report(&mut export, "archive_browser.html", "Sep 21, 2025, 3:15:00 AM PDT", PRODUCTS)?;
    export.begin_part("-3-001.zip")?;
    write_activity(job, &mut export)?;
    export.begin_part("-3-002.zip")?;
    write_youtube_lists(job, &mut export)?;
    write_chrome_and_location(job, &mut export)?;
    export.begin_part("-3-003.zip")?;
    write_personal(job, &mut export)?;
    odds::write_english(&mut export)?;
    export.finish()
}

fn write_activity(job: &Job<'_>, export: &mut Export<'_>) -> Result<(), LifegenError> {
    let plan = job.plan;
    // The older export ended at the first cut; this one reaches back over it.
    let back = |days: i32| (plan.first_cut - plan.stretch(days)).max(plan.first_day)..plan.end_day;
    let history = "YouTube and YouTube Music/history";
    job.json(export, "My Activity/Search/MyActivity.json", Flaw::BrokenRecord, &[Stream::Search], back(500))?;
    job.json(
        export,
        &format!("{history}/watch-history.json"),
        Flaw::None,
        &[Stream::Watch, Stream::Listen],
        back(500),
    )?;
    job.json(
        export,
        &format!("{history}/search-history.json"),
        Flaw::None,
        &[Stream::TubeSearch],
        back(500),
    )?;
    // My Activity repeats the YouTube history of the last years.
    let youtube = [Stream::Watch, Stream::Listen, Stream::TubeSearch];
    job.json(
        export,
        "My Activity/YouTube/MyActivity.json",
        Flaw::None,
        &youtube,
        job.last_days(plan.end_day, 540),
    )?;
    job.json(export, "My Activity/Chrome/MyActivity.json", Flaw::None, &[Stream::Visited], back(60))?;
    job.json(export, "My Activity/Android/MyActivity.json", Flaw::None, &[Stream::App], back(60))?;
    job.json(export, "My Activity/Maps/MyActivity.json", Flaw::None, &[Stream::Maps], back(60))?;
    for (number, (name, _)) in SMALL_PRODUCTS.iter().enumerate() {
        let flaw = if *name == "Discover" { Flaw::CutOff } else { Flaw::None };
        export.entry(&format!("My Activity/{name}/MyActivity.json"), "activity, JSON", |out, found| {
            let mut selection = activity_file::Selection::of(&[Stream::Other], back(60));
            selection.small_product = Some(number);
            activity_file::write_json(plan, &selection, flaw, out, found)
        })?;
    }
    Ok(())
}

fn write_youtube_lists(job: &Job<'_>, export: &mut Export<'_>) -> Result<(), LifegenError> {
    let plan = job.plan;
    let folder = "YouTube and YouTube Music";
    let days = plan.first_day..plan.end_day;
    export.entry(&format!("{folder}/subscriptions/subscriptions.csv"), "subscriptions", |out, found| {
        out.write_all(
            youtube::subscriptions(plan, "Channel Id,Channel Url,Channel Title", 1.0, found).as_bytes(),
        )
    })?;
    export.entry(&format!("{folder}/playlists/playlists.csv"), "playlists", |out, found| {
        out.write_all(youtube::playlists(plan, found).as_bytes())
    })?;
    for (number, (title, _)) in youtube::PLAYLISTS.iter().enumerate() {
        let path = format!("{folder}/playlists/{title}-videos.csv");
        export.entry(&path, "videos of a playlist", |out, found| {
            out.write_all(youtube::playlist_videos(plan, number, found).as_bytes())
        })?;
    }
    export.entry(&format!("{folder}/comments/comments.csv"), "comments, CSV since 2024", |out, found| {
        youtube::write_comments_csv(plan, days.clone(), out, found)
    })?;
    export.entry(&format!("{folder}/live chats/live chats.csv"), "live chats", |out, found| {
        youtube::write_chats(plan, days, out, found)
    })
}

fn write_chrome_and_location(job: &Job<'_>, export: &mut Export<'_>) -> Result<(), LifegenError> {
    let plan = job.plan;
    let [.., pages] = plan.page_windows();
    export.entry("Chrome/History.json", "browser history", |out, found| {
        chrome::write_history(plan, pages, out, found)
    })?;
    export.entry("Chrome/Bookmarks.html", "bookmarks", |out, found| {
        chrome::write_bookmarks(plan, plan.end_day, out, found)
    })?;
    export.entry("Chrome/ReadingList.html", "reading list", |out, found| {
        chrome::write_reading_list(plan, out, found)
    })?;
    let folder = "Location History (Timeline)";
    let days = (plan.first_cut - plan.stretch(400)).max(plan.first_day)..plan.timeline_moved();
    export.entry(&format!("{folder}/Records.json"), "raw locations with ISO times", |out, found| {
        location::write_records(plan, days.clone(), Generation::Iso, out, found)
    })?;
    job.months(export, folder, days, Generation::Iso)?;
    export.small(
        &format!("{folder}/Settings.json"),
        "devices",
        location::settings(plan).as_bytes(),
        |found| {
            found.status(EntryStatus::Ignored, &[EntryStatus::Parsed]);
            found.maybe_document(&[("google.location", Kind::File)]);
        },
    )?;
    let (edits, positions) = location::timeline_edits(plan);
    export.small(&format!("{folder}/Timeline Edits.json"), "log of edits", edits.as_bytes(), |found| {
        found.status(EntryStatus::Ignored, &[EntryStatus::Parsed]);
        found.maybe_samples(positions);
    })?;
    let placeholder = "You have encrypted Timeline backups stored on Google servers. To export your Timeline data, export it on your phone.\n";
    export.small("Timeline/Encrypted Backups.txt", "placeholder", placeholder.as_bytes(), |found| {
        found.status(EntryStatus::Ignored, &[EntryStatus::Parsed, EntryStatus::Partial]);
    })
}

fn write_personal(job: &Job<'_>, export: &mut Export<'_>) -> Result<(), LifegenError> {
    let plan = job.plan;
    let end = plan.end_day;
    export.entry("Mail/All mail Including Spam and Trash.mbox", "mail", |out, found| {
        mail::write_mbox(plan, plan.first_day..end, Labels::EnglishOpened, out, found)
    })?;
    keep::write_notes(export, plan, "Keep", end, true)?;
    for path in ["Calendar/mira.solberg@example.org.ics", "Calendar/mira.solberg@example.org(1).ics"] {
        export.entry(path, "calendar", |out, found| calendar::write_calendar(plan, end, true, out, found))?;
    }
    export.entry("Calendar/Holidays in Switzerland.ics", "generated calendar", |out, found| {
        out.write_all(calendar::holidays(plan, found).as_bytes())
    })?;
    for (name, only_own) in [("All Contacts", false), ("My Contacts", true)] {
        export.entry(&format!("Contacts/{name}/{name}.vcf"), "contacts", |out, found| {
            out.write_all(contacts::cards(plan, only_own, found).as_bytes())
        })?;
    }
    export.entry("Tasks/Tasks.json", "tasks", |out, found| {
        out.write_all(tasks::tasks(plan, end, true, found).as_bytes())
    })?;
    export.entry("Maps (your places)/Saved Places.json", "saved places, new form", |out, found| {
        out.write_all(maps::saved_places(plan, false, found).as_bytes())
    })?;
    export.entry("Maps (your places)/Reviews.json", "reviews", |out, found| {
        out.write_all(maps::reviews(plan, found).as_bytes())
    })?;
    export.entry("Maps/My labeled places/Labeled places.json", "labelled places", |out, found| {
        out.write_all(maps::labelled(plan, found).as_bytes())
    })?;
    for (number, name) in ["Rainy days", "Want to go", "Favorite places"].iter().enumerate() {
        export.entry(&format!("Saved/{name}.csv"), "list of places", |out, found| {
            out.write_all(maps::list(plan, number, found).as_bytes())
        })?;
    }
    Ok(())
}
