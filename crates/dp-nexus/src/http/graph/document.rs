//! Documents of the graph: what one holds, what the user added, and what is near it in meaning and in time.

use super::{
    bounds::{ASKING, READING, each},
    listing::{Connection, count},
    scalars::{HasWord, KindWord, Long},
    vault::{Whole, ask, asking, or_null, shaped},
};
use crate::http::{
    answer::Part,
    asked::within,
    problem::Problem,
    routes::documents::{HiddenWord, OrderWord, Parameters, filter, no_such},
    shapes::{AnnotationsView, MediaView, MentionView, PlaceView, ProvenanceView},
    words::{FirstDay, LastDay},
};
use async_graphql::{Context, ID, InputObject, Json, Object, Result, SimpleObject};
use dp_lake::{Cursor, Filter, RevisionedDocument, days_of_text, text_of_moment};
use dp_model::{Content, Document, DocumentId, Moment, Revision};
use futures::executor::block_on;
use serde_json::Value;
use std::sync::Arc;

/// Hours in a year.
const HOURS_MAX: usize = 8_760;

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

/// The document of an id or the first digits of one.
pub(super) async fn found(context: &Context<'_>, id: &ID) -> Result<DocumentNode> {
    let id = match id.parse::<DocumentId>() {
        Ok(id) => id,
        Err(_) => {
            let digits = id.to_string();
            ask(context, move |engine| Ok(block_on(engine.find(&digits))?)).await?
        }
    };
    let found = asking(context)?.load_one(id).await?;
    Ok(DocumentNode(found.ok_or_else(|| no_such(&id))?))
}

/// A point in time as a record gives it.
#[derive(Debug)]
pub(super) struct MomentNode(Moment);

#[Object(name = "Moment")]
impl MomentNode {
    /// ISO 8601, as exactly as it is known.
    async fn text(&self) -> String {
        text_of_moment(&self.0)
    }

    /// Microseconds since 1970-01-01T00:00:00Z; before that, negative.
    async fn utc_us(&self) -> Long {
        Long(self.0.utc_us)
    }

    /// Seconds east of UTC on the local clock, if the record says.
    async fn offset_s(&self) -> Option<i32> {
        self.0.offset_s
    }

    /// IANA zone name, if the record says.
    async fn zone(&self) -> Option<String> {
        self.0.zone.as_ref().map(ToString::to_string)
    }

    /// How exactly it is known: `year`, `month`, `day`, `minute`, `second`, `millisecond` or `microsecond`.
    async fn precision(&self) -> Result<String> {
        Ok(shaped(&self.0.precision)?)
    }

    /// `instant`, or `wall`: a wall clock whose zone nobody wrote down, written as if it were UTC.
    async fn clock(&self) -> Result<String> {
        Ok(shaped(&self.0.clock)?)
    }
}

/// One dated thing of a life.
#[derive(Debug, Clone)]
pub(super) struct DocumentNode(pub(super) Arc<Document>);

impl DocumentNode {
    pub(super) fn of(document: Document) -> Self {
        Self(Arc::new(document))
    }

    async fn whole(&self, context: &Context<'_>) -> Result<Arc<RevisionedDocument>> {
        let whole = asking(context)?.load_one(Whole(self.0.id)).await?;
        Ok(whole.ok_or_else(|| no_such(&self.0.id))?)
    }
}

#[Object(name = "Document")]
impl DocumentNode {
    /// Its id: 32 hexadecimal digits.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Where the data came from, dotted: `google.youtube`.
    async fn source(&self) -> &str {
        &self.0.content.source
    }

    /// What it is.
    async fn kind(&self) -> KindWord {
        self.0.content.kind.into()
    }

    /// One line that names it.
    async fn title(&self) -> &str {
        &self.0.content.title
    }

    /// What it says, in plain text.
    async fn text(&self) -> &str {
        &self.0.content.text
    }

    /// When it happened or began; null if it is undated.
    async fn time(&self) -> Option<MomentNode> {
        self.0.content.time.clone().map(MomentNode)
    }

    /// When it ended, exclusive.
    async fn end(&self) -> Option<MomentNode> {
        self.0.content.end.clone().map(MomentNode)
    }

    /// Where it happened.
    async fn place(&self) -> Result<Option<PlaceView>> {
        Ok(shaped(&self.0.content.place)?)
    }

    /// Who appears in it.
    async fn people(&self) -> Result<Vec<MentionView>> {
        Ok(shaped(&self.0.content.people)?)
    }

    /// What it points at.
    async fn url(&self) -> Option<&str> {
        self.0.content.url.as_deref()
    }

