//! What can be followed: jobs, imports, documents that come, and all events. The log of events is read as far as the
//! account's goes; of documents only those are told that may be seen.

use super::{
    document::DocumentNode,
    scalars::Long,
    vault::{Asking, Vault, asking},
};
use crate::http::{
    problem::{Code, Problem},
    works::{EventView, IMPORT, JobView, Works, whole},
};
use async_graphql::{Context, ID, Json, Object, Result, SimpleObject, Subscription};
use dp_model::{Document, DocumentId};
use dp_stream::{Event, Job, JobId, JobState, JobsQuery, Lagged, Subscription as Following};
use futures::{Stream, StreamExt as _, future::ready, stream};
use serde::Deserialize;
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

/// Imports that are told of at the beginning.
const BEGUN_MAX: usize = 20;

/// The root of what can be followed.
pub(super) struct Feed;

/// Follows what happens, over a WebSocket. A reader that is too slow, or was away for too long, gets an error and the
/// end.
#[Subscription(name = "Subscription")]
impl Feed {
    /// How imports get on: those that are there, then each time one has changed. With `job` that one, until it is over.
    /// Not for keys that see only a part.
    async fn import_progress(
        &self,
        context: &Context<'_>,
        job: Option<ID>,
    ) -> Result<impl Stream<Item = Result<JobNode>>> {
        let (works, account) = owned(context)?;
        let wanted = job.map(|id| id.parse::<u64>().map(JobId).map_err(|_| no_job(&id))).transpose()?;
        // Followed before they are read, so that nothing is missed in between.
        let events = jobs_of(followed(&works, &account, None));
        let begun = begun(works, account, wanted).await?;
        let is_over = wanted.is_some() && begun.iter().all(|job| job.state.is_finished());
        let fits = move |job: &JobView| job.kind == IMPORT && wanted.is_none_or(|wanted| job.id == wanted.0);
        let later = events.filter(move |job| ready(job.as_ref().map_or(true, fits)));
        let told =
            stream::iter(begun.into_iter().map(Ok)).chain(later.take(if is_over { 0 } else { usize::MAX }));
        // The last that is told of one job is how it ended.
        let is_last = move |job: &Result<JobView>| {
            wanted.is_some() && job.as_ref().is_ok_and(|job| job.state.is_finished())
        };
        let told = told.flat_map(move |job| {
            let end = is_last(&job).then_some(None);
            stream::iter(std::iter::once(Some(job)).chain(end))
        });
        let told = told.take_while(|job| ready(job.is_some())).filter_map(ready);
        Ok(told.map(|job| job.map(JobNode)))
    }

    /// Jobs, each time one has changed. Not for keys that see only a part.
    async fn jobs(&self, context: &Context<'_>) -> Result<impl Stream<Item = Result<JobNode>>> {
        let (works, account) = owned(context)?;
        Ok(jobs_of(followed(&works, &account, None)).map(|job| job.map(JobNode)))
    }

    /// Documents that were not there before, summed up a few times a second. A key that sees only a part is told of
    /// those that it sees, as far as they are named.
    async fn new_documents(&self, context: &Context<'_>) -> Result<impl Stream<Item = Result<NewDocuments>>> {
        let works = works(context)?;
        let asking = asking(context)?.loader();
        let (app, principal) = (asking.app().clone(), asking.principal().clone());
        let events = followed(&works, &principal.account.to_string(), None);
        let events =
            events.filter(|event| ready(event.as_ref().map_or(true, |event| event.kind == "documents.new")));
        let told = events.then(move |event| {
            let loader = Vault::loader(app.clone(), principal.clone());
            async move { seen(event?, &loader).await }
        });
        // Of what may not be seen nothing is told.
        Ok(told.filter_map(|told| ready(told.transpose())))
    }

