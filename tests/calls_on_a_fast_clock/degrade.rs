//! Where a part of a call dies, the call goes on without it: the recording
//! continues, the log says what failed, and the candidate can still answer.

use crate::calls::{RATE, Typist, engine, take};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use viva::event::*;
use viva::interview::score::Lexical;
use viva::record::{RecordReader, Trust, verify};
use viva::replay::rederive;
use viva::speech::scripted::{ScriptedRecognizer, SilentVoice};
use viva::speech::{Recognizer, SpeechError, Synthesizer};

/// A voice that speaks silently so often, then fails or panics.
struct Failing {
    after: u32,
    panics: bool,
}

impl Synthesizer for Failing {
    fn name(&self) -> String {
        "failing".into()
    }

    fn rate(&self) -> u32 {
        RATE as u32
    }

    fn speak(
        &mut self,
        sentence: &str,
        out: &mut dyn FnMut(&[f32]) -> ControlFlow<()>,
    ) -> Result<(), SpeechError> {
        if self.after > 0 {
            self.after -= 1;
            return SilentVoice.speak(sentence, out);
        }
        assert!(!self.panics, "the voice breaks");
        Err(SpeechError::Engine("The voice has no breath left".into()))
    }
}

/// Takes a whole interview; its record and the problems that were shown.
async fn interview(
    home: &Path,
    ears: Box<dyn Recognizer>,
    voice: Box<dyn Synthesizer>,
    speaks_first: bool,
) -> (PathBuf, Vec<String>) {
    let engine = engine(home).await;
    let typist = Typist {
        waits_for_a_problem: speaks_first,
        ..Typist::default()
    };
    let taken = take(home, &engine, &engine.url, (ears, voice), typist).await;
    let outcome = taken.outcome.unwrap();
    assert_eq!(outcome.reason, EndReason::Completed);
    engine.stop().await;
    (outcome.record.unwrap(), taken.problems)
}

/// What every such record must be: whole, derivable, recorded to its end,
/// with the problem of this part told once.
fn holds(record: &Path, part: &str) {
    assert_eq!(verify(record, &Trust::Any), []);
    let found = rederive(record, &Lexical).unwrap();
    assert!(found.follows() && found.complete, "{found:?}");
    let reader = RecordReader::open(record).unwrap();
    let log: Vec<Record> = reader.records().unwrap().map(Result::unwrap).collect();
    let problems: Vec<&Record> = log
        .iter()
        .filter(|r| matches!(&r.event, Event::Problem { part: p, .. } if p == part))
        .collect();
    assert_eq!(problems.len(), 1, "{problems:?}");
    // The interview went on after it.
    let typed = log.iter().filter(|r| {
        let typed = matches!(
            &r.event, Event::Input { input: Input::Utterance(u) } if u.source == Source::Typed
        );
        typed && r.seq > problems[0].seq
    });
    assert!(typed.count() >= 2);
    // Sound was kept to the end.
    let end = reader.manifest().unwrap().audio.as_ref().unwrap().samples;
    let last = log.last().unwrap().at.millis();
    assert!(end * 1000 / RATE + 2_000 > last, "{end} samples, {last} ms");
    let gaps = log
        .iter()
        .filter(|r| matches!(&r.event, Event::Gap { why, .. } if why != "before consent"));
    assert_eq!(gaps.count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recogniser_that_dies_leaves_the_recording_and_the_keyboard() {
    for panics in [false, true] {
        let home = tempfile::tempdir().unwrap();
        let ears = ScriptedRecognizer::by(Box::new(move |_, _| {
            assert!(!panics, "the recogniser breaks");
            Err(SpeechError::Engine("The recogniser hears nothing".into()))
        }));
        let (record, shown) =
            interview(home.path(), Box::new(ears), Box::new(SilentVoice), true).await;
        holds(&record, "recogniser");
        assert!(shown.iter().any(|m| m.contains("typed")), "{shown:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_voice_that_dies_leaves_the_recording_and_the_captions() {
    for panics in [false, true] {
        let home = tempfile::tempdir().unwrap();
        let ears = ScriptedRecognizer::texts([""; 0]);
        // The disclosure is heard; what follows is read.
        let voice = Failing { after: 6, panics };
        let (record, shown) = interview(home.path(), Box::new(ears), Box::new(voice), false).await;
        holds(&record, "voice");
        assert_eq!(shown.len(), 1, "{shown:?}");
    }
}
