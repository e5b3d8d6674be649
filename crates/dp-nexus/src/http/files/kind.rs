//! What bytes are, by the bytes themselves: whatever a document or a name says they are, a browser that believed it
//! could be made to run them.

/// Bytes from the beginning that are looked at.
pub(super) const HEAD_BYTES: u64 = 8 << 10;
/// What nobody knows.
const UNKNOWN: Kind = Kind { media_type: "application/octet-stream", extension: "bin" };
/// Plain text, whatever it says.
const TEXT: Kind = Kind { media_type: "text/plain; charset=utf-8", extension: "txt" };

/// Kinds that browsers show without running anything of them.
const SHOWN: [&str; 26] = [
    "application/pdf",
    "audio/aac",
    "audio/amr",
    "audio/m4a",
    "audio/midi",
    "audio/mpeg",
    "audio/ogg",
    "audio/opus",
    "audio/x-aiff",
    "audio/x-flac",
    "audio/x-wav",
    "image/avif",
    "image/bmp",
    "image/gif",
    "image/heif",
    "image/jpeg",
    "image/jxl",
    "image/png",
    "image/tiff",
    "image/webp",
    "text/plain; charset=utf-8",
    "video/mp4",
    "video/mpeg",
    "video/quicktime",
    "video/webm",
    "video/x-matroska",
];

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    /// Its media type.
    pub(super) media_type: &'static str,
    /// What names of such files end in.
    pub(super) extension: &'static str,
}

impl Kind {
    /// The kind of a file that begins so.
    pub(super) fn of(head: &[u8]) -> Self {
        match infer::get(head) {
            Some(known) => Self { media_type: known.mime_type(), extension: known.extension() },
            None if is_text(head) => TEXT,
            None => UNKNOWN,
        }
    }

    /// Whether a browser may show it.
    pub(super) fn is_shown(self) -> bool {
        SHOWN.contains(&self.media_type)
    }
}

/// Whether it is UTF-8, be it cut in a letter, without signs that are in no text.
fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() && head.len() as u64 >= HEAD_BYTES => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    let is_odd = |letter: char| letter.is_control() && !matches!(letter, '\t' | '\n' | '\r' | '\u{c}');
    !text.is_empty() && !text.contains(is_odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_say_what_they_are() {
        for (head, media_type, is_shown) in [
            (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], "image/png", true),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg", true),
            (b"%PDF-1.7\n", "application/pdf", true),
            (b"ID3\x04\0", "audio/mpeg", true),
            (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "video/mp4", true),
            ("Grüße\n".as_bytes(), "text/plain; charset=utf-8", true),
            (
                b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
                "text/plain; charset=utf-8",
                true,
            ),
            (b"<!DOCTYPE html><script>1</script>", "text/html", false),
            (b"<?xml version='1.0'?><svg/>", "text/xml", false),
            (b"PK\x03\x04\x14\0\0\0\0\0", "application/zip", false),
            (b"MZ\x90\0\x03\0", "application/vnd.microsoft.portable-executable", false),
            (b"a\0b", "application/octet-stream", false),
            (b"\xff\xfe\xfd", "application/octet-stream", false),
            (b"", "application/octet-stream", false),
        ] {
            let kind = Kind::of(head);
            assert_eq!((kind.media_type, kind.is_shown()), (media_type, is_shown), "{head:?}");
        }
    }

    #[test]
    fn a_letter_that_is_cut_is_still_text() {
        let mut head = "é".repeat(HEAD_BYTES as usize / 2 + 1).into_bytes();
        head.insert(0, b'a');
        head.truncate(HEAD_BYTES as usize);
        assert_eq!(Kind::of(&head), TEXT);
        assert_eq!(Kind::of(&"é".as_bytes()[..1]), UNKNOWN);
    }
}
