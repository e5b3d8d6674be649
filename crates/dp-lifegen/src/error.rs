//! What can go wrong while a life is written.

/// A life could not be written.
#[derive(Debug, thiserror::Error)]
pub enum LifegenError {
    /// A file could not be written.
    #[error("an export file could not be written: {0}")]
    Write(#[from] std::io::Error),
    /// An archive could not be written.
    #[error("an export archive could not be written: {0}")]
    Archive(#[from] zip::result::ZipError),
    /// The answers could not be written.
    #[error("the answers could not be written: {0}")]
    Answers(#[from] serde_json::Error),
    /// The last day less the years is out of the calendar.
    #[error("the life's days are out of the calendar: {0}")]
    Calendar(#[from] jiff::Error),
    /// Volumes cannot be multiplied by this.
    #[error("the scale must be more than 0 and at most 100, not {0}")]
    Scale(f64),
    /// A life of no years, or of more than the generator knows formats for.
    #[error("the years must be 1 to 30, not {0}")]
    Years(u32),
}
