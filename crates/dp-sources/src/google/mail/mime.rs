//! The tree of a mail's parts: finds what is to be read and what is attached. Nothing is decoded but
//! what is needed; an attachment is hashed piece by piece and not kept.

use super::header::{Headers, Parameterised, unfold};
use crate::{
    charset,
    text::html_to_text,
    transfer::{Transfer, base64_pieces},
};
use dp_model::{BlobHash, Media};

/// Deepest nesting of parts that is walked.
const DEPTH_MAX: usize = 24;
/// Most parts of one mail that are looked at.
const PARTS_MAX: usize = 5_000;
/// A plain text this short beside a page this long is taken for "your program cannot show this".
const STUB_BYTES: usize = 300;
const PAGE_BYTES: usize = 4_000;

/// What was found in a mail.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// The text to be read.
    pub(super) text: String,
    /// What is attached.
    pub(super) media: Vec<Media>,
    /// What went wrong.
    pub(super) problems: Problems,
}

/// What went wrong with the parts of one mail.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Problems {
    /// Base64 with something else in it, or torn.
    pub(super) broken_base64: bool,
    /// Text that is not valid in its encoding.
    pub(super) replaced_text: bool,
    /// Nested deeper or with more parts than are walked.
    pub(super) too_many_parts: bool,
}

/// Reads the parts of a mail. `cut` says that the end of the body is missing.
pub(super) fn read_parts(headers: &Headers<'_>, body: &[u8], cut: bool) -> Parts {
    let mut walk = Walk { media: Vec::new(), problems: Problems::default(), parts: 0, cut };
    let mut pieces = Vec::new();
    walk.part(headers, body, 0, Place::Top, &mut pieces);
    let mut text = String::new();
    for piece in &pieces {
        walk.render(piece, &mut text);
    }
    text.truncate(text.trim_end().len());
    Parts { text, media: walk.media, problems: walk.problems }
}

/// Where a part stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Top,
    Among,
    Alternative,
}

/// Text that is not decoded yet.
struct Leaf<'m> {
    raw: &'m [u8],
    transfer: Transfer,
    charset: Option<String>,
}

