//! What the person is interested in, as word lists: things, qualities, doings. `|` separates.

/// Things, qualities, doings.
pub(super) const TOPICS: &[(&str, &str, &str)] = &[
    // baking
    (
        "sourdough starter|rye loaf|hydration|banneton|dutch oven|croissant|brioche|poolish|autolyse|crust|crumb|proofing basket|bread flour|lamination|cinnamon rolls|focaccia|spelt|baking stone|oven spring|scoring blade|sponge cake|shortcrust|meringue|puff pastry|ciabatta|bagels|malt|levain|steam oven|cardamom buns",
        "overnight|no-knead|wholegrain|crispy|underproofed|slow-fermented|enriched|gluten-free|high-hydration|rustic|buttery|seeded",
        "shape|proof|score|feed|laminate|knead|fold|bake|store|freeze|rescue|scale up",
    ),
    // sailing
    (
        "spinnaker|tiller|mooring line|keel boat|bilge pump|sea chart|anchor chain|jib sheet|bowline|tide table|mast step|rudder|life jacket|dinghy|winch handle|sailcloth|harbour fee|compass rose|reefing|catamaran|knot board|echo sounder|boat trailer|antifouling|log book|gybe",
        "windward|leeward|seaworthy|wooden|inflatable|racing|storm-proof|second-hand|tidal|offshore",
        "tack|reef|moor|rig|splice|varnish|launch|tow|steer|capsize",
    ),
    // rust programming
    (
        "borrow checker|lifetimes|async runtime|trait objects|iterator adaptors|error handling|workspace|macro hygiene|const generics|unsafe code|pinning|channels|benchmarks|allocator|zero-copy parser|generic associated types|closures|pattern matching|tokio tasks|serde derive|build script|cross compilation|fuzzing|linker errors|smart pointers|send and sync",
        "idiomatic|generic|zero-cost|asynchronous|thread-safe|embedded|incremental|monomorphised|fallible|lock-free",
        "implement|refactor|debug|profile|test|compile|document|avoid|benchmark|migrate",
    ),
    // cycling
    (
        "gravel bike|derailleur|tubeless tyres|bottom bracket|chain wear|mountain pass|bike packing|saddle height|disc brakes|cassette|power meter|handlebar tape|panniers|cadence|route planner|climbing wheels|inner tube|headset|dynamo hub|bike lane|time trial|cyclocross|helmet|multi-tool|velodrome|winter training",
        "steep|tubeless|carbon|steel-framed|lightweight|creaking|wet-weather|long-distance|aerodynamic|beginner",
        "adjust|climb|replace|clean|true|plan|ride|descend|bleed|upgrade",
    ),
    // gardening
    (
        "tomato seedlings|raised bed|compost heap|slug control|pruning shears|rhubarb|mulch|greenhouse|balcony herbs|soil acidity|wildflower meadow|rose cuttings|drip irrigation|lavender|crop rotation|heirloom beans|aphids|bulb planting|hedgehog house|worm bin|kale|strawberries|frost protection|leaf mould|grafting|ornamental grasses",
        "shade-loving|drought-tolerant|perennial|organic|frost-hardy|edible|native|self-seeding|potted|early",
        "sow|prune|transplant|water|harvest|propagate|compost|mulch|overwinter|thin out",
    ),
    // jazz
    (
        "bebop|modal harmony|walking bass|drum brushes|hard bop|big band|tritone substitution|trumpet mute|saxophone reed|jam session|standards|vinyl pressing|swing feel|piano voicings|vibraphone|live recording|quintet|double bass|improvisation|transcription|blue note scale|vocalese|record fair|reharmonisation|ballad|clarinet",
        "cool|late-night|remastered|spiritual|unreleased|syncopated|melancholy|live|rare|acoustic",
        "transcribe|practise|improvise|listen to|collect|reharmonise|record|comp|swing|arrange",
    ),
    // astronomy
    (
        "meteor shower|globular cluster|dobsonian telescope|andromeda galaxy|lunar eclipse|exoplanet transit|nebula filter|star trails|light pollution|saturn rings|solar halo|equatorial mount|eyepiece|comet tail|milky way|redshift|variable star|dark matter|space probe|spectroscopy|planetary conjunction|aurora forecast|finder scope|binary star|deep sky|observatory",
        "faint|bright|wide-field|amateur|infrared|distant|rotating|visible|total|partial",
        "observe|photograph|collimate|locate|stack|sketch|predict|track|resolve|calibrate",
    ),
    // taxes
    (
        "tax return|deduction|withholding|home office|pension fund|wealth tax|invoice template|receipt scanner|commuting costs|capital gains|municipal rate|filing deadline|extension request|third pillar|childcare costs|double taxation|tax certificate|assessment notice|value added tax|depreciation|freelance income|bank statement|savings account|mortgage interest|donations|audit letter",
        "joint|deductible|late|provisional|foreign|cantonal|self-employed|taxable|retroactive|annual",
        "file|deduct|declare|extend|appeal|calculate|submit|estimate|archive|correct",
    ),
    // travel
    (
        "night train|hostel|luggage allowance|rail pass|ferry timetable|mountain hut|city walk|visa form|travel adapter|boarding pass|coastal path|tea house|old town|street market|hot spring|lighthouse|packing list|phrase book|layover|window seat|scenic railway|harbour|botanical garden|border crossing|guest house|cable car",
        "cheap|scenic|off-season|overnight|direct|hidden|quiet|family-run|last-minute|walkable",
        "book|pack|reach|explore|cancel|compare|plan|visit|cross|photograph",
    ),
    // cooking
    (
        "ramen broth|chickpea stew|miso paste|cast iron pan|chili oil|risotto|pickled radish|dumpling wrappers|saffron|tagine|green curry|lentil soup|knife sharpening|fermented cabbage|pasta machine|roasted squash|umami|olive tapenade|rice cooker|coconut milk|tahini|pressure cooker|lemongrass|smoked paprika|shakshuka|polenta",
        "spicy|vegan|slow-cooked|smoky|creamy|quick|leftover|seasonal|tangy|toasted",
        "simmer|roast|ferment|braise|season|chop|marinate|reheat|pickle|fry",
    ),
    // photography
    (
        "prime lens|film scanner|darkroom|tripod head|golden hour|shutter speed|colour grading|contact sheet|light meter|macro ring|street portrait|medium format|lens cap|raw converter|exposure bracket|tilt shift|print paper|histogram|bokeh|polaroid|negative sleeve|focus peaking|rangefinder|flash diffuser|panorama|camera strap",
        "grainy|sharp|overexposed|vintage|monochrome|backlit|handheld|long-exposure|candid|wide-angle",
        "develop|scan|crop|frame|expose|retouch|print|archive|focus|meter",
    ),
    // hiking
    (
        "ridge walk|trail marker|water filter|hiking boots|summit cross|glacier tongue|map sheet|trekking poles|alpine meadow|via ferrata|avalanche bulletin|rain shell|bivouac|blister plaster|waterfall loop|pass road|marmot|scree field|hut warden|elevation profile|gorge bridge|cairn|first aid kit|snow bridge|panorama trail|thunderstorm",
        "exposed|snow-covered|circular|well-marked|two-day|remote|easy|muddy|high-alpine|forested",
        "climb|descend|cross|mark|turn back from|reach|traverse|plan|skirt|overnight at",
    ),
    // health
    (
        "physiotherapy|knee pain|vitamin D|blood pressure|pollen count|dentist appointment|posture|contact lenses|migraine diary|iron levels|running shoes|stretching routine|vaccination record|back exercises|eye strain|hearing test|sprained ankle|hay fever|resting pulse|tooth guard|insurance claim|flu season|massage gun|sun cream|tendon|meditation timer",
        "mild|recurring|seasonal|gentle|daily|chronic|persistent|preventive|sore|stiff",
        "treat|relieve|strengthen|measure|prevent|stretch|recover from|check|renew|soothe",
    ),
    // home
    (
        "boiler valve|washing machine|squeaky floor|bookshelf|paint sample|window seal|rental contract|radiator|smoke detector|laundry room|moving boxes|mattress|ceiling lamp|key copy|drill bit|curtain rail|dishwasher filter|housewarming|extension cord|spare key|cellar compartment|wall anchor|limescale|heat pump|sofa cover|recycling calendar",
        "leaking|second-hand|noisy|broken|compact|energy-saving|wobbly|borrowed|wooden|dusty",
        "repair|descale|mount|assemble|return|paint|replace|label|move|insulate",
    ),
    // books
    (
        "reading list|library card|short stories|translated novel|poetry collection|audiobook|book club|second volume|footnotes|memoir|detective series|graphic novel|essay collection|cliffhanger|unreliable narrator|first edition|book swap|bestseller|biography|fairy tales|science fiction|sequel|chapter draft|bookmark ribbon|paperback|epilogue",
        "gripping|forgotten|overlong|prize-winning|illustrated|annotated|out-of-print|lyrical|slow|debut",
        "finish|borrow|recommend|reread|review|annotate|lend|return|summarise|shelve",
    ),
    // science
    (
        "plate tectonics|mushroom network|coral bleaching|quantum computer|gene editing|glacier melt|bird migration|octopus brain|prime numbers|tidal power|fusion reactor|insect decline|battery chemistry|ocean currents|fossil find|bayesian statistics|microplastics|gravitational waves|honeybee dance|volcano alert|protein folding|chaos theory|weather balloon|lichen|permafrost|superconductors",
        "surprising|peer-reviewed|ancient|controversial|artificial|microscopic|global|reproducible|early|rare",
        "explain|measure|simulate|discover|compare|model|observe|publish|verify|visualise",
    ),
];

