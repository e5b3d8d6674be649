//! Time series of the memory vault.

use super::MemoryVault;
use crate::{
    Day, LakeError, SampleQuery, Series, SeriesInfo,
    map::{CellCount, CellSums, DensityQuery, Thinner, Track, TrackQuery, place_of},
    samples::is_wanted,
};
use async_trait::async_trait;
use dp_model::Sample;
use std::collections::BTreeMap;

#[async_trait]
impl Series for MemoryVault {
    async fn list(&self) -> Result<Vec<SeriesInfo>, LakeError> {
        let mut infos = BTreeMap::<String, SeriesInfo>::new();
        for ((series, _), (_, day)) in &self.lock().samples {
            let info = infos.entry(series.clone()).or_insert_with(|| SeriesInfo {
                series: series.clone(),
                count: 0,
                first_day: None,
                last_day: None,
            });
            info.count += 1;
            info.first_day = Some(info.first_day.map_or(*day, |first| first.min(*day)));
            info.last_day = info.last_day.max(Some(*day));
        }
        Ok(infos.into_values().collect())
    }

    async fn range(&self, query: &SampleQuery) -> Result<Vec<Sample>, LakeError> {
        let state = self.lock();
        let wanted =
            state.samples.values().map(|(sample, _)| sample).filter(|sample| is_wanted(query, sample));
        Ok(wanted.take(query.limit).cloned().collect())
    }

    async fn daily(&self, series: &str) -> Result<Vec<(Day, u64)>, LakeError> {
        let mut days = BTreeMap::<Day, u64>::new();
        for ((name, _), (_, day)) in &self.lock().samples {
            if name == series {
                *days.entry(*day).or_default() += 1;
            }
        }
        Ok(days.into_iter().collect())
    }

    async fn track(&self, query: &TrackQuery) -> Result<Track, LakeError> {
        let state = self.lock();
        let mut thinner = Thinner::of(query);
        let (mut read, mut last) = (0, query.after);
        for ((series, identity), (sample, day)) in &state.samples {
            if *series != query.series || query.after.is_some_and(|after| *identity <= after) {
                continue;
            }
            let Some(point) = place_of(sample) else { continue };
            if !query.wants(sample.time_us, point, &sample.source, *day) {
                continue;
            }
            if read == query.read_max.max(1) || !thinner.take(sample.time_us, sample.device, point) {
                return Ok(Track { points: thinner.into_points(), next: last });
            }
            (read, last) = (read + 1, Some(*identity));
        }
        Ok(Track { points: thinner.into_points(), next: None })
    }

    async fn density(&self, query: &DensityQuery) -> Result<Vec<CellCount>, LakeError> {
        let mut sums = CellSums::of(query.tile);
        for ((series, _), (sample, day)) in &self.lock().samples {
            if *series == query.series
                && query.wants(&sample.source, *day)
                && let Some(point) = place_of(sample)
            {
                sums.add_point(point);
            }
        }
        Ok(sums.counts())
    }

    async fn wait_counted(&self) -> Result<(), LakeError> {
        Ok(())
    }
}
