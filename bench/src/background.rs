//! A BERT-class model at work in the background: how much of its speed is left of it in a vault, and what an
//! import beside it notices.

use crate::{Setting, figure::Figure, vault::HOME_ZONE};
use anyhow::Context as _;
use dp_cortex::{
    embed::{
        Purpose, TextEmbedder,
        bert::{BertModel, EncoderOptions},
    },
    passages::{DocumentEmbedder, passages},
    worker::{Control, embed_pending},
};
use dp_lake::{
    Vault,
    etl::{self, ImportOptions},
};
use dp_lake_embedded::{EmbeddedVault, VaultOptions};
use dp_lifegen::corpus;
use futures::executor::block_on;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
    thread,
    time::{Duration, Instant},
};

/// Names the folder with the model, in a folder `minilm`.
const MODELS_VARIABLE: &str = "DATAPUNK_TEST_MODELS";
/// Documents that are embedded.
const EMBEDDED: usize = 2_000;
/// Texts that the model gets at once, as in the background.
const AT_ONCE: usize = 32;
/// Documents of the import beside it.
const IMPORTED: f64 = 400_000.0;
/// Imports with and without: the medians are compared.
const ROUNDS: usize = 3;

/// Measures in the folder for it.
pub(crate) fn figures(setting: &Setting) -> anyhow::Result<Vec<Figure>> {
    let folder = std::env::var_os(MODELS_VARIABLE).map(|folder| PathBuf::from(folder).join("minilm"));
    let folder = folder.with_context(|| {
        format!("{MODELS_VARIABLE} names no folder of models; `cargo xtask bench` sets it")
    })?;
    let options = EncoderOptions::read(&folder, "all-MiniLM-L6-v2")?;
    let encoder: Arc<dyn TextEmbedder> = Arc::new(BertModel::open(&folder, "minilm", "measured", options)?);
    let scratch = setting.work.join("background");
    Ok(vec![speed(&scratch, &encoder)?, disturbance(&scratch, &encoder, setting.scale)?])
}

/// Documents a second that a vault gets vectors of, beside the model alone over the same texts.
fn speed(scratch: &Path, encoder: &Arc<dyn TextEmbedder>) -> anyhow::Result<Figure> {
    let vault = EmbeddedVault::open(&scratch.join("embedded-vault"), &VaultOptions::new(HOME_ZONE))?;
    import(&vault, &activity(&scratch.join("embedded"), EMBEDDED)?)?;
    let documents = block_on(vault.documents().walk(None, EMBEDDED))?;
    let texts = documents.iter().flat_map(|found| passages(&found.document.content));
    let texts = texts.map(|passage| passage.text).collect::<Vec<_>>();
    let alone = |texts: &[String]| {
        let started = Instant::now();
        for lot in texts.chunks(AT_ONCE) {
            let lot = lot.iter().map(String::as_str).collect::<Vec<_>>();
            encoder.embed(&lot, Purpose::Passage)?;
        }
        anyhow::Ok(started.elapsed())
    };
    alone(&texts[..texts.len().min(10 * AT_ONCE)])?;
    let raw = alone(&texts)?;
    let started = Instant::now();
    let embedder = DocumentEmbedder::new(Arc::clone(encoder));
    embed_pending(&vault, &embedder, &Control::default(), &mut |_| {})?;
    let background = started.elapsed();
    let rate = |took: Duration| documents.len() as f64 / took.as_secs_f64();
    let note = format!(
        "{} documents of {} passages; {:.0} documents/s, and {:.0} of the model alone over the same texts",
        documents.len(),
        texts.len(),
        rate(background),
        rate(raw)
    );
    let share = rate(background) / rate(raw);
    Ok(Figure::new("MiniLM in the background to MiniLM alone", share, "of its speed", note).at_least(0.9))
}

/// How long an import takes while the model works in the same process, beside one that has the machine for
/// itself.
fn disturbance(scratch: &Path, encoder: &Arc<dyn TextEmbedder>, scale: f64) -> anyhow::Result<Figure> {
    let folder = activity(&scratch.join("imported"), (IMPORTED * scale).max(1000.0) as usize)?;
    let waiting = activity(&scratch.join("waiting"), 100 * EMBEDDED)?;
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        for (is_beside, times) in [(false, &mut alone), (true, &mut beside)] {
            let directory = scratch.join(format!("vault-{round}-{is_beside}"));
            let vault = EmbeddedVault::open(&directory, &VaultOptions::new(HOME_ZONE))?;
            import(&vault, &waiting)?;
            times.push(timed_import(&vault, &folder, is_beside.then_some(encoder))?);
            drop(vault);
            fs_err::remove_dir_all(&directory)?;
        }
    }
    let [alone, beside] = [alone, beside].map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2].as_secs_f64()
    });
    let note = format!("{beside:.2} s beside it, {alone:.2} s alone; medians of {ROUNDS}");
    Ok(Figure::new("an import beside MiniLM to one alone", beside / alone, "times as long", note)
        .at_most(1.1))
}

fn timed_import(
    vault: &EmbeddedVault,
    folder: &Path,
    encoder: Option<&Arc<dyn TextEmbedder>>,
) -> anyhow::Result<Duration> {
    let control = Control::default();
    thread::scope(|scope| {
        let worker = encoder.map(|encoder| {
            let embedder = DocumentEmbedder::new(Arc::clone(encoder));
            let control = &control;
            scope.spawn(move || embed_pending(vault, &embedder, control, &mut |_| {}))
        });
        if worker.is_some() {
            // It is in full swing when the import begins.
            thread::sleep(Duration::from_secs(2));
        }
        let started = Instant::now();
        let busy = control.busy();
        let imported = import(vault, folder);
        drop(busy);
        let took = started.elapsed();
        control.stop();
        if let Some(worker) = worker {
            worker.join().map_err(|_| anyhow::anyhow!("the worker panicked"))??;
        }
        imported.map(|()| took)
    })
}

fn activity(folder: &Path, documents: usize) -> anyhow::Result<PathBuf> {
    let activity = folder.join("Takeout/My Activity/Search");
    fs_err::create_dir_all(&activity)?;
    // Each folder holds other records.
    let seed = documents as u64;
    fs_err::write(activity.join("MyActivity.json"), corpus::activity_json(documents, seed))?;
    Ok(folder.to_owned())
}

fn import(vault: &EmbeddedVault, folder: &Path) -> anyhow::Result<()> {
    let exports = dp_archive::open(&[folder.to_owned()], &dp_archive::Limits::default())?;
    etl::import(vault, &exports, &ImportOptions::default(), &mut |_| {}, &AtomicBool::new(false))?;
    Ok(())
}
