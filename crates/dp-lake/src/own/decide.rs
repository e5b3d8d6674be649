//! Whether a change of an own document is made: the change and what is there come in, what is to be stored or why
//! nothing is goes out. Stores nothing.

use super::{OwnBatch, OwnChange, OwnOutcome, is_own};
use crate::{Day, DocumentUpsert, content_hash, etl::HomeClock};
use dp_model::{Content, DocumentId};

/// What a change comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Nothing is stored.
    Refused(OwnOutcome),
    /// This is to be stored, as a new document or in place of what there is.
    Put(Box<DocumentUpsert>),
    /// The document is to be removed.
    Remove,
}

impl OwnBatch {
    /// Decides on a change of this batch. `known` is what the document says now, with its local day.
    #[must_use]
    pub fn decide(
        &self,
        change: &OwnChange,
        known: Option<(&Content, Option<Day>)>,
        clock: &mut HomeClock,
    ) -> Decision {
        self.decided(change, known, clock).unwrap_or_else(Decision::Refused)
    }

    fn decided(
        &self,
        change: &OwnChange,
        known: Option<(&Content, Option<Day>)>,
        clock: &mut HomeClock,
    ) -> Result<Decision, OwnOutcome> {
        let seen = known.filter(|(content, day)| self.sees(content, *day)).map(|(content, _)| content);
        match change {
            OwnChange::Create { id, content } => match (known, seen) {
                (Some(_), Some(_)) => Err(OwnOutcome::Exists),
                (Some(_), None) => Err(OwnOutcome::OutOfScope),
                (None, _) if !is_own(&content.source) => Err(OwnOutcome::NotOwn),
                (None, _) => self.put(*id, content, self.now_us, clock),
            },
            OwnChange::Replace { id, content, expected_us } => {
                let known = expected(seen, *expected_us)?;
                if (&known.source, known.kind) != (&content.source, content.kind) {
                    return Err(OwnOutcome::OtherKind);
                }
                let same = Content { modified_us: known.modified_us, ..Content::clone(content) };
                if same == *known {
                    return Err(OwnOutcome::Unchanged);
                }
                // The later changed is the newer, whatever the clock of the machine does.
                let after_us =
                    known.modified_us.map_or(i64::MIN, |modified_us| modified_us.saturating_add(1));
                self.put(*id, content, self.now_us.max(after_us), clock)
            }
            OwnChange::Delete { expected_us, .. } => {
                expected(seen, *expected_us)?;
                Ok(Decision::Remove)
            }
        }
    }

    fn put(
        &self,
        id: DocumentId,
        content: &Content,
        modified_us: i64,
        clock: &mut HomeClock,
    ) -> Result<Decision, OwnOutcome> {
        let content = Content { modified_us: Some(modified_us), ..content.clone() };
        let day = content.time.as_ref().map(|time| clock.day(time));
        if !self.sees(&content, day) {
            return Err(OwnOutcome::OutOfScope);
        }
        let sort_us = content.time.as_ref().map(|time| clock.sort_us(time));
        let hash = content_hash(&content);
        Ok(Decision::Put(Box::new(DocumentUpsert { id, entry: 0, position: 0, day, sort_us, hash, content })))
    }

    fn sees(&self, content: &Content, day: Option<Day>) -> bool {
        self.within.wants_source(&content.source)
            && self.within.wants_kind(content.kind)
            && self.within.wants_day(day)
    }
}

/// The document that is to be changed, if it may be and is the version that was meant.
fn expected(seen: Option<&Content>, expected_us: Option<i64>) -> Result<&Content, OwnOutcome> {
    let known = seen.ok_or(OwnOutcome::Missing)?;
    if !is_own(&known.source) {
        return Err(OwnOutcome::NotOwn);
    }
    if expected_us.is_some() && expected_us != known.modified_us {
        return Err(OwnOutcome::Changed);
    }
    Ok(known)
}
