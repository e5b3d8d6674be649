//! People of the memory vault: sets of identities that some record says belong together.

use crate::people::{best_name, person_id, usable_name};
use dp_model::{Identity, Person, PersonDraft, PersonId};
use std::collections::{BTreeMap, BTreeSet};

/// All people, disjoint by identity.
#[derive(Debug, Default)]
pub(super) struct People {
    groups: BTreeMap<PersonId, Group>,
    by_identity: BTreeMap<Identity, PersonId>,
}

/// One person.
#[derive(Debug, Default, Clone)]
pub(super) struct Group {
    pub(super) identities: BTreeSet<Identity>,
    /// Every name ever given, with whether an address book gave it.
    names: BTreeSet<(String, bool)>,
    /// Whether an address book holds them.
    pub(super) from_contacts: bool,
}

impl Group {
    pub(super) fn best_name(&self) -> Option<&str> {
        best_name(self.names.iter().map(|(name, from_contacts)| (name.as_str(), *from_contacts)))
    }

    fn absorb(&mut self, other: Self) {
        self.identities.extend(other.identities);
        self.names.extend(other.names);
        self.from_contacts |= other.from_contacts;
    }
}

impl People {
    /// Takes a draft in; says whether none of its identities was known.
    pub(super) fn add(&mut self, draft: &PersonDraft) -> bool {
        let mut joined = Group {
            identities: draft.identities.iter().cloned().collect(),
            names: draft
                .name
                .iter()
                .filter_map(|name| Some((usable_name(name)?.to_owned(), draft.from_contacts)))
                .collect(),
            from_contacts: draft.from_contacts,
        };
        let known = draft.identities.iter().filter_map(|identity| self.by_identity.get(identity).copied());
        let known = known.collect::<BTreeSet<_>>();
        for id in &known {
            if let Some(group) = self.groups.remove(id) {
                joined.absorb(group);
            }
        }
        let Some(id) = person_id(&joined.identities) else { return false };
        for identity in &joined.identities {
            self.by_identity.insert(identity.clone(), id);
        }
        self.groups.insert(id, joined);
        known.is_empty()
    }

    /// The person with this identity.
    pub(super) fn find(&self, identity: &Identity) -> Option<(PersonId, &Group)> {
        let id = *self.by_identity.get(identity)?;
        Some((id, self.groups.get(&id)?))
    }

    /// All people by id.
    pub(super) fn groups(&self) -> &BTreeMap<PersonId, Group> {
        &self.groups
    }

    pub(super) fn remove(&mut self, id: PersonId) {
        if let Some(group) = self.groups.remove(&id) {
            self.by_identity.retain(|identity, _| !group.identities.contains(identity));
        }
    }

    /// The person as the contract gives them.
    pub(super) fn person(id: PersonId, group: &Group, documents: u64) -> Person {
        Person {
            id,
            name: group.best_name().map(str::to_owned),
            identities: group.identities.iter().cloned().collect(),
            documents,
        }
    }
}
