//! Things that happened more than once, so that only the date or the place in the question tells which
//! is meant: pairs planted years apart, and stays on journeys.

use super::{Row, rows};

/// The page of the story that search by meaning was made for.
pub(super) const STORY: &[Row] = rows! {
    Visited "How deep rest helps the brain keep what it learned" => "that article on sleep and memory I read in {when}"
};

/// Share of the life at which the story's page was read; in the default life a spring day.
pub(super) const STORY_AT: f64 = 0.958;

/// Each is planted twice, at these shares of the life.
pub(super) const TWICE: &[(f64, f64, &[Row])] = &[
    (
        0.26,
        0.71,
        rows! { Appointment "Guided tour of the tile museum, Lisbon" "Meet under the blue panel at the cloister." => "the museum tour in Lisbon in {when}" },
    ),
    (
        0.13,
        0.53,
        rows! { Appointment "Puppet festival in Charleville" "Row 4, the giant opens at dusk." => "puppet festival in {when}" },
    ),
    (
        0.33,
        0.94,
        rows! { Appointment "Eye examination" "No driving for three hours, the drops widen the pupils." => "when I had my eyes examined in {when}" },
    ),
    (
        0.18,
        0.64,
        rows! { Mail "Your booking in Ghent" "Two nights at the canal house, breakfast with waffles included." => "hotel booking for Ghent in {when}" },
    ),
    (
        0.22,
        0.83,
        rows! { Mail "Ferry to Heligoland" "Departure at 9:30 from the old pier; the sea may be rough." => "the ferry to Heligoland in {when}" },
    ),
    (
        0.37,
        0.68,
        rows! { Mail "Ticket for the porcelain exhibition in Dresden" "Admission from ten, cloakroom in the basement." => "ticket for the exhibition in Dresden in {when}" },
    ),
    (
        0.45,
        0.79,
        rows! { Note "Shopping for the summer party in Lugano" "Lanterns, forty paper cups, ice, the long extension lead." => "shopping list for the party in Lugano in {when}" },
    ),
    (
        0.09,
        0.57,
        rows! { Note "Weight of the suitcase to Oslo" "22.4 with boots, 20.1 without." => "suitcase weight for Oslo in {when}" },
    ),
    (
        0.29,
        0.88,
        rows! { Visited "Night of the museums in Basel: programme" => "programme of the museum night in Basel I looked at in {when}" },
    ),
    (0.16, 0.49, rows! { Visited "Snow report for Andermatt" => "snow report for Andermatt in {when}" }),
    (
        0.24,
        0.75,
        rows! { Search "opening hours aquarium Genoa" => "aquarium in Genoa I searched for in {when}" },
    ),
    (0.41, 0.91, rows! { Watch "Carnival of Binche, live" => "carnival of Binche I watched in {when}" }),
];

/// Name of a place, and how its visitor remembers it.
pub(super) const STAYS: &[(&str, &str)] = &[
    ("Elétrico Museu", "the museum I visited in Lisbon in {when}"),
    ("Pastelaria Canela Fina", "the pastry shop in Lisbon where I was in {when}"),
    ("Livraria do Cais", "bookshop I went to in Lisbon in {when}"),
    ("古書店つきよ", "second-hand bookshop in Kyoto visited in {when}"),
    ("喫茶ゆきやなぎ", "the coffee house in Kyoto in {when}"),
    ("Jardin Secret d’Amina", "the garden in Marrakesh where I was in {when}"),
    ("牛肉麵之家", "beef noodle place in Taipei in {when}"),
    ("Nordlysobservatoriet", "observatory visited in Tromsø in {when}"),
    ("Boulangerie Flocon", "bakery in Montreal in {when}"),
    ("The Inkwell Bookshop", "bookshop in Edinburgh in {when}"),
    ("Sulphur Bath Nr. 7", "the thermal bath in Tbilisi in {when}"),
    ("Plattenladen Rille", "record shop in Hamburg in {when}"),
];
