//! Takes a typed query apart: words, "phrases", `-excluded`, `prefix*`, `OR`, parentheses and filters.
//! Anything that is not clearly a filter is a word, so a pasted text or address can be searched as it is.

use super::{
    Ask, CHARS_MAX, DEPTH_MAX, Node, Parsed, QueryError, RADIUS_DEFAULT_M, TERMS_MAX, Today,
    fields::{self, Asked},
    reader::Reader,
};
use dp_lake::{Term, TermMode, analysis::for_each_token};

/// Takes `text` apart; `today` is what relative dates are counted from.
///
/// The last word is taken as one still being typed, unless white space follows it. An `OR` with nothing
/// on one side is left out, and what was opened and not closed ends with the query.
///
/// # Errors
/// When a filter has a value that cannot be meant, or the query is too long or nested too deep; the
/// message says what would be right.
pub fn parse_query(text: &str, today: impl Into<Today>) -> Result<Parsed, QueryError> {
    if text.len() > CHARS_MAX {
        let chars = text.chars().count();
        if chars > CHARS_MAX {
            let message =
                format!("the query has {chars} characters, and at most {CHARS_MAX} are read; shorten it");
            return Err(QueryError::at(CHARS_MAX, message));
        }
    }
    let mut parser =
        Parser { reader: Reader::new(text), today: today.into(), depth: 0, terms: 0, hidden: None };
    let nodes = parser.group(false)?;
    let is_misplaced = |node: &Node| match node {
        Node::Not(inner) if **inner == Node::Ask(Ask::Hidden) => false,
        Node::Word(_) | Node::Ask(_) => false,
        other => asks_hidden(other),
    };
    if let Some(position) = parser.hidden.filter(|_| nodes.iter().any(is_misplaced)) {
        let message = "is:hidden is asked once for the whole query, not inside parentheses or beside OR";
        return Err(QueryError::at(position, message));
    }
    Ok(Parsed::of(nodes))
}

fn asks_hidden(node: &Node) -> bool {
    match node {
        Node::Word(_) => false,
        Node::Ask(ask) => *ask == Ask::Hidden,
        Node::Not(inner) => asks_hidden(inner),
        Node::All(nodes) | Node::Any(nodes) => nodes.iter().any(asks_hidden),
    }
}

fn has_tokens(text: &str) -> bool {
    let mut found = false;
    for_each_token(text, &mut |_| found = true);
    found
}

struct Parser<'a> {
    reader: Reader<'a>,
    today: Today,
    depth: usize,
    terms: usize,
    /// Where the last `is:hidden` is.
    hidden: Option<usize>,
}

/// What is read of a group so far.
#[derive(Default)]
struct Group {
    items: Vec<Node>,
    /// Whether an `OR` waits for its other side.
    joins: bool,
    /// Whether the last item was made by an `OR` of this group.
    joined: bool,
    /// A radius that waits for the places it is meant for, and where it stands.
    radius: Option<(u32, usize)>,
}

impl Group {
    fn push(&mut self, node: Node) {
        let last = if std::mem::take(&mut self.joins) { self.items.pop() } else { None };
        let joined = match last {
            None => {
                self.joined = false;
                node
            }
            Some(Node::Any(mut nodes)) if self.joined => {
                push_any(&mut nodes, node);
                Node::Any(nodes)
            }
            Some(last) => {
                self.joined = true;
                let mut nodes = Vec::new();
                push_any(&mut nodes, last);
                push_any(&mut nodes, node);
                Node::Any(nodes)
            }
        };
        self.items.push(joined);
    }

    /// Gives the radius to the places that have none yet: those before it, or else those after it.
    fn set_radius(&mut self, radius_m: u32, position: usize) {
        if !give_all(&mut self.items, radius_m) {
            self.radius = Some((radius_m, position));
        }
    }

    fn finish(mut self) -> Result<Vec<Node>, QueryError> {
        if let Some((radius_m, position)) = self.radius
            && !give_all(&mut self.items, radius_m)
        {
            let message =
                "within: says how far from a place, and there is none; write near:\"Lisbon\" within:20km";
            return Err(QueryError::at(position, message));
        }
        let spliced = self.items.into_iter().flat_map(|node| match node {
            Node::All(nodes) => nodes,
            other => vec![other],
        });
        Ok(spliced.collect())
    }
}

fn push_any(nodes: &mut Vec<Node>, node: Node) {
    match node {
        Node::Any(inner) => nodes.extend(inner),
        other => nodes.push(other),
    }
}

