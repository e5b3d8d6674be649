//! To-do lists as Google Tasks exports them: one JSON file with every list and its tasks.

use crate::{
    Context, ParseError, Parser, Peek, Sink,
    json::{Cursor, JsonError, JsonShape, RecordStream},
    times,
};
use dp_model::{Content, Draft, Kind, Metadata, Moment, WarningKind};
use std::io::Read;

const SOURCE: &str = "google.tasks";

/// Reads `Tasks.json`.
pub(super) struct Tasks;

impl Parser for Tasks {
    fn name(&self) -> &'static str {
        "google.tasks.json"
    }

    fn version(&self) -> u32 {
        1
    }

    fn source(&self, _: &Peek<'_>) -> &'static str {
        SOURCE
    }

    fn recognises(&self, peek: &Peek<'_>) -> bool {
        let has = |mark: &[u8]| memchr::memmem::find(peek.head, mark).is_some();
        matches!(crate::json::shape(peek.head), JsonShape::Object(keys) if keys.iter().any(|key| key == "kind"))
            && (has(b"\"tasks#taskLists\"") || has(b"\"tasks#tasks\""))
    }

    fn parse(
        &self,
        context: &Context<'_>,
        input: &mut dyn Read,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        let mut stream = RecordStream::new(input, context.record_bytes_max);
        stream.for_each(
            sink,
            |section, cursor| match section {
                "items" => read_list(cursor),
                _ => cursor.skip().map(|()| List::default()),
            },
            |sink, list, position| {
                for task in list.tasks {
                    task.emit(&list.title, &list.id, position, sink)?;
                }
                Ok(())
            },
        )?;
        Ok(())
    }
}

/// A list with its tasks. A file that holds a single list has its tasks where the lists would be.
#[derive(Default)]
struct List {
    id: String,
    title: String,
    tasks: Vec<Task>,
}

/// A task as the file gives it; times as written.
#[derive(Default)]
struct Task {
    /// Bytes from the start of the record it was read with.
    offset: u64,
    id: String,
    title: String,
    notes: String,
    due: String,
    completed: String,
    created: String,
    updated: String,
    url: Option<String>,
    metadata: Metadata,
}

