//! What is pure about people: which name is the best, which id a set of identities has, and how an
//! identity is written as a key of a top list. No answer depends on the order of imports.

use dp_model::{Identity, IdentityKind, PersonId};
use std::cmp::{Ordering, Reverse};

/// Compares two names of one person; the greater is the better one.
///
/// An address book's name beats one from a mail header, a name beats something that looks like an
/// address, then the longer one wins, then the one that sorts first.
#[must_use]
pub fn compare_names(a: (&str, bool), b: (&str, bool)) -> Ordering {
    let rank =
        |(name, from_contacts): (&'_ str, bool)| (from_contacts, !name.contains('@'), name.chars().count());
    rank(a).cmp(&rank(b)).then_with(|| Reverse(a.0).cmp(&Reverse(b.0)))
}

/// A name without the white space around it; None if there is nothing else.
#[must_use]
pub fn usable_name(name: &str) -> Option<&str> {
    let name = name.trim();
    (!name.is_empty()).then_some(name)
}

/// The best of a person's names, each with whether an address book says it.
pub fn best_name<'a>(names: impl IntoIterator<Item = (&'a str, bool)>) -> Option<&'a str> {
    names
        .into_iter()
        .filter_map(|(name, from_contacts)| Some((usable_name(name)?, from_contacts)))
        .max_by(|a, b| compare_names(*a, *b))
        .map(|(name, _)| name)
}

/// The id of the person with these identities; None if there are none.
pub fn person_id<'a>(identities: impl IntoIterator<Item = &'a Identity>) -> Option<PersonId> {
    identities.into_iter().map(PersonId::of_identity).min()
}

/// The key under which a top list counts a person named by this identity.
#[must_use]
pub fn key_of_identity(identity: &Identity) -> String {
    format!("{}:{}", identity.kind.as_str(), identity.value)
}

/// The key under which a top list counts somebody of whom only the name is written.
#[must_use]
pub fn key_of_name(name: &str) -> String {
    format!(":{name}")
}

/// Takes a key apart: the identity to look the person up by, and the words to show if nobody is found
/// or the person has no name.
#[must_use]
pub fn identity_of_key(key: &str) -> (Option<Identity>, &str) {
    let (word, value) = key.split_once(':').unwrap_or(("", key));
    let kinds = [IdentityKind::Email, IdentityKind::Phone, IdentityKind::Handle, IdentityKind::Name];
    let identity = match kinds.into_iter().find(|kind| kind.as_str() == word) {
        Some(kind) => Some(Identity { kind, value: value.to_owned() }),
        None => Identity::name(value),
    };
    (identity, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_name_does_not_depend_on_the_order() {
        let mut names = [
            ("Mia", true),
            ("Mia Lund-Berger", false),
            ("  ", true),
            ("mia@example.org", false),
            ("Mio", true),
        ];
        for _ in 0..names.len() {
            names.rotate_left(1);
            assert_eq!(best_name(names.iter().copied()), Some("Mia"));
        }
        assert_eq!(best_name([("someone@example.org", false), (" Bo ", false)]), Some("Bo"));
        assert_eq!(best_name([("", true)]), None);
    }

    #[test]
    fn keys_lead_back_to_identities() {
        let mail = Identity { kind: IdentityKind::Email, value: "a:b@example.org".into() };
        assert_eq!(identity_of_key(&key_of_identity(&mail)), (Some(mail.clone()), "a:b@example.org"));
        assert_eq!(identity_of_key(&key_of_name("Mia: Lund")).1, "Mia: Lund");
    }

    #[test]
    fn the_least_identity_names_the_person() {
        let [a, b] = ["a@example.org", "b@example.org"].map(|address| Identity::email(address).unwrap());
        assert_eq!(person_id([&a, &b]), person_id([&b, &a]));
        assert_eq!(person_id([]), None);
    }
}
