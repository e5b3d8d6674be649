//! dp-lake
