//! The closed lists of codes: of errors, with their status, and of faults of fields.
//!
//! `schemas/errors.json` is generated from here; a test reads the sources and refuses a code that
//! is not listed.

/// Code, status, meaning.
#[rustfmt::skip]
pub const ERRORS: &[(&str, u16, &str)] = &[
    // The request itself.
    ("malformed_json", 400, "the body is not JSON"),
    ("unknown_field", 400, "the body names fields that are not known here"),
    ("invalid_query", 400, "a parameter of the address is not valid"),
    ("not_signed_in", 401, "sign in first"),
    ("bad_credentials", 401, "log-in or password is wrong"),
    ("totp_required", 401, "the code of the second factor is missing or wrong"),
    ("bad_token", 401, "the bearer token is not known or revoked"),
    ("bad_proof", 401, "the secret or signature of a webhook is wrong or too old"),
    ("forbidden", 403, "the caller has no right to this"),
    ("csrf", 403, "the X-CSRF-Token header is missing or wrong"),
    ("bad_origin", 403, "the request comes from another site"),
    ("address_not_allowed", 403, "the token may not be used from this address"),
    ("totp_enrolment_required", 403, "the role needs a second factor; enrol first"),
    ("not_found", 404, "there is no such thing"),
    ("method_not_allowed", 405, "this address does not take this method"),
    ("stale_version", 412, "somebody has changed it meanwhile; read it again"),
    ("too_large", 413, "the body is too large"),
    ("unsupported_media_type", 415, "the body has the wrong content type"),
    ("invalid_fields", 422, "fields are at fault; every one is named"),
    ("idempotency_reused", 422, "the same Idempotency-Key came with another request"),
    ("upgrade_required", 426, "open this address as a WebSocket"),
    ("version_required", 428, "send If-Match with the version that was read"),
    ("too_many_requests", 429, "slow down"),
    ("locked_out", 429, "too many wrong passwords; wait"),
    ("internal", 500, "something failed inside"),
    ("busy", 503, "too much is waiting; try again"),
    ("storage_low", 503, "the disk is nearly full"),
    ("pbx_down", 503, "there is no link to the PBX"),
    ("starting", 503, "the box is starting or stopping"),
    // Rules of the trade.
    ("conflict", 409, "a rule stands against it"),
    ("already_exists", 409, "it exists already"),
    ("duplicate", 409, "another client has the same identifier"),
    ("possible_duplicate", 409, "another client looks the same; acknowledge to go on"),
    ("taken", 409, "another one holds this value"),
    ("user_exists", 409, "the user exists already"),
    ("user_disabled", 409, "the user is disabled"),
    ("login_taken", 409, "another user has this log-in"),
    ("extension_taken", 409, "another user has this extension"),
    ("token_exists", 409, "the token exists already"),
    ("totp_off", 409, "the second factor is switched off in the configuration"),
    ("totp_enrolled", 409, "a second factor is enrolled already; remove it first"),
    ("totp_not_started", 409, "ask for a secret first"),
    ("last_administrator", 409, "make another administrator first"),
    ("own_account", 409, "ask another administrator to change this of your own account"),
    ("not_retired", 409, "the entry is not retired"),
    ("loan_of_another_client", 409, "the loan belongs to another client"),
    ("payment_differs", 409, "the same payment came with another sum"),
    ("too_many_payments", 409, "the loan has as many payments as it can hold"),
    ("too_many_consents", 409, "the client has as many consents as the card can hold"),
    ("too_many_files", 409, "the client has as many files as the card can hold"),
    ("too_many_snippets", 409, "the person has as many own snippets as can be kept"),
    ("too_many_corrections", 409, "the call was corrected as often as it can be"),
    ("already_registered", 409, "the client is registered already"),
    ("call_exists", 409, "the call exists already"),
    ("call_open", 409, "there is a call"),
    ("call_finished", 409, "the call is finished"),
    ("call_not_finished", 409, "the call is not finished"),
    ("call_not_answered", 409, "the call was not answered"),
    ("not_on_line", 409, "the caller is not on the line of this call"),
    ("not_supported", 409, "the exchange of this call cannot do that"),
    ("no_consultation", 409, "no colleague is being asked before the client is handed over"),
    ("not_dialled", 409, "the call was not dialled by this box"),
    ("no_client", 409, "no client is chosen for the call"),
    ("no_extension", 409, "the person has no extension"),
    ("identification_locked", 409, "too many wrong answers today"),
    ("token_shown", 409, "the token was made by the first of two equal requests and shown then"),
    ("wrap_up_open", 409, "finish the call first"),
    ("import_not_running", 409, "the import has ended"),
    ("import_finished", 409, "the import came to the end of its file; start a new one"),
    ("import_running", 409, "another import is under way; wait for its end or cancel it"),
    ("daily_run_not_running", 409, "the daily run is not under way"),
    ("report_too_long", 409, "the report has more rows than one file may hold"),
    ("loan_kept_elsewhere", 409, "the loan's figures come from another system"),
    ("loan_kept_here", 409, "the loan's book is kept here, not by an import"),
    ("loan_exists", 409, "the loan is open already"),
    ("loan_closed", 409, "the loan has ended"),
    ("loan_ended_for_good", 409, "the loan was written off, assigned, returned or cancelled"),
    ("payment_reversed", 409, "the payment with this key was taken back"),
    ("payment_of_statement", 409, "a payment of a statement is taken back among incoming payments"),
    ("payment_already_used", 409, "the money went into a refund or into what came of returned goods"),
    ("not_reversible", 409, "a change of the schedule cannot be taken back"),
    ("too_many_operations", 409, "the loan holds as many operations as can be kept"),
    ("too_many_schedules", 409, "the loan's schedule was changed as often as can be kept"),
    ("schedule_changed_later", 409, "the schedule was changed on a later day"),
    ("not_given_up", 409, "only a write-off or an assignment gives a loan up"),
    ("too_many_early_requests", 409, "as many early repayments are asked for as can be kept"),
    ("request_exists", 409, "an early repayment on this day is asked for already"),
    ("request_gone_on", 409, "the request for early repayment has gone on"),
    ("holiday_taken", 409, "the loan has had its holiday"),
    ("holiday_too_long", 409, "the holiday is longer than the law allows or ends before it begins"),
    ("statement_ended", 409, "the statement was dealt with already"),
    ("payment_dealt_with", 409, "the payment was dealt with already"),
    ("payment_went_out", 409, "only money that came in can be posted"),
    ("payment_not_posted", 409, "the payment is posted to no loan"),
    ("not_a_recall", 409, "the bank takes no payment back by this"),
    ("recall_differs", 409, "what the bank takes back is not the sum of the payment"),
    ("due_sums_first", 409, "what is due must be paid before an early repayment"),
    ("notice_too_short", 409, "the notice of the early repayment is too short"),
    ("withdrawal_over", 409, "the days to return the loan without notice are over"),
    ("withdrawal_in_part", 409, "only a loan with a purpose can be returned in part"),
    ("schedule_unknown", 409, "another system has not told the schedule of the loan"),
    ("debt_left", 409, "something is left to pay, or the loan was given up: no certificate of repayment"),
    ("figures_unknown", 409, "the other system has not told what is owed"),
    ("template_fails", 409, "the wording in force cannot be printed for this loan"),
    ("nothing_ahead", 409, "no instalment is to come"),
];

