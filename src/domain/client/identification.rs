//! Caller identification (domain.md 4.3): which answers are right, which level they reach, what
//! is still to be asked. The operator types what the caller says; the comparison happens here, so
//! that the page never holds what is locked.
//!
//! Levels: L0 anonymous; L1 the phone matches; L2 full name, birth date and one more field;
//! L3 the code word beside L2.

use super::Client;
use crate::base::ids::ClientId;
use crate::base::time::Date;
use crate::base::{address, names};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A field the caller may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentificationField {
    /// Surname, first name and patronymic.
    FullName,
    /// Date of birth.
    BirthDate,
    /// Last four digits of the passport's number.
    PassportLast4,
    /// The agreed code word.
    CodeWord,
    /// Address of residence.
    Address,
    /// Number of a loan agreement.
    ContractNumber,
}

impl IdentificationField {
    /// All fields.
    pub const ALL: [Self; 6] = [
        Self::FullName,
        Self::BirthDate,
        Self::PassportLast4,
        Self::CodeWord,
        Self::Address,
        Self::ContractNumber,
    ];
    /// The word of the API and the settings.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::FullName => "full_name",
            Self::BirthDate => "birth_date",
            Self::PassportLast4 => "passport_last4",
            Self::CodeWord => "code_word",
            Self::Address => "address",
            Self::ContractNumber => "contract_number",
        }
    }
    /// Reads the word of the API.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.code() == code)
    }
}

/// What an identification must consist of; from the settings (product F10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentificationPolicy {
    /// Fields that L2 always needs.
    pub required: Vec<IdentificationField>,
    /// One of these is needed beside them.
    pub one_of: Vec<IdentificationField>,
    /// Wrong answers that lock the client for the day.
    pub failures_max: u8,
}

impl Default for IdentificationPolicy {
    fn default() -> Self {
        use IdentificationField as Field;
        Self {
            required: vec![Field::FullName, Field::BirthDate],
            one_of: vec![
                Field::PassportLast4,
                Field::CodeWord,
                Field::Address,
                Field::ContractNumber,
            ],
            failures_max: crate::base::limits::IDENTIFICATION_FAILURES_MAX,
        }
    }
}

/// Whether no more answers are taken on `today`, whichever call they come from. It opens by itself
/// with the lender's next day; nobody opens it before.
#[must_use]
pub fn is_closed(policy: &IdentificationPolicy, client: &Client, today: Date) -> bool {
    client.failures_on(today) >= policy.failures_max
}

/// The level reached, 0 to 3.
#[must_use]
pub fn level(
    policy: &IdentificationPolicy,
    client_chosen: bool,
    phone_matches: bool,
    confirmed: &[IdentificationField],
) -> u8 {
    if !client_chosen {
        return 0;
    }
    let has = |field: &IdentificationField| confirmed.contains(field);
    let base = policy.required.iter().all(has);
    let one = policy.one_of.is_empty() || policy.one_of.iter().any(has);
    match (base && one, has(&IdentificationField::CodeWord)) {
        (true, true) => 3,
        (true, false) => 2,
        (false, _) => u8::from(phone_matches),
    }
}

/// What to ask for next so that `wanted` is reached, from what this client's card can answer.
/// Empty where the card lacks an answer that the second level needs: questions that lead nowhere
/// are not asked (see [`lacking`]).
#[must_use]
pub fn missing(
    policy: &IdentificationPolicy,
    client: &Client,
    has_loans: bool,
    confirmed: &[IdentificationField],
    wanted: u8,
) -> Vec<IdentificationField> {
    if wanted < 2 || !lacking(policy, client, has_loans, confirmed, 2).is_empty() {
        return Vec::new();
    }
    let mut fields: Vec<IdentificationField> =
        policy.required.iter().copied().filter(|field| !confirmed.contains(field)).collect();
    let one_is_there = policy.one_of.iter().any(|field| confirmed.contains(field));
    // Without an agreed code word the third level cannot be reached: nothing may be asked that has
    // no right answer.
    let code_word = IdentificationField::CodeWord;
    if wanted >= 3 && !confirmed.contains(&code_word) && can_answer(client, has_loans, code_word) {
        fields.push(code_word);
    } else if !one_is_there {
        let askable =
            policy.one_of.iter().copied().filter(|field| can_answer(client, has_loans, *field));
        fields.extend(askable);
    }
    fields
}

