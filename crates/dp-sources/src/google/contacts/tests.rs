//! Cards and tables written by hand, and what is to be found in the samples.

use super::*;
use crate::testing::{Found, collect};
use dp_model::{BlobHash, Identity, Role, WarningKind};
use proptest::prelude::*;

const CARD: &str = "BEGIN:VCARD
VERSION:3.0
FN:Ada Example
N:Example;Ada;;;
NICKNAME:Ad\\, the first,Adi
item1.EMAIL;TYPE=INTERNET:Ada@Example.org
item1.X-ABLabel:_$!<Home>!$_
EMAIL;TYPE=INTERNET;TYPE=WORK:ada@work.example
TEL;TYPE=CELL:+41 44 123 45 67
item2.ADR:;;Long Street 1\\nBack door;Bern;;3000;Switzerland
item2.X-ABLabel:Summer house
ORG:Analytical Engines;Research
TITLE:Programmer
BDAY:--0612
item3.URL:https\\://ada.example
X-PHONETIC-FIRST-NAME:Ayda
NOTE:Likes\\nnumbers
CATEGORIES:myContacts,Friends
PHOTO;ENCODING=b;TYPE=PNG:aGVs
 bG8=
REV:2024-03-01T12:00:00Z
END:VCARD
";

fn read(text: &str) -> Found {
    collect(&VCards, "Contacts/All Contacts/All Contacts.vcf", text.replace('\n', "\r\n").as_bytes())
}

fn table(text: &str) -> Found {
    collect(&ContactsCsv, "Contacts/All Contacts/contacts.csv", text.as_bytes())
}

fn kinds(found: &Found) -> Vec<WarningKind> {
    found.warnings.iter().map(|warning| warning.kind).collect()
}

#[test]
fn a_card_becomes_a_contact_and_a_person() {
    let found = read(CARD);
    assert_eq!(found.warnings, []);
    let person = &found.people[0];
    assert!(person.from_contacts);
    assert_eq!(person.name.as_deref(), Some("Ada Example"));
    assert_eq!(
        person.identities,
        [
            Identity::email("ada@example.org").unwrap(),
            Identity::email("ada@work.example").unwrap(),
            Identity::phone("+41441234567").unwrap()
        ]
    );
    let content = &found.drafts[0].content;
    assert_eq!(content.title, "Ada Example");
    for part in [
        "Analytical Engines, Research, Programmer",
        "Ad, the first",
        "Adi",
        "+41 44 123 45 67",
        "Long Street 1 Back door, Bern, 3000, Switzerland",
        "Likes\nnumbers",
        "https://ada.example",
    ] {
        assert!(content.text.contains(part), "{part} in {}", content.text);
    }
    assert_eq!(content.labels.as_slice(), ["myContacts", "Friends"]);
    assert_eq!(content.media[0].hash, Some(BlobHash::of(b"hello")));
    assert_eq!(content.modified_us, Some(1_709_294_400_000_000));
    assert!(content.people.iter().all(|mention| mention.role == Role::Subject));
    let metadata = content.metadata.to_value();
    assert_eq!(metadata["birthday"], "--0612");
    assert_eq!(metadata["emails"][0], serde_json::json!(["Home", "Ada@Example.org"]));
    assert_eq!(metadata["addresses"][0][0], "Summer house");
    assert_eq!(metadata["properties"], serde_json::json!([["X-PHONETIC-FIRST-NAME", "Ayda"]]));
}

#[test]
fn the_same_card_is_one_in_every_file_and_form() {
    let key = |found: Found| found.drafts[0].key.clone();
    let other = "BEGIN:VCARD\nVERSION:4.0\nTEL;VALUE=uri:tel:+41-44-123-45-67\nEMAIL:ada@WORK.example\nEMAIL:ada@example.org\nN:Example;Ada;;;\nCATEGORIES:Work\nEND:VCARD\n";
    assert_eq!(key(read(CARD)), key(read(other)));
    let old = "Name,Given Name,Family Name,Group Membership,E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Type,Phone 1 - Value\nAda Example,Ada,Example,* myContacts ::: Friends,* Home,ada@example.org ::: ada@work.example,Mobile,+41 44 123 45 67\n";
    let new = "First Name,Middle Name,Last Name,File As,Labels,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value\nAda,,Example,,Friends ::: * myContacts,Home,ada@example.org,Work,ada@work.example,Mobile,+41 44 123 45 67\n";
    assert_eq!(key(read(CARD)), key(table(old)));
    assert_eq!(key(read(CARD)), key(table(new)));
}

#[test]
fn old_cards_are_read() {
    let found = read(
        "BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:K=C3=B8benhavn;S=C3=B8=\nren;;;\nTEL;CELL;PREF:044 123\nPHOTO;JPEG;ENCODING=BASE64:aGVs\n bG8=\n\nX-GROUP:\nEND:VCARD\n",
    );
    assert_eq!(found.warnings, []);
    let content = &found.drafts[0].content;
    assert_eq!(content.title, "Søren København");
    assert_eq!(content.metadata.to_value(), serde_json::json!({"phones": [["cell", "044 123"]]}));
    assert_eq!(content.media[0].size_bytes, Some(5));
}

