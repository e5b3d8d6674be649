//! Writes small lives and checks the answers against counters that know nothing of the generator.

#![expect(clippy::unwrap_used, reason = "a test may say what it expects, its parts too")]

use dp_lifegen::{Answers, FileAnswer, Life};
use dp_model::{EntryStatus, Kind};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

fn small() -> Life {
    Life { scale: 0.01, ..Life::default() }
}

fn write(life: &Life, directory: &Path) -> Answers {
    dp_lifegen::write(life, directory, &mut |_| {}).unwrap()
}

/// Every entry of every archive in a directory by archive file and path.
fn entries(directory: &Path) -> BTreeMap<(String, String), Vec<u8>> {
    let mut entries = BTreeMap::new();
    for file in std::fs::read_dir(directory).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        if name.ends_with(".zip") {
            let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
            for index in 0..zip.len() {
                let mut entry = zip.by_index(index).unwrap();
                let path = entry.name().unwrap().into_owned();
                let mut content = Vec::new();
                entry.read_to_end(&mut content).unwrap();
                entries.insert((name.clone(), path), content);
            }
        } else if name.ends_with(".tgz") {
            let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(&*bytes));
            for entry in tar.entries().unwrap() {
                let mut entry = entry.unwrap();
                let path = entry.path().unwrap().to_string_lossy().into_owned();
                let mut content = Vec::new();
                entry.read_to_end(&mut content).unwrap();
                entries.insert((name.clone(), path), content);
            }
        } else if name != "answers.json" {
            entries.insert((name.clone(), name), bytes);
        }
    }
    entries
}

/// The answer of each file with its bytes.
fn files(directory: &Path, answers: &Answers) -> Vec<(FileAnswer, Vec<u8>)> {
    let entries = entries(directory);
    let mut files = Vec::new();
    let mut seen = 0;
    for export in &answers.exports {
        for file in &export.files {
            let copies = export
                .parts
                .iter()
                .filter_map(|part| entries.get(&(part.clone(), file.path.clone())))
                .collect::<Vec<_>>();
            assert_eq!(copies.len() as u64, file.copies, "{}", file.path);
            seen += copies.len();
            files.push((file.clone(), copies[0].clone()));
        }
    }
    assert_eq!(seen, entries.len(), "an entry has no answer");
    files
}

fn count(text: &str, pattern: &str) -> u64 {
    text.matches(pattern).count() as u64
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let directories = [(); 3].map(|()| tempfile::tempdir().unwrap());
    write(&small(), directories[0].path());
    write(&small(), directories[1].path());
    write(&Life { seed: 8, ..small() }, directories[2].path());
    let bytes = |directory: &Path| {
        let mut files = std::fs::read_dir(directory)
            .unwrap()
            .map(|file| file.unwrap().path())
            .map(|path| (path.file_name().unwrap().to_owned(), std::fs::read(&path).unwrap()))
            .collect::<Vec<_>>();
        files.sort();
        files
    };
    let [first, second, other] = directories.each_ref().map(|directory| bytes(directory.path()));
    assert!(first == second);
    assert!(first != other);
    let names = first.iter().map(|file| file.0.to_string_lossy().into_owned()).collect::<Vec<_>>();
    for name in [
        "takeout-20210402T081500Z-001.zip",
        "takeout-20210402T081500Z-002.zip",
        "takeout-20230610T120000Z-001.zip",
        "takeout-20250921T101500Z-001.zip",
        "takeout-20250921T101500Z-3-003.zip",
        "Timeline.json",
        "location-history.json",
        "answers.json",
    ] {
        assert!(names.iter().any(|known| known == name), "{name} is not among {names:?}");
    }
}

#[test]
fn answers_are_what_naive_counters_find() {
    let directory = tempfile::tempdir().unwrap();
    let answers = write(&small(), directory.path());
    for (file, bytes) in files(directory.path(), &answers) {
        let text = String::from_utf8_lossy(&bytes);
        let naive = if text.contains("class=\"outer-cell") {
            count(&text, "class=\"outer-cell")
        } else if file.path.ends_with(".ics") {
            count(&text, "BEGIN:VEVENT")
        } else if file.path.ends_with(".vcf") {
            count(&text, "BEGIN:VCARD")
        } else if file.path.ends_with(".mbox") {
            text.lines().filter(|line| line.starts_with("From ") && line.contains("@xxx ")).count() as u64
        } else if text.contains("\"Browser History\"") {
            count(&text, "\"time_usec\"")
        } else if text.contains("\"timelineObjects\"") {
            count(&text, "\"placeVisit\"") + count(&text, "\"activitySegment\"")
        } else if file.path.ends_with("Tasks.json") {
            count(&text, "\"task_type\"")
        } else if file.path.ends_with("comments.html") {
            count(&text, "<li>")
        } else if text.contains("NETSCAPE-Bookmark-file-1") {
            count(&text, "<A HREF")
        } else if file.path.ends_with("MyActivity.json") || file.path.ends_with("history.json") {
            if file.path.starts_with("location") {
                count(&text, "\"visit\"") + count(&text, "\"activity\"")
            } else {
                count(&text, "\"time\"")
            }
        } else if file.path == "Timeline.json" {
            count(&text, "\"visit\"") + count(&text, "\"activity\"")
        } else {
            continue;
        };
        let cut_off = u64::from(file.path.ends_with("Discover/MyActivity.json") && text.ends_with('"'));
        assert_eq!(file.documents, naive - cut_off, "{}", file.path);
    }
}

