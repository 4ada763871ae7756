//! The session folder: what is said in one interview, kept so that a stranger
//! can check it. This page is the format's definition; the program follows it.
//!
//! # The folder
//!
//! `DATA/sessions/<id>/`, where `<id>` is a ULID in its canonical spelling:
//!
//! | file | holds | when written |
//! |-|-|-|
//! | `head.json` | who, job, versions, hashes, the interview's set-up ([`Head`]) | first |
//! | `events.jsonl` | the event log | line by line |
//! | `call.wav` | the recording | with consent, by the half second |
//! | `audio.chain` | a hash for every second of it | by the second |
//! | `documents/*` | what was derived from the log | at the end |
//! | `manifest.json` | the seal ([`Manifest`]) | last: with it the record is complete |
//! | `lock` | nothing; locked by the writer while it lives | gone with the seal |
//!
//! A folder without a manifest is a session that is being written (its `lock`
//! is locked) or that broke off; see *Interruptions*.
//!
//! All text is UTF-8, all hashes are SHA-256 in 64 lower-case hex digits, all
//! times are milliseconds. `head.json`, documents and the manifest are written
//! beside themselves (`.name.part`) and renamed, so they are whole or absent.
//! The log and the two audio files only grow (the WAV header's two sizes are
//! the one thing rewritten); nothing is changed after the seal.
//!
//! # `events.jsonl`
//!
//! One JSON object a line, ended by one newline (10):
//!
//! ```json
//! {"seq":1,"at":0,"prev":"6b86…","event":{"type":"input", …}}
//! ```
//!
//! `seq` counts from 1 without holes. `at` is the session time and never goes
//! back. `prev` is the hash of the bytes of the line before, without its
//! newline; in the first line, of the bytes of `head.json`. `event` is one
//! [`Event`](crate::event::Event). A last line without a newline was never
//! acknowledged and does not count.
//!
//! # `call.wav` and `audio.chain`
//!
//! A 44-byte RIFF/WAVE header (`fmt ` of 16 bytes, PCM) and 16-bit
//! little-endian frames at 16 kHz: left the candidate (near), right the
//! recruiter as heard (far). Frame *n* is sample *n* of the call on both
//! sides. Missing stretches, and everything before consent, are zeros, and
//! each is told by a `gap` event. The header is made valid at least every
//! half second; what lies behind the length that it states was not
//! acknowledged. 4 GiB, about 18 hours, is the most a file can hold.
//!
//! `audio.chain` has one JSON object a line for every second of frames, and
//! one for the last, shorter one:
//!
//! ```json
//! {"second":0,"samples":16000,"sha256":"…","chain":"…"}
//! ```
//!
//! `sha256` is the hash of the second's bytes in `call.wav`. `chain` is the
//! hash of 68 bytes: the value of `chain` in the line before (as 32 bytes; in
//! the first line, the hash of `head.json`), the 32 bytes of `sha256`, and
//! `samples` as four bytes, little-endian.
//!
//! # Interruptions
//!
//! A writer may die at any moment. Whoever finds the folder unlocked and
//! unsealed ([`RecordWriter::reopen`]) locks it and goes on where it is whole:
//!
//! - half a line at the end of `events.jsonl` or `audio.chain`, bytes behind
//!   the length that the header of `call.wav` states, and files named
//!   `.*.part` were never acknowledged and are removed; a header of which only
//!   one size was written is completed; nothing else is changed;
//! - missing lines of `audio.chain` are written from the seconds in `call.wav`;
//! - outputs that follow from the last inputs and were not written any more
//!   are written;
//! - an event `interrupted` is appended (`why`, `unix_ms` when it was noticed,
//!   `log_bytes` and `audio_bytes` that were removed), once for every
//!   interruption. An engine that only loses the candidate's side appends it
//!   itself.
//!
//! From there on the session is finished and sealed if the interview had
//! ended, or waits for its candidate. If he or she comes back, an event
//! `resumed` (`unix_ms`), the new side's `client` and an input `resumed` to the
//! interviewer follow. Session time and recording stand still in between: both
//! go on at the later of the last event and the last acknowledged frame, and
//! what is missing of the recording up to the first new sample is a gap on
//! both tracks. How long the interruption took on the wall's clock is told by
//! the two `unix_ms`. A recording that was closed (its chain ends with a
//! shorter second, or `audio_ended` is on the log) is not gone on with.
//!
//! A log that ends with `interrupted` and has no manifest is *interrupted*;
//! `verify` says so, and asks that every `resumed` follows an `interrupted`.
//! A log or recording that is not what a killed writer leaves (a changed line,
//! a recording shorter than its header says) is not touched.
//!
//! # `manifest.json`
//!
//! One line of JSON in the canonical form of RFC 8785 (no white space, members
//! sorted by name) and a newline, with the members of [`Manifest`]: `format`,
//! `session`, `program`, `files` (path, size and hash of every other file but
//! `lock`, sorted by path), `events` (`count`, `last` = hash of the last line,
//! `ended_ms`), `audio` (`rate`, `samples`, `chain` = the last value; or null),
//! `key` (`public` = the 32 bytes of an Ed25519 key in hex, `id` = the first 16
//! digits of the hash of those bytes) and `signature`: 64 bytes in hex, the
//! Ed25519 signature by that key over the canonical form of the same object
//! without its member `signature` (and without a newline).
//!
//! # Annexes
//!
//! What is stated about a record after its seal stands beside it, one file a
//! statement: `DATA/annexes/<id>/<ulid>-<kind>.json`. Each file is one line
//! in the canonical form of RFC 8785 and a newline, never changed, with the
//! members of [`Annex`]: `format` (1), `id` (the ULID of its name; ids grow
//! from annex to annex), `session`, `manifest` (hash of the bytes of the
//! record's `manifest.json`; null where there was none yet), `kind`,
//! `at_unix_ms`, `by`, `body`, `prev` (hash of the bytes of the file before;
//! null in the first), `key` and `signature` as in the manifest. Bodies hold
//! strings, whole numbers up to 2^53, lists and objects with ASCII names.
//!
//! `tip.json` beside them says in the same form how many there are (`count`)
//! and the hash of the last one (`last`), so that a missing end shows. It is
//! replaced after each new annex; where it is one behind, the writer was
//! killed between the two. `lock` is locked while one appends. What cannot
//! be seen from the folder itself: that all of it is gone, or all of it was
//! put back to an earlier day.
//!
//! # Time stamps
//!
//! A `timestamp` annex holds a token of RFC 3161 by an authority: `token` (the
//! DER bytes of its ContentInfo, in hex), and as read from it `time_unix_ms`,
//! `policy`, `serial` (hex) and `signer` (the subject of its certificate);
//! `authority` is the address that was asked. The token's imprint is the
//! SHA-256 of the bytes of `manifest.json`, the same as the annex's
//! `manifest`. It holds if its one signature (RSA or ECDSA on P-256, over
//! SHA-256 or longer) is by the certificate in it that the signer names by
//! SHA-256 (signingCertificateV2), that certificate was valid at the stamped
//! time, and its extended key usage is timeStamping alone and critical. Whose
//! certificate it is, only roots that are trusted where it is checked can
//! tell.
//!
//! # Corrections
//!
//! An annex of kind `correction` says what the candidate says was really said
//! in one utterance. Its body: `utterance` (the number), `original` (the text
//! as on the log), `original_sha256` (the hash of its bytes), `text` (said
//! instead) and `why` (or null). Of several about one utterance the last
//! stands. One with `withdraws` (the id of an earlier one) and without `text`
//! takes it back. Times of words, scores and sealed documents stay; what is
//! written later shows both texts.
//!
//! # The access log
//!
//! `DATA/access.jsonl`: one line for every read of records through the
//! program, flushed to the medium before a record is opened; a read that
//! cannot be logged does not happen. Listing sessions is no read of a record.
//! A record in some other folder is logged in the reader's own `DATA`.
//!
//! Each line is in the canonical form of RFC 8785, ended by one newline, with
//! the members of [`Access`](access::Access): `seq` (from 1 without holes),
//! `at_unix_ms`, `by`, `action` (the command), `sessions` (ids), `place`
//! (`data`, `redacted` for a redacted copy, `elsewhere`), `why` (or null),
//! `program`, `prev` (hash of the bytes of the line before without its
//! newline; null in the first), `key` and `signature` as in the manifest. It
//! names readers, never candidates: nothing is taken out when a record is
//! erased, and a reason that names the candidate is refused.
//!
//! `DATA/access.tip.json`, in the same form and signed alike, says how many
//! lines there are (`count`), where the last begins (`start`), their length
//! in bytes (`bytes`) and the hash of the last (`last`), so that a missing
//! end shows. It is replaced after each line; where it is one line behind,
//! the writer was killed between the two, and the next one counts that line
//! first. A last line without a newline was never acknowledged and is cut
//! off by the next writer. `access.lock` is locked while one appends. What
//! cannot be seen from the files: that both are gone, or both were put back
//! to an earlier day.
//!
//! # Erasure
//!
//! A `tombstone` annex is stated first. Its body names nobody but who erased:
//! `why`, `policy`, `program`, `events` and `audio` as in the manifest,
//! `sealed_by`, `files` and `bytes` (how much there was), `redactions`,
//! `problems` (what verification found before) and `annexes` (`file` and
//! `sha256` of every annex that goes with the record; the chain begins anew
//! at the tombstone, whose `prev` is one of them). Then the record, its
//! redacted copies and those annexes are removed, and an `erased` annex says
//! so. A tombstone without it is an erasure that goes on at the next start.
//!
//! # Redacted copies
//!
//! `DATA/redactions/<id>/<ulid>/` is a record like any other with one more
//! file, `redaction.json` ([`Link`]): the hash of the original's manifest,
//! who, why, and which samples hold the tone (`tones`: first, and first after
//! it). Outside them `call.wav` is the original's byte for byte. Its log has
//! the original's lines, times and numbers, with bars in the texts; its head
//! has no set-up. A `redaction` annex of the original names the copy and the
//! hash of its manifest.
//!
//! # Invariants
//!
//! 1. One writer a session: making the folder decides, the lock tells, for
//!    those that take it up again as well.
//! 2. When `append` returns, the event is kept.
//! 3. No audio file exists unless consent is on the log before it.
//! 4. [`RecordWriter::audio_written`] never counts a sample that a killed
//!    process would lose.
//! 5. Nothing here reads a clock: times come in.
//! 6. What was acknowledged is never changed or removed, by recovery neither.
//! 7. No silence is on disk that the log does not tell of, where gaps are
//!    appended between [`RecordWriter::push_audio`] and
//!    [`RecordWriter::write_audio`].

