//! `[person]`: whose life it is.

use serde::Deserialize;

/// The person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Person {
    /// IANA name of the zone they live in. Kept by a vault when it is made; by default the zone of
    /// this machine.
    pub home_zone: Option<String>,
}

impl Person {
    /// The zone named, or else that of this machine, or else UTC.
    #[must_use]
    pub fn home_zone(&self) -> String {
        let system = || jiff::tz::TimeZone::system().iana_name().map(str::to_owned);
        self.home_zone.clone().or_else(system).unwrap_or_else(|| "UTC".to_owned())
    }

    pub(crate) fn validate(&self) -> Result<(), String> {
        match &self.home_zone {
            Some(zone) if jiff::tz::TimeZone::get(zone).is_err() => Err(format!(
                "person.home_zone {zone:?} is no time zone; a right one looks like \"Europe/Lisbon\""
            )),
            _ => Ok(()),
        }
    }
}
