//! The suite run on the memory vault, which keeps suite and oracle honest with each other.

use super::{Factory, HOME_ZONE, cases, random_operations_agree};
use crate::{Vault, memory::MemoryVault};
use futures::future::BoxFuture;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

/// Memory vaults by name.
#[derive(Default)]
struct MemoryFactory(Mutex<BTreeMap<String, MemoryVault>>);

impl Factory for MemoryFactory {
    fn open<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Box<dyn Vault>> {
        let mut vaults = self.0.lock().unwrap();
        let vault = vaults.entry(name.to_owned()).or_insert_with(|| MemoryVault::new(HOME_ZONE)).clone();
        Box::pin(async move { Box::new(vault) as Box<dyn Vault> })
    }
}

conformance_tests!(MemoryFactory::default());

#[test]
fn random_operations_on_two_memory_vaults_agree() {
    random_operations_agree(&MemoryFactory::default());
}

#[test]
fn cases_have_names_of_their_own() {
    let names = cases().iter().map(|(name, _)| name).collect::<BTreeSet<_>>();
    assert_eq!(names.len(), cases().len());
}