#[test]
fn cards_without_address_or_name_are_kept() {
    let found = read(
        "BEGIN:VCARD\nFN:Only Name\nEND:VCARD\nBEGIN:VCARD\nORG:A Firm\nEND:VCARD\nBEGIN:VCARD\nVERSION:3.0\nEND:VCARD\n",
    );
    assert_eq!(kinds(&found), [WarningKind::MalformedRecord]);
    assert_eq!(found.people.len(), 1);
    assert_eq!(found.people[0].identities, [Identity::name("Only Name").unwrap()]);
    assert_eq!(found.drafts[1].content.title, "A Firm");
}

#[test]
fn missing_ends_are_warnings() {
    let found = read(
        "BEGIN:VCARD\nFN:One\nBEGIN:VCARD\nFN:Two\nAGENT:\nBEGIN:VCARD\nFN:Agent\nEND:VCARD\nEND:VCARD\nBEGIN:VCARD\nFN:Three",
    );
    assert_eq!(kinds(&found), [WarningKind::MalformedRecord, WarningKind::Truncated]);
    let titles: Vec<_> = found.drafts.iter().map(|draft| draft.content.title.as_str()).collect();
    assert_eq!(titles, ["One", "Two", "Three"]);
}

#[test]
fn tables_of_both_generations_are_read() {
    let found = table(
        "\u{FEFF}Name Prefix,First Name,Last Name,File As,Nickname,Organization Name,Organization Title,Birthday,Notes,Photo,Labels,Address 1 - Label,Address 1 - Formatted,Event 1 - Label,Event 1 - Value,Website 1 - Value\nDr.,Bo,Berg,,Bobo,Berg AG,Boss,1980-06-12,\"two\nlines\",https://photo.example/1,* myContacts,Home,\"Way 2\n3000 Bern\",Anniversary,2001-01-01,https://bo.example\nfar,too,many,a,b,c,d,e,f,g,h,i,j,k,l,m,n\nshort\n",
    );
    assert_eq!(kinds(&found), [WarningKind::MalformedRecord, WarningKind::BadValue]);
    let content = &found.drafts[0].content;
    assert_eq!(content.title, "Dr. Bo Berg");
    assert_eq!(content.text, "Berg AG, Boss\nBobo\nWay 2, 3000 Bern\nhttps://bo.example\ntwo\nlines");
    assert_eq!(content.labels.as_slice(), ["myContacts"]);
    let metadata = content.metadata.to_value();
    assert_eq!(metadata["birthday"], "1980-06-12");
    assert_eq!(metadata["properties"][0], serde_json::json!(["Photo", "https://photo.example/1"]));
    assert_eq!(found.drafts.len(), 2);
}

#[test]
fn cards_and_tables_are_recognised() {
    let peek = |head| Peek { path: "a", size_bytes: None, head };
    assert!(VCards.recognises(&peek(b"BEGIN:VCARD\r\nVERSION")));
    assert!(!VCards.recognises(&peek(b"BEGIN:VCALENDAR")));
    assert!(ContactsCsv.recognises(&peek(b"Name,Given Name,Family Name,Notes\nx")));
    assert!(ContactsCsv.recognises(&peek(b"First Name,Middle Name,Last Name,File As,Labels\r\n")));
    assert!(!ContactsCsv.recognises(&peek(b"First Name,Last Name,Order\n")));
}

#[test]
fn the_samples_give_their_cards() {
    let samples = "../../../shared/samples/google-takeout/";
    let voice = "wjcarpenter-gvoice-sms-takeout-xml/test_data/Takeout/Voice/Calls/";
    for (file, cards) in [
        ("lbeder-google-voice-takeout-merger/docs/samples/regular/in/contacts.vcf".to_owned(), 16),
        (format!("{voice}+17323217777 - Text - 2021-01-22T01_33_43Z-5-1.vcf"), 1),
        (format!("{voice}Group Conversation - 2021-07-13T21_25_26Z-3-1.vcf"), 1),
    ] {
        let Ok(bytes) = std::fs::read(format!("{samples}{file}")) else {
            eprintln!("skipped: no sample at {samples}{file}");
            return;
        };
        let found = collect(&VCards, &file, &bytes);
        assert_eq!(
            (found.drafts.len(), found.people.len(), found.warnings.len()),
            (cards, cards, 0),
            "{file}"
        );
    }
}

proptest! {
    #[test]
    fn any_bytes_end_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = (collect(&VCards, "a", &bytes), collect(&ContactsCsv, "a", &bytes));
    }

    #[test]
    fn broken_cards_and_tables_end_without_panic(lines in proptest::collection::vec(prop_oneof![
        Just("BEGIN:VCARD\n".to_owned()), Just("END:VCARD\n".to_owned()), Just("AGENT:\n".to_owned()),
        "(N|FN|TEL|ADR|ORG|PHOTO|item1.X-ABLabel|item1.EMAIL)(;TYPE=[a-z,]{0,5}|;ENCODING=b)?:[a-z;,\\\\=é]{0,12}\n", "\\PC{0,20}\n",
    ], 0..30)) {
        let text = lines.concat();
        let _ = collect(&VCards, "a", text.as_bytes());
        let _ = collect(&ContactsCsv, "a", format!("First Name,File As,E-mail 1 - Value,Phone 1 - Label\n{text}").as_bytes());
    }
}
