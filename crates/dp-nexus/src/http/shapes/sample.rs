//! The shapes of samples and counts.

use super::PointView;
use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A name and how often it stands.
#[derive(Debug, Clone, Serialize, Deserialize, SimpleObject, ToSchema)]
#[serde(deny_unknown_fields)]
#[graphql(name = "Top")]
#[schema(as = Top)]
pub struct TopView {
    /// Name.
    pub name: String,
    /// Documents.
    pub count: u64,
}

/// A series in numbers.
#[derive(Debug, Clone, Serialize, Deserialize, SimpleObject, ToSchema)]
#[serde(deny_unknown_fields)]
#[graphql(name = "Series")]
#[schema(as = Series)]
pub struct SeriesView {
    /// Name.
    pub series: String,
    /// Samples.
    pub count: u64,
    /// First local day, as days since 1970-01-01.
    pub first_day: Option<i32>,
    /// Last local day, as days since 1970-01-01.
    pub last_day: Option<i32>,
}

/// A location fix.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Fix)]
pub struct FixView {
    /// Where.
    pub point: PointView,
    /// Radius of 68 % confidence in metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub accuracy_m: Option<f32>,
    /// Height above the WGS84 ellipsoid in metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub altitude_m: Option<f32>,
    /// Uncertainty of the height in metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub vertical_accuracy_m: Option<f32>,
    /// Speed over ground in metres a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub speed_mps: Option<f32>,
    /// Direction of movement in degrees clockwise from north.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub heading_deg: Option<f32>,
    /// What told: `gps`, `wifi`, `cell`, `visit`, `path` or `unknown`.
    pub provider: String,
}

/// What a sample says.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Reading)]
pub enum ReadingView {
    /// A location.
    Fix(FixView),
    /// A number in the unit of its series.
    Number(f64),
}

/// One reading of a series.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Sample)]
pub struct SampleView {
    /// Which series.
    pub series: String,
    /// Where the data came from, dotted.
    pub source: String,
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub time_us: i64,
    /// Seconds east of UTC on the local clock, if the record says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub offset_s: Option<i32>,
    /// The exporter's own number of the device, 0 if unknown.
    pub device: i64,
    /// What was read.
    pub reading: ReadingView,
    /// Whatever else the record holds.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    #[schema(value_type = Object)]
    pub metadata: serde_json::Map<String, serde_json::Value>,
}
