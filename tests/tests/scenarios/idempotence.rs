//! The same exports again — in another order, one file at a time, packed otherwise — bring nothing new.

use crate::{assert_same_export, reference, shared_life, tally};
use dp_e2e::{Vault, read_archives, write_folder, write_tgz, write_zip_parts};
use serde_json::Value;

/// Nothing new and nothing changed by a report.
#[track_caller]
fn assert_nothing_new(report: &Value, what: &str) {
    for counted in ["documents", "samples"] {
        let [inserted, updated, _] = tally(report, counted);
        assert_eq!((inserted, updated), (0, 0), "{counted} of {what}: {}", report[counted]);
    }
    assert_eq!(report["people"], 0, "{what}");
}

#[test]
fn the_same_exports_again_change_nothing_in_whatever_order_they_come() {
    let life = shared_life();
    let vault = Vault::new();
    vault.text(life.import());
    assert_nothing_new(&vault.import(life.paths()), "the same command");
    let mut paths = life.paths();
    paths.reverse();
    assert_nothing_new(&vault.import(&paths), "the other order");
    for path in &paths {
        assert_nothing_new(&vault.import([path]), &path.display().to_string());
    }
    assert_same_export(&vault.export(), reference());
}

#[test]
fn exports_packed_otherwise_bring_nothing_new() {
    let life = shared_life();
    let vault = Vault::new();
    vault.text(life.import());
    let contents = |export: &str| {
        let mut lines: Vec<Value> = export.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for line in &mut lines {
            let fields = line.as_object_mut().unwrap();
            fields.remove("provenance");
            fields.remove("revisions");
        }
        lines
    };
    let before = contents(&vault.export());
    for (number, parts) in life.exports().iter().enumerate() {
        let entries = read_archives(parts);
        let folder = vault.folder().join(format!("again-{number}"));
        std::fs::create_dir(&folder).unwrap();
        let zips = write_zip_parts(&entries, 3, |part| folder.join(format!("mine {part}.zip")));
        assert_nothing_new(&vault.import(&zips), &format!("export {number} as zips of other names"));
        let tgz = folder.join("all of it.tgz");
        write_tgz(&tgz, &entries);
        assert_nothing_new(&vault.import([&tgz]), &format!("export {number} as a tgz"));
        let unpacked = folder.join("unpacked");
        write_folder(&unpacked, &entries);
        assert_nothing_new(&vault.import([&unpacked]), &format!("export {number} unpacked"));
    }
    let after = contents(&vault.export());
    for (after, before) in after.iter().zip(&before) {
        assert_eq!(after, before);
    }
    assert_eq!(after.len(), before.len());
}

#[test]
fn vaults_fed_in_other_orders_are_the_same() {
    let life = shared_life();
    let mut backwards = life.paths();
    backwards.reverse();
    let vault = Vault::new();
    vault.import(&backwards);
    assert_same_export(&vault.export(), reference());

    let mut exports = life.exports();
    exports.reverse();
    let one_by_one = Vault::configured("[import]\nbatch_records = 300\nworkers = 1\n");
    for parts in &exports {
        one_by_one.import(parts);
    }
    assert_same_export(&one_by_one.export(), reference());

    let by_part = Vault::new();
    for path in &backwards {
        by_part.import([path]);
    }
    assert_same_export(&by_part.export(), reference());
}

#[test]
fn a_life_packed_otherwise_from_the_start_has_the_same_documents() {
    let life = shared_life();
    let vault = Vault::new();
    for (number, parts) in life.exports().iter().enumerate() {
        let unpacked = vault.folder().join(format!("unpacked-{number}"));
        write_folder(&unpacked, &read_archives(parts));
        vault.import([&unpacked]);
    }
    let ids = |export: &str| -> Vec<String> {
        let lines = export.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["type"] == "document").map(|line| line["id"].to_string()).collect()
    };
    assert_eq!(ids(&vault.export()), ids(reference()));
}
