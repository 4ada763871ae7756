//! The wire: a message or a named error, and what was understood is sent as
//! the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rooms::protocol::{
    AudioFrame, ClientMessage, MAX_AUDIO, MAX_TEXT, ServerMessage, decode, encode,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

fuzz_target!(|data: &[u8]| {
    match AudioFrame::decode(data) {
        Ok(frame) => {
            let again = frame.encode();
            assert_eq!(again.len(), data.len());
            assert!(2 * frame.pcm.len() < data.len() && data.len() <= MAX_AUDIO);
            // Two bytes are kept for later, and read by nobody.
            assert_eq!((&again[..2], &again[4..]), (&data[..2], &data[4..]));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if let Ok(text) = std::str::from_utf8(data) {
        understood::<ClientMessage>(text);
        understood::<ServerMessage>(text);
    }
});

fn understood<T: Serialize + DeserializeOwned + PartialEq + Debug>(text: &str) {
    let Ok(message) = decode::<T>(text) else {
        return;
    };
    let sent = encode(&message);
    assert!(!sent.is_empty() && text.len() <= MAX_TEXT);
    match decode::<T>(&sent) {
        Ok(again) => assert_eq!(message, again),
        // A number beyond its type is read as endless, and is not sent.
        Err(e) => assert!(format!("{message:?}").contains("inf"), "{e}: {sent}"),
    }
}
