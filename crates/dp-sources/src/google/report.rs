//! The report page of an export (`archive_browser.html`). It holds no records, but it names what
//! Google itself failed to export, and that a person should see.

use crate::{Context, ParseError, Parser, Peek, Sink, text::html_to_text};
use dp_model::WarningKind;
use std::io::Read;

/// Reads the report page for its failures.
pub(crate) struct Report;

impl Parser for Report {
    fn name(&self) -> &'static str {
        "google.report"
    }

    fn version(&self) -> u32 {
        1
    }

    fn source(&self, _: &Peek<'_>) -> &'static str {
        "google.takeout"
    }

    fn recognises(&self, peek: &Peek<'_>) -> bool {
        // The last two are in the style sheet, which in newer pages is longer than the head.
        const MARKS: [&[u8]; 5] =
            [b"service-tile", b"data-english-name", b"class=\"job-id", b"archive-summary", b"service_tile"];
        let found = |mark: &[u8]| memchr::memmem::find(peek.head, mark).is_some();
        let marked = MARKS.iter().filter(|mark| found(mark)).count();
        // Where none of it is in the head, the name must do.
        marked >= 2 || (peek.file_name() == "archive_browser.html" && found(b"<html"))
    }

    fn parse(
        &self,
        context: &Context<'_>,
        input: &mut dyn Read,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        let mut bytes = Vec::new();
        input.take(context.record_bytes_max as u64).read_to_end(&mut bytes)?;
        if bytes.len() == context.record_bytes_max {
            sink.warn(
                WarningKind::TooLarge,
                0,
                "the report page is larger than the limit (import.record_bytes_max); its end was not looked at",
            )?;
        }
        let page = String::from_utf8_lossy(&bytes);
        for (position, message) in failures(&page) {
            sink.warn(
                WarningKind::FailedExport,
                position as u64,
                format!("Google says it could not export this: {message}"),
            )?;
        }
        Ok(())
    }
}

/// The texts of all elements of the class `failure-message`, and where they stand.
fn failures(page: &str) -> Vec<(usize, String)> {
    const CLASS: &str = "failure-message";
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(hit) = page[at..].find(CLASS) {
        let class = at + hit;
        at = class + CLASS.len();
        // Style sheets name the class too; only an attribute of a tag counts.
        let Some(open) = page[..class].rfind('<') else { continue };
        let in_tag = !page[open..class].contains('>') && page[open..class].contains("class");
        let Some(close) = page[at..].find('>').map(|end| at + end + 1) else { break };
        if !in_tag {
            continue;
        }
        let name = page[open + 1..].split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or("");
        let end = element_end(page, close, name);
        let text = html_to_text(&page[close..end]).split_whitespace().collect::<Vec<_>>().join(" ");
        if !text.is_empty() {
            found.push((open, text));
        }
        at = end;
    }
    found
}

/// Where the element whose content begins at `from` ends; the end of the page if it is never closed.
fn element_end(page: &str, from: usize, name: &str) -> usize {
    let mut depth = 1;
    let mut at = from;
    while let Some(open) = page[at..].find('<').map(|hit| at + hit) {
        let rest = &page[open + 1..];
        let (closing, rest) = match rest.strip_prefix('/') {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let tag = rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or("");
        if tag.eq_ignore_ascii_case(name) {
            depth = if closing { depth - 1 } else { depth + 1 };
            if depth == 0 {
                return open;
            }
        }
        at = open + 1;
    }
    page.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::collect;
    use proptest::prelude::*;

    const PAGE: &str = r#"<html><head><style>.failure-message{color:red} a>b{}</style></head><body>
      <div class="job-id hidden">3f0c</div><div class="archive-summary">Products in Archive (2)</div>
      <div class="table-row"><div class="item failure-message">Service <b>failed</b> to retrieve <div>this item</div>.</div></div>
      <div class="failure-message hidden"></div>
      </body></html>"#;

    #[test]
    fn failures_are_told_and_style_sheets_are_not() {
        let found = collect(&Report, "archive_browser.html", PAGE.as_bytes());
        assert!(found.drafts.is_empty());
        assert_eq!(found.warnings.len(), 1);
        assert_eq!(found.warnings[0].kind, WarningKind::FailedExport);
        let message = &found.warnings[0].message;
        assert!(message.contains("Service failed to retrieve this item"), "{message}");
    }

    #[test]
    fn the_page_is_recognised_under_any_name() {
        let peek = |path| Peek { path, size_bytes: None, head: PAGE.as_bytes() };
        assert!(Report.recognises(&peek("archive_browser.html")));
        assert!(Report.recognises(&peek("Archiv_Übersicht.html")));
        let head = b"<html><style>.archive-summary {} .service_tile {} h1 {";
        let peek = Peek { path: "Archiv_\u{dc}bersicht.html", size_bytes: None, head };
        assert!(Report.recognises(&peek));
    }

    proptest! {
        #[test]
        fn any_text_ends_without_panic(text in r#"(<div class="failure-message">|</div>|failure-message|[<>a-zé /]){0,40}"#) {
            let _ = collect(&Report, "x", text.as_bytes());
        }

        #[test]
        fn any_bytes_end_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = collect(&Report, "x", &bytes);
        }
    }
}
