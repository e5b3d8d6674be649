//! What can go wrong with accounts, as HTTP says it. Every error has its row here.

use super::super::{
    app::Refusal,
    problem::{Code, Problem},
};
use crate::accounts::AccountError;

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        use AccountError as E;
        let code = match &error {
            E::WrongCredentials => Code::WrongCredentials,
            E::Disabled => Code::AccountDisabled,
            E::SecondFactorNeeded => Code::SecondFactorNeeded,
            E::WrongCode => Code::WrongCode,
            E::Throttled { retry_after_s } => {
                return Self::new(Code::Throttled, error.to_string()).retry_after_s(*retry_after_s);
            }
            E::InvalidToken | E::Expired | E::Revoked => Code::BadCredentials,
            E::Reused => Code::RefreshReused,
            E::WrongCsrf => Code::WrongCsrf,
            E::PasswordLength { .. } | E::TooWeak(_) => Code::WeakPassword,
            E::InvalidName(_) | E::InvalidKey(_) => Code::UnfitBody,
            E::NameTaken => Code::NameTaken,
            E::SecondFactor(_) | E::OneOwner | E::OwnerStays | E::TooMany { .. } => Code::Conflict,
            E::SetupDone => Code::SetupDone,
            E::WrongSetupCode => Code::WrongSetupCode,
            E::ScopeTooWide => Code::Forbidden,
            E::Passkey(_) => Code::WrongPasskey,
            E::Identity(_) => Code::NotMeant,
            E::NotFound(_) => Code::UnknownId,
            E::Newer { .. }
            | E::Foreign(_)
            | E::Corrupt(_)
            | E::Io { .. }
            | E::Engine { .. }
            | E::Cryptography(_) => return Self::internal(error),
        };
        Self::new(code, error.to_string())
    }
}

impl From<AccountError> for Refusal {
    fn from(error: AccountError) -> Self {
        use AccountError as E;
        match error {
            E::InvalidToken | E::Expired | E::Revoked => Self::BadCredentials(error.to_string()),
            E::Disabled => Self::Disabled,
            E::WrongCsrf => Self::WrongCsrf,
            E::Throttled { retry_after_s } => Self::Throttled(retry_after_s),
            error => Self::Unavailable(error.to_string()),
        }
    }
}
