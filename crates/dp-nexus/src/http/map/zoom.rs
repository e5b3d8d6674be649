//! How close a map is, as parameters have it.

use serde::{Deserialize, Deserializer, de::Error as _};

/// The zoom of a map that is drawn, 0 to 22.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Zoom(pub(super) u8);

impl Zoom {
    /// The closest a map is magnified to.
    const MAX: u8 = 22;
    /// Zooms between a tile and its pixels, of which it has 256 × 256.
    const PIXELS: u8 = 8;

    /// The zoom of which a cell is as large as a pixel of this one.
    pub(super) const fn of_pixels(self) -> u8 {
        self.0 + Self::PIXELS
    }
}

impl<'de> Deserialize<'de> for Zoom {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let zoom = u8::deserialize(deserializer)?;
        if zoom > Self::MAX {
            return Err(D::Error::custom(format!("{zoom} is no zoom; write one from 0 to {}", Self::MAX)));
        }
        Ok(Self(zoom))
    }
}
