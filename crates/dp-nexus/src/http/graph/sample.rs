//! Samples of the graph: readings in time, such as location fixes.

use super::{scalars::Long, vault::shaped};
use crate::http::shapes::PointView;
use async_graphql::{Json, Object, Result};
use dp_model::{Fix, Reading, Sample};
use serde_json::Value;

/// One reading of a series.
#[derive(Debug)]
pub(super) struct SampleNode(pub(super) Sample);

impl SampleNode {
    fn fix(&self) -> Option<&Fix> {
        match &self.0.reading {
            Reading::Fix(fix) => Some(fix),
            Reading::Number(_) => None,
        }
    }
}

#[Object(name = "Sample")]
impl SampleNode {
    /// Which series.
    async fn series(&self) -> &str {
        &self.0.series
    }

    /// Where the data came from.
    async fn source(&self) -> &str {
        &self.0.source
    }

    /// Microseconds since 1970-01-01T00:00:00Z; before that, negative.
    async fn time_us(&self) -> Long {
        Long(self.0.time_us)
    }

    /// Seconds east of UTC on the local clock, if known.
    async fn offset_s(&self) -> Option<i32> {
        self.0.offset_s
    }

    /// The device's number in the data.
    async fn device(&self) -> Long {
        Long(self.0.device)
    }

    /// What was measured; null for a location fix.
    async fn number(&self) -> Option<f64> {
        match self.0.reading {
            Reading::Number(number) => Some(number),
            Reading::Fix(_) => None,
        }
    }

    /// Where it was; null for a number.
    async fn point(&self) -> Result<Option<PointView>> {
        Ok(self.fix().map(|fix| shaped(&fix.point)).transpose()?)
    }

    /// Radius of 68 % confidence around the point, metres.
    async fn accuracy_m(&self) -> Option<f32> {
        self.fix()?.accuracy_m
    }

    /// Height above the WGS84 ellipsoid, metres.
    async fn altitude_m(&self) -> Option<f32> {
        self.fix()?.altitude_m
    }

    /// Speed over ground, metres a second.
    async fn speed_mps(&self) -> Option<f32> {
        self.fix()?.speed_mps
    }

    /// Whatever else the record holds.
    async fn metadata(&self) -> Result<Json<Value>> {
        Ok(Json(shaped(&self.0.metadata)?))
    }
}
