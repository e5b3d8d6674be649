//! What the server can do under load: wrk asks it on this machine, and then datasette, with the same documents in a
//! full-text table. Both share the cores with what asks. The program that is measured lies beside this one.

mod datasette;
mod server;
mod upload;
mod wrk;

use crate::{
    Setting,
    figure::{Comparison, Figure},
    vault::{HOME_ZONE, pick, random, words},
};
use anyhow::Context as _;
use datasette::Datasette;
use dp_lake_embedded::{EmbeddedVault, VaultOptions};
use dp_lifegen::corpus;
use dp_model::Document;
use rand::RngExt as _;
use server::Server;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use wrk::{Load, Measured};

/// Documents that are asked for.
const DOCUMENTS: f64 = 1_000_000.0;
/// Different questions of each sort.
const QUESTIONS: usize = 2_000;
/// Connections that ask at once.
const CONNECTIONS: usize = 64;
/// Connections that ask while something is imported, as a person and a program or two would.
const FEW_CONNECTIONS: usize = 4;

/// Measures in the folder for it.
pub(crate) fn figures(setting: &Setting) -> anyhow::Result<Vec<Figure>> {
    let documents = (DOCUMENTS * setting.scale).max(1000.0) as usize;
    let scratch = setting.work.join("load");
    let folder = scratch.join("documents");
    let activity = write_activity(&folder, documents, 7)?;
    let data = scratch.join("data");
    server::import(&data, &[&folder])?;
    let asked = questions(&data)?;
    let mut figures = Vec::new();
    {
        let mut server = Server::start(&data)?;
        figures.push(server.start_figure());
        figures.push(idle_memory(&server, &asked, documents)?);
        figures.extend(rates(&server, &asked, setting, &scratch, &activity)?);
        server.restart_without_kept_answers(&data)?;
        figures.extend(rates_of_first_answers(&server, &asked, setting, &scratch)?);
        figures.extend(while_importing(&server, &asked, &scratch, documents)?);
    }
    figures.push(upload::figure(&scratch, setting.scale)?);
    Ok(figures)
}

fn write_activity(folder: &Path, documents: usize, seed: u64) -> anyhow::Result<PathBuf> {
    let activity = folder.join("Takeout/My Activity/Search");
    fs_err::create_dir_all(&activity)?;
    let file = activity.join("MyActivity.json");
    fs_err::write(&file, corpus::activity_json(documents, seed))?;
    Ok(file)
}

/// Paths of the API, of each sort.
struct Questions {
    /// Words of titles, which datasette is asked for too.
    words: Vec<String>,
    documents: Vec<String>,
    keyword: Vec<String>,
    hybrid: Vec<String>,
    timeline: Vec<String>,
    histogram: Vec<String>,
}

fn questions(data: &Path) -> anyhow::Result<Questions> {
    let vault = EmbeddedVault::open_for_reading(&data.join("vaults/owner"), &VaultOptions::new(HOME_ZONE))?;
    let mut random = random();
    let picked = pick(&vault, QUESTIONS, &mut random)?;
    let chosen = picked.iter().filter_map(|document| {
        let long: Vec<String> = words_of(document).into_iter().filter(|word| word.len() > 2).collect();
        long.get(random.random_range(0..long.len().max(1))).cloned()
    });
    let words: Vec<String> = chosen.collect();
    // Half of the words of a title, as a person who half remembers it.
    let half = |document: &Document| {
        let words = words_of(document);
        words.iter().step_by(2).map(String::as_str).collect::<Vec<_>>().join("+")
    };
    let search = |mode: &str, words: &str| format!("/api/v1/search?q={words}&mode={mode}&limit=20");
    let days = picked.iter().filter_map(|document| document.content.time.as_ref());
    let days = days.map(|time| dp_lake::date_of_day(time.local_day(0)).to_string()).collect::<Vec<_>>();
    Ok(Questions {
        documents: picked.iter().map(|document| format!("/api/v1/documents/{}", document.id)).collect(),
        keyword: words.iter().map(|word| search("keyword", word)).collect(),
        hybrid: picked
            .iter()
            .map(half)
            .filter(|words| !words.is_empty())
            .map(|words| search("hybrid", &words))
            .collect(),
        timeline: days.iter().map(|day| format!("/api/v1/documents?to={day}&limit=20")).collect(),
        histogram: days
            .iter()
            .map(|day| format!("/api/v1/histogram?bucket=month&from={}", &day[..4]))
            .collect(),
        words,
    })
}

/// Words of the title that stand in an address as they are.
fn words_of(document: &Document) -> Vec<String> {
    let is_plain = |word: &String| word.chars().all(|character| character.is_ascii_alphanumeric());
    words(document).into_iter().filter(is_plain).collect()
}

/// What the process holds in memory after it was asked a little of everything.
fn idle_memory(server: &Server, asked: &Questions, documents: usize) -> anyhow::Result<Figure> {
    for path in [&asked.documents, &asked.keyword, &asked.hybrid, &asked.timeline, &asked.histogram] {
        for path in path.iter().take(20) {
            server.get(path)?;
        }
    }
    std::thread::sleep(Duration::from_secs(3));
    let (anonymous, all) = (server.memory_bytes("RssAnon:")?, server.memory_bytes("VmRSS:")?);
    let note = format!(
        "{documents} documents, after twenty questions of each sort; {:.0} MB with pages of files that the system can \
         take back",
        all as f64 / 1e6
    );
    Ok(Figure::new("idle memory of the server", anonymous as f64 / 1e6, "MB", note).at_most(150.0))
}

