//! dp-sources
