//! Opens exports — zip parts, compressed or plain tars, folders, single files — as bounded, read-only
//! entries. Archives are hostile until read: nothing is unpacked, every path, size and checksum is
//! checked, and what must not be read is listed with the reason.

mod code_page_437;
mod entry_path;
mod error;
mod export;
mod folder;
mod given;
mod grouping;
mod gzip;
mod limits;
mod open;
mod original;
mod packed;
mod part_name;
mod reader;
mod report_page;
mod stream;
mod tar_index;
mod zip_directory;

pub use entry_path::normalise_path;
pub use error::ArchiveError;
pub use export::{ArchiveWarning, Container, ContainerKind, Entry, Export};
pub use limits::Limits;
pub use open::open;
pub use original::Original;
pub use reader::{HEAD_BYTES, Reader};
pub use stream::EntryStream;
