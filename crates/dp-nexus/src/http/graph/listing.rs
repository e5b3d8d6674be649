//! Lists that are read a page at a time: what was read comes in, nodes and where the next ones begin go out.

use super::{document::DocumentNode, time::DayNode};
use crate::http::{
    answer::Part,
    routes::conversations::ConversationView,
    shapes::{EntryReportView, PersonView},
};
use async_graphql::{OutputType, SimpleObject};

/// Where a page ends.
#[derive(Debug, SimpleObject)]
pub(super) struct PageInfo {
    /// Whether there are more.
    has_next_page: bool,
    /// `after` of the next page; null if this is the last.
    end_cursor: Option<String>,
}

/// Some items and where the next ones begin.
#[derive(Debug, SimpleObject)]
#[graphql(concrete(name = "DocumentConnection", params(DocumentNode)))]
#[graphql(concrete(name = "DayConnection", params(DayNode)))]
#[graphql(concrete(name = "PersonConnection", params(PersonView)))]
#[graphql(concrete(name = "ConversationConnection", params(ConversationView)))]
#[graphql(concrete(name = "EntryReportConnection", params(EntryReportView)))]
pub(super) struct Connection<T: OutputType> {
    /// The items.
    nodes: Vec<T>,
    /// Where the page ends.
    page_info: PageInfo,
}

impl<T: OutputType> Connection<T> {
    /// A page of what was read.
    pub(super) fn of<S>(part: Part<S>, node: impl FnMut(S) -> T) -> Self {
        Self {
            nodes: part.items.into_iter().map(node).collect(),
            page_info: PageInfo { has_next_page: part.next.is_some(), end_cursor: part.next },
        }
    }
}

/// A number of items that may be asked for; how many there may be is checked where they are read.
pub(super) fn count(number: i32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
