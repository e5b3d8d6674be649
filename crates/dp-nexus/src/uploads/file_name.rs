//! Names of files as strangers give them, made harmless: what comes out names a file in any folder, and nothing
//! outside of it.

use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// Bytes of the longest name: what common file systems take.
const BYTES_MAX: usize = 255;
/// Bytes of the longest ending that is kept whole when a name is cut.
const ENDING_BYTES_MAX: usize = 16;
/// What a file is called of whose name nothing is left.
const UNNAMED: &str = "upload";

/// The name of a file: without separators, control characters and `..`, at most 255 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct FileName(String);

impl FileName {
    /// Makes any text the name of a file. Of a path the last part is taken; what could be misread is left out; if
    /// nothing is left it is `upload`.
    #[must_use]
    pub fn harmless(text: &str) -> Self {
        let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
        let shown = last.chars().filter(|letter| !is_unseen(*letter));
        // Some file systems give these a meaning.
        let plain: String =
            shown.map(|letter| if "<>:\"|?*".contains(letter) { '_' } else { letter }).collect();
        // A dot in front hides a file, and one at the end is not kept everywhere.
        let bare = plain.trim_matches(|letter: char| letter == '.' || letter.is_whitespace());
        if bare.is_empty() {
            return Self(UNNAMED.to_owned());
        }
        let (stem, ending) = split(bare);
        Self(joined(stem, "", ending))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as browsers number it if there is one already: `takeout (1).zip`.
    #[must_use]
    pub fn numbered(&self, number: u32) -> Self {
        let (stem, ending) = split(&self.0);
        Self(joined(stem, &format!(" ({number})"), ending))
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for FileName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::harmless(&text))
    }
}

/// Control characters, and those that are not seen or change the direction of what follows.
fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A name before its ending, and the ending with its dot.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(dot) if dot > 0 && name.len() - dot <= ENDING_BYTES_MAX => name.split_at(dot),
        _ => (name, ""),
    }
}

/// Puts a name together, its stem cut where it is too long.
fn joined(stem: &str, number: &str, ending: &str) -> String {
    let room = BYTES_MAX - number.len() - ending.len();
    let stem = &stem[..stem.floor_char_boundary(room)];
    format!("{stem}{number}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usual_name_stays_as_it_is() {
        for name in
            ["takeout-20240101T000000Z-001.zip", "Fotos aus São Paulo.tar.gz", "写真.zip", "a", "a..b"]
        {
            assert_eq!(FileName::harmless(name).as_str(), name);
        }
    }

    #[test]
    fn nothing_leads_out_of_a_folder() {
        for (given, name) in [
            ("../../etc/passwd", "passwd"),
            ("..\\..\\windows\\system.ini", "system.ini"),
            ("C:\\fakepath\\export.zip", "export.zip"),
            ("/", "upload"),
            ("..", "upload"),
            ("...", "upload"),
            (". . .", "upload"),
            ("", "upload"),
            ("a/..", "upload"),
            ("a/\u{0}..\u{0}", "upload"),
            (".bashrc", "bashrc"),
            ("name. ", "name"),
            ("a\r\nset-cookie: x", "aset-cookie_ x"),
            ("nul\0l.zip", "null.zip"),
            ("exe\u{202e}piz.exe", "exepiz.exe"),
            ("a:b|c?.zip", "a_b_c_.zip"),
        ] {
            assert_eq!(FileName::harmless(given).as_str(), name, "{given:?}");
        }
    }

    #[test]
    fn a_long_name_is_cut_before_its_ending_and_between_characters() {
        let long = format!("{}.zip", "é".repeat(300));
        let name = FileName::harmless(&long);
        assert!(name.as_str().len() <= 255 && name.as_str().len() >= 253, "{}", name.as_str().len());
        assert!(name.as_str().ends_with("é.zip"));
        let numbered = name.numbered(12);
        assert!(numbered.as_str().len() <= 255 && numbered.as_str().ends_with("é (12).zip"), "{numbered}");
        assert_eq!(FileName::harmless("takeout.zip").numbered(1).as_str(), "takeout (1).zip");
        assert_eq!(FileName::harmless("takeout").numbered(2).as_str(), "takeout (2)");
        // What is made harmless once stays so.
        assert_eq!(FileName::harmless(name.as_str()), name);
    }
}
