//! What is sent of an own document, read strictly, and the content that it means.

use crate::http::problem::{Code, Problem};
use dp_lake::{
    etl::HomeClock,
    own::{NOTES, checked, moment_now, moment_of_text},
};
use dp_model::{Content, Identity, IdentityKind, Kind, Mention, Metadata, Moment, Place, Point, Role};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, value::MapAccessDeserializer},
};
use serde_json::{Map, Value};
use std::fmt;
use utoipa::ToSchema;

/// An own document as it is sent. What is left out it does not have, but for its time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = DocumentForm)]
pub(in crate::http) struct DocumentForm {
    /// What makes it that document and no other among those of its source and kind, such as its number in the program
    /// that makes it. Given when it is made, and then it stays; left out, each one that is sent is a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 200)]
    pub(in crate::http) key: Option<String>,
    /// `own.notes`, or `own.` and a name of the program's: lower-case letters, digits, `-` and `_`. It stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, default = "own.notes")]
    pub(in crate::http) source: Option<String>,
    /// What it is; a note, if nothing is said. It stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = crate::http::shapes::kind)]
    pub(in crate::http) kind: Option<Kind>,
    /// One line that names it.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(max_length = 1_000)]
    pub(in crate::http) title: String,
    /// What it says, in plain text.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::http) text: String,
    /// When it happened or began. Left out, it is when the document is made, and then it stays; with null it is undated.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    #[schema(value_type = Option<TimeForm>)]
    pub(in crate::http) time: Option<Option<TimeForm>>,
    /// When it ended, exclusive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::http) end: Option<TimeForm>,
    /// Where it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::http) place: Option<PlaceForm>,
    /// Who appears in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1_000)]
    pub(in crate::http) people: Vec<MentionForm>,
    /// What it points at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::http) url: Option<String>,
    /// Labels, folders, lists or albums it is in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1_000)]
    pub(in crate::http) labels: Vec<String>,
    /// Whatever else there is to keep.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub(in crate::http) metadata: Map<String, Value>,
}

/// Tells null from what is left out.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<TimeForm>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// A time as text, or as answers have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = TimeForm)]
pub(in crate::http) enum TimeForm {
    /// `2024`, `2024-06`, `2024-06-14`, `2024-06-14T08:30` on the clock at home, or `2024-06-14T08:30:00+02:00`.
    Text(String),
    /// As answers have it.
    #[schema(value_type = MomentForm)]
    Moment(Moment),
}

/// A time as answers have it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MomentForm)]
pub(super) struct MomentForm {
    /// Microseconds since 1970-01-01T00:00:00Z; before that, negative.
    utc_us: i64,
    /// Seconds east of UTC on the local clock.
    #[serde(default)]
    offset_s: Option<i32>,
    /// IANA zone name.
    #[serde(default)]
    zone: Option<String>,
    /// How exactly it is known.
    #[schema(schema_with = crate::http::shapes::precision)]
    precision: dp_model::Precision,
    /// `instant`, or `wall`: a wall clock's, written as if it were UTC.
    #[schema(value_type = String)]
    clock: dp_model::Clock,
}

impl<'de> Deserialize<'de> for TimeForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reading)
    }
}

/// Reads a time, and says what is wrong with it in its own words.
struct Reading;

impl<'de> de::Visitor<'de> for Reading {
    type Value = TimeForm;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time such as \"2024-06-14T08:30:00+02:00\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<TimeForm, E> {
        moment_of_text(text).map_err(E::custom)?;
        Ok(TimeForm::Text(text.to_owned()))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<TimeForm, A::Error> {
        let MomentForm { utc_us, offset_s, zone, precision, clock } =
            MomentForm::deserialize(MapAccessDeserializer::new(map))?;
        Ok(TimeForm::Moment(Moment { utc_us, offset_s, zone: zone.map(Into::into), precision, clock }))
    }
}

impl TimeForm {
    fn moment(&self) -> Result<Moment, Problem> {
        match self {
            Self::Text(text) => moment_of_text(text).map_err(|wrong| Problem::new(Code::UnfitBody, wrong)),
            Self::Moment(moment) => Ok(moment.clone()),
        }
    }
}