enum Piece<'m> {
    Plain(Leaf<'m>),
    Html(Leaf<'m>),
    /// The subject of a mail inside the mail.
    Subject(String),
    /// The same in several forms.
    Choice(Vec<Piece<'m>>),
}

struct Walk {
    media: Vec<Media>,
    problems: Problems,
    parts: usize,
    cut: bool,
}

impl Walk {
    fn part<'m>(
        &mut self,
        headers: &Headers<'m>,
        body: &'m [u8],
        depth: usize,
        place: Place,
        pieces: &mut Vec<Piece<'m>>,
    ) {
        self.parts += 1;
        if depth > DEPTH_MAX || self.parts > PARTS_MAX {
            self.problems.too_many_parts = true;
            return;
        }
        let kind = parameterised(headers, "content-type");
        let disposition = parameterised(headers, "content-disposition");
        let transfer =
            headers.text("content-transfer-encoding").map_or(Transfer::Plain, |t| Transfer::of(&t));
        let name = disposition.find("filename").or_else(|| kind.find("name"));
        let attached = disposition.value == "attachment" || (name.is_some() && place != Place::Top);
        let leaf = || Leaf { raw: body, transfer, charset: kind.find("charset").map(str::to_owned) };
        match kind.value.as_str() {
            multipart if multipart.starts_with("multipart/") => {
                self.multipart(&kind, body, depth, pieces);
            }
            "message/rfc822" | "message/global" => {
                self.inner_mail(name, &kind.value, body, transfer, depth, pieces);
            }
            _ if attached => self.attach(name, &kind.value, body, transfer),
            "text/html" => pieces.push(Piece::Html(leaf())),
            ""
            | "text"
            | "text/plain"
            | "text/enriched"
            | "text/richtext"
            | "text/rfc822-headers"
            | "message/delivery-status"
            | "message/disposition-notification"
            | "message/partial" => {
                pieces.push(Piece::Plain(leaf()));
            }
            // Another form of what is there as text already.
            other
                if place == Place::Alternative && other.starts_with("text/") && other != "text/calendar" => {}
            _ => self.attach(name, &kind.value, body, transfer),
        }
    }

    fn multipart<'m>(
        &mut self,
        kind: &Parameterised,
        body: &'m [u8],
        depth: usize,
        pieces: &mut Vec<Piece<'m>>,
    ) {
        let boundary = match kind.find("boundary") {
            Some(boundary) => Some(boundary.as_bytes()),
            None => guessed_boundary(body),
        };
        let sections = boundary.map(|boundary| sections(body, boundary)).unwrap_or_default();
        if sections.is_empty() {
            let charset = None;
            pieces.push(Piece::Plain(Leaf { raw: body, transfer: Transfer::Plain, charset }));
            return;
        }
        let choice = kind.value == "multipart/alternative";
        let place = if choice { Place::Alternative } else { Place::Among };
        let mut inner = Vec::new();
        for section in sections {
            let (headers, body) = Headers::split(section);
            self.part(&headers, body, depth + 1, place, &mut inner);
        }
        if choice {
            pieces.push(Piece::Choice(inner));
        } else {
            pieces.append(&mut inner);
        }
    }

    /// A mail inside the mail: attached as a whole, and its own text and attachments found, too.
    fn inner_mail<'m>(
        &mut self,
        name: Option<&str>,
        mime: &str,
        body: &'m [u8],
        transfer: Transfer,
        depth: usize,
        pieces: &mut Vec<Piece<'m>>,
    ) {
        let (headers, inner_body) = Headers::split(body);
        let subject = headers.text("subject").unwrap_or_default();
        let own_name = (!subject.is_empty()).then(|| format!("{subject}.eml"));
        self.attach(name.or(own_name.as_deref()), mime, body, transfer);
        // It must not be encoded (RFC 2046); one that is stays an attachment.
        if transfer != Transfer::Base64 && !headers.0.is_empty() {
            pieces.push(Piece::Subject(subject));
            self.part(&headers, inner_body, depth + 1, Place::Top, pieces);
        }
    }

    fn attach(&mut self, name: Option<&str>, mime: &str, raw: &[u8], transfer: Transfer) {
        let (hash, size_bytes) = if transfer == Transfer::Base64 {
            let mut hasher = blake3::Hasher::new();
            let whole = base64_pieces(raw, |piece| {
                hasher.update(piece);
            });
            self.problems.broken_base64 |= !whole && !self.cut;
            (*hasher.finalize().as_bytes(), hasher.count())
        } else {
            let (bytes, _) = transfer.decode(raw);
            (*blake3::hash(&bytes).as_bytes(), bytes.len() as u64)
        };
        let name = match name {
            Some(name) => name.to_owned(),
            None => format!("unnamed.{}", mime.rsplit('/').next().filter(|s| !s.is_empty()).unwrap_or("bin")),
        };
        self.media.push(Media {
            name,
            mime: (!mime.is_empty()).then(|| mime.to_owned()),
            // Of an attachment that may be torn neither size nor hash is known.
            size_bytes: (!self.cut).then_some(size_bytes),
            hash: (!self.cut).then_some(BlobHash(hash)),
        });
    }

    fn render(&mut self, piece: &Piece<'_>, out: &mut String) {
        match piece {
            Piece::Plain(leaf) => {
                let text = self.decode(leaf);
                append(out, &text);
            }
            Piece::Html(leaf) => {
                let text = html_to_text(&self.decode(leaf));
                append(out, &text);
            }
            Piece::Subject(subject) => append(out, subject),
            Piece::Choice(pieces) => self.render_choice(pieces, out),
        }
    }

    /// Of several forms takes the plain text, unless there is none to speak of.
    fn render_choice(&mut self, pieces: &[Piece<'_>], out: &mut String) {
        let mut plain = String::new();
        for piece in pieces.iter().filter(|piece| !piece.is_page()) {
            self.render(piece, &mut plain);
        }
        let page_bytes: usize = pieces.iter().filter(|piece| piece.is_page()).map(Piece::raw_bytes).sum();
        let stub = plain.trim().len() < STUB_BYTES && page_bytes > PAGE_BYTES;
        if plain.trim().is_empty() || stub {
            let mut page = String::new();
            for piece in pieces.iter().filter(|piece| piece.is_page()) {
                self.render(piece, &mut page);
            }
            if page.trim().len() > plain.trim().len() {
                plain = page;
            }
        }
        append(out, &plain);
    }

    fn decode(&mut self, leaf: &Leaf<'_>) -> String {
        let (bytes, whole) = leaf.transfer.decode(leaf.raw);
        self.problems.broken_base64 |= !whole && !self.cut;
        let (text, replaced) = charset::decode(leaf.charset.as_deref(), &bytes);
        self.problems.replaced_text |= replaced && !self.cut;
        with_plain_line_ends(&text)
    }
}

