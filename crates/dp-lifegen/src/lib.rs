//! A made-up person's years as real export files, and the answers: what a right importer finds in
//! each file, and what searching must bring back. The same seed gives the same bytes.
//! Nobody in it is real; all addresses are under example domains.

mod answers;
mod archive;
pub mod corpus;
mod days;
mod dice;
mod error;
mod exports;
mod google;
mod inquiry;
mod person;
mod places;
mod plan;
mod planted;
mod truth;
mod words;

pub use answers::{
    Answers, DocumentTotal, Expected, ExportAnswer, FileAnswer, Inquiry, InquiryKind, Question, Span, Totals,
};
pub use error::LifegenError;

use jiff::civil::Date;
use plan::Plan;
use std::path::Path;
use std::sync::{Mutex, mpsc};
use std::time::Duration;
use truth::Truth;

/// What to generate. The same values give byte-identical files.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Life {
    /// Which life.
    pub seed: u64,
    /// How many years, 1 to 30, ending with the last day.
    pub years: u32,
    /// Multiplies volumes; 1.0 is a heavy user (about 200,000 documents and 1,000,000 fixes in ten
    /// years), 0.01 a life for tests.
    pub scale: f64,
    /// The last day that is lived; the newest export is made on the next.
    pub last_day: Date,
}

impl Default for Life {
    fn default() -> Self {
        Self { seed: 7, years: 10, scale: 1.0, last_day: Date::constant(2025, 9, 20) }
    }
}

/// Writes the exports of a life and `answers.json` into `directory`, which is created if missing.
///
/// `progress` is told what is being written, in a few words. Exports are written side by side.
///
/// # Errors
/// If the life is out of bounds, or a file cannot be written.
pub fn write(life: &Life, directory: &Path, progress: &mut dyn FnMut(&str)) -> Result<Answers, LifegenError> {
    let plan = Plan::of(life)?;
    fs_err::create_dir_all(directory)?;
    let (exports, truth) = write_exports(&plan, directory, progress)?;
    let answers = Answers {
        seed: life.seed,
        years: life.years,
        scale: life.scale,
        person: format!("{} <{}>", person::NAME, person::EMAIL),
        exports,
        totals: truth.totals(),
        questions: planted::questions(),
        inquiries: inquiry::inquiries(&plan, planted::first_inquired()),
    };
    progress("answers.json");
    fs_err::write(directory.join("answers.json"), serde_json::to_vec_pretty(&answers)?)?;
    Ok(answers)
}

/// Writes every export on a thread of its own and merges what they hold, oldest first.
fn write_exports(
    plan: &Plan,
    directory: &Path,
    progress: &mut dyn FnMut(&str),
) -> Result<(Vec<ExportAnswer>, Truth), LifegenError> {
    type Written = Result<(Vec<ExportAnswer>, Truth), LifegenError>;
    let (sender, messages) = mpsc::channel::<String>();
    let sender = Mutex::new(sender);
    // Nobody listening any more is no reason not to write.
    let announce = move |message: String| drop(sender.lock().map(|sender| sender.send(message)));
    let one = |(export, truth)| (vec![export], truth);
    let job = &exports::Job { plan, directory, announce: &announce };
    let written = std::thread::scope(|scope| -> Vec<Written> {
        let threads = [
            scope.spawn(move || exports::write_early(job).map(one)),
            scope.spawn(move || exports::write_english_older(job).map(one)),
            scope.spawn(move || exports::write_german(job).map(one)),
            scope.spawn(move || exports::write_english_newer(job).map(one)),
            scope.spawn(move || exports::write_phones(job)),
        ];
        while threads.iter().any(|thread| !thread.is_finished()) {
            if let Ok(message) = messages.recv_timeout(Duration::from_millis(20)) {
                progress(&message);
            }
        }
        messages.try_iter().for_each(|message| progress(&message));
        let joined = threads.map(|thread| thread.join());
        joined
            .into_iter()
            .map(|result| result.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let mut exports = Vec::new();
    let mut truth = Truth::default();
    for result in written {
        let (answers, part) = result?;
        exports.extend(answers);
        truth.merge(part);
    }
    Ok((exports, truth))
}
