//! Counts that change with a transaction: gathered while it runs, added to the tables at its end.

use super::conversations::Conversations;
use crate::{
    cells::{set_due, span_of},
    error::Context as _,
};
use dp_lake::{Day, Dimension, DocumentUpsert, LakeError, dimensions::dimension_values};
use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};
use rusqlite::Connection;

/// In the rollups, the day of undated documents.
pub(crate) const UNDATED: Day = Day::MIN;

/// Changes to the rollups.
#[derive(Debug, Default)]
pub(super) struct Rollups {
    documents: HashMap<(Day, i64), i64, RandomState>,
    samples: HashMap<(i64, Day), i64, RandomState>,
    /// Spans of days of a series whose fixes are to be counted on the map again.
    due: HashSet<(i64, i32), RandomState>,
    /// The last of them: most fixes are of the same one.
    last_due: Option<(i64, i32)>,
    top: HashMap<(u8, String), i64, RandomState>,
    conversations: Conversations,
}

impl Rollups {
    /// Adds this document of this group, or takes it away with a `change` of -1.
    pub(super) fn add_document(&mut self, group: i64, document: &DocumentUpsert, change: i64) {
        self.conversations.add(document, change);
        *self.documents.entry((document.day.unwrap_or(UNDATED), group)).or_default() += change;
        for (dimension, name) in dimension_values(&document.content) {
            *self.top.entry((dimension_code(dimension), name)).or_default() += change;
        }
    }

    /// Adds `change` samples of this series and day.
    pub(super) fn add_sample(&mut self, series: i64, day: Day, change: i64) {
        *self.samples.entry((series, day)).or_default() += change;
    }

    /// Says that fixes of this series and day came, went or changed.
    pub(super) fn add_due(&mut self, series: i64, day: Day) {
        let due = (series, span_of(day));
        if self.last_due != Some(due) {
            self.due.insert(due);
            self.last_due = Some(due);
        }
    }

    /// Adds everything to the tables.
    pub(super) fn write(self, connection: &Connection) -> Result<(), LakeError> {
        self.conversations.write(connection)?;
        let write = || -> rusqlite::Result<()> {
            let mut add = connection.prepare_cached(
                "INSERT INTO rollup_documents (day, grp, count) VALUES (?, ?, ?)
                 ON CONFLICT (day, grp) DO UPDATE SET count = count + excluded.count",
            )?;
            for ((day, group), change) in self.documents {
                add.execute((day, group, change))?;
            }
            let mut add = connection.prepare_cached(
                "INSERT INTO rollup_samples (series, day, count) VALUES (?, ?, ?)
                 ON CONFLICT (series, day) DO UPDATE SET count = count + excluded.count",
            )?;
            for ((series, day), change) in self.samples {
                add.execute((series, day, change))?;
            }
            for (series, span) in self.due {
                set_due(connection, series, span)?;
            }
            let mut add = connection.prepare_cached(
                "INSERT INTO rollup_top (dimension, name, count) VALUES (?, ?, ?)
                 ON CONFLICT (dimension, name) DO UPDATE SET count = count + excluded.count",
            )?;
            for ((dimension, name), change) in self.top {
                add.execute((dimension, name, change))?;
            }
            Ok(())
        };
        write().context("count documents and samples")
    }
}

/// The stored code of a dimension.
pub(crate) const fn dimension_code(dimension: Dimension) -> u8 {
    match dimension {
        Dimension::Channel => 1,
        Dimension::Site => 2,
        Dimension::Person => 3,
        Dimension::Place => 4,
    }
}
