//! The wire between the candidate's side and the engine: websocket,
//! subprotocol [`SUBPROTOCOL`]. Text frames are JSON tagged by `type`, with
//! unknown fields ignored; binary frames are audio.
//!
//! The client numbers its messages from 1 without a hole; the server appends
//! each to the log, sends whatever follows from it, and only then
//! acknowledges it. The server's outputs carry their number in the log.
//!
//! While a pause is still being judged the client may ask what would be
//! said if it were the end ([`ClientMessage::Prepare`]). These two messages
//! have no number and are no part of the session: they are neither logged nor
//! acted on, may be lost, and are not sent again.
//!
//! After a break a hello with [`Resume`] goes on with the session: its number
//! of kept messages comes back, and both sides send again what the other
//! does not have, so nothing is lost or doubled.
//!
//! # Audio frame
//!
//! | bytes | content |
//! |-|-|
//! | 0 | frame version, 1 |
//! | 1 | track: 0 near end, 1 far end |
//! | 2-3 | zero |
//! | 4-7 | frame number within the track, from 0, little endian |
//! | 8-15 | position of the first sample (16 kHz), little endian |
//! | 16- | samples, signed 16 bit, little endian |

use crate::clock::SessionTime;
use crate::event::{
    Accommodations, ClientFacts, EndReason, Event, Input, Output, Settings, Stage, Told, Track,
    Utterance, UtteranceId,
};
use serde::{Deserialize, Serialize};

/// Name of the websocket subprotocol.
pub const SUBPROTOCOL: &str = "viva.v1";
/// Version of the messages; both sides must have the same.
pub const VERSION: u32 = 1;
/// Largest text message, in bytes.
pub const MAX_TEXT: usize = 512 * 1024;
/// Largest audio frame: 2 s.
pub const MAX_AUDIO: usize = AUDIO_HEADER + 2 * 2 * 16_000;
const AUDIO_HEADER: usize = 16;

/// A document as it was read: the name tells its format.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// File name.
    pub name: String,
    /// The text.
    pub text: String,
}

/// What the candidate's side asks the engine to prepare.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct SetupRequest {
    /// The job.
    pub job: Document,
    /// The résumé.
    #[serde(default)]
    pub resume: Option<Document>,
    /// The candidate's name, where it is not the résumé's.
    #[serde(default)]
    pub candidate: Option<String>,
    /// The recruiter's own question banks. Their questions are preferred
    /// where they fit the job, and take the place of built-in ones of the
    /// same id.
    #[serde(default)]
    pub bank: Vec<Document>,
    /// Whether only the own banks are asked from, without the built-in one.
    #[serde(default)]
    pub bank_alone: bool,
    /// How the interview is to be held.
    #[serde(default)]
    pub settings: Settings,
}

/// Asks for an interrupted session to go on.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Resume {
    /// The session's id.
    pub session: String,
    /// What this side still has of it. Nothing where it starts anew: then
    /// the interviewer is told, and asks again what is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has: Option<Has>,
}

/// What a candidate's side that only lost its connection still has. It sends
/// again whatever the welcome does not count as kept, under the old numbers.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Has {
    /// Number in the log of the last output that it got, 0 for none; those
    /// after it are sent again.
    pub outputs: u64,
    /// Where its sample clock is now.
    pub samples: u64,
}

/// How a resumed session stands.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq)]
pub struct Resumed {
    /// Client messages that are on the log; the next one carries the number
    /// after this.
    pub heard: u64,
    /// Samples that are on disk.
    pub kept: u64,
    /// Position of the sample that a new sample clock counts as its first:
    /// session time and recording stay together.
    pub first_sample: u64,
    /// Whether consent was given, so that audio is to be sent.
    pub recording: bool,
    /// The highest utterance number.
    pub utterances: UtteranceId,
    /// The accommodation that was agreed on; see
    /// [`Settings::pause_factor`].
    pub pause_factor: f32,
}

/// From the candidate's side to the engine.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    /// What was agreed on for this candidate? May come before the hello, so
    /// that no microphone is opened which nobody wants. Answered with
    /// [`ServerMessage::Accommodations`]; nothing is begun by it.
    Accommodations {
        /// [`VERSION`].
        protocol: u32,
        /// The interrupted session that is to go on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<String>,
    },
    /// First message of a session.
    Hello {
        /// [`VERSION`].
        protocol: u32,
        /// What the candidate's side runs on.
        client: ClientFacts,
        /// What to prepare; not looked at where a session is resumed.
        #[serde(default)]
        setup: Box<SetupRequest>,
        /// The interrupted session that is to go on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resume: Option<Resume>,
    },
    /// Something for the interviewer.
    Input {
        /// Number of the message.
        seq: u64,
        /// What.
        input: Input,
    },
    /// Something for the log alone: gaps, turn times, played lines, problems.
    Fact {
        /// Number of the message.
        seq: u64,
        /// What.
        event: Event,
    },
    /// What would be said to this? Answered with [`ServerMessage::Prepared`]
    /// and forgotten; whatever is really said comes as an input.
    Prepare {
        /// Comes back with the answer.
        draft: u32,
        /// What the candidate has said, if nothing follows.
        utterance: Utterance,
    },
    /// What was understood so far, for whoever watches. Not numbered, not
    /// logged, not sent again.
    Partial {
        /// The text; may change.
        text: String,
    },
    /// Loudness in dB of full scale, for whoever watches; as above.
    Level {
        /// Microphone.
        near_db: f32,
        /// Speaker.
        far_db: f32,
    },
    /// Everything was sent; the record may be finished.
    Bye {
        /// Number of the message.
        seq: u64,
        /// Length of the recording in samples.
        samples: u64,
    },
}

