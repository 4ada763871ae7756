//! Every route of the engine, with what it needs. The table is the law: the
//! guard lets nothing through that does not stand here, the description for
//! programs is written from it, and its test tries every line.

use super::listing;
use crate::accounts::Act;

/// What a route needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: anybody may come.
    Nothing,
    /// Somebody who is known, in whichever role.
    Anybody,
    /// A right.
    May(Act),
}

/// One route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// Method.
    pub method: &'static str,
    /// Path, with its parameters in braces.
    pub path: &'static str,
    /// What it needs.
    pub needs: Needs,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// Name of the schema of its body, if it takes one.
    pub takes: Option<&'static str>,
    /// What can be said behind a question mark: names and meanings.
    pub query: &'static [(&'static str, &'static str)],
}

const fn route(
    method: &'static str,
    path: &'static str,
    needs: Needs,
    summary: &'static str,
) -> Route {
    Route {
        method,
        path,
        needs,
        summary,
        takes: None,
        query: &[],
    }
}

const fn with_body(mut route: Route, takes: &'static str) -> Route {
    route.takes = Some(takes);
    route
}

const fn with_query(mut route: Route, query: &'static [(&'static str, &'static str)]) -> Route {
    route.query = query;
    route
}

use Act as A;
use Needs::{Anybody, May, Nothing};

