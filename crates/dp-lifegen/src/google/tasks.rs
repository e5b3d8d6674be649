//! Tasks: one JSON file with all lists.

use crate::days::DAY_MS;
use crate::google::moment::iso;
use crate::google::text::json;
use crate::plan::{Event, Plan, Stream};
use crate::planted::planted;
use crate::truth::{Found, Sort};
use dp_model::Kind;

const TASK: Sort = ("google.tasks", Kind::Task);
const LISTS: &[&str] = &["My Tasks", "Workshop", "Garten"];

/// The tasks made before this day; `edited` with those done since.
pub(crate) fn tasks(plan: &Plan, end_day: i32, edited: bool, found: &mut Found<'_>) -> String {
    let events = plan.events(Stream::Task, plan.first_day..end_day);
    let lists = LISTS.iter().enumerate().map(|(number, name)| {
        let items = events
            .iter()
            .filter(|event| event.seed % LISTS.len() as u64 == number as u64)
            .map(|event| {
                found.document(TASK, u64::from(event.id));
                task(plan, event, edited)
            })
            .collect::<Vec<_>>();
        format!(
            "{{\n    \"kind\": \"tasks#tasks\",\n    \"id\": \"bGlzdC{number}\",\n    \"title\": {},\n    \"updated\": \"{}\",\n    \"items\": [{}]\n  }}",
            json(name),
            iso(i64::from(end_day) * DAY_MS),
            items.join(", ")
        )
    });
    let mut lists = lists.collect::<Vec<_>>();
    // A list may have no items at all.
    lists.push("{\n    \"kind\": \"tasks#tasks\",\n    \"id\": \"bGlzdDk\",\n    \"title\": \"Empty drawer\",\n    \"updated\": \"2019-01-01T00:00:00.000Z\"\n  }".to_owned());
    format!("{{\n  \"kind\": \"tasks#taskLists\",\n  \"items\": [{}]\n}}\n", lists.join(", "))
}

fn task(plan: &Plan, event: &Event, edited: bool) -> String {
    let mut dice = plan.dice(event, "task");
    let mut title = crate::words::capitalised(&plan.words.query(&mut dice));
    let mut notes = dice.chance(0.3).then(|| plan.words.sentence(&mut dice));
    if let Some(index) = event.planted {
        planted(index).title.clone_into(&mut title);
        notes = Some(planted(index).body.to_owned());
    }
    let done_at_once = dice.chance(0.5);
    let done = done_at_once || (edited && dice.chance(0.6));
    let done_ms = event.time_ms + dice.between(1, 40) * DAY_MS;
    let updated_ms = if done_at_once || edited { done_ms } else { event.time_ms };
    let mut fields = vec![
        format!("\"id\": \"{:016x}{:x}\"", event.seed, event.id),
        format!("\"title\": {}", json(&title)),
        "\"task_type\": \"PERSONAL_TASK\"".to_owned(),
        format!("\"status\": \"{}\"", if done { "completed" } else { "needsAction" }),
        format!("\"created\": \"{}\"", iso(event.time_ms).replace('Z', "417Z")),
        format!("\"updated\": \"{}\"", iso(updated_ms).replace('Z', "417Z")),
        "\"position\": \"00000000000000000001\"".to_owned(),
    ];
    fields.extend(notes.map(|notes| format!("\"notes\": {}", json(&notes))));
    if dice.chance(0.4) {
        let due = iso((event.time_ms / DAY_MS + dice.between(0, 30)) * DAY_MS);
        fields.push(format!("\"due\": \"{due}\""));
    }
    if done {
        fields.push(format!("\"completed\": \"{}\"", iso(done_ms).replace('Z', "417Z")));
    }
    format!("{{\n      {}\n    }}", fields.join(",\n      "))
}
