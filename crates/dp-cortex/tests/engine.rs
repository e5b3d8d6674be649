//! The engine over the vault in memory, with a model whose meanings are written down by hand: what is
//! found, in which order, and what is said of it.
#![expect(clippy::unwrap_used, reason = "tests")]

use dp_cortex::{
    embed::{EmbedError, Pace, Purpose, TextEmbedder},
    engine::{Engine, EngineError, MeaningModel, Mode, SearchAnswer, SearchRequest},
    passages::DocumentEmbedder,
    worker::{Control, Outcome, embed_pending},
};
use dp_lake::{
    Batch, Checkpoint, DocumentUpsert, ForgetTarget, ImportDraft, PlannedFile, Sort, Vault, VectorModel,
    content_hash, memory::MemoryVault,
};
use dp_model::{Content, DocumentId, Kind, Moment, Precision};
use futures::executor::block_on;
use jiff::civil::{Date, date};
use std::sync::Arc;

const TODAY: Date = date(2024, 6, 14);
const FLOOR: f32 = 0.4;

/// Topics and the words that speak of them: a vector says how much a text has of each.
const TOPICS: [&[&str]; 5] = [
    &["sleep", "rest", "nap", "slumber", "bed"],
    &["memory", "remember", "recall", "brain", "keeps"],
    &["bread", "dough", "flour", "loaf", "oven"],
    &["train", "railway", "station", "locomotive", "carriage"],
    &["tax", "invoice", "refund", "receipt", "levy"],
];

struct Topics {
    model: VectorModel,
    fails: bool,
}

impl Topics {
    fn embedder(fails: bool) -> Arc<dyn TextEmbedder> {
        let model = VectorModel { name: "topics".into(), hash: "1".into(), width: TOPICS.len() as u32 };
        Arc::new(Self { model, fails })
    }
}

impl TextEmbedder for Topics {
    fn model(&self) -> &VectorModel {
        &self.model
    }

    fn pace(&self) -> Pace {
        Pace::Pipeline
    }

    fn embed(&self, texts: &[&str], _: Purpose) -> Result<Vec<Vec<f32>>, EmbedError> {
        if self.fails {
            let reason = "does not answer".to_owned();
            return Err(EmbedError::Endpoint { endpoint: "nowhere".to_owned(), reason });
        }
        let vector = |text: &&str| {
            let text = text.to_lowercase();
            let of = |words: &&[&str]| words.iter().filter(|word| text.contains(**word)).count() as f32;
            dp_cortex::embed::to_unit_length(TOPICS.iter().map(of).collect())
        };
        Ok(texts.iter().map(vector).collect())
    }
}

fn document(number: u8, kind: Kind, day: Date, title: &str, text: &str) -> DocumentUpsert {
    let mut content = Content::new("google.chrome", kind);
    content.title = title.into();
    content.text = text.into();
    let noon_us = day.at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_microsecond();
    content.time = Some(Moment::utc(noon_us, Precision::Second));
    DocumentUpsert {
        id: DocumentId([number; 16]),
        entry: 0,
        position: u64::from(number),
        day: Some(dp_lake::day_of_date(day)),
        sort_us: Some(noon_us),
        hash: content_hash(&content),
        content,
    }
}

fn life() -> Vec<DocumentUpsert> {
    use Kind::{Browse, Email, Note};
    vec![
        document(
            1,
            Browse,
            date(2024, 4, 3),
            "How deep rest helps the brain",
            "A nap and what one recalls of it.",
        ),
        document(
            2,
            Browse,
            date(2021, 4, 3),
            "Why slumber and remembering go together",
            "Bed, brain, recall.",
        ),
        document(3, Note, date(2023, 1, 1), "Sour dough", "Flour and water, and an oven."),
        document(4, Email, date(2022, 2, 2), "Your refund", "The receipt for the levy is attached."),
        document(5, Browse, date(2022, 3, 3), "Night trains", "A locomotive at every station."),
        document(6, Browse, date(2022, 3, 4), "Night trains", "A locomotive at every station."),
        document(7, Browse, date(2022, 3, 5), "Night trains", "A locomotive at every station."),
    ]
}

