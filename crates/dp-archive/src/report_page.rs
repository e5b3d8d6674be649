//! The job id in an export's report page (`archive_browser.html`): equal ids mean one export,
//! whatever the files are called now.

use crate::{
    Limits,
    entry_path::normalise_path,
    export::{Export, Indexed, Item, Place},
};
use std::io::Read;

const PAGE_BYTES_MAX: u64 = 4 << 20;
const PAGES_MAX: usize = 4;
const ID_CHARS_MAX: usize = 100;

/// The job id that the report page of a container gives, if it has such a page.
pub(crate) fn find_job_id(part: &Indexed, limits: &Limits) -> Option<String> {
    let pages: Vec<Item> =
        part.items.iter().filter(|item| may_be_report(item)).take(PAGES_MAX).map(copy).collect();
    if pages.is_empty() {
        return None;
    }
    let part = Indexed {
        container: part.container.clone(),
        root: part.root.clone(),
        items: pages,
        warnings: Vec::new(),
    };
    let export = Export::assemble(String::new(), None, vec![part], limits);
    let mut reader = export.reader();
    (0..export.entries().len()).find_map(|index| {
        let mut page = Vec::new();
        reader.open(index).ok()?.take(PAGE_BYTES_MAX).read_to_end(&mut page).ok()?;
        parse_job_id(&page)
    })
}

fn may_be_report(item: &Item) -> bool {
    let fits = item.size_bytes.is_some_and(|size_bytes| size_bytes <= PAGE_BYTES_MAX);
    let extension = item.path.len().checked_sub(5).and_then(|at| item.path.get(at..));
    fits && item.refused.is_none()
        && extension.is_some_and(|extension| extension.eq_ignore_ascii_case(".html"))
        && !normalise_path(&item.path).contains('/')
}

fn copy(item: &Item) -> Item {
    Item {
        path: item.path.clone(),
        size_bytes: item.size_bytes,
        crc32: item.crc32,
        refused: None,
        place: match &item.place {
            Place::FileAt(path) => Place::FileAt(path.clone()),
            place => place.clone(),
        },
        head: None,
    }
}

/// The text of the first element whose class is `job-id`.
fn parse_job_id(page: &[u8]) -> Option<String> {
    let page = String::from_utf8_lossy(page);
    let mut rest = page.as_ref();
    while let Some(at) = rest.find("job-id") {
        rest = &rest[at + "job-id".len()..];
        let (attributes, content) = rest.split_once('>')?;
        let id = content.split('<').next().unwrap_or_default().trim();
        let plausible = id.len() >= 8
            && id.len() <= ID_CHARS_MAX
            && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if plausible && !attributes.contains(['<', '{']) {
            return Some(id.to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn job_id_is_found_in_the_page_and_not_in_its_style() {
        let page = br#"<style>.job-id{display:none} p>a{x:y}</style>
            <div class="job-id hidden">
            3f0c9a52-0000-4e11-8a11-aaaaaaaaaaaa</div>"#;
        assert_eq!(parse_job_id(page).as_deref(), Some("3f0c9a52-0000-4e11-8a11-aaaaaaaaaaaa"));
        assert_eq!(parse_job_id(b"<div class=\"job-id\"></div>"), None);
        assert_eq!(parse_job_id(b"job-id"), None);
    }
}
