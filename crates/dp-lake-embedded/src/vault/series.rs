//! Time series and the map, as the lake's contract has them.

use super::EmbeddedVault;
use crate::read::Reader;
use async_trait::async_trait;
use dp_lake::{
    Day, DayFigures, DaysOfSeries, LakeError, NumberAt, SampleQuery, Series, SeriesInfo,
    map::{CellCount, DensityQuery, Track, TrackQuery},
};
use dp_model::Sample;

#[async_trait]
impl Series for EmbeddedVault {
    async fn list(&self) -> Result<Vec<SeriesInfo>, LakeError> {
        self.read(Reader::series).await
    }

    async fn range(&self, query: &SampleQuery) -> Result<Vec<Sample>, LakeError> {
        let query = query.clone();
        self.read(move |reader| reader.sample_range(&query)).await
    }

    async fn daily(&self, series: &str) -> Result<Vec<(Day, u64)>, LakeError> {
        let series = series.to_owned();
        self.read(move |reader| reader.daily(&series)).await
    }

    async fn daily_figures(&self, query: &DaysOfSeries) -> Result<Vec<DayFigures>, LakeError> {
        let query = query.clone();
        self.read(move |reader| reader.daily_figures(&query)).await
    }

    async fn downsampled(&self, query: &SampleQuery, points: usize) -> Result<Vec<NumberAt>, LakeError> {
        let query = query.clone();
        self.read(move |reader| reader.downsampled(&query, points)).await
    }

    async fn track(&self, query: &TrackQuery) -> Result<Track, LakeError> {
        let query = query.clone();
        self.read(move |reader| reader.track(&query)).await
    }

    async fn density(&self, query: &DensityQuery) -> Result<Vec<CellCount>, LakeError> {
        let query = query.clone();
        self.read(move |reader| reader.density(&query)).await
    }

    async fn wait_counted(&self) -> Result<(), LakeError> {
        if self.writer.is_none() {
            return match self.read(Reader::is_counted).await? {
                true => Ok(()),
                false => Err(LakeError::Projection {
                    projection: "map",
                    reason: "fixes were imported that are not counted yet".to_owned(),
                }),
            };
        }
        // A span at a time, so that others may write between.
        while self.write(|state| state.writer.count_span()).await? {}
        Ok(())
    }
}