/// What the card itself lacks, so that `wanted` cannot be reached whatever the caller says. Where
/// one of several fields would do, all of them.
#[must_use]
pub fn lacking(
    policy: &IdentificationPolicy,
    client: &Client,
    has_loans: bool,
    confirmed: &[IdentificationField],
    wanted: u8,
) -> Vec<IdentificationField> {
    if wanted < 2 {
        return Vec::new();
    }
    let held = |field: &IdentificationField| {
        confirmed.contains(field) || can_answer(client, has_loans, *field)
    };
    let mut fields: Vec<IdentificationField> =
        policy.required.iter().copied().filter(|field| !held(field)).collect();
    if !policy.one_of.iter().any(held) {
        fields.extend(&policy.one_of);
    }
    let code_word = IdentificationField::CodeWord;
    if wanted >= 3 && !held(&code_word) && !fields.contains(&code_word) {
        fields.push(code_word);
    }
    fields
}

/// What is wrong with the form of an answer, before it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerFault {
    /// The card holds nothing to compare with.
    NotHeld,
    /// Only a part, or nothing that can be read as the field.
    Incomplete,
}

/// Whether the words can be compared at all. A slip of the keyboard, half a name or an answer to
/// what the card does not hold must not cost the caller an attempt.
///
/// # Errors
/// Why they cannot.
pub fn check_form(
    client: &Client,
    has_loans: bool,
    field: IdentificationField,
    answer: &str,
) -> Result<(), AnswerFault> {
    if !can_answer(client, has_loans, field) {
        return Err(AnswerFault::NotHeld);
    }
    let words = |text: &str| text.split_whitespace().count();
    let complete = match field {
        IdentificationField::FullName => {
            words(&names::key(answer)) >= words(&names::key(&client.details.display_name()))
        }
        IdentificationField::BirthDate => parse_date(answer).is_some(),
        IdentificationField::PassportLast4 => digits(answer).len() == 4,
        IdentificationField::CodeWord => !names::key(answer).is_empty(),
        IdentificationField::Address => words(&address::key(answer)) >= ADDRESS_WORDS_MIN,
        IdentificationField::ContractNumber => contract_key(answer).len() >= CONTRACT_CHARS_MIN,
    };
    if complete { Ok(()) } else { Err(AnswerFault::Incomplete) }
}

/// Words of an address below which it says nothing: city, street, house.
const ADDRESS_WORDS_MIN: usize = 3;
/// Bytes of a contract's number below which it says nothing.
const CONTRACT_CHARS_MIN: usize = 3;

/// Whether the card holds an answer to compare with.
#[must_use]
pub fn can_answer(client: &Client, has_loans: bool, field: IdentificationField) -> bool {
    let details = &client.details;
    match field {
        IdentificationField::FullName => !details.display_name().is_empty(),
        IdentificationField::BirthDate => details.birth_date.is_some(),
        IdentificationField::PassportLast4 => !details.documents.is_empty(),
        IdentificationField::CodeWord => details.code_word.is_some(),
        IdentificationField::Address => details.main_address().is_some(),
        IdentificationField::ContractNumber => has_loans,
    }
}

