//! The table of a static model: a safetensors file with one row of numbers per token, kept as it is stored
//! and converted while it is summed. Rows in, sums out; knows nothing of texts.

use super::EmbedError;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use std::{borrow::Cow, ops::Range, path::Path};

/// Widest vectors that are believed; wider ones are a damaged header.
pub(crate) const WIDTH_MAX: usize = 16_384;

/// Tokens are numbered with 32 bits.
const ROWS_MAX: usize = u32::MAX as usize;

/// One row of numbers per token.
#[derive(Debug)]
pub(crate) struct Table {
    bytes: Cow<'static, [u8]>,
    values: Range<usize>,
    rows: usize,
    width: usize,
    is_half: bool,
    /// How much each token counts; all the same without.
    weights: Option<Vec<f32>>,
    /// The row of each token; its own number without.
    mapping: Option<Vec<u32>>,
}

impl Table {
    /// Reads the header and checks every number. `path` is for messages.
    pub(crate) fn parse(bytes: Cow<'static, [u8]>, path: &Path) -> Result<Self, EmbedError> {
        let tensors = SafeTensors::deserialize(&bytes).map_err(|error| {
            EmbedError::file(
                path,
                format!("it is truncated or no safetensors file ({error}); pull the model again"),
            )
        })?;
        let tables: Vec<(String, TensorView<'_>)> =
            tensors.tensors().into_iter().filter(|(_, tensor)| tensor.shape().len() == 2).collect();
        let [(name, table)] = tables.as_slice() else {
            return Err(EmbedError::file(
                path,
                format!("a static model has one table of two dimensions, and this file has {}", tables.len()),
            ));
        };
        let (rows, width) = match *table.shape() {
            [rows @ 1..=ROWS_MAX, width @ 1..=WIDTH_MAX] => (rows, width),
            ref shape => {
                return Err(EmbedError::file(path, format!("its table {name} has the shape {shape:?}")));
            }
        };
        let is_half = match table.dtype() {
            Dtype::F16 => true,
            Dtype::F32 => false,
            other => {
                return Err(EmbedError::file(
                    path,
                    format!("its table {name} holds {other:?}; only F16 and F32 are read"),
                ));
            }
        };
        if !are_finite(table.data(), is_half) {
            return Err(EmbedError::file(path, format!("its table {name} holds what is no number")));
        }
        let start = table.data().as_ptr().addr() - bytes.as_ptr().addr();
        let values = start..start + table.data().len();
        let weights = optional(&tensors, "weights").map(|tensor| floats(&tensor, path)).transpose()?;
        let mapping = optional(&tensors, "mapping").map(|tensor| indices(&tensor, rows, path)).transpose()?;
        Ok(Self { values, rows, width, is_half, weights, mapping, bytes })
    }

    /// The whole file, as it was given.
    pub(crate) fn file(&self) -> &[u8] {
        &self.bytes
    }

    /// Token numbers that may have a row are below.
    pub(crate) fn tokens(&self) -> usize {
        self.mapping.as_ref().map_or(self.rows, Vec::len)
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The row of a token and how much it counts; None for a token without a row.
    fn place(&self, token: u32) -> Option<(usize, f32)> {
        let row = match &self.mapping {
            Some(mapping) => *mapping.get(token as usize)?,
            None => token,
        };
        let weight = match &self.weights {
            Some(weights) => *weights.get(token as usize)?,
            None => 1.0,
        };
        ((row as usize) < self.rows).then_some((row as usize, weight))
    }

    /// Adds the weighted rows of these tokens to `sum`, which is as wide as the table. Tokens without a
    /// row are passed over; gives how many had one.
    pub(crate) fn add(&self, tokens: &[u32], sum: &mut [f32]) -> usize {
        let values = &self.bytes[self.values.clone()];
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || {
                let mut known = 0;
                for (row, weight) in tokens.iter().filter_map(|token| self.place(*token)) {
                    known += 1;
                    let size_bytes = if self.is_half { self.width * 2 } else { self.width * 4 };
                    let row = &values[row * size_bytes..(row + 1) * size_bytes];
                    if self.is_half {
                        add_half(row, weight, sum);
                    } else {
                        add_single(row, weight, sum);
                    }
                }
                known
            },
        )
    }
}

#[inline(always)]
fn add_half(row: &[u8], weight: f32, sum: &mut [f32]) {
    for (sum, pair) in sum.iter_mut().zip(row.as_chunks::<2>().0) {
        *sum += weight * half_to_single(u16::from_le_bytes(*pair));
    }
}

#[inline(always)]
fn add_single(row: &[u8], weight: f32, sum: &mut [f32]) {
    for (sum, four) in sum.iter_mut().zip(row.as_chunks::<4>().0) {
        *sum += weight * f32::from_le_bytes(*four);
    }
}

/// A finite half-precision number. Shifting exponent and fraction into place gives the number divided by
/// 2^112, subnormal ones included; plain arithmetic, so that the compiler makes vector code of it.
#[inline(always)]
fn half_to_single(half: u16) -> f32 {
    let bits = u32::from(half);
    let magnitude = f32::from_bits((bits & 0x7fff) << 13) * f32::from_bits((112 + 127) << 23);
    f32::from_bits(magnitude.to_bits() | ((bits & 0x8000) << 16))
}

fn are_finite(values: &[u8], is_half: bool) -> bool {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || {
            if is_half {
                let largest = values
                    .as_chunks::<2>()
                    .0
                    .iter()
                    .fold(0, |largest: u16, pair| largest.max(u16::from_le_bytes(*pair) & 0x7fff));
                largest < 0x7c00
            } else {
                let largest = values
                    .as_chunks::<4>()
                    .0
                    .iter()
                    .fold(0, |largest: u32, four| largest.max(u32::from_le_bytes(*four) & 0x7fff_ffff));
                largest < 0x7f80_0000
            }
        },
    )
}

