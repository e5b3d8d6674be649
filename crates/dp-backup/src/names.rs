//! Names of files in a backup: relative paths with `/`, which can't lead out of the folder they are restored to.

/// Bytes of the longest name.
pub(crate) const NAME_BYTES_MAX: usize = 4_096;
/// Bytes of the longest part of one.
const PART_BYTES_MAX: usize = 255;

/// Whether a name can only mean a file below the folder.
pub(crate) fn is_harmless(name: &str) -> bool {
    let is_plain = |part: &str| !matches!(part, "" | "." | "..") && part.len() <= PART_BYTES_MAX;
    let steers = |character: char| character.is_control() || character == '\\';
    name.len() <= NAME_BYTES_MAX && !name.contains(steers) && name.split('/').all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_elsewhere() {
        for name in ["lake.db", "vaults/owner/archives/import-1/Übung …zip", "a/.b/c..d"] {
            assert!(is_harmless(name), "{name}");
        }
        for name in ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", ".", "a\\..\\b", "a\0b", "a\nb"] {
            assert!(!is_harmless(name), "{name:?}");
        }
        assert!(!is_harmless(&"a".repeat(256)) && !is_harmless(&"a/".repeat(4_000)));
    }
}
