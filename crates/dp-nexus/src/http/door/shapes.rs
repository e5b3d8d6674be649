//! Accounts, sessions, keys and the access log as they are answered: times as RFC 3339, days as ISO 8601.

use super::super::{answer::Written, problem::Problem};
use crate::{
    AccountId, Role, Scope,
    accounts::{
        Account, CookieSession, IdentityInfo, KeyInfo, LogEntry, PasskeyInfo, Secret, SessionInfo,
        SessionKind, Strength, Tokens,
    },
};
use axum::response::{IntoResponse, Response};
use dp_lake::{Day, date_of_day};
use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// An answer that nobody keeps a copy of.
#[derive(Debug)]
pub(super) struct Secretly(pub(super) StatusCode, Written);

impl Secretly {
    pub(super) fn of(value: &impl Serialize) -> Result<Self, Problem> {
        Written::of(value).map(|written| Self(StatusCode::OK, written))
    }

    /// The same for what has been made.
    pub(super) fn made(value: &impl Serialize) -> Result<Self, Problem> {
        Written::of(value).map(|written| Self(StatusCode::CREATED, written))
    }
}

impl IntoResponse for Secretly {
    fn into_response(self) -> Response {
        let no_store = HeaderValue::from_static("no-store");
        (self.0, [(header::CACHE_CONTROL, no_store)], self.1).into_response()
    }
}

fn role_word(role: Role) -> &'static str {
    match role {
        Role::Owner => "owner",
        Role::Member => "member",
        Role::Reader => "reader",
    }
}

/// An account.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Account)]
pub(super) struct AccountView {
    /// Its id, for ever.
    #[schema(value_type = String)]
    pub(super) id: AccountId,
    /// Its name.
    pub(super) name: String,
    /// `owner`, `member` or `reader`.
    pub(super) role: &'static str,
    /// Whether it can sign in with a password.
    pub(super) has_password: bool,
    /// Whether signing in takes a code as well.
    pub(super) has_second_factor: bool,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub(super) created: Timestamp,
    /// Since when it can't be used; null if it can.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) disabled: Option<Timestamp>,
}

impl From<Account> for AccountView {
    fn from(account: Account) -> Self {
        Self {
            id: account.id,
            name: account.name,
            role: role_word(account.role),
            has_password: account.has_password,
            has_second_factor: account.has_second_factor,
            created: account.created,
            disabled: account.disabled,
        }
    }
}

/// What a session or key may do.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Scope)]
pub(super) struct ScopeView {
    /// May read.
    read: bool,
    /// May change annotations and own documents.
    write: bool,
    /// May import.
    import: bool,
    /// May manage the account.
    admin: bool,
    /// Only documents of these sources and those below them; of all if there are none.
    sources: Vec<String>,
    /// Only documents from this day on.
    from: Option<String>,
    /// Only documents up to this day, inclusive.
    to: Option<String>,
}

impl From<Scope> for ScopeView {
    fn from(scope: Scope) -> Self {
        let day = |day: Day| date_of_day(day).to_string();
        Self {
            read: scope.read,
            write: scope.write,
            import: scope.import,
            admin: scope.admin,
            sources: scope.sources,
            from: scope.from.map(day),
            to: scope.until.map(|until| day(until.saturating_sub(1))),
        }
    }
}

/// The account that asks, and what it asks with.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Me)]
pub(super) struct MeView {
    /// The account.
    pub(super) account: AccountView,
    /// What this session or key may do.
    pub(super) scope: ScopeView,
    /// Number of the session; null for a key.
    pub(super) session: Option<i64>,
    /// Number of the key; null for a session.
    pub(super) key: Option<i64>,
    /// Recovery codes that have not been used; null without a second factor.
    pub(super) recovery_codes_left: Option<i64>,
    /// What a browser's session sends as `X-CSRF-Token` with every change; null for others.
    pub(super) csrf_token: Option<String>,
}

