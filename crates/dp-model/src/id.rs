//! Identifiers: each is derived from content with BLAKE3, never assigned, so the same record has
//! the same id in every export and on every machine.

use crate::{Identity, Kind};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// An id's text was not the right number of hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an id is {expected_digits} hexadecimal digits, not {text:?}")]
pub struct ParseIdError {
    text: String,
    expected_digits: usize,
}

macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $bytes]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self}")
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let wrong = || ParseIdError { text: text.to_owned(), expected_digits: 2 * $bytes };
                if text.len() != 2 * $bytes || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                    return Err(wrong());
                }
                let mut bytes = [0; $bytes];
                for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
                    let digits = std::str::from_utf8(digits).map_err(|_| wrong())?;
                    *byte = u8::from_str_radix(digits, 16).map_err(|_| wrong())?;
                }
                Ok(Self(bytes))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

hex_id!(
    /// Names a document: the first 128 bits of BLAKE3 over source, kind, natural key and ordinal.
    DocumentId,
    16
);
hex_id!(
    /// Names a person: the smallest hash among their identities, so it does not depend on the order
    /// in which identities became known.
    PersonId,
    16
);
hex_id!(
    /// Names bytes by their BLAKE3 hash.
    BlobHash,
    32
);

impl DocumentId {
    /// Derives the id of a record.
    ///
    /// `key` is the natural key of the record within (source, kind); `ordinal` numbers records that
    /// have the same key inside one entry, from 0, because two equal records are two events.
    #[must_use]
    pub fn derive(source: &str, kind: Kind, key: &[u8], ordinal: u32) -> Self {
        // One contiguous buffer: for short keys this hashes in a single compression.
        let mut buffer = smallvec::SmallVec::<[u8; 256]>::new();
        buffer.extend_from_slice(source.as_bytes());
        buffer.push(0);
        buffer.extend_from_slice(kind.as_str().as_bytes());
        buffer.push(0);
        buffer.extend_from_slice(&ordinal.to_le_bytes());
        buffer.extend_from_slice(key);
        Self(first_16(&blake3::hash(&buffer)))
    }
}

impl PersonId {
    /// The id a person would have if this were their only identity.
    #[must_use]
    pub fn of_identity(identity: &Identity) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(identity.kind.as_str().as_bytes());
        hasher.update(&[0]);
        hasher.update(identity.value.as_bytes());
        Self(first_16(&hasher.finalize()))
    }
}

impl BlobHash {
    /// Hashes bytes held in memory.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }
}

fn first_16(hash: &blake3::Hash) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_bytes()[..16]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_survives_its_text_form() {
        let id = DocumentId::derive("google.search", Kind::Search, b"key", 0);
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn every_part_of_the_key_tells_documents_apart() {
        let base = DocumentId::derive("a", Kind::Note, b"k", 0);
        for other in [
            DocumentId::derive("b", Kind::Note, b"k", 0),
            DocumentId::derive("a", Kind::Task, b"k", 0),
            DocumentId::derive("a", Kind::Note, b"l", 0),
            DocumentId::derive("a", Kind::Note, b"k", 1),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn malformed_ids_are_refused() {
        for text in ["", "12", "zz345678901234567890123456789012", "123456789012345678901234567890é"] {
            assert!(text.parse::<DocumentId>().is_err(), "{text}");
        }
    }
}
