//! An engine with accounts on a loopback port, one token for each role, a
//! candidate who types, and somebody who follows.
#![allow(dead_code, reason = "each suite uses a part of it")]

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async, connect_async};
use tokio_util::sync::CancellationToken;
use viva::accounts::{Accounts, Invite, Role};
use viva::call::{Link, LinkError};
use viva::clock::unix_millis;
use viva::event::*;
use viva::protocol::{
    AudioFrame, ClientMessage, Document, Has, Resume, ServerMessage, SetupRequest, VERSION,
};
use viva::server::{
    Admission, Engine, FollowerMessage, INTERVIEW_PATH, LIVE_SUBPROTOCOL, Serving, serve_as,
};

pub(crate) const JOB: &str = include_str!("../../config/jobs/python-backend-developer.toml");
pub(crate) const DAY: i64 = 24 * 3600 * 1000;

pub(crate) struct Desk {
    pub(crate) home: tempfile::TempDir,
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) address: SocketAddr,
    pub(crate) stop: CancellationToken,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Desk {
    pub(crate) async fn open() -> Self {
        Self::serving(Serving::default()).await
    }

    pub(crate) async fn serving(serving: Serving) -> Self {
        let home = tempfile::tempdir().unwrap();
        let accounts = Arc::new(Accounts::open(home.path()).unwrap());
        let stop = CancellationToken::new();
        let engine = Engine {
            data_dir: home.path().to_owned(),
            sessions_dir: None,
            clock: None,
            local: false,
            admission: Admission::Accounts(accounts.clone()),
            similarity: None,
            stop: stop.clone(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self {
            address: listener.local_addr().unwrap(),
            serving: tokio::spawn(serve_as(listener, engine, serving)),
            home,
            accounts,
            stop,
        }
    }

    pub(crate) async fn stop(self) -> tempfile::TempDir {
        self.stop.cancel();
        self.serving.await.unwrap().unwrap();
        self.home
    }

    pub(crate) fn record(&self, session: &str) -> std::path::PathBuf {
        self.home.path().join("sessions").join(session)
    }

    pub(crate) fn token(&self, role: Role) -> String {
        let now = unix_millis();
        let made = self.accounts.add_token(role.name(), role, now + DAY, now);
        made.unwrap().1
    }

    /// The link of an invitation, and its id.
    pub(crate) fn invite(&self) -> (String, String) {
        self.invite_to(setup())
    }

    /// The same to an interview of one's own.
    pub(crate) fn invite_to(&self, setup: SetupRequest) -> (String, String) {
        let now = unix_millis();
        let invite = Invite {
            setup,
            expires_unix_ms: now + DAY,
            by: "rita".into(),
        };
        let (invitation, token) = self.accounts.invite(invite, now).unwrap();
        (self.link(&token), invitation.id)
    }

    pub(crate) fn link(&self, token: &str) -> String {
        format!("ws://{}{INTERVIEW_PATH}#{token}", self.address)
    }

    /// Asks over HTTP; status and body come back.
    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<Value>,
    ) -> (u16, Value) {
        let bearer = token.map(|t| ("authorization".to_owned(), format!("Bearer {t}")));
        let headers = bearer.into_iter().collect();
        let (status, _, text) = self.ask_with(method, path, headers, body).await;
        let json = serde_json::from_str(&text).unwrap_or(Value::String(text));
        (status, json)
    }

    /// The same with headers; status, headers and text come back.
    pub(crate) async fn ask_with(
        &self,
        method: &str,
        path: &str,
        headers: Vec<(String, String)>,
        body: Option<Value>,
    ) -> (u16, ureq::http::HeaderMap, String) {
        let url = format!("http://{}{path}", self.address);
        let method = method.to_owned();
        let asked = tokio::task::spawn_blocking(move || {
            let config = ureq::Agent::config_builder()
                .http_status_as_error(false)
                .max_redirects(0)
                .max_redirects_will_error(false);
            let agent: ureq::Agent = config.build().into();
            let mut request = ureq::http::Request::builder().method(&*method).uri(url);
            for (name, value) in headers {
                request = request.header(name, value);
            }
            let answer = match body {
                Some(body) => agent.run(request.body(body.to_string()).unwrap()),
                None => agent.run(request.body(()).unwrap()),
            };
            let mut answer = answer.unwrap();
            let text = answer.body_mut().read_to_string().unwrap_or_default();
            (answer.status().as_u16(), answer.headers().clone(), text)
        });
        asked.await.unwrap()
    }

    /// One figure of the metrics.
    pub(crate) async fn figure(&self, line: &str) -> u64 {
        let token = self.token(Role::Operator);
        let (status, text) = self.ask("GET", "/metrics", Some(&token), None).await;
        assert_eq!(status, 200);
        let text = text.as_str().unwrap();
        let found = text
            .lines()
            .find_map(|l| l.strip_prefix(line)?.strip_prefix(' '));
        found.unwrap_or("0").parse().unwrap()
    }

    /// Follows a session.
    pub(crate) async fn follow(&self, session: &str, token: &str) -> Result<Follower, Error> {
        Follower::open(self.address, session, token, &[]).await
    }
}

pub(crate) fn setup() -> SetupRequest {
    SetupRequest {
        job: Document {
            name: "job.toml".into(),
            text: JOB.into(),
        },
        candidate: Some("Bob Wilson".into()),
        settings: Settings {
            questions: 1,
            pause_factor: 2.0,
            ..Settings::default()
        },
        ..SetupRequest::default()
    }
}

pub(crate) fn hello(setup: SetupRequest, resume: Option<Resume>) -> ClientMessage {
    ClientMessage::Hello {
        protocol: VERSION,
        client: ClientFacts::default(),
        setup: Box::new(setup),
        resume,
    }
}

/// A candidate's side without sound of its own: hears every line to its end
/// at once.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) link: Link,
    pub(crate) welcome: ServerMessage,
    pub(crate) session: String,
    pub(crate) seq: u64,
    pub(crate) heard: Vec<ServerMessage>,
    samples: u64,
}

