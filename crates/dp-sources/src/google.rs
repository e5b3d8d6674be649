//! Google Takeout: what each file of an export is, and the parsers of its products.

mod activity;
mod calendar;
mod chrome;
mod contacts;
pub mod dates;
mod keep;
mod location;
mod mail;
mod maps;
mod people;
mod recognise;
mod report;
mod tasks;
mod youtube;
mod zoned;

pub(crate) use recognise::recognise;

use crate::Parser;

/// Every parser of this provider, in the order in which they are asked.
pub static PARSERS: &[&dyn Parser] = &[
    &report::Report,
    &activity::ActivityJson,
    &activity::ActivityHtml,
    &youtube::ApiDump,
    &youtube::Tables,
    &youtube::CommentPages,
    &mail::Mbox,
    &keep::KeepJson,
    &keep::KeepHtml,
    &calendar::Calendar,
    &contacts::VCards,
    &contacts::ContactsCsv,
    &tasks::Tasks,
    &location::Records,
    &location::SemanticMonth,
    &location::AndroidTimeline,
    &location::IosTimeline,
    &location::LocationSettings,
    &chrome::History,
    &chrome::Bookmarks,
    &chrome::ChromeSettings,
    &maps::Places,
    // Told by the order of columns, so it is asked after those that know their headings.
    &maps::SavedList,
];
