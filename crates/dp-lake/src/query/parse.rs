//! Takes a typed query apart: words, "phrases", `-excluded`, `prefix*` and filters. Anything that is
//! not clearly a filter is a word, so a pasted text or address can be searched as it is.

use super::{Parsed, QueryError, Term, TermMode, fields::Clause, fields::Field};
use crate::analysis::for_each_token;
use jiff::civil::Date;

/// Takes `text` apart; `today` is what `today` and `yesterday` are counted from.
///
/// The last word is taken as one still being typed, unless white space follows it.
///
/// # Errors
/// When a filter has a value that cannot be meant; the message says what would be right.
pub fn parse_query(text: &str, today: Date) -> Result<Parsed, QueryError> {
    let mut reader = Reader { text, at: 0 };
    let mut parsed = Parsed::default();
    let mut last_is_open = false;
    while let Some(piece) = reader.next_piece() {
        last_is_open = false;
        match piece {
            Piece::Clause(clause) => clause.apply(&mut parsed.filter, today)?,
            Piece::Term { term, .. } if !has_tokens(&term.text) => {}
            Piece::Term { term, negated: true } => parsed.text.must_not.push(term),
            Piece::Term { term, negated: false } => {
                last_is_open = term.mode == TermMode::Words && reader.is_at_end();
                parsed.text.must.push(term);
            }
        }
    }
    if let Some(last) = parsed.text.must.last_mut().filter(|_| last_is_open) {
        last.mode = TermMode::Prefix;
    }
    Ok(parsed)
}

fn has_tokens(text: &str) -> bool {
    let mut found = false;
    for_each_token(text, &mut |_| found = true);
    found
}

enum Piece<'a> {
    Term { term: Term, negated: bool },
    Clause(Clause<'a>),
}

struct Reader<'a> {
    text: &'a str,
    /// Byte offset of what comes next.
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    fn next_piece(&mut self) -> Option<Piece<'a>> {
        self.at += self.rest().len() - self.rest().trim_start().len();
        let first = self.rest().chars().next()?;
        let followed = self.rest()[first.len_utf8()..].chars().next().is_some_and(|c| !c.is_whitespace());
        let negated = matches!(first, '-' | '−') && followed;
        if negated {
            self.at += first.len_utf8();
        }
        if let Some(phrase) = self.quoted() {
            let term = Term { text: phrase.to_owned(), mode: TermMode::Phrase };
            return Some(Piece::Term { term, negated });
        }
        if let Some(clause) = self.clause(negated) {
            return Some(Piece::Clause(clause));
        }
        let word = self.bare();
        let term = match word.strip_suffix('*') {
            Some(stem) => Term { text: stem.trim_end_matches('*').to_owned(), mode: TermMode::Prefix },
            None => Term { text: word.to_owned(), mode: TermMode::Words },
        };
        Some(Piece::Term { term, negated })
    }

    /// Reads up to the next white space.
    fn bare(&mut self) -> &'a str {
        let rest = self.rest();
        let word = &rest[..rest.find(char::is_whitespace).unwrap_or(rest.len())];
        self.at += word.len();
        word
    }

    /// Reads what stands in quotes; without a closing one, all that follows.
    fn quoted(&mut self) -> Option<&'a str> {
        let closing = match self.rest().chars().next()? {
            '"' => &['"'][..],
            '“' | '„' | '”' => &['”', '“', '"'],
            '«' => &['»'],
            '「' => &['」'],
            _ => return None,
        };
        self.enclosed(closing)
    }

    fn enclosed(&mut self, closing: &[char]) -> Option<&'a str> {
        let rest = self.rest();
        let inside = rest.get(rest.chars().next()?.len_utf8()..)?;
        let (content, past) = match inside.find(closing) {
            Some(end) => (&inside[..end], end + inside[end..].chars().next().map_or(0, char::len_utf8)),
            None => (inside, inside.len()),
        };
        self.at += rest.len() - inside.len() + past;
        Some(content)
    }

    /// Reads a filter, if a known name, a colon and a value follow.
    fn clause(&mut self, negated: bool) -> Option<Clause<'a>> {
        let rest = self.rest();
        let colon =
            rest.find(|c: char| !c.is_ascii_alphabetic()).filter(|&end| rest[end..].starts_with(':'))?;
        let field = Field::named(&rest[..colon])?;
        if !rest[colon + 1..].starts_with(|c: char| !c.is_whitespace()) {
            return None;
        }
        self.at += colon + 1;
        let position = self.text[..self.at].chars().count();
        let whole = if self.rest().starts_with('(') { self.enclosed(&[')']) } else { self.quoted() };
        let quoted = whole.is_some();
        let value = whole.unwrap_or_else(|| self.bare()).trim();
        Some(Clause { field, value, quoted, negated, position })
    }
}
