//! The HTTP side over vaults in memory: every route's answer and its errors, who is let in, what a limited key
//! sees, and what every request passes.
#![expect(clippy::panic, clippy::unwrap_used, reason = "tests")]

#[path = "http/access.rs"]
mod access;
#[path = "http/again.rs"]
mod again;
#[path = "http/annotating.rs"]
mod annotating;
#[path = "http/attacks.rs"]
mod attacks;
#[path = "http/backing_up.rs"]
mod backing_up;
#[path = "http/bytes.rs"]
mod bytes;
#[path = "http/dock.rs"]
mod dock;
#[path = "http/door.rs"]
mod door;
#[path = "http/encrypting.rs"]
mod encrypting;
#[path = "http/exporting.rs"]
mod exporting;
#[path = "http/figures.rs"]
mod figures;
#[path = "http/following.rs"]
mod following;
#[path = "http/forgetting.rs"]
mod forgetting;
#[path = "http/graph_bounds.rs"]
mod graph_bounds;
#[path = "http/graph_following.rs"]
mod graph_following;
#[path = "http/graph_scopes.rs"]
mod graph_scopes;
#[path = "http/graphing.rs"]
mod graphing;
#[path = "http/home.rs"]
mod home;
#[path = "http/isolation.rs"]
mod isolation;
#[path = "http/keeping.rs"]
mod keeping;
#[path = "http/mapping.rs"]
mod mapping;
#[path = "http/mcp.rs"]
mod mcp;
#[path = "http/oidc.rs"]
mod oidc;
#[path = "http/own.rs"]
mod own;
#[path = "http/passing.rs"]
mod passing;
#[path = "http/passkeys.rs"]
mod passkeys;
#[path = "http/provider.rs"]
mod provider;
#[path = "http/reading.rs"]
mod reading;
#[path = "http/resuming.rs"]
mod resuming;
#[path = "http/schema.rs"]
mod schema;
#[path = "http/scopes.rs"]
mod scopes;
#[path = "http/serving.rs"]
mod serving;
#[path = "http/statistics.rs"]
mod statistics;
#[path = "http/strange.rs"]
mod strange;
#[path = "http/uploading.rs"]
mod uploading;
#[path = "http/working.rs"]
mod working;
#[path = "http/world.rs"]
mod world;
