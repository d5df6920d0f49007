//! Filling a template in: values, conditions and loops, within bounds of work and length.
//!
//! Only `if` and `for` are statements here: without variables of its own a template cannot make a
//! text grow faster than it works, and its work is bounded. Whatever a value holds is text: it
//! cannot become markup.

use super::FormFault;
use super::data::PaperData;
use super::{numerals, phrases};
use crate::base::limits::PAPER_TEXT_BYTES_MAX;
use crate::base::money::Currency;
use crate::base::time::Date;
use crate::domain::paper::PaperLanguage;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Rest, Serde, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value};
use std::io::Write;

/// Steps of one template: a schedule of 700 rows with ten values each takes some 50 000.
const FUEL: u64 = 500_000;
/// Calls within calls: filters in expressions, loops in loops.
const RECURSION_MAX: usize = 30;
/// Statements that templates may use.
const STATEMENTS: [&str; 6] = ["if", "elif", "else", "endif", "for", "endfor"];

/// The text of a template with its values.
///
/// # Errors
/// [`FormFault`] names the line of the template.
pub fn fill_in(template: &str, data: &PaperData) -> Result<String, FormFault> {
    check_statements(template)?;
    let environment = environment(data.language, data.currency);
    let parsed = environment.template_from_str(template).map_err(|error| fault(&error))?;
    let mut text = Bounded(Vec::new());
    let rendered = parsed.render_captured_to(Serde(data), &mut text).map(drop);
    rendered.map_err(|error| fault(&error))?;
    String::from_utf8(text.0).map_err(|_| FormFault::new("the text does not read"))
}

/// A text that refuses to grow beyond its bound.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > PAPER_TEXT_BYTES_MAX {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Names the first statement that is not among those allowed.
fn check_statements(template: &str) -> Result<(), FormFault> {
    for (place, _) in template.match_indices("{%") {
        let inner = template[place + 2..].trim_start_matches(['-', '+']).trim_start();
        let word: String = inner.chars().take_while(char::is_ascii_alphanumeric).collect();
        if !STATEMENTS.contains(&word.as_str()) {
            let line = template[..place].matches('\n').count() + 1;
            let what = format!("`{word}` is not known here; use if and for");
            return Err(FormFault { line: Some(line), what });
        }
    }
    Ok(())
}

fn environment(language: PaperLanguage, currency: Currency) -> Environment<'static> {
    let mut made = Environment::empty();
    made.set_undefined_behavior(UndefinedBehavior::Strict);
    made.set_fuel(Some(FUEL));
    made.set_recursion_limit(RECURSION_MAX);
    // A statement on a line of its own leaves no line behind.
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    made.set_syntax(syntax.expect("the usual delimiters differ from each other"));
    made.set_auto_escape_callback(|_| AutoEscape::None);
    made.set_formatter(|out, _, value| {
        let plain = match value.kind() {
            ValueKind::None => String::new(),
            ValueKind::Undefined => return Err(Error::from(ErrorKind::UndefinedError)),
            _ => value.to_string(),
        };
        out.write_str(&escaped(&plain)).map_err(Error::from)
    });
    made.add_test("none", |value: &Value| value.is_none());
    made.add_filter("length", |value: &Value| {
        value.len().ok_or_else(|| wrong("`length` counts the rows of a list"))
    });
    made.add_filter("sum", move |value: &Value| {
        Ok::<_, Error>(phrases::sum(minor(value)?, language))
    });
    made.add_filter("money", move |value: &Value| {
        Ok::<_, Error>(phrases::money(minor(value)?, currency, language))
    });
    made.add_filter("words", move |value: &Value| {
        Ok::<_, Error>(phrases::in_words(minor(value)?, currency, language))
    });
    made.add_filter("day", move |value: &Value| {
        Ok::<_, Error>(phrases::day(date(value)?, language))
    });
    made.add_filter("long_day", move |value: &Value| {
        Ok::<_, Error>(phrases::long_day(date(value)?, language))
    });
    made.add_filter("rate", move |value: &Value| {
        let text = value.to_string();
        if language == PaperLanguage::Ru { text.replace('.', ",") } else { text }
    });
    made.add_filter("word", move |value: &Value| {
        let code = value.as_str().unwrap_or_default();
        phrases::word(code, language).ok_or_else(|| wrong("`word` takes a code of the values"))
    });
    made.add_filter("plural", move |value: &Value, forms: Rest<String>| {
        let number = i64::try_from(value.clone()).map(i64::unsigned_abs);
        let number =
            number.map_err(|_| wrong("`plural` takes a number and the forms of a word"))?;
        Ok::<_, Error>(numerals::plural(number, &forms, language))
    });
    made
}

fn wrong(what: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, what)
}

