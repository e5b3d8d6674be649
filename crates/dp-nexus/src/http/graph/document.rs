//! Documents of the graph: what one holds, what the user added, and what is near it in meaning and in time.

use super::{
    bounds::{ASKING, LONG, READING, each},
    listing::count,
    scalars::{KindWord, Long},
    vault::{Whole, ask, asking, or_null, shaped},
};
use crate::http::{
    asked::within,
    own,
    routes::{
        annotations,
        documents::{NEIGHBOURS_MAX, no_such},
    },
    shapes::{AnnotationsView, MediaView, MentionView, PlaceView, ProvenanceView},
};
use async_graphql::{Context, ID, Json, Object, Result, SimpleObject};
use dp_cortex::engine::Neighbours;
use dp_lake::{RevisionedDocument, text_of_moment};
use dp_model::{Content, Document, DocumentId, Moment, Revision};
use futures::executor::block_on;
use serde_json::Value;
use std::sync::Arc;

/// Hours in a year.
const HOURS_MAX: usize = 8_760;

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
    #[graphql(complexity = "LONG")]
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
    #[graphql(complexity = "LONG")]
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

    /// Names this version of it with what the user added, as `ETag` does: what `ifMatch` takes.
    #[graphql(complexity = "READING")]
    async fn etag(&self, context: &Context<'_>) -> Option<Result<String>> {
        or_null(async { Ok(Some(own::tag(&*self.whole(context).await?)?)) }).await
    }

    /// Names what the user added, as `ETag` does: what `ifMatch` of `annotate` takes.
    #[graphql(complexity = "READING")]
    async fn annotations_etag(&self, context: &Context<'_>) -> Option<Result<String>> {
        or_null(async { Ok(Some(annotations::tag(&self.whole(context).await?.annotations)?)) }).await
    }

    /// What is next to it in time, so many on each side, at most 20: of all sources and of its own.
    #[graphql(complexity = "2 * ASKING + 4 * each(limit, child_complexity)")]
    async fn neighbours(
        &self,
        context: &Context<'_>,
        #[graphql(default = 1)] limit: i32,
    ) -> Option<Result<NeighboursNode>> {
        or_null(async {
            let limit = within("limit", count(limit), 1..=NEIGHBOURS_MAX)?;
            let document = Arc::clone(&self.0);
            let found =
                ask(context, move |engine| Ok(block_on(engine.neighbours(&document, limit))?)).await?;
            Ok(Some(NeighboursNode(found)))
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

/// What is next to a document in time, the nearest first.
#[derive(Debug)]
pub(super) struct NeighboursNode(Neighbours);

fn nodes(documents: &[Document]) -> Vec<DocumentNode> {
    documents.iter().cloned().map(DocumentNode::of).collect()
}

#[Object(name = "Neighbours")]
impl NeighboursNode {
    /// Before it, of all sources.
    async fn before(&self) -> Vec<DocumentNode> {
        nodes(&self.0.before)
    }

    /// After it, of all sources.
    async fn after(&self) -> Vec<DocumentNode> {
        nodes(&self.0.after)
    }

    /// Before it, of its own source.
    async fn source_before(&self) -> Vec<DocumentNode> {
        nodes(&self.0.source_before)
    }

    /// After it, of its own source.
    async fn source_after(&self) -> Vec<DocumentNode> {
        nodes(&self.0.source_after)
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
    #[graphql(complexity = "LONG")]
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