fn vault(documents: Vec<DocumentUpsert>) -> Arc<MemoryVault> {
    let vault = MemoryVault::new("UTC");
    let import = block_on(vault.imports().begin(ImportDraft {
        fingerprint: [0; 32],
        exports: vec![("export".into(), None)],
        paths: Vec::new(),
        entries: vec![PlannedFile::new(0, Some(0), "file")],
        now_us: 0,
    }));
    let batch = Batch { documents, ..Batch::empty(import.unwrap().id, Checkpoint::default()) };
    block_on(vault.documents().apply(batch)).unwrap();
    Arc::new(vault)
}

fn engine_over(vault: &Arc<MemoryVault>) -> Engine {
    let embedder = Topics::embedder(false);
    let outcome = embed_pending(
        &**vault,
        &DocumentEmbedder::new(Arc::clone(&embedder)),
        &Control::default(),
        &mut |_| {},
    );
    assert_eq!(outcome.unwrap(), Outcome::Complete);
    Engine::new(Arc::clone(vault) as Arc<dyn Vault>, vec![MeaningModel { embedder, floor: FLOOR }])
}

fn engine() -> Engine {
    engine_over(&vault(life()))
}

fn search(engine: &Engine, mode: Mode, text: &str) -> SearchAnswer {
    let request = SearchRequest { mode, facet_values: 5, ..SearchRequest::new(text, TODAY) };
    block_on(engine.search(&request)).unwrap()
}

fn found(answer: &SearchAnswer) -> Vec<u8> {
    answer.hits.iter().map(|hit| hit.document.id.0[0]).collect()
}

#[test]
fn what_shares_no_word_is_found_by_its_meaning() {
    let engine = engine();
    assert!(found(&search(&engine, Mode::Keyword, "sleep memory")).is_empty());
    let answer = search(&engine, Mode::Hybrid, "sleep memory");
    assert_eq!(
        {
            let mut ids = found(&answer);
            ids.sort_unstable();
            ids
        },
        [1, 2]
    );
    let semantic = answer.hits[0].explanation.semantic.unwrap();
    assert!(semantic.similarity > 0.9 && semantic.floor > 0.2 && semantic.floor < FLOOR);
    assert_eq!((answer.all_words, answer.total, answer.mode), (0, 2, Mode::Hybrid));
    assert!(answer.hits[0].explanation.line().contains("meaning: rank 1"));
}

#[test]
fn a_sentence_is_a_query_and_its_time_comes_first() {
    let answer = search(&engine(), Mode::Hybrid, "that article on sleep and memory I read last spring");
    assert_eq!(found(&answer), [1, 2]);
    assert!(answer.understood.period.is_some(), "{:?}", answer.understood);
    assert!(answer.hits[0].explanation.priors.iter().any(|prior| prior.name.contains("time")));
    let answer = search(&engine(), Mode::Hybrid, "that article on sleep and memory I read in spring 2021");
    assert_eq!(found(&answer), [2, 1]);
}

#[test]
fn nothing_is_found_where_nothing_is_near() {
    for mode in Mode::ALL {
        let answer = search(&engine(), *mode, "volcano zebra");
        assert!(answer.hits.is_empty(), "{mode:?}: {:?}", found(&answer));
    }
}

#[test]
fn filters_and_exclusions_hold_for_meanings_too() {
    let engine = engine();
    assert_eq!(found(&search(&engine, Mode::Semantic, "sleep memory before:2023")), [2]);
    assert_eq!(found(&search(&engine, Mode::Semantic, "sleep memory -slumber")), [1]);
    assert!(found(&search(&engine, Mode::Hybrid, "sleep memory kind:email")).is_empty());
}

