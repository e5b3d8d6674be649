//! A card of the address book, whichever file it came from, and the document and person it becomes.

use super::SOURCE;
use dp_model::{Content, Draft, Identity, Kind, Media, Mention, PersonDraft, Role};

/// A value with the label the person gave it, such as `work`.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Labelled {
    pub(super) label: String,
    pub(super) value: String,
}

/// A card as its file gives it.
#[derive(Debug, Default)]
pub(super) struct Card {
    pub(super) position: u64,
    pub(super) name: String,
    pub(super) nicknames: Vec<String>,
    pub(super) emails: Vec<Labelled>,
    pub(super) phones: Vec<Labelled>,
    pub(super) addresses: Vec<Labelled>,
    /// Organisation, department, position, each as written.
    pub(super) organization: Vec<String>,
    pub(super) urls: Vec<Labelled>,
    pub(super) notes: Vec<String>,
    pub(super) birthday: String,
    pub(super) categories: Vec<String>,
    pub(super) media: Vec<Media>,
    pub(super) revised_us: Option<i64>,
    /// Fields with no place above: name and value.
    pub(super) other: Vec<[String; 2]>,
}

impl Card {
    /// Whether the card says nothing at all.
    pub(super) fn is_empty(&self) -> bool {
        self.name.is_empty()
            && self.text().is_empty()
            && self.birthday.is_empty()
            && self.media.is_empty()
            && self.other.is_empty()
    }

    /// Mail addresses and telephone numbers, or the name if there are none.
    fn identities(&self) -> Vec<Identity> {
        let emails = self.emails.iter().filter_map(|email| Identity::email(&email.value));
        let phones = self.phones.iter().filter_map(|phone| Identity::phone(&phone.value));
        let mut found: Vec<Identity> = Vec::new();
        for identity in emails.chain(phones) {
            if !found.contains(&identity) {
                found.push(identity);
            }
        }
        if found.is_empty() {
            found.extend(Identity::name(&self.name));
        }
        found
    }

    /// The person of the card. None if it gives neither address nor name.
    pub(super) fn person(&self) -> Option<PersonDraft> {
        let identities = self.identities();
        let name = (!self.name.is_empty()).then(|| self.name.clone());
        (!identities.is_empty()).then_some(PersonDraft { name, identities, from_contacts: true })
    }

    /// Folded name, sorted mail addresses, sorted telephone numbers: what is the same in every file the
    /// card is in. A card with none of them is known by all it says.
    fn key(&self) -> String {
        let name = Identity::name(&self.name).map(|identity| identity.value).unwrap_or_default();
        let sorted = |values: Vec<Identity>| {
            let mut values: Vec<String> = values.into_iter().map(|identity| identity.value).collect();
            values.sort();
            values.dedup();
            values.join(",")
        };
        let emails = sorted(self.emails.iter().filter_map(|email| Identity::email(&email.value)).collect());
        let phones = sorted(self.phones.iter().filter_map(|phone| Identity::phone(&phone.value)).collect());
        if name.is_empty() && emails.is_empty() && phones.is_empty() {
            let hash =
                blake3::hash(format!("{}\0{}\0{:?}", self.text(), self.birthday, self.other).as_bytes());
            return format!("text\0{}", hash.to_hex());
        }
        format!("card\0{name}\0{emails}\0{phones}")
    }

    /// All that can be searched, a line for each value.
    fn text(&self) -> String {
        let mut lines = vec![self.organization.join(", ")];
        lines.extend(self.nicknames.iter().cloned());
        for values in [&self.emails, &self.phones, &self.addresses, &self.urls] {
            lines.extend(values.iter().map(|labelled| labelled.value.clone()));
        }
        lines.extend(self.notes.iter().cloned());
        lines.retain(|line| !line.trim().is_empty());
        lines.join("\n")
    }

    /// The name, else the organisation, else the first address.
    fn title(&self) -> String {
        let first = |values: &[Labelled]| values.first().map(|labelled| labelled.value.clone());
        let named = [Some(&self.name), self.organization.first(), self.nicknames.first()];
        let named = named.into_iter().flatten().find(|name| !name.is_empty()).cloned();
        named.or_else(|| first(&self.emails)).or_else(|| first(&self.phones)).unwrap_or_default()
    }

    pub(super) fn into_draft(self) -> Draft {
        let key = self.key();
        let mut content = Content::new(SOURCE, Kind::Contact);
        content.title = self.title();
        content.text = self.text();
        let name = (!self.name.is_empty()).then(|| self.name.clone());
        content.people = self
            .identities()
            .into_iter()
            .map(|identity| Mention { role: Role::Subject, name: name.clone(), identity: Some(identity) })
            .collect();
        content.url = self.urls.first().map(|url| url.value.clone());
        for category in &self.categories {
            if !category.is_empty() && !content.labels.iter().any(|label| label == category) {
                content.labels.push(category.clone().into());
            }
        }
        content.modified_us = self.revised_us;
        let metadata = &mut content.metadata;
        let lists = [
            ("emails", &self.emails),
            ("phones", &self.phones),
            ("addresses", &self.addresses),
            ("urls", &self.urls),
        ];
        for (member, values) in lists {
            // Without labels the text says it all.
            if values.iter().any(|labelled| !labelled.label.is_empty()) {
                let pairs: Vec<_> =
                    values.iter().map(|labelled| [&labelled.label, &labelled.value]).collect();
                metadata.push_value(member, &serde_json::json!(pairs));
            }
        }
        if !self.birthday.is_empty() {
            metadata.push_str("birthday", &self.birthday);
        }
        if !self.other.is_empty() {
            metadata.push_value("properties", &serde_json::json!(self.other));
        }
        content.media = self.media;
        Draft::unique(key.as_bytes(), self.position, content)
    }
}
