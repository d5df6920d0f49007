//! From method and path to the row of the route table.
//!
//! A flat chain of warp filters costs microseconds for each route that does not fit (measured), so
//! the table is grouped by the first part of the path and matched here. Must never know a handler.

use crate::domain::access::Action;
use crate::http::edge::Edge;
use crate::http::request::{Outcome, Request, decoded_segment};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use warp::http::Method;

/// What a handler returns while it works.
pub type Working = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// Who may come in at a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entrance {
    /// Everybody: signing in, health.
    Open,
    /// Every signed-in person, for what is his own.
    SignedIn,
    /// Whoever has a right to the action, person or machine.
    Needs(Action),
    /// A cloud PBX that proves itself by secret or signature.
    Hook,
}

/// One row of the route table.
#[derive(Clone, Copy)]
pub struct Route {
    /// Method.
    pub method: &'static str,
    /// Path with `{…}` where a part varies.
    pub template: &'static str,
    /// Who may come in.
    pub entrance: Entrance,
    /// What it does, for the description of the API.
    pub about: &'static str,
    /// What its body looks like, if it takes one.
    pub body: Option<fn() -> crate::domain::fields::Shape>,
    /// What answers.
    pub handler: fn(Edge, Request) -> Working,
}

/// What begins a job without a body: nothing else would tell a repeat from a second wish.
const BEGIN_A_JOB: [&str; 3] =
    ["/api/v1/backups", "/api/v1/backups/{name}/verify", "/api/v1/daily-run"];

impl Route {
    /// Whether an `Idempotency-Key` makes a second request get the first one's answer.
    #[must_use]
    pub fn is_repeatable(&self) -> bool {
        // Unmasking is done anew each time, so that each look is on record.
        let with_body = self.body.is_some() && !self.template.ends_with("/unmask");
        with_body || (self.method == "POST" && BEGIN_A_JOB.contains(&self.template))
    }
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.template)
    }
}

#[derive(Debug)]
enum Part {
    Literal(&'static str),
    Parameter,
}

#[derive(Debug)]
struct Row {
    route: &'static Route,
    method: Method,
    parts: Vec<Part>,
}

/// The compiled table.
#[derive(Debug)]
pub struct Router(HashMap<&'static str, Vec<Row>>);

/// What a path leads to.
#[derive(Debug)]
pub enum Found {
    /// A route and the parts of the path that vary.
    Route(&'static Route, Vec<String>),
    /// The path exists with other methods.
    OtherMethod,
    /// There is no such path.
    Nothing,
}

/// The path below `/api/v1`, or the path itself for what stands outside.
fn below(path: &str) -> &str {
    path.strip_prefix("/api/v1").unwrap_or(path).trim_start_matches('/')
}

impl Router {
    /// Compiles a table. Hot groups need no order: they are found by hash.
    #[must_use]
    pub fn new(table: &'static [Route]) -> Self {
        let mut groups: HashMap<&'static str, Vec<Row>> = HashMap::new();
        for route in table {
            let parts: Vec<Part> = route.template.split('/').skip(1).map(part).collect();
            let first = below(route.template).split('/').next().unwrap_or_default();
            let method = Method::from_bytes(route.method.as_bytes()).unwrap_or(Method::GET);
            groups.entry(first).or_default().push(Row { route, method, parts });
        }
        for rows in groups.values_mut() {
            // A literal goes before a parameter: /operators/me before /operators/{id}.
            rows.sort_by_key(|row| {
                row.parts.iter().map(|part| matches!(part, Part::Parameter)).collect::<Vec<_>>()
            });
        }
        Self(groups)
    }

    /// Finds the route of a method and a path.
    #[must_use]
    pub fn find(&self, method: &Method, path: &str) -> Found {
        let first = below(path).split('/').next().unwrap_or_default();
        let Some(rows) = self.0.get(first) else {
            return Found::Nothing;
        };
        let mut other_method = false;
        for row in rows {
            let Some(parameters) = matched(&row.parts, path) else {
                continue;
            };
            if row.method == *method {
                return Found::Route(row.route, parameters);
            }
            other_method = true;
        }
        if other_method { Found::OtherMethod } else { Found::Nothing }
    }
}

fn part(text: &'static str) -> Part {
    if text.starts_with('{') { Part::Parameter } else { Part::Literal(text) }
}

fn matched(parts: &[Part], path: &str) -> Option<Vec<String>> {
    let mut parameters = Vec::new();
    let mut segments = path.split('/').skip(1);
    for part in parts {
        let segment = segments.next()?;
        match part {
            Part::Literal(word) if *word != segment => return None,
            Part::Literal(_) => {}
            Part::Parameter if segment.is_empty() => return None,
            Part::Parameter => parameters.push(decoded_segment(segment)?),
        }
    }
    segments.next().is_none().then_some(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handler(_edge: Edge, _request: Request) -> Working {
        Box::pin(async { crate::http::request::no_content() })
    }

    const fn row(method: &'static str, template: &'static str) -> Route {
        Route { method, template, entrance: Entrance::Open, about: "", body: None, handler }
    }

    static TABLE: [Route; 5] = [
        row("GET", "/api/v1/operators/{id}"),
        row("GET", "/api/v1/operators/me"),
        row("PUT", "/api/v1/operators/me/state"),
        row("GET", "/api/v1/clients/{id}/loans/{loan_id}"),
        row("GET", "/healthz"),
    ];

    #[test]
    fn paths_find_their_route() {
        let router = Router::new(&TABLE);
        let found = |method: &str, path: &str| match router
            .find(&Method::from_bytes(method.as_bytes()).unwrap(), path)
        {
            Found::Route(route, parameters) => {
                format!("{} {}", route.template, parameters.join("|"))
            }
            other => format!("{other:?}"),
        };
        let rows = [
            ("GET", "/api/v1/operators/me", "/api/v1/operators/me "),
            ("GET", "/api/v1/operators/5", "/api/v1/operators/{id} 5"),
            ("POST", "/api/v1/operators/5", "OtherMethod"),
            ("GET", "/api/v1/operators", "Nothing"),
            ("GET", "/api/v1/operators/", "Nothing"),
            ("GET", "/api/v1/operators/5/6", "Nothing"),
            ("GET", "/api/v1/clients/a/loans/b%20c", "/api/v1/clients/{id}/loans/{loan_id} a|b c"),
            ("GET", "/healthz", "/healthz "),
            ("GET", "/api/v1/healthz", "Nothing"),
            ("GET", "/", "Nothing"),
        ];
        for (method, path, expected) in rows {
            assert_eq!(found(method, path), expected, "{method} {path}");
        }
    }
}
