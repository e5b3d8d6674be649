//! Own documents of the memory vault, and the receipts of what was written.

use super::state::{State, Version};
use crate::{
    ForgetTarget,
    etl::HomeClock,
    own::{
        Decision, OwnAnswer, OwnBatch, OwnChange, OwnOutcome, OwnWritten, RECEIPT_KEPT_US, RECEIPTS_MAX,
        ReceiptKey, WRITTEN_HERE, people_of,
    },
};
use dp_model::Provenance;
use std::collections::BTreeMap;

/// What was written lately, by the key of its receipt.
#[derive(Debug, Default)]
pub(super) struct Receipts(BTreeMap<[u8; 32], Receipt>);

#[derive(Debug, Clone)]
struct Receipt {
    request: [u8; 32],
    written_us: i64,
    outcomes: Vec<OwnOutcome>,
}

impl Receipts {
    /// What is to be answered without writing anything, if it is known.
    fn answer(&mut self, key: &ReceiptKey, now_us: i64, sequence: u64) -> Option<OwnAnswer> {
        let oldest_us = now_us.saturating_sub(RECEIPT_KEPT_US);
        self.0.retain(|_, receipt| receipt.written_us >= oldest_us);
        match self.0.get(&key.key) {
            Some(known) if known.request == key.request => Some(OwnAnswer::Written(OwnWritten {
                sequence,
                written_us: known.written_us,
                outcomes: known.outcomes.clone(),
                is_repeated: true,
            })),
            Some(_) => Some(OwnAnswer::KeyUsed),
            None if self.0.len() as u64 >= RECEIPTS_MAX => Some(OwnAnswer::TooManyReceipts),
            None => None,
        }
    }
}

impl State {
    /// Writes own documents.
    pub(super) fn write(&mut self, batch: OwnBatch, clock: &mut HomeClock) -> OwnAnswer {
        if let Some(key) = &batch.receipt
            && let Some(answer) = self.receipts.answer(key, batch.now_us, self.sequence)
        {
            return answer;
        }
        let outcomes =
            batch.changes.iter().map(|change| self.change(&batch, change, clock)).collect::<Vec<_>>();
        self.sequence += 1;
        let written_us = batch.now_us;
        if let Some(key) = batch.receipt {
            let receipt = Receipt { request: key.request, written_us, outcomes: outcomes.clone() };
            self.receipts.0.insert(key.key, receipt);
        }
        OwnAnswer::Written(OwnWritten { sequence: self.sequence, written_us, outcomes, is_repeated: false })
    }

    fn change(&mut self, batch: &OwnBatch, change: &OwnChange, clock: &mut HomeClock) -> OwnOutcome {
        let id = change.id();
        let known = self.documents.get(&id).and_then(|stored| stored.current());
        let is_new = known.is_none();
        let decision = batch.decide(change, known.map(|known| (&known.content, known.day)), clock);
        match decision {
            Decision::Refused(outcome) => outcome,
            Decision::Put(upsert) => {
                for draft in people_of(&upsert.content) {
                    self.people.add(&draft);
                }
                let provenance = Provenance {
                    archive: WRITTEN_HERE.to_owned(),
                    entry: batch.written_by.clone(),
                    position: 0,
                };
                self.documents.entry(id).or_default().add(Version::written(*upsert, provenance));
                if is_new { OwnOutcome::Created } else { OwnOutcome::Replaced }
            }
            Decision::Remove => {
                let removal = self.removal(&ForgetTarget::Document(id));
                self.remove(&removal);
                self.remove_unreferenced(removal.blobs);
                OwnOutcome::Deleted
            }
        }
    }
}
