//! One reading of a time series.

use crate::{Metadata, Point};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The name of a time series, such as `location` or `steps`.
pub type Series = Cow<'static, str>;

/// What told a device where it was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum FixProvider {
    /// Not said.
    #[default]
    Unknown = 0,
    /// Satellites.
    Gps = 1,
    /// Wireless networks in reach.
    Wifi = 2,
    /// Mobile cells in reach.
    Cell = 3,
    /// The arrival at or departure from a place.
    Visit = 4,
    /// Worked out from a path between places.
    Path = 5,
}

impl FixProvider {
    /// The provider with this stored code; unknown codes are `Unknown`.
    #[must_use]
    pub const fn from_code(code: u8) -> Self {
        match code {
            1 => Self::Gps,
            2 => Self::Wifi,
            3 => Self::Cell,
            4 => Self::Visit,
            5 => Self::Path,
            _ => Self::Unknown,
        }
    }
}

/// A location fix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fix {
    /// Where.
    pub point: Point,
    /// Radius of 68 % confidence in metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy_m: Option<f32>,
    /// Height above the WGS84 ellipsoid in metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub altitude_m: Option<f32>,
    /// Uncertainty of the height in metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vertical_accuracy_m: Option<f32>,
    /// Speed over ground in metres a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed_mps: Option<f32>,
    /// Direction of movement in degrees clockwise from north.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heading_deg: Option<f32>,
    /// What told.
    pub provider: FixProvider,
}

/// What a sample says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// A location.
    Fix(Fix),
    /// A number in the unit of its series.
    Number(f64),
}

/// One reading of a series. (series, time, device, point) tells samples apart; the same again
/// with more fields filled in replaces the poorer one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Which series.
    pub series: Series,
    /// Where the data came from, dotted.
    pub source: Cow<'static, str>,
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub time_us: i64,
    /// Seconds east of UTC on the local clock, if the record says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset_s: Option<i32>,
    /// The exporter's own number of the device, 0 if unknown.
    pub device: i64,
    /// What was read.
    pub reading: Reading,
    /// Whatever else the record holds.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
}
