//! Query parameters: the part of an address behind the question mark comes in, a typed question goes out. A
//! parameter that is not known is refused with the nearest one that is, never passed over.

mod value;

use super::problem::{Code, Problem};
use axum::extract::FromRequestParts;
use http::request::Parts;
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use std::ops::RangeInclusive;

/// Parameters of one request. More than anybody writes, and few enough to compare each with each.
const PARAMETERS_MAX: usize = 256;

/// The query parameters of a request. Repeated ones make a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parse(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// Reads `name=value&name=value`.
///
/// # Errors
/// When a parameter is unknown, missing, given twice where one is meant, or has a value it can't have.
pub(super) fn parse<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    let pairs = || query.split('&').filter(|pair| !pair.is_empty());
    if pairs().count() > PARAMETERS_MAX {
        let detail = format!("there are more than {PARAMETERS_MAX} parameters");
        return Err(Problem::new(Code::BadRequest, detail));
    }
    for pair in pairs() {
        let (name, text) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decoded(name, "the name of a parameter")?;
        let text = decoded(text, &name).map_err(|problem| problem.about(&name))?;
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, texts)) => texts.push(text),
            None => groups.push((name, vec![text])),
        }
    }
    value::read(groups)
}

fn decoded(text: &str, what: &str) -> Result<String, Problem> {
    let text = text.replace('+', " ");
    let decoded = percent_decode_str(&text).decode_utf8().map(std::borrow::Cow::into_owned);
    decoded.map_err(|_| Problem::new(Code::BadParameter, format!("{what} is not UTF-8")))
}

/// A number that has to lie in a range.
///
/// # Errors
/// When it does not.
pub(super) fn within(name: &str, number: usize, range: RangeInclusive<usize>) -> Result<usize, Problem> {
    if range.contains(&number) {
        return Ok(number);
    }
    let (least, most) = (range.start(), range.end());
    Err(Problem::parameter(name, format!("{name}={number} is not a number from {least} to {most}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dp_model::Kind;
    use serde::Deserialize;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Question {
        q: String,
        kind: Vec<Kind>,
        limit: Option<u32>,
        explain: bool,
        near: Option<f64>,
    }

    fn wrong(query: &str) -> Problem {
        parse::<Question>(query).unwrap_err()
    }

    #[test]
    fn parameters_are_read_by_their_type() {
        let question =
            parse::<Question>("q=a+b%26c%3D%C3%A9&kind=email&kind=visit&limit=5&explain&near=-1.5");
        let expected = Question {
            q: "a b&c=é".into(),
            kind: vec![Kind::Email, Kind::Visit],
            limit: Some(5),
            explain: true,
            near: Some(-1.5),
        };
        assert_eq!(question.unwrap(), expected);
        assert_eq!(parse::<Question>("").unwrap(), Question::default());
    }

    #[test]
    fn an_unknown_parameter_is_refused_with_the_nearest_one() {
        let problem = wrong("limt=5");
        assert_eq!(problem.code(), Code::UnknownParameter);
        assert_eq!(problem.view("").suggestion.as_deref(), Some("limit"));
        assert!(problem.detail().contains("limt"), "{problem}");
        let far = wrong("volcano=5").view("");
        assert_eq!((far.suggestion, far.parameter.as_deref()), (None, Some("volcano")));
        assert!(far.detail.contains("explain"), "{}", far.detail);
    }

    #[test]
    fn a_wrong_value_names_its_parameter() {
        for (query, parameter) in [
            ("limit=many", "limit"),
            ("limit=-1", "limit"),
            ("limit=1&limit=2", "limit"),
            ("explain=perhaps", "explain"),
            ("kind=emial", "kind"),
            ("near=north", "near"),
            ("q=%ff", "q"),
        ] {
            let view = wrong(query).view("");
            assert_eq!(
                (view.code, view.parameter.as_deref()),
                (Code::BadParameter, Some(parameter)),
                "{query}"
            );
        }
        assert_eq!(wrong("kind=emial").view("").suggestion.as_deref(), Some("email"));
    }

    #[test]
    fn a_flood_of_parameters_is_refused() {
        let many = (0..5_000).map(|number| format!("{number}=&")).collect::<String>();
        assert_eq!(wrong(&many).code(), Code::BadRequest);
    }

    #[test]
    fn a_missing_parameter_is_named() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Needs {
            #[expect(dead_code, reason = "only whether it is there matters")]
            q: String,
        }
        let view = parse::<Needs>("").unwrap_err().view("");
        assert_eq!((view.code, view.parameter.as_deref()), (Code::MissingParameter, Some("q")));
    }
}
