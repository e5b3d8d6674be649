//! A sink that keeps what a parser finds, for tests and fuzzing. No part of the program uses it.

use crate::{Context, ParseError, Parser, Sink, SinkClosed, Surroundings};
use dp_model::{Draft, PersonDraft, Sample, Warning};

/// What a parser found, in order.
#[derive(Debug, Default)]
pub struct Found {
    /// Documents.
    pub drafts: Vec<Draft>,
    /// Samples.
    pub samples: Vec<Sample>,
    /// People.
    pub people: Vec<PersonDraft>,
    /// Warnings.
    pub warnings: Vec<Warning>,
    /// Why the rest of the entry could not be read, if so.
    pub error: Option<ParseError>,
}

impl Sink for Found {
    fn document(&mut self, draft: Draft) -> Result<(), SinkClosed> {
        self.drafts.push(draft);
        Ok(())
    }

    fn sample(&mut self, sample: Sample) -> Result<(), SinkClosed> {
        self.samples.push(sample);
        Ok(())
    }

    fn person(&mut self, person: PersonDraft) -> Result<(), SinkClosed> {
        self.people.push(person);
        Ok(())
    }

    fn warning(&mut self, warning: Warning) -> Result<(), SinkClosed> {
        self.warnings.push(warning);
        Ok(())
    }
}

/// An export that holds the paths of a list.
#[derive(Debug, Default)]
pub struct Paths(pub Vec<String>);

impl Surroundings for Paths {
    fn has_path(&self, path: &str) -> bool {
        self.0.iter().any(|known| known.to_lowercase() == path.to_lowercase())
    }

    fn has_sibling_stem(&self, path: &str, name: &str) -> bool {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let stem = |name: &str| name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_lowercase();
        self.0.iter().any(|known| {
            let (known_folder, known_name) = known.rsplit_once('/').unwrap_or(("", known));
            known_folder == folder && stem(known_name) == stem(name)
        })
    }
}

/// What a parser finds in these bytes, with a record limit of 16 MiB and no home zone.
#[must_use]
pub fn collect(parser: &dyn Parser, path: &str, bytes: &[u8]) -> Found {
    let surroundings = Paths::default();
    let context = Context {
        path,
        exported_at_us: None,
        home_zone: None,
        record_bytes_max: 16 << 20,
        surroundings: &surroundings,
    };
    collect_in(parser, &context, bytes)
}

/// What a parser finds in these bytes under this context.
#[must_use]
pub fn collect_in(parser: &dyn Parser, context: &Context<'_>, mut bytes: &[u8]) -> Found {
    let mut found = Found::default();
    let result = parser.parse(context, &mut bytes, &mut found);
    found.error = result.err();
    found
}
