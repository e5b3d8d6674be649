//! Archives that mean harm: nothing is written outside the data directory, and what is good in them is
//! imported.

use crate::tally;
use dp_e2e::{Vault, files_below, write_activity, write_zip};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs::File,
    io::Write,
    path::{Path, PathBuf},
};
use zip::{ZipWriter, write::SimpleFileOptions};

const ACTIVITY: &str = "Takeout/My Activity/Search/MyActivity.json";

/// Imports an archive of the vault's folder; asserts that nothing but the data directory has changed.
#[track_caller]
fn import_harmlessly(vault: &Vault, archive: &Path) -> Value {
    let outside = |vault: &Vault| -> BTreeSet<PathBuf> {
        files_below(vault.folder()).into_iter().filter(|path| !path.starts_with(vault.data())).collect()
    };
    let before = outside(vault);
    let report = vault.import([archive]);
    assert_eq!(outside(vault), before);
    for file in files_below(&vault.data()) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        assert!(!name.contains("escape") && !name.contains("MyActivity"), "{} was unpacked", file.display());
    }
    assert_eq!(vault.json(["doctor"])["sound"], true);
    report
}

fn status<'a>(report: &'a Value, path: &str) -> &'a str {
    let rows = report["entries"].as_array().unwrap();
    let row = rows.iter().find(|row| row["path"] == path).unwrap_or_else(|| panic!("{path} in {rows:?}"));
    row["status"].as_str().unwrap()
}

#[test]
fn paths_that_lead_out_of_the_archive_are_refused() {
    let vault = Vault::new();
    let archive = vault.folder().join("out.zip");
    let activity = write_activity(&["walnut bread"]);
    let escapes = [
        "../escape.json",
        "Takeout/../../../../escape.json",
        "/tmp/escape-absolute.json",
        "C:\\escape.json",
        "..\\escape.json",
    ];
    let entries =
        escapes.iter().map(|path| (*path, activity.as_slice())).chain([(ACTIVITY, activity.as_slice())]);
    write_zip(&archive, entries);
    let report = import_harmlessly(&vault, &archive);
    for path in escapes {
        assert_eq!(status(&report, path), "failed", "{path}");
    }
    assert_eq!((status(&report, ACTIVITY), tally(&report, "documents")[0]), ("parsed", 1));
    assert!(!Path::new("/tmp/escape-absolute.json").exists());
}

#[test]
fn links_in_archives_and_folders_are_not_followed() {
    let vault = Vault::new();
    let secret = vault.folder().join("secret.json");
    std::fs::write(&secret, write_activity(&["state secret"])).unwrap();
    let target = secret.to_string_lossy().into_owned();
    let activity = write_activity(&["walnut bread"]);

    let archive = vault.folder().join("links.zip");
    let mut writer = ZipWriter::new(File::create(&archive).unwrap());
    writer
        .add_symlink("Takeout/My Activity/Maps/MyActivity.json", &target, SimpleFileOptions::default())
        .unwrap();
    writer.start_file(ACTIVITY, SimpleFileOptions::default()).unwrap();
    writer.write_all(&activity).unwrap();
    writer.finish().unwrap();
    let report = import_harmlessly(&vault, &archive);
    assert_eq!(status(&report, "Takeout/My Activity/Maps/MyActivity.json"), "failed");
    assert_eq!(tally(&report, "documents")[0], 1);

    let archive = vault.folder().join("links.tar");
    let mut builder = tar::Builder::new(File::create(&archive).unwrap());
    for (name, kind) in
        [("hard", tar::EntryType::Link), ("soft", tar::EntryType::Symlink), ("device", tar::EntryType::Char)]
    {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        let path = format!("Takeout/My Activity/{name}/MyActivity.json");
        builder.append_link(&mut header, path, &secret).unwrap();
    }
    let mut header = tar::Header::new_gnu();
    header.set_size(activity.len() as u64);
    builder.append_data(&mut header, ACTIVITY, activity.as_slice()).unwrap();
    builder.finish().unwrap();
    drop(builder);
    let report = import_harmlessly(&vault, &archive);
    for name in ["hard", "soft", "device"] {
        assert_eq!(status(&report, &format!("Takeout/My Activity/{name}/MyActivity.json")), "failed");
    }
    assert_eq!(tally(&report, "documents"), [0, 0, 1]);

    let folder = vault.folder().join("unpacked");
    std::fs::create_dir_all(folder.join("Takeout/My Activity/Maps")).unwrap();
    std::os::unix::fs::symlink(&secret, folder.join("Takeout/My Activity/Maps/MyActivity.json")).unwrap();
    std::os::unix::fs::symlink("/", folder.join("Takeout/everything")).unwrap();
    std::fs::write(folder.join("Takeout/My Activity/MyActivity.json"), &activity).unwrap();
    import_harmlessly(&vault, &folder);
    assert!(vault.hits("secret").is_empty());
}

