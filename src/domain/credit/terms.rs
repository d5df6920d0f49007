//! Terms of a loan as typed when it is opened, and what a product gives for those left out.
//!
//! The calculator's terms and everything else that an agreement says. Must never decide whether a
//! loan may be opened; that is for the loan.

use super::calculator::{self, LoanAsk, decimal};
use super::interest::Rate;
use super::ledger::{Agreement, CurrentInterest, EarlyOrder, PenaltyBase};
use super::schedule::PlanRow;
use super::typed::{Faults, SUM_MAX};
use crate::base::time::Date;
use crate::domain::FieldFault;
use crate::json_object;
use serde::{Deserialize, Serialize};

/// Declares the terms with the rule that gives what was left out.
macro_rules! terms {
    ($($(#[$meta:meta])* $field:ident: $type:ty,)+) => {
        json_object! {
            /// Terms as typed; what is left out comes from the product, then from the law's usual.
            #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
            pub struct TermsAsk { $($(#[$meta])* pub $field: Option<$type>,)+ }
        }

        impl TermsAsk {
            /// These terms, with what they leave out from `others`.
            #[must_use]
            pub fn or(self, others: Self) -> Self {
                Self { $($field: self.$field.or(others.$field),)+ }
            }
        }
    };
}

terms! {
    /// `annuity`, `equal_principal`, `instalment`, `single`.
    kind: String,
    /// Sum granted, a decimal.
    principal: String,
    /// Rate in percent, a decimal.
    rate_percent: String,
    /// What the rate is of: `year` (when left out), `day`.
    rate_period: String,
    /// Number of payments.
    instalments: u16,
    /// Day of issue.
    issued_on: Date,
    /// `ACT/ACT` (when left out), `ACT/365F`, `30/360`.
    day_basis: String,
    /// Whether due dates move to working days.
    shift_due_dates: bool,
    /// What moved dates do to interest: `adjusted` (when left out), `unadjusted`.
    interest_shift: String,
    /// Original day of the month, 1 to 31.
    due_day: u8,
    /// First day to pay.
    first_due_on: Date,
    /// Days between payments, when they are not months.
    step_days: u16,
    /// Rounds an annuity up to a whole rouble.
    whole_roubles: bool,
    /// Fee kept at payout, a decimal.
    fee_at_payout: String,
    /// Penalty rate in percent, a decimal; none when left out.
    penalty_percent: String,
    /// What the penalty rate is of: `year` (when left out), `day`.
    penalty_period: String,
    /// What the penalty is reckoned on: `principal_and_interest` (when left out), `principal`.
    penalty_base: String,
    /// Whether contract interest goes on for overdue principal; so when left out.
    interest_on_overdue: bool,
    /// What money paid ahead does: `scheduled` (when left out: it waits), `accrued` (it lowers
    /// interest from the day of payment).
    current_interest: String,
    /// What an early repayment pays first: `interest_first` (when left out), `principal_only`.
    early_order: String,
    /// Days of notice of an early repayment; 30 when left out.
    notice_days: u16,
    /// A remainder of an instalment up to this sum is no delay.
    dpd_tolerance: String,
    /// The client's own part of the price, paid to the shop.
    down_payment: String,
    /// What the shop gives up of the sum granted, in percent.
    merchant_discount_percent: String,
    /// A consumer loan; so when left out.
    is_consumer: bool,
    /// An instalment service of 283-FZ.
    is_instalment_service: bool,
    /// A loan with a purpose (goods).
    has_purpose: bool,
}

/// The longest notice of an early repayment that can be agreed, in days.
const NOTICE_DAYS_MAX: u16 = 366;

impl TermsAsk {
    /// The agreement.
    ///
    /// # Errors
    /// Every fault of every field.
    pub fn agreement(&self) -> Result<Agreement, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let mut required = |is_there: bool, field: &str| {
            if !is_there {
                faults.add(field, "required", "this field is required");
            }
        };
        required(self.kind.is_some(), "kind");
        required(self.principal.is_some(), "principal");
        required(self.rate_percent.is_some(), "rate_percent");
        required(self.instalments.is_some(), "instalments");
        required(self.issued_on.is_some(), "issued_on");
        let read = self.read(&mut faults);
        if faults.0.is_empty() { Ok(read) } else { Err(faults.0) }
    }

    /// Faults of the terms that are there, for a product that leaves some to each loan.
    #[must_use]
    pub fn faults(&self) -> Vec<FieldFault> {
        let mut faults = Faults::default();
        let each = [
            (self.principal.is_some(), "principal"),
            (self.issued_on.is_some(), "issued_on"),
            (self.first_due_on.is_some(), "first_due_on"),
        ];
        for (is_there, field) in each {
            if is_there {
                faults.add(field, "not_allowed", "this is agreed for each loan; leave it out");
            }
        }
        self.read(&mut faults);
        faults.0
    }

    /// Reads what is there; what is missing is read as something harmless.
    fn read(&self, faults: &mut Faults) -> Agreement {
        let harmless = LoanAsk {
            kind: "single".into(),
            // Every fee that can be agreed is less.
            principal: decimal(SUM_MAX),
            rate_percent: "0".into(),
            instalments: 1,
            issued_on: Date::from_ymd_opt(2026, 1, 1).unwrap_or_default(),
            ..LoanAsk::default()
        };
        let kind = self.kind.clone().unwrap_or_else(|| match self.instalments {
            Some(2..) => "annuity".into(),
            _ => harmless.kind.clone(),
        });
        let ask = LoanAsk {
            kind,
            principal: self.principal.clone().unwrap_or(harmless.principal.clone()),
            rate_percent: self.rate_percent.clone().unwrap_or(harmless.rate_percent.clone()),
            instalments: self.instalments.unwrap_or(1),
            issued_on: self.issued_on.unwrap_or(harmless.issued_on),
            day_basis: self.day_basis.clone(),
            shift_due_dates: self.shift_due_dates,
            interest_shift: self.interest_shift.clone(),
            rate_period: self.rate_period.clone(),
            due_day: self.due_day,
            first_due_on: self.first_due_on,
            step_days: self.step_days,
            whole_roubles: self.whole_roubles,
            fee_at_payout: self.fee_at_payout.clone(),
        };
        let read = calculator::agreement(&ask).or_else(|found| {
            faults.0.extend(found);
            calculator::agreement(&harmless)
        });
        let base = read.expect("harmless terms are without fault");
        self.beyond_the_calculator(base, faults)
    }

    fn beyond_the_calculator(&self, base: Agreement, faults: &mut Faults) -> Agreement {
        let mut rate =
            |field: &str, percent: Option<&String>, period_field, period: Option<&str>| {
                let rate = percent.map(|text| faults.rate(field, text, period_field, period));
                rate.flatten().unwrap_or(Rate::ZERO)
            };
        let period = self.penalty_period.as_deref();
        let penalty =
            rate("penalty_percent", self.penalty_percent.as_ref(), "penalty_period", period);
        let discount = self.merchant_discount_percent.as_ref();
        let discount = rate("merchant_discount_percent", discount, "", None);
        if discount.capped_by(Rate::Year(100_000_000)) != discount {
            let help = "a discount is at most 100 percent";
            faults.add("merchant_discount_percent", "out_of_range", help);
        }
        let penalty_base = match self.penalty_base.as_deref() {
            None | Some("principal_and_interest") => Some(PenaltyBase::PrincipalAndInterest),
            Some("principal") => Some(PenaltyBase::Principal),
            Some(_) => None,
        };
        let help = "choose principal_and_interest or principal";
        let penalty_base = faults.word("penalty_base", penalty_base, help);
        let current = match self.current_interest.as_deref() {
            None | Some("scheduled") => Some(CurrentInterest::Scheduled),
            Some("accrued") => Some(CurrentInterest::Accrued),
            Some(_) => None,
        };
        let current = faults.word("current_interest", current, "choose scheduled or accrued");
        let order = match self.early_order.as_deref() {
            None | Some("interest_first") => Some(EarlyOrder::InterestFirst),
            Some("principal_only") => Some(EarlyOrder::PrincipalOnly),
            Some(_) => None,
        };
        let order = faults.word("early_order", order, "choose interest_first or principal_only");
        let notice_days = self.notice_days.unwrap_or(base.notice_days);
        if notice_days > NOTICE_DAYS_MAX {
            faults.add("notice_days", "out_of_range", "write a number of days from 0 to 366");
        }
        let mut sum = |field: &str, text: Option<&String>| {
            text.and_then(|text| faults.sum(field, text, 0)).unwrap_or(0)
        };
        Agreement {
            penalty,
            merchant_discount: discount,
            penalty_base: penalty_base.unwrap_or(base.penalty_base),
            current_interest: current.unwrap_or(base.current_interest),
            early_order: order.unwrap_or(base.early_order),
            notice_days,
            dpd_tolerance: sum("dpd_tolerance", self.dpd_tolerance.as_ref()),
            down_payment: sum("down_payment", self.down_payment.as_ref()),
            interest_on_overdue: self.interest_on_overdue.unwrap_or(base.interest_on_overdue),
            is_consumer: self.is_consumer.unwrap_or(base.is_consumer),
            is_instalment_service: self.is_instalment_service.unwrap_or(false),
            has_purpose: self.has_purpose.unwrap_or(false),
            ..base
        }
    }
}

json_object! {
    /// A row of a signed schedule as typed; sums are decimals.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct SignedRow {
        /// The last day to pay.
        pub due_on: Date,
        /// Interest is reckoned up to this day; the last day to pay when left out.
        pub accrues_to: Option<Date>,
        /// Part that repays principal.
        pub principal: String,
        /// Interest.
        pub interest: String,
        /// Fees.
        pub fee: Option<String>,
    }
}

/// The rows of a signed schedule; balances follow from the sum `granted`.
///
/// # Errors
/// Every fault of every row.
pub fn signed(rows: &[SignedRow], granted: i64) -> Result<Vec<PlanRow>, Vec<FieldFault>> {
    let mut faults = Faults::default();
    let mut balance = granted;
    let mut read = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        faults.date(&format!("signed[{index}].due_on"), row.due_on);
        if let Some(to) = row.accrues_to {
            faults.date(&format!("signed[{index}].accrues_to"), to);
        }
        let mut sum = |field: &str, text: &str| {
            faults.sum(&format!("signed[{index}].{field}"), text, 0).unwrap_or(0)
        };
        let principal = sum("principal", &row.principal);
        let interest = sum("interest", &row.interest);
        let fee = row.fee.as_ref().map_or(0, |fee| sum("fee", fee));
        balance = balance.saturating_sub(principal);
        read.push(PlanRow {
            n: u16::try_from(index + 1).unwrap_or(u16::MAX),
            due_on: row.due_on,
            accrues_to: row.accrues_to.unwrap_or(row.due_on),
            principal,
            interest,
            deferred: 0,
            fee,
            balance,
        });
    }
    if faults.0.is_empty() { Ok(read) } else { Err(faults.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(faults: &[FieldFault]) -> Vec<(&str, &str)> {
        faults.iter().map(|fault| (fault.field.as_str(), fault.code)).collect()
    }

    fn typed() -> TermsAsk {
        TermsAsk {
            kind: Some("annuity".into()),
            principal: Some("100000.00".into()),
            rate_percent: Some("24".into()),
            instalments: Some(12),
            issued_on: "2026-01-15".parse().ok(),
            ..TermsAsk::default()
        }
    }

    #[test]
    fn terms_left_out_come_from_the_product() {
        let product = TermsAsk {
            penalty_percent: Some("0,1".into()),
            penalty_period: Some("day".into()),
            notice_days: Some(0),
            rate_percent: Some("99".into()),
            has_purpose: Some(true),
            ..TermsAsk::default()
        };
        assert_eq!(product.faults(), []);
        let agreement = typed().or(product).agreement().unwrap();
        assert_eq!((agreement.granted, agreement.part), (10_000_000, 945_596));
        assert_eq!(agreement.interest.rate, Rate::Year(24_000_000));
        assert_eq!(agreement.penalty, Rate::Day(100_000));
        assert!(agreement.has_purpose && agreement.is_consumer && agreement.interest_on_overdue);
        assert_eq!((agreement.notice_days, agreement.dpd_tolerance), (0, 0));
    }

    #[test]
    fn a_product_with_a_fee_or_a_rate_but_no_kind_could_not_be_kept() {
        let product = TermsAsk {
            fee_at_payout: Some("1500.00".into()),
            rate_percent: Some("24".into()),
            instalments: Some(12),
            ..TermsAsk::default()
        };
        assert_eq!(product.faults(), []);
        assert_eq!(typed().or(product).agreement().unwrap().fee_at_payout, 150_000);
    }

    #[test]
    fn every_faulty_term_is_named() {
        let faults = TermsAsk::default().agreement().unwrap_err();
        let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["kind", "principal", "rate_percent", "instalments", "issued_on"]);
        let terms = TermsAsk {
            principal: Some("-1".into()),
            penalty_percent: Some("x".into()),
            penalty_base: Some("all".into()),
            current_interest: Some("never".into()),
            early_order: Some("last".into()),
            notice_days: Some(400),
            dpd_tolerance: Some("0.001".into()),
            merchant_discount_percent: Some("101".into()),
            ..typed()
        };
        let expected = [
            ("principal", "not_positive"),
            ("penalty_percent", "invalid_number"),
            ("merchant_discount_percent", "out_of_range"),
            ("penalty_base", "unknown_value"),
            ("current_interest", "unknown_value"),
            ("early_order", "unknown_value"),
            ("notice_days", "out_of_range"),
            ("dpd_tolerance", "too_precise"),
        ];
        assert_eq!(named(&terms.agreement().unwrap_err()), expected);
        let product = TermsAsk { instalments: Some(12), ..TermsAsk::default() };
        assert_eq!(product.faults(), []);
        let product = TermsAsk { kind: Some("loan".into()), ..typed() };
        let expected =
            [("principal", "not_allowed"), ("issued_on", "not_allowed"), ("kind", "unknown_value")];
        assert_eq!(named(&product.faults()), expected);
    }

    #[test]
    fn signed_rows_leave_their_balances() {
        let row = |due_on: &str, principal: &str| SignedRow {
            due_on: due_on.parse().unwrap(),
            accrues_to: None,
            principal: principal.into(),
            interest: "10".into(),
            fee: None,
        };
        let rows = [row("2026-02-15", "40"), row("2026-03-15", "60.00")];
        let read = signed(&rows, 10_000).unwrap();
        assert_eq!([read[0].balance, read[1].balance], [6_000, 0]);
        assert_eq!((read[1].n, read[1].interest), (2, 1_000));
        let faults = signed(&[row("2026-02-15", "-4")], 100).unwrap_err();
        assert_eq!(named(&faults), [("signed[0].principal", "not_positive")]);
        let far = SignedRow { accrues_to: "0020-02-15".parse().ok(), ..row("9026-02-15", "1") };
        let expected =
            [("signed[0].due_on", "out_of_range"), ("signed[0].accrues_to", "out_of_range")];
        assert_eq!(named(&signed(&[far], 100).unwrap_err()), expected);
    }
}