    /// Files that belong to it.
    async fn media(&self) -> Result<Vec<MediaView>> {
        Ok(shaped(&self.0.content.media)?)
    }

    /// Labels, folders, lists or albums it is in.
    async fn labels(&self) -> Vec<String> {
        self.0.content.labels.iter().map(ToString::to_string).collect()
    }

    /// Whatever else the record holds.
    async fn metadata(&self) -> Result<Json<Value>> {
        Ok(Json(shaped(&self.0.content.metadata)?))
    }

    /// When the record itself was last changed, microseconds since 1970 UTC, if it says so.
    async fn modified_us(&self) -> Option<Long> {
        self.0.content.modified_us.map(Long)
    }

    /// Where this version was read.
    async fn provenance(&self) -> Result<ProvenanceView> {
        Ok(shaped(&self.0.provenance)?)
    }

    /// What the user added.
    #[graphql(complexity = "READING + child_complexity")]
    async fn annotations(&self, context: &Context<'_>) -> Option<Result<AnnotationsView>> {
        or_null(async {
            let whole = self.whole(context).await?;
            Ok(Some(shaped(&whole.annotations)?))
        })
        .await
    }

    /// Other versions, newest first.
    #[graphql(complexity = "READING + 2 * child_complexity")]
    async fn revisions(&self, context: &Context<'_>) -> Option<Result<Vec<RevisionNode>>> {
        or_null(async {
            let whole = self.whole(context).await?;
            Ok(Some(whole.revisions.iter().cloned().map(RevisionNode).collect()))
        })
        .await
    }

    /// Documents whose meaning is near that of this one, nearest first. At most 100.
    #[graphql(complexity = "ASKING + each(limit, child_complexity)")]
    async fn similar(
        &self,
        context: &Context<'_>,
        #[graphql(default = 10)] limit: i32,
    ) -> Option<Result<Vec<Similar>>> {
        or_null(async {
            let limit = within("limit", count(limit), 1..=100)?;
            let id = self.0.id;
            let similar = ask(context, move |engine| Ok(block_on(engine.similar(id, limit))?)).await?;
            let similar = similar
                .into_iter()
                .map(|one| Similar { similarity: one.similarity, document: DocumentNode::of(one.document) });
            Ok(Some(similar.collect()))
        })
        .await
    }

    /// What other sources have of the same hours: so many before and after it, and at most 500 documents.
    #[graphql(complexity = "ASKING + each(limit, child_complexity)")]
    async fn around(
        &self,
        context: &Context<'_>,
        #[graphql(default = 3)] hours: i32,
        #[graphql(default = 20)] limit: i32,
    ) -> Option<Result<Around>> {
        or_null(async {
            let hours = within("hours", count(hours), 1..=HOURS_MAX)? as u32;
            let limit = within("limit", count(limit), 1..=500)?;
            let id = self.0.id;
            let around = ask(context, move |engine| Ok(block_on(engine.around(id, hours, limit))?)).await?;
            let others = around.others.into_iter().map(DocumentNode::of).collect();
            Ok(Some(Around { others, has_more: around.has_more }))
        })
        .await
    }
}

/// A document that is like another.
#[derive(Debug, SimpleObject)]
#[graphql(name = "SimilarDocument")]
pub(super) struct Similar {
    /// Cosine of its nearest passage with the nearest of the other's.
    similarity: f32,
    /// The document.
    document: DocumentNode,
}

/// What happened around a document.
#[derive(Debug, SimpleObject)]
pub(super) struct Around {
    /// Documents of other sources of the same hours, in order of time.
    others: Vec<DocumentNode>,
    /// Whether there are more than were asked for.
    has_more: bool,
}

/// An older version of a document.
#[derive(Debug)]
pub(super) struct RevisionNode(Revision);

impl RevisionNode {
    fn content(&self) -> &Content {
        &self.0.content
    }
}

#[Object(name = "Revision")]
impl RevisionNode {
    /// Where it was read.
    async fn provenance(&self) -> Result<ProvenanceView> {
        Ok(shaped(&self.0.provenance)?)
    }

    /// One line that named it.
    async fn title(&self) -> &str {
        &self.content().title
    }

    /// What it said, in plain text.
    async fn text(&self) -> &str {
        &self.content().text
    }

    /// When it happened or began.
    async fn time(&self) -> Option<MomentNode> {
        self.content().time.clone().map(MomentNode)
    }

    /// When the record itself was last changed, microseconds since 1970 UTC, if it says so.
    async fn modified_us(&self) -> Option<Long> {
        self.content().modified_us.map(Long)
    }
}
