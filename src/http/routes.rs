//! The one table of routes: method, path, who may come in, what answers.
//!
//! The router, the test of rights and the description of the API are all driven from here. A new
//! route is one row.

use crate::domain::access::Action;
use crate::http::health;
use crate::http::router::{Entrance, Route};

/// A row for a handler without a body.
macro_rules! route {
    ($method:literal $path:expr, $entrance:expr, $handler:path, $about:literal) => {
        Route {
            method: $method,
            template: $path,
            entrance: $entrance,
            about: $about,
            body: None,
            handler: |edge, request| Box::pin($handler(edge, request)),
        }
    };
    ($method:literal $path:expr, $entrance:expr, $handler:path, $about:literal, $body:ty) => {
        Route { body: Some(<$body>::shape), ..route!($method $path, $entrance, $handler, $about) }
    };
}

#[rustfmt::skip]
static TABLE: &[Route] = &[
    route!("GET" "/healthz", Entrance::Open, health::alive, "Whether the process answers."),
    route!("GET" "/readyz", Entrance::Open, health::ready, "Whether requests are served."),
    route!("GET" "/metrics", Entrance::Needs(Action::ReadMetrics), health::metrics,
        "Measurements in the text form of Prometheus."),
];

/// All routes.
#[must_use]
pub fn table() -> &'static [Route] {
    TABLE
}
