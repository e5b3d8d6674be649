//! Contacts: vCard files; the same card lies in the file of everybody and in those of its labels.

use crate::dice::Dice;
use crate::person::Friend;
use crate::plan::Plan;
use crate::truth::{Found, Sort};
use dp_model::Kind;

const CONTACT: Sort = ("google.contacts", Kind::Contact);

/// A vCard file of all friends, or of every second.
pub(crate) fn cards(plan: &Plan, only_own: bool, found: &mut Found<'_>) -> String {
    let mut out = String::new();
    for (number, friend) in plan.friends.iter().enumerate() {
        if only_own && number % 2 == 1 {
            continue;
        }
        out.push_str(&card(plan, number, friend));
        found.document(CONTACT, number as u64);
        if let Some(identity) = friend.email.as_ref().or(friend.phone.as_ref()) {
            found.contact(identity);
        } else {
            // Only a name: a person or not, as the importer sees it.
            found.stranger(&friend.name());
        }
    }
    out
}

fn card(plan: &Plan, number: usize, friend: &Friend) -> String {
    let mut dice = Dice::of(plan.seed, "card", number as u64);
    let mut lines = vec![
        "BEGIN:VCARD".to_owned(),
        "VERSION:3.0".to_owned(),
        format!("FN:{}", friend.name()),
        format!("N:{};{};;;", friend.family, friend.given),
    ];
    if let Some(email) = &friend.email {
        lines.push(format!("item1.EMAIL;TYPE=INTERNET:{email}"));
        lines.push("item1.X-ABLabel:Studio".to_owned());
    }
    if let Some(phone) = &friend.phone {
        lines.push(format!("TEL;TYPE=CELL:{phone}"));
    }
    if dice.chance(0.3) {
        lines.push(format!("BDAY:--{:02}{:02}", dice.between(1, 12), dice.between(1, 28)));
    }
    if dice.chance(0.25) {
        // Longer than a line, so it is folded.
        let note = plan.words.sentence(&mut dice).replace(',', "\\,");
        let cut = (60..note.len()).find(|&at| note.is_char_boundary(at)).unwrap_or(note.len());
        lines.push(format!("NOTE:{}", &note[..cut]));
        if cut < note.len() {
            lines.push(format!(" {}", &note[cut..]));
        }
    }
    if dice.chance(0.2) {
        lines.push("ORG:Werkstatt am Fluss".to_owned());
    }
    lines.push("CATEGORIES:myContacts,Friends".to_owned());
    lines.push("END:VCARD".to_owned());
    lines.join("\r\n") + "\r\n"
}
