//! The filters of a query: `kind:email`, `-source:google`, `before:2020-05`, `near:Lisbon`. A filter as
//! written goes in, what it asks comes out, or what is wrong with it.

use super::{Ask, DocumentName, Node, Place, QueryError, Today, dates, reader::RawClause, write};
use dp_lake::{Day, Has, analysis::edit_distance};
use dp_model::{Kind, Point};

/// The names before the colon that mean a filter; any other is an ordinary word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Source,
    Kind,
    From,
    With,
    After,
    Before,
    On,
    During,
    Near,
    Within,
    Around,
    Has,
    In,
    Tag,
    Is,
}

impl Field {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "source" => Self::Source,
            "kind" => Self::Kind,
            "from" => Self::From,
            "with" => Self::With,
            "after" => Self::After,
            "before" => Self::Before,
            "on" => Self::On,
            "during" => Self::During,
            "near" => Self::Near,
            "within" => Self::Within,
            "around" => Self::Around,
            "has" => Self::Has,
            "in" => Self::In,
            "tag" => Self::Tag,
            "is" => Self::Is,
            _ => return None,
        })
    }
}

/// Half the way round the Earth, metres: farther is nowhere.
const DISTANCE_MAX_M: f64 = 20_040_000.0;
/// Hexadecimal digits of an id that tell a document.
const DIGITS: std::ops::RangeInclusive<usize> = 4..=32;

/// What a filter comes to.
pub(super) enum Asked {
    /// Parts that must all hold; kinds and sources side by side mean any of them.
    Nodes(Vec<Node>),
    /// How far, metres.
    Radius(u32),
}

/// What the filter asks; `negated` says that a minus stands before it.
pub(super) fn read(clause: &RawClause<'_>, negated: bool, today: Today) -> Result<Asked, QueryError> {
    let asks = match clause.field {
        Field::Within if negated => {
            return Err(error(
                clause,
                "within: says how far from a place and can't be left out; write -near: instead",
            ));
        }
        Field::Within => return radius(clause).map(Asked::Radius),
        Field::After | Field::Before => {
            let (first, _) = period(clause, today)?;
            // What is not after a day is before it, and the other way round.
            let is_start = (clause.field == Field::After) != negated;
            return Ok(Asked::Nodes(vec![Node::Ask(open_period(first, is_start))]));
        }
        Field::On | Field::During => vec![range(clause, today)?],
        Field::From => match dates::read_plain(clause.value, today) {
            dates::Reading::Period(first, _) => {
                return Ok(Asked::Nodes(vec![Node::Ask(open_period(first, !negated))]));
            }
            dates::Reading::Impossible => return Err(no_such_date(clause, clause.value)),
            dates::Reading::NotADate => people(clause),
        },
        Field::With => people(clause),
        Field::Near => near(clause)?.into_iter().collect(),
        Field::Around => vec![around(clause)?],
        Field::Is => vec![state(clause)?],
        Field::Source => values(clause).map(|value| Ask::Source(value.to_lowercase())).collect(),
        Field::Kind => {
            values(clause).map(|value| kind(clause, value).map(Ask::Kind)).collect::<Result<_, _>>()?
        }
        Field::Has => {
            values(clause).map(|value| has(clause, value).map(Ask::Has)).collect::<Result<_, _>>()?
        }
        Field::In => whole(clause).map(|value| Ask::Label(value.to_owned())).into_iter().collect(),
        Field::Tag => whole(clause).map(|value| Ask::Tag(value.to_owned())).into_iter().collect(),
    };
    let sign = |ask| if negated { Node::Not(Box::new(Node::Ask(ask))) } else { Node::Ask(ask) };
    Ok(Asked::Nodes(asks.into_iter().map(sign).collect()))
}

fn people(clause: &RawClause<'_>) -> Vec<Ask> {
    whole(clause).map(|value| Ask::Person(value.to_owned())).into_iter().collect()
}

