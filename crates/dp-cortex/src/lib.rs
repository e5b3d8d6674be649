//! Cortex: embeddings, and search by meaning over a vault. Texts and queries come in; vectors and answers go
//! out. Keeps nothing itself: the lake does.

pub mod embed;
pub mod passages;
