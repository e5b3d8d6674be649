//! A page of visits or trips: which documents are asked for, and those of them that have a place in the box.

use super::bounding_box::BoundingBox;
use crate::http::{
    asked::within,
    problem::Problem,
    routes::documents::OrderWord,
    words::{FirstDay, LastDay},
};
use dp_cortex::engine::Engine;
use dp_lake::{Cursor, Filter, Order, etl::HomeClock};
use dp_model::{Content, Document, Kind, Place};
use futures::executor::block_on;
use serde::Deserialize;
use utoipa::IntoParams;

/// Documents that are looked at for one answer.
const READ_MAX: usize = 5_000;
/// Of them at once.
const READ_AT_ONCE: usize = 500;

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// Only in this box: west, south, east and north in degrees, as `-9.2,38.6,-9.0,38.8`. One whose west lies
    /// east of its east goes across the 180th meridian.
    pub(super) bbox: Option<String>,
    /// Only these sources and those below them.
    #[serde(default)]
    pub(super) source: Vec<String>,
    /// First day: `2019`, `2019-06` or `2019-06-14`.
    #[param(value_type = Option<String>)]
    pub(super) from: Option<FirstDay>,
    /// Last day, included.
    #[param(value_type = Option<String>)]
    pub(super) to: Option<LastDay>,
    /// Latest or earliest first.
    #[serde(default)]
    #[param(value_type = Option<OrderWord>, inline)]
    pub(super) order: Order,
    /// At most so many.
    #[serde(default = "limit")]
    #[param(minimum = 1, maximum = 500, default = 100)]
    pub(super) limit: usize,
    /// `next` of the page before.
    pub(super) cursor: Option<String>,
}

pub(super) fn limit() -> usize {
    100
}

/// Which documents are looked for.
pub(super) struct Listing {
    filter: Filter,
    bounding_box: Option<BoundingBox>,
    order: Order,
    limit: usize,
    cursor: Option<Cursor>,
}

impl Listing {
    pub(super) fn of(asked: Parameters, kind: Kind) -> Result<Self, Problem> {
        let filter = Filter {
            sources: asked.source,
            kinds: vec![kind],
            from: asked.from.map(|day| day.0),
            until: asked.to.map(LastDay::past),
            ..Filter::default()
        };
        Ok(Self {
            filter,
            bounding_box: asked.bbox.as_deref().map(BoundingBox::of).transpose()?,
            order: asked.order,
            limit: within("limit", asked.limit, 1..=500)?,
            cursor: asked.cursor.map(Cursor),
        })
    }

    /// The documents that have a place in the box, and where the next ones begin.
    pub(super) fn page(self, engine: &Engine) -> Result<(Vec<Document>, Option<String>), Problem> {
        let documents = engine.vault().documents();
        let (mut found, mut cursor, mut read) = (Vec::new(), self.cursor.clone(), 0);
        while read < READ_MAX {
            let page = block_on(documents.list(&self.filter, self.order, cursor.as_ref(), READ_AT_ONCE))?;
            read += page.items.len();
            cursor = page.next;
            for document in page.items.into_iter().filter(|document| self.holds(&document.content)) {
                if found.len() == self.limit {
                    // The next page begins behind the last one that is in this one.
                    let last = found.last().and_then(|last| place_in_time(engine, last));
                    return Ok((found, last.map(|last| last.0)));
                }
                found.push(document);
            }
            if cursor.is_none() {
                break;
            }
        }
        Ok((found, cursor.map(|cursor| cursor.0)))
    }

    fn holds(&self, content: &Content) -> bool {
        let Some(bounding_box) = self.bounding_box else {
            return content.kind != Kind::Visit || content.place.is_some();
        };
        let ends = [content.place.clone(), end_of(content)];
        ends.into_iter().flatten().filter_map(|place| place.point).any(|point| bounding_box.holds(point))
    }
}

/// The cursor behind a document in a listing.
fn place_in_time(engine: &Engine, document: &Document) -> Option<Cursor> {
    let time = document.content.time.as_ref()?;
    let sort_us = HomeClock::new(engine.vault().home_zone()).sort_us(time);
    Some(Cursor::after(sort_us, document.id))
}

/// Where a trip ended, if its record says.
pub(super) fn end_of(content: &Content) -> Option<Place> {
    serde_json::from_value(content.metadata.to_value().get("to")?.clone()).ok()
}
