//! The parsing threads: each takes the next portion of the plan, reads it, and hands over what it holds.

use super::{
    budget::Budget,
    clock::HomeClock,
    normalise::Chunk,
    plan::{Plan, PlannedEntry},
    read::{Desk, read_entry},
    turns::{Piece, Turns},
};
use crossbeam_channel::{Sender, bounded};
use dp_archive::Export;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Chunks of one entry that may wait.
const CHUNKS_AHEAD: usize = 16;

/// The entries to be read from `first` on, in the portions that one thread takes. An archive that can
/// only be read from front to back is one portion, since every thread would have to read all of it.
pub(super) fn units(plan: &Plan, first: u32) -> Vec<Vec<u32>> {
    let mut units: Vec<Vec<u32>> = Vec::new();
    let mut sequential_before = None;
    let numbered = plan.entries.iter().zip(0..).skip(first as usize);
    for (entry, number) in numbered.filter(|(entry, _)| entry.action.reads()) {
        let portion = entry.sequential.then_some(entry.export);
        match units.last_mut() {
            Some(last) if portion.is_some() && portion == sequential_before => last.push(number),
            _ => units.push(vec![number]),
        }
        sequential_before = portion;
    }
    units
}

/// What the parsing threads share.
pub(super) struct Floor<'a> {
    pub(super) plan: &'a Plan,
    pub(super) exports: &'a [Export],
    pub(super) desk: &'a Desk<'a>,
    pub(super) budget: &'a Budget,
    pub(super) units: &'a [Vec<u32>],
    pub(super) next: &'a AtomicUsize,
    pub(super) turns: &'a Turns,
}

impl Floor<'_> {
    /// Takes unit after unit until none is left.
    pub(super) fn work(&self) {
        let clock = HomeClock::new(self.desk.home_zone);
        let mut open = None;
        while let Some(unit) = self.units.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            for &number in unit {
                if !self.work_on(number, &mut open, &clock) {
                    return;
                }
            }
        }
    }

    /// Parses one entry with the reader at hand, or a new one if it lies in another export. False when
    /// nobody wants more.
    pub(super) fn work_on<'e>(
        &'e self,
        number: u32,
        open: &mut Option<(usize, dp_archive::Reader<'e>)>,
        clock: &HomeClock,
    ) -> bool {
        let planned = &self.plan.entries[number as usize];
        let (sender, receiver) = bounded(CHUNKS_AHEAD);
        if !self.turns.register(number, receiver) {
            return false;
        }
        let reader = match open {
            Some((export, reader)) if *export == planned.export => reader,
            other => &mut other.insert((planned.export, self.exports[planned.export].reader())).1,
        };
        self.parse(number, planned, reader, clock, &sender)
    }

    pub(super) fn parse(
        &self,
        number: u32,
        planned: &PlannedEntry,
        reader: &mut dp_archive::Reader<'_>,
        clock: &HomeClock,
        sender: &Sender<Piece>,
    ) -> bool {
        let mut send = |chunk: Chunk| {
            self.budget.acquire(number, chunk.bytes) && sender.send(Piece::Chunk(chunk)).is_ok()
        };
        let export = &self.exports[planned.export];
        let surroundings = &*self.plan.surroundings[planned.export];
        let ended = read_entry(self.desk, number, planned, export, surroundings, reader, clock, &mut send);
        match ended {
            Some(ended) => sender.send(Piece::End(Box::new(ended))).is_ok() && !self.budget.is_closed(),
            None => false,
        }
    }
}
