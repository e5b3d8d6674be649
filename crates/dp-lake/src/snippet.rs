//! The passage of a document that shows best why it was found, on one line, with the found words
//! marked. Reads the content only; what is found is decided elsewhere.

mod needles;
#[cfg(test)]
mod tests;

use crate::{
    Annotations, TextQuery,
    analysis::{Language, Part, for_each_part},
};
use dp_model::Content;
use needles::{Needles, Span};
use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation as _;

/// Less than this shows nothing.
const CHARS_MIN: usize = 8;
/// Longest stretch, in characters, given up to begin or end a passage between words.
const WORD_CHARS_MAX: usize = 24;

/// A passage of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snippet {
    /// The passage: white space is single spaces, control characters are gone, `…` stands where it was cut.
    pub text: String,
    /// Byte ranges (start, end) in `text` of the words that were searched, ascending, not overlapping.
    pub highlights: Vec<(usize, usize)>,
}

impl Snippet {
    /// The passage with `open` and `close` around each highlight.
    #[must_use]
    pub fn marked(&self, open: &str, close: &str) -> String {
        let mut marked =
            String::with_capacity(self.text.len() + self.highlights.len() * (open.len() + close.len()));
        let mut at = 0;
        for &(start, end) in &self.highlights {
            marked.push_str(&self.text[at..start]);
            marked.push_str(open);
            marked.push_str(&self.text[start..end]);
            marked.push_str(close);
            at = end;
        }
        marked.push_str(&self.text[at..]);
        marked
    }
}

/// The passage of at most `max_chars` characters, as a reader counts them, that holds most of what is
/// searched: of the text if that holds as much of it as any other part, else of the title, of people,
/// places and the rest. With a language, other forms of a word count as the word. Without a match, the beginning of the text or else the title. Asking for fewer
/// than 8 characters gives 8.
#[must_use]
pub fn snippet(
    content: &Content,
    query: &TextQuery,
    language: Option<Language>,
    max_chars: usize,
) -> Snippet {
    let max_chars = max_chars.max(CHARS_MIN);
    let mut needles = Needles::of(query, language);
    let found = best_part(content, &needles).or_else(|| {
        needles.forgive_typos();
        best_part(content, &needles)
    });
    match found {
        Some((text, spans)) => passage(&text, &spans, max_chars),
        None => passage(
            if content.text.trim().is_empty() { &content.title } else { &content.text },
            &[],
            max_chars,
        ),
    }
}

/// What the user added is not part of a passage.
static NO_ANNOTATIONS: Annotations =
    Annotations { starred: false, tags: Vec::new(), note: None, hidden: false };

