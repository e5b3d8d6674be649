//! One file a command: its arguments, what it does, what it prints.

pub(crate) mod annotate;
pub(crate) mod around;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod forget;
pub(crate) mod import;
pub(crate) mod imports;
pub(crate) mod ledger;
pub(crate) mod mcp;
pub(crate) mod models;
pub(crate) mod onthisday;
pub(crate) mod original;
pub(crate) mod own;
pub(crate) mod reindex;
pub(crate) mod search;
pub(crate) mod serve;
pub(crate) mod show;
pub(crate) mod similar;
pub(crate) mod stats;
pub(crate) mod suggest;
pub(crate) mod timeline;
pub(crate) mod user;
