//! Google Maps: saved and labelled places, reviews, and lists of saved things.

mod lists;
mod places;
mod url;

pub(super) use lists::SavedList;
pub(super) use places::Places;

/// The source of everything here.
const SOURCE: &str = "google.maps";