pub mod access;
mod agreed;
mod annex;
mod audio;
mod correct;
mod disk;
mod erase;
mod error;
mod head;
mod hold;
mod key;
mod lock;
mod log;
mod manifest;
mod reader;
mod recover;
mod redact;
mod retention;
mod sessions;
mod signed;
mod timestamp;
mod tracks;
mod trusted;
mod verify;
mod writer;

pub use agreed::accommodations;
pub use annex::{ANNEX_FORMAT, Annex, Annexes, Listed, annexes_dir, kind};
pub use correct::{BESIDE, Correction, correct, corrections, corrections_of, utterances, withdraw};
pub use disk::{check_writable, free_space};
pub(crate) use disk::{
    lock_file, private_dirs, private_file, read_json, replace_cached, replace_private,
};
pub use ed25519_dalek::VerifyingKey;
pub use erase::{Erased, GoneOn, Order, Step, erase, erased, finish_erasures};
pub use error::RecordError;
pub use head::{FORMAT, Head, check_id, comparable_name, new_session_id};
pub use hold::{Hold, holds, release};
pub use key::{SealKey, Trust, key_file, key_id, keys_dir, public_key_from_hex};
pub use manifest::{AudioEnd, EventsEnd, FileEntry, KeyEntry, Manifest, canonical, list_files};
pub use reader::{RecordReader, Records};
pub use recover::{Left, unsealed};
pub use redact::{
    BAR, Link, Redacted, Request as RedactRequest, Rules, Span, hide_name, locate_redaction,
    parse_span, read_link, redact, verify_redaction,
};
pub use retention::{Disclose, Policies, Policy, Standing, Verdict, standing, survey};
pub use sessions::{SessionState, SessionSummary, list, locate, sessions_dir, summary};
pub use timestamp::{Authority, Roots, Stamp, TimestampError, check_stamps, is_stamped, stamp};
pub use tracks::Gap;
pub use tracks::is_own as is_own_gap;
pub use trusted::{
    TrustedKey, distrust_key, public_key_from_pem, public_key_to_pem, trust_key, trusted_keys,
};
pub use verify::{Problem, ProblemKind, verify};
pub use writer::{Options, RecordWriter, SyncPolicy};

/// Sample rate of the recording, in Hz.
pub const RATE: u32 = 16_000;

/// Where a data folder keeps redacted copies.
pub fn redactions_dir(data_dir: &std::path::Path) -> std::path::PathBuf {
    data_dir.join("redactions")
}

const HEAD: &str = "head.json";
const EVENTS: &str = "events.jsonl";
/// Name of the recording in a record.
pub(crate) const CALL_WAV: &str = "call.wav";
const AUDIO_CHAIN: &str = "audio.chain";
/// Name of the folder of derived documents in a record.
pub(crate) const DOCUMENTS: &str = "documents";
const MANIFEST: &str = "manifest.json";
const LOCK: &str = "lock";
