//! Searching a life: every question has its planted answer near the top.

use crate::shared_life;
use dp_e2e::Vault;
use dp_lifegen::Expected;
use serde_json::Value;

#[test]
fn every_question_is_answered() {
    let life = shared_life();
    let vault = Vault::new();
    vault.text(life.import());
    let mut wrong = Vec::new();
    for question in &life.answers.questions {
        let found = vault.json([
            "search",
            "--unfolded",
            "--limit",
            &question.within.to_string(),
            "--",
            &question.query,
        ]);
        let hits = found["hits"].as_array().unwrap();
        assert!(found["total"].as_u64().unwrap() >= hits.len() as u64 && hits.len() <= question.within);
        for expected in &question.expect {
            if !hits.iter().any(|hit| is_meant(&vault, hit, expected)) {
                let titles: Vec<_> = hits.iter().map(|hit| hit["title"].to_string()).collect();
                wrong.push(format!(
                    "{:?} ({}) finds no {expected:?} among {titles:?}",
                    question.query, question.description
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), life.answers.questions.len(), wrong.join("\n"));

    vault.json(["reindex"]);
    let again = |query: &str| vault.hits(query).iter().map(|hit| hit["id"].to_string()).collect::<Vec<_>>();
    for question in life.answers.questions.iter().step_by(7) {
        let hits = again(&question.query);
        std::fs::remove_dir_all(vault.text_index()).unwrap();
        assert_eq!(again(&question.query), hits, "{:?} after the index was deleted", question.query);
    }
    assert_eq!(vault.json(["doctor"])["sound"], true);
}

fn is_meant(vault: &Vault, hit: &Value, expected: &Expected) -> bool {
    let right = |name: &str, wanted: Option<&str>| wanted.is_none_or(|wanted| hit[name] == wanted);
    if !right("source", expected.source.as_deref()) || !right("kind", expected.kind.map(|kind| kind.as_str()))
    {
        return false;
    }
    let said = |value: &Value| value.as_str().is_some_and(|text| text.contains(&expected.fragment));
    let people = |hit: &Value| hit["people"].as_array().is_some_and(|people| people.iter().any(said));
    if said(&hit["title"]) || said(&hit["place"]) || people(hit) {
        return true;
    }
    said(&vault.json(["show", hit["id"].as_str().unwrap()])["text"])
}
