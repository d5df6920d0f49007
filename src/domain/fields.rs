//! Reading JSON that people and machines send: strict, and every fault named at once.
//!
//! A type that implements [`FromJson`] reads itself from a value and adds one [`FieldFault`] per
//! fault, with the path of the field. [`json_object!`] declares a struct and its reading in one
//! place. Must never put a value into a fault: values may be personal data.

use crate::domain::FieldFault;
use serde_json::{Map, Value};

/// A value that reads itself from JSON.
pub trait FromJson: Sized {
    /// Reads the field at `path`; `None` for `value` means that the field was left out. Adds at
    /// least one fault when it returns `None`. A part at fault that might have been left out is
    /// read as left out, so that rules can still name the faults of the others.
    fn from_json(value: Option<Value>, path: &str, faults: &mut Vec<FieldFault>) -> Option<Self>;

    /// What stands for a needed part that is at fault, so that the rules can still name the faults
    /// of the others (see [`with_rule_faults`]); `None` when nothing can.
    #[must_use]
    fn stand_in() -> Option<Self> {
        None
    }

    /// What belongs here, for the description of the API.
    #[must_use]
    fn shape() -> Shape {
        Shape::Any
    }
}

/// What a field takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Any JSON.
    Any,
    /// A text.
    Text,
    /// A UUID.
    Identifier,
    /// True or false.
    Flag,
    /// A whole number.
    Whole,
    /// A list.
    List(Box<Shape>),
    /// It may be left out or be `null`.
    Optional(Box<Shape>),
    /// An object with these fields and no others.
    Object(Vec<(&'static str, Shape)>),
}

/// A field of a change: left out, cleared with `null`, or set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// Left out: stays as it is.
    #[default]
    Keep,
    /// `null`: taken away.
    Clear,
    /// A new value.
    Set(T),
}

impl<T> Change<T> {
    /// `None` to keep, `Some(None)` to clear, `Some(Some(value))` to set.
    pub fn into_option(self) -> Option<Option<T>> {
        match self {
            Self::Keep => None,
            Self::Clear => Some(None),
            Self::Set(value) => Some(Some(value)),
        }
    }
}

/// Adds a `required` fault.
pub fn missing<T>(path: &str, faults: &mut Vec<FieldFault>) -> Option<T> {
    faults.push(FieldFault::new(path, "required", "this field is required"));
    None
}

/// Adds a `wrong_type` fault; `wanted` says what belongs here.
pub fn wrong_type<T>(path: &str, wanted: &str, faults: &mut Vec<FieldFault>) -> Option<T> {
    faults.push(FieldFault::new(path, "wrong_type", format!("this field takes {wanted}")));
    None
}

/// The path of field `key` inside `path`.
#[must_use]
pub fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// The object at `path`, or a fault.
pub fn object(
    value: Option<Value>,
    path: &str,
    faults: &mut Vec<FieldFault>,
) -> Option<Map<String, Value>> {
    match value {
        Some(Value::Object(map)) => Some(map),
        None | Some(Value::Null) if !path.is_empty() => missing(path, faults),
        _ => wrong_type(path, "a JSON object", faults),
    }
}

/// Names every field left in `map` as unknown.
pub fn refuse_unknown(map: &Map<String, Value>, path: &str, faults: &mut Vec<FieldFault>) {
    for key in map.keys() {
        // Only what looks like a name is repeated: a stray value must not reach the log.
        let plain = key.len() <= 40 && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let name = if plain { join(path, key) } else { join(path, "?") };
        let help = "this field is not known here; leave it out or check its spelling";
        faults.push(FieldFault::new(name, "unknown_field", help));
    }
}

impl FromJson for String {
    fn stand_in() -> Option<Self> {
        Some(Self::new())
    }
    fn shape() -> Shape {
        Shape::Text
    }
    fn from_json(value: Option<Value>, path: &str, faults: &mut Vec<FieldFault>) -> Option<Self> {
        match value {
            Some(Value::String(text)) => Some(text),
            None | Some(Value::Null) => missing(path, faults),
            Some(_) => wrong_type(path, "a text", faults),
        }
    }
}

