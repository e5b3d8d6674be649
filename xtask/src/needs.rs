//! Says clearly what is missing on this machine, before anything is built. Each command asks only for
//! what it uses.

use anyhow::bail;
use std::process::{Command, Stdio};

/// Something that must be installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// cargo and rustc; there, or this would not run, but perhaps broken.
    Rust,
    /// A C compiler: SQLite is built from its source, and Rust links with it.
    CCompiler,
    /// Node with npm, for clients made by others that the server is tried with.
    NodeWithNpm,
    /// Python 3 with pip, for models and for the peer that benchmarks compare with.
    PythonWithPip,
    /// curl, for what is asked of the server once.
    Curl,
    /// wrk, for what is asked of it as often as it answers.
    Wrk,
}

impl Need {
    const fn probe(self) -> &'static [&'static str] {
        match self {
            Self::Rust => &["cargo", "--version"],
            Self::CCompiler => &["cc", "--version"],
            Self::NodeWithNpm => &["npm", "--version"],
            Self::PythonWithPip => &["python3", "-m", "pip", "--version"],
            Self::Curl => &["curl", "--version"],
            // It has no option that ends well without asking somebody.
            Self::Wrk => &["sh", "-c", "command -v wrk"],
        }
    }

    const fn advice(self) -> &'static str {
        match self {
            Self::Rust => {
                "Rust with cargo is missing; install it with rustup, the version is in rust-toolchain.toml"
            }
            Self::CCompiler => {
                "a C compiler called `cc` is missing; install one, on Debian and Ubuntu the package build-essential"
            }
            Self::NodeWithNpm => {
                "Node 20 or later with npm is missing; install it, on Debian and Ubuntu the packages nodejs and npm"
            }
            Self::PythonWithPip => {
                "Python 3 with pip is missing; install it, on Debian and Ubuntu the packages python3 and python3-pip"
            }
            Self::Curl => "curl is missing; install it, on Debian and Ubuntu the package curl",
            Self::Wrk => "wrk is missing; install it, on Debian and Ubuntu the package wrk",
        }
    }

    fn is_met(self) -> bool {
        let [program, arguments @ ..] = self.probe() else { return false };
        Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }
}

/// Fails with advice on everything that is missing.
pub(crate) fn check(needs: &[Need]) -> anyhow::Result<()> {
    let missing: Vec<&str> = needs.iter().filter(|need| !need.is_met()).map(|need| need.advice()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    bail!("this command needs more than there is here:\n  {}", missing.join("\n  "))
}
