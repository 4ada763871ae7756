//! The few functions and structures of flite 2.x that are used, as its C
//! headers declare them (`flite.h`, `cst_audio.h`, `cst_wave.h`,
//! `cst_voice.h`). What is never looked into stays an opaque pointer.

#![allow(unsafe_code, reason = "declarations of foreign functions")]

use std::ffi::{c_char, c_float, c_int, c_short, c_uint, c_void};

/// `cst_wave`: samples, perhaps still being filled.
#[repr(C)]
pub(super) struct Wave {
    pub kind: *const c_char,
    pub sample_rate: c_int,
    pub num_samples: c_int,
    pub num_channels: c_int,
    pub samples: *mut c_short,
}

/// `cst_audio_streaming_info`.
#[repr(C)]
pub(super) struct StreamingInfo {
    pub min_buffsize: c_int,
    pub callback: Option<StreamCallback>,
    pub utterance: *const c_void,
    pub item: *const c_void,
    pub userdata: *mut c_void,
}

/// Gets `size` samples from `start` on; anything but 0 stops the synthesis.
pub(super) type StreamCallback =
    unsafe extern "C" fn(*const Wave, c_int, c_int, c_int, *mut StreamingInfo) -> c_int;

/// `cst_voice`; the fields after these are not used.
#[repr(C)]
pub(super) struct Voice {
    pub name: *const c_char,
    pub features: *mut Features,
}

/// `cst_utterance`.
#[repr(C)]
pub(super) struct Utterance {
    pub features: *mut Features,
}

/// `cst_features`.
#[repr(C)]
pub(super) struct Features {
    _opaque: [u8; 0],
}

/// `cst_val`.
#[repr(C)]
pub(super) struct Value {
    _opaque: [u8; 0],
}

/// `cst_uttfunc`.
pub(super) type Step = unsafe extern "C" fn(*mut Utterance) -> *mut Utterance;

pub(super) const GO_ON: c_int = 0;
pub(super) const STOP: c_int = -1;

unsafe extern "C" {
    pub(super) fn flite_init() -> c_int;
    pub(super) fn register_cmu_us_slt(folder: *const c_char) -> *mut Voice;
    pub(super) fn register_cmu_us_rms(folder: *const c_char) -> *mut Voice;
    pub(super) fn register_cmu_us_awb(folder: *const c_char) -> *mut Voice;
    pub(super) fn register_cmu_us_kal16(folder: *const c_char) -> *mut Voice;

    /// The C library's; flite's excitation noise comes from its `rand`.
    pub(super) fn srand(seed: c_uint);

    pub(super) fn new_utterance() -> *mut Utterance;
    pub(super) fn delete_utterance(utterance: *mut Utterance);
    pub(super) fn utt_set_input_text(utterance: *mut Utterance, text: *const c_char) -> c_int;
    pub(super) fn utt_synth(utterance: *mut Utterance) -> *mut Utterance;
    /// Frees the utterance and returns null where the synthesis fails.
    pub(super) fn flite_do_synth(
        utterance: *mut Utterance,
        voice: *mut Voice,
        step: Step,
    ) -> *mut Utterance;

    pub(super) fn new_audio_streaming_info() -> *mut StreamingInfo;
    pub(super) fn audio_streaming_info_val(info: *mut StreamingInfo) -> *mut Value;
    pub(super) fn feat_set(features: *mut Features, name: *const c_char, value: *const Value);
    pub(super) fn flite_feat_set_float(
        features: *mut Features,
        name: *const c_char,
        value: c_float,
    );
    pub(super) fn flite_get_param_float(
        features: *const Features,
        name: *const c_char,
        default: c_float,
    ) -> c_float;
}