impl FromJson for bool {
    fn shape() -> Shape {
        Shape::Flag
    }
    fn from_json(value: Option<Value>, path: &str, faults: &mut Vec<FieldFault>) -> Option<Self> {
        match value {
            Some(Value::Bool(flag)) => Some(flag),
            None | Some(Value::Null) => missing(path, faults),
            Some(_) => wrong_type(path, "true or false", faults),
        }
    }
}

macro_rules! whole_numbers {
    ($($number:ty),+) => {$(
        impl FromJson for $number {
            fn shape() -> Shape {
                Shape::Whole
            }
            fn from_json(
                value: Option<Value>,
                path: &str,
                faults: &mut Vec<FieldFault>,
            ) -> Option<Self> {
                let Some(value) = value.filter(|value| !value.is_null()) else {
                    return missing(path, faults);
                };
                let Some(number) = value.as_i64() else {
                    return wrong_type(path, "a whole number", faults);
                };
                let fitting = <$number>::try_from(number).ok();
                if fitting.is_none() {
                    let help = "this number is out of range";
                    faults.push(FieldFault::new(path, "out_of_range", help));
                }
                fitting
            }
        }
    )+};
}
whole_numbers!(u8, u16, u32, u64, usize, i32, i64);

impl FromJson for Value {
    fn from_json(value: Option<Value>, path: &str, faults: &mut Vec<FieldFault>) -> Option<Self> {
        value.map_or_else(|| missing(path, faults), Some)
    }
}

impl FromJson for uuid::Uuid {
    fn shape() -> Shape {
        Shape::Identifier
    }
    fn from_json(value: Option<Value>, path: &str, faults: &mut Vec<FieldFault>) -> Option<Self> {
        let text = String::from_json(value, path, faults)?;
        let parsed = Self::parse_str(&text).ok();
        if parsed.is_none() {
            return wrong_type(path, "an identifier (UUID)", faults);
        }
        parsed
    }
}

impl FromJson for crate::base::time::Date {
    fn shape() -> Shape {
        Shape::Text
    }
    fn from_json(value: Option<Value>, path: &str, faults: &mut Vec<FieldFault>) -> Option<Self> {
        let text = String::from_json(value, path, faults)?;
        let date = text.trim().parse().ok();
        if date.is_none() {
            let help = "write a date such as 2026-11-21";
            faults.push(FieldFault::new(path, "invalid_date", help));
        }
        date
    }
}

/// Personal data, wrapped as it comes in.
impl<T: FromJson> FromJson for crate::base::personal::Personal<T> {
    fn shape() -> Shape {
        T::shape()
    }
    fn from_json(value: Option<Value>, path: &str, faults: &mut Vec<FieldFault>) -> Option<Self> {
        T::from_json(value, path, faults).map(Self::new)
    }
}

/// Reads a closed list of words; `words` says which, for the fault.
pub fn word<T: serde::de::DeserializeOwned>(
    value: Option<Value>,
    path: &str,
    words: &str,
    faults: &mut Vec<FieldFault>,
) -> Option<T> {
    let text = String::from_json(value, path, faults)?;
    let read = serde_json::from_value(Value::String(text)).ok();
    if read.is_none() {
        let help = format!("choose one of: {words}");
        faults.push(FieldFault::new(path, "unknown_value", help));
    }
    read
}

/// Lets enumerations read themselves from their words.
#[macro_export]
macro_rules! json_words {
    ($($type:ty = $words:literal),+ $(,)?) => {$(
        impl $crate::domain::fields::FromJson for $type {
            fn shape() -> $crate::domain::fields::Shape {
                $crate::domain::fields::Shape::Text
            }
            fn from_json(
                value: Option<serde_json::Value>,
                path: &str,
                faults: &mut Vec<$crate::domain::FieldFault>,
            ) -> Option<Self> {
                $crate::domain::fields::word(value, path, $words, faults)
            }
        }
    )+};
}

macro_rules! identifiers {
    ($($name:ident),+) => {$(
        impl FromJson for crate::base::ids::$name {
            fn shape() -> Shape {
                Shape::Identifier
            }
            fn from_json(
                value: Option<Value>,
                path: &str,
                faults: &mut Vec<FieldFault>,
            ) -> Option<Self> {
                uuid::Uuid::from_json(value, path, faults).map(Self::from_uuid)
            }
        }
    )+};
}
identifiers!(
    CallId,
    ClientId,
    EntryId,
    ImportId,
    IncomingPaymentId,
    LoanId,
    PartId,
    TokenId,
    UserId
);

