//! The central directory of a zip archive, read without trust: zip64, names in any encoding, links,
//! encryption, overlaps. The local headers are only looked at when an entry is read.

use crate::{
    ArchiveError, Limits,
    code_page_437::decode_437,
    entry_path::find_fault,
    export::{ArchiveWarning, Item, Place},
};
use dp_model::WarningKind;
use flate2::Crc;
use fs_err::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

const END_BYTES: usize = 22;
const LOCATOR_BYTES: u64 = 20;
const END_64_BYTES: usize = 56;
const CENTRAL_BYTES: usize = 46;
const COMMENT_BYTES_MAX: u64 = 0xffff;
const BUFFER_BYTES: usize = 256 << 10;

/// What the end record says of the directory.
#[derive(Debug)]
struct Directory {
    /// Where it begins in the file.
    at: u64,
    size_bytes: u64,
    /// Entries it claims to hold.
    count: u64,
    /// Bytes in front of the archive, which its offsets do not count.
    shift_bytes: u64,
}

/// Lists the entries of a zip archive, in directory order.
pub(crate) fn index_zip(
    file: &mut File,
    name: &str,
    limits: &Limits,
) -> Result<(Vec<Item>, Vec<ArchiveWarning>), ArchiveError> {
    let failed = |error: io::Error| ArchiveError::at(file.path(), error);
    let file_bytes = file.metadata().map_err(failed)?.len();
    let path = file.path().display().to_string();
    let directory = find_directory(file, file_bytes, &path)?;
    file.seek(SeekFrom::Start(directory.at)).map_err(|error| ArchiveError::io(&path, error))?;
    let input = BufReader::with_capacity(BUFFER_BYTES, file).take(directory.size_bytes);
    let mut listing =
        Listing { input, items: Vec::new(), warnings: Vec::new(), buffer: Vec::new(), name, limits };
    listing.read(&directory).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => ArchiveError::truncated(&path, "its list of entries ends early"),
        _ => ArchiveError::io(&path, error),
    })?;
    let Listing { mut items, warnings, .. } = listing;
    bound_entries(&mut items, directory.at);
    Ok((items, warnings))
}

fn find_directory(file: &mut File, file_bytes: u64, path: &str) -> Result<Directory, ArchiveError> {
    let failed = |error| ArchiveError::io(path, error);
    let mut tail = Vec::new();
    let tail_at = file_bytes.saturating_sub(END_BYTES as u64 + COMMENT_BYTES_MAX);
    file.seek(SeekFrom::Start(tail_at)).map_err(failed)?;
    file.by_ref().take(file_bytes - tail_at).read_to_end(&mut tail).map_err(failed)?;
    let last = tail.len().checked_sub(END_BYTES);
    for start in last.into_iter().flat_map(|last| (0..=last).rev()) {
        let record = &tail[start..];
        if !record.starts_with(b"PK\x05\x06")
            || u64::from(u16_at(record, 20)) > (record.len() - END_BYTES) as u64
        {
            continue;
        }
        if let Some(directory) = read_end(file, record, tail_at + start as u64, path)? {
            return Ok(directory);
        }
    }
    let mut first = [0; 4];
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    let is_zip = file.read_exact(&mut first).is_ok() && first.starts_with(b"PK");
    if is_zip || file_bytes == 0 {
        return Err(ArchiveError::truncated(path, "a zip archive without the list of entries at its end"));
    }
    Err(ArchiveError::Unsupported {
        path: path.to_owned(),
        detail: "named like a zip archive, but it is none; download it again".to_owned(),
    })
}

