//! The encoder: embeddings, layers of attention and feed-forward, pooling. Token numbers of several texts
//! come in and lie one behind the other, so nothing is spent on padding; one vector per text goes out.

use super::{
    attention::{DistanceBias, Texts},
    config::{Activation, Architecture, Family, Pooling},
    kernels::{Norm, normalise},
    operations::{AddAndNormalise, AddBias, Attention},
    weights::Weights,
};
use crate::embed::EmbedError;
use candle_core::{Device, Result as CandleResult, Tensor, bail};
use std::path::Path;

/// The tokens of a text.
pub(super) type Sequence = Vec<u32>;

const WORDS: &str = "embeddings.word_embeddings.weight";

/// Buckets of distances that MPNet has.
const BUCKETS: usize = 32;

/// A linear step whose result is added to what went in and normalised.
#[derive(Debug)]
struct Closing {
    weight: Tensor,
    /// Bias, scale and shift.
    parameters: Tensor,
}

#[derive(Debug)]
struct Layer {
    qkv: Tensor,
    qkv_bias: Tensor,
    attention: Closing,
    inner: Tensor,
    inner_bias: Tensor,
    output: Closing,
}

/// All weights of a model.
#[derive(Debug)]
pub(super) struct Encoder {
    words: Vec<f32>,
    vocabulary: usize,
    /// One row per position from the first that a text has, with what all tokens have added.
    positions: Vec<f32>,
    scale: Vec<f32>,
    shift: Vec<f32>,
    layers: Vec<Layer>,
    bias: Option<DistanceBias>,
    hidden: usize,
    heads: usize,
    epsilon: f32,
    activation: Activation,
}

impl Encoder {
    /// Reads all weights, checking each against what the configuration says.
    pub(super) fn load(architecture: &Architecture, path: &Path) -> Result<Self, EmbedError> {
        let mut weights = Weights::open(path, WORDS)?;
        let hidden = architecture.hidden;
        let (vocabulary, words) = weights.table(WORDS, hidden)?;
        let positions = positions(&mut weights, architecture)?;
        let (scale, shift) = weights.norm("embeddings.LayerNorm", hidden)?;
        let bias = if architecture.family == Family::Mpnet {
            let shape = [BUCKETS, architecture.heads];
            let table = weights.shaped("encoder.relative_attention_bias.weight", &shape)?;
            Some(DistanceBias::new(&table, BUCKETS, architecture.heads, architecture.tokens_max()))
        } else {
            None
        };
        let layers = (0..architecture.layers)
            .map(|number| layer(&mut weights, architecture, number, path))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            words,
            vocabulary,
            positions,
            scale,
            shift,
            layers,
            bias,
            hidden,
            heads: architecture.heads,
            epsilon: architecture.norm_epsilon,
            activation: architecture.activation,
        })
    }

    /// Tokens that have a row.
    pub(super) fn vocabulary(&self) -> usize {
        self.vocabulary
    }

    /// A vector per text, not of length 1 yet.
    pub(super) fn encode(&self, texts: &[&[u32]], pooling: Pooling) -> CandleResult<Vec<Vec<f32>>> {
        let lengths: Vec<usize> = texts.iter().map(|text| text.len()).collect();
        let tokens = lengths.iter().sum::<usize>();
        let mut x = Tensor::from_vec(self.embeddings(texts)?, (tokens, self.hidden), &Device::Cpu)?;
        let attention = Attention(Texts { lengths: &lengths, heads: self.heads, bias: self.bias.as_ref() });
        for layer in &self.layers {
            x = self.layer(layer, &x, &attention)?;
        }
        let rows = x.flatten_all()?.to_vec1::<f32>()?;
        let mut start = 0;
        let pool = |length: &usize| {
            let text = &rows[start * self.hidden..(start + length) * self.hidden];
            start += length;
            pooled(text, self.hidden, pooling)
        };
        Ok(lengths.iter().map(pool).collect())
    }

    fn layer(&self, layer: &Layer, x: &Tensor, attention: &Attention<'_>) -> CandleResult<Tensor> {
        let qkv = x.matmul(&layer.qkv)?;
        qkv.inplace_op2(&layer.qkv_bias, &AddBias(None))?;
        let gathered = qkv.apply_op1_no_bwd(attention)?;
        let middle = self.close(&layer.attention, &gathered, x)?;
        let inner = middle.matmul(&layer.inner)?;
        inner.inplace_op2(&layer.inner_bias, &AddBias(Some(self.activation)))?;
        self.close(&layer.output, &inner, &middle)
    }

    fn close(&self, closing: &Closing, x: &Tensor, before: &Tensor) -> CandleResult<Tensor> {
        let rows = x.matmul(&closing.weight)?;
        rows.inplace_op3(before, &closing.parameters, &AddAndNormalise { epsilon: self.epsilon })?;
        Ok(rows)
    }

    fn embeddings(&self, texts: &[&[u32]]) -> CandleResult<Vec<f32>> {
        let mut rows = Vec::with_capacity(texts.iter().map(|text| text.len()).sum::<usize>() * self.hidden);
        for text in texts {
            if text.len() * self.hidden > self.positions.len() {
                bail!("a text has {} tokens, more than there are positions for", text.len());
            }
            for (token, position) in text.iter().zip(self.positions.chunks_exact(self.hidden)) {
                let start = *token as usize * self.hidden;
                let Some(word) = self.words.get(start..start + self.hidden) else {
                    bail!("token {token} has no row");
                };
                rows.extend(word.iter().zip(position).map(|(word, position)| word + position));
            }
        }
        normalise(&mut rows, Norm { scale: &self.scale, shift: &self.shift, epsilon: self.epsilon });
        Ok(rows)
    }
}

