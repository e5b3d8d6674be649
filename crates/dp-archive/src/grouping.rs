//! Puts containers together to exports: by the export id in part names, by the job id of the report
//! page where files were renamed, by the folder unpacked parts lie in. Leaves out parts given twice.

use crate::{
    ArchiveWarning, Export, Limits,
    entry_path::normalise_path,
    export::Indexed,
    given::{Given, file_name},
    part_name::{PartName, without_extension},
    report_page::find_job_id,
};
use dp_model::{BlobHash, WarningKind};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::PathBuf,
};

/// At most this many missing part numbers are named.
const NUMBERS_NAMED: usize = 20;

/// What containers of one export have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Bond {
    /// The export id of their names.
    Name(String),
    /// The job id of their report pages.
    Job(String),
    /// The folder that their `Takeout` folders lie in.
    Tree(PathBuf),
    /// Nothing: a container that is an export by itself.
    Alone(usize),
}

struct Part {
    given: Given,
    indexed: Indexed,
    name: Option<PartName>,
    job: Option<String>,
}

/// Makes exports, sorted by time of export, then name, then content.
pub(crate) fn group(found: Vec<(Given, Indexed)>, limits: &Limits) -> Vec<Export> {
    let mut parts: Vec<Part> = found
        .into_iter()
        .map(|(given, indexed)| Part { name: find_part_name(&given), given, indexed, job: None })
        .collect();
    // The part whose name says most, and says it without a copy mark, comes first.
    parts.sort_by_cached_key(|part| {
        let name = part.name.as_ref();
        let numbers = name.map(|name| (name.group, name.part));
        let export = name.map(|name| name.export.clone());
        (
            name.is_none(),
            export,
            numbers,
            part.given.name.len(),
            part.given.name.clone(),
            part.given.canonical.clone(),
        )
    });
    if parts.len() > 1 && parts.iter().any(|part| part.name.is_none()) {
        for part in &mut parts {
            part.job = find_job_id(&part.indexed, limits);
        }
    }
    let bonds = find_bonds(&parts);
    let (kept, duplicates) = split_duplicates(&parts);
    let mut numbers: BTreeMap<Bond, Vec<PartName>> = BTreeMap::new();
    for (part, bond) in parts.iter().zip(&bonds) {
        numbers.entry(bond.clone()).or_default().extend(part.name.clone());
    }
    let mut notices: HashMap<usize, Vec<ArchiveWarning>> = HashMap::new();
    for (duplicate, original) in duplicates {
        let message = format!("holds the same entries as {:?} and was left out", parts[original].given.name);
        let warning = ArchiveWarning::new(&parts[duplicate].given.name, WarningKind::Notice, message);
        notices.entry(original).or_default().push(warning);
    }
    let mut groups: BTreeMap<Bond, Vec<Part>> = BTreeMap::new();
    for (index, (mut part, bond)) in parts.into_iter().zip(bonds).enumerate() {
        if kept[index] {
            part.indexed.warnings.extend(notices.remove(&index).unwrap_or_default());
            groups.entry(bond).or_default().push(part);
        }
    }
    let mut exports: Vec<Export> = groups
        .into_iter()
        .map(|(bond, parts)| {
            let names = numbers.remove(&bond).unwrap_or_default();
            assemble(&bond, parts, &names, limits)
        })
        .collect();
    exports.sort_by(|left, right| {
        (left.exported_at_us(), left.name())
            .cmp(&(right.exported_at_us(), right.name()))
            .then_with(|| left.fingerprint().cmp(&right.fingerprint()))
    });
    exports
}

/// The part name of a container or, for a `Takeout` folder, of the folder it lies in.
fn find_part_name(given: &Given) -> Option<PartName> {
    let above = || given.tree.as_deref().and_then(|tree| PartName::parse(&file_name(tree)));
    PartName::parse(&given.name).or_else(above)
}

fn find_bonds(parts: &[Part]) -> Vec<Bond> {
    let mut by_job: HashMap<&str, &str> = HashMap::new();
    let mut jobs_of_tree: HashMap<&PathBuf, BTreeSet<&str>> = HashMap::new();
    for part in parts {
        if let (Some(job), Some(name)) = (&part.job, &part.name) {
            by_job.entry(job).or_insert(&name.export);
        }
        if let (Some(tree), Some(job)) = (&part.given.tree, &part.job) {
            jobs_of_tree.entry(tree).or_default().insert(job);
        }
    }
    let bond_of = |(index, part): (usize, &Part)| {
        if let Some(name) = &part.name {
            return Bond::Name(name.export.clone());
        }
        // Two jobs unpacked side by side are two exports.
        let one_job = |tree: &&PathBuf| jobs_of_tree.get(*tree).is_none_or(|jobs| jobs.len() < 2);
        match (&part.job, part.given.tree.as_ref().filter(one_job)) {
            (Some(job), _) if by_job.contains_key(job.as_str()) => {
                Bond::Name(by_job[job.as_str()].to_owned())
            }
            (_, Some(tree)) => Bond::Tree(tree.clone()),
            (Some(job), None) => Bond::Job(job.clone()),
            (None, None) => Bond::Alone(index),
        }
    };
    parts.iter().enumerate().map(bond_of).collect()
}

