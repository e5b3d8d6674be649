//! Transfer encodings: base64 and quoted-printable, as broken as mail programs write them, and the
//! `>From ` escape of an mbox.

use base64::engine::general_purpose::{GeneralPurpose, PAD_INDIFFERENT};
use base64::{Engine as _, alphabet};
use std::borrow::Cow;

/// How the bytes of a part are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transfer {
    /// As they are.
    Plain,
    /// Base64.
    Base64,
    /// Quoted-printable.
    Quoted,
}

impl Transfer {
    /// Told by a `Content-Transfer-Encoding` header; what nobody knows is taken as it is.
    pub(crate) fn of(header: &str) -> Self {
        let word = header.split([';', ' ', '\t']).next().unwrap_or("");
        match word.trim_matches('"').to_ascii_lowercase().as_str() {
            "base64" => Self::Base64,
            "quoted-printable" | "quoted_printable" => Self::Quoted,
            _ => Self::Plain,
        }
    }

    /// The decoded bytes, and whether the encoding was whole.
    pub(crate) fn decode(self, raw: &[u8]) -> (Cow<'_, [u8]>, bool) {
        match self {
            Self::Plain => (unescape_from(raw), true),
            Self::Quoted => (Cow::Owned(quoted_printable(&unescape_from(raw))), true),
            Self::Base64 => {
                let mut out = Vec::with_capacity(raw.len() / 4 * 3);
                let whole = base64_pieces(raw, |piece| out.extend_from_slice(piece));
                (Cow::Owned(out), whole)
            }
        }
    }
}

const LENIENT: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, PAD_INDIFFERENT.with_decode_allow_trailing_bits(true));

/// Bytes of base64 that are decoded at once; a multiple of four.
const PIECE_BYTES: usize = 1 << 15;

/// Decodes base64 of any size piece by piece, stopping at its padding. False if there was anything
/// in it that is not base64, or if it ends in the middle; what could be decoded was handed over.
pub(crate) fn base64_pieces(raw: &[u8], mut take: impl FnMut(&[u8])) -> bool {
    let mut packed = Vec::with_capacity(PIECE_BYTES);
    let mut decoded = vec![0; PIECE_BYTES / 4 * 3 + 3];
    let mut at = 0;
    loop {
        let piece_start = at;
        packed.clear();
        at = pack(raw, at, &mut packed);
        if packed.is_empty() {
            return true;
        }
        // Padding in the middle, junk and a torn end make the quick way fail.
        match LENIENT.decode_slice(&packed, &mut decoded) {
            Ok(size) if packed.len() == PIECE_BYTES || at == raw.len() => {
                take(&decoded[..size]);
                if packed.ends_with(b"=") {
                    return raw[at..].iter().all(u8::is_ascii_whitespace);
                }
            }
            _ => return base64_slowly(&raw[piece_start..], take),
        }
    }
}

/// Appends base64 without white space to `packed` until it is full; gives where it stopped in `raw`.
fn pack(raw: &[u8], mut at: usize, packed: &mut Vec<u8>) -> usize {
    while at < raw.len() {
        let room = PIECE_BYTES - packed.len();
        let window = &raw[at..raw.len().min(at + room)];
        let line = memchr::memchr2(b'\n', b'\r', window).unwrap_or(window.len());
        packed.extend_from_slice(window[..line].trim_ascii());
        at += line;
        while raw.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        if packed.len() >= PIECE_BYTES {
            break;
        }
    }
    at
}

fn base64_slowly(raw: &[u8], mut take: impl FnMut(&[u8])) -> bool {
    let mut out = Vec::with_capacity(PIECE_BYTES);
    let (mut bits, mut count, mut whole) = (0_u32, 0_u32, true);
    for (at, &byte) in raw.iter().enumerate() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => {
                whole &= raw[at..].iter().all(|byte| *byte == b'=' || byte.is_ascii_whitespace());
                break;
            }
            _ => {
                whole &= byte.is_ascii_whitespace();
                continue;
            }
        };
        bits = (bits << 6) | u32::from(value);
        count += 1;
        if count == 4 {
            out.extend_from_slice(&bits.to_be_bytes()[1..]);
            (bits, count) = (0, 0);
            if out.len() + 3 > PIECE_BYTES {
                take(&out);
                out.clear();
            }
        }
    }
    match count {
        2 => out.push((bits >> 4) as u8),
        3 => out.extend_from_slice(&[(bits >> 10) as u8, (bits >> 2) as u8]),
        1 => whole = false,
        _ => {}
    }
    take(&out);
    whole
}

