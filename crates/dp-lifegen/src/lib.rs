//! dp-lifegen