/// Reads the end record found at `end_at`; nothing if what it says cannot be.
fn read_end(
    file: &mut File,
    record: &[u8],
    end_at: u64,
    path: &str,
) -> Result<Option<Directory>, ArchiveError> {
    let mut disk = u32::from(u16_at(record, 4));
    let mut first_disk = u32::from(u16_at(record, 6));
    let mut count = u64::from(u16_at(record, 10));
    let mut size_bytes = u64::from(u32_at(record, 12));
    let mut offset = u64::from(u32_at(record, 16));
    let mut directory_end = end_at;
    if let Some((at, end)) = find_end_64(file, end_at).map_err(|error| ArchiveError::io(path, error))? {
        directory_end = at;
        disk = u32_at(&end, 16);
        first_disk = u32_at(&end, 20);
        count = u64_at(&end, 32);
        size_bytes = u64_at(&end, 40);
        offset = u64_at(&end, 48);
    }
    if disk != 0 || first_disk != 0 {
        return Err(ArchiveError::Unsupported {
            path: path.to_owned(),
            detail: "a volume of a split zip archive; join the volumes first".to_owned(),
        });
    }
    let Some(at) = directory_end.checked_sub(size_bytes) else { return Ok(None) };
    let Some(shift_bytes) = at.checked_sub(offset) else { return Ok(None) };
    if size_bytes > 0 {
        let mut signature = [0; 4];
        let read = file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut signature));
        if read.is_err() || &signature != b"PK\x01\x02" {
            return Ok(None);
        }
    }
    Ok(Some(Directory { at, size_bytes, count, shift_bytes }))
}

/// The zip64 end record, with where it is, if there is one for the end record at `end_at`.
fn find_end_64(file: &mut File, end_at: u64) -> io::Result<Option<(u64, [u8; END_64_BYTES])>> {
    let Some(locator_at) = end_at.checked_sub(LOCATOR_BYTES) else { return Ok(None) };
    let mut locator = [0; LOCATOR_BYTES as usize];
    file.seek(SeekFrom::Start(locator_at))?;
    file.read_exact(&mut locator)?;
    if !locator.starts_with(b"PK\x06\x07") {
        return Ok(None);
    }
    // Where the locator says, or, with bytes in front of the archive, right before the locator.
    for at in [Some(u64_at(&locator, 8)), locator_at.checked_sub(END_64_BYTES as u64)].into_iter().flatten() {
        let mut end = [0; END_64_BYTES];
        if at.checked_add(END_64_BYTES as u64).is_none_or(|after| after > locator_at) {
            continue;
        }
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut end)?;
        if end.starts_with(b"PK\x06\x06") {
            return Ok(Some((at, end)));
        }
    }
    Ok(None)
}

struct Listing<'a, R> {
    input: R,
    items: Vec<Item>,
    warnings: Vec<ArchiveWarning>,
    buffer: Vec<u8>,
    name: &'a str,
    limits: &'a Limits,
}

impl<R: Read> Listing<'_, R> {
    fn read(&mut self, directory: &Directory) -> io::Result<()> {
        let mut count = 0_u64;
        let mut left = directory.size_bytes;
        while left >= CENTRAL_BYTES as u64 {
            if self.items.len() >= self.limits.entries {
                let message = format!(
                    "{} entries of the archive are past the archive limit entries = {} and were left out",
                    directory.count.saturating_sub(count),
                    self.limits.entries
                );
                self.warn(WarningKind::LimitReached, message);
                return Ok(());
            }
            let mut header = [0; CENTRAL_BYTES];
            self.input.read_exact(&mut header)?;
            if !header.starts_with(b"PK\x01\x02") {
                break;
            }
            let name_bytes = usize::from(u16_at(&header, 28));
            let extra_bytes = usize::from(u16_at(&header, 30));
            let rest_bytes = name_bytes + extra_bytes + usize::from(u16_at(&header, 32));
            self.buffer.resize(rest_bytes, 0);
            self.input.read_exact(&mut self.buffer)?;
            left = left.saturating_sub((CENTRAL_BYTES + rest_bytes) as u64);
            count += 1;
            let (raw_name, rest) = self.buffer.split_at(name_bytes);
            let item =
                read_entry(&header, raw_name, &rest[..extra_bytes], directory.shift_bytes, self.limits);
            self.items.extend(item);
        }
        // Some packers count modulo 65,536.
        if count & 0xffff != directory.count & 0xffff {
            let message = format!("the archive lists {count} entries where it declares {}", directory.count);
            self.warn(WarningKind::Unreadable, message);
        }
        Ok(())
    }

    fn warn(&mut self, kind: WarningKind, message: String) {
        self.warnings.push(ArchiveWarning::new(self.name, kind, message));
    }
}

