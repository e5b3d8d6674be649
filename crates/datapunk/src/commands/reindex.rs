//! `datapunk reindex`

use crate::{
    output::{Output, say},
    place::Place,
    words,
};
use dp_lake::Vault as _;
use futures::executor::block_on;
use std::{sync::Mutex, time::Instant};

pub(crate) fn run(place: &Place, output: &mut Output) -> anyhow::Result<()> {
    let vault = place.open_existing()?;
    let started = Instant::now();
    let told = Mutex::new(Instant::now());
    let quiet = output.json;
    let progress = move |done: u64, total: u64| {
        let Ok(mut told) = told.lock() else { return };
        if !quiet && told.elapsed().as_secs() >= 2 {
            *told = Instant::now();
            say(&format!("indexed {} of {} documents", words::count(done), words::count(total)));
        }
    };
    let documents = block_on(vault.search().rebuild(&progress))?;
    let seconds = started.elapsed().as_secs_f64();
    if output.json {
        return output.value(&serde_json::json!({ "documents": documents, "elapsed_seconds": seconds }));
    }
    output.line(format!(
        "The text index holds {} again, built in {}.",
        words::counted(documents, "document", "documents"),
        words::duration(seconds)
    ))
}
