//! Bank statements, whatever file they came in: what they must add up to, how an entry is known
//! again, and which loan it pays (domain.md 7).
//!
//! Pure: files are read in `gateways::statements`. Must never let a file that does not balance in
//! part: it is held whole.

use crate::base::ids::LoanId;
use crate::base::personal::Personal;
use crate::base::time::Date;
use crate::base::{documents, names, phone};
use std::collections::BTreeSet;

/// Where money went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// To the lender's account.
    In,
    /// From it.
    Out,
}

/// One movement on an account. Kopecks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementEntry {
    /// Where money went.
    pub direction: Direction,
    /// Booking day.
    pub on: Date,
    /// Number of the document, or the bank's reference.
    pub number: String,
    /// Positive.
    pub amount: i64,
    /// It takes back an earlier movement the other way.
    pub is_reversal: bool,
    /// The other side's account.
    pub account: Personal<String>,
    /// The other side's INN.
    pub inn: Personal<String>,
    /// The other side's name.
    pub name: Personal<String>,
    /// What for.
    pub purpose: Personal<String>,
}

/// The movements of an account over some days. Kopecks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The account.
    pub account: String,
    /// First day, when the file says.
    pub from: Option<Date>,
    /// Last day, when the file says.
    pub to: Option<Date>,
    /// Balance before, when the file says.
    pub opening: Option<i64>,
    /// Sum of what came, when the file says.
    pub received: Option<i64>,
    /// Sum of what went, when the file says.
    pub spent: Option<i64>,
    /// Balance after, when the file says.
    pub closing: Option<i64>,
    /// The movements in the file's order.
    pub entries: Vec<StatementEntry>,
}

/// Why a statement is held.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementFault {
    /// The account is not one of the lender's.
    #[error("account {0} is none of the lender's; take the statement of the right account")]
    ForeignAccount(String),
    /// Opening, turnovers and closing do not add up.
    #[error("the balances do not add up by {0} kopecks; ask the bank for the statement again")]
    BalancesDiffer(i64),
    /// The documents do not add up to the turnover.
    #[error("the documents and the sum received differ by {0} kopecks; the file is not complete")]
    ReceivedDiffers(i64),
    /// The documents do not add up to the turnover.
    #[error("the documents and the sum spent differ by {0} kopecks; the file is not complete")]
    SpentDiffers(i64),
    /// Two statements of one account do not join.
    #[error("the balance at the end of one day and at the beginning of the next differ")]
    DaysDoNotJoin,
}

/// What is wrong with the statements of one file; empty when they may be let in. `own` are the
/// lender's accounts.
#[must_use]
pub fn faults(statements: &[Statement], own: &[String]) -> Vec<StatementFault> {
    let mut found: Vec<StatementFault> = Vec::new();
    for statement in statements {
        if !own.contains(&statement.account) {
            found.push(StatementFault::ForeignAccount(statement.account.clone()));
        }
        found.extend(sums(statement));
    }
    for pair in statements.windows(2) {
        let is_next = pair[0].account == pair[1].account && pair[0].to < pair[1].from;
        if let (true, Some(closing), Some(opening)) = (is_next, pair[0].closing, pair[1].opening)
            && closing != opening
        {
            found.push(StatementFault::DaysDoNotJoin);
        }
    }
    found
}

fn sums(statement: &Statement) -> Vec<StatementFault> {
    let sum = |direction| -> i64 {
        let own = statement.entries.iter().filter(|entry| entry.direction == direction);
        own.map(|entry| entry.amount).sum()
    };
    let (received, spent) = (sum(Direction::In), sum(Direction::Out));
    let mut found = Vec::new();
    let stated = statement.received.unwrap_or(received);
    if stated != received {
        found.push(StatementFault::ReceivedDiffers(stated - received));
    }
    let gone = statement.spent.unwrap_or(spent);
    if gone != spent {
        found.push(StatementFault::SpentDiffers(gone - spent));
    }
    if let (Some(opening), Some(closing)) = (statement.opening, statement.closing)
        && opening + stated - gone != closing
    {
        found.push(StatementFault::BalancesDiffer(opening + stated - gone - closing));
    }
    found
}

