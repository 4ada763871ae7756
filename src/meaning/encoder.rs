//! The network: tokens in, one vector out. Inputs `input_ids`,
//! `attention_mask` and, where the model has it, `token_type_ids`, all of
//! shape (1, tokens); output of shape (1, tokens, features), of which the
//! mean by the mask is taken and made of length one.

use super::MeaningError;
use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value, ValueOrView};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;
use std::path::Path;
use std::sync::Arc;

/// A loaded network.
pub struct Encoder {
    model: Model,
    ids: NodeId,
    mask: NodeId,
    types: Option<NodeId>,
    output: NodeId,
    /// One thread: a sentence is too short to share out, and sums keep their
    /// order.
    pool: Arc<ThreadPool>,
}

impl Encoder {
    /// Loads a `.onnx` file.
    ///
    /// # Errors
    ///
    /// Where it is no such file, or its inputs and outputs are others.
    pub fn load(path: &Path) -> Result<Self, MeaningError> {
        let wrong = |why: String| MeaningError::Model {
            path: path.display().to_string(),
            why,
        };
        let model = ModelOptions::with_all_ops()
            .load_file(path)
            .map_err(|e| wrong(e.to_string()))?;
        let node = |name: &str| {
            let found = model.find_node(name);
            found.ok_or_else(|| wrong(format!("it has no {name}, expected a BERT encoder")))
        };
        let (ids, mask) = (node("input_ids")?, node("attention_mask")?);
        let output = *model
            .output_ids()
            .first()
            .ok_or_else(|| wrong("it has no output".to_owned()))?;
        Ok(Self {
            types: model.find_node("token_type_ids"),
            ids,
            mask,
            output,
            model,
            pool: Arc::new(ThreadPool::with_num_threads(1)),
        })
    }

    /// The vector of a text, of length one; why not, where the network fails.
    pub(super) fn encode(&self, tokens: &[u32]) -> Result<Vec<f32>, String> {
        let shape = [1, tokens.len()];
        let ids: Vec<i32> = tokens.iter().map(|&id| id as i32).collect();
        let mask = vec![1_i32; tokens.len()];
        let input = |data: Vec<i32>| ValueOrView::from(NdTensor::from_data(shape, data));
        let mut inputs = vec![(self.ids, input(ids)), (self.mask, input(mask.clone()))];
        inputs.extend(self.types.map(|node| (node, input(vec![0; tokens.len()]))));
        let options = RunOptions::default().with_thread_pool(Some(self.pool.clone()));
        let out = self
            .model
            .run_n(inputs, [self.output], Some(options))
            .map_err(|e| e.to_string())?;
        let [out]: [Value; 1] = out;
        let hidden: NdTensor<f32, 3> = out
            .try_into()
            .map_err(|_| "its output is not one vector for each token".to_owned())?;
        if hidden.size(0) != 1 || hidden.size(1) != tokens.len() || hidden.size(2) == 0 {
            return Err(format!(
                "its output has the shape {:?}, expected (1, {}, features)",
                hidden.shape(),
                tokens.len()
            ));
        }
        pool(&hidden, &mask)
    }
}

/// The mean of the tokens that the mask keeps, of length one.
fn pool(hidden: &NdTensor<f32, 3>, mask: &[i32]) -> Result<Vec<f32>, String> {
    let mut sum = vec![0.0_f32; hidden.size(2)];
    for (at, _) in mask.iter().enumerate().filter(|(_, kept)| **kept == 1) {
        for (feature, total) in sum.iter_mut().enumerate() {
            *total += hidden[[0, at, feature]];
        }
    }
    let length = sum.iter().map(|x| x * x).sum::<f32>().sqrt();
    if !length.is_finite() || length == 0.0 {
        return Err("its output is no number".to_owned());
    }
    Ok(sum.into_iter().map(|x| x / length).collect())
}
