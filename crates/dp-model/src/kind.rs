//! What a document is: a closed set, the same words from the store to the screen.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $code:literal $name:literal),+ $(,)?) => {
        /// What a document is. Codes are stored, so they are never reused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[repr(u8)]
        pub enum Kind { $($(#[$doc])* $variant = $code),+ }

        impl Kind {
            /// Every kind, in order of code.
            pub const ALL: &[Kind] = &[$(Kind::$variant),+];

            /// The word used in queries, in the store and on screen.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Kind::$variant => $name),+ }
            }

            /// The kind with this code, if there is one.
            #[must_use]
            pub const fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Kind::$variant),)+ _ => None }
            }
        }

        impl FromStr for Kind {
            type Err = UnknownKind;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text { $($name => Ok(Kind::$variant),)+ _ => Err(UnknownKind(text.to_owned())) }
            }
        }
    };
}

kinds! {
    /// A chat or text message, or one message of a live chat.
    Message = 1 "message",
    /// A mail.
    Email = 2 "email",
    /// A note the person wrote.
    Note = 3 "note",
    /// A stay at a place.
    Visit = 4 "visit",
    /// A movement between places.
    Trip = 5 "trip",
    /// A video that was opened.
    Watch = 6 "watch",
    /// Music or a podcast that was played.
    Listen = 7 "listen",
    /// A search that was made.
    Search = 8 "search",
    /// A page that was opened.
    Browse = 9 "browse",
    /// A picture.
    Photo = 10 "photo",
    /// A video the person made or keeps.
    Video = 11 "video",
    /// A calendar event.
    Event = 12 "event",
    /// A thing to do.
    Task = 13 "task",
    /// Something saved for later: a page, a place, a video in a playlist.
    Bookmark = 14 "bookmark",
    /// Something bought.
    Purchase = 15 "purchase",
    /// An app that was installed.
    Install = 16 "install",
    /// A rating or review the person gave.
    Review = 17 "review",
    /// A post the person published or opened.
    Post = 18 "post",
    /// A comment the person wrote.
    Comment = 19 "comment",
    /// A sport session.
    Workout = 20 "workout",
    /// A night's or a nap's sleep.
    Sleep = 21 "sleep",
    /// A sign-in to an account.
    Login = 22 "login",
    /// A file kept whole because nothing more is known of it.
    File = 23 "file",
    /// A card of an address book.
    Contact = 24 "contact",
    /// A channel or feed the person follows.
    Subscription = 25 "subscription",
    /// A list the person keeps.
    Playlist = 26 "playlist",
    /// Any other use of an app or service.
    Activity = 27 "activity",
    /// One turn of a conversation with an assistant.
    Conversation = 28 "conversation",
}

/// A word that is not a kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a kind of document")]
pub struct UnknownKind(pub String);

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_codes_lead_back_to_the_kind() {
        for &kind in Kind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(Kind::from_code(kind as u8), Some(kind));
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("{:?}", kind.as_str()));
        }
    }
}
