//! A test collection in BEIR's format (`corpus.jsonl`, `queries.jsonl`, `qrels.tsv`) read from a folder
//! and put into a vault: each text a document of the source `beir`, titles and texts as they are.

use super::{Asked, metrics::Relevant};
use anyhow::{Context as _, ensure};
use dp_lake::{
    Batch, Checkpoint, DocumentUpsert, FinishedEntry, ImportDraft, PlannedFile, Vault, content_hash,
};
use dp_model::{Content, DocumentId, EntryReport, EntryStatus, Kind};
use futures::executor::block_on;
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
};

const SOURCE: &str = "beir";
const CORPUS: &str = "corpus.jsonl";
/// Documents applied at once.
const BATCH_DOCUMENTS: usize = 4000;

#[derive(Debug, Deserialize)]
struct Line {
    #[serde(rename = "_id")]
    id: String,
    #[serde(default)]
    title: String,
    text: String,
}

/// Puts the corpus of a folder into an empty vault, ready to be searched; gives the number of documents.
///
/// # Errors
/// When a file is missing or not in the format (file and line are named), or the vault fails.
pub(crate) fn put(folder: &Path, vault: &dyn Vault) -> anyhow::Result<u64> {
    let path = folder.join(CORPUS);
    let import = block_on(vault.imports().begin(ImportDraft {
        fingerprint: [1; 32],
        exports: vec![(name_of(folder), None)],
        paths: vec![folder.display().to_string()],
        entries: vec![PlannedFile::new(0, Some(0), CORPUS)],
        now_us: 0,
    }))?;
    let mut checkpoint = Checkpoint::default();
    let mut documents = Vec::new();
    let mut known = BTreeSet::new();
    let mut bytes = 0;
    for (number, line) in lines::<Line>(&path)?.enumerate() {
        let line = line?;
        ensure!(known.insert(line.id.clone()), "{}: the id {:?} is there twice", path.display(), line.id);
        bytes += (line.title.len() + line.text.len()) as u64;
        documents.push(upsert(line, number as u64));
        if documents.len() == BATCH_DOCUMENTS {
            checkpoint.documents += documents.len() as u64;
            let batch =
                Batch { documents: std::mem::take(&mut documents), ..Batch::empty(import.id, checkpoint) };
            block_on(vault.documents().apply(batch))?;
        }
    }
    let report = EntryReport {
        entry: 0,
        path: CORPUS.to_owned(),
        source: Some(SOURCE.to_owned()),
        status: EntryStatus::Parsed,
        reason: None,
        documents: known.len() as u64,
        samples: 0,
        bytes,
        warning_count: 0,
        warnings: Vec::new(),
    };
    let applied = block_on(vault.documents().apply(Batch {
        documents,
        finished: vec![FinishedEntry { entry: 0, memo: None, report }],
        ..Batch::empty(import.id, Checkpoint::start_of(1))
    }))?;
    block_on(vault.imports().finish(import.id, 0))?;
    block_on(vault.search().wait_indexed(applied.sequence))?;
    Ok(known.len() as u64)
}

fn upsert(line: Line, position: u64) -> DocumentUpsert {
    let id = id_of(&line.id);
    let content = Content { title: line.title, text: line.text, ..Content::new(SOURCE, Kind::Note) };
    let hash = content_hash(&content);
    DocumentUpsert { id, entry: 0, position, day: None, sort_us: None, hash, content }
}

/// The id in the vault of a document of the corpus.
fn id_of(id: &str) -> DocumentId {
    DocumentId::derive(SOURCE, Kind::Note, id.as_bytes(), 0)
}

/// The judged queries of a folder in order of the file, as plain words: a query without judgement
/// tells nothing and is left out.
///
/// # Errors
/// When a file is missing or not in the format; file and line are named.
pub(crate) fn asked(folder: &Path) -> anyhow::Result<Vec<Asked>> {
    let mut judged = judgements(&judgements_path(folder))?;
    let mut asked = Vec::new();
    for line in lines::<Line>(&folder.join("queries.jsonl"))? {
        let line = line?;
        if let Some(relevant) = judged.remove(&line.id) {
            asked.push(Asked { text: plain(&line.text), kind: None, relevant });
        }
    }
    ensure!(!asked.is_empty(), "no query in {} has an answer in its judgements", folder.display());
    Ok(asked)
}

/// The usual place of the judgements of the test split, unless they lie beside the corpus.
fn judgements_path(folder: &Path) -> PathBuf {
    let beside = folder.join("qrels.tsv");
    if beside.is_file() { beside } else { folder.join("qrels/test.tsv") }
}

