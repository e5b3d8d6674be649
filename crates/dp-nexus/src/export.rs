//! Everything a vault has, or a part of it, in open formats: a zip that is written as it is made, whatever its size. Reads the
//! vault it is given and nothing else, so of a view of a part of a vault that part comes out.

mod archive;
mod series;

use crate::http::OutOfScope;
use archive::Archive;
use dp_lake::{
    Filter, LakeError, LedgerQuery, RevisionedDocument, Vault, etl::HomeClock, walk_documents, walk_people,
};
use futures::executor::block_on;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Seek, Write};

/// What is said to whoever opens it.
const README: &str = include_str!("export/README.txt");

/// Says what is in it, as the last of its files.
const CONTENTS: &str = "contents.json";
/// No such file is larger.
const CONTENTS_BYTES_MAX: u64 = 16 << 20;

/// Why an export ended too soon.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The vault could not answer.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// It could not be written.
    #[error("the export could not be written: {0}")]
    Io(#[from] io::Error),
    /// A file of it could not be written.
    #[error("the export could not be written: {0}")]
    Zip(#[from] zip::result::ZipError),
}

impl ExportError {
    /// As a failure to write.
    #[must_use]
    pub fn into_io(self) -> io::Error {
        match self {
            Self::Io(error) | Self::Zip(zip::result::ZipError::Io(error)) => error,
            other => io::Error::other(other),
        }
    }
}

/// A file in an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedFile {
    /// Its name.
    pub name: String,
    /// Documents, people, samples, imports or entries in it.
    pub records: u64,
}

/// What is in an export, as its last file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exported {
    /// Version of the program.
    pub program: String,
    /// The zone that local days are of.
    pub home_zone: String,
    /// What was asked for; nothing in it means everything.
    pub filter: Filter,
    /// Its files but this one.
    pub files: Vec<ExportedFile>,
    /// What is left out, and why.
    pub left_out: Vec<String>,
}

/// Writes a vault as a zip. Of the filter, sources, kinds and days count.
///
/// # Errors
/// When the vault can't be read or the output can't be written; what was written then is no whole zip.
pub fn write_zip(vault: &dyn Vault, filter: &Filter, output: impl Write) -> Result<Exported, ExportError> {
    let mut archive = Archive::new(output);
    let mut left_out = Vec::new();
    archive.text("README.txt", README)?;
    documents(vault, filter, &mut archive)?;
    if filter.kinds.is_empty() {
        refused("samples of series", series::write(vault, filter, &mut archive), &mut left_out)?;
    } else {
        left_out.push("samples of series: they have no kind, and kinds were asked for".to_owned());
    }
    if *filter == Filter::default() {
        refused("people", people(vault, &mut archive), &mut left_out)?;
        refused("imports and their ledgers", imports(vault, &mut archive), &mut left_out)?;
    } else {
        left_out.push(
            "people, imports and their ledgers: they are of everything, and a part was asked for".to_owned(),
        );
    }
    let exported = Exported {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        home_zone: vault.home_zone().to_owned(),
        filter: filter.clone(),
        files: archive.files().to_vec(),
        left_out,
    };
    let text = serde_json::to_string_pretty(&exported).map_err(io::Error::from)?;
    archive.text(CONTENTS, &text)?;
    archive.finish()?;
    Ok(exported)
}

/// What is in a zip that [`write_zip`] wrote, by its last file: if that is there, the zip is whole.
///
/// # Errors
/// When it is no such zip, or has no end.
pub fn read_contents(zip: impl Read + Seek) -> Result<Exported, ExportError> {
    let mut zip = zip::ZipArchive::new(zip)?;
    let contents = zip.by_name(CONTENTS)?.take(CONTENTS_BYTES_MAX);
    serde_json::from_reader(contents).map_err(|error| ExportError::Io(error.into()))
}

/// Notes what a view of a part of the vault does not tell.
fn refused(
    what: &str,
    written: Result<(), ExportError>,
    left_out: &mut Vec<String>,
) -> Result<(), ExportError> {
    match written {
        Err(ExportError::Lake(LakeError::Engine { source, .. })) if source.is::<OutOfScope>() => {
            left_out.push(format!("{what}: this key sees a part of the vault, and they are of all of it"));
            Ok(())
        }
        other => other,
    }
}

fn documents<W: Write>(
    vault: &dyn Vault,
    filter: &Filter,
    archive: &mut Archive<W>,
) -> Result<(), ExportError> {
    let mut clock = HomeClock::new(vault.home_zone());
    archive.begin("documents.jsonl")?;
    walk_documents(vault, |document| match is_wanted(document, filter, &mut clock) {
        true => archive.line(document),
        false => Ok(()),
    })?;
    archive.end()
}

fn is_wanted(found: &RevisionedDocument, filter: &Filter, clock: &mut HomeClock) -> bool {
    let content = &found.document.content;
    filter.wants_source(&content.source)
        && filter.wants_kind(content.kind)
        && filter.wants_day(content.time.as_ref().map(|time| clock.day(time)))
}

fn people<W: Write>(vault: &dyn Vault, archive: &mut Archive<W>) -> Result<(), ExportError> {
    // Before its file begins: of a view of a part of the vault there is none.
    block_on(vault.documents().people(None, 0))?;
    archive.begin("people.jsonl")?;
    walk_people(vault, |person| archive.line(person))?;
    archive.end()
}

fn imports<W: Write>(vault: &dyn Vault, archive: &mut Archive<W>) -> Result<(), ExportError> {
    /// An entry of the ledger of an import.
    #[derive(Serialize)]
    struct Entry<'a> {
        import: u64,
        #[serde(flatten)]
        report: &'a dp_model::EntryReport,
    }
    let mut imports = block_on(vault.imports().list())?;
    imports.reverse();
    archive.begin("imports.jsonl")?;
    for import in &imports {
        archive.line(import)?;
    }
    archive.end()?;
    archive.begin("ledger.jsonl")?;
    for import in &imports {
        let query = LedgerQuery { import: Some(import.id), status: None };
        for report in &block_on(vault.imports().ledger(&query))? {
            archive.line(&Entry { import: import.id, report })?;
        }
    }
    archive.end()
}
