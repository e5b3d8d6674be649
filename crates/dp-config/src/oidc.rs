//! `[oidc]`: the identity provider that people may sign in with.

use serde::Deserialize;
use std::{collections::BTreeMap, path::PathBuf};

/// An identity provider that speaks OpenID Connect, and whom it may let in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oidc {
    /// What it is called where one signs in.
    #[serde(default = "name_default")]
    pub name: String,
    /// Its address, exactly as it names itself.
    pub issuer: String,
    /// What it knows this server as.
    pub client_id: String,
    /// A file that holds the secret it gave for that and nothing else; none for a public client.
    pub client_secret_file: Option<PathBuf>,
    /// Where browsers reach this server, with the path that everything lies under.
    pub public_url: String,
    /// E-mail addresses, and the name of the account that each may sign in to.
    pub accounts: BTreeMap<String, String>,
}

fn name_default() -> String {
    "Single sign-on".to_owned()
}

impl Oidc {
    pub(crate) fn validate(&self) -> Result<(), String> {
        for (key, address) in [("oidc.issuer", &self.issuer), ("oidc.public_url", &self.public_url)] {
            let is_local = ["http://localhost", "http://127.0.0.1", "http://[::1]"]
                .iter()
                .filter_map(|prefix| address.strip_prefix(prefix))
                .any(|rest| rest.is_empty() || rest.starts_with([':', '/']));
            if !is_local && !address.starts_with("https://") {
                return Err(format!(
                    "{key} is {address:?} and must begin with https://, or be on this machine"
                ));
            }
        }
        match self.accounts.keys().find(|email| !email.contains('@')) {
            Some(email) => Err(format!("oidc.accounts has {email:?}, which is no e-mail address")),
            None if self.accounts.is_empty() => {
                Err("oidc.accounts is empty, so nobody could sign in; name e-mail addresses and accounts"
                    .to_owned())
            }
            None => Ok(()),
        }
    }
}
