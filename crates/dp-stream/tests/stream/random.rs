//! Random operations, by two processes and with leases that ran out, beside a model of the queue that is a list in memory.

use crate::world::{KIND, World, job};
use dp_stream::{Added, Held, Job, JobId, JobState, Lease, NewJob, Stream, StreamError};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::cmp::Reverse;

const LEASE_S: i64 = 30;
const INTERRUPTIONS_MAX: u32 = 4;

#[derive(Debug, Clone)]
enum Step {
    Add { account: u8, key: Option<u8>, priority: i8, after_s: i64 },
    Lease,
    Beat(usize),
    Succeed(usize),
    Retry(usize),
    Fail(usize),
    Release(usize),
    Cancel(usize),
    Requeue(usize),
    Pass(i64),
    TakeUp,
    TakeUpAll,
    OpenAgain,
}

fn step() -> impl Strategy<Value = Step> {
    let which = 0_usize..64;
    prop_oneof![
        6 => (0_u8..2, prop::option::of(0_u8..2), -1_i8..2, 0_i64..15).prop_map(
            |(account, key, priority, after_s)| Step::Add { account, key, priority, after_s }
        ),
        6 => Just(Step::Lease),
        2 => which.clone().prop_map(Step::Beat),
        2 => which.clone().prop_map(Step::Succeed),
        3 => which.clone().prop_map(Step::Retry),
        1 => which.clone().prop_map(Step::Fail),
        1 => which.clone().prop_map(Step::Release),
        2 => which.clone().prop_map(Step::Cancel),
        2 => which.prop_map(Step::Requeue),
        4 => (0_i64..45).prop_map(Step::Pass),
        2 => Just(Step::TakeUp),
        1 => Just(Step::TakeUpAll),
        1 => Just(Step::OpenAgain),
    ]
}

/// What a job should be.
#[derive(Debug, Clone)]
struct Expected {
    id: JobId,
    account: u8,
    key: Option<u8>,
    priority: i8,
    due_s: i64,
    state: JobState,
    attempts: u32,
    interruptions: u32,
    is_cancelling: bool,
    /// The lease that holds, by its place among all there ever were, and until when.
    held: Option<(usize, i64)>,
}

struct Model {
    world: World,
    stream: Stream,
    jobs: Vec<Expected>,
    leases: Vec<Lease>,
    now_s: i64,
}

impl Model {
    fn new() -> Self {
        let world = World::with(|options| options.interruptions_max = INTERRUPTIONS_MAX);
        let stream = world.another();
        let now_s = world.now().as_second();
        Self { world, stream, jobs: Vec::new(), leases: Vec::new(), now_s }
    }

    fn is_unfinished(job: &Expected) -> bool {
        matches!(job.state, JobState::Queued | JobState::Running)
    }

