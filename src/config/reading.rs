//! Reads TOML into raw settings: unknown keys refused, every fault named.

use super::SettingFault;
use std::collections::BTreeMap;
use toml::{Table, Value};

/// A value that can stand in the file.
pub trait Setting: Sized {
    /// What belongs here, for a fault.
    const WANTED: &'static str;
    /// Reads the value.
    fn from_toml(value: &Value) -> Option<Self>;
    /// Writes the value.
    fn to_toml(&self) -> Value;
}

impl Setting for String {
    const WANTED: &'static str = "a text in quotes";
    fn from_toml(value: &Value) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }
    fn to_toml(&self) -> Value {
        Value::String(self.clone())
    }
}

impl Setting for bool {
    const WANTED: &'static str = "true or false";
    fn from_toml(value: &Value) -> Option<Self> {
        value.as_bool()
    }
    fn to_toml(&self) -> Value {
        Value::Boolean(*self)
    }
}

impl Setting for i64 {
    const WANTED: &'static str = "a whole number";
    fn from_toml(value: &Value) -> Option<Self> {
        value.as_integer()
    }
    fn to_toml(&self) -> Value {
        Value::Integer(*self)
    }
}

impl Setting for Vec<String> {
    const WANTED: &'static str = "a list of texts in quotes";
    fn from_toml(value: &Value) -> Option<Self> {
        value.as_array()?.iter().map(String::from_toml).collect()
    }
    fn to_toml(&self) -> Value {
        Value::Array(self.iter().map(Setting::to_toml).collect())
    }
}

impl Setting for BTreeMap<String, String> {
    const WANTED: &'static str = "a table of texts such as { a = \"b\" }";
    fn from_toml(value: &Value) -> Option<Self> {
        let pairs = value.as_table()?.iter();
        pairs.map(|(key, text)| Some((key.clone(), String::from_toml(text)?))).collect()
    }
    fn to_toml(&self) -> Value {
        Value::Table(self.iter().map(|(key, text)| (key.clone(), text.to_toml())).collect())
    }
}

/// Takes `key` out of `table`; the default when it is absent or at fault.
pub fn take<T: Setting>(
    table: &mut Table,
    section: &str,
    key: &str,
    default: T,
    faults: &mut Vec<SettingFault>,
) -> T {
    let Some(value) = table.remove(key) else {
        return default;
    };
    T::from_toml(&value).unwrap_or_else(|| {
        let message = format!("write {}", T::WANTED);
        faults.push(SettingFault::new(format!("{section}.{key}"), message));
        default
    })
}

/// Names what is left in `table` as unknown; `known` are the keys that exist here.
pub fn refuse_rest(table: &Table, section: &str, known: &[&str], faults: &mut Vec<SettingFault>) {
    for key in table.keys() {
        let place = if section.is_empty() { key.clone() } else { format!("{section}.{key}") };
        let near = known.iter().find(|candidate| are_near(candidate, key));
        let message = near.map_or_else(
            || "there is no such setting; remove it".to_owned(),
            |near| format!("there is no such setting; did you mean {near}?"),
        );
        faults.push(SettingFault::new(place, message));
    }
}

/// Whether one key contains the other, or they share all letters but two.
fn are_near(known: &str, typed: &str) -> bool {
    if known.contains(typed) || typed.contains(known) {
        return true;
    }
    let mut rest: Vec<char> = known.chars().collect();
    let mut strange = 0;
    for letter in typed.chars() {
        match rest.iter().position(|c| *c == letter) {
            Some(at) => drop(rest.remove(at)),
            None => strange += 1,
        }
    }
    strange <= 1 && rest.len() <= 1
}

/// Takes a section out of the file; an empty one when it is absent.
pub fn section(table: &mut Table, key: &str, faults: &mut Vec<SettingFault>) -> Table {
    match table.remove(key) {
        None => Table::new(),
        Some(Value::Table(section)) => section,
        Some(_) => {
            faults.push(SettingFault::new(key, format!("write it as a section: [{key}]")));
            Table::new()
        }
    }
}

/// Takes a list of tables out of a section.
pub fn tables(
    table: &mut Table,
    section: &str,
    key: &str,
    faults: &mut Vec<SettingFault>,
) -> Vec<Table> {
    let place = format!("{section}.{key}");
    let items = match table.remove(key) {
        None => return Vec::new(),
        Some(Value::Array(items)) => items,
        Some(_) => Vec::from([Value::Boolean(false)]),
    };
    let count = items.len();
    let read: Vec<Table> = items
        .into_iter()
        .filter_map(|item| match item {
            Value::Table(table) => Some(table),
            _ => None,
        })
        .collect();
    if read.len() < count {
        faults.push(SettingFault::new(&place, format!("write each one as [[{place}]]")));
    }
    read
}

/// One setting as it stands in the generated file.
pub fn describe(out: &mut String, documentation: &[&str], key: &str, value: &Value) {
    for line in documentation {
        out.push_str(&format!("#{}\n", line.trim_end()));
    }
    out.push_str(&format!("{key} = {value}\n"));
}
