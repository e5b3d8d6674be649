//! Tokens of programs: an access token (JWT, HS256) that lives for a quarter of an hour, and a refresh token
//! that is good for one exchange. A refresh token that comes twice ends the session.

use super::{
    AccountError, Accounts, Client, Secret,
    account::timestamp,
    error::Context as _,
    secret::{Purpose, token_hash},
    session::{Proved, SessionRow, insert, touch},
    signing::LEEWAY_S,
};
use crate::{AccountId, Principal};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use rusqlite::{OptionalExtension as _, Transaction};
use serde::{Deserialize, Serialize};

/// How long an access token lives.
pub(super) const ACCESS_S: i64 = 15 * 60;
/// Most bytes of an access token; ours have less than half of that.
const MAX_TOKEN_BYTES: usize = 1024;
const ISSUER: &str = "datapunk";
const AUDIENCE: &str = "datapunk-api";

/// What a program is given when it signs in and at each refresh. Shown once.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// The session's id.
    pub session: i64,
    /// To be sent with each request.
    pub access: Secret,
    /// When the access token expires.
    pub access_expires: Timestamp,
    /// To be exchanged for new tokens, once.
    pub refresh: Secret,
    /// When the session ends at the latest.
    pub expires: Timestamp,
    /// Who it is.
    pub principal: Principal,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: AccountId,
    sid: i64,
    iat: i64,
    exp: i64,
}

impl Accounts {
    /// Begins a session for somebody whose right to it was checked.
    ///
    /// # Errors
    /// `NotFound`, `Disabled`.
    pub fn open_session(
        &self,
        account: AccountId,
        client: &Client<'_>,
        now: Timestamp,
    ) -> Result<Tokens, AccountError> {
        self.begin_session(&Proved { account, password: None }, client, now)
    }

    pub(super) fn begin_session(
        &self,
        proved: &Proved,
        client: &Client<'_>,
        now: Timestamp,
    ) -> Result<Tokens, AccountError> {
        let (session, refresh) = self.store.write("begin a session", |transaction| {
            let session = insert(transaction, proved, None, client, now)?;
            let refresh = insert_refresh_token(transaction, session.id)?;
            Ok((session, refresh))
        })?;
        self.tokens(&session, refresh, now)
    }

    /// Exchanges a refresh token for new tokens.
    ///
    /// # Errors
    /// `Reused` if it was exchanged before: then the session is ended, since one of its two holders is a
    /// thief. `InvalidToken`, `Revoked`, `Expired`, `Disabled`.
    pub fn refresh(&self, token: &str, now: Timestamp) -> Result<Tokens, AccountError> {
        let hash = token_hash(Purpose::Refresh, token).ok_or(AccountError::InvalidToken)?;
        let what = "refresh the session";
        // A refusal that ends the session must be written too, so it is a value inside.
        let outcome = self.store.write(what, |transaction| {
            let Some((session, used)) = find_refresh_token(transaction, &hash).context(what)? else {
                return Ok(Err(AccountError::InvalidToken));
            };
            if used {
                end(transaction, session.id, now).context(what)?;
                return Ok(Err(AccountError::Reused));
            }
            if let Err(refused) = session.check(now) {
                return Ok(Err(refused));
            }
            transaction
                .execute("UPDATE refresh_tokens SET used_s = ? WHERE hash = ?", (now.as_second(), &hash[..]))
                .context(what)?;
            touch(transaction, session.id, now)?;
            Ok(Ok((insert_refresh_token(transaction, session.id)?, session)))
        })?;
        let (refresh, session) = outcome?;
        self.tokens(&session, refresh, now)
    }

    /// Who comes with this access token.
    ///
    /// # Errors
    /// `InvalidToken` if we did not sign it, or not for this; `Expired`, `Revoked`, `Disabled`.
    pub fn authenticate_access(&self, token: &str, now: Timestamp) -> Result<Principal, AccountError> {
        let claims = self.verify(token, now)?;
        let session = self.store.read("find a session", |connection| {
            connection
                .prepare_cached(&format!(
                    "SELECT {} FROM sessions AS s JOIN accounts AS a ON a.id = s.account
                     WHERE s.id = ? AND s.account = ? AND s.cookie IS NULL",
                    SessionRow::COLUMNS
                ))?
                .query_row((claims.sid, claims.sub), SessionRow::from_row)
                .optional()
        })?;
        let session = session.ok_or(AccountError::InvalidToken)?;
        session.check(now)?;
        Ok(session.principal())
    }

