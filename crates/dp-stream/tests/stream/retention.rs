//! What is kept, and for how long.

use crate::world::{ADA, BOB, KIND, World, job};
use dp_stream::{JobState, Lagged, NewJob, Schedule};
use serde_json::{Value, json};
use std::time::Duration;

const DAY_S: i64 = 24 * 60 * 60;

fn ids(world: &World, account: &str) -> Vec<u64> {
    let events = world.stream.events().after(account, 0, usize::MAX).unwrap();
    events.into_iter().map(|event| event.id).collect()
}

#[test]
fn the_newest_events_of_each_account_are_kept() {
    let world = World::with(|options| options.events_max = 10);
    let publish = |account: &str| world.stream.events().publish(account, "note", json!({})).unwrap();
    let of_ada: Vec<u64> = (0..30).map(|_| publish(ADA)).collect();
    let of_bob: Vec<u64> = (0..5).map(|_| publish(BOB)).collect();
    world.stream.sweep().unwrap();
    assert_eq!(ids(&world, ADA), of_ada[20..]);
    assert_eq!(ids(&world, BOB), of_bob);
    assert_eq!(world.stream.events().oldest(ADA).unwrap(), Some(of_ada[20]));
    assert_eq!(world.stream.events().oldest("eve").unwrap(), None);
    assert_eq!(world.stream.events().last(), of_bob[4]);
}

#[test]
fn events_are_kept_for_a_week() {
    let world = World::new();
    let old = world.stream.events().publish(ADA, "note", json!({})).unwrap();
    world.pass(6 * DAY_S);
    let new = world.stream.events().publish(ADA, "note", json!({})).unwrap();
    world.stream.sweep().unwrap();
    assert_eq!(ids(&world, ADA), [old, new]);
    world.pass(DAY_S + 1);
    world.stream.sweep().unwrap();
    assert_eq!(ids(&world, ADA), [new]);
}

#[tokio::test]
async fn whoever_comes_back_after_what_is_kept_is_told_to_begin_anew() {
    let world = World::with(|options| options.events_max = 2);
    let mut published = Vec::new();
    for number in 0..5 {
        published.push(world.stream.events().publish(ADA, "note", json!(number)).unwrap());
    }
    world.stream.sweep().unwrap();
    let mut late = world.stream.events().subscribe(ADA, Some(published[1]));
    let gone = late.next().await.unwrap().unwrap_err();
    assert_eq!(gone, Lagged::Gone { after: published[2] });
    assert!(late.next().await.is_none());
    for after in [published[2], 0] {
        let mut again = world.stream.events().subscribe(ADA, Some(after));
        assert_eq!(again.next().await.unwrap().unwrap().id, published[3]);
    }
    let mut from_elsewhere = world.stream.events().subscribe(ADA, Some(u64::MAX));
    let gone = from_elsewhere.next().await.unwrap().unwrap_err();
    assert_eq!(gone, Lagged::Gone { after: published[4] });
}

#[test]
fn finished_jobs_are_kept_for_a_month_dead_letters_for_three_and_unfinished_ones_for_ever() {
    let world = World::new();
    let jobs = world.stream.jobs();
    for _ in 0..2 {
        world.add(&job());
    }
    jobs.succeed(&jobs.lease(&[KIND]).unwrap().unwrap(), Value::Null).unwrap();
    jobs.fail(&jobs.lease(&[KIND]).unwrap().unwrap(), "no").unwrap();
    world.add(&job());
    let states_after = |days: i64| -> Vec<JobState> {
        world.pass(days * DAY_S);
        world.stream.sweep().unwrap();
        world.all().into_iter().map(|job| job.state).collect()
    };
    assert_eq!(states_after(29), [JobState::Queued, JobState::Failed, JobState::Succeeded]);
    assert_eq!(states_after(2), [JobState::Queued, JobState::Failed]);
    assert_eq!(states_after(60), [JobState::Queued]);
}

#[tokio::test]
async fn of_an_account_that_is_gone_nothing_is_left() {
    let world = World::new();
    let jobs = world.stream.jobs();
    world.add(&job());
    world.add(&NewJob { account: BOB.to_owned(), ..job() });
    let schedule = Schedule {
        account: ADA.to_owned(),
        key: "backup".to_owned(),
        kind: KIND.to_owned(),
        payload: Value::Null,
        priority: 0,
        every: Duration::from_secs(60),
        next: world.now(),
    };
    jobs.schedule(&schedule).unwrap();
    let lease = jobs.lease(&[KIND]).unwrap().unwrap();
    let mut listening = world.stream.events().subscribe(ADA, None);
    world.stream.forget_account(ADA).unwrap();
    assert!(listening.next().await.is_none());
    assert!(ids(&world, ADA).is_empty() && jobs.schedules(ADA).unwrap().is_empty());
    assert_eq!(world.all().iter().map(|job| job.account.as_str()).collect::<Vec<_>>(), [BOB]);
    assert!(jobs.succeed(&lease, Value::Null).is_err());
    assert_eq!(world.told(BOB), ["job.queued"]);
}
