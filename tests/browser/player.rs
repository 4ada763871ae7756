//! The player: a real finished record, its recording, what a score rests on,
//! and what it looks like when a byte was changed.

use crate::desk::*;
use crate::driver::*;
use crate::recorded::{self, BEGAN};
use serde_json::json;
use viva::accounts::Role;
use viva::event::Track;
use viva::record::access::accesses;
use viva::record::{Trust, new_session_id};
use viva::server::Serving;

/// Stretches in which nobody makes a sound, milliseconds.
const SILENT: [(u64, u64); 2] = [(8_000, 14_000), (16_000, 21_000)];

/// Seals a whole interview with sound among the desk's sessions.
pub(crate) fn finished(desk: &Desk, name: &str) -> String {
    finished_for(desk, name, None)
}

/// The same for another job.
pub(crate) fn finished_for(desk: &Desk, name: &str, position: Option<&str>) -> String {
    let mut setup = recorded::setup(|settings| settings.questions = 3);
    setup.resume.name = name.to_owned();
    if let Some(position) = position {
        setup.job.title = position.to_owned();
    }
    let id = new_session_id(BEGAN).unwrap();
    recorded::whole_of(setup).seal_loud(&desk.home.path().join("sessions"), &id, &SILENT);
    id
}

async fn number(browser: &Browser, expression: &str) -> f64 {
    let told = browser.js(&format!("return {expression}")).await;
    told.as_f64()
        .unwrap_or_else(|| panic!("{expression}: {told}"))
}

