//! A generated life imported into a vault, and its inquiries with the documents that answer them.

use super::{Asked, metrics::Relevant};
use anyhow::ensure;
use dp_lake::{
    Vault, date_of_day,
    etl::{self, HomeClock, ImportOptions},
};
use dp_lifegen::{Answers, Expected, InquiryKind, Life};
use dp_model::{Content, DocumentId};
use futures::executor::block_on;
use std::{path::Path, sync::atomic::AtomicBool};

/// Documents looked through at once.
const STEP: usize = 2000;

/// Writes a life of ten years at this scale into a folder and imports it all; gives what is in it.
///
/// # Errors
/// When the life cannot be written or imported.
pub(crate) fn put(scale: f64, folder: &Path, vault: &dyn Vault) -> anyhow::Result<Answers> {
    let life = Life { scale, ..Life::default() };
    let answers = dp_lifegen::write(&life, folder, &mut |_| {})?;
    let parts = |export: &dp_lifegen::ExportAnswer| {
        export.parts.iter().map(|part| folder.join(part)).collect::<Vec<_>>()
    };
    let paths: Vec<_> = answers.exports.iter().flat_map(parts).collect();
    let exports = dp_archive::open(&paths, &dp_archive::Limits::default())?;
    etl::import(vault, &exports, &ImportOptions::default(), &mut |_| {}, &AtomicBool::new(false))?;
    let sequence = block_on(vault.health(false))?.sequence;
    block_on(vault.search().wait_indexed(sequence))?;
    Ok(answers)
}

/// The inquiries of a life with the documents in the vault that answer them, and how many documents
/// there are.
///
/// # Errors
/// When the vault fails, or an answer that was planted is not in it: then nothing measured would count.
pub(crate) fn asked(answers: &Answers, vault: &dyn Vault) -> anyhow::Result<(Vec<Asked>, u64)> {
    let expected: Vec<&Expected> = answers.inquiries.iter().flat_map(|inquiry| &inquiry.expect).collect();
    let mut found: Vec<Vec<DocumentId>> = vec![Vec::new(); expected.len()];
    let mut clock = HomeClock::new(vault.home_zone());
    let (mut documents, mut after) = (0, None);
    loop {
        let step = block_on(vault.documents().walk(after, STEP))?;
        let Some(last) = step.last() else { break };
        after = Some(last.document.id);
        documents += step.len() as u64;
        for document in step.iter().map(|revisioned| &revisioned.document) {
            for (expected, ids) in expected.iter().zip(&mut found) {
                if is_meant(&document.content, expected, &mut clock) {
                    ids.push(document.id);
                }
            }
        }
    }
    let mut found = found.into_iter();
    let mut asked = Vec::new();
    for inquiry in &answers.inquiries {
        let mut relevant = Vec::new();
        for (expected, documents) in inquiry.expect.iter().zip(found.by_ref()) {
            ensure!(!documents.is_empty(), "{expected:?} was planted and is not in the vault");
            relevant.push(Relevant { documents, grade: 1.0 });
        }
        ensure!(relevant.is_empty() == (inquiry.kind == InquiryKind::Unanswered), "{inquiry:?}");
        asked.push(Asked { text: inquiry.text.clone(), kind: Some(inquiry.kind), relevant });
    }
    Ok((asked, documents))
}

fn is_meant(content: &Content, expected: &Expected, clock: &mut HomeClock) -> bool {
    if expected.kind.is_some_and(|kind| kind != content.kind)
        || expected.source.as_ref().is_some_and(|source| **source != *content.source)
    {
        return false;
    }
    let place = content.place.as_ref().and_then(|place| place.name.as_deref()).unwrap_or_default();
    if ![&*content.title, &*content.text, place].iter().any(|text| text.contains(&*expected.fragment)) {
        return false;
    }
    if expected.from.is_none() && expected.until.is_none() {
        return true;
    }
    let Some(time) = &content.time else { return false };
    let date = date_of_day(clock.day(time));
    expected.from.is_none_or(|from| from <= date) && expected.until.is_none_or(|until| date <= until)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dp_lake::memory::MemoryVault;
    use std::collections::BTreeSet;

    #[test]
    fn every_inquiry_of_a_small_life_has_documents_that_answer_it() {
        let folder = tempfile::tempdir().unwrap();
        let vault = MemoryVault::new("Europe/Zurich");
        let answers = put(0.003, folder.path(), &vault).unwrap();
        let (asked, documents) = asked(&answers, &vault).unwrap();
        assert!(asked.len() >= 300 && answers.totals.all.holds(documents), "{} {documents}", asked.len());
        // The pairs of other days are told apart.
        let dated = asked.iter().filter(|asked| asked.kind == Some(InquiryKind::DateAndPlace));
        let mut seen = BTreeSet::new();
        for id in dated.flat_map(|asked| &asked.relevant).flat_map(|relevant| &relevant.documents) {
            assert!(seen.insert(*id), "{id} answers two dated questions");
        }
    }
}
