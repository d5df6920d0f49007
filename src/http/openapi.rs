//! The description of the API (OpenAPI 3.1), made from the route table.
//!
//! Bodies are described by the very declarations that read them, so neither can drift from the
//! other. `schemas/openapi.json` is kept equal by a test.

use crate::domain::FieldFault;
use crate::domain::fields::Shape;
use crate::http::answers::{self, Gives, Known};
use crate::http::router::{Entrance, Route};
use crate::http::routes;
use crate::service::clients::Candidate;
use utoipa::openapi::path::{
    HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn, PathItem, PathsBuilder,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{
    AdditionalProperties, AllOf, ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type,
};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, RefOr, Required,
    Response, ResponseBuilder,
};

/// The schema of a shape.
fn schema(shape: &Shape) -> RefOr<Schema> {
    let simple = |kind| {
        let object = ObjectBuilder::new().schema_type(SchemaType::new(kind)).build();
        RefOr::T(Schema::Object(object))
    };
    match shape {
        Shape::Any => {
            RefOr::T(Schema::Object(ObjectBuilder::new().schema_type(SchemaType::AnyValue).build()))
        }
        Shape::Text => simple(Type::String),
        Shape::Identifier => {
            let format =
                utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::Uuid);
            let kind = SchemaType::new(Type::String);
            let object = ObjectBuilder::new().schema_type(kind).format(Some(format)).build();
            RefOr::T(Schema::Object(object))
        }
        Shape::Flag => simple(Type::Boolean),
        Shape::Whole => simple(Type::Integer),
        Shape::List(item) => {
            RefOr::T(Schema::Array(ArrayBuilder::new().items(schema(item)).build()))
        }
        Shape::Optional(inner) => schema(inner),
        Shape::Object(fields) => {
            let mut object = ObjectBuilder::new().schema_type(SchemaType::new(Type::Object));
            for (name, shape) in fields {
                object = object.property(*name, schema(shape));
                if !matches!(shape, Shape::Optional(_)) {
                    object = object.required(*name);
                }
            }
            let closed = AdditionalProperties::FreeForm(false);
            let object = object.additional_properties(Some(closed)).build();
            RefOr::T(Schema::Object(object))
        }
    }
}