fn read_list(cursor: &mut Cursor<'_>) -> Result<List, JsonError> {
    let mut list = List::default();
    let mut is_list = false;
    let mut as_task = cursor.clone();
    cursor.object(|cursor, key| {
        match key {
            b"id" => list.id = text(cursor)?,
            b"title" => list.title = text(cursor)?,
            b"kind" => is_list |= text(cursor)? == "tasks#tasks",
            b"items" => {
                is_list = true;
                cursor.array(|cursor| {
                    let task = read_task(cursor)?;
                    list.tasks.push(task);
                    Ok(())
                })?;
            }
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    if !is_list {
        let task = read_task(&mut as_task)?;
        return Ok(List { tasks: vec![task], ..List::default() });
    }
    Ok(list)
}

fn read_task(cursor: &mut Cursor<'_>) -> Result<Task, JsonError> {
    // The next byte that is no white space is where it begins.
    cursor.peek()?;
    let mut task = Task { offset: cursor.position() as u64, ..Task::default() };
    cursor.object(|cursor, key| {
        match key {
            b"id" => task.id = text(cursor)?,
            b"title" => task.title = text(cursor)?,
            b"notes" => task.notes = text(cursor)?,
            b"due" => task.due = text(cursor)?,
            b"completed" => task.completed = text(cursor)?,
            b"created" => task.created = text(cursor)?,
            b"updated" => task.updated = text(cursor)?,
            b"kind" | b"etag" | b"selfLink" => cursor.skip()?,
            b"links" => links(&mut task, cursor)?,
            other => {
                let mut value = String::new();
                cursor.copy_compact(&mut value)?;
                if !matches!(value.as_str(), "null" | "[]" | "{}" | "\"\"" | "false") {
                    task.metadata.push_with(&String::from_utf8_lossy(other), |out| out.push_str(&value));
                }
            }
        }
        Ok(())
    })?;
    Ok(task)
}

/// Keeps the links, the first also as what the task points at.
fn links(task: &mut Task, cursor: &mut Cursor<'_>) -> Result<(), JsonError> {
    let mut copy = String::new();
    cursor.clone().copy_compact(&mut copy)?;
    cursor.array(|cursor| {
        cursor.object(|cursor, key| match key {
            b"link" => {
                let link = text(cursor)?;
                task.url = task.url.take().or(Some(link)).filter(|link| !link.is_empty());
                Ok(())
            }
            _ => cursor.skip(),
        })
    })?;
    if copy != "[]" && copy != "null" {
        task.metadata.push_with("links", |out| out.push_str(&copy));
    }
    Ok(())
}

fn text(cursor: &mut Cursor<'_>) -> Result<String, JsonError> {
    Ok(cursor.text()?.unwrap_or_default().into_owned())
}

impl Task {
    fn emit(self, list: &str, list_id: &str, base: u64, sink: &mut dyn Sink) -> Result<(), ParseError> {
        let position = base + self.offset;
        for (name, value) in [("due", &self.due), ("completed", &self.completed), ("created", &self.created)]
        {
            if !value.is_empty() && times::iso8601(value).is_none() {
                let message =
                    format!("{name:?} of this task is {value:?}, which is no date that could be read");
                sink.warn(WarningKind::UnreadableDate, position, message)?;
            }
        }
        let key = if self.id.is_empty() {
            format!("text\0{list_id}\0{}\0{}", self.created, self.title)
        } else {
            format!("id\0{}", self.id)
        };
        let mut content = Content::new(SOURCE, Kind::Task);
        content.time = due_date(&self.due)
            .or_else(|| times::iso8601(&self.completed))
            .or_else(|| times::iso8601(&self.created));
        content.modified_us = times::iso8601(&self.updated).map(|moment| moment.utc_us);
        content.title = self.title.split_whitespace().collect::<Vec<_>>().join(" ");
        content.text = self.notes;
        content.url = self.url;
        if !list.is_empty() {
            content.labels.push(list.to_owned().into());
        }
        content.metadata = self.metadata;
        for (member, value) in
            [("due", &self.due), ("completed", &self.completed), ("created", &self.created)]
        {
            if !value.is_empty() {
                content.metadata.push_str(member, value);
            }
        }
        if !list_id.is_empty() {
            content.metadata.push_str("list_id", list_id);
        }
        sink.document(Draft::unique(key.as_bytes(), position, content))?;
        Ok(())
    }
}

/// A due date is a calendar date, though it is written as midnight UTC.
fn due_date(text: &str) -> Option<Moment> {
    times::iso8601(text.get(..10)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Found, collect};
    use dp_model::{Clock, Precision};
    use proptest::prelude::*;

    const TASKS: &str = r#"{"kind":"tasks#taskLists","items":[
      {"kind":"tasks#tasks","id":"L1","title":"Home","updated":"2024-03-01T12:00:00.000000Z","selfLink":"x","items":[
        {"id":"T1","title":"Water  the plants","notes":"all of them","task_type":"TASK","status":"completed",
         "created":"2024-02-01T08:00:00.123456Z","updated":"2024-03-01T12:00:00.118042Z","due":"2024-03-01T00:00:00.000Z",
         "completed":"2024-03-01T11:59:00.000Z","starred":false,"position":"0001"},
        {"id":"T2","title":"Buy a can","parent":"T1","status":"needsAction","created":"2024-02-02T08:00:00Z","starred":true,
         "links":[{"type":"email","link":"https://mail.example/1"}]},
        {"id":"T3","title":"x","status":"needsAction","due":"soon"}]},
      {"kind":"tasks#tasks","id":"L2","title":"Empty"}]}"#;

    fn read(text: &str) -> Found {
        collect(&Tasks, "Tasks/Tasks.json", text.as_bytes())
    }

    #[test]
    fn lists_and_their_tasks_are_read() {
        let found = read(TASKS);
        assert_eq!(found.drafts.len(), 3);
        let plants = &found.drafts[0];
        assert!(TASKS[plants.position as usize..].starts_with("{\"id\":\"T1\""));
        assert_eq!(plants.key.as_slice(), b"id\0T1");
        let content = &plants.content;
        assert_eq!((content.title.as_str(), content.text.as_str()), ("Water the plants", "all of them"));
        let time = content.time.as_ref().unwrap();
        assert_eq!(
            (time.precision, time.clock, time.utc_us),
            (Precision::Day, Clock::Wall, 1_709_251_200_000_000)
        );
        assert_eq!(content.modified_us, Some(1_709_294_400_118_042));
        assert_eq!(content.labels.as_slice(), ["Home"]);
        let metadata = content.metadata.to_value();
        assert_eq!(
            (&metadata["status"], &metadata["completed"]),
            (&"completed".into(), &"2024-03-01T11:59:00.000Z".into())
        );
        let can = &found.drafts[1].content;
        assert_eq!(can.time.as_ref().unwrap().clock, Clock::Instant);
        assert_eq!(can.url.as_deref(), Some("https://mail.example/1"));
        assert_eq!(can.metadata.to_value()["parent"], "T1");
        assert_eq!(found.drafts[2].content.time, None);
        let kinds: Vec<_> = found.warnings.iter().map(|warning| warning.kind).collect();
        assert_eq!(kinds, [WarningKind::UnreadableDate]);
    }

    #[test]
    fn a_single_list_is_read() {
        let found =
            read(r#"{"kind":"tasks#tasks","items":[{"id":"T1","title":"a"},{"id":"T2","title":"b"}]}"#);
        let titles: Vec<_> = found.drafts.iter().map(|draft| draft.content.title.as_str()).collect();
        assert_eq!(titles, ["a", "b"]);
    }

    #[test]
    fn task_lists_and_nothing_else_are_recognised() {
        let recognised =
            |head: &str| Tasks.recognises(&Peek { path: "a", size_bytes: None, head: head.as_bytes() });
        assert!(recognised(TASKS));
        assert!(!recognised(r#"{"kind":"youtube#list","items":[]}"#));
        assert!(!recognised(r#"[{"kind":"tasks#taskLists"}]"#));
    }

    proptest! {
        #[test]
        fn any_bytes_end_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), at in 0..TASKS.len()) {
            let _ = collect(&Tasks, "a", &bytes);
            let mut damaged = TASKS.as_bytes().to_vec();
            damaged[at] = bytes.first().copied().unwrap_or(0);
            let _ = collect(&Tasks, "a", &damaged);
        }
    }
}
