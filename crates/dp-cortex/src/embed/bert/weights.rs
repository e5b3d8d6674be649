//! A model's weights, read tensor by tensor from a safetensors file, so that the file is never in memory as a
//! whole. Names and shapes come in, numbers that are all finite go out.

use crate::embed::EmbedError;
use fs_err::File;
use safetensors::{Dtype, tensor::TensorInfo};
use std::{
    collections::HashMap,
    io::{Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

/// As the format's own reader has it.
const HEADER_BYTES_MAX: u64 = 100 << 20;

/// An open file of tensors.
#[derive(Debug)]
pub(super) struct Weights {
    file: File,
    path: PathBuf,
    tensors: HashMap<String, TensorInfo>,
    data_start: u64,
    /// What stands before the names that are asked for: `bert.` in some files.
    prefix: String,
}

impl Weights {
    /// Reads the header. `anchor` is a name that the file has, perhaps with something before it.
    pub(super) fn open(path: &Path, anchor: &str) -> Result<Self, EmbedError> {
        let failed = |source| EmbedError::read(path, source);
        let truncated =
            || EmbedError::file(path, "it is truncated or no safetensors file; pull the model again");
        let mut file = File::open(path).map_err(failed)?;
        let size_bytes = file.metadata().map_err(failed)?.len();
        let mut header = vec![0; 8];
        file.read_exact(&mut header).map_err(|_| truncated())?;
        let header_bytes = header.as_chunks().0.first().map_or(0, |eight| u64::from_le_bytes(*eight));
        if header_bytes > HEADER_BYTES_MAX || header_bytes + 8 > size_bytes {
            return Err(truncated());
        }
        (&mut file).take(header_bytes).read_to_end(&mut header).map_err(failed)?;
        let data_start = header_bytes + 8;
        let tensors = parsed(&header[8..], size_bytes - data_start).ok_or_else(truncated)?;
        let prefix = tensors.keys().find_map(|name| name.strip_suffix(anchor).map(str::to_owned));
        let Some(prefix) = prefix else {
            return Err(EmbedError::file(
                path,
                format!("it has no {anchor}: it is of another kind of model"),
            ));
        };
        Ok(Self { file, path: path.to_owned(), tensors, data_start, prefix })
    }

    /// Rows of a table, whatever number of them, each of this width.
    pub(super) fn table(&mut self, name: &str, width: usize) -> Result<(usize, Vec<f32>), EmbedError> {
        let (shape, values) = self.read(name)?;
        match *shape {
            [rows, found] if found == width => Ok((rows, values)),
            _ => Err(self.wrong_shape(name, &shape, &format!("[…, {width}]"))),
        }
    }

    /// A tensor of this shape.
    pub(super) fn shaped(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, EmbedError> {
        let (found, values) = self.read(name)?;
        if found == shape {
            return Ok(values);
        }
        Err(self.wrong_shape(name, &found, &format!("{shape:?}")))
    }

    /// Scale and shift of a normalisation; old files have other names for them.
    pub(super) fn norm(&mut self, name: &str, width: usize) -> Result<(Vec<f32>, Vec<f32>), EmbedError> {
        let is_old = self.tensors.contains_key(&format!("{}{name}.gamma", self.prefix));
        let (scale, shift) = if is_old { ("gamma", "beta") } else { ("weight", "bias") };
        Ok((
            self.shaped(&format!("{name}.{scale}"), &[width])?,
            self.shaped(&format!("{name}.{shift}"), &[width])?,
        ))
    }

    fn wrong_shape(&self, name: &str, found: &[usize], expected: &str) -> EmbedError {
        let reason = format!(
            "its {name} has the shape {found:?}, and config.json says {expected}: the files are of different models"
        );
        EmbedError::file(&self.path, reason)
    }

    fn read(&mut self, name: &str) -> Result<(Vec<usize>, Vec<f32>), EmbedError> {
        let full_name = format!("{}{name}", self.prefix);
        let Some(info) = self.tensors.get(&full_name) else {
            return Err(EmbedError::file(
                &self.path,
                format!("it has no {full_name}, and config.json says it should"),
            ));
        };
        let (start, end) = info.data_offsets;
        let (dtype, shape) = (info.dtype, info.shape.clone());
        let failed = |source| EmbedError::read(&self.path, source);
        self.file.seek(SeekFrom::Start(self.data_start + start as u64)).map_err(failed)?;
        let mut bytes = vec![0; end - start];
        self.file.read_exact(&mut bytes).map_err(failed)?;
        let values: Vec<f32> = match dtype {
            Dtype::F32 => bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect(),
            Dtype::F16 => {
                bytes.as_chunks().0.iter().map(|two| half::f16::from_le_bytes(*two).to_f32()).collect()
            }
            Dtype::BF16 => {
                bytes.as_chunks().0.iter().map(|two| half::bf16::from_le_bytes(*two).to_f32()).collect()
            }
            other => {
                return Err(EmbedError::file(
                    &self.path,
                    format!("its {full_name} holds {other:?}, which is not read"),
                ));
            }
        };
        if values.iter().any(|value| !value.is_finite()) {
            return Err(EmbedError::file(
                &self.path,
                format!("its {full_name} holds what is no number; pull the model again"),
            ));
        }
        Ok((shape, values))
    }
}

/// The tensors of a header, if they fill the data that follows it, and each has the bytes of its shape.
fn parsed(header: &[u8], data_bytes: u64) -> Option<HashMap<String, TensorInfo>> {
    let entries: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(header).ok()?;
    let mut tensors = HashMap::with_capacity(entries.len());
    for (name, entry) in entries {
        if name == "__metadata__" {
            continue;
        }
        let info: TensorInfo = serde_json::from_value(entry).ok()?;
        let values = info.shape.iter().try_fold(1_usize, |product, size| product.checked_mul(*size))?;
        let bits = info.data_offsets.1.checked_sub(info.data_offsets.0)?.checked_mul(8)?;
        if values.checked_mul(info.dtype.bitsize())? != bits {
            return None;
        }
        tensors.insert(name, info);
    }
    let end = tensors.values().map(|tensor| tensor.data_offsets.1 as u64).max()?;
    (end == data_bytes).then_some(tensors)
}
