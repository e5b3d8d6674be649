//! Bytes of mails, cards and calendars to text. Labels are often missing or wrong: valid UTF-8 is taken as such whatever
//! the label says, and a label that does not fit gives way to Windows-1252.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use std::borrow::Cow;

/// Text, and whether some of it had to be replaced by U+FFFD.
pub(crate) fn decode<'b>(label: Option<&str>, bytes: &'b [u8]) -> (Cow<'b, str>, bool) {
    let label = label.map(|label| label.trim().trim_matches(['"', '\'']));
    if label.is_some_and(|label| label.to_ascii_lowercase().ends_with("utf-7")) {
        return (Cow::Owned(utf_7(bytes)), false);
    }
    let encoding = label.and_then(find_encoding);
    // Escapes of ISO-2022-JP and HZ are ASCII, and UTF-16 has a form of its own.
    let own_form = encoding.is_some_and(|encoding| !encoding.is_ascii_compatible());
    if !own_form && let Ok(text) = std::str::from_utf8(bytes) {
        return (Cow::Borrowed(text.strip_prefix('\u{FEFF}').unwrap_or(text)), false);
    }
    match encoding {
        Some(encoding) if encoding != UTF_8 => {
            let (text, _, replaced) = encoding.decode(bytes);
            (text, replaced)
        }
        _ => decode_unlabelled(bytes),
    }
}

/// Bytes that are not UTF-8 although nothing else is said of them: damaged UTF-8 if most of what is not
/// ASCII reads as UTF-8, Windows-1252 otherwise.
fn decode_unlabelled(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    let (mut good, mut bad) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    if good > bad {
        return (String::from_utf8_lossy(bytes), true);
    }
    (WINDOWS_1252.decode_without_bom_handling(bytes).0, false)
}

fn find_encoding(label: &str) -> Option<&'static Encoding> {
    let known = match label.to_ascii_lowercase().as_str() {
        "cp932" | "ms_kanji" => "shift_jis",
        "cp936" => "gbk",
        "cp949" | "ks_c_5601" => "euc-kr",
        "cp950" => "big5",
        "latin-1" | "iso8859_1" | "8859_1" => "iso-8859-1",
        "utf8mb4" | "utf_8" | "utf-8-sig" => "utf-8",
        // The encodings that browsers refuse would come out as one U+FFFD.
        "iso-2022-kr" | "iso-2022-cn" | "hz-gb-2312" => return None,
        _ => return Encoding::for_label(label.as_bytes()),
    };
    Encoding::for_label(known.as_bytes())
}

/// Decodes UTF-7 (RFC 2152), which old mails are written in.
fn utf_7(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(plus) = memchr::memchr(b'+', rest) {
        out.push_str(&String::from_utf8_lossy(&rest[..plus]));
        rest = &rest[plus + 1..];
        let run = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')).count();
        if run == 0 {
            out.push('+');
        } else {
            let mut units = Vec::with_capacity(run);
            crate::transfer::base64_pieces(&rest[..run], |piece| units.extend_from_slice(piece));
            let pairs = units.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            out.extend(
                char::decode_utf16(pairs).map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER)),
            );
        }
        rest = &rest[run..];
        rest = rest.strip_prefix(b"-").unwrap_or(rest);
    }
    out.push_str(&String::from_utf8_lossy(rest));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn labels_are_believed_only_where_they_fit() {
        for (label, bytes, text) in [
            (Some("iso-8859-1"), "Zoë".as_bytes(), "Zoë"),
            (Some("us-ascii"), b"Zo\xEB", "Zoë"),
            (Some("utf-8"), b"Zo\xEB", "Zoë"),
            (None, b"Zo\xEB", "Zoë"),
            (Some("\"UTF-8\""), "Zoë".as_bytes(), "Zoë"),
            (Some("koi8-r"), b"\xD0\xD2\xC9\xD7\xC5\xD4", "привет"),
            (Some("iso-2022-jp"), b"\x1B$B$3$s\x1B(B", "こん"),
            (Some("cp932"), b"\x82\xB1", "こ"),
            (Some("x-unknown"), b"plain", "plain"),
            (Some("unicode-1-1-utf-7"), b"Hi +2D3eAA- +- +AOk-", "Hi 😀 + é"),
        ] {
            assert_eq!(decode(label, bytes).0, text, "{label:?}");
        }
    }

    #[test]
    fn one_damaged_character_does_not_spoil_the_text() {
        let (text, replaced) = decode(Some("utf-8"), b"\xC3\xA9t\xC3\xA9 \xC3 fin");
        assert_eq!((&*text, replaced), ("été \u{FFFD} fin", true));
    }

    proptest! {
        #[test]
        fn any_bytes_become_text(label in "[a-z0-9_-]{0,12}", bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            decode(Some(&label), &bytes);
            utf_7(&bytes);
        }
    }
}
