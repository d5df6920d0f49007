//! Why a figure is what it is: from the loan's own book, or from what another system tells of it.
//!
//! Pure: the same loan and day give the same lines. Must never give lines that do not add up.

use super::shown::due_on_day;
use super::views::{FigureLine, FigureView, FlowView, FullCostView};
use crate::base::time::Date;
use crate::domain::calendar::Calendar;
use crate::domain::credit::calculator::{self, decimal};
use crate::domain::credit::figures::{self, Which};
use crate::domain::credit::psk::{Discounted, PskMethod};
use crate::domain::loan::own::Own;
use crate::domain::loan::{Instalment, Loan, standing};

/// A figure with the lines that add up to it, of a row of the schedule that of row `n`; `None` when
/// there is no such row on the day.
#[must_use]
pub fn figure(loan: &Loan, on: Date, which: Which, n: Option<u16>) -> Option<FigureView> {
    let (amount, lines) = if let Some(own) = &loan.own {
        if which == Which::FullCost {
            return Some(full_cost(own, on));
        }
        let at = own.explained(on, |_| ());
        if n.is_some_and(|n| at.rows.iter().all(|row| row.row.n != n)) {
            return None;
        }
        let figure = figures::one(&at, which, n, &Calendar::RU);
        let lines = figure.lines.iter().map(|line| FigureLine::in_unit(line, which.unit()));
        (figure.amount, lines.collect())
    } else if let Some(n) = n {
        let (row, left) = standing::uncovered(loan).find(|(row, _)| row.n == n)?;
        told_row_lines(loan, row, left, which)
    } else if which == Which::DaysPastDue {
        told_days(loan, on)
    } else {
        told_lines(loan, on, which)
    };
    let amount = if which.unit() == "days" { amount.to_string() } else { decimal(amount) };
    let (figure, unit) = (which.code(), which.unit());
    Some(FigureView { figure, on, n, unit, amount, full_cost: None, lines })
}

/// The full cost of credit: flows of money, each with its value on the day of the payout.
fn full_cost(own: &Own, on: Date) -> FigureView {
    let (agreement, method) = (&own.agreement, PskMethod::MonthThirtieths);
    let percent = calculator::full_cost(agreement, &own.plan, method);
    let why = calculator::full_cost_reckoned(agreement, &own.plan, method);
    let numbers = std::iter::once(None).chain(own.plan.rows.iter().map(|row| Some(row.n)));
    let line = |(n, found): (Option<u16>, Discounted)| FigureLine {
        n,
        due_on: Some(found.flow.on),
        flow: Some(FlowView {
            amount: decimal(found.flow.amount),
            periods: found.full,
            part: found.part.to_string(),
        }),
        ..FigureLine::plain(if n.is_some() { "payment" } else { "payout" }, found.value)
    };
    FigureView {
        figure: Which::FullCost.code(),
        on,
        n: None,
        unit: Which::FullCost.unit(),
        amount: format!("{percent:.3}"),
        full_cost: Some(FullCostView {
            period_rate: why.period_rate.to_string(),
            periods_per_year: why.periods_per_year.to_string(),
        }),
        lines: numbers.zip(why.flows).map(line).collect(),
    }
}

/// A figure of a row that another system tells.
fn told_row_lines(
    loan: &Loan,
    row: &Instalment,
    left: i64,
    which: Which,
) -> (i64, Vec<FigureLine>) {
    let is_open = loan.terms.status.is_open();
    let parts: Vec<(&'static str, i64)> = match which {
        Which::InstalmentInterest => vec![("interest", row.interest)],
        Which::InstalmentPrincipal => vec![("principal", row.principal)],
        Which::InstalmentBalance => {
            vec![("principal_before", row.balance + row.principal), ("principal", -row.principal)]
        }
        // As the schedule shows it: nothing is asked for when the loan has ended.
        Which::InstalmentLeft if !is_open => Vec::new(),
        _ => {
            let paid = if which == Which::InstalmentLeft { left - row.payment() } else { 0 };
            let fee = ("instalment_fee", row.fee);
            vec![("principal", row.principal), ("interest", row.interest), fee, ("paid", paid)]
        }
    };
    let amount = parts.iter().map(|(_, amount)| amount).sum();
    let parts = parts.into_iter().filter(|(_, amount)| *amount != 0);
    (amount, parts.map(|(what, amount)| of_row(row, what, amount)).collect())
}

