//! Cuts text into the terms that are indexed and searched. Documents and queries go through the same
//! functions, so whatever stands in a text is found by typing it.
//!
//! Scripts with spaces give words; those without (Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese)
//! give overlapping pairs of characters and the last character alone, so that every substring is a
//! sequence of terms. Punctuation separates and is dropped.

mod fold;
mod parts;
mod script;
mod stem;
#[cfg(test)]
mod tests;
mod typo;

pub use parts::{Part, for_each_part, people_hold, searched_url};
pub use stem::{Language, WordStemmer};
pub use typo::{edit_distance, forgiven_edits};

use script::{Class, class_of, continues_cluster};
use unicode_normalization::UnicodeNormalization as _;
use unicode_segmentation::UnicodeSegmentation as _;

/// Terms longer than this many bytes are cut, in documents and in queries alike.
pub const MAX_TERM_BYTES: usize = 64;

/// What sort of term a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A word of a script with spaces.
    Word,
    /// Two neighbouring characters of a script without.
    Pair,
    /// The last character of a run of such a script; the only one if no pair comes before it.
    Last,
    /// An emoji or another sign.
    Symbol,
}

/// One term of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// The term, folded: case, accents and compatibility forms do not count.
    pub term: &'a str,
    /// The form in the text, composed, where it differs from the folded one.
    pub exact: Option<&'a str>,
    /// What sort of term it is.
    pub kind: TokenKind,
    /// Number of the token in the text, from 0.
    pub position: u32,
    /// Byte offset in the text of its first byte.
    pub start: usize,
    /// Byte offset in the text past its last byte.
    pub end: usize,
}

/// A [`Token`] that owns its term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedToken {
    /// As in [`Token`].
    pub term: String,
    /// As in [`Token`].
    pub exact: Option<String>,
    /// As in [`Token`].
    pub kind: TokenKind,
    /// As in [`Token`].
    pub position: u32,
    /// As in [`Token`].
    pub start: usize,
    /// As in [`Token`].
    pub end: usize,
}

/// The tokens of `text`, in order.
#[must_use]
pub fn tokens(text: &str) -> Vec<OwnedToken> {
    let mut tokens = Vec::new();
    for_each_token(text, &mut |token| {
        tokens.push(OwnedToken {
            term: token.term.to_owned(),
            exact: token.exact.map(str::to_owned),
            kind: token.kind,
            position: token.position,
            start: token.start,
            end: token.end,
        });
    });
    tokens
}

/// `text` with case, accents and compatibility forms folded and runs of white space made one space:
/// how labels and tags are compared.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        fold::fold_into(word, &mut folded);
    }
    folded
}

/// Calls `each` with every token of `text`, in order.
pub fn for_each_token(text: &str, each: &mut dyn FnMut(Token<'_>)) {
    let mut segmenter = Segmenter { text, position: 0, folded: String::new(), exact: String::new(), each };
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at = if byte.is_ascii_alphanumeric() {
            segmenter.word_from(at)
        } else if byte.is_ascii() {
            at + 1
        } else {
            segmenter.beyond_ascii_from(at)
        };
    }
}

struct Segmenter<'t, 'f> {
    text: &'t str,
    position: u32,
    /// Room for folded forms.
    folded: String,
    /// Room for composed forms.
    exact: String,
    each: &'f mut dyn FnMut(Token<'_>),
}

impl Segmenter<'_, '_> {
    /// Reads the word that begins with the ASCII letter or digit at `start`; gives where it ends.
    fn word_from(&mut self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut end = start;
        let mut has_capital = false;
        while let Some(byte) = bytes.get(end).filter(|byte| byte.is_ascii_alphanumeric()) {
            has_capital |= byte.is_ascii_uppercase();
            end += 1;
        }
        if bytes.get(end).is_some_and(|byte| !byte.is_ascii()) {
            return self.long_word_from(start);
        }
        let word = &self.text[start..end.min(start + MAX_TERM_BYTES)];
        let (term, exact) = if has_capital {
            self.folded.clear();
            self.folded.extend(word.bytes().map(|byte| byte.to_ascii_lowercase() as char));
            (self.folded.as_str(), (self.folded != word).then_some(word))
        } else {
            (word, None)
        };
        (self.each)(Token { term, exact, kind: TokenKind::Word, position: self.position, start, end });
        self.position += 1;
        end
    }

    fn beyond_ascii_from(&mut self, start: usize) -> usize {
        let Some(first) = self.text[start..].chars().next() else { return self.text.len() };
        match class_of(first) {
            Class::Word => self.long_word_from(start),
            Class::Unspaced => self.run_from(start),
            Class::Symbol => self.symbol_from(start),
            Class::Ignorable | Class::Break => start + first.len_utf8(),
        }
    }