/// Signing in with an identity provider.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Oidc)]
pub(super) struct OidcView {
    /// What the provider is called; null if there is none.
    pub(super) name: Option<String>,
}

/// An identity of a provider that may sign in to the account.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Identity)]
pub(super) struct IdentityView {
    /// Its number.
    id: i64,
    /// The provider's address.
    issuer: String,
    /// The e-mail address when it was last used.
    email: String,
    /// When it first signed in.
    #[schema(value_type = String, format = DateTime)]
    linked: Timestamp,
    /// When it last signed in.
    #[schema(value_type = String, format = DateTime)]
    used: Timestamp,
}

impl From<IdentityInfo> for IdentityView {
    fn from(info: IdentityInfo) -> Self {
        let IdentityInfo { id, issuer, email, linked, used } = info;
        Self { id, issuer, email, linked, used }
    }
}

/// A passkey.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Passkey)]
pub(super) struct PasskeyView {
    /// Its number.
    id: i64,
    /// What its holder calls it.
    name: String,
    /// The name of the host that it is for.
    site: String,
    /// Whether the authenticator's maker keeps a copy, as phones do.
    is_backed_up: bool,
    /// When it was added.
    #[schema(value_type = String, format = DateTime)]
    created: Timestamp,
    /// When it was last used; null if it never was.
    #[schema(value_type = Option<String>, format = DateTime)]
    used: Option<Timestamp>,
}

impl From<PasskeyInfo> for PasskeyView {
    fn from(info: PasskeyInfo) -> Self {
        let PasskeyInfo { id, name, site, is_backed_up, created, used } = info;
        Self { id, name, site, is_backed_up, created, used }
    }
}

/// A session that has begun. Its secrets are given here and never again.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = SignedIn)]
pub(super) struct SignedInView {
    /// Number of the session.
    session: i64,
    /// The account's id.
    #[schema(value_type = String)]
    account: AccountId,
    /// The account's name.
    name: String,
    /// `owner`, `member` or `reader`.
    role: &'static str,
    /// When the session ends at the latest.
    #[schema(value_type = String, format = DateTime)]
    expires: Timestamp,
    /// For programs: to be sent as `Authorization: Bearer …`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    access_token: Option<String>,
    /// When the access token expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    access_expires: Option<Timestamp>,
    /// For programs: to be exchanged for new tokens at `/api/v1/auth/refresh`, once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    refresh_token: Option<String>,
    /// For browsers, beside the cookie: to be sent as `X-CSRF-Token` with every change.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    csrf_token: Option<String>,
}

impl From<&Tokens> for SignedInView {
    fn from(tokens: &Tokens) -> Self {
        Self {
            session: tokens.session,
            account: tokens.principal.account,
            name: tokens.principal.name.clone(),
            role: role_word(tokens.principal.role),
            expires: tokens.expires,
            access_token: Some(tokens.access.expose().to_owned()),
            access_expires: Some(tokens.access_expires),
            refresh_token: Some(tokens.refresh.expose().to_owned()),
            csrf_token: None,
        }
    }
}

impl From<&CookieSession> for SignedInView {
    fn from(session: &CookieSession) -> Self {
        Self {
            session: session.session,
            account: session.principal.account,
            name: session.principal.name.clone(),
            role: role_word(session.principal.role),
            expires: session.expires,
            access_token: None,
            access_expires: None,
            refresh_token: None,
            csrf_token: Some(session.csrf.expose().to_owned()),
        }
    }
}

/// A session.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Session)]
pub(super) struct SessionView {
    /// Its number.
    id: i64,
    /// `token` or `cookie`.
    kind: &'static str,
    /// What the client said of itself when it signed in.
    device: String,
    /// From where it signed in.
    address: Option<String>,
    /// When it signed in.
    #[schema(value_type = String, format = DateTime)]
    created: Timestamp,
    /// When it was used last, give or take some minutes.
    #[schema(value_type = String, format = DateTime)]
    seen: Timestamp,
    /// When it will end, if it is not used.
    #[schema(value_type = String, format = DateTime)]
    expires: Timestamp,
    /// Whether it is the one that asks.
    is_this: bool,
}

