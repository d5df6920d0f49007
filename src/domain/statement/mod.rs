//! Bank statements, whatever file they came in: what they must add up to, how an entry is known
//! again, and which loan it pays (domain.md 7).
//!
//! Pure: files are read in `gateways::statements`. Must never let a file that does not balance in
//! part: it is held whole.

pub mod file;
pub mod payment;

use crate::base::ids::{IncomingPaymentId, LoanId};
use crate::base::money::{Currency, Money};
use crate::base::personal::Personal;
use crate::base::time::Date;
use crate::base::{documents, masking, names, phone};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

/// Where money went. Stored: append only.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Direction {
    /// To the lender's account.
    #[default]
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
    /// ISO 4217 letters of its currency, when the file says.
    pub currency: Option<String>,
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

impl Statement {
    /// What its entries of a direction add up to; the largest number when they go beyond it, which
    /// no balance then agrees with.
    #[must_use]
    pub fn sum(&self, direction: Direction) -> i64 {
        let own = self.entries.iter().filter(|entry| entry.direction == direction);
        own.fold(0, |sum: i64, entry| sum.saturating_add(entry.amount))
    }
}

/// Why a statement is held.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementFault {
    /// The file holds no statement of any account.
    #[error("the file holds no statement of an account; export it again")]
    Empty,
    /// The account is not one of the lender's.
    #[error(
        "the account {} is none of the lender's; take the statement of the right account, or add \
         it to accounts in [lender] of the settings",
        masking::account(.0)
    )]
    ForeignAccount(String),
    /// The account is kept in another currency than the loans.
    #[error("the account is kept in {0}; take the statement of an account in the loans' currency")]
    ForeignCurrency(String),
    /// Opening, turnovers and closing do not add up.
    #[error("the balances differ by {}; ask the bank for the statement again", plain(*.0))]
    BalancesDiffer(i64),
    /// The documents do not add up to the turnover.
    #[error("documents and sum received differ by {}; the file is not complete", plain(*.0))]
    ReceivedDiffers(i64),
    /// The documents do not add up to the turnover.
    #[error("documents and sum spent differ by {}; the file is not complete", plain(*.0))]
    SpentDiffers(i64),
    /// Two statements of one account do not join.
    #[error("the balance at the end of one day and at the beginning of the next differ")]
    DaysDoNotJoin,
}

/// Why a file is held, as it is kept and shown. Holds no personal data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldFor {
    /// Closed code, for instance `balances_differ`.
    pub code: String,
    /// What happened and what to do, in English.
    pub message: String,
    /// The field of the file at fault; empty when it is none.
    pub field: String,
    /// Line of a text, byte of an XML; 0 when nothing is near.
    pub place: u64,
    /// By how much sums differ, kopecks; 0 when they do not.
    pub amount: i64,
    /// The account, masked; empty when it does not matter.
    pub account: String,
}

impl From<&StatementFault> for HeldFor {
    fn from(fault: &StatementFault) -> Self {
        let (code, amount) = match fault {
            StatementFault::Empty => ("empty_statement", 0),
            StatementFault::ForeignAccount(_) => ("foreign_account", 0),
            StatementFault::ForeignCurrency(_) => ("foreign_currency", 0),
            StatementFault::BalancesDiffer(by) => ("balances_differ", *by),
            StatementFault::ReceivedDiffers(by) => ("received_differs", *by),
            StatementFault::SpentDiffers(by) => ("spent_differs", *by),
            StatementFault::DaysDoNotJoin => ("days_do_not_join", 0),
        };
        let account = match fault {
            StatementFault::ForeignAccount(account) => masking::account(account),
            _ => String::new(),
        };
        let (code, message) = (code.to_owned(), fault.to_string());
        Self { code, message, amount, account, ..Self::default() }
    }
}

