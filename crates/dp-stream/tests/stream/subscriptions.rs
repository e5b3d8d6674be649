//! Reading events: without gaps, without doubling, from where one left off, and only one's own.

use crate::world::{ADA, BOB, World};
use dp_stream::{Event, Lagged, Stream, Subscription};
use serde_json::json;
use std::time::Duration;

const PUBLISHERS: u64 = 3;
const EACH: u64 = 60;

fn publish(stream: &Stream, account: &str) -> u64 {
    stream.events().publish(account, "note", json!({"of": account})).unwrap()
}

async fn next(subscription: &mut Subscription) -> Event {
    let event = tokio::time::timeout(Duration::from_secs(30), subscription.next()).await;
    event.expect("an event comes").unwrap().unwrap()
}

/// Reads until the last of the events that were published, leaving again and again and coming back to where it was.
async fn read_with_breaks(stream: Stream, mut after: Option<u64>, until: u64, stay: usize) -> Vec<u64> {
    let mut read = Vec::new();
    loop {
        let mut subscription = stream.events().subscribe(ADA, after);
        for _ in 0..stay {
            let event = next(&mut subscription).await;
            assert_eq!(event.account, ADA);
            after = Some(event.id);
            if event.kind == "note" {
                read.push(event.id);
            }
            // Whoever published last says so.
            if event.kind == "end" && event.data == json!(until) {
                return read;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_miss_nothing_and_see_nothing_twice_however_often_they_leave_while_others_publish() {
    let world = World::with(|options| options.waiting_max = 10_000);
    let before: Vec<u64> = (0..150).map(|_| publish(&world.stream, ADA)).collect();
    let readers: Vec<_> = [(0, 1), (before[20], 7), (before[149], 33), (before[0], 100_000)]
        .into_iter()
        .map(|(after, stay)| {
            let reader = read_with_breaks(world.stream.clone(), Some(after), 1, stay);
            (after, tokio::spawn(reader))
        })
        .collect();
    let publishers: Vec<_> = (0..PUBLISHERS)
        .map(|_| {
            let stream = world.stream.clone();
            tokio::task::spawn_blocking(move || {
                for number in 0..EACH {
                    publish(&stream, ADA);
                    publish(&stream, BOB);
                    stream.events().send(ADA, "progress", json!(number)).unwrap();
                }
            })
        })
        .collect();
    for publisher in publishers {
        publisher.await.unwrap();
    }
    world.stream.events().publish(ADA, "end", json!(1)).unwrap();
    let all: Vec<Event> = world.stream.events().after(ADA, 0, usize::MAX).unwrap();
    let notes = |after: u64| -> Vec<u64> {
        let later = all.iter().filter(|event| event.id > after && event.kind == "note");
        later.map(|event| event.id).collect()
    };
    assert_eq!(notes(0).len() as u64, 150 + PUBLISHERS * EACH);
    for (after, reader) in readers {
        assert_eq!(reader.await.unwrap(), notes(after), "after {after}");
    }
}

#[tokio::test]
async fn without_a_place_to_go_on_only_what_happens_from_now_on_is_seen() {
    let world = World::new();
    publish(&world.stream, ADA);
    let mut subscription = world.stream.events().subscribe(ADA, None);
    let id = publish(&world.stream, ADA);
    assert_eq!(next(&mut subscription).await.id, id);
}

#[tokio::test]
async fn who_reads_too_slowly_is_told_once_and_can_go_on_where_it_was() {
    let world = World::with(|options| options.waiting_max = 4);
    let mut slow = world.stream.events().subscribe(ADA, None);
    let mut quick = world.stream.events().subscribe(ADA, None);
    let mut published = Vec::new();
    for _ in 0..10 {
        published.push(publish(&world.stream, ADA));
        assert_eq!(next(&mut quick).await.id, *published.last().unwrap());
    }
    for id in &published[..4] {
        assert_eq!(next(&mut slow).await.id, *id);
    }
    let lagged = slow.next().await.unwrap().unwrap_err();
    assert_eq!(lagged, Lagged::TooSlow { after: published[3] });
    assert!(slow.next().await.is_none() && slow.next().await.is_none());
    let mut again = world.stream.events().subscribe(ADA, Some(published[3]));
    for id in &published[4..] {
        assert_eq!(next(&mut again).await.id, *id);
    }
}

#[tokio::test]
async fn a_long_absence_is_made_up_for_however_few_events_may_wait() {
    let world = World::with(|options| options.waiting_max = 1);
    let published: Vec<u64> = (0..250).map(|_| publish(&world.stream, ADA)).collect();
    let mut subscription = world.stream.events().subscribe(ADA, Some(published[9]));
    for id in &published[10..] {
        assert_eq!(next(&mut subscription).await.id, *id);
    }
    let live = world.stream.events().send(ADA, "progress", json!(1)).unwrap();
    // It is read up to its end before live events are listened to, so this one may or may not be among them.
    let stored = publish(&world.stream, ADA);
    let first = next(&mut subscription).await.id;
    assert!(first == live || first == stored);
}

#[tokio::test]
async fn giving_up_to_wait_loses_nothing() {
    let world = World::new();
    let published: Vec<u64> = (0..230).map(|_| publish(&world.stream, ADA)).collect();
    let mut subscription = world.stream.events().subscribe(ADA, Some(0));
    let mut read = Vec::new();
    let mut wait_us = 0;
    while read.len() < published.len() {
        // Longer and longer, so that it is given up at different points and comes to an end.
        wait_us += 50;
        let wait = Duration::from_micros(wait_us);
        if let Ok(event) = tokio::time::timeout(wait, subscription.next()).await {
            read.push(event.unwrap().unwrap().id);
        }
    }
    assert_eq!(read, published);
}

#[tokio::test]
async fn when_the_program_stops_subscriptions_end() {
    let world = World::new();
    let id = publish(&world.stream, ADA);
    let mut waiting = world.stream.events().subscribe(ADA, None);
    world.stream.events().close();
    assert!(waiting.next().await.is_none());
    let mut late = world.stream.events().subscribe(ADA, Some(0));
    assert_eq!(next(&mut late).await.id, id);
    assert!(late.next().await.is_none());
}

#[test]
fn pages_of_the_log_go_on_where_the_one_before_ended() {
    let world = World::new();
    let published: Vec<u64> = (0..10).map(|_| publish(&world.stream, ADA)).collect();
    publish(&world.stream, BOB);
    let mut read: Vec<u64> = Vec::new();
    loop {
        let after = read.last().copied().unwrap_or_default();
        let page = world.stream.events().after(ADA, after, 3).unwrap();
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 3);
        read.extend(page.iter().map(|event| event.id));
    }
    assert_eq!(read, published);
    assert!(world.stream.events().after(ADA, u64::MAX, 3).unwrap().is_empty());
    assert!(world.stream.events().after(ADA, 0, 0).unwrap().is_empty());
}

#[test]
fn large_events_make_small_pages() {
    let world = World::new();
    let large = json!("x".repeat(200 << 10));
    for _ in 0..8 {
        world.stream.events().publish(ADA, "note", large.clone()).unwrap();
    }
    let page = world.stream.events().after(ADA, 0, 100).unwrap();
    assert!((1..8).contains(&page.len()), "{}", page.len());
    let too_large = world.stream.events().publish(ADA, "note", json!("x".repeat(300 << 10)));
    assert!(too_large.is_err());
    assert!(world.stream.events().publish("", "note", json!(1)).is_err());
}
