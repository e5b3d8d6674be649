//! Checksums that come with bytes, and whether the bytes have them. They find out broken lines, not forgers.

use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// How a checksum is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// SHA-1, 20 bytes: every server of the protocol takes it.
    Sha1,
    /// SHA-256, 32 bytes.
    Sha256,
}

impl Algorithm {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Sha1, Self::Sha256];

    /// Its name in the protocol.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == name)
    }

    /// Bytes of its checksums.
    #[must_use]
    pub const fn digest_bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

/// What bytes that are to come should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksum {
    algorithm: Algorithm,
    digest: Vec<u8>,
}

impl Checksum {
    /// A checksum. None if it is not as long as those of the algorithm.
    #[must_use]
    pub fn new(algorithm: Algorithm, digest: Vec<u8>) -> Option<Self> {
        (digest.len() == algorithm.digest_bytes()).then_some(Self { algorithm, digest })
    }
}

/// A checksum that is being compared with bytes as they come.
#[derive(Debug)]
pub(super) struct Comparison {
    expected: Checksum,
    sum: Sum,
}

#[derive(Debug)]
enum Sum {
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Comparison {
    pub(super) fn begin(expected: Checksum) -> Self {
        let sum = match expected.algorithm {
            Algorithm::Sha1 => Sum::Sha1(Sha1::default()),
            Algorithm::Sha256 => Sum::Sha256(Sha256::default()),
        };
        Self { expected, sum }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match &mut self.sum {
            Sum::Sha1(sum) => sum.update(bytes),
            Sum::Sha256(sum) => sum.update(bytes),
        }
    }

    /// Whether the bytes have it.
    pub(super) fn matches(self) -> bool {
        match self.sum {
            Sum::Sha1(sum) => sum.finalize()[..] == self.expected.digest,
            Sum::Sha256(sum) => sum.finalize()[..] == self.expected.digest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of FIPS 180: `abc`.
    fn right(algorithm: Algorithm) -> Vec<u8> {
        let text = match algorithm {
            Algorithm::Sha1 => "a9993e364706816aba3e25717850c26c9cd0d89d",
            Algorithm::Sha256 => "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        };
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    #[test]
    fn the_right_checksum_is_told_from_a_wrong_one() {
        for algorithm in Algorithm::ALL {
            let is_right = |digest: Vec<u8>| {
                let mut comparison = Comparison::begin(Checksum::new(algorithm, digest).unwrap());
                comparison.update(b"a");
                comparison.update(b"bc");
                comparison.matches()
            };
            assert!(is_right(right(algorithm)));
            let mut wrong = right(algorithm);
            wrong[3] ^= 1;
            assert!(!is_right(wrong.clone()));
            wrong.pop();
            assert_eq!(Checksum::new(algorithm, wrong), None);
            assert_eq!(Algorithm::find(algorithm.as_str()), Some(algorithm));
        }
        assert_eq!(Algorithm::find("md5"), None);
    }
}
