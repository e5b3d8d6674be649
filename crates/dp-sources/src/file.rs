//! Text files that no parser understands, kept whole as searchable documents, so that nothing a
//! person wrote is unfindable. Long ones are cut into numbered parts; memory stays bounded.

mod json_text;
mod parts;
mod sniff;

use crate::{Context, ParseError, Parser, Peek, Sink};
use dp_model::WarningKind;
use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, WINDOWS_1252};
use parts::Parts;
use sniff::Form;
use std::io::Read;

pub(crate) use sniff::looks_like_text;

/// Keeps any text file as documents of the kind `file`.
pub(crate) struct TextFile;

impl Parser for TextFile {
    fn name(&self) -> &'static str {
        "file.text"
    }

    fn version(&self) -> u32 {
        1
    }

    fn source(&self, _: &Peek<'_>) -> &'static str {
        "file"
    }

    fn recognises(&self, peek: &Peek<'_>) -> bool {
        looks_like_text(peek)
    }

    fn parse(
        &self,
        context: &Context<'_>,
        input: &mut dyn Read,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        keep_text("file", context, input, sink)
    }
}

/// Bytes read at once; also how much of a file decides its encoding and form.
const READ_BYTES: usize = 64 << 10;

/// Keeps the text of `input` as documents of the kind `file` under this source: of HTML what a
/// reader sees, of JSON its keys and values line by line, of everything else the text as it is.
///
/// The key of a document is its file name and its text, so the same file in another folder, part or
/// export is the same document.
///
/// # Errors
/// When the input cannot be read or the sink closes.
pub(crate) fn keep_text(
    source: &'static str,
    context: &Context<'_>,
    input: &mut dyn Read,
    sink: &mut dyn Sink,
) -> Result<(), ParseError> {
    let file_name = context.path.rsplit('/').next().unwrap_or(context.path);
    let mut bytes = vec![0; READ_BYTES];
    let mut filled = fill(input, &mut bytes)?;
    let form = Form::of(file_name, &bytes[..filled]);
    let encoding = encoding_of(form, &bytes[..filled]);
    let mut decoder = encoding.new_decoder_with_bom_removal();
    let mut parts = Parts::new(source, file_name, form);
    let mut text = String::with_capacity(4 * READ_BYTES);
    let mut replaced = encoding == WINDOWS_1252;
    loop {
        let at_end = filled < READ_BYTES;
        replaced |= decode(&mut decoder, &bytes[..filled], at_end, &mut text);
        parts.push(&text, filled as u64, sink)?;
        text.clear();
        if at_end {
            break;
        }
        filled = fill(input, &mut bytes)?;
    }
    parts.finish(sink)?;
    if replaced {
        sink.warn(
            WarningKind::BadEncoding,
            0,
            format!(
                "this text is not valid UTF-8; it was read as {} and may show wrong characters",
                encoding.name()
            ),
        )?;
    }
    Ok(())
}

/// Decodes all of `bytes` to the end of `text`; whether anything had to be replaced.
fn decode(decoder: &mut Decoder, bytes: &[u8], at_end: bool, text: &mut String) -> bool {
    let mut from = 0;
    let mut replaced = false;
    loop {
        let (result, read, bad) = decoder.decode_to_string(&bytes[from..], text, at_end);
        from += read;
        replaced |= bad;
        match result {
            CoderResult::InputEmpty => return replaced,
            CoderResult::OutputFull => text.reserve(READ_BYTES),
        }
    }
}

/// UTF-8 unless a byte-order mark says otherwise; plain text that is not UTF-8 is taken for the old
/// Western encoding, which HTML and JSON of exports never are.
fn encoding_of(form: Form, head: &[u8]) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(head) {
        return encoding;
    }
    match std::str::from_utf8(head) {
        Err(error) if error.error_len().is_some() && form == Form::Plain => WINDOWS_1252,
        _ => UTF_8,
    }
}

/// Reads until the buffer is full or the input ends.
fn fill(input: &mut dyn Read, buffer: &mut [u8]) -> Result<usize, ParseError> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Found, collect};
    use proptest::prelude::*;

    fn keep(path: &str, bytes: &[u8]) -> Found {
        collect(&TextFile, path, bytes)
    }

    fn only_text(path: &str, bytes: &[u8]) -> String {
        let mut found = keep(path, bytes);
        assert_eq!(found.drafts.len(), 1, "{:?}", found.drafts);
        found.drafts.remove(0).content.text
    }

    #[test]
    fn each_form_gives_readable_text() {
        assert_eq!(only_text("a/notes.txt", b"\xEF\xBB\xBFfirst\nsecond"), "first\nsecond");
        assert_eq!(only_text("a.csv", b"Name,City\r\nMia,Bern\r\n"), "Name,City\r\nMia,Bern\r\n");
        assert_eq!(only_text("a.html", b"<html><body><p>Hi &amp; bye</p></body></html>").trim(), "Hi & bye");
        assert_eq!(
            only_text(
                "a.json",
                br#"{"title":"Bread \u0026 salt","tags":["a","b"],"none":null,"in":{"n":1.5}}"#
            ),
            "title: Bread & salt\ntags:\na\nb\nin:\nn: 1.5\n"
        );
    }

    #[test]
    fn encodings_other_than_utf8_are_read() {
        let utf16 = b"\xFF\xFEG\0r\0\xFC\0n\0";
        assert_eq!(only_text("a.txt", utf16), "Grün");
        let found = keep("a.txt", b"Gr\xFCn");
        assert_eq!(found.drafts[0].content.text, "Grün");
        assert_eq!(found.warnings[0].kind, WarningKind::BadEncoding);
    }

    #[test]
    fn a_long_file_becomes_parts_that_hold_all_of_it() {
        let line = "a line of words that goes on\n";
        let text = line.repeat((5 << 20) / line.len());
        let found = keep("long.txt", text.as_bytes());
        assert!(found.drafts.len() >= 5);
        let joined = found.drafts.iter().map(|draft| draft.content.text.as_str()).collect::<String>();
        assert_eq!(joined, text);
        assert!(found.drafts.iter().all(|draft| draft.content.text.len() <= 1 << 20));
        assert_eq!(found.drafts[1].content.title, "long.txt (2)");
        assert!(found.drafts[0].key != found.drafts[1].key);
    }

    #[test]
    fn the_key_is_name_and_text_and_no_folder() {
        let keys = |path: &str, text: &[u8]| keep(path, text).drafts.remove(0).key;
        assert_eq!(keys("a/x.txt", b"same"), keys("b/c/x.txt", b"same"));
        assert_ne!(keys("a/x.txt", b"same"), keys("a/x.txt", b"other"));
    }

    #[test]
    fn a_json_file_cut_off_still_gives_its_text() {
        assert_eq!(
            only_text("a.json", br#"{"title":"Bread","text":"cut he"#),
            "title: Bread\ntext: cut he\n"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_end_without_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
            name in prop_oneof![Just("a.json"), Just("a.html"), Just("a.txt")],
        ) {
            keep(name, &bytes);
        }

        #[test]
        fn every_word_of_a_json_text_is_found(words in proptest::collection::vec("[a-zß-ü]{1,12}", 1..20)) {
            let json = serde_json::to_vec(&words).unwrap();
            let text = only_text("a.json", &json);
            prop_assert_eq!(text.lines().collect::<Vec<_>>(), words);
        }
    }
}
