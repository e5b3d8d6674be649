//! vCards of versions 2.1, 3.0 and 4.0: properties of one card to a `Card`.

use super::{
    card::{Card, Labelled},
    emit,
};
use crate::{Sink, SinkClosed, content_lines::ContentLine, times, transfer::base64_pieces};
use dp_model::{BlobHash, Media, WarningKind};

/// Most lines of one card that are read.
const LINES_MAX: usize = 10_000;

/// Gathers the lines of a card and hands it over at its end.
pub(super) struct Reader {
    card_bytes_max: usize,
    lines: Vec<ContentLine>,
    /// Where the open card begins.
    open: Option<u64>,
    /// Cards inside the card (an agent's, in 2.1) that are open.
    depth: usize,
    bytes: usize,
    too_large: bool,
    position: u64,
}

impl Reader {
    pub(super) fn new(card_bytes_max: usize) -> Self {
        Self {
            card_bytes_max,
            lines: Vec::new(),
            open: None,
            depth: 0,
            bytes: 0,
            too_large: false,
            position: 0,
        }
    }

    pub(super) fn take(&mut self, line: ContentLine, sink: &mut dyn Sink) -> Result<(), SinkClosed> {
        self.position = line.position;
        let is_card = line.value.trim().eq_ignore_ascii_case("VCARD");
        match (line.name.as_str(), self.open) {
            ("BEGIN", Some(start)) if is_card => {
                if self.lines.last().is_some_and(|line| line.name == "AGENT") {
                    self.depth += 1;
                    return Ok(());
                }
                sink.warn(
                    WarningKind::MalformedRecord,
                    start,
                    "the end of this card is missing; what it says was kept",
                )?;
                self.close(sink)?;
                self.open = Some(line.position);
            }
            ("BEGIN", None) if is_card => self.open = Some(line.position),
            ("END", _) if is_card && self.depth > 0 => self.depth -= 1,
            ("END", Some(_)) if is_card => self.close(sink)?,
            (_, Some(_)) if self.depth == 0 => self.gather(line),
            _ => {}
        }
        Ok(())
    }

    pub(super) fn finish(mut self, sink: &mut dyn Sink) -> Result<(), SinkClosed> {
        if self.open.is_some() {
            let message = "the file ends in the middle of a card; the cards before this point were read. Export or download it again to get the rest";
            sink.warn(WarningKind::Truncated, self.position, message)?;
            self.close(sink)?;
        }
        Ok(())
    }

    fn gather(&mut self, line: ContentLine) {
        self.bytes += line.value.len() + line.name.len();
        let fits = self.bytes <= self.card_bytes_max && self.lines.len() < LINES_MAX;
        self.too_large |= line.cut || !fits;
        if fits {
            self.lines.push(line);
        }
    }

    fn close(&mut self, sink: &mut dyn Sink) -> Result<(), SinkClosed> {
        let lines = std::mem::take(&mut self.lines);
        let position = self.open.take().unwrap_or(self.position);
        (self.depth, self.bytes) = (0, 0);
        if std::mem::take(&mut self.too_large) {
            let limit = self.card_bytes_max;
            sink.warn(
                WarningKind::TooLarge,
                position,
                format!("this card is larger than the limit of {limit} bytes (limit import.record_bytes_max) or has more than {LINES_MAX} lines; its beginning was kept"),
            )?;
        }
        if lines.iter().any(|line| line.replaced) {
            sink.warn(WarningKind::BadEncoding, position, "text in this card is not valid in its encoding")?;
        }
        let card = card(&lines, position);
        if card.is_empty() {
            return sink.warn(
                WarningKind::MalformedRecord,
                position,
                "a card with nothing in it; it was passed over",
            );
        }
        emit(card, sink)
    }
}