fn optional<'a>(tensors: &SafeTensors<'a>, name: &str) -> Option<TensorView<'a>> {
    tensors.tensor(name).ok().filter(|tensor| tensor.shape().len() == 1)
}

fn floats(tensor: &TensorView<'_>, path: &Path) -> Result<Vec<f32>, EmbedError> {
    let data = tensor.data();
    let values: Vec<f32> = match tensor.dtype() {
        Dtype::F16 => data.as_chunks().0.iter().map(|two| half::f16::from_le_bytes(*two).to_f32()).collect(),
        Dtype::F32 => data.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect(),
        Dtype::F64 => data.as_chunks().0.iter().map(|eight| f64::from_le_bytes(*eight) as f32).collect(),
        other => return Err(EmbedError::file(path, format!("its weights are {other:?}"))),
    };
    if values.iter().all(|value| value.is_finite()) {
        return Ok(values);
    }
    Err(EmbedError::file(path, "its weights hold what is no number"))
}

fn indices(tensor: &TensorView<'_>, rows: usize, path: &Path) -> Result<Vec<u32>, EmbedError> {
    let data = tensor.data();
    let values: Vec<i64> = match tensor.dtype() {
        Dtype::I32 => data.as_chunks().0.iter().map(|four| i64::from(i32::from_le_bytes(*four))).collect(),
        Dtype::I64 => data.as_chunks().0.iter().map(|eight| i64::from_le_bytes(*eight)).collect(),
        other => return Err(EmbedError::file(path, format!("its mapping is {other:?}"))),
    };
    let within = |value: i64| u32::try_from(value).ok().filter(|row| (*row as usize) < rows);
    values
        .into_iter()
        .map(|value| {
            within(value)
                .ok_or_else(|| EmbedError::file(path, format!("its mapping names row {value} of {rows}")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finite_half_is_converted_exactly() {
        for bits in 0..=u16::MAX {
            let expected = half::f16::from_bits(bits);
            if expected.is_finite() {
                assert_eq!(half_to_single(bits).to_bits(), expected.to_f32().to_bits(), "{bits:#x}");
            }
        }
    }
}
