//! What every fuzz target does with its bytes, whoever chooses them: libFuzzer, guided by coverage, or
//! the program `mutate`, which any toolchain can build. A target panics when a promise is broken.

mod archive;
pub mod changes;
mod parser;
pub mod seeds;

use dp_sources::Parser;

/// Largest input that is worth trying, in bytes.
pub const INPUT_BYTES_MAX: usize = 64 << 10;

/// Something that reads foreign bytes.
#[derive(Clone, Copy)]
pub enum Target {
    /// A parser of one format.
    Parser(&'static dyn Parser),
    /// The archive reader, given a file with this name.
    Archive(&'static str),
}

/// Every target there is.
#[must_use]
pub fn targets() -> Vec<Target> {
    let parsers = dp_sources::parsers().into_iter().map(Target::Parser);
    parsers.chain(["zip", "tar"].map(Target::Archive)).collect()
}

/// The target with this dotted name, such as `google.mail.mbox` or `archive.zip`.
#[must_use]
pub fn target_named(name: &str) -> Option<Target> {
    targets().into_iter().find(|target| target.name() == name)
}

impl Target {
    /// Its dotted name.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Parser(parser) => parser.name().to_owned(),
            Self::Archive(extension) => format!("archive.{extension}"),
        }
    }

    /// Its name in file names.
    #[must_use]
    pub fn file_name(self) -> String {
        self.name().replace('.', "_")
    }

    /// Reads the bytes. What comes back is equal for inputs that were treated alike, which tells
    /// inputs worth keeping from others.
    ///
    /// # Panics
    /// When a promise is broken; that is what fuzzing looks for.
    #[must_use]
    pub fn read(self, bytes: &[u8]) -> u64 {
        match self {
            Self::Parser(parser) => parser::read(parser, bytes),
            Self::Archive(extension) => archive::read(extension, bytes),
        }
    }
}

/// Makes the program of a target out of its dotted name.
#[cfg(feature = "libfuzzer")]
#[macro_export]
macro_rules! fuzz_target {
    ($name:literal) => {
        static TARGET: std::sync::LazyLock<$crate::Target> =
            std::sync::LazyLock::new(|| $crate::target_named($name).expect("there is a target of this name"));
        $crate::libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
            let _ = TARGET.read(bytes);
        });
    };
}

#[cfg(feature = "libfuzzer")]
pub use libfuzzer_sys;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_its_program() {
        let mut programs: Vec<String> = std::fs::read_dir("fuzz_targets")
            .unwrap()
            .map(|file| file.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        let mut names: Vec<String> = targets().into_iter().map(Target::file_name).collect();
        programs.sort();
        names.sort();
        assert_eq!(programs, names);
    }
}
