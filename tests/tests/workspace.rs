//! The shape of the workspace: crates depend along the arrows of `docs/architecture.md` and no others,
//! and everything the program is made of has a licence and an origin that `deny.toml` allows.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a check that cannot read what it checks has failed"
)]

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// Who may depend on whom, in the program itself.
const ARROWS: &[(&str, &[&str])] = &[
    ("dp-model", &[]),
    ("dp-archive", &["dp-model"]),
    ("dp-sources", &["dp-archive", "dp-model"]),
    ("dp-lake", &["dp-archive", "dp-model", "dp-sources"]),
    ("dp-lake-embedded", &["dp-lake", "dp-model"]),
    ("dp-cortex", &["dp-lake", "dp-model"]),
    ("dp-nexus", &["dp-cortex", "dp-lake", "dp-model", "dp-stream"]),
    // Knows nothing of what jobs do.
    ("dp-stream", &[]),
    // Knows files and no database.
    ("dp-backup", &[]),
    // Limits are configuration.
    ("dp-config", &["dp-archive"]),
    // Writes what the parsers read, and must not know how they do it.
    ("dp-lifegen", &["dp-model"]),
    (
        "datapunk",
        &[
            "dp-archive",
            "dp-backup",
            "dp-config",
            "dp-cortex",
            "dp-lake",
            "dp-lake-embedded",
            "dp-lifegen",
            "dp-model",
            "dp-nexus",
            "dp-sources",
            "dp-stream",
        ],
    ),
    (
        "dp-bench",
        &["dp-archive", "dp-cortex", "dp-lake", "dp-lake-embedded", "dp-lifegen", "dp-model", "dp-sources"],
    ),
    // Scenarios see the program from outside.
    ("dp-e2e", &["dp-lifegen", "dp-model"]),
    ("xtask", &[]),
];

/// Libraries that only these crates may name.
const CONFINED: &[(&str, &[&str])] = &[
    // Documents in the one, accounts in another, jobs and events in the third.
    ("rusqlite", &["dp-lake-embedded", "dp-nexus", "dp-stream"]),
    ("tantivy", &["dp-lake-embedded"]),
    ("clap", &["datapunk", "dp-bench", "xtask"]),
    // What opens, parses and plans is plain synchronous functions on data.
    ("async-trait", &["dp-lake", "dp-lake-embedded", "dp-nexus"]),
    ("futures", &["datapunk", "dp-bench", "dp-cortex", "dp-lake", "dp-lake-embedded", "dp-nexus"]),
    // What may ask the network, and only when it is asked to.
    ("ureq", &["dp-cortex"]),
    ("hf-hub", &["dp-cortex"]),
    ("candle-core", &["dp-cortex"]),
    ("tokenizers", &["dp-cortex"]),
    // What listens, and the queues of those who listen to events.
    ("tokio", &["datapunk", "dp-nexus", "dp-stream"]),
    ("axum", &["dp-nexus"]),
    // What encrypts backups.
    ("age", &["dp-backup"]),
    ("tokio-rustls", &["dp-nexus"]),
    ("rmcp", &["dp-nexus"]),
    // Decoders of what strangers send, in one place that expects the worst of them.
    ("image", &["dp-nexus"]),
    ("infer", &["dp-nexus"]),
];

/// Locked packages that are worth their trouble.
const PACKAGES_MAX: usize = 700;

fn metadata() -> Metadata {
    MetadataCommand::new().current_dir(root()).exec().unwrap()
}

fn root() -> PathBuf {
    dp_e2e::workspace()
}

fn needed(package: &Package) -> impl Iterator<Item = &str> {
    let normal = package.dependencies.iter().filter(|needed| needed.kind != DependencyKind::Development);
    normal.map(|needed| needed.name.as_str())
}

#[test]
fn crates_depend_only_along_the_arrows() {
    let metadata = metadata();
    let own = metadata.workspace_packages();
    let names: BTreeSet<&str> = own.iter().map(|package| package.name.as_str()).collect();
    let known: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, known, "each crate of the workspace has its arrows, and no other");
    for package in &own {
        let (_, allowed) = ARROWS.iter().find(|(name, _)| package.name.as_str() == *name).unwrap();
        for needed in needed(package).filter(|needed| names.contains(needed)) {
            assert!(allowed.contains(&needed), "{} must not depend on {needed}", package.name);
        }
    }
}

#[test]
fn storage_interface_and_async_libraries_stay_in_their_crates() {
    for package in metadata().workspace_packages() {
        for needed in needed(package) {
            let confined = CONFINED.iter().find(|(library, _)| *library == needed);
            let allowed = confined.is_none_or(|(_, crates)| crates.contains(&package.name.as_str()));
            assert!(allowed, "{} must not depend on {needed}", package.name);
        }
    }
}

#[test]
fn the_model_does_no_input_or_output() {
    let metadata = metadata();
    let model = metadata
        .workspace_packages()
        .into_iter()
        .find(|package| package.name.as_str() == "dp-model")
        .unwrap();
    let needed: BTreeSet<&str> = needed(model).collect();
    assert_eq!(needed, BTreeSet::from(["blake3", "serde", "serde_json", "smallvec", "thiserror"]));
}

#[test]
fn every_folder_of_crates_has_its_crate_s_name() {
    for package in metadata().workspace_packages() {
        let folder = package.manifest_path.parent().unwrap();
        if folder.parent().unwrap().file_name() == Some("crates") {
            assert_eq!(folder.file_name(), Some(package.name.as_str()));
        }
    }
}

