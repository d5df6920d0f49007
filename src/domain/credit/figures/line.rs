//! The lines that figures are made of. Must never hold words: the page says them.

use crate::base::time::Date;
use crate::domain::credit::interest::{Rate, Span};

/// Declares the kinds of lines with their words of the API.
macro_rules! what {
    ($($(#[$meta:meta])* $name:ident = $code:literal,)+) => {
        /// What a line is. The page has a sentence for each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum What { $($(#[$meta])* $name,)+ }

        impl What {
            /// The word of the API.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }
        }
    };
}

what! {
    /// Principal of an instalment, or all that is left.
    Principal = "principal",
    /// Interest by the schedule.
    Interest = "interest",
    /// Interest that a change of the schedule brought into the instalment after it.
    CarriedInterest = "carried_interest",
    /// What the signed schedule says beyond our reckoning.
    AsSigned = "as_signed",
    /// What does not accrue any more: the total cap was reached.
    Capped = "capped",
    /// Interest on overdue principal; negative on principal paid ahead.
    ExtraInterest = "extra_interest",
    /// Interest put off by a holiday or a restructuring.
    DeferredInterest = "deferred_interest",
    /// A fee of an instalment.
    InstalmentFee = "instalment_fee",
    /// Other fees.
    Fees = "fees",
    /// Penalty.
    Penalty = "penalty",
    /// Penalty that was paid.
    PenaltyPaid = "penalty_paid",
    /// Penalty that was forgiven.
    PenaltyForgiven = "penalty_forgiven",
    /// What was paid towards an instalment.
    Paid = "paid",
    /// Interest that was paid.
    InterestPaid = "interest_paid",
    /// Money that waits at the lender's.
    Advance = "advance",
    /// What goes back to the client: more was paid ahead than is owed.
    GoesBack = "goes_back",
    /// Money that a reversal took away after it had been used.
    Shortage = "shortage",
    /// Money that came.
    Came = "came",
    /// Money that went back to the client.
    WentBack = "went_back",
    /// Principal that was paid.
    PrincipalPaid = "principal_paid",
    /// Fees that were paid.
    FeesPaid = "fees_paid",
    /// An equal payment, interest and principal.
    EqualPayment = "equal_payment",
    /// An equal part of principal.
    EqualPart = "equal_part",
    /// All principal that is left: the last instalment takes it.
    Rest = "rest",
    /// Principal before an instalment.
    PrincipalBefore = "principal_before",
    /// Days since the last day to pay.
    DaysLate = "days_late",
    /// Days of a holiday, in which the clock of delay stands still.
    HolidayDays = "holiday_days",
    /// What is due on the day anyway.
    DueFirst = "due_first",
    /// Interest to the end by the schedule as it is.
    InterestWithout = "interest_without",
    /// Interest to the end by the schedule after an early repayment.
    InterestAfter = "interest_after",
}

/// A product of sum, rate and days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reckoning {
    /// On this sum.
    pub base: i64,
    /// At this rate.
    pub rate: Rate,
    /// Over these days.
    pub span: Span,
}

/// One line of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is.
    pub what: What,
    /// Of which instalment.
    pub n: Option<u16>,
    /// Due when.
    pub due_on: Option<Date>,
    /// The day of the schedule, where a day off moved the last day to pay.
    pub moved_from: Option<Date>,
    /// How it was reckoned, if it was.
    pub reckoning: Option<Reckoning>,
    /// Days counted after the first one up to and with the second, where no rate is in play.
    pub counted: Option<(Date, Date)>,
    /// Kopecks, or days of a number of days; what lowers the figure is negative.
    pub amount: i64,
}

impl Line {
    /// A line of nothing but its amount.
    #[must_use]
    pub const fn plain(what: What, amount: i64) -> Self {
        Self {
            what,
            n: None,
            due_on: None,
            moved_from: None,
            reckoning: None,
            counted: None,
            amount,
        }
    }
}

/// A sum, or a number of days, with the lines that make it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figure {
    /// The sum of the lines.
    pub amount: i64,
    /// The lines.
    pub lines: Vec<Line>,
}

impl Figure {
    /// The figure that these lines make; those of nothing are left out.
    #[must_use]
    pub fn of(mut lines: Vec<Line>) -> Self {
        lines.retain(|line| line.amount != 0);
        Self { amount: lines.iter().map(|line| line.amount).sum(), lines }
    }
}
