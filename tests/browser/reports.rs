//! Reports, and the comparison of a job's candidates.

use crate::desk::*;
use crate::driver::*;
use crate::player::{READY, finished, finished_for};
use viva::accounts::Role;
use viva::record::Trust;
use viva::record::access::accesses;

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_job_never_shows_the_candidates_of_the_one_before() {
    if skipped() {
        return;
    }
    let desk = Desk::open().await;
    finished(&desk, "Bob Wilson");
    finished_for(&desk, "Ada Byron", Some("Data engineer"));
    let browser = Browser::signed_in(&desk, Role::Recruiter).await;
    browser.go("/reports").await;
    // Answers that the test lets come later.
    browser
        .on_new_pages(
            "window.held = null; window.came = false; const ask = window.fetch; \
             window.fetch = async (path, ...how) => { \
               if (!held || !path.includes(held)) return ask(path, ...how); \
               await new Promise((go) => { window.goOn = go; }); \
               const answer = await ask(path, ...how); const read = answer.json.bind(answer); \
               answer.json = async () => { const told = await read(); \
                 setTimeout(() => { window.came = true; }); return told; }; \
               return answer; };",
        )
        .await;
    browser.go("/compare").await;
    browser.holds(READY).await;
    browser.says("#table", "Candidate A").await;
    browser
        .js(
            "window.jobs = [...document.getElementById('job').options].map((o) => o.value); \
             window.choose = (job) => { const select = document.getElementById('job'); \
               select.value = job; select.dispatchEvent(new Event('change')); }; \
             window.held = jobs[1]; choose(jobs[1])",
        )
        .await;
    browser
        .holds("document.getElementById('comparison').hidden && document.getElementById('blind').hidden")
        .await;
    browser.holds("window.goOn").await;
    // Back before the answer is there: it is not shown.
    browser.js("choose(jobs[0])").await;
    browser.says("#table", "Candidate A").await;
    browser
        .js("document.querySelector('#table thead tr').id = 'first'; goOn()")
        .await;
    browser.holds("window.came").await;
    browser.find("#first").await;
    browser.close().await;
    desk.stop().await;
}