/// A place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = PlaceForm)]
pub(in crate::http) struct PlaceForm {
    /// What it is called.
    pub(in crate::http) name: Option<String>,
    /// Its postal address.
    pub(in crate::http) address: Option<String>,
    /// Where it is.
    pub(in crate::http) point: Option<PointForm>,
    /// An id of the place in the program that names it.
    pub(in crate::http) place_id: Option<String>,
}

/// A point on the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PointForm)]
pub(in crate::http) struct PointForm {
    /// Degrees north × 1e7.
    #[schema(minimum = -900_000_000, maximum = 900_000_000)]
    pub(in crate::http) latitude_e7: i32,
    /// Degrees east × 1e7.
    #[schema(minimum = -1_800_000_000, maximum = 1_800_000_000)]
    pub(in crate::http) longitude_e7: i32,
}

/// Somebody in a document: a name, an address, or both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MentionForm)]
pub(in crate::http) struct MentionForm {
    /// The part they play: `from`, `to`, `cc`, `bcc`, `organizer`, `attendee`, `author`, `subject` or `sharee`.
    #[serde(default = "subject")]
    #[schema(value_type = Option<String>, default = "subject")]
    pub(in crate::http) role: Role,
    /// Their name.
    #[serde(default)]
    pub(in crate::http) name: Option<String>,
    /// Their address.
    #[serde(default)]
    pub(in crate::http) identity: Option<IdentityForm>,
}

fn subject() -> Role {
    Role::Subject
}

/// An address by which a person is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = IdentityForm)]
pub(in crate::http) struct IdentityForm {
    /// `email`, `phone`, `handle` or `name`.
    #[schema(value_type = String)]
    pub(in crate::http) kind: IdentityKind,
    /// The address.
    pub(in crate::http) value: String,
}

impl IdentityForm {
    /// The address in its canonical form, so that the same person is found.
    fn identity(self) -> Result<Identity, Problem> {
        let Self { kind, value } = self;
        let identity = match kind {
            IdentityKind::Email => Identity::email(&value),
            IdentityKind::Phone => Identity::phone(&value),
            IdentityKind::Name => Identity::name(&value),
            IdentityKind::Handle => {
                let value = value.trim().to_owned();
                (!value.is_empty()).then_some(Identity { kind, value })
            }
        };
        identity.ok_or_else(|| {
            Problem::new(
                Code::UnfitBody,
                format!("people: {value:?} can't be an identity of kind {}", kind.as_str()),
            )
        })
    }
}

impl DocumentForm {
    /// The content it means: a new document's, or one that takes the place of `base`.
    ///
    /// # Errors
    /// When it is none that an own document can have.
    pub(super) fn content(
        self,
        base: Option<&Content>,
        now_us: i64,
        clock: &mut HomeClock,
    ) -> Result<Content, Problem> {
        let source = match (self.source, base) {
            (Some(source), _) => source.into(),
            (None, Some(base)) => base.source.clone(),
            (None, None) => NOTES.into(),
        };
        let kind = self.kind.or(base.map(|base| base.kind)).unwrap_or(Kind::Note);
        let time = match (self.time, base) {
            (Some(time), _) => time.map(|time| time.moment()).transpose()?,
            (None, Some(base)) => base.time.clone(),
            (None, None) => Some(moment_now(now_us, clock)),
        };
        let mut metadata = Metadata::new();
        for (name, value) in &self.metadata {
            metadata.push_value(name, value);
        }
        let people = self.people.into_iter().map(|MentionForm { role, name, identity }| {
            Ok(Mention { role, name, identity: identity.map(IdentityForm::identity).transpose()? })
        });
        let content = Content {
            title: self.title,
            text: self.text,
            time,
            end: self.end.map(|end| end.moment()).transpose()?,
            place: self.place.map(Place::from),
            people: people.collect::<Result<_, Problem>>()?,
            url: self.url,
            labels: self.labels.into_iter().map(Into::into).collect(),
            metadata,
            // Files are kept by other ways.
            media: base.map(|base| base.media.clone()).unwrap_or_default(),
            ..Content::new(source, kind)
        };
        checked(content).map_err(|wrong| Problem::new(Code::UnfitBody, wrong.to_string()))
    }
}