#[test]
fn the_same_page_again_is_folded_and_counted() {
    let engine = engine();
    let answer = search(&engine, Mode::Hybrid, "night trains");
    assert_eq!((answer.hits.len(), answer.hits[0].like_it.len(), answer.all_words), (1, 2, 3));
    let request = SearchRequest { fold: false, ..SearchRequest::new("night trains", TODAY) };
    assert_eq!(block_on(engine.search(&request)).unwrap().hits.len(), 3);
    let kinds = answer.facets.iter().find(|facet| facet.field == dp_lake::FacetField::Year).unwrap();
    assert_eq!((kinds.counts[0].value.as_str(), kinds.counts[0].documents), ("2022", 3));
}

#[test]
fn without_a_model_words_are_searched_and_it_is_said() {
    let vault = vault(life());
    let engine = Engine::new(vault, Vec::new());
    let answer = search(&engine, Mode::Hybrid, "sour dough");
    assert_eq!((found(&answer), answer.mode), (vec![3], Mode::Keyword));
    assert!(answer.notices.iter().any(|notice| notice.contains("no model")), "{:?}", answer.notices);
}

#[test]
fn a_model_that_fails_leaves_the_words_and_says_why() {
    let vault = vault(life());
    drop(engine_over(&vault));
    let model = MeaningModel { embedder: Topics::embedder(true), floor: FLOOR };
    let answer = search(&Engine::new(vault, vec![model]), Mode::Hybrid, "sour dough");
    assert_eq!((found(&answer), answer.mode), (vec![3], Mode::Keyword));
    assert!(answer.notices.iter().any(|notice| notice.contains("does not answer")), "{:?}", answer.notices);
}

#[test]
fn vectors_that_are_missing_are_told() {
    let vault = vault(life());
    let engine = engine_over(&vault);
    block_on(vault.vectors().put(&Topics::embedder(false).model().clone(), Vec::new())).unwrap();
    block_on(vault.documents().forget(&ForgetTarget::Document(DocumentId([2; 16])), None)).unwrap();
    let answer = search(&engine, Mode::Hybrid, "sleep memory");
    assert_eq!(found(&answer), [1]);
    assert!(answer.notices.is_empty(), "{:?}", answer.notices);
}

#[test]
fn passages_show_what_was_near() {
    let answer = search(&engine(), Mode::Semantic, "invoice");
    assert_eq!(found(&answer), [4]);
    assert!(answer.hits[0].snippet.text.contains("receipt"), "{}", answer.hits[0].snippet.text);
}

#[test]
fn sorted_by_time_all_words_must_occur() {
    let engine = engine();
    let request = SearchRequest { sort: Sort::Oldest, fold: false, ..SearchRequest::new("trains", TODAY) };
    assert_eq!(found(&block_on(engine.search(&request)).unwrap()), [5, 6, 7]);
    let filters_only = search(&engine, Mode::Hybrid, "kind:note");
    assert_eq!(found(&filters_only), [3]);
}

#[test]
fn similar_documents_are_others_that_say_something_else() {
    let engine = engine();
    let similar = block_on(engine.similar(DocumentId([1; 16]), 5)).unwrap();
    assert_eq!(similar.iter().map(|found| found.document.id.0[0]).collect::<Vec<_>>(), [2]);
    assert!(block_on(engine.similar(DocumentId([5; 16]), 5)).unwrap().is_empty());
    let unknown = block_on(engine.similar(DocumentId([99; 16]), 5)).unwrap_err();
    assert!(matches!(unknown, EngineError::NoSuchDocument(_)), "{unknown}");
}

#[test]
fn around_a_document_are_other_sources_of_the_same_hours() {
    let mut documents = life();
    let mut mail = document(8, Kind::Email, date(2022, 3, 4), "Ticket", "");
    mail.content.source = "google.mail".into();
    mail.hash = content_hash(&mail.content);
    documents.push(mail);
    let engine = engine_over(&vault(documents));
    let around = block_on(engine.around(DocumentId([6; 16]), 3, 10)).unwrap();
    assert_eq!(around.others.iter().map(|other| other.id.0[0]).collect::<Vec<_>>(), [8]);
    assert!(!around.has_more);
    let by_prefix = block_on(engine.find("0606")).unwrap();
    assert_eq!(by_prefix, DocumentId([6; 16]));
    assert!(matches!(block_on(engine.find("zz")), Err(EngineError::NoSuchDocument(_))));
}

