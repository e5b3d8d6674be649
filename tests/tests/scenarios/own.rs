//! Documents of one's own: written on the command line and over HTTP, kept through kills, and gone when forgotten.

use crate::serve::{Server, add_owner};
use dp_e2e::Vault;
use serde_json::{Value, json};

fn body(headers: &[String], body: &Value, more: &[&str]) -> Vec<String> {
    let json = ["--header", "Content-Type: application/json", "--data", &body.to_string()].map(str::to_owned);
    let more = more.iter().map(ToString::to_string);
    headers.iter().cloned().chain(json).chain(more).collect()
}

#[test]
fn notes_are_added_edited_deleted_and_forgotten_on_the_command_line() {
    let vault = Vault::new();
    let made =
        vault.json(["own", "add", "The walnut tree has fallen.", "--title", "Storm", "--time", "2024-06-14"]);
    let id = made["id"].as_str().unwrap();
    assert_eq!(vault.hits("walnut").len(), 1);
    vault.text(["own", "edit", id, "--text", "The chestnut tree has fallen.", "--label", "garden"]);
    assert_eq!((vault.hits("walnut").len(), vault.hits("chestnut in:garden").len()), (0, 1));
    let shown = vault.text(["show", id]);
    assert!(shown.contains("written here, command line") && shown.contains("2024-06-14"), "{shown}");
    assert!(vault.export().contains("chestnut"));
    let complaint = vault.complaint(1, ["own", "add", "x", "--source", "google.keep"]);
    assert!(complaint.contains("own.notes"), "{complaint}");
    assert!(vault.complaint(1, ["own", "delete", id]).contains("--yes"));
    vault.text(["own", "delete", id, "--yes"]);
    assert_eq!(vault.hits("chestnut").len(), 0);
    vault.text(["own", "add", "one"]);
    vault.text(["own", "add", "two", "--source", "own.other"]);
    vault.text(["forget", "--source", "own.notes", "--yes"]);
    let left = vault.export();
    assert!(left.contains("two") && !left.contains("\"one\""), "{left}");
}

#[test]
fn what_was_answered_survives_a_kill_and_what_is_sent_again_is_not_doubled() {
    let vault = Vault::new();
    add_owner(&vault);
    let mut written = Vec::new();
    for round in 0..4 {
        let mut server = Server::start(&vault);
        let token = server.sign_in();
        // What was sent before the kill is sent again, as a client does that got no answer.
        for number in 0..=round {
            let key = format!("Idempotency-Key: note {number}");
            let note = json!({"title": format!("Note {number}"), "text": "Kept."});
            let made = server.curl("/api/v1/documents", &body(&token, &note, &["--header", &key]));
            match written.get(number) {
                Some(known) => assert_eq!(&made["id"], known),
                None => written.push(made["id"].clone()),
            }
        }
        let items = (0..200).map(|number| {
            json!({"action": "create", "document": {"source": "own.many", "key": number.to_string(), "text": "many"}})
        });
        let batch = json!({"items": items.collect::<Vec<_>>()});
        let said = server.curl("/api/v1/documents/batch", &body(&token, &batch, &[]));
        assert_eq!(said["done"], if round == 0 { 200 } else { 0 });
        // SIGKILL: nothing is written in the end.
        server.child.kill().unwrap();
        server.child.wait().unwrap();
    }
    let export = vault.export();
    assert_eq!(export.matches("\"source\":\"own.notes\"").count(), written.len(), "{export}");
    assert_eq!(export.matches("\"source\":\"own.many\"").count(), 200);
    assert_eq!(vault.hits("kept").len(), written.len(), "the index makes good what it missed");
}
