//! Reads parameters into a type by serde: each name with its texts in, typed values out, and errors that name
//! the parameter.

use crate::http::problem::{Code, Problem};
use dp_lake::analysis::edit_distance;
use serde::{
    de::{
        DeserializeOwned, DeserializeSeed, Error as _, IntoDeserializer as _, MapAccess, SeqAccess, Visitor,
    },
    forward_to_deserialize_any,
};
use std::fmt;

/// Reads names with their texts.
///
/// # Errors
/// When they do not make a `T`.
pub(super) fn read<T: DeserializeOwned>(groups: Vec<(String, Vec<String>)>) -> Result<T, Problem> {
    let fields = Fields { groups: groups.into_iter(), current: None };
    T::deserialize(serde::de::value::MapAccessDeserializer::new(fields)).map_err(Into::into)
}

/// What was meant by a word that is not one of these, if one is near.
fn nearest(word: &str, known: &'static [&'static str]) -> Option<String> {
    // Far longer words are no slips of the hand, and comparing takes time.
    if word.len() > 64 {
        return None;
    }
    let distance = |known: &&'static str| (edit_distance(word, known), *known);
    let (edits, best) = known.iter().map(distance).min()?;
    (edits <= 1 + word.chars().count() / 4).then(|| best.to_owned())
}

/// An error on its way to become a problem.
#[derive(Debug)]
struct Wrong {
    code: Code,
    parameter: Option<String>,
    message: String,
    suggestion: Option<String>,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Wrong {}

impl From<Wrong> for Problem {
    fn from(wrong: Wrong) -> Self {
        let problem = Self::new(wrong.code, wrong.message).suggesting(wrong.suggestion);
        match wrong.parameter {
            Some(parameter) => problem.about(parameter),
            None => problem,
        }
    }
}

impl serde::de::Error for Wrong {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { code: Code::BadParameter, parameter: None, message: message.to_string(), suggestion: None }
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let message = match expected {
            [] => format!("{field:?} is not a parameter here; there are none"),
            expected => format!("{field:?} is not a parameter here; there are {}", expected.join(", ")),
        };
        let parameter = Some(field.to_owned());
        Self { code: Code::UnknownParameter, parameter, message, suggestion: nearest(field, expected) }
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let message = format!("{variant:?} is not one of {}", expected.join(", "));
        Self { suggestion: nearest(variant, expected), ..Self::custom(message) }
    }

    fn missing_field(field: &'static str) -> Self {
        let message = format!("the parameter {field} is needed");
        Self { code: Code::MissingParameter, parameter: Some(field.to_owned()), message, suggestion: None }
    }
}

/// Parameters one by one.
struct Fields {
    groups: std::vec::IntoIter<(String, Vec<String>)>,
    current: Option<(String, Vec<String>)>,
}

impl<'de> MapAccess<'de> for Fields {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Wrong> {
        self.current = self.groups.next();
        let name = self.current.as_ref().map(|(name, _)| name.as_str().into_deserializer());
        name.map(|name: serde::de::value::StrDeserializer<'_, Wrong>| seed.deserialize(name)).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Wrong> {
        let (name, texts) = self.current.take().unwrap_or_default();
        seed.deserialize(Value { texts }).map_err(|wrong| {
            let message = format!("{name}: {}", wrong.message);
            Wrong { parameter: Some(name), message, ..wrong }
        })
    }
}

/// The texts of one parameter.
struct Value {
    texts: Vec<String>,
}

impl Value {
    fn one(self) -> Result<String, Wrong> {
        let count = self.texts.len();
        let mut texts = self.texts.into_iter();
        match (texts.next(), count) {
            (Some(text), 1) => Ok(text),
            _ => Err(Wrong::custom(format!("is given {count} times, and one is meant"))),
        }
    }

    fn parsed<T: std::str::FromStr>(self, what: &str) -> Result<T, Wrong> {
        let text = self.one()?;
        text.parse().map_err(|_| Wrong::custom(format!("{text:?} is not {what}")))
    }
}

macro_rules! whole_numbers {
    ($($method:ident $visit:ident;)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            visitor.$visit(self.parsed("a whole number that fits here")?)
        })+
    };
}

impl<'de> serde::Deserializer<'de> for Value {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_string(self.one()?)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.one()?.as_str() {
            "" | "true" | "1" => visitor.visit_bool(true),
            "false" | "0" => visitor.visit_bool(false),
            text => Err(Wrong::custom(format!("{text:?} is neither true nor false"))),
        }
    }

    whole_numbers! {
        deserialize_u8 visit_u8;
        deserialize_u16 visit_u16;
        deserialize_u32 visit_u32;
        deserialize_u64 visit_u64;
        deserialize_i8 visit_i8;
        deserialize_i16 visit_i16;
        deserialize_i32 visit_i32;
        deserialize_i64 visit_i64;
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let number: f64 = self.parsed("a number")?;
        if number.is_finite() { visitor.visit_f64(number) } else { Err(Wrong::custom("is not a number")) }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let text: serde::de::value::StringDeserializer<Wrong> = self.one()?.into_deserializer();
        text.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_seq(List(self.texts.into_iter()))
    }

    forward_to_deserialize_any! {
        i128 u128 f32 char str string bytes byte_buf unit unit_struct tuple tuple_struct map struct identifier
        ignored_any
    }
}

/// A parameter that is given several times.
struct List(std::vec::IntoIter<String>);

impl<'de> SeqAccess<'de> for List {
    type Error = Wrong;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Wrong> {
        self.0.next().map(|text| seed.deserialize(Value { texts: vec![text] })).transpose()
    }
}
