//! The wordings that come with the product, one for each kind of paper and language.

use crate::domain::paper::{PaperKind, PaperLanguage};

/// The shipped wording.
#[must_use]
pub const fn template(kind: PaperKind, language: PaperLanguage) -> &'static str {
    use PaperKind::{CurrentDebt, DebtRepaid, EarlyRepayment, LoanStatement, PaymentSchedule};
    use PaperLanguage::{En, Ru};
    match (kind, language) {
        (DebtRepaid, Ru) => include_str!("../../config/papers/debt_repaid.ru.md"),
        (DebtRepaid, En) => include_str!("../../config/papers/debt_repaid.en.md"),
        (CurrentDebt, Ru) => include_str!("../../config/papers/current_debt.ru.md"),
        (CurrentDebt, En) => include_str!("../../config/papers/current_debt.en.md"),
        (LoanStatement, Ru) => include_str!("../../config/papers/loan_statement.ru.md"),
        (LoanStatement, En) => include_str!("../../config/papers/loan_statement.en.md"),
        (PaymentSchedule, Ru) => include_str!("../../config/papers/payment_schedule.ru.md"),
        (PaymentSchedule, En) => include_str!("../../config/papers/payment_schedule.en.md"),
        (EarlyRepayment, Ru) => include_str!("../../config/papers/early_repayment.ru.md"),
        (EarlyRepayment, En) => include_str!("../../config/papers/early_repayment.en.md"),
    }
}
