//! Where a named place is: the person's own places first, then the cities that come with the program.

use super::{Engine, EngineError};
use crate::{gazetteer, query::QueryError};
use dp_lake::{Filter, Has, Near, Sort, Term, TermMode, TextQuery, analysis::fold};

/// Documents with the name that are looked at.
const LOOKED_AT: usize = 20;

impl Engine {
    /// The circle around a place of this name.
    pub(super) async fn locate(
        &self,
        name: &str,
        radius_m: u32,
        position: usize,
    ) -> Result<Near, EngineError> {
        if let Some(near) = self.own_place(name, radius_m).await? {
            return Ok(near);
        }
        match gazetteer::find(name) {
            Ok(city) => Ok(Near { latitude_e7: city.latitude_e7, longitude_e7: city.longitude_e7, radius_m }),
            Err(unknown) => {
                let error = QueryError::at(position, unknown.to_string());
                Err(error.suggesting(unknown.suggestions.into_iter().next()).into())
            }
        }
    }

    /// A place the person was at whose name is just this.
    async fn own_place(&self, name: &str, radius_m: u32) -> Result<Option<Near>, EngineError> {
        let must = vec![Term { text: name.to_owned(), mode: TermMode::Phrase }];
        let query = TextQuery { must, ..TextQuery::default() };
        let filter = Filter { has: vec![Has::Place], ..Filter::default() };
        let found = self.vault.search().keyword(&query, &filter, Sort::Relevance, LOOKED_AT).await?;
        let ids = found.hits.iter().map(|hit| hit.id).collect::<Vec<_>>();
        let wanted = fold(name);
        for document in self.vault.documents().get_many(&ids).await?.into_iter().flatten() {
            let Some(place) = &document.content.place else { continue };
            let is_it = place.name.as_deref().is_some_and(|name| fold(name) == wanted);
            if let Some(point) = place.point.filter(|_| is_it) {
                let (latitude_e7, longitude_e7) = (point.latitude_e7, point.longitude_e7);
                return Ok(Some(Near { latitude_e7, longitude_e7, radius_m }));
            }
        }
        Ok(None)
    }
}
