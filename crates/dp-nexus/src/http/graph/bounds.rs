//! What a document may ask at most. Its text is looked at before it is parsed, its parts are counted before they
//! are checked, and its price is known before anything is asked; a document that is refused costs nothing more.

mod text;

pub(super) use text::check as check_text;

use crate::http::problem::{Code, Problem};
use async_graphql::{
    ServerError, ValidationResult,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation},
    parser::types::{ExecutableDocument, OperationDefinition, Selection, SelectionSet},
};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, LazyLock},
};

/// Brackets within brackets: fields, lists and objects of arguments.
pub(super) const NESTING_MAX: usize = 48;
/// Fields within fields.
const DEPTH_MAX: usize = 12;
/// The same where the schema itself is asked for: types of types of types.
const INTROSPECTION_DEPTH_MAX: usize = 20;
/// Parts of the schema that may be asked for, roughly.
const SCHEMA_PRICE_MAX: u64 = 200_000;
/// Fields, aliases and fragments, each counted as often as it is asked for.
const PARTS_MAX: u64 = 1_000;
/// Directives of one field.
pub(super) const DIRECTIVES_MAX: usize = 4;
/// The price of a document: a field is 1, one that asks the vault more, and what is in a list counts for each
/// item that is asked for.
const PRICE_MAX: usize = 5_000;
/// A price at which counting ends, far above what may be asked and far below what a number holds.
const PRICE_ENOUGH: usize = 1 << 30;

/// The price of asking the vault.
pub(super) const ASKING: usize = 50;
/// The price of reading one document more closely.
pub(super) const READING: usize = 5;
/// The price of what may be long.
pub(super) const LONG: usize = 5;

/// The price of a list of so many items.
pub(super) fn each(items: i32, price: usize) -> usize {
    let items = usize::try_from(items).unwrap_or(0);
    items.saturating_mul(price.saturating_add(1)).min(PRICE_ENOUGH)
}

fn too_complex(detail: String) -> Problem {
    Problem::new(Code::TooComplex, detail).about("query")
}

/// Fields of a part of a document with those that fragments bring.
#[derive(Debug, Clone, Copy, Default)]
struct Extent {
    parts: u64,
    /// Fields within fields, without those that ask for the schema.
    depth: usize,
    schema_depth: usize,
    /// Parts of the schema that it asks for, roughly.
    schema_price: u64,
    /// The same if it stands where the schema is asked for.
    price_within_schema: u64,
}

/// How many of something a part of the schema has, roughly: types have fields that have types.
fn usual_number(field: &str) -> u64 {
    match field {
        "types" => 64,
        "fields" | "directives" => 8,
        "enumValues" => 4,
        "args" | "inputFields" | "interfaces" | "possibleTypes" => 2,
        _ => 1,
    }
}

/// Counts what a document asks for. Each fragment is looked at once, however often it is used.
///
/// # Errors
/// When it asks for too much, or a fragment holds itself.
pub(super) fn check_parts(document: &ExecutableDocument) -> Result<(), Problem> {
    let mut counter = Counter { document, known: HashMap::new(), open: HashSet::new(), level: 0 };
    // Fragments that nothing uses are looked at too.
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set.node);
    for fragment in fragments {
        check_number(counter.set(fragment)?.parts)?;
    }
    let mut parts = 0_u64;
    for (_, operation) in document.operations.iter() {
        let extent = counter.set(&operation.node.selection_set.node)?;
        parts = parts.saturating_add(extent.parts);
        check_depth(extent.depth, DEPTH_MAX)?;
        check_depth(extent.schema_depth, INTROSPECTION_DEPTH_MAX)?;
        if extent.schema_price > SCHEMA_PRICE_MAX {
            return Err(too_complex("the query asks for too much of the schema".to_owned()));
        }
    }
    check_number(parts)
}

fn check_number(parts: u64) -> Result<(), Problem> {
    if parts <= PARTS_MAX {
        return Ok(());
    }
    let detail =
        format!("the query asks for {parts} fields, aliases and fragments and may ask for {PARTS_MAX}");
    Err(too_complex(detail))
}

fn check_depth(depth: usize, most: usize) -> Result<(), Problem> {
    if depth <= most {
        return Ok(());
    }
    Err(too_complex(format!("fields lie {depth} deep in the query and may lie {most} deep")))
}

struct Counter<'a> {
    document: &'a ExecutableDocument,
    known: HashMap<&'a str, Extent>,
    open: HashSet<&'a str>,
    level: usize,
}

impl<'a> Counter<'a> {
    fn set(&mut self, set: &'a SelectionSet) -> Result<Extent, Problem> {
        let mut sum = Extent::default();
        // Fragments within fragments may be as many as there is text for.
        if self.level > NESTING_MAX {
            return Err(too_complex(format!(
                "fragments and fields lie more than {NESTING_MAX} deep in the query"
            )));
        }
        self.level += 1;
        for selection in &set.items {
            let one = self.selection(&selection.node)?;
            sum.parts = sum.parts.saturating_add(one.parts).saturating_add(1);
            sum.depth = sum.depth.max(one.depth);
            sum.schema_depth = sum.schema_depth.max(one.schema_depth);
            sum.schema_price = sum.schema_price.saturating_add(one.schema_price);
            sum.price_within_schema = sum.price_within_schema.saturating_add(one.price_within_schema);
        }
        self.level -= 1;
        Ok(sum)
    }

