//! How much an archive may ask of this machine. Generous, because real exports are large; finite,
//! because an archive is hostile until it is read.

use serde::{Deserialize, Serialize};

/// Bounds on what is read from the archives of one export. An entry past a bound fails by name of the
/// bound; the rest goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Inflated bytes of all entries together.
    pub total_bytes: u64,
    /// Inflated bytes of one entry.
    pub entry_bytes: u64,
    /// Inflated bytes per compressed byte of one entry.
    pub ratio: u64,
    /// The ratio counts only once an entry has inflated past this many bytes.
    pub ratio_floor_bytes: u64,
    /// Entries in one export.
    pub entries: usize,
    /// Bytes of an entry's path.
    pub path_bytes: usize,
    /// Folders an entry may lie in, one inside the other.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            total_bytes: 4 << 40,
            entry_bytes: 512 << 30,
            ratio: 2000,
            ratio_floor_bytes: 64 << 20,
            entries: 5_000_000,
            path_bytes: 4096,
            depth: 64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_left_out_of_a_configuration_keep_their_defaults() {
        let limits: Limits = serde_json::from_str(r#"{"ratio": 10}"#).unwrap();
        assert_eq!(limits, Limits { ratio: 10, ..Limits::default() });
        assert!(serde_json::from_str::<Limits>(r#"{"ratoi": 10}"#).is_err());
    }
}
