//! A large page of HTML as a stream of blocks, each beginning at a tag that a finder knows: only the
//! block in hand is in memory, even if the page is one line of many hundred megabytes.

use super::needles::CLASS;
use crate::{ParseError, Sink};
use dp_model::WarningKind;
use memchr::{memchr, memmem, memrchr2};
use std::io::Read;

/// Bytes asked of the input at once.
const CHUNK_BYTES: usize = 1 << 20;

/// Longest tag that may begin a block; also the longest distance from its `<` to its class.
const TAG_BYTES_MAX: usize = 512;

/// Where a block begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockStart {
    /// Index of the tag's `<`.
    pub(crate) open: usize,
    /// Index past the tag's `>`.
    pub(crate) inner: usize,
}

/// The first tag at or after `from` that has `class` among its classes (and maybe others).
pub(super) fn tag_with_class(data: &[u8], from: usize, class: &memmem::Finder<'_>) -> Option<BlockStart> {
    let mut at = from;
    while let Some(found) = class.find(data.get(at..)?) {
        let hit = at + found;
        let window = hit.saturating_sub(TAG_BYTES_MAX).max(from);
        let open = memrchr2(b'<', b'>', &data[window..hit]).map(|offset| window + offset);
        if let Some(open) = open.filter(|&open| data[open] == b'<')
            && CLASS.find(&data[open..hit]).is_some()
        {
            let length = memchr(b'>', &data[hit..])?;
            return Some(BlockStart { open, inner: hit + length + 1 });
        }
        at = hit + 1;
    }
    None
}

/// Calls `take` with each block and its offset. What stands before the first block is dropped; a block
/// larger than `block_bytes_max` is passed over with a warning.
///
/// # Errors
/// When the input cannot be read, and whatever `take` gives.
pub(crate) fn for_each_block(
    input: &mut dyn Read,
    block_bytes_max: usize,
    sink: &mut dyn Sink,
    find: impl Fn(&[u8], usize) -> Option<BlockStart>,
    mut take: impl FnMut(&mut dyn Sink, &[u8], u64) -> Result<(), ParseError>,
) -> Result<(), ParseError> {
    let mut window = Window { input, data: Vec::new(), base: 0, at_end: false };
    // Start of the block in hand, and where to look for the next one.
    let mut block: Option<usize> = None;
    let mut look_from = 0;
    loop {
        if let Some(start) = find(&window.data, look_from) {
            if let Some(begin) = block {
                take(sink, &window.data[begin..start.open], window.base + begin as u64)?;
            }
            block = Some(start.open);
            look_from = start.inner;
            continue;
        }
        if window.at_end {
            let Some(begin) = block else { return Ok(()) };
            let last = &window.data[begin..];
            if !is_closed(last) {
                sink.warn(
                    WarningKind::Truncated,
                    window.base + begin as u64,
                    "the page ends in the middle of this record; those before it were read. Export or download it again to get the rest",
                )?;
                return Ok(());
            }
            return take(sink, last, window.base + begin as u64);
        }
        if let Some(begin) = block.filter(|begin| window.data.len() - begin > block_bytes_max) {
            sink.warn(
                WarningKind::TooLarge,
                window.base + begin as u64,
                format!(
                    "this record is larger than the limit of {block_bytes_max} bytes (limit import.record_bytes_max); it was passed over"
                ),
            )?;
            block = None;
        }
        // A tag may be cut at the end of what was read.
        look_from = look_from.max(window.data.len().saturating_sub(TAG_BYTES_MAX));
        let keep_from = block.unwrap_or(look_from).min(look_from);
        window.drop_before(keep_from);
        block = block.map(|begin| begin - keep_from);
        look_from -= keep_from;
        window.more()?;
    }
}

/// Whether the last block of a page ends with one of the tags that close a page or a record.
fn is_closed(block: &[u8]) -> bool {
    let block = block.trim_ascii_end();
    let closing: [&[u8]; 5] = [b"</html>", b"</body>", b"</div>", b"</ul>", b"</li>"];
    closing
        .iter()
        .any(|tag| block.len() >= tag.len() && block[block.len() - tag.len()..].eq_ignore_ascii_case(tag))
}

/// The bytes in memory.
struct Window<'r> {
    input: &'r mut dyn Read,
    data: Vec<u8>,
    /// Offset in the entry of `data[0]`.
    base: u64,
    at_end: bool,
}

impl Window<'_> {
    fn drop_before(&mut self, at: usize) {
        if at > 0 {
            self.data.drain(..at);
            self.base += at as u64;
        }
    }

    /// Reads on until at least one more byte is there, or the end.
    fn more(&mut self) -> Result<(), ParseError> {
        let before = self.data.len();
        self.data.resize(before + CHUNK_BYTES, 0);
        let mut filled = before;
        while filled < self.data.len() {
            match self.input.read(&mut self.data[filled..]) {
                Ok(0) => {
                    self.at_end = true;
                    break;
                }
                Ok(count) => filled += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.data.truncate(filled);
        Ok(())
    }
}