fn card(lines: &[ContentLine], position: u64) -> Card {
    let mut card = Card { position, ..Card::default() };
    let mut structured_name = String::new();
    for line in lines {
        let labelled = |value: String| Labelled { label: label(line, lines), value };
        match line.name.as_str() {
            "FN" => card.name = one_line(&line.text()),
            "N" => structured_name = display_name(line),
            "EMAIL" => push(&mut card.emails, labelled(one_line(&line.text()))),
            "TEL" => {
                let number = line.text();
                push(&mut card.phones, labelled(one_line(number.strip_prefix("tel:").unwrap_or(&number))));
            }
            "ADR" => push(&mut card.addresses, labelled(joined(&line.parts(';')))),
            "URL" => push(&mut card.urls, labelled(line.text().trim().to_owned())),
            "ORG" => card.organization.splice(0..0, known_parts(line)).for_each(drop),
            "TITLE" | "ROLE" => card.organization.extend(Some(line.text()).filter(|text| !text.is_empty())),
            "NICKNAME" => {
                card.nicknames.extend(line.parts(',').into_iter().filter(|name| !name.is_empty()));
            }
            "NOTE" => card.notes.push(line.text().trim().to_owned()),
            "BDAY" => card.birthday = line.value.trim().to_owned(),
            "CATEGORIES" => card.categories.extend(line.parts(',')),
            "PHOTO" | "LOGO" => photo(line, &mut card),
            "REV" => card.revised_us = times::iso8601(&line.value).map(|moment| moment.utc_us),
            // Labels are read where they belong; the rest says how the card is written.
            "X-ABLABEL" | "VERSION" | "PRODID" => {}
            _ if line.value.trim().is_empty() => {}
            _ => card.other.push(line.as_pair()),
        }
    }
    if let Some(name) = lines.iter().find(|line| line.name == "N")
        && card.name != structured_name
        && !structured_name.is_empty()
    {
        if card.name.is_empty() {
            card.name = structured_name;
        } else {
            card.other.push(["N".to_owned(), name.value.clone()]);
        }
    }
    card.notes.retain(|note| !note.is_empty());
    card
}

fn push(values: &mut Vec<Labelled>, labelled: Labelled) {
    if !labelled.value.is_empty() && !values.iter().any(|known| known.value == labelled.value) {
        values.push(labelled);
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn known_parts(line: &ContentLine) -> Vec<String> {
    line.parts(';').into_iter().filter(|part| !part.is_empty()).collect()
}

fn joined(parts: &[String]) -> String {
    let known: Vec<String> =
        parts.iter().map(|part| one_line(part)).filter(|part| !part.is_empty()).collect();
    known.join(", ")
}

/// `N` is family;given;additional;prefix;suffix.
fn display_name(line: &ContentLine) -> String {
    let parts = line.parts(';');
    let order = [3, 1, 2, 0, 4];
    let known: Vec<&str> = order.iter().filter_map(|at| parts.get(*at)).map(String::as_str).collect();
    one_line(&known.join(" "))
}

/// What the person calls this value: a label of its own (`item1.X-ABLabel`), else its types.
fn label(line: &ContentLine, lines: &[ContentLine]) -> String {
    if !line.group.is_empty() {
        let same_group =
            |other: &&ContentLine| other.name == "X-ABLABEL" && other.group.eq_ignore_ascii_case(&line.group);
        if let Some(own) = lines.iter().find(same_group) {
            let text = own.text();
            return text.trim().trim_start_matches("_$!<").trim_end_matches(">!$_").to_owned();
        }
    }
    let types = line.parameters.iter().filter(|(name, _)| name == "TYPE");
    let types = types.flat_map(|(_, value)| value.split(',')).map(|word| word.trim().to_lowercase());
    let told: Vec<String> = types
        .filter(|word| !matches!(word.as_str(), "internet" | "pref" | "voice" | "x-internet" | ""))
        .collect();
    told.join(" ")
}

/// A picture inside the card is listed with size and hash, one on the network with its address.
fn photo(line: &ContentLine, card: &mut Card) {
    let value = line.value.trim();
    if value.is_empty() {
        return;
    }
    let inline = match line.parameter("ENCODING") {
        Some("b" | "B" | "BASE64" | "base64") => {
            Some((line.parameter("TYPE").unwrap_or("jpeg").to_lowercase(), value))
        }
        _ => value.strip_prefix("data:").and_then(|data| {
            let (mime, data) = data.split_once(";base64,")?;
            Some((mime.rsplit('/').next().unwrap_or(mime).to_lowercase(), data))
        }),
    };
    let Some((format, data)) = inline else {
        card.other.push(line.as_pair());
        return;
    };
    let mut hasher = blake3::Hasher::new();
    base64_pieces(data.as_bytes(), |piece| {
        hasher.update(piece);
    });
    let format = if format.is_empty() { "jpeg".to_owned() } else { format };
    card.media.push(Media {
        name: format!("photo.{format}"),
        mime: Some(format!("image/{format}")),
        size_bytes: Some(hasher.count()),
        hash: Some(BlobHash(*hasher.finalize().as_bytes())),
    });
}