/// Which parts to keep, and which are the same as which earlier one: equal lists of paths, sizes and
/// checksums.
fn split_duplicates(parts: &[Part]) -> (Vec<bool>, Vec<(usize, usize)>) {
    let mut first: HashMap<BlobHash, usize> = HashMap::new();
    let mut kept = vec![true; parts.len()];
    let mut duplicates = Vec::new();
    if parts.len() < 2 {
        return (kept, duplicates);
    }
    for (index, part) in parts.iter().enumerate() {
        let Some(list) = hash_list(&part.indexed) else { continue };
        match first.get(&list) {
            Some(original) => {
                kept[index] = false;
                duplicates.push((index, *original));
            }
            None => {
                first.insert(list, index);
            }
        }
    }
    (kept, duplicates)
}

/// Hash of the list of entries; nothing if the list is empty or does not say what the bytes are.
fn hash_list(part: &Indexed) -> Option<BlobHash> {
    let mut rows = Vec::with_capacity(part.items.len());
    for item in &part.items {
        rows.push((normalise_path(&item.path), item.size_bytes?, item.crc32?));
    }
    if rows.is_empty() {
        return None;
    }
    rows.sort_unstable();
    let mut hasher = blake3::Hasher::new();
    for (path, size_bytes, crc32) in rows {
        hasher.update(path.as_bytes());
        hasher.update(&[0]);
        hasher.update(&size_bytes.to_le_bytes());
        hasher.update(&crc32.to_le_bytes());
    }
    Some(BlobHash(*hasher.finalize().as_bytes()))
}

fn assemble(bond: &Bond, parts: Vec<Part>, names: &[PartName], limits: &Limits) -> Export {
    let exported_at_us = names.iter().find_map(|name| name.exported_at_us);
    let name = match (bond, parts.as_slice()) {
        (Bond::Name(name), _) => name.clone(),
        (Bond::Tree(_), [_, _, ..]) => "Takeout".to_owned(),
        (_, [part, ..]) => without_extension(&part.given.name).to_owned(),
        (_, []) => String::new(),
    };
    let missing = name_missing(names).map(|numbers| {
        let message = format!("parts are missing: {numbers}; import them too when they are at hand");
        ArchiveWarning::new(&name, WarningKind::Notice, message)
    });
    let mut export =
        Export::assemble(name, exported_at_us, parts.into_iter().map(|part| part.indexed).collect(), limits);
    export.warnings.extend(missing);
    export
}

/// The numbers that a sequence of parts lacks below its highest.
fn name_missing(names: &[PartName]) -> Option<String> {
    let mut groups: BTreeMap<Option<u32>, BTreeSet<u32>> = BTreeMap::new();
    for name in names {
        groups.entry(name.group).or_default().extend(name.part);
    }
    let mut missing = Vec::new();
    let mut count = 0_u64;
    for (group, present) in groups {
        let last = present.last().copied().unwrap_or(0);
        let below = present.range(1..).count() as u64;
        count += u64::from(last) - below;
        let group = group.map(|group| format!("{group}-")).unwrap_or_default();
        let room = NUMBERS_NAMED.saturating_sub(missing.len());
        missing.extend(
            (1..=last)
                .filter(|number| !present.contains(number))
                .take(room)
                .map(|number| format!("{group}{number:03}")),
        );
    }
    if count == 0 {
        return None;
    }
    let unnamed = count - missing.len() as u64;
    let more = if unnamed > 0 { format!(" and {unnamed} more") } else { String::new() };
    Some(missing.join(", ") + &more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_numbers_are_named_per_group() {
        let missing = |names: &[&str]| {
            name_missing(&names.iter().filter_map(|name| PartName::parse(name)).collect::<Vec<_>>())
        };
        let stamp = "takeout-20240516T230250Z";
        let named = |suffixes: &[&str]| {
            let names: Vec<String> = suffixes.iter().map(|suffix| format!("{stamp}{suffix}.zip")).collect();
            missing(&names.iter().map(String::as_str).collect::<Vec<_>>())
        };
        assert_eq!(named(&["-001", "-002"]), None);
        assert_eq!(named(&["-001", "-004"]).as_deref(), Some("002, 003"));
        assert_eq!(named(&["-001", "-3-001", "-3-003"]).as_deref(), Some("3-002"));
        assert_eq!(named(&["-001", "-001(1)"]), None);
        assert_eq!(named(&[""]), None);
        let huge = named(&["-4294967295"]).unwrap();
        assert!(huge.ends_with("and 4294967274 more"), "{huge}");
    }
}
