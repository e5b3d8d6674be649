//! Uploads as they are answered, and what bodies bring. Times are RFC 3339.

use crate::uploads::{Upload, UploadId};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// A file that is on its way in, or waits to be imported.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Upload)]
pub(in crate::http) struct UploadView {
    /// Its id.
    #[schema(value_type = String)]
    id: UploadId,
    /// What the file is called: made harmless, so that it may differ from what was sent.
    name: String,
    /// Bytes it will have.
    length_bytes: u64,
    /// Bytes that are here.
    offset_bytes: u64,
    /// Whether all of it is here.
    is_finished: bool,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    created: Timestamp,
    /// When it will be removed, if nothing more comes and it is not imported.
    #[schema(value_type = String, format = DateTime)]
    expires: Timestamp,
}

impl From<Upload> for UploadView {
    fn from(upload: Upload) -> Self {
        Self {
            is_finished: upload.is_finished(),
            id: upload.id,
            name: upload.name.to_string(),
            length_bytes: upload.length_bytes,
            offset_bytes: upload.offset_bytes,
            created: upload.created,
            expires: upload.expires,
        }
    }
}

/// Bytes of a file, as they are.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "bodies are streams; this only says so in the API's document")]
pub(in crate::http) struct FileBytes(Vec<u8>);

/// Files. Every field of the form is one, whatever it is called.
#[derive(ToSchema)]
#[expect(dead_code, reason = "bodies are streams; this only says so in the API's document")]
pub(in crate::http) struct UploadForm {
    /// A file, or several.
    file: Vec<FileBytes>,
}
