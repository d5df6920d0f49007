//! Every limit of the product in one file, with its unit.

/// Bytes of one stream's state; lists without a bound are streams of their own (design 6).
pub const STREAM_STATE_BYTES_MAX: usize = 64 * 1024;
/// Bytes of one JSON request body.
pub const REQUEST_BODY_BYTES_MAX: u64 = 1024 * 1024;
/// Bytes of one uploaded file.
pub const UPLOAD_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Rows of one import whose keys are remembered, to find rows with the key of an earlier one: 180 MB.
pub const IMPORT_KEYS_MAX: usize = 7_000_000;
/// PBX events in one request (design 7).
pub const PBX_EVENTS_PER_REQUEST_MAX: usize = 500;
/// Rows of one page of a list.
pub const PAGE_ROWS_MAX: usize = 200;
/// Rows of a page when the caller does not say.
pub const PAGE_ROWS_DEFAULT: usize = 50;
/// Characters of a free comment.
pub const COMMENT_CHARS_MAX: usize = 4_000;
/// Characters of a name, a title, one line of an address.
pub const LINE_CHARS_MAX: usize = 250;
/// Phones, e-mails, addresses or documents of one client.
pub const CONTACT_POINTS_MAX: usize = 20;
/// Notes kept in one client's state; older ones stay in the journal and in the history.
pub const NOTES_MAX: usize = 50;
/// Consents of one client.
pub const CONSENTS_MAX: usize = 50;
/// Files of one client.
pub const FILES_MAX: usize = 100;
/// Instalments of one loan's schedule (50 years by month).
pub const INSTALMENTS_MAX: usize = 600;
/// Wrong answers to identification questions before the client is locked for the day (domain.md 4.3).
pub const IDENTIFICATION_FAILURES_MAX: u8 = 3;
/// Bytes of one journal frame.
pub const FRAME_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Characters of one identifier, number or name that a PBX sends.
pub const PBX_TEXT_CHARS_MAX: usize = 128;
/// Characters of an address (recording) that a PBX sends.
pub const PBX_URL_CHARS_MAX: usize = 1_000;
/// Values that the IVR may collect for one call.
pub const IVR_VALUES_MAX: usize = 20;
/// Characters of one value collected by the IVR.
pub const IVR_VALUE_CHARS_MAX: usize = 200;
/// Facts of one call that its state keeps; the journal has all of them.
pub const CALL_FACTS_MAX: usize = 200;
/// Clients with one number that a call card lists.
pub const CALL_CANDIDATES_MAX: usize = 50;
/// Topics of one call.
pub const CALL_TOPICS_MAX: usize = 20;
/// Knowledge items consulted during one call that its state keeps.
pub const CALL_CONSULTED_MAX: usize = 100;
/// Corrections of one call's result.
pub const CALL_CORRECTIONS_MAX: usize = 20;
/// Failed checks of identification that one call keeps.
pub const CALL_FAILED_CHECKS_MAX: usize = 20;
/// Days ahead that a client may promise to pay by (domain.md 5.5).
pub const PROMISE_DAYS_MAX: u64 = 14;
/// Open calls (ringing, talking, wrap-up) of one operator.
pub const OPERATOR_CALLS_MAX: usize = 20;
/// Operations (payments, fees, changes) of one loan that is kept here.
pub const LOAN_OPERATIONS_MAX: usize = 600;
/// Rows of all schedules that one loan has had.
pub const LOAN_SCHEDULE_ROWS_MAX: usize = 700;
/// Requests for early repayment that a loan remembers; older ones stay in the journal.
pub const EARLY_REQUESTS_MAX: usize = 20;
/// Loans that a daily run names when it could not get at them; the rest are counted.
pub const DAILY_UNDONE_NAMED_MAX: usize = 50;
/// Days after the day of an early repayment for which money booked on that day is waited for: bank
/// statements come on the next working day.
pub const EARLY_GRACE_DAYS: u64 = 5;
/// Characters of one text of a bank statement that is kept; a purpose has 210 by the rules of banks.
pub const STATEMENT_TEXT_CHARS_MAX: usize = 1_000;
/// Accounts of one file of statements that are listed.
pub const STATEMENT_ACCOUNTS_MAX: usize = 100;
/// Faults of one file of statements that are kept.
pub const STATEMENT_FAULTS_MAX: usize = 50;
/// Rows of one report that is given as a file.
pub const EXPORT_ROWS_MAX: usize = 100_000;
/// Daily runs that one look shows.
pub const DAILY_RUNS_SHOWN: usize = 30;
/// Characters of the wording of a paper.
pub const PAPER_TEMPLATE_CHARS_MAX: usize = 8_000;
/// Pages of one paper.
pub const PAPER_PAGES_MAX: usize = 200;
/// Bytes of a paper's text when its values are filled in.
pub const PAPER_TEXT_BYTES_MAX: usize = 1024 * 1024;