/// `kind:email,note` means either; a quoted value is never taken apart.
fn values<'a>(clause: &RawClause<'a>) -> impl Iterator<Item = &'a str> {
    let separator = if clause.quoted { '\0' } else { ',' };
    clause.value.split(separator).map(str::trim).filter(|value| !value.is_empty())
}

fn whole<'a>(clause: &RawClause<'a>) -> Option<&'a str> {
    Some(clause.value).filter(|value| !value.is_empty())
}

fn open_period(first: Day, is_start: bool) -> Ask {
    if is_start {
        Ask::Days { from: Some(first), until: None }
    } else {
        Ask::Days { from: None, until: Some(first) }
    }
}

fn period(clause: &RawClause<'_>, today: Today) -> Result<(Day, Day), QueryError> {
    date(clause, clause.value, today)
}

fn date(clause: &RawClause<'_>, value: &str, today: Today) -> Result<(Day, Day), QueryError> {
    match dates::read(value, today) {
        dates::Reading::Period(first, past) => Ok((first, past)),
        dates::Reading::Impossible | dates::Reading::NotADate => Err(no_such_date(clause, value)),
    }
}

/// One date, or two with `..` between them, of which one may be missing.
fn range(clause: &RawClause<'_>, today: Today) -> Result<Ask, QueryError> {
    let Some((first, last)) = clause.value.split_once("..") else {
        let (first, past) = period(clause, today)?;
        return Ok(Ask::Days { from: Some(first), until: Some(past) });
    };
    let end = |value: &str| {
        let value = value.trim_matches(|c: char| c.is_whitespace() || c == '.');
        if value.is_empty() { Ok(None) } else { date(clause, value, today).map(Some) }
    };
    let from = end(first)?.map(|(first, _)| first);
    let until = end(last)?.map(|(_, past)| past);
    match (from, until) {
        (None, None) => Err(error(
            clause,
            "a period needs a date on one side of the dots, as in 2019-06..2019-08 or 2019..",
        )),
        (Some(from), Some(until)) if from >= until => Err(error(clause, "the period ends before it begins")
            .suggesting(Some(format!("{}..{}", last.trim(), first.trim())))),
        (from, until) => Ok(Ask::Days { from, until }),
    }
}

fn state(clause: &RawClause<'_>) -> Result<Ask, QueryError> {
    match clause.value.to_lowercase().as_str() {
        "starred" => Ok(Ask::Has(Has::Star)),
        "hidden" => Ok(Ask::Hidden),
        _ => Err(unknown(clause, "state", clause.value, &["starred", "hidden"])),
    }
}

fn kind(clause: &RawClause<'_>, value: &str) -> Result<Kind, QueryError> {
    let lower = value.to_lowercase();
    let singular = lower.strip_suffix('s').unwrap_or(&lower);
    lower.parse().or_else(|_| singular.parse()).map_err(|_| {
        unknown(clause, "kind", value, &Kind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>())
    })
}

fn has(clause: &RawClause<'_>, value: &str) -> Result<Has, QueryError> {
    let lower = value.to_lowercase();
    let wanted = match lower.strip_suffix('s').unwrap_or(&lower) {
        "link" => "url",
        "person" => "people",
        other => other,
    };
    let found = Has::ALL.iter().find(|(word, _)| *word == wanted || *word == lower);
    found.map(|&(_, has)| has).ok_or_else(|| {
        let known = Has::ALL.iter().map(|&(word, _)| word).collect::<Vec<_>>();
        unknown(clause, "thing to have", value, &known)
    })
}

