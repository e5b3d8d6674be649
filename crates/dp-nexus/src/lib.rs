//! The front door of a life: HTTP comes in, what an account may see goes out. Knows status codes, accounts
//! and sessions; does not know how anything is stored or found.

pub mod accounts;
pub mod export;
pub mod http;
pub mod mcp;
mod principal;
pub mod uploads;

pub use principal::{AccountId, Origin, Principal, Role, Scope};
