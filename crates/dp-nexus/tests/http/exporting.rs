//! The export: what is in it, what of it a limited key gets, and that it can be opened.

use crate::world::{Answer, World, life, samples};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    io::{Cursor, Read as _},
};
use zip::ZipArchive;

/// The files of an export.
fn files(answer: &Answer) -> BTreeMap<String, String> {
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/zip"));
    let mut archive = ZipArchive::new(Cursor::new(&answer.bytes)).unwrap();
    let mut files = BTreeMap::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let name = file.name().unwrap().into_owned();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        files.insert(name, text);
    }
    files
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn everything_comes_out_in_open_formats() {
    let world = World::new();
    let files = files(&world.get("/api/v1/export").await);
    let names = files.keys().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(
        names,
        [
            "README.txt",
            "contents.json",
            "documents.jsonl",
            "imports.jsonl",
            "ledger.jsonl",
            "people.jsonl",
            "series/location.csv",
            "series/steps.csv",
        ]
    );
    let documents = lines(&files["documents.jsonl"]);
    assert_eq!(documents.len(), life().len());
    let mail = documents.iter().find(|document| document["title"] == "Your refund").unwrap();
    for field in
        ["id", "source", "kind", "text", "time", "people", "media", "labels", "annotations", "revisions"]
    {
        assert!(mail.get(field).is_some(), "{field}: {mail}");
    }
    assert_eq!((lines(&files["people.jsonl"]).len(), lines(&files["ledger.jsonl"]).len()), (1, 2));
    let readings = files["series/steps.csv"].lines().count() + files["series/location.csv"].lines().count();
    assert_eq!(readings, samples().len() + 2);
    let fix = files["series/location.csv"].lines().nth(1).unwrap();
    assert!(fix.contains("google.location") && fix.contains("38.72,-9.14,12"), "{fix}");
    let contents: Value = serde_json::from_str(&files["contents.json"]).unwrap();
    let counted = contents["files"].as_array().unwrap().iter().find(|file| file["name"] == "documents.jsonl");
    assert_eq!(counted.unwrap()["records"], documents.len());
    assert!(contents["left_out"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_part_is_what_was_asked_for_and_a_limited_key_gets_no_more_than_it_sees() {
    let world = World::new();
    let of = async |path: &str| files(&world.get(&format!("/api/v1/export{path}")).await);
    let chrome = of("?source=google.chrome&from=2024&to=2024-12").await;
    let titles = lines(&chrome["documents.jsonl"])
        .iter()
        .map(|one| one["title"].as_str().unwrap().to_owned())
        .collect::<Vec<_>>();
    assert_eq!(titles, ["How sleep helps", "Bread at home"]);
    assert!(!chrome.contains_key("people.jsonl") && !chrome.contains_key("series/steps.csv"));
    let mails = of("?kind=email").await;
    assert_eq!(lines(&mails["documents.jsonl"]).len(), 1);
    let limited = world
        .get_scoped("{\"read\":true,\"sources\":[\"google.keep\",\"google.fit\"]}", "/api/v1/export")
        .await;
    let limited = files_and_text(&limited);
    assert!(
        limited.contains("Sour dough") && !limited.contains("refund") && !limited.contains("Ada"),
        "{limited}"
    );
    let by_day = world.get_scoped("{\"read\":true,\"from\":19723,\"until\":19754}", "/api/v1/export").await;
    assert!(!files_and_text(&by_day).contains("dough"));
    assert_eq!(world.get("/api/v1/export?kind=emial").await.status, 400);
    assert_eq!(world.get("/api/v1/export?from=never").await.status, 400);
    let blind = world.get_scoped("{\"write\":true}", "/api/v1/export").await;
    assert_eq!(blind.code(), (403, "forbidden".into()));
}

/// All of an export but what it says of itself.
fn files_and_text(answer: &Answer) -> String {
    files(answer)
        .into_iter()
        .filter(|(name, _)| name != "README.txt")
        .map(|(name, text)| name + &text)
        .collect()
}

#[tokio::test]
async fn an_export_tells_its_contents_if_it_is_whole_and_only_then() {
    let answer = World::new().get("/api/v1/export").await;
    let read = |bytes: &[u8]| dp_nexus::export::read_contents(Cursor::new(bytes.to_vec()));
    let contents = read(&answer.bytes).unwrap();
    let documents = contents.files.iter().find(|file| file.name == "documents.jsonl").unwrap();
    assert_eq!((documents.records, contents.left_out.len()), (life().len() as u64, 0));
    for end in [0, 100, answer.bytes.len() / 2, answer.bytes.len() - 30] {
        assert!(read(&answer.bytes[..end]).is_err(), "{end}");
    }
}