/// What is wrong with the statements of one file; empty when they may be let in. `own` are the
/// lender's accounts, `currency` that of the loans.
#[must_use]
pub fn faults(statements: &[Statement], own: &[String], currency: Currency) -> Vec<StatementFault> {
    let mut found: Vec<StatementFault> = Vec::new();
    if statements.is_empty() {
        found.push(StatementFault::Empty);
    }
    for statement in statements {
        if !own.contains(&statement.account) {
            found.push(StatementFault::ForeignAccount(statement.account.clone()));
        }
        let foreign = |code: &&String| Currency::parse(code) != Some(currency);
        if let Some(code) = statement.currency.as_ref().filter(foreign) {
            let letters = code.chars().filter(char::is_ascii_alphabetic).take(3).collect();
            found.push(StatementFault::ForeignCurrency(letters));
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
    let (received, spent) = (statement.sum(Direction::In), statement.sum(Direction::Out));
    let mut found = Vec::new();
    let stated = statement.received.unwrap_or(received);
    if stated != received {
        found.push(StatementFault::ReceivedDiffers(stated.saturating_sub(received)));
    }
    let gone = statement.spent.unwrap_or(spent);
    if gone != spent {
        found.push(StatementFault::SpentDiffers(gone.saturating_sub(spent)));
    }
    if let (Some(opening), Some(closing)) = (statement.opening, statement.closing)
        && opening.saturating_add(stated).saturating_sub(gone) != closing
    {
        let by = opening.saturating_add(stated).saturating_sub(gone).saturating_sub(closing);
        found.push(StatementFault::BalancesDiffer(by));
    }
    found
}

/// A sum of kopecks as people write it.
fn plain(minor: i64) -> String {
    Money::from_minor(minor, Currency::Rub).to_decimal()
}

/// The letters and digits of a text: encodings and formats differ in everything else (cp866 has no
/// `№`), and the same movement must be known again in each.
fn wording(text: &str) -> String {
    let letters = text.chars().map(|c| if c == '№' { 'N' } else { c });
    letters.filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
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
        &wording(entry.purpose.reveal()),
    ] {
        hasher.update(part.as_bytes());
        hasher.update(&[0]);
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

/// Identifiers of the movements of `statement`, in its order: the same movement in any file has the
/// same one, so it comes in once. Equal movements of one statement are told apart by their order.
#[must_use]
pub fn identifiers(statement: &Statement) -> Vec<IncomingPaymentId> {
    let mut seen: HashMap<String, u32> = HashMap::new();
    let own = statement.entries.iter().map(|entry| {
        let key = import_id(&statement.account, entry);
        let before = seen.entry(key.clone()).or_default();
        let hash = blake3::hash(format!("{key}#{before}").as_bytes());
        *before += 1;
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.as_bytes()[..16]);
        IncomingPaymentId::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    });
    own.collect()
}

/// Words of the bank's documents that send money back.
const RETURNS: [&str; 3] = ["возврат", "ошибочно зачислен", "отзыв"];

/// Whether the bank takes a payment back: a reversal by its mark, or a document that sends it back.
#[must_use]
pub fn is_recall(entry: &StatementEntry) -> bool {
    let purpose = crate::base::text::folded(entry.purpose.reveal());
    let returns = RETURNS.iter().any(|word| purpose.contains(word));
    entry.direction == Direction::Out && (entry.is_reversal || returns)
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

/// The keys of an entry. `patterns` are how the lender numbers agreements, `#` standing for a digit,
/// for instance `POS-####-######`.
#[must_use]
pub fn matching_keys(entry: &StatementEntry, patterns: &[String]) -> MatchingKeys {
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
        numbers: patterns.iter().flat_map(|pattern| numbers_in(purpose, pattern)).collect(),
        inn: inn.map(Personal::new),
        names,
        phones: phones_in(purpose).into_iter().map(Personal::new).collect(),
    }
}

/// `ИНН 500100732259 Иванов Иван` → the INN and the name.
#[must_use]
pub fn without_inn(name: &str) -> (Option<String>, &str) {
    let name = name.trim();
    let Some(rest) = name.strip_prefix("ИНН").or_else(|| name.strip_prefix("INN")) else {
        return (None, name);
    };
    let rest = rest.trim_start_matches([' ', ':', '\u{a0}']);
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    (documents::inn(&rest[..end]).ok(), rest[end..].trim_start_matches([' ', '/', '\\']))
}

/// Where numbers of agreements stand in `text`: places of its characters.
#[must_use]
pub fn numbers_at(text: &str, patterns: &[String]) -> Vec<Range<usize>> {
    let letters = likened(text);
    let all = patterns.iter().flat_map(|pattern| fitting(&letters, &likened(pattern)));
    all.collect()
}

/// Capitals that look alike in both alphabets, one for each character.
fn likened(text: &str) -> Vec<char> {
    text.chars().map(|c| latin(c.to_uppercase().next().unwrap_or(c))).collect()
}

/// Pieces of `letters` that stand alone and look like `wanted`.
fn fitting(letters: &[char], wanted: &[char]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for place in 0..letters.len().saturating_sub(wanted.len().saturating_sub(1)) {
        let end = place + wanted.len();
        let fits = letters[place..end].iter().zip(wanted).all(|(letter, want)| match want {
            '#' => letter.is_ascii_digit(),
            _ => letter == want,
        });
        // A longer run of digits or letters is another number.
        let before = place.checked_sub(1).map(|before| letters[before]);
        let alone = !before.is_some_and(char::is_alphanumeric)
            && !letters.get(end).is_some_and(|letter| letter.is_alphanumeric());
        if fits && alone && !wanted.is_empty() {
            found.push(place..end);
        }
    }
    found
}

fn numbers_in(text: &str, pattern: &str) -> Vec<String> {
    let letters = likened(text);
    // Numbers are given back in the letters of the pattern, which are those of the agreements.
    let own: Vec<char> = pattern.chars().collect();
    let mut found = BTreeSet::new();
    for place in fitting(&letters, &likened(pattern)) {
        let piece = &letters[place];
        let spelled = own.iter().zip(piece).map(|(own, c)| if *own == '#' { c } else { own });
        found.insert(spelled.collect::<String>());
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
    /// Sums of its instalments, kopecks.
    pub instalments: Vec<i64>,
    /// Phones of its client, E.164.
    pub phones: Vec<Personal<String>>,
}

/// What led to a loan. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchedBy {
    /// The number of the agreement.
    Number,
    /// The payer's INN.
    Inn,
    /// The payer's name and the sum of an instalment.
    NameAndAmount,
    /// A phone in the purpose.
    Phone,
    /// A person chose the loan.
    Hand,
}

impl MatchedBy {
    /// The word of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Inn => "inn",
            Self::NameAndAmount => "name_and_amount",
            Self::Phone => "phone",
            Self::Hand => "hand",
        }
    }
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
            Box::new(|loan| is_named(loan) && loan.instalments.contains(&entry.amount)),
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

/// What leads from `entry` to `loan`: a word of [`MatchedBy`], or `name` alone.
#[must_use]
pub fn named_by(entry: &StatementEntry, keys: &MatchingKeys, loan: &Candidate) -> &'static str {
    let by_name = keys.names.contains(&loan.name);
    if keys.numbers.iter().any(|number| same(number, &loan.number)) {
        MatchedBy::Number.code()
    } else if keys.inn.is_some() && keys.inn == loan.inn {
        MatchedBy::Inn.code()
    } else if by_name && loan.instalments.contains(&entry.amount) {
        MatchedBy::NameAndAmount.code()
    } else if loan.phones.iter().any(|phone| keys.phones.contains(phone)) {
        MatchedBy::Phone.code()
    } else {
        "name"
    }
}

fn same(a: &str, b: &str) -> bool {
    let plain =
        |text: &str| text.chars().flat_map(char::to_uppercase).map(latin).collect::<String>();
    plain(a) == plain(b)
}
