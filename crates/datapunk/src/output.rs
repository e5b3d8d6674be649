//! Where results go: text for people or JSON for programs. Text from archives is made harmless for a
//! terminal on its way out.

use serde::Serialize;
use std::io::{BufWriter, ErrorKind, Stdout, Write, stdout};

/// Standard output in the form that was asked for.
pub(crate) struct Output {
    out: BufWriter<Stdout>,
    pub(crate) json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { out: BufWriter::new(stdout()), json }
    }

    /// Writes a line of text.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) -> anyhow::Result<()> {
        Ok(writeln!(self.out, "{}", harmless(text.as_ref()))?)
    }

    /// Writes a value as one line of JSON.
    pub(crate) fn value(&mut self, value: &impl Serialize) -> anyhow::Result<()> {
        serde_json::to_writer(&mut self.out, value).map_err(std::io::Error::from)?;
        Ok(writeln!(self.out)?)
    }

    pub(crate) fn flush(&mut self) -> anyhow::Result<()> {
        Ok(self.out.flush()?)
    }

    /// For what writes by itself.
    pub(crate) fn writer(&mut self) -> &mut impl Write {
        &mut self.out
    }
}

/// Says on standard error what went wrong, with its causes.
pub(crate) fn complain(error: &anyhow::Error) {
    let mut told = error.to_string();
    let mut message = format!("error: {told}");
    for cause in error.chain().skip(1) {
        let words = cause.to_string();
        if !told.contains(&words) {
            message.push_str(&format!("\n  because: {words}"));
            told = words;
        }
    }
    say(&message);
}

/// Writes a line to standard error. With nobody to read it there is nothing left to do.
pub(crate) fn say(message: &str) {
    let _ = writeln!(std::io::stderr(), "{}", harmless(message));
}

pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
    })
}

/// Replaces control characters, which could steer the terminal, by a visible sign; line breaks and
/// our own colours stay out of it.
fn harmless(text: &str) -> std::borrow::Cow<'_, str> {
    let steers = |character: char| {
        (character.is_control() && character != '\n' && character != '\t')
            || matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    if text.chars().any(steers) { text.replace(steers, "\u{FFFD}").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_steer_the_terminal() {
        assert_eq!(harmless("a\u{1b}[2Jb\u{9b}c\u{202E}d\né"), "a\u{FFFD}[2Jb\u{FFFD}c\u{FFFD}d\né");
        assert_eq!(harmless("plain"), "plain");
    }
}