    fn tokens(&self, session: &SessionRow, refresh: Secret, now: Timestamp) -> Result<Tokens, AccountError> {
        let expires_s = (now.as_second() + ACCESS_S).min(session.expires_s);
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: session.account,
            sid: session.id,
            iat: now.as_second(),
            exp: expires_s,
        };
        Ok(Tokens {
            session: session.id,
            access: self.sign(&claims)?,
            access_expires: timestamp(expires_s),
            refresh,
            expires: timestamp(session.expires_s),
            principal: session.principal(),
        })
    }

    fn sign(&self, claims: &Claims) -> Result<Secret, AccountError> {
        let key = self.signing_key()?;
        let header = Header { kid: Some(key.id), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(&key.secret.0))
            .map(Secret::new)
            .map_err(|_| AccountError::Cryptography("sign an access token"))
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, AccountError> {
        let invalid = |_| AccountError::InvalidToken;
        if token.len() > MAX_TOKEN_BYTES {
            return Err(AccountError::InvalidToken);
        }
        let id =
            jsonwebtoken::decode_header(token).map_err(invalid)?.kid.ok_or(AccountError::InvalidToken)?;
        let key = self.verifying_key(&id, now)?.ok_or(AccountError::InvalidToken)?;
        let claims = jsonwebtoken::decode::<Claims>(token, &DecodingKey::from_secret(&key.0), &validation())
            .map_err(invalid)?
            .claims;
        let now_s = now.as_second();
        if now_s >= claims.exp.saturating_add(LEEWAY_S) {
            return Err(AccountError::Expired);
        }
        Ok(claims)
    }
}

/// One algorithm, one issuer, one audience. The time is compared by ourselves, with the caller's clock.
fn validation() -> Validation {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.validate_exp = false;
    validation
}

fn insert_refresh_token(transaction: &Transaction<'_>, session: i64) -> Result<Secret, AccountError> {
    let token = Secret::random()?;
    let hash = token_hash(Purpose::Refresh, token.expose()).unwrap_or_default();
    transaction
        .execute("INSERT INTO refresh_tokens (hash, session) VALUES (?, ?)", (&hash[..], session))
        .context("make a refresh token")?;
    Ok(token)
}

/// The session of a refresh token, and whether that was used before.
fn find_refresh_token(
    transaction: &Transaction<'_>,
    hash: &[u8; 32],
) -> rusqlite::Result<Option<(SessionRow, bool)>> {
    transaction
        .prepare_cached(&format!(
            "SELECT {}, r.used_s IS NOT NULL FROM refresh_tokens AS r
             JOIN sessions AS s ON s.id = r.session JOIN accounts AS a ON a.id = s.account WHERE r.hash = ?",
            SessionRow::COLUMNS
        ))?
        .query_row([&hash[..]], |row| Ok((SessionRow::from_row(row)?, row.get(8)?)))
        .optional()
}

