//! Samples out of the store.

use super::Reader;
use crate::{
    error::Context as _,
    names::Names,
    write::samples::{SAMPLE_COLUMNS, read_sample},
};
use dp_lake::{Day, LakeError, SampleQuery, SeriesInfo, samples};
use dp_model::Sample;

impl Reader {
    pub(crate) fn series(&mut self) -> Result<Vec<SeriesInfo>, LakeError> {
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT series.name, sum(count), min(day), max(day) FROM rollup_samples
                 JOIN series ON series.id = rollup_samples.series WHERE count > 0 GROUP BY series.name ORDER BY series.name",
            )
            .context("list the series")?;
        let read = |row: &rusqlite::Row<'_>| {
            Ok(SeriesInfo {
                series: row.get(0)?,
                count: row.get::<_, i64>(1)? as u64,
                first_day: row.get(2)?,
                last_day: row.get(3)?,
            })
        };
        statement.query_map((), read).and_then(Iterator::collect).context("list the series")
    }

    pub(crate) fn sample_range(&mut self, query: &SampleQuery) -> Result<Vec<Sample>, LakeError> {
        let names = Names::series(&self.connection)?;
        let sources = Names::sources(&self.connection)?;
        let Some(series) = names.find(&query.series) else { return Ok(Vec::new()) };
        let sql = format!(
            "SELECT {SAMPLE_COLUMNS} FROM samples WHERE series = ? AND time_us >= ? AND time_us < ?
             ORDER BY time_us, device, latitude_e7, longitude_e7"
        );
        let mut statement = self.connection.prepare_cached(&sql).context("read samples")?;
        let low = query.from_us.unwrap_or(i64::MIN);
        let high = query.until_us.unwrap_or(i64::MAX);
        let mut rows = statement.query((series, low, high)).context("read samples")?;
        let mut found = Vec::new();
        while found.len() < query.limit {
            let Some(row) = rows.next().context("read samples")? else { break };
            let (sample, _) = read_sample(row, &names, &sources).context("read samples")?;
            if samples::is_wanted(query, &sample) {
                found.push(sample);
            }
        }
        Ok(found)
    }

    pub(crate) fn daily(&mut self, series: &str) -> Result<Vec<(Day, u64)>, LakeError> {
        self.connection
            .prepare_cached(
                "SELECT day, count FROM rollup_samples JOIN series ON series.id = rollup_samples.series
                 WHERE series.name = ? AND count > 0 ORDER BY day",
            )
            .and_then(|mut statement| {
                statement
                    .query_map([series], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64)))?
                    .collect()
            })
            .context("count samples")
    }
}
