//! Topics, branches, products and snippets to begin with.

use serde_json::{Value, json};

/// An entry of a directory.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleEntry {
    /// Its key among the samples, for instance `payment.next`.
    pub key: &'static str,
    /// Key of the entry above it.
    pub parent: Option<&'static str>,
    /// The body without `parent`, as the directory's API takes it.
    pub body: Value,
}

/// Contacts of the past: topic, comment, whether the client called.
pub(super) const CONTACTS: &[(&str, &str, bool)] = &[
    ("payment.next", "Назвал дату и сумму следующего платежа", true),
    ("payment.where", "Спрашивал, где оплатить без комиссии; отправил список", true),
    ("payment.not_arrived", "Платёж ещё не виден, просил подождать до завтра", true),
    ("early.quote", "Хочет погасить досрочно в следующем месяце, назвал сумму", true),
    ("documents.certificate", "Просит справку о погашении на почту", true),
    ("data.phone", "Сменил номер, записал новый", true),
    ("debt.promise", "Обещает оплатить до пятницы", false),
    ("debt.reminder", "Напомнил о платеже, клиент помнит", false),
    ("complaint.service", "Недоволен временем ожидания, принёс извинения", true),
    ("product.offer", "Рассказал о рассрочке, думает", false),
];

/// A topic as a row of the table below.
struct Topic {
    key: &'static str,
    parent: Option<&'static str>,
    order: u32,
    level: u8,
    severity: &'static str,
    title: (&'static str, &'static str),
    hint: (&'static str, &'static str),
    links: Links,
}

type Links = &'static [(&'static str, &'static str)];
const NONE: Links = &[];
const PAY: Links = &[("Способы оплаты", "https://example.ru/pay")];
const TERMS: Links = &[("Условия", "https://example.ru/terms")];

#[allow(clippy::too_many_arguments, reason = "a table of topics reads best as one row each")]
const fn topic(
    key: &'static str,
    parent: Option<&'static str>,
    order: u32,
    level: u8,
    severity: &'static str,
    title: (&'static str, &'static str),
    hint: (&'static str, &'static str),
    links: Links,
) -> Topic {
    Topic { key, parent, order, level, severity, title, hint, links }
}

impl Topic {
    fn entry(&self) -> SampleEntry {
        let link = |(title, url): &(&str, &str)| json!({"title": title, "url": url});
        let links: Vec<Value> = self.links.iter().map(link).collect();
        let body = json!({
            "title": {"ru": self.title.0, "en": self.title.1},
            "order": self.order,
            "hint": {"ru": self.hint.0, "en": self.hint.1},
            "required_level": self.level,
            "links": links,
            "severity": self.severity,
        });
        SampleEntry { key: self.key, parent: self.parent, body }
    }
}

/// The tree of topics: parents before children.
#[must_use]
pub fn topics() -> Vec<SampleEntry> {
    TOPICS.iter().map(Topic::entry).collect()
}

