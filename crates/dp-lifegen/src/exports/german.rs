//! The German export: the account's language was German then, so folders, verbs and dates are.

use super::Job;
use crate::LifegenError;
use crate::answers::ExportAnswer;
use crate::google::activity_file::Flaw;
use crate::google::location::{self, Generation};
use crate::google::mail::{self, Labels};
use crate::google::moment::{Dialect, Language};
use crate::google::{chrome, keep, odds, youtube};
use crate::plan::Stream;
use crate::truth::Truth;

const SUMMER: Dialect =
    Dialect { language: Language::German, zone: "MESZ", offset_s: 7200, narrow_space: false };

const PRODUCTS: &[(&str, &str)] = &[
    ("MY_ACTIVITY", "Meine Aktivitäten"),
    ("YOUTUBE", "YouTube und YouTube Music"),
    ("CHROME", "Chrome"),
    ("LOCATION_HISTORY", "Standortverlauf"),
    ("KEEP", "Google Notizen"),
];

/// Writes the export in one part.
pub(crate) fn write(job: &Job<'_>) -> Result<(ExportAnswer, Truth), LifegenError> {
    let plan = job.plan;
    let cut = plan.second_cut;
    let days = job.last_days(cut, 900);
    let mut export = job.export(cut, "120000");
    export.begin_part("-001.zip")?;
    odds::write_report(&mut export, "Archiv_Übersicht.html", "10.06.2023, 14:00:00 MESZ", PRODUCTS)?;
    let activity = |product: &str| format!("Meine Aktivitäten/{product}/MeineAktivitäten.html");
    job.html(&mut export, &activity("Google Suche"), SUMMER, Flaw::None, &[Stream::Search], days.clone())?;
    job.html(&mut export, &activity("Android"), SUMMER, Flaw::None, &[Stream::App], days.clone())?;
    job.html(&mut export, &activity("Maps"), SUMMER, Flaw::None, &[Stream::Maps], days.clone())?;
    let folder = "YouTube und YouTube Music";
    let watched = [Stream::Watch, Stream::Listen];
    job.html(
        &mut export,
        &format!("{folder}/Verlauf/Wiedergabeverlauf.html"),
        SUMMER,
        Flaw::None,
        &watched,
        days.clone(),
    )?;
    job.html(
        &mut export,
        &format!("{folder}/Verlauf/Suchverlauf.html"),
        SUMMER,
        Flaw::None,
        &[Stream::TubeSearch],
        days.clone(),
    )?;
    export.entry(&format!("{folder}/Abos/Abos.csv"), "subscriptions", |out, found| {
        out.write_all(youtube::subscriptions(plan, "Kanal-ID,Kanal-URL,Kanaltitel", 0.85, found).as_bytes())
    })?;
    let [_, pages, _] = plan.page_windows();
    export.entry("Chrome/Verlauf.json", "browser history, German name", |out, found| {
        chrome::write_history(plan, pages, out, found)
    })?;
    export.entry("Standortverlauf/Records.json", "raw locations with ISO times", |out, found| {
        location::write_records(plan, days, Generation::Iso, out, found)
    })?;
    keep::write_notes(&mut export, plan, "Google Notizen", cut, false)?;
    let mails = (plan.first_cut - plan.stretch(60)).max(plan.first_day + 1)..cut;
    let path = "Gmail/Alle E-Mails einschließlich Spam-Nachrichten und E.mbox";
    export.entry(path, "mail, German labels", |out, found| {
        mail::write_mbox(plan, mails, Labels::German, out, found)
    })?;
    odds::write_ignored(&mut export, "Google Finanzen/Watchlists/Watchlist.json", "empty product", "[]")?;
    odds::write_unknown(
        &mut export,
        "Wörterbuch der Möwen/Rufe.csv",
        "Ruf,Bedeutung\nkiau,Hunger\nga-ga,Regen im Anzug\n",
    )?;
    export.finish()
}
