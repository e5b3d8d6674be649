//! The suite that every backend passes, run on the embedded one.

#![expect(clippy::unwrap_used, reason = "a test without its folder or vault has nothing to go on with")]

use dp_lake::{Vault, conformance};
use dp_lake_embedded::{EmbeddedVault, VaultOptions};
use futures::future::{BoxFuture, FutureExt as _};

/// Vaults in a folder of its own, removed with it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

impl conformance::Factory for Folder {
    fn open<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Box<dyn Vault>> {
        let directory = self.0.path().join(name);
        async move {
            let vault = EmbeddedVault::open(&directory, &VaultOptions::new(conformance::HOME_ZONE)).unwrap();
            Box::new(vault) as Box<dyn Vault>
        }
        .boxed()
    }
}

dp_lake::conformance_tests!(Folder::new());

#[test]
fn random_operations_agree_with_the_memory_vault() {
    conformance::random_operations_agree(&Folder::new());
}
