//! Samples out of the store.

use super::Reader;
use crate::{
    error::Context as _,
    names::Names,
    write::samples::{SAMPLE_COLUMNS, read_sample},
};
use dp_lake::{
    Day, DayFigures, DaysOfSeries, LakeError, NumberAt, SampleQuery, SeriesInfo, downsample::BucketMeans,
    samples,
};
use dp_model::{Moment, Sample};
use std::collections::BTreeMap;

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

    pub(crate) fn daily_figures(&mut self, query: &DaysOfSeries) -> Result<Vec<DayFigures>, LakeError> {
        // A local day begins and ends within a day of the one of UTC.
        let day_us = |day: Day| i64::from(day).saturating_mul(Moment::DAY_US);
        let range = SampleQuery {
            series: query.series.clone(),
            from_us: query.from.map(|day| day_us(day.saturating_sub(1))),
            until_us: query.until.map(|day| day_us(day.saturating_add(1))),
            ..SampleQuery::default()
        };
        let mut days = BTreeMap::new();
        self.each_number(&range, |number, day| {
            if query.wants(day) {
                DayFigures::count(&mut days, day, number.value);
            }
        })?;
        Ok(days.into_values().collect())
    }

    /// Reads the numbers three times, to count, to mean and to choose: out of one state of the store, since a
    /// question is answered in a snapshot.
    pub(crate) fn downsampled(
        &mut self,
        query: &SampleQuery,
        points: usize,
    ) -> Result<Vec<NumberAt>, LakeError> {
        let mut count = 0;
        self.each_number(query, |_, _| count += 1)?;
        let Some(mut means) = BucketMeans::new(count, points) else {
            let mut all = Vec::new();
            self.each_number(query, |number, _| all.push(number))?;
            return Ok(all);
        };
        self.each_number(query, |number, _| means.add(number))?;
        let mut chosen = means.choose();
        self.each_number(query, |number, _| chosen.add(number))?;
        Ok(chosen.finish())
    }

    /// Every finite number that is wanted, with its local day, in order of time.
    fn each_number(&self, query: &SampleQuery, mut take: impl FnMut(NumberAt, Day)) -> Result<(), LakeError> {
        // Numbers have no place.
        let names = Names::series(&self.connection)?;
        let Some(series) = names.find(&query.series).filter(|_| query.within_e7.is_none()) else {
            return Ok(());
        };
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT time_us, day, value FROM samples WHERE series = ? AND time_us >= ? AND time_us < ?
                 AND value IS NOT NULL ORDER BY time_us, device, latitude_e7, longitude_e7",
            )
            .context("read numbers")?;
        let low = query.from_us.unwrap_or(i64::MIN);
        let high = query.until_us.unwrap_or(i64::MAX);
        let mut rows = statement.query((series, low, high)).context("read numbers")?;
        while let Some(row) = rows.next().context("read numbers")? {
            let value: f64 = row.get(2).context("read numbers")?;
            if value.is_finite() {
                let time_us = row.get(0).context("read numbers")?;
                take(NumberAt { time_us, value }, row.get(1).context("read numbers")?);
            }
        }
        Ok(())
    }
}
