//! One measured figure, beside what it must be and what another program reaches.

use serde::Serialize;
use std::fmt;

/// Everything that one run measured.
#[derive(Debug, Serialize)]
pub(crate) struct Results {
    /// Processor, cores, memory.
    pub(crate) machine: String,
    /// Day of the run.
    pub(crate) date: String,
    pub(crate) figures: Vec<Figure>,
}

/// A measured figure. The bound is in the unit of the figure.
#[derive(Debug, Serialize)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) unit: &'static str,
    pub(crate) bound: Option<Bound>,
    /// Median of the rounds.
    pub(crate) got: f64,
    /// Best of the rounds, where there were several.
    pub(crate) best: Option<f64>,
    /// Under which conditions, or what it is made of.
    pub(crate) note: String,
    /// The same by another program, on this machine in this run.
    pub(crate) comparison: Option<Comparison>,
}

/// What a figure must be.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// What another program reaches.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Comparison {
    pub(crate) name: String,
    pub(crate) got: f64,
}

impl Figure {
    /// A figure that need not be anything.
    pub(crate) fn new(name: &str, got: f64, unit: &'static str, note: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            unit,
            bound: None,
            got,
            best: None,
            note: note.into(),
            comparison: None,
        }
    }

    /// The same, bounded from below.
    pub(crate) fn at_least(self, bound: f64) -> Self {
        Self { bound: Some(Bound::AtLeast(bound)), ..self }
    }

    /// The same, bounded from above.
    pub(crate) fn at_most(self, bound: f64) -> Self {
        Self { bound: Some(Bound::AtMost(bound)), ..self }
    }

    /// Whether the figure is what it must be.
    pub(crate) fn is_met(&self) -> bool {
        match self.bound {
            None => true,
            Some(Bound::AtLeast(bound)) => self.got >= bound,
            Some(Bound::AtMost(bound)) => self.got <= bound,
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<52} {:>14.2} {}", self.name, self.got, self.unit)?;
        if let Some(best) = self.best {
            write!(f, " (best {best:.1})")?;
        }
        if !self.note.is_empty() {
            write!(f, " ({})", self.note)?;
        }
        if !self.is_met() {
            f.write_str("  NOT MET")?;
        }
        if let Some(other) = &self.comparison {
            write!(f, "  {} {:.1}, ratio {:.1}", other.name, other.got, self.got / other.got)?;
        }
        Ok(())
    }
}
