//! The check before an interview on real sound devices that are not there: a
//! known voice is played into the virtual microphone, and what the virtual
//! speaker plays is recorded from outside.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]
#![cfg(target_os = "linux")]

mod card;
mod pty;

use card::{Card, on_card, say};
use pty::Terminal;
use std::path::Path;

const ARGS: [&str; 5] = [
    "interview",
    "--job",
    "config/jobs/python-backend-developer.toml",
    "--questions=1",
    "--follow-ups=0",
];

/// Parts of 20 ms in which something is heard.
fn loud(pcm: &[i16]) -> usize {
    let parts = pcm.chunks(320);
    parts.filter(|p| p.iter().any(|s| s.abs() > 500)).count()
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
    // On to the interview, while the microphone was heard a moment ago.
    terminal.press("\r");
    let heard = loud(&speaker.stop().pcm);
    // The program's sentence is in it, and the candidate's own.
    let own = loud(&said);
    eprintln!("heard in 20 ms: {heard}; the candidate's sentence has {own}");
    assert!(heard * 10 > own * 14, "heard {heard}, said {own}");
    terminal.wait_for("Y I agree");
    let (_, viva) = terminal.processes();
    pty::signal(viva, "-KILL");
    terminal.end();
    // Within the hour nothing is asked again.
    let terminal = open(home.path(), card);
    let second = terminal.wait_for("Y I agree");
    assert!(second.contains("Everything was checked"), "{second}");
    let (_, viva) = terminal.processes();
    pty::signal(viva, "-KILL");
}