/// The key by which an entry is known again: the same file twice adds nothing.
#[must_use]
pub fn import_id(account: &str, entry: &StatementEntry) -> String {
    let direction = match entry.direction {
        Direction::In => "in",
        Direction::Out => "out",
    };
    let mut hasher = blake3::Hasher::new();
    for part in [
        account,
        direction,
        &entry.on.to_string(),
        &entry.number,
        &entry.amount.to_string(),
        entry.account.reveal(),
        entry.purpose.reveal(),
    ] {
        hasher.update(part.as_bytes());
        hasher.update(&[0]);
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

/// What an entry tells about the loan it pays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MatchingKeys {
    /// Numbers of agreements in the purpose.
    pub numbers: Vec<String>,
    /// INN of the payer or in the purpose.
    pub inn: Option<Personal<String>>,
    /// Names to compare by: of the payer, or after `//` in the purpose.
    pub names: Vec<Personal<String>>,
    /// Phones in the purpose, E.164.
    pub phones: Vec<Personal<String>>,
}

/// The keys of an entry. `pattern` is how the lender numbers agreements, `#` standing for a digit,
/// for instance `POS-####-######`.
#[must_use]
pub fn matching_keys(entry: &StatementEntry, pattern: &str) -> MatchingKeys {
    let purpose = entry.purpose.reveal();
    let (stated, name) = without_inn(entry.name.reveal());
    let inn = documents::inn(entry.inn.reveal()).ok().or(stated);
    let mut written = vec![name.to_owned()];
    written.extend(purpose.split("//").nth(1).map(|name| name.trim().to_owned()));
    let names = written
        .iter()
        .map(|name| names::key(name))
        .filter(|key| key.split_whitespace().count() >= 2)
        .map(Personal::new)
        .collect();
    MatchingKeys {
        numbers: numbers_in(purpose, pattern),
        inn: inn.map(Personal::new),
        names,
        phones: phones_in(purpose).into_iter().map(Personal::new).collect(),
    }
}

/// `ИНН 500100732259 Иванов Иван` → the INN and the name.
fn without_inn(name: &str) -> (Option<String>, &str) {
    let name = name.trim();
    let Some(rest) = name.strip_prefix("ИНН").or_else(|| name.strip_prefix("INN")) else {
        return (None, name);
    };
    let rest = rest.trim_start_matches([' ', ':', '\u{a0}']);
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    (documents::inn(&rest[..end]).ok(), rest[end..].trim_start_matches([' ', '/', '\\']))
}

fn numbers_in(text: &str, pattern: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().flat_map(char::to_uppercase).map(latin).collect();
    let wanted: Vec<char> = pattern.chars().flat_map(char::to_uppercase).map(latin).collect();
    let mut found = BTreeSet::new();
    for place in 0..letters.len().saturating_sub(wanted.len().saturating_sub(1)) {
        let piece = &letters[place..place + wanted.len()];
        let fits = piece.iter().zip(&wanted).all(|(letter, want)| match want {
            '#' => letter.is_ascii_digit(),
            _ => letter == want,
        });
        // A longer run of digits or letters is another number.
        let before = place.checked_sub(1).map(|before| letters[before]);
        let after = letters.get(place + wanted.len());
        let alone = !before.is_some_and(char::is_alphanumeric)
            && !after.is_some_and(|letter| letter.is_alphanumeric());
        if fits && alone && !wanted.is_empty() {
            found.insert(piece.iter().collect::<String>());
        }
    }
    found.into_iter().collect()
}

/// People type Cyrillic letters that look like Latin ones.
const fn latin(letter: char) -> char {
    match letter {
        'А' => 'A',
        'В' => 'B',
        'Е' => 'E',
        'К' => 'K',
        'М' => 'M',
        'Н' => 'H',
        'О' => 'O',
        'Р' => 'P',
        'С' => 'C',
        'Т' => 'T',
        'Х' => 'X',
        other => other,
    }
}

fn phones_in(text: &str) -> Vec<String> {
    let mut found = BTreeSet::new();
    let is_part = |c: char| c.is_ascii_digit() || "+-() \u{a0}".contains(c);
    for piece in text.split(|c: char| !is_part(c)) {
        let digits = piece.chars().filter(char::is_ascii_digit).count();
        if (10..=12).contains(&digits)
            && let Ok(phone) = phone::parse(piece.trim())
        {
            found.insert(phone.e164);
        }
    }
    found.into_iter().collect()
}

/// A loan that may be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The loan.
    pub loan: LoanId,
    /// Number of its agreement.
    pub number: String,
    /// INN of its client.
    pub inn: Option<Personal<String>>,
    /// Name of its client, to compare by.
    pub name: Personal<String>,
    /// The next payment, kopecks.
    pub next_payment: Option<i64>,
    /// Phones of its client, E.164.
    pub phones: Vec<Personal<String>>,
}

/// What led to a loan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchedBy {
    /// The number of the agreement.
    Number,
    /// The payer's INN.
    Inn,
    /// The payer's name and the sum of the next payment.
    NameAndAmount,
    /// A phone in the purpose.
    Phone,
}

/// Which loan an entry pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matched {
    /// One: it is posted.
    One(LoanId, MatchedBy),
    /// Several, or none: a person decides; these are suggested.
    Manual(Vec<LoanId>),
}

/// Finds the loan that `entry` pays among `candidates`: by number, else INN, else name and sum,
/// else phone; the first of these that names any loan decides. Reversals and money that went out
/// pay nothing by themselves.
#[must_use]
pub fn matched(entry: &StatementEntry, keys: &MatchingKeys, candidates: &[Candidate]) -> Matched {
    if entry.direction == Direction::Out || entry.is_reversal {
        return Matched::Manual(Vec::new());
    }
    let is_named = |loan: &Candidate| keys.names.contains(&loan.name);
    type Rule<'a> = (MatchedBy, Box<dyn Fn(&Candidate) -> bool + 'a>);
    let rules: [Rule<'_>; 4] = [
        (MatchedBy::Number, Box::new(|loan| keys.numbers.iter().any(|n| same(n, &loan.number)))),
        (MatchedBy::Inn, Box::new(|loan| keys.inn.is_some() && keys.inn == loan.inn)),
        (
            MatchedBy::NameAndAmount,
            Box::new(|loan| is_named(loan) && loan.next_payment == Some(entry.amount)),
        ),
        (
            MatchedBy::Phone,
            Box::new(|loan| loan.phones.iter().any(|phone| keys.phones.contains(phone))),
        ),
    ];
    for (by, rule) in rules {
        let found: Vec<LoanId> =
            candidates.iter().filter(|loan| rule(loan)).map(|loan| loan.loan).collect();
        match found.as_slice() {
            [] => {}
            [one] => return Matched::One(*one, by),
            _ => return Matched::Manual(found),
        }
    }
    Matched::Manual(candidates.iter().filter(|loan| is_named(loan)).map(|loan| loan.loan).collect())
}

fn same(a: &str, b: &str) -> bool {
    let plain =
        |text: &str| text.chars().flat_map(char::to_uppercase).map(latin).collect::<String>();
    plain(a) == plain(b)
}
