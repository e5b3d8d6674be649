//! Jobs that come again and again.

use crate::world::{ADA, KIND, World};
use dp_stream::{JobState, Schedule};
use serde_json::{Value, json};
use std::time::Duration;

const HOUR_S: i64 = 3600;

fn hourly(world: &World) -> Schedule {
    Schedule {
        account: ADA.to_owned(),
        key: "backup".to_owned(),
        kind: KIND.to_owned(),
        payload: json!({"to": "nas"}),
        priority: 2,
        every: Duration::from_secs(HOUR_S as u64),
        next: world.now() + Duration::from_secs(HOUR_S as u64),
    }
}

fn added(world: &World) -> usize {
    world.stream.jobs().add_scheduled().unwrap()
}

fn finish(world: &World) {
    let lease = world.stream.jobs().lease(&[KIND]).unwrap().unwrap();
    world.stream.jobs().succeed(&lease, Value::Null).unwrap();
}

#[test]
fn a_scheduled_job_is_made_each_time_its_time_has_come() {
    let world = World::new();
    world.stream.jobs().schedule(&hourly(&world)).unwrap();
    assert_eq!(added(&world), 0);
    for round in 1..=3 {
        world.pass(HOUR_S);
        assert_eq!((added(&world), added(&world)), (1, 0));
        finish(&world);
        assert_eq!(world.all().len(), round);
    }
    let job = &world.all()[0];
    assert_eq!((&job.payload, job.priority, job.state), (&json!({"to": "nas"}), 2, JobState::Succeeded));
}

#[test]
fn while_one_is_not_finished_no_other_is_made() {
    let world = World::new();
    world.stream.jobs().schedule(&hourly(&world)).unwrap();
    world.pass(HOUR_S);
    assert_eq!(added(&world), 1);
    world.pass(HOUR_S);
    assert_eq!(added(&world), 0);
    finish(&world);
    // That hour is over.
    assert_eq!(added(&world), 0);
    world.pass(HOUR_S);
    assert_eq!(added(&world), 1);
}

#[test]
fn what_was_missed_is_made_up_for_once_and_the_beat_is_kept() {
    let world = World::new();
    let start = world.now();
    world.stream.jobs().schedule(&hourly(&world)).unwrap();
    world.pass(10 * HOUR_S + 1800);
    assert_eq!((added(&world), added(&world)), (1, 0));
    let next = world.stream.jobs().schedules(ADA).unwrap()[0].next;
    assert_eq!(next, start + Duration::from_secs(11 * HOUR_S as u64));
}

#[test]
fn saying_the_same_again_at_each_start_does_not_put_it_off() {
    let world = World::new();
    let first = hourly(&world);
    world.stream.jobs().schedule(&first).unwrap();
    world.pass(1800);
    let again = Schedule { payload: json!({"to": "disk"}), ..hourly(&world) };
    world.another().jobs().schedule(&again).unwrap();
    let kept = world.stream.jobs().schedules(ADA).unwrap();
    assert_eq!(kept, [Schedule { payload: json!({"to": "disk"}), ..first }]);
    let daily = Schedule { every: Duration::from_secs(24 * HOUR_S as u64), ..hourly(&world) };
    world.stream.jobs().schedule(&daily).unwrap();
    assert_eq!(world.stream.jobs().schedules(ADA).unwrap(), [daily]);
}

#[test]
fn a_schedule_that_was_ended_makes_nothing() {
    let world = World::new();
    world.stream.jobs().schedule(&hourly(&world)).unwrap();
    assert!(world.stream.jobs().unschedule(ADA, "backup").unwrap());
    assert!(!world.stream.jobs().unschedule(ADA, "backup").unwrap());
    world.pass(HOUR_S);
    assert_eq!(added(&world), 0);
    let often = Schedule { every: Duration::from_millis(900), ..hourly(&world) };
    assert!(world.stream.jobs().schedule(&often).is_err());
}