const AUDIO: &str = "document.getElementById('audio')";
pub(crate) const READY: &str = "document.body.dataset.ready === 'yes'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_recording_follows_a_click_on_a_word_and_the_transcript_follows_the_recording() {
    if skipped() {
        return;
    }
    let desk = Desk::open().await;
    let id = finished(&desk, "Bob Wilson");
    let browser = Browser::signed_in(&desk, Role::Compliance).await;
    browser.go(&format!("/sessions/{id}")).await;
    browser.holds(READY).await;
    browser.says("#candidate", "Bob Wilson").await;
    browser.says("#badge summary", "Whole: 4 checks").await;
    browser.holds(&format!("{AUDIO}.readyState > 0")).await;
    browser.pictures("player").await;

    // Somewhere in the middle, by a word.
    let word = "[...document.querySelectorAll('.turn.candidate .word')].find(w => w.textContent === 'gradient')";
    browser
        .js(&format!(
            "window.heard = false; const word = {word}; \
             new MutationObserver(() => {{ window.heard ||= word.classList.contains('now'); }}) \
               .observe(word, {{attributes: true}}); word.click()"
        ))
        .await;
    browser.holds(&format!("!{AUDIO}.paused")).await;
    // Its time is short: it may be over before anybody looks.
    browser.holds("window.heard").await;
    let placed = format!(
        "(() => {{ const now = {AUDIO}.currentTime; const at = {word}.closest('.turn').querySelector('.place').dataset.ms / 1000; \
         return now >= at && now < at + 60; }})()"
    );
    browser.holds(&placed).await;
    let before = number(&browser, &format!("{AUDIO}.currentTime")).await;
    browser
        .holds(&format!("{AUDIO}.currentTime > {before} + 0.2"))
        .await;
    // What is heard is marked, on the side that speaks.
    browser
        .holds("document.querySelector('.turn.candidate[aria-current] .word.now')")
        .await;
    browser.js("document.getElementById('play').click()").await;
    browser.holds(&format!("{AUDIO}.paused")).await;

    // The recording comes in ranges: a place that is far away is asked for
    // by itself.
    const READS: &str = "viva_record_reads_total{kind=\"audio\"}";
    let asked = desk.figure(READS).await;
    browser
        .js(&format!("{AUDIO}.currentTime = {AUDIO}.duration - 5"))
        .await;
    browser
        .holds(&format!(
            "!{AUDIO}.seeking && {AUDIO}.currentTime > {AUDIO}.duration - 6"
        ))
        .await;
    assert!(
        asked >= 1 && desk.figure(READS).await > asked,
        "{asked} requests before"
    );

    // Evidence leads to its words.
    browser
        .js("document.querySelector('.quote:not(:disabled)').click()")
        .await;
    browser
        .holds("document.querySelectorAll('.word.cited').length > 1")
        .await;
    browser
        .holds(&format!("{AUDIO}.currentTime * 1000 >= document.querySelector('.word.cited').closest('.turn').querySelector('.place').dataset.ms"))
        .await;
    browser.js("document.getElementById('play').click()").await;
    browser.holds(&format!("{AUDIO}.paused")).await;

    // Search within: counted, and on to the next.
    browser.fill("#search-text", "boosting").await;
    browser
        .holds("/^1 of [2-9]/.test(document.getElementById('search-count').textContent)")
        .await;
    browser.press("\u{e007}").await;
    browser.says("#search-count", "2 of").await;
    browser
        .holds("document.querySelector('.word.hit-now')")
        .await;
    browser.fill("#search-text", "unheard of").await;
    browser.says("#search-count", "Not found").await;

    // A bookmark at a place, with who made it.
    browser
        .js("document.getElementById('tab-notes').click()")
        .await;
    browser.click("#bookmark").await;
    browser.says("#notes-list", "bookmark").await;
    browser.says("#notes-list", "compliance").await;
    browser
        .fill("#note-text", "Ask about the pipeline again")
        .await;
    browser.click("#note .main").await;
    browser
        .says("#notes-list", "Ask about the pipeline again")
        .await;
    browser.pictures("player-notes").await;
    browser
        .js("document.getElementById('tab-events').click()")
        .await;
    browser.says("#events-list", "Consent given").await;
    browser
        .says("#events-list", "the device gave no samples")
        .await;
    browser.pictures("player-events").await;
    browser
        .js("document.getElementById('tab-files').click()")
        .await;
    browser.says("#files", "report.pdf").await;
    browser.says("#files", "call.wav").await;
    browser.pictures("player-documents").await;
    browser.close().await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_play_skip_silence_loop_and_walk_through_the_words() {
    if skipped() {
        return;
    }
    let desk = Desk::open().await;
    let id = finished(&desk, "Bob Wilson");
    let browser = Browser::signed_in(&desk, Role::Recruiter).await;
    browser.go(&format!("/sessions/{id}")).await;
    browser.holds(READY).await;
    browser.holds(&format!("{AUDIO}.readyState > 0")).await;
    browser.says("#badge summary", "Not checked here").await;

    // A loop of a second and a half comes back to its begin.
    browser.js("document.body.focus()").await;
    let key = |key: &str| {
        let key = key.replace('\\', "\\\\");
        format!(
            "document.dispatchEvent(new KeyboardEvent('keydown', {{key: '{key}', bubbles: true}}))"
        )
    };
    let press = async |name: &str| {
        // At the page, wherever the focus is.
        browser
            .js(&key(name).replace("document.d", "document.body.d"))
            .await;
    };
    press("ArrowRight").await;
    browser
        .holds(&format!("Math.abs({AUDIO}.currentTime - 5) < 0.1"))
        .await;
    press("[").await;
    browser.js(&format!("{AUDIO}.currentTime = 6.5")).await;
    browser
        .holds(&format!("!{AUDIO}.seeking && {AUDIO}.currentTime >= 6.4"))
        .await;
    press("]").await;
    browser.find("#loop-span").await;
    browser
        .js(&format!(
            "window.wraps = 0; window.moves = []; const a = {AUDIO}; \
             a.addEventListener('seeked', () => window.wraps++); \
             const place = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'currentTime'); \
             Object.defineProperty(a, 'currentTime', {{configurable: true, \
               get() {{ return place.get.call(a); }}, \
               set(to) {{ window.moves.push([a.currentTime, to]); place.set.call(a, to); }}}})"
        ))
        .await;
    press(" ").await;
    browser.holds("window.wraps >= 2").await;
    press(" ").await;
    let wrong = browser
        .js("return moves.filter(([, to]) => Math.abs(to - 5) > 0.1)")
        .await;
    assert_eq!(wrong, json!([]));
    press("\\").await;
    browser
        .holds("document.getElementById('loop-span').hidden")
        .await;

    // Silences are passed over: four times as fast, and still what is
    // skipped is more.
    press("s").await;
    browser
        .holds("document.getElementById('skip').checked")
        .await;
    press("Home").await;
    browser
        .js(
            "window.moves = []; const s = document.getElementById('speed'); \
             s.value = '4'; s.dispatchEvent(new Event('change'))",
        )
        .await;
    press(" ").await;
    browser
        .holds("moves.filter(([from, to]) => to > from).length >= 2")
        .await;
    press(" ").await;
    browser
        .holds(&format!(
            "{AUDIO}.paused && {AUDIO}.playbackRate === 4 && {AUDIO}.preservesPitch"
        ))
        .await;

    // One word has the focus; arrows go on, and it is a button to a reader.
    browser
        .js("document.querySelector('.word[tabindex=\"0\"]').focus()")
        .await;
    browser.press("\u{e014}").await;
    browser
        .holds("document.activeElement.matches('.word[data-word=\"1\"][role=button]')")
        .await;
    browser
        .holds("document.querySelectorAll('.word[tabindex=\"0\"]').length === 1")
        .await;
    browser.press("\u{e015}").await;
    browser
        .holds("document.activeElement.closest('.turn') !== document.querySelector('.turn')")
        .await;
    press("?").await;
    browser.says("#keys", "Skip silence").await;

    // Without the keys of the page the waveform still has those of a slider.
    browser.click("#keys input").await;
    browser.click("#keys .main").await;
    browser.js("document.getElementById('wave').focus()").await;
    for (key, place) in [
        ("\u{e011}", "0"),
        ("\u{e014}", "5"),
        ("\u{e013}", "10"),
        ("\u{e012}", "5"),
        ("\u{e010}", "a.duration"),
    ] {
        browser.press(key).await;
        browser
            .holds(&format!(
                "((a) => Math.abs(a.currentTime - {place}) < 0.2)({AUDIO})"
            ))
            .await;
    }
    browser.close().await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silence_is_passed_over_once_wherever_it_ends() {
    if skipped() {
        return;
    }
    let desk = Desk::open().await;
    let id = finished(&desk, "Bob Wilson");
    let browser = Browser::signed_in(&desk, Role::Recruiter).await;
    browser.go(&format!("/sessions/{id}")).await;
    browser.holds(READY).await;
    // A player that is exactly where it is told to be.
    let stuck = browser
        .js("const page = document.querySelector('script[type=module]').src; \
             return import(new URL('player-sound.js', page)).then(({Sound}) => { \
               class Player extends EventTarget { \
                 readyState = 4; paused = false; seeking = false; sets = 0; at = 0; \
                 get currentTime() { return this.at; } \
                 set currentTime(to) { this.at = to; this.sets += 1; } \
               } \
               const player = new Player(); const sound = new Sound(player, '', 1e6); \
               sound.skips = true; \
               const stuck = []; \
               for (let end = 40; end < 2000; end++) { \
                 const near = Array.from({length: end + 5}, (_, i) => (i < 5 || i >= end ? 6000 : 0)); \
                 sound.silences({near, far: near, step_ms: 100}); \
                 player.at = 2; player.sets = 0; \
                 for (let n = 0; n < 3; n++) player.dispatchEvent(new Event('timeupdate')); \
                 if (player.sets !== 1 || player.at !== (end * 100 - 250) / 1000) stuck.push(end); \
               } \
               return stuck; });")
        .await;
    assert_eq!(stuck, json!([]));
    browser.close().await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_heard_can_still_be_read_and_noted_at_its_place() {
    if skipped() {
        return;
    }
    let desk = Desk::open().await;
    let broken = finished(&desk, "Bob Wilson");
    let wav = desk.record(&broken).join("call.wav");
    let mut bytes = std::fs::read(&wav).unwrap();
    bytes[..4].fill(0);
    std::fs::write(&wav, bytes).unwrap();
    let silent = finished(&desk, "Ada Byron");
    std::fs::remove_file(desk.record(&silent).join("call.wav")).unwrap();
    let mut browser = Browser::signed_in(&desk, Role::Compliance).await;

    browser.expect("/peaks");
    browser.go(&format!("/sessions/{broken}#t=30")).await;
    browser.holds(READY).await;
    browser.says("#badge.poor summary", "Broken").await;
    // Whichever of the two is said last.
    browser
        .holds("/waveform cannot be shown|recording cannot be played/.test(document.getElementById('said').innerText)")
        .await;
    browser
        .js("document.getElementById('tab-notes').click()")
        .await;
    browser.says("#notes-list", "No notes yet").await;
    browser.says("#note-place", "00:30").await;

    browser.go(&format!("/sessions/{silent}")).await;
    browser.holds(READY).await;
    browser.says("#no-sound", "no recording").await;
    browser
        .js("document.getElementById('tab-notes').click(); \
             [...document.querySelectorAll('.turn .place')].at(-1).click()")
        .await;
    let place = browser
        .js("return [...document.querySelectorAll('.turn .place')].at(-1).textContent")
        .await;
    let place = place.as_str().unwrap();
    assert_ne!(place, "00:00");
    browser.says("#note-place", place).await;
    browser.click("#bookmark").await;
    browser.says("#notes-list .place", place).await;
    browser.close().await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_that_broke_off_is_as_long_as_its_sound() {
    if skipped() {
        return;
    }
    let desk = Desk::open().await;
    let call = recorded::whole_of(recorded::setup(|settings| settings.questions = 3));
    let id = new_session_id(BEGAN).unwrap();
    let mut writer = call.write(&desk.home.path().join("sessions"), &id);
    for second in 0..12 {
        for track in [Track::Near, Track::Far] {
            let samples = vec![3_000; 16_000];
            writer.audio(track, second * 16_000, &samples).unwrap();
        }
    }
    drop(writer);
    let browser = Browser::signed_in(&desk, Role::Recruiter).await;
    browser.go(&format!("/sessions/{id}#t=6")).await;
    browser.holds(READY).await;
    browser.says("#time", "00:06 / 00:12").await;
    // The playhead, the slider and a loop use the same length.
    browser
        .holds("document.getElementById('playhead').style.left === '50%'")
        .await;
    browser
        .holds("document.getElementById('wave').getAttribute('aria-valuemax') === '12'")
        .await;
    browser.close().await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_byte_shows_on_the_badge() {
    if skipped() {
        return;
    }
    let desk = Desk::open().await;
    let id = finished(&desk, "Bob Wilson");
    let wav = desk.record(&id).join("call.wav");
    let mut bytes = std::fs::read(&wav).unwrap();
    bytes[44 + 5 * 64_000] ^= 1;
    std::fs::write(&wav, bytes).unwrap();
    let browser = Browser::signed_in(&desk, Role::Compliance).await;
    browser.go(&format!("/sessions/{id}")).await;
    browser
        .says("#badge.poor summary", "Broken: Changed, call.wav")
        .await;
    browser.click("#badge summary").await;
    browser.says("#checked", "second").await;
    browser.says("#checked", "What was checked").await;
    browser.holds(READY).await;
    browser.pictures("player-broken").await;
    browser.close().await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reason_is_asked_for_before_a_record_opens_and_stands_on_the_access_log() {
    if skipped() {
        return;
    }
    let serving = Serving {
        reason_required: true,
        ..Serving::default()
    };
    let desk = Desk::serving(serving).await;
    let id = finished(&desk, "Bob Wilson");
    let mut browser = Browser::signed_in(&desk, Role::Compliance).await;
    // A reason that names the candidate is refused, and said again.
    browser.expect("409");
    browser.go(&format!("/sessions/{id}")).await;
    browser
        .says("dialog[open]", "Why do you open this record?")
        .await;
    browser.pictures("player-reason").await;
    let log = || accesses(desk.home.path(), &Trust::Any).unwrap().entries;
    assert!(log().is_empty());
    browser.fill("#ask-why", "Wilson asked for it").await;
    browser.click("dialog.ask button.main").await;
    browser.says("dialog[open]", "names the candidate").await;
    browser.fill("#ask-why", "a complaint of 3 May").await;
    browser.click("dialog.ask button.main").await;
    browser.holds(READY).await;
    browser.holds(&format!("{AUDIO}.readyState > 0")).await;
    browser.says("#badge summary", "Whole").await;
    let entries = log();
    assert!(
        entries
            .iter()
            .all(|e| e.why.as_deref() == Some("a complaint of 3 May"))
    );
    for action in ["serve review", "serve audio", "serve verify"] {
        assert!(
            entries
                .iter()
                .any(|e| e.action == action && e.by == "compliance"),
            "{action}"
        );
    }
    browser.close().await;
    desk.stop().await;
}