fn judgements(path: &Path) -> anyhow::Result<BTreeMap<String, Vec<Relevant<DocumentId>>>> {
    let mut judged: BTreeMap<String, Vec<Relevant<DocumentId>>> = BTreeMap::new();
    for (number, line) in fs_err::read_to_string(path)?.lines().enumerate() {
        let mut fields = line.split_whitespace();
        let (Some(query), Some(document), Some(grade)) = (fields.next(), fields.next(), fields.next()) else {
            ensure!(line.trim().is_empty(), "{}: line {} has no three fields", path.display(), number + 1);
            continue;
        };
        let Ok(grade) = grade.parse::<f64>() else {
            ensure!(number == 0, "{}: line {} has the grade {grade:?}", path.display(), number + 1);
            continue;
        };
        if grade > 0.0 {
            let answer = Relevant { documents: vec![id_of(document)], grade };
            let answers = judged.entry(query.to_owned()).or_default();
            if !answers.contains(&answer) {
                answers.push(answer);
            }
        }
    }
    Ok(judged)
}

/// A query of a collection is words and nothing else: signs that mean something when typed are left out.
fn plain(text: &str) -> String {
    let letters: String = text
        .chars()
        .map(|letter| if letter.is_alphanumeric() || matches!(letter, '\'' | '’') { letter } else { ' ' })
        .collect();
    letters.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// What a table calls the collection of a folder.
pub(crate) fn name_of(folder: &Path) -> String {
    folder.file_name().map_or_else(|| "collection".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn lines<T: for<'de> Deserialize<'de>>(
    path: &Path,
) -> anyhow::Result<impl Iterator<Item = anyhow::Result<T>>> {
    let shown = path.display().to_string();
    let reader = BufReader::new(fs_err::File::open(path)?);
    Ok(reader
        .lines()
        .enumerate()
        .filter(|(_, line)| !matches!(line, Ok(line) if line.trim().is_empty()))
        .map(move |(number, line)| {
            serde_json::from_str(&line?).with_context(|| format!("{shown}: line {}", number + 1))
        }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dp_lake::memory::MemoryVault;
    use std::sync::Arc;

    fn write(folder: &Path, files: &[(&str, &str)]) {
        for (name, text) in files {
            fs_err::write(folder.join(name), text).unwrap();
        }
    }

    #[test]
    fn a_collection_is_put_into_a_vault_and_its_queries_find_their_answers() {
        let folder = tempfile::tempdir().unwrap();
        write(
            folder.path(),
            &[
                (
                    CORPUS,
                    "{\"_id\": \"1\", \"title\": \"wing\", \"text\": \"wing lift in a slipstream\"}\n\n\
                     {\"_id\": \"2\", \"text\": \"heat in slabs\"}\n",
                ),
                (
                    "queries.jsonl",
                    "{\"_id\": \"q1\", \"text\": \"SLABS: \\\"heat\\\" -x .\"}\n{\"_id\": \"q2\", \"text\": \"nobody judged this\"}\n",
                ),
                ("qrels.tsv", "query-id\tcorpus-id\tscore\nq1\t2\t3\nq1\t1\t0\nq1\t2\t3\n"),
            ],
        );
        let vault: Arc<dyn Vault> = Arc::new(MemoryVault::new("UTC"));
        assert_eq!(put(folder.path(), &*vault).unwrap(), 2);
        let asked = asked(folder.path()).unwrap();
        assert_eq!(asked.len(), 1);
        assert_eq!(asked[0].text, "slabs heat x");
        assert_eq!(asked[0].relevant, [Relevant { documents: vec![id_of("2")], grade: 3.0 }]);
        let first = block_on(vault.documents().get(id_of("1"))).unwrap().unwrap().document.content;
        assert_eq!((&*first.title, &*first.text), ("wing", "wing lift in a slipstream"));
        let today = jiff::civil::date(2025, 9, 20);
        for searcher in super::super::searcher::searchers(&vault, today).unwrap() {
            assert_eq!(searcher.search("heat slabs", 10).unwrap(), [id_of("2")], "{}", searcher.name());
        }
    }

    #[test]
    fn what_is_not_in_the_format_is_named_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        write(
            folder.path(),
            &[
                (CORPUS, "{\"_id\": \"1\", \"text\": \"a\"}\n{\"_id\": 2}\n"),
                ("queries.jsonl", "{\"_id\": \"q\", \"text\": \"a\"}\n"),
                ("qrels.tsv", "query-id\tcorpus-id\tscore\nq\t1\n"),
            ],
        );
        let put = put(folder.path(), &MemoryVault::new("UTC")).unwrap_err();
        assert!(format!("{put:#}").contains("corpus.jsonl: line 2"), "{put:#}");
        let asked = asked(folder.path()).unwrap_err();
        assert!(format!("{asked:#}").contains("qrels.tsv: line 2"), "{asked:#}");
    }
}