impl Candidate {
    pub(crate) async fn come(link: &str) -> Result<Self, LinkError> {
        Self::greet(link, hello(SetupRequest::default(), None)).await
    }

    pub(crate) async fn greet(link: &str, hello: ClientMessage) -> Result<Self, LinkError> {
        let mut link = Link::connect(link).await?;
        let welcome = link.hello(&hello).await?;
        let ServerMessage::Welcome {
            session, resumed, ..
        } = &welcome
        else {
            panic!("{welcome:?}");
        };
        Ok(Self {
            link,
            session: session.clone(),
            seq: resumed.map_or(0, |r| r.heard),
            samples: resumed.map_or(0, |r| r.first_sample),
            welcome,
            heard: Vec::new(),
        })
    }

    pub(crate) async fn resume(link: &str, session: &str) -> Result<Self, LinkError> {
        let resume = Resume {
            session: session.to_owned(),
            has: None,
        };
        Self::greet(link, hello(SetupRequest::default(), Some(resume))).await
    }

    /// Another connection, which says that nothing was lost.
    pub(crate) async fn again(&mut self, link: &str, outputs: u64) -> Result<(), LinkError> {
        let has = Has {
            outputs,
            samples: self.samples,
        };
        let resume = Resume {
            session: self.session.clone(),
            has: Some(has),
        };
        let new = Self::greet(link, hello(SetupRequest::default(), Some(resume))).await?;
        self.link = new.link;
        Ok(())
    }

    /// Begins and consents; everything that was said is heard.
    pub(crate) async fn consent(&mut self) {
        self.tell(Input::Begin).await;
        let given = true;
        let how = ConsentHow::Key;
        self.tell(Input::Consent { given, how }).await;
    }

    /// Tells the interviewer something and hears what it says.
    pub(crate) async fn tell(&mut self, input: Input) {
        self.seq += 1;
        let seq = self.seq;
        self.link
            .send(&ClientMessage::Input { seq, input })
            .await
            .unwrap();
        let mut lines = Vec::new();
        loop {
            let message = self.link.receive().await.unwrap();
            if let ServerMessage::Output {
                output: Output::Say(line),
                ..
            } = &message
            {
                lines.push(line.clone());
            }
            let done = message == ServerMessage::Ack { seq };
            self.heard.push(message);
            if done {
                break;
            }
        }
        for line in lines {
            Box::pin(self.hear(line)).await;
        }
    }

    pub(crate) async fn hear(&mut self, line: Line) {
        let input = Input::LineEnded {
            line: line.id,
            heard: line.text,
            complete: true,
        };
        self.tell(input).await;
    }

    /// What comes next that fits.
    pub(crate) async fn wait<T>(&mut self, fits: impl Fn(&ServerMessage) -> Option<T>) -> T {
        loop {
            let message = self.link.receive().await.unwrap();
            let found = fits(&message);
            self.heard.push(message);
            if let Some(found) = found {
                return found;
            }
        }
    }

