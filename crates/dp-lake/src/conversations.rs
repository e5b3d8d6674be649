//! Which mails and messages belong together: by the thread their record names, else by who takes part. Pure, so
//! that every backend puts the same ones together; contents come in, the id of a conversation goes out.

use crate::people::{key_of_identity, key_of_name, usable_name};
use dp_model::{Content, Document, DocumentId, Kind};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeSet, fmt, str::FromStr};

/// Documents of a conversation that its people and sources are told from: the first one and the latest.
pub const SUMMED_MAX: usize = 20;
/// People that are told of a conversation.
const PEOPLE_MAX: usize = 20;
/// Kinds that are parts of conversations.
pub const KINDS: &[Kind] = &[Kind::Email, Kind::Message, Kind::Conversation];
/// What clients write before a subject that is answered or forwarded, in the languages most do.
const PREFIXES: &[&str] = &["re:", "aw:", "sv:", "antw:", "fwd:", "fw:", "wg:", "tr:", "rv:", "res:", "enc:"];

/// Names a conversation for as long as its documents are in the vault. 32 hexadecimal digits in text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConversationId(pub [u8; 16]);

impl fmt::Display for ConversationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        DocumentId(self.0).fmt(f)
    }
}

impl FromStr for ConversationId {
    type Err = <DocumentId as FromStr>::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<DocumentId>().map(|id| Self(id.0))
    }
}

/// A conversation in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Which.
    pub id: ConversationId,
    /// What it is about: the subject of its first mail, without what answering put before it. Messages have none.
    pub title: String,
    /// Names, or addresses, of those in its first and latest documents, in order of appearance.
    pub people: Vec<String>,
    /// Dated documents, hidden ones among them.
    pub documents: u64,
    /// When the first one was, microseconds since 1970 UTC.
    pub first_us: i64,
    /// When the last one was.
    pub last_us: i64,
    /// Where its first and latest documents came from, sorted.
    pub sources: Vec<String>,
}

/// Where a page of conversations ends and the next one begins: latest first, ties by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ConversationPlace {
    /// When the last document was.
    pub last_us: i64,
    /// Its id.
    pub id: [u8; 16],
}

/// The conversation that a document is a part of; None if of none.
///
/// A mail is in the thread its provider names (`thread_id`), else in that of the first mail it answers
/// (`references`, `in_reply_to`), else it begins one (`message_id`). A turn of talking with an assistant is in the
/// conversation it names. Whatever says none of this is with everything among the same people.
#[must_use]
pub fn conversation_of(content: &Content) -> Option<ConversationId> {
    if !KINDS.contains(&content.kind) {
        return None;
    }
    let metadata = content.metadata.to_value();
    let text =
        |key: &str| metadata.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let turn = || metadata.get("conversations")?.get(0)?.as_str();
    if let Some(thread) = text("thread_id") {
        return Some(id_of("thread", &[thread]));
    }
    if let Some(turn) = turn() {
        return Some(id_of("turn", &[turn]));
    }
    let answered = || text("references").or_else(|| text("in_reply_to"))?.split_whitespace().next();
    if content.kind == Kind::Email
        && let Some(mail) = answered().or_else(|| text("message_id"))
    {
        return Some(id_of("mail", &[bare(mail)]));
    }
    let people: BTreeSet<String> = content
        .people
        .iter()
        .filter_map(|mention| match &mention.identity {
            Some(identity) => Some(key_of_identity(identity)),
            None => usable_name(mention.name.as_deref()?).map(key_of_name),
        })
        .collect();
    let people = people.iter().map(String::as_str).collect::<Vec<_>>();
    (!people.is_empty()).then(|| id_of("people", &people))
}

/// The id of a mail without the brackets that some write around it.
fn bare(mail: &str) -> &str {
    mail.trim_start_matches('<').trim_end_matches('>')
}

fn id_of(what: &str, parts: &[&str]) -> ConversationId {
    let mut hasher = blake3::Hasher::new();
    for part in [what].iter().chain(parts) {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let mut id = [0; 16];
    id.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    ConversationId(id)
}

/// A conversation told from its first document and its latest ones, latest first.
#[must_use]
pub fn summed_up(
    id: ConversationId,
    documents: u64,
    (first_us, last_us): (i64, i64),
    first: Option<&Document>,
    latest: &[Document],
) -> Conversation {
    let mut people: Vec<String> = Vec::new();
    let mut sources = BTreeSet::new();
    for document in first.into_iter().chain(latest) {
        sources.insert(document.content.source.to_string());
        for mention in &document.content.people {
            let address = mention.identity.as_ref().map(|identity| identity.value.as_str());
            let name = mention.name.as_deref().and_then(usable_name).or(address);
            if let Some(name) = name
                && people.len() < PEOPLE_MAX
                && !people.iter().any(|known| known == name)
            {
                people.push(name.to_owned());
            }
        }
    }
    let title = first.map(|first| subject(&first.content.title).to_owned()).unwrap_or_default();
    Conversation { id, title, people, documents, first_us, last_us, sources: sources.into_iter().collect() }
}

/// A subject without what answering and forwarding put before it.
fn subject(title: &str) -> &str {
    let mut rest = title.trim();
    while let Some(prefix) = PREFIXES
        .iter()
        .find(|prefix| rest.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)))
    {
        rest = rest[prefix.len()..].trim_start();
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use dp_model::{Identity, Mention, Role};

    fn mail(metadata: &[(&str, &str)]) -> Content {
        let mut mail = Content::new("google.mail", Kind::Email);
        for (key, value) in metadata {
            mail.metadata.push_str(key, value);
        }
        mail
    }

    #[test]
    fn answers_are_with_what_they_answer() {
        let first = conversation_of(&mail(&[("message_id", "1@a")]));
        assert!(first.is_some());
        for answer in [
            mail(&[("message_id", "2@a"), ("in_reply_to", "<1@a>")]),
            mail(&[("message_id", "3@a"), ("in_reply_to", "<2@a>"), ("references", "<1@a> <2@a>")]),
        ] {
            assert_eq!(conversation_of(&answer), first);
        }
        assert_ne!(conversation_of(&mail(&[("message_id", "4@a")])), first);
        let named = conversation_of(&mail(&[("message_id", "5@a"), ("thread_id", "77")]));
        assert_eq!(named, conversation_of(&mail(&[("in_reply_to", "<1@a>"), ("thread_id", "77")])));
        assert_ne!(named, first);
    }

    #[test]
    fn what_names_no_thread_is_among_its_people() {
        let among = |addresses: &[&str], kind| {
            let people = addresses.iter().map(|address| Mention {
                role: Role::From,
                name: None,
                identity: Identity::email(address),
            });
            conversation_of(&Content { people: people.collect(), ..Content::new("a", kind) })
        };
        let two = among(&["a@x.org", "b@x.org"], Kind::Message);
        assert!(two.is_some());
        assert_eq!(two, among(&["b@x.org", "a@x.org", "a@x.org"], Kind::Message));
        assert_ne!(two, among(&["a@x.org"], Kind::Message));
        assert_eq!(among(&[], Kind::Message), None);
        assert_eq!(among(&["a@x.org"], Kind::Note), None);
    }

    #[test]
    fn subjects_lose_what_answering_put_before_them() {
        assert_eq!(subject(" Re: AW: fwd:Dinner: Friday"), "Dinner: Friday");
        assert_eq!(subject("Ré: é"), "Ré: é");
        assert_eq!(subject("re:"), "");
    }
}
