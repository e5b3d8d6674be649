//! Series in a view.

use super::{READ_AT_ONCE, View, refused};
use async_trait::async_trait;
use dp_lake::{
    Day, Filter, LakeError, SampleQuery, Series, SeriesInfo,
    etl::HomeClock,
    map::{CellCount, DensityQuery, Track, TrackQuery},
};
use dp_model::Sample;

#[async_trait]
impl Series for View {
    /// Figures of a series are kept by day and not by source.
    async fn list(&self) -> Result<Vec<SeriesInfo>, LakeError> {
        let mut seen = Vec::new();
        for info in self.vault.series().list().await? {
            let days = Series::daily(self, &info.series).await?;
            let (first, last) = (days.first().map(|day| day.0), days.last().map(|day| day.0));
            if first.is_some() {
                let count = days.iter().map(|day| day.1).sum();
                seen.push(SeriesInfo { series: info.series, count, first_day: first, last_day: last });
            }
        }
        Ok(seen)
    }

    async fn range(&self, query: &SampleQuery) -> Result<Vec<Sample>, LakeError> {
        let mut clock = self.clock();
        // A local day begins and ends within a day of the one of UTC.
        let day_us = |day: Day| i64::from(day).saturating_mul(dp_model::Moment::DAY_US);
        let first_us = self.scope.from.map(|day| day_us(day.saturating_sub(1)));
        let past_us = self.scope.until.map(|day| day_us(day.saturating_add(1)));
        let until_us = query.until_us.into_iter().chain(past_us).min();
        let mut from_us = query.from_us.into_iter().chain(first_us).max();
        let (mut seen, mut read_max) = (Vec::new(), READ_AT_ONCE);
        loop {
            let part = SampleQuery { from_us, until_us, limit: read_max, ..query.clone() };
            let samples = self.vault.series().range(&part).await?;
            let is_all = samples.len() < read_max;
            let Some(last_us) = samples.last().map(|sample| sample.time_us) else { return Ok(seen) };
            // Those of the last instant may go on in the next part, and are left for it.
            let whole = samples.into_iter().filter(|sample| is_all || sample.time_us < last_us);
            seen.extend(
                whole.filter(|sample| self.scope.sees(&sample.source, Some(sample_day(sample, &mut clock)))),
            );
            if is_all || seen.len() >= query.limit {
                seen.truncate(query.limit);
                return Ok(seen);
            }
            // More of one instant than are read at once: read more of them.
            if from_us == Some(last_us) {
                read_max = read_max.saturating_mul(2);
            }
            from_us = Some(last_us);
        }
    }

    async fn daily(&self, series: &str) -> Result<Vec<(Day, u64)>, LakeError> {
        if !self.scope.sources.is_empty() {
            return refused("the figures of a series");
        }
        let days = self.vault.series().daily(series).await?;
        let range = Filter { from: self.scope.from, until: self.scope.until, ..Filter::default() };
        Ok(days.into_iter().filter(|&(day, _)| range.wants_day(Some(day))).collect())
    }

    async fn track(&self, query: &TrackQuery) -> Result<Track, LakeError> {
        match self.narrowed(&query.sources, query.from, query.until) {
            Some(Filter { sources, from, until, .. }) => {
                self.vault.series().track(&TrackQuery { sources, from, until, ..query.clone() }).await
            }
            None => Ok(Track::default()),
        }
    }

    async fn density(&self, query: &DensityQuery) -> Result<Vec<CellCount>, LakeError> {
        match self.narrowed(&query.sources, query.from, query.until) {
            Some(Filter { sources, from, until, .. }) => {
                self.vault.series().density(&DensityQuery { sources, from, until, ..query.clone() }).await
            }
            None => Ok(Vec::new()),
        }
    }

    async fn wait_counted(&self) -> Result<(), LakeError> {
        self.vault.series().wait_counted().await
    }
}

impl View {
    /// Sources and days as far as they may be seen; None if nothing of them may be.
    fn narrowed(&self, sources: &[String], from: Option<Day>, until: Option<Day>) -> Option<Filter> {
        self.scope.narrow(Filter { sources: sources.to_vec(), from, until, ..Filter::default() })
    }
}

fn sample_day(sample: &Sample, clock: &mut HomeClock) -> Day {
    let precision = dp_model::Precision::Microsecond;
    let moment = match sample.offset_s {
        Some(offset_s) => dp_model::Moment::with_offset(sample.time_us, offset_s, precision),
        None => dp_model::Moment::utc(sample.time_us, precision),
    };
    clock.day(&moment)
}
