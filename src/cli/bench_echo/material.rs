//! What is played and who speaks over it.

use super::rooms::Set;
use crate::audio::{RATE, read_wav_16k};
use crate::speech::voices::{DEFAULT_VOICE, open_voice};
use anyhow::ensure;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::ops::ControlFlow;
use std::path::Path;

/// What the recruiter says: the kinds of lines that an interview has.
const LINE: &str = "Hello, I am an automated interviewer, and this interview will be \
    recorded. With your permission I will ask you a few questions about your work. Do you agree \
    to be recorded? Thank you. To begin with, please tell me about yourself and your background. \
    Could you describe a project that you are proud of, and what your own part in it was? How \
    would you find the cause of a slow query in a large database? What does a load balancer do, \
    and how would you test it?";

/// The same for the rooms on which nothing was tuned.
const OTHER_LINE: &str = "Good morning and welcome. This is a recorded conversation with a computer \
    program about the position that you have applied for. May I begin? Great. What made you choose \
    your current field of work? Tell me about a time when you had to change a plan late in a \
    project. When would you prefer a message queue to a direct call between two services? And how \
    do you decide that a piece of software is ready to be released to its users?";

/// What candidates say over it.
const ANSWERS: [&str; 12] = [
    "I led the migration of our billing service to a new database and wrote the tests for it.",
    "First I would look at the query plan and check whether an index is missing.",
    "We measured the latency before and after the change, and it went down by half.",
    "My background is in computer science, and I have worked as a backend engineer for six years.",
    "A load balancer spreads requests over several servers so that none of them is overloaded.",
    "I was responsible for the deployment pipeline and for the monitoring of the whole system.",
    "The hardest part was to convince the other teams that the old interface had to go away.",
    "I usually write a small test that fails, and then I change the code until it passes.",
    "In my last job I reviewed the work of four people and planned the releases with them.",
    "Caching helps when the same data is read often and is allowed to be a little out of date.",
    "We found a memory leak in the parser, because the process grew by ten megabytes every hour.",
    "I would ask the customers what they need first and build the simplest version of that.",
];
const OTHER_ANSWERS: [&str; 12] = [
    "My first task there was to replace the printing service that nobody wanted to touch.",
    "Two of us split the work, and every morning we compared what we had learned so far.",
    "I prefer a queue when the receiver may be slow or may not be there for a few minutes.",
    "Because the numbers did not add up, I read the logs of the whole week once more.",
    "After three months the team was able to release every day instead of once a month.",
    "You can lock the row or you can check a version number before you write it back.",
    "I studied physics at first and only later moved to programming and to data analysis.",
    "The users complained about the search, so we measured which words found nothing at all.",
    "It is ready when the important cases are tested and somebody knows how to go back.",
    "My manager gave me a week, and I used half of it to understand the old program.",
    "We kept both versions running side by side until their results were the same.",
    "A good index makes reading faster but every new row becomes a little more expensive.",
];
const LISTENING: [&str; 6] = ["Yeah.", "Okay.", "Right.", "I see.", "Sure.", "Yes."];
const SHORT: [&str; 6] = ["Stop.", "Wait.", "Sorry?", "Excuse me.", "Hold on.", "No."];
/// Candidates' voices, none of which is the recruiter's.
const VOICES: [&str; 3] = ["rms", "awb", "kal"];
/// The recruiter's other voice, and the candidates' with it.
const OTHER_RECRUITER: &str = "awb";
const OTHER_VOICES: [&str; 3] = ["slt", "kal", "rms"];

/// Loudness of a line, and of a voice at the microphone, in dB of full scale:
/// a speaker at full level, and somebody half a metre away.
const LINE_DB: f32 = -20.0;
const VOICE_DB: f32 = -26.0;

/// Somebody's sound.
#[derive(Clone, Debug)]
pub(super) struct Over {
    pub(super) pcm: Vec<f32>,
    pub(super) text: String,
    /// Seconds after the line's begin.
    pub(super) after_s: f32,
}

