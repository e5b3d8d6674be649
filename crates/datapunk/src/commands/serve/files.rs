//! What goes over HTTP as bytes, within the limits of the configuration.

use crate::place::Place;
use dp_lake::originals::Originals;
use dp_nexus::{
    http::{FileLimits, Files},
    uploads::Staging,
};

/// Blobs, small pictures and originals of this place; blobs come in by way of the staging area.
pub(super) fn of(place: &Place, staging: Staging) -> Files {
    let config = &place.config.files;
    let limits = FileLimits {
        blob_bytes_max: config.blob_bytes_max,
        picture_pixels_max: config.picture_pixels_max,
        pictures_at_once: config.pictures_at_once,
    };
    Files::new(staging, Originals::new(place.config.archive.clone()), limits)
}