    /// Everything that happens, after the event with this id if one is given. Not for keys that see only a part.
    async fn events(
        &self,
        context: &Context<'_>,
        after: Option<ID>,
    ) -> Result<impl Stream<Item = Result<EventNode>>> {
        let (works, account) = owned(context)?;
        let after = after.map(|id| {
            let wrong =
                |_| Problem::parameter("after", format!("{:?} is not the id of an event", id.as_str()));
            id.parse::<u64>().map_err(wrong)
        });
        let events = followed(&works, &account, after.transpose()?);
        Ok(events.map(|event| event.map(|event| EventNode(EventView::from(event)))))
    }
}

/// Long work.
fn works(context: &Context<'_>) -> Result<Works> {
    let works = asking(context)?.loader().app().works().cloned();
    Ok(works.ok_or_else(|| Problem::new(Code::NotReady, "there are no events here"))?)
}

/// Long work, and the account all of whose events may be told.
fn owned(context: &Context<'_>) -> Result<(Works, String)> {
    let account = whole(asking(context)?.loader().principal())?;
    Ok((works(context)?, account))
}

fn no_job(id: &ID) -> Problem {
    Problem::new(Code::UnknownId, format!("there is no job {:?}", id.as_str()))
}

/// The import of this number, or those that are not over, oldest first.
async fn begun(works: Works, account: String, wanted: Option<JobId>) -> Result<Vec<JobView>> {
    let jobs = works.ask(move |works| {
        let jobs = works.stream().jobs();
        let Some(id) = wanted else {
            let query = JobsQuery {
                account: Some(account),
                kinds: vec![IMPORT.to_owned()],
                states: vec![JobState::Queued, JobState::Running],
                before: None,
                limit: BEGUN_MAX,
            };
            return Ok(jobs.list(&query)?.into_iter().rev().collect::<Vec<_>>());
        };
        let job = jobs.get(id)?.filter(|job| job.account == account && job.kind == IMPORT);
        Ok(vec![job.ok_or_else(|| no_job(&ID::from(id)))?])
    });
    Ok(jobs.await?.into_iter().map(JobView::from).collect())
}

/// The events of an account, until there are no more or some are lost.
fn followed(works: &Works, account: &str, after: Option<u64>) -> impl Stream<Item = Result<Event>> + use<> {
    let following = works.stream().events().subscribe(account, after);
    stream::unfold(Some(following), |following: Option<Following>| async {
        let mut following = following?;
        match following.next().await? {
            Ok(event) => Some((Ok(event), Some(following))),
            Err(lagged) => Some((Err(lost(&lagged).into()), None)),
        }
    })
}

fn lost(lagged: &Lagged) -> Problem {
    match lagged {
        Lagged::TooSlow { .. } => Problem::new(Code::TooSlow, lagged.to_string()),
        Lagged::Gone { .. } => Problem::new(Code::EventsGone, lagged.to_string()),
        Lagged::Unreadable { reason, .. } => Problem::internal(reason),
    }
}

fn jobs_of(events: impl Stream<Item = Result<Event>>) -> impl Stream<Item = Result<JobView>> {
    events.filter_map(|event| {
        let job = match event {
            Ok(event) if event.kind.starts_with("job.") => {
                serde_json::from_value::<Job>(event.data).ok().map(|job| Ok(JobView::from(job)))
            }
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        };
        ready(job)
    })
}

/// What an event of new documents carries.
#[derive(Debug, Deserialize)]
struct Told {
    count: u64,
    sources: BTreeMap<String, u64>,
    sequence: u64,
    ids: Vec<DocumentId>,
}

/// What may be told of new documents; None if none of them may be seen.
async fn seen(event: Event, loader: &Asking) -> Result<Option<NewDocuments>> {
    let told: Told = serde_json::from_value(event.data).map_err(Problem::internal)?;
    let ids = told.ids;
    let sequence = told.sequence;
    if !loader.loader().principal().scope.is_partial() {
        return Ok(Some(NewDocuments {
            count: told.count,
            sources: counted(told.sources),
            sequence,
            ids,
            loaded: None,
        }));
    }
    let loaded = loaded(loader, &ids).await?;
    if loaded.is_empty() {
        return Ok(None);
    }
    let mut sources = BTreeMap::<String, u64>::new();
    for document in &loaded {
        *sources.entry(document.content.source.to_string()).or_default() += 1;
    }
    let count = loaded.len() as u64;
    Ok(Some(NewDocuments { count, sources: counted(sources), sequence, ids, loaded: Some(loaded) }))
}

