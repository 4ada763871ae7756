//! The pages in a real browser without a window: Chromium, through
//! chromedriver. Where there is none the tests fail and say what is missing;
//! `VIVA_SKIP_BROWSER=1` passes them over.

#![allow(dead_code, reason = "each suite uses a part of the driver")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod desk;
mod recorded;

#[path = "browser/driver.rs"]
mod driver;
#[path = "browser/lists.rs"]
mod lists;
#[path = "browser/live.rs"]
mod live;
#[path = "browser/player.rs"]
mod player;
#[path = "browser/reports.rs"]
mod reports;
#[path = "browser/signing_in.rs"]
mod signing_in;
