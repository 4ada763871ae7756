//! A server of models on the loopback that can stop in the middle.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use viva::speech::catalogue::known;

/// Bytes that are sent at a time.
const PART: usize = 1 << 16;
/// Who waits for a download longer than this waits in vain.
const AT_MOST: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Seen {
    /// Where each request began.
    from: Vec<u64>,
    /// Nothing is sent behind this byte.
    most: Option<u64>,
    /// That byte was reached.
    reached: bool,
}

/// The server.
pub(crate) struct Mirror {
    pub(crate) address: String,
    seen: Arc<(Mutex<Seen>, Condvar)>,
}

impl Mirror {
    /// Serves something of the length of a known model, but of other bytes.
    pub(crate) fn start(model: &str) -> Self {
        let length = known(model).unwrap().bytes;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new((Mutex::new(Seen::default()), Condvar::new()));
        std::thread::spawn({
            let seen = seen.clone();
            move || {
                for stream in listener.incoming().flatten() {
                    let seen = seen.clone();
                    // A reader that was killed is no reason to stop.
                    std::thread::spawn(move || serve(&stream, length, &seen));
                }
            }
        });
        Self { address, seen }
    }

    /// From now on nothing is sent behind this byte; connections stay open.
    pub(crate) fn stop_after(&self, byte: u64) {
        self.seen.0.lock().unwrap().most = Some(byte);
    }

    /// From now on everything is sent.
    pub(crate) fn go_on(&self) {
        self.seen.0.lock().unwrap().most = None;
        self.seen.1.notify_all();
    }

    /// Waits until nothing more is sent.
    pub(crate) fn wait_for_cut(&self) {
        let seen = self.seen.0.lock().unwrap();
        let (seen, late) = self
            .seen
            .1
            .wait_timeout_while(seen, AT_MOST, |seen| !seen.reached)
            .unwrap();
        drop(seen);
        assert!(!late.timed_out(), "the download does not get so far");
    }

    /// Whether somebody asked for the rest only.
    pub(crate) fn resumed(&self) -> bool {
        self.log().iter().any(|from| *from > 0)
    }

    /// Where each request began.
    pub(crate) fn log(&self) -> Vec<u64> {
        self.seen.0.lock().unwrap().from.clone()
    }
}

fn serve(
    mut stream: &TcpStream,
    length: u64,
    seen: &(Mutex<Seen>, Condvar),
) -> std::io::Result<()> {
    let mut from = 0;
    for line in BufReader::new(stream).lines() {
        let line = line?.to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("range: bytes=") {
            from = value.trim_end_matches('-').parse().unwrap_or(0);
        }
    }
    seen.0.lock().unwrap().from.push(from);
    let status = match from {
        0 => "200 OK".to_owned(),
        _ => format!(
            "206 Part\r\ncontent-range: bytes {from}-{}/{length}",
            length - 1
        ),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nconnection: close\r\netag: \"one\"\r\ncontent-length: {}\r\n\r\n",
        length - from
    )?;
    let part = vec![7; PART];
    let mut at = from;
    while at < length {
        let mut now = seen.0.lock().unwrap();
        if now.most.is_some_and(|most| at >= most) {
            now.reached = true;
            seen.1.notify_all();
            while now.most.is_some_and(|most| at >= most) {
                now = seen.1.wait_timeout(now, AT_MOST).unwrap().0;
            }
        }
        drop(now);
        let n = (length - at).min(PART as u64) as usize;
        stream.write_all(&part[..n])?;
        at += n as u64;
    }
    Ok(())
}