/// One directory record as an item; nothing for a folder, which holds no bytes.
fn read_entry(
    header: &[u8],
    raw_name: &[u8],
    extra: &[u8],
    shift_bytes: u64,
    limits: &Limits,
) -> Option<Item> {
    let flags = u16_at(header, 8);
    let method = u16_at(header, 10);
    let path = decode_name(raw_name, flags, extra);
    let crc32 = u32_at(header, 16);
    let sizes = read_sizes(header, extra);
    let (size_bytes, packed_bytes, offset) = sizes.unwrap_or((0, 0, 0));
    if path.ends_with('/') && size_bytes == 0 && packed_bytes <= 2 {
        return None;
    }
    let header_at = offset.checked_add(shift_bytes);
    let refused = find_fault(&path, limits)
        .or_else(|| sizes.is_none().then(|| "its size fields are damaged".to_owned()))
        .or_else(|| header_at.is_none().then(|| "its place in the archive is damaged".to_owned()))
        .or_else(|| find_refusal(flags, method, header))
        .or_else(|| {
            (method == 0 && size_bytes != packed_bytes)
                .then(|| "it is stored, but its two sizes differ".to_owned())
        })
        .or_else(|| {
            (size_bytes > limits.entry_bytes).then(|| {
                format!(
                    "its {size_bytes} bytes are over the archive limit entry_bytes = {}",
                    limits.entry_bytes
                )
            })
        });
    let place =
        Place::Zip { header_at: header_at.unwrap_or(0), packed_bytes, bound: 0, deflated: method == 8 };
    Some(Item { path, size_bytes: sizes.map(|_| size_bytes), crc32: Some(crc32), refused, place, head: None })
}

fn find_refusal(flags: u16, method: u16, header: &[u8]) -> Option<String> {
    const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
    const PATCH: u16 = 1 << 5;
    if flags & ENCRYPTED != 0 || method == 99 {
        return Some(
            "it is encrypted; unpack the archive with its password and import the folder".to_owned(),
        );
    }
    if flags & PATCH != 0 {
        return Some("it is a patch for another file".to_owned());
    }
    let made_on_unix = matches!(header[5], 3 | 19);
    let file_type = (u32_at(header, 38) >> 16) & 0o170_000;
    if made_on_unix {
        match file_type {
            0o120_000 => return Some("it is a symbolic link".to_owned()),
            0o020_000 | 0o060_000 => return Some("it is a device".to_owned()),
            0o010_000 | 0o140_000 => return Some("it is a pipe or socket".to_owned()),
            _ => {}
        }
    }
    (!matches!(method, 0 | 8)).then(|| {
        format!(
            "it is packed by method {method}, not deflated or stored; unpack the archive and import the folder"
        )
    })
}

/// Inflated size, packed size and header offset; nothing if the zip64 field lacks what is needed.
fn read_sizes(header: &[u8], extra: &[u8]) -> Option<(u64, u64, u64)> {
    const ELSEWHERE: u32 = u32::MAX;
    let mut values = [u32_at(header, 24), u32_at(header, 20), u32_at(header, 42)].map(u64::from);
    if values.contains(&u64::from(ELSEWHERE)) {
        // Without the field the value is what it says: four gigabytes less one.
        let Some(mut field) = find_extra(extra, 0x0001) else { return Some(values.into()) };
        for value in values.iter_mut().filter(|value| **value == u64::from(ELSEWHERE)) {
            let (number, rest) = field.split_at_checked(8)?;
            *value = u64_at(number, 0);
            field = rest;
        }
    }
    Some(values.into())
}

