//! dp-archive
