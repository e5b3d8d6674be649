//! Paths inside archives: the normal form used for matching, and what makes a path unfit to be read.

use crate::{Limits, part_name::PartName};
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Brings a path to the form in which paths are compared: NFC, every Unicode space a plain space,
/// every hyphen or dash a `-`, segments trimmed, empty and `.` segments dropped, and no folder of a
/// part or `Takeout/` in front. Letter case is kept.
#[must_use]
pub fn normalise_path(path: &str) -> String {
    let segments = normal_segments(path);
    segments[root_segments(&segments)..].join("/")
}

/// How many leading segments are folders every export has: that of an unpacked part, `Takeout`.
fn root_segments<S: AsRef<str>>(segments: &[S]) -> usize {
    let mut count = 0;
    let is_folder = |index: usize| index + 1 < segments.len();
    if is_folder(0) && PartName::parse(segments[0].as_ref()).is_some() {
        count = 1;
    }
    if is_folder(count) && is_takeout_root(segments[count].as_ref()) {
        count += 1;
    }
    count
}

/// Whether a folder of this name is the root of an export: `Takeout`, and `Takeout 2` or
/// `Takeout(1)`, as unpacking several parts side by side names them.
pub(crate) fn is_takeout_root(name: &str) -> bool {
    let Some(rest) = name.get(7..) else { return false };
    if !name[..7].eq_ignore_ascii_case("takeout") {
        return false;
    }
    let rest = rest.trim_start_matches([' ', '-', '_']);
    let rest = rest.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(rest);
    rest.len() <= 3 && rest.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the path is litter of an operating system or packer rather than part of the export.
pub(crate) fn is_litter(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.split('/').any(|segment| segment == "__MACOSX")
        || name.starts_with("._")
        || [".DS_Store", "Thumbs.db", "desktop.ini"].contains(&name)
}

fn normal_segments(path: &str) -> Vec<String> {
    let composed: String =
        if is_nfc(path) { path.chars().map(plain).collect() } else { path.nfc().map(plain).collect() };
    let mut segments = split_trimmed(&composed, '/');
    // A lone segment with backslashes comes from a packer that uses them between folders.
    if let [segment] = segments.as_slice() {
        segments = split_trimmed(segment, '\\');
    }
    segments.into_iter().map(str::to_owned).collect()
}

fn split_trimmed(path: &str, separator: char) -> Vec<&str> {
    path.split(separator).map(str::trim).filter(|segment| !segment.is_empty() && *segment != ".").collect()
}

fn plain(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => '-',
        c if c.is_whitespace() => ' ',
        c => c,
    }
}

/// Finds how many folders some packer put above `Takeout`, so that they can be left out of keys.
/// A folder counts only if everything lies in it.
pub(crate) fn find_wrapper_depth<'a>(paths: impl Iterator<Item = &'a str> + Clone) -> usize {
    const DEEPEST: usize = 3;
    for depth in 0..DEEPEST {
        let mut common = None;
        let mut one_folder = true;
        for path in paths.clone().filter(|path| !is_litter(path)) {
            let mut segments = path.split('/').filter(|segment| !segment.is_empty() && *segment != ".");
            let segment = segments.nth(depth);
            let is_folder = segments.next().is_some();
            match segment {
                Some(name) if is_folder && is_takeout_root(name.trim()) => return depth,
                Some(name) if is_folder && *common.get_or_insert(name) == name => {}
                _ => one_folder = false,
            }
        }
        if !one_folder {
            return 0;
        }
    }
    0
}

/// The key of an entry in a container whose first `wrapper_depth` folders are packing.
pub(crate) fn key_below(path: &str, wrapper_depth: usize) -> String {
    if wrapper_depth == 0 || is_litter(path) {
        return normalise_path(path);
    }
    let segments = normal_segments(path);
    let inner = segments.get(wrapper_depth..).unwrap_or(&segments);
    inner[root_segments(inner)..].join("/")
}

