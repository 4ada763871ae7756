//! Stands before every route: limits, origin, who comes, whether he or she
//! may. What the table of routes does not allow is denied.

use super::admit::Via;
use super::console;
use super::house::House;
use super::origin_allowed;
use super::problem::{Code, Problem};
use super::routes::{self, Needs};
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::time::Instant;

/// Header that a page proves with that a request is its own.
pub(super) const CSRF: &str = "x-csrf-token";

/// Where a request comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller(pub(super) IpAddr);

pub(super) async fn guard(
    State(house): State<Arc<House>>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.extensions().get::<MatchedPath>().cloned();
    let path = path.as_ref().map_or("", MatchedPath::as_str);
    let mut response = match admit(&house, path, &mut request) {
        Ok(()) => next.run(request).await,
        Err(problem) if visits(&problem, &request) => {
            let asked = request.uri().path_and_query();
            console::to_sign_in(asked.map_or("/", |asked| asked.as_str()))
        }
        Err(problem) => problem.into_response(),
    };
    if let Some(Code(code)) = response.extensions().get::<Code>().copied() {
        house.metrics.refused(code);
        tracing::info!(
            route = path,
            code,
            status = response.status().as_u16(),
            "refused"
        );
    }
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Whether a person who is not signed in opens a page.
fn visits(problem: &Problem, request: &Request) -> bool {
    problem.status == StatusCode::UNAUTHORIZED
        && request.method() == Method::GET
        && console::is_visit(request.headers())
}

/// What leads nowhere: counted and logged like what is refused, but not what
/// was asked for, which may be anything.
pub(super) async fn nowhere(State(house): State<Arc<House>>) -> Problem {
    let code = "no_route";
    house.metrics.refused(code);
    tracing::info!(code, status = 404, "refused");
    Problem::new(StatusCode::NOT_FOUND, code, "There is nothing here")
}

fn admit(house: &House, path: &str, request: &mut Request) -> Result<(), Problem> {
    let from = address(house, request);
    let limits = &house.limits;
    if !house
        .addresses
        .may_ask(from, limits.requests, Instant::now())
    {
        return Err(Problem::limit(format!(
            "More than {} requests in a minute",
            limits.requests
        )));
    }
    let method = request.method();
    let route = routes::find(method.as_str(), path)
        .ok_or_else(|| Problem::new(StatusCode::METHOD_NOT_ALLOWED, "no_route", "No such route"))?;
    let headers = request.headers();
    // A page of somebody else may neither change anything nor open a socket.
    let changes = !matches!(*method, Method::GET | Method::HEAD);
    let socket = headers.contains_key(header::UPGRADE);
    if (changes || socket) && !origin_allowed(headers) {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "origin",
            "Origin is not this server",
        ));
    }
    request.extensions_mut().insert(Caller(from));
    if route.needs == Needs::Nothing {
        return Ok(());
    }
    let headers = request.headers();
    let (identity, via) = house.identify(headers)?;
    if let Via::Cookie { csrf, .. } = &via {
        if changes && !proves(headers, csrf) {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "csrf",
                format!("Expected the header {CSRF} with the token of /v1/me"),
            ));
        }
        // Browsers always say where a socket comes from.
        if socket && !headers.contains_key(header::ORIGIN) {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "origin",
                "A socket by cookie: expected an Origin",
            ));
        }
    }
    if let Needs::May(act) = route.needs
        && !identity.may(act)
    {
        let roles: Vec<_> = identity.roles.iter().map(|r| r.name()).collect();
        return Err(Problem::forbidden(format!(
            "Role {} may not {act}",
            roles.join(", ")
        )));
    }
    request.extensions_mut().insert(via.pass(&identity));
    request.extensions_mut().insert(identity);
    if let Via::Cookie { csrf, .. } = via {
        request.extensions_mut().insert(csrf);
    }
    Ok(())
}

fn proves(headers: &HeaderMap, secret: &crate::accounts::Secret) -> bool {
    let found = headers.get(CSRF).and_then(|v| v.to_str().ok());
    found.is_some_and(|found| secret.is(found))
}

/// The other end's address; behind a proxy, the last that the proxy added.
fn address(house: &House, request: &Request) -> IpAddr {
    let info = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let direct = info.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip());
    if !house.behind_proxy {
        return direct;
    }
    let headers = request.headers().get_all("x-forwarded-for");
    let last = headers.iter().next_back().and_then(|v| v.to_str().ok());
    let last = last.and_then(|v| v.rsplit(',').next()?.trim().parse().ok());
    last.unwrap_or(direct)
}
