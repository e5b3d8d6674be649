//! The identity provider of the configuration, as the front door takes it. Reads the file that holds its secret.

use anyhow::{Context as _, ensure};
use dp_config::Oidc;
use dp_nexus::http::OidcSettings;
use std::io::Read as _;

/// The path that a provider sends people back to.
const BACK: &str = "/api/v1/auth/oidc/callback";
/// The largest file that is taken for a secret.
const SECRET_BYTES_MAX: u64 = 4_096;

/// What `[oidc]` says, with the secret.
pub(super) fn settings(oidc: &Oidc) -> anyhow::Result<OidcSettings> {
    let client_secret = match &oidc.client_secret_file {
        Some(path) => {
            let mut text = String::new();
            let file = fs_err::File::open(path)?;
            file.take(SECRET_BYTES_MAX)
                .read_to_string(&mut text)
                .with_context(|| format!("{} holds no secret", path.display()))?;
            let text = text.trim();
            ensure!(!text.is_empty(), "{} is empty, and should hold oidc's client secret", path.display());
            Some(text.to_owned())
        }
        None => None,
    };
    Ok(OidcSettings {
        name: oidc.name.clone(),
        issuer: oidc.issuer.clone(),
        client_id: oidc.client_id.clone(),
        client_secret,
        redirect_url: format!("{}{BACK}", oidc.public_url.trim_end_matches('/')),
        accounts: oidc.accounts.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn the_secret_is_read_without_the_line_s_end_and_people_come_back_below_the_path() {
        let directory = std::env::temp_dir().join(format!("datapunk-secret-{}", std::process::id()));
        std::fs::write(&directory, "a secret\n").unwrap();
        let oidc = Oidc {
            name: "Example".to_owned(),
            issuer: "https://id.example.org".to_owned(),
            client_id: "datapunk".to_owned(),
            client_secret_file: Some(directory.clone()),
            public_url: "https://example.org/life/".to_owned(),
            accounts: BTreeMap::new(),
        };
        let found = settings(&oidc).unwrap();
        std::fs::write(&directory, " \n").unwrap();
        let empty = settings(&oidc);
        std::fs::remove_file(&directory).unwrap();
        assert_eq!(found.client_secret.as_deref(), Some("a secret"));
        assert_eq!(found.redirect_url, "https://example.org/life/api/v1/auth/oidc/callback");
        assert!(empty.is_err() && settings(&oidc).is_err());
    }
}
