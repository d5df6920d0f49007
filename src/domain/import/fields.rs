//! The fields that a mapping may fill, by kind of import.

use super::ImportKind;

/// A field that a mapping may fill.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// Its name in mappings and in faults.
    pub name: &'static str,
    /// Whether several columns may fill it.
    pub many: bool,
    /// The closed list of words it takes; empty when free.
    pub words: &'static [&'static str],
}

const fn one(name: &'static str) -> Target {
    Target { name, many: false, words: &[] }
}
const fn many(name: &'static str) -> Target {
    Target { name, many: true, words: &[] }
}
const fn of(name: &'static str, words: &'static [&'static str]) -> Target {
    Target { name, many: false, words }
}

const CLIENT: &[Target] = &[
    of("kind", &["person", "organisation", "prospect"]),
    one("last_name"),
    one("first_name"),
    one("patronymic"),
    one("full_name"),
    one("birth_date"),
    one("birth_number"),
    of("sex", &["female", "male"]),
    one("birth_place"),
    one("inn"),
    one("inn_kpp"),
    one("snils"),
    one("code_word"),
    many("phone"),
    many("phone_home"),
    many("phone_work"),
    many("phone_other"),
    of("phone_verified", &["yes", "no"]),
    many("email"),
    one("address"),
    one("address_stay"),
    one("address_work"),
    one("address_legal"),
    one("region"),
    one("city"),
    one("postcode"),
    one("passport"),
    one("passport_series"),
    one("passport_number"),
    one("passport_issued_on"),
    one("passport_issued_by"),
    one("passport_department_code"),
    of("organisation_form", &["network", "store", "employee", "partner"]),
    one("organisation_short_name"),
    one("organisation_full_name"),
    one("kpp"),
    one("ogrn"),
    one("parent_key"),
    one("parent_inn"),
    of("language", &["ru", "en"]),
    one("time_zone"),
];

const LOAN: &[Target] = &[
    one("number"),
    one("client_key"),
    one("client_inn"),
    one("product"),
    one("principal"),
    one("currency"),
    one("rate_percent"),
    one("term_months"),
    one("issued_on"),
    of(
        "status",
        &[
            "draft",
            "approved",
            "signed",
            "active",
            "closed_paid",
            "closed_early",
            "written_off",
            "ceded",
            "cancelled",
            "returned_goods",
        ],
    ),
    one("status_text"),
    one("outstanding"),
    one("overdue"),
    one("days_past_due"),
    one("next_due_on"),
    one("next_payment"),
    one("as_of"),
    one("account"),
];

const SCHEDULE: &[Target] = &[
    one("loan_key"),
    one("loan_number"),
    one("currency"),
    one("n"),
    one("due_on"),
    one("principal"),
    one("interest"),
    one("fee"),
    one("payment"),
    one("balance"),
    one("regular_payment"),
    one("regular_months"),
    one("regular_issued_on"),
    one("regular_total"),
];

const PAYMENT: &[Target] = &[
    one("loan_key"),
    one("loan_number"),
    one("on"),
    one("amount"),
    one("currency"),
    of("payment_kind", &["payment", "refund", "penalty", "goods_return"]),
];

/// The fields of one kind of import.
pub(super) const fn targets(kind: ImportKind) -> &'static [Target] {
    match kind {
        ImportKind::Clients => CLIENT,
        ImportKind::Loans => LOAN,
        ImportKind::Schedules => SCHEDULE,
        ImportKind::Payments => PAYMENT,
    }
}

/// The fields of the client whom a row of loans describes.
pub(super) const fn client_targets() -> &'static [Target] {
    CLIENT
}

/// Finds a field by name.
pub(super) fn find(targets: &'static [Target], name: &str) -> Option<&'static Target> {
    targets.iter().find(|target| target.name == name)
}
