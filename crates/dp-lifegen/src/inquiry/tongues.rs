//! Known things in other languages, asked for in their own language, and some of them in another one.

use super::{Row, rows};

/// Language, things with the question in it.
pub(super) const SAME: &[(&str, &[Row])] = &[
    (
        "de",
        rows! {
            Visited "Warum Schwäne im Winter nicht am Eis festfrieren" => "weshalb frieren Wasservögel nicht fest"
            Visited "Der letzte Glockengießer von Apolda" => "Handwerker, der Kirchenglocken gießt"
            Watch "Oma erklärt den Computer" => "Großmutter am Rechner"
            Watch "So wird ein Strandkorb geflochten" => "Korbmöbel für die Ostsee flechten"
            Search "Hexenschuss Wärme oder Kälte" => "Schmerzen im Kreuz kühlen oder wärmen"
            Mail "Kündigung des Fitnessstudios" "Wir bestätigen das Ende Ihres Vertrags zum 30. September." => "Vertrag mit dem Sportstudio beendet"
            Note "Geschenke Weihnachten" "Tante Hedwig: Wärmflasche. Onkel Kurt: Laubsäge. Lisbeth: Rollschuhe." => "was bekommt die Verwandtschaft an Heiligabend"
            Appointment "Elternabend im Kindergarten" "Thema: Zahnpflege und Laternenumzug." => "Treffen mit den Erzieherinnen"
        },
    ),
    (
        "fr",
        rows! {
            Visited "Pourquoi les chats retombent sur leurs pattes" => "comment un félin atterrit debout"
            Visited "Le dernier rémouleur de Nantes" => "artisan qui aiguise les couteaux"
            Watch "Fabriquer un cerf-volant en papier" => "jouet volant à construire soi-même"
            Watch "La traversée du désert à dos d’âne" => "voyage avec un âne dans le désert"
            Search "enlever une tache de cerise" => "nettoyer du jus de fruit sur un vêtement"
            Mail "Votre colis est arrivé" "Il vous attend chez le fleuriste de la rue des Lilas jusqu’à samedi." => "paquet à chercher chez le marchand de fleurs"
            Note "Codes de l’immeuble" "Porte d’entrée 58B2, garage 1907, local à poubelles sans code." => "chiffres pour ouvrir la maison"
            Appointment "Baptême de Léonie" "Apporter les dragées et la robe blanche." => "cérémonie à l’église pour la petite"
        },
    ),
    (
        "es",
        rows! {
            Visited "Por qué los flamencos son rosas" => "color de esas aves de patas largas"
            Visited "El pueblo que pinta sus puertas cada verano" => "aldea con entradas de colores"
            Watch "Cómo se fabrica una guitarra flamenca" => "construcción de un instrumento de cuerda andaluz"
            Search "quitar chicle del pelo" => "goma de mascar pegada en el cabello"
            Mail "Reunión de vecinos" "El ascensor se cambiará en mayo y cada piso pagará trescientos euros." => "junta de la comunidad sobre el elevador"
            Note "Deseos para el cumpleaños de Inés" "Una cometa, lápices de colores, un hámster no." => "regalos que quiere la niña"
            Appointment "Examen de conducir" "Llegar media hora antes con el carné." => "prueba para el permiso de coche"
        },
    ),
    (
        "it",
        rows! {
            Visited "Perché le lucciole lampeggiano" => "insetti che fanno luce di notte"
            Visited "L’ultimo arrotino di Ferrara" => "artigiano che affila i coltelli"
            Watch "Come si costruisce una gondola" => "barca veneziana fatta a mano"
            Search "macchia di caffè sul divano" => "pulire il sofà dall’espresso"
            Mail "Sciopero dei treni" "Venerdì non circolano i regionali; il biglietto vale anche sabato." => "ferrovie ferme per protesta"
            Note "Cose da dire al dottore" "Il ginocchio scricchiola, dormo male, le pastiglie blu sono finite." => "sintomi da raccontare in ambulatorio"
            Appointment "Battesimo di Tommaso" "Portare la candela e i confetti." => "cerimonia in chiesa del neonato"
        },
    ),
    (
        "pt",
        rows! {
            Visited "Por que os vaga-lumes estão desaparecendo" => "insetos luminosos em extinção"
            Visited "O alfaiate que veste os músicos de fado" => "costureiro de cantores em Lisboa"
            Watch "Como se faz um barco rabelo" => "construção da embarcação do Douro"
            Search "tirar cera do tapete" => "limpar vela derretida da alcatifa"
            Mail "A sua consulta foi adiada" "O dentista está doente; a nova data é quinta-feira às nove." => "médico dos dentes mudou a hora"
            Note "Alcunhas da família" "O tio Zeca é o Trovão, a avó é a Rainha, o primo é o Sapo." => "nomes engraçados dos parentes"
            Appointment "Ensaio do rancho" "Levar as castanholas e os lenços." => "treino do grupo de dança tradicional"
        },
    ),
    (
        "nl",
        rows! {
            Visited "Waarom ooievaars op één poot staan" => "vogel die op een been slaapt"
            Visited "De laatste klompenmaker van Enter" => "ambachtsman die houten schoenen maakt"
            Watch "Zo werkt een draaiorgel" => "hoe straatmuziek uit een pijpenkast komt"
            Search "kaarsvet uit tafelkleed" => "was verwijderen van textiel"
            Mail "Uw fietsenstalling" "Met ingang van maart betaalt u zes euro per maand voor uw plek." => "prijs voor het parkeren van mijn rijwiel"
            Note "Sinterklaas" "Jip: knikkers. Oma: pantoffels. Gedicht voor papa nog schrijven." => "cadeaus op vijf december"
            Appointment "Zwemdiploma van Fleur" "Handdoek en camera mee, tribune vanaf twee uur." => "examen van het meisje in het zwembad"
        },
    ),
    (
        "ja",
        rows! {
            Visited "金魚が長生きする水槽の選び方" => "金魚の飼育 水槽"
            Visited "消えゆく銭湯の煙突を描く画家" => "公衆浴場の絵を描く人"
            Watch "折り紙でふくろうを折る" => "ふくろうの折り方"
            Watch "猫が初めて雪を見た日" => "雪と猫の動画"
            Search "着物のしみ抜き" => "和服の汚れを落とす"
            Mail "町内会の餅つき大会" "日曜の朝九時に公園へ。杵と臼はこちらで用意します。" => "近所の餅つきの案内"
            Note "祖母の家の合言葉" "玄関の鍵は植木鉢の下、犬の名前は小太郎。" => "おばあちゃんの家の鍵の場所"
        },
    ),
];

