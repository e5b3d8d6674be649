//! Looking the sets over.

use super::Sets;
use dp_lake::{LakeError, ProjectionHealth};

impl Sets {
    /// What is wrong with each set; `thorough` reads every file. Also their bytes on disk.
    pub(crate) fn health(&self, thorough: bool) -> Result<(Vec<ProjectionHealth>, u64), LakeError> {
        let mut found = Vec::new();
        let mut disk_bytes = 0;
        for (key, set) in self.all()? {
            let mut health =
                ProjectionHealth { name: format!("vectors of {key}"), sequence: 0, problems: Vec::new() };
            match set {
                Ok(set) => {
                    health.name = format!("vectors of {}", set.model.name);
                    health.sequence = set.sequence()?;
                    disk_bytes += set.snapshot().disk_bytes;
                    if thorough {
                        health.problems = set.check();
                    }
                }
                Err(error) => health.problems.push(error.to_string()),
            }
            found.push(health);
        }
        if let Some(trouble) = self.trouble() {
            let problems = vec![trouble];
            found.push(ProjectionHealth { name: "embedding".to_owned(), sequence: self.noted(), problems });
        }
        Ok((found, disk_bytes))
    }
}