impl Piece<'_> {
    fn is_page(&self) -> bool {
        match self {
            Self::Html(_) => true,
            // Related pages with their pictures.
            Self::Choice(pieces) => pieces.iter().all(Self::is_page),
            Self::Plain(_) | Self::Subject(_) => false,
        }
    }

    fn raw_bytes(&self) -> usize {
        match self {
            Self::Html(leaf) | Self::Plain(leaf) => leaf.raw.len(),
            Self::Subject(subject) => subject.len(),
            Self::Choice(pieces) => pieces.iter().map(Self::raw_bytes).sum(),
        }
    }
}

fn parameterised(headers: &Headers<'_>, name: &str) -> Parameterised {
    headers.find(name).map_or_else(Parameterised::default, |field| Parameterised::parse(&unfold(field.value)))
}

fn append(out: &mut String, text: &str) {
    let text = text.trim_matches(['\n', '\r']);
    if text.trim().is_empty() {
        return;
    }
    if !out.is_empty() {
        out.push_str("\n\n");
    }
    out.push_str(text);
}

/// CRLF and lone CR become LF; NUL goes, which stores and screens choke on.
fn with_plain_line_ends(text: &str) -> String {
    if memchr::memchr2(b'\r', 0, text.as_bytes()).is_none() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr2(b'\r', 0, rest.as_bytes()) {
        out.push_str(&rest[..at]);
        if rest.as_bytes()[at] == b'\r' {
            out.push('\n');
            rest = rest[at + 1..].strip_prefix('\n').unwrap_or(&rest[at + 1..]);
        } else {
            rest = &rest[at + 1..];
        }
    }
    out.push_str(rest);
    out
}

/// The first line that looks like a boundary, in a multipart that names none.
fn guessed_boundary(body: &[u8]) -> Option<&[u8]> {
    let start = if body.starts_with(b"--") { 0 } else { memchr::memmem::find(body, b"\n--")? + 1 };
    let line = body[start + 2..].split(|byte| *byte == b'\n').next()?.trim_ascii_end();
    (!line.is_empty() && line.len() <= 100).then_some(line)
}

/// The sections between the boundary's lines. The last may lack its end.
fn sections<'m>(body: &'m [u8], boundary: &[u8]) -> Vec<&'m [u8]> {
    let mut delimiter = b"--".to_vec();
    delimiter.extend_from_slice(boundary.trim_ascii_end());
    let mut found = Vec::new();
    let mut open = None;
    let mut after = 0;
    for hit in memchr::memmem::find_iter(body, &delimiter) {
        if hit < after || (hit > 0 && body[hit - 1] != b'\n') {
            continue;
        }
        let rest = &body[hit + delimiter.len()..];
        let line_bytes = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        let line = rest[..line_bytes].trim_ascii();
        // Another boundary may begin like this one.
        if !line.is_empty() && line != b"--" {
            continue;
        }
        if let Some(start) = open {
            found.push(without_line_end(&body[start..hit]));
        }
        after = hit + delimiter.len() + line_bytes;
        open = (line != b"--").then_some(after);
        if open.is_none() || found.len() >= PARTS_MAX {
            break;
        }
    }
    if let Some(start) = open
        && start < body.len()
    {
        found.push(&body[start..]);
    }
    found
}

/// The line break before a boundary belongs to the boundary.
fn without_line_end(section: &[u8]) -> &[u8] {
    let section = section.strip_suffix(b"\n").unwrap_or(section);
    section.strip_suffix(b"\r").unwrap_or(section)
}
