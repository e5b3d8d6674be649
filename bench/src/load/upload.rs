//! A large zip, once imported by path and once uploaded by tus and imported: how much longer that takes.

use super::server::{self, Server, bearer};
use crate::figure::Figure;
use anyhow::Context as _;
use dp_lifegen::corpus;
use serde_json::json;
use std::{
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// Bytes of the zip, and of each mailbox in it.
const ZIP_BYTES: f64 = 2e9;
const MAILBOX_BYTES: usize = 100_000_000;

/// Measures with vaults of their own.
pub(super) fn figure(scratch: &Path, scale: f64) -> anyhow::Result<Figure> {
    let bytes = (ZIP_BYTES * scale).max(1e6) as usize;
    let zip = scratch.join("takeout-20250101T000000Z-001.zip");
    write_zip(&zip, bytes)?;
    let by_path = server::import(&scratch.join("by-path"), &[&zip])?;
    let uploaded = upload(&scratch.join("by-upload"), &zip)?;
    let (path_s, all_s) = (by_path.as_secs_f64(), uploaded.all.as_secs_f64());
    let note = format!(
        "a zip of {:.2} GB: {all_s:.1} s, of which {:.1} s to upload; {path_s:.1} s by path, on the command line",
        fs_err::metadata(&zip)?.len() as f64 / 1e9,
        uploaded.sent.as_secs_f64(),
    );
    Ok(Figure::new("upload and import to import by path", all_s / path_s, "times as long", note)
        .at_most(1.15))
}

/// Mail, for that is what large exports are made of.
fn write_zip(path: &Path, bytes: usize) -> anyhow::Result<()> {
    let mut writer = ZipWriter::new(std::io::BufWriter::new(fs_err::File::create(path)?));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for number in 0..bytes.div_ceil(MAILBOX_BYTES) {
        let length = MAILBOX_BYTES.min(bytes - number * MAILBOX_BYTES);
        writer.start_file(format!("Takeout/Mail/Label {number}.mbox"), stored)?;
        writer.write_all(&corpus::mbox(length, 100 + number as u64))?;
    }
    writer.finish()?.flush()?;
    Ok(())
}

struct Uploaded {
    sent: Duration,
    all: Duration,
}

fn upload(data: &Path, zip: &Path) -> anyhow::Result<Uploaded> {
    let server = Server::start(data)?;
    let begun = Instant::now();
    let form = [
        "--request",
        "POST",
        "--dump-header",
        "-",
        "--header",
        "Tus-Resumable: 1.0.0",
        "--header",
        "Upload-Metadata: filename dGFrZW91dC0yMDI1MDEwMVQwMDAwMDBaLTAwMS56aXA=",
        "--header",
    ];
    let length = format!("Upload-Length: {}", fs_err::metadata(zip)?.len());
    let arguments = form.into_iter().map(str::to_owned).chain([length]).chain(bearer(&server.key));
    let answer = std::process::Command::new("curl")
        .args(["--silent", "--fail-with-body", &format!("http://{}/api/v1/uploads", server.address)])
        .args(arguments)
        .output()?;
    let said = String::from_utf8_lossy(&answer.stdout).to_lowercase();
    let location = said.lines().find_map(|line| line.strip_prefix("location:"));
    let id = location.and_then(|location| location.trim().rsplit('/').next());
    let id = id.with_context(|| format!("the upload has no place: {said}"))?.to_owned();
    let piece = [
        "--request",
        "PATCH",
        "--header",
        "Tus-Resumable: 1.0.0",
        "--header",
        "Upload-Offset: 0",
        "--header",
        "Content-Type: application/offset+octet-stream",
        "--header",
        "Expect:",
        "--upload-file",
        &zip.display().to_string(),
    ]
    .map(str::to_owned);
    server.curl(&format!("/api/v1/uploads/{id}"), &[bearer(&server.key), piece.to_vec()].concat())?;
    let sent = begun.elapsed();
    let job = server.begin_import(&json!({ "uploads": [id] }))?;
    server.wait_for(job)?;
    Ok(Uploaded { sent, all: begun.elapsed() })
}
