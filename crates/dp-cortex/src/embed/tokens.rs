//! Texts to token numbers, with a tokenizer of the Hugging Face format that is read when it is first
//! needed. Word by word and remembered where that gives the same; never keeps the texts.

use super::{EmbedError, clipped, word_cache::WordCache};
use std::{
    io::Read as _,
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock, PoisonError},
};
use tokenizers::Tokenizer;

/// Bytes that one token may stand for, at most: what is beyond is cut before it is looked at.
pub(crate) const BYTES_PER_TOKEN_MAX: usize = 16;

/// A tokenizer of millions of pieces is larger than this; nothing else is.
const TOKENIZER_BYTES_MAX: u64 = 256 << 20;

/// Texts in which tokenizers that look across white space show it.
const PROBES: &[&str] = &[
    "Sleep, and memory: what we know.",
    "Don't e-mail me@example.org (3.14 % of 2,019)!",
    "Où est la gare ? Größe",
    "привет мир",
    "日本語 と 中文",
    "naïve \"quotes\" – dash 😀 ok",
    "https://example.org/a?b=c C++ and_snake camelCase",
];

/// Where a tokenizer is.
#[derive(Debug, Clone)]
pub enum TokenizerSource {
    /// A file.
    File(PathBuf),
    /// Inside the program, compressed with Zstandard.
    Compressed(&'static [u8]),
}

impl TokenizerSource {
    /// What is named in messages.
    fn path(&self) -> &Path {
        match self {
            Self::File(path) => path,
            Self::Compressed(_) => Path::new("built-in tokenizer.json"),
        }
    }

    /// Reads it, as JSON.
    ///
    /// # Errors
    /// When the file can't be read or is too large.
    pub fn read(&self) -> Result<Vec<u8>, EmbedError> {
        match self {
            Self::File(path) => read_bounded(path),
            Self::Compressed(packed) => {
                zstd::decode_all(*packed).map_err(|source| EmbedError::read(self.path(), source))
            }
        }
    }

    /// Reads and parses it.
    pub(crate) fn load(&self) -> Result<Tokenizer, EmbedError> {
        let (bytes, path) = (self.read()?, self.path());
        let mut tokenizer = Tokenizer::from_bytes(&bytes)
            .map_err(|error| EmbedError::file(path, format!("it is no tokenizer: {error}")))?;
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(|error| EmbedError::file(path, error.to_string()))?;
        // What looks like a special token in somebody's text is text.
        tokenizer.set_encode_special_tokens(true);
        Ok(tokenizer)
    }
}

fn read_bounded(path: &Path) -> Result<Vec<u8>, EmbedError> {
    let file = fs_err::File::open(path).map_err(|source| EmbedError::read(path, source))?;
    let mut bytes = Vec::new();
    file.take(TOKENIZER_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| EmbedError::read(path, source))?;
    if bytes.len() as u64 > TOKENIZER_BYTES_MAX {
        return Err(EmbedError::file(path, "it is too large for a tokenizer"));
    }
    Ok(bytes)
}

/// The number of the token that stands for what a tokenizer doesn't know.
pub(crate) fn unknown_token(tokenizer: &Tokenizer) -> Option<u32> {
    ["[UNK]", "<unk>", "<UNK>"].into_iter().find_map(|token| tokenizer.token_to_id(token))
}

/// A tokenizer, and what it made of the words met lately.
#[derive(Debug)]
pub(crate) struct Tokens {
    source: TokenizerSource,
    name: String,
    tokens_max: usize,
    loaded: OnceLock<Result<Loaded, String>>,
    /// One for each thread that embeds at the same time.
    caches: Mutex<Vec<WordCache>>,
}

#[derive(Debug)]
struct Loaded {
    tokenizer: Tokenizer,
    unknown: Option<u32>,
    is_by_word: bool,
}

impl Tokens {
    pub(crate) fn new(source: TokenizerSource, name: &str, tokens_max: usize) -> Self {
        Self {
            source,
            name: name.to_owned(),
            tokens_max,
            loaded: OnceLock::new(),
            caches: Mutex::new(Vec::new()),
        }
    }

    /// Where its tokenizer is.
    pub(crate) fn source(&self) -> &TokenizerSource {
        &self.source
    }

    /// Tokens of a text that are looked at.
    pub(crate) fn tokens_max(&self) -> usize {
        self.tokens_max
    }

    /// Something that turns texts into tokens, for one thread.
    pub(crate) fn reader(&self) -> Result<Reader<'_>, EmbedError> {
        let loaded = self.loaded.get_or_init(|| self.load().map_err(|error| error.to_string()));
        let loaded = loaded
            .as_ref()
            .map_err(|reason| EmbedError::Compute { model: self.name.clone(), reason: reason.clone() })?;
        let cache = self.caches.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        Ok(Reader { tokens: self, loaded, cache })
    }

    fn load(&self) -> Result<Loaded, EmbedError> {
        let tokenizer = self.source.load()?;
        let unknown = unknown_token(&tokenizer);
        let mut loaded = Loaded { tokenizer, unknown, is_by_word: false };
        loaded.is_by_word = PROBES.iter().all(|probe| {
            let (mut whole, mut words) = (Vec::new(), Vec::new());
            loaded.encode(probe, &mut whole).is_ok()
                && probe.split_whitespace().all(|word| loaded.encode(word, &mut words).is_ok())
                && whole == words
        });
        Ok(loaded)
    }
}

impl Loaded {
    /// Appends the tokens of a text, without those that mean "unknown".
    fn encode(&self, text: &str, tokens: &mut Vec<u32>) -> Result<(), String> {
        let encoding = self.tokenizer.encode_fast(text, false).map_err(|error| error.to_string())?;
        tokens.extend(encoding.get_ids().iter().copied().filter(|id| Some(*id) != self.unknown));
        Ok(())
    }
}

/// Turns texts into tokens, on one thread.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    tokens: &'a Tokens,
    loaded: &'a Loaded,
    cache: WordCache,
}

impl Reader<'_> {
    /// Puts the tokens of the text into `tokens`, at most as many as the model takes.
    pub(crate) fn read(&mut self, text: &str, tokens: &mut Vec<u32>) -> Result<(), EmbedError> {
        tokens.clear();
        let most = self.tokens.tokens_max;
        let loaded = self.loaded;
        let failed = |reason| EmbedError::Compute { model: self.tokens.name.clone(), reason };
        if !loaded.is_by_word {
            let text = clipped(text, most * BYTES_PER_TOKEN_MAX);
            loaded.encode(text, tokens).map_err(failed)?;
        } else {
            for word in text.split_whitespace() {
                let word = clipped(word, most * BYTES_PER_TOKEN_MAX);
                self.cache
                    .append(word, tokens, |word, tokens| loaded.encode(word, tokens))
                    .map_err(failed)?;
                if tokens.len() >= most {
                    break;
                }
            }
        }
        tokens.truncate(most);
        Ok(())
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let cache = std::mem::take(&mut self.cache);
        self.tokens.caches.lock().unwrap_or_else(PoisonError::into_inner).push(cache);
    }
}
