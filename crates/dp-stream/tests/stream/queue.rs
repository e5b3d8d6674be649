//! Adding, leasing, trying again, dead letters and cancelling, step by step, with a clock that stands still.

use crate::world::{ADA, BOB, KIND, World, job};
use dp_stream::{Added, Held, JobId, JobState, JobsQuery, Lease, NewJob, StreamError};
use serde_json::{Value, json};
use std::time::Duration;

fn lease(world: &World) -> Lease {
    world.stream.jobs().lease(&[KIND]).unwrap().expect("a job is due")
}

#[test]
fn a_job_is_queued_leased_and_done_and_each_step_is_told() {
    let world = World::new();
    let id = world.add(&job());
    let queued = world.job(id);
    assert_eq!((queued.state, queued.attempts, queued.created), (JobState::Queued, 0, world.now()));
    world.pass(1);
    let lease = lease(&world);
    assert_eq!((lease.job.state, lease.job.attempts), (JobState::Running, 1));
    assert_eq!(lease.job.started, Some(world.now()));
    assert!(world.stream.jobs().note_progress(&lease, json!({"done": 1})).unwrap());
    world.pass(1);
    let done = world.stream.jobs().succeed(&lease, json!({"documents": 7})).unwrap();
    assert_eq!(done, world.job(id));
    assert_eq!((done.state, done.ended), (JobState::Succeeded, Some(world.now())));
    assert_eq!((done.progress, done.result), (Some(json!({"done": 1})), Some(json!({"documents": 7}))));
    assert_eq!(world.told(ADA), ["job.queued", "job.started", "job.succeeded"]);
    let last = world.stream.events().after(ADA, 0, 10).unwrap().pop().unwrap();
    assert_eq!(last.data["result"], json!({"documents": 7}));
    assert_eq!(last.data["id"], json!(id.0));
    assert!(world.stream.jobs().lease(&[KIND]).unwrap().is_none());
}

#[test]
fn the_most_important_job_comes_first_then_the_one_that_waits_longest() {
    let world = World::new();
    let add = |priority, after_s: i64| {
        let due = Some(world.now() + Duration::from_secs(after_s.unsigned_abs()));
        world.add(&NewJob { priority, due, ..job() })
    };
    let [late, low, first, high] = [add(0, 9), add(-5, 0), add(0, 3), add(7, 5)];
    let hidden = add(100, 60);
    world.pass(10);
    let order: Vec<JobId> = (0..4).map(|_| lease(&world).job.id).collect();
    assert_eq!(order, [high, first, late, low]);
    assert!(world.stream.jobs().lease(&[KIND]).unwrap().is_none());
    world.pass(50);
    assert_eq!(lease(&world).job.id, hidden);
}

#[test]
fn only_jobs_of_the_kinds_asked_for_are_leased() {
    let world = World::new();
    let backup = world.add(&NewJob { kind: "backup".to_owned(), ..job() });
    assert!(world.stream.jobs().lease(&[KIND]).unwrap().is_none());
    assert!(world.stream.jobs().lease(&[]).unwrap().is_none());
    let leased = world.stream.jobs().lease(&[KIND, "backup"]).unwrap().unwrap();
    assert_eq!(leased.job.id, backup);
}

#[test]
fn a_unique_key_is_free_again_when_its_job_is_finished() {
    let world = World::new();
    let keyed = NewJob { unique_key: Some("takeout".to_owned()), ..job() };
    let id = world.add(&keyed);
    assert_eq!(world.stream.jobs().add(&keyed).unwrap(), Added::Known(id));
    let others = NewJob { account: BOB.to_owned(), ..keyed.clone() };
    assert_ne!(world.add(&others), id);
    let lease = lease(&world);
    assert_eq!(lease.job.id, id);
    assert_eq!(world.stream.jobs().add(&keyed).unwrap(), Added::Known(id));
    world.stream.jobs().fail(&lease, "no such file").unwrap();
    let next = world.add(&keyed);
    assert_ne!(next, id);
    let error = world.stream.jobs().requeue(id).unwrap_err();
    assert!(matches!(error, StreamError::SameUnfinished { other, .. } if other == next), "{error}");
    world.stream.jobs().cancel(next).unwrap();
    assert_eq!(world.stream.jobs().requeue(id).unwrap().unwrap().state, JobState::Queued);
}