fn minor(value: &Value) -> Result<i64, Error> {
    if value.is_none() {
        let what = "there is no such sum in this paper; ask with `{% if … is not none %}` first";
        return Err(wrong(what));
    }
    i64::try_from(value.clone()).map_err(|_| wrong("`sum`, `money` and `words` take a sum"))
}

fn date(value: &Value) -> Result<Date, Error> {
    if value.is_none() {
        let what = "there is no such day in this paper; ask with `{% if … is not none %}` first";
        return Err(wrong(what));
    }
    let day = value.as_str().and_then(|text| text.parse().ok());
    day.ok_or_else(|| wrong("`day` and `long_day` take a day"))
}

/// A value as text that Markdown takes for nothing else.
fn escaped(text: &str) -> String {
    let mut made = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if character.is_ascii_punctuation() {
            made.push('\\');
        }
        made.push(if character.is_control() { ' ' } else { character });
    }
    made
}

/// What is wrong, in words for who keeps the template.
fn fault(error: &Error) -> FormFault {
    let detail = error.detail().unwrap_or_default();
    let what = match error.kind() {
        ErrorKind::OutOfFuel => "the template works too long; shorten its loops".to_owned(),
        ErrorKind::WriteFailure => "the paper becomes too long; shorten its loops".to_owned(),
        ErrorKind::UndefinedError => {
            "a name is used that there is no value for; check its spelling".to_owned()
        }
        ErrorKind::UnknownFilter => format!("there is no such filter: {detail}"),
        ErrorKind::UnknownTest => format!("there is no such test: {detail}"),
        ErrorKind::SyntaxError => format!("this does not read: {detail}"),
        _ if detail.is_empty() => error.kind().to_string(),
        _ => detail.to_owned(),
    };
    FormFault { line: error.line(), what }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::paper::PaperKind;
    use crate::forms::specimen;

    fn filled(template: &str) -> Result<String, FormFault> {
        fill_in(template, &specimen(PaperKind::CurrentDebt, PaperLanguage::Ru))
    }

    #[test]
    fn values_are_text_and_never_markup() {
        let mut data = specimen(PaperKind::CurrentDebt, PaperLanguage::Ru);
        data.client.name = "ООО **Ромашка** | [x](y)\n# <b>&amp;</b>".into();
        let text = fill_in("{{ client.name }}", &data).unwrap();
        assert_eq!(text, r"ООО \*\*Ромашка\*\* \| \[x\]\(y\) \# \<b\>\&amp\;\<\/b\>");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let rows = [
            ("a\n{{ client.nmae }}", 2, "a name is used"),
            ("{{ nobody }}", 1, "a name is used"),
            ("a\nb\n{% if loan.number %}", 3, "this does not read"),
            ("{{ loan.principal|monay }}", 1, "there is no such filter"),
            ("x\n{{ client.name|money }}", 2, "take a sum"),
            ("x\n{{ loan.principal|day }}", 2, "take a day"),
            ("x\n{{ loan.closed_on|day }}", 2, "there is no such day"),
            ("x\n\n{%- set a = 1 %}", 3, "`set` is not known here"),
            ("{% include 'x' %}", 1, "`include` is not known here"),
            ("{{ client.name|word }}", 1, "`word` takes a code"),
        ];
        for (template, line, what) in rows {
            let fault = filled(template).unwrap_err();
            assert_eq!(fault.line, Some(line), "{template}: {fault}");
            assert!(fault.what.contains(what), "{template}: {fault}");
        }
    }

    #[test]
    fn work_and_length_are_bounded() {
        let rows = "{% for a in loan.schedule %}";
        let ends = "{% endfor %}";
        let deep = format!("{}x{}", rows.repeat(8), ends.repeat(8));
        assert!(filled(&deep).unwrap_err().what.contains("works too long"));
        let long = format!("{}{}{}", rows.repeat(3), "слово ".repeat(1000), ends.repeat(3));
        assert!(filled(&long).unwrap_err().what.contains("too long"));
        // A text times a number would not be bounded by work.
        assert!(filled("{{ 'x' * 1000000000000 }}").is_err());
    }

    #[test]
    fn filters_speak_the_language_of_the_paper() {
        let text = filled(
            "{{ loan.principal|money }} {{ paper.on|long_day }} {{ 3|plural('день', 'дня', 'дней') }} \
             {{ loan.rate_percent|rate }} {{ loan.schedule|length }}",
        );
        assert!(text.unwrap().contains("дня"));
        let mut data = specimen(PaperKind::CurrentDebt, PaperLanguage::En);
        data.loan.principal = 12_345_678;
        let text = fill_in("{{ loan.principal|words }}", &data).unwrap();
        assert!(text.starts_with("one hundred twenty\\-three thousand"), "{text}");
    }
}
