//! A time-stamp authority on loopback, made of OpenSSL's: another program's
//! certificates, and another program's `openssl ts -reply`.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// What keys the authority has, and how its root signed its certificate.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Keys {
    Rsa,
    /// RSA, its certificate signed with PSS.
    RsaUnderPss,
    P256,
}

/// How the authority answers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answers {
    Honestly,
    /// To a request of its own about the same hash.
    WithAnotherNonce,
    /// With a stamp of something else.
    AboutAnotherHash,
    /// It stamps other hash functions only.
    WithARefusal,
    /// One byte of the answer is changed, so far from its end.
    Changed(usize),
    WithGarbage,
    WithStatus500,
    /// With more than a megabyte.
    WithoutEnd,
    /// Not at all, while the connection stands.
    WithSilence,
}

pub(crate) struct Tsa {
    dir: TempDir,
}

const SETTINGS: &str = "
[tsa]
default_tsa = own
[own]
serial = SERIAL
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = DIGESTS
accuracy = secs:1, millisecs:500
ordering = no
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[ca]
default_ca = issuer
[issuer]
database = DIR/index.txt
serial = DIR/ca.serial
new_certs_dir = DIR
certificate = DIR/ca.pem
private_key = DIR/ca.key
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[stamps]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
";

fn openssl(args: &[&str]) -> Vec<u8> {
    let output = Command::new("openssl").args(args).output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {args:?}: {err}");
    output.stdout
}

impl Tsa {
    /// A root and an authority under it, valid for ten years.
    pub(crate) fn new(keys: Keys) -> Self {
        Self::valid(keys, "20200101000000Z", "20460101000000Z")
    }

    /// An authority whose certificate is valid from then until then.
    pub(crate) fn valid(keys: Keys, from: &str, until: &str) -> Self {
        let tsa = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        let dir = tsa.dir.path().to_str().unwrap().to_owned();
        let settings = SETTINGS
            .replace("DIR", &dir)
            .replace("SERIAL", &format!("{dir}/serial"));
        let settings = |digests: &str| settings.replace("DIGESTS", digests);
        fs::write(tsa.path("tsa.cnf"), settings("sha256, sha384")).unwrap();
        fs::write(tsa.path("other.cnf"), settings("sha512")).unwrap();
        fs::write(tsa.path("index.txt"), "").unwrap();
        fs::write(tsa.path("ca.serial"), "1001\n").unwrap();
        fs::write(tsa.path("serial"), "04\n").unwrap();
        let key: &[&str] = match keys {
            Keys::P256 => &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
            Keys::Rsa | Keys::RsaUnderPss => &["-newkey", "rsa:2048"],
        };
        let at = |name: &str| format!("{dir}/{name}");
        let (ca_key, ca, cnf) = (at("ca.key"), at("ca.pem"), at("tsa.cnf"));
        let root = [
            &["req", "-x509", "-nodes", "-days", "3650"],
            key,
            &["-keyout", &ca_key, "-out", &ca, "-subj", "/CN=Test Root"],
            &["-addext", "keyUsage=critical,keyCertSign"],
        ];
        openssl(&root.concat());
        let (tsa_key, csr, pem) = (at("tsa.key"), at("tsa.csr"), at("tsa.pem"));
        let request = [
            &["req", "-nodes"],
            key,
            &["-keyout", &tsa_key, "-out", &csr],
            &["-subj", "/CN=Test Authority"],
        ];
        openssl(&request.concat());
        let pss: &[&str] = match keys {
            Keys::RsaUnderPss => &[
                "-sigopt",
                "rsa_padding_mode:pss",
                "-sigopt",
                "rsa_pss_saltlen:digest",
            ],
            _ => &[],
        };
        let signed = [
            &["ca", "-batch", "-notext", "-config", &cnf, "-in", &csr],
            &["-out", &pem, "-extensions", "stamps"][..],
            &["-startdate", from, "-enddate", until],
            pss,
        ];
        openssl(&signed.concat());
        tsa
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The root's certificate.
    pub(crate) fn root(&self) -> String {
        self.path("ca.pem").display().to_string()
    }

    /// The authority's own certificate in DER.
    pub(crate) fn own_der(&self) -> Vec<u8> {
        let pem = self.path("tsa.pem").display().to_string();
        openssl(&["x509", "-outform", "der", "-in", &pem])
    }

    /// Whether OpenSSL finds that this token is over this hash.
    pub(crate) fn openssl_accepts(&self, token: &[u8], hash: &str) -> bool {
        let file = self.path("token.der");
        fs::write(&file, token).unwrap();
        let status = Command::new("openssl")
            .args(["ts", "-verify", "-token_in", "-in"])
            .arg(&file)
            .args(["-digest", hash, "-CAfile"])
            .arg(self.path("ca.pem"))
            .output()
            .unwrap();
        status.status.success()
    }

    /// Answers one connection after the other in this way, as long as the
    /// test runs; the address and what was asked come back.
    pub(crate) fn serve(&self, how: Answers) -> (String, std::sync::mpsc::Receiver<Vec<u8>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/tsr", listener.local_addr().unwrap());
        let (tell, asked) = std::sync::mpsc::sync_channel(16);
        let dir = self.dir.path().to_owned();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let Some(query) = read_request(&mut stream) else {
                    continue;
                };
                // Nobody needs to listen.
                let _ = tell.try_send(query.clone());
                answer(&mut stream, &dir, &query, how);
            }
        });
        (url, asked)
    }
}

