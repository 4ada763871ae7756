//! The network of a Piper voice (VITS; Kim, Kong and Son, *Conditional
//! Variational Autoencoder with Adversarial Learning for End-to-End
//! Text-to-Speech*, 2021): numbers of phonemes in, samples out. Inputs
//! `input` (1, phonemes), `input_lengths` (1), `scales` (3: noise, length,
//! noise of the lengths) and, with several speakers, `sid` (1). The output's
//! last dimension is time.

use super::settings::{Inference, VoiceSettings};
use crate::speech::SpeechError;
use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value, ValueOrView};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;
use std::path::Path;
use std::sync::Arc;

/// Samples of one piece at most: a minute at the highest rate.
const MOST: usize = 60 * 48_000;

/// A loaded network.
pub(super) struct Network {
    model: Model,
    input: NodeId,
    lengths: NodeId,
    scales: NodeId,
    speaker: Option<NodeId>,
    output: NodeId,
    pool: Arc<ThreadPool>,
}

impl Network {
    /// Loads a `.onnx` file.
    ///
    /// # Errors
    ///
    /// [`SpeechError::BadModel`] where it is no such file, or its inputs are
    /// others.
    pub(super) fn load(path: &Path, settings: &VoiceSettings) -> Result<Self, SpeechError> {
        let wrong = |why: String| SpeechError::BadModel(format!("{}: {why}", path.display()));
        let model = ModelOptions::with_all_ops()
            .load_file(path)
            .map_err(|e| wrong(e.to_string()))?;
        let node = |name: &str| {
            let found = model.find_node(name);
            found.ok_or_else(|| {
                wrong(format!(
                    "has no input {name:?}, expected a Piper voice with input, input_lengths and \
                     scales"
                ))
            })
        };
        let (input, lengths, scales) = (node("input")?, node("input_lengths")?, node("scales")?);
        let speaker = (settings.speakers() > 1).then(|| node("sid")).transpose()?;
        let output = *model
            .output_ids()
            .first()
            .ok_or_else(|| wrong("has no output".to_owned()))?;
        // Half of the machine: the recogniser must keep up meanwhile.
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            input,
            lengths,
            scales,
            speaker,
            output,
            model,
            pool: Arc::new(ThreadPool::with_num_threads((cores / 2).clamp(1, 4))),
        })
    }

    /// The samples of a sequence, at the voice's own rate; why not, where the
    /// network fails.
    pub(super) fn run(&self, ids: Vec<i32>, scales: Inference) -> Result<Vec<f32>, String> {
        let count = ids.len();
        let whole = i32::try_from(count).map_err(|_| "the text is too long".to_owned())?;
        let Inference {
            noise_scale,
            length_scale,
            noise_w,
        } = scales;
        let scales = vec![noise_scale, length_scale, noise_w];
        let mut inputs = vec![
            (
                self.input,
                ValueOrView::from(NdTensor::from_data([1, count], ids)),
            ),
            (
                self.lengths,
                ValueOrView::from(NdTensor::from_data([1], vec![whole])),
            ),
            (
                self.scales,
                ValueOrView::from(NdTensor::from_data([3], scales)),
            ),
        ];
        // The first speaker is the one that a voice is named after.
        inputs.extend(self.speaker.map(|node| {
            let first = NdTensor::from_data([1], vec![0_i32]);
            (node, ValueOrView::from(first))
        }));
        let options = RunOptions::default().with_thread_pool(Some(self.pool.clone()));
        let out = self
            .model
            .run_n(inputs, [self.output], Some(options))
            .map_err(|e| e.to_string())?;
        let [out]: [Value; 1] = out;
        let Value::FloatTensor(sound) = out else {
            return Err("its output is not made of floating point numbers".to_owned());
        };
        let shape = sound.shape().to_vec();
        let samples = sound.to_vec();
        if shape.last() != Some(&samples.len()) || samples.len() > MOST {
            return Err(format!(
                "its output has the shape {shape:?}, expected (1, 1, samples) of a minute at most"
            ));
        }
        if samples.iter().any(|s| !s.is_finite()) {
            return Err("its output is no number".to_owned());
        }
        Ok(samples)
    }
}
