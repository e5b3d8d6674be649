//! Small things to fill vaults with: the same call always gives the same value.

use super::HOME_ZONE;
use crate::{
    Batch, Checkpoint, DocumentUpsert, FinishedEntry, ImportDraft, PlannedFile, SampleUpsert, content_hash,
    etl::HomeClock,
};
use dp_model::{
    Clock, Content, DocumentId, EntryReport, EntryStatus, Fix, FixProvider, Identity, Kind, Mention,
    Metadata, Moment, PersonDraft, Point, Precision, Reading, Role, Sample,
};

/// 2020-02-02T12:00:00Z in microseconds.
pub const NOON_US: i64 = 1_580_644_800_000_000;

/// Microseconds in a second.
pub const SECOND_US: i64 = 1_000_000;

/// A draft of an import with this fingerprint: one export named `name`, made at `exported_at_us`, with
/// four entries `Takeout/0.json` to `Takeout/3.json`.
#[must_use]
pub fn import_draft(fingerprint: u8, name: &str, exported_at_us: Option<i64>) -> ImportDraft {
    ImportDraft {
        fingerprint: [fingerprint; 32],
        exports: vec![(name.to_owned(), exported_at_us)],
        paths: vec![format!("/exports/{name}.zip")],
        entries: (0..4).map(|entry| PlannedFile::new(0, Some(0), format!("Takeout/{entry}.json"))).collect(),
        now_us: NOON_US + i64::from(fingerprint),
    }
}

/// Content with a title, undated.
#[must_use]
pub fn content(source: &'static str, kind: Kind, title: &str) -> Content {
    let mut content = Content::new(source, kind);
    content.title = title.to_owned();
    content
}

/// A note of source `google.keep` with a title and an instant.
#[must_use]
pub fn note(title: &str, time_us: i64) -> Content {
    at(content("google.keep", Kind::Note, title), time_us)
}

/// The content with an instant known to the microsecond, its offset unknown.
#[must_use]
pub fn at(content: Content, time_us: i64) -> Content {
    Content { time: Some(Moment::utc(time_us, Precision::Microsecond)), ..content }
}

/// A document whose key within source and kind is `key`, read in entry 0; day and instant are worked
/// out as the pipeline does it.
#[must_use]
pub fn document(key: &str, content: Content) -> DocumentUpsert {
    let mut clock = HomeClock::new(HOME_ZONE);
    DocumentUpsert {
        id: DocumentId::derive(&content.source, content.kind, key.as_bytes(), 0),
        entry: 0,
        position: key.len() as u64,
        day: content.time.as_ref().map(|time| clock.day(time)),
        sort_us: content.time.as_ref().map(|time| clock.sort_us(time)),
        hash: content_hash(&content),
        content,
    }
}

/// Notes numbered from 0, a minute apart.
#[must_use]
pub fn notes(count: usize) -> Vec<DocumentUpsert> {
    (0..count)
        .map(|number| {
            let time_us = NOON_US + 60 * SECOND_US * i64::try_from(number).unwrap_or_default();
            document(&format!("note {number}"), note(&format!("Note number {number}"), time_us))
        })
        .collect()
}

/// A batch of documents.
#[must_use]
pub fn documents_batch(import: u64, documents: Vec<DocumentUpsert>) -> Batch {
    let checkpoint = Checkpoint { documents: documents.len() as u64, ..Checkpoint::default() };
    Batch { documents, ..Batch::empty(import, checkpoint) }
}

/// A batch of samples.
#[must_use]
pub fn samples_batch(import: u64, samples: Vec<Sample>) -> Batch {
    let checkpoint = Checkpoint { samples: samples.len() as u64, ..Checkpoint::default() };
    Batch { samples: samples.into_iter().map(sample_upsert).collect(), ..Batch::empty(import, checkpoint) }
}

