//! Which names a document is counted under in the top lists. Content in, names out; every backend
//! keeps its rollups from this, so they agree.

use crate::{Dimension, FacetField, people};
use dp_model::{Content, Kind, Mention, Role};
use smallvec::SmallVec;
use std::borrow::Cow;

/// What a document counts for: each value once.
pub type DimensionValues = SmallVec<[(Dimension, String); 2]>;

/// The values of every dimension in a document.
///
/// Channels, sites and places are names as shown. People are keys (`people::key_of_identity`,
/// `people::key_of_name`) that are resolved to a name when they are read, because the name is often
/// learnt later. A document that names one person by two addresses counts for both.
#[must_use]
pub fn dimension_values(content: &Content) -> DimensionValues {
    let mut values = DimensionValues::new();
    match content.kind {
        Kind::Watch | Kind::Listen => {
            let authors = content.people.iter().filter(|mention| mention.role == Role::Author);
            push_all(&mut values, Dimension::Channel, authors.filter_map(name_or_address));
        }
        Kind::Browse => push_all(&mut values, Dimension::Site, content.url.as_deref().and_then(site)),
        Kind::Visit => push_all(&mut values, Dimension::Place, place_name(content)),
        Kind::Email | Kind::Message | Kind::Event => {
            push_all(&mut values, Dimension::Person, content.people.iter().filter_map(person_key));
        }
        _ => {}
    }
    values
}

/// The values a document is counted under in facets, but for its year, which is its local day's.
pub fn field_values(content: &Content, field: FacetField) -> impl Iterator<Item = Cow<'_, str>> {
    let mut values: SmallVec<[Cow<'_, str>; 2]> = SmallVec::new();
    match field {
        FacetField::Source => values.push(Cow::Borrowed(content.source.as_ref())),
        FacetField::Kind => values.push(Cow::Borrowed(content.kind.as_str())),
        FacetField::Year => {}
        FacetField::Person => values.extend(content.people.iter().filter_map(|mention| {
            let name = mention.name.as_deref().and_then(people::usable_name);
            name.or(mention.identity.as_ref().map(|identity| identity.value.as_str())).map(Cow::Borrowed)
        })),
        FacetField::Place => {
            let name = content.place.as_ref().and_then(|place| place.name.as_deref());
            values.extend(name.map(Cow::Borrowed));
        }
        FacetField::Channel if matches!(content.kind, Kind::Watch | Kind::Listen) => {
            values.extend(dimension_values(content).into_iter().map(|(_, name)| Cow::Owned(name)));
        }
        FacetField::Site if content.kind == Kind::Browse => {
            values.extend(content.url.as_deref().and_then(site).map(Cow::Owned));
        }
        FacetField::Channel | FacetField::Site => {}
        FacetField::Label => values.extend(content.labels.iter().map(|label| Cow::Borrowed(label.as_ref()))),
    }
    values.into_iter().filter(|value| !value.is_empty())
}

fn push_all(values: &mut DimensionValues, dimension: Dimension, names: impl IntoIterator<Item = String>) {
    for name in names {
        let value = (dimension, name);
        if !values.contains(&value) {
            values.push(value);
        }
    }
}

fn name_or_address(mention: &Mention) -> Option<String> {
    let name = mention.name.as_deref().and_then(people::usable_name);
    name.or(mention.identity.as_ref().map(|identity| identity.value.as_str())).map(str::to_owned)
}

fn person_key(mention: &Mention) -> Option<String> {
    match &mention.identity {
        Some(identity) => Some(people::key_of_identity(identity)),
        None => mention.name.as_deref().and_then(people::usable_name).map(people::key_of_name),
    }
}

/// Host of a web page in lower case, without `www.`.
fn site(url: &str) -> Option<String> {
    let (scheme, _) = url.split_once("://")?;
    if !["http", "https"].iter().any(|web| scheme.eq_ignore_ascii_case(web)) {
        return None;
    }
    let (host, _) = dp_sources::text::host_and_path(url)?;
    let host = host.to_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host);
    (!host.is_empty()).then(|| host.to_owned())
}

/// What a place is called, or else the first line of its address.
fn place_name(content: &Content) -> Option<String> {
    let place = content.place.as_ref()?;
    let name = place.name.as_deref().and_then(people::usable_name);
    let first_line = || place.address.as_deref()?.lines().find_map(people::usable_name);
    name.or_else(first_line).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dp_model::{Identity, Place};

    fn values(content: &Content) -> Vec<(Dimension, String)> {
        dimension_values(content).into_vec()
    }

    #[test]
    fn sites_are_hosts_of_web_pages() {
        let mut page = Content::new("google.chrome", Kind::Browse);
        page.url = Some("HTTPS://WWW.Example.ORG:8080/x".into());
        assert_eq!(values(&page), [(Dimension::Site, "example.org".into())]);
        page.url = Some("chrome://settings/".into());
        assert_eq!(values(&page), []);
        page.kind = Kind::Watch;
        assert_eq!(values(&page), []);
    }

    #[test]
    fn a_person_counts_once_a_document() {
        let mention =
            |role| Mention { role, name: Some("Mia".into()), identity: Identity::email("mia@example.org") };
        let mut mail = Content::new("google.mail", Kind::Email);
        mail.people = vec![mention(Role::From), mention(Role::To)];
        mail.people.push(Mention { role: Role::Cc, name: Some(" Bo ".into()), identity: None });
        assert_eq!(
            values(&mail),
            [(Dimension::Person, "email:mia@example.org".into()), (Dimension::Person, ":Bo".into())]
        );
    }

    #[test]
    fn a_place_without_a_name_is_called_by_its_address() {
        let mut visit = Content::new("google.location", Kind::Visit);
        visit.place = Some(Place { address: Some("\n Seeweg 4 \n8000 Zürich".into()), ..Place::default() });
        assert_eq!(values(&visit), [(Dimension::Place, "Seeweg 4".into())]);
    }
}
