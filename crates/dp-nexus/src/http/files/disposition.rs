//! `Content-Disposition` (RFC 6266): under which name something is saved, and whether it may be shown. Names are those
//! of strangers; what comes out is one harmless header.

use crate::uploads::FileName;
use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What is written as it is in an extended value: `attr-char` of RFC 5987.
const PLAIN: AsciiSet = NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// The header for a file of this name.
pub(super) fn disposition(is_shown: bool, name: &str) -> HeaderValue {
    let name = FileName::harmless(name);
    let name = name.as_str();
    let kind = if is_shown { "inline" } else { "attachment" };
    // A percent sign would be decoded by some.
    let is_plain =
        |letter: char| letter == ' ' || (letter.is_ascii_graphic() && !matches!(letter, '"' | '\\' | '%'));
    let plain: String = name.chars().map(|letter| if is_plain(letter) { letter } else { '_' }).collect();
    let mut text = format!("{kind}; filename=\"{plain}\"");
    if plain != name {
        text.push_str(&format!("; filename*=UTF-8''{}", utf8_percent_encode(name, &PLAIN)));
    }
    // Only plain ASCII is left.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_strangers_make_one_harmless_header() {
        for (name, header) in [
            ("receipt.pdf", "attachment; filename=\"receipt.pdf\""),
            ("two words.txt", "attachment; filename=\"two words.txt\""),
            ("Grüße.txt", "attachment; filename=\"Gr__e.txt\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.txt"),
            ("写真.jpg", "attachment; filename=\"__.jpg\"; filename*=UTF-8''%E5%86%99%E7%9C%9F.jpg"),
            ("a\r\nSet-Cookie: x=1", "attachment; filename=\"aSet-Cookie_ x=1\""),
            ("a\"; filename=\"b.exe", "attachment; filename=\"a_; filename=_b.exe\""),
            ("100%41.txt", "attachment; filename=\"100_41.txt\"; filename*=UTF-8''100%2541.txt"),
            ("../../etc/passwd", "attachment; filename=\"passwd\""),
            ("exe\u{202e}gpj.exe", "attachment; filename=\"exegpj.exe\""),
            ("", "attachment; filename=\"upload\""),
        ] {
            assert_eq!(disposition(false, name).to_str().unwrap(), header, "{name:?}");
        }
        assert!(disposition(true, "a.png").to_str().unwrap().starts_with("inline; "));
        for letter in 0..=char::MAX as u32 {
            let Some(letter) = char::from_u32(letter) else { continue };
            let header = disposition(false, &format!("a{letter}b"));
            assert!(header.to_str().unwrap().is_ascii(), "{letter:?}");
            assert_eq!(header.to_str().unwrap().matches('"').count(), 2, "{letter:?}");
        }
    }
}
