//! Ctrl-C: the first one asks whatever runs to stop where nothing is lost, the second one ends the program.

use anyhow::Context as _;
use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static IS_LISTENING: Mutex<bool> = Mutex::new(false);

/// Listens from now on, if it did not yet; says whether Ctrl-C was pressed.
///
/// # Errors
/// When the system does not let it.
pub(crate) fn listen() -> anyhow::Result<&'static AtomicBool> {
    let mut is_listening = IS_LISTENING.lock().unwrap_or_else(PoisonError::into_inner);
    if !*is_listening {
        ctrlc::set_handler(|| {
            if INTERRUPTED.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
        })
        .context("could not listen for Ctrl-C")?;
        *is_listening = true;
    }
    Ok(&INTERRUPTED)
}
