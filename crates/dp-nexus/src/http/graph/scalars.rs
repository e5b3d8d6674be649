//! Types of the schema that the query language does not have, the words of closed lists, and the fields of
//! shapes that need such types.

use crate::http::shapes::{
    EntryReportView, FilterView, MediaView, ProvenanceView, UnderstoodView, WarningView,
};
use async_graphql::{ComplexObject, Enum, InputValueError, InputValueResult, Scalar, ScalarType, Value};

/// A whole number of up to 64 bits: a count of microseconds or bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Long(pub(super) i64);

impl Long {
    pub(super) fn of(number: u64) -> Self {
        Self(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

/// A whole number of up to 64 bits: a count of microseconds or bytes.
#[Scalar]
impl ScalarType for Long {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::Number(number) => match number.as_i64() {
                Some(number) => Ok(Self(number)),
                None => Err(InputValueError::custom("is no whole number of 64 bits")),
            },
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::from(self.0)
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident,)+) => {
        /// What a document is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
        #[graphql(remote = "dp_model::Kind", name = "Kind", rename_items = "snake_case")]
        pub(super) enum KindWord { $($(#[$doc])* $variant),+ }
    };
}

kinds! {
    /// A chat or text message, or one message of a live chat.
    Message,
    /// A mail.
    Email,
    /// A note the person wrote.
    Note,
    /// A stay at a place.
    Visit,
    /// A movement between places.
    Trip,
    /// A video that was opened.
    Watch,
    /// Music or a podcast that was played.
    Listen,
    /// A search that was made.
    Search,
    /// A page that was opened.
    Browse,
    /// A picture.
    Photo,
    /// A video the person made or keeps.
    Video,
    /// A calendar event.
    Event,
    /// A thing to do.
    Task,
    /// Something saved for later: a page, a place, a video in a playlist.
    Bookmark,
    /// Something bought.
    Purchase,
    /// An app that was installed.
    Install,
    /// A rating or review the person gave.
    Review,
    /// A post the person published or opened.
    Post,
    /// A comment the person wrote.
    Comment,
    /// A sport session.
    Workout,
    /// A night's or a nap's sleep.
    Sleep,
    /// A sign-in to an account.
    Login,
    /// A file kept whole because nothing more is known of it.
    File,
    /// A card of an address book.
    Contact,
    /// A channel or feed the person follows.
    Subscription,
    /// A list the person keeps.
    Playlist,
    /// Any other use of an app or service.
    Activity,
    /// One turn of a conversation with an assistant.
    Conversation,
}

/// Something a document can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "dp_lake::Has", name = "Has", rename_items = "snake_case")]
pub(super) enum HasWord {
    /// A file that belongs to it.
    Attachment,
    /// A known point on the map.
    Place,
    /// A link.
    Url,
    /// Someone in it.
    People,
    /// Text beyond the title.
    Text,
    /// The user's star.
    Star,
    /// A tag of the user's.
    Tag,
    /// A note of the user's.
    Note,
}

#[ComplexObject]
impl MediaView {
    /// Its decoded size in bytes, if its bytes were seen.
    async fn size_bytes(&self) -> Option<Long> {
        self.size_bytes.map(Long::of)
    }
}

#[ComplexObject]
impl ProvenanceView {
    /// Byte offset of the record in the inflated entry.
    async fn position(&self) -> Long {
        Long::of(self.position)
    }
}

#[ComplexObject]
impl FilterView {
    /// First instant, microseconds since 1970 UTC.
    async fn from_us(&self) -> Option<Long> {
        self.from_us.map(Long)
    }

    /// First instant past the range.
    async fn until_us(&self) -> Option<Long> {
        self.until_us.map(Long)
    }
}

#[ComplexObject]
impl UnderstoodView {
    /// A period that a sentence speaks of: first day and first day past it, as days since 1970-01-01.
    async fn period(&self) -> Option<Vec<i32>> {
        self.period.map(|(first, past)| vec![first, past])
    }
}

#[ComplexObject]
impl EntryReportView {
    /// Inflated size in bytes.
    async fn bytes(&self) -> Long {
        Long::of(self.bytes)
    }
}

#[ComplexObject]
impl WarningView {
    /// Byte offset in the inflated entry of the record concerned.
    async fn position(&self) -> Long {
        Long::of(self.position)
    }
}
