//! Where an embedding model lies, and how one comes there.
//!
//! A model is a folder of two files, an ONNX file and its `tokenizer.json`,
//! with a `.sha256` beside each. Its publisher names no SHA-256 for both, so
//! there is no catalogue entry for it: it comes from a folder or an address
//! that the user names. A `SHA256SUMS` there (as `sha256sum` writes it) says
//! what the files must be, and from an address nothing is taken without one.
//! From a folder without one the sums are recorded as found, and the user is
//! told so.

use super::MeaningError;
use crate::speech::Cancel;
use crate::speech::download::{self, DownloadError, Request};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The model that Viva looks for: 384 features, 22 MB with 8-bit weights.
pub const NAME: &str = "all-MiniLM-L6-v2";
/// What it is for, in one line.
pub const NOTE: &str = "sentence meanings, for scores in documents; from a mirror that you name";
/// The sums of the files of a folder.
pub const SUMS: &str = "SHA256SUMS";
const TOKENIZER: &str = "tokenizer.json";
/// The ONNX file that is taken where there are several.
const MODEL: &str = "model.onnx";

/// A model's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// Name of the folder.
    pub name: String,
    /// The ONNX file.
    pub model: PathBuf,
    /// Its tokenizer.
    pub tokenizer: PathBuf,
}

impl Installed {
    /// The model in `folder`.
    ///
    /// # Errors
    ///
    /// [`MeaningError::Missing`] where one of its files is not there.
    pub fn at(folder: &Path) -> Result<Self, MeaningError> {
        let missing = |missing| MeaningError::Missing {
            folder: folder.display().to_string(),
            missing,
        };
        let entries = std::fs::read_dir(folder).map_err(|_| missing("the folder"))?;
        let names = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect::<Vec<_>>();
        let model = onnx(&names).ok_or_else(|| missing("a .onnx file"))?;
        let tokenizer = folder.join(TOKENIZER);
        if !tokenizer.is_file() {
            return Err(missing(TOKENIZER));
        }
        let absolute = folder.canonicalize();
        let named = absolute.as_deref().unwrap_or(folder).file_name();
        Ok(Self {
            name: named.map_or_else(|| NAME.to_owned(), |n| n.to_string_lossy().into_owned()),
            model: folder.join(model),
            tokenizer,
        })
    }

    /// Both files.
    pub fn files(&self) -> [&Path; 2] {
        [&self.model, &self.tokenizer]
    }

    /// Length of both files, bytes.
    pub fn bytes(&self) -> u64 {
        let length = |file: &Path| std::fs::metadata(file).map_or(0, |m| m.len());
        self.files().into_iter().map(length).sum()
    }
}

/// The model in the first of `places` that has it.
pub fn find(places: &[PathBuf]) -> Option<Installed> {
    places
        .iter()
        .find_map(|place| Installed::at(&place.join(NAME)).ok())
}

/// The ONNX file among names: `model.onnx`, else the first by its name.
fn onnx(names: &[String]) -> Option<&String> {
    let mut found: Vec<&String> = names.iter().filter(|n| n.ends_with(".onnx")).collect();
    found.sort();
    let best = found.iter().find(|name| *name == &MODEL);
    best.or_else(|| found.first()).copied()
}

/// Why a model could not be installed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// A file could not be fetched, read, written, or differs.
    #[error(transparent)]
    Download(#[from] DownloadError),
    /// The source holds no model.
    #[error(transparent)]
    Source(#[from] MeaningError),
    /// The sums do not name both files.
    #[error(
        "{source_of} names {found}, expected the SHA-256 of a .onnx file and of tokenizer.json"
    )]
    Sums {
        /// The list.
        source_of: String,
        /// What it names.
        found: String,
    },
}

/// What an installation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Where the model lies now.
    pub installed: Installed,
    /// The SHA-256 of its files, in the order of [`Installed::files`].
    pub sums: [String; 2],
    /// Whether the sums were only recorded, since the source names none.
    pub recorded: bool,
    /// Bytes that this run brought; 0 where all was there.
    pub fetched: u64,
}