    fn with_key(&self, account: u8, key: Option<u8>) -> Option<JobId> {
        let same = |job: &&Expected| job.account == account && job.key == key && Self::is_unfinished(job);
        key.and_then(|_| self.jobs.iter().find(same).map(|job| job.id))
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Add { account, key, priority, after_s } => self.add(account, key, priority, after_s),
            Step::Lease => self.lease(),
            Step::Beat(which) => self.beat(which),
            Step::Succeed(which) => self.settle(
                which,
                |stream, lease| stream.jobs().succeed(lease, json!(1)),
                |job, _| {
                    job.state = JobState::Succeeded;
                },
            ),
            Step::Retry(which) => self.settle(
                which,
                |stream, lease| stream.jobs().retry(lease, "no"),
                |job, now_s| {
                    if job.is_cancelling {
                        job.state = JobState::Cancelled;
                    } else if job.attempts >= 3 {
                        job.state = JobState::Failed;
                    } else {
                        job.state = JobState::Queued;
                        job.due_s = now_s + [10, 40][job.attempts as usize - 1];
                    }
                },
            ),
            Step::Fail(which) => self.settle(
                which,
                |stream, lease| stream.jobs().fail(lease, "no"),
                |job, _| {
                    job.state = if job.is_cancelling { JobState::Cancelled } else { JobState::Failed };
                },
            ),
            Step::Release(which) => {
                self.settle(which, |stream, lease| stream.jobs().release(lease), |job, _| release(job));
            }
            Step::Cancel(which) => self.cancel(which),
            Step::Requeue(which) => self.requeue(which),
            Step::Pass(seconds) => {
                self.world.pass(seconds);
                self.now_s += seconds;
            }
            Step::TakeUp => self.take_up(self.now_s, Stream::jobs(&self.stream).take_up_expired()),
            Step::TakeUpAll => self.take_up(i64::MAX, Stream::jobs(&self.stream).take_up_orphans()),
            Step::OpenAgain => self.stream = self.world.another(),
        }
        self.compare();
    }

    fn add(&mut self, account: u8, key: Option<u8>, priority: i8, after_s: i64) {
        let due_s = self.now_s + after_s;
        let new = NewJob {
            account: account.to_string(),
            unique_key: key.map(|key| key.to_string()),
            priority,
            due: Some(jiff::Timestamp::from_second(due_s).unwrap()),
            ..job()
        };
        let known = self.with_key(account, key);
        match (self.stream.jobs().add(&new).unwrap(), known) {
            (Added::Known(id), Some(known)) => assert_eq!(id, known),
            (Added::New(id), None) => {
                assert!(self.jobs.last().is_none_or(|last| last.id < id));
                self.jobs.push(Expected {
                    id,
                    account,
                    key,
                    priority,
                    due_s,
                    state: JobState::Queued,
                    attempts: 0,
                    interruptions: 0,
                    is_cancelling: false,
                    held: None,
                });
            }
            (added, known) => panic!("{added:?}, but {known:?} is known"),
        }
    }

    fn lease(&mut self) {
        let leased = self.stream.jobs().lease(&[KIND]).unwrap();
        let is_due = |job: &&mut Expected| job.state == JobState::Queued && job.due_s <= self.now_s;
        let turn = |job: &&mut Expected| (job.priority, Reverse(job.due_s), Reverse(job.id));
        let expected = self.jobs.iter_mut().filter(is_due).max_by_key(turn);
        assert_eq!(leased.as_ref().map(|lease| lease.job.id), expected.as_ref().map(|job| job.id));
        if let (Some(lease), Some(job)) = (leased, expected) {
            assert_eq!(job.held, None, "it runs twice at once");
            job.state = JobState::Running;
            job.attempts += 1;
            job.held = Some((self.leases.len(), self.now_s + LEASE_S));
            self.leases.push(lease);
        }
    }

    /// A lease, maybe a void one, and the job it is or was of, if it still holds.
    fn pick(&mut self, which: usize) -> Option<(Lease, Option<&mut Expected>)> {
        let place = which.checked_rem(self.leases.len())?;
        let held = self.jobs.iter_mut().find(|job| job.held.is_some_and(|(held, _)| held == place));
        Some((self.leases[place].clone(), held))
    }

    fn beat(&mut self, which: usize) {
        let (now_s, stream) = (self.now_s, self.stream.clone());
        let Some((lease, job)) = self.pick(which) else { return };
        let expected = match job {
            None => Held::Lost,
            Some(job) => {
                job.held = job.held.map(|(place, _)| (place, now_s + LEASE_S));
                if job.is_cancelling { Held::Cancelling } else { Held::Yes }
            }
        };
        assert_eq!(stream.jobs().heartbeat(&lease).unwrap(), expected);
    }

    fn settle(
        &mut self,
        which: usize,
        act: impl FnOnce(&Stream, &Lease) -> Result<Job, StreamError>,
        expect: impl FnOnce(&mut Expected, i64),
    ) {
        let (now_s, stream) = (self.now_s, self.stream.clone());
        let Some((lease, job)) = self.pick(which) else { return };
        let settled = act(&stream, &lease);
        let Some(job) = job else {
            assert!(matches!(settled, Err(StreamError::LeaseLost(id)) if id == lease.job.id));
            return;
        };
        assert_eq!(settled.unwrap().id, job.id);
        expect(job, now_s);
        job.held = None;
        job.is_cancelling = false;
    }

    fn cancel(&mut self, which: usize) {
        let Some(place) = which.checked_rem(self.jobs.len()) else { return };
        let job = &mut self.jobs[place];
        self.stream.jobs().cancel(job.id).unwrap().unwrap();
        match job.state {
            JobState::Queued => job.state = JobState::Cancelled,
            JobState::Running => job.is_cancelling = true,
            JobState::Succeeded | JobState::Failed | JobState::Cancelled => {}
        }
    }

    fn requeue(&mut self, which: usize) {
        let Some(place) = which.checked_rem(self.jobs.len()) else { return };
        let known = self.with_key(self.jobs[place].account, self.jobs[place].key);
        let job = &mut self.jobs[place];
        let requeued = self.stream.jobs().requeue(job.id);
        if !matches!(job.state, JobState::Failed | JobState::Cancelled) {
            assert!(matches!(requeued, Err(StreamError::NotEnded { .. })));
        } else if let Some(known) = known {
            assert!(matches!(requeued, Err(StreamError::SameUnfinished { other, .. }) if other == known));
        } else {
            assert_eq!(requeued.unwrap().unwrap().id, job.id);
            job.state = JobState::Queued;
            (job.attempts, job.interruptions) = (0, 0);
            job.due_s = self.now_s;
        }
    }

    fn take_up(&mut self, before_s: i64, taken_up: Result<usize, StreamError>) {
        let mut expected = 0;
        for job in &mut self.jobs {
            if job.held.is_some_and(|(_, until_s)| until_s < before_s) {
                expected += 1;
                job.interruptions += 1;
                if !job.is_cancelling && job.interruptions >= INTERRUPTIONS_MAX {
                    job.state = JobState::Failed;
                } else {
                    release(job);
                }
                job.held = None;
                job.is_cancelling = false;
            }
        }
        assert_eq!(taken_up.unwrap(), expected);
    }

    fn compare(&self) {
        let mut real = self.world.all();
        real.reverse();
        assert_eq!(real.len(), self.jobs.len());
        for (job, expected) in real.iter().zip(&self.jobs) {
            let seen = (job.id, job.state, job.attempts, job.is_cancelling, job.due.as_second());
            let wanted =
                (expected.id, expected.state, expected.attempts, expected.is_cancelling, expected.due_s);
            assert_eq!(seen, wanted);
            assert_eq!(job.ended.is_some(), job.state.is_finished());
        }
    }

    /// Nothing is lost: whatever there is can be brought to its end.
    fn finish(&mut self) {
        self.take(&Step::Pass(1000));
        self.take(&Step::TakeUpAll);
        while self.jobs.iter().any(|job| job.state == JobState::Queued) {
            self.take(&Step::Lease);
            let last = self.leases.len() - 1;
            self.take(&Step::Succeed(last));
        }
        assert!(self.world.all().iter().all(|job| job.state.is_finished()));
    }

    /// The log tells the same story: what it says last of each job is what the job is.
    fn compare_log(&self) {
        for job in self.world.all() {
            let events = self.stream.events().after(&job.account, 0, 1000).unwrap();
            let mut of_job = events.iter().filter(|event| event.data["id"] == json!(job.id));
            let last = of_job.next_back().unwrap();
            assert_eq!(last.kind, format!("job.{}", job.state.as_str()));
            assert_eq!(last.data, serde_json::to_value(&job).unwrap_or(Value::Null));
        }
    }
}

fn release(job: &mut Expected) {
    if job.is_cancelling {
        job.state = JobState::Cancelled;
    } else {
        job.state = JobState::Queued;
        job.attempts -= 1;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_queue_does_what_a_list_in_memory_would(steps in prop::collection::vec(step(), 1..50)) {
        let mut model = Model::new();
        for step in &steps {
            model.take(step);
        }
        model.finish();
        model.compare_log();
    }
}
