//! Splits an mbox into mails while reading it, keeping one mail in memory. A separator is told by its
//! full form, for mails quote lines that begin with `From `.

use super::date;
use crate::ParseError;
use dp_model::Moment;
use memchr::memmem::Finder;
use std::io::Read;

/// Bytes asked of the input at once.
const CHUNK_BYTES: usize = 1 << 20;
/// A longer line is no separator.
const SEPARATOR_BYTES_MAX: usize = 512;

/// What a line `From …` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Separator {
    /// Gmail's own number of the mail.
    pub(super) gmail_id: Option<u64>,
    /// When the mailbox got the mail.
    pub(super) date: Moment,
}

impl Separator {
    /// Reads `From 1812345678901234567@xxx Fri Dec 12 06:57:49 +0000 2025` and what other programs
    /// write: another sender, no offset, the offset last.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        let line = std::str::from_utf8(line.strip_prefix(b"From ")?).ok()?.trim();
        let (sender, rest) = line.split_once(' ')?;
        let date = date::from_line(rest)?;
        let digits = sender.strip_suffix("@xxx").filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
        Some(Self { gmail_id: digits.and_then(|digits| digits.parse().ok()), date })
    }
}

/// One mail as it stands in the mailbox.
pub(super) struct RawMail<'b> {
    /// Byte offset of its separator.
    pub(super) position: u64,
    /// What its separator says.
    pub(super) separator: Option<Separator>,
    /// Headers and body, without the blank line that ends it.
    pub(super) bytes: &'b [u8],
    /// Whether only its beginning is here, for the whole is over the limit.
    pub(super) cut: bool,
}

enum Search {
    /// The separator line begins this many bytes after the start.
    Found(usize),
    /// Not in what is here; go on from this many bytes after the start when there is more.
    More(usize),
}

/// Reads an mbox mail by mail.
pub(super) struct MboxReader<'r> {
    input: &'r mut dyn Read,
    buffer: Vec<u8>,
    /// Where in `buffer` the mail in hand begins and the read bytes end.
    start: usize,
    end: usize,
    /// Offset in the entry of `buffer[0]`.
    base: u64,
    at_end: bool,
    began: bool,
    /// Whether the rest of a mail over the limit still has to be passed over.
    passing: bool,
    /// Whether this is Gmail's mbox, where every separator has a number.
    gmail: bool,
    mail_bytes_max: usize,
    finder: Finder<'static>,
}

impl<'r> MboxReader<'r> {
    pub(super) fn new(input: &'r mut dyn Read, mail_bytes_max: usize) -> Self {
        Self {
            input,
            buffer: vec![0; CHUNK_BYTES],
            start: 0,
            end: 0,
            base: 0,
            at_end: false,
            began: false,
            passing: false,
            gmail: false,
            mail_bytes_max: mail_bytes_max.max(1024),
            finder: Finder::new(b"\nFrom "),
        }
    }