fn rates(
    server: &Server,
    asked: &Questions,
    setting: &Setting,
    scratch: &Path,
    activity: &Path,
) -> anyhow::Result<Vec<Figure>> {
    let datasette = match &setting.peer {
        Some(python) => Some(Datasette::start(python, activity, scratch)?),
        None => None,
    };
    let load = Load { connections: CONNECTIONS, seconds: setting.rounds as u64 * 2, scratch };
    let beside =
        |paths: &dyn Fn(&Datasette) -> anyhow::Result<Vec<String>>| -> anyhow::Result<Option<Measured>> {
            let Some(datasette) = &datasette else { return Ok(None) };
            load.ask(&datasette.address, None, &paths(datasette)?).map(Some)
        };
    let mut figures = Vec::new();
    let measured = load.ask(&server.address, Some(&server.key), &asked.documents)?;
    let other = beside(&|datasette| datasette.rows(QUESTIONS))?;
    figures.extend(pair("GET document", &measured, 15_000.0, Some(10.0), other));
    let measured = load.ask(&server.address, Some(&server.key), &asked.keyword)?;
    let other = beside(&|_| Ok(Datasette::searches(&asked.words)))?;
    figures.extend(pair("keyword search over HTTP", &measured, 3_000.0, Some(40.0), other));
    let measured = load.ask(&server.address, Some(&server.key), &asked.hybrid)?;
    figures.extend(pair("hybrid search over HTTP", &measured, 500.0, Some(120.0), None));
    let measured = load.ask(&server.address, Some(&server.key), &asked.timeline)?;
    let other = beside(&|_| Ok(Datasette::pages()))?;
    figures.extend(pair("page of the timeline over HTTP", &measured, 4_000.0, None, other));
    let measured = load.ask(&server.address, Some(&server.key), &asked.histogram)?;
    let other = beside(&|_| Ok(Datasette::counts()))?;
    figures.extend(pair("histogram over HTTP", &measured, 4_000.0, None, other));
    Ok(figures)
}

/// The same where no answer is kept, so that each costs what it costs when nobody asked before.
fn rates_of_first_answers(
    server: &Server,
    asked: &Questions,
    setting: &Setting,
    scratch: &Path,
) -> anyhow::Result<Vec<Figure>> {
    let load = Load { connections: CONNECTIONS, seconds: setting.rounds as u64 * 2, scratch };
    let sorts = [
        ("keyword search", &asked.keyword),
        ("hybrid search", &asked.hybrid),
        ("page of the timeline", &asked.timeline),
        ("histogram", &asked.histogram),
    ];
    let mut figures = Vec::new();
    for (name, paths) in sorts {
        let measured = load.ask(&server.address, Some(&server.key), paths)?;
        let note = format!(
            "answers are not kept; {CONNECTIONS} connections, p50 {:.2} ms, p99 {:.2} ms",
            measured.p50_ms, measured.p99_ms
        );
        figures.push(Figure::new(
            &format!("{name} over HTTP, each as if asked first"),
            measured.per_second,
            "requests/s",
            note,
        ));
    }
    Ok(figures)
}

/// Requests a second, and how long one in a hundred takes at least.
fn pair(
    name: &str,
    measured: &Measured,
    at_least: f64,
    p99_ms: Option<f64>,
    other: Option<Measured>,
) -> Vec<Figure> {
    let comparison = |got| Comparison { name: "datasette".to_owned(), got };
    let note = format!("{CONNECTIONS} connections, p50 {:.2} ms", measured.p50_ms);
    let mut rate = Figure::new(name, measured.per_second, "requests/s", note).at_least(at_least);
    rate.comparison = other.as_ref().map(|other| comparison(other.per_second));
    let mut slowest = Figure::new(&format!("{name}, p99"), measured.p99_ms, "ms", "");
    slowest.comparison = other.map(|other| comparison(other.p99_ms));
    match p99_ms {
        Some(bound) => vec![rate, slowest.at_most(bound)],
        None => vec![rate, slowest],
    }
}

/// How much longer one in a hundred reads takes while other documents are imported.
fn while_importing(
    server: &Server,
    asked: &Questions,
    scratch: &Path,
    documents: usize,
) -> anyhow::Result<Vec<Figure>> {
    let folder = scratch.join("more");
    write_activity(&folder, documents, 8)?;
    let idle = Load { connections: FEW_CONNECTIONS, seconds: 5, scratch };
    let mut figures = Vec::new();
    let sorts = [("GET document", &asked.documents), ("keyword search", &asked.keyword)];
    let idle_ones = sorts
        .iter()
        .map(|(_, paths)| idle.ask(&server.address, Some(&server.key), paths))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let job = server.begin_import(&serde_json::json!({ "paths": [folder] }))?;
    // An import that ends before what asks beside it would be measured half idle.
    let seconds = (documents as u64 / 200_000).clamp(1, 4);
    let busy = Load { seconds, ..idle };
    for ((name, paths), idle) in sorts.iter().zip(idle_ones) {
        let measured = busy.ask(&server.address, Some(&server.key), paths)?;
        let still_runs = server.state(job)? == "running";
        let note = format!(
            "p99 {:.2} ms beside the import, {:.2} ms without; {FEW_CONNECTIONS} connections{}",
            measured.p99_ms,
            idle.p99_ms,
            if still_runs { "" } else { "; THE IMPORT ENDED BEFORE" }
        );
        let name = format!("{name} while importing to idle, p99");
        figures.push(Figure::new(&name, measured.p99_ms / idle.p99_ms, "times as long", note).at_most(3.0));
    }
    server.wait_for(job).context("the import beside the reads")?;
    Ok(figures)
}