/// The topics, parents before children.
#[rustfmt::skip]
const TOPICS: &[Topic] = &[
    topic("payment", None, 1, 0, "calm", ("Платежи", "Payments"),
        ("", ""), NONE),
    topic("payment.next", Some("payment"), 1, 2, "calm", ("Когда и сколько платить", "Next payment"),
        ("Назовите дату и сумму из ответа на карточке.", "Read the date and the sum from the card."), NONE),
    topic("payment.where", Some("payment"), 2, 0, "calm", ("Где оплатить", "Where to pay"),
        ("Предложите отправить список в SMS.", "Offer to text the list."), PAY),
    topic("payment.not_arrived", Some("payment"), 3, 2, "urgent", ("Платёж не пришёл", "Payment has not arrived"),
        ("Уточните дату, сумму и способ; чек пусть пришлёт на почту.", "Ask date, sum and way of payment; the receipt goes by e-mail."), NONE),
    topic("payment.total", Some("payment"), 4, 2, "calm", ("Сколько осталось", "What is left"),
        ("Остаток и дата, на которую он верен.", "What is left, and the date it is true on."), NONE),
    topic("early", None, 2, 0, "calm", ("Досрочное погашение", "Early repayment"),
        ("", ""), NONE),
    topic("early.quote", Some("early"), 1, 2, "calm", ("Сумма для досрочного погашения", "Early repayment sum"),
        ("Сумма верна на выбранный день.", "The sum is true for the chosen day."), NONE),
    topic("early.notice", Some("early"), 2, 3, "calm", ("Заявление на досрочное погашение", "Early repayment notice"),
        ("Нужно кодовое слово.", "Needs the code word."), NONE),
    topic("debt", None, 3, 0, "urgent", ("Просрочка", "Arrears"),
        ("", ""), NONE),
    topic("debt.reminder", Some("debt"), 1, 2, "calm", ("Напоминание о платеже", "Payment reminder"),
        ("Назовите себя, кредитора и предупредите о записи.", "Say who you are, the creditor, and that the talk is recorded."), NONE),
    topic("debt.promise", Some("debt"), 2, 2, "urgent", ("Обещание оплатить", "Promise to pay"),
        ("Запишите точную дату и сумму.", "Write down the exact date and sum."), NONE),
    topic("debt.hardship", Some("debt"), 3, 2, "urgent", ("Трудная ситуация, каникулы", "Hardship, credit holiday"),
        ("Расскажите о каникулах и реструктуризации.", "Tell about the holiday and restructuring."), NONE),
    topic("debt.paid", Some("debt"), 4, 2, "urgent", ("Уже оплатил", "Has paid already"),
        ("Запишите дату и способ; проверьте завтра.", "Write down date and way; check tomorrow."), NONE),
    topic("documents", None, 4, 0, "calm", ("Документы", "Documents"),
        ("", ""), NONE),
    topic("documents.certificate", Some("documents"), 1, 2, "calm", ("Справка о погашении", "Certificate of repayment"),
        ("Отправляется на почту из карточки.", "Is sent by e-mail."), NONE),
    topic("documents.contract", Some("documents"), 2, 2, "calm", ("Копия договора", "Copy of the contract"),
        ("Договор открывается из карточки.", "The contract opens from the card."), NONE),
    topic("data", None, 5, 0, "calm", ("Данные клиента", "Client data"),
        ("", ""), NONE),
    topic("data.phone", Some("data"), 1, 3, "calm", ("Смена телефона", "Change of phone"),
        ("Только после кодового слова; перезвоните на старый номер.", "Only after the code word; call the old number back."), NONE),
    topic("data.address", Some("data"), 2, 3, "calm", ("Смена адреса или паспорта", "Change of address or passport"),
        ("Попросите прислать скан.", "Ask for a scan."), NONE),
    topic("goods", None, 6, 0, "calm", ("Товар и магазин", "Goods and store"),
        ("", ""), NONE),
    topic("goods.return", Some("goods"), 1, 2, "urgent", ("Возврат товара", "Return of goods"),
        ("Нужен акт возврата от магазина.", "Needs the store's act of return."), NONE),
    topic("goods.partner", Some("goods"), 2, 0, "calm", ("Вопрос магазина-партнёра", "A partner store's question"),
        ("Соедините с менеджером партнёров.", "Pass to the partner manager."), NONE),
    topic("complaint", None, 7, 0, "critical", ("Жалобы", "Complaints"),
        ("", ""), NONE),
    topic("complaint.service", Some("complaint"), 1, 0, "urgent", ("На обслуживание", "About service"),
        ("Извинитесь, запишите суть, назовите срок ответа.", "Apologise, write down the matter, name the term."), NONE),
    topic("complaint.collection", Some("complaint"), 2, 0, "critical", ("На взыскание", "About collection"),
        ("Передайте супервизору сразу.", "Pass to the supervisor at once."), NONE),
    topic("fraud", None, 8, 0, "critical", ("Мошенничество", "Fraud"),
        ("Ничего не сообщайте по договору; передайте супервизору.", "Tell nothing about the loan; pass to the supervisor."), NONE),
    topic("product", None, 9, 0, "calm", ("Новый заём", "New loan"),
        ("", ""), NONE),
    topic("product.offer", Some("product"), 1, 0, "calm", ("Условия рассрочки", "Terms of instalment"),
        ("Условия в базе знаний.", "Terms are in the knowledge base."), TERMS),
    topic("general", None, 10, 0, "calm", ("Общие вопросы", "General questions"),
        ("График работы, адреса.", "Hours, addresses."), NONE),
    topic("wrong_number", None, 11, 0, "calm", ("Ошиблись номером", "Wrong number"),
        ("", ""), NONE),
];

/// Branches: where people come and pay.
#[must_use]
pub fn branches() -> Vec<SampleEntry> {
    let branch = |key, ru: &str, en: &str, address: &str, phone: &str| SampleEntry {
        key,
        parent: None,
        body: json!({
            "title": {"ru": ru, "en": en},
            "address": address,
            "hours": "пн–пт 9:00–19:00, сб 10:00–16:00",
            "phone": phone,
            "ways_to_pay": {
                "ru": "Касса отделения без комиссии; СБП по QR-коду; перевод по реквизитам договора.",
                "en": "At the desk without a fee; fast payment by QR code; transfer by the loan's details.",
            },
        }),
    };
    vec![
        branch(
            "branch.moscow",
            "Москва, головной офис",
            "Moscow, head office",
            "117218, г. Москва, ул. Кржижановского, д. 15",
            "+7 495 000-00-01",
        ),
        branch(
            "branch.petersburg",
            "Санкт-Петербург",
            "Saint Petersburg",
            "190000, г. Санкт-Петербург, ул. Садовая, д. 28",
            "+7 812 000-00-02",
        ),
        branch(
            "branch.yekaterinburg",
            "Екатеринбург",
            "Yekaterinburg",
            "620014, г. Екатеринбург, ул. Малышева, д. 36",
            "+7 343 000-00-03",
        ),
        branch(
            "branch.novosibirsk",
            "Новосибирск",
            "Novosibirsk",
            "630099, г. Новосибирск, ул. Советская, д. 37",
            "+7 383 000-00-04",
        ),
    ]
}