/// The table.
pub const ROUTES: &[Route] = &[
    route("GET", "/healthz", Nothing, "Whether the engine runs"),
    route(
        "GET",
        "/readyz",
        Nothing,
        "Whether it can take a call: disk and space",
    ),
    route(
        "GET",
        "/metrics",
        May(A::ReadMetrics),
        "Figures in the OpenMetrics text format",
    ),
    route("GET", "/v1/openapi.json", Anybody, "This description"),
    route("GET", "/", Anybody, "The way to the first page"),
    route(
        "GET",
        "/console/{version}/{name}",
        Nothing,
        "Scripts and styles of the pages",
    ),
    route("GET", "/sign-in", Nothing, "The page to sign in"),
    route(
        "GET",
        "/setup",
        Nothing,
        "The page for the first administrator; useless without its link",
    ),
    route("GET", "/sessions", Anybody, "The page of the sessions"),
    route(
        "GET",
        "/sessions/{id}",
        Anybody,
        "The page that plays a session's record",
    ),
    route(
        "GET",
        "/reports",
        Anybody,
        "The page of reports and studies",
    ),
    route(
        "GET",
        "/compare",
        Anybody,
        "The page that compares the candidates of a job",
    ),
    route("GET", "/live/{id}", Anybody, "The page of one call"),
    route(
        "GET",
        "/invitations",
        Anybody,
        "The page of the invitations",
    ),
    route("GET", "/accounts", Anybody, "The page of the accounts"),
    with_body(
        route(
            "POST",
            "/v1/setup",
            Nothing,
            "Make the first administrator, by the one-time token",
        ),
        "SetUp",
    ),
    with_body(
        route(
            "POST",
            "/v1/sign-in",
            Nothing,
            "Sign in by name and password, or by a token; sets a cookie",
        ),
        "SignIn",
    ),
    route("POST", "/v1/sign-out", Anybody, "Sign out"),
    route(
        "GET",
        "/v1/me",
        Anybody,
        "Who one is, what one may do, and the token against forged requests",
    ),
    with_body(
        route(
            "POST",
            "/v1/me/password",
            Anybody,
            "Change one's own password",
        ),
        "OwnPassword",
    ),
    route(
        "GET",
        "/v1/users",
        May(A::ManageAccounts),
        "List the accounts",
    ),
    with_body(
        route(
            "POST",
            "/v1/users",
            May(A::ManageAccounts),
            "Add an account",
        ),
        "NewUser",
    ),
    route(
        "DELETE",
        "/v1/users/{name}",
        May(A::ManageAccounts),
        "Remove an account",
    ),
    with_body(
        route(
            "POST",
            "/v1/users/{name}/password",
            May(A::ManageAccounts),
            "Give an account another password",
        ),
        "NewPassword",
    ),
    route(
        "GET",
        "/v1/tokens",
        May(A::ManageAccounts),
        "List the tokens that were given out",
    ),
    with_body(
        route(
            "POST",
            "/v1/tokens",
            May(A::ManageAccounts),
            "Make a token for a program; it is shown once",
        ),
        "NewToken",
    ),
    route(
        "DELETE",
        "/v1/tokens/{id}",
        May(A::ManageAccounts),
        "Take a token back",
    ),
    route(
        "GET",
        "/v1/invitations",
        May(A::Invite),
        "List the invitations",
    ),
    with_body(
        route(
            "POST",
            "/v1/invitations",
            May(A::Invite),
            "Invite a candidate; the link is shown once",
        ),
        "NewInvitation",
    ),
    route(
        "DELETE",
        "/v1/invitations/{id}",
        May(A::Invite),
        "Take an invitation back",
    ),
    route(
        "POST",
        "/v1/documents/{name}",
        May(A::Invite),
        "Read a job or a résumé (TOML, Markdown, text, PDF, DOCX) into text; keeps nothing",
    ),
    route(
        "GET",
        "/v1/interview",
        May(A::TakeInterview),
        "The candidate's websocket, subprotocol viva.v1",
    ),
    route(
        "GET",
        "/v1/live",
        May(A::WatchLive),
        "List the live sessions",
    ),
    with_query(
        route(
            "GET",
            "/v1/live/{id}",
            May(A::WatchLive),
            "Follow and steer a call: websocket, subprotocol viva.live.v1",
        ),
        &[("after", "Only lines of the log with a greater number")],
    ),
    with_query(
        route(
            "GET",
            "/v1/sessions",
            May(A::ListSessions),
            "List and search the sessions, newest first, page by page",
        ),
        listing::QUERY,
    ),
    route(
        "GET",
        "/v1/sessions/{id}",
        May(A::ReadSession),
        "One session's facts",
    ),
    route(
        "GET",
        "/v1/sessions/{id}/review",
        May(A::ReadSession),
        "All that the player shows: turns with word times and corrections, scores with evidence, \
         gaps, what happened, redactions",
    ),
    route(
        "GET",
        "/v1/sessions/{id}/transcript",
        May(A::ReadSession),
        "Its transcript with times, scores and evidence",
    ),
    route(
        "GET",
        "/v1/sessions/{id}/events",
        May(A::ReadSession),
        "Its log, as it stands",
    ),
    route(
        "GET",
        "/v1/sessions/{id}/audio",
        May(A::HearAudio),
        "Its recording; ranges of bytes can be asked for. `?copy=1` is for those who may take \
         copies",
    ),
    route(
        "GET",
        "/v1/sessions/{id}/peaks",
        May(A::HearAudio),
        "Loudest sample of every tenth of a second, both sides",
    ),
    route(
        "GET",
        "/v1/sessions/{id}/documents",
        May(A::ReadSession),
        "List its documents",
    ),
    route(
        "GET",
        "/v1/sessions/{id}/documents/{name}",
        May(A::ReadSession),
        "One document. `?copy=1` is for those who may take copies",
    ),
    route(
        "GET",
        "/v1/sessions/{id}/verify",
        May(A::VerifyRecord),
        "What was checked, and everything that is wrong with its record",
    ),
    route(
        "GET",
        "/v1/sessions/{id}/notes",
        May(A::ReadSession),
        "Notes and bookmarks about it",
    ),
    with_body(
        route(
            "POST",
            "/v1/sessions/{id}/notes",
            May(A::Annotate),
            "State a note or a bookmark, signed and kept beside the record",
        ),
        "NewNote",
    ),
    route(
        "GET",
        "/v1/jobs",
        May(A::Compare),
        "Jobs with finished interviews, and how many",
    ),
    route(
        "GET",
        "/v1/jobs/{id}/comparison",
        May(A::Compare),
        "The candidates of one job, question by question, without their names",
    ),
    with_body(
        route(
            "POST",
            "/v1/jobs/{id}/comparison/names",
            May(A::Compare),
            "The same with names; that they were asked for is logged",
        ),
        "Unblind",
    ),
    route(
        "GET",
        "/v1/study",
        May(A::Compare),
        "A study of the interviews of one job, or of chosen ones (`?job=` or `?sessions=A,B`)",
    ),
    route(
        "GET",
        "/v1/study/page",
        May(A::Compare),
        "The same as a page",
    ),
];

/// The route of a request, if it is one.
pub(super) fn find(method: &str, path: &str) -> Option<&'static Route> {
    // Who may get may ask for the head.
    let method = if method == "HEAD" { "GET" } else { method };
    ROUTES.iter().find(|r| r.method == method && r.path == path)
}
