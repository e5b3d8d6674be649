//! `datapunk show`

use crate::{output::Output, reading::Reading, words};
use dp_lake::{RevisionedDocument, etl::HomeClock, own::WRITTEN_HERE};
use dp_model::Provenance;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The document's id, or its first digits
    id: String,
}

pub(crate) fn run(reading: &dyn Reading, arguments: &Arguments, output: &mut Output) -> anyhow::Result<()> {
    let found = reading.document(&arguments.id)?;
    if output.json {
        return output.value(&found);
    }
    print(&found, &mut HomeClock::new(&reading.home_zone()?), output)
}

fn print(found: &RevisionedDocument, clock: &mut HomeClock, output: &mut Output) -> anyhow::Result<()> {
    let content = &found.document.content;
    let mut field = |name: &str, value: &str| {
        if value.is_empty() { Ok(()) } else { output.line(format!("{name:<12} {value}")) }
    };
    field("title", &content.title)?;
    field("kind", content.kind.as_str())?;
    field("source", &content.source)?;
    field("time", &content.time.as_ref().map(|time| words::moment(time, clock)).unwrap_or_default())?;
    field("end", &content.end.as_ref().map(|time| words::moment(time, clock)).unwrap_or_default())?;
    if let Some(place) = &content.place {
        field("place", place.name.as_deref().unwrap_or_default())?;
        field(
            "address",
            &place.address.as_deref().map(|address| words::one_line(address, 200)).unwrap_or_default(),
        )?;
        let point =
            place.point.map(|point| format!("{:.7}, {:.7}", point.latitude_deg(), point.longitude_deg()));
        field("point", &point.unwrap_or_default())?;
    }
    for mention in &content.people {
        let address =
            mention.identity.as_ref().map(|identity| format!("<{}>", identity.value)).unwrap_or_default();
        field(mention.role.as_str(), &format!("{} {address}", mention.name.as_deref().unwrap_or_default()))?;
    }
    field("url", content.url.as_deref().unwrap_or_default())?;
    field("labels", &content.labels.join(", "))?;
    for media in &content.media {
        let size = media.size_bytes.map(|size| format!(" ({})", words::bytes(size))).unwrap_or_default();
        field("attachment", &format!("{}{size}", media.name))?;
    }
    field("tags", &found.annotations.tags.join(", "))?;
    field("starred", if found.annotations.starred { "yes" } else { "" })?;
    field("hidden", if found.annotations.hidden { "yes" } else { "" })?;
    field("note", found.annotations.note.as_deref().unwrap_or_default())?;
    field("id", &found.document.id.to_string())?;
    let origin = &found.document.provenance;
    field("from", &from(origin))?;
    for revision in &found.revisions {
        let origin = &revision.provenance;
        field("other version", &from(origin))?;
    }
    if !content.metadata.is_empty() {
        output.line("\nfields of the original record")?;
        if let serde_json::Value::Object(fields) = content.metadata.to_value() {
            for (name, value) in fields {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                output.line(format!("  {name}: {}", words::one_line(&value, 300)))?;
            }
        }
    }
    if content.text.is_empty() { Ok(()) } else { output.line(format!("\n{}", content.text)) }
}

/// Where a version was read, or by whom it was written.
fn from(origin: &Provenance) -> String {
    if origin.archive == WRITTEN_HERE {
        return format!("{WRITTEN_HERE}, {}", origin.entry);
    }
    format!("{}, {}, byte {}", origin.archive, origin.entry, words::count(origin.position))
}