/// The content of the extra field of this tag.
fn find_extra(mut extra: &[u8], tag: u16) -> Option<&[u8]> {
    while extra.len() >= 4 {
        let content_bytes = usize::from(u16_at(extra, 2));
        let content = extra.get(4..4 + content_bytes)?;
        if u16_at(extra, 0) == tag {
            return Some(content);
        }
        extra = &extra[4 + content_bytes..];
    }
    None
}

/// A name in UTF-8 if it is marked so, has an Info-ZIP Unicode field, or happens to be; else in the
/// code page of the format's first years.
fn decode_name(raw: &[u8], flags: u16, extra: &[u8]) -> String {
    const UTF_8: u16 = 1 << 11;
    const UNICODE_PATH: u16 = 0x7075;
    if flags & UTF_8 != 0 {
        return String::from_utf8_lossy(raw).into_owned();
    }
    if let Some(field) = find_extra(extra, UNICODE_PATH)
        && let Some((&1, field)) = field.split_first()
        && let Some((declared, name)) = field.split_at_checked(4)
        && u32_at(declared, 0) == crc_of(raw)
        && let Ok(name) = std::str::from_utf8(name)
    {
        return name.to_owned();
    }
    std::str::from_utf8(raw).map_or_else(|_| decode_437(raw), str::to_owned)
}

fn crc_of(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// Gives each entry the offset it must end before, and refuses those that run into the next. What
/// stays readable is disjoint, so no byte of the archive inflates twice.
fn bound_entries(items: &mut [Item], directory_at: u64) {
    const LOCAL_HEADER_BYTES: u64 = 30;
    let mut order: Vec<(u64, usize)> = items
        .iter()
        .enumerate()
        .filter_map(|(index, item)| match item.place {
            Place::Zip { header_at, .. } => Some((header_at, index)),
            _ => None,
        })
        .collect();
    order.sort_unstable();
    for (position, (_, index)) in order.iter().enumerate() {
        let next_at =
            order.get(position + 1).map_or(directory_at, |(next_at, _)| (*next_at).min(directory_at));
        let item = &mut items[*index];
        let Place::Zip { header_at, packed_bytes, bound, .. } = &mut item.place else { continue };
        *bound = next_at;
        let least_end = header_at.saturating_add(LOCAL_HEADER_BYTES).saturating_add(*packed_bytes);
        if least_end > next_at && item.refused.is_none() {
            item.refused = Some("it overlaps another entry or the end of the archive".to_owned());
        }
    }
}

/// Numbers at fixed offsets of a record; 0 where the record is too short.
fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).map_or(0, |slice| u16::from_le_bytes([slice[0], slice[1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_the_encoding_they_are_in() {
        assert_eq!(decode_name("Übersicht".as_bytes(), 1 << 11, &[]), "Übersicht");
        assert_eq!(decode_name("Übersicht".as_bytes(), 0, &[]), "Übersicht");
        assert_eq!(decode_name(b"\x9abersicht", 0, &[]), "Übersicht");
        assert_eq!(decode_name(b"a\xff", 1 << 11, &[]), "a\u{fffd}");
        let mut field = vec![0x75, 0x70, 0, 0, 1];
        field.extend(crc_of(b"_bersicht").to_le_bytes());
        field.extend("Übersicht".as_bytes());
        field[2] = (field.len() - 4) as u8;
        assert_eq!(decode_name(b"_bersicht", 0, &field), "Übersicht");
        assert_eq!(decode_name(b"other", 0, &field), "other");
    }

    #[test]
    fn large_numbers_come_from_the_zip64_field_in_order() {
        let mut header = [0; CENTRAL_BYTES];
        header[20..24].fill(0xff);
        header[24..28].copy_from_slice(&7_u32.to_le_bytes());
        header[42..46].fill(0xff);
        let mut extra = vec![1, 0, 16, 0];
        extra.extend((1_u64 << 33).to_le_bytes());
        extra.extend((1_u64 << 40).to_le_bytes());
        assert_eq!(read_sizes(&header, &extra), Some((7, 1 << 33, 1 << 40)));
        assert_eq!(read_sizes(&header, &[1, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0]), None);
    }
}
