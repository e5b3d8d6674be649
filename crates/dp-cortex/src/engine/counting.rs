//! Counting what a query and a filter mean: from rollups where they say all that is asked, else from columns of
//! the text index. Each count can be asked for again as the query that lists its documents.

use super::{Engine, EngineError};
use crate::query::{Ask, Node, Parsed, Place, parse_query};
use dp_lake::{
    Alternative, Day, Dimension, FacetField, Filter, Hidden, HistogramQuery, Term, TermMode, TextQuery,
    TimeCount, TimeCountQuery, Top,
};
use dp_model::Kind;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Documents that are counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// What the text must and must not hold.
    pub text: TextQuery,
    /// Which documents.
    pub filter: Filter,
    /// The same as it can be typed, its days aside.
    nodes: Vec<Node>,
    /// The days that were asked for beside the typed query.
    days: (Option<Day>, Option<Day>),
}

/// What counts are taken apart by, beside the local day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Breakdown {
    /// By the hour on the local clock.
    pub by_hour: bool,
    /// By source.
    pub by_source: bool,
    /// By kind.
    pub by_kind: bool,
}

/// What a top list ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TopOf {
    /// Who made what was watched or listened to.
    Channel,
    /// Who made what was listened to.
    Artist,
    /// Hosts of pages that were opened.
    Site,
    /// People in mails, events and messages.
    Person,
    /// Places that were visited.
    Place,
    /// Labels, folders, lists and albums.
    Label,
    /// Sources.
    Source,
    /// Kinds.
    Kind,
    /// Years.
    Year,
}

impl TopOf {
    /// Everything that can be ranked.
    pub const ALL: &[Self] = &[
        Self::Channel,
        Self::Artist,
        Self::Site,
        Self::Person,
        Self::Place,
        Self::Label,
        Self::Source,
        Self::Kind,
        Self::Year,
    ];

    /// The word used on screen.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Artist => "artist",
            Self::Site => "site",
            Self::Person => "person",
            Self::Place => "place",
            Self::Label => "label",
            Self::Source => "source",
            Self::Kind => "kind",
            Self::Year => "year",
        }
    }

    /// What documents of a kind are best told by, if anything.
    #[must_use]
    pub const fn of_kind(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Watch => Some(Self::Channel),
            Kind::Listen => Some(Self::Artist),
            Kind::Browse => Some(Self::Site),
            Kind::Email | Kind::Message | Kind::Event => Some(Self::Person),
            Kind::Visit => Some(Self::Place),
            _ => None,
        }
    }

    fn dimension(self) -> Option<Dimension> {
        match self {
            Self::Channel => Some(Dimension::Channel),
            Self::Site => Some(Dimension::Site),
            Self::Person => Some(Dimension::Person),
            Self::Place => Some(Dimension::Place),
            Self::Artist | Self::Label | Self::Source | Self::Kind | Self::Year => None,
        }
    }

    const fn field(self) -> FacetField {
        match self {
            Self::Channel | Self::Artist => FacetField::Channel,
            Self::Site => FacetField::Site,
            Self::Person => FacetField::Person,
            Self::Place => FacetField::Place,
            Self::Label => FacetField::Label,
            Self::Source => FacetField::Source,
            Self::Kind => FacetField::Kind,
            Self::Year => FacetField::Year,
        }
    }

    /// The kinds of document that count; empty for all.
    fn kinds(self) -> &'static [Kind] {
        match (self, self.dimension()) {
            (Self::Artist, _) => &[Kind::Listen],
            (_, Some(dimension)) => dimension.kinds(),
            (_, None) => &[],
        }
    }

    /// What asks for the documents of a name.
    fn nodes(self, name: &str) -> Vec<Node> {
        let kinds = self.kinds().iter().map(|&kind| Node::Ask(Ask::Kind(kind)));
        let named = match self {
            Self::Channel | Self::Artist | Self::Person => Some(Node::Ask(Ask::Person(name.to_owned()))),
            Self::Site | Self::Place => {
                Some(Node::Word(Term { text: name.to_owned(), mode: TermMode::Phrase }))
            }
            Self::Label => Some(Node::Ask(Ask::Label(name.to_owned()))),
            Self::Source => Some(Node::Ask(Ask::Source(name.to_owned()))),
            Self::Kind => name.parse().ok().map(|kind| Node::Ask(Ask::Kind(kind))),
            Self::Year => dp_lake::days_of_text(name).ok().map(|(first, last)| days(first, last)),
        };
        kinds.chain(named).collect()
    }
}