/// Brings the model from `source`, a folder or a web address, into
/// `folder/all-MiniLM-L6-v2`. `progress` gets the bytes of one file that are
/// there, and of all, where that is known.
///
/// # Errors
///
/// [`InstallError`]; no file gets its name before its sum was checked.
pub fn install(
    source: &str,
    folder: &Path,
    force: bool,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<Fetched, InstallError> {
    let target = folder.join(NAME);
    if source.starts_with("http://") || source.starts_with("https://") {
        let (address, sums) = sums_of(source)?;
        return fetch(&address, &sums, &target, force, progress);
    }
    copy(Path::new(source), &target, force)
}

/// The address that holds the files, itself or its folder of the model's
/// name, and its list of sums.
fn sums_of(source: &str) -> Result<(String, String), InstallError> {
    let source = source.trim_end_matches('/');
    let inside = format!("{source}/{NAME}");
    match download::fetch_text(&format!("{inside}/{SUMS}")) {
        Ok(sums) => Ok((inside, sums)),
        Err(DownloadError::Status { status: 404, .. }) => {
            let sums = download::fetch_text(&format!("{source}/{SUMS}"))?;
            Ok((source.to_owned(), sums))
        }
        Err(other) => Err(other.into()),
    }
}

fn fetch(
    address: &str,
    sums: &str,
    target: &Path,
    force: bool,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<Fetched, InstallError> {
    let wanted = wanted(&format!("{address}/{SUMS}"), sums)?;
    let mut fetched = 0;
    for (file, sum) in &wanted {
        let request = Request {
            name: file.clone(),
            mirror: address.to_owned(),
            folder: target.to_owned(),
            force,
            bytes: None,
            sha256: Some(sum.clone()),
            pause: Duration::from_secs(2),
            cancel: Cancel::default(),
        };
        fetched += download::fetch_file(&request, file, progress)?.fetched;
    }
    let [model, tokenizer] = wanted;
    Ok(Fetched {
        installed: Installed {
            name: NAME.to_owned(),
            model: target.join(model.0),
            tokenizer: target.join(tokenizer.0),
        },
        sums: [model.1, tokenizer.1],
        recorded: false,
        fetched,
    })
}

fn copy(from: &Path, target: &Path, force: bool) -> Result<Fetched, InstallError> {
    let nested = from.join(NAME);
    let from = if nested.is_dir() { &nested } else { from };
    let source = Installed::at(from)?;
    let list = from.join(SUMS);
    let sums = match std::fs::read_to_string(&list) {
        Ok(text) => Some(wanted(&list.display().to_string(), &text)?),
        Err(_) => None,
    };
    let mut found = Vec::new();
    let mut fetched = 0;
    for file in source.files() {
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let expected = match &sums {
            Some(sums) => {
                let named = sums.iter().find(|(file, _)| *file == name);
                Some(
                    named
                        .map(|(_, sum)| sum.clone())
                        .ok_or_else(|| InstallError::Sums {
                            source_of: list.display().to_string(),
                            found: format!("no {name}"),
                        })?,
                )
            }
            None => None,
        };
        let (sum, bytes) = download::copy_file(file, target, expected.as_deref(), force)?;
        fetched += bytes;
        found.push(sum);
    }
    let [model, tokenizer] = [&source.model, &source.tokenizer]
        .map(|file| target.join(file.file_name().unwrap_or_default()));
    let mut found = found.into_iter();
    Ok(Fetched {
        installed: Installed {
            name: NAME.to_owned(),
            model,
            tokenizer,
        },
        sums: [(); 2].map(|()| found.next().unwrap_or_default()),
        recorded: sums.is_none(),
        fetched,
    })
}

/// The two files that a list of sums must name, each with its sum.
fn wanted(list: &str, text: &str) -> Result<[(String, String); 2], InstallError> {
    let mut sums: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        let Some((sum, file)) = line.trim().split_once([' ', '\t']) else {
            continue;
        };
        let file = file
            .trim_start()
            .trim_start_matches('*')
            .trim_start_matches("./");
        let whole = sum.len() == 64 && sum.bytes().all(|b| b.is_ascii_hexdigit());
        if whole && !file.contains('/') {
            sums.push((file.to_owned(), sum.to_ascii_lowercase()));
        }
    }
    let names: Vec<String> = sums.iter().map(|(file, _)| file.clone()).collect();
    let of = |name: &str| sums.iter().find(|(file, _)| file == name).cloned();
    let model = onnx(&names).and_then(|name| of(name));
    match (model, of(TOKENIZER)) {
        (Some(model), Some(tokenizer)) => Ok([model, tokenizer]),
        _ => Err(InstallError::Sums {
            source_of: list.to_owned(),
            found: if names.is_empty() {
                "no file".to_owned()
            } else {
                names.join(", ")
            },
        }),
    }
}

/// What a check of one file came to: whether it is whole, and why.
///
/// # Errors
///
/// Where the file cannot be read.
pub fn verify(file: &Path) -> Result<(bool, String), DownloadError> {
    let found = download::sha256_of(file)?;
    Ok(match download::sum_beside(file) {
        Some(expected) if expected == found => (
            true,
            "whole, SHA-256 as in the .sha256 file beside it".to_owned(),
        ),
        Some(expected) => (
            false,
            format!(
                "differs: SHA-256 is {found}, expected {expected} (from the .sha256 file beside it)"
            ),
        ),
        None => (true, "there; no SHA-256 is known for it".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_sums_must_name_both_files() {
        let sum = "0".repeat(64);
        let good = format!("{sum}  model_int8.onnx\n{sum} *tokenizer.json\nnonsense\n");
        let [model, tokenizer] = wanted("here", &good).unwrap();
        assert_eq!(
            (model.0.as_str(), tokenizer.0.as_str()),
            ("model_int8.onnx", "tokenizer.json")
        );
        for bad in [
            String::new(),
            format!("{sum}  tokenizer.json\n"),
            format!("{sum}  ../model.onnx\n{sum}  tokenizer.json\n"),
            "short  model.onnx\n".to_owned(),
        ] {
            let told = wanted("here", &bad).unwrap_err().to_string();
            assert!(told.contains("here names"), "{told}");
        }
    }

    #[test]
    fn a_folder_without_a_file_says_which() {
        let dir = tempfile::tempdir().unwrap();
        let told = |dir: &Path| Installed::at(dir).unwrap_err().to_string();
        assert!(told(&dir.path().join("absent")).contains("the folder is missing"));
        assert!(told(dir.path()).contains("a .onnx file is missing"));
        std::fs::write(dir.path().join("x.onnx"), b"x").unwrap();
        assert!(told(dir.path()).contains("tokenizer.json is missing"));
        std::fs::write(dir.path().join("tokenizer.json"), b"x").unwrap();
        assert!(Installed::at(dir.path()).unwrap().model.ends_with("x.onnx"));
    }
}
