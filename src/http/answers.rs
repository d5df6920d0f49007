//! What each route answers when all is well: the other half of its row in the route table.
//!
//! The description of the API is made from here; a test compares real answers with it. Must never
//! describe what no handler sends.

use crate::domain::credit::calculator::{Calculation, QuoteView};
use crate::http::backups::JobStarted;
use crate::http::blobs::StoredBlob;
use crate::http::calls::DialledView;
use crate::http::clients::LoanAnswer;
use crate::http::health::{ReadyView, StatusView};
use crate::http::imports::{ImportStarted, PreviewView};
use crate::http::loan_bookings::{OperationBooked, PaymentPostedView};
use crate::http::loans::{LoanOpenedView, RequestTaken};
use crate::http::pbx::{EventsTaken, PbxStatusView};
use crate::http::request::{Accepted, Created};
use crate::http::router::Route;
use crate::http::session::{SessionView, TotpOffer};
use crate::http::settings::{PublicSettings, SearchFields};
use crate::http::statements::StatementPage;
use crate::http::tokens::NewTokenView;
use crate::service::access_log::AccessView;
use crate::service::backups::BackupView;
use crate::service::call_views::{CallCard, CallView};
use crate::service::cards::Card;
use crate::service::daily_run::DailyRuns;
use crate::service::directory::{EntryVersionView, EntryView};
use crate::service::duplicates::Duplicates;
use crate::service::health::HealthSummary;
use crate::service::history::HistoryPage;
use crate::service::imports::{ImportView, MappingView};
use crate::service::jobs::Job;
use crate::service::loans::views::{EarlyQuoteView, FigureView, LoanDetail};
use crate::service::operators::{OperatorRow, OwnState};
use crate::service::papers::{PaperView, TemplateView};
use crate::service::payments::{IncomingPaymentView, UnallocatedView};
use crate::service::pbx::RecordView;
use crate::service::reports::{ArrearsRow, ReconciliationRow};
use crate::service::routing::RouteAdvice;
use crate::service::search::SearchRow;
use crate::service::statements::StatementView;
use crate::service::tokens::TokenView;
use crate::service::users::UserView;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};

/// The schemas that were used so far, by name.
pub type Known = BTreeMap<String, RefOr<Schema>>;