/// Everything that is measured with.
pub(super) struct Material {
    pub(super) line: Vec<f32>,
    /// What the line says.
    pub(super) text: String,
    pub(super) over: Vec<Over>,
    pub(super) short: Vec<(&'static str, Vec<Over>)>,
}

impl Material {
    /// Recordings where given, made voices else.
    ///
    /// # Errors
    ///
    /// An unreadable or silent recording, or no voice in this build.
    pub(super) fn gather(
        set: Set,
        far: Option<&Path>,
        near: Option<&Path>,
        text: Option<&str>,
    ) -> anyhow::Result<Self> {
        let (recruiter, said, candidates, answers) = match set {
            Set::Tuned => (DEFAULT_VOICE, LINE, VOICES, ANSWERS),
            Set::HeldOut => (OTHER_RECRUITER, OTHER_LINE, OTHER_VOICES, OTHER_ANSWERS),
        };
        let line = match far {
            Some(path) => recording(path)?,
            None => at_level(spoken(recruiter, said)?, LINE_DB),
        };
        let voices = |texts: &[&str], step: f32| -> anyhow::Result<Vec<Over>> {
            let mut all = Vec::new();
            for (v, voice) in candidates.iter().enumerate() {
                for (t, text) in texts.iter().enumerate() {
                    let after_s = 4.0 + step * t as f32 + 0.37 * v as f32;
                    let pcm = at_level(spoken(voice, text)?, VOICE_DB);
                    let text = (*text).to_owned();
                    all.push(Over { pcm, text, after_s });
                }
            }
            Ok(all)
        };
        let over = match near {
            Some(path) => vec![Over {
                pcm: recording(path)?,
                text: text.unwrap_or_default().to_owned(),
                after_s: 2.0,
            }],
            None => voices(&answers, 1.3)?,
        };
        let short = vec![
            ("signs of listening", voices(&LISTENING, 1.9)?),
            ("coughs and knocks", bursts()),
            ("short interruptions", voices(&SHORT, 1.9)?),
        ];
        Ok(Self {
            line,
            text: said.to_owned(),
            over,
            short,
        })
    }
}

fn recording(path: &Path) -> anyhow::Result<Vec<f32>> {
    let pcm = read_wav_16k(path)?;
    ensure!(
        pcm.iter().any(|v| v.abs() > 0.001),
        "Recording {}: it is silent",
        path.display()
    );
    Ok(pcm)
}

fn spoken(voice: &str, text: &str) -> anyhow::Result<Vec<f32>> {
    let mut pcm = Vec::new();
    open_voice(voice, 1.0)?.speak(text, &mut |part| {
        pcm.extend_from_slice(part);
        ControlFlow::Continue(())
    })?;
    Ok(pcm)
}

fn at_level(mut pcm: Vec<f32>, db: f32) -> Vec<f32> {
    let gain = 10f32.powf((db - crate::audio::level::rms_db(&pcm)) / 20.0);
    pcm.iter_mut().for_each(|v| *v *= gain);
    pcm
}

/// Bursts of coloured noise: knocks of 30 ms and coughs of two bursts.
fn bursts() -> Vec<Over> {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut burst = |ms: usize, smooth: f32, db: f32| {
        let n = ms * RATE as usize / 1000;
        let mut last = 0.0;
        let pcm: Vec<f32> = (0..n)
            .map(|i| {
                last += (rng.random_range(-1.0f32..=1.0) - last) * smooth;
                // A sharp begin, and a decay.
                last * (1.0 - i as f32 / n as f32)
            })
            .collect();
        at_level(pcm, db)
    };
    let mut all = Vec::new();
    for (i, db) in [-30.0, -22.0, -16.0].into_iter().enumerate() {
        let after_s = 3.0 + 2.1 * i as f32;
        let knock = burst(30, 0.3, db);
        let mut cough = burst(120, 0.6, db);
        cough.extend(vec![0.0; 1_600]);
        cough.extend(burst(160, 0.6, db));
        for pcm in [knock, cough] {
            let text = String::new();
            all.push(Over { pcm, text, after_s });
        }
    }
    all
}
