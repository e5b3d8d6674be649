//! Plain text out of HTML: tags dropped, blocks on lines of their own, references decoded.

use super::decode_entities;
use memchr::{memchr, memmem};

/// The text a reader of this HTML would see. Blocks and `<br>` begin new lines, list items a dash;
/// script, style and comments are dropped; runs of white space become one space except in `<pre>`.
#[must_use]
pub fn html_to_text(html: &str) -> String {
    let mut reader = Reader::default();
    reader.out.text.reserve(html.len() / 2);
    reader.read(html);
    reader.out.finish()
}

#[derive(Default)]
struct Reader {
    out: Page,
    /// A tag's quotes once ran to the end of the page: quotes count for nothing from there on, so
    /// that a broken page is not searched to its end again and again.
    quotes_broken: bool,
    no_more_closes: bool,
}

impl Reader {
    fn read(&mut self, html: &str) {
        let bytes = html.as_bytes();
        let mut at = 0;
        while let Some(hit) = memchr(b'<', &bytes[at..]) {
            let open = at + hit;
            self.out.push(&html[at..open]);
            at = match bytes.get(open + 1) {
                Some(b'!') if bytes[open..].starts_with(b"<!--") => {
                    memmem::find(&bytes[open + 4..], b"-->").map_or(bytes.len(), |end| open + 7 + end)
                }
                Some(b'a'..=b'z' | b'A'..=b'Z' | b'/' | b'!' | b'?') => match self.tag_end(bytes, open + 1) {
                    Some(end) => self.tag(html, open + 1, end),
                    None => self.literal(open),
                },
                _ => self.literal(open),
            };
        }
        self.out.push(&html[at..]);
    }

    /// A `<` that begins no tag.
    fn literal(&mut self, open: usize) -> usize {
        self.out.push("<");
        open + 1
    }

    /// Index of the `>` that ends the tag whose name begins at `from`; a quoted `>` does not count.
    fn tag_end(&mut self, bytes: &[u8], from: usize) -> Option<usize> {
        if self.no_more_closes {
            return None;
        }
        let mut at = if self.quotes_broken { bytes.len() } else { from };
        loop {
            let stop = memchr::memchr3(b'>', b'"', b'\'', &bytes[at..]);
            let Some(stop) = stop.map(|length| at + length) else { break };
            if bytes[stop] == b'>' {
                return Some(stop);
            }
            // A quote outside of an attribute's value (`it's`) is no quote.
            let before = bytes[from..stop].iter().rev().find(|byte| !byte.is_ascii_whitespace());
            if before != Some(&b'=') {
                at = stop + 1;
                continue;
            }
            match memchr(bytes[stop], &bytes[stop + 1..]) {
                Some(length) => at = stop + length + 2,
                None => break,
            }
        }
        self.quotes_broken = true;
        let end = memchr(b'>', &bytes[from..]).map(|length| from + length);
        self.no_more_closes = end.is_none();
        end
    }

    /// Takes the tag `html[from..end]`; gives where to go on.
    fn tag(&mut self, html: &str, from: usize, end: usize) -> usize {
        let inner = &html[from..end];
        let (closing, rest) = match inner.strip_prefix('/') {
            Some(rest) => (true, rest),
            None => (false, inner),
        };
        let length = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let name = Name::of(&rest[..length]);
        match name.as_str() {
            "script" | "style" | "head" | "template" if !closing => {
                return skip_element(html, end + 1, name.as_str());
            }
            "br" => self.out.line_break(),
            "li" if !closing => {
                self.out.block(1);
                self.out.push("- ");
            }
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "ul" | "ol" | "table" | "blockquote" | "hr" => {
                self.out.block(2);
            }
            "pre" => {
                self.out.block(2);
                self.out.preformatted = !closing;
            }
            "div" | "tr" | "li" | "section" | "article" | "header" | "footer" | "dl" | "dt" | "dd"
            | "form" | "title" | "address" | "main" | "nav" | "figure" | "figcaption" | "body" | "html"
            | "option" => {
                self.out.block(1);
            }
            "td" | "th" => self.out.push(" "),
            _ => {}
        }
        end + 1
    }
}