/// Whether the caller's answer is right. Forgiving in form (case, spaces, ё, abbreviations,
/// date notations), strict in substance. `contracts` are the numbers of the client's loans.
#[must_use]
pub fn is_right(
    client: &Client,
    contracts: &[String],
    field: IdentificationField,
    answer: &str,
) -> bool {
    let details = &client.details;
    match field {
        IdentificationField::FullName => name_matches(client, answer),
        IdentificationField::BirthDate => match (&details.birth_date, parse_date(answer)) {
            (Some(known), Some(said)) => *known.reveal() == said,
            _ => false,
        },
        IdentificationField::PassportLast4 => {
            let said = digits(answer);
            said.len() == 4
                && details
                    .documents
                    .iter()
                    .any(|document| document.number.reveal().ends_with(&said))
        }
        IdentificationField::CodeWord => match (client.id, details.code_word) {
            // A word of signs alone has no key: every other such answer would be as right.
            (Some(id), Some(known)) => {
                !names::key(answer).is_empty() && code_word_hash(id, answer) == known
            }
            _ => false,
        },
        IdentificationField::Address => address_matches(client, answer),
        IdentificationField::ContractNumber => {
            let said = contract_key(answer);
            said.len() >= CONTRACT_CHARS_MIN
                && contracts.iter().any(|number| contract_key(number) == said)
        }
    }
}

/// The salted hash of a code word: case, spaces and ё do not matter.
#[must_use]
pub fn code_word_hash(id: ClientId, word: &str) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("lenderbox code word v1");
    hasher.update(id.uuid().as_bytes());
    hasher.update(names::key(word).as_bytes());
    *hasher.finalize().as_bytes()
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn contract_key(number: &str) -> String {
    number.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// People give their names in either order, surname or first name first.
fn name_matches(client: &Client, answer: &str) -> bool {
    let sorted = |text: &str| {
        let key = names::key(text);
        let mut words: Vec<String> = key.split_whitespace().map(str::to_owned).collect();
        words.sort_unstable();
        words
    };
    let said = sorted(answer);
    !said.is_empty() && said == sorted(&client.details.display_name())
}

/// The caller must name at least three different words of the address and no wrong one; two of them
/// must be more than postcode, region and town, which the page shows to everybody, and one the
/// number of the house. Type words do not matter.
fn address_matches(client: &Client, answer: &str) -> bool {
    let Some(known) = client.details.main_address() else {
        return false;
    };
    let words = |text: &str| -> BTreeSet<String> {
        address::key(text).split_whitespace().map(str::to_owned).collect()
    };
    let known_words = words(known.text.reveal());
    let parts = address::parts(known.text.reveal());
    let public = [&known.region, &known.city, &known.postcode];
    let public = public.into_iter().chain([&parts.region, &parts.city, &parts.postcode]);
    let public: BTreeSet<String> = public.flat_map(|part| words(part)).collect();
    let private: Vec<&String> = known_words.difference(&public).collect();
    let said = words(answer);
    let said_private: Vec<&String> =
        private.iter().copied().filter(|word| said.contains(*word)).collect();
    let numbered =
        |words: &[&String]| words.iter().any(|word| word.contains(|c: char| c.is_ascii_digit()));
    said.len() >= ADDRESS_WORDS_MIN
        && said.is_subset(&known_words)
        // A village may have no streets.
        && said_private.len() >= private.len().clamp(1, 2)
        && (numbered(&said_private) || !numbered(&private))
}

/// Reads `1972-07-23`, `23.07.1972`, `23/07/1972`, `23 07 1972`, `23071972`.
fn parse_date(text: &str) -> Option<Date> {
    let text = text.trim();
    let numbers: Vec<&str> =
        text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let number = |part: &str| part.parse::<u32>().ok();
    match numbers.as_slice() {
        [year, month, day] if year.len() == 4 => {
            Date::from_ymd_opt(year.parse().ok()?, number(month)?, number(day)?)
        }
        [day, month, year] if year.len() == 4 => {
            Date::from_ymd_opt(year.parse().ok()?, number(month)?, number(day)?)
        }
        [all] if all.len() == 8 => {
            Date::from_ymd_opt(all[4..].parse().ok()?, number(&all[2..4])?, number(&all[..2])?)
        }
        _ => None,
    }
}
