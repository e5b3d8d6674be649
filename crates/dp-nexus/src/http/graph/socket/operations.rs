//! What is answered over one socket at present: documents come in with an id, their answers go out until there are no
//! more or nobody wants them. Each is bounded, counted and noted as over HTTP.

use super::message::Outgoing;
use crate::{
    accounts::Event,
    http::{
        door::{Journal, Target},
        graph::{
            form::{GraphqlFailure, GraphqlForm},
            route::{Asker, Spoken},
        },
        live::CloseReason,
        problem::{Code, Problem},
        rate::Bearer,
    },
};
use futures::{
    Stream, StreamExt as _, future,
    stream::{self, AbortHandle, BoxStream, SelectAll},
};
use std::{collections::HashMap, net::IpAddr, time::Instant};

/// Operations of one socket at a time.
const OPERATIONS_MAX: usize = 16;
/// Bytes of an id.
const ID_BYTES_MAX: usize = 128;
/// What the access log calls it.
const ACTION: &str = "WS /api/graphql";

/// A message, and of which operation.
struct Answered {
    key: u64,
    id: String,
    outgoing: Outgoing,
}

/// What runs.
pub(super) struct Operations {
    asker: Asker,
    journal: Option<Journal>,
    address: Option<IpAddr>,
    answers: SelectAll<BoxStream<'static, Answered>>,
    /// By id: ids may come again once an operation is over, keys never.
    running: HashMap<String, (u64, AbortHandle)>,
    last_key: u64,
}

impl Operations {
    pub(super) fn new(asker: Asker, journal: Option<Journal>, address: Option<IpAddr>) -> Self {
        let (answers, running) = (SelectAll::new(), HashMap::new());
        Self { asker, journal, address, answers, running, last_key: 0 }
    }

    /// Begins an operation; what is refused at once is said.
    ///
    /// # Errors
    /// When the protocol has it that the socket is to be closed.
    pub(super) fn begin(&mut self, id: String, form: GraphqlForm) -> Result<Option<Outgoing>, CloseReason> {
        if id.is_empty() || id.len() > ID_BYTES_MAX {
            return Err(CloseReason::saying(
                4400,
                format!("Invalid message: an id has 1 to {ID_BYTES_MAX} bytes"),
            ));
        }
        if self.running.contains_key(&id) {
            return Err(CloseReason::saying(4409, format!("Subscriber for {id} already exists")));
        }
        if let Err(problem) = self.admit() {
            return Ok(Some(Outgoing::Error { id, payload: vec![GraphqlFailure::of(&problem)] }));
        }
        self.last_key += 1;
        let key = self.last_key;
        let (answers, handle) = stream::abortable(self.answers_of(id.clone(), form));
        self.running.insert(id.clone(), (key, handle));
        let answers = answers.map(move |outgoing| Answered { key, id: id.clone(), outgoing });
        self.answers.push(answers.boxed());
        Ok(None)
    }

    /// Ends an operation, if it runs.
    pub(super) fn end(&mut self, id: &str) {
        if let Some((_, handle)) = self.running.remove(id) {
            handle.abort();
        }
    }

    /// The next that is to be said; waits for as long as there is nothing.
    pub(super) async fn next(&mut self) -> Outgoing {
        loop {
            let Some(answered) = self.answers.next().await else { return future::pending().await };
            let Answered { key, id, outgoing } = answered;
            // What was on its way when its operation ended is of no interest.
            if self.running.get(&id).is_none_or(|(running, _)| *running != key) {
                continue;
            }
            if matches!(outgoing, Outgoing::Error { .. } | Outgoing::Complete { .. }) {
                self.end(&id);
            }
            return outgoing;
        }
    }

    /// Whether one more may be begun.
    fn admit(&self) -> Result<(), Problem> {
        if self.running.len() >= OPERATIONS_MAX {
            let detail =
                format!("{OPERATIONS_MAX} operations run on this connection already; complete some first");
            return Err(Problem::new(Code::RateLimited, detail));
        }
        let bearer = Bearer::Account(self.asker.principal().account);
        let verdict = self.asker.app().limiter().take(bearer, Instant::now());
        if verdict.is_allowed { Ok(()) } else { Err(Problem::plain(Code::RateLimited)) }
    }

    /// What an operation is answered with, and that it was all.
    fn answers_of(&self, id: String, form: GraphqlForm) -> impl Stream<Item = Outgoing> + Send + use<> {
        let target = Target::default();
        let (answers, refused) = self.asker.noting(target.clone()).begin(form);
        let noted = self.note(target, refused.map_or("ok", Code::as_str));
        let (next_id, end_id) = (id.clone(), id);
        let said = answers.map(move |spoken| {
            let id = next_id.clone();
            match spoken {
                Spoken::Answer(payload) => Outgoing::Next { id, payload },
                Spoken::Refused(payload) => Outgoing::Error { id, payload },
            }
        });
        let all = said.chain(stream::once(future::ready(Outgoing::Complete { id: end_id })));
        stream::once(noted).flat_map(|()| stream::empty()).chain(all)
    }

    /// Notes for the access log what is asked for.
    fn note(&self, target: Target, outcome: &'static str) -> impl Future<Output = ()> + Send + use<> {
        let (journal, principal, address) =
            (self.journal.clone(), self.asker.principal().clone(), self.address);
        async move {
            let Some(journal) = journal else { return };
            let event = Event {
                at: journal.now(),
                account: Some(principal.account),
                origin: Some(principal.origin),
                address,
                action: ACTION.to_owned(),
                target: target.said(),
                outcome: outcome.to_owned(),
                count: 1,
            };
            journal.note(event).await;
        }
    }
}
