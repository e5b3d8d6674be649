//! Which characters make words, and in which scripts words are not told apart by spaces.
//! Pure tables over code points; nothing here looks at more than one character.

use unicode_normalization::char::is_combining_mark;

/// What a character is to the segmenter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// A letter or digit of a script that puts spaces between words, or a mark on one.
    Word,
    /// A character of a script that does not: cut into overlapping pairs.
    Unspaced,
    /// A picture or sign that stands for itself.
    Symbol,
    /// Invisible inside a word: joiners, soft hyphens, variation selectors.
    Ignorable,
    /// Everything else.
    Break,
}

pub(super) fn class_of(c: char) -> Class {
    if c.is_ascii() {
        return if c.is_ascii_alphanumeric() { Class::Word } else { Class::Break };
    }
    let code = c as u32;
    // The blocks that most text is in.
    if (0x00C0..0x0250).contains(&code) || (0x0400..0x0482).contains(&code) {
        return if matches!(code, 0x00D7 | 0x00F7) { Class::Break } else { Class::Word };
    }
    if is_ignorable(code) {
        return Class::Ignorable;
    }
    if is_unspaced_block(code) {
        let part_of_text = c.is_alphanumeric() || is_combining_mark(c) || (0x2E80..=0x2FDF).contains(&code);
        return if part_of_text { Class::Unspaced } else { Class::Break };
    }
    if is_symbol_block(code) {
        return Class::Symbol;
    }
    if c.is_alphanumeric() || is_combining_mark(c) { Class::Word } else { Class::Break }
}

/// Soft hyphen, combining grapheme joiner, zero-width space and joiners, word joiner, variation
/// selectors, byte order mark.
pub(super) const fn is_ignorable(code: u32) -> bool {
    matches!(code, 0x00AD | 0x034F | 0x200B..=0x200D | 0x2060 | 0xFE00..=0xFE0F | 0xFEFF | 0xE0100..=0xE01EF)
}

/// Whether a character certainly stays as it is when a text is composed, and is visible.
pub(super) fn is_composed(c: char) -> bool {
    matches!(c as u32, 0..=0x00AC | 0x00AE..=0x02FF | 0x0400..=0x0482 | 0x048A..=0x052F)
}

const fn is_unspaced_block(code: u32) -> bool {
    matches!(code,
        0x0E00..=0x0EFF                     // Thai, Lao
        | 0x1000..=0x109F | 0xA9E0..=0xA9FF | 0xAA60..=0xAA7F // Myanmar
        | 0x1100..=0x11FF | 0xA960..=0xA97F | 0xAC00..=0xD7FF // Hangul
        | 0x1780..=0x17FF                   // Khmer
        | 0x1950..=0x19DF | 0x1A20..=0x1AAF | 0xAA80..=0xAADF // Tai scripts
        | 0x2E80..=0x2FDF                   // radicals
        | 0x3005..=0x3007 | 0x3021..=0x3029 | 0x3031..=0x3035 | 0x3038..=0x303C
        | 0x3041..=0x31FF                   // kana, Bopomofo, Hangul letters
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xA000..=0xA4CF | 0xF900..=0xFAFF // Han, Yi
        | 0xFF66..=0xFFDC                   // half-width kana and Hangul
        | 0x16FE0..=0x18DFF                 // Tangut, Nüshu marks, Khitan
        | 0x1AFF0..=0x1B2FF                 // historic kana, Nüshu
        | 0x20000..=0x3FFFD)
}

const fn is_symbol_block(code: u32) -> bool {
    matches!(code,
        0x203C | 0x2049
        | 0x2190..=0x245F | 0x2500..=0x2BFF // arrows, mathematics, technical, shapes, dingbats
        | 0x3012 | 0x3013 | 0x3020 | 0x3030 | 0x303D
        | 0x3200..=0x33FF                   // enclosed and squared letters
        | 0x1F000..=0x1F0FF | 0x1F18E | 0x1F191..=0x1F1FF | 0x1F200..=0x1FAFF)
}

/// Whether `c` belongs to the character before it: marks, half-width voicing, the later letters of a
/// Hangul syllable.
pub(super) fn continues_cluster(c: char) -> bool {
    let code = c as u32;
    if (0x4E00..=0x9FFF).contains(&code)
        || (0xAC00..=0xD7A3).contains(&code)
        || (0x3041..=0x3096).contains(&code)
    {
        return false;
    }
    is_ignorable(code)
        || matches!(code, 0xFF9E | 0xFF9F | 0x1160..=0x11FF | 0xD7B0..=0xD7FF)
        || is_combining_mark(c)
}
