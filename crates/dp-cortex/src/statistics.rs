//! What counts come to: buckets of time, the week by hours, streaks, a period against the one before, how two
//! series of days go together. Counts come in, figures go out; nothing here asks a store.

mod buckets;
mod correlation;
mod streaks;
mod trend;
mod week;

pub use buckets::{Bucket, Span};
pub use correlation::{AtLag, DayValues, correlate};
pub use streaks::{Streak, Streaks};
pub use trend::{Calendar, Compared, PeriodPair, compare};
pub use week::Week;
