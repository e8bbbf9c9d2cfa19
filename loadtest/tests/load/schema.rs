//! A small validator of JSON Schema, for the words that `result.schema.json` uses.
//!
//! It refuses a schema with a word that it does not know, so nothing in there is passed over. A library would
//! bring forty packages for one file.

use serde_json::{Map, Value};

/// Says all that is wrong with a value.
pub(crate) fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let validator = Validator { root: schema };
    validator.check(schema, value, "", &mut faults);
    faults
}

struct Validator<'a> {
    root: &'a Value,
}

impl Validator<'_> {
    fn check(&self, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
        let words = schema
            .as_object()
            .unwrap_or_else(|| panic!("{at}: a schema is an object"));
        for (word, wanted) in words {
            let is_right = match word.as_str() {
                "$schema" | "$defs" | "title" | "description" | "format" => true,
                "$ref" => {
                    let path = wanted.as_str().unwrap().strip_prefix('#').unwrap();
                    let target = self.root.pointer(path);
                    let target = target.unwrap_or_else(|| panic!("{at}: {wanted} is nowhere"));
                    self.check(target, value, at, faults);
                    true
                }
                "type" => match wanted {
                    Value::Array(kinds) => kinds.iter().any(|kind| is_of(kind, value)),
                    kind => is_of(kind, value),
                },
                "const" => value == wanted,
                "enum" => wanted.as_array().unwrap().contains(value),
                "minimum" => as_number(value).is_none_or(|n| n >= wanted.as_f64().unwrap()),
                "maximum" => as_number(value).is_none_or(|n| n <= wanted.as_f64().unwrap()),
                "exclusiveMinimum" => as_number(value).is_none_or(|n| n > wanted.as_f64().unwrap()),
                "oneOf" => {
                    let fitting = wanted.as_array().unwrap().iter().filter(|one| {
                        let mut found = Vec::new();
                        self.check(one, value, at, &mut found);
                        found.is_empty()
                    });
                    fitting.count() == 1
                }
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(wanted, item, &format!("{at}/{index}"), faults);
                    }
                    true
                }
                "required" | "properties" | "additionalProperties" | "propertyNames" => {
                    if let Some(fields) = value.as_object() {
                        self.fields(words, word, fields, at, faults);
                    }
                    true
                }
                unknown => panic!("{at}: this validator does not know the word {unknown:?}"),
            };
            if !is_right {
                faults.push(format!("{at}: {value} breaks {word} {wanted}"));
            }
        }
    }

    fn fields(
        &self,
        words: &Map<String, Value>,
        word: &str,
        fields: &Map<String, Value>,
        at: &str,
        faults: &mut Vec<String>,
    ) {
        let wanted = &words[word];
        let known = words.get("properties").and_then(Value::as_object);
        let is_known = |name: &str| known.is_some_and(|known| known.contains_key(name));
        match word {
            "required" => {
                for name in wanted.as_array().unwrap() {
                    if !fields.contains_key(name.as_str().unwrap()) {
                        faults.push(format!("{at}: {name} is missing"));
                    }
                }
            }
            "properties" => {
                for (name, schema) in wanted.as_object().unwrap() {
                    if let Some(value) = fields.get(name) {
                        self.check(schema, value, &format!("{at}/{name}"), faults);
                    }
                }
            }
            "additionalProperties" => {
                for (name, value) in fields.iter().filter(|(name, _)| !is_known(name)) {
                    match wanted {
                        Value::Bool(false) => faults.push(format!("{at}: {name} is not described")),
                        schema => self.check(schema, value, &format!("{at}/{name}"), faults),
                    }
                }
            }
            _ => {
                for name in fields.keys() {
                    self.check(
                        wanted,
                        &Value::from(name.as_str()),
                        &format!("{at}/{name}"),
                        faults,
                    );
                }
            }
        }
    }
}

fn is_of(kind: &Value, value: &Value) -> bool {
    match kind.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        unknown => panic!("there is no type {unknown:?}"),
    }
}

fn as_number(value: &Value) -> Option<f64> {
    value.as_f64()
}
