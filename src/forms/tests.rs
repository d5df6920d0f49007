//! Papers as people get them: text that can be read back, pages, and the same bytes each time.

use super::*;
use crate::domain::paper::{PaperKind, PaperLanguage};
use proptest::prelude::*;

/// The text of each page, as a reader of PDF finds it.
fn pages(pdf: &[u8]) -> Vec<String> {
    let document = lopdf::Document::load_mem(pdf).unwrap();
    let numbers: Vec<u32> = document.get_pages().keys().copied().collect();
    numbers.iter().map(|number| document.extract_text(&[*number]).unwrap()).collect()
}

/// Without differences of spaces.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('\u{a0}', " ")
}

#[test]
fn every_shipped_wording_is_printed_in_both_languages() {
    for kind in PaperKind::ALL {
        for language in PaperLanguage::ALL {
            let data = specimen(kind, language);
            let template = shipped::template(kind, language);
            let pdf = render(template, &data).unwrap_or_else(|fault| panic!("{kind:?}: {fault}"));
            if let Some(folder) = std::env::var_os("PAPERS_TO") {
                let name = format!("{}.{}.pdf", kind.code(), language.code());
                std::fs::write(std::path::Path::new(&folder).join(name), &pdf).unwrap();
            }
            let text = plain(&pages(&pdf).join(" "));
            for found in [&data.lender.name, &data.client.name, &data.loan.number] {
                assert!(text.contains(found.as_str()), "{kind:?}: {found} is not in {text}");
            }
            assert!(!text.contains("**") && !text.contains("{{"), "{text}");
            assert_eq!(render(template, &data).unwrap(), pdf, "the same bytes each time");
            let chars = template.chars().count();
            assert!(chars <= crate::base::limits::PAPER_TEMPLATE_CHARS_MAX, "{kind:?}: {chars}");
        }
    }
}

/// Rows of a schedule that is as long as a loan can have.
fn long_schedule() -> PaperData {
    let mut data = specimen(PaperKind::PaymentSchedule, PaperLanguage::Ru);
    let row = data.loan.schedule[0].clone();
    data.loan.schedule = (1..=700).map(|n| data::RowFacts { n, ..row.clone() }).collect();
    data.loan.totals = data::TotalFacts::of(&data.loan.schedule);
    data
}

#[test]
fn a_long_schedule_goes_over_pages_under_its_header() {
    let data = long_schedule();
    let template = shipped::template(PaperKind::PaymentSchedule, PaperLanguage::Ru);
    let pdf = render(template, &data).unwrap();
    let pages = pages(&pdf);
    assert!((10..20).contains(&pages.len()), "{}", pages.len());
    let mut last = 0;
    for (index, page) in pages.iter().enumerate() {
        let text = plain(page);
        let number = format!("Страница {} из {}", index + 1, pages.len());
        assert!(text.contains(&number), "{number} is not in {text}");
        assert!(text.contains("Остаток долга"), "the header is not on page {}", index + 1);
        // The rows go on where the page before ended.
        for next in last + 1..=700 {
            if !text.contains(&format!(" {next} 15.02.2026 ")) {
                break;
            }
            last = next;
        }
    }
    assert_eq!(last, 700);
}

#[test]
fn the_typeface_has_the_letters_of_both_languages() {
    let letters = "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдеёжзийклмнопрстуфхцчшщъыьэюя\
                   abcdefghijklmnopqrstuvwxyz0123456789№«»—–−…„“”€•\u{a0}";
    for style in [markup::Style::Regular, markup::Style::Bold, markup::Style::Italic] {
        for letter in letters.chars() {
            let shaped = font::shape(&letter.to_string(), style);
            assert!(shaped.glyphs.iter().all(|glyph| glyph.id != 0), "{letter} {style:?}");
        }
    }
    // What it does not have is refused instead of printed as a box.
    let data = specimen(PaperKind::CurrentDebt, PaperLanguage::Ru);
    let fault = render("100 ₽", &data).unwrap_err();
    assert!(fault.what.contains("no sign U+20BD"), "{fault}");
}

