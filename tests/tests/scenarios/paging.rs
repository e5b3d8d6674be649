//! Lists in pages, in order, filtered: everything once.

use crate::{shared_life, vault_with};
use dp_e2e::Vault;
use serde_json::Value;
use std::collections::BTreeSet;

fn pages(vault: &Vault, arguments: &[&str], limit: usize) -> Vec<Value> {
    let mut items = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let limit = limit.to_string();
        let mut all = vec!["timeline", "--limit", &limit];
        all.extend(arguments);
        if let Some(cursor) = &cursor {
            all.extend(["--cursor", cursor]);
        }
        let page = vault.json(&all);
        let found = page["items"].as_array().unwrap();
        assert!(found.len() <= limit.parse().unwrap());
        items.extend(found.iter().cloned());
        match page["next"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return items,
        }
    }
}

fn ids(items: &[Value]) -> Vec<String> {
    items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn pages_cover_a_life_once_and_in_order() {
    let vault = Vault::new();
    vault.text(shared_life().import());
    let statistics = vault.json(["stats"]);
    let number = |value: &Value| value.as_u64().unwrap() as usize;
    let dated = number(&statistics["documents"]) - number(&statistics["undated"]);

    let newest_first = ids(&pages(&vault, &[], 700));
    assert_eq!(newest_first.len(), dated);
    assert_eq!(newest_first.iter().collect::<BTreeSet<_>>().len(), dated, "something came twice");
    let oldest_first = ids(&pages(&vault, &["--oldest-first"], 1_300));
    assert!(oldest_first.iter().rev().eq(&newest_first), "the two orders are not each other's reverse");

    for (kind, count) in statistics["kinds"].as_object().unwrap() {
        let found = pages(&vault, &["--kind", kind], 10_000);
        assert!(found.len() <= number(count) && found.iter().all(|item| item["kind"] == **kind), "{kind}");
    }
    let mut by_source = 0;
    for source in statistics["sources"].as_object().unwrap().keys() {
        let found = pages(&vault, &["--source", source], 10_000);
        by_source += found.iter().filter(|item| item["source"] == **source).count();
    }
    assert_eq!(by_source, dated);
    let mut by_year = 0;
    for (year, count) in statistics["years"].as_object().unwrap() {
        let found = pages(&vault, &["--from", year, "--to", year], 10_000).len();
        assert_eq!(found, number(count), "{year}");
        by_year += found;
    }
    assert_eq!(by_year, dated);
    let busiest = &statistics["busiest_days"][0];
    let day = busiest["day"].as_str().unwrap();
    assert_eq!(pages(&vault, &["--from", day, "--to", day], 50).len(), number(&busiest["count"]), "{day}");

    for wrong in ["rubbish", "", "1.zz"] {
        vault.complaint(1, ["timeline", "--cursor", wrong]);
    }
}

#[test]
fn equal_times_are_paged_without_loss() {
    let vault = Vault::new();
    let folder = vault.folder().join("export");
    let searches: Vec<String> = (0..40).map(|number| format!("thing {number}")).collect();
    let activity = String::from_utf8(dp_e2e::write_activity(&searches)).unwrap();
    let mut same = String::new();
    for line in activity.lines() {
        let line = if line.contains("\"time\"") { "\"time\": \"2021-03-01T12:00:00.000Z\"," } else { line };
        same.push_str(line);
        same.push('\n');
    }
    let path = "Takeout/My Activity/Search/MyActivity.json".to_owned();
    dp_e2e::write_folder(&folder, &[(path, same.into_bytes())].into());
    vault.import([folder]);
    for limit in [1, 7, 40, 41] {
        let found = ids(&pages(&vault, &[], limit));
        assert_eq!((found.len(), found.iter().collect::<BTreeSet<_>>().len()), (40, 40), "pages of {limit}");
    }
}

#[test]
fn hits_are_limited_and_sorted_as_asked() {
    let searches: Vec<String> = (0..30).map(|number| format!("common word number{number}")).collect();
    let vault = vault_with(&searches);
    let search = |arguments: &[&str]| {
        let found = vault.json([&["search", "common", "--all-words", "--unfolded"], arguments].concat());
        assert_eq!(found["total"], 30);
        found["hits"].as_array().unwrap().clone()
    };
    assert_eq!(search(&[]).len(), 20);
    assert_eq!(search(&["--limit", "5"]).len(), 5);
    assert_eq!(search(&["--limit", "1000"]).len(), 30);
    assert_eq!(search(&["--limit", "0"]).len(), 0);
    let newest: Vec<String> =
        search(&["--limit", "30", "--sort", "newest"]).iter().map(|hit| hit["start"].to_string()).collect();
    assert!(newest.is_sorted_by(|a, b| a >= b), "{newest:?}");
    let mut oldest: Vec<String> =
        search(&["--limit", "30", "--sort", "oldest"]).iter().map(|hit| hit["start"].to_string()).collect();
    oldest.reverse();
    assert_eq!(oldest, newest);
    let scores: Vec<f64> =
        search(&["--limit", "30"]).iter().map(|hit| hit["score"].as_f64().unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");

    assert_eq!(vault.hits("common -number7").len(), 29);
    assert_eq!(vault.hits("\"word number7\"").len(), 1);
    assert_eq!(vault.hits("common on:2021-03-01").len(), 30);
    assert!(vault.hits("common before:2021-03-01").is_empty());
    assert!(vault.hits("common source:google.youtube").is_empty());
    assert!(vault.complaint(1, ["search", "common kind:no-such-kind"]).contains("no-such-kind"));
    assert!(vault.complaint(1, ["search", "common before:2021-13-45"]).contains("2021-13-45"));
}
