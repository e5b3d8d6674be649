//! Reads a query from left to right: the pieces it is made of, as they are written. Knows what begins
//! and ends a word, not what it means.

/// A filter as written.
#[derive(Debug)]
pub(super) struct RawClause<'a> {
    pub(super) field: super::fields::Field,
    pub(super) value: &'a str,
    /// Whether the value stood in quotes or parentheses, and so is one whole.
    pub(super) quoted: bool,
    /// Characters of the query before the value.
    pub(super) position: usize,
}

/// Where the reading has come to.
pub(super) struct Reader<'a> {
    text: &'a str,
    /// Byte offset of what comes next.
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// The next character.
    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    /// Characters before what comes next.
    pub(super) fn position(&self) -> usize {
        self.text[..self.at].chars().count()
    }

    pub(super) fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Takes `wanted` if it comes next.
    pub(super) fn take(&mut self, wanted: char) -> bool {
        let is_next = self.peek() == Some(wanted);
        if is_next {
            self.at += wanted.len_utf8();
        }
        is_next
    }

    /// Takes a minus, or several, that something follows.
    pub(super) fn minus(&mut self) -> bool {
        let past = self.rest().trim_start_matches(['-', '−']);
        let length = self.rest().len() - past.len();
        let is_minus = length > 0 && past.chars().next().is_some_and(|c| !c.is_whitespace() && c != ')');
        if is_minus {
            self.at += length;
        }
        is_minus
    }

    /// Takes `OR` or `|`, if it stands alone.
    pub(super) fn either(&mut self) -> bool {
        for word in ["OR", "|"] {
            let Some(past) = self.rest().strip_prefix(word) else { continue };
            if past.chars().next().is_none_or(|c| c.is_whitespace() || matches!(c, '(' | ')')) {
                self.at += word.len();
                return true;
            }
        }
        false
    }

    /// Reads up to the next white space, or to a closing parenthesis that was not opened in the word.
    pub(super) fn bare(&mut self) -> &'a str {
        let rest = self.rest();
        let mut open = 0_usize;
        let mut end = rest.len();
        for (at, c) in rest.char_indices() {
            if c.is_whitespace() || (c == ')' && open == 0) {
                end = at;
                break;
            }
            match c {
                '(' => open += 1,
                ')' => open -= 1,
                _ => {}
            }
        }
        self.at += end;
        &rest[..end]
    }

    /// Reads what stands in quotes; without a closing one, all that follows.
    pub(super) fn quoted(&mut self) -> Option<&'a str> {
        let closing = match self.peek()? {
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
    pub(super) fn clause(&mut self) -> Option<RawClause<'a>> {
        let rest = self.rest();
        let colon =
            rest.find(|c: char| !c.is_ascii_alphabetic()).filter(|&end| rest[end..].starts_with(':'))?;
        let field = super::fields::Field::named(&rest[..colon])?;
        if !rest[colon + 1..].starts_with(|c: char| !c.is_whitespace() && c != ')') {
            return None;
        }
        self.at += colon + 1;
        let position = self.position();
        let whole = if self.peek() == Some('(') { self.enclosed(&[')']) } else { self.quoted() };
        let quoted = whole.is_some();
        let value = whole.unwrap_or_else(|| self.bare()).trim();
        Some(RawClause { field, value, quoted, position })
    }
}