fn end(transaction: &Transaction<'_>, session: i64, now: Timestamp) -> rusqlite::Result<()> {
    transaction
        .execute(
            "UPDATE sessions SET revoked_s = ? WHERE id = ? AND revoked_s IS NULL",
            (now.as_second(), session),
        )
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{PASSWORD, World, at, client, days, sign_in};
    use super::*;
    use crate::{Origin, Role};
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde_json::{Value, json};

    fn signed_in(world: &World) -> Tokens {
        world.accounts.sign_in(&sign_in("ada", PASSWORD), at(0)).unwrap()
    }

    fn claims(tokens: &Tokens) -> Value {
        let payload = tokens.access.expose().split('.').nth(1).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
    }

    /// A token with these claims, signed with our own key but this header.
    fn forged(world: &World, header: &Header, claims: &Value) -> String {
        let key = world.accounts.signing_key().unwrap();
        jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(&key.secret.0)).unwrap()
    }

    fn our_header(world: &World) -> Header {
        Header { kid: Some(world.accounts.signing_key().unwrap().id), ..Header::new(Algorithm::HS256) }
    }

    fn refused(world: &World, token: &str) -> bool {
        matches!(world.accounts.authenticate_access(token, at(1)), Err(AccountError::InvalidToken))
    }

    #[test]
    fn an_access_token_tells_who_comes_for_a_quarter_of_an_hour() {
        let (world, ada) = World::with_owner();
        let tokens = signed_in(&world);
        assert_eq!(tokens.access_expires, at(900));
        let principal = world.accounts.authenticate_access(tokens.access.expose(), at(899)).unwrap();
        assert_eq!(principal.account, ada);
        assert_eq!((principal.name.as_str(), principal.role), ("ada", Role::Owner));
        assert_eq!(principal.origin, Origin::Session(tokens.session));
        assert!(world.accounts.authenticate_access(tokens.access.expose(), at(904)).is_ok());
        let late = world.accounts.authenticate_access(tokens.access.expose(), at(905));
        assert!(matches!(late, Err(AccountError::Expired)), "{late:?}");
    }

    #[test]
    fn a_token_with_changed_claims_or_signature_is_refused() {
        let (world, _) = World::with_owner();
        let tokens = signed_in(&world);
        let token = tokens.access.expose();
        assert!(!refused(&world, token));
        let parts: Vec<&str> = token.split('.').collect();
        let mut changed = claims(&tokens);
        changed["sid"] = json!(tokens.session + 1);
        let payload = URL_SAFE_NO_PAD.encode(changed.to_string());
        assert!(refused(&world, &format!("{}.{payload}.{}", parts[0], parts[2])));
        assert!(refused(&world, &format!("{}.{}.", parts[0], parts[1])));
        assert!(refused(&world, &format!("{}.{}", parts[0], parts[1])));
        for text in ["", "..", "a.b.c", &"a".repeat(1 << 20), &format!("{token}.x"), "ä.ö.ü"] {
            assert!(refused(&world, text));
        }
    }

    #[test]
    fn a_token_without_signature_or_with_another_algorithm_is_refused() {
        let (world, _) = World::with_owner();
        let tokens = signed_in(&world);
        let kid = world.accounts.signing_key().unwrap().id;
        let payload = tokens.access.expose().split('.').nth(1).unwrap();
        for algorithm in ["none", "None", "NONE", "hs256", "RS256", ""] {
            let header = json!({ "alg": algorithm, "typ": "JWT", "kid": kid }).to_string();
            let header = URL_SAFE_NO_PAD.encode(header);
            let signature = tokens.access.expose().split('.').nth(2).unwrap();
            assert!(refused(&world, &format!("{header}.{payload}.")), "{algorithm}");
            assert!(refused(&world, &format!("{header}.{payload}.{signature}")), "{algorithm}");
        }
        for algorithm in [Algorithm::HS384, Algorithm::HS512] {
            let header = Header { kid: Some(kid.clone()), ..Header::new(algorithm) };
            assert!(refused(&world, &forged(&world, &header, &claims(&tokens))));
        }
        assert!(!refused(&world, &forged(&world, &our_header(&world), &claims(&tokens))));
    }

    #[test]
    fn a_token_for_another_audience_or_of_another_issuer_is_refused() {
        let (world, _) = World::with_owner();
        let tokens = signed_in(&world);
        for (claim, value) in [
            ("aud", json!("somebody-else")),
            ("aud", json!(["somebody-else"])),
            ("aud", json!(null)),
            ("iss", json!("somebody-else")),
            ("iss", json!(7)),
            ("exp", json!(null)),
            ("exp", json!("soon")),
            ("sub", json!("00")),
            ("sid", json!("1")),
        ] {
            let mut changed = claims(&tokens);
            changed[claim] = value.clone();
            assert!(refused(&world, &forged(&world, &our_header(&world), &changed)), "{claim} {value}");
            changed.as_object_mut().unwrap().remove(claim);
            assert!(refused(&world, &forged(&world, &our_header(&world), &changed)), "without {claim}");
        }
    }

    #[test]
    fn a_token_signed_with_an_unknown_or_unnamed_key_is_refused() {
        let (world, _) = World::with_owner();
        let tokens = signed_in(&world);
        for kid in [None, Some(String::new()), Some("x".repeat(40)), Some("' OR 1=1".to_owned())] {
            let header = Header { kid, ..Header::new(Algorithm::HS256) };
            assert!(refused(&world, &forged(&world, &header, &claims(&tokens))));
        }
        let stranger = World::with_owner().0;
        assert!(refused(&world, signed_in(&stranger).access.expose()));
        let wrong_key =
            jsonwebtoken::encode(&our_header(&world), &claims(&tokens), &EncodingKey::from_secret(&[7; 32]));
        assert!(refused(&world, &wrong_key.unwrap()));
    }

    #[test]
    fn a_token_names_its_own_account_and_no_cookie_session() {
        let (world, _) = World::with_owner();
        let tokens = signed_in(&world);
        let ben = world.add("ben", Role::Member);
        let mut changed = claims(&tokens);
        changed["sub"] = json!(ben);
        assert!(refused(&world, &forged(&world, &our_header(&world), &changed)));
        let cookie = world.accounts.open_cookie_session(ben, &client(), at(0)).unwrap();
        changed["sid"] = json!(cookie.session);
        assert!(refused(&world, &forged(&world, &our_header(&world), &changed)));
    }

    #[test]
    fn an_access_token_of_a_session_that_was_ended_is_refused() {
        let (world, ada) = World::with_owner();
        let tokens = signed_in(&world);
        world.accounts.revoke_session(ada, tokens.session, at(1)).unwrap();
        let ended = world.accounts.authenticate_access(tokens.access.expose(), at(2));
        assert!(matches!(ended, Err(AccountError::Revoked)), "{ended:?}");
        let ended = world.accounts.refresh(tokens.refresh.expose(), at(2));
        assert!(matches!(ended, Err(AccountError::Revoked)), "{ended:?}");
    }

    #[test]
    fn a_role_counts_as_it_is_now_and_not_as_it_was_when_the_token_was_made() {
        let (world, _) = World::with_owner();
        let ben = world.add("ben", Role::Member);
        let tokens = world.accounts.sign_in(&sign_in("ben", PASSWORD), at(0)).unwrap();
        world.accounts.set_role(ben, Role::Reader).unwrap();
        let principal = world.accounts.authenticate_access(tokens.access.expose(), at(1)).unwrap();
        assert!(!principal.scope.write && principal.role == Role::Reader);
    }

    #[test]
    fn each_refresh_gives_a_new_token_and_keeps_the_session() {
        let (world, _) = World::with_owner();
        let first = signed_in(&world);
        let second = world.accounts.refresh(first.refresh.expose(), at(600)).unwrap();
        let third = world.accounts.refresh(second.refresh.expose(), at(1200)).unwrap();
        assert_eq!((first.session, second.session), (second.session, third.session));
        assert_ne!(first.refresh, second.refresh);
        assert_eq!(third.access_expires, at(2100));
        assert_eq!(third.expires, at(days(90)), "refreshing does not lengthen the session");
        assert!(world.accounts.authenticate_access(third.access.expose(), at(1200)).is_ok());
    }

    #[test]
    fn a_refresh_token_that_comes_twice_ends_the_session_for_both_holders() {
        let (world, ada) = World::with_owner();
        let first = signed_in(&world);
        let other = signed_in(&world);
        let second = world.accounts.refresh(first.refresh.expose(), at(1)).unwrap();
        let again = world.accounts.refresh(first.refresh.expose(), at(2));
        assert!(matches!(again, Err(AccountError::Reused)), "{again:?}");
        let thief = world.accounts.refresh(second.refresh.expose(), at(3));
        assert!(matches!(thief, Err(AccountError::Revoked)), "{thief:?}");
        assert!(world.accounts.authenticate_access(second.access.expose(), at(3)).is_err());
        let left = world.accounts.list_sessions(ada, at(3)).unwrap();
        assert_eq!(left.iter().map(|session| session.id).collect::<Vec<_>>(), [other.session]);
    }

    #[test]
    fn of_many_who_refresh_at_once_with_one_token_at_most_one_succeeds() {
        let (world, _) = World::with_owner();
        let tokens = signed_in(&world);
        let refreshed = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| world.accounts.refresh(tokens.refresh.expose(), at(1)).is_ok()))
                .collect();
            tries.into_iter().filter_map(|refreshed| refreshed.join().unwrap().then_some(())).count()
        });
        assert_eq!(refreshed, 1);
    }

    #[test]
    fn what_is_no_refresh_token_is_refused() {
        let (world, _) = World::with_owner();
        let tokens = signed_in(&world);
        for text in ["", "x", &"A".repeat(43), tokens.access.expose()] {
            let refused = world.accounts.refresh(text, at(1));
            assert!(matches!(refused, Err(AccountError::InvalidToken)), "{refused:?}");
        }
    }

    #[test]
    fn tokens_are_not_printed() {
        let (world, _) = World::with_owner();
        let tokens = signed_in(&world);
        let printed = format!("{tokens:?}");
        assert!(!printed.contains(tokens.access.expose()) && !printed.contains(tokens.refresh.expose()));
    }
}
