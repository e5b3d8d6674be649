//! Which documents are counted: the parameters that all statistics take, and what they mean together.

use crate::http::{app::App, problem::Problem, routes::documents};
use dp_cortex::engine::{Engine, Selection};
use dp_lake::{Filter, Hidden};
use futures::executor::block_on;

/// Makes a struct of query parameters: those by which documents are chosen, and its own.
macro_rules! parameters {
    ($(#[$meta:meta])* struct $name:ident { $($(#[$of_field:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$meta])*
        #[derive(Debug, serde::Deserialize, utoipa::IntoParams)]
        #[serde(deny_unknown_fields)]
        #[into_params(parameter_in = Query)]
        pub(in crate::http) struct $name {
            /// Only documents that match this: words, and filters such as `kind:` and `with:`, as search takes
            /// them. All words must occur.
            #[serde(default)]
            #[param(max_length = 4096)]
            q: String,
            /// Only these sources and those below them; `google` means `google.youtube` too.
            #[serde(default)]
            source: Vec<String>,
            /// Only these kinds.
            #[serde(default)]
            #[param(schema_with = crate::http::shapes::kinds)]
            kind: Vec<dp_model::Kind>,
            /// First day: `2019`, `2019-06` or `2019-06-14`.
            #[param(value_type = Option<String>)]
            from: Option<crate::http::words::FirstDay>,
            /// Last day, included.
            #[param(value_type = Option<String>)]
            to: Option<crate::http::words::LastDay>,
            /// Only in this label, folder, list or album; given twice, in both.
            #[serde(default)]
            label: Vec<String>,
            /// Only with this tag; given twice, with both.
            #[serde(default)]
            tag: Vec<String>,
            /// Only with this; given twice, with both.
            #[serde(default)]
            #[param(schema_with = crate::http::shapes::things)]
            has: Vec<dp_lake::Has>,
            /// Only with somebody of this name or address; given twice, with both.
            #[serde(default)]
            person: Vec<String>,
            /// Only around this point: degrees north and east, as `38.72,-9.14`.
            near: Option<String>,
            /// How far around it, metres.
            #[param(minimum = 1, maximum = 20_100_000, default = 20_000)]
            within_m: Option<u32>,
            /// Documents that were hidden: count them as others, which is the default, leave them out, or count
            /// only them.
            #[param(value_type = Option<crate::http::routes::documents::HiddenWord>, inline)]
            hidden: Option<dp_lake::Hidden>,
            $($(#[$of_field])* $field: $kind,)*
        }

        impl $name {
            /// Which documents are meant.
            ///
            /// # Errors
            /// When a parameter has a value it can't have.
            fn chosen(&mut self) -> Result<$crate::http::statistics::Chosen, $crate::http::problem::Problem> {
                let filter = crate::http::routes::documents::Parameters {
                    source: std::mem::take(&mut self.source),
                    kind: std::mem::take(&mut self.kind),
                    from: self.from,
                    to: self.to,
                    label: std::mem::take(&mut self.label),
                    tag: std::mem::take(&mut self.tag),
                    has: std::mem::take(&mut self.has),
                    person: std::mem::take(&mut self.person),
                    near: self.near.take(),
                    within_m: self.within_m,
                    hidden: self.hidden.unwrap_or(dp_lake::Hidden::Include),
                    order: dp_lake::Order::default(),
                    limit: 0,
                    cursor: None,
                };
                $crate::http::statistics::Chosen::of(std::mem::take(&mut self.q), filter)
            }
        }
    };
}

pub(in crate::http) use parameters;

/// Documents that were chosen by parameters.
#[derive(Debug, Clone, Default)]
pub(in crate::http) struct Chosen {
    /// A query as typed; may be empty.
    pub(in crate::http) typed: String,
    /// What was asked beside it.
    pub(in crate::http) filter: Filter,
}

impl Chosen {
    /// What these parameters mean.
    ///
    /// # Errors
    /// When one has a value it can't have.
    pub(in crate::http) fn of(typed: String, parameters: documents::Parameters) -> Result<Self, Problem> {
        Ok(Self { typed, filter: documents::filter(parameters)? })
    }

    /// All documents, hidden or not, that match a query.
    pub(in crate::http) fn typed(typed: String) -> Self {
        Self { typed, filter: Filter { hidden: Hidden::Include, ..Filter::default() } }
    }

    /// The same in the words of the engine.
    ///
    /// # Errors
    /// When the query can't be meant, or the store fails.
    pub(in crate::http) fn selection(self, app: &App, engine: &Engine) -> Result<Selection, Problem> {
        Ok(block_on(engine.selection(&self.typed, self.filter, app.today(engine)))?)
    }
}
