//! Properties of the whole vocabulary: no text makes a reader panic, and what was read once reads
//! the same again.

use super::{address, documents, email, masking, names, phone, text};
use proptest::prelude::*;

/// Texts that look like what people and systems write.
fn written() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[-+0-9 ()#,;./доб]{0,24}",
        "[А-Яа-яЁёA-Za-z \u{a0}'’.\"«»()\\[\\]{}-]{0,40}",
        "(г|ул|д|кв|корп|обл)[. ]{0,2}[А-Яа-я0-9 ,.-]{0,20}",
        "[a-zA-Z0-9.@_-]{0,30}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_a_reader_panic(raw in written(), other in written()) {
        let _ = phone::parse(&raw);
        let _ = email::parse(&raw);
        let _ = names::parse(&raw);
        let _ = names::split(&raw);
        let _ = names::is_no_patronymic(&raw);
        let _ = address::parts(&raw);
        let _ = documents::inn(&raw);
        let _ = documents::kpp(&raw);
        let _ = documents::ogrn(&raw);
        let _ = documents::snils(&raw);
        let _ = documents::passport_rf(&raw, &other);
        let _ = documents::department_code(&raw);
        let _ = documents::account(&raw, &other);
        let _ = documents::card(&raw);
        let _ = masking::phone(&raw);
        let _ = masking::passport(&raw, &other);
        let _ = masking::account(&raw);
        let _ = masking::card(&raw);
        let _ = masking::email(&raw);
        let _ = masking::name_short(&raw, &other, &raw);
        let _ = masking::ending(&raw, 4);
    }

    #[test]
    fn what_was_cleansed_once_stays_as_it_is(raw in written()) {
        for cleanse in [text::spaces, text::cleansed, names::clean, names::key, address::key] {
            let once = cleanse(&raw);
            prop_assert_eq!(cleanse(&once), once);
        }
    }

    #[test]
    fn numbers_that_were_read_read_the_same_again(raw in written()) {
        if let Ok(found) = phone::parse(&raw) {
            let again = phone::parse(&found.e164).map(|phone| phone.e164);
            prop_assert_eq!(again.as_deref(), Ok(found.e164.as_str()));
        }
        if let Ok(found) = email::parse(&raw) {
            prop_assert_eq!(email::parse(&found), Ok(found.clone()));
        }
    }

    #[test]
    fn one_wrong_digit_of_a_number_with_check_digits_is_seen(at in 0_usize..12, by in 1_u32..10) {
        type Check = fn(&str) -> bool;
        let numbers: [(&str, Check); 3] = [
            ("500100732259", |text| documents::inn(text).is_ok()),
            ("11223344595", |text| documents::snils(text).is_ok()),
            ("2200123456789019", |text| documents::card(text).is_ok()),
        ];
        for (number, is_right) in numbers {
            let mut digits: Vec<u32> = number.chars().filter_map(|c| c.to_digit(10)).collect();
            let at = at % digits.len();
            digits[at] = (digits[at] + by) % 10;
            let wrong: String = digits.iter().map(u32::to_string).collect();
            prop_assert!(is_right(number));
            prop_assert!(!is_right(&wrong), "{} passes", wrong);
        }
    }
}
