//! The one table of routes: method, path, who may come in, what answers.
//!
//! The router, the test of rights and the description of the API are all driven from here. A new
//! route is one row.

use crate::domain::access::Action;
use crate::domain::credit::calculator::{LoanAsk, QuoteAsk};
use crate::domain::directory::bodies::SnippetBody;
use crate::domain::fields::FromJson;
use crate::http::client_body::ClientBody;
use crate::http::router::{Entrance, Route};
use crate::http::{
    backups, blobs, calls, clients, directory, feed, health, imports, loans, operators, payments,
    pbx, session, settings, statements, tokens, users,
};

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

const fn needs(action: Action) -> Entrance {
    Entrance::Needs(action)
}

macro_rules! api {
    ($path:literal) => {
        concat!("/api/v1", $path)
    };
}

#[rustfmt::skip]
static TABLE: &[Route] = &[
    route!("GET" "/healthz", Entrance::Open, health::alive, "Whether the process answers."),
    route!("GET" "/readyz", Entrance::Open, health::ready, "Whether requests are served."),
    route!("GET" "/metrics", needs(Action::ReadMetrics), health::metrics,
        "Measurements in the text form of Prometheus."),

    route!("POST" api!("/session"), Entrance::Open, session::sign_in, "Sign in.", session::SignIn),
    route!("GET" api!("/session"), Entrance::SignedIn, session::show, "Who is signed in."),
    route!("DELETE" api!("/session"), Entrance::SignedIn, session::sign_out, "Sign out."),
    route!("POST" api!("/session/totp"), Entrance::SignedIn, session::offer_totp,
        "Ask for a secret to enrol as second factor."),
    route!("PUT" api!("/session/totp"), Entrance::SignedIn, session::enrol_totp,
        "Enrol the second factor with its first code.", session::Code),
    route!("DELETE" api!("/session/totp"), Entrance::SignedIn, session::remove_totp,
        "Remove the own second factor.", session::Code),
    route!("PUT" api!("/session/password"), Entrance::SignedIn, session::change_password,
        "Change the own password.", session::NewPassword),

    route!("GET" api!("/users"), needs(Action::ReadUsers), users::list, "All users."),
    route!("POST" api!("/users"), needs(Action::ManageUsers), users::create,
        "Create a user.", users::NewUserBody),
    route!("PATCH" api!("/users/{id}"), needs(Action::ManageUsers), users::change,
        "Change name, role or extension.", users::ChangeUserBody),
    route!("PUT" api!("/users/{id}/password"), needs(Action::ManageUsers), users::set_password,
        "Set a user's password.", users::PasswordBody),
    route!("POST" api!("/users/{id}/disable"), needs(Action::ManageUsers), users::disable,
        "Keep a user out."),
    route!("POST" api!("/users/{id}/enable"), needs(Action::ManageUsers), users::enable,
        "Let a user in again."),
    route!("DELETE" api!("/users/{id}/totp"), needs(Action::ManageUsers), users::remove_totp,
        "Remove a user's second factor."),

    route!("GET" api!("/tokens"), needs(Action::ReadTokens), tokens::list, "All tokens."),
    route!("POST" api!("/tokens"), needs(Action::ManageTokens), tokens::create,
        "Create a token; shown once.", tokens::NewTokenBody),
    route!("DELETE" api!("/tokens/{id}"), needs(Action::ManageTokens), tokens::revoke,
        "Revoke a token."),

    route!("GET" api!("/directory/{kind}"), needs(Action::ReadDirectory), directory::list,
        "All entries of a directory; of the snippets the shared ones and the own."),
    route!("PUT" api!("/directory/{kind}/{id}"), needs(Action::EditDirectory), directory::put,
        "Create or change an entry.", serde_json::Value),
    route!("DELETE" api!("/directory/{kind}/{id}"), needs(Action::EditDirectory), directory::retire,
        "Retire an entry."),
    route!("POST" api!("/directory/{kind}/{id}/restore"), needs(Action::EditDirectory),
        directory::restore, "Offer an entry again."),
    route!("PUT" api!("/directory/snippet/{id}"), needs(Action::KeepSnippets),
        directory::put_snippet, "Create or change a snippet, shared or one's own.", SnippetBody),
    route!("DELETE" api!("/directory/snippet/{id}"), needs(Action::KeepSnippets),
        directory::retire_snippet, "Retire a snippet."),
    route!("POST" api!("/directory/snippet/{id}/restore"), needs(Action::KeepSnippets),
        directory::restore_snippet, "Offer a snippet again."),
    route!("GET" api!("/directory/{kind}/{id}/history"), needs(Action::ReadDirectory),
        directory::history, "The latest changes of an entry."),

    route!("GET" api!("/imports"), needs(Action::ReadImports), imports::list,
        "All runs of imports, newest first."),
    route!("POST" api!("/imports"), needs(Action::RunImports), imports::start,
        "Import a stored file.", imports::StartBody),
    route!("GET" api!("/imports/mappings"), needs(Action::ReadImports), imports::mappings,
        "Mappings that come with the product."),
    route!("POST" api!("/imports/preview"), needs(Action::RunImports), imports::preview,
        "The first rows as a mapping understands them.", imports::PreviewBody),
    route!("GET" api!("/imports/{id}"), needs(Action::ReadImports), imports::show,
        "How a run stands."),
    route!("POST" api!("/imports/{id}/resume"), needs(Action::RunImports), imports::resume,
        "Go on with a run that stopped."),
    route!("POST" api!("/imports/{id}/cancel"), needs(Action::RunImports), imports::cancel,
        "Stop a run."),
    route!("GET" api!("/imports/{id}/rejects"), needs(Action::ReadImports), imports::rejects,
        "Rejected rows as CSV: line, field, reason."),

    route!("GET" api!("/feed"), needs(Action::ReadSettings), feed::not_a_socket,
        "What changes, as it happens (WebSocket)."),
    route!("GET" api!("/pbx/feed"), needs(Action::ServePbx), feed::not_a_socket,
        "Commands for an exchange (WebSocket)."),

    route!("POST" api!("/pbx/events"), needs(Action::ServePbx), pbx::events,
        "Events of an exchange: one or a list of at most 500; unknown fields are ignored."),
    route!("POST" api!("/pbx/hooks/{source}"), Entrance::Hook, pbx::hook,
        "Events of a cloud exchange, by the mapping of the settings."),
    route!("POST" api!("/pbx/route"), needs(Action::AskRoute), pbx::route,
        "Where to send a call.", pbx::RouteBody),
    route!("POST" api!("/pbx/simulate"), needs(Action::SimulatePbx), pbx::simulate,
        "Play a made-up call.", pbx::SimulateBody),
    route!("GET" api!("/pbx/status"), needs(Action::ReadPbx), pbx::status,
        "The links to the exchanges."),
    route!("GET" api!("/pbx/recorder"), needs(Action::ReadRecorder), pbx::recorder,
        "What the exchanges said, in their own words."),

    route!("GET" api!("/operators"), needs(Action::ReadOperators), operators::list,
        "Who works at the phones."),
    route!("GET" api!("/operators/me"), needs(Action::ReadSettings), operators::show_own,
        "What the caller is doing."),
    route!("PUT" api!("/operators/me/state"), needs(Action::SetOwnState), operators::set_own,
        "Say whether calls may come.", operators::StateBody),

    route!("GET" api!("/calls"), needs(Action::ReadCalls), calls::list, "Calls, newest first."),
    route!("POST" api!("/calls"), needs(Action::WorkCalls), calls::open_by_hand,
        "Open a call's card by hand.", calls::NewCallBody),
    route!("POST" api!("/calls/dial"), needs(Action::ControlCalls), calls::dial,
        "Have the exchange dial.", calls::DialBody),
    route!("GET" api!("/calls/{id}"), needs(Action::ReadCalls), calls::show,
        "A call with whom it may be about."),
    route!("GET" api!("/calls/{id}/events"), needs(Action::ReadRecorder), calls::events,
        "The events of a call."),
    route!("POST" api!("/calls/{id}/hangup"), needs(Action::ControlCalls), calls::hang_up,
        "Hang up."),
    route!("POST" api!("/calls/{id}/transfer"), needs(Action::ControlCalls), calls::transfer,
        "Hand the client over.", calls::TransferBody),
    route!("POST" api!("/calls/{id}/transfer/complete"), needs(Action::ControlCalls),
        calls::complete_transfer, "Hand the client over after the talk with the receiver."),
    route!("POST" api!("/calls/{id}/transfer/cancel"), needs(Action::ControlCalls),
        calls::cancel_transfer, "Take the client back after the talk with the receiver."),
    route!("POST" api!("/calls/{id}/hold"), needs(Action::ControlCalls), calls::hold,
        "Put the client on hold, where the exchange can."),
    route!("POST" api!("/calls/{id}/resume"), needs(Action::ControlCalls), calls::resume,
        "Take the client off hold."),
    route!("PUT" api!("/calls/{id}/client"), needs(Action::WorkCalls), calls::choose_client,
        "Say whom the call is about.", calls::ClientChoiceBody),
    route!("POST" api!("/calls/{id}/identify"), needs(Action::WorkCalls), calls::identify,
        "Compare the caller's answers.", calls::IdentifyBody),
    route!("PUT" api!("/calls/{id}/notes"), needs(Action::WorkCalls), calls::set_notes,
        "Keep what is written so far.", calls::NotesBody),
    route!("POST" api!("/calls/{id}/consult"), needs(Action::WorkCalls), calls::consult,
        "Record that a knowledge item was opened.", calls::ConsultBody),
    route!("POST" api!("/calls/{id}/finish"), needs(Action::WorkCalls), calls::finish,
        "The final word on a call.", calls::NotesBody),
    route!("POST" api!("/calls/{id}/correct"), needs(Action::CorrectCalls), calls::correct,
        "Replace a wrong result, with a reason.", calls::CorrectBody),

    route!("GET" api!("/clients/{id}"), needs(Action::ReadClients), clients::card,
        "A client's card, redacted to the caller's right and the level of the call."),
    route!("POST" api!("/clients"), needs(Action::EditClients), clients::create,
        "Open a card.", ClientBody),
    route!("POST" api!("/clients/check-duplicates"), needs(Action::EditClients),
        clients::check_duplicates, "Who else looks the same.", ClientBody),
    route!("PATCH" api!("/clients/{id}"), needs(Action::EditClients), clients::change,
        "Change a client.", ClientBody),
    route!("GET" api!("/clients/{id}/loans/{loan_id}"), needs(Action::ReadClients), clients::loan,
        "A loan with its schedule and payments."),
    route!("POST" api!("/clients/{id}/notes"), needs(Action::NoteClients), clients::add_note,
        "Add a note.", clients::NoteBody),
    route!("POST" api!("/clients/{id}/consents"), needs(Action::EditClients),
        clients::give_consent, "Record a consent.", clients::ConsentBody),
    route!("DELETE" api!("/clients/{id}/consents/{cid}"), needs(Action::EditClients),
        clients::withdraw_consent, "Withdraw a consent.", clients::ReasonBody),
    route!("POST" api!("/clients/{id}/unmask"), needs(Action::UnmaskClients), clients::unmask,
        "Personal data in clear, with a reason.", clients::ReasonBody),
    route!("POST" api!("/clients/{id}/files"), needs(Action::NoteClients), clients::add_file,
        "Attach a file.", clients::FileBody),
    route!("GET" api!("/clients/{id}/files/{file_id}"), needs(Action::ReadFiles), clients::file,
        "The bytes of a file."),
    route!("GET" api!("/clients/{id}/access"), needs(Action::ReadAccessLog), clients::accesses,
        "Who looked at a client, when and why."),
    route!("POST" api!("/loans/calculate"), needs(Action::CalculateLoans), loans::calculate,
        "A schedule, the full cost of credit and the interest of any terms.", LoanAsk),
    route!("POST" api!("/loans/quote"), needs(Action::CalculateLoans), loans::quote,
        "What an early repayment of any terms costs and saves.", QuoteAsk),
    route!("POST" api!("/loans"), needs(Action::KeepLoans), loans::open,
        "Open a loan whose book is kept here.", loans::OpenBody),
    route!("GET" api!("/loans/{id}"), needs(Action::ReadClients), loans::show,
        "A loan on a day: figures, schedule, operations, requests; redacted as the client's card."),
    route!("GET" api!("/loans/{id}/explain"), needs(Action::ReadClients), loans::explain,
        "A figure of a loan with the lines that make it."),
    route!("GET" api!("/loans/{id}/early-quote"), needs(Action::ReadClients), loans::early_quote,
        "What an early repayment of a loan costs and saves."),
    route!("POST" api!("/loans/{id}/payments"), needs(Action::KeepLoans), loans::pay,
        "Post a payment; the same key again books nothing.", loans::PaymentBody),
    route!("POST" api!("/loans/{id}/operations/{operation_id}/reverse"), needs(Action::KeepLoans),
        loans::reverse, "Mark an operation as not counting, with a reason.", loans::ReversalBody),
    route!("POST" api!("/loans/{id}/fees"), needs(Action::KeepLoans), loans::charge_fee,
        "Charge a fee.", loans::OperationBody),
    route!("POST" api!("/loans/{id}/penalty-forgiveness"), needs(Action::KeepLoans),
        loans::forgive_penalty, "Forgive penalty.", loans::OperationBody),
    route!("POST" api!("/loans/{id}/refunds"), needs(Action::KeepLoans), loans::refund,
        "Give money that waits back to the client.", loans::OperationBody),
    route!("POST" api!("/loans/{id}/holidays"), needs(Action::KeepLoans), loans::grant_holiday,
        "Grant a credit holiday.", loans::HolidayBody),
    route!("POST" api!("/loans/{id}/restructurings"), needs(Action::KeepLoans), loans::restructure,
        "Put all principal into a new schedule.", loans::RestructuringBody),
    route!("POST" api!("/loans/{id}/goods-returns"), needs(Action::KeepLoans), loans::return_goods,
        "Book a shop's money for returned goods.", loans::GoodsReturnBody),
    route!("POST" api!("/loans/{id}/closings"), needs(Action::KeepLoans), loans::close,
        "Write a loan off or assign it.", loans::ClosingBody),
    route!("POST" api!("/loans/{id}/early-requests"), needs(Action::RequestEarly),
        loans::request_early, "Take down a request for early repayment.", loans::EarlyBody),
    route!("POST" api!("/loans/{id}/early-requests/{request_id}/steps"),
        needs(Action::RequestEarly), loans::advance_request,
        "Carry a request for early repayment on.", loans::StepBody),
    route!("GET" api!("/statements"), needs(Action::ReadPayments), statements::list,
        "Bank statements, newest first."),
    route!("POST" api!("/statements"), needs(Action::LoadStatements), statements::take,
        "Take a stored file of bank statements in: it is held whole, or its payments are posted.",
        statements::StatementBody),
    route!("GET" api!("/statements/{id}"), needs(Action::ReadPayments), statements::show,
        "A bank statement with its entries."),
    route!("GET" api!("/incoming-payments"), needs(Action::ReadPayments), payments::list,
        "Movements of bank statements, newest first."),
    route!("GET" api!("/incoming-payments/{id}"), needs(Action::ReadPayments), payments::show,
        "A movement of a bank statement."),
    route!("POST" api!("/incoming-payments/{id}/post"), needs(Action::MatchPayments),
        payments::post, "Post a payment to a chosen loan.", payments::PostBody),
    route!("POST" api!("/incoming-payments/{id}/dismiss"), needs(Action::MatchPayments),
        payments::dismiss, "Put a movement aside, with a reason.", payments::DismissBody),
    route!("POST" api!("/incoming-payments/{id}/reverse"), needs(Action::MatchPayments),
        payments::reverse, "Take a posted payment back, in the loan's book too.",
        payments::ReverseBody),
    route!("GET" api!("/reports/unallocated"), needs(Action::ReadPayments), payments::unallocated,
        "Loans in whose books money waits."),
    route!("GET" api!("/search"), needs(Action::SearchClients), clients::search,
        "Find clients by any identifier."),
    route!("PUT" api!("/blobs"), needs(Action::UploadBlobs), blobs::put, "Keep a file's bytes."),

    route!("GET" api!("/backups"), needs(Action::ReadBackups), backups::list, "All backups."),
    route!("POST" api!("/backups"), needs(Action::RunBackups), backups::create, "Take a backup."),
    route!("POST" api!("/backups/{name}/verify"), needs(Action::RunBackups), backups::verify,
        "Prove that a backup can be restored."),
    route!("GET" api!("/jobs/{id}"), needs(Action::ReadJobs), backups::job, "How a job stands."),

    route!("GET" api!("/clients/{id}/history"), needs(Action::ReadClients), clients::history,
        "Calls, notes and payments of a client, newest first."),
    route!("GET" api!("/health/summary"), needs(Action::ReadHealth), health::summary,
        "How the box is."),
    route!("GET" api!("/settings/public"), needs(Action::ReadSettings), settings::public,
        "The settings that the page needs."),
    route!("GET" api!("/search/fields"), needs(Action::SearchClients), settings::search_fields,
        "What clients can be found by."),
];

/// All routes.
#[must_use]
pub fn table() -> &'static [Route] {
    TABLE
}
