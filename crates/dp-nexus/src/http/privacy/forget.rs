//! `POST /api/v1/privacy/forget/preview` and `POST /api/v1/privacy/forget`

use super::{Privacy, confirmation::Bad};
use crate::{
    accounts::Event,
    http::{
        answer::Written,
        app::App,
        asked::Asked,
        entrance::{ClientAddress, Writes, whole},
        given::Given,
        problem::{Code, Problem},
        routes::Nothing,
        words,
    },
};
use axum::{Extension, extract::State};
use dp_cortex::engine::Engine;
use dp_lake::{ForgetTarget, Forgotten, days_of_text};
use dp_model::DocumentId;
use futures::executor::block_on;
use jiff::Timestamp;
use rand::RngExt as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Documents that are forgotten together at most.
const DOCUMENTS_MAX: usize = 10_000;
/// Bytes of the longest name of a source.
const SOURCE_BYTES_MAX: usize = 200;

/// What is to be forgotten: documents by id; or a source, some days, or some days of a source.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ForgetForm {
    /// Everything of this source and those below it, as `google.youtube`.
    source: Option<String>,
    /// First day: `2019`, `2019-06` or `2019-06-14`. With or without a source.
    from: Option<String>,
    /// Last day, included.
    to: Option<String>,
    /// These documents.
    #[serde(default)]
    documents: Vec<String>,
    /// `confirm` of the preview; only to forget.
    confirm: Option<String>,
}

/// What is removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Forgotten)]
pub(super) struct ForgottenView {
    /// Documents.
    documents: u64,
    /// Older versions of them.
    revisions: u64,
    /// Samples.
    samples: u64,
    /// Annotations on the documents.
    annotations: u64,
    /// People who appear in nothing else and in no address book that is kept.
    people: u64,
    /// Blobs that no other document names.
    blobs: u64,
}

impl From<Forgotten> for ForgottenView {
    fn from(forgotten: Forgotten) -> Self {
        let Forgotten { documents, revisions, samples, annotations, people, blobs } = forgotten;
        Self { documents, revisions, samples, annotations, people, blobs }
    }
}

/// What would be removed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ForgetPreview)]
pub(super) struct PreviewView {
    /// What goes.
    removes: ForgottenView,
    /// What stays, and how it is removed.
    keeps: Vec<String>,
    /// To be sent back to forget exactly this.
    confirm: String,
    /// How long it can be.
    #[schema(value_type = String, format = DateTime)]
    confirm_until: Timestamp,
}

/// What was removed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ForgetReceipt)]
pub(super) struct ReceiptView {
    /// Its number, which the access log has as the target of `privacy.forgot`.
    receipt: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// What went.
    removed: ForgottenView,
    /// What is left of it when it is looked for again: nothing, unless an import brought more meanwhile.
    left: ForgottenView,
    /// What stays, and how it is removed.
    keeps: Vec<String>,
}

/// What would be forgotten, with a confirmation to do it by. Nothing is removed. Not for keys that see only a part.
#[utoipa::path(
    post,
    operation_id = "preview_forget",
    path = "/api/v1/privacy/forget/preview",
    tag = "privacy",
    request_body = ForgetForm,
    responses((status = 200, description = "What would go", body = PreviewView))
)]
pub(super) async fn preview(
    State(app): State<App>,
    Extension(privacy): Extension<Privacy>,
    Writes(principal): Writes,
    Asked(Nothing {}): Asked<Nothing>,
    Given(form): Given<ForgetForm>,
) -> Result<Written, Problem> {
    whole(&principal)?;
    let (target, said) = target_of(&form)?;
    if form.confirm.is_some() {
        return Err(Problem::new(Code::UnfitBody, "`confirm` is what a preview gives, not what it takes"));
    }
    let counts = app.ask(&principal, move |engine| previewed(engine, &target)).await?;
    let now = Timestamp::now();
    let (confirm, confirm_until) =
        privacy.0.confirmations.seal(principal.account, &said, &shown(counts), now);
    Written::of(&PreviewView { removes: counts.into(), keeps: keeps(), confirm, confirm_until })
}

