//! Checks a Whisper model file before whisper.cpp sees it. whisper.cpp reads
//! without looking at what the reads returned, so that a file cut in the
//! right place aborts the process; this walk finds every such file first.
//!
//! Layout (whisper.cpp, `whisper_model_load`): magic, eleven numbers, mel
//! filters, vocabulary, then tensors until the end of the file. All numbers
//! are little-endian 32-bit.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// The first four bytes of a ggml file, `ggml` read as a number.
pub const MAGIC: u32 = 0x6767_6d6c;

/// What the file says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFacts {
    /// Number of text tokens; 51864 for English-only models.
    pub vocab: u32,
    /// Encoder positions for 30 s of audio.
    pub audio_ctx: u32,
    /// Width of the encoder.
    pub audio_state: u32,
    /// Encoder layers.
    pub audio_layers: u32,
    /// Decoder layers.
    pub text_layers: u32,
    /// Mel bands.
    pub mels: u32,
    /// How the weights are stored, such as `q5_1`.
    pub quantisation: &'static str,
    /// Number of tensors.
    pub tensors: u32,
    /// Length of the file in bytes.
    pub bytes: u64,
}

impl ModelFacts {
    /// Whether the model knows English alone.
    pub const fn english_only(&self) -> bool {
        self.vocab < 51865
    }
}

/// Why a file is no usable Whisper model. The text says what was found and
/// what was expected, without the file's name.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GgmlError {
    /// The file cannot be opened or read.
    #[error("{0}")]
    Io(io::Error),
    /// A file without content.
    #[error("the file is empty, expected a ggml model")]
    Empty,
    /// Another kind of file.
    #[error("not a ggml model: it begins with {found}, expected {MAGIC:#010x}{hint}")]
    Magic {
        /// The first bytes.
        found: String,
        /// What the file rather is, where that can be told.
        hint: &'static str,
    },
    /// The file ends too early.
    #[error("truncated: the file has {bytes} bytes and ends inside {inside}, which needs {needs}")]
    Truncated {
        /// Length of the file.
        bytes: u64,
        /// What the end cuts.
        inside: String,
        /// Length that this part alone needs.
        needs: u64,
    },
    /// A number that no Whisper model has.
    #[error("damaged: {what} is {found}, expected {expected}")]
    Damaged {
        /// Which number.
        what: String,
        /// Its value.
        found: String,
        /// What it may be.
        expected: String,
    },
}

/// Element types that occur in Whisper files: number, name, elements and
/// bytes of a block (ggml's `type_traits`).
const TYPES: [(u32, &str, u64, u64); 12] = [
    (0, "f32", 1, 4),
    (1, "f16", 1, 2),
    (2, "q4_0", 32, 18),
    (3, "q4_1", 32, 20),
    (6, "q5_0", 32, 22),
    (7, "q5_1", 32, 24),
    (8, "q8_0", 32, 34),
    (10, "q2_k", 256, 84),
    (11, "q3_k", 256, 110),
    (12, "q4_k", 256, 144),
    (13, "q5_k", 256, 176),
    (14, "q6_k", 256, 210),
];

/// The file type number (ggml's `ggml_ftype`, modulo the quantisation
/// version) and its name.
const FILE_TYPES: [(u32, &str); 12] = [
    (0, "f32"),
    (1, "f16"),
    (2, "q4_0"),
    (3, "q4_1"),
    (7, "q8_0"),
    (8, "q5_0"),
    (9, "q5_1"),
    (10, "q2_k"),
    (11, "q3_k"),
    (12, "q4_k"),
    (13, "q5_k"),
    (14, "q6_k"),
];

/// Checks the file at `path` from its first to its last byte's place.
///
/// # Errors
///
/// The first thing that is wrong with it.
pub fn check_file(path: &Path) -> Result<ModelFacts, GgmlError> {
    let file = File::open(path).map_err(GgmlError::Io)?;
    let meta = file.metadata().map_err(GgmlError::Io)?;
    if meta.is_dir() {
        return Err(GgmlError::Io(io::Error::other(
            "it is a folder, expected a file",
        )));
    }
    check(BufReader::with_capacity(1 << 16, file), meta.len())
}

/// Checks a model of `bytes` bytes. Reads headers and skips over weights.
///
/// # Errors
///
/// The first thing that is wrong with it.
pub fn check(source: impl Read + Seek, bytes: u64) -> Result<ModelFacts, GgmlError> {
    if bytes == 0 {
        return Err(GgmlError::Empty);
    }
    let mut walk = Walk {
        source,
        at: 0,
        bytes,
    };
    walk.magic()?;
    let mut facts = walk.header()?;
    walk.mel_filters(facts.mels)?;
    walk.vocabulary(facts.vocab)?;
    facts.tensors = walk.tensors()?;
    // Seven and four of encoder and decoder as such, the rest by layer.
    let expected = 11 + 15 * facts.audio_layers + 24 * facts.text_layers;
    if facts.tensors < expected {
        return Err(GgmlError::Truncated {
            bytes,
            inside: format!("the tensors ({} of {expected} are there)", facts.tensors),
            needs: u64::from(expected - facts.tensors),
        });
    }
    if facts.tensors > expected {
        return Err(damaged("number of tensors", facts.tensors, expected));
    }
    Ok(facts)
}

