//! Queries that were asked before, so that they can be suggested: a bounded text file in the vault's
//! folder, one query a line, oldest first. It never leaves the machine, can be switched off and deleted.

use dp_lake::analysis::fold;
use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

/// Queries that are kept.
const KEPT: usize = 1_000;
/// Queries after which the file is written anew with those that are kept.
const KEPT_BEFORE_TRIMMING: usize = 2 * KEPT;
/// Longer queries are pasted texts, and not kept.
const QUERY_BYTES_MAX: usize = 400;

/// The file with the queries of one vault.
#[derive(Debug, Clone)]
pub struct History {
    file: PathBuf,
}

impl History {
    /// The history in this vault's folder.
    #[must_use]
    pub fn in_vault(directory: &Path) -> Self {
        Self { file: directory.join("queries.txt") }
    }

    /// Adds a query.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn add(&self, query: &str) -> std::io::Result<()> {
        let line = query.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.is_empty() || line.len() > QUERY_BYTES_MAX {
            return Ok(());
        }
        let known = self.lines()?;
        if known.last() == Some(&line) {
            return Ok(());
        }
        if known.len() >= KEPT_BEFORE_TRIMMING {
            let mut kept = known[known.len() - KEPT..].join("\n");
            kept.push('\n');
            let new = self.file.with_extension("new");
            std::fs::write(&new, kept)?;
            std::fs::rename(&new, &self.file)?;
        }
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&self.file)?;
        // One write, so that two processes do not mix their lines.
        file.write_all(format!("{line}\n").as_bytes())
    }

    /// Queries that begin with what was typed, latest first; each once.
    ///
    /// # Errors
    /// When the file is there and can't be read.
    pub fn starting_with(&self, typed: &str, limit: usize) -> std::io::Result<Vec<String>> {
        let typed = fold(typed);
        let mut found: Vec<String> = Vec::new();
        for line in self.lines()?.into_iter().rev() {
            if found.len() == limit {
                break;
            }
            if fold(&line).starts_with(&typed) && !found.contains(&line) {
                found.push(line);
            }
        }
        Ok(found)
    }

    /// Forgets all queries; says whether there were any.
    ///
    /// # Errors
    /// When the file can't be removed.
    pub fn forget(&self) -> std::io::Result<bool> {
        match std::fs::remove_file(&self.file) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn lines(&self) -> std::io::Result<Vec<String>> {
        let bytes = match std::fs::read(&self.file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let text = String::from_utf8_lossy(&bytes);
        Ok(text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_remembered_latest_first_and_once() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::in_vault(folder.path());
        assert_eq!(history.starting_with("", 5).unwrap(), Vec::<String>::new());
        for query in ["Sour dough", "zürich trains", "sour  cream", "Sour dough", "Sour dough"] {
            history.add(query).unwrap();
        }
        assert_eq!(history.starting_with("SOUR", 5).unwrap(), ["Sour dough", "sour cream"]);
        assert_eq!(history.starting_with("zurich", 5).unwrap(), ["zürich trains"]);
        assert!(history.forget().unwrap() && !history.forget().unwrap());
        assert!(history.starting_with("", 5).unwrap().is_empty());
    }

    #[test]
    fn the_file_is_bounded_and_pasted_texts_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::in_vault(folder.path());
        for number in 0..KEPT_BEFORE_TRIMMING + 10 {
            history.add(&format!("query {number}")).unwrap();
        }
        history.add(&"x".repeat(QUERY_BYTES_MAX + 1)).unwrap();
        let lines = history.lines().unwrap();
        assert!(lines.len() <= KEPT_BEFORE_TRIMMING && lines.len() >= KEPT);
        assert_eq!(lines.last().unwrap(), &format!("query {}", KEPT_BEFORE_TRIMMING + 9));
    }
}