/// Forgets what a preview showed, for good: documents, their versions and annotations, samples, and all that was made of them.
/// If something else would go by now, nothing does. Not for keys that see only a part.
#[utoipa::path(
    post,
    operation_id = "forget",
    path = "/api/v1/privacy/forget",
    tag = "privacy",
    request_body = ForgetForm,
    responses(
        (status = 200, description = "The receipt", body = ReceiptView),
        (status = 409, description = "Something else would be removed than was shown, or the confirmation is old",
         body = crate::http::ProblemView, content_type = "application/problem+json"),
    )
)]
pub(super) async fn forget(
    State(app): State<App>,
    Extension(privacy): Extension<Privacy>,
    Extension(address): Extension<ClientAddress>,
    Writes(principal): Writes,
    Asked(Nothing {}): Asked<Nothing>,
    Given(form): Given<ForgetForm>,
) -> Result<Written, Problem> {
    whole(&principal)?;
    let (target, said) = target_of(&form)?;
    let Some(confirm) = form.confirm else {
        let detail =
            "`confirm` is missing: POST /api/v1/privacy/forget/preview shows what would go, and gives it";
        return Err(Problem::new(Code::UnfitBody, detail));
    };
    let receipt = format!("{:016x}", rand::rng().random::<u64>());
    let event = |said: &str, outcome: &str, count: u64| Event {
        at: Timestamp::now(),
        account: Some(principal.account),
        origin: Some(principal.origin),
        address: address.0,
        action: "privacy.forgot".to_owned(),
        target: format!("{receipt} {said}"),
        outcome: outcome.to_owned(),
        count: u32::try_from(count).unwrap_or(u32::MAX),
    };
    let (own, sealed) = (privacy.clone(), said.clone());
    let account = principal.account;
    // Noted before it is done, for it may be cut off, and after, with what came of it.
    let begun = event(&said, "begun", 0);
    let (removed, left) = app
        .ask(&principal, move |engine| {
            let counts = previewed(engine, &target)?;
            let checked =
                own.0.confirmations.check(&confirm, account, &sealed, &shown(counts), Timestamp::now());
            checked.map_err(|bad| refused(&bad, counts))?;
            own.0.accounts.record(&[begun])?;
            let vault = engine.vault();
            // What is imported in between counts too.
            let removed = block_on(vault.documents().forget(&target, Some(&counts)))?;
            // Gone from the indexes too, before anybody is told.
            block_on(vault.search().wait_indexed(u64::MAX))?;
            Ok((removed, previewed(engine, &target)?))
        })
        .await?;
    let done = event(&said, "ok", removed.documents.saturating_add(removed.samples));
    let at = done.at;
    privacy.ask(move |inner| Ok(inner.accounts.record(&[done])?)).await?;
    Written::of(&ReceiptView { receipt, at, removed: removed.into(), left: left.into(), keeps: keeps() })
}

fn previewed(engine: &Engine, target: &ForgetTarget) -> Result<Forgotten, Problem> {
    Ok(block_on(engine.vault().documents().forget_preview(target))?)
}

/// What of a preview must stay the same.
fn shown(counts: Forgotten) -> String {
    format!("{counts:?}")
}

fn refused(bad: &Bad, counts: Forgotten) -> Problem {
    let detail = match bad {
        Bad::Foreign => "`confirm` is not of a preview of this".to_owned(),
        Bad::Expired => "the preview is too old; ask for another one".to_owned(),
        Bad::Changed => format!(
            "it has changed since the preview: {} documents and {} samples would go now; ask for another one",
            counts.documents, counts.samples
        ),
    };
    Problem::new(Code::Conflict, detail)
}

/// What forgetting does not touch.
fn keeps() -> Vec<String> {
    let keeps = [
        "original archives, where they are and in the folder `archives` of the vault: delete them there, or importing \
         them again brings everything back",
        "the ledger of imports, which has names of files and counts and no content",
        "backups and exports that were made before: delete them where they are",
        "the access log, which has ids and no content",
        "past queries, if they are remembered: `queries.txt` in the vault",
    ];
    keeps.map(str::to_owned).to_vec()
}

/// What is meant, and in words for the access log.
fn target_of(form: &ForgetForm) -> Result<(ForgetTarget, String), Problem> {
    let unfit = |detail: &str| Problem::new(Code::UnfitBody, detail);
    let source = form.source.clone();
    if source.as_ref().is_some_and(|source| source.is_empty() || source.len() > SOURCE_BYTES_MAX) {
        return Err(unfit("`source` is no name of a source"));
    }
    let day = |text: &Option<String>| text.as_deref().map(days_of_text).transpose();
    let from = day(&form.from).map_err(|detail| unfit(&detail))?;
    let to = day(&form.to).map_err(|detail| unfit(&detail))?;
    let of_time = from.is_some() || to.is_some();
    match (form.documents.is_empty(), source, of_time) {
        (false, None, false) => documents_of(form),
        (true, Some(source), false) => {
            let said = format!("source {source}");
            Ok((ForgetTarget::Source(source), said))
        }
        (true, source, true) => {
            let first_days = from;
            let from = from.map_or(dp_lake::Day::MIN, |days| days.0);
            let until = to.map_or(dp_lake::Day::MAX, |days| days.1.saturating_add(1));
            let text = |days: Option<(dp_lake::Day, dp_lake::Day)>, first| {
                days.map(|(begin, end)| words::day(if first { begin } else { end })).unwrap_or_default()
            };
            let days = format!("days {}..{}", text(first_days, true), text(to, false));
            let said = match &source {
                Some(source) => format!("source {source} {days}"),
                None => days,
            };
            Ok((ForgetTarget::Days { source, from, until }, said))
        }
        _ => Err(unfit(
            "give either `documents`, or a `source`, or days by `from` and `to`, of a source or of all",
        )),
    }
}

fn documents_of(form: &ForgetForm) -> Result<(ForgetTarget, String), Problem> {
    if form.documents.len() > DOCUMENTS_MAX {
        return Err(Problem::new(Code::UnfitBody, format!("more than {DOCUMENTS_MAX} documents are named")));
    }
    let parsed = form.documents.iter().map(|text| {
        let unfit = |_| Problem::new(Code::UnfitBody, format!("{text:?} is no id of a document"));
        text.parse::<DocumentId>().map_err(unfit)
    });
    let mut ids = parsed.collect::<Result<Vec<_>, _>>()?;
    ids.sort_unstable();
    ids.dedup();
    // The log names them all as far as it has room; their number and a mark tell them apart in any case.
    let mut hasher = blake3::Hasher::new();
    for id in &ids {
        hasher.update(&id.0);
    }
    let mark = hasher.finalize().to_hex();
    let names = ids.iter().take(10).map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let said = format!("{} documents {} {names}", ids.len(), &mark[..16]);
    Ok((ForgetTarget::Documents(ids), said))
}