#[test]
fn bombs_stop_at_the_configured_limit_and_the_rest_is_imported() {
    let vault =
        Vault::configured("[archive]\nentry_bytes = 1000000\nratio = 100\nratio_floor_bytes = 100000\n");
    let archive = vault.folder().join("bomb.zip");
    let activity = write_activity(&["walnut bread"]);
    let zeros = vec![b' '; 900_000];
    let large = vec![b'['; 1_100_000];
    write_zip(
        &archive,
        [
            ("Takeout/My Activity/Ads/MyActivity.json", zeros.as_slice()),
            ("Takeout/My Activity/Maps/MyActivity.json", large.as_slice()),
            (ACTIVITY, activity.as_slice()),
        ],
    );
    let report = import_harmlessly(&vault, &archive);
    let said = report["entries"].to_string();
    assert!(said.contains("ratio = 100") && said.contains("entry_bytes = 1000000"), "{said}");
    assert_eq!((status(&report, ACTIVITY), tally(&report, "documents")[0]), ("parsed", 1));

    let vault = Vault::configured("[archive]\ntotal_bytes = 3000\npath_bytes = 60\ndepth = 5\n");
    let archive = vault.folder().join("much.zip");
    let deep = "Takeout/a/b/c/d/e/f/g.json".to_owned();
    let long = format!("Takeout/{}.json", "x".repeat(80));
    let filler: Vec<u8> = activity.iter().copied().cycle().take(5_000).collect();
    write_zip(
        &archive,
        [
            (ACTIVITY, activity.as_slice()),
            (deep.as_str(), activity.as_slice()),
            (long.as_str(), activity.as_slice()),
            ("Takeout/z.txt", filler.as_slice()),
        ],
    );
    let report = import_harmlessly(&vault, &archive);
    assert_eq!(status(&report, ACTIVITY), "parsed");
    for path in [&*deep, &*long, "Takeout/z.txt"] {
        assert_eq!(status(&report, path), "failed", "{path}");
    }
    let said = report["entries"].to_string();
    for limit in ["total_bytes = 3000", "path_bytes", "depth"] {
        assert!(said.contains(limit), "{limit} in {said}");
    }
}

#[test]
fn a_zip_in_a_zip_is_not_opened() {
    let vault = Vault::new();
    let inner = vault.folder().join("inner.zip");
    write_zip(&inner, [(ACTIVITY, write_activity(&["inside of it"]).as_slice())]);
    let inner = std::fs::read(inner).unwrap();
    let archive = vault.folder().join("outer.zip");
    let activity = write_activity(&["walnut bread"]);
    write_zip(&archive, [("Takeout/Drive/inner.zip", inner.as_slice()), (ACTIVITY, activity.as_slice())]);
    let report = import_harmlessly(&vault, &archive);
    assert_eq!(report["entries"].as_array().unwrap().len(), 2);
    assert!(["unknown", "ignored"].contains(&status(&report, "Takeout/Drive/inner.zip")));
    assert_eq!(tally(&report, "documents")[0], 1);
    assert!(vault.hits("inside").is_empty());
}