#[test]
fn what_fails_is_tried_three_times_with_longer_and_longer_waits_and_is_then_a_dead_letter() {
    let world = World::new();
    let id = world.add(&job());
    for (attempt, wait_s) in [(1, 10), (2, 40)] {
        let failed = world.stream.jobs().retry(&lease(&world), "the disk is full").unwrap();
        assert_eq!((failed.state, failed.attempts), (JobState::Queued, attempt));
        assert_eq!(failed.error.as_deref(), Some("the disk is full"));
        assert_eq!(failed.due, world.now() + Duration::from_secs(wait_s));
        world.pass(wait_s as i64 - 1);
        assert!(world.stream.jobs().lease(&[KIND]).unwrap().is_none());
        world.pass(1);
    }
    let dead = world.stream.jobs().retry(&lease(&world), "the disk is still full").unwrap();
    assert_eq!((dead.state, dead.attempts, dead.ended), (JobState::Failed, 3, Some(world.now())));
    let letters = JobsQuery { states: vec![JobState::Failed], limit: 10, ..JobsQuery::default() };
    let letters = world.stream.jobs().list(&letters).unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].error.as_deref(), Some("the disk is still full"));
    let again = world.stream.jobs().requeue(id).unwrap().unwrap();
    assert_eq!((again.state, again.attempts, again.error, again.ended), (JobState::Queued, 0, None, None));
    let done = world.stream.jobs().succeed(&lease(&world), Value::Null).unwrap();
    assert_eq!((done.id, done.state, done.attempts), (id, JobState::Succeeded, 1));
}

#[test]
fn a_final_failure_is_not_tried_again() {
    let world = World::new();
    world.add(&job());
    let dead = world.stream.jobs().fail(&lease(&world), "there is no such archive").unwrap();
    assert_eq!((dead.state, dead.attempts), (JobState::Failed, 1));
    assert_eq!(world.told(ADA), ["job.queued", "job.started", "job.failed"]);
}

#[test]
fn only_what_failed_or_was_cancelled_can_be_queued_again() {
    let world = World::new();
    let id = world.add(&job());
    let refused = |state| {
        let error = world.stream.jobs().requeue(id).unwrap_err();
        assert!(matches!(error, StreamError::NotEnded { state: found, .. } if found == state), "{error}");
    };
    refused(JobState::Queued);
    let lease = lease(&world);
    refused(JobState::Running);
    world.stream.jobs().succeed(&lease, Value::Null).unwrap();
    refused(JobState::Succeeded);
    assert_eq!(world.stream.jobs().requeue(JobId(99)).unwrap(), None);
}

#[test]
fn a_queued_job_is_cancelled_at_once_and_a_running_one_when_it_notices() {
    let world = World::new();
    let [queued, running] = [world.add(&NewJob { priority: -1, ..job() }), world.add(&job())];
    let cancelled = world.stream.jobs().cancel(queued).unwrap().unwrap();
    assert_eq!((cancelled.state, cancelled.ended), (JobState::Cancelled, Some(world.now())));
    let lease = lease(&world);
    assert_eq!(lease.job.id, running);
    assert_eq!(world.stream.jobs().heartbeat(&lease).unwrap(), Held::Yes);
    let cancelling = world.stream.jobs().cancel(running).unwrap().unwrap();
    assert_eq!((cancelling.state, cancelling.is_cancelling), (JobState::Running, true));
    assert_eq!(world.stream.jobs().heartbeat(&lease).unwrap(), Held::Cancelling);
    let stopped = world.stream.jobs().release(&lease).unwrap();
    assert_eq!((stopped.state, stopped.is_cancelling), (JobState::Cancelled, false));
    assert_eq!(world.stream.jobs().cancel(running).unwrap(), Some(stopped));
    assert_eq!(world.stream.jobs().cancel(JobId(99)).unwrap(), None);
}

