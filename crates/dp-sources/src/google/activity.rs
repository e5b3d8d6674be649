//! My Activity and the history of YouTube, as JSON or HTML: what was searched, watched, visited, used.
//! Both forms and every account language give the same documents; see `classify` for their identity.

mod blocks;
mod classify;
mod convert;
mod html;
mod html_cells;
mod json;
mod links;
mod needles;
mod products;
mod record;
mod titles;

pub(crate) use blocks::{BlockStart, for_each_block};
pub(super) use html::ActivityHtml;
pub(super) use json::ActivityJson;
pub(crate) use links::{is_video_id, is_youtube_host};

use crate::{Peek, google::dates::Hints};
use dp_model::Moment;
use products::Product;
use std::cell::RefCell;

/// What is known of a file before its records are read.
struct File {
    /// The product its path names.
    folder: Option<Product>,
    /// Whose dates these are.
    hints: Hints,
    /// Names that were looked up in the long table before; files repeat few names many times.
    seen: RefCell<Vec<(Box<str>, Option<Product>)>>,
}

impl File {
    fn new(path: &str, home_zone: Option<&str>) -> Self {
        Self { folder: Product::of_path(path), hints: Hints::new(home_zone), seen: RefCell::default() }
    }

    /// The product that a name in a record means.
    fn product(&self, name: &str) -> Option<Product> {
        const REMEMBERED_MAX: usize = 64;
        if let Some(product) = Product::of_common_name(name) {
            return Some(product);
        }
        let mut seen = self.seen.borrow_mut();
        if let Some((_, product)) = seen.iter().find(|(known, _)| **known == *name) {
            return *product;
        }
        let product = Product::of_name(name);
        if seen.len() < REMEMBERED_MAX {
            seen.push((name.into(), product));
        }
        product
    }
}

/// The key of a watched video, for lists that are no activity but tell of the same events.
pub(crate) fn watch_key(when: Option<&Moment>, video: &str) -> Vec<u8> {
    classify::key(when, &classify::Object::Video(video), None, std::iter::empty::<&str>()).to_vec()
}

/// The source the ledger names for a file of activity.
fn source_of(peek: &Peek<'_>) -> &'static str {
    Product::of_path(peek.path).map_or("google.activity", Product::source)
}

#[cfg(test)]
mod tests;
