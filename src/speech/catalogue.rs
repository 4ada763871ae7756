//! The Whisper models that Viva knows: files of the `ggerganov/whisper.cpp`
//! repository on Hugging Face, with their exact sizes and SHA-256 sums.
//!
//! The sums are those of the repository's Git LFS objects, cross-checked
//! against several independent public lock files. A name that is not listed
//! can be fetched too; its sum is then taken from the server's answer.

/// Where the files come from unless a mirror is set.
pub const HUGGING_FACE: &str = "https://huggingface.co/ggerganov/whisper.cpp/resolve/main";

/// One known model file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownModel {
    /// The name by which it is asked for, such as `base.en-q5_1`.
    pub name: &'static str,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its SHA-256, in lower-case hexadecimal.
    pub sha256: &'static str,
    /// One line on what it is good for.
    pub note: &'static str,
}

impl KnownModel {
    /// Name of the file.
    pub fn file(&self) -> String {
        file_name(self.name)
    }
}

/// All known models, in the order in which an installed one is preferred
/// where none is asked for: the best that keeps up with a conversation on a
/// processor first. The large ones come last, since they are too slow there.
pub const KNOWN: [KnownModel; 12] = [
    KnownModel {
        name: "small.en",
        bytes: 487_614_201,
        sha256: "c6138d6d58ecc8322097e0f987c32f1be8bb0a18532a3f88f734d1bbf9c41e5d",
        note: "English; good with technical words; four fast cores or more",
    },
    KnownModel {
        name: "small.en-q8_0",
        bytes: 264_477_561,
        sha256: "67a179f608ea6114bd3fdb9060e762b588a3fb3bd00c4387971be4d177958067",
        note: "English; as small.en at half the size",
    },
    KnownModel {
        name: "small.en-q5_1",
        bytes: 190_098_681,
        sha256: "bfdff4894dcb76bbf647d56263ea2a96645423f1669176f4844a1bf8e478ad30",
        note: "English; nearly as small.en, least memory",
    },
    KnownModel {
        name: "base.en",
        bytes: 147_964_211,
        sha256: "a03779c86df3323075f5e796cb2ce5029f00ec8869eee3fdfb897afe36c6d002",
        note: "English; a good start on most machines",
    },
    KnownModel {
        name: "base.en-q8_0",
        bytes: 81_781_811,
        sha256: "a4d4a0768075e13cfd7e19df3ae2dbc4a68d37d36a7dad45e8410c9a34f8c87e",
        note: "English; as base.en at half the size",
    },
    KnownModel {
        name: "base.en-q5_1",
        bytes: 59_721_011,
        sha256: "4baf70dd0d7c4247ba2b81fafd9c01005ac77c2f9ef064e00dcf195d0e2fdd2f",
        note: "English; nearly as base.en, small download",
    },
    KnownModel {
        name: "tiny.en",
        bytes: 77_704_715,
        sha256: "921e4cf8686fdd993dcd081a5da5b6c365bfde1162e72b08d75ac75289920b1f",
        note: "English; fastest, misses technical words",
    },
    KnownModel {
        name: "tiny.en-q8_0",
        bytes: 43_550_795,
        sha256: "5bc2b3860aa151a4c6e7bb095e1fcce7cf12c7b020ca08dcec0c6d018bb7dd94",
        note: "English; as tiny.en at half the size",
    },
    KnownModel {
        name: "tiny.en-q5_1",
        bytes: 32_166_155,
        sha256: "c77c5766f1cef09b6b7d47f21b546cbddd4157886b3b5d6d4f709e91e66c7c2b",
        note: "English; the smallest download",
    },
    KnownModel {
        name: "large-v3-turbo-q5_0",
        bytes: 574_041_195,
        sha256: "394221709cd5ad1f40c46e6031ca61bce88931e6e088c188294c6d5a55ffa7e2",
        note: "99 languages; best text, slow without a graphics processor",
    },
    KnownModel {
        name: "large-v3-turbo-q8_0",
        bytes: 874_188_075,
        sha256: "317eb69c11673c9de1e1f0d459b253999804ec71ac4c23c17ecf5fbe24e259a1",
        note: "99 languages; best text, slow without a graphics processor",
    },
    KnownModel {
        name: "large-v3-turbo",
        bytes: 1_624_555_275,
        sha256: "1fc70f774d38eb169993ac391eea357ef47c88757ef72ee5943879b7e8e2bc69",
        note: "99 languages; best text, slow without a graphics processor",
    },
];

/// The file of the model `name`: `base.en`, `ggml-base.en` and
/// `ggml-base.en.bin` all are `ggml-base.en.bin`.
pub fn file_name(name: &str) -> String {
    format!("ggml-{}.bin", short_name(name))
}

/// The name without `ggml-` and `.bin`.
pub fn short_name(name: &str) -> &str {
    let name = name.strip_suffix(".bin").unwrap_or(name);
    name.strip_prefix("ggml-").unwrap_or(name)
}

/// The known model of this name or file name.
pub fn known(name: &str) -> Option<&'static KnownModel> {
    let name = short_name(name);
    KNOWN.iter().find(|model| model.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_well_formed_and_unique() {
        let mut sums: Vec<&str> = KNOWN.iter().map(|m| m.sha256).collect();
        sums.sort_unstable();
        sums.dedup();
        assert_eq!(sums.len(), KNOWN.len());
        for model in &KNOWN {
            assert_eq!(
                hex::decode(model.sha256).unwrap().len(),
                32,
                "{}",
                model.name
            );
            assert_eq!(known(&model.file()), Some(model));
        }
    }

    #[test]
    fn a_model_is_found_by_each_form_of_its_name() {
        for name in ["base.en", "ggml-base.en", "ggml-base.en.bin"] {
            assert_eq!(known(name).unwrap().name, "base.en");
        }
        assert_eq!(known("base"), None);
        assert_eq!(file_name("starter-q5_1"), "ggml-starter-q5_1.bin");
    }
}
