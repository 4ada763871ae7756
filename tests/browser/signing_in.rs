//! Signing in, the first start, and where one gets from there.

use crate::desk::*;
use crate::driver::*;
use viva::accounts::Role;
use viva::clock::unix_millis;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_signs_in_comes_to_the_page_that_was_asked_for() {
    if skipped() {
        return;
    }
    let desk = Desk::open().await;
    account(&desk, "rita", Role::Recruiter);
    let mut browser = Browser::open(&desk).await;
    browser.expect("/v1/sign-in");
    browser.go("/sessions?q=bob").await;
    browser.find("#form").await;
    assert_eq!(browser.path().await, "/sign-in?next=/sessions%3Fq%3Dbob");
    browser.pictures("sign-in").await;
    browser.fill("#name", "rita").await;
    browser.fill("#password", "a wrong password").await;
    browser.press("\u{e007}").await;
    browser.says("#said", "Name or password").await;
    browser.fill("#password", PASSWORD).await;
    browser.press("\u{e007}").await;
    browser.arrive("/sessions?q=bob").await;
    browser.says(".me", "rita").await;
    browser.says("#nav", "Sessions").await;
    // Who is signed in already does not see the form again.
    browser.go("/sign-in").await;
    browser.arrive("/sessions").await;
    browser.click("#out").await;
    browser.arrive("/sign-in").await;
    browser.find("#form").await;
    // No page of another server is led to.
    browser.go("/sign-in?next=//elsewhere.example/x").await;
    browser.fill("#name", "rita").await;
    browser.fill("#password", PASSWORD).await;
    browser.press("\u{e007}").await;
    browser.arrive("/sessions").await;
    browser.close().await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_administrator_is_made_in_the_browser() {
    if skipped() {
        return;
    }
    let desk = Desk::open().await;
    let now = unix_millis();
    let token = desk.accounts.setup_token(now + DAY, now).unwrap().unwrap();
    let browser = Browser::open(&desk).await;
    browser.go(&format!("/setup#{token}")).await;
    browser.holds("location.hash === ''").await;
    browser.fill("#name", "ada").await;
    browser.fill("#password", PASSWORD).await;
    browser.fill("#again", "another one entirely").await;
    browser.click("#recruiter").await;
    browser.click("#form button").await;
    browser.says("#said", "differ").await;
    browser.pictures("setup").await;
    browser.fill("#again", PASSWORD).await;
    browser.click("#form button").await;
    browser.arrive("/sessions").await;
    browser.says(".me", "ada").await;
    browser.close().await;
    desk.stop().await;
}
