//! A whole life imported: every file, every total.

use crate::{shared_life, tally};
use dp_e2e::{Vault, read_archives};
use dp_lifegen::{FileAnswer, Span};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn every_file_gives_what_its_answer_says() {
    let life = shared_life();
    let vault = Vault::new();
    let mut wrong = Vec::new();
    for (export, parts) in life.answers.exports.iter().zip(life.exports()) {
        let report = vault.import(&parts);
        let rows = report["entries"].as_array().unwrap();
        for path in read_archives(&parts).keys() {
            if !rows.iter().any(|row| row["path"] == **path) {
                wrong.push(format!("{}: {path} has no ledger row", export.name));
            }
        }
        for answer in &export.files {
            let mine: Vec<&Value> = rows.iter().filter(|row| row["path"] == *answer.path).collect();
            wrong.extend(
                differences(answer, &mine).into_iter().map(|what| format!("{}: {what}", export.name)),
            );
        }
        let expected: u64 = export.files.iter().map(|file| file.copies).sum();
        if rows.len() as u64 != expected {
            wrong.push(format!("{}: {} rows for {expected} files", export.name, rows.len()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with the ledger rows of one file.
fn differences(answer: &FileAnswer, rows: &[&Value]) -> Vec<String> {
    let mut wrong = Vec::new();
    let path = &answer.path;
    if rows.len() as u64 != answer.copies {
        wrong.push(format!("{path} has {} rows for {} copies", rows.len(), answer.copies));
    }
    let Some((first, copies)) = rows.split_first() else { return wrong };
    let status = first["status"].as_str().unwrap();
    let right = std::iter::once(&answer.status).chain(&answer.or_status);
    if !right.clone().any(|right| right.as_str() == status) {
        wrong.push(format!("{path} is {status}, not {} ({})", answer.status, first["reason"]));
    }
    let number = |name: &str| first[name].as_u64().unwrap();
    let counts = [
        ("documents", answer.documents, answer.documents_maybe),
        ("samples", answer.samples, answer.samples_maybe),
    ];
    for (name, sure, maybe) in counts {
        let span = Span { at_least: sure, at_most: sure + maybe };
        if !span.holds(number(name)) {
            wrong.push(format!("{path} gives {} {name}, not {sure} to {}", number(name), sure + maybe));
        }
    }
    if number("warning_count") < answer.warnings {
        wrong.push(format!("{path} gives {} warnings, not {}", number("warning_count"), answer.warnings));
    }
    for copy in copies {
        if copy["status"] != "ignored" {
            wrong.push(format!("a copy of {path} is {}", copy["status"]));
        }
    }
    wrong
}

#[test]
fn totals_are_right_and_the_same_in_every_command() {
    let life = shared_life();
    let vault = Vault::new();
    let report = vault.import(life.paths());
    let mut documents: BTreeMap<(String, String), u64> = BTreeMap::new();
    let (mut all, mut samples, mut people) = (0, 0, 0);
    let mut ids = BTreeSet::new();
    for line in vault.export().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let word = |name: &str| line[name].as_str().unwrap().to_owned();
        match line["type"].as_str().unwrap() {
            "document" => {
                all += 1;
                assert!(ids.insert(word("id")), "{} twice", word("id"));
                *documents.entry((word("source"), word("kind"))).or_default() += 1;
            }
            "sample" => samples += 1,
            "person" => {
                let known = line["identities"].as_array().unwrap().iter();
                people += u64::from(
                    known
                        .filter(|identity| identity["kind"] == "email" || identity["kind"] == "phone")
                        .count()
                        > 0,
                );
            }
            other => panic!("{other}"),
        }
    }

    let totals = &life.answers.totals;
    let mut wrong = Vec::new();
    let mut check = |what: String, count: u64, span: Span| {
        if !span.holds(count) {
            wrong.push(format!("{count} {what}, not {} to {}", span.at_least, span.at_most));
        }
    };
    for total in &totals.documents {
        let found = documents.remove(&(total.source.clone(), total.kind.to_string())).unwrap_or(0);
        check(format!("{} {}", total.source, total.kind), found, total.count);
    }
    check("documents".to_owned(), all, totals.all);
    check("samples".to_owned(), samples, totals.samples);
    check("people".to_owned(), people, totals.people);
    // What is left is of sources and kinds that an importer may choose: only their sum has an answer.
    assert!(wrong.is_empty(), "{}\nbesides: {documents:?}", wrong.join("\n"));

    assert_eq!([tally(&report, "documents")[0], tally(&report, "samples")[0]], [all, samples]);
    let statistics = vault.json(["stats"]);
    assert_eq!(statistics["documents"], all);
    assert_eq!(statistics["series"][0]["count"], samples);
    let by_kind: u64 =
        statistics["kinds"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(by_kind, all);
    let health = vault.json(["doctor"]);
    assert_eq!(
        (&health["sound"], &health["documents"], &health["samples"]),
        (&true.into(), &all.into(), &samples.into())
    );
}

#[test]
fn the_demo_imports_itself_and_says_what_to_try() {
    let vault = Vault::new();
    let said = vault.text(["demo", "--scale", "0.003", "--years", "3"]);
    assert!(said.contains("Ledger:") && said.matches("datapunk search").count() >= 3, "{said}");
    assert!(said.matches("  finds").count() >= 3, "a search to try finds nothing:\n{said}");
    let again = vault.json(["demo", "--scale", "0.003", "--years", "3"]);
    assert_eq!((tally(&again, "documents")[0], tally(&again, "samples")[0]), (0, 0));
}
