//! The ways of searching that are compared: each takes what a person types and gives ranked documents.

use dp_cortex::query::parse_query;
use dp_lake::{Filter, LakeError, RankedQuery, Sort, TextQuery, Vault, analysis::Language};
use dp_model::DocumentId;
use futures::executor::block_on;
use jiff::civil::Date;
use std::sync::Arc;

/// One way of searching a vault.
pub(crate) trait Searcher {
    /// As the tables call it.
    fn name(&self) -> String;

    /// Best first, at most `limit`; nothing if the searcher thinks that nothing fits.
    ///
    /// # Errors
    /// When the vault cannot be searched. A query that cannot be read finds nothing.
    fn search(&self, text: &str, limit: usize) -> anyhow::Result<Vec<DocumentId>>;
}

/// Documents that hold every word.
pub(crate) struct AllWords<'a> {
    pub(crate) vault: &'a dyn Vault,
    /// What `yesterday` is counted from.
    pub(crate) today: Date,
}

impl Searcher for AllWords<'_> {
    fn name(&self) -> String {
        "all words".to_owned()
    }

    fn search(&self, text: &str, limit: usize) -> anyhow::Result<Vec<DocumentId>> {
        let Ok(parsed) = parse_query(text, self.today) else { return Ok(Vec::new()) };
        let found =
            block_on(self.vault.search().keyword(&parsed.text, &parsed.filter, Sort::Relevance, limit))?;
        Ok(found.hits.iter().map(|hit| hit.id).collect())
    }
}

/// Documents that hold any of the words, those with rare ones first; forms of English words count as one.
pub(crate) struct AnyWord<'a> {
    pub(crate) vault: &'a dyn Vault,
}

impl Searcher for AnyWord<'_> {
    fn name(&self) -> String {
        "any word".to_owned()
    }

    fn search(&self, text: &str, limit: usize) -> anyhow::Result<Vec<DocumentId>> {
        let query = RankedQuery {
            words: text.to_owned(),
            language: Some(Language::English),
            text: TextQuery::default(),
            filter: Filter::default(),
        };
        let found = block_on(self.vault.search().ranked(&query, limit))?;
        Ok(found.iter().map(|hit| hit.id).collect())
    }
}

/// Every way in which this vault can be searched, the plainest first.
///
/// # Errors
/// When the vault cannot be asked what it has.
pub(crate) fn searchers<'a>(
    vault: &'a Arc<dyn Vault>,
    today: Date,
) -> Result<Vec<Box<dyn Searcher + 'a>>, LakeError> {
    let vault = vault.as_ref();
    Ok(vec![Box::new(AllWords { vault, today }), Box::new(AnyWord { vault })])
}
