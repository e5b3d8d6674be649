//! How far a long work is: a bar on a terminal, plain lines where there is none.

use crate::{output::say, words};
use dp_lake::etl::{Progress, Stage};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    io::IsTerminal as _,
    time::{Duration, Instant},
};

/// Time between plain lines.
const LINE_WAIT: Duration = Duration::from_secs(5);

/// Shows the progress of an import on standard error.
pub(crate) struct Display {
    bar: Option<ProgressBar>,
    stage: Option<Stage>,
    told: Instant,
    quiet: bool,
}

impl Display {
    pub(crate) fn new(quiet: bool) -> Self {
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new(0);
            // A template that does not parse leaves the default one.
            if let Ok(style) =
                ProgressStyle::with_template("{bar:24.magenta/black} {percent:>3}%  {wide_msg}")
            {
                bar.set_style(style);
            }
            bar
        });
        Self { bar, stage: None, told: Instant::now(), quiet }
    }

    pub(crate) fn show(&mut self, progress: &Progress) {
        let message = describe(progress);
        if let Some(bar) = &self.bar {
            bar.set_length(progress.bytes.max(1));
            bar.set_position(progress.bytes_done.min(progress.bytes.max(1)));
            bar.set_message(message);
            if progress.stage == Stage::Finished {
                bar.finish_and_clear();
            }
            return;
        }
        let new_stage = self.stage != Some(progress.stage);
        if self.quiet || (!new_stage && self.told.elapsed() < LINE_WAIT) {
            return;
        }
        self.stage = Some(progress.stage);
        self.told = Instant::now();
        say(&message);
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn describe(progress: &Progress) -> String {
    let found = format!(
        "{}, {}",
        words::counted(progress.documents, "document", "documents"),
        words::counted(progress.samples, "sample", "samples")
    );
    match progress.stage {
        Stage::Recognising => {
            format!(
                "looking at {} of {} files",
                words::count(progress.entries_done),
                words::count(progress.entries)
            )
        }
        Stage::Importing => {
            let mut text = format!(
                "importing file {} of {}: {found}",
                words::count(progress.entries_done + 1),
                words::count(progress.entries)
            );
            if progress.records_per_second > 0.0 {
                text.push_str(&format!(", {}/s", words::count(progress.records_per_second as u64)));
            }
            if let Some(seconds) = progress.remaining_seconds {
                text.push_str(&format!(", {} left", words::duration(seconds as f64)));
            }
            text.push_str(&format!("  {}", words::one_line(&progress.current, 60)));
            if let Some(warning) = &progress.last_warning {
                text.push_str(&format!("  (last warning: {})", words::one_line(warning, 80)));
            }
            text
        }
        Stage::Indexing => format!("indexing: {found}"),
        Stage::Finished => format!("done: {found}"),
    }
}
