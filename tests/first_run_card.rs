//! The check before an interview on real sound devices that are not there: a
//! known voice is played into the virtual microphone, and what the virtual
//! speaker plays is recorded from outside.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]
#![cfg(target_os = "linux")]

mod card;
mod pty;

use card::{Card, on_card};
use pty::Terminal;
use std::ops::ControlFlow;
use std::path::Path;
use viva::speech::normalise::normalise;
use viva::speech::voices::open_voice;

const RATE: usize = 16_000;

const ARGS: [&str; 5] = [
    "interview",
    "--job",
    "config/jobs/python-backend-developer.toml",
    "--questions=1",
    "--follow-ups=0",
];

fn say(text: &str) -> Vec<i16> {
    let mut pcm = Vec::new();
    open_voice("rms", 1.0)
        .unwrap()
        .speak(&normalise(text), &mut |part| {
            pcm.extend(part.iter().map(|s| (s * 32_767.0) as i16));
            ControlFlow::Continue(())
        })
        .unwrap();
    pcm
}

/// How well the loudest half second of `part` is found anywhere in `whole`,
/// 0-1.
fn likeness(part: &[i16], whole: &[i16]) -> f64 {
    let size = RATE / 2;
    let loud = |at: &usize| -> i64 {
        let there = &part[*at..*at + size];
        there.iter().map(|s| i64::from(s.abs())).sum()
    };
    let at = (0..part.len() - size)
        .step_by(800)
        .max_by_key(loud)
        .unwrap();
    let mark = &part[at..at + size];
    let energy = |x: &[i16]| x.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>();
    let own = energy(mark);
    (0..whole.len().saturating_sub(size))
        .step_by(2)
        .map(|at| {
            let there = &whole[at..at + size];
            let both = mark.iter().zip(there).step_by(4);
            let product: f64 = both.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            let other: f64 = there.iter().step_by(4).map(|s| f64::from(*s).powi(2)).sum();
            product / (own / 4.0 * other).sqrt().max(1.0)
        })
        .fold(0.0, f64::max)
}

fn open(home: &Path, card: &Card) -> Terminal {
    let mut env = card.env();
    env.extend([("VIVA_SPEECH_VOICE", "slt"), ("VIVA_SPEECH_THREADS", "1")]);
    Terminal::open(home, (80, 24), &ARGS, &env)
}

#[test]
fn a_voice_moves_the_meter_is_shown_as_text_and_comes_back_from_the_speaker() {
    on_card(check);
}

fn check(card: &Card) {
    let home = tempfile::tempdir().unwrap();
    // Devices were chosen before: the system's own.
    let settings = home.path().join(".config/viva");
    std::fs::create_dir_all(&settings).unwrap();
    std::fs::write(settings.join("choices.toml"), "").unwrap();
    let mut terminal = open(home.path(), card);
    terminal.wait_for("Before the interview");
    let found = terminal.wait("everything found", |shown| {
        let ok = ["Microphone  ok", "Speaker     ok", "Engine      ok"];
        ok.iter().all(|text| shown.contains(text)) && shown.contains("starter")
    });
    println!("{found}\n");
    let said = say("I am ready, and we can begin when you are.");
    let quiet = terminal.wait("an empty meter", |shown| shown.contains("[----------]"));
    assert!(quiet.contains("say something"), "{quiet}");
    {
        let _voice = card.begin_playing("mic_feed", said.clone());
        terminal.wait("a moving meter", |shown| shown.contains("[####"));
        terminal.wait_for("] good");
    }
    let speaker = card.listen("speaker.monitor");
    terminal.press("t");
    terminal.wait_for("Now you:");
    card.play("mic_feed", &said);
    let understood = terminal.wait_for("Understood:");
    println!("{understood}\n");
    let text = understood.split("Understood:").nth(1).unwrap();
    assert!(text.to_lowercase().contains("ready"), "{understood}");
    let over = terminal.wait_for("Nothing of it was kept or sent");
    println!("{over}\n");
    let heard = speaker.stop();
    // Against words of the same voice that nobody said here.
    let other = say("Several quite different words were never spoken in this room.");
    let (fit, chance) = (likeness(&said, &heard.pcm), likeness(&other, &heard.pcm));
    eprintln!("what was said came back: likeness {fit:.2}, by chance {chance:.2}");
    assert!(fit > chance + 0.15, "likeness {fit}, by chance {chance}");
    // On to the interview; within the hour nothing is asked again.
    terminal.press("\r");
    terminal.wait_for("Y I agree");
    let (_, viva) = terminal.processes();
    pty::signal(viva, "-KILL");
    terminal.end();
    let terminal = open(home.path(), card);
    let second = terminal.wait_for("Y I agree");
    assert!(second.contains("Everything was checked"), "{second}");
    let (_, viva) = terminal.processes();
    pty::signal(viva, "-KILL");
}
