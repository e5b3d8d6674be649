//! Brings equal words to one form: compatibility forms, case, accents and marks that readers leave
//! out. Marks that make another letter (voiced kana, Thai and Indic vowels) stay.

use super::script::is_ignorable;
use unicode_normalization::UnicodeNormalization as _;

/// Appends the folded form of `text` to `out`. Adds no spaces and drops no punctuation.
pub(super) fn fold_into(text: &str, out: &mut String) {
    if text.is_ascii() {
        out.extend(text.bytes().map(|byte| byte.to_ascii_lowercase() as char));
        return;
    }
    if text.chars().all(has_simple_folding) {
        // A base and marks that are dropped: nothing to reorder or to compose.
        for c in text.chars() {
            if let Some(folded) = at_once(c) {
                out.push(folded);
                continue;
            }
            unicode_normalization::char::decompose_compatible(c, |part| {
                fold_part(part, |folded| out.push(folded));
            });
        }
        return;
    }
    let folded = text.nfkd().flat_map(|part| {
        let mut parts = smallvec::SmallVec::<[char; 4]>::new();
        fold_part(part, |folded| parts.push(folded));
        parts
    });
    out.extend(folded.nfc());
}

/// Latin, Greek and Cyrillic letters of which nothing but letters is left when marks are dropped.
fn has_simple_folding(c: char) -> bool {
    c.is_ascii()
        || matches!(c as u32, 0x00C0..=0x024F | 0x0300..=0x036F | 0x0370..=0x0481 | 0x048A..=0x052F | 0x1E00..=0x1FFF)
}

/// The folded form of the characters that need no tables.
fn at_once(c: char) -> Option<char> {
    match c {
        '\0'..='\u{7f}' => Some(c.to_ascii_lowercase()),
        // Cyrillic, without those that have a mark.
        'а'..='и' | 'к'..='я' => Some(c),
        'А'..='И' | 'К'..='Я' => char::from_u32(c as u32 + 0x20),
        // Greek likewise.
        'α'..='ρ' | 'σ'..='ω' => Some(c),
        'ä' | 'à' | 'á' | 'â' => Some('a'),
        'é' | 'è' | 'ê' | 'ë' => Some('e'),
        'í' => Some('i'),
        'ñ' => Some('n'),
        'ö' | 'ó' | 'ô' | 'ø' => Some('o'),
        'ü' | 'ú' => Some('u'),
        'ç' => Some('c'),
        _ => None,
    }
}

/// Folds one character of a compatibility decomposition.
fn fold_part(part: char, mut emit: impl FnMut(char)) {
    if part.is_ascii() {
        return emit(part.to_ascii_lowercase());
    }
    if is_dropped(part as u32) {
        return;
    }
    for lower in part.to_lowercase() {
        match lower {
            'ß' => ['s', 's'].into_iter().for_each(&mut emit),
            'æ' => ['a', 'e'].into_iter().for_each(&mut emit),
            'œ' => ['o', 'e'].into_iter().for_each(&mut emit),
            'þ' => ['t', 'h'].into_iter().for_each(&mut emit),
            'ı' => emit('i'),
            'ς' => emit('σ'),
            'ø' => emit('o'),
            'đ' | 'ð' => emit('d'),
            'ħ' => emit('h'),
            'ł' => emit('l'),
            'ŧ' => emit('t'),
            // Letters that Arabic and Persian keyboards write differently.
            'ى' | 'ی' => emit('ي'),
            'ک' => emit('ك'),
            '\u{0660}'..='\u{0669}' => emit(digit(lower, 0x0660)),
            '\u{06F0}'..='\u{06F9}' => emit(digit(lower, 0x06F0)),
            other => emit(other),
        }
    }
}

fn digit(c: char, zero: u32) -> char {
    char::from(b'0' + (c as u32 - zero) as u8)
}

/// Accents, Hebrew points, Arabic vowel signs and tatweel, enclosing marks, ignorable characters.
const fn is_dropped(code: u32) -> bool {
    is_ignorable(code)
        || matches!(code,
            0x0300..=0x036F | 0x0483..=0x0489
            | 0x0591..=0x05BD | 0x05BF | 0x05C1 | 0x05C2 | 0x05C4 | 0x05C5 | 0x05C7
            | 0x0610..=0x061A | 0x0640 | 0x064B..=0x065F | 0x0670
            | 0x06D6..=0x06DC | 0x06DF..=0x06E4 | 0x06E7 | 0x06E8 | 0x06EA..=0x06ED
            | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF | 0xFE20..=0xFE2F)
}
