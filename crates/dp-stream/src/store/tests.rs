//! Opening: the format, what else is in the file, and the numbers of events after a crash.

use super::*;
use serde_json::json;
use std::path::PathBuf;

fn place() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("system.db");
    (directory, path)
}

fn open(path: &Path) -> Result<Store, StreamError> {
    Store::open(path, Options::default())
}

#[test]
fn tables_of_a_newer_program_are_refused_and_left_as_they_are() {
    let (_directory, path) = place();
    open(&path).unwrap().raw("UPDATE stream_format SET format = 999").unwrap();
    let before = std::fs::read(&path).unwrap();
    let error = open(&path).unwrap_err();
    assert!(matches!(error, StreamError::Newer { found: 999, known: 1, .. }), "{error}");
    assert!(error.to_string().contains("system.db") && error.to_string().contains("newer"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn tables_without_a_format_are_damaged() {
    let (_directory, path) = place();
    open(&path).unwrap().raw("DELETE FROM stream_format").unwrap();
    assert!(matches!(open(&path), Err(StreamError::Corrupt(_))));
}

#[test]
fn what_others_keep_in_the_file_is_left_alone() {
    let (_directory, path) = place();
    let other = Connection::open(&path).unwrap();
    let theirs = "CREATE TABLE accounts (name); INSERT INTO accounts VALUES ('ada');
        PRAGMA user_version = 7; PRAGMA application_id = 42;";
    other.execute_batch(theirs).unwrap();
    let store = open(&path).unwrap();
    store.write("publish", |writing| writing.publish("ada", "note", json!(1))).unwrap();
    let number = |sql: &str| other.query_row(sql, (), |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!((number("PRAGMA user_version"), number("PRAGMA application_id")), (7, 42));
    assert_eq!(number("SELECT count(*) FROM accounts WHERE name = 'ada'"), 1);
    let names = "SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'stream\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    assert_eq!(number(names), 1);
}

#[test]
fn what_is_no_database_is_an_error_and_does_not_panic() {
    let (directory, path) = place();
    std::fs::write(&path, vec![0x55; 8192]).unwrap();
    assert!(matches!(open(&path), Err(StreamError::Engine { .. })));
    assert!(matches!(open(directory.path()), Err(StreamError::Io { .. })));
}

#[test]
fn several_may_open_a_new_file_at_the_same_time() {
    let (_directory, path) = place();
    std::thread::scope(|scope| {
        let opened: Vec<_> = (0..4).map(|_| scope.spawn(|| open(&path).map(|_| ()))).collect();
        for opened in opened {
            opened.join().unwrap().unwrap();
        }
    });
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_a_file_that_is_made() {
    use std::os::unix::fs::PermissionsExt as _;
    let (directory, path) = place();
    let _store = open(&path).unwrap();
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
    }
}

#[test]
fn numbers_go_on_after_those_of_events_that_were_never_stored() {
    let (_directory, path) = place();
    let store = open(&path).unwrap();
    let stored = store.write("publish", |writing| writing.publish("ada", "note", json!(1))).unwrap();
    let send = |store: &Store| store.send("ada", "progress", || Ok(Some(json!(2)))).unwrap().unwrap();
    let sent: Vec<u64> = (0..3000).map(|_| send(&store)).collect();
    assert!(sent.iter().all(|id| *id > stored) && sent.is_sorted_by(|one, other| one < other));
    let last = *sent.last().unwrap();
    // Nothing is written when it ends, as after a crash.
    drop(store);
    let again = open(&path).unwrap();
    assert!(again.hub.last() >= last);
    assert!(send(&again) > last);
}

#[test]
fn numbers_of_two_processes_are_never_the_same_and_grow_in_the_order_of_writing() {
    let (_directory, path) = place();
    let stores = [open(&path).unwrap(), open(&path).unwrap()];
    let ids: Vec<u64> = (0..40)
        .map(|turn| {
            let store = &stores[turn / 3 % 2];
            store.write("publish", |writing| writing.publish("ada", "note", json!(turn))).unwrap()
        })
        .collect();
    assert!(ids.is_sorted_by(|one, other| one < other), "{ids:?}");
}

#[test]
fn what_was_not_written_is_not_sent_and_takes_no_number() {
    let (_directory, path) = place();
    let store = open(&path).unwrap();
    let (last, mut live) = store.hub.listen("ada");
    let failed: Result<(), _> = store.write("publish", |writing| {
        writing.publish("ada", "note", json!(1))?;
        Err(StreamError::Empty("it").into())
    });
    assert!(matches!(failed, Err(StreamError::Empty(_))));
    let id = store.write("publish", |writing| writing.publish("ada", "note", json!(2))).unwrap();
    assert_eq!(id, last + 1);
    store.hub.close();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (first, then) = runtime.block_on(async { (live.next().await, live.next().await) });
    assert_eq!((first.unwrap().data, then), (json!(2), None));
}

#[test]
fn an_event_that_was_read_from_the_log_while_it_was_on_its_way_comes_once() {
    let (_directory, path) = place();
    let store = Arc::new(open(&path).unwrap());
    let events = crate::Events::new(Arc::clone(&store));
    let first = events.publish("ada", "note", json!(1)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut subscription = events.subscribe("ada", Some(0));
        let read = subscription.next().await.unwrap().unwrap();
        assert_eq!(read.id, first);
        // The one who wrote it is late to send it, and the next one comes after.
        store.hub.send(vec![Arc::new(read)]);
        let second = events.publish("ada", "note", json!(2)).unwrap();
        assert_eq!(subscription.next().await.unwrap().unwrap().id, second);
    });
}

#[test]
fn whoever_goes_away_is_no_longer_sent_anything() {
    let (_directory, path) = place();
    let store = open(&path).unwrap();
    let (_, one) = store.hub.listen("ada");
    let (_, other) = store.hub.listen("ada");
    assert_eq!(store.hub.listening("ada"), 2);
    drop(one);
    assert_eq!(store.hub.listening("ada"), 1);
    drop(other);
    assert_eq!(store.hub.listening("ada"), 0);
}
