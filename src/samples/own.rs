//! Loans whose books are kept here: products, agreements and what happened to each.
//!
//! What happens is told in steps, each on its day; sums that follow from the book (what is due, what
//! was quoted) are left to whoever plays the steps. Must never need a book to be walked.

use super::SampleEntry;
use super::dice::Dice;
use super::loans::SampleLoan;
use crate::base::time::Date;
use crate::domain::calendar::Calendar;
use crate::domain::credit::calculator;
use crate::domain::credit::early::Early;
use crate::domain::credit::ledger::{Agreement, Closing};
use crate::domain::credit::schedule::ScheduleKind;
use crate::domain::credit::terms::TermsAsk;
use crate::domain::loan::own::ReversalReason;
use chrono::{Days, Months};
use rust_decimal::Decimal;
use serde_json::json;

/// A book made of a seed.
#[derive(Debug, Clone)]
pub struct SampleBook {
    /// Name of the product.
    pub product: &'static str,
    /// What the parties agreed.
    pub agreement: Agreement,
    /// What happened, by day.
    pub steps: Vec<(Date, SampleStep)>,
}

impl SampleBook {
    /// Whether the client still pays by the schedule that was signed.
    #[must_use]
    pub fn goes_on(&self, today: Date) -> bool {
        let ends_on = calculator::contract(&self.agreement, &Calendar::RU).ends_on();
        let is_plain = |(_, step): &(Date, SampleStep)| *step == SampleStep::PayDue;
        ends_on.is_some_and(|end| end > later(today, 62)) && self.steps.iter().all(is_plain)
    }
}

/// Something that happened to a loan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleStep {
    /// What was due was paid, or the next payment where nothing was.
    PayDue,
    /// So many kopecks were paid beside it.
    Pay(i64),
    /// What was quoted for the open request was paid.
    PayQuoted,
    /// The last payment was marked as not counting.
    ReverseLast(ReversalReason),
    /// A fee of so many kopecks was charged.
    Fee(i64),
    /// All penalty was forgiven.
    ForgivePenalty,
    /// Money that waited went back.
    Refund,
    /// An early repayment on a day was asked for, and the client was told the sum.
    Request(Date, Early),
    /// Requests whose money was there were carried out.
    Run,
    /// A holiday until a day was granted.
    Holiday(Date),
    /// All principal went into a new schedule of so many payments.
    Restructure(u16),
    /// The shop paid so many kopecks for returned goods.
    ReturnGoods(i64),
    /// The loan was given up.
    GiveUp(Closing),
}

/// A product whose books are kept here.
struct OwnProduct {
    key: &'static str,
    name: (&'static str, &'static str),
    about: (&'static str, &'static str),
    kind: &'static str,
    /// Hundredths of a percent of a year, or of a day for a loan of days.
    rates: &'static [i64],
}

const PRODUCTS: [OwnProduct; 4] = [
    OwnProduct {
        key: "product.own.purchase",
        name: ("Покупка в кредит", "Purchase on credit"),
        about: ("На товар, равными платежами.", "For goods, in equal payments."),
        kind: "annuity",
        rates: &[1990, 2400, 2850],
    },
    OwnProduct {
        key: "product.own.instalments",
        name: ("Рассрочка 0 %", "Instalments at 0 %"),
        about: ("На товар, без процентов.", "For goods, without interest."),
        kind: "instalment",
        rates: &[0],
    },
    OwnProduct {
        key: "product.own.repair",
        name: ("Заём на ремонт", "Home repair loan"),
        about: (
            "Равными долями, платежи уменьшаются.",
            "In equal parts of principal, payments decrease.",
        ),
        kind: "equal_principal",
        rates: &[1800, 2400, 2990],
    },
    OwnProduct {
        key: "product.own.short",
        name: ("Заём до зарплаты", "Payday loan"),
        about: ("До 30 дней, одним платежом.", "Up to 30 days, in one payment."),
        kind: "single",
        rates: &[50, 65, 80],
    },
];

