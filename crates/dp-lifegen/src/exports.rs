//! The exports of a life: which files each holds, in which language and variant, of which days.

mod early;
mod english_newer;
mod english_older;
mod german;
mod phones;

pub(crate) use early::write as write_early;
pub(crate) use english_newer::write as write_english_newer;
pub(crate) use english_older::write as write_english_older;
pub(crate) use german::write as write_german;
pub(crate) use phones::write as write_phones;

use crate::archive::Export;
use crate::google::activity_file::{self, Flaw, Selection};
use crate::google::moment::{Dialect, basic_date};
use crate::google::semantic;
use crate::plan::{Plan, Stream};
use crate::{LifegenError, google::location::Generation};
use std::ops::Range;
use std::path::Path;

/// Where to write, and whom to tell what is being written.
pub(crate) struct Job<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) directory: &'a Path,
    pub(crate) announce: &'a (dyn Fn(String) + Sync),
}

impl<'a> Job<'a> {
    /// An export made on this day at this time of day in UTC.
    fn export(&self, day: i32, clock: &str) -> Export<'a> {
        self.export_named(&format!("takeout-{}T{clock}Z", basic_date(day)))
    }

    fn export_named(&self, name: &str) -> Export<'a> {
        Export::new(self.directory, name, self.plan.scale > 4.0, self.announce)
    }

    /// The days from so long before `end`, in proportion to the life, until then.
    fn last_days(&self, end: i32, days_of_ten_years: i32) -> Range<i32> {
        (end - self.plan.stretch(days_of_ten_years)).max(self.plan.first_day)..end
    }

    fn html(
        &self,
        export: &mut Export<'_>,
        path: &str,
        dialect: Dialect,
        flaw: Flaw,
        streams: &[Stream],
        days: Range<i32>,
    ) -> Result<(), LifegenError> {
        let variant =
            format!("activity, HTML, zone {}", if dialect.zone.is_empty() { "none" } else { dialect.zone });
        export.entry(path, &variant, |out, found| {
            activity_file::write_html(self.plan, &Selection::of(streams, days), dialect, flaw, out, found)
        })
    }

    fn json(
        &self,
        export: &mut Export<'_>,
        path: &str,
        flaw: Flaw,
        streams: &[Stream],
        days: Range<i32>,
    ) -> Result<(), LifegenError> {
        export.entry(path, "activity, JSON", |out, found| {
            activity_file::write_json(self.plan, &Selection::of(streams, days), flaw, out, found)
        })
    }

    fn months(
        &self,
        export: &mut Export<'_>,
        folder: &str,
        days: Range<i32>,
        generation: Generation,
    ) -> Result<(), LifegenError> {
        let months = semantic::months(self.plan, days);
        for (index, month) in months.iter().enumerate() {
            // One month without anything is enough.
            if month.steps.is_empty() && index % 7 != 0 {
                continue;
            }
            let path = format!("{folder}/Semantic Location History/{}", month.path);
            export.entry(&path, "semantic month", |out, found| {
                if index == 0 {
                    // Some files begin with a byte-order mark.
                    out.write_all("\u{feff}".as_bytes())?;
                }
                semantic::write_month(self.plan, month, generation, out, found)
            })?;
        }
        Ok(())
    }
}
