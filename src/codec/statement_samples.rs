//! One sample of every event of bank statements and their movements.

use crate::base::ids::{ClientId, IncomingPaymentId, LoanId, PartId, StatementId};
use crate::base::personal::Personal;
use crate::domain::loan::own::ReversalReason;
use crate::domain::statement::file::{
    EntryCounts, FileAdvanced, FileEvent, FileFinished, FileHeld, FileReceived, FileStopped,
    Section,
};
use crate::domain::statement::payment::{
    Movement, PaymentDismissed, PaymentEvent, PaymentMatched, PaymentReceived, PaymentRefused,
    PaymentReversed, RecallSettled, Target,
};
use crate::domain::statement::{Direction, HeldFor, MatchedBy};
use uuid::Uuid;

fn fault() -> HeldFor {
    HeldFor {
        code: "balances_differ".into(),
        message: "the balances differ by 0.01".into(),
        field: "Сумма".into(),
        place: 12,
        amount: -1,
        account: "4070****0001".into(),
    }
}

/// Of a file.
pub(super) fn files() -> Vec<FileEvent> {
    let section = Section {
        account: "40702810200000000001".into(),
        from: Some("2026-02-16".parse().unwrap()),
        to: None,
        opening: Some(10_000_000),
        closing: Some(6_806_424),
        received: 945_596,
        spent: 4_139_172,
        entries: 2,
    };
    let counts =
        EntryCounts { entries: 300, posted: 1, noted: 2, unmatched: 3, outgoing: 200, known: 94 };
    vec![
        FileEvent::Received(FileReceived {
            id: StatementId::from_uuid(Uuid::from_u128(11)),
            blob: "ab12".into(),
            file_name: "выписка.txt".into(),
            sections: vec![section],
            total: 300,
        }),
        FileEvent::Held(FileHeld { faults: vec![fault()] }),
        FileEvent::Advanced(FileAdvanced { counts }),
        FileEvent::Finished(FileFinished {}),
        FileEvent::Stopped(FileStopped { fault: fault() }),
    ]
}

/// Of a movement.
pub(super) fn payments() -> Vec<PaymentEvent> {
    let text = |text: &str| Personal::new(text.to_owned());
    let movement = Movement {
        statement: StatementId::from_uuid(Uuid::from_u128(11)),
        place: 7,
        own_account: "40702810200000000001".into(),
        direction: Direction::Out,
        on: "2026-02-16".parse().unwrap(),
        amount: 945_596,
        is_reversal: true,
        is_recall: true,
        number: text("512"),
        account: text("40817810355000123456"),
        inn: text("500100732259"),
        name: text("Иванов Иван Иванович"),
        purpose: text("Погашение"),
    };
    let target = Target {
        client: ClientId::from_uuid(Uuid::from_u128(1)),
        loan: LoanId::from_uuid(Uuid::from_u128(2)),
        operation: Some(PartId::from_uuid(Uuid::from_u128(3))),
        by: MatchedBy::Phone,
    };
    vec![
        PaymentEvent::Received(PaymentReceived { movement }),
        PaymentEvent::Posted(PaymentMatched { target }),
        PaymentEvent::Refused(PaymentRefused { code: "loan_closed".into() }),
        PaymentEvent::Dismissed(PaymentDismissed { reason: text("не наш клиент") }),
        PaymentEvent::Reversed(PaymentReversed { reason: ReversalReason::RecalledByBank }),
        PaymentEvent::Settled(RecallSettled {
            payment: IncomingPaymentId::from_uuid(Uuid::from_u128(12)),
        }),
    ]
}
