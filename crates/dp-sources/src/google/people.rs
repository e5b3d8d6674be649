//! People met in one entry, each told once: a mailbox names the same few hundred people a million times.

use crate::{Sink, SinkClosed};
use dp_model::{Identity, Mention, PersonDraft, Role};
use foldhash::fast::FixedState;
use hashbrown::HashSet;
use std::hash::BuildHasher;

/// How many pairs of address and name are remembered; past it, all are forgotten and told again.
const REMEMBERED_MAX: usize = 1 << 16;

/// Who has been told already.
#[derive(Default)]
pub(super) struct People {
    told: HashSet<u64, FixedState>,
}

impl People {
    /// Tells the sink of everybody in `mentions` who has an address and was not told before with this name.
    pub(super) fn tell(&mut self, sink: &mut dyn Sink, mentions: &[Mention]) -> Result<(), SinkClosed> {
        for mention in mentions {
            let Some(identity) = &mention.identity else { continue };
            if self.told.len() >= REMEMBERED_MAX {
                self.told.clear();
            }
            let print = FixedState::default().hash_one((identity, &mention.name));
            if self.told.insert(print) {
                sink.person(PersonDraft {
                    name: mention.name.clone(),
                    identities: vec![identity.clone()],
                    from_contacts: false,
                })?;
            }
        }
        Ok(())
    }
}

/// A mention made of an address and a name as written; None if both say nothing. A name that only
/// repeats the address is no name; an address that is none becomes the name.
pub(super) fn mention(role: Role, name: Option<&str>, address: Option<&str>) -> Option<Mention> {
    let identity = address.and_then(Identity::email);
    let name = name.map(str::trim).filter(|name| !name.is_empty());
    let name = match &identity {
        Some(identity) => name.filter(|name| !name.eq_ignore_ascii_case(&identity.value)),
        None => name.or_else(|| address.map(str::trim).filter(|address| !address.is_empty())),
    };
    (name.is_some() || identity.is_some()).then(|| Mention { role, name: name.map(str::to_owned), identity })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Found;

    #[test]
    fn each_name_of_an_address_is_told_once() {
        let mut people = People::default();
        let mut found = Found::default();
        let ada = mention(Role::From, Some("Ada"), Some("ADA@example.org")).unwrap();
        let bare = mention(Role::To, Some("ada@example.org"), Some("ada@example.org")).unwrap();
        let stranger = mention(Role::To, None, Some("undisclosed")).unwrap();
        assert_eq!((bare.name.as_deref(), stranger.name.as_deref()), (None, Some("undisclosed")));
        for _ in 0..3 {
            people.tell(&mut found, &[ada.clone(), bare.clone(), stranger.clone()]).unwrap();
        }
        assert_eq!(found.people.len(), 2);
    }
}