#[test]
fn a_cancelled_job_that_fails_is_not_tried_again_and_one_that_got_done_is_done() {
    let world = World::new();
    let [one, other] = [world.add(&job()), world.add(&job())];
    let [first, second] = [lease(&world), lease(&world)];
    for id in [one, other] {
        world.stream.jobs().cancel(id).unwrap();
    }
    assert_eq!(world.stream.jobs().retry(&first, "half done").unwrap().state, JobState::Cancelled);
    assert_eq!(world.stream.jobs().succeed(&second, Value::Null).unwrap().state, JobState::Succeeded);
}

#[test]
fn a_lease_that_ran_out_is_void_once_the_job_was_taken_up() {
    let world = World::new();
    let id = world.add(&job());
    let old = lease(&world);
    world.pass(29);
    assert_eq!(world.stream.jobs().heartbeat(&old).unwrap(), Held::Yes);
    world.pass(29);
    assert_eq!(world.stream.jobs().take_up_expired().unwrap(), 0);
    world.pass(2);
    assert_eq!(world.stream.jobs().take_up_expired().unwrap(), 1);
    assert_eq!(world.job(id).state, JobState::Queued);
    let new = lease(&world);
    // The try that was interrupted does not count.
    assert_eq!(new.job.attempts, 1);
    assert_eq!(world.stream.jobs().heartbeat(&old).unwrap(), Held::Lost);
    assert!(!world.stream.jobs().note_progress(&old, json!(1)).unwrap());
    let lost = |outcome: Result<_, StreamError>| {
        assert!(matches!(outcome, Err(StreamError::LeaseLost(lost)) if lost == id));
    };
    lost(world.stream.jobs().succeed(&old, Value::Null));
    lost(world.stream.jobs().retry(&old, "late"));
    lost(world.stream.jobs().release(&old));
    assert_eq!(world.stream.jobs().succeed(&new, Value::Null).unwrap().state, JobState::Succeeded);
    lost(world.stream.jobs().fail(&new, "twice"));
}

#[test]
fn a_lease_that_ran_out_while_the_machine_slept_can_be_kept_if_nobody_took_the_job_up() {
    let world = World::new();
    world.add(&job());
    let lease = lease(&world);
    world.pass(3600);
    assert_eq!(world.stream.jobs().heartbeat(&lease).unwrap(), Held::Yes);
    assert_eq!(world.stream.jobs().take_up_expired().unwrap(), 0);
}

#[test]
fn a_job_during_which_the_program_ends_again_and_again_is_a_dead_letter() {
    let world = World::with(|options| options.interruptions_max = 3);
    let id = world.add(&job());
    for _ in 0..3 {
        lease(&world);
        assert_eq!(world.stream.jobs().take_up_orphans().unwrap(), 1);
    }
    let dead = world.job(id);
    assert_eq!(dead.state, JobState::Failed);
    assert!(dead.error.unwrap().contains("3 times"));
}

#[test]
fn an_interrupted_job_that_was_to_be_cancelled_is_cancelled() {
    let world = World::new();
    let id = world.add(&job());
    lease(&world);
    world.stream.jobs().cancel(id).unwrap();
    world.another().jobs().take_up_orphans().unwrap();
    assert_eq!(world.job(id).state, JobState::Cancelled);
}

