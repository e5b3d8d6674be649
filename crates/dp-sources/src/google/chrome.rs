//! Chrome: visited pages, bookmarks, the reading list, and the settings that are kept as text.

mod bookmarks;
mod history;
mod netscape;
mod settings;

pub(super) use bookmarks::Bookmarks;
pub(super) use history::History;
pub(super) use settings::{ChromeSettings, is_sensitive};

/// The source of everything here.
const SOURCE: &str = "google.chrome";