fn damaged(what: &str, found: impl ToString, expected: impl ToString) -> GgmlError {
    GgmlError::Damaged {
        what: what.to_owned(),
        found: found.to_string(),
        expected: expected.to_string(),
    }
}

struct Walk<R> {
    source: R,
    at: u64,
    bytes: u64,
}

impl<R: Read + Seek> Walk<R> {
    fn magic(&mut self) -> Result<(), GgmlError> {
        let mut first = [0; 4];
        let n = self.bytes.min(4) as usize;
        self.source
            .read_exact(&mut first[..n])
            .map_err(GgmlError::Io)?;
        self.at = n as u64;
        if n == 4 && u32::from_le_bytes(first) == MAGIC {
            return Ok(());
        }
        let hint = match &first {
            b"GGUF" => " (a GGUF file; whisper.cpp reads the older ggml form)",
            b"PK\x03\x04" => " (a zip archive or PyTorch checkpoint)",
            b"<!DO" | b"<htm" | b"<!do" | b"<HTM" => " (a web page, perhaps a failed download)",
            b"vers" => " (a Git LFS pointer; fetch the real file with git lfs pull)",
            _ => "",
        };
        Err(GgmlError::Magic {
            found: first[..n]
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect::<Vec<_>>()
                .join(" "),
            hint,
        })
    }

    fn header(&mut self) -> Result<ModelFacts, GgmlError> {
        let mut h = [0u32; 11];
        for value in &mut h {
            *value = self.number("the header")?;
        }
        let [
            vocab,
            audio_ctx,
            audio_state,
            audio_head,
            audio_layers,
            text_ctx,
            ..,
        ] = h;
        let [.., text_state, text_head, text_layers, mels, ftype] = h;
        // The special tokens' numbers are fixed from 51864 entries on.
        within("vocabulary size", vocab, 51864, 60000)?;
        within("n_audio_ctx", audio_ctx, 1500, 1500)?;
        within("n_audio_state", audio_state, 16, 4096)?;
        within("n_audio_layer", audio_layers, 1, 64)?;
        within("n_text_ctx", text_ctx, 448, 448)?;
        within("n_text_state", text_state, audio_state, audio_state)?;
        within("n_text_layer", text_layers, 1, 64)?;
        for (what, heads) in [("n_audio_head", audio_head), ("n_text_head", text_head)] {
            if heads == 0 || heads > audio_state || audio_state % heads != 0 {
                let expected = format!("a divisor of the width {audio_state}");
                return Err(damaged(what, heads, expected));
            }
        }
        if mels != 80 && mels != 128 {
            return Err(damaged("n_mels", mels, "80 or 128"));
        }
        let quantisation = FILE_TYPES
            .iter()
            .find(|(number, _)| *number == ftype % 1000)
            .map(|(_, name)| *name)
            .filter(|_| ftype < 100_000)
            .ok_or_else(|| damaged("file type", ftype, "a known quantisation"))?;
        Ok(ModelFacts {
            vocab,
            audio_ctx,
            audio_state,
            audio_layers,
            text_layers,
            mels,
            quantisation,
            tensors: 0,
            bytes: self.bytes,
        })
    }

    fn mel_filters(&mut self, mels: u32) -> Result<(), GgmlError> {
        let n_mel = self.number("the mel filters")?;
        let n_fft = self.number("the mel filters")?;
        within("number of mel filters", n_mel, mels, mels)?;
        within("width of the mel filters", n_fft, 201, 201)?;
        self.skip(
            u64::from(n_mel) * u64::from(n_fft) * 4,
            "the mel filters".into(),
        )
    }

    fn vocabulary(&mut self, vocab: u32) -> Result<(), GgmlError> {
        let entries = self.number("the vocabulary")?;
        within("number of vocabulary entries", entries, 1, vocab)?;
        for _ in 0..entries {
            let len = self.number("the vocabulary")?;
            within("length of a vocabulary entry", len, 0, 1024)?;
            self.skip(u64::from(len), "the vocabulary".into())?;
        }
        Ok(())
    }

