//! A file of its own for each test, with a clock that goes when it is told to.

use dp_stream::{Added, Job, JobId, JobsQuery, NewJob, Options, Stream};
use jiff::Timestamp;
use serde_json::json;
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

/// 2026-01-01, in seconds.
const START_S: i64 = 1_767_225_600;

/// Whose jobs these are.
pub(crate) const ADA: &str = "ada";
pub(crate) const BOB: &str = "bob";
/// What there is a handler for.
pub(crate) const KIND: &str = "import";

pub(crate) struct World {
    directory: tempfile::TempDir,
    now_s: Arc<AtomicI64>,
    options: Options,
    pub(crate) stream: Stream,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// With other options than the program's.
    pub(crate) fn with(change: impl FnOnce(&mut Options)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let now_s = Arc::new(AtomicI64::new(START_S));
        let now = Arc::clone(&now_s);
        let mut options = Options {
            clock: Arc::new(move || Timestamp::from_second(now.load(Ordering::SeqCst)).unwrap()),
            jitter: Arc::new(|| 0.5),
            ..Options::default()
        };
        change(&mut options);
        let stream = Stream::open_with(&directory.path().join("system.db"), options.clone()).unwrap();
        Self { directory, now_s, options, stream }
    }

    /// One for runners, which do not wait long.
    pub(crate) fn hasty() -> Self {
        Self::with(hasty)
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("system.db")
    }

    /// As another process would open the file.
    pub(crate) fn another(&self) -> Stream {
        Stream::open_with(&self.path(), self.options.clone()).unwrap()
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.now_s.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.options.clock)()
    }

    pub(crate) fn add(&self, job: &NewJob) -> JobId {
        match self.stream.jobs().add(job).unwrap() {
            Added::New(id) => id,
            Added::Known(id) => panic!("{id} is known"),
        }
    }

    pub(crate) fn job(&self, id: JobId) -> Job {
        self.stream.jobs().get(id).unwrap().unwrap()
    }

    pub(crate) fn all(&self) -> Vec<Job> {
        self.stream.jobs().list(&JobsQuery { limit: usize::MAX, ..JobsQuery::default() }).unwrap()
    }

    /// The kinds of all stored events of an account.
    pub(crate) fn told(&self, account: &str) -> Vec<String> {
        let events = self.stream.events().after(account, 0, usize::MAX).unwrap();
        events.into_iter().map(|event| event.kind).collect()
    }
}

pub(crate) fn hasty(options: &mut Options) {
    options.poll = Duration::from_millis(20);
    options.heartbeat = Duration::from_millis(40);
    options.progress_every = Duration::from_millis(10);
    options.retry_first = Duration::ZERO;
}

/// A job of Ada's that can be done at once.
pub(crate) fn job() -> NewJob {
    NewJob {
        kind: KIND.to_owned(),
        account: ADA.to_owned(),
        payload: json!({"path": "takeout.zip"}),
        priority: 0,
        unique_key: None,
        due: None,
    }
}

/// Waits until it is so.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < end, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
