//! One record of activity as it stands in the file, the same for both forms.

use dp_model::{Metadata, Moment};
use smallvec::SmallVec;
use std::borrow::Cow;

/// A name with what it links to.
#[derive(Debug, Default)]
pub(super) struct Link<'a> {
    pub(super) name: Option<Cow<'a, str>>,
    pub(super) url: Option<Cow<'a, str>>,
}

impl Link<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.name.is_none() && self.url.is_none()
    }
}

/// Links; most records have one or none.
pub(super) type Links<'a> = SmallVec<[Link<'a>; 1]>;

/// Where the record was made, roughly.
#[derive(Debug, Default)]
pub(super) struct Area<'a> {
    pub(super) name: Option<Cow<'a, str>>,
    pub(super) url: Option<Cow<'a, str>>,
    pub(super) source: Option<Cow<'a, str>>,
}

/// When the record was made.
#[derive(Debug, Default)]
pub(super) enum When<'a> {
    /// The record does not say.
    #[default]
    Missing,
    /// At this moment.
    At(Moment),
    /// At this moment, if the zone was guessed right; with the text it was read from.
    Guessed(Moment, Cow<'a, str>),
    /// The text could not be read as a date.
    Unreadable(Cow<'a, str>),
}

/// One record.
#[derive(Debug, Default)]
pub(super) struct Record<'a> {
    pub(super) header: Option<Cow<'a, str>>,
    /// What stands before the object, where the form itself separates them.
    pub(super) verb: Cow<'a, str>,
    /// The object, or the whole title where nothing separates it.
    pub(super) title: Cow<'a, str>,
    /// What stands after the object.
    pub(super) suffix: Cow<'a, str>,
    /// Whether verb, object and suffix are told apart.
    pub(super) separated: bool,
    pub(super) url: Option<Cow<'a, str>>,
    pub(super) subtitles: Links<'a>,
    pub(super) description: Option<Cow<'a, str>>,
    pub(super) when: When<'a>,
    pub(super) products: SmallVec<[Cow<'a, str>; 1]>,
    pub(super) details: Links<'a>,
    pub(super) areas: SmallVec<[Area<'a>; 1]>,
    pub(super) controls: SmallVec<[Cow<'a, str>; 1]>,
    /// Names of files beside the record.
    pub(super) files: SmallVec<[Cow<'a, str>; 1]>,
    /// Answers of an assistant, as text.
    pub(super) answers: Vec<String>,
    /// Fields that have no place here.
    pub(super) metadata: Metadata,
}
