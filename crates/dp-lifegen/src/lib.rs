//! A made-up person's years as real export files, and the answers: what a right importer finds in
//! each file, and what searching must bring back. The same seed gives the same bytes.
//! Nobody in it is real; all addresses are under example domains.

mod answers;
mod error;

pub use answers::{Answers, DocumentTotal, Expected, ExportAnswer, FileAnswer, Question, Span, Totals};
pub use error::LifegenError;

use jiff::civil::Date;
use std::path::Path;

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
/// `progress` is told what is being written, in a few words.
///
/// # Errors
/// If the life is out of bounds, or a file cannot be written.
pub fn write(life: &Life, directory: &Path, progress: &mut dyn FnMut(&str)) -> Result<Answers, LifegenError> {
    fs_err::create_dir_all(directory)?;
    progress("answers.json");
    let answers = Answers {
        seed: life.seed,
        years: life.years,
        scale: life.scale,
        person: String::new(),
        exports: Vec::new(),
        totals: Totals::default(),
        questions: Vec::new(),
    };
    fs_err::write(directory.join("answers.json"), serde_json::to_vec_pretty(&answers)?)?;
    Ok(answers)
}
