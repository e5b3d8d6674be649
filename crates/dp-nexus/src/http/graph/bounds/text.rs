//! The text of a document before it is parsed: how long it is, and how deep its brackets lie. Understands no more of
//! the language than where strings and comments end.

use super::{NESTING_MAX, too_complex};
use crate::http::problem::Problem;

/// Bytes of a document.
const TEXT_BYTES_MAX: usize = 64 * 1024;

/// Looks at the text of a document, which is not parsed yet.
///
/// # Errors
/// When it is too long or its brackets lie too deep.
pub(in crate::http::graph) fn check(text: &str) -> Result<(), Problem> {
    if text.len() > TEXT_BYTES_MAX {
        let detail = format!("the query has {} bytes and may have {TEXT_BYTES_MAX}", text.len());
        return Err(too_complex(detail));
    }
    if nesting(text) > NESTING_MAX {
        return Err(too_complex(format!("brackets lie more than {NESTING_MAX} deep in the query")));
    }
    Ok(())
}

/// How deep brackets lie in each other, outside of strings and comments.
fn nesting(text: &str) -> usize {
    let (mut rest, mut depth, mut deepest) = (text.as_bytes(), 0_usize, 0);
    while let Some((&byte, after)) = rest.split_first() {
        rest = match byte {
            b'{' | b'[' | b'(' => {
                depth += 1;
                deepest = deepest.max(depth);
                after
            }
            b'}' | b']' | b')' => {
                depth = depth.saturating_sub(1);
                after
            }
            b'#' => past(after, |rest| rest[0] == b'\n' || rest[0] == b'\r', 1),
            b'"' if after.starts_with(b"\"\"") => past_block(&after[2..]),
            b'"' => past_string(after),
            _ => after,
        };
    }
    deepest
}

/// What follows after so many bytes of where it ends.
fn past(mut rest: &[u8], is_end: impl Fn(&[u8]) -> bool, length: usize) -> &[u8] {
    while !rest.is_empty() && !is_end(rest) {
        rest = &rest[1..];
    }
    rest.get(length..).unwrap_or_default()
}

fn past_string(mut rest: &[u8]) -> &[u8] {
    while let Some((&byte, after)) = rest.split_first() {
        match byte {
            b'"' | b'\n' | b'\r' => return after,
            b'\\' => rest = after.get(1..).unwrap_or_default(),
            _ => rest = after,
        }
    }
    rest
}

fn past_block(mut rest: &[u8]) -> &[u8] {
    while !rest.is_empty() {
        if rest.starts_with(b"\\\"\"\"") {
            rest = &rest[4..];
        } else if rest.starts_with(b"\"\"\"") {
            return &rest[3..];
        } else {
            rest = &rest[1..];
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_strings_and_comments_are_none() {
        assert_eq!(nesting("{a(b:[{c:1}])}"), 4);
        assert_eq!(nesting("{a # {{{{\n b}"), 1);
        assert_eq!(nesting(r#"{a(q:"((((\"((")}"#), 2);
        assert_eq!(nesting(r#"{a(q:"""(("(\"""(( """){b}}"#), 2);
        assert_eq!(nesting(r#"{a(q:"" b:""){b}}"#), 2);
        assert_eq!(nesting("\"\\"), 0);
        assert!(check(&"{a".repeat(NESTING_MAX + 1)).is_err());
        assert!(check(&" ".repeat(TEXT_BYTES_MAX + 1)).is_err());
    }
}
