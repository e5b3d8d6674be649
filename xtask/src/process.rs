//! Runs other programs: plainly, or reading along to count tests and notice what was skipped.

use anyhow::{Context as _, bail};
use std::{
    io::{BufRead as _, BufReader, Read},
    process::{Command, Stdio},
};

/// What a test program said in passing.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Tests that passed.
    pub(crate) passed: u64,
    /// Tests that failed.
    pub(crate) failed: u64,
    /// Tests marked to be left out.
    pub(crate) ignored: u64,
    /// Lines in which a test says that it skipped something.
    pub(crate) skipped: Vec<String>,
}

impl Heard {
    fn hear(&mut self, line: &str) {
        if is_skip(line) {
            self.skipped.push(line.trim().to_owned());
        }
        if let Some(count) = line.strip_prefix("# ") {
            self.hear_tap(count);
        }
        let Some(counts) = line.strip_prefix("test result: ") else { return };
        for part in counts.split([';', '.']) {
            let mut words = part.split_whitespace();
            let (Some(Ok(count)), Some(what)) = (words.next().map(str::parse::<u64>), words.next()) else {
                continue;
            };
            match what {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                "ignored" => self.ignored += count,
                _ => {}
            }
        }
    }

    /// A count at the end of what Node's test runner says in TAP.
    fn hear_tap(&mut self, line: &str) {
        let Some((what, Ok(count))) = line.split_once(' ').map(|(what, count)| (what, count.parse::<u64>()))
        else {
            return;
        };
        match what {
            "pass" => self.passed += count,
            "fail" | "cancelled" => self.failed += count,
            "skipped" | "todo" => self.ignored += count,
            _ => {}
        }
    }

    /// Adds what another program said.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
        self.skipped.extend(other.skipped);
    }
}

fn is_skip(line: &str) -> bool {
    line.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("skipped"))
}

/// Runs a program to its end; anything but success is an error that names it.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    println!("$ {}", shown(command));
    let status = command.status().with_context(|| format!("could not start {}", shown(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", shown(command));
    }
    Ok(())
}

/// Runs a program as the last thing that is done, in the place of this one where the system can do that: what stops
/// this one then stops it.
pub(crate) fn run_in_place(command: &mut Command) -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt as _;
        println!("$ {}", shown(command));
        let error = command.exec();
        Err(error).with_context(|| format!("could not start {}", shown(command)))
    }
    #[cfg(not(unix))]
    run(command)
}

/// Runs a program that serves until it says where it listens, passing on what it prints, and stops it after `look`
/// has looked there.
pub(crate) fn run_until_listening(
    command: &mut Command,
    look: impl FnOnce(&str) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    run_with_server(command, |address, _| look(address))
}

/// The same; `look` gets the number of the process too.
pub(crate) fn run_with_server(
    command: &mut Command,
    look: impl FnOnce(&str, u32) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    println!("$ {}", shown(command));
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("could not start {}", shown(command)))?;
    let lines = child.stdout.take().map(|pipe| BufReader::new(pipe).lines());
    let mut address = None;
    for line in lines.into_iter().flatten() {
        let line = line?;
        println!("{line}");
        let rest = line.strip_prefix("Listening on http://");
        address = rest.and_then(|rest| rest.split(';').next()).map(str::to_owned);
        if address.is_some() {
            break;
        }
    }
    let looked = match address {
        Some(address) => look(&address, child.id()),
        None => Err(anyhow::anyhow!("{} ended and never listened", shown(command))),
    };
    // It may have ended by itself, which is told above.
    let _ = child.kill();
    child.wait().with_context(|| format!("could not wait for {}", shown(command)))?;
    looked
}

/// Runs a test program to its end, passing on what it prints; says what was heard and whether it succeeded.
pub(crate) fn run_listening(command: &mut Command) -> anyhow::Result<(Heard, bool)> {
    println!("$ {}", shown(command));
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("could not start {}", shown(command)))?;
    let (output, errors) = (child.stdout.take(), child.stderr.take());
    let heard = std::thread::scope(|scope| {
        let errors = scope
            .spawn(|| errors.map_or_else(Heard::default, |pipe| listen(pipe, |line| eprintln!("{line}"))));
        let mut heard = output.map_or_else(Heard::default, |pipe| listen(pipe, |line| println!("{line}")));
        heard.add(errors.join().unwrap_or_default());
        heard
    });
    let status = child.wait().with_context(|| format!("could not wait for {}", shown(command)))?;
    Ok((heard, status.success()))
}

fn listen(pipe: impl Read, mut pass_on: impl FnMut(&str)) -> Heard {
    let mut heard = Heard::default();
    let mut reader = BufReader::new(pipe);
    let mut line = Vec::new();
    while matches!(reader.read_until(b'\n', &mut line), Ok(1..)) {
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\n', '\r']);
        heard.hear(text);
        pass_on(text);
        line.clear();
    }
    heard
}

/// The command as one would type it, without its folder.
fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    std::iter::once(name)
        .chain(command.get_args().map(|argument| argument.to_string_lossy().into_owned()))
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_skips_are_heard() {
        let text = b"running 3 tests\nskipped: no samples\ntest result: ok. 12 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\xff\n";
        let heard = listen(&text[..], |_| {});
        assert_eq!((heard.passed, heard.failed, heard.ignored), (12, 1, 2));
        assert_eq!(heard.skipped, ["skipped: no samples"]);
        assert!(!is_skip("nothing was skipped") && is_skip("SKIPPED: x"));
    }

    #[test]
    fn counts_of_node_are_heard() {
        let text = b"TAP version 13\nok 1 - a\n# tests 4\n# suites 0\n# pass 2\n# fail 1\n# cancelled 1\n# skipped 1\n# todo 0\n# duration_ms 1514.2\n";
        let heard = listen(&text[..], |_| {});
        assert_eq!((heard.passed, heard.failed, heard.ignored), (2, 2, 1));
    }

    #[test]
    fn commands_are_shown_without_their_folder() {
        assert_eq!(shown(Command::new("/somewhere/cargo").args(["fmt", "--all"])), "cargo fmt --all");
    }
}