impl<T: FromJson> FromJson for Option<T> {
    fn stand_in() -> Option<Self> {
        Some(None)
    }
    fn shape() -> Shape {
        Shape::Optional(Box::new(T::shape()))
    }
    fn from_json(value: Option<Value>, path: &str, faults: &mut Vec<FieldFault>) -> Option<Self> {
        match value {
            None | Some(Value::Null) => Some(None),
            some => Some(T::from_json(some, path, faults)),
        }
    }
}

impl<T: FromJson> FromJson for Change<T> {
    fn stand_in() -> Option<Self> {
        Some(Self::Keep)
    }
    fn shape() -> Shape {
        Shape::Optional(Box::new(T::shape()))
    }
    fn from_json(value: Option<Value>, path: &str, faults: &mut Vec<FieldFault>) -> Option<Self> {
        match value {
            None => Some(Self::Keep),
            Some(Value::Null) => Some(Self::Clear),
            some => Some(T::from_json(some, path, faults).map_or(Self::Keep, Self::Set)),
        }
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn stand_in() -> Option<Self> {
        Some(Self::new())
    }
    fn shape() -> Shape {
        Shape::List(Box::new(T::shape()))
    }
    fn from_json(value: Option<Value>, path: &str, faults: &mut Vec<FieldFault>) -> Option<Self> {
        let items = match value {
            Some(Value::Array(items)) => items,
            None | Some(Value::Null) => return missing(path, faults),
            Some(_) => return wrong_type(path, "a list", faults),
        };
        // All are read before one that is missing drops the list: each names its own faults.
        let read: Vec<Option<T>> = items
            .into_iter()
            .enumerate()
            .map(|(i, item)| T::from_json(Some(item), &format!("{path}[{i}]"), faults))
            .collect();
        read.into_iter().collect()
    }
}

/// Declares a struct that reads itself strictly from a JSON object: unknown fields are refused,
/// every field is read even when another is at fault.
#[macro_export]
macro_rules! json_object {
    ($(#[$meta:meta])* $vis:vis struct $name:ident {
        $($(#[$field_meta:meta])* $field_vis:vis $field:ident : $type:ty),* $(,)?
    }) => {
        $(#[$meta])*
        $vis struct $name { $($(#[$field_meta])* $field_vis $field: $type),* }

        impl $crate::domain::fields::FromJson for $name {
            fn stand_in() -> Option<Self> {
                Some(Self { $($field: <$type as $crate::domain::fields::FromJson>::stand_in()?),* })
            }
            fn shape() -> $crate::domain::fields::Shape {
                $crate::domain::fields::Shape::Object(vec![$((
                    stringify!($field).trim_start_matches("r#"),
                    <$type as $crate::domain::fields::FromJson>::shape(),
                )),*])
            }
            fn from_json(
                value: Option<serde_json::Value>,
                path: &str,
                faults: &mut Vec<$crate::domain::FieldFault>,
            ) -> Option<Self> {
                let mut map = $crate::domain::fields::object(value, path, faults)?;
                $(
                    let key = stringify!($field);
                    let key = key.strip_prefix("r#").unwrap_or(key);
                    let at = $crate::domain::fields::join(path, key);
                    let $field = <$type as $crate::domain::fields::FromJson>::from_json(
                        map.remove(key), &at, faults,
                    )
                    .or_else(<$type as $crate::domain::fields::FromJson>::stand_in);
                )*
                $crate::domain::fields::refuse_unknown(&map, path, faults);
                Some(Self { $($field: $field?),* })
            }
        }
    };
}

/// Reads a whole JSON object.
///
/// # Errors
/// Every fault of every field.
pub fn read<T: FromJson>(value: Value) -> Result<T, Vec<FieldFault>> {
    match read_what_is_good(value) {
        (Some(read), faults) if faults.is_empty() => Ok(read),
        (_, faults) => Err(faults),
    }
}

/// Reads what can be read, and the faults of the rest: the rules of what was read can then name
/// theirs in the same answer. With a fault the value is good for nothing else.
pub fn read_what_is_good<T: FromJson>(value: Value) -> (Option<T>, Vec<FieldFault>) {
    let mut faults = Vec::new();
    let read = T::from_json(Some(value), "", &mut faults);
    (read, faults)
}

/// The faults of reading and those that the rules found in what was read. What could not be read
/// has its fault already: the rules judged only what stood for it.
#[must_use]
pub fn with_rule_faults(read: Vec<FieldFault>, found: Vec<FieldFault>) -> Vec<FieldFault> {
    let below = |path: &str, above: &str| {
        path.strip_prefix(above).is_some_and(|rest| rest.starts_with(['.', '[']))
    };
    let judged = |fault: &FieldFault| {
        read.iter().all(|known| {
            let missing = fault.code == "required" && below(&known.field, &fault.field);
            let same = known.field == fault.field || below(&fault.field, &known.field);
            !(missing || (same && known.code != "unknown_field"))
        })
    };
    let added: Vec<FieldFault> = found.into_iter().filter(judged).collect();
    read.into_iter().chain(added).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    json_object! {
        #[derive(Debug, PartialEq)]
        struct Inner { number: String, count: u8 }
    }
    json_object! {
        #[derive(Debug, PartialEq)]
        struct Outer {
            name: String,
            r#type: Option<String>,
            extension: Change<String>,
            phones: Vec<Inner>,
            flag: Option<bool>,
        }
    }

    #[test]
    fn a_good_object_is_read() {
        let value = json!({"name":"a","type":"b","extension":null,
            "phones":[{"number":"1","count":2}]});
        let expected = Outer {
            name: "a".into(),
            r#type: Some("b".into()),
            extension: Change::Clear,
            phones: vec![Inner { number: "1".into(), count: 2 }],
            flag: None,
        };
        assert_eq!(read::<Outer>(value), Ok(expected));
    }

    #[test]
    fn every_fault_is_named_with_its_path() {
        let value = json!({"name":5,"phones":[{"count":300},{"number":"1","count":-1,"x":1}],
            "flag":"yes","colour":"red","кто":"Иванов"});
        let faults = read::<Outer>(value).unwrap_err();
        let named: Vec<(&str, &str)> = faults.iter().map(|f| (f.field.as_str(), f.code)).collect();
        let expected = [
            ("name", "wrong_type"),
            ("phones[0].number", "required"),
            ("phones[0].count", "out_of_range"),
            ("phones[1].count", "out_of_range"),
            ("phones[1].x", "unknown_field"),
            ("flag", "wrong_type"),
            ("colour", "unknown_field"),
            ("?", "unknown_field"),
        ];
        assert_eq!(named, expected);
        assert_eq!(read::<Outer>(json!([])).unwrap_err()[0].code, "wrong_type");
    }

    #[test]
    fn what_may_be_left_out_does_not_hide_the_rest() {
        let value = json!({"name":"a","phones":[{"number":"1","count":2}],"flag":"yes",
            "extension":5});
        let (outer, faults) = read_what_is_good::<Outer>(value);
        let outer = outer.unwrap();
        assert_eq!((outer.name.as_str(), outer.phones.len(), outer.flag), ("a", 1, None));
        assert_eq!((outer.extension, faults.len()), (Change::Keep, 2));
    }

    #[test]
    fn what_stands_for_a_needed_part_is_not_judged_again() {
        let (outer, read) = read_what_is_good::<Outer>(json!({"name":5,"phones":{"x":1}}));
        let outer = outer.unwrap();
        assert_eq!((outer.name.as_str(), outer.phones.len(), read.len()), ("", 0, 2));
        let fault = |field: &str, code| FieldFault::new(field, code, "");
        let found = vec![
            fault("name", "required"),
            fault("phones[0].number", "invalid_phone"),
            fault("extension", "too_long"),
        ];
        let named = with_rule_faults(read, found).into_iter().map(|fault| fault.field);
        assert_eq!(named.collect::<Vec<_>>(), ["name", "phones", "extension"]);
        let inner = vec![fault("title.ru", "wrong_type"), fault("links[0]", "unknown_field")];
        let found = vec![fault("title", "required"), fault("links[0].url", "invalid_url")];
        let named = with_rule_faults(inner, found).into_iter().map(|fault| fault.field);
        assert_eq!(named.collect::<Vec<_>>(), ["title.ru", "links[0]", "links[0].url"]);
    }
}
