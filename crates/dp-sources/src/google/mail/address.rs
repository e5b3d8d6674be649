//! Lists of addresses as `From`, `To`, `Cc` and `Bcc` hold them: names quoted, encoded or in comments,
//! groups, and what programs write that no standard allows.

use super::header::{decode_words, encoded_word, unfold};

/// One name with its address; either may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) name: Option<String>,
    pub(super) address: Option<String>,
}

/// Reads a field value. Names of groups are passed over, their members kept.
pub(super) fn parse_list(value: &[u8]) -> Vec<Address> {
    let raw = unfold(value);
    let mut list = List::default();
    let mut at = 0;
    while let Some(&byte) = raw.get(at) {
        at += match byte {
            b'"' => list.quoted(&raw[at..]),
            b'(' => list.comment(&raw[at..]),
            b'<' => list.angle(&raw[at..]),
            b',' | b';' => list.finish(),
            b':' if list.opens_group() => list.drop_group_name(),
            b'=' if raw[at..].starts_with(b"=?") => match encoded_word(&raw[at..]) {
                Some(word) => list.push(&raw[at..at + word.used]),
                None => list.push(b"="),
            },
            _ => list.push(&raw[at..=at]),
        };
    }
    list.finish();
    list.done
}

#[derive(Default)]
struct List {
    done: Vec<Address>,
    display: Vec<u8>,
    comment: Vec<u8>,
    angle: Option<Vec<u8>>,
}

impl List {
    fn push(&mut self, bytes: &[u8]) -> usize {
        self.display.extend_from_slice(bytes);
        bytes.len()
    }

    /// Takes a quoted string into the name.
    fn quoted(&mut self, raw: &[u8]) -> usize {
        let mut at = 1;
        while let Some(&byte) = raw.get(at) {
            at += 1;
            match byte {
                b'"' => break,
                b'\\' => {
                    self.display.extend(raw.get(at));
                    at += 1;
                }
                other => self.display.push(other),
            }
        }
        at
    }

    fn comment(&mut self, raw: &[u8]) -> usize {
        let (mut at, mut depth) = (0, 0_usize);
        while let Some(&byte) = raw.get(at) {
            at += 1;
            match byte {
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            match (byte, depth) {
                (_, 0) => break,
                (b'(', 1) => {}
                _ => self.comment.push(byte),
            }
        }
        at
    }

    fn angle(&mut self, raw: &[u8]) -> usize {
        let end = memchr::memchr2(b'>', b',', raw);
        let inner = &raw[1..end.unwrap_or(raw.len())];
        // `<@relay:somebody@example.org>` names the way, too.
        let inner = if inner.starts_with(b"@") {
            inner.splitn(2, |byte| *byte == b':').last().unwrap_or_default()
        } else {
            inner
        };
        self.angle = Some(inner.to_vec());
        match end {
            Some(end) if raw[end] == b'>' => end + 1,
            Some(end) => end,
            None => raw.len(),
        }
    }

    fn opens_group(&self) -> bool {
        self.angle.is_none()
            && !self.display.contains(&b'@')
            && !self.display.trim_ascii().eq_ignore_ascii_case(b"mailto")
    }

    fn drop_group_name(&mut self) -> usize {
        self.display.clear();
        self.comment.clear();
        1
    }

    fn finish(&mut self) -> usize {
        let display = decode_words(std::mem::take(&mut self.display).trim_ascii());
        let comment = decode_words(std::mem::take(&mut self.comment).trim_ascii());
        let words = |text: String| {
            let text = text.trim().trim_matches('\'').split_whitespace().collect::<Vec<_>>().join(" ");
            (!text.is_empty()).then_some(text)
        };
        let address = match self.angle.take() {
            Some(angle) => {
                let address = decode_words(angle.trim_ascii());
                let name = words(display).or_else(|| words(comment));
                Address { name, address: Some(address).filter(|address| !address.is_empty()) }
            }
            None if display.contains('@') => {
                // The last word with an at sign; what stands before it is a name all the same.
                let (before, last) = display.rsplit_once(char::is_whitespace).unwrap_or(("", &display));
                if last.contains('@') {
                    let name = words(before.to_owned()).or_else(|| words(comment));
                    Address { name, address: Some(last.to_owned()) }
                } else {
                    Address { name: words(display), address: None }
                }
            }
            None => Address { name: words(display), address: None },
        };
        if address != Address::default() {
            self.done.push(address);
        }
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(raw: &str) -> Vec<(String, String)> {
        let read = parse_list(raw.as_bytes());
        read.into_iter().map(|a| (a.name.unwrap_or_default(), a.address.unwrap_or_default())).collect()
    }

    #[test]
    fn lists_are_read_in_every_spelling() {
        let one = |raw: &str, name: &str, address: &str| {
            assert_eq!(list(raw), [(name.to_owned(), address.to_owned())], "{raw}");
        };
        one("ada@example.org", "", "ada@example.org");
        one("Ada Example <ada@example.org>", "Ada Example", "ada@example.org");
        one("\"Example, Ada\" <ada@example.org>", "Example, Ada", "ada@example.org");
        one("=?UTF-8?Q?Example,_Ad=C3=A0?= <ada@example.org>", "Example, Adà", "ada@example.org");
        one("\"=?UTF-8?B?QWTDoA==?=\" <ada@example.org>", "Adà", "ada@example.org");
        one("ada@example.org (Ada (the) Example)", "Ada (the) Example", "ada@example.org");
        one("'Ada' <@relay.example:ada@example.org>", "Ada", "ada@example.org");
        one("Ada\r\n <ada@example.org>", "Ada", "ada@example.org");
        one("Ada Example ada@example.org", "Ada Example", "ada@example.org");
        one("Ada <ada@example.org", "Ada", "ada@example.org");
        one("Friends: Ada <ada@example.org>;", "Ada", "ada@example.org");
        one("Somebody", "Somebody", "");
        assert_eq!(list("undisclosed-recipients:;"), []);
        assert_eq!(list(""), []);
        assert_eq!(list("a@x.org, , Bo <b@x.org>; c@x.org").len(), 3);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100), text in "[a@<>\",;:()\\\\ =?]{0,40}") {
            parse_list(&bytes);
            parse_list(text.as_bytes());
        }
    }
}
