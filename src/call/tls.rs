//! The stream under a websocket: plain for `ws`, TLS for `wss`. The
//! certificates of well-known authorities are trusted, and those in a file
//! that the user names.

use super::LinkError;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::http::Uri;

/// What a websocket can go over.
pub(super) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// Either kind of stream.
pub(super) type Stream = Box<dyn Io>;

impl std::fmt::Debug for dyn Io {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Io")
    }
}

/// Connects to where an address points.
pub(super) async fn connect(
    url: &str,
    uri: &Uri,
    roots: Option<&Path>,
) -> Result<Stream, LinkError> {
    let address = |reason: String| LinkError::Address {
        url: url.to_owned(),
        reason,
    };
    let unreachable = |reason: String| LinkError::Unreachable {
        url: url.to_owned(),
        reason,
    };
    let secure = match uri.scheme_str() {
        Some("ws") => false,
        Some("wss") => true,
        other => {
            let found = other.unwrap_or("no scheme");
            return Err(address(format!("found {found}, expected ws or wss")));
        }
    };
    let host = uri
        .host()
        .ok_or_else(|| address("it names no host".into()))?;
    // IPv6 addresses stand in brackets in a URI only.
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
    let stream = TcpStream::connect((host, port))
        .await
        .map_err(|e| unreachable(e.to_string()))?;
    // Small messages must not wait for each other.
    stream
        .set_nodelay(true)
        .map_err(|e| unreachable(e.to_string()))?;
    if !secure {
        return Ok(Box::new(stream));
    }
    let config = config(roots).map_err(address)?;
    let name = ServerName::try_from(host.to_owned()).map_err(|e| address(e.to_string()))?;
    let stream = tokio_rustls::TlsConnector::from(config)
        .connect(name, stream)
        .await
        .map_err(|e| unreachable(format!("its certificate or TLS: {e}")))?;
    Ok(Box::new(stream))
}

fn config(own: Option<&Path>) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    if let Some(path) = own {
        let shown = path.display();
        let found = CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|e| format!("certificates {shown}: {e}"))?;
        if found.is_empty() {
            return Err(format!("certificates {shown}: found none, expected PEM"));
        }
        for certificate in found {
            roots
                .add(certificate)
                .map_err(|e| format!("certificates {shown}: {e}"))?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