/// Code and meaning of a fault of one field.
#[rustfmt::skip]
pub const FIELD_FAULTS: &[(&str, &str)] = &[
    ("required", "the field is missing"),
    ("unknown_field", "the field is not known here"),
    ("wrong_type", "the value has the wrong type"),
    ("out_of_range", "the number is out of range"),
    ("too_long", "the text is too long"),
    ("too_short", "the text is too short"),
    ("too_many", "the list is too long"),
    ("unknown_value", "the word is not one of the known ones"),
    ("invalid_key", "the word that calls a snippet has other characters, or too many"),
    ("unchanged", "nothing would change"),
    ("unknown_key", "the key is not known"),
    ("missing_column", "the file has no such column"),
    ("repeated_row", "an earlier row of the file has the same key and says something else"),
    ("missing_lookup", "the mapping has no such lookup"),
    ("missing_field", "the mapping leaves out a field"),
    ("unknown_word", "the word is not one of the known ones"),
    ("unknown_type", "not a known type"),
    ("unknown_direction", "not a known direction"),
    ("unknown_currency", "not a known currency"),
    ("unknown_time_zone", "not a known time zone"),
    ("unknown_language", "not a known language"),
    ("unknown_date_format", "not a known date format"),
    ("invalid_toml", "not TOML"),
    ("invalid_phone", "not a valid phone"),
    ("invalid_inn", "not a valid inn"),
    ("invalid_snils", "not a valid snils"),
    ("invalid_passport", "not a valid passport"),
    ("invalid_email", "not a valid email"),
    ("invalid_amount", "not a valid amount"),
    ("invalid_ogrn", "not a valid ogrn"),
    ("invalid_kpp", "not a valid kpp"),
    ("invalid_name", "not a valid name"),
    ("invalid_date", "not a valid date"),
    ("invalid_time", "not a valid time"),
    ("invalid_text", "not a valid text"),
    ("invalid_template", "not a valid template"),
    ("invalid_source", "not a valid source"),
    ("invalid_number", "not a valid number"),
    ("invalid_sex", "not a valid sex"),
    ("invalid_rate", "not a valid rate"),
    ("invalid_postcode", "not a valid postcode"),
    ("invalid_issue_date", "not a valid issue date"),
    ("invalid_flag", "not a valid flag"),
    ("invalid_document", "not a valid document"),
    ("invalid_department_code", "not a valid department code"),
    ("invalid_code_word", "not a valid code word"),
    ("invalid_card", "not a valid card"),
    ("invalid_birth_number", "not a valid birth number"),
    ("invalid_birth_date", "not a valid birth date"),
    ("invalid_bic", "not a valid bic"),
    ("invalid_account", "not a valid account"),
    ("error_cell", "a formula of the workbook has failed"),
    ("lost_digits", "a spreadsheet has lost digits of a long number"),
    ("not_positive", "the number must be above zero"),
    ("too_many_columns", "too many columns"),
    ("not_allowed", "not allowed here"),
    ("wrong_encoding", "the text is in another encoding"),
    ("invalid_login", "not a log-in"),
    ("invalid_extension", "not an extension"),
    ("invalid_address", "not an address or network"),
    ("invalid_url", "not an address of a page"),
    ("weak_password", "the password is too easy"),
    ("wrong_password", "not the present password"),
    ("wrong_code", "not the present code"),
    ("single_column", "the field takes one column"),
    ("repeated", "it stands twice"),
    ("sum_differs", "the parts do not add up"),
    ("ragged_row", "the row has too few or too many cells"),
    ("unknown_client", "no client has this key or INN"),
    ("unknown_loan", "no loan has this key or number"),
    ("ambiguous_client", "several cards hold the identifiers of the row"),
    ("duplicate", "another card holds this value"),
    ("above_cap", "above the cap of the law on the day of the contract"),
    ("psk_above_cap", "the full cost of credit is above the cap of the law"),
    ("balance_differs", "the balance is not what the rows above leave"),
    ("principal_differs", "the instalments do not repay the sum granted"),
    ("out_of_order", "the rows are not in order"),
    ("negative", "below zero"),
    ("currency_differs", "another currency than the loan's"),
    ("before_issue", "before the loan was issued"),
    ("date_in_future", "in the future"),
    ("date_in_past", "in the past"),
    ("not_needed", "not asked for here"),
    ("not_zero", "it must be zero here"),
    ("too_large", "the sum is too large"),
    ("too_precise", "the sum has more than two decimals"),
    ("early_sum_too_small", "the sum repays no principal"),
    ("early_sum_too_large", "the sum repays the whole loan"),
];