/// From the engine to the candidate's side.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// What was agreed on, and set in the session so far; nothing where the
    /// engine knows of nothing, because the caller says it in the hello.
    Accommodations {
        /// What.
        agreed: Option<Accommodations>,
    },
    /// Answer to `Hello`.
    Welcome {
        /// [`VERSION`].
        protocol: u32,
        /// Program name and version.
        server: String,
        /// The session's id.
        session: String,
        /// Name of the candidate.
        candidate: String,
        /// Title of the job.
        position: String,
        /// The job's company.
        company: Option<String>,
        /// How many questions are planned.
        questions: u32,
        /// Words that are likely to come up: hints for the recogniser.
        vocabulary: Vec<String>,
        /// The accommodation that was agreed on; see
        /// [`Settings::pause_factor`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pause_factor: Option<f32>,
        /// Where an interrupted session goes on: how it stands.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resumed: Option<Resumed>,
    },
    /// Something that the interviewer does.
    Output {
        /// Its number in the log.
        seq: u64,
        /// What.
        output: Output,
        /// Where it is a line that asks for something: words that are likely
        /// to come up in the answer, most relevant first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        vocabulary: Vec<String>,
    },
    /// What would be said; none of it is to be spoken unless it comes as an
    /// output. Empty where nothing would be said, and where the engine has
    /// no time to prepare.
    Prepared {
        /// The question's.
        draft: u32,
        /// The lines' texts.
        texts: Vec<String>,
        /// How much of what was asked for this and the answer before it tell:
        /// the candidate's program waits longer where more is to be expected.
        /// Nothing where that is not known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        told: Option<Told>,
    },
    /// Client message `seq` is on the log and was acted on.
    Ack {
        /// Number of the message.
        seq: u64,
    },
    /// Both tracks are on disk up to this sample.
    AudioAck {
        /// Samples since the audio began.
        samples: u64,
    },
    /// Where the interview stands.
    Status {
        /// Where in the course.
        stage: Stage,
        /// Time that is left.
        left: SessionTime,
        /// How long the pause that goes on may last; nothing where none does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pause: Option<SessionTime>,
    },
    /// The record is finished.
    Done {
        /// Why the interview ended.
        reason: EndReason,
        /// Folder of the record, where both sides are on one machine.
        record: Option<String>,
    },
    /// The session of this invitation was begun already: it goes on by a
    /// hello that resumes it. The connection ends.
    Begun {
        /// Its id.
        session: String,
    },
    /// Who follows the call now; empty where nobody does.
    Listening {
        /// Their roles, one for each.
        roles: Vec<String>,
    },
    /// The message could not be accepted; the connection ends if `fatal`.
    Error {
        /// What kind of refusal.
        code: ErrorCode,
        /// One sentence for a person.
        message: String,
        /// Whether the connection ends.
        fatal: bool,
    },
}

/// Kinds of refusal.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The two sides speak different versions.
    Version,
    /// Not JSON, or not a message of this protocol.
    Malformed,
    /// A message that has no place here.
    Unexpected,
    /// Too large, too fast or too many.
    Limit,
    /// The job, résumé, bank or settings cannot be used.
    Setup,
    /// Audio before consent.
    NoConsent,
    /// The session cannot be resumed: there is none of this id, or it is over.
    Resume,
    /// Another process has the session.
    Busy,
    /// No right to do this.
    Denied,
    /// The record cannot be written.
    Record,
    /// The engine is stopping.
    Stopping,
}

/// One audio frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioFrame {
    /// Which side.
    pub track: Track,
    /// Number within the track, from 0.
    pub seq: u32,
    /// Position of the first sample.
    pub first_sample: u64,
    /// Samples.
    pub pcm: Vec<i16>,
}

/// Why bytes are no message.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum WireError {
    /// Not a JSON message of this protocol.
    #[error("Not a {SUBPROTOCOL} message: {0}")]
    Json(String),
    /// The frame is shorter than its header, or cuts a sample in two.
    #[error("Audio frame of {0} bytes: expected {AUDIO_HEADER} and an even number more")]
    Length(usize),
    /// The frame is larger than allowed.
    #[error("Message of {found} bytes: at most {max} are allowed")]
    TooLarge {
        /// Bytes.
        found: usize,
        /// Limit in bytes.
        max: usize,
    },
    /// An unknown version of the audio frame.
    #[error("Audio frame of version {0}: expected 1")]
    FrameVersion(u8),
    /// A track that there is not.
    #[error("Audio frame for track {0}: expected 0 or 1")]
    Track(u8),
}

