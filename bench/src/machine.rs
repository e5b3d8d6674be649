//! Says on what machine this runs: figures mean nothing without.

/// Processor, cores and memory, as far as the system says.
pub(crate) fn describe() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let processor = field("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let memory = field("/proc/meminfo", "MemTotal")
        .and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok());
    match memory {
        Some(kib) => format!("{processor}, {cores} cores, {} GiB of memory", (kib + (1 << 19)) >> 20),
        None => format!("{processor}, {cores} cores"),
    }
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = fs_err::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