/// Openings of sentences.
pub(super) const OPENINGS: &str = "I keep thinking about|Yesterday we talked about|It turns out that everybody has an opinion on|The second half is mostly about|Please have a look at|Nobody warned me about|Last week I tried|There is a long article on|We should finally sort out|My neighbour swears by|I took a few notes on|The workshop covered|Before the holidays I want to read about|This reminds me of|I found an old letter about|The short answer is|On the train I read about|Sooner or later one has to face|What surprised me most was|You asked about|The whole evening was about|I still have questions on|A friend of a friend sells|Here is what I learned from|The manual says little about";

/// Endings of sentences.
pub(super) const ENDINGS: &str = "and it was worth the effort|but only after three attempts|which explains a lot|although the weather was against us|so let me know what you think|before the end of the month|and I would do it again|without any special equipment|as the old book recommends|even if it takes all weekend|and the result was better than expected|because the first plan fell through|with a little help from the neighbours|for the third time this year|and then the power went out|despite the long queue|which nobody had mentioned|and the photos prove it|unless something comes up|at half the usual price|and that settled the argument|until the battery died|which is a story of its own|and we laughed all the way home|so I wrote it down here";

/// Frames of titles; `{a}` a quality, `{n}` and `{m}` things, `{v}` a doing, `{k}` a small number.
pub(super) const TITLES: &str = "How to {v} {n}|{n}: everything you need to know|The {a} guide to {n}|Why {n} matters|{k} {a} ideas for {n}|I tried {a} {n} for {k} days|{n} vs {m}|{a} {n} explained|The truth about {n}|{n} and {m} (full lecture)|Beginner mistakes with {n}|A short history of {n}|What nobody tells you about {a} {n}|{n} in {k} minutes|Can you {v} {n}?|{a} {n} - part {k}|The art of {n}|{v} {n} like a professional|Live Q&A: {n}|From {n} to {m}";

/// Frames of search queries.
pub(super) const QUERIES: &str = "{n}|{a} {n}|how to {v} {n}|{n} vs {m}|best {n}|{v} {n} at home|{n} near me|{n} {m}|why is my {n} {a}|{n} price|{a} {n} review|{n} meaning|can you {v} {n}|{n} {y}|{n} tutorial|cheap {n}|{w} {n}|{w}|{n} {w}";
