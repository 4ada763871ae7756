//! The player, reports and the comparison: a real finished record, its
//! recording, what a score rests on, and what it looks like when a byte was
//! changed.

use crate::desk::*;
use crate::driver::*;
use crate::recorded::{self, BEGAN};
use viva::accounts::Role;
use viva::record::access::accesses;
use viva::record::{Trust, new_session_id};
use viva::server::Serving;

/// Stretches in which nobody makes a sound, milliseconds.
const SILENT: [(u64, u64); 2] = [(8_000, 14_000), (16_000, 21_000)];

/// Seals a whole interview with sound among the desk's sessions.
fn finished(desk: &Desk, name: &str) -> String {
    let mut setup = recorded::setup(|settings| settings.questions = 3);
    setup.resume.name = name.to_owned();
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
const READY: &str = "document.body.dataset.ready === 'yes'";

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
    browser.js(&format!("{word}.click()")).await;
    browser.holds(&format!("!{AUDIO}.paused")).await;
    browser
        .holds(&format!(
            "{word}.classList.contains('now') || {AUDIO}.currentTime > 0"
        ))
        .await;
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
        asked >= 1 && desk.figure(READS).await > 1,
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
        .js(&format!("window.wraps = 0; let last = 0; {AUDIO}.addEventListener('seeked', () => window.wraps++)"))
        .await;
    press(" ").await;
    browser.holds("window.wraps >= 2").await;
    let now = number(&browser, &format!("{AUDIO}.currentTime")).await;
    assert!((4.9..7.0).contains(&now), "{now}");
    press(" ").await;
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
    browser.js("window.jumps = 0; const a = document.getElementById('audio'); let before = 0; \
        a.addEventListener('seeking', () => { if (a.currentTime > before + 0.3) window.jumps++; }); \
        a.addEventListener('timeupdate', () => { before = a.currentTime; }); \
        const s = document.getElementById('speed'); s.value = '4'; s.dispatchEvent(new Event('change'))").await;
    press(" ").await;
    browser.holds("window.jumps >= 2").await;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_lead_to_documents_and_to_a_comparison_that_is_blind_first() {
    if skipped() {
        return;
    }
    let desk = Desk::open().await;
    let bob = finished(&desk, "Bob Wilson");
    finished(&desk, "Ada Byron");
    let browser = Browser::signed_in(&desk, Role::Recruiter).await;
    browser.go("/reports").await;
    browser.holds(READY).await;
    browser.says("#reports", "Ada Byron").await;
    browser.click("#reports summary").await;
    browser.says("#reports", "report.pdf").await;
    browser.says("#reports", "takes no copies").await;
    browser.pictures("reports").await;
    browser.click("#jobs a.button").await;
    browser.holds(READY).await;
    browser.says("#table", "Candidate A").await;
    browser.says("#table", "Candidate B").await;
    let page = browser.text("#main").await;
    for name in ["Bob", "Wilson", "Ada", "Byron"] {
        assert!(!page.contains(name), "{name} on the blind page");
    }
    browser.pictures("compare-blind").await;
    browser.click("#names").await;
    browser
        .fill("#ask-why", "invitations to the second round")
        .await;
    browser.click("dialog.ask button.main").await;
    browser.says("#table", "Bob Wilson").await;
    browser.says("#blind", "stands on the access log").await;
    browser
        .js("for (const d of document.querySelectorAll('td details')) d.open = true")
        .await;
    browser.pictures("compare-named").await;
    let entries = accesses(desk.home.path(), &Trust::Any).unwrap().entries;
    let names = entries.iter().find(|e| e.action == "serve names").unwrap();
    assert_eq!(
        names.why.as_deref(),
        Some("invitations to the second round")
    );
    assert!(names.sessions.contains(&bob));
    browser.close().await;
    desk.stop().await;
}