/// The status of an error's code; `None` when it is not listed.
#[must_use]
pub fn status_of(code: &str) -> Option<u16> {
    ERRORS.iter().find(|(known, ..)| *known == code).map(|(_, status, _)| *status)
}

/// The document `schemas/errors.json`.
#[must_use]
pub fn document() -> String {
    let errors: Vec<_> = ERRORS
        .iter()
        .map(|(code, status, meaning)| {
            serde_json::json!({ "code": code, "status": status, "meaning": meaning })
        })
        .collect();
    let faults: Vec<_> = FIELD_FAULTS
        .iter()
        .map(|(code, meaning)| serde_json::json!({ "code": code, "meaning": meaning }))
        .collect();
    let document = serde_json::json!({ "errors": errors, "field_faults": faults });
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR"))
    }

    #[test]
    fn the_schema_lists_every_code() {
        let path = root().join("schemas/errors.json");
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::write(&path, document()).unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(kept == document(), "schemas/errors.json is old: run with UPDATE_SCHEMAS=1");
    }

    #[test]
    fn no_code_stands_twice() {
        let mut codes: Vec<&str> = ERRORS.iter().map(|(code, ..)| *code).collect();
        codes.sort_unstable();
        let count = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }

    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push(path);
            }
        }
    }

    /// The string literals that stand as argument number `index` after each `call(`.
    fn literals(text: &str, call: &str, index: usize) -> Vec<String> {
        let mut found = Vec::new();
        for (at, _) in text.match_indices(call) {
            let rest = &text[at + call.len()..];
            let (mut depth, mut argument, mut quoted, mut start) = (0, 0, false, None);
            let mut previous = ' ';
            for (position, c) in rest.char_indices() {
                if quoted {
                    if c == '"' && previous != '\\' {
                        quoted = false;
                        if let Some(begin) = start.take()
                            && argument == index
                            && depth == 0
                        {
                            found.push(rest[begin..position].to_owned());
                        }
                    }
                } else {
                    match c {
                        '"' => (quoted, start) = (true, Some(position + 1)),
                        '(' | '[' | '{' => depth += 1,
                        ')' | ']' | '}' if depth == 0 => break,
                        ')' | ']' | '}' => depth -= 1,
                        ',' if depth == 0 => argument += 1,
                        _ => {}
                    }
                }
                previous = c;
            }
        }
        found
    }

    /// String literals that consist of one word beginning with `start`.
    fn literals_beginning(text: &str, start: &str) -> Vec<String> {
        let quoted = format!("\"{start}");
        let pieces = text.match_indices(&quoted).filter_map(|(at, _)| {
            let rest = &text[at + 1..];
            let word = &rest[..rest.find('"')?];
            let plain = word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            plain.then(|| word.to_owned())
        });
        pieces.filter(|word| status_of(word).is_none()).collect()
    }

    #[test]
    fn every_code_in_the_sources_is_listed() {
        let mut files = Vec::new();
        sources(&root().join("src"), &mut files);
        let mut missing = Vec::new();
        for path in files {
            let text = std::fs::read_to_string(&path).unwrap();
            let code_part = text.split("#[cfg(test)]").next().unwrap_or_default();
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            for call in ["Rejection::rule(", "ApiError::new("] {
                for code in literals(code_part, call, 0) {
                    if status_of(&code).is_none() {
                        missing.push(format!("{name}: error {code}"));
                    }
                }
            }
            let mut faults = literals(code_part, "FieldFault::new(", 1);
            // Codes also come out of tables and helpers; they all begin like this.
            faults.extend(literals_beginning(code_part, "invalid_"));
            for code in faults {
                if !FIELD_FAULTS.iter().any(|(known, _)| *known == code) {
                    missing.push(format!("{name}: field fault {code}"));
                }
            }
        }
        assert!(missing.is_empty(), "add these to http/codes.rs:\n{}", missing.join("\n"));
    }
}
