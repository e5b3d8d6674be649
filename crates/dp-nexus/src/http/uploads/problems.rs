//! What can go wrong with uploads, as HTTP says it. Every error has its row here.

use crate::http::problem::{Code, Problem};
use crate::uploads::StagingError;

impl From<StagingError> for Problem {
    fn from(error: StagingError) -> Self {
        use StagingError as E;
        let code = match &error {
            E::NotFound(_) => Code::NoSuchUpload,
            E::Busy => Code::UploadBusy,
            E::WrongOffset { .. } => Code::WrongOffset,
            E::TooLong { .. } | E::TooLarge { .. } => Code::UploadTooLarge,
            E::TooManyUnfinished(_) | E::TooMany(_) | E::AccountFull { .. } => Code::TooManyUploads,
            E::NoRoom { .. } => Code::NoRoom,
            E::DiskFull => Code::DiskFull,
            E::WrongChecksum => Code::WrongChecksum,
            E::NotFinished(_) => Code::Conflict,
            // Paths of the server are for its log.
            E::InUse(_) | E::Io { .. } => return Self::internal(error),
        };
        Self::new(code, error.to_string())
    }
}
