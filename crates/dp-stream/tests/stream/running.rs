//! Jobs on a runner's threads: each once, told to stop, and what handlers do wrong.

use crate::world::{ADA, KIND, World, hasty, job, until};
use dp_stream::{Failure, Handler, Job, JobId, JobState, NewJob, Options, Runner, Schedule, Stream, Work};
use serde_json::{Value, json};
use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

/// A handler that is a function.
struct By<F>(F);

impl<F> Handler for By<F>
where
    F: Fn(&Job, &Work) -> Result<Value, Failure> + Send + Sync,
{
    fn run(&self, job: &Job, work: &Work) -> Result<Value, Failure> {
        (self.0)(job, work)
    }
}

fn run<F>(stream: &Stream, threads: usize, handler: F) -> Runner
where
    F: Fn(&Job, &Work) -> Result<Value, Failure> + Send + Sync + 'static,
{
    let handler: Arc<dyn Handler> = Arc::new(By(handler));
    Runner::start(stream, HashMap::from([(KIND.to_owned(), handler)]), threads).unwrap()
}

fn wait_to_be_stopped(work: &Work) -> Result<Value, Failure> {
    while !work.cancelled().load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_millis(2));
    }
    Err(Failure::Stopped)
}

fn until_state(world: &World, id: JobId, state: JobState) {
    until(state.as_str(), || world.job(id).state == state);
}

#[test]
fn many_threads_do_each_job_once_and_never_two_at_once() {
    let world = World::hasty();
    let at_work = Arc::new(Mutex::new(HashSet::new()));
    let done = Arc::new(AtomicUsize::new(0));
    let (at_work_there, done_there) = (Arc::clone(&at_work), Arc::clone(&done));
    let runner = run(&world.stream, 4, move |job, _| {
        assert!(at_work_there.lock().unwrap().insert(job.id), "{} runs twice", job.id);
        std::thread::sleep(Duration::from_millis(1));
        done_there.fetch_add(1, Ordering::SeqCst);
        Ok(job.payload.clone())
    });
    std::thread::scope(|scope| {
        for part in 0..3 {
            let world = &world;
            scope.spawn(move || {
                for number in 0..20 {
                    world.add(&NewJob { payload: json!([part, number]), ..job() });
                }
            });
        }
    });
    until("all are done", || world.all().iter().all(|job| job.state == JobState::Succeeded));
    runner.stop();
    assert_eq!(done.load(Ordering::SeqCst), 60);
    assert!(world.all().iter().all(|job| job.attempts == 1 && job.result.as_ref() == Some(&job.payload)));
}

#[test]
fn what_fails_is_tried_three_times_and_again_when_somebody_asks() {
    let world = World::hasty();
    let is_mended = Arc::new(AtomicBool::new(false));
    let is_mended_there = Arc::clone(&is_mended);
    let _runner = run(&world.stream, 1, move |_, _| {
        if is_mended_there.load(Ordering::SeqCst) {
            return Ok(Value::Null);
        }
        Err(Failure::Retry("the disk is full".to_owned()))
    });
    let id = world.add(&job());
    until_state(&world, id, JobState::Failed);
    assert_eq!(world.job(id).attempts, 3);
    is_mended.store(true, Ordering::SeqCst);
    world.stream.jobs().requeue(id).unwrap();
    until_state(&world, id, JobState::Succeeded);
}

#[test]
fn a_panic_fails_its_job_and_nothing_else() {
    let world = World::hasty();
    let _runner = run(&world.stream, 1, |job, _| {
        assert!(job.payload != json!("bad"), "this job is bad");
        Ok(Value::Null)
    });
    let bad = world.add(&NewJob { payload: json!("bad"), ..job() });
    let good = world.add(&job());
    until_state(&world, good, JobState::Succeeded);
    let failed = world.job(bad);
    assert_eq!((failed.state, failed.attempts), (JobState::Failed, 1));
    assert!(failed.error.unwrap().contains("this job is bad"));
}