/// Why an entry of this path must not be read, if there is a reason.
pub(crate) fn find_fault(path: &str, limits: &Limits) -> Option<String> {
    if path.len() > limits.path_bytes {
        return Some(format!(
            "its path of {} bytes is over the archive limit path_bytes = {}",
            path.len(),
            limits.path_bytes
        ));
    }
    if path.is_empty() {
        return Some("it has no name".to_owned());
    }
    if path.contains('\0') {
        return Some("its name holds a NUL byte".to_owned());
    }
    if path.starts_with(['/', '\\']) {
        return Some("its path is absolute".to_owned());
    }
    let drive = path.as_bytes();
    if drive.len() >= 2 && drive[0].is_ascii_alphabetic() && drive[1] == b':' {
        return Some("its path begins with a drive letter".to_owned());
    }
    if path.split(['/', '\\']).any(|segment| segment.trim() == "..") {
        return Some("its path leaves the archive (`..`)".to_owned());
    }
    let depth = path.split('/').filter(|segment| !segment.is_empty()).count().saturating_sub(1);
    if depth > limits.depth {
        return Some(format!(
            "it lies {depth} folders deep, over the archive limit depth = {}",
            limits.depth
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_path_have_one_normal_form() {
        for (path, normal) in [
            ("Takeout/Keep/note.json", "Keep/note.json"),
            ("Keep/note.json", "Keep/note.json"),
            ("Takeout/Archiv_U\u{308}bersicht.html", "Archiv_Übersicht.html"),
            ("Takeout/Applications\u{a0}Gemini/x.html", "Applications Gemini/x.html"),
            ("Takeout/Zugriffsprotokoll\u{2011}Aktivität/a.csv", "Zugriffsprotokoll-Aktivität/a.csv"),
            ("Takeout/Fotos de /a.jpg", "Fotos de/a.jpg"),
            ("takeout-20240516T230250Z-001/Takeout/Mail/a.mbox", "Mail/a.mbox"),
            ("Takeout 2/Mail/a.mbox", "Mail/a.mbox"),
            ("Takeout(1)/Mail/a.mbox", "Mail/a.mbox"),
            ("Takeout/Drive/Takeout/a", "Drive/Takeout/a"),
            ("./Takeout//Mail/./a.mbox", "Mail/a.mbox"),
            ("Takeout\\Mail\\a.mbox", "Mail/a.mbox"),
            ("\\/", ""),
            ("Takeout", "Takeout"),
            ("Takeouts/a", "Takeouts/a"),
            ("", ""),
        ] {
            assert_eq!(normalise_path(path), normal, "{path:?}");
        }
    }

    #[test]
    fn wrapper_folders_are_left_out_only_above_the_root() {
        let depth = |paths: &[&str]| find_wrapper_depth(paths.iter().copied());
        assert_eq!(depth(&["backup/Takeout/Keep/a.json", "backup/notes.txt", "__MACOSX/x"]), 1);
        assert_eq!(depth(&["a/b/Takeout/Keep/a.json"]), 2);
        assert_eq!(depth(&["Drive/Takeout/a", "Keep/b"]), 0);
        assert_eq!(depth(&["Takeout/Drive/Takeout/a"]), 0);
        assert_eq!(depth(&[]), 0);
        assert_eq!(key_below("backup/Takeout/Keep/a.json", 1), "Keep/a.json");
        assert_eq!(key_below("backup/notes.txt", 1), "notes.txt");
    }

    #[test]
    fn paths_that_lead_out_of_the_archive_have_a_fault() {
        let limits = Limits { depth: 3, path_bytes: 40, ..Limits::default() };
        for path in [
            "",
            "../a",
            "a/../../b",
            "a\\..\\b",
            "/etc/passwd",
            "\\\\server\\a",
            "C:\\a",
            "c:a",
            "a\0b",
            "a/b/c/d/e",
            "a-path-that-is-longer-than-forty-bytes.json",
        ] {
            assert!(find_fault(path, &limits).is_some(), "{path:?}");
        }
        for path in ["a", "a/b/c/d", "a..b/..c", "Takeout/Übersicht: x", "a/"] {
            assert_eq!(find_fault(path, &limits), None, "{path:?}");
        }
    }
}