impl OwnProduct {
    fn terms(&self) -> TermsAsk {
        let is_shop = matches!(self.kind, "annuity" | "instalment");
        let is_short = self.kind == "single";
        let text = |text: &str| Some(text.to_owned());
        TermsAsk {
            kind: text(self.kind),
            rate_period: is_short.then(|| "day".to_owned()),
            shift_due_dates: Some(!is_short),
            penalty_percent: text("20"),
            notice_days: Some(0),
            dpd_tolerance: text("1.00"),
            has_purpose: Some(is_shop),
            merchant_discount_percent: is_shop.then(|| "8".to_owned()),
            ..TermsAsk::default()
        }
    }
}

/// The entries of these products.
pub(super) fn products() -> Vec<SampleEntry> {
    let entry = |(order, product): (u32, &OwnProduct)| SampleEntry {
        key: product.key,
        parent: None,
        body: json!({
            "title": {"ru": product.name.0, "en": product.name.1},
            "description": {"ru": product.about.0, "en": product.about.1},
            "order": order, "book": "own", "terms": product.terms(),
        }),
    };
    (5..).zip(&PRODUCTS).map(entry).collect()
}

/// The book that a loan would have had here.
pub(super) fn book(made: &SampleLoan, today: Date, dice: &mut Dice) -> Option<SampleBook> {
    let product = dice.pick(&PRODUCTS);
    let rate = Decimal::new(*dice.pick(product.rates), 2);
    let is_short = product.kind == "single";
    let principal = made.terms.principal.minor();
    let principal = if is_short { 500_000 + principal % 2_500_000 } else { principal };
    let issued_on = match is_short {
        // A loan of days issued long ago was paid long ago.
        true => today.checked_sub_days(Days::new(dice.below(90)))?,
        false => made.terms.issued_on,
    };
    let typed = TermsAsk {
        principal: Some(calculator::decimal(principal / 100 * 100)),
        rate_percent: Some(rate.normalize().to_string()),
        instalments: Some(if is_short { 1 } else { made.terms.term_months }),
        issued_on: Some(issued_on),
        step_days: is_short.then(|| 15 + u16::try_from(dice.below(16)).unwrap_or(0)),
        ..TermsAsk::default()
    };
    let agreement = typed.or(product.terms()).agreement().ok()?;
    let dues: Vec<Date> =
        calculator::contract(&agreement, &Calendar::RU).rows.iter().map(|row| row.due_on).collect();
    let story = Story { agreement: &agreement, dues: &dues, today };
    let mut steps = story.tell(dice);
    steps.sort_by_key(|(on, _)| *on);
    steps.retain(|(on, _)| *on >= issued_on && *on <= today);
    Some(SampleBook { product: product.name.0, agreement, steps })
}

type Steps = Vec<(Date, SampleStep)>;

fn later(day: Date, days: u64) -> Date {
    day.checked_add_days(Days::new(days)).unwrap_or(day)
}

fn earlier(day: Date, days: u64) -> Date {
    day.checked_sub_days(Days::new(days)).unwrap_or(day)
}

struct Story<'a> {
    agreement: &'a Agreement,
    dues: &'a [Date],
    today: Date,
}