    fn selection(&mut self, selection: &'a Selection) -> Result<Extent, Problem> {
        match selection {
            Selection::Field(field) => {
                let inner = self.set(&field.node.selection_set.node)?;
                let name = field.node.name.node.as_str();
                let below = inner.price_within_schema.saturating_mul(usual_number(name));
                let price = below.saturating_add(1);
                let extent = Extent { parts: inner.parts, price_within_schema: price, ..Extent::default() };
                let depth = inner.depth.max(inner.schema_depth) + 1;
                Ok(match name {
                    "__schema" | "__type" => Extent { schema_depth: depth, schema_price: price, ..extent },
                    // Below a field of the data nothing asks for the schema.
                    _ => Extent { depth, ..extent },
                })
            }
            Selection::InlineFragment(fragment) => self.set(&fragment.node.selection_set.node),
            Selection::FragmentSpread(spread) => self.fragment(spread.node.fragment_name.node.as_str()),
        }
    }

    fn fragment(&mut self, name: &'a str) -> Result<Extent, Problem> {
        if let Some(extent) = self.known.get(name) {
            return Ok(*extent);
        }
        // One that is not there is found by the rules of the language.
        let Some(fragment) = self.document.fragments.get(name) else { return Ok(Extent::default()) };
        if !self.open.insert(name) {
            let detail = format!("the fragment {name} holds itself");
            return Err(Problem::new(Code::BadDocument, detail).about("query"));
        }
        let extent = self.set(&fragment.node.selection_set.node)?;
        self.open.remove(name);
        self.known.insert(name, extent);
        Ok(extent)
    }
}

/// Names of the root fields an operation asks for, once each and in order; only those the schema has, for other
/// names say nothing of what was read.
pub(super) fn root_fields(document: &ExecutableDocument, operation: &OperationDefinition) -> Vec<String> {
    static KNOWN: LazyLock<HashSet<String>> = LazyLock::new(|| super::schema().names().into_iter().collect());
    let mut names = Vec::new();
    let mut seen = HashSet::new();
    let mut sets = vec![&operation.selection_set.node];
    while let Some(set) = sets.pop() {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => names.push(field.node.name.node.to_string()),
                Selection::InlineFragment(fragment) => sets.push(&fragment.node.selection_set.node),
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if let Some(fragment) = document.fragments.get(name).filter(|_| seen.insert(name)) {
                        sets.push(&fragment.node.selection_set.node);
                    }
                }
            }
        }
    }
    names
        .retain(|name| ["__schema", "__type", "__typename"].contains(&name.as_str()) || KNOWN.contains(name));
    names.sort_unstable();
    names.dedup();
    names
}

/// Refuses documents whose price is too high.
#[derive(Debug, Clone, Copy)]
pub(super) struct Priced;

impl ExtensionFactory for Priced {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait::async_trait]
impl Extension for Priced {
    async fn validation(
        &self,
        context: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let result = next.run(context).await?;
        if result.complexity <= PRICE_MAX {
            return Ok(result);
        }
        let detail = format!("the query costs {} and may cost {PRICE_MAX}", result.complexity);
        let mut error = ServerError::new(detail.clone(), None);
        error.source = Some(Arc::new(too_complex(detail)));
        Err(vec![error])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;

    fn code(text: &str) -> Option<Code> {
        check_parts(&parse_query(text).unwrap()).err().map(|problem| problem.code())
    }

    #[test]
    fn fragments_are_counted_as_often_as_they_are_used() {
        let mut doubled = "{...f0} ".to_owned();
        for number in 0..60 {
            doubled.push_str(&format!("fragment f{number} on Query {{...f{n} ...f{n}}} ", n = number + 1));
        }
        doubled.push_str("fragment f60 on Query {stats{documents}}");
        assert_eq!(code(&doubled), Some(Code::TooComplex));
        assert_eq!(
            code("{...a} fragment a on Query {...b} fragment b on Query {...a}"),
            Some(Code::BadDocument)
        );
        assert_eq!(code("{a} fragment a on Query {...a}"), Some(Code::BadDocument));
        assert_eq!(code("{...a ...a} fragment a on Query {stats{documents}}"), None);
    }

    #[test]
    fn depth_is_that_of_fields_with_fragments_and_the_schema_may_be_asked_deeper() {
        let deep =
            |fields: usize, root: &str| format!("{{{root}{}{}", "{a".repeat(fields), "}".repeat(fields + 1));
        assert_eq!(code(&deep(DEPTH_MAX - 1, "a")), None);
        assert_eq!(code(&deep(DEPTH_MAX, "a")), Some(Code::TooComplex));
        assert_eq!(code(&deep(DEPTH_MAX + 3, "__schema")), None);
        assert_eq!(code(&deep(INTROSPECTION_DEPTH_MAX, "__schema")), Some(Code::TooComplex));
        let far = format!(
            "{} fragment f on Query {{a{{b{{c}}}}}}",
            deep(DEPTH_MAX - 2, "a").replace("a}", "...f}")
        );
        assert_eq!(code(&far), Some(Code::TooComplex));
    }

    #[test]
    fn types_of_fields_of_types_are_not_told_without_end() {
        let nested = |times: usize| {
            let (open, close) = ("{fields{type".repeat(times), "}}".repeat(times));
            format!("{{__schema{{types{open}{{name}}{close}}}}}")
        };
        assert_eq!(code(&nested(2)), None);
        assert_eq!(code(&nested(6)), Some(Code::TooComplex));
        let aliases = (0..300).map(|number| format!("a{number}:fields{{name}}")).collect::<String>();
        let wide = format!("{{__schema{{types{{fields{{type{{{aliases}}}}}}}}}}}");
        assert_eq!(code(&wide), Some(Code::TooComplex));
    }

    #[test]
    fn a_price_never_overflows() {
        assert_eq!(each(-1, 5), 0);
        assert_eq!(each(20, 5), 120);
        assert_eq!(each(i32::MAX, usize::MAX), PRICE_ENOUGH);
    }
}
