//! Cortex: embeddings, and search by meaning over a vault. Texts and queries come in; vectors and answers go
//! out. Keeps nothing itself: the lake does.

pub mod asking;
pub mod embed;
pub mod engine;
pub mod gazetteer;
pub mod history;
pub mod models;
pub mod passages;
pub mod personal;
pub mod privacy_log;
pub mod query;
pub mod statistics;
pub mod worker;
