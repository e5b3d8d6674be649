//! dp-config
