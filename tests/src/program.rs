//! The built program: the one that `DATAPUNK_BIN` names, or else one built now.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    sync::OnceLock,
};

/// Path of the program under test.
///
/// # Panics
/// If it is not there and cannot be built.
#[must_use]
pub fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| match std::env::var_os("DATAPUNK_BIN") {
        Some(path) => {
            let path = PathBuf::from(path);
            assert!(path.is_file(), "DATAPUNK_BIN names {}, and there is no such file", path.display());
            path
        }
        None => build(),
    })
}

fn build() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(crate::workspace())
        .args([
            "build",
            "--profile",
            "e2e",
            "--package",
            "datapunk",
            "--message-format=json-render-diagnostics",
        ])
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo starts");
    assert!(output.status.success(), "the program could not be built");
    let executable = |line: &[u8]| -> Option<PathBuf> {
        let message: serde_json::Value = serde_json::from_slice(line).ok()?;
        let is_program = message["reason"] == "compiler-artifact" && message["target"]["name"] == "datapunk";
        message["executable"].as_str().filter(|_| is_program).map(PathBuf::from)
    };
    output.stdout.split(|&byte| byte == b'\n').find_map(executable).expect("cargo names the program it built")
}