/// A point as `38.72,-9.14`, or a name.
fn near(clause: &RawClause<'_>) -> Result<Option<Ask>, QueryError> {
    let Some(value) = whole(clause) else { return Ok(None) };
    let place = match coordinates(value) {
        Some((latitude_deg, longitude_deg)) => {
            if !(latitude_deg.abs() <= 90.0 && longitude_deg.abs() <= 180.0) {
                let message = format!(
                    "{value:?} is no place on Earth: latitude goes from -90 to 90, longitude from -180 to 180"
                );
                return Err(error(clause, &message));
            }
            let e7 = |degrees: f64| (degrees * 1e7).round() as i32;
            let Point { latitude_e7, longitude_e7 } =
                Point { latitude_e7: e7(latitude_deg), longitude_e7: e7(longitude_deg) };
            Place::Point { latitude_e7, longitude_e7 }
        }
        None => Place::Named { name: value.to_owned(), position: clause.position },
    };
    Ok(Some(Ask::Near { place, radius_m: None }))
}

fn coordinates(value: &str) -> Option<(f64, f64)> {
    let (latitude, longitude) = value.split_once([',', ';'])?;
    let degrees = |text: &str| {
        let text = text.trim().trim_end_matches('°').replace('−', "-");
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'));
        if is_number { text.parse::<f64>().ok() } else { None }
    };
    degrees(latitude).zip(degrees(longitude))
}

fn radius(clause: &RawClause<'_>) -> Result<u32, QueryError> {
    let lower = clause.value.to_lowercase();
    let digits = lower.trim_end_matches(char::is_alphabetic);
    let metres_each = match lower[digits.len()..].trim() {
        "m" | "metre" | "metres" | "meter" | "meters" => Some(1.0),
        "km" | "kilometre" | "kilometres" | "kilometer" | "kilometers" => Some(1000.0),
        "mi" | "mile" | "miles" => Some(1609.344),
        _ => None,
    };
    let number = digits.trim().replace(',', ".");
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number = if is_number { number.parse::<f64>().ok() } else { None };
    let wrong = || {
        let message = format!("{:?} is not a distance; write 500m, 20km or 5mi", clause.value);
        let meant = number.filter(|_| metres_each.is_none()).map(|number| format!("{number}km"));
        error(clause, &message).suggesting(meant)
    };
    let metres = number.zip(metres_each).map(|(number, each)| (number * each).round()).ok_or_else(wrong)?;
    if !(1.0..=DISTANCE_MAX_M).contains(&metres) {
        let message =
            format!("a distance goes from 1m to 20040km; without within: it is {}", write::default_radius());
        return Err(error(clause, &message));
    }
    Ok(metres as u32)
}

fn around(clause: &RawClause<'_>) -> Result<Ask, QueryError> {
    let digits = clause.value.to_lowercase();
    if !DIGITS.contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let message = format!(
            "{:?} is not the id of a document: that is 32 hexadecimal digits, of which the first 4 or more will do",
            clause.value
        );
        return Err(error(clause, &message));
    }
    Ok(Ask::Around(DocumentName { digits, position: clause.position }))
}

fn no_such_date(clause: &RawClause<'_>, value: &str) -> QueryError {
    let message = format!(
        "{value:?} is not a date; write a year (2019), a month (2019-06 or \"june 2019\"), a day (2019-06-14), today, yesterday or \"last spring\""
    );
    error(clause, &message).suggesting(dates::nearest(value))
}

fn unknown(clause: &RawClause<'_>, what: &str, value: &str, known: &[&str]) -> QueryError {
    let nearest = known
        .iter()
        .map(|word| (edit_distance(&value.to_lowercase(), word), word))
        .min()
        .filter(|&(distance, word)| distance <= (word.chars().count() / 2).max(1))
        .map(|(_, word)| (*word).to_owned());
    let list = if nearest.is_none() { format!("; there are {}", known.join(", ")) } else { String::new() };
    let message = format!("{value:?} is not a {what}{list}; to search for it as a word, put it in quotes");
    error(clause, &message).suggesting(nearest)
}

fn error(clause: &RawClause<'_>, message: &str) -> QueryError {
    QueryError::at(clause.position, message)
}
