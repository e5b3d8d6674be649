//! Finding ends: of a string, of white space, of a value whose grammar is broken.

use memchr::memchr2;

/// Index of the closing quote of the string whose first content byte is at `from`, and whether the
/// string holds an escape. None if the data ends first.
#[inline]
pub(super) fn string_end(data: &[u8], from: usize) -> Option<(usize, bool)> {
    // Most strings are short: look at a few bytes by hand before calling the vectorised search.
    let near = data.len().min(from + 24);
    let mut at = from;
    while at < near {
        match data[at] {
            b'"' => return Some((at, false)),
            b'\\' => return escaped_string_end(data, at),
            _ => at += 1,
        }
    }
    let at = at + memchr2(b'"', b'\\', data.get(at..)?)?;
    if data[at] == b'"' { Some((at, false)) } else { escaped_string_end(data, at) }
}

/// Continues at the first backslash of a string.
fn escaped_string_end(data: &[u8], mut at: usize) -> Option<(usize, bool)> {
    loop {
        at += memchr2(b'"', b'\\', data.get(at..)?)?;
        if data[at] == b'"' {
            return Some((at, true));
        }
        at += 2;
    }
}

/// Index of the first byte at or after `from` that is not white space.
#[inline]
pub(super) fn skip_space(data: &[u8], mut from: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = data.get(from) {
        from += 1;
    }
    from
}

/// Walks over one value of unknown grammar, in as many pieces as it comes: only brackets and
/// strings are looked at. Used to get past a value that is malformed or too large to hold.
#[derive(Debug, Default, Clone)]
pub(super) struct Balance {
    depth: usize,
    in_string: bool,
    after_backslash: bool,
    started: bool,
}

impl Balance {
    /// Takes the next piece; gives the index just past the value's end if it ends in this piece.
    ///
    /// A bare word or number ends before the comma or bracket that follows it.
    pub(super) fn feed(&mut self, piece: &[u8]) -> Option<usize> {
        for (at, &byte) in piece.iter().enumerate() {
            if self.in_string {
                match byte {
                    _ if self.after_backslash => self.after_backslash = false,
                    b'\\' => self.after_backslash = true,
                    b'"' => {
                        self.in_string = false;
                        if self.depth == 0 {
                            return Some(at + 1);
                        }
                    }
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => {
                    self.in_string = true;
                    self.started = true;
                }
                b'{' | b'[' => {
                    self.depth += 1;
                    self.started = true;
                }
                b'}' | b']' | b',' if self.depth == 0 && self.started => return Some(at),
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(at + 1);
                    }
                }
                b' ' | b'\n' | b'\r' | b'\t' | b',' => {}
                _ => self.started = true,
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_end_at_the_first_bare_quote() {
        assert_eq!(string_end(br#"abc" rest"#, 0), Some((3, false)));
        assert_eq!(string_end(br#"a\"b\\" x"#, 0), Some((6, true)));
        assert_eq!(string_end(br#"abcdefghijklmnopqrstuvwxyz0123456789" x"#, 0), Some((36, false)));
        assert_eq!(string_end(br"never ends \", 0), None);
    }

    #[test]
    fn balance_finds_the_end_across_pieces() {
        let value = br#"{"a":["}\"",{}],b:]}, next"#;
        for cut in 0..value.len() {
            let mut balance = Balance::default();
            let end =
                balance.feed(&value[..cut]).or_else(|| balance.feed(&value[cut..]).map(|end| end + cut));
            assert!(end.is_some(), "cut at {cut}");
        }
        assert_eq!(Balance::default().feed(b"true, 1"), Some(4));
    }
}
