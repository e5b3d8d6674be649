//! Which documents are meant, with the names that the parameters of the listing have, and pages of them.

use super::{
    document::DocumentNode,
    listing::{Connection, count},
    scalars::{HasWord, KindWord},
    vault::ask,
};
use crate::http::{
    answer::Part,
    asked::within,
    problem::Problem,
    routes::documents::{HiddenWord, OrderWord, Parameters, filter},
    words::{FirstDay, LastDay},
};
use async_graphql::{Context, InputObject, Result};
use dp_lake::{Cursor, Filter, days_of_text};
use futures::executor::block_on;

/// Which documents are listed. What is given several times has to be any of these for sources and kinds, and all of
/// them else.
#[derive(Debug, Default, InputObject)]
pub(super) struct DocumentFilter {
    /// Only these sources and those below them; `google` means `google.youtube` too.
    #[graphql(default)]
    source: Vec<String>,
    /// Only these kinds.
    #[graphql(default)]
    kind: Vec<KindWord>,
    /// First day: `2019`, `2019-06` or `2019-06-14`.
    from: Option<String>,
    /// Last day, included.
    to: Option<String>,
    /// Only in these labels, folders, lists or albums.
    #[graphql(default)]
    label: Vec<String>,
    /// Only with these tags.
    #[graphql(default)]
    tag: Vec<String>,
    /// Only with these things.
    #[graphql(default)]
    has: Vec<HasWord>,
    /// Only with people of these names or addresses.
    #[graphql(default)]
    person: Vec<String>,
    /// Only around this point: degrees north and east, as `38.72,-9.14`.
    near: Option<String>,
    /// How far around it, metres.
    within_m: Option<u32>,
    /// Documents that were hidden: leave them out, as if nothing is said, treat them as others, or only them.
    hidden: Option<HiddenWord>,
}

/// The days of a text as a parameter of this name.
pub(super) fn days(name: &str, text: Option<&str>) -> Result<Option<(FirstDay, LastDay)>, Problem> {
    let days = text.map(days_of_text).transpose();
    let days = days.map_err(|wrong| Problem::parameter(name, format!("{name}: {wrong}")))?;
    Ok(days.map(|(first, last)| (FirstDay(first), LastDay(last))))
}

impl DocumentFilter {
    /// Those of a day, hidden or not, as the day counts them.
    pub(super) fn of_day(date: String) -> Self {
        Self {
            from: Some(date.clone()),
            to: Some(date),
            hidden: Some(HiddenWord::Include),
            ..Self::default()
        }
    }

    /// The filter, as the same parameters of the listing give it.
    pub(super) fn read(self) -> Result<Filter, Problem> {
        let radius = self.within_m.map_or(Ok(1), |metres| within("withinM", metres as usize, 1..=20_100_000));
        radius?;
        filter(Parameters {
            source: self.source,
            kind: self.kind.into_iter().map(Into::into).collect(),
            from: days("from", self.from.as_deref())?.map(|(first, _)| first),
            to: days("to", self.to.as_deref())?.map(|(_, last)| last),
            label: self.label,
            tag: self.tag,
            has: self.has.into_iter().map(Into::into).collect(),
            person: self.person,
            near: self.near,
            within_m: self.within_m,
            hidden: self.hidden.map(Into::into).unwrap_or_default(),
            order: OrderWord::NewestFirst.into(),
            limit: 0,
            cursor: None,
        })
    }
}

/// A page of documents.
pub(super) async fn listed(
    context: &Context<'_>,
    filter: Filter,
    order: OrderWord,
    first: i32,
    after: Option<String>,
) -> Result<Connection<DocumentNode>> {
    let first = within("first", count(first), 1..=500)?;
    let after = after.map(Cursor);
    let question = ask(context, move |engine| {
        let documents = engine.vault().documents();
        Ok(block_on(documents.list(&filter, order.into(), after.as_ref(), first))?)
    });
    let page = question.await?;
    let part = Part { items: page.items, next: page.next.map(|Cursor(text)| text) };
    Ok(Connection::of(part, DocumentNode::of))
}
