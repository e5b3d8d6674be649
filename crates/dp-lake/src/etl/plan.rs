//! The plan of an import: for each entry of each export, which parser takes it, or why none does.

use dp_archive::{Export, Reader};
use dp_model::Warning;
use dp_sources::{Parser, Peek, Recognition, Surroundings};
use std::{collections::HashSet, sync::Arc};

/// What is to be done with an entry.
#[derive(Clone)]
pub enum Action {
    /// Parse it.
    Parse(&'static dyn Parser),
    /// Nobody knows the format; keep its text with this parser, and say so.
    KeepText(&'static dyn Parser),
    /// Nothing to import, for this reason.
    Ignore(String),
    /// Nobody knows the format, and it is no text.
    Unknown,
    /// It can't be read, for this reason.
    Refuse(String),
    /// Something the person should know of a whole archive.
    Tell(Warning),
}

impl Action {
    /// Whether the entry is read.
    #[must_use]
    pub const fn reads(&self) -> bool {
        matches!(self, Self::Parse(_) | Self::KeepText(_))
    }
}

/// One entry in the plan.
#[derive(Clone)]
pub struct PlannedEntry {
    /// Index of its export.
    pub export: usize,
    /// Index in the export.
    pub index: usize,
    /// Path as the archive writes it.
    pub path: String,
    /// Normalised path.
    pub key: String,
    /// Inflated size, where the archive says.
    pub size_bytes: Option<u64>,
    /// The source named in the ledger.
    pub source: Option<&'static str>,
    /// Whether it lies in an archive that can only be read from front to back.
    pub sequential: bool,
    /// What to do.
    pub action: Action,
}

/// All entries of all exports in the order in which they are applied.
pub struct Plan {
    /// The entries.
    pub entries: Vec<PlannedEntry>,
    /// For each export, what stands beside what.
    pub surroundings: Vec<Arc<Neighbours>>,
    /// Identity of the plan: what the archives hold, and which parsers will read it.
    pub fingerprint: [u8; 32],
}

impl Plan {
    /// Inflated bytes that will be read, where the archives say.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.entries.iter().filter(|entry| entry.action.reads()).filter_map(|entry| entry.size_bytes).sum()
    }
}

/// The paths of one export, for questions about neighbours.
#[derive(Default)]
pub struct Neighbours {
    paths: HashSet<String>,
    stems: HashSet<String>,
}

impl Neighbours {
    /// What stands beside what in each export. Those without date are files or archives that lost their
    /// names; they may be parts of one export, so each other's entries count as neighbours.
    fn of_each(exports: &[Export]) -> Vec<Arc<Self>> {
        let is_nameless = |export: &&Export| export.exported_at_us().is_none();
        let nameless = Arc::new(Self::of(exports.iter().filter(is_nameless)));
        let surround =
            |export| if is_nameless(&export) { nameless.clone() } else { Arc::new(Self::of([export])) };
        exports.iter().map(surround).collect()
    }

    fn of<'a>(exports: impl IntoIterator<Item = &'a Export>) -> Self {
        let mut neighbours = Self::default();
        for entry in exports.into_iter().flat_map(Export::entries) {
            let path = entry.key.to_lowercase();
            neighbours.stems.insert(stem(&path).to_owned());
            neighbours.paths.insert(path);
        }
        neighbours
    }
}

/// The path without the extension of its last segment.
fn stem(path: &str) -> &str {
    let name_at = path.rfind('/').map_or(0, |slash| slash + 1);
    match path[name_at..].rfind('.') {
        Some(dot) if dot > 0 => &path[..name_at + dot],
        _ => path,
    }
}

impl Surroundings for Neighbours {
    fn has_path(&self, path: &str) -> bool {
        self.paths.contains(&path.to_lowercase())
    }

    fn has_sibling_stem(&self, path: &str, name: &str) -> bool {
        let folder = path.rfind('/').map_or("", |slash| &path[..=slash]);
        self.stems.contains(stem(&format!("{folder}{name}").to_lowercase()))
    }
}

/// Looks at the beginning of every entry and decides what to do with it.
///
/// `seen` is called with the number of entries looked at. A file that cannot be read becomes a
/// refusal in the plan, not an error.
pub fn make_plan(exports: &[Export], mut seen: impl FnMut(u64)) -> Plan {
    let mut entries = Vec::new();
    let surroundings = Neighbours::of_each(exports);
    let mut hasher = blake3::Hasher::new();
    for (export_index, export) in exports.iter().enumerate() {
        let neighbours = &*surroundings[export_index];
        let mut reader = export.reader();
        hasher.update(&export.fingerprint().0);
        for (index, entry) in export.entries().iter().enumerate() {
            let (action, source) = match (&entry.refused, entry.duplicate_of) {
                (Some(reason), _) => (Action::Refuse(reason.clone()), None),
                (None, Some(first)) => (Action::Ignore(same_as(export, first)), None),
                (None, None) => look(&mut reader, index, &entry.key, entry.size_bytes, neighbours),
            };
            let (name, version) = match &action {
                Action::Parse(parser) | Action::KeepText(parser) => (parser.name(), parser.version()),
                Action::Ignore(_) | Action::Unknown | Action::Refuse(_) | Action::Tell(_) => ("", 0),
            };
            hasher.update(name.as_bytes());
            hasher.update(&version.to_le_bytes());
            entries.push(PlannedEntry {
                export: export_index,
                index,
                path: entry.path.clone(),
                key: entry.key.clone(),
                size_bytes: entry.size_bytes,
                source,
                sequential: export.containers()[entry.container].is_sequential(),
                action,
            });
            seen(entries.len() as u64);
        }
        entries.extend(export.warnings().iter().map(|warning| PlannedEntry {
            export: export_index,
            index: 0,
            path: warning.path.clone(),
            key: warning.path.clone(),
            size_bytes: None,
            source: None,
            sequential: false,
            action: Action::Tell(warning.warning.clone()),
        }));
    }
    Plan { entries, surroundings, fingerprint: *hasher.finalize().as_bytes() }
}

fn same_as(export: &Export, first: usize) -> String {
    let entry = &export.entries()[first];
    let container = &export.containers()[entry.container];
    format!("the same file as {} in {}", entry.path, container.name)
}

/// Decides by the first bytes what to do with an entry, and which source the ledger names.
fn look(
    reader: &mut Reader<'_>,
    index: usize,
    key: &str,
    size_bytes: Option<u64>,
    neighbours: &Neighbours,
) -> (Action, Option<&'static str>) {
    let head = match reader.head(index) {
        Ok(head) => head,
        Err(error) => return (Action::Refuse(error.to_string()), None),
    };
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head);
    let peek = Peek { path: key, size_bytes, head };
    match dp_sources::recognise(&peek, neighbours) {
        Recognition::Parse(parser) => (Action::Parse(parser), Some(parser.source(&peek))),
        Recognition::UnknownText(parser) => (Action::KeepText(parser), None),
        Recognition::Ignored(reason) => (Action::Ignore(reason.0.into_owned()), None),
        Recognition::Unknown => (Action::Unknown, None),
    }
}
