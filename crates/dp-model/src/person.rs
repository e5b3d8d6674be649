//! Who appears in documents.

use crate::PersonId;
use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[repr(u8)]
        pub enum $name { $($(#[$vdoc])* $variant = $code),+ }

        impl $name {
            /// The word used in the store and on screen.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }

            /// The value with this stored code.
            #[must_use]
            pub const fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some($name::$variant),)+ _ => None }
            }
        }
    };
}

words! {
    /// What sort of address an identity is.
    IdentityKind {
        /// A mail address, lower-cased.
        Email = 1 "email",
        /// A telephone number: digits with a leading `+` where known.
        Phone = 2 "phone",
        /// A name in some service.
        Handle = 3 "handle",
        /// Only a name: a contact without any address.
        Name = 4 "name",
    }
}

words! {
    /// What part a person plays in a document.
    Role {
        /// Wrote or sent it.
        From = 1 "from",
        /// Received it.
        To = 2 "to",
        /// Received a copy.
        Cc = 3 "cc",
        /// Received a blind copy.
        Bcc = 4 "bcc",
        /// Called the meeting.
        Organizer = 5 "organizer",
        /// Was invited.
        Attendee = 6 "attendee",
        /// Made the video, the song, the page.
        Author = 7 "author",
        /// It is about them.
        Subject = 8 "subject",
        /// It is shared with them.
        Sharee = 9 "sharee",
    }
}

/// An address by which a person is known. Equal identities are the same person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// What sort.
    pub kind: IdentityKind,
    /// The address in its canonical form.
    pub value: String,
}

impl Identity {
    /// A mail address in canonical form (trimmed, lower-cased), if it looks like one.
    #[must_use]
    pub fn email(address: &str) -> Option<Self> {
        let address = address.trim().trim_start_matches('<').trim_end_matches('>');
        let address = address.strip_prefix("mailto:").unwrap_or(address);
        let (local, domain) = address.rsplit_once('@')?;
        let plausible = !local.is_empty()
            && !domain.is_empty()
            && !address.contains(|c: char| c.is_whitespace() || c.is_control());
        plausible.then(|| Self { kind: IdentityKind::Email, value: address.to_lowercase() })
    }

    /// A telephone number in canonical form: its digits, with `+` in front where it was written.
    #[must_use]
    pub fn phone(number: &str) -> Option<Self> {
        let digits = number.chars().filter(char::is_ascii_digit).collect::<String>();
        let plus = if number.trim_start().starts_with('+') { "+" } else { "" };
        (digits.len() >= 3).then(|| Self { kind: IdentityKind::Phone, value: format!("{plus}{digits}") })
    }

    /// A bare name, for somebody of whom nothing else is known.
    #[must_use]
    pub fn name(name: &str) -> Option<Self> {
        let value = name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        (!value.is_empty()).then_some(Self { kind: IdentityKind::Name, value })
    }
}

/// One appearance of a person in a document.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Mention {
    /// The part they play.
    pub role: Role,
    /// Their name as written there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Their address as written there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
}

/// A person as one record gives them: all identities belong together.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PersonDraft {
    /// What they are called.
    pub name: Option<String>,
    /// How they can be reached; without any, the draft says nothing.
    pub identities: Vec<Identity>,
    /// Whether an address book says so (its name wins over a mail header's).
    pub from_contacts: bool,
}

/// A person as the vault knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Derived from the identities.
    pub id: PersonId,
    /// The best name known.
    pub name: Option<String>,
    /// All identities, sorted.
    pub identities: Vec<Identity>,
    /// In how many documents they appear.
    pub documents: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_one_canonical_form() {
        assert_eq!(Identity::email(" <Mia.Lund@Example.ORG> ").unwrap().value, "mia.lund@example.org");
        assert_eq!(Identity::email("mailto:a@b.c").unwrap().value, "a@b.c");
        assert_eq!(Identity::email("no address"), None);
        assert_eq!(Identity::phone("+41 44 123 45 67").unwrap().value, "+41441234567");
        assert_eq!(Identity::phone("—"), None);
        assert_eq!(Identity::name("  Mia   Lund ").unwrap().value, "mia lund");
    }
}