fn method(route: &Route) -> HttpMethod {
    match route.method {
        "POST" => HttpMethod::Post,
        "PUT" => HttpMethod::Put,
        "PATCH" => HttpMethod::Patch,
        "DELETE" => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

/// Where the resource begins in a template: the first part below `/api/v1`.
fn tag(route: &Route) -> &'static str {
    let path = route.template.strip_prefix("/api/v1").unwrap_or(route.template);
    path.split('/').nth(1).unwrap_or_default()
}

fn operation(route: &Route, known: &mut Known) -> OperationBuilder {
    let right = match route.entrance {
        Entrance::Open => "Open.".to_owned(),
        Entrance::SignedIn => "Every signed-in person.".to_owned(),
        Entrance::Hook => "By the secret or signature of the source.".to_owned(),
        Entrance::Needs(action) => format!("Right: {action:?}."),
    };
    let mut operation = OperationBuilder::new()
        .tag(tag(route))
        .summary(Some(route.about))
        .description(Some(right))
        .response("default", utoipa::openapi::Ref::from_response_name("Error"));
    if let Some((status, response)) = answer(route, known) {
        operation = operation.response(status, response);
    }
    for name in route.template.split('/').filter_map(|part| part.strip_prefix('{')) {
        let name = name.trim_end_matches('}');
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .schema(Some(schema(&Shape::Text)));
        operation = operation.parameter(parameter.build());
    }
    if let Some(body) = route.body {
        let content = ContentBuilder::new().schema(Some(schema(&body()))).build();
        let body = RequestBodyBuilder::new()
            .content("application/json", content)
            .required(Some(Required::True))
            .build();
        operation = operation.request_body(Some(body));
    }
    if matches!(route.entrance, Entrance::SignedIn | Entrance::Needs(_)) {
        operation = operation
            .security(SecurityRequirement::new("session", [] as [&str; 0]))
            .security(SecurityRequirement::new("token", [] as [&str; 0]));
    }
    operation
}

/// Status and form of what a route answers when all is well.
fn answer(route: &Route, known: &mut Known) -> Option<(String, Response)> {
    let done = ResponseBuilder::new().description("Done.");
    Some(match answers::of(route)? {
        Gives::Json(status, form) => {
            let content = ContentBuilder::new().schema(Some(plain(form(known)))).build();
            (status.to_string(), done.content("application/json", content).build())
        }
        Gives::Bytes(kind) => {
            let content = ContentBuilder::new().schema(Some(schema(&Shape::Text))).build();
            ("200".to_owned(), done.content(kind, content).build())
        }
        Gives::Nothing => ("204".to_owned(), done.build()),
        Gives::Socket => ("101".to_owned(), done.build()),
    })
}

/// A schema as the page's types want it: every field is always there, if only as `null`.
fn plain(mut form: RefOr<Schema>) -> RefOr<Schema> {
    if let RefOr::T(Schema::Object(object)) = &mut form {
        object.required = object.properties.keys().cloned().collect();
    }
    form
}

/// The parts of a whole (`serde(flatten)`) as one object.
fn joined(parts: &AllOf, known: &Known) -> Schema {
    let mut whole = ObjectBuilder::new().schema_type(SchemaType::new(Type::Object)).build();
    whole.description.clone_from(&parts.description);
    for part in &parts.items {
        let named = match part {
            RefOr::Ref(part) => part.ref_location.rsplit('/').next().and_then(|it| known.get(it)),
            own @ RefOr::T(_) => Some(own),
        };
        if let Some(RefOr::T(Schema::Object(object))) = named {
            whole.properties.extend(object.properties.clone());
        }
    }
    Schema::Object(whole)
}

/// The named schemas, as the page's types want them.
fn named(known: &Known) -> Vec<(String, RefOr<Schema>)> {
    let form = |form: &RefOr<Schema>| match form {
        RefOr::T(Schema::AllOf(parts)) => RefOr::T(joined(parts, known)),
        other => other.clone(),
    };
    known.iter().map(|(name, found)| (name.clone(), plain(form(found)))).collect()
}

fn error_schema(known: &mut Known) -> RefOr<Schema> {
    let mut error = schema(&Shape::Object(vec![
        ("code", Shape::Text),
        ("message", Shape::Text),
        ("fields", Shape::List(Box::new(Shape::Any))),
        ("request_id", Shape::Text),
    ]));
    if let RefOr::T(Schema::Object(object)) = &mut error {
        let faults = ArrayBuilder::new().items(answers::one::<FieldFault>(known)).build();
        object.properties.insert("fields".into(), RefOr::T(Schema::Array(faults)));
        // Only where others look the same.
        let others = ArrayBuilder::new().items(answers::one::<Candidate>(known)).build();
        object.properties.insert("duplicates".into(), RefOr::T(Schema::Array(others)));
    }
    let whole = ObjectBuilder::new()
        .schema_type(SchemaType::new(Type::Object))
        .property("error", error)
        .required("error");
    RefOr::T(Schema::Object(whole.build()))
}

/// The whole description.
#[must_use]
pub fn document() -> OpenApi {
    let (mut paths, mut known) = (PathsBuilder::new(), Known::new());
    for route in routes::table() {
        let item = PathItem::new(method(route), operation(route, &mut known));
        paths = paths.path(route.template, item);
    }
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("lenderbox_session")));
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let content = ContentBuilder::new().schema(Some(error_schema(&mut known))).build();
    let error = ResponseBuilder::new()
        .description("A refusal: what happened and what to do; codes in errors.json.")
        .content("application/json", content)
        .build();
    let components = ComponentsBuilder::new()
        .security_scheme("session", cookie)
        .security_scheme("token", bearer)
        .response("Error", error)
        .schemas_from_iter(named(&known))
        .build();
    OpenApiBuilder::new()
        .info(InfoBuilder::new().title("Lenderbox").version(env!("CARGO_PKG_VERSION")).build())
        .paths(paths.build())
        .components(Some(components))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_kept_description_is_the_generated_one() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/openapi.json");
        let mut generated = document().to_pretty_json().unwrap();
        generated.push('\n');
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::write(&path, &generated).unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(kept == generated, "schemas/openapi.json is old: run with UPDATE_SCHEMAS=1");
    }

    #[test]
    fn every_route_is_described_once() {
        let text = document().to_json().unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        for route in routes::table() {
            let method = route.method.to_lowercase();
            let found = &value["paths"][route.template][&method]["summary"];
            assert_eq!(found, route.about, "{route:?}");
        }
    }
}
