//! The encoder's own steps as operations on candle's tensors: in place where they can be, split over
//! threads by rows.

use super::{
    attention::{Texts, attend},
    config::Activation,
    kernels::{Norm, add, add_and_activate, normalise},
};
use candle_core::{CpuStorage, CustomOp1, InplaceOp2, InplaceOp3, Layout, Result, Shape, bail};
use rayon::prelude::*;

/// Values that one thread does at a time.
const PART: usize = 16_384;

/// The numbers of a tensor that lies in one piece.
fn values<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match (layout.contiguous_offsets(), storage.as_slice::<f32>()?) {
        (Some((start, end)), values) => Ok(&values[start..end]),
        (None, _) => bail!("a tensor is not in one piece"),
    }
}

fn values_mut<'a>(storage: &'a mut CpuStorage, layout: &Layout) -> Result<&'a mut [f32]> {
    match (layout.contiguous_offsets(), storage) {
        (Some((start, end)), CpuStorage::F32(values)) => Ok(&mut values[start..end]),
        _ => bail!("a tensor is not in one piece, or not of f32"),
    }
}

fn part(width: usize) -> usize {
    (PART / width).max(1) * width
}

/// Adds a bias to each row and applies a function, if one is given.
#[derive(Debug, Clone, Copy)]
pub(super) struct AddBias(pub(super) Option<Activation>);

impl InplaceOp2 for AddBias {
    fn name(&self) -> &'static str {
        "add-bias"
    }

    fn cpu_fwd(
        &self,
        rows: &mut CpuStorage,
        layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<()> {
        let (rows, bias) = (values_mut(rows, layout)?, values(bias, bias_layout)?);
        rows.par_chunks_mut(part(bias.len())).for_each(|rows| {
            pulp::Arch::new().dispatch(
                #[inline(always)]
                || match self.0 {
                    Some(activation) => add_and_activate(rows, bias, activation),
                    None => add(rows, bias),
                },
            );
        });
        Ok(())
    }
}

/// Adds a bias and what went in before to each row, and normalises it. The parameters are bias, scale and
/// shift, one row each.
#[derive(Debug, Clone, Copy)]
pub(super) struct AddAndNormalise {
    pub(super) epsilon: f32,
}

impl InplaceOp3 for AddAndNormalise {
    fn name(&self) -> &'static str {
        "add-and-normalise"
    }

    fn cpu_fwd(
        &self,
        rows: &mut CpuStorage,
        layout: &Layout,
        before: &CpuStorage,
        before_layout: &Layout,
        parameters: &CpuStorage,
        parameters_layout: &Layout,
    ) -> Result<()> {
        let (rows, before) = (values_mut(rows, layout)?, values(before, before_layout)?);
        let parameters = values(parameters, parameters_layout)?;
        let width = parameters.len() / 3;
        let (bias, others) = parameters.split_at(width);
        let (scale, shift) = others.split_at(width);
        let norm = Norm { scale, shift, epsilon: self.epsilon };
        let part = part(width);
        rows.par_chunks_mut(part).zip(before.par_chunks(part)).for_each(|(rows, before)| {
            pulp::Arch::new().dispatch(
                #[inline(always)]
                || {
                    for (row, before) in rows.chunks_exact_mut(width).zip(before.chunks_exact(width)) {
                        for ((value, before), bias) in row.iter_mut().zip(before).zip(bias) {
                            *value += before + bias;
                        }
                    }
                    normalise(rows, norm);
                },
            );
        });
        Ok(())
    }
}

/// Attention within each text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attention<'a>(pub(super) Texts<'a>);

impl CustomOp1 for Attention<'_> {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let qkv = values(storage, layout)?;
        let (tokens, width) = layout.shape().dims2()?;
        let hidden = width / 3;
        let mut output = vec![0.0; tokens * hidden];
        attend(qkv, &mut output, hidden, self.0);
        Ok((CpuStorage::F32(output), Shape::from((tokens, hidden))))
    }
}
