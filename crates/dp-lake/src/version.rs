//! Which of two versions of one record is the newer. The answer depends on what the versions say and
//! on nothing else, so imports in any order end with the same documents.

use dp_model::{Clock, Content, Provenance};
use std::cmp::Ordering;

/// What decides between two versions of a document: compared field by field, the greater wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct VersionRank {
    /// When the record itself was last changed, if it says so.
    pub modified_us: Option<i64>,
    /// How exactly its time is known: a millisecond form beats the same event's form in seconds.
    pub exactness: u8,
    /// How many fields are filled in: an export that dropped attributes must not win over one that had them.
    pub filled_fields: u8,
    /// When the export was made.
    pub exported_at_us: Option<i64>,
    /// Hash of the content: settles what nothing else settles.
    pub content_hash: [u8; 16],
}

impl VersionRank {
    /// Ranks a version that an export made at `exported_at_us` holds.
    #[must_use]
    pub fn of(content: &Content, exported_at_us: Option<i64>, content_hash: [u8; 16]) -> Self {
        let exactness = content
            .time
            .as_ref()
            .map_or(0, |time| 2 * (time.precision as u8) + u8::from(time.clock == Clock::Instant));
        Self {
            modified_us: content.modified_us,
            exactness,
            filled_fields: filled_fields(content),
            exported_at_us,
            content_hash,
        }
    }
}

fn filled_fields(content: &Content) -> u8 {
    let place = content.place.as_ref();
    [
        !content.title.is_empty(),
        !content.text.is_empty(),
        content.end.is_some(),
        content.time.as_ref().is_some_and(|time| time.offset_s.is_some()),
        place.is_some_and(|place| place.name.is_some()),
        place.is_some_and(|place| place.address.is_some()),
        place.is_some_and(|place| place.point.is_some()),
        content.url.is_some(),
        !content.people.is_empty(),
        !content.media.is_empty(),
    ]
    .into_iter()
    .map(u8::from)
    .sum()
}

/// The first 128 bits of BLAKE3 over the content's JSON form: equal exactly when the contents are.
#[must_use]
pub fn content_hash(content: &Content) -> [u8; 16] {
    // Writing our own types as JSON into memory cannot fail.
    let json = serde_json::to_vec(content).unwrap_or_default();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&blake3::hash(&json).as_bytes()[..16]);
    bytes
}

/// Compares two places where the same content was read, each with when its export was made; the lesser
/// is the one that a vault names and ranks the content by.
///
/// Content counts as old as the earliest export that holds it, and an export that does not say when it
/// was made tells nothing of its age while another one does. So a later export that only repeats it
/// changes nothing, nor does the same one packed anew without its date, and imports in any order end
/// the same.
#[must_use]
pub fn compare_origins(a: (Option<i64>, &Provenance), b: (Option<i64>, &Provenance)) -> Ordering {
    let ((a_exported_us, a), (b_exported_us, b)) = (a, b);
    let a = (undated_last(a_exported_us), &a.archive, &a.entry, a.position);
    a.cmp(&(undated_last(b_exported_us), &b.archive, &b.entry, b.position))
}

/// What to compare when an export was made by, so that those which do not say come last.
#[must_use]
pub const fn undated_last(exported_at_us: Option<i64>) -> (bool, Option<i64>) {
    (exported_at_us.is_none(), exported_at_us)
}