#[test]
fn a_running_job_is_told_at_once_that_it_is_cancelled() {
    // Too seldom to be what tells it.
    let world = World::with(|options| {
        hasty(options);
        options.heartbeat = Duration::from_secs(3600);
    });
    let was_stopping = Arc::new(AtomicBool::new(true));
    let was_stopping_there = Arc::clone(&was_stopping);
    let _runner = run(&world.stream, 1, move |_, work| {
        let outcome = wait_to_be_stopped(work);
        was_stopping_there.store(work.is_stopping(), Ordering::SeqCst);
        outcome
    });
    let id = world.add(&job());
    until_state(&world, id, JobState::Running);
    assert!(world.stream.jobs().cancel(id).unwrap().unwrap().is_cancelling);
    until_state(&world, id, JobState::Cancelled);
    assert!(!was_stopping.load(Ordering::SeqCst));
}

#[test]
fn a_job_that_another_process_cancels_is_told_with_the_next_sign_of_life() {
    let world = World::hasty();
    let _runner = run(&world.stream, 1, |_, work| wait_to_be_stopped(work));
    let id = world.add(&job());
    until_state(&world, id, JobState::Running);
    world.another().jobs().cancel(id).unwrap();
    until_state(&world, id, JobState::Cancelled);
}

#[test]
fn a_job_that_another_process_adds_is_found() {
    let world = World::hasty();
    let _runner = run(&world.stream, 1, |_, _| Ok(Value::Null));
    let id = world.another().jobs().add(&job()).unwrap().id();
    until_state(&world, id, JobState::Succeeded);
}

#[test]
fn when_the_program_stops_its_jobs_go_back_to_the_queue_and_the_try_does_not_count() {
    let world = World::hasty();
    let runner = run(&world.stream, 2, |_, work| wait_to_be_stopped(work));
    let ids = [(); 3].map(|()| world.add(&job()));
    until("two run", || world.all().iter().filter(|job| job.state == JobState::Running).count() == 2);
    runner.stop();
    for id in ids {
        let job = world.job(id);
        assert_eq!((job.state, job.attempts), (JobState::Queued, 0));
    }
    let _runner = run(&world.stream, 2, |_, _| Ok(Value::Null));
    for id in ids {
        until_state(&world, id, JobState::Succeeded);
    }
}

#[test]
fn stopping_one_runner_leaves_the_other_s_jobs_alone() {
    let world = World::hasty();
    let _imports = run(&world.stream, 1, |_, work| wait_to_be_stopped(work));
    let handler: Arc<dyn Handler> = Arc::new(By(|_: &Job, _: &Work| Ok(Value::Null)));
    let backups = Runner::start(&world.stream, HashMap::from([("backup".to_owned(), handler)]), 1).unwrap();
    let id = world.add(&job());
    until_state(&world, id, JobState::Running);
    backups.stop();
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(world.job(id).state, JobState::Running);
}

#[test]
fn what_runs_here_is_not_taken_up_here_even_if_the_machine_slept_longer_than_a_lease() {
    // Too seldom to keep the lease.
    let world = World::with(|options| {
        hasty(options);
        options.heartbeat = Duration::from_secs(3600);
    });
    let may_end = Arc::new(AtomicBool::new(false));
    let may_end_there = Arc::clone(&may_end);
    let _runner = run(&world.stream, 2, move |_, _| {
        until("it may end", || may_end_there.load(Ordering::SeqCst));
        Ok(Value::Null)
    });
    let id = world.add(&job());
    until_state(&world, id, JobState::Running);
    world.pass(3600);
    assert_eq!(world.stream.jobs().take_up_expired().unwrap(), 0);
    assert_eq!(world.stream.jobs().take_up_orphans().unwrap(), 0);
    // The runner has looked a few times.
    std::thread::sleep(Duration::from_millis(100));
    may_end.store(true, Ordering::SeqCst);
    until_state(&world, id, JobState::Succeeded);
    assert_eq!(world.told(ADA), ["job.queued", "job.started", "job.succeeded"]);
}