    /// The next mail, or None at the end.
    pub(super) fn next_mail(&mut self) -> Result<Option<RawMail<'_>>, ParseError> {
        if !std::mem::replace(&mut self.began, true) {
            self.begin()?;
        }
        if std::mem::take(&mut self.passing) && !self.pass_rest()? {
            return Ok(None);
        }
        if self.start == self.end && !self.more()? {
            return Ok(None);
        }
        let position = self.base + self.start as u64;
        let line_bytes = self.line_bytes()?;
        let line = &self.unread()[..line_bytes];
        let separator = Separator::parse(line);
        let headers = if line.starts_with(b"From ") { line_bytes } else { 0 };
        // A mail may be empty: the next separator may follow at once.
        let mut from = line_bytes.saturating_sub(1);
        let used = loop {
            match self.find_separator(from, line_bytes) {
                Search::Found(next) => break next,
                Search::More(resume) => from = resume,
            }
            if self.unread().len() > self.mail_bytes_max {
                self.passing = true;
                // The last bytes stay unread, lest a separator be torn.
                break self.unread().len().min(from.saturating_sub(4)).max(1);
            }
            if !self.more()? {
                break self.unread().len();
            }
        };
        let cut = self.passing || used > self.mail_bytes_max;
        let body_end = used.min(self.mail_bytes_max).max(headers);
        let first = self.start;
        self.start += used;
        let mut bytes = &self.buffer[first + headers..first + body_end];
        if !cut {
            bytes = without_last_blank_line(bytes);
        }
        Ok(Some(RawMail { position, separator, bytes, cut }))
    }

    /// Passes over white space at the start and finds out whose mbox this is.
    fn begin(&mut self) -> Result<(), ParseError> {
        self.more()?;
        if self.unread().starts_with(b"\xEF\xBB\xBF") {
            self.start += 3;
        }
        while self.unread().first().is_some_and(u8::is_ascii_whitespace) {
            self.start += 1;
        }
        let line_bytes = self.line_bytes()?;
        let separator = Separator::parse(&self.unread()[..line_bytes]);
        self.gmail = separator.is_some_and(|separator| separator.gmail_id.is_some());
        Ok(())
    }

    /// Stands at the next separator. False if there is none.
    fn pass_rest(&mut self) -> Result<bool, ParseError> {
        loop {
            match self.find_separator(0, 0) {
                Search::Found(next) => {
                    self.start += next;
                    return Ok(true);
                }
                // The blank line before a separator must stay in sight.
                Search::More(resume) => self.start += resume.saturating_sub(4),
            }
            if !self.more()? {
                self.start = self.end;
                return Ok(false);
            }
        }
    }

    /// Looks for the line break before the next separator from `from` on. A separator stands after
    /// an empty line, or where the mail's own separator line ends (`line_bytes`).
    fn find_separator(&self, from: usize, line_bytes: usize) -> Search {
        let data = self.unread();
        let mut at = from;
        while let Some(hit) = data.get(at..).and_then(|rest| self.finder.find(rest)) {
            let line_break = at + hit;
            at = line_break + 1;
            let before = data[..line_break].strip_suffix(b"\r").unwrap_or(&data[..line_break]);
            if !before.ends_with(b"\n") && line_break + 1 != line_bytes {
                continue;
            }
            let line = &data[at..];
            let line = &line[..line.len().min(SEPARATOR_BYTES_MAX)];
            match memchr::memchr(b'\n', line) {
                None if !self.at_end && line.len() < SEPARATOR_BYTES_MAX => return Search::More(line_break),
                end => {
                    let separator = Separator::parse(&line[..end.unwrap_or(line.len())]);
                    if separator.is_some_and(|separator| !self.gmail || separator.gmail_id.is_some()) {
                        return Search::Found(at);
                    }
                }
            }
        }
        Search::More(data.len().saturating_sub(5).max(from))
    }

    /// Length of the line in hand with its line break, at most the limit of a separator.
    fn line_bytes(&mut self) -> Result<usize, ParseError> {
        loop {
            if let Some(at) = memchr::memchr(b'\n', self.unread()) {
                return Ok(at + 1);
            }
            if self.unread().len() > SEPARATOR_BYTES_MAX || !self.more()? {
                return Ok(self.unread().len());
            }
        }
    }

    fn unread(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Reads more behind the unread bytes, moving them to the front or growing the buffer as needed.
    /// False at the end of the file.
    fn more(&mut self) -> Result<bool, ParseError> {
        if self.at_end {
            return Ok(false);
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.base += self.start as u64;
        self.end -= self.start;
        self.start = 0;
        if self.buffer.len() > 8 * CHUNK_BYTES && self.end < CHUNK_BYTES {
            // One large mail is no reason to hold its memory to the end.
            self.buffer.truncate(2 * CHUNK_BYTES);
            self.buffer.shrink_to_fit();
        }
        if self.end + CHUNK_BYTES / 2 > self.buffer.len() {
            let grown = (self.buffer.len() * 2).min(self.mail_bytes_max + 2 * CHUNK_BYTES);
            self.buffer.resize(grown.max(self.end + CHUNK_BYTES), 0);
        }
        let before = self.end;
        while self.end < self.buffer.len() {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) => {
                    self.at_end = true;
                    break;
                }
                Ok(count) => self.end += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(self.end > before)
    }
}

fn without_last_blank_line(bytes: &[u8]) -> &[u8] {
    let Some(rest) = bytes.strip_suffix(b"\n") else { return bytes };
    let rest = rest.strip_suffix(b"\r").unwrap_or(rest);
    if rest.is_empty() || rest.ends_with(b"\n") { rest } else { bytes }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives its bytes a few at a time.
    struct Dribble<'a>(&'a [u8], usize);

    impl Read for Dribble<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let count = self.1.min(self.0.len()).min(out.len());
            out[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn split(text: &[u8], step: usize, max: usize) -> Vec<(u64, Option<u64>, String, bool)> {
        let mut input = Dribble(text, step);
        let mut reader = MboxReader::new(&mut input, max);
        let mut mails = Vec::new();
        while let Some(mail) = reader.next_mail().unwrap() {
            mails.push((
                mail.position,
                mail.separator.and_then(|separator| separator.gmail_id),
                String::from_utf8_lossy(mail.bytes).into_owned(),
                mail.cut,
            ));
        }
        mails
    }

    const ONE: &str = "From 11@xxx Fri Dec 12 06:57:49 +0000 2025\n";
    const TWO: &str = "From 12@xxx Fri Dec 12 06:57:50 +0000 2025\r\n";

    #[test]
    fn only_the_full_form_after_an_empty_line_separates() {
        let text = format!(
            "{ONE}A: 1\n\nFrom here on\n\nFrom 5 people@xxx Fri\n{TWO}not after an empty line\n\r\n{TWO}B: 2\r\n\r\nx\r\n\r\n{ONE}\n{TWO}{ONE}C: 3"
        );
        let mails = split(text.as_bytes(), 7, 1 << 20);
        let found: Vec<_> = mails.iter().map(|(_, id, body, _)| (id.unwrap(), body.as_str())).collect();
        let first = format!("A: 1\n\nFrom here on\n\nFrom 5 people@xxx Fri\n{TWO}not after an empty line\n");
        assert_eq!(
            found,
            [(11, first.as_str()), (12, "B: 2\r\n\r\nx\r\n"), (11, ""), (12, ""), (11, "C: 3")]
        );
        for (position, id, ..) in &mails {
            let line = format!("From {}@xxx", id.unwrap());
            assert!(text.as_bytes()[*position as usize..].starts_with(line.as_bytes()));
        }
    }

    #[test]
    fn a_mail_over_the_limit_keeps_its_beginning_and_spares_the_next() {
        let text = format!("{ONE}A: 1\n\n{}\n\n{TWO}B: 2\n\nend\n", "long line\n\n".repeat(400_000));
        let mails = split(text.as_bytes(), 1 << 16, 4096);
        assert_eq!(mails.len(), 2);
        assert!(mails[0].3 && mails[0].2.starts_with("A: 1") && mails[0].2.len() <= 4096);
        assert_eq!((mails[1].1, mails[1].2.as_str()), (Some(12), "B: 2\n\nend\n"));
    }

    #[test]
    fn mailboxes_of_other_programs_are_split() {
        let text = "From - Mon Jan 05 10:00:00 2015\nA: 1\n\nFrom today on\n\nFrom b@example.org Tue Jan  6 10:00:00 2015\nB: 2\n";
        assert_eq!(split(text.as_bytes(), 3, 1 << 20).len(), 2);
    }

    proptest! {
        #[test]
        fn the_split_does_not_hang_on_how_bytes_arrive(
            parts in proptest::collection::vec(prop_oneof![
                Just(ONE.to_owned()), Just(TWO.to_owned()), Just("\n".to_owned()), Just("\r\n".to_owned()),
                Just("\nFrom ".to_owned()), "[a-z\n]{0,20}",
            ], 0..30),
            step in 1..60_usize,
        ) {
            let text = format!("{ONE}{}", parts.concat());
            let whole = split(text.as_bytes(), usize::MAX, 1 << 20);
            prop_assert_eq!(&whole, &split(text.as_bytes(), step, 1 << 20));
            split(text.as_bytes(), step, 1);
        }

        #[test]
        fn any_bytes_are_split_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), step in 1..60_usize) {
            split(&bytes, step, 1);
        }
    }
}
