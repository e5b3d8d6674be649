//! Measures the same thing several times.

use std::time::Instant;

/// Seconds that each round took, shortest first.
#[derive(Debug)]
pub(crate) struct Rounds(Vec<f64>);

impl Rounds {
    /// Runs `act` so many times, at least once.
    pub(crate) fn of(count: usize, mut act: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<Self> {
        let mut seconds = Vec::with_capacity(count);
        for _ in 0..count.max(1) {
            let started = Instant::now();
            act()?;
            seconds.push(started.elapsed().as_secs_f64());
        }
        seconds.sort_by(f64::total_cmp);
        Ok(Self(seconds))
    }

    /// How many there were.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The shortest.
    pub(crate) fn best_s(&self) -> f64 {
        self.0.first().copied().unwrap_or(f64::NAN)
    }

    /// The one in the middle.
    pub(crate) fn median_s(&self) -> f64 {
        self.0.get(self.0.len() / 2).copied().unwrap_or(f64::NAN)
    }
}
