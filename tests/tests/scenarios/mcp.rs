//! `datapunk mcp`: an assistant's program starts it and speaks to it line by line.

use crate::{id_of, searches_folder, vault_with};
use dp_e2e::Vault;
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Child, ChildStdin, ChildStdout, Stdio},
};

/// The assistant's end.
struct Assistant {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    sent: u64,
}

impl Assistant {
    fn start(vault: &Vault, options: &[&str]) -> Self {
        let arguments = ["mcp"].iter().chain(options);
        let mut child = vault.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        let mut assistant = Self { child, input, output, sent: 0 };
        let client = json!({"name": "scenario", "version": "1"});
        let begun = assistant.ask(
            "initialize",
            json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}),
        );
        assert_eq!(begun["result"]["serverInfo"]["name"], "datapunk", "{begun}");
        assistant.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        assistant
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.input.as_mut().unwrap(), "{message}").unwrap();
    }

    /// Asks, and reads the one line that answers.
    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.sent += 1;
        let id = self.sent;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        assert_eq!((&answer["jsonrpc"], &answer["id"]), (&json!("2.0"), &json!(id)), "{answer}");
        answer
    }

    fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let answer = self.ask("tools/call", json!({"name": tool, "arguments": arguments}));
        assert!(answer["result"].is_object(), "{answer}");
        answer["result"].clone()
    }

    fn found(&mut self, query: &str) -> Vec<String> {
        let result = self.call("search", json!({"query": query, "mode": "keyword"}));
        let hits = result["structuredContent"]["hits"].as_array().unwrap();
        hits.iter().map(|hit| hit["title"].as_str().unwrap().to_owned()).collect()
    }

    /// Closes its end; the program ends and has said nothing more.
    fn end(mut self) {
        drop(self.input.take());
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Assistant {
    fn drop(&mut self) {
        // It has ended already where all went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn an_assistant_searches_reads_and_is_told_what_it_did_wrong() {
    let vault = vault_with(&["walnut bread", "walnut oil"]);
    let mut assistant = Assistant::start(&vault, &[]);
    let tools = assistant.ask("tools/list", json!({}));
    let names: Vec<&Value> =
        tools["result"]["tools"].as_array().unwrap().iter().map(|tool| &tool["name"]).collect();
    assert_eq!(names, ["search", "get", "timeline", "stats", "around", "on_this_day"]);

    let hits = assistant.call("search", json!({"query": "walnut bread", "limit": 1}));
    let hit = &hits["structuredContent"]["hits"][0];
    assert_eq!(hit["id"], id_of(&vault, "\"walnut bread\""));
    let uri = hit["uri"].as_str().unwrap();
    let said = hits["content"][0]["text"].as_str().unwrap();
    assert!(said.contains(uri) && said.contains("google.search"), "{said}");
    let document = assistant.call("get", json!({"id": uri}));
    assert_eq!(document["structuredContent"]["title"], "walnut bread", "{document}");
    assert_eq!(document["structuredContent"]["source"], "google.search");

    let wrong = assistant.call("search", json!({"query": "walnut", "limt": 1}));
    assert_eq!(wrong["isError"], true);
    let complaint = wrong["content"][0]["text"].as_str().unwrap();
    assert!(complaint.contains("limt") && complaint.contains("limit"), "{complaint}");
    assert_eq!(assistant.found("kind:search walnut").len(), 2, "it goes on after a mistake");
    assistant.end();
    assert!(!vault.data().join("system.db").exists(), "it makes no accounts");
    let queries = std::fs::read_to_string(vault.data().join("vaults/owner/queries.txt")).unwrap();
    assert!(
        queries.contains("walnut") && !queries.contains("kind:search"),
        "its queries are not the person's"
    );
}

#[test]
fn it_sees_no_more_than_its_options_leave() {
    let vault = vault_with(&["walnut bread"]);
    let id = id_of(&vault, "walnut");
    for options in [&["--source", "google.mail"][..], &["--until", "1999"], &["--from", "2999-01"]] {
        let mut assistant = Assistant::start(&vault, options);
        assert_eq!(assistant.found("walnut"), [""; 0], "{options:?}");
        assert_eq!(assistant.call("get", json!({"id": id}))["isError"], true, "{options:?}");
        let numbers = assistant.call("stats", json!({}));
        assert_eq!(numbers["structuredContent"]["documents"], 0, "{options:?}");
        assistant.end();
    }
    let mut assistant = Assistant::start(&vault, &["--source", "google"]);
    assert_eq!(assistant.found("walnut"), ["walnut bread"]);
    assistant.end();
    let said = vault.complaint(2, ["mcp", "--from", "soon"]);
    assert!(said.contains("soon") && said.contains("2019-06-14"), "{said}");
}

#[test]
fn it_reads_beside_an_import_and_finds_what_that_brought() {
    let vault = vault_with(&["walnut bread"]);
    let mut assistant = Assistant::start(&vault, &[]);
    assert_eq!(assistant.found("walnut"), ["walnut bread"]);
    vault.import([searches_folder(&vault, "later", &["hazelnut cake"])]);
    assert_eq!(assistant.found("hazelnut"), ["hazelnut cake"]);
    assistant.end();
}

#[test]
fn what_it_reads_is_in_the_owners_access_log() {
    let vault = vault_with(&["walnut bread"]);
    let mut add = vault.command(["user", "add", "ada"]).stdin(Stdio::piped()).spawn().unwrap();
    add.stdin.take().unwrap().write_all(b"violet tractor above seven clouds\n").unwrap();
    assert!(add.wait().unwrap().success());
    let entries = |vault: &Vault| vault.json(["audit", "verify"])["intact"]["entries"].as_u64().unwrap();
    let before = entries(&vault);
    let mut assistant = Assistant::start(&vault, &[]);
    assert_eq!(assistant.found("walnut"), ["walnut bread"]);
    // What has been answered has been noted: it may be killed at once.
    drop(assistant);
    assert_eq!(entries(&vault), before + 2, "that it began, and its search");
}

#[test]
fn without_a_vault_it_says_so_and_nothing_on_its_output() {
    let outcome = Vault::new().run(["mcp"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""));
    assert!(outcome.stderr.contains("import"), "{}", outcome.stderr);
}
