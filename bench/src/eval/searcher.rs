//! The ways of searching that are compared: each takes what a person types and gives ranked documents.

use dp_cortex::query::parse_query;
use dp_cortex::{
    embed::bert::{BertModel, EncoderOptions},
    engine::{Engine, MeaningModel, Mode, SearchRequest},
    models::{self, ModelKind},
    passages::{DocumentEmbedder, passages},
    personal::{FitOptions, SampleItem, choose_sample, personalise},
    worker::{Control, embed_pending},
};
use dp_lake::{Filter, RankedQuery, Sort, TextQuery, Vault, analysis::Language};
use dp_model::DocumentId;
use futures::executor::block_on;
use jiff::civil::Date;
use std::{ops::ControlFlow, sync::Arc};

/// One way of searching a vault.
pub(crate) trait Searcher {
    /// As the tables call it.
    fn name(&self) -> String;

    /// Best first, at most `limit`; nothing if the searcher thinks that nothing fits.
    ///
    /// # Errors
    /// When the vault cannot be searched. A query that cannot be read finds nothing.
    fn search(&self, text: &str, limit: usize) -> anyhow::Result<Vec<DocumentId>>;
}

/// Documents that hold every word.
pub(crate) struct AllWords<'a> {
    pub(crate) vault: &'a dyn Vault,
    /// What `yesterday` is counted from.
    pub(crate) today: Date,
}

impl Searcher for AllWords<'_> {
    fn name(&self) -> String {
        "all words".to_owned()
    }

    fn search(&self, text: &str, limit: usize) -> anyhow::Result<Vec<DocumentId>> {
        let Ok(parsed) = parse_query(text, self.today) else { return Ok(Vec::new()) };
        let found =
            block_on(self.vault.search().keyword(&parsed.text, &parsed.filter, Sort::Relevance, limit))?;
        Ok(found.hits.iter().map(|hit| hit.id).collect())
    }
}

/// Documents that hold any of the words, those with rare ones first; forms of English words count as one.
pub(crate) struct AnyWord<'a> {
    pub(crate) vault: &'a dyn Vault,
}

impl Searcher for AnyWord<'_> {
    fn name(&self) -> String {
        "any word".to_owned()
    }

    fn search(&self, text: &str, limit: usize) -> anyhow::Result<Vec<DocumentId>> {
        let query = RankedQuery {
            words: text.to_owned(),
            language: Some(Language::English),
            text: TextQuery::default(),
            filter: Filter::default(),
        };
        let found = block_on(self.vault.search().ranked(&query, limit))?;
        Ok(found.iter().map(|hit| hit.id).collect())
    }
}

/// The query engine in one mode, with one model.
struct InMode {
    engine: Engine,
    mode: Mode,
    name: String,
    rerank: bool,
    today: Date,
}

impl Searcher for InMode {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn search(&self, text: &str, limit: usize) -> anyhow::Result<Vec<DocumentId>> {
        let request = SearchRequest {
            mode: self.mode,
            limit,
            rerank: self.rerank,
            ..SearchRequest::new(text, self.today)
        };
        let Ok(answer) = block_on(self.engine.search(&request)) else { return Ok(Vec::new()) };
        Ok(answer.hits.iter().map(|hit| hit.document.id).collect())
    }
}

/// Every way in which this vault can be searched, the plainest first. Models that are there make their
/// vectors first: the one in the program, one fitted to this vault, and the teacher it is fitted to.
///
/// # Errors
/// When the vault cannot be asked what it has, or a model fails.
pub(crate) fn searchers<'a>(
    vault: &'a Arc<dyn Vault>,
    today: Date,
) -> anyhow::Result<Vec<Box<dyn Searcher + 'a>>> {
    let plain = vault.as_ref();
    let mut all: Vec<Box<dyn Searcher + 'a>> =
        vec![Box::new(AllWords { vault: plain, today }), Box::new(AnyWord { vault: plain })];
    let mut add = |models: Vec<MeaningModel>, mode: Mode, name: &str, reranker: Option<&MeaningModel>| {
        let mut engine = Engine::new(Arc::clone(vault), models);
        if let Some(reranker) = reranker {
            engine = engine.with_reranker(reranker.clone());
        }
        let name = format!("{}{name}", mode.as_str());
        all.push(Box::new(InMode { engine, mode, name, rerank: reranker.is_some(), today }));
    };
    add(Vec::new(), Mode::Keyword, "", None);
    let Some(generic) = models::built_in()? else { return Ok(all) };
    let floor = |kind: ModelKind| kind.floor();
    let model = MeaningModel { embedder: Arc::clone(&generic) as _, floor: floor(ModelKind::Static) };
    embed(plain, &model)?;
    add(vec![model.clone()], Mode::Semantic, ", generic static", None);
    add(vec![model.clone()], Mode::Hybrid, ", generic static", None);
    let documents = block_on(plain.documents().walk(None, TAUGHT_MAX + 1))?;
    if documents.len() < TAUGHT_MIN {
        return Ok(all);
    }
    let Some(teacher) = teacher()? else { return Ok(all) };
    let sample = documents.iter().flat_map(|found| {
        passages(&found.document.content).into_iter().map(|passage| SampleItem {
            source: found.document.content.source.to_string(),
            kind: found.document.content.kind.to_string(),
            year: 0,
            text: passage.text,
        })
    });
    let sample = choose_sample(sample, TAUGHT_MAX, 1);
    let mut watch = |_| ControlFlow::Continue(());
    let lesson =
        personalise("personal", sample, &*teacher.embedder, &generic, &FitOptions::default(), &mut watch)?;
    let fitted = MeaningModel { embedder: Arc::new(lesson.model), floor: floor(ModelKind::Personal) };
    embed(plain, &fitted)?;
    add(vec![fitted.clone()], Mode::Semantic, ", personal", None);
    add(vec![fitted], Mode::Hybrid, ", personal", None);
    add(vec![model], Mode::Hybrid, ", generic static, reranked", Some(&teacher));
    // A teacher takes hours for a whole life.
    if documents.len() <= TAUGHT_MAX {
        embed(plain, &teacher)?;
        add(vec![teacher.clone()], Mode::Semantic, ", MiniLM", None);
        add(vec![teacher], Mode::Hybrid, ", MiniLM", None);
    }
    Ok(all)
}

/// A vault with fewer documents has too little to learn from.
const TAUGHT_MIN: usize = 200;
/// Passages that are taught, and documents that the teacher embeds.
const TAUGHT_MAX: usize = 2_200;

/// The teacher, if the variable says where it is.
fn teacher() -> anyhow::Result<Option<MeaningModel>> {
    let Some(folder) = std::env::var_os("DATAPUNK_TEST_MODELS") else { return Ok(None) };
    let folder = std::path::PathBuf::from(folder).join("minilm");
    let options = EncoderOptions::read(&folder, "all-MiniLM-L6-v2")?;
    let embedder = Arc::new(BertModel::open(&folder, "minilm", "evaluated", options)?);
    Ok(Some(MeaningModel { embedder, floor: ModelKind::Bert.floor() }))
}

fn embed(vault: &dyn Vault, model: &MeaningModel) -> anyhow::Result<()> {
    let embedder = DocumentEmbedder::new(Arc::clone(&model.embedder));
    embed_pending(vault, &embedder, &Control::default(), &mut |_| {})?;
    Ok(())
}