/// A tag's name in lower case; longer names than any that matter are cut.
struct Name {
    bytes: [u8; 12],
    length: usize,
}

impl Name {
    fn of(name: &str) -> Self {
        let mut bytes = [0; 12];
        let length = name.len().min(12);
        bytes[..length].copy_from_slice(&name.as_bytes()[..length]);
        bytes.make_ascii_lowercase();
        Self { bytes, length }
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

/// Where the element that was just opened ends; the end of the text if it never does.
fn skip_element(html: &str, from: usize, name: &str) -> usize {
    let bytes = html.as_bytes();
    let mut at = from;
    while let Some(hit) = memmem::find(&bytes[at..], b"</") {
        at += hit + 2;
        let closes =
            bytes.get(at..at + name.len()).is_some_and(|tag| tag.eq_ignore_ascii_case(name.as_bytes()));
        if closes {
            return memchr(b'>', &bytes[at..]).map_or(bytes.len(), |end| at + end + 1);
        }
    }
    // An unclosed head is common in sloppy mail, and its text is worth keeping.
    if name == "head" { from } else { bytes.len() }
}

/// The text so far, kept tidy while it grows.
#[derive(Default)]
struct Page {
    text: String,
    /// White space was read and not yet written.
    space: bool,
    preformatted: bool,
}

impl Page {
    fn push(&mut self, raw: &str) {
        if raw.is_empty() {
            return;
        }
        let text = decode_entities(raw);
        if self.preformatted {
            self.text.push_str(&text);
            return;
        }
        for part in text.split_inclusive(is_space) {
            let word = part.trim_end_matches(is_space);
            if !word.is_empty() {
                if self.space && !self.text.is_empty() && !self.text.ends_with('\n') {
                    self.text.push(' ');
                }
                self.space = false;
                self.text.push_str(word);
            }
            self.space |= word.len() < part.len();
        }
    }

    fn line_break(&mut self) {
        self.space = false;
        if !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// Makes sure that what follows begins on a line of its own, after `breaks - 1` empty ones.
    fn block(&mut self, breaks: usize) {
        self.space = false;
        let have = self.text.bytes().rev().take_while(|&byte| byte == b'\n').count();
        if !self.text.is_empty() {
            for _ in have..breaks {
                self.text.push('\n');
            }
        }
    }

    fn finish(mut self) -> String {
        self.text.truncate(self.text.trim_end().len());
        let blank = self.text.len() - self.text.trim_start_matches('\n').len();
        self.text.drain(..blank);
        self.text
    }
}

/// White space that may be folded: that of ASCII and the spaces mail programs use for indentation.
fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r' | '\u{C}' | '\u{A0}' | '\u{2002}' | '\u{2003}' | '\u{2009}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn blocks_become_lines_and_markup_goes() {
        let html = "<html><head><title>T</title><style>p{}</style></head><body><h1>Hello&nbsp;&amp; bye</h1>\n\
            <p>One\n  two<br>three</p><ul><li>a<li>b</ul><script>if (a<b) alert('x')</script>\
            <!-- <p>gone --><table><tr><td>1</td><td>2</td></tr></table><pre>x  y\n z</pre>";
        assert_eq!(html_to_text(html), "Hello & bye\n\nOne two\nthree\n\n- a\n- b\n\n1 2\n\nx  y\n z");
    }

    #[test]
    fn what_is_no_tag_is_text() {
        assert_eq!(html_to_text("1 < 2 and <3, a<b"), "1 < 2 and <3, a<b");
        assert_eq!(html_to_text("<a title=\"a > b\">x</a> <i it's>y</i>"), "x y");
        assert_eq!(html_to_text("no markup"), "no markup");
        assert_eq!(html_to_text("<b><i"), "<i");
    }

    #[test]
    fn hostile_pages_take_linear_time() {
        for piece in ["<a b=\"", "<!-", "<", "<a b='>", "<script>", "&#", "</"] {
            let page = piece.repeat(300_000);
            let started = std::time::Instant::now();
            let _ = html_to_text(&page);
            assert!(started.elapsed().as_secs() < 5, "{piece}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken(html in "[<>a-z/!\"'=& \n;é-]{0,200}") {
            let _ = html_to_text(&html);
        }
    }
}
