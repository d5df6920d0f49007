//! Sums in words, as papers have them beside the digits, and the forms of words beside numbers.

use crate::base::money::{Currency, Money};
use crate::domain::paper::PaperLanguage;

/// A Russian noun beside numbers: 1, 2 to 4, 5 and more.
type Forms = [&'static str; 3];

const ONES_RU: [&str; 20] = [
    "",
    "один",
    "два",
    "три",
    "четыре",
    "пять",
    "шесть",
    "семь",
    "восемь",
    "девять",
    "десять",
    "одиннадцать",
    "двенадцать",
    "тринадцать",
    "четырнадцать",
    "пятнадцать",
    "шестнадцать",
    "семнадцать",
    "восемнадцать",
    "девятнадцать",
];
const TENS_RU: [&str; 10] = [
    "",
    "",
    "двадцать",
    "тридцать",
    "сорок",
    "пятьдесят",
    "шестьдесят",
    "семьдесят",
    "восемьдесят",
    "девяносто",
];
const HUNDREDS_RU: [&str; 10] = [
    "",
    "сто",
    "двести",
    "триста",
    "четыреста",
    "пятьсот",
    "шестьсот",
    "семьсот",
    "восемьсот",
    "девятьсот",
];
const ONES_EN: [&str; 20] = [
    "",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS_EN: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

/// Thousands, millions … with their gender: "одна тысяча", "один миллион".
const SCALES_RU: [(Forms, bool); 4] = [
    (["тысяча", "тысячи", "тысяч"], true),
    (["миллион", "миллиона", "миллионов"], false),
    (["миллиард", "миллиарда", "миллиардов"], false),
    (["триллион", "триллиона", "триллионов"], false),
];
const SCALES_EN: [&str; 4] = ["thousand", "million", "billion", "trillion"];

/// The form of a Russian noun beside `number`.
const fn form_ru(number: u64) -> usize {
    match (number % 100, number % 10) {
        (11..=14, _) => 2,
        (_, 1) => 0,
        (_, 2..=4) => 1,
        _ => 2,
    }
}

/// The form of a noun beside `number`: of three in Russian, of two in English; the last one given
/// when there are fewer.
#[must_use]
pub fn plural(number: u64, forms: &[String], language: PaperLanguage) -> String {
    let wanted = match language {
        PaperLanguage::Ru => form_ru(number),
        PaperLanguage::En => usize::from(number != 1),
    };
    forms.get(wanted).or(forms.last()).cloned().unwrap_or_default()
}

fn triple_ru(number: u64, feminine: bool, words: &mut Vec<&'static str>) {
    let (hundreds, rest) = ((number / 100) as usize, (number % 100) as usize);
    words.push(HUNDREDS_RU[hundreds]);
    let ones = if rest < 20 {
        rest
    } else {
        words.push(TENS_RU[rest / 10]);
        rest % 10
    };
    words.push(match (ones, feminine) {
        (1, true) => "одна",
        (2, true) => "две",
        _ => ONES_RU[ones],
    });
}

fn whole_ru(number: u64, feminine: bool) -> String {
    if number == 0 {
        return "ноль".into();
    }
    let mut words = Vec::new();
    for (place, (forms, of_scale)) in SCALES_RU.iter().enumerate().rev() {
        let triple = number / 1000_u64.pow(place as u32 + 1) % 1000;
        if triple > 0 {
            triple_ru(triple, *of_scale, &mut words);
            words.push(forms[form_ru(triple)]);
        }
    }
    triple_ru(number % 1000, feminine, &mut words);
    words.retain(|word| !word.is_empty());
    words.join(" ")
}

fn triple_en(number: u64, words: &mut Vec<String>) {
    let (hundreds, rest) = ((number / 100) as usize, (number % 100) as usize);
    if hundreds > 0 {
        words.push(format!("{} hundred", ONES_EN[hundreds]));
    }
    match (rest, rest / 10, rest % 10) {
        (0, ..) => {}
        (1..20, ..) => words.push(ONES_EN[rest].into()),
        (_, tens, 0) => words.push(TENS_EN[tens].into()),
        (_, tens, ones) => words.push(format!("{}-{}", TENS_EN[tens], ONES_EN[ones])),
    }
}

fn whole_en(number: u64) -> String {
    if number == 0 {
        return "zero".into();
    }
    let mut words = Vec::new();
    for (place, scale) in SCALES_EN.iter().enumerate().rev() {
        let triple = number / 1000_u64.pow(place as u32 + 1) % 1000;
        if triple > 0 {
            triple_en(triple, &mut words);
            words.push((*scale).into());
        }
    }
    triple_en(number % 1000, &mut words);
    words.join(" ")
}

/// The unit in Russian, whether it is feminine, and its hundredth.
const fn names_ru(currency: Currency) -> (Forms, bool, Forms) {
    match currency {
        Currency::Rub => (["рубль", "рубля", "рублей"], false, ["копейка", "копейки", "копеек"]),
        Currency::Czk => (["крона", "кроны", "крон"], true, ["геллер", "геллера", "геллеров"]),
        Currency::Usd => {
            (["доллар США", "доллара США", "долларов США"], false, ["цент", "цента", "центов"])
        }
        Currency::Eur => (["евро", "евро", "евро"], false, ["цент", "цента", "центов"]),
        Currency::Kzt => (["тенге", "тенге", "тенге"], false, ["тиын", "тиына", "тиынов"]),
    }
}

/// One and many of the unit in English, and of its hundredth.
const fn names_en(currency: Currency) -> ([&'static str; 2], [&'static str; 2]) {
    match currency {
        Currency::Rub => (["rouble", "roubles"], ["kopeck", "kopecks"]),
        Currency::Czk => (["koruna", "korunas"], ["heller", "hellers"]),
        Currency::Usd => (["US dollar", "US dollars"], ["cent", "cents"]),
        Currency::Eur => (["euro", "euros"], ["cent", "cents"]),
        Currency::Kzt => (["tenge", "tenge"], ["tiyn", "tiyn"]),
    }
}

/// A sum in words: "девять тысяч четыреста пятьдесят пять рублей 96 копеек". Hundredths stay
/// digits.
#[must_use]
pub fn in_words(sum: Money, language: PaperLanguage) -> String {
    let minor = sum.minor().unsigned_abs();
    let (units, hundredths) = (minor / 100, minor % 100);
    match language {
        PaperLanguage::Ru => {
            let (unit, feminine, hundredth) = names_ru(sum.currency());
            let sign = if sum.minor() < 0 { "минус " } else { "" };
            let whole = whole_ru(units, feminine);
            let (unit, hundredth) = (unit[form_ru(units)], hundredth[form_ru(hundredths)]);
            format!("{sign}{whole} {unit} {hundredths:02} {hundredth}")
        }
        PaperLanguage::En => {
            let (unit, hundredth) = names_en(sum.currency());
            let sign = if sum.minor() < 0 { "minus " } else { "" };
            let one = |number: u64| usize::from(number != 1);
            let (unit, hundredth) = (unit[one(units)], hundredth[one(hundredths)]);
            format!("{sign}{} {unit} {hundredths:02} {hundredth}", whole_en(units))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_said_as_people_say_them() {
        let rows = [
            (945_596, "девять тысяч четыреста пятьдесят пять рублей 96 копеек"),
            (0, "ноль рублей 00 копеек"),
            (101, "один рубль 01 копейка"),
            (100_200, "одна тысяча два рубля 00 копеек"),
            (1_100_000_222, "одиннадцать миллионов два рубля 22 копейки"),
            (21_211_112, "двести двенадцать тысяч сто одиннадцать рублей 12 копеек"),
            (100_000_000_000_000, "один триллион рублей 00 копеек"),
            (-4_000_014, "минус сорок тысяч рублей 14 копеек"),
            (190_000, "одна тысяча девятьсот рублей 00 копеек"),
        ];
        for (minor, words) in rows {
            let sum = Money::from_minor(minor, Currency::Rub);
            assert_eq!(in_words(sum, PaperLanguage::Ru), words, "{minor}");
        }
        let rows = [
            (945_596, Currency::Rub, "nine thousand four hundred fifty-five roubles 96 kopecks"),
            (101, Currency::Usd, "one US dollar 01 cent"),
            (1_100_001_200, Currency::Eur, "eleven million twelve euros 00 cents"),
            (2_000, Currency::Czk, "twenty korunas 00 hellers"),
        ];
        for (minor, currency, words) in rows {
            let sum = Money::from_minor(minor, currency);
            assert_eq!(in_words(sum, PaperLanguage::En), words, "{minor}");
        }
        let crowns = Money::from_minor(2_200, Currency::Czk);
        assert_eq!(in_words(crowns, PaperLanguage::Ru), "двадцать две кроны 00 геллеров");
    }

    #[test]
    fn nouns_agree_with_numbers() {
        let days = ["день", "дня", "дней"].map(str::to_owned);
        let said = |number| plural(number, &days, PaperLanguage::Ru);
        for (number, word) in [(1, "день"), (22, "дня"), (11, "дней"), (112, "дней"), (0, "дней")]
        {
            assert_eq!(said(number), word, "{number}");
        }
        let days = ["day", "days"].map(str::to_owned);
        assert_eq!(plural(1, &days, PaperLanguage::En), "day");
        assert_eq!(plural(21, &days, PaperLanguage::En), "days");
    }
}