/// Days past due: as the other system states, else since the last day to pay of the oldest
/// instalment that is not covered.
fn told_days(loan: &Loan, on: Date) -> (i64, Vec<FigureLine>) {
    let days = i64::from(standing::on(loan, on).days_past_due);
    let stated = &loan.figures;
    let stated_on = stated.as_of.filter(|_| stated.overdue.is_some());
    let is_stated = stated_on.is_some() && stated.days_past_due.is_some_and(|days| days > 0);
    let counted_to = stated_on.map_or(on, |as_of| as_of.min(on));
    let oldest = standing::uncovered(loan)
        .map(|(row, left)| (row, left, standing::last_day(row)))
        .find(|(_, left, last)| *left > 0 && *last < counted_to);
    let line = match oldest {
        Some((row, _, last)) if !is_stated => FigureLine {
            moved_from: (last != row.due_on).then_some(row.due_on),
            due_on: Some(last),
            from: last.succ_opt(),
            to: Some(counted_to),
            ..of_row(row, "days_late", 0)
        },
        _ => FigureLine { to: stated.as_of, ..FigureLine::plain("stated", 0) },
    };
    let line = FigureLine { amount: days.to_string(), ..line };
    (days, if days == 0 { Vec::new() } else { vec![line] })
}

/// A stated figure is one line; others are made of the schedule's rows.
fn told_lines(loan: &Loan, on: Date, which: Which) -> (i64, Vec<FigureLine>) {
    let (stands, stated) = (standing::on(loan, on), &loan.figures);
    let mut lines = Vec::new();
    let state =
        |amount: i64| FigureLine { to: stated.as_of, ..FigureLine::plain("stated", amount) };
    let from_rows = |wanted: &dyn Fn(&Instalment) -> bool| -> Vec<FigureLine> {
        let rows = standing::uncovered(loan).filter(|(row, left)| *left > 0 && wanted(row));
        rows.flat_map(|(row, left)| row_lines(row, left)).collect()
    };
    if !loan.terms.status.is_open() {
        return (0, lines);
    }
    let is_stated = stated.as_of.is_some();
    let is_next = |row: &Instalment| Some(standing::last_day(row)) == stands.next_due_on;
    let next_stated = is_stated
        && stated.next_due_on.is_some_and(|due| due >= on)
        && stated.next_payment.is_some();
    let next = |lines: &mut Vec<FigureLine>| match stands.next_payment {
        Some(amount) if next_stated => lines.push(state(amount)),
        _ => lines.extend(from_rows(&is_next)),
    };
    let overdue = |lines: &mut Vec<FigureLine>| match stated.overdue {
        Some(_) if is_stated => lines.push(state(stands.overdue)),
        _ => lines.extend(from_rows(&|row| standing::last_day(row) < on)),
    };
    let due = due_on_day(&stands, on);
    let amount = match which {
        Which::NextPayment => {
            next(&mut lines);
            stands.next_payment.unwrap_or(0)
        }
        Which::Overdue => {
            overdue(&mut lines);
            stands.overdue
        }
        Which::DebtToday => {
            overdue(&mut lines);
            if due != 0 {
                next(&mut lines);
            }
            stands.overdue + due
        }
        Which::TotalLeft => {
            match stands.outstanding {
                Some(amount) if is_stated && stated.outstanding.is_some() => {
                    lines.push(state(amount));
                }
                _ => lines.extend(from_rows(&|_| true)),
            }
            stands.outstanding.unwrap_or(0)
        }
        // Nobody tells these of another system's loan.
        _ => 0,
    };
    lines.retain(|line| line.amount != "0.00");
    (amount, lines)
}

fn row_lines(row: &Instalment, left: i64) -> Vec<FigureLine> {
    vec![
        of_row(row, "principal", row.principal),
        of_row(row, "interest", row.interest),
        of_row(row, "instalment_fee", row.fee),
        of_row(row, "paid", left - row.payment()),
    ]
}

fn of_row(row: &Instalment, what: &'static str, amount: i64) -> FigureLine {
    FigureLine { n: Some(row.n), due_on: Some(row.due_on), ..FigureLine::plain(what, amount) }
}
