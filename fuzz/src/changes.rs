//! Changes inputs at random: bits, numbers, pieces taken out, doubled, moved or brought in from another
//! input, and words of the formats in hand.

use crate::INPUT_BYTES_MAX;
use rand::{Rng, RngExt as _};

/// Words that lead deeper into some parser than random bytes would.
const WORDS: &[&[u8]] = &[
    b"[",
    b"]",
    b"{",
    b"}",
    b"[[[[[[[[[[[[[[[[",
    b"{\"a\":{\"a\":{\"a\":",
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"null",
    b"true",
    b":",
    b",",
    b"-1",
    b"1e999",
    b"0.0000001",
    b"99999999999999999999",
    b"-9223372036854775808",
    b"2147483648",
    b"\"time\":",
    b"\"title\":",
    b"\"titleUrl\":",
    b"\"2024-02-30T25:61:61Z\"",
    b"\"1970-01-01T00:00:00Z\"",
    b"\"9999-12-31T23:59:59.999999999+23:59\"",
    b"\"geo:91,181\"",
    b"\"latitudeE7\":",
    b"\"timestampMs\":\"0\"",
    b"<div class=\"outer-cell\">",
    b"<div class=\"content-cell\">",
    b"</div>",
    b"<br>",
    b"<a href=\"",
    b"&amp;",
    b"&#0;",
    b"&#x10FFFF;",
    b"<!--",
    b"-->",
    b"<script>",
    b"<",
    b">",
    b"\xe2\x80\xaf",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\0",
    b"\r\n",
    b"\n\n",
    b"\nFrom ",
    b"\n>From ",
    b"\nSubject: ",
    b"\nDate: ",
    b"\nContent-Type: multipart/mixed; boundary=b\n",
    b"\n--b\n",
    b"\n--b--\n",
    b"\nContent-Transfer-Encoding: base64\n",
    b"=?utf-8?B?",
    b"?=",
    b"=?iso-2022-jp?Q?=1B$B",
    b"charset=utf-7",
    b"BEGIN:VEVENT\r\n",
    b"END:VEVENT\r\n",
    b"BEGIN:VCARD\r\n",
    b"END:VCARD\r\n",
    b"DTSTART;TZID=Nowhere:20240230T250000\r\n",
    b"RRULE:FREQ=SECONDLY\r\n",
    b"\r\n ",
    b"\"\"",
    b"\",\"",
    b"PK\x03\x04",
    b"PK\x01\x02",
    b"PK\x05\x06",
    b"PK\x06\x06",
    b"\x01\0",
    b"\xff\xff\xff\xff",
    b"ustar",
    b"../",
    b"//",
    b"C:\\",
];

/// The input, changed in one to six places, and at most [`INPUT_BYTES_MAX`] long.
pub fn changed(input: &[u8], other: &[u8], dice: &mut impl Rng) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..dice.random_range(1..=6) {
        change(&mut bytes, other, dice);
    }
    bytes.truncate(INPUT_BYTES_MAX);
    bytes
}

fn change(bytes: &mut Vec<u8>, other: &[u8], dice: &mut impl Rng) {
    let at = dice.random_range(0..=bytes.len());
    match dice.random_range(0..10) {
        0 => flip(bytes, at, dice),
        1 => set(bytes, at, dice),
        2 => {
            let end = piece_end(bytes.len(), at, dice);
            bytes.drain(at..end);
        }
        3 => {
            let end = piece_end(bytes.len(), at, dice);
            let times = [1, 1, 2, 8, 64][dice.random_range(0..5)];
            let piece = bytes[at..end].repeat(times.min(INPUT_BYTES_MAX / (end - at).max(1)));
            insert(bytes, at, &piece);
        }
        4 | 5 => insert(bytes, at, word(dice)),
        6 => {
            let word = word(dice);
            let end = bytes.len().min(at + word.len());
            bytes[at..end].copy_from_slice(&word[..end - at]);
        }
        7 => {
            let start = dice.random_range(0..=other.len());
            let end = piece_end(other.len(), start, dice);
            insert(bytes, at, &other[start..end]);
        }
        8 => replace_number(bytes, at, dice),
        _ if dice.random_range(0..4) == 0 => bytes.truncate(at),
        _ => flip(bytes, at, dice),
    }
}

fn word(dice: &mut impl Rng) -> &'static [u8] {
    WORDS[dice.random_range(0..WORDS.len())]
}

fn flip(bytes: &mut [u8], at: usize, dice: &mut impl Rng) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << dice.random_range(0..8);
    }
}

fn set(bytes: &mut [u8], at: usize, dice: &mut impl Rng) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte = dice.random();
    }
}

/// Where a piece that begins at `at` ends: mostly soon.
fn piece_end(length: usize, at: usize, dice: &mut impl Rng) -> usize {
    let reach = 1_usize << dice.random_range(0..12);
    length.min(at + dice.random_range(0..=reach))
}

fn insert(bytes: &mut Vec<u8>, at: usize, piece: &[u8]) {
    let room = INPUT_BYTES_MAX.saturating_sub(bytes.len());
    bytes.splice(at..at, piece[..piece.len().min(room)].iter().copied());
}

/// Puts another number in the place of the first one after `at`.
fn replace_number(bytes: &mut Vec<u8>, at: usize, dice: &mut impl Rng) {
    let Some(start) = bytes[at..].iter().position(u8::is_ascii_digit).map(|found| at + found) else { return };
    let length = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = match dice.random_range(0..4) {
        0 => u64::MAX.to_string(),
        1 => "0".to_owned(),
        2 => dice.random::<u64>().to_string(),
        _ => dice.random_range(0..100_u64).to_string(),
    };
    bytes.splice(start..start + length, number.bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng as _, rngs::StdRng};

    #[test]
    fn changed_inputs_stay_within_their_size_and_differ() {
        let mut dice = StdRng::seed_from_u64(1);
        let mut bytes = b"[{\"time\": 17}]".to_vec();
        let mut differ = 0;
        for _ in 0..2000 {
            let next = changed(&bytes, b"<div>other</div>", &mut dice);
            assert!(next.len() <= INPUT_BYTES_MAX);
            differ += u32::from(next != bytes);
            bytes = if next.is_empty() { b"[]".to_vec() } else { next };
        }
        assert!(differ > 1900, "{differ}");
    }
}
