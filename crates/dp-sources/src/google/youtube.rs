//! YouTube apart from its history: subscriptions, playlists, comments, live chats, songs, videos,
//! channels and posts, as CSV, as the JSON of the API and as old HTML. Headings follow the language of
//! the account, so tables are told by the form of their values.

mod api;
mod comments;
mod fragments;
mod pages;
mod tables;
mod values;

pub(super) use api::ApiDump;
pub(super) use pages::CommentPages;
pub(super) use tables::Tables;

/// The dotted source of everything here.
const SOURCE: &str = "google.youtube";

#[cfg(test)]
mod tests;
