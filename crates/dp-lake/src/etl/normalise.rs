//! What a parser finds, made fit for the vault: cleaned, checked, its id and local day worked out,
//! and packed into chunks that wait to be applied.

use super::clock::HomeClock;
use crate::{DocumentUpsert, SampleUpsert, content_hash};
use dp_model::{DocumentId, Draft, Moment, PersonDraft, Sample, Warning, WarningKind};
use dp_sources::{Sink, SinkClosed};
use hashbrown::HashMap;

/// Records in a chunk.
const CHUNK_RECORDS: usize = 2048;
/// Bytes in a chunk, about.
const CHUNK_BYTES: usize = 1 << 20;
/// Warnings of one entry that the ledger keeps in words; the rest is counted.
const WARNINGS_KEPT: usize = 100;
/// Bytes of a warning's message that are kept.
const MESSAGE_BYTES: usize = 600;
/// Equal keys are told apart by order among so many records around them: exports write equal records
/// next to each other, and memory stays bounded.
const ORDINAL_WINDOW: usize = 1 << 16;
/// Instants outside the years -9999 to 9999 can't be shown or sorted with others.
pub(crate) const UTC_US_RANGE: std::ops::Range<i64> = -377_705_116_800_000_000..253_402_214_400_000_000;

/// Records of one entry, ready to be applied.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub(super) documents: Vec<DocumentUpsert>,
    pub(super) samples: Vec<SampleUpsert>,
    pub(super) people: Vec<PersonDraft>,
    pub(super) bytes: usize,
}

impl Chunk {
    fn records(&self) -> usize {
        self.documents.len() + self.samples.len() + self.people.len()
    }
}

/// What an entry held.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) documents: u64,
    pub(super) samples: u64,
    pub(super) warning_count: u64,
    /// Warnings that mean something is missing; a notice does not.
    pub(super) faults: u64,
    pub(super) warnings: Vec<Warning>,
}

/// The sink of one entry. Hands each full chunk to `send`, which says whether anybody still listens.
pub(super) struct EntrySink<'a> {
    entry: u32,
    clock: HomeClock,
    ordinals: Ordinals,
    chunk: Chunk,
    pub(super) found: Found,
    send: &'a mut dyn FnMut(Chunk) -> bool,
}

impl<'a> EntrySink<'a> {
    pub(super) fn new(entry: u32, clock: HomeClock, send: &'a mut dyn FnMut(Chunk) -> bool) -> Self {
        Self {
            entry,
            clock,
            ordinals: Ordinals::default(),
            chunk: Chunk::default(),
            found: Found::default(),
            send,
        }
    }

    /// Hands over what is left.
    pub(super) fn finish(mut self) -> Result<Found, SinkClosed> {
        self.flush()?;
        Ok(self.found)
    }

    fn flush(&mut self) -> Result<(), SinkClosed> {
        let chunk = std::mem::take(&mut self.chunk);
        if chunk.records() == 0 || (self.send)(chunk) { Ok(()) } else { Err(SinkClosed) }
    }

    fn flush_if_full(&mut self) -> Result<(), SinkClosed> {
        if self.chunk.records() >= CHUNK_RECORDS || self.chunk.bytes >= CHUNK_BYTES {
            return self.flush();
        }
        Ok(())
    }

    /// A moment out of range becomes none, with a warning.
    fn check_moment(&mut self, moment: &mut Option<Moment>, position: u64) -> Result<(), SinkClosed> {
        match moment {
            Some(seen) if !UTC_US_RANGE.contains(&seen.utc_us) => {
                let message = format!("the time {} µs since 1970 is out of any range; left out", seen.utc_us);
                *moment = None;
                self.warning(Warning { kind: WarningKind::BadValue, position, message: message.into() })
            }
            _ => Ok(()),
        }
    }
}

