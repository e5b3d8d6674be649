//! What else lies in an export: the report page, readmes, empty products, files nobody knows, a zip
//! inside the zip, names in odd Unicode forms.

use crate::LifegenError;
use crate::archive::Export;
use crate::google::text::html;
use crate::person::EMAIL;
use dp_model::{EntryStatus, Kind};
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;

/// Writes the report page: product codes with the folders they lie in.
pub(crate) fn write_report(
    export: &mut Export<'_>,
    file_name: &str,
    date: &str,
    products: &[(&str, &str)],
) -> Result<(), LifegenError> {
    let mut page = format!(
        "<!DOCTYPE html><html><head><title>Archive</title><style>{}</style></head><body><div class=\"job-id hidden\">3f0c9a52-0000-4e11-8a11-aaaaaaaaaaaa</div>\n<h1 class=\"header_title\">Archive for {EMAIL}</h1>\n<div class=\"header_subtext\">{date} • 1.2 GB</div>\n<div class=\"archive-summary\">Products in Archive ({})</div>\n",
        ".table-row{display:flex} ".repeat(40),
        products.len()
    );
    for (code, folder) in products {
        let folder = html(folder);
        page.push_str(&format!(
            "<div id=\"service-tile-{code}\" class=\"service_wrapper\"><h1 class=\"data-folder-name\" data-english-name=\"{code}\" data-folder-name=\"{folder}\">{folder}</h1></div>\n<div id=\"service-details-{code}\" class=\"service-detail\" style=\"display:none;\"><div class=\"extracted-list\"></div></div>\n"
        ));
    }
    page.push_str("</body></html>");
    export.small(file_name, "report page", page.as_bytes(), |found| {
        found.status(EntryStatus::Ignored, &[EntryStatus::Parsed]);
    })
}

/// A file nobody has a parser for, kept whole as a document if it is text.
pub(crate) fn write_unknown(export: &mut Export<'_>, path: &str, text: &str) -> Result<(), LifegenError> {
    export.small(path, "a format nobody knows", text.as_bytes(), |found| {
        found.status(EntryStatus::Unknown, &[]);
        found.loose_document(&[
            ("google", Kind::File),
            ("google.takeout", Kind::File),
            ("google.activity", Kind::File),
            ("file", Kind::File),
            ("unknown", Kind::File),
        ]);
    })
}

/// A file without anything to import.
pub(crate) fn write_ignored(
    export: &mut Export<'_>,
    path: &str,
    variant: &str,
    text: &str,
) -> Result<(), LifegenError> {
    export.small(path, variant, text.as_bytes(), |found| found.status(EntryStatus::Ignored, &[]))
}

/// Unknown files, readmes and empty products of an English export.
pub(crate) fn write_english(export: &mut Export<'_>) -> Result<(), LifegenError> {
    write_unknown(
        export,
        "Google Greenhouse/Beds.json",
        "{\n  \"beds\": [{\n    \"label\": \"north wall\",\n    \"plant\": \"umbellifer seedlings\",\n    \"watered\": \"2024-05-01\"\n  }]\n}\n",
    )?;
    write_unknown(
        export,
        "Google\u{a0}Compass/Bearings.csv",
        "Bearing,Landmark\n271,chapel with the crooked weathercock\n14,silo\n",
    )?;
    write_unknown(export, "Profile/About me (draft).txt", "Collects tide tables and mends clocks.\n")?;
    write_ignored(
        export,
        "Google Workspace Marketplace/README",
        "readme",
        "This folder holds nothing of yours.\n",
    )?;
    write_ignored(export, "Google Shopping/Orders/Orders.txt", "empty product", "no data")?;
    write_ignored(export, "Google Finance/Watchlists.json", "empty product", "{}")?;
    write_ignored(export, "My Activity/Podcasts/MyActivity.json", "empty product", "[]")?;
    write_ignored(export, "Home App/HomeHistory.json", "empty product", "")?;
    export.small("Drive/seed swap 2019.zip", "a zip inside the zip", &nested_zip()?, |found| {
        found.status(EntryStatus::Unknown, &[EntryStatus::Ignored]);
    })
}

fn nested_zip() -> Result<Vec<u8>, LifegenError> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
    zip.start_file("beans.txt", options)?;
    zip.write_all(b"twelve runner beans\n")?;
    Ok(zip.finish()?.into_inner())
}
