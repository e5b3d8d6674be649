//! Writes the parts of a query as they can be typed: what is written reads back as the same parts.

use super::{Ask, Node, Place, RADIUS_DEFAULT_M, dates};
use dp_lake::{Day, Has, TermMode, date_of_day};

pub(super) fn write(nodes: &[Node]) -> String {
    let writer = Writer { places: nodes.iter().map(places).sum() };
    let mut out = match nodes {
        [Node::Any(alternatives)] => writer.joined(alternatives, " OR ", false),
        nodes => writer.joined(nodes, " ", true),
    };
    // A word at the very end would be one still being typed.
    if ends_with_word(nodes) {
        out.push(' ');
    }
    out
}

fn ends_with_word(nodes: &[Node]) -> bool {
    match nodes {
        [Node::Any(alternatives)] => {
            matches!(alternatives.last(), Some(Node::Word(term)) if term.mode == TermMode::Words)
        }
        nodes => matches!(nodes.last(), Some(Node::Word(term)) if term.mode == TermMode::Words),
    }
}

fn places(node: &Node) -> usize {
    match node {
        Node::Ask(Ask::Near { .. }) => 1,
        Node::Word(_) | Node::Ask(_) => 0,
        Node::Not(inner) => places(inner),
        Node::All(nodes) | Node::Any(nodes) => nodes.iter().map(places).sum(),
    }
}

struct Writer {
    /// Places in the whole query: of a single one it is clear which radius is meant.
    places: usize,
}

impl Writer {
    fn joined(&self, nodes: &[Node], separator: &str, is_sequence: bool) -> String {
        let written = nodes.iter().map(|node| self.node(node, is_sequence));
        written.collect::<Vec<_>>().join(separator)
    }

    /// `is_sequence` says that what follows is joined by nothing but space.
    fn node(&self, node: &Node, is_sequence: bool) -> String {
        match node {
            Node::Word(term) => match term.mode {
                TermMode::Words => term.text.clone(),
                TermMode::Prefix => format!("{}*", term.text),
                TermMode::Phrase => quoted(&term.text),
            },
            Node::Ask(Ask::Near { place, radius_m: Some(radius_m) }) => {
                let both = format!("near:{} within:{}", place_text(place), distance(*radius_m));
                if is_sequence && self.places == 1 { both } else { in_parentheses(&both) }
            }
            Node::Ask(ask) => clause(ask),
            Node::Not(inner) => match **inner {
                // A minus turns `after:` and `before:` round, which also leaves out what has no date.
                Node::Ask(Ask::Days { from: Some(from), until: None }) => {
                    format!("-during:{}..", date_of_day(from))
                }
                Node::Ask(Ask::Days { from: None, until: Some(until) }) => {
                    format!("-during:..{}", date_of_day(until.saturating_sub(1)))
                }
                _ => format!("-{}", self.node(inner, false)),
            },
            Node::All(nodes) if matches!(&nodes[..], [Node::Any(_)]) => self.joined(nodes, " ", true),
            Node::All(nodes) => in_parentheses(&self.joined(nodes, " ", true)),
            Node::Any(nodes) => in_parentheses(&self.joined(nodes, " OR ", false)),
        }
    }
}

fn in_parentheses(inside: &str) -> String {
    // A word that opens a parenthesis of its own would take the closing one.
    let last = inside.rsplit(char::is_whitespace).next().unwrap_or_default();
    let opens = last.matches('(').count() > last.matches(')').count();
    format!("({inside}{})", if opens { " " } else { "" })
}

fn clause(ask: &Ask) -> String {
    match ask {
        Ask::Source(source) => format!("source:{}", value(source)),
        Ask::Kind(kind) => format!("kind:{kind}"),
        Ask::Has(Has::Star) => "is:starred".to_owned(),
        Ask::Has(thing) => {
            let word = Has::ALL.iter().find(|(_, other)| other == thing).map_or("", |&(word, _)| word);
            format!("has:{word}")
        }
        Ask::Label(label) => format!("in:{}", value(label)),
        Ask::Tag(tag) => format!("tag:{}", value(tag)),
        Ask::Person(words) => format!("with:{}", value(words)),
        Ask::Days { from, until } => days(*from, *until),
        Ask::Near { place, radius_m: _ } => format!("near:{}", place_text(place)),
        Ask::Around(document) => format!("around:{}", document.digits),
        Ask::Hidden => "is:hidden".to_owned(),
    }
}

fn days(from: Option<Day>, until: Option<Day>) -> String {
    let date = |day: Day| date_of_day(day).to_string();
    match (from, until) {
        (Some(from), Some(until)) => {
            let whole = date(from);
            for length in [4, 7, 10] {
                let text = whole.get(..length).unwrap_or(&whole);
                if dates::read_numeric(text) == Some(dates::Reading::Period(from, until)) {
                    return format!("on:{text}");
                }
            }
            format!("during:{}..{}", date(from), date(until.saturating_sub(1)))
        }
        (Some(from), None) => format!("after:{}", date(from)),
        (None, Some(until)) if dp_lake::day_of_date(date_of_day(until)) == until => {
            format!("before:{}", date(until))
        }
        (None, Some(until)) => format!("during:..{}", date(until.saturating_sub(1))),
        (None, None) => "during:0000..9999".to_owned(),
    }
}

fn place_text(place: &Place) -> String {
    match place {
        Place::Named { name, .. } => value(name),
        Place::Point { latitude_e7, longitude_e7 } => {
            format!("{},{}", degrees(*latitude_e7), degrees(*longitude_e7))
        }
    }
}

fn degrees(degrees_e7: i32) -> String {
    let sign = if degrees_e7 < 0 { "-" } else { "" };
    let absolute = degrees_e7.unsigned_abs();
    let text = format!("{sign}{}.{:07}", absolute / 10_000_000, absolute % 10_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A length as it is typed.
pub(super) fn distance(metres: u32) -> String {
    if metres.is_multiple_of(1000) { format!("{}km", metres / 1000) } else { format!("{metres}m") }
}

/// A value of a filter, in quotes where it needs them.
fn value(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '@' | '+' | '/' | '-');
    let starts_well = text.starts_with(char::is_alphanumeric);
    if starts_well && text.chars().all(is_plain) { text.to_owned() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    for (open, close) in [('"', '"'), ('«', '»'), ('「', '」')] {
        if !text.contains(close) {
            return format!("{open}{text}{close}");
        }
    }
    if text.contains(')') { format!("\"{}\"", text.replace('"', " ")) } else { format!("({text})") }
}

/// The default radius, for messages.
pub(super) fn default_radius() -> String {
    distance(RADIUS_DEFAULT_M)
}