fn days(first: Day, last: Day) -> Node {
    Node::Ask(Ask::Days { from: Some(first), until: Some(last.saturating_add(1)) })
}

/// Writes the queries that list the documents of a selection on some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drill {
    base: String,
}

impl Drill {
    /// The query of the days from the first to the last.
    #[must_use]
    pub fn of_days(&self, first: Day, last: Day) -> String {
        let date = dp_lake::date_of_day(first);
        let days = match first == last && date.year() >= 0 {
            true => format!("on:{date}"),
            false => Parsed::of(vec![days(first, last)]).to_text(),
        };
        if self.base.is_empty() { days } else { format!("{} {days}", self.base) }
    }
}

impl Selection {
    /// The query that lists the documents of these days.
    #[must_use]
    pub fn query_of_days(&self, first: Day, last: Day) -> String {
        self.drill().of_days(first, last)
    }

    /// Writes such queries of many days.
    #[must_use]
    pub fn drill(&self) -> Drill {
        let nodes = match self.nodes.as_slice() {
            // What is put beside alternatives would belong to the last of them.
            [Node::Any(_)] => vec![Node::All(self.nodes.clone())],
            nodes => nodes.to_vec(),
        };
        Drill { base: Parsed::of(nodes).to_text().trim_end().to_owned() }
    }

    /// The query that lists the documents of a name of a top list.
    #[must_use]
    pub fn query_of_name(&self, of: TopOf, name: &str) -> String {
        self.query_with(of.nodes(name))
    }

    /// The query that lists all of its documents.
    #[must_use]
    pub fn query(&self) -> String {
        self.query_with(Vec::new())
    }

    fn query_with(&self, more: Vec<Node>) -> String {
        let (from, until) = self.days;
        let mut nodes = self.nodes.clone();
        // Kinds and sources side by side would mean any of them.
        let widens = |node: &Node| matches!(node, Node::Ask(Ask::Source(_) | Ask::Kind(_)));
        if nodes.iter().any(widens) && more.iter().any(widens) {
            nodes = vec![Node::All(nodes)];
        }
        if from.is_some() || until.is_some() {
            nodes.push(Node::Ask(Ask::Days { from, until }));
        }
        nodes.extend(more);
        Parsed::of(nodes).to_text()
    }

    /// The same of some days only.
    #[must_use]
    pub fn within(&self, first: Day, last: Day) -> Self {
        let past = last.saturating_add(1);
        let filter = Filter {
            from: Some(self.filter.from.map_or(first, |from| from.max(first))),
            until: Some(self.filter.until.map_or(past, |until| until.min(past))),
            ..self.filter.clone()
        };
        Self { days: (filter.from, filter.until), filter, ..self.clone() }
    }

    /// The same between two days, either of which may be open.
    #[must_use]
    pub fn of_range(&self, from: Option<Day>, until: Option<Day>) -> Self {
        let filter = Filter { from, until, ..self.filter.clone() };
        Self { filter, days: (from, until), ..self.clone() }
    }

    /// The same of one source and kind only, which are among those that it holds.
    #[must_use]
    pub fn of_parts(&self, source: &str, kind: Kind) -> Self {
        let filter = Filter { sources: vec![source.to_owned()], kinds: vec![kind], ..self.filter.clone() };
        let mut nodes = self.nodes.clone();
        let widens = |node: &Node| matches!(node, Node::Ask(Ask::Source(_) | Ask::Kind(_)));
        if nodes.iter().any(widens) {
            nodes = vec![Node::All(nodes)];
        }
        nodes.extend([Node::Ask(Ask::Source(source.to_owned())), Node::Ask(Ask::Kind(kind))]);
        Self { filter, nodes, ..self.clone() }
    }

    /// The same of some sources and kinds only, where it names none itself.
    fn of_kinds(&self, kinds: &[Kind]) -> Option<Filter> {
        let mut filter = self.filter.clone();
        if kinds.is_empty() {
            return Some(filter);
        }
        match filter.kinds.is_empty() {
            true => filter.kinds = kinds.to_vec(),
            false => filter.kinds.retain(|kind| kinds.contains(kind)),
        }
        (!filter.kinds.is_empty()).then_some(filter)
    }

    /// The question whose answer stands in the rollups, if it is one.
    #[must_use]
    pub fn rollup(&self) -> Option<HistogramQuery> {
        let Filter { sources, kinds, from, until, .. } = self.filter.clone();
        let plain = Filter { sources, kinds, from, until, hidden: Hidden::Include, ..Filter::default() };
        if !self.text.is_empty() || self.filter != plain {
            return None;
        }
        let Filter { sources, kinds, from, until, .. } = plain;
        Some(HistogramQuery { sources, kinds, from, until })
    }
}

