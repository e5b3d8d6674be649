//! Everything of one sort that a vault has, taken in turn: read in steps, so that memory does not grow with the vault.
//! Blocks; what is written meanwhile may or may not be met.

use crate::{LakeError, RevisionedDocument, SampleQuery, Vault};
use dp_model::{Person, Sample};
use futures::executor::block_on;

/// Documents, people or samples in memory at a time.
const STEP: usize = 1_000;

/// Takes every document with its revisions, in order of id.
///
/// # Errors
/// Those of the vault and of `take`, which end it.
pub fn walk_documents<E: From<LakeError>>(
    vault: &dyn Vault,
    mut take: impl FnMut(&RevisionedDocument) -> Result<(), E>,
) -> Result<(), E> {
    let mut after = None;
    loop {
        let documents = block_on(vault.documents().walk(after, STEP))?;
        documents.iter().try_for_each(&mut take)?;
        match documents.last() {
            Some(last) => after = Some(last.document.id),
            None => return Ok(()),
        }
    }
}

/// Takes every person, in order of id.
///
/// # Errors
/// Those of the vault and of `take`, which end it.
pub fn walk_people<E: From<LakeError>>(
    vault: &dyn Vault,
    mut take: impl FnMut(&Person) -> Result<(), E>,
) -> Result<(), E> {
    let mut after = None;
    loop {
        let people = block_on(vault.documents().people(after, STEP))?;
        people.iter().try_for_each(&mut take)?;
        match people.last() {
            Some(last) => after = Some(last.id),
            None => return Ok(()),
        }
    }
}

/// Takes every sample of a series, in order of time. A step ends before the last instant it holds, because more samples
/// of that instant may follow; the next one begins there.
///
/// # Errors
/// Those of the vault and of `take`, which end it.
pub fn walk_samples<E: From<LakeError>>(
    vault: &dyn Vault,
    series: &str,
    mut take: impl FnMut(&Sample) -> Result<(), E>,
) -> Result<(), E> {
    let (mut from_us, mut step) = (None, STEP);
    loop {
        let query = SampleQuery { series: series.to_owned(), from_us, limit: step, ..SampleQuery::default() };
        let samples = block_on(vault.series().range(&query))?;
        let is_all = samples.len() < step;
        let last_us = samples.last().map(|sample| sample.time_us);
        let mut taken = 0;
        for sample in samples.iter().take_while(|sample| is_all || Some(sample.time_us) != last_us) {
            take(sample)?;
            taken += 1;
        }
        if is_all {
            return Ok(());
        }
        // So many samples of one instant that a step holds no other: take a longer one.
        step = if taken == 0 { step.saturating_mul(2) } else { STEP };
        from_us = last_us;
    }
}
