//! A line cut into numbers, words and marks. Spaces of every sort and bidirectional marks vanish;
//! digits of other scripts become numbers.

use smallvec::SmallVec;

/// A piece of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Digits, of any script.
    Number { value: u32, digits: u8 },
    /// Letters.
    Word(&'a str),
    /// Anything else; also 年 月 日 and their Korean sisters, which stand between numbers.
    Mark(char),
}

/// The pieces of a line, in order.
#[derive(Debug)]
pub(super) struct Tokens<'a>(SmallVec<[Token<'a>; 24]>);

/// More pieces than any date has.
const TOKENS_MAX: usize = 32;

impl<'a> Tokens<'a> {
    /// Cuts a line. None if it has more pieces, or longer numbers, than a date.
    pub(super) fn of(text: &'a str) -> Option<Self> {
        let mut tokens = SmallVec::new();
        let mut at = 0;
        while let Some(first) = text[at..].chars().next() {
            let end = at + first.len_utf8();
            if is_blank(first) {
                at = end;
                continue;
            }
            if tokens.len() == TOKENS_MAX {
                return None;
            }
            let rest = &text[at..];
            let (token, used) = if let Some(digit) = digit_of(first) {
                number(digit, first, rest)?
            } else if is_letter(first) && !is_date_mark(first) {
                let length = rest
                    .char_indices()
                    .find(|&(_, character)| !is_letter(character) || is_date_mark(character))
                    .map_or(rest.len(), |(length, _)| length);
                (Token::Word(&rest[..length]), length)
            } else {
                (Token::Mark(plain_mark(first)), first.len_utf8())
            };
            tokens.push(token);
            at += used;
        }
        Some(Self(tokens))
    }

    pub(super) fn as_slice(&self) -> &[Token<'a>] {
        &self.0
    }
}

fn number<'a>(first_digit: u32, first: char, rest: &str) -> Option<(Token<'a>, usize)> {
    let (mut value, mut digits, mut used) = (first_digit, 1, first.len_utf8());
    for character in rest[used..].chars() {
        let Some(digit) = digit_of(character) else { break };
        value = value * 10 + digit;
        digits += 1;
        used += character.len_utf8();
        if digits > 4 {
            return None;
        }
    }
    Some((Token::Number { value, digits }, used))
}

fn digit_of(character: char) -> Option<u32> {
    let base = match character {
        '0'..='9' => '0',
        '\u{660}'..='\u{669}' => '\u{660}',
        '\u{6F0}'..='\u{6F9}' => '\u{6F0}',
        '\u{966}'..='\u{96F}' => '\u{966}',
        '\u{FF10}'..='\u{FF19}' => '\u{FF10}',
        _ => return None,
    };
    Some(character as u32 - base as u32)
}

fn is_letter(character: char) -> bool {
    // Combining marks of Indic and Thai words are not alphabetic.
    character.is_alphabetic()
        || matches!(character, '\u{900}'..='\u{963}' | '\u{E01}'..='\u{E4E}' | '\u{300}'..='\u{36F}')
}

fn is_date_mark(character: char) -> bool {
    matches!(character, '年' | '月' | '日' | '년' | '월' | '일')
}

fn is_blank(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{61C}' | '\u{FEFF}')
}

fn plain_mark(mark: char) -> char {
    match mark {
        '\u{2212}' | '\u{2013}' | '\u{2010}' | '\u{2011}' => '-',
        '\u{FF1A}' | '\u{2236}' => ':',
        '\u{FF0C}' | '\u{3001}' => ',',
        '\u{FF08}' => '(',
        '\u{FF09}' => ')',
        other => other,
    }
}
