//! The description of the HTTP API for programs, written from the table of
//! routes: what is not in it is not served, what is served is in it.

use super::compare::Unblind;
use super::console;
use super::people::{NewInvitation, NewPassword, NewToken, NewUser};
use super::records::NewNote;
use super::routes::{Needs, ROUTES, Route};
use super::{problem::Problem, signing_in};
use crate::accounts::Role;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use utoipa::ToSchema;
use utoipa::openapi::path::{OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, HttpMethod, InfoBuilder, ObjectBuilder, OpenApi,
    OpenApiBuilder, PathsBuilder, Ref, Required, ResponseBuilder, Type,
};
use utoipa::openapi::{PathItem, RefOr, Schema};

pub(super) async fn openapi() -> Response {
    match description().to_json() {
        Ok(text) => ([(header::CONTENT_TYPE, "application/json")], text).into_response(),
        Err(error) => Problem::internal(&error).into_response(),
    }
}

/// The description of the API, in the form of OpenAPI 3.1.
pub fn description() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Viva")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Interviews, those who follow them, and their records. Every refusal is JSON with \
             `error` (its name) and `message` (a sentence). Programs send `Authorization: Bearer \
             TOKEN`; pages sign in and send `x-csrf-token` with whatever changes something.",
        ))
        .build();
    let mut paths = PathsBuilder::new();
    for route in ROUTES {
        let item = PathItem::new(method(route), operation(route));
        paths = paths.path(route.path, item);
    }
    let mut components = ComponentsBuilder::new()
        .security_scheme(
            "token",
            SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)),
        )
        .security_scheme(
            "cookie",
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("__Host-viva"))),
        )
        .schema("Refusal", refusal());
    for (name, schema) in schemas() {
        components = components.schema(name, schema);
    }
    OpenApiBuilder::new()
        .info(info)
        .paths(paths.build())
        .components(Some(components.build()))
        .build()
}

fn schemas() -> Vec<(String, RefOr<Schema>)> {
    fn one<T: ToSchema>() -> (String, RefOr<Schema>) {
        (T::name().into_owned(), T::schema())
    }
    vec![
        one::<signing_in::SetUp>(),
        one::<signing_in::SignIn>(),
        one::<signing_in::OwnPassword>(),
        one::<NewUser>(),
        one::<NewPassword>(),
        one::<NewToken>(),
        one::<NewInvitation>(),
        one::<NewNote>(),
        one::<Unblind>(),
    ]
}

fn refusal() -> ObjectBuilder {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    ObjectBuilder::new()
        .property("error", text())
        .required("error")
        .property("message", text())
        .required("message")
}

fn method(route: &Route) -> HttpMethod {
    match route.method {
        "POST" => HttpMethod::Post,
        "DELETE" => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

fn operation(route: &Route) -> OperationBuilder {
    let refused = |text: &str| {
        let content = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name("Refusal")))
            .build();
        ResponseBuilder::new()
            .description(text)
            .content("application/json", content)
    };
    let mut operation = OperationBuilder::new()
        .summary(Some(route.summary))
        .operation_id(Some(operation_id(route)))
        .response("2XX", ResponseBuilder::new().description("Done"));
    match route.needs {
        Needs::Nothing => {}
        Needs::Anybody => operation = operation.response("401", refused("Nobody who is known")),
        Needs::May(act) => {
            let roles = Role::ALL.into_iter().filter(|role| role.may(act));
            let names: Vec<_> = roles.map(Role::name).collect();
            let text = format!("For the roles: {}.", names.join(", "));
            operation = operation
                .description(Some(text))
                .response("401", refused("Nobody who is known"))
                .response("403", refused("No right to do this"));
        }
    }
    if route.needs != Needs::Nothing {
        let none: [&str; 0] = [];
        operation = operation
            .security(SecurityRequirement::new("token", none))
            .security(SecurityRequirement::new("cookie", none));
    }
    for name in parameters(route.path) {
        operation = operation.parameter(
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .schema(Some(ObjectBuilder::new().schema_type(Type::String))),
        );
    }
    for (name, meaning) in route.query {
        operation = operation.parameter(
            ParameterBuilder::new()
                .name(*name)
                .description(Some(*meaning))
                .parameter_in(ParameterIn::Query)
                .required(Required::False)
                .schema(Some(ObjectBuilder::new().schema_type(Type::String))),
        );
    }
    if let Some(takes) = route.takes {
        let content = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name(takes)))
            .build();
        let body = RequestBodyBuilder::new()
            .content("application/json", content)
            .required(Some(Required::True))
            .build();
        operation = operation
            .request_body(Some(body))
            .response("400", refused("The body is not what was expected"));
    }
    operation
}

/// Names in the braces of a path.
fn parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('{')
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('}')?.0))
}

fn operation_id(route: &Route) -> String {
    let words = route.path.split(['/', '-', '.', '{', '}']);
    let words = words.filter(|word| !word.is_empty() && *word != "v1");
    // A page may have the name of what it shows.
    let page = console::is_page(route.path).then_some("page");
    let words: Vec<_> = page.into_iter().chain(words).collect();
    format!("{}_{}", route.method.to_lowercase(), words.join("_"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_route_is_described_once_with_what_it_takes() {
        let json = serde_json::to_value(description()).unwrap();
        let mut ids = BTreeSet::new();
        for route in ROUTES {
            let method = route.method.to_lowercase();
            let found = &json["paths"][route.path][&method];
            assert_eq!(found["summary"], route.summary, "{method} {}", route.path);
            assert!(ids.insert(found["operationId"].to_string()));
            let open = found.get("security").is_none();
            assert_eq!(open, route.needs == Needs::Nothing, "{}", route.path);
            if let Some(takes) = route.takes {
                let schema = &json["components"]["schemas"][takes];
                assert_eq!(schema["type"], "object", "{takes}");
            }
            for name in parameters(route.path) {
                let told = found["parameters"].as_array().unwrap();
                assert!(told.iter().any(|p| p["name"] == name));
            }
            for (name, meaning) in route.query {
                let told = found["parameters"].as_array().unwrap();
                let one = told.iter().find(|p| p["name"] == *name).unwrap();
                assert_eq!(
                    (&one["in"], &one["description"]),
                    (&"query".into(), &(*meaning).into())
                );
            }
        }
        let described: usize = json["paths"]
            .as_object()
            .unwrap()
            .values()
            .map(|item| item.as_object().unwrap().len())
            .sum();
        assert_eq!(described, ROUTES.len());
    }
}
