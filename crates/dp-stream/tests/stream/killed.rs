//! A program that is killed while it runs jobs. The test starts itself as that program.

use crate::world::{KIND, job, until};
use dp_stream::{Failure, Handler, Job, JobState, JobsQuery, NewJob, Runner, Stream, Work};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

/// Names the folder to the program that is to be killed.
const FOLDER: &str = "DP_STREAM_TEST_KILLED_IN";
/// This test, as it is asked for by name.
const TEST: &str =
    "killed::after_a_kill_no_job_is_lost_none_that_was_done_is_done_again_and_those_that_ran_go_on_at_once";
/// How often it is killed.
const KILLS: usize = 3;

/// Leaves a file for each job when it begins, and ends only those that are small.
struct Marks(PathBuf);

impl Handler for Marks {
    fn run(&self, job: &Job, work: &Work) -> Result<Value, Failure> {
        std::fs::write(self.0.join(format!("began-{}", job.id)), []).unwrap();
        work.progress(json!({"began": true}));
        if job.payload == json!("large") {
            std::thread::sleep(Duration::from_secs(600));
        }
        Ok(json!({"by": std::process::id()}))
    }
}

fn start(stream: &Stream, folder: &Path) -> Runner {
    let handler: Arc<dyn Handler> = Arc::new(Marks(folder.to_owned()));
    Runner::start(stream, HashMap::from([(KIND.to_owned(), handler)]), 3).unwrap()
}

/// Adds jobs, says which of them were acknowledged, runs them, and waits to be killed.
fn be_killed(folder: &Path) -> ! {
    let stream = Stream::open(&folder.join("system.db")).unwrap();
    stream.jobs().take_up_orphans().unwrap();
    let _runner = start(&stream, folder);
    loop {
        let id = stream.jobs().add(&NewJob { payload: json!("small"), priority: 1, ..job() }).unwrap().id();
        std::fs::write(folder.join(format!("acknowledged-{id}")), []).unwrap();
    }
}

fn marks(folder: &Path, what: &str) -> Vec<u64> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter_map(|name| name.to_str()?.strip_prefix(what)?.parse().ok()).collect()
}

#[test]
fn after_a_kill_no_job_is_lost_none_that_was_done_is_done_again_and_those_that_ran_go_on_at_once() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        be_killed(Path::new(&folder));
    }
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    let path = folder.join("system.db");
    let stream = Stream::open(&path).unwrap();
    let large = stream.jobs().add(&NewJob { payload: json!("large"), ..job() }).unwrap().id();
    for kill in 1..=KILLS {
        let mut program = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", TEST])
            .env(FOLDER, folder)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let enough = marks(folder, "acknowledged-").len() + 5;
        until("some jobs are there", || {
            let is_begun = stream.jobs().get(large).unwrap().unwrap().state == JobState::Running;
            is_begun && marks(folder, "acknowledged-").len() >= enough
        });
        program.kill().unwrap();
        program.wait().unwrap();
        let job = stream.jobs().get(large).unwrap().unwrap();
        assert_eq!((job.state, job.attempts), (JobState::Running, 1), "after kill {kill}");
        // As far as anybody knows its holder may be alive.
        assert_eq!(stream.jobs().take_up_expired().unwrap(), 0);
        assert!(stream.jobs().take_up_orphans().unwrap() >= 1);
        let job = stream.jobs().get(large).unwrap().unwrap();
        assert_eq!((job.state, job.attempts), (JobState::Queued, 0), "after kill {kill}");
    }
    stream.jobs().cancel(large).unwrap();
    let done_before = succeeded(&stream);
    let _runner = start(&stream, folder);
    for id in marks(folder, "acknowledged-") {
        let is_done =
            |id| stream.jobs().get(dp_stream::JobId(id)).unwrap().unwrap().state == JobState::Succeeded;
        until("all that was acknowledged is done", || is_done(id));
    }
    // Who was done by a program that is gone was not done again here.
    let done_now = succeeded(&stream);
    assert!(!done_before.is_empty());
    assert!(done_before.iter().all(|(id, by)| done_now[id] == *by));
    let events = stream.events().after(&job().account, 0, 1000).unwrap();
    let began = events.iter().filter(|event| event.data["id"] == json!(large) && event.kind == "job.started");
    assert_eq!(began.count(), KILLS);
    assert!(events.is_sorted_by(|one, other| one.id < other.id));
}

fn succeeded(stream: &Stream) -> HashMap<u64, Value> {
    let mut query =
        JobsQuery { states: vec![JobState::Succeeded], limit: usize::MAX, ..JobsQuery::default() };
    let mut all = HashMap::new();
    loop {
        let page = stream.jobs().list(&query).unwrap();
        let Some(last) = page.last() else { return all };
        query.before = Some(last.id);
        all.extend(page.into_iter().map(|job| (job.id.0, job.result.unwrap())));
    }
}