/// The body of one HTTP request.
fn read_request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?.to_lowercase();
    assert!(
        head.contains("content-type: application/timestamp-query"),
        "{head}"
    );
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))?
        .parse()
        .ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(body)
}

fn answer(stream: &mut TcpStream, dir: &Path, query: &[u8], how: Answers) {
    let hash = |query: &[u8]| {
        let at = query.windows(2).position(|w| w == [4, 32]).unwrap() + 2;
        hex::encode(&query[at..at + 32])
    };
    let body = match how {
        Answers::Honestly => reply(dir, query, "tsa.cnf"),
        Answers::WithARefusal => reply(dir, query, "other.cnf"),
        Answers::WithAnotherNonce => {
            let own = ["ts", "-query", "-sha256", "-cert", "-digest", &hash(query)];
            reply(dir, &openssl(&own), "tsa.cnf")
        }
        Answers::AboutAnotherHash => {
            let other = "00".repeat(32);
            let own = ["ts", "-query", "-sha256", "-cert", "-digest", &other];
            reply(dir, &openssl(&own), "tsa.cnf")
        }
        Answers::Changed(from_end) => {
            let mut reply = reply(dir, query, "tsa.cnf");
            let at = reply.len() - from_end;
            reply[at] ^= 1;
            reply
        }
        Answers::WithGarbage | Answers::WithStatus500 => b"<html>no stamp</html>".to_vec(),
        Answers::WithoutEnd => vec![0x30; 1 << 20],
        Answers::WithSilence => {
            // Until the other side has had enough.
            let _ = stream.read(&mut [0]);
            return;
        }
    };
    let status = match how {
        Answers::WithStatus500 => "500 Internal Server Error",
        _ => "200 OK",
    };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/timestamp-reply\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    // The other side may hang up before it has read everything.
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(&body);
}

fn reply(dir: &Path, query: &[u8], settings: &str) -> Vec<u8> {
    let at = |name: &str| dir.join(name).display().to_string();
    fs::write(dir.join("query.tsq"), query).unwrap();
    openssl(&[
        "ts",
        "-reply",
        "-config",
        &at(settings),
        "-section",
        "own",
        "-queryfile",
        &at("query.tsq"),
        "-signer",
        &at("tsa.pem"),
        "-inkey",
        &at("tsa.key"),
        "-chain",
        &at("ca.pem"),
    ])
}