/// Products that are lent.
#[must_use]
pub fn products() -> Vec<SampleEntry> {
    let product = |key, order: u32, ru: &str, en: &str, text_ru: &str, text_en: &str| SampleEntry {
        key,
        parent: None,
        body: json!({
            "title": {"ru": ru, "en": en},
            "description": {"ru": text_ru, "en": text_en},
            "order": order,
        }),
    };
    vec![
        product(
            "product.instalments",
            1,
            "Рассрочка в магазине",
            "Store instalments",
            "0 %, от 6 до 12 месяцев, скидку даёт магазин.",
            "0 %, 6 to 12 months, the store gives the discount.",
        ),
        product(
            "product.pos",
            2,
            "POS-кредит",
            "POS loan",
            "На покупку, от 6 до 24 месяцев.",
            "For a purchase, 6 to 24 months.",
        ),
        product(
            "product.cash",
            3,
            "Заём наличными",
            "Cash loan",
            "До 300 000 ₽, от 12 до 36 месяцев.",
            "Up to 300,000 RUB, 12 to 36 months.",
        ),
        product(
            "product.payday",
            4,
            "Заём до зарплаты+",
            "Payday plus",
            "До 30 000 ₽, от 3 до 6 месяцев.",
            "Up to 30,000 RUB, 3 to 6 months.",
        ),
    ]
    .into_iter()
    .chain(super::own::products())
    .collect()
}

/// A snippet as a row of the table below: key, topic, title, text, each in Russian and English.
type Snippet = (
    &'static str,
    Option<&'static str>,
    (&'static str, &'static str),
    (&'static str, &'static str),
);

/// Shared snippets: what operators write into comments most.
#[must_use]
pub fn snippets() -> Vec<SampleEntry> {
    let entry = |(key, topic, title, text): &Snippet| {
        let word = key.trim_start_matches("snippet.");
        let body = json!({
            "key": word,
            "title": {"ru": title.0, "en": title.1},
            "text": {"ru": text.0, "en": text.1},
            "shared": true,
        });
        SampleEntry { key, parent: *topic, body }
    };
    SNIPPETS.iter().map(entry).collect()
}

#[rustfmt::skip]
const SNIPPETS: &[Snippet] = &[
    ("snippet.платёж", Some("payment.next"), ("Назвал платёж", "Payment told"),
        ("Назвал дату и сумму следующего платежа, клиент записал.", "Told date and sum of the next payment; the client wrote them down.")),
    ("snippet.где", Some("payment.where"), ("Где платить", "Where to pay"),
        ("Рассказал о способах оплаты без комиссии, отправил список.", "Told the ways to pay without a fee; sent the list.")),
    ("snippet.неприш", Some("payment.not_arrived"), ("Платёж не пришёл", "Payment not seen"),
        ("Оплатил, платёж ещё не виден. Дата: ___, сумма: ___, способ: ___. Чек пришлёт на почту.", "Has paid, the payment is not seen yet. Date: ___, sum: ___, way: ___. The receipt comes by e-mail.")),
    ("snippet.досрочно", Some("early.quote"), ("Сумма досрочно", "Early repayment sum"),
        ("Назвал сумму для досрочного погашения на выбранный день.", "Told the sum for early repayment on the chosen day.")),
    ("snippet.обещал", Some("debt.promise"), ("Обещание", "Promise"),
        ("Обещает оплатить до ___, сумма ___. Причина задержки: ___", "Promises to pay by ___, sum ___. Why late: ___")),
    ("snippet.трудно", Some("debt.hardship"), ("Трудная ситуация", "Hardship"),
        ("Потеря дохода. Рассказал о каникулах и о нужных документах.", "Has lost income. Told about the holiday and the papers it needs.")),
    ("snippet.справка", Some("documents.certificate"), ("Справка", "Certificate"),
        ("Просит справку о погашении на почту. Срок — 5 рабочих дней, назвал.", "Asks for the certificate of repayment by e-mail. Told: 5 working days.")),
    ("snippet.номер", Some("data.phone"), ("Новый номер", "New number"),
        ("Сменил номер; перезвонил на прежний, подтвердил.", "Has a new number; called the old one back, confirmed.")),
    ("snippet.возврат", Some("goods.return"), ("Возврат товара", "Return of goods"),
        ("Вернул товар в магазин ___. Акт возврата просит прислать магазин.", "Returned the goods to the store ___. The store is to send the act of return.")),
    ("snippet.жалоба", Some("complaint.service"), ("Жалоба", "Complaint"),
        ("Недоволен: ___. Принёс извинения, назвал срок ответа.", "Is not content with ___. Apologised, named the term of the answer.")),
    ("snippet.ошибся", Some("wrong_number"), ("Ошибся номером", "Wrong number"),
        ("Ошибся номером, сведений не давал.", "Wrong number; told nothing.")),
];