impl From<PlaceForm> for Place {
    fn from(form: PlaceForm) -> Self {
        let PlaceForm { name, address, point, place_id } = form;
        let point = point.map(|PointForm { latitude_e7, longitude_e7 }| Point { latitude_e7, longitude_e7 });
        Self { name, address, point, place_id }
    }
}

/// The form of some content after a merge patch (RFC 7396): fields that are given take the place of those there are,
/// null takes one away.
///
/// # Errors
/// When what comes of it is no form.
pub(super) fn patched(content: &Content, patch: &Map<String, Value>) -> Result<DocumentForm, Problem> {
    let mut fields = match serde_json::to_value(content).map_err(Problem::internal)? {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    // No part of the form; they stay as they are.
    fields.remove("media");
    fields.remove("modified_us");
    merge(&mut fields, patch);
    // Left out would mean that it stays.
    fields.entry("time").or_insert(Value::Null);
    serde_json::from_value(Value::Object(fields))
        .map_err(|error| Problem::new(Code::UnfitBody, error.to_string()))
}

fn merge(fields: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (name, value) in patch {
        match value {
            Value::Null => {
                fields.shift_remove(name);
            }
            Value::Object(inner) => {
                let field = fields.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()));
                if !field.is_object() {
                    *field = Value::Object(Map::new());
                }
                if let Value::Object(field) = field {
                    merge(field, inner);
                }
            }
            other => {
                fields.insert(name.clone(), other.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn form(value: Value) -> DocumentForm {
        serde_json::from_value(value).unwrap()
    }

    fn content(value: Value) -> Result<Content, Problem> {
        form(value).content(None, 1_718_359_200_000_000, &mut HomeClock::new("Europe/Zurich"))
    }

    #[test]
    fn what_is_left_out_has_its_usual_meaning() {
        let note = content(json!({"title": "A note"})).unwrap();
        assert_eq!((&*note.source, note.kind), ("own.notes", Kind::Note));
        let time = note.time.unwrap();
        assert_eq!((time.utc_us, time.offset_s), (1_718_359_200_000_000, Some(7200)));
        assert_eq!(content(json!({"title": "A note", "time": null})).unwrap().time, None);
    }

    #[test]
    fn what_answers_give_can_be_sent_back() {
        let sent = json!({
            "kind": "event", "source": "own.club", "title": "Evening", "text": "Long.", "time": "2024-06-14T19:00:00+02:00",
            "end": "2024-06-14T23:00:00+02:00", "place": {"name": "Hall", "point": {"latitude_e7": 1, "longitude_e7": 2}},
            "people": [{"role": "author", "name": "Ada", "identity": {"kind": "email", "value": "ADA@example.org"}}],
            "url": "https://example.org/", "labels": ["club"], "metadata": {"b": 1, "a": [null]},
        });
        let first = content(sent).unwrap();
        assert_eq!(first.people[0].identity.as_ref().unwrap().value, "ada@example.org");
        let again = patched(&first, &Map::new()).unwrap();
        assert_eq!(again.content(None, 0, &mut HomeClock::new("UTC")).unwrap(), first);
    }

    #[test]
    fn a_patch_changes_what_it_names_and_nothing_else() {
        let before =
            content(json!({"title": "a", "text": "b", "labels": ["x"], "metadata": {"k": 1, "l": 2}}))
                .unwrap();
        let patch =
            json!({"title": "c", "labels": null, "time": null, "metadata": {"k": null, "m": {"n": 3}}});
        let after = patched(&before, patch.as_object().unwrap()).unwrap();
        let after = after.content(Some(&before), 0, &mut HomeClock::new("UTC")).unwrap();
        assert_eq!((&*after.title, &*after.text, after.labels.len(), &after.time), ("c", "b", 0, &None));
        assert_eq!(after.metadata.to_value(), json!({"l": 2, "m": {"n": 3}}));
        assert!(patched(&before, json!({"titel": "c"}).as_object().unwrap()).is_err());
    }

    #[test]
    fn times_that_are_none_are_told_how_to_be_written() {
        for wrong in [json!("soon"), json!(7), json!({"utc_us": 1}), json!({"utc_us": 1, "zone": 2})] {
            let error =
                serde_json::from_value::<DocumentForm>(json!({ "title": "a", "time": wrong })).unwrap_err();
            assert!(error.to_string().len() > 10, "{error}");
        }
    }
}