#[test]
fn samples_are_what_naive_counters_find() {
    let directory = tempfile::tempdir().unwrap();
    let answers = write(&small(), directory.path());
    let mut all = 0;
    for (file, bytes) in files(directory.path(), &answers) {
        let text = String::from_utf8_lossy(&bytes);
        let naive = if text.contains("\"locations\"") {
            count(&text, "\"latitudeE7\"")
        } else {
            count(&text, "\"point\": \"") + count(&text, "\"point\" : \"") + count(&text, "\"LatLng\"")
        };
        assert_eq!(file.samples, naive, "{}", file.path);
        all += naive;
    }
    let samples = answers.totals.samples;
    assert!(samples.at_least > 5_000 && samples.at_least < all, "{samples:?} of {all}");
}

#[test]
fn json_is_well_formed_but_where_it_was_broken() {
    let directory = tempfile::tempdir().unwrap();
    let answers = write(&small(), directory.path());
    let mut broken = Vec::new();
    for (file, bytes) in files(directory.path(), &answers) {
        if !file.path.ends_with(".json") || bytes.is_empty() {
            continue;
        }
        let text = String::from_utf8(bytes).unwrap();
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        if serde_json::from_str::<serde_json::Value>(text).is_err() {
            assert_eq!(file.status, EntryStatus::Partial, "{}", file.path);
            broken.push(file.path);
        }
    }
    assert_eq!(broken.len(), 2, "{broken:?}");
}

#[test]
fn every_question_and_every_inquiry_has_its_answer_in_the_exports() {
    let directory = tempfile::tempdir().unwrap();
    for years in [1, 10] {
        let life = Life { years, ..small() };
        let answers = write(&life, &directory.path().join(years.to_string()));
        assert!(answers.questions.len() >= 25);
        let everything = files(&directory.path().join(years.to_string()), &answers)
            .into_iter()
            .map(|(file, bytes)| {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                // A calendar folds its lines and escapes its commas.
                if file.path.ends_with(".ics") { text.replace("\r\n ", "").replace("\\,", ",") } else { text }
            })
            .collect::<Vec<_>>()
            .join("\n");
        assert!(answers.inquiries.len() >= 300);
        let of_questions = answers.questions.iter().flat_map(|question| &question.expect);
        let of_inquiries = answers.inquiries.iter().flat_map(|inquiry| &inquiry.expect);
        for expected in of_questions.chain(of_inquiries) {
            // Mail hides text in encodings; its subjects and bodies are looked for in the plan's own tests.
            if expected.kind == Some(Kind::Email) && !expected.fragment.is_ascii() {
                continue;
            }
            let escaped = expected.fragment.replace('\'', "\\u0027");
            let as_html = expected.fragment.replace('\'', "&#39;");
            // A comment may be cut into segments after its first word.
            let rest = expected.fragment.split_once(' ').map_or(&*expected.fragment, |parts| parts.1);
            let is_there = [&*expected.fragment, &escaped, &as_html, rest]
                .iter()
                .any(|fragment| everything.contains(*fragment));
            assert!(is_there, "{} in {years} years", expected.fragment);
        }
    }
}

#[test]
fn volumes_follow_the_scale_and_totals_do_not_exceed_what_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let mut all = Vec::new();
    for scale in [0.005, 0.02] {
        let answers = write(&Life { scale, ..small() }, &directory.path().join(scale.to_string()));
        let written =
            answers.exports.iter().flat_map(|export| &export.files).map(|file| file.documents).sum::<u64>();
        let distinct = answers.totals.documents.iter().map(|total| total.count.at_least).sum::<u64>();
        assert!(distinct < written, "{distinct} of {written}");
        all.push(written);
    }
    assert!(all[1] > 2 * all[0], "{all:?}");
}

#[test]
fn answers_survive_their_file() {
    let directory = tempfile::tempdir().unwrap();
    let answers = write(&small(), directory.path());
    let read = std::fs::read(directory.path().join("answers.json")).unwrap();
    assert_eq!(serde_json::from_slice::<Answers>(&read).unwrap(), answers);
}