/// Decodes quoted-printable; what is no escape stays as it is.
pub(crate) fn quoted_printable(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut at = 0;
    while let Some(hit) = memchr::memchr(b'=', &raw[at..]) {
        out.extend_from_slice(&raw[at..at + hit]);
        let rest = &raw[at + hit + 1..];
        at += hit + 1;
        if let Some(byte) = hex_byte(rest) {
            out.push(byte);
            at += 2;
            continue;
        }
        // A soft line break, with white space that some relay put behind the sign.
        let blank = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        match &rest[blank..] {
            [b'\r', b'\n', ..] => at += blank + 2,
            [b'\n' | b'\r', ..] => at += blank + 1,
            [] => at = raw.len(),
            _ => out.push(b'='),
        }
    }
    out.extend_from_slice(&raw[at..]);
    out
}

/// The byte that two hexadecimal digits name.
pub(crate) fn hex_byte(digits: &[u8]) -> Option<u8> {
    let value = |byte: u8| (byte as char).to_digit(16);
    Some((value(*digits.first()?)? * 16 + value(*digits.get(1)?)?) as u8)
}

/// Takes one `>` from each line that begins with `>From ` or `>>From ` and so on.
fn unescape_from(raw: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Vec::new();
    let mut kept = 0;
    for hit in memchr::memmem::find_iter(raw, b">From ") {
        let signs = raw[..hit].iter().rev().take_while(|byte| **byte == b'>').count();
        if hit == signs || raw[hit - signs - 1] == b'\n' {
            out.extend_from_slice(&raw[kept..hit]);
            kept = hit + 1;
        }
    }
    if kept == 0 {
        return Cow::Borrowed(raw);
    }
    out.extend_from_slice(&raw[kept..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn base64(raw: &[u8]) -> (Vec<u8>, bool) {
        let (decoded, whole) = Transfer::Base64.decode(raw);
        (decoded.into_owned(), whole)
    }

    #[test]
    fn broken_base64_gives_what_it_holds() {
        assert_eq!(base64(b"aGVs\r\nbG8=\r\n"), (b"hello".to_vec(), true));
        assert_eq!(base64(b"aGVsbG8"), (b"hello".to_vec(), true));
        assert_eq!(base64(b"aGV*sbG8="), (b"hello".to_vec(), false));
        assert_eq!(base64(b"aGVsbG8=\n\n____ a list's footer"), (b"hello".to_vec(), false));
        assert_eq!(base64(b"aGVsbG8=\n\n  \r\n"), (b"hello".to_vec(), true));
        assert_eq!(base64(b"aGVsb"), (b"hel".to_vec(), false));
        assert_eq!(base64(b"  \n"), (Vec::new(), true));
    }

    #[test]
    fn quoted_printable_keeps_what_is_no_escape() {
        assert_eq!(
            quoted_printable(b"caf=C3=A9 =\r\nau=\nlait = 1=3D=3d1 =ZZ=  \nend="),
            "café aulait = 1==1 =ZZend".as_bytes()
        );
    }

    #[test]
    fn escaped_lines_lose_one_sign() {
        let (text, _) = Transfer::Plain.decode(b">From me\n>>From you\na >From b\n> From c\n");
        assert_eq!(&*text, b"From me\n>From you\na >From b\n> From c\n");
    }

    proptest! {
        #[test]
        fn base64_of_any_size_is_decoded(bytes in proptest::collection::vec(any::<u8>(), 0..80_000), width in 1..200_usize) {
            let mut lines = Vec::new();
            for line in base64::engine::general_purpose::STANDARD.encode(&bytes).as_bytes().chunks(width) {
                lines.extend_from_slice(line);
                lines.extend_from_slice(b"\r\n");
            }
            prop_assert_eq!(base64(&lines), (bytes, true));
        }

        #[test]
        fn any_bytes_are_decoded_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            for transfer in [Transfer::Plain, Transfer::Base64, Transfer::Quoted] {
                transfer.decode(&bytes);
            }
        }
    }
}
