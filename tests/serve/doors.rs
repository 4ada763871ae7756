//! Every route with every role and none, signing in, the first start.

use crate::desk::*;
use serde_json::json;
use viva::accounts::Role;
use viva::clock::unix_millis;
use viva::server::{Needs, ROUTES};

const PASSWORD: &str = "a long enough one";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_lets_in_whom_the_table_names_and_nobody_else() {
    let desk = Desk::open().await;
    let tokens: Vec<_> = Role::ALL.into_iter().map(|r| (r, desk.token(r))).collect();
    let mut tried = 0;
    for route in ROUTES {
        let path = route
            .path
            .replace("{id}", "01J9ZQ4H5T8W3X2Y1V0N7M6K5B")
            .replace("{name}", "nobody")
            .replace("{version}", "0");
        let body = (route.method == "POST").then(|| json!({"no": "such field"}));
        let place = format!("{} {}", route.method, route.path);
        let (status, told) = desk.ask(route.method, &path, None, body.clone()).await;
        match route.needs {
            Needs::Nothing => assert!(!matches!(status, 401 | 403), "{place}: {status}"),
            _ => assert_eq!(
                (status, &told["error"]),
                (401, &json!("no_token")),
                "{place}"
            ),
        }
        for (role, token) in &tokens {
            let (status, told) = desk
                .ask(route.method, &path, Some(token), body.clone())
                .await;
            let may = match route.needs {
                Needs::Nothing | Needs::Anybody => true,
                Needs::May(act) => role.may(act),
            };
            let forbidden = status == 403 && told["error"] == "forbidden";
            assert_eq!(!may, forbidden, "{role} {place}: {status} {told}");
            assert_ne!(status, 401, "{role} {place}");
            // It is there, whatever it says to what was asked.
            assert_ne!(status, 405, "{role} {place}");
            tried += 1;
        }
    }
    assert_eq!(tried, ROUTES.len() * Role::ALL.len());
    // What is not in the table is not there, whoever asks.
    for (role, token) in &tokens {
        for (method, path) in [
            ("PUT", "/v1/users"),
            ("POST", "/v1/live"),
            ("DELETE", "/v1/sessions/x"),
        ] {
            let (status, _) = desk.ask(method, path, Some(token), None).await;
            assert_eq!(status, 405, "{role} {method} {path}");
        }
        let (status, _) = desk
            .ask("GET", "/v1/../users.json", Some(token), None)
            .await;
        assert_eq!(status, 404);
    }
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_start_makes_one_administrator_who_makes_the_others() {
    let desk = Desk::open().await;
    let now = unix_millis();
    let token = desk.accounts.setup_token(now + DAY, now).unwrap().unwrap();
    let body = json!({"token": token, "name": "ada", "password": PASSWORD});
    let short = json!({"token": token, "name": "ada", "password": "short"});
    let (status, told) = desk.ask("POST", "/v1/setup", None, Some(short)).await;
    assert_eq!(status, 400);
    assert!(
        told["message"].as_str().unwrap().contains("5 characters"),
        "{told}"
    );
    let (status, headers, _) = desk
        .ask_with("POST", "/v1/setup", vec![], Some(body.clone()))
        .await;
    assert_eq!(status, 201);
    let cookie = headers["set-cookie"].to_str().unwrap().to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let (status, told) = desk.ask("POST", "/v1/setup", None, Some(body)).await;
    assert_eq!((status, &told["error"]), (401, &json!("token_revoked")));

    let cookie = cookie.split(';').next().unwrap().to_owned();
    let with = |more: &[(&str, &str)]| {
        let mut headers = vec![("cookie".to_owned(), cookie.clone())];
        headers.extend(more.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
        headers
    };
    let (status, _, me) = desk.ask_with("GET", "/v1/me", with(&[]), None).await;
    assert_eq!(status, 200);
    let me: serde_json::Value = serde_json::from_str(&me).unwrap();
    assert_eq!(me["roles"], json!(["administrator"]));
    let csrf = me["csrf"].as_str().unwrap();
    // A forged request carries the cookie, but not the secret.
    let rita = json!({"name": "rita", "roles": ["recruiter"], "password": PASSWORD});
    let add = |headers| desk.ask_with("POST", "/v1/users", headers, Some(rita.clone()));
    let (status, _, text) = add(with(&[])).await;
    assert!(
        status == 403 && text.contains("\"csrf\""),
        "{status} {text}"
    );
    let (status, _, text) = add(with(&[("x-csrf-token", "guess")])).await;
    assert!(
        status == 403 && text.contains("\"csrf\""),
        "{status} {text}"
    );
    let away = with(&[
        ("x-csrf-token", csrf),
        ("origin", "https://elsewhere.example"),
    ]);
    let (status, _, text) = add(away).await;
    assert!(
        status == 403 && text.contains("\"origin\""),
        "{status} {text}"
    );
    let (status, ..) = add(with(&[("x-csrf-token", csrf)])).await;
    assert_eq!(status, 201);

    let sign_in = |password: &str| json!({"name": "rita", "password": password});
    let (status, _) = desk
        .ask("POST", "/v1/sign-in", None, Some(sign_in(PASSWORD)))
        .await;
    assert_eq!(status, 204);
    // Guessing is slowed down, by name and by address.
    let mut answers = Vec::new();
    for _ in 0..6 {
        let guess = Some(sign_in("a wrong password"));
        answers.push(desk.ask("POST", "/v1/sign-in", None, guess).await.0);
    }
    assert_eq!(answers, [401, 401, 401, 401, 401, 429]);

    // Signed out, the cookie opens nothing.
    let out = with(&[("x-csrf-token", csrf)]);
    let (status, ..) = desk
        .ask_with("POST", "/v1/sign-out", out, Some(json!({})))
        .await;
    assert_eq!(status, 204);
    let (status, ..) = desk.ask_with("GET", "/v1/me", with(&[]), None).await;
    assert_eq!(status, 401);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_run_nothing_but_files_of_this_server() {
    let desk = Desk::open().await;
    let (status, headers, text) = desk.ask_with("GET", "/sign-in", vec![], None).await;
    assert_eq!(status, 200);
    let policy = headers["content-security-policy"].to_str().unwrap();
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(headers["cache-control"], "no-store");
    assert!(text.contains("<label for=\"name\">"));
    // Its files are kept for ever, by an address that changes with them.
    let script = text.split("src=\"").nth(1).unwrap();
    let script = script.split('"').next().unwrap();
    let (status, headers, _) = desk.ask_with("GET", script, vec![], None).await;
    assert_eq!(status, 200);
    assert_eq!(headers["content-type"], "text/javascript; charset=utf-8");
    let caching = headers["cache-control"].to_str().unwrap();
    assert!(caching.contains("immutable"), "{caching}");
    let tag = headers["etag"].to_str().unwrap().to_owned();
    let known = vec![("if-none-match".to_owned(), tag)];
    let (status, _, text) = desk.ask_with("GET", script, known, None).await;
    assert_eq!((status, text.as_str()), (304, ""));
    for gone in ["/console/0/base.css", "/console/0/pages%2Fshell.html"] {
        assert_eq!(desk.ask("GET", gone, None, None).await.0, 404, "{gone}");
    }
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_is_not_signed_in_is_led_to_the_sign_in_and_a_program_is_refused() {
    let desk = Desk::open().await;
    let browser = || vec![("accept".to_owned(), "text/html,*/*;q=0.8".to_owned())];
    let path = "/sessions?q=bob";
    let (status, headers, _) = desk.ask_with("GET", path, browser(), None).await;
    assert_eq!(status, 303);
    assert_eq!(headers["location"], "/sign-in?next=/sessions%3Fq%3Dbob");
    assert_eq!(desk.ask("GET", path, None, None).await.0, 401);
    // What changes something is never led elsewhere.
    let (status, ..) = desk
        .ask_with("POST", "/v1/sign-out", browser(), Some(json!({})))
        .await;
    assert_eq!(status, 401);
    // Without the right it is a refusal, not a question of signing in.
    let mut operator = browser();
    let bearer = format!("Bearer {}", desk.token(Role::Operator));
    operator.push(("authorization".to_owned(), bearer));
    let (status, ..) = desk.ask_with("GET", "/v1/live", operator, None).await;
    assert_eq!(status, 403);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_is_told_to_anybody_and_figures_only_to_those_who_may() {
    let desk = Desk::open().await;
    assert_eq!(desk.ask("GET", "/healthz", None, None).await.0, 200);
    assert_eq!(desk.ask("GET", "/readyz", None, None).await.0, 200);
    assert_eq!(desk.ask("GET", "/metrics", None, None).await.0, 401);
    assert_eq!(
        desk.figure("viva_refusals_total{kind=\"no_token\"}").await,
        1
    );
    desk.stop().await;
}
