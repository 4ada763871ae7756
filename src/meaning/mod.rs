//! How close two sentences are in meaning: a sentence-embedding model of the
//! MiniLM kind (BERT with WordPiece tokens, ONNX), run in pure Rust on the
//! processor. It is optional: scoring by words is always there, and only
//! documents use this one, where it is installed. The course of an interview
//! never does, so that it does not depend on a download.
//!
//! Text -> tokens ([`WordPiece`]) -> one vector a token ([`Encoder`]) -> their
//! mean by the mask, of length one -> cosine. After Reimers and Gurevych,
//! *Sentence-BERT*, 2019.

mod encoder;
pub mod installed;
mod wordpiece;

pub use encoder::Encoder;
pub use installed::Installed;
pub use wordpiece::WordPiece;

use crate::digest::sha256_file;
use crate::interview::score::Similarity;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Texts whose vectors are kept; at this number all are dropped.
const KEPT: usize = 4096;
/// Hexadecimal digits of the model's SHA-256 that name it in records.
const DIGITS: usize = 12;

/// Cosine from which on a sentence may support a point. Paraphrases of one
/// statement often stay below, so that the words still decide most.
const ENOUGH: f32 = 0.45;
/// By how much it must be closer to the point than to the question and to
/// each misconception.
const MARGIN: f32 = 0.10;

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MeaningError {
    /// A file of the model is not there.
    #[error(
        "No embedding model in {folder}: {missing} is missing, expected a .onnx file and tokenizer.json"
    )]
    Missing {
        /// The folder.
        folder: String,
        /// What is missing.
        missing: &'static str,
    },
    /// A file cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The tokenizer's file is not of the kind that is understood.
    #[error("{path} is not a tokenizer for this model: found {found}, expected {expected}")]
    Tokenizer {
        /// The file.
        path: String,
        /// What was found.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// The model's file is broken or of another kind.
    #[error("{path} is not a sentence-embedding model: {why}")]
    Model {
        /// The file.
        path: String,
        /// What is wrong.
        why: String,
    },
}

/// A loaded model and the vectors that it made.
pub struct Meaning {
    name: String,
    tokens: WordPiece,
    encoder: Encoder,
    /// Locked only to look up and to put in; two threads may encode one text.
    cache: Mutex<HashMap<String, Arc<[f32]>>>,
}

impl std::fmt::Debug for Meaning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meaning")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Meaning {
    /// Loads the model in `folder` and tries it on one sentence.
    ///
    /// # Errors
    ///
    /// Where a file is missing, broken or of another kind.
    pub fn load(folder: &Path) -> Result<Self, MeaningError> {
        Self::open(&Installed::at(folder)?)
    }

    /// Loads an installed model and tries it on one sentence.
    ///
    /// # Errors
    ///
    /// Where a file cannot be read, is broken or of another kind.
    pub fn open(installed: &Installed) -> Result<Self, MeaningError> {
        let path = &installed.model;
        let sum = sha256_file(path).map_err(|source| MeaningError::Io {
            path: path.display().to_string(),
            source,
        })?;
        let meaning = Self {
            name: format!("{} sha256:{}", installed.name, &sum[..DIGITS]),
            tokens: WordPiece::load(&installed.tokenizer)?,
            encoder: Encoder::load(path)?,
            cache: Mutex::default(),
        };
        let tried = meaning
            .encoder
            .encode(&meaning.tokens.encode("A sentence."));
        tried.map_err(|why| MeaningError::Model {
            path: path.display().to_string(),
            why,
        })?;
        Ok(meaning)
    }

    /// The vector of a text, of length one. Of a long text only the beginning
    /// counts (128 tokens). Nothing where the model fails.
    pub fn vector(&self, text: &str) -> Option<Arc<[f32]>> {
        let lock = || self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(text) {
            return Some(known.clone());
        }
        match self.encoder.encode(&self.tokens.encode(text)) {
            Ok(vector) => {
                let vector: Arc<[f32]> = vector.into();
                let mut cache = lock();
                if cache.len() >= KEPT {
                    cache.clear();
                }
                cache.insert(text.to_owned(), vector.clone());
                Some(vector)
            }
            Err(why) => {
                tracing::warn!(why, "The embedding model failed on a text");
                None
            }
        }
    }
}

impl Similarity for Meaning {
    fn name(&self) -> &str {
        &self.name
    }

    fn similarity(&self, statement: &str, said: &str) -> f32 {
        match (self.vector(statement), self.vector(said)) {
            (Some(a), Some(b)) => cosine(&a, &b).clamp(0.0, 1.0),
            _ => 0.0,
        }
    }

    fn enough(&self) -> f32 {
        ENOUGH
    }

    fn margin(&self) -> f32 {
        MARGIN
    }
}

/// Of vectors of length one.
fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
