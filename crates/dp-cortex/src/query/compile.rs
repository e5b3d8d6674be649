//! Makes the lake's query of the parts: words and filters apart, alternatives nested. Pure.

use super::{Ask, Node, Place, RADIUS_DEFAULT_M, Reference, Resolution};
use dp_lake::{Alternative, Filter, Hidden, Near, TextQuery};

/// What the query names, in its order.
pub(super) fn references(nodes: &[Node]) -> Vec<Reference> {
    let mut found = Vec::new();
    for node in nodes {
        collect(node, &mut found);
    }
    found
}

fn collect(node: &Node, found: &mut Vec<Reference>) {
    match node {
        Node::Ask(Ask::Near { place: Place::Named { name, position }, radius_m }) => {
            let radius_m = radius_m.unwrap_or(RADIUS_DEFAULT_M);
            found.push(Reference::Place { name: name.clone(), radius_m, position: *position });
        }
        Node::Ask(Ask::Around(document)) => found.push(Reference::Document(document.clone())),
        Node::Word(_) | Node::Ask(_) => {}
        Node::Not(inner) => collect(inner, found),
        Node::All(nodes) | Node::Any(nodes) => nodes.iter().for_each(|node| collect(node, found)),
    }
}

/// The lake's query; `resolutions` are what [`references`] mean.
pub(super) fn compile(nodes: &[Node], resolutions: &[Resolution]) -> (TextQuery, Filter) {
    let mut compiler = Compiler { resolutions: resolutions.iter().copied() };
    let mut whole = Alternative::default();
    for node in nodes {
        compiler.add(node, &mut whole);
    }
    (whole.text, whole.filter)
}

struct Compiler<R> {
    resolutions: R,
}

/// A part of a filter that can be there once.
#[derive(Clone, Copy)]
enum Once {
    Days(Option<i32>, Option<i32>),
    Instants(i64, i64),
    Circle(Near),
}

impl<R: Iterator<Item = Resolution>> Compiler<R> {
    fn add(&mut self, node: &Node, out: &mut Alternative) {
        match node {
            Node::Word(term) => out.text.must.push(term.clone()),
            Node::Ask(ask) => self.add_ask(ask, out),
            Node::All(nodes) => nodes.iter().for_each(|node| self.add(node, out)),
            Node::Any(nodes) => {
                let alternatives = nodes.iter().map(|node| self.alternative(node)).collect();
                out.text.any.push(alternatives);
            }
            Node::Not(inner) => self.add_not(inner, out),
        }
    }

    fn add_not(&mut self, node: &Node, out: &mut Alternative) {
        match node {
            Node::Word(term) => out.text.must_not.push(term.clone()),
            Node::Ask(ask) => self.add_not_ask(ask, out),
            Node::Not(inner) => self.add(inner, out),
            Node::All(_) => {
                let refused = self.alternative(node);
                out.text.none.push(refused);
            }
            Node::Any(nodes) => {
                for node in nodes {
                    let refused = self.alternative(node);
                    out.text.none.push(refused);
                }
            }
        }
    }

    fn alternative(&mut self, node: &Node) -> Alternative {
        let mut alternative = Alternative::default();
        self.add(node, &mut alternative);
        alternative
    }

    fn add_ask(&mut self, ask: &Ask, out: &mut Alternative) {
        if list(ask, &mut out.filter) {
            return;
        }
        let filter = &mut out.filter;
        match self.once(ask) {
            Some(Once::Days(from, until)) => {
                filter.from = filter.from.max(from);
                filter.until = earliest(filter.until, until);
            }
            Some(Once::Instants(from_us, until_us)) => {
                filter.from_us = filter.from_us.max(Some(from_us));
                filter.until_us = earliest(filter.until_us, Some(until_us));
            }
            Some(Once::Circle(near)) if filter.near.is_none() => filter.near = Some(near),
            Some(once) => out.text.any.push(vec![alone(once)]),
            None if *ask == Ask::Hidden => filter.hidden = Hidden::Only,
            None => {}
        }
    }

    fn add_not_ask(&mut self, ask: &Ask, out: &mut Alternative) {
        if *ask == Ask::Hidden {
            return;
        }
        let once = self.once(ask);
        let mut not = out.filter.not.take().unwrap_or_default();
        match once {
            None => {
                list(ask, &mut not);
            }
            Some(once) if is_taken(&not, once) => out.text.none.push(alone(once)),
            Some(once) => set(&mut not, once),
        }
        out.filter.not = Some(not).filter(|not| **not != Filter::default());
    }

    /// What can be in a filter only once; None of anything else, and of what is not resolved.
    fn once(&mut self, ask: &Ask) -> Option<Once> {
        match ask {
            &Ask::Days { from, until } => Some(Once::Days(from, until)),
            &Ask::Near { place: Place::Point { latitude_e7, longitude_e7 }, radius_m } => {
                let radius_m = radius_m.unwrap_or(RADIUS_DEFAULT_M);
                Some(Once::Circle(Near { latitude_e7, longitude_e7, radius_m }))
            }
            Ask::Near { place: Place::Named { .. }, .. } => match self.resolutions.next()? {
                Resolution::Circle(near) => Some(Once::Circle(near)),
                Resolution::Instants { .. } => None,
            },
            Ask::Around(_) => match self.resolutions.next()? {
                Resolution::Instants { from_us, until_us } => Some(Once::Instants(from_us, until_us)),
                Resolution::Circle(_) => None,
            },
            _ => None,
        }
    }
}

/// Adds what a filter has a list for; says whether it has one.
fn list(ask: &Ask, filter: &mut Filter) -> bool {
    match ask {
        Ask::Source(source) => filter.sources.push(source.clone()),
        Ask::Kind(kind) => filter.kinds.push(*kind),
        Ask::Has(thing) => filter.has.push(*thing),
        Ask::Label(label) => filter.labels.push(label.clone()),
        Ask::Tag(tag) => filter.tags.push(tag.clone()),
        Ask::Person(words) => filter.people.push(words.clone()),
        Ask::Days { .. } | Ask::Near { .. } | Ask::Around(_) | Ask::Hidden => return false,
    }
    true
}

fn earliest<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

fn is_taken(filter: &Filter, once: Once) -> bool {
    match once {
        Once::Days(..) => filter.from.is_some() || filter.until.is_some(),
        Once::Instants(..) => filter.from_us.is_some() || filter.until_us.is_some(),
        Once::Circle(_) => filter.near.is_some(),
    }
}

fn set(filter: &mut Filter, once: Once) {
    match once {
        Once::Days(from, until) => (filter.from, filter.until) = (from, until),
        Once::Instants(from_us, until_us) => {
            (filter.from_us, filter.until_us) = (Some(from_us), Some(until_us));
        }
        Once::Circle(near) => filter.near = Some(near),
    }
}

fn alone(once: Once) -> Alternative {
    let mut alternative = Alternative::default();
    set(&mut alternative.filter, once);
    alternative
}
