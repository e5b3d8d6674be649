//! dp-e2e
