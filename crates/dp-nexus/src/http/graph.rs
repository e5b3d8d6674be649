//! GraphQL over the same vaults, by the same door: a document of the query language comes in, what it asks for
//! is asked of the engine through `App::ask`, and data with errors goes out. Never another way to a vault. What is
//! followed is told over a WebSocket.

mod bounds;
mod document;
mod failure;
mod filter;
mod form;
mod listing;
mod mutation;
mod numbers;
mod ordered;
mod persisted;
mod query;
mod route;
mod scalars;
mod search;
mod socket;
mod subscription;
mod time;
mod vault;

pub(super) use persisted::Persisted;
pub(super) use route::{__path_get, __path_post, get, post};

use async_graphql::Schema;
use mutation::Mutation;
use query::Query;
use std::sync::LazyLock;
use subscription::Feed;

type Graph = Schema<Query, Mutation, Feed>;

/// The schema. Whose vault it is asked of comes with each request.
fn schema() -> &'static Graph {
    static SCHEMA: LazyLock<Graph> = LazyLock::new(|| {
        Schema::build(Query, Mutation, Feed)
            .limit_recursive_depth(bounds::NESTING_MAX)
            .limit_directives(bounds::DIRECTIVES_MAX)
            .extension(bounds::Priced)
            .finish()
    });
    &SCHEMA
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::SDLExportOptions;
    use std::path::Path;

    fn definition() -> String {
        let options = SDLExportOptions::new().prefer_single_line_descriptions();
        let mut text = schema().sdl_with_options(options).trim().to_owned();
        text.push('\n');
        text
    }

    #[test]
    fn the_copy_in_the_repository_is_the_schema() {
        let definition = definition();
        let path = Path::new("../../docs/schema.graphql");
        if std::env::var_os("DATAPUNK_RENEW").is_some() {
            fs_err::write(path, &definition).unwrap();
        }
        let kept = fs_err::read_to_string(path).unwrap_or_default();
        assert!(
            kept == definition,
            "docs/schema.graphql is not the schema; renew it with \
             `DATAPUNK_RENEW=1 cargo test -p dp-nexus the_copy_in_the_repository`"
        );
    }
}
