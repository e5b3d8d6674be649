//! Cortex.