    /// Reads a word that may hold any letters of scripts with spaces.
    fn long_word_from(&mut self, start: usize) -> usize {
        let rest = &self.text[start..];
        let length = rest
            .char_indices()
            .find(|&(_, c)| !matches!(class_of(c), Class::Word | Class::Ignorable))
            .map_or(rest.len(), |(offset, _)| offset);
        self.emit_folded(start, start + length, TokenKind::Word);
        start + length
    }

    /// Reads an emoji or a sign with all that modifies it.
    fn symbol_from(&mut self, start: usize) -> usize {
        let length = self.text[start..].graphemes(true).next().map_or(1, str::len);
        self.emit_folded(start, start + length, TokenKind::Symbol);
        start + length
    }

    fn emit_folded(&mut self, start: usize, end: usize, kind: TokenKind) {
        let form = &self.text[start..end];
        self.folded.clear();
        if kind == TokenKind::Symbol {
            let plain = form.chars().filter(|&c| !is_skin_tone(c)).collect::<String>();
            fold::fold_into(&plain, &mut self.folded);
        } else {
            fold::fold_into(form, &mut self.folded);
        }
        self.exact.clear();
        if form.chars().all(script::is_composed) {
            self.exact.push_str(form);
        } else {
            self.exact.extend(form.nfc().filter(|&c| !script::is_ignorable(c as u32)));
        }
        if self.folded.is_empty() {
            if kind == TokenKind::Word || self.exact.is_empty() {
                return;
            }
            self.folded.push_str(&self.exact);
        }
        let term = cut(&self.folded);
        let exact = cut(&self.exact);
        let exact = (exact != term).then_some(exact);
        (self.each)(Token { term, exact, kind, position: self.position, start, end });
        self.position += 1;
    }

    /// Reads a run of a script without spaces.
    fn run_from(&mut self, start: usize) -> usize {
        let mut previous: Option<Unit> = None;
        let mut at = start;
        let mut folded = smallvec::SmallVec::<[char; 8]>::new();
        while let Some(first) = self.text[at..].chars().next() {
            if class_of(first) != Class::Unspaced {
                break;
            }
            let end = self.cluster_end(at + first.len_utf8());
            self.fold_cluster(at, end, first, &mut folded);
            for &character in &folded {
                let unit = Unit { character, start: at, end };
                if let Some(previous) = previous {
                    self.emit_pair(previous, Some(unit));
                }
                previous = Some(unit);
            }
            at = end;
        }
        if let Some(last) = previous {
            self.emit_pair(last, None);
        }
        at
    }

    fn cluster_end(&self, at: usize) -> usize {
        let rest = &self.text[at..];
        rest.char_indices().find(|&(_, c)| !continues_cluster(c)).map_or(rest.len(), |(offset, _)| offset)
            + at
    }

    fn fold_cluster(
        &mut self,
        start: usize,
        end: usize,
        first: char,
        folded: &mut smallvec::SmallVec<[char; 8]>,
    ) {
        folded.clear();
        let alone = end - start == first.len_utf8();
        if alone
            && matches!(first as u32, 0x3041..=0x3096 | 0x30A1..=0x30FA | 0x4E00..=0x9FFF | 0xAC00..=0xD7A3)
        {
            folded.push(first);
            return;
        }
        self.folded.clear();
        fold::fold_into(&self.text[start..end], &mut self.folded);
        folded.extend(self.folded.chars().filter(|c| !c.is_whitespace()));
    }

    fn emit_pair(&mut self, first: Unit, second: Option<Unit>) {
        let mut buffer = [0; 8];
        let mut length = first.character.encode_utf8(&mut buffer).len();
        if let Some(second) = second {
            length += second.character.encode_utf8(&mut buffer[length..]).len();
        }
        let Ok(term) = std::str::from_utf8(&buffer[..length]) else { return };
        (self.each)(Token {
            term,
            exact: None,
            kind: if second.is_some() { TokenKind::Pair } else { TokenKind::Last },
            position: self.position,
            start: first.start,
            end: second.map_or(first.end, |second| second.end),
        });
        self.position += 1;
    }
}

/// A folded character of a run, with where it stands in the text.
#[derive(Clone, Copy)]
struct Unit {
    character: char,
    start: usize,
    end: usize,
}

fn is_skin_tone(c: char) -> bool {
    ('\u{1F3FB}'..='\u{1F3FF}').contains(&c)
}

/// At most [`MAX_TERM_BYTES`] of `term`.
fn cut(term: &str) -> &str {
    if term.len() <= MAX_TERM_BYTES { term } else { &term[..term.floor_char_boundary(MAX_TERM_BYTES)] }
}