/// Language of the question, and which thing of [`SAME`] it is about: its title begins with these words.
pub(super) const ACROSS: &[(&str, &str, &str)] = &[
    ("en", "Warum Schwäne", "why swans do not freeze to the ice in winter"),
    ("en", "Der letzte Glockengießer", "the last bell founder in Germany"),
    ("en", "Kündigung des Fitness", "gym contract terminated in September"),
    ("en", "Geschenke Weihnachten", "Christmas presents for aunt and uncle"),
    ("en", "Pourquoi les chats", "why cats land on their paws"),
    ("en", "Fabriquer un cerf-volant", "making a paper kite"),
    ("en", "Codes de l’immeuble", "door codes of the French building"),
    ("en", "Por qué los flamencos", "why flamingos are pink"),
    ("en", "Cómo se fabrica una guitarra", "how a flamenco guitar is made"),
    ("en", "Reunión de vecinos", "neighbours' meeting about replacing the elevator"),
    ("en", "Perché le lucciole", "why fireflies blink"),
    ("en", "Come si costruisce una gondola", "building a Venetian gondola"),
    ("en", "Sciopero dei treni", "train strike in Italy on Friday"),
    ("en", "O alfaiate", "tailor who dresses fado musicians"),
    ("en", "A sua consulta", "dentist is ill and postponed my appointment"),
    ("en", "Waarom ooievaars", "why storks stand on one leg"),
    ("en", "De laatste klompenmaker", "the last maker of wooden shoes"),
    ("en", "金魚が", "choosing a tank for goldfish"),
    ("en", "猫が初めて", "the day the cat first saw snow"),
    ("en", "着物の", "removing stains from a kimono"),
    ("de", "Pourquoi les chats", "warum Katzen auf den Pfoten landen"),
    ("de", "Perché le lucciole", "warum Glühwürmchen blinken"),
    ("fr", "Warum Schwäne", "pourquoi les cygnes ne gèlent pas sur la glace"),
    ("fr", "Por qué los flamencos", "pourquoi les flamants sont roses"),
    ("es", "Come si costruisce una gondola", "cómo se construye una góndola"),
    ("ja", "Waarom ooievaars", "コウノトリが片足で立つ理由"),
];
