//! The fields of an answer in the order in which they were asked for, as the language has it: resolvers end in any
//! order. Data and the document come in, JSON goes out; nothing is added or taken away.

use async_graphql::{
    Name, Value,
    indexmap::IndexMap,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};
use serde_json::{Error, Map};

/// The data that an operation was answered with.
///
/// # Errors
/// When a value can't be written as JSON.
pub(super) fn json(
    data: Value,
    operation: &SelectionSet,
    document: &ExecutableDocument,
) -> Result<serde_json::Value, Error> {
    told(data, &[operation], document)
}

fn told(
    value: Value,
    sets: &[&SelectionSet],
    document: &ExecutableDocument,
) -> Result<serde_json::Value, Error> {
    match value {
        Value::List(items) => {
            let items = items.into_iter().map(|item| told(item, sets, document));
            Ok(serde_json::Value::Array(items.collect::<Result<_, _>>()?))
        }
        // An object of which no fields were asked for is one value.
        Value::Object(fields) if sets.iter().any(|set| !set.items.is_empty()) => {
            object(fields, sets, document).map(serde_json::Value::Object)
        }
        value => value.into_json(),
    }
}

fn object(
    mut fields: IndexMap<Name, Value>,
    sets: &[&SelectionSet],
    document: &ExecutableDocument,
) -> Result<Map<String, serde_json::Value>, Error> {
    let mut asked = IndexMap::new();
    for set in sets {
        collect(set, document, &mut asked);
    }
    let mut told_fields = Map::new();
    for (name, sets) in asked {
        // One that was skipped is not there.
        if let Some(value) = fields.swap_remove(name) {
            told_fields.insert(name.to_string(), told(value, &sets, document)?);
        }
    }
    Ok(told_fields)
}

/// Names of fields in the order of asking, each with what was asked of it. Fragments are free of circles, or nothing
/// would have been answered.
fn collect<'a>(
    set: &'a SelectionSet,
    document: &'a ExecutableDocument,
    asked: &mut IndexMap<&'a Name, Vec<&'a SelectionSet>>,
) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => {
                let name = &field.node.response_key().node;
                asked.entry(name).or_default().push(&field.node.selection_set.node);
            }
            Selection::InlineFragment(fragment) => {
                collect(&fragment.node.selection_set.node, document, asked);
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                    collect(&fragment.node.selection_set.node, document, asked);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;

    #[test]
    fn fields_come_in_the_order_of_asking() {
        let text = "{b ...F a: x {z y} list {q p} a: x {w}} fragment F on Query {... on Query {c} b any}";
        let document = parse_query(text).unwrap();
        let data = serde_json::json!({
            "a": {"w": 1, "y": 2, "z": 3},
            "any": {"y": 1, "x": 2},
            "b": 4,
            "c": null,
            "list": [{"p": 5, "q": 6}, null],
        });
        let (_, operation) = document.operations.iter().next().unwrap();
        let value = Value::from_json(data.clone()).unwrap();
        let told = json(value, &operation.node.selection_set.node, &document).unwrap();
        let expected =
            r#"{"b":4,"c":null,"any":{"y":1,"x":2},"a":{"z":3,"y":2,"w":1},"list":[{"q":6,"p":5},null]}"#;
        assert_eq!((told.to_string().as_str(), &told), (expected, &data));
    }
}