impl Engine {
    /// What a typed query and a filter mean together. The filter says whether hidden documents are meant, unless
    /// the query asks for them.
    ///
    /// # Errors
    /// `Query` if the query can't be meant; `Lake` if the store fails.
    pub async fn selection(
        &self,
        typed: &str,
        filter: Filter,
        today: Date,
    ) -> Result<Selection, EngineError> {
        let asked = nodes_of(&filter);
        let days = (filter.from, filter.until);
        if typed.trim().is_empty() {
            return Ok(Selection { text: TextQuery::default(), filter, nodes: asked, days });
        }
        let request = super::SearchRequest::new(typed, today);
        let plan = self.plan(&request).await?;
        let mut nodes = parse_query(typed, today)?.nodes;
        // As above: what is asked beside the typed query narrows it down.
        if !asked.is_empty() && !nodes.is_empty() {
            nodes = vec![Node::All(nodes)];
        }
        nodes.extend(asked);
        let hidden = if plan.filter.hidden == Hidden::Only { Hidden::Only } else { filter.hidden };
        if let Some(both) = together(&plan.filter, &filter) {
            return Ok(Selection { text: plan.strict, filter: Filter { hidden, ..both }, nodes, days });
        }
        let typed = Alternative { text: plan.strict, filter: plan.filter };
        let text = TextQuery { any: vec![vec![typed]], ..TextQuery::default() };
        Ok(Selection { text, filter: Filter { hidden, ..filter }, nodes, days })
    }

    /// Documents of a selection by local day, and what else is asked for: ascending, undated first.
    ///
    /// # Errors
    /// If the store or the index fails.
    pub async fn counts(&self, selection: &Selection, by: Breakdown) -> Result<Vec<TimeCount>, EngineError> {
        let Breakdown { by_hour, by_source, by_kind } = by;
        let Some(query) = selection.rollup().filter(|_| !by_hour) else {
            let (text, filter) = (selection.text.clone(), selection.filter.clone());
            let query = TimeCountQuery { text, filter, by_hour, by_source, by_kind };
            return Ok(self.vault.search().counts(&query).await?);
        };
        let mut lines: Vec<TimeCount> = Vec::new();
        let mut day_from = 0;
        for count in self.vault.documents().histogram(&query).await? {
            let (source, kind) = (by_source.then_some(count.source), by_kind.then_some(count.kind));
            if lines.last().is_some_and(|last| last.day != count.day) {
                day_from = lines.len();
            }
            // A day has few sources and kinds.
            let of_day = lines.get_mut(day_from..).unwrap_or_default();
            if let Some(line) = of_day.iter_mut().find(|line| line.source == source && line.kind == kind) {
                line.count += count.count;
                continue;
            }
            lines.push(TimeCount { day: count.day, hour: None, source, kind, count: count.count });
        }
        for of_day in lines.chunk_by_mut(|one, other| one.day == other.day) {
            of_day.sort_by(|one, other| (&one.source, one.kind).cmp(&(&other.source, other.kind)));
        }
        Ok(lines)
    }

    /// The most frequent names of a selection, at most so many; ties by name. What is asked of everything comes
    /// from rollups, where people go by the best name that is known of them; else a person's name is the one in
    /// the document.
    ///
    /// # Errors
    /// If the store or the index fails.
    pub async fn top(&self, selection: &Selection, of: TopOf, limit: usize) -> Result<Vec<Top>, EngineError> {
        let everything = Filter { hidden: Hidden::Include, ..Filter::default() };
        if let Some(dimension) = of.dimension()
            && selection.text.is_empty()
            && selection.filter == everything
        {
            return Ok(self.vault.documents().top(dimension, limit).await?);
        }
        let Some(filter) = selection.of_kinds(of.kinds()) else { return Ok(Vec::new()) };
        let facets = self.vault.search().facets(&selection.text, &filter, &[of.field()], limit).await?;
        let counts = facets.into_iter().flat_map(|facet| facet.counts);
        Ok(counts.map(|count| Top { name: count.value, count: count.documents }).collect())
    }
}