fn pooled(rows: &[f32], hidden: usize, pooling: Pooling) -> Vec<f32> {
    let mut vector = rows[..hidden].to_vec();
    if pooling == Pooling::Mean {
        for row in rows.chunks_exact(hidden).skip(1) {
            vector.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
    }
    vector
}

fn positions(weights: &mut Weights, architecture: &Architecture) -> Result<Vec<f32>, EmbedError> {
    let hidden = architecture.hidden;
    let shape = [architecture.positions, hidden];
    let mut rows = weights.shaped("embeddings.position_embeddings.weight", &shape)?;
    rows.drain(..architecture.first_position * hidden);
    if architecture.family != Family::Mpnet {
        let (_, types) = weights.table("embeddings.token_type_embeddings.weight", hidden)?;
        for row in rows.chunks_exact_mut(hidden) {
            row.iter_mut().zip(&types).for_each(|(value, all)| *value += all);
        }
    }
    Ok(rows)
}

/// Names of a layer's parts: query, key, value, what closes attention, and its normalisation.
const fn names(family: Family) -> [&'static str; 5] {
    match family {
        Family::Mpnet => [
            "attention.attn.q",
            "attention.attn.k",
            "attention.attn.v",
            "attention.attn.o",
            "attention.LayerNorm",
        ],
        Family::Bert | Family::Roberta => [
            "attention.self.query",
            "attention.self.key",
            "attention.self.value",
            "attention.output.dense",
            "attention.output.LayerNorm",
        ],
    }
}

fn layer(
    weights: &mut Weights,
    architecture: &Architecture,
    number: usize,
    path: &Path,
) -> Result<Layer, EmbedError> {
    let (hidden, inner) = (architecture.hidden, architecture.inner);
    let [query, key, value, closing, norm] = names(architecture.family);
    let at = |name: &str| format!("encoder.layer.{number}.{name}");
    let (mut qkv, mut qkv_bias) = (Vec::with_capacity(3 * hidden * hidden), Vec::with_capacity(3 * hidden));
    for name in [query, key, value] {
        let (mut weight, mut bias) = linear(weights, &at(name), hidden, hidden)?;
        if name == query {
            // So that scores need not be scaled.
            let scale = 1.0 / ((hidden / architecture.heads) as f32).sqrt();
            weight.iter_mut().chain(&mut bias).for_each(|value| *value *= scale);
        }
        qkv.append(&mut weight);
        qkv_bias.append(&mut bias);
    }
    let (inner_weight, inner_bias) = linear(weights, &at("intermediate.dense"), inner, hidden)?;
    let tensor = |values: Vec<f32>, output: usize, input: usize| -> CandleResult<Tensor> {
        Tensor::from_vec(values, (output, input), &Device::Cpu)?.t()
    };
    let failed = |error: candle_core::Error| EmbedError::file(path, error.to_string());
    let attention = closed(weights, &at(closing), &at(norm), hidden, hidden)?;
    let output = closed(weights, &at("output.dense"), &at("output.LayerNorm"), hidden, inner)?;
    let build = || {
        Ok(Layer {
            qkv: tensor(qkv, 3 * hidden, hidden)?,
            qkv_bias: Tensor::from_vec(qkv_bias, 3 * hidden, &Device::Cpu)?,
            attention: Closing {
                weight: tensor(attention.0, hidden, hidden)?,
                parameters: Tensor::from_vec(attention.1, (3, hidden), &Device::Cpu)?,
            },
            inner: tensor(inner_weight, inner, hidden)?,
            inner_bias: Tensor::from_vec(inner_bias, inner, &Device::Cpu)?,
            output: Closing {
                weight: tensor(output.0, hidden, inner)?,
                parameters: Tensor::from_vec(output.1, (3, hidden), &Device::Cpu)?,
            },
        })
    };
    build().map_err(failed)
}

fn linear(
    weights: &mut Weights,
    name: &str,
    output: usize,
    input: usize,
) -> Result<(Vec<f32>, Vec<f32>), EmbedError> {
    Ok((
        weights.shaped(&format!("{name}.weight"), &[output, input])?,
        weights.shaped(&format!("{name}.bias"), &[output])?,
    ))
}

/// The weight, and bias, scale and shift in one.
fn closed(
    weights: &mut Weights,
    dense: &str,
    norm: &str,
    output: usize,
    input: usize,
) -> Result<(Vec<f32>, Vec<f32>), EmbedError> {
    let (weight, mut parameters) = linear(weights, dense, output, input)?;
    let (mut scale, mut shift) = weights.norm(norm, output)?;
    parameters.append(&mut scale);
    parameters.append(&mut shift);
    Ok((weight, parameters))
}