impl Story<'_> {
    /// Instalments that have fallen due.
    fn fallen(&self) -> usize {
        self.dues.iter().filter(|due| **due <= self.today).count()
    }

    /// A payment for each of these instalments, up to `slack` days around its date.
    fn paid(&self, which: std::ops::Range<usize>, slack: u64, dice: &mut Dice) -> Steps {
        let dues = self.dues.get(which).unwrap_or_default();
        dues.iter()
            .map(|due| {
                let on = if slack <= 3 {
                    earlier(*due, dice.below(slack + 1))
                } else {
                    later(*due, dice.below(slack))
                };
                (on, SampleStep::PayDue)
            })
            .collect()
    }

    fn tell(&self, dice: &mut Dice) -> Steps {
        let (fallen, all) = (self.fallen(), self.dues.len());
        let middle = fallen / 2;
        let thrown = dice.below(100);
        let part = self.agreement.granted / 500 * 100;
        match thrown {
            0..44 => self.paid(0..fallen, 3, dice),
            44..56 => self.paid(0..fallen, 12, dice),
            56..68 => {
                let stopped = usize::try_from(1 + dice.below(4)).unwrap_or(1);
                self.paid(0..fallen.saturating_sub(stopped), 3, dice)
            }
            // The rest needs a loan that has been repaid for a while and goes on.
            _ if fallen < 3 || all < fallen + 2 => self.recent(thrown, fallen, part, dice),
            68..75 => self.repaid_in_part(middle, part, dice),
            75..80 => {
                let on = later(self.dues[middle], 5);
                let mut steps = self.paid(0..middle + 1, 3, dice);
                steps.push((earlier(on, 1), SampleStep::Request(on, Early::Full)));
                steps.extend([(on, SampleStep::PayQuoted), (on, SampleStep::Run)]);
                steps
            }
            80..87 => self.recent(0, fallen, part, dice),
            87..91 => {
                let from = self.dues[middle];
                let to = from.checked_add_months(Months::new(3)).unwrap_or(from);
                let mut steps = self.paid(0..middle + 1, 0, dice);
                steps.push((from, SampleStep::Holiday(to)));
                let after = self.dues[middle..fallen].iter().filter(|due| **due > to);
                steps.extend(after.map(|due| (*due, SampleStep::PayDue)));
                steps
            }
            91..94 => {
                let on = later(self.dues[middle], 40);
                let left = u16::try_from(all - middle).unwrap_or(1) + 6;
                let mut steps = self.paid(0..middle, 3, dice);
                steps.push((on, SampleStep::Restructure(left)));
                let after = self.dues[middle..fallen].iter().filter(|due| **due > on);
                steps.extend(after.map(|due| (*due, SampleStep::PayDue)));
                steps
            }
            94..97 if self.agreement.has_purpose => {
                let mut steps = self.paid(0..fallen, 0, dice);
                steps.push((later(self.dues[middle], 3), SampleStep::ReturnGoods(part / 2)));
                steps
            }
            _ => {
                let mut steps = self.paid(0..1, 3, dice);
                steps.push((later(self.dues[1], 95), SampleStep::GiveUp(Closing::WrittenOff)));
                steps
            }
        }
    }

    /// A part was repaid early on a due date.
    fn repaid_in_part(&self, middle: usize, part: i64, dice: &mut Dice) -> Steps {
        let on = self.dues[middle];
        let early =
            if dice.chance(50) { Early::SmallerPayment(part) } else { Early::ShorterTerm(part) };
        let mut steps = self.paid(0..middle, 3, dice);
        steps.extend([
            (earlier(on, 4), SampleStep::Request(on, early)),
            (on, SampleStep::PayDue),
            (on, SampleStep::Pay(part)),
            (on, SampleStep::Run),
        ]);
        steps.extend(self.paid(middle + 1..self.fallen(), 0, dice));
        steps
    }

    /// What can be told of any loan: a request that waits, a payment taken back, a fee.
    fn recent(&self, thrown: u64, fallen: usize, part: i64, dice: &mut Dice) -> Steps {
        let mut steps = self.paid(0..fallen, 3, dice);
        let yesterday = earlier(self.today, 1);
        match thrown % 4 {
            0 => {
                let on = later(self.today, 5 + dice.below(15));
                let is_part = dice.chance(50) && fallen * 2 < self.dues.len();
                let is_part = is_part && self.agreement.kind != ScheduleKind::Single;
                let early = if is_part { Early::ShorterTerm(part) } else { Early::Full };
                if self.dues.last().is_some_and(|last| *last > on) {
                    steps.push((yesterday, SampleStep::Request(on, early)));
                }
            }
            1 => {
                steps.push((yesterday, SampleStep::Pay(part / 10)));
                let reason = ReversalReason::RecalledByBank;
                steps.push((self.today, SampleStep::ReverseLast(reason)));
            }
            2 => steps.push((yesterday, SampleStep::Fee(59_000))),
            _ => {
                steps.push((yesterday, SampleStep::ForgivePenalty));
                steps.push((self.today, SampleStep::Refund));
            }
        }
        steps
    }
}
