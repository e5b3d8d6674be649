//! wrk, a program made by others that asks as fast as it is answered. In goes a list of paths, out come requests a
//! second and how long they took. An answer that is an error makes the measurement one.

use anyhow::{Context as _, ensure};
use std::{path::Path, process::Command};

/// What wrk is told: each path in turn, with the key if there is one.
const SCRIPT: &str = r#"
local paths, at = {}, 0
for line in io.lines(os.getenv("LOAD_PATHS")) do paths[#paths + 1] = line end
local key = os.getenv("LOAD_KEY")
if key then wrk.headers["Authorization"] = "Bearer " .. key end
request = function()
  at = at % #paths + 1
  return wrk.format("GET", paths[at])
end
"#;

/// How much is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load<'a> {
    pub(super) connections: usize,
    pub(super) seconds: u64,
    /// Where lists of paths are written.
    pub(super) scratch: &'a Path,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Measured {
    pub(super) per_second: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
}

impl Load<'_> {
    /// Asks these paths over and over; for a second first, which is not counted.
    pub(super) fn ask(&self, address: &str, key: Option<&str>, paths: &[String]) -> anyhow::Result<Measured> {
        self.run(1, address, key, paths)?;
        self.run(self.seconds.max(1), address, key, paths)
    }

    fn run(
        &self,
        seconds: u64,
        address: &str,
        key: Option<&str>,
        paths: &[String],
    ) -> anyhow::Result<Measured> {
        let (script, list) = (self.scratch.join("ask.lua"), self.scratch.join("paths.txt"));
        fs_err::write(&script, SCRIPT)?;
        fs_err::write(&list, paths.join("\n"))?;
        let mut wrk = Command::new("wrk");
        wrk.args(["--latency", "--timeout", "30s", "-t", "1", "-c", &self.connections.to_string()]);
        wrk.args(["-d", &format!("{seconds}s"), "-s"]).arg(script).arg(format!("http://{address}"));
        wrk.env("LOAD_PATHS", list).env_remove("LOAD_KEY");
        if let Some(key) = key {
            wrk.env("LOAD_KEY", key);
        }
        let output =
            wrk.output().context("could not start wrk; on Debian and Ubuntu it is the package wrk")?;
        let said = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "wrk failed: {said}{}", String::from_utf8_lossy(&output.stderr));
        ensure!(!said.contains("Non-2xx"), "some answers were errors, such as to {}: {said}", paths[0]);
        read(&said).with_context(|| format!("wrk said {said}"))
    }
}

fn read(said: &str) -> Option<Measured> {
    let after = |word: &str| said.lines().find_map(|line| line.trim().strip_prefix(word)).map(str::trim);
    Some(Measured {
        per_second: after("Requests/sec:")?.parse().ok()?,
        p50_ms: milliseconds(after("50%")?)?,
        p99_ms: milliseconds(after("99%")?)?,
    })
}

/// `12.34ms`, `820.00us`, `1.20s` or `1.10m`.
fn milliseconds(text: &str) -> Option<f64> {
    let units = [("us", 1e-3), ("ms", 1.0), ("s", 1e3), ("m", 6e4)];
    let (number, factor) =
        units.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))?;
    Some(number.parse::<f64>().ok()? * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wrk_says_is_read() {
        let said = "Running 1s test @ http://127.0.0.1:1\n  Latency Distribution\n     50%  750.00us\n     75%    1.00ms\n     \
                    90%    2.10ms\n     99%    1.20s \n  99 requests in 1.00s, 1.00MB read\nRequests/sec:   1234.50\nTransfer/sec: 1MB\n";
        assert_eq!(read(said), Some(Measured { per_second: 1234.5, p50_ms: 0.75, p99_ms: 1200.0 }));
        assert_eq!(read("Socket errors"), None);
    }
}
