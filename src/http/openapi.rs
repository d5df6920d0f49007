//! The description of the API (OpenAPI 3.1), made from the route table.
//!
//! Bodies are described by the very declarations that read them, so neither can drift from the
//! other. `schemas/openapi.json` is kept equal by a test.

use crate::domain::fields::Shape;
use crate::http::router::{Entrance, Route};
use crate::http::routes;
use utoipa::openapi::path::{
    HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn, PathItem, PathsBuilder,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type,
};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, RefOr, Required,
    ResponseBuilder,
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

fn operation(route: &Route) -> OperationBuilder {
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
        .response("2XX", ResponseBuilder::new().description("Done.").build())
        .response("default", utoipa::openapi::Ref::from_response_name("Error"));
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

fn error_shape() -> Shape {
    let fault = vec![("field", Shape::Text), ("code", Shape::Text), ("message", Shape::Text)];
    let error = Shape::Object(vec![
        ("code", Shape::Text),
        ("message", Shape::Text),
        ("fields", Shape::List(Box::new(Shape::Object(fault)))),
        ("request_id", Shape::Text),
    ]);
    Shape::Object(vec![("error", error)])
}

/// The whole description.
#[must_use]
pub fn document() -> OpenApi {
    let mut paths = PathsBuilder::new();
    for route in routes::table() {
        let item = PathItem::new(method(route), operation(route));
        paths = paths.path(route.template, item);
    }
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("lenderbox_session")));
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let content = ContentBuilder::new().schema(Some(schema(&error_shape()))).build();
    let error = ResponseBuilder::new()
        .description("A refusal: what happened and what to do; codes in errors.json.")
        .content("application/json", content)
        .build();
    let components = ComponentsBuilder::new()
        .security_scheme("session", cookie)
        .security_scheme("token", bearer)
        .response("Error", error)
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