#[test]
fn on_this_day_shows_the_other_years() {
    let years = block_on(engine().on_this_day(date(2024, 4, 3), 5)).unwrap();
    assert_eq!(years.iter().map(|year| (year.date.year(), year.total)).collect::<Vec<_>>(), [(2021, 1)]);
}

#[test]
fn wrong_queries_are_explained() {
    let request = SearchRequest::new("kind:emial", TODAY);
    let error = block_on(engine().search(&request)).unwrap_err();
    assert!(matches!(&error, EngineError::Query(_)) && error.to_string().contains("email"), "{error}");
}

/// Finds near whatever has one word in it, and nothing else.
struct Opinion {
    model: VectorModel,
    near: &'static str,
}

impl Opinion {
    fn model(near: &'static str) -> MeaningModel {
        let model = VectorModel { name: "opinion".into(), hash: "1".into(), width: 2 };
        MeaningModel { embedder: Arc::new(Self { model, near }), floor: FLOOR }
    }
}

impl TextEmbedder for Opinion {
    fn model(&self) -> &VectorModel {
        &self.model
    }

    fn pace(&self) -> Pace {
        Pace::Background
    }

    fn embed(&self, texts: &[&str], purpose: Purpose) -> Result<Vec<Vec<f32>>, EmbedError> {
        let is_near = |text: &&str| purpose == Purpose::Query || text.to_lowercase().contains(self.near);
        Ok(texts.iter().map(|text| if is_near(text) { vec![1.0, 0.0] } else { vec![0.0, 1.0] }).collect())
    }
}

#[test]
fn a_larger_model_leaves_out_what_only_the_first_one_found_near() {
    let engine = engine().with_reranker(Opinion::model("slumber"));
    let answer = search(&engine, Mode::Hybrid, "sleep memory");
    assert_eq!(found(&answer), [2]);
    assert_eq!(answer.hits[0].explanation.rerank.as_ref().unwrap().model, "opinion");
    let plain = SearchRequest { rerank: false, ..SearchRequest::new("sleep memory", TODAY) };
    assert_eq!(block_on(engine.search(&plain)).unwrap().hits.len(), 2);
}

#[test]
fn what_holds_the_words_is_shown_whatever_a_larger_model_says() {
    let engine = engine().with_reranker(Opinion::model("bread"));
    let answer = search(&engine, Mode::Hybrid, "night trains");
    assert_eq!(answer.hits[0].document.content.title, "Night trains");
    assert!(answer.hits[0].explanation.rerank.as_ref().unwrap().similarity < FLOOR);
}

#[test]
fn one_thing_noted_often_is_one_hit_and_different_things_with_equal_scores_are_many() {
    let noted = |number, title: &str| document(number, Kind::Browse, date(2022, 3, 3), title, "An oven.");
    let often = (1..=40).map(|number| noted(number, "Bread again")).collect::<Vec<_>>();
    let answer = search(&engine_over(&vault(often)), Mode::Hybrid, "bread");
    assert_eq!((answer.hits.len(), answer.hits[0].like_it.len()), (1, 39));

    let words = ["amber", "birch", "cloud", "delta", "ember", "flint", "grove", "heron", "islet", "jetty"];
    let titles = words.iter().flat_map(|one| ["red", "blue"].map(|two| format!("Bread {one} {two} {one}")));
    let different = titles.enumerate().map(|(number, title)| noted(number as u8, &title)).collect::<Vec<_>>();
    let request = SearchRequest { limit: 30, ..SearchRequest::new("bread", TODAY) };
    let answer = block_on(engine_over(&vault(different)).search(&request)).unwrap();
    assert_eq!(answer.hits.len(), 20);
}
