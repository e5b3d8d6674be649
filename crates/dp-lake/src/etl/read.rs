//! One entry read and parsed: hashed on the way, remembered if it was imported before, and given an
//! account however it ends.

use super::{
    clock::HomeClock,
    normalise::{Chunk, EntrySink, Found},
    plan::{Action, PlannedEntry},
};
use crate::{FinishedEntry, Imports, MemoEntry, undated_last};
use dp_archive::{Export, Reader};
use dp_model::{EntryReport, EntryStatus, Warning, WarningKind};
use dp_sources::{Context, ParseError, Parser, Surroundings};
use futures::executor::block_on;
use std::{
    io::Read,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

/// Entries up to this size are read whole before they are parsed, so that a repeated one is known
/// before any work is done.
const SMALL_ENTRY_BYTES: u64 = 4 << 20;

/// What reading an entry needs to know of its surroundings.
pub(super) struct Desk<'a> {
    pub(super) home_zone: &'a str,
    pub(super) record_bytes_max: usize,
    /// None for a preview: nothing is remembered.
    pub(super) imports: Option<&'a dyn Imports>,
    pub(super) cancelled: &'a AtomicBool,
    pub(super) bytes_done: &'a AtomicU64,
}

/// How an entry ended.
pub(super) struct Ended {
    pub(super) finished: FinishedEntry,
    /// It was imported before, byte for byte: its records were counted and not looked at.
    pub(super) remembered: bool,
}

/// The account of an entry that is not read; None for one that is.
pub(super) fn closed_account(number: u32, planned: &PlannedEntry) -> Option<FinishedEntry> {
    let mut warnings = Vec::new();
    let (status, reason) = match &planned.action {
        Action::Parse(_) | Action::KeepText(_) => return None,
        Action::Ignore(reason) => (EntryStatus::Ignored, reason.clone()),
        Action::Unknown => (EntryStatus::Unknown, "the format is not known, and it is no text".to_owned()),
        Action::Refuse(reason) => (EntryStatus::Failed, reason.clone()),
        Action::Tell(warning) => {
            warnings.push(warning.clone());
            let damaged = matches!(
                warning.kind,
                WarningKind::Truncated | WarningKind::Unreadable | WarningKind::LimitReached
            );
            (if damaged { EntryStatus::Failed } else { EntryStatus::Ignored }, warning.message.to_string())
        }
    };
    let report = EntryReport {
        entry: number,
        path: planned.path.clone(),
        source: None,
        status,
        reason: Some(reason),
        documents: 0,
        samples: 0,
        bytes: planned.size_bytes.unwrap_or(0),
        warning_count: warnings.len() as u64,
        warnings,
    };
    Some(FinishedEntry { entry: number, memo: None, report })
}

/// Reads and parses one entry; chunks go to `send`. None if the pipeline closed meanwhile.
#[expect(clippy::too_many_arguments, reason = "what an entry is read with, each named once")]
pub(super) fn read_entry(
    desk: &Desk<'_>,
    number: u32,
    planned: &PlannedEntry,
    export: &Export,
    surroundings: &dyn Surroundings,
    reader: &mut Reader<'_>,
    clock: &HomeClock,
    send: &mut dyn FnMut(Chunk) -> bool,
) -> Option<Ended> {
    let (parser, known) = match &planned.action {
        Action::Parse(parser) => (*parser, true),
        Action::KeepText(parser) => (*parser, false),
        Action::Ignore(_) | Action::Unknown | Action::Refuse(_) | Action::Tell(_) => return None,
    };
    let account = Account { number, planned, export, parser, known };
    let size = planned.size_bytes.unwrap_or(u64::MAX);
    let mut small = None;
    if size <= SMALL_ENTRY_BYTES {
        match read_small(reader, planned.index, size) {
            Ok(bytes) => small = Some(bytes),
            Err(reason) => return Some(account.unreadable(&reason)),
        }
    }
    match before(desk, &account, reader, small.as_deref()) {
        Ok(Some(ended)) => {
            desk.bytes_done.fetch_add(ended.finished.report.bytes, Ordering::Relaxed);
            return Some(ended);
        }
        Ok(None) => {}
        Err(reason) => return Some(account.unreadable(&reason)),
    }

    let context = Context {
        path: &planned.key,
        exported_at_us: export.exported_at_us(),
        home_zone: Some(desk.home_zone),
        record_bytes_max: desk.record_bytes_max,
        surroundings,
    };
    let mut sink = EntrySink::new(number, clock.clone(), send);
    let mut stream: Box<dyn Read + '_> = match &small {
        Some(bytes) => Box::new(bytes.as_slice()),
        None => match reader.open(planned.index) {
            Ok(stream) => Box::new(stream),
            Err(error) => return Some(account.unreadable(&error.to_string())),
        },
    };
    let mut input = Hashing { input: &mut *stream, hasher: blake3::Hasher::new(), bytes: 0, desk };
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        parser.parse(&context, &mut input, &mut sink)?;
        // A parser may stop before the end; the checksum and the hash need all of it.
        std::io::copy(&mut input, &mut std::io::sink())?;
        Ok::<(), ParseError>(())
    }));
    let (bytes, hash) = (input.bytes, *input.hasher.finalize().as_bytes());
    if desk.cancelled.load(Ordering::Relaxed) {
        return None;
    }
    let failure = match outcome {
        Ok(Ok(())) => None,
        Ok(Err(ParseError::Closed(_))) => return None,
        Ok(Err(ParseError::Read(error))) => Some((WarningKind::Unreadable, error.to_string())),
        Ok(Err(error @ ParseError::Malformed(_))) => Some((WarningKind::MalformedRecord, error.to_string())),
        Err(panic) => Some((WarningKind::ParserFailure, describe_panic(&*panic))),
    };
    if let Some((kind, message)) = &failure {
        let warning = Warning { kind: *kind, position: bytes, message: message.clone().into() };
        dp_sources::Sink::warning(&mut sink, warning).ok()?;
    }
    let found = sink.finish().ok()?;
    Some(account.close(found, failure.map(|(_, message)| message), bytes, hash))
}