#[test]
fn a_handler_that_stops_without_being_told_to_has_failed() {
    let world = World::hasty();
    let _runner = run(&world.stream, 1, |_, _| Err(Failure::Stopped));
    let id = world.add(&job());
    until_state(&world, id, JobState::Failed);
    assert_eq!(world.job(id).attempts, 3);
}

#[test]
fn a_job_that_was_taken_up_by_somebody_else_is_told_to_stop_and_its_outcome_is_left_out() {
    let world = World::hasty();
    let _runner = run(&world.stream, 1, |_, work| {
        // It does not stop, and says that it got done.
        wait_to_be_stopped(work).or(Ok(json!("mine")))
    });
    let id = world.add(&job());
    until_state(&world, id, JobState::Running);
    let other = world.another();
    let lease = loop {
        // The runner here may be quicker.
        other.jobs().take_up_orphans().unwrap();
        if let Some(lease) = other.jobs().lease(&[KIND]).unwrap() {
            break lease;
        }
    };
    std::thread::sleep(Duration::from_millis(200));
    other.jobs().succeed(&lease, json!("theirs")).unwrap();
    assert_eq!(world.job(id).result, Some(json!("theirs")));
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_is_told_and_can_be_read_and_nothing_is_told_of_it_after_the_end() {
    let world = World::hasty();
    let mut listening = world.stream.events().subscribe(ADA, None);
    let _runner = run(&world.stream, 1, |_, work| {
        for number in 0..100 {
            work.progress(json!({ "done": number }));
            std::thread::sleep(Duration::from_millis(2));
        }
        // More than may be: left out, and no harm done.
        work.progress(json!("x".repeat(20 << 10)));
        work.progress(json!({"done": 100}));
        Ok(Value::Null)
    });
    let id = world.add(&job());
    until("it is stored", || world.another().jobs().get(id).unwrap().unwrap().progress.is_some());
    let mut kinds = Vec::new();
    let mut seen = Vec::new();
    loop {
        let event = listening.next().await.unwrap().unwrap();
        if event.kind == "job.progress" {
            seen.extend(event.data["progress"]["done"].as_u64());
        }
        let is_last = event.kind == "job.succeeded";
        kinds.push(event.kind);
        if is_last {
            break;
        }
    }
    assert_eq!(kinds[..2], ["job.queued", "job.started"]);
    assert!(!seen.is_empty() && seen.len() < 100 && seen.is_sorted(), "{seen:?}");
    assert_eq!(world.job(id).progress, Some(json!({"done": 100})));
    // Only what is durable is in the log.
    assert_eq!(world.told(ADA), ["job.queued", "job.started", "job.succeeded"]);
    let more = tokio::time::timeout(Duration::from_millis(100), listening.next()).await;
    assert!(more.is_err(), "{more:?}");
}

#[test]
fn a_runner_makes_scheduled_jobs() {
    let directory = tempfile::tempdir().unwrap();
    let mut options = Options::default();
    hasty(&mut options);
    let stream = Stream::open_with(&directory.path().join("system.db"), options).unwrap();
    let schedule = Schedule {
        account: ADA.to_owned(),
        key: "hourly".to_owned(),
        kind: KIND.to_owned(),
        payload: Value::Null,
        priority: 0,
        every: Duration::from_secs(1),
        next: jiff::Timestamp::now(),
    };
    stream.jobs().schedule(&schedule).unwrap();
    let done = Arc::new(AtomicUsize::new(0));
    let done_there = Arc::clone(&done);
    let _runner = run(&stream, 1, move |_, _| {
        done_there.fetch_add(1, Ordering::SeqCst);
        Ok(Value::Null)
    });
    until("it was done twice", || done.load(Ordering::SeqCst) >= 2);
}