    /// The next line that is said, without a word of one's own.
    pub(crate) async fn line(&mut self) -> Line {
        self.wait(|m| match m {
            ServerMessage::Output {
                output: Output::Say(line),
                ..
            } => Some(line.clone()),
            _ => None,
        })
        .await
    }

    /// The next word of who is listening.
    pub(crate) async fn listening(&mut self) -> Vec<String> {
        self.wait(|m| match m {
            ServerMessage::Listening { roles } => Some(roles.clone()),
            _ => None,
        })
        .await
    }

    pub(crate) async fn type_in(&mut self, id: u32, text: &str) {
        let utterance = Utterance {
            id,
            text: text.to_owned(),
            words: Vec::new(),
            start_ms: 0,
            end_ms: 0,
            confidence: 1.0,
            source: Source::Typed,
        };
        self.tell(Input::Utterance(utterance)).await;
    }

    /// Sends a stretch of both sides' sound.
    pub(crate) async fn sound(&mut self, samples: usize) {
        for track in [Track::Near, Track::Far] {
            let frame = AudioFrame {
                track,
                seq: 0,
                first_sample: self.samples,
                pcm: vec![if track == Track::Near { 7 } else { -7 }; samples],
            };
            self.link.send_frame(&frame).await.unwrap();
        }
        self.samples += samples as u64;
    }
}

/// Somebody who follows a call.
pub(crate) struct Follower {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Follower {
    pub(crate) async fn open(
        address: SocketAddr,
        session: &str,
        token: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, Error> {
        let request = Self::request(address, session, token, headers);
        let (socket, _) = connect_async(request).await?;
        Ok(Self { socket })
    }

    /// One whose system holds next to nothing for it.
    pub(crate) async fn with_small_buffer(address: SocketAddr, session: &str, token: &str) -> Self {
        let small = tokio::net::TcpSocket::new_v4().unwrap();
        small.set_recv_buffer_size(8 * 1024).unwrap();
        let stream = MaybeTlsStream::Plain(small.connect(address).await.unwrap());
        let request = Self::request(address, session, token, &[]);
        let (socket, _) = client_async(request, stream).await.unwrap();
        Self { socket }
    }

    fn request(
        address: SocketAddr,
        session: &str,
        token: &str,
        headers: &[(&'static str, &str)],
    ) -> Request {
        let url = format!("ws://{address}/v1/live/{session}");
        let mut request = url.into_client_request().unwrap();
        let bearer = format!("Bearer {token}");
        let mut all = vec![("sec-websocket-protocol", LIVE_SUBPROTOCOL)];
        // Pages come by their cookie instead.
        if !token.is_empty() {
            all.push(("authorization", bearer.as_str()));
        }
        for (name, value) in all.iter().chain(headers) {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        request
    }

    pub(crate) async fn send(&mut self, message: &FollowerMessage) {
        self.say(&serde_json::to_string(message).unwrap()).await;
    }

    pub(crate) async fn say(&mut self, text: &str) {
        self.socket.send(Message::Text(text.into())).await.unwrap();
    }

    pub(crate) async fn steer(&mut self, id: u64, act: Steer) {
        self.send(&FollowerMessage::Steer { id, act }).await;
    }

    /// The next message: text as JSON, sound as its bytes; nothing at the end.
    pub(crate) async fn next(&mut self) -> Option<Result<Value, Vec<u8>>> {
        loop {
            match self.socket.next().await? {
                Ok(Message::Text(text)) => return Some(Ok(serde_json::from_str(&text).unwrap())),
                Ok(Message::Binary(bytes)) => return Some(Err(bytes.to_vec())),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The next message of a type.
    pub(crate) async fn find(&mut self, kind: &str) -> Value {
        loop {
            match self.next().await.expect("the socket was closed") {
                Ok(value) if value["type"] == kind => return value,
                _ => {}
            }
        }
    }

    /// The next line of the log that fits.
    pub(crate) async fn record(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let record = self.find("record").await;
            if fits(&record["event"]) {
                return record;
            }
        }
    }

    pub(crate) async fn close(mut self) {
        let _ = self.socket.close(None).await;
    }
}

/// What an HTTP refusal of a websocket says.
pub(crate) fn refusal(error: Error) -> (u16, Value) {
    let Error::Http(response) = error else {
        panic!("{error}");
    };
    let body = response.body().as_deref().unwrap_or_default();
    let json = serde_json::from_slice(body).unwrap_or(json!(null));
    (response.status().as_u16(), json)
}

/// The log of a record.
pub(crate) fn log(dir: &Path) -> Vec<Record> {
    let reader = viva::record::RecordReader::open(dir).unwrap();
    reader.records().unwrap().map(Result::unwrap).collect()
}