fn read_small(reader: &mut Reader<'_>, index: usize, size: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(size as usize);
    let stream = reader.open(index).map_err(|error| error.to_string())?;
    // One byte more than it should be: the archive's own check then says what is wrong.
    stream.take(size + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// The entry's account if the same bytes were imported before and all of it is still there.
fn before(
    desk: &Desk<'_>,
    account: &Account<'_>,
    reader: &mut Reader<'_>,
    small: Option<&[u8]>,
) -> Result<Option<Ended>, String> {
    let (Some(imports), Some(size)) = (desk.imports, account.planned.size_bytes) else { return Ok(None) };
    // A store that cannot answer here will say so when the batch is applied.
    if !block_on(imports.memo_has_size(size)).unwrap_or(false) {
        return Ok(None);
    }
    let hash = match small {
        Some(bytes) => *blake3::hash(bytes).as_bytes(),
        None if account.planned.sequential => return Ok(None),
        None => {
            let mut hasher = blake3::Hasher::new();
            let mut stream = reader.open(account.planned.index).map_err(|error| error.to_string())?;
            let mut buffer = vec![0; 1 << 18];
            loop {
                if desk.cancelled.load(Ordering::Relaxed) {
                    return Ok(None);
                }
                match stream.read(&mut buffer).map_err(|error| error.to_string())? {
                    0 => break,
                    count => hasher.update(&buffer[..count]),
                };
            }
            *hasher.finalize().as_bytes()
        }
    };
    let memo = block_on(imports.memo(hash, account.parser.name(), account.parser.version())).ok().flatten();
    // An older export that holds the same entry moves its documents' origin there: then it is read.
    let is_later = |memo: &MemoEntry| {
        let this = (
            undated_last(account.export.exported_at_us()),
            account.export.name(),
            account.planned.path.as_str(),
        );
        (undated_last(memo.exported_at_us), memo.archive.as_str(), memo.entry.as_str()) <= this
    };
    Ok(memo.filter(is_later).map(|memo| account.remember(memo, size)))
}

/// The entry an account is kept of.
struct Account<'a> {
    number: u32,
    planned: &'a PlannedEntry,
    export: &'a Export,
    parser: &'static dyn Parser,
    /// Whether the format is known, or only its text is kept.
    known: bool,
}

impl Account<'_> {
    fn report(&self, status: EntryStatus, reason: Option<String>, bytes: u64, found: Found) -> EntryReport {
        EntryReport {
            entry: self.number,
            path: self.planned.path.clone(),
            source: self.planned.source.map(str::to_owned),
            status,
            reason,
            documents: found.documents,
            samples: found.samples,
            bytes,
            warning_count: found.warning_count,
            warnings: found.warnings,
        }
    }

    fn unreadable(&self, reason: &str) -> Ended {
        let report = self.report(
            EntryStatus::Failed,
            Some(reason.to_owned()),
            self.planned.size_bytes.unwrap_or(0),
            Found::default(),
        );
        Ended { finished: FinishedEntry { entry: self.number, memo: None, report }, remembered: false }
    }

    fn remember(&self, memo: MemoEntry, bytes: u64) -> Ended {
        let found = Found {
            documents: memo.documents,
            samples: memo.samples,
            warning_count: memo.warning_count,
            faults: 0,
            warnings: memo.warnings,
        };
        let report = self.report(memo.status, self.unknown_reason(), bytes, found);
        Ended { finished: FinishedEntry { entry: self.number, memo: None, report }, remembered: true }
    }

    fn unknown_reason(&self) -> Option<String> {
        (!self.known).then(|| "the format is not known; its text is kept and can be searched".to_owned())
    }

    fn close(&self, found: Found, failure: Option<String>, bytes: u64, hash: [u8; 32]) -> Ended {
        let nothing = found.documents == 0 && found.samples == 0;
        let status = match &failure {
            Some(_) if nothing => EntryStatus::Failed,
            _ if !self.known => EntryStatus::Unknown,
            Some(_) => EntryStatus::Partial,
            None if found.faults > 0 => EntryStatus::Partial,
            None => EntryStatus::Parsed,
        };
        let whole = failure.is_none();
        let memo = whole.then(|| (hash, self.parser.name(), self.parser.version()));
        let reason = failure.or_else(|| self.unknown_reason());
        let report = self.report(status, reason, bytes, found);
        Ended { finished: FinishedEntry { entry: self.number, memo, report }, remembered: false }
    }
}

fn describe_panic(panic: &(dyn std::any::Any + Send)) -> String {
    let words =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!(
        "the parser failed in an unforeseen way ({}); please report it with the name of this file",
        words.unwrap_or("no message")
    )
}

/// Hashes and counts what is read through it, and stops when the import is cancelled.
struct Hashing<'a> {
    input: &'a mut dyn Read,
    hasher: blake3::Hasher,
    bytes: u64,
    desk: &'a Desk<'a>,
}

impl Read for Hashing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.desk.cancelled.load(Ordering::Relaxed) {
            return Err(std::io::Error::other("the import was stopped"));
        }
        let count = self.input.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        self.bytes += count as u64;
        self.desk.bytes_done.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