#[test]
fn what_is_too_long_too_deep_or_empty_is_refused() {
    let world = World::new();
    let refused = |job: NewJob| world.stream.jobs().add(&job).unwrap_err();
    let long = json!("x".repeat(65 << 10));
    assert!(matches!(refused(NewJob { payload: long.clone(), ..job() }), StreamError::TooLong { .. }));
    let deep = (0..200).fold(Value::Null, |inner, _| json!([inner]));
    assert!(matches!(refused(NewJob { payload: deep, ..job() }), StreamError::TooDeep { .. }));
    assert!(matches!(refused(NewJob { kind: String::new(), ..job() }), StreamError::Empty(_)));
    assert!(matches!(refused(NewJob { account: "a".repeat(600), ..job() }), StreamError::TooLong { .. }));
    assert!(world.all().is_empty());
    world.add(&job());
    let lease = lease(&world);
    assert!(world.stream.jobs().note_progress(&lease, long.clone()).is_err());
    let done = world.stream.jobs().succeed(&lease, long).unwrap();
    assert!(done.result.unwrap()["left_out"].as_str().unwrap().contains("bytes"));
}

#[test]
fn an_account_has_only_so_many_unfinished_jobs() {
    let world = World::with(|options| options.unfinished_max = 2);
    let first = world.add(&job());
    world.add(&job());
    let full = world.stream.jobs().add(&job());
    assert!(matches!(full, Err(StreamError::QueueFull { jobs_max: 2 })));
    world.add(&NewJob { account: BOB.to_owned(), ..job() });
    world.stream.jobs().cancel(first).unwrap();
    world.add(&job());
    assert!(matches!(world.stream.jobs().requeue(first), Err(StreamError::QueueFull { .. })));
}

#[test]
fn jobs_are_listed_newest_first_by_account_kind_and_state_page_by_page() {
    let world = World::new();
    let ids: Vec<JobId> = (0..6)
        .map(|number| {
            let account = if number % 2 == 0 { ADA } else { BOB }.to_owned();
            let kind = if number < 3 { KIND } else { "backup" }.to_owned();
            world.add(&NewJob { account, kind, ..job() })
        })
        .collect();
    world.stream.jobs().cancel(ids[0]).unwrap();
    let list = |query: JobsQuery| -> Vec<usize> {
        let listed = world.stream.jobs().list(&query).unwrap();
        listed.iter().map(|job| ids.iter().position(|id| *id == job.id).unwrap()).collect()
    };
    let query = JobsQuery { limit: 10, ..JobsQuery::default() };
    assert_eq!(list(query.clone()), [5, 4, 3, 2, 1, 0]);
    assert_eq!(list(JobsQuery { account: Some(ADA.to_owned()), ..query.clone() }), [4, 2, 0]);
    assert_eq!(list(JobsQuery { kinds: vec![KIND.to_owned()], ..query.clone() }), [2, 1, 0]);
    assert_eq!(list(JobsQuery { states: vec![JobState::Queued], ..query.clone() }), [5, 4, 3, 2, 1]);
    assert_eq!(list(JobsQuery { before: Some(ids[3]), limit: 2, ..query.clone() }), [2, 1]);
    assert_eq!(list(JobsQuery { account: Some("eve".to_owned()), ..query }), [0; 0]);
}

#[test]
fn what_was_acknowledged_is_there_when_the_file_is_opened_again() {
    let world = World::new();
    let id = world.add(&NewJob { unique_key: Some("it".to_owned()), priority: 3, ..job() });
    let before = world.job(id);
    assert_eq!(world.another().jobs().get(id).unwrap(), Some(before));
}

#[test]
fn ids_and_states_are_plain_in_json() {
    assert_eq!(json!(JobId(7)), json!(7));
    assert_eq!(JobId(7).to_string(), "7");
    for state in JobState::ALL {
        assert_eq!(json!(state), json!(state.as_str()));
        assert_eq!(JobState::parse(state.as_str()), Some(state));
    }
    assert_eq!(JobState::parse("asleep"), None);
}
