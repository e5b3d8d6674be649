//! What is told to the person when a job has ended: a sentence or two for a list of notices, as an event of its own. A
//! job comes in, the event's kind and data go out; nothing is looked up.

use super::{ENTRY, IMPORT};
use dp_stream::{Job, JobState};
use serde_json::{Value, json};

/// The kind of these events.
const NOTICE: &str = "notification";

/// What is told of a job that has ended, if a person wants to know: for the `announce` of a stream.
#[must_use]
pub fn announce(job: &Job) -> Option<(String, Value)> {
    let why = || job.error.clone().unwrap_or_else(|| "it is not known why".to_owned());
    let (code, title, text) = match (job.kind.as_str(), job.state) {
        (IMPORT, JobState::Succeeded) => ("import_finished", "The import is done", result(job)),
        (IMPORT, JobState::Failed) => {
            ("import_failed", "The import failed", format!("{}. What was read before is kept", why()))
        }
        (ENTRY, JobState::Succeeded) => ("entry_finished", "A file was read again", result(job)),
        (ENTRY, JobState::Failed) => ("entry_failed", "A file could not be read again", why()),
        _ => return None,
    };
    let import = job.result.as_ref().and_then(|result| result.get("import")).cloned();
    let data = json!({ "code": code, "title": title, "text": text, "job": job.id.0, "import": import });
    Some((NOTICE.to_owned(), data))
}

fn result(job: &Job) -> String {
    let number =
        |pointer: &str| job.result.as_ref().and_then(|result| result.pointer(pointer)?.as_u64()).unwrap_or(0);
    let mut text = match number("/documents/inserted") {
        0 => "No document is new".to_owned(),
        1 => "One document is new".to_owned(),
        many => format!("{many} documents are new"),
    };
    if number("/documents/updated") > 0 {
        text.push_str(&format!(", {} have changed", number("/documents/updated")));
    }
    match number("/entries/failed") {
        0 => {}
        1 => text.push_str("; one file could not be read"),
        many => text.push_str(&format!("; {many} files could not be read")),
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use dp_stream::JobId;
    use jiff::Timestamp;

    fn job(state: JobState, result: Option<Value>, error: Option<&str>) -> Job {
        Job {
            id: JobId(7),
            kind: IMPORT.to_owned(),
            account: "ada".to_owned(),
            payload: Value::Null,
            state,
            priority: 0,
            attempts: 1,
            progress: None,
            result,
            error: error.map(str::to_owned),
            is_cancelling: false,
            created: Timestamp::UNIX_EPOCH,
            due: Timestamp::UNIX_EPOCH,
            started: None,
            ended: None,
        }
    }

    #[test]
    fn an_import_that_ended_is_told_in_a_sentence() {
        let result =
            json!({"import": 3, "documents": {"inserted": 12, "updated": 1}, "entries": {"failed": 2}});
        let (kind, data) = announce(&job(JobState::Succeeded, Some(result), None)).unwrap();
        assert_eq!(kind, "notification");
        assert_eq!(data["text"], "12 documents are new, 1 have changed; 2 files could not be read");
        assert_eq!(
            (&data["code"], &data["import"], &data["job"]),
            (&json!("import_finished"), &json!(3), &json!(7))
        );
        let (_, data) = announce(&job(JobState::Failed, None, Some("the disk is full"))).unwrap();
        assert_eq!(data["code"], "import_failed");
        assert!(data["text"].as_str().unwrap().starts_with("the disk is full"));
    }

    #[test]
    fn nothing_is_told_of_what_goes_on_or_was_called_off_or_is_no_import() {
        for state in [JobState::Queued, JobState::Running, JobState::Cancelled] {
            assert_eq!(announce(&job(state, None, None)), None);
        }
        let other = Job { kind: "sweep".to_owned(), ..job(JobState::Succeeded, None, None) };
        assert_eq!(announce(&other), None);
    }
}