fn counted(sources: BTreeMap<String, u64>) -> Vec<NewOfSource> {
    sources.into_iter().map(|(source, count)| NewOfSource { source, count }).collect()
}

async fn loaded(loader: &Asking, ids: &[DocumentId]) -> Result<Vec<Arc<Document>>> {
    let mut found = loader.load_many(ids.iter().copied()).await?;
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// Documents that were not there before.
pub(super) struct NewDocuments {
    count: u64,
    sources: Vec<NewOfSource>,
    sequence: u64,
    ids: Vec<DocumentId>,
    loaded: Option<Vec<Arc<Document>>>,
}

/// Documents of one source that were not there before.
#[derive(Debug, Clone, SimpleObject)]
pub(super) struct NewOfSource {
    /// The source, dotted.
    source: String,
    /// How many.
    count: u64,
}

/// Documents that were not there before.
#[Object]
impl NewDocuments {
    /// How many there are; for a key that sees only a part, of those that are named.
    async fn count(&self) -> u64 {
        self.count
    }

    /// The same by source.
    async fn sources(&self) -> &[NewOfSource] {
        &self.sources
    }

    /// The vault's sequence number after the last of them.
    async fn sequence(&self) -> Long {
        Long::of(self.sequence)
    }

    /// The first of them, at most 32, if they are still there.
    #[graphql(complexity = "super::bounds::ASKING + super::bounds::each(32, child_complexity)")]
    async fn documents(&self, context: &Context<'_>) -> Result<Vec<DocumentNode>> {
        let documents = match &self.loaded {
            Some(loaded) => loaded.clone(),
            None => loaded(asking(context)?, &self.ids).await?,
        };
        Ok(documents.into_iter().map(DocumentNode).collect())
    }
}

/// Something that happened.
pub(super) struct EventNode(EventView);

/// Something that happened.
#[Object(name = "Event")]
impl EventNode {
    /// Its number: later ones have larger numbers.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// What happened, as `job.progress`.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// When.
    async fn at(&self) -> String {
        self.0.at.to_string()
    }

    /// What there is to say of it; of a job, the job.
    async fn data(&self) -> Json<&Value> {
        Json(&self.0.data)
    }
}

/// Work that is done in the background.
pub(super) struct JobNode(JobView);

/// Work that is done in the background.
#[Object(name = "Job")]
impl JobNode {
    /// Its number.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// What is done, as `import`.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// `queued`, `running`, `succeeded`, `failed` or `cancelled`.
    async fn state(&self) -> &str {
        self.0.state.as_str()
    }

    /// Whether it runs and was told to stop.
    async fn is_cancelling(&self) -> bool {
        self.0.is_cancelling
    }

    /// How often it was begun.
    async fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// What it is to do.
    async fn payload(&self) -> Json<&Value> {
        Json(&self.0.payload)
    }

    /// How far it is, where the work says: for an import its stage, counts, rate, seconds left and the file in hand.
    async fn progress(&self) -> Option<Json<&Value>> {
        self.0.progress.as_ref().map(Json)
    }

    /// What came of it.
    async fn result(&self) -> Option<Json<&Value>> {
        self.0.result.as_ref().map(Json)
    }

    /// Why it failed, or why it was tried again.
    async fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }

    /// When it was asked for.
    async fn created(&self) -> String {
        self.0.created.to_string()
    }

    /// When it was last begun.
    async fn started(&self) -> Option<String> {
        self.0.started.map(|at| at.to_string())
    }

    /// When it was over.
    async fn ended(&self) -> Option<String> {
        self.0.ended.map(|at| at.to_string())
    }
}
