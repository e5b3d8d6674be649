//! Time series of the memory vault.

use super::MemoryVault;
use crate::{
    Day, DayFigures, DaysOfSeries, LakeError, NumberAt, SampleQuery, Series, SeriesInfo,
    downsample::BucketMeans,
    samples::{is_wanted, number_at},
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

    async fn daily_figures(&self, query: &DaysOfSeries) -> Result<Vec<DayFigures>, LakeError> {
        let mut days = BTreeMap::new();
        for ((name, _), (sample, day)) in &self.lock().samples {
            if let Some(number) = number_at(sample).filter(|_| *name == query.series && query.wants(*day)) {
                DayFigures::count(&mut days, *day, number.value);
            }
        }
        Ok(days.into_values().collect())
    }

    async fn downsampled(&self, query: &SampleQuery, points: usize) -> Result<Vec<NumberAt>, LakeError> {
        let state = self.lock();
        let wanted = state.samples.values().map(|(sample, _)| sample);
        let numbers = wanted.filter(|sample| is_wanted(query, sample)).filter_map(number_at);
        let numbers = numbers.collect::<Vec<_>>();
        let Some(mut means) = BucketMeans::new(numbers.len() as u64, points) else { return Ok(numbers) };
        numbers.iter().for_each(|number| means.add(*number));
        let mut chosen = means.choose();
        numbers.iter().for_each(|number| chosen.add(*number));
        Ok(chosen.finish())
    }
}
