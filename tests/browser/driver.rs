//! A browser without a window, with an empty profile of its own, that goes
//! with the test. What it complains about on its console fails the test.

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use viva::accounts::Role;

use crate::desk::Desk;

/// How long something may take to show itself on a machine with much to do.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Sizes that pages are looked at in, CSS pixels.
pub(crate) const DESKTOP: (u32, u32) = (1280, 800);
pub(crate) const PHONE: (u32, u32) = (390, 844);

/// The password of everybody who signs in here.
pub(crate) const PASSWORD: &str = "a long enough one";

pub(crate) struct Browser {
    pub(crate) client: Client,
    driver: Child,
    /// Where chromedriver listens.
    url: String,
    profile: tempfile::TempDir,
    /// Where pages are, without a slash at the end.
    base: String,
    /// Complaints that a test expects, by a part of them.
    expected: Vec<String>,
}

/// Whether the browser tests are to be passed over.
pub(crate) fn skipped() -> bool {
    std::env::var_os("VIVA_SKIP_BROWSER").is_some_and(|v| v == "1")
}

impl Browser {
    /// Opens one of desktop size for the pages of this engine.
    pub(crate) async fn open(desk: &Desk) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let (mut driver, url) = drive();
        let options = json!({"args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--autoplay-policy=no-user-gesture-required", "--force-prefers-reduced-motion",
            format!("--user-data-dir={}", profile.path().display()),
            format!("--window-size={},{}", DESKTOP.0, DESKTOP.1),
        ]});
        let mut wanted = serde_json::Map::new();
        wanted.insert("browserName".into(), json!("chrome"));
        wanted.insert("goog:chromeOptions".into(), options);
        wanted.insert("goog:loggingPrefs".into(), json!({"browser": "ALL"}));
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(wanted)
            .connect(&url)
            .await;
        let client = match client {
            Ok(client) => client,
            Err(error) => {
                let _ = driver.kill();
                let _ = driver.wait();
                end_those_of(profile.path());
                panic!("Chromium did not start: {error}");
            }
        };
        let browser = Self {
            client,
            driver,
            url,
            profile,
            base: format!("http://{}", desk.address),
            // The sign-in asks whether one is signed in already.
            expected: vec![
                "/v1/me - Failed to load resource: the server responded with a status of 401"
                    .into(),
            ],
        };
        browser.size(DESKTOP).await;
        browser
            .devtools("Emulation.setScrollbarsHidden", json!({"hidden": true}))
            .await;
        browser
    }

    /// Opens one in which somebody of this role is signed in, by the role's
    /// name.
    pub(crate) async fn signed_in(desk: &Desk, role: Role) -> Self {
        account(desk, role.name(), role);
        let browser = Self::open(desk).await;
        browser.sign_in(role.name()).await;
        browser
    }

    /// Signs in and waits for the first page.
    pub(crate) async fn sign_in(&self, name: &str) {
        self.go("/sign-in").await;
        self.fill("#name", name).await;
        self.fill("#password", PASSWORD).await;
        self.click("#form button").await;
        self.find("#out").await;
    }

    pub(crate) async fn go(&self, path: &str) {
        let url = format!("{}{path}", self.base);
        self.client.goto(&url).await.unwrap();
    }

    /// Path and query of the page that is shown.
    pub(crate) async fn path(&self) -> String {
        let here = self.js("return location.pathname + location.search").await;
        here.as_str().unwrap().to_owned()
    }

    /// Waits for a page.
    pub(crate) async fn arrive(&self, path: &str) {
        self.until(&format!("page {path}"), async || {
            (self.path().await == path).then_some(())
        })
        .await;
    }

    /// Runs a script in the page; what it returns comes back.
    pub(crate) async fn js(&self, script: &str) -> Value {
        self.client.execute(script, vec![]).await.unwrap()
    }

    /// Waits until an expression of the page is true.
    pub(crate) async fn holds(&self, expression: &str) {
        let script = format!("return !!({expression})");
        self.until(expression, async || {
            // A page that is just left has nothing to say.
            let told = self.client.execute(&script, vec![]).await;
            told.is_ok_and(|told| told == json!(true)).then_some(())
        })
        .await;
    }

    /// Waits until something is there that is shown.
    pub(crate) async fn find(&self, css: &str) -> Element {
        self.until(css, async || {
            let element = self.client.find(Locator::Css(css)).await.ok()?;
            element.is_displayed().await.ok()?.then_some(element)
        })
        .await
    }

    /// Waits until a part of the page says this.
    pub(crate) async fn says(&self, css: &str, text: &str) {
        self.until(&format!("{css} with `{text}`"), async || {
            let all = self.client.find_all(Locator::Css(css)).await.ok()?;
            for element in all {
                if element.text().await.ok()?.contains(text) {
                    return Some(());
                }
            }
            None
        })
        .await;
    }

    pub(crate) async fn text(&self, css: &str) -> String {
        self.find(css).await.text().await.unwrap()
    }

    pub(crate) async fn click(&self, css: &str) {
        self.find(css).await;
        self.until(&format!("a click on {css}"), async || {
            let element = self.client.find(Locator::Css(css)).await.ok()?;
            element.click().await.ok()
        })
        .await;
    }

    /// Writes into a field, in place of what is there.
    pub(crate) async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Puts a file into a field for files.
    pub(crate) async fn upload(&self, css: &str, file: &Path) {
        let field = self.find(css).await;
        field.send_keys(&file.display().to_string()).await.unwrap();
    }

    /// Presses a key where the focus is.
    pub(crate) async fn press(&self, key: &str) {
        let focus = self.client.active_element().await.unwrap();
        focus.send_keys(key).await.unwrap();
    }

    /// Looks again and again until there is something.
    pub(crate) async fn until<T>(&self, what: &str, look: impl AsyncFn() -> Option<T>) -> T {
        let looking = async {
            loop {
                if let Some(found) = look().await {
                    return found;
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        match tokio::time::timeout(PATIENCE, looking).await {
            Ok(found) => found,
            Err(_) => {
                let here = self
                    .client
                    .execute("return document.body.innerText", vec![]);
                panic!("Waited in vain for {what}; the page says: {:?}", here.await);
            }
        }
    }

    /// Sets the size of what is shown, in CSS pixels.
    pub(crate) async fn size(&self, (width, height): (u32, u32)) {
        let metrics =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await;
    }

    /// Light or dark, as the person's system has it.
    pub(crate) async fn scheme(&self, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.devtools("Emulation.setEmulatedMedia", json!({"features": features}))
            .await;
    }

    /// Keeps pictures of the page in light and dark on a desktop, and on a
    /// phone, where `VIVA_SCREENSHOTS` asks for them. On a phone nothing may
    /// stick out at the side, pictures or not.
    pub(crate) async fn pictures(&self, name: &str) {
        self.picture(&format!("{name}-desktop")).await;
        self.can_be_read_by_all(name).await;
        self.scheme("dark").await;
        self.picture(&format!("{name}-dark")).await;
        self.can_be_read_by_all(name).await;
        self.scheme("light").await;
        self.size(PHONE).await;
        self.picture(&format!("{name}-phone")).await;
        let wide = self.js("return document.documentElement.scrollWidth").await;
        assert!(
            wide.as_u64().unwrap() <= u64::from(PHONE.0),
            "{name}: {wide} pixels wide"
        );
        self.size(DESKTOP).await;
    }

    /// Names, headings and contrast of what is shown: parts of WCAG 2.2 that
    /// a program can check (1.4.3, 4.1.2, 2.4.6).
    async fn can_be_read_by_all(&self, name: &str) {
        let wrong = self.js(include_str!("readable.js")).await;
        assert_eq!(wrong, json!([]), "{name}");
    }

    /// Keeps one picture of the whole page.
    pub(crate) async fn picture(&self, name: &str) {
        if std::env::var_os("VIVA_SCREENSHOTS").is_none() {
            return;
        }
        let taken = self
            .devtools(
                "Page.captureScreenshot",
                json!({"captureBeyondViewport": true}),
            )
            .await;
        let png = base64_decode(taken["data"].as_str().unwrap());
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join(format!("{name}.png")), png).unwrap();
    }

    /// A complaint on the console with this in it is no failure.
    pub(crate) fn expect(&mut self, part: &str) {
        self.expected.push(part.to_owned());
    }

    /// Closes it; fails where the console holds complaints.
    pub(crate) async fn close(self) {
        let log = self.ask("se/log", json!({"type": "browser"})).await;
        let complaints: Vec<String> = log
            .as_array()
            .unwrap()
            .iter()
            .filter(|entry| entry["level"] == "SEVERE" || entry["level"] == "WARNING")
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .filter(|text| !self.expected.iter().any(|part| text.contains(part)))
            .collect();
        let _ = self.client.clone().close().await;
        assert!(
            complaints.is_empty(),
            "The browser complains: {complaints:#?}"
        );
    }

    /// Runs a script in every page before its own.
    pub(crate) async fn on_new_pages(&self, script: &str) {
        let source = json!({"source": script});
        self.devtools("Page.addScriptToEvaluateOnNewDocument", source)
            .await;
    }

    async fn devtools(&self, cmd: &str, params: Value) -> Value {
        self.ask("goog/cdp/execute", json!({"cmd": cmd, "params": params}))
            .await
    }

    /// Asks chromedriver for what the standard does not have.
    async fn ask(&self, what: &str, body: Value) -> Value {
        let session = self.client.session_id().await.unwrap().unwrap();
        let url = format!("{}/session/{session}/{what}", self.url);
        let answer = tokio::task::spawn_blocking(move || {
            let config = ureq::Agent::config_builder().http_status_as_error(false);
            let agent: ureq::Agent = config.build().into();
            let mut answer = agent.post(url).send(body.to_string()).unwrap();
            let reader = answer.body_mut().with_config().limit(64 << 20);
            let text = reader.read_to_string().unwrap();
            serde_json::from_str::<Value>(&text).unwrap()
        });
        let answer = answer.await.unwrap();
        assert!(answer["value"]["error"].is_null(), "{answer}");
        answer["value"].clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        end_those_of(self.profile.path());
    }
}

/// Makes an account.
pub(crate) fn account(desk: &Desk, name: &str, role: Role) {
    let now = viva::clock::unix_millis();
    let made = desk.accounts.add_user(name, vec![role], PASSWORD, now);
    made.unwrap();
}

/// Starts chromedriver on a free port.
fn drive() -> (Child, String) {
    let started = Command::new("chromedriver")
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut driver = started.unwrap_or_else(|error| {
        panic!(
            "chromedriver did not start ({error}): install Chromium and chromedriver \
             (Debian: chromium chromium-driver), or set VIVA_SKIP_BROWSER=1"
        )
    });
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
        let (_, port) = line.split_once("successfully on port ")?;
        Some(port.trim_end_matches('.').to_owned())
    });
    // Whatever it says later must not fill the pipe.
    std::thread::spawn(move || for _ in lines.map_while(Result::ok) {});
    let Some(port) = port else {
        let _ = driver.kill();
        let _ = driver.wait();
        panic!("chromedriver did not say on which port it listens");
    };
    (driver, format!("http://127.0.0.1:{port}"))
}

/// Ends every process that was started with this profile: a driver that is
/// killed leaves its browser behind.
fn end_those_of(profile: &Path) {
    let profile = profile.display().to_string();
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return;
    };
    for process in processes.flatten() {
        let path: PathBuf = process.path();
        let mut told = Vec::new();
        let read =
            std::fs::File::open(path.join("cmdline")).and_then(|mut f| f.read_to_end(&mut told));
        if read.is_ok() && String::from_utf8_lossy(&told).contains(&profile) {
            let id = process.file_name();
            let _ = Command::new("kill").arg("-KILL").arg(id).status();
        }
    }
}

fn base64_decode(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .unwrap()
}
