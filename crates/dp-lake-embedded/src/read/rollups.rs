//! Counts out of the rollups: no question here looks at documents.

use super::Reader;
use crate::{
    error::Context as _,
    write::rollups::{UNDATED, dimension_code},
};
use dp_lake::{DayCount, Dimension, Filter, HistogramQuery, LakeError, Top, people};
use std::collections::HashMap;

/// Addresses that a top list of people looks at: the most frequent ones.
const PEOPLE_KEYS_MAX: usize = 200_000;

impl Reader {
    pub(crate) fn histogram(&mut self, query: &HistogramQuery) -> Result<Vec<DayCount>, LakeError> {
        let (connection, groups) = self.with_groups()?;
        let filter =
            Filter { sources: query.sources.clone(), kinds: query.kinds.clone(), ..Filter::default() };
        let low = query.from.unwrap_or(UNDATED);
        let high = query.until.map_or(i64::from(i32::MAX) + 1, i64::from);
        let undated = query.from.is_none() && query.until.is_none();
        let mut statement = connection
            .prepare_cached("SELECT day, grp, count FROM rollup_documents WHERE day >= ? AND day < ? AND count > 0 ORDER BY day, grp")
            .context("read the counts")?;
        let mut rows = statement.query((low, high)).context("read the counts")?;
        let mut counts = Vec::new();
        while let Some(row) = rows.next().context("read the counts")? {
            let day: i32 = row.get(0).context("read the counts")?;
            if day == UNDATED && !undated {
                continue;
            }
            let number: i64 = row.get(1).context("read the counts")?;
            let group = groups
                .get(number)
                .ok_or_else(|| LakeError::Corrupt("a count is of a group that is not there".to_owned()))?;
            if filter.wants_source(&group.source) && filter.wants_kind(group.kind) {
                counts.push(DayCount {
                    day: (day != UNDATED).then_some(day),
                    source: group.source.to_string(),
                    kind: group.kind,
                    count: row.get::<_, i64>(2).context("read the counts")? as u64,
                });
            }
        }
        // Days are in order already, and those without one come first.
        for of_day in counts.chunk_by_mut(|one, other| one.day == other.day) {
            of_day.sort_by(|one, other| (&one.source, one.kind).cmp(&(&other.source, other.kind)));
        }
        Ok(counts)
    }

    pub(crate) fn top(&mut self, dimension: Dimension, limit: usize) -> Result<Vec<Top>, LakeError> {
        let wanted = if dimension == Dimension::Person { PEOPLE_KEYS_MAX } else { limit };
        let lines: Vec<Top> = self
            .connection
            .prepare_cached(
                "SELECT name, count FROM rollup_top WHERE dimension = ? AND count > 0 ORDER BY count DESC, name LIMIT ?",
            )
            .and_then(|mut statement| {
                let read = |row: &rusqlite::Row<'_>| {
                    Ok(Top { name: row.get(0)?, count: row.get::<_, i64>(1)? as u64 })
                };
                statement.query_map((dimension_code(dimension), wanted as i64), read)?.collect()
            })
            .context("read a top list")?;
        if dimension == Dimension::Person { self.by_person(lines, limit) } else { Ok(lines) }
    }

    /// Shows the names of people in place of their addresses, and adds up lines with equal names.
    fn by_person(&self, lines: Vec<Top>, limit: usize) -> Result<Vec<Top>, LakeError> {
        let mut counts: HashMap<String, u64> = HashMap::new();
        for line in lines {
            let (identity, words) = people::identity_of_key(&line.name);
            let name = match &identity {
                Some(identity) => self.name_of_person_with(identity)?,
                None => None,
            };
            *counts.entry(name.unwrap_or_else(|| words.to_owned())).or_default() += line.count;
        }
        let mut top: Vec<Top> = counts.into_iter().map(|(name, count)| Top { name, count }).collect();
        top.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
        top.truncate(limit);
        Ok(top)
    }
}
