//! Looking the store over.

use super::Reader;
use crate::{connection::vault_value, error::Context as _};
use dp_lake::LakeError;

/// The store in numbers.
pub(crate) struct StoreHealth {
    pub(crate) format: i64,
    pub(crate) sequence: u64,
    pub(crate) documents: u64,
    pub(crate) samples: u64,
    pub(crate) problems: Vec<String>,
}

impl Reader {
    /// Counts and checks the store; `thorough` reads every page and compares indexes with tables.
    pub(crate) fn store_health(&mut self, thorough: bool) -> Result<StoreHealth, LakeError> {
        let count = |sql: &str| -> Result<u64, LakeError> {
            self.connection
                .query_row(sql, (), |row| row.get::<_, i64>(0))
                .map(|count| count as u64)
                .context("count")
        };
        let documents = count("SELECT count(*) FROM documents")?;
        let counted = count("SELECT coalesce(sum(count), 0) FROM rollup_documents")?;
        let samples = count("SELECT count(*) FROM samples")?;
        let samples_counted = count("SELECT coalesce(sum(count), 0) FROM rollup_samples")?;
        let sequence: i64 = vault_value(&self.connection, "sequence")?;
        let mut problems = self.check(thorough)?;
        if documents != counted {
            problems.push(format!("there are {documents} documents, and the daily counts say {counted}"));
        }
        if samples != samples_counted {
            problems.push(format!("there are {samples} samples, and the daily counts say {samples_counted}"));
        }
        Ok(StoreHealth {
            format: vault_value(&self.connection, "format")?,
            sequence: sequence as u64,
            documents,
            samples,
            problems,
        })
    }

    fn check(&self, thorough: bool) -> Result<Vec<String>, LakeError> {
        let pragma = if thorough { "PRAGMA integrity_check(20)" } else { "PRAGMA quick_check(20)" };
        let mut statement = self.connection.prepare(pragma).context("check the store")?;
        let lines: Vec<String> = statement
            .query_map((), |row| row.get(0))
            .and_then(Iterator::collect)
            .context("check the store")?;
        Ok(lines.into_iter().filter(|line| line != "ok").collect())
    }
}