/// The part that holds most of the needles, with where they stand.
fn best_part<'a>(content: &'a Content, needles: &Needles) -> Option<(Cow<'a, str>, Vec<Span>)> {
    let mut best: Option<(_, Cow<'a, str>, Vec<Span>)> = None;
    for_each_part(content, &NO_ANNOTATIONS, &mut |part, text| {
        let spans = needles.find_in(&text);
        let distinct = spans.iter().fold(0u64, |seen, span| seen | span.needle).count_ones();
        let rank = (distinct, preference(part));
        if distinct > 0 && best.as_ref().is_none_or(|(other, ..)| rank > *other) {
            best = Some((rank, text, spans));
        }
    });
    best.map(|(_, text, spans)| (text, spans))
}

/// Which part is shown when several hold as much; more is better.
const fn preference(part: Part) -> u8 {
    match part {
        Part::Text => 5,
        Part::Title => 4,
        Part::Person => 3,
        Part::Place => 2,
        Part::Label | Part::File | Part::Tag | Part::Note | Part::Metadata => 1,
        Part::Url => 0,
    }
}

/// Cuts the best passage out of `text`.
fn passage(text: &str, spans: &[Span], max_chars: usize) -> Snippet {
    // A character of the text takes so many bytes on the whole: near enough to choose by.
    let characters = text.chars().count().max(1);
    let budget_bytes = max_chars.saturating_mul(text.len()) / characters;
    let chosen = densest(spans, budget_bytes);
    let (first, last) =
        (chosen.first().map_or(0, |span| span.start), chosen.last().map_or(0, |span| span.end));
    let lead_bytes = budget_bytes.saturating_sub(last - first) / 3;
    let begin = if last <= budget_bytes && text.len() <= budget_bytes {
        0
    } else {
        word_start(text, first.saturating_sub(lead_bytes), first)
    };
    let mut line = Line::starting_at(begin, max_chars);
    line.fill(text, last);
    line.finish(text, spans)
}

/// The spans inside the window that holds most different needles, then most spans, then comes first.
fn densest(spans: &[Span], window_bytes: usize) -> &[Span] {
    let mut best: (u32, usize, &[Span]) = (0, 0, &[]);
    let mut end = 0;
    for start in 0..spans.len() {
        end = end.max(start + 1);
        while end < spans.len() && spans[end].end - spans[start].start <= window_bytes {
            end += 1;
        }
        let window = &spans[start..end];
        let distinct = window.iter().fold(0u64, |seen, span| seen | span.needle).count_ones();
        if (distinct, window.len()) > (best.0, best.1) {
            best = (distinct, window.len(), window);
        }
    }
    best.2
}

/// The first beginning of a word from `at` on, if it is near and not past `limit`; else `at` itself,
/// moved to a whole character.
fn word_start(text: &str, at: usize, limit: usize) -> usize {
    let at = text.floor_char_boundary(at);
    if at == 0 {
        return 0;
    }
    // From a little before, so that no character is cut in two.
    let from = text.floor_char_boundary(at.saturating_sub(64));
    let graphemes = text[from..].grapheme_indices(true).map(|(offset, grapheme)| (from + offset, grapheme));
    let mut near =
        graphemes.skip_while(|&(offset, _)| offset < at).take_while(|&(offset, _)| offset <= limit);
    let Some((fallback, _)) = near.next() else { return limit };
    text[from..at]
        .ends_with(char::is_whitespace)
        .then_some(fallback)
        .or_else(|| {
            let mut previous_is_space = false;
            near.take(WORD_CHARS_MAX).find_map(|(offset, grapheme)| {
                let starts = previous_is_space && !is_space(grapheme);
                previous_is_space = is_space(grapheme);
                starts.then_some(offset)
            })
        })
        .unwrap_or(fallback)
}

fn is_space(grapheme: &str) -> bool {
    grapheme.chars().all(|c| c.is_whitespace() || c.is_control())
}

/// A passage being put together.
struct Line {
    out: String,
    /// Byte offset in the source and in `out` of each character that was taken.
    taken: Vec<(usize, usize)>,
    begin: usize,
    /// Byte offset in the source past what was taken.
    end: usize,
    max_chars: usize,
}

const ELLIPSIS: char = '…';

impl Line {
    fn starting_at(begin: usize, max_chars: usize) -> Self {
        Self { out: String::new(), taken: Vec::new(), begin, end: begin, max_chars }
    }

    /// Takes characters while there is room, then gives up a word that was cut, if it lies past `keep`.
    fn fill(&mut self, text: &str, keep: usize) {
        let mut room = self.max_chars;
        if self.begin > 0 {
            self.out.push(ELLIPSIS);
            room = room.saturating_sub(1);
        }
        for (offset, grapheme) in text[self.begin..].grapheme_indices(true) {
            let at = self.begin + offset;
            let space = is_space(grapheme);
            if space && (self.taken.is_empty() || self.out.ends_with(' ')) {
                self.end = at + grapheme.len();
                continue;
            }
            if self.taken.len() == room {
                self.make_room_for_ellipsis(text, keep);
                return;
            }
            self.taken.push((at, self.out.len()));
            if space {
                self.out.push(' ');
            } else {
                self.out.extend(grapheme.chars().filter(|c| !c.is_control()));
            }
            self.end = at + grapheme.len();
        }
    }

    fn make_room_for_ellipsis(&mut self, text: &str, keep: usize) {
        let mut cut = self.taken.len().saturating_sub(1);
        let in_word = |index: usize, line: &Self| {
            line.taken.get(index).is_some_and(|&(at, _)| !text[at..].starts_with(char::is_whitespace))
        };
        let floor = cut.saturating_sub(WORD_CHARS_MAX);
        if in_word(cut, self) {
            let space = (floor..cut).rev().find(|&index| !in_word(index, self));
            cut = space.filter(|&index| self.taken[index].0 >= keep).unwrap_or(cut);
        }
        if let Some(&(source, out)) = self.taken.get(cut) {
            self.end = source;
            self.out.truncate(out);
            self.taken.truncate(cut);
        }
        let kept = self.out.trim_end().len();
        self.out.truncate(kept);
        self.out.push(ELLIPSIS);
    }

    fn finish(mut self, text: &str, spans: &[Span]) -> Snippet {
        let kept = self.out.trim_end().len();
        self.out.truncate(kept);
        let mut highlights: Vec<(usize, usize)> = Vec::new();
        for span in
            spans.iter().filter(|span| span.start >= self.begin && span.end <= self.end.min(text.len()))
        {
            let (start, end) = (self.out_offset(span.start), self.out_offset(span.end));
            match highlights.last_mut() {
                Some(last) if start < last.1 => last.1 = last.1.max(end),
                _ if start < end => highlights.push((start, end)),
                _ => {}
            }
        }
        Snippet { text: self.out, highlights }
    }

    /// Where the source's byte `at` stands in the passage.
    fn out_offset(&self, at: usize) -> usize {
        let index = self.taken.partition_point(|&(source, _)| source < at);
        let past =
            self.out.strip_suffix(ELLIPSIS).filter(|_| !self.taken.is_empty()).unwrap_or(&self.out).len();
        self.taken.get(index).map_or(past, |&(_, out)| out.min(past))
    }
}
