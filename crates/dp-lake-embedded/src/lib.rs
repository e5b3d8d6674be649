//! dp-lake-embedded