impl Sink for EntrySink<'_> {
    fn document(&mut self, mut draft: Draft) -> Result<(), SinkClosed> {
        let ordinal = if draft.repeatable {
            let base = DocumentId::derive(&draft.content.source, draft.content.kind, &draft.key, 0);
            self.ordinals.next(base)
        } else {
            0
        };
        let id = DocumentId::derive(&draft.content.source, draft.content.kind, &draft.key, ordinal);
        clean(&mut draft.content.title);
        clean(&mut draft.content.text);
        self.check_moment(&mut draft.content.time, draft.position)?;
        self.check_moment(&mut draft.content.end, draft.position)?;
        let content = draft.content;
        let (day, sort_us) = match &content.time {
            Some(time) => (Some(self.clock.day(time)), Some(self.clock.sort_us(time))),
            None => (None, None),
        };
        self.found.documents += 1;
        self.chunk.bytes += 256 + content.title.len() + content.text.len() + content.metadata.len();
        let hash = content_hash(&content);
        let upsert =
            DocumentUpsert { id, entry: self.entry, position: draft.position, day, sort_us, hash, content };
        self.chunk.documents.push(upsert);
        self.flush_if_full()
    }

    fn sample(&mut self, sample: Sample) -> Result<(), SinkClosed> {
        if !UTC_US_RANGE.contains(&sample.time_us) {
            let message =
                format!("a sample at {} µs since 1970 is out of any range; left out", sample.time_us);
            return self.warning(Warning {
                kind: WarningKind::BadValue,
                position: 0,
                message: message.into(),
            });
        }
        let offset_s = sample.offset_s.unwrap_or_else(|| self.clock.offset_s(sample.time_us));
        let day = (sample.time_us + i64::from(offset_s) * 1_000_000).div_euclid(Moment::DAY_US) as i32;
        self.found.samples += 1;
        self.chunk.bytes += 160 + sample.metadata.len();
        self.chunk.samples.push(SampleUpsert { entry: self.entry, day, sample });
        self.flush_if_full()
    }

    fn person(&mut self, person: PersonDraft) -> Result<(), SinkClosed> {
        if person.identities.is_empty() {
            return Ok(());
        }
        self.chunk.bytes += 200;
        self.chunk.people.push(person);
        self.flush_if_full()
    }

    fn warning(&mut self, mut warning: Warning) -> Result<(), SinkClosed> {
        self.found.warning_count += 1;
        self.found.faults +=
            u64::from(!matches!(warning.kind, WarningKind::Notice | WarningKind::UnknownFields));
        if self.found.warnings.len() < WARNINGS_KEPT {
            if warning.message.len() > MESSAGE_BYTES {
                let cut = warning.message.floor_char_boundary(MESSAGE_BYTES);
                warning.message = format!("{}…", &warning.message[..cut]).into();
            }
            self.found.warnings.push(warning);
        }
        Ok(())
    }
}

/// NUL cannot be shown and stops some tools reading; nothing else is touched.
fn clean(text: &mut String) {
    if text.as_bytes().contains(&0) {
        *text = text.replace('\0', "\u{FFFD}");
    }
}

/// Numbers records with equal keys 0, 1, 2… in order, within a window of recent keys.
#[derive(Debug, Default)]
struct Ordinals {
    recent: HashMap<DocumentId, u32, foldhash::fast::RandomState>,
    before: HashMap<DocumentId, u32, foldhash::fast::RandomState>,
}

impl Ordinals {
    fn next(&mut self, base: DocumentId) -> u32 {
        if self.recent.len() >= ORDINAL_WINDOW {
            std::mem::swap(&mut self.recent, &mut self.before);
            self.recent.clear();
        }
        let before = &self.before;
        let count = self.recent.entry(base).or_insert_with(|| before.get(&base).copied().unwrap_or(0));
        *count += 1;
        *count - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dp_model::{Content, Kind, Precision};

    fn run(act: impl FnOnce(&mut EntrySink<'_>)) -> (Vec<DocumentUpsert>, Found) {
        let mut documents = Vec::new();
        let mut send = |chunk: Chunk| {
            documents.extend(chunk.documents);
            true
        };
        let mut sink = EntrySink::new(3, HomeClock::new("UTC"), &mut send);
        act(&mut sink);
        let found = sink.finish().unwrap();
        (documents, found)
    }

    #[test]
    fn equal_repeatable_records_are_two_events_and_unique_ones_one() {
        let (documents, found) = run(|sink| {
            for _ in 0..2 {
                sink.document(Draft::repeatable(b"k", 0, Content::new("a", Kind::Search))).unwrap();
                sink.document(Draft::unique(b"k", 0, Content::new("a", Kind::Note))).unwrap();
            }
        });
        assert_eq!(found.documents, 4);
        assert_ne!(documents[0].id, documents[2].id);
        assert_eq!(documents[1].id, documents[3].id);
    }

    #[test]
    fn impossible_times_are_left_out_with_a_warning() {
        let (documents, found) = run(|sink| {
            let mut content = Content::new("a", Kind::Note);
            content.title = "nul\0".into();
            content.time = Some(Moment::utc(i64::MAX, Precision::Second));
            sink.document(Draft::unique(b"k", 9, content)).unwrap();
        });
        assert_eq!((documents[0].day, documents[0].content.title.as_str()), (None, "nul\u{FFFD}"));
        assert_eq!((found.warnings[0].kind, found.warnings[0].position), (WarningKind::BadValue, 9));
    }

    #[test]
    fn warnings_past_the_limit_are_counted_only() {
        let (_, found) = run(|sink| {
            for _ in 0..150 {
                let warning =
                    Warning { kind: WarningKind::Notice, position: 0, message: "é".repeat(1000).into() };
                sink.warning(warning).unwrap();
            }
        });
        assert_eq!((found.warning_count, found.warnings.len(), found.faults), (150, WARNINGS_KEPT, 0));
        assert!(found.warnings[0].message.len() <= MESSAGE_BYTES + 4);
    }

    #[test]
    fn ordinals_reach_across_the_window() {
        let mut ordinals = Ordinals::default();
        let id = |number: u32| DocumentId::derive("s", Kind::Note, &number.to_le_bytes(), 0);
        assert_eq!(ordinals.next(id(u32::MAX)), 0);
        for number in 0..ORDINAL_WINDOW as u32 {
            ordinals.next(id(number));
        }
        assert_eq!(ordinals.next(id(u32::MAX)), 1);
    }
}