    fn tensors(&mut self) -> Result<u32, GgmlError> {
        let mut names: HashSet<Vec<u8>> = HashSet::new();
        while self.at < self.bytes {
            let dims = self.number("a tensor's header")?;
            let name_len = self.number("a tensor's header")?;
            let kind = self.number("a tensor's header")?;
            within("number of a tensor's dimensions", dims, 1, 4)?;
            within("length of a tensor's name", name_len, 1, 128)?;
            let (_, _, block, block_bytes) = TYPES
                .iter()
                .find(|(number, ..)| *number == kind)
                .ok_or_else(|| damaged("type of a tensor", kind, "a known element type"))?;
            let mut elements = 1u64;
            for _ in 0..dims {
                let n = self.number("a tensor's header")?;
                // whisper.cpp multiplies in 32 bits.
                elements *= u64::from(n);
                if n == 0 || elements > i32::MAX as u64 {
                    return Err(damaged("size of a tensor", elements, "1 to 2147483647"));
                }
            }
            let mut name = vec![0; name_len as usize];
            self.need(u64::from(name_len), || "a tensor's name".into())?;
            self.source.read_exact(&mut name).map_err(GgmlError::Io)?;
            self.at += u64::from(name_len);
            if !elements.is_multiple_of(*block) {
                let expected = format!("a multiple of {block} elements");
                return Err(damaged("size of a tensor", elements, expected));
            }
            let shown = format!("the tensor {}", String::from_utf8_lossy(&name));
            self.skip(elements / block * block_bytes, shown)?;
            if !names.insert(name) {
                return Err(damaged("a tensor", "there twice", "each one once"));
            }
        }
        Ok(names.len() as u32)
    }

    fn number(&mut self, inside: &str) -> Result<u32, GgmlError> {
        self.need(4, || inside.to_owned())?;
        let mut bytes = [0; 4];
        self.source.read_exact(&mut bytes).map_err(GgmlError::Io)?;
        self.at += 4;
        Ok(u32::from_le_bytes(bytes))
    }

    fn skip(&mut self, n: u64, inside: String) -> Result<(), GgmlError> {
        self.need(n, || inside)?;
        // Small skips stay inside the buffer.
        if n <= 256 {
            io::copy(&mut self.source.by_ref().take(n), &mut io::sink()).map_err(GgmlError::Io)?;
        } else {
            self.source
                .seek(SeekFrom::Current(n as i64))
                .map_err(GgmlError::Io)?;
        }
        self.at += n;
        Ok(())
    }

    fn need(&self, n: u64, inside: impl FnOnce() -> String) -> Result<(), GgmlError> {
        if n <= self.bytes - self.at {
            return Ok(());
        }
        Err(GgmlError::Truncated {
            bytes: self.bytes,
            inside: inside(),
            needs: self.at + n,
        })
    }
}

fn within(what: &str, found: u32, least: u32, most: u32) -> Result<(), GgmlError> {
    if (least..=most).contains(&found) {
        return Ok(());
    }
    let expected = if least == most {
        least.to_string()
    } else {
        format!("{least} to {most}")
    };
    Err(damaged(what, found, expected))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    /// A complete file of the smallest model that the check allows.
    pub(crate) fn tiny_model() -> Vec<u8> {
        let mut file = Vec::new();
        let mut put = |n: u32| file.extend(n.to_le_bytes());
        put(MAGIC);
        for n in [51864, 1500, 16, 1, 1, 448, 16, 1, 1, 80, 1] {
            put(n);
        }
        put(80);
        put(201);
        (0..80 * 201).for_each(|_| put(0));
        put(2);
        for _ in 0..2 {
            put(4);
            put(0x6162_6364);
        }
        for t in 0..11 + 15 + 24 {
            put(1);
            put(4);
            put(0);
            put(3);
            put(t);
            (0..3).for_each(|_| put(0));
        }
        file
    }

    fn verdict(file: &[u8]) -> Result<ModelFacts, GgmlError> {
        check(Cursor::new(file), file.len() as u64)
    }

    #[test]
    fn a_whole_file_tells_its_facts() {
        let facts = verdict(&tiny_model()).unwrap();
        assert_eq!((facts.tensors, facts.quantisation), (50, "f16"));
        assert!(facts.english_only());
    }

    #[test]
    fn every_cut_is_found() {
        let file = tiny_model();
        for end in 0..file.len() {
            let error = verdict(&file[..end]).unwrap_err().to_string();
            let told = match end {
                0 => "empty",
                1..4 => "not a ggml model",
                _ => "truncated",
            };
            assert!(error.contains(told), "cut at {end}: {error}");
        }
    }

    #[test]
    fn other_files_are_told_by_their_first_bytes() {
        for (file, told) in [
            (&b"GGUF...."[..], "GGUF"),
            (b"version https://git-lfs", "Git LFS"),
            (b"<!DOCTYPE html>", "web page"),
            (b"RIFF", "52 49 46 46"),
        ] {
            let error = verdict(file).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = verdict(&bytes);
        }

        #[test]
        fn no_changed_number_makes_it_panic(at in 0usize..2500, value in any::<u32>()) {
            let mut file = tiny_model();
            // Header, then vocabulary and tensors (the filters are zeros).
            let at = if at < 60 { at } else { file.len() - at };
            let end = (at + 4).min(file.len());
            file[at..end].copy_from_slice(&value.to_le_bytes()[..end - at]);
            let _ = verdict(&file);
        }
    }
}