/// Gives the radius to each place without one; says whether there was one.
fn give_all(nodes: &mut [Node], wanted_m: u32) -> bool {
    let mut given = false;
    for node in nodes {
        given |= give_radius(node, wanted_m);
    }
    given
}

fn give_radius(node: &mut Node, wanted_m: u32) -> bool {
    match node {
        Node::Ask(Ask::Near { radius_m: radius @ None, .. }) => {
            *radius = Some(wanted_m).filter(|&radius_m| radius_m != RADIUS_DEFAULT_M);
            true
        }
        Node::Not(inner) => give_radius(inner, wanted_m),
        Node::All(nodes) | Node::Any(nodes) => give_all(nodes, wanted_m),
        Node::Word(_) | Node::Ask(_) => false,
    }
}

/// Many parts as one; None of none.
fn one_of(mut nodes: Vec<Node>) -> Option<Node> {
    if nodes.len() > 1 { Some(Node::All(nodes)) } else { nodes.pop() }
}

fn negated(node: Node) -> Node {
    match node {
        Node::Not(inner) => *inner,
        other => Node::Not(Box::new(other)),
    }
}

impl Parser<'_> {
    /// Reads up to the parenthesis that closes the group, or to the end.
    fn group(&mut self, is_negated: bool) -> Result<Vec<Node>, QueryError> {
        let mut group = Group::default();
        loop {
            self.reader.skip_space();
            if self.reader.is_at_end() {
                break;
            }
            if self.reader.take(')') {
                if self.depth > 0 {
                    break;
                }
                continue;
            }
            if self.reader.either() {
                group.joins = !group.items.is_empty();
                continue;
            }
            match self.operand(is_negated)? {
                Some(Operand::Node(node)) => group.push(node),
                Some(Operand::Radius(radius_m, position)) => group.set_radius(radius_m, position),
                None => group.joins = false,
            }
        }
        group.finish()
    }

    fn operand(&mut self, is_negated: bool) -> Result<Option<Operand>, QueryError> {
        let position = self.reader.position();
        let minus = self.reader.minus();
        if minus && self.reader.either() {
            return Ok(None);
        }
        let is_negated = is_negated || minus;
        let sign = |node: Node| Operand::Node(if minus { negated(node) } else { node });
        if self.reader.take('(') {
            if self.depth == DEPTH_MAX {
                let message = format!("there are more than {DEPTH_MAX} parentheses within each other");
                return Err(QueryError::at(position, message));
            }
            self.depth += 1;
            let nodes = self.group(is_negated)?;
            self.depth -= 1;
            return Ok(one_of(nodes).map(sign));
        }
        if let Some(phrase) = self.reader.quoted() {
            let term = Term { text: phrase.to_owned(), mode: TermMode::Phrase };
            return Ok(self.term(term, position)?.map(sign));
        }
        if let Some(clause) = self.reader.clause() {
            return match fields::read(&clause, minus, self.today)? {
                Asked::Radius(radius_m) => Ok(Some(Operand::Radius(radius_m, clause.position))),
                Asked::Nodes(nodes) => {
                    self.count(nodes.len(), position)?;
                    if nodes.iter().any(asks_hidden) {
                        self.hidden = Some(position);
                    }
                    Ok(one_of(nodes).map(Operand::Node))
                }
            };
        }
        let word = self.reader.bare();
        let is_open = !is_negated && self.reader.is_at_end() && !word.ends_with(':');
        let term = match word.strip_suffix('*') {
            Some(stem) => Term { text: stem.trim_end_matches('*').to_owned(), mode: TermMode::Prefix },
            None if is_open => Term { text: word.to_owned(), mode: TermMode::Prefix },
            None => Term { text: word.to_owned(), mode: TermMode::Words },
        };
        Ok(self.term(term, position)?.map(sign))
    }

    /// The term, if there is a word in it.
    fn term(&mut self, term: Term, position: usize) -> Result<Option<Node>, QueryError> {
        if !has_tokens(&term.text) {
            return Ok(None);
        }
        self.count(1, position)?;
        Ok(Some(Node::Word(term)))
    }

    fn count(&mut self, more: usize, position: usize) -> Result<(), QueryError> {
        self.terms += more;
        if self.terms <= TERMS_MAX {
            return Ok(());
        }
        let message =
            format!("the query has more than {TERMS_MAX} words, phrases and filters; leave some out");
        Err(QueryError::at(position, message))
    }
}

enum Operand {
    Node(Node),
    /// Metres, and where they stand.
    Radius(u32, usize),
}