impl AudioFrame {
    /// The frame's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(AUDIO_HEADER + 2 * self.pcm.len());
        bytes.extend_from_slice(&[1, u8::from(self.track == Track::Far), 0, 0]);
        bytes.extend_from_slice(&self.seq.to_le_bytes());
        bytes.extend_from_slice(&self.first_sample.to_le_bytes());
        bytes.extend(self.pcm.iter().flat_map(|s| s.to_le_bytes()));
        bytes
    }

    /// The frame from its bytes.
    ///
    /// # Errors
    ///
    /// Where the bytes are no audio frame, or too many.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        if bytes.len() > MAX_AUDIO {
            return Err(WireError::TooLarge {
                found: bytes.len(),
                max: MAX_AUDIO,
            });
        }
        let Some((head, pcm)) = bytes.split_first_chunk::<AUDIO_HEADER>() else {
            return Err(WireError::Length(bytes.len()));
        };
        if pcm.len() % 2 != 0 {
            return Err(WireError::Length(bytes.len()));
        }
        if head[0] != 1 {
            return Err(WireError::FrameVersion(head[0]));
        }
        let track = match head[1] {
            0 => Track::Near,
            1 => Track::Far,
            other => return Err(WireError::Track(other)),
        };
        let [_, _, _, _, s0, s1, s2, s3, first @ ..] = *head;
        Ok(Self {
            track,
            seq: u32::from_le_bytes([s0, s1, s2, s3]),
            first_sample: u64::from_le_bytes(first),
            pcm: pcm
                .chunks_exact(2)
                .map(|b| i16::from_le_bytes([b[0], b[1]]))
                .collect(),
        })
    }
}

/// A message as a text frame.
pub fn encode(message: &impl Serialize) -> String {
    // Every message is made of plain structs with string keys.
    serde_json::to_string(message).unwrap_or_default()
}

/// A message from a text frame.
///
/// # Errors
///
/// Where the text is too large or no message of this protocol.
pub fn decode<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, WireError> {
    if text.len() > MAX_TEXT {
        return Err(WireError::TooLarge {
            found: text.len(),
            max: MAX_TEXT,
        });
    }
    serde_json::from_str(text).map_err(|e| WireError::Json(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_audio_frame_survives_the_wire(
            far: bool, seq: u32, first_sample: u64,
            pcm in proptest::collection::vec(any::<i16>(), 0..2000),
        ) {
            let track = if far { Track::Far } else { Track::Near };
            let frame = AudioFrame { track, seq, first_sample, pcm };
            prop_assert_eq!(AudioFrame::decode(&frame.encode()), Ok(frame));
        }

        #[test]
        fn any_bytes_are_a_frame_or_a_named_error(
            bytes in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            if let Ok(frame) = AudioFrame::decode(&bytes) {
                prop_assert_eq!(&frame.encode()[4..], &bytes[4..]);
            }
        }

        #[test]
        fn any_text_is_a_message_or_a_named_error(text in ".{0,200}") {
            let _ = decode::<ClientMessage>(&text);
            let _ = decode::<ServerMessage>(&text);
        }
    }

    #[test]
    fn unknown_fields_are_ignored_and_unknown_types_are_refused() {
        let ok = r#"{"type":"bye","seq":3,"samples":7,"later":true}"#;
        assert_eq!(decode(ok), Ok(ClientMessage::Bye { seq: 3, samples: 7 }));
        assert!(decode::<ClientMessage>(r#"{"type":"sing"}"#).is_err());
    }

    #[test]
    fn a_hello_of_before_sessions_could_be_resumed_still_parses() {
        let old = r#"{"type":"hello","protocol":1,"client":{"program":"p","model":"m","voice":"v",
            "microphone":"a","speaker":"b"},"setup":{"job":{"name":"j.txt","text":"Tester"}}}"#;
        let Ok(ClientMessage::Hello { setup, resume, .. }) = decode(old) else {
            panic!("expected a hello");
        };
        assert_eq!((setup.job.name.as_str(), resume), ("j.txt", None));
        let new = r#"{"type":"hello","protocol":1,"client":{"program":"p","model":"m","voice":"v",
            "microphone":"a","speaker":"b"},"resume":{"session":"S"}}"#;
        let Ok(ClientMessage::Hello { resume, .. }) = decode(new) else {
            panic!("expected a hello");
        };
        let expected = Resume {
            session: "S".into(),
            has: None,
        };
        assert_eq!(resume, Some(expected));
    }

    #[test]
    fn an_oversized_frame_is_refused_by_name() {
        let found = MAX_AUDIO + 2;
        assert_eq!(
            AudioFrame::decode(&vec![0; found]),
            Err(WireError::TooLarge {
                found,
                max: MAX_AUDIO
            })
        );
    }
}
