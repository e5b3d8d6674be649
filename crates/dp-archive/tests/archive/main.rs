//! The archive reader against archives built byte by byte: well-formed, odd, damaged and hostile.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "the functions that build and read archives for tests may say what they expect, and what is skipped"
)]

mod build;
mod exports;
mod folders;
mod hostile_zip;
mod limits;
mod originals;
mod properties;
mod samples;
mod tars;
mod zips;