/// A batch of people.
#[must_use]
pub fn people_batch(import: u64, people: Vec<PersonDraft>) -> Batch {
    let checkpoint = Checkpoint { people: people.len() as u64, ..Checkpoint::default() };
    Batch { people, ..Batch::empty(import, checkpoint) }
}

/// A sample with its local day.
#[must_use]
pub fn sample_upsert(sample: Sample) -> SampleUpsert {
    let moment = Moment {
        utc_us: sample.time_us,
        offset_s: sample.offset_s,
        zone: None,
        precision: Precision::Microsecond,
        clock: Clock::Instant,
    };
    SampleUpsert { entry: 0, day: HomeClock::new(HOME_ZONE).day(&moment), sample }
}

/// A location fix of device 1 at these degrees × 1e7.
#[must_use]
pub fn fix(time_us: i64, latitude_e7: i32, longitude_e7: i32) -> Sample {
    let fix = Fix {
        point: Point { latitude_e7, longitude_e7 },
        accuracy_m: None,
        altitude_m: None,
        vertical_accuracy_m: None,
        speed_mps: None,
        heading_deg: None,
        provider: FixProvider::Unknown,
    };
    sample("location", time_us, Reading::Fix(fix))
}

/// A number of a series, read by device 1.
#[must_use]
pub fn number(series: &'static str, time_us: i64, value: f64) -> Sample {
    sample(series, time_us, Reading::Number(value))
}

fn sample(series: &'static str, time_us: i64, reading: Reading) -> Sample {
    Sample {
        series: series.into(),
        source: "google.location".into(),
        time_us,
        offset_s: None,
        device: 1,
        reading,
        metadata: Metadata::new(),
    }
}

/// The identity of a mail address.
#[must_use]
pub fn mail(address: &str) -> Identity {
    Identity::email(address).expect("a mail address")
}

/// A mention of somebody by mail address.
#[must_use]
pub fn mention(role: Role, name: &str, address: &str) -> Mention {
    Mention { role, name: Some(name.to_owned()), identity: Some(mail(address)) }
}

/// A mail with a subject, from one address to another.
#[must_use]
pub fn email(subject: &str, from: &str, to: &str) -> Content {
    let mut email = at(content("google.mail", Kind::Email, subject), NOON_US);
    email.people = vec![
        Mention { role: Role::From, name: None, identity: Some(mail(from)) },
        Mention { role: Role::To, name: None, identity: Some(mail(to)) },
    ];
    email
}

/// Somebody as a mail header names them.
#[must_use]
pub fn person(name: &str, addresses: &[&str]) -> PersonDraft {
    PersonDraft {
        name: (!name.is_empty()).then(|| name.to_owned()),
        identities: addresses.iter().map(|address| mail(address)).collect(),
        from_contacts: false,
    }
}

/// Somebody as an address book names them.
#[must_use]
pub fn contact(name: &str, addresses: &[&str]) -> PersonDraft {
    PersonDraft { from_contacts: true, ..person(name, addresses) }
}

/// A finished entry of the plan, read by the parser `test.parser` at version 1 from bytes with this hash.
#[must_use]
pub fn finished(entry: u32, hash: u8, bytes: u64, status: EntryStatus) -> FinishedEntry {
    FinishedEntry {
        entry,
        memo: Some(([hash; 32], "test.parser", 1)),
        report: EntryReport {
            entry,
            path: format!("Takeout/{entry}.json"),
            source: Some("google.keep".to_owned()),
            status,
            reason: None,
            documents: u64::from(entry) + 1,
            samples: 0,
            bytes,
            warning_count: 0,
            warnings: Vec::new(),
        },
    }
}

/// Every order in which these things can stand.
#[must_use]
pub fn permutations<T: Clone>(things: &[T]) -> Vec<Vec<T>> {
    if things.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for index in 0..things.len() {
        let mut rest = things.to_vec();
        let first = rest.remove(index);
        for mut tail in permutations(&rest) {
            tail.insert(0, first.clone());
            all.push(tail);
        }
    }
    all
}
