//! Which vectors of a segment a search may find: those that are valid, and whose documents a filter
//! means.

use super::snapshot::Live;
use crate::text::RowMask;
use std::borrow::Cow;

/// What a filter means.
pub(super) enum Allowed<'a> {
    /// Every document.
    All,
    /// Documents with these rows.
    Rows(&'a RowMask),
}

impl Allowed<'_> {
    /// A bit for each vector of a segment; None if all are allowed.
    pub(super) fn of<'l>(&self, live: &'l Live) -> Option<Cow<'l, [u64]>> {
        let gone = (live.tombstones.count() > 0).then(|| live.tombstones.words());
        match self {
            Self::All => {
                // Bits past the last vector are not looked at.
                gone.map(|words| Cow::Owned(words.iter().map(|word| !word).collect()))
            }
            Self::Rows(mask) => {
                let of_block = |(block, rows): (usize, &[u32])| {
                    let allowed = match rows {
                        // Mostly every document has one vector.
                        [first, .., last]
                            if rows.len() == 64 && last - first == 63 && rows.is_sorted_by(|a, b| a < b) =>
                        {
                            mask.allows_from(*first)
                        }
                        rows => rows
                            .iter()
                            .enumerate()
                            .fold(0, |allowed, (place, &row)| allowed | u64::from(mask.allows(row)) << place),
                    };
                    allowed & !gone.map_or(0, |words| words[block])
                };
                Some(Cow::Owned(live.segment.rows.chunks(64).enumerate().map(of_block).collect()))
            }
        }
    }
}