/// Both filters as one, hidden documents aside; None if one filter can't say it.
fn together(one: &Filter, other: &Filter) -> Option<Filter> {
    let either = |one: &[String], other: &[String]| match (one, other) {
        ([], other) => Some(other.to_vec()),
        (one, []) => Some(one.to_vec()),
        _ => None,
    };
    let kinds = match (one.kinds.as_slice(), other.kinds.as_slice()) {
        ([], kinds) | (kinds, []) => kinds.to_vec(),
        _ => return None,
    };
    if (one.near.is_some() && other.near.is_some()) || (one.not.is_some() && other.not.is_some()) {
        return None;
    }
    let latest = |one: Option<i64>, other: Option<i64>| one.max(other);
    let earliest = |one: Option<i64>, other: Option<i64>| one.into_iter().chain(other).min();
    let both = |one: &[String], other: &[String]| one.iter().chain(other).cloned().collect::<Vec<_>>();
    Some(Filter {
        sources: either(&one.sources, &other.sources)?,
        kinds,
        from: one.from.max(other.from),
        until: one.until.into_iter().chain(other.until).min(),
        from_us: latest(one.from_us, other.from_us),
        until_us: earliest(one.until_us, other.until_us),
        near: one.near.or(other.near),
        labels: both(&one.labels, &other.labels),
        tags: both(&one.tags, &other.tags),
        has: one.has.iter().chain(&other.has).copied().collect(),
        people: both(&one.people, &other.people),
        hidden: Hidden::Exclude,
        not: one.not.clone().or_else(|| other.not.clone()),
    })
}

/// A filter as parts of a query, its days aside.
fn nodes_of(filter: &Filter) -> Vec<Node> {
    let mut asks = Vec::new();
    asks.extend(filter.sources.iter().cloned().map(Ask::Source));
    asks.extend(filter.kinds.iter().copied().map(Ask::Kind));
    asks.extend(filter.labels.iter().cloned().map(Ask::Label));
    asks.extend(filter.tags.iter().cloned().map(Ask::Tag));
    asks.extend(filter.has.iter().copied().map(Ask::Has));
    asks.extend(filter.people.iter().cloned().map(Ask::Person));
    asks.extend(filter.near.map(|near| Ask::Near {
        place: Place::Point { latitude_e7: near.latitude_e7, longitude_e7: near.longitude_e7 },
        radius_m: Some(near.radius_m),
    }));
    asks.extend((filter.hidden == Hidden::Only).then_some(Ask::Hidden));
    asks.into_iter().map(Node::Ask).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(nodes: Vec<Node>) -> Selection {
        Selection { nodes, ..Selection::default() }
    }

    #[test]
    fn queries_of_days_say_what_was_counted_on_which_days() {
        let today = jiff::civil::date(2024, 6, 14);
        let of = |typed: &str, first: &str, last: &str| {
            let (first, last) =
                (dp_lake::days_of_text(first).unwrap().0, dp_lake::days_of_text(last).unwrap().1);
            selection(parse_query(typed, today).unwrap().nodes).query_of_days(first, last)
        };
        assert_eq!(of("", "2019-06-14", "2019-06-14"), "on:2019-06-14");
        assert_eq!(of("kind:email rye", "2019-06", "2019-06"), "kind:email rye* on:2019-06");
        assert_eq!(of("rye OR wheat", "2019", "2019"), "(rye OR wheat*) on:2019");
        assert_eq!(of("", "2019-06-10", "2019-06-16"), "during:2019-06-10..2019-06-16");
    }

    #[test]
    fn queries_of_names_narrow_what_was_counted() {
        let all = selection(Vec::new());
        assert_eq!(all.query_of_name(TopOf::Site, "example.org"), "kind:browse \"example.org\"");
        assert_eq!(
            all.query_of_name(TopOf::Person, "Mia Lund"),
            "kind:email kind:message kind:event with:\"Mia Lund\""
        );
        assert_eq!(all.query_of_name(TopOf::Year, "2019"), "on:2019");
        let google = selection(vec![Node::Ask(Ask::Source("google".into()))]);
        assert_eq!(google.query_of_name(TopOf::Source, "google.mail"), "(source:google) source:google.mail");
        for of in TopOf::ALL {
            let query = google.query_of_name(*of, "2019");
            assert!(parse_query(&query, jiff::civil::date(2024, 6, 14)).is_ok(), "{query}");
        }
    }

    #[test]
    fn two_filters_are_one_where_one_can_say_both() {
        let kinds = |kinds: &[Kind]| Filter { kinds: kinds.to_vec(), ..Filter::default() };
        let days = |from, until| Filter { from, until, ..Filter::default() };
        assert_eq!(together(&kinds(&[Kind::Note]), &Filter::default()), Some(kinds(&[Kind::Note])));
        assert_eq!(together(&kinds(&[Kind::Note]), &kinds(&[Kind::Email])), None);
        assert_eq!(together(&days(Some(3), Some(9)), &days(None, Some(5))), Some(days(Some(3), Some(5))));
    }
}