/// What a route answers.
#[derive(Clone, Copy)]
pub enum Gives {
    /// JSON with a status.
    Json(u16, fn(&mut Known) -> RefOr<Schema>),
    /// Bytes of a media type.
    Bytes(&'static str),
    /// 204.
    Nothing,
    /// A WebSocket.
    Socket,
}

/// A reference to the schema of `T`, which is kept in `known`.
///
/// # Panics
/// When another type of the same name is known: a fault of the program, seen by the tests.
pub fn one<T: ToSchema>(known: &mut Known) -> RefOr<Schema> {
    let name = T::name().into_owned();
    let mut used = Vec::new();
    T::schemas(&mut used);
    used.push((name.clone(), T::schema()));
    for (name, schema) in used {
        let before = known.get(&name).cloned();
        assert!(
            before.is_none_or(|before| before == schema),
            "two types of the API are called {name}; rename one"
        );
        known.insert(name, schema);
    }
    Ref::from_schema_name(name).into()
}

/// A page of a list.
fn page<T: ToSchema>(known: &mut Known) -> RefOr<Schema> {
    let text = [Type::String, Type::Null].into_iter();
    let cursor = ObjectBuilder::new().schema_type(SchemaType::from_iter(text));
    let list = ObjectBuilder::new()
        .schema_type(SchemaType::new(Type::Object))
        .property("items", ArrayBuilder::new().items(one::<T>(known)))
        .property("next_cursor", cursor);
    Schema::Object(list.build()).into()
}

/// A list of objects that the exchange has shaped.
fn any_page(known: &mut Known) -> RefOr<Schema> {
    page::<serde_json::Value>(known)
}

const fn ok<T: ToSchema>() -> Gives {
    Gives::Json(200, one::<T>)
}
const fn created<T: ToSchema>() -> Gives {
    Gives::Json(201, one::<T>)
}
const fn accepted<T: ToSchema>() -> Gives {
    Gives::Json(202, one::<T>)
}
const fn list<T: ToSchema>() -> Gives {
    Gives::Json(200, page::<T>)
}

/// Method and path below `/api/v1`, and what comes back.
#[rustfmt::skip]
const TABLE: &[(&str, Gives)] = &[
    ("GET /healthz", ok::<StatusView>()),
    ("GET /readyz", ok::<ReadyView>()),
    ("GET /metrics", Gives::Bytes("text/plain")),
    ("POST /session", ok::<SessionView>()),
    ("GET /session", ok::<SessionView>()),
    ("DELETE /session", Gives::Nothing),
    ("POST /session/totp", ok::<TotpOffer>()),
    ("PUT /session/totp", Gives::Nothing),
    ("DELETE /session/totp", Gives::Nothing),
    ("PUT /session/password", Gives::Nothing),
    ("GET /users", list::<UserView>()),
    ("POST /users", created::<UserView>()),
    ("PATCH /users/{id}", ok::<UserView>()),
    ("PUT /users/{id}/password", Gives::Nothing),
    ("POST /users/{id}/disable", ok::<UserView>()),
    ("POST /users/{id}/enable", ok::<UserView>()),
    ("DELETE /users/{id}/totp", Gives::Nothing),
    ("GET /tokens", list::<TokenView>()),
    ("POST /tokens", created::<NewTokenView>()),
    ("DELETE /tokens/{id}", Gives::Nothing),
    ("POST /loans/calculate", ok::<Calculation>()),
    ("POST /loans/quote", ok::<QuoteView>()),
    ("POST /loans", created::<LoanOpenedView>()),
    ("GET /loans/{id}", ok::<LoanDetail>()),
    ("GET /loans/{id}/explain", ok::<FigureView>()),
    ("GET /loans/{id}/early-quote", ok::<EarlyQuoteView>()),
    ("POST /loans/{id}/payments", created::<PaymentPostedView>()),
    ("POST /loans/{id}/operations/{operation_id}/reverse", Gives::Nothing),
    ("POST /loans/{id}/fees", created::<OperationBooked>()),
    ("POST /loans/{id}/penalty-forgiveness", created::<OperationBooked>()),
    ("POST /loans/{id}/refunds", created::<OperationBooked>()),
    ("POST /loans/{id}/holidays", created::<OperationBooked>()),
    ("POST /loans/{id}/restructurings", created::<OperationBooked>()),
    ("POST /loans/{id}/goods-returns", created::<OperationBooked>()),
    ("POST /loans/{id}/closings", created::<OperationBooked>()),
    ("POST /loans/{id}/previews/{booking}", ok::<LoanDetail>()),
    ("POST /loans/{id}/early-requests", created::<RequestTaken>()),
    ("POST /loans/{id}/early-requests/{request_id}/steps", ok::<RequestTaken>()),
    ("POST /loans/{id}/papers", created::<PaperView>()),
    ("GET /loans/{id}/papers", list::<PaperView>()),
    ("GET /papers/{id}", Gives::Bytes("application/pdf")),
    ("GET /papers/templates", list::<TemplateView>()),
    ("POST /papers/preview", Gives::Bytes("application/pdf")),
    ("PUT /directory/paper_template/{id}", ok::<EntryView>()),
    ("DELETE /directory/paper_template/{id}", ok::<EntryView>()),
    ("POST /directory/paper_template/{id}/restore", ok::<EntryView>()),
    ("GET /directory/{kind}", list::<EntryView>()),
    ("PUT /directory/{kind}/{id}", ok::<EntryView>()),
    ("DELETE /directory/{kind}/{id}", ok::<EntryView>()),
    ("POST /directory/{kind}/{id}/restore", ok::<EntryView>()),
    ("PUT /directory/snippet/{id}", ok::<EntryView>()),
    ("DELETE /directory/snippet/{id}", ok::<EntryView>()),
    ("POST /directory/snippet/{id}/restore", ok::<EntryView>()),
    ("GET /directory/{kind}/{id}/history", list::<EntryVersionView>()),
    ("GET /imports", list::<ImportView>()),
    ("POST /imports", accepted::<ImportStarted>()),
    ("GET /imports/mappings", list::<MappingView>()),
    ("POST /imports/preview", ok::<PreviewView>()),
    ("GET /imports/{id}", ok::<ImportView>()),
    ("POST /imports/{id}/resume", accepted::<ImportStarted>()),
    ("POST /imports/{id}/cancel", Gives::Nothing),
    ("GET /imports/{id}/rejects", Gives::Bytes("text/csv")),
    ("GET /feed", Gives::Socket),
    ("GET /pbx/feed", Gives::Socket),
    ("POST /pbx/events", accepted::<EventsTaken>()),
    ("POST /pbx/hooks/{source}", accepted::<EventsTaken>()),
    ("POST /pbx/route", ok::<RouteAdvice>()),
    ("POST /pbx/simulate", accepted::<Accepted>()),
    ("GET /pbx/status", ok::<PbxStatusView>()),
    ("GET /pbx/recorder", list::<RecordView>()),
    ("GET /operators", list::<OperatorRow>()),
    ("GET /operators/me", ok::<OwnState>()),
    ("PUT /operators/me/state", ok::<OwnState>()),
    ("GET /calls", list::<CallView>()),
    ("POST /calls", created::<CallCard>()),
    ("POST /calls/dial", accepted::<DialledView>()),
    ("GET /calls/{id}", ok::<CallCard>()),
    ("GET /calls/{id}/events", Gives::Json(200, any_page)),
    ("POST /calls/{id}/hangup", accepted::<Accepted>()),
    ("POST /calls/{id}/transfer", accepted::<Accepted>()),
    ("POST /calls/{id}/transfer/complete", accepted::<Accepted>()),
    ("POST /calls/{id}/transfer/cancel", accepted::<Accepted>()),
    ("POST /calls/{id}/hold", accepted::<Accepted>()),
    ("POST /calls/{id}/resume", accepted::<Accepted>()),
    ("PUT /calls/{id}/client", ok::<CallCard>()),
    ("POST /calls/{id}/identify", ok::<CallCard>()),
    ("PUT /calls/{id}/notes", ok::<CallView>()),
    ("POST /calls/{id}/consult", ok::<CallView>()),
    ("POST /calls/{id}/finish", ok::<CallView>()),
    ("POST /calls/{id}/correct", ok::<CallView>()),
    ("GET /clients/{id}", ok::<Card>()),
    ("POST /clients", created::<Card>()),
    ("POST /clients/check-duplicates", ok::<Duplicates>()),
    ("PATCH /clients/{id}", ok::<Card>()),
    ("GET /clients/{id}/loans/{loan_id}", ok::<LoanAnswer>()),
    ("POST /clients/{id}/notes", created::<Created>()),
    ("POST /clients/{id}/consents", created::<Created>()),
    ("DELETE /clients/{id}/consents/{cid}", Gives::Nothing),
    ("POST /clients/{id}/unmask", ok::<Card>()),
    ("POST /clients/{id}/files", created::<Created>()),
    ("GET /clients/{id}/files/{file_id}", Gives::Bytes("application/octet-stream")),
    ("GET /clients/{id}/access", list::<AccessView>()),
    ("GET /clients/{id}/history", ok::<HistoryPage>()),
    ("GET /statements", list::<StatementView>()),
    ("POST /statements", created::<StatementView>()),
    ("GET /statements/{id}", ok::<StatementPage>()),
    ("GET /incoming-payments", list::<IncomingPaymentView>()),
    ("GET /incoming-payments/{id}", ok::<IncomingPaymentView>()),
    ("POST /incoming-payments/{id}/post", ok::<IncomingPaymentView>()),
    ("POST /incoming-payments/{id}/dismiss", ok::<IncomingPaymentView>()),
    ("POST /incoming-payments/{id}/reverse", ok::<IncomingPaymentView>()),
    ("GET /reports/unallocated", list::<UnallocatedView>()),
    ("GET /search", list::<SearchRow>()),
    ("GET /search/fields", ok::<SearchFields>()),
    ("PUT /blobs", created::<StoredBlob>()),
    ("GET /reports/arrears", list::<ArrearsRow>()),
    ("GET /reports/arrears/export", Gives::Bytes("text/csv")),
    ("GET /reports/reconciliation", list::<ReconciliationRow>()),
    ("GET /reports/reconciliation/export", Gives::Bytes("text/csv")),
    ("GET /daily-run", ok::<DailyRuns>()),
    ("POST /daily-run", accepted::<JobStarted>()),
    ("GET /backups", list::<BackupView>()),
    ("POST /backups", accepted::<JobStarted>()),
    ("POST /backups/{name}/verify", accepted::<JobStarted>()),
    ("GET /jobs/{id}", ok::<Job>()),
    ("GET /health/summary", ok::<HealthSummary>()),
    ("GET /settings/public", ok::<PublicSettings>()),
];

/// What a route answers; `None` for a route that does not say.
#[must_use]
pub fn of(route: &Route) -> Option<Gives> {
    let path = route.template.strip_prefix("/api/v1").unwrap_or(route.template);
    let row = TABLE.iter().find(|(name, _)| name.split_once(' ') == Some((route.method, path)));
    row.map(|(_, gives)| *gives)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::routes;

    #[test]
    fn every_route_says_what_it_answers() {
        let routes = routes::table();
        let silent: Vec<&Route> = routes.iter().filter(|route| of(route).is_none()).collect();
        assert!(silent.is_empty(), "say what they answer, in TABLE: {silent:?}");
        assert_eq!(TABLE.len(), routes.len(), "a row of TABLE belongs to no route");
    }
}