/// What `deny.toml` says, as far as it is checked here.
struct Rules {
    allowed: BTreeSet<String>,
    exceptions: Vec<(String, BTreeSet<String>)>,
    /// What nobody may need but those that are named with it.
    banned: Vec<(String, BTreeSet<String>)>,
}

impl Rules {
    fn read() -> Self {
        let text = std::fs::read_to_string(root().join("deny.toml")).unwrap();
        let table: toml::Table = text.parse().unwrap();
        let words = |value: &toml::Value| -> BTreeSet<String> {
            value.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
        };
        let name = |rule: &toml::Value| rule["crate"].as_str().unwrap().to_owned();
        let exceptions = table["licenses"]["exceptions"].as_array().unwrap();
        Self {
            allowed: words(&table["licenses"]["allow"]),
            exceptions: exceptions.iter().map(|rule| (name(rule), words(&rule["allow"]))).collect(),
            banned: table["bans"]["deny"]
                .as_array()
                .unwrap()
                .iter()
                .map(|rule| (name(rule), rule.get("wrappers").map(words).unwrap_or_default()))
                .collect(),
        }
    }

    fn allows(&self, package: &str, license: &str) -> bool {
        let exception = self.exceptions.iter().find(|(name, _)| name == package);
        self.allowed.contains(license) || exception.is_some_and(|(_, licenses)| licenses.contains(license))
    }
}

/// Whether one of the ways to satisfy a licence expression uses only allowed licences. `AND` binds more
/// strongly than `OR`; a slash is the `OR` of old manifests.
fn is_satisfied(expression: &str, allowed: &dyn Fn(&str) -> bool) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let satisfied = any_of(&mut rest, allowed);
    assert!(rest.is_empty(), "{expression:?} is no licence expression");
    satisfied
}

fn any_of(rest: &mut &[&str], allowed: &dyn Fn(&str) -> bool) -> bool {
    let mut satisfied = all_of(rest, allowed);
    while let ["OR", after @ ..] = *rest {
        *rest = after;
        satisfied |= all_of(rest, allowed);
    }
    satisfied
}

fn all_of(rest: &mut &[&str], allowed: &dyn Fn(&str) -> bool) -> bool {
    let mut satisfied = one(rest, allowed);
    while let ["AND", after @ ..] = *rest {
        *rest = after;
        satisfied &= one(rest, allowed);
    }
    satisfied
}

fn one(rest: &mut &[&str], allowed: &dyn Fn(&str) -> bool) -> bool {
    match *rest {
        ["(", after @ ..] => {
            *rest = after;
            let satisfied = any_of(rest, allowed);
            *rest = rest.strip_prefix(&[")"]).expect("a bracket is closed");
            satisfied
        }
        [license, "WITH", exception, after @ ..] => {
            *rest = after;
            allowed(&format!("{license} WITH {exception}"))
        }
        [license, after @ ..] => {
            *rest = after;
            allowed(license)
        }
        [] => panic!("a licence is missing"),
    }
}

#[test]
fn licence_expressions_are_read_as_they_are_meant() {
    let allowed = |license: &str| matches!(license, "MIT" | "Zlib" | "A WITH B");
    for (expression, expected) in [
        ("MIT", true),
        ("GPL", false),
        ("GPL OR MIT", true),
        ("GPL/MIT", true),
        ("GPL AND MIT", false),
        ("GPL OR MIT AND Zlib", true),
        ("(GPL OR MIT) AND BSD", false),
        ("(GPL OR MIT) AND Zlib", true),
        ("A WITH B", true),
        ("A WITH C OR A", false),
    ] {
        assert_eq!(is_satisfied(expression, &allowed), expected, "{expression}");
    }
}

#[test]
fn every_package_has_an_allowed_licence() {
    let rules = Rules::read();
    for package in &metadata().packages {
        let license =
            package.license.as_deref().unwrap_or_else(|| panic!("{} names no licence", package.name));
        let allowed = |license: &str| rules.allows(&package.name, license);
        assert!(is_satisfied(license, &allowed), "{}: {license}", package.name);
    }
}

#[test]
fn nothing_banned_is_locked_and_everything_has_an_origin() {
    let rules = Rules::read();
    let metadata = metadata();
    for package in &metadata.packages {
        for (banned, wrappers) in &rules.banned {
            let is_banned = package.name.as_str() == banned && wrappers.is_empty();
            assert!(!is_banned, "{banned} is banned");
            let needs_it = package.dependencies.iter().any(|needed| {
                needed.name == *banned && needed.kind == DependencyKind::Normal && !needed.optional
            });
            let may = !needs_it || wrappers.contains(package.name.as_str());
            assert!(may || wrappers.is_empty(), "{} must not need {banned}", package.name);
        }
        let is_own = metadata.workspace_members.contains(&package.id);
        let from_registry =
            package.source.as_ref().is_some_and(|source| source.repr.starts_with("registry+"));
        assert!(is_own != from_registry, "{} comes from {:?}", package.name, package.source);
    }
    assert!(metadata.packages.len() <= PACKAGES_MAX, "{} packages are locked", metadata.packages.len());
}

#[test]
fn no_test_is_marked_to_be_ignored() {
    let ignored = ["#[", "ignore"].concat();
    for package in metadata().workspace_packages() {
        for file in rust_files(package.manifest_path.parent().unwrap().as_std_path()) {
            let text = std::fs::read_to_string(&file).unwrap();
            assert!(!text.contains(&ignored), "{} ignores a test", file.display());
        }
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for child in std::fs::read_dir(folder).unwrap() {
        let path = child.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