impl SessionView {
    pub(super) fn of(info: SessionInfo, this: Option<i64>) -> Self {
        Self {
            is_this: this == Some(info.id),
            id: info.id,
            kind: match info.kind {
                SessionKind::Token => "token",
                SessionKind::Cookie => "cookie",
            },
            device: info.device,
            address: info.address,
            created: info.created,
            seen: info.seen,
            expires: info.expires,
        }
    }
}

/// An API key, without its text.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Key)]
pub(super) struct KeyView {
    /// Its number.
    id: i64,
    /// What it is for.
    name: String,
    /// What it may do.
    scope: ScopeView,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created: Timestamp,
    /// When it expires; never if null.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires: Option<Timestamp>,
    /// The day, UTC, on which it was used last.
    used: Option<String>,
}

impl From<KeyInfo> for KeyView {
    fn from(key: KeyInfo) -> Self {
        Self {
            id: key.id,
            name: key.name,
            scope: key.scope.into(),
            created: key.created,
            expires: key.expires,
            used: key.used.map(|day| date_of_day(day).to_string()),
        }
    }
}

/// A key that was made.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = MadeKey)]
pub(super) struct MadeKeyView {
    /// The key itself. Given here and never again.
    pub(super) text: String,
    /// What it is.
    pub(super) key: KeyView,
}

/// How hard a password is to guess.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PasswordStrength)]
pub(super) struct StrengthView {
    /// 0 (guessed at once) to 4 (not guessed in centuries); 2 at least is taken.
    #[schema(minimum = 0, maximum = 4)]
    score: u8,
    /// What is wrong with it.
    warning: Option<String>,
    /// What would make it better.
    suggestions: Vec<String>,
}

impl From<Strength> for StrengthView {
    fn from(strength: Strength) -> Self {
        Self { score: strength.score, warning: strength.warning, suggestions: strength.suggestions }
    }
}

/// What an authenticator app needs. Given here and never again.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = TotpEnrolment)]
pub(super) struct EnrolmentView {
    /// `otpauth://…`, for a QR code.
    pub(super) uri: String,
    /// The same secret in base32, to be typed.
    pub(super) secret: String,
}

/// Codes for when the authenticator is lost, each good for one sign-in. Given here and never again.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RecoveryCodes)]
pub(super) struct RecoveryCodesView {
    /// The codes.
    codes: Vec<String>,
}

impl From<Vec<Secret>> for RecoveryCodesView {
    fn from(codes: Vec<Secret>) -> Self {
        Self { codes: codes.iter().map(|code| code.expose().to_owned()).collect() }
    }
}

/// Whether there is an account yet.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Setup)]
pub(super) struct SetupView {
    /// Whether the first account is to be made.
    pub(super) is_needed: bool,
    /// Whether making it from here takes the code that the program printed when it started.
    pub(super) is_code_needed: bool,
}

/// Something that was read, changed or refused.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = LogEntry)]
pub(super) struct LogEntryView {
    /// Its number; the first is 1.
    id: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// By or to which account; null if that is not known.
    #[schema(value_type = Option<String>)]
    account: Option<AccountId>,
    /// How they came in: `session 5`, `key 7`, `local` or `nobody`.
    origin: String,
    /// From where.
    address: Option<String>,
    /// What was done: `GET /api/v1/documents/{id}`.
    action: String,
    /// To what: what stood in place of `{id}`.
    target: String,
    /// `ok`, or the code of the problem.
    outcome: String,
    /// How many things.
    count: u32,
}

impl From<LogEntry> for LogEntryView {
    fn from(entry: LogEntry) -> Self {
        Self {
            id: entry.id,
            at: entry.at,
            account: entry.account,
            origin: entry.origin,
            address: entry.address,
            action: entry.action,
            target: entry.target,
            outcome: entry.outcome,
            count: entry.count,
        }
    }
}
