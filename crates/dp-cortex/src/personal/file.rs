//! A personal model as files: one safetensors file with the table, the projection and what it was made from,
//! and the tokenizer beside it. Truncated or foreign files are refused with a reason.

use super::{Origin, PersonalError, PersonalModel, matrix::Multiplier};
use crate::embed::{
    EmbedError,
    static_table::TokenizerSource,
    table::{Table, WIDTH_MAX},
    tokens::Tokens,
};
use dp_lake::VectorModel;
use half::f16;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use sha2::{Digest as _, Sha256};
use std::{collections::HashMap, io::Read as _, path::Path};

/// The file with the table and the projection.
pub const MODEL_FILE: &str = "model.safetensors";
/// The tokenizer of the generic model.
pub const TOKENIZER_FILE: &str = "tokenizer.json";
const ORIGIN: &str = "personal";
const TABLE: &str = "embeddings";
/// Of three dimensions, so that the table is the only tensor of two.
const PROJECTION: &str = "projection";
/// Larger than any model that can be made.
const FILE_BYTES_MAX: u64 = 1 << 30;

fn halves(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| f16::from_f32(*value).to_le_bytes()).collect()
}

fn encode(
    tensors: &[(&str, Vec<usize>, Dtype, Vec<u8>)],
    about: Option<HashMap<String, String>>,
) -> Result<Vec<u8>, String> {
    let views = tensors
        .iter()
        .map(|(name, shape, kind, bytes)| {
            TensorView::new(*kind, shape.clone(), bytes).map(|view| (*name, view))
        })
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| error.to_string())?;
    safetensors::serialize(views, about).map_err(|error| error.to_string())
}

impl PersonalModel {
    /// A model from its parts: rows of both halves, and the projection of both to `width`.
    pub(super) fn from_parts(
        name: &str,
        origin: Origin,
        rows: Vec<f32>,
        projection: &[f32],
        width: usize,
        tokenizer: TokenizerSource,
    ) -> Result<Self, PersonalError> {
        let path = Path::new(MODEL_FILE);
        let both = projection.len() / width.max(1);
        let projection: Vec<u8> = projection.iter().flat_map(|value| value.to_le_bytes()).collect();
        let about =
            serde_json::to_string(&origin).map_err(|error| EmbedError::file(path, error.to_string()))?;
        let tensors = [
            (TABLE, vec![rows.len() / both.max(1), both], Dtype::F16, halves(&rows)),
            (PROJECTION, vec![1, both, width], Dtype::F32, projection),
        ];
        drop(rows);
        let bytes = encode(&tensors, Some(HashMap::from([(ORIGIN.to_owned(), about)])))
            .map_err(|reason| EmbedError::file(path, reason))?;
        drop(tensors);
        let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self::parse(name, &hash, bytes, path, tokenizer)?)
    }

    /// Opens what [`PersonalModel::save`] wrote. `name` and `hash` are what it is known by; the hash is not
    /// checked here.
    ///
    /// # Errors
    /// When a file is missing, truncated, or not that of a personal model.
    pub fn open(folder: &Path, name: &str, hash: &str) -> Result<Self, EmbedError> {
        let path = folder.join(MODEL_FILE);
        let failed = |source| EmbedError::read(&path, source);
        let mut bytes = Vec::new();
        let file = fs_err::File::open(&path).map_err(failed)?;
        file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > FILE_BYTES_MAX {
            return Err(EmbedError::file(&path, "it is too large for a personal model"));
        }
        let tokenizer = TokenizerSource::File(folder.join(TOKENIZER_FILE));
        Self::parse(name, hash, bytes, &path, tokenizer)
    }

    /// Writes the model's two files into a folder, which is made if need be. Each is complete before it takes
    /// its name.
    ///
    /// # Errors
    /// When the tokenizer can't be read, or a file not be written.
    pub fn save(&self, folder: &Path) -> Result<(), PersonalError> {
        fs_err::create_dir_all(folder)
            .map_err(|source| PersonalError::Write { path: folder.to_owned(), source })?;
        write(folder, MODEL_FILE, self.table.file())?;
        write(folder, TOKENIZER_FILE, &self.tokens.source().read()?)
    }

    fn parse(
        name: &str,
        hash: &str,
        bytes: Vec<u8>,
        path: &Path,
        tokenizer: TokenizerSource,
    ) -> Result<Self, EmbedError> {
        let bad = |reason: &str| EmbedError::file(path, format!("{reason}; personalise again"));
        let (_, about) = SafeTensors::read_metadata(&bytes)
            .map_err(|error| bad(&format!("it is truncated or no safetensors file ({error})")))?;
        let origin = about.metadata().as_ref().and_then(|about| about.get(ORIGIN));
        let origin: Origin = origin
            .and_then(|origin| serde_json::from_str(origin).ok())
            .ok_or_else(|| bad("it doesn't say what it was fitted from"))?;
        let tensors = SafeTensors::deserialize(&bytes)
            .map_err(|error| bad(&format!("it is truncated or no safetensors file ({error})")))?;
        let projection = tensors.tensor(PROJECTION).map_err(|_| bad("it has no projection"))?;
        let &[1, both, width @ 1..=WIDTH_MAX] = projection.shape() else {
            return Err(bad("its projection has another shape"));
        };
        if projection.dtype() != Dtype::F32 || both <= origin.generic.width as usize {
            return Err(bad("its projection is not that of a personal model"));
        }
        let values: Vec<f32> =
            projection.data().as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect();
        if values.iter().any(|value| !value.is_finite()) {
            return Err(bad("its projection holds what is no number"));
        }
        let table = Table::parse(bytes.into(), path)?;
        if table.width() != both {
            return Err(bad("its table and its projection are of different widths"));
        }
        let model = VectorModel { name: name.to_owned(), hash: hash.to_owned(), width: width as u32 };
        Ok(Self {
            tokens: Tokens::new(tokenizer, name, origin.tokens_max.max(1)),
            projection: Multiplier::new(&values, both, width),
            model,
            origin,
            table,
        })
    }
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), PersonalError> {
    let path = folder.join(name);
    let part = folder.join(format!("{name}.part"));
    let written = fs_err::write(&part, bytes)
        .and_then(|()| fs_err::File::open(&part)?.sync_all())
        .and_then(|()| fs_err::rename(&part, &path));
    written.map_err(|source| PersonalError::Write { path, source })
}