/// Texts of a page with their left ends and widths.
fn laid_out(text: &str) -> Vec<Vec<(String, f32, f32)>> {
    let data = specimen(PaperKind::CurrentDebt, PaperLanguage::Ru);
    let blocks = markup::read(text).unwrap();
    let pages = layout::lay_out(&blocks, &phrases::footer(&data)).unwrap();
    let texts = |page: &layout::Page| {
        let texts = page.iter().filter_map(|mark| match mark {
            layout::Mark::Text { x, text, size, style, .. } => {
                Some((text.clone(), *x, size * font::shape(text, *style).width))
            }
            _ => None,
        });
        texts.collect()
    };
    pages.iter().map(texts).collect()
}

#[test]
fn sums_stand_flush_right_and_lines_end_within_the_page() {
    let pages = laid_out("| Что | Сумма |\n|---|---:|\n| а | 1,00 |\n| б | 1 000 000,00 |\n");
    let end = |wanted: &str| {
        let (_, x, width) = pages[0].iter().find(|(text, ..)| text == wanted).unwrap();
        x + width
    };
    assert!((end("1,00") - end("1 000 000,00")).abs() < 0.1);
    assert!(end("1,00") <= layout::RIGHT);

    let long = format!("{} {}", "слово ".repeat(300), "ъ".repeat(500));
    for (text, x, width) in &laid_out(&long)[0] {
        assert!(x + width <= layout::RIGHT + 0.5, "{text}");
        assert!(*x >= layout::LEFT - 0.5, "{text}");
    }
    let broken = laid_out("до\u{a0}15\u{a0}июня ".repeat(30).trim());
    assert!(broken[0].iter().all(|(text, ..)| !text.starts_with("июня")), "{broken:?}");
}

#[test]
fn pages_begin_where_they_are_told_to_and_have_a_bound() {
    let pages = laid_out("раз\n\n[[page]]\n\nдва\n");
    assert_eq!((pages.len(), pages[1][0].0.as_str()), (2, "два"));
    let blocks = markup::read(&"[[page]]\n\n".repeat(300)).unwrap();
    let data = specimen(PaperKind::CurrentDebt, PaperLanguage::Ru);
    let fault = layout::lay_out(&blocks, &phrases::footer(&data)).unwrap_err();
    assert!(fault.what.contains("more than 200 pages"), "{fault}");
    // A row of a table that is longer than a page.
    let cell = "слово ".repeat(3000);
    let pages = laid_out(&format!("| Имя | Текст |\n|---|---|\n| а | {cell} |\n"));
    assert!(pages.len() > 2 && pages.iter().all(|page| page.iter().any(|(t, ..)| t == "Имя")));
}

#[test]
fn a_wording_takes_what_another_system_does_not_tell() {
    for kind in PaperKind::ALL {
        for language in PaperLanguage::ALL {
            for data in specimens(kind, language) {
                let made = render(shipped::template(kind, language), &data);
                assert!(made.is_ok(), "{kind:?} {language:?}: {:?}", made.unwrap_err());
            }
        }
    }
}

/// Pieces that wordings are made of, and some that they are not.
const PIECES: [&str; 22] = [
    "слово ",
    "a\u{a0}b",
    "\n\n",
    "\n",
    "**",
    "*",
    "# ",
    "| a | b |\n|---|---:|\n",
    "| ",
    " |\n",
    "- ",
    "3. ",
    "---\n",
    "[[page]]",
    "[[signature: x | y]]",
    "{{ loan.payoff|money }}",
    "{{ client.name }}",
    "{% if loan.overdue %}",
    "{% endif %}",
    "\u{5e9}\u{5dc}",
    "\u{0}",
    "👍🏽",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn any_wording_is_printed_or_refused(
        pieces in proptest::collection::vec(0..PIECES.len(), 0..40),
        rest in "\\PC{0,40}",
    ) {
        let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        let data = specimen(PaperKind::CurrentDebt, PaperLanguage::Ru);
        if let Ok(pdf) = render(&(text + &rest), &data) {
            prop_assert!(pdf.starts_with(b"%PDF"));
        }
    }
}
