//! Who is in the life: the person, their friends, the channels they follow, the sites they read.
//! All invented; mail addresses and sites are under example domains.

use crate::dice::Dice;
use crate::words::{capitalised, rare_word};

/// Name of the person.
pub(crate) const NAME: &str = "Mira Solberg";
/// Mail address of the person.
pub(crate) const EMAIL: &str = "mira.solberg@example.org";

/// Somebody the person knows.
#[derive(Debug, Clone)]
pub(crate) struct Friend {
    pub(crate) given: String,
    pub(crate) family: String,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
}

impl Friend {
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.given, self.family)
    }
}

const GIVEN: &[&str] = &[
    "Ida",
    "Noé",
    "Levin",
    "Amara",
    "Tomoko",
    "Jonas",
    "Zeynep",
    "Mateo",
    "Oksana",
    "Henrik",
    "Priya",
    "Luca",
    "Maëlle",
    "Søren",
    "Yara",
    "Anton",
    "Beatriz",
    "Cyril",
    "Dunja",
    "Eamon",
    "Farid",
    "Greta",
    "Håkon",
    "Ines",
    "Jürgen",
    "Kaito",
    "Leila",
    "Małgorzata",
    "Nils",
    "Olive",
    "Pavel",
    "Quirin",
    "Rosalind",
    "Stellan",
    "Theo",
    "Ulrike",
    "Viggo",
    "Wanda",
    "Xenia",
    "Yusuf",
    "Zoé",
    "Björn",
    "Chiara",
    "Desmond",
    "Elif",
    "Fionn",
];
const FAMILY: &[&str] = &[
    "Achterberg",
    "Brännström",
    "Caldeira",
    "Dorval",
    "Eschenmoser",
    "Fjellheim",
    "Grünwaldt",
    "Hayashida",
    "Ibarrola",
    "Jankowska",
    "Kestrelby",
    "Lindqvarn",
    "Morvant",
    "Nørgaard",
    "Okonjira",
    "Papadellis",
    "Quillfeather",
    "Rosenquell",
    "Szymborek",
    "Tavernay",
    "Umlauff",
    "Vermeylen",
    "Wachsmann",
    "Xylander",
    "Yıldıray",
    "Zumbrunnen",
    "Ødegaard-Lie",
    "Petrovsky",
    "Castellane",
    "Benhaddou",
    "Marchetto",
    "Ströbele",
];

/// Friends that questions ask for; always there.
const PLANTED: &[(&str, &str, &str, &str)] = &[
    ("Jürgen", "Öztürk-Lindqvarn", "juergen.oeztuerk@example.org", "+41 44 555 01 17"),
    ("Aïcha", "Benhaddou", "aicha.benhaddou@example.com", "+212 555 019 284"),
    ("朋子", "林田", "tomoko.hayashida@example.net", "+81 75 555 0192"),
    ("Wilhelmina", "Quasthoff", "wilhelmina.quasthoff@example.com", "+49 30 5550 1234"),
];

/// Friends in order of closeness.
pub(crate) fn friends(seed: u64, count: usize) -> Vec<Friend> {
    let planted = PLANTED.iter().map(|&(given, family, email, phone)| Friend {
        given: given.to_owned(),
        family: family.to_owned(),
        email: Some(email.to_owned()),
        phone: Some(phone.to_owned()),
    });
    let invented = (PLANTED.len()..count.max(PLANTED.len() + 8)).map(|index| {
        let mut dice = Dice::of(seed, "friend", index as u64);
        let (given, family) = (dice.pick(GIVEN), dice.pick(FAMILY));
        let reachable = !dice.chance(0.05);
        // The number makes each address one person's.
        let email = (reachable && dice.chance(0.9))
            .then(|| format!("{}.{index}@example.{}", plain(family), dice.pick(&["org", "com", "net"])));
        let phone = reachable.then(|| format!("+41 79 555 {:02} {:02}", index / 100, index % 100));
        Friend { given: (*given).to_owned(), family: (*family).to_owned(), email, phone }
    });
    planted.chain(invented).collect()
}

/// ASCII letters of a name, lower-cased.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_lowercase()
}

/// A channel of videos or music.
#[derive(Debug, Clone)]
pub(crate) struct Channel {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// The channel with this number.
pub(crate) fn channel(seed: u64, index: usize) -> Channel {
    let mut dice = Dice::of(seed, "channel", index as u64);
    let first = capitalised(&rare_word(7_000 + index * 3));
    let name = match dice.below(6) {
        0 => format!("{first} Workshop"),
        1 => format!("The {first} Channel"),
        2 => format!("Studio {first} 工房"),
        3 => format!("{} & {first}", dice.pick(GIVEN)),
        4 => format!("Küche {first}"),
        _ => format!("{first}TV"),
    };
    Channel { id: format!("UC{}", dice.token(22)), name }
}

/// The artist with this number, as a music channel.
pub(crate) fn artist(seed: u64, index: usize) -> Channel {
    let mut dice = Dice::of(seed, "artist", index as u64);
    let name = match dice.below(4) {
        0 => format!("{} {}", dice.pick(GIVEN), capitalised(&rare_word(index * 5))),
        1 => format!("The {} Quintet", capitalised(&rare_word(index * 5))),
        2 => format!("Orchestre {}", capitalised(&rare_word(index * 5))),
        _ => capitalised(&rare_word(index * 5)),
    };
    Channel { id: format!("UC{}", dice.token(22)), name }
}

/// The host name with this number.
pub(crate) fn site(index: usize) -> String {
    let second = rare_word(index * 11 + 3);
    match index % 4 {
        0 => format!("www.{second}.example"),
        1 => format!("{second}.example.org"),
        2 => format!("blog.{second}.example"),
        _ => format!("{second}.example.com"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_friend_has_an_address_of_their_own() {
        let friends = friends(7, 180);
        let emails = friends.iter().filter_map(|friend| friend.email.as_deref()).collect::<Vec<_>>();
        assert_eq!(emails.iter().collect::<HashSet<_>>().len(), emails.len());
        assert!(emails.iter().all(|email| email.contains("@example.")));
    }
}
