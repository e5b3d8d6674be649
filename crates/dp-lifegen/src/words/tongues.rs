//! Fragments of other languages that combine into queries, titles and sentences. `|` separates.

/// How fragments of a language are put together.
pub(super) struct Tongue {
    /// First fragments.
    pub(super) heads: &'static str,
    /// Second fragments.
    pub(super) tails: &'static str,
    /// What stands between them.
    pub(super) space: &'static str,
    /// What ends a sentence.
    pub(super) stop: &'static str,
}

/// The languages of the person's family, friends and travels, the most frequent first.
pub(super) const TONGUES: &[Tongue] = &[
    // de
    Tongue {
        heads: "Sauerteigbrot|Steuererklärung|Velotour|Schlafrhythmus|Gemüsebeet|Nachtzug|Wanderkarte|Hörspiel|Rückenschmerzen|Balkonpflanzen|Käsefondue|Sternwarte|Mietvertrag|Fahrplanänderung|Hausmittel|Büchertausch|Zürichsee|Föhnwetter|Größentabelle|Kühlschrank|Weihnachtsgebäck|Krankenkasse",
        tails: "für Anfänger|selber machen|in der Nähe|über Nacht|günstig kaufen|Öffnungszeiten|richtig pflegen|ohne Hefe|im Winter|Erfahrungen|mit Kindern|am Wochenende|häufige Fehler|Schritt für Schritt|wieder verwenden|und was danach kam",
        space: " ",
        stop: ".",
    },
    // fr
    Tongue {
        heads: "recette de brioche|horaires du marché|sommeil paradoxal|vélo d’occasion|jardin d’hiver|concert de jazz|déclaration d’impôts|crème fraîche|randonnée facile|château fort|pluie d’étoiles|librairie ancienne|médecin de garde|forêt enchantée|garçon de café|élève modèle",
        tails: "à Genève|pour débutants|près de chez moi|sans beurre|où trouver|cet été|en français|à la maison|très bon marché|avec des œufs|après la fête|déjà vu|comme à l’école|jusqu’à Noël",
        space: " ",
        stop: ".",
    },
    // ja
    Tongue {
        heads: "京都の|美味しい|天体望遠鏡の|睡眠と|自転車の|温泉旅館の|ジャズ喫茶の|初心者向け|手作り|東京駅近くの|抹茶|盆栽の|図書館の|写真展の|夜行列車の",
        tails: "おすすめ|作り方|記憶の関係|修理方法|予約|歴史|味噌ラーメン|パン屋|選び方|営業時間|育て方|使い方|行き方|入門書",
        space: "",
        stop: "。",
    },
    // zh
    Tongue {
        heads: "台北|自制|周末|古典|如何|最好的|城市|夜市|四川|春节|天文|睡眠|咖啡馆|图书馆|山区",
        tails: "牛肉面|酸面包|骑行路线|音乐会|改善记忆力|望远镜|植物园|小吃推荐|火锅底料|火车票|观测指南|质量研究|开放时间|徒步攻略",
        space: "",
        stop: "。",
    },
    // th
    Tongue {
        heads: "วิธีทำ|ร้านอาหาร|ตลาดน้ำ|รถไฟกลางคืน|สูตร|โรงแรม|ดูดาว|เรียนภาษา|สวนสมุนไพร|ดนตรีแจ๊ส|นอนหลับ",
        tails: "ขนมปัง|ใกล้ฉัน|เชียงใหม่|แกงเขียวหวาน|กรุงเทพ|ราคาถูก|สำหรับมือใหม่|ที่บ้าน|บนภูเขา|เปิดกี่โมง|ให้ดีขึ้น",
        space: "",
        stop: " ",
    },
    // ar
    Tongue {
        heads: "وصفة خبز|مواعيد القطار|تحسين النوم|سوق مراكش|رصد النجوم|إصلاح الدراجة|حديقة صغيرة|موسيقى الجاز|كتاب الطبخ|طريق الجبل",
        tails: "في المنزل|للمبتدئين|بالقرب مني|بدون خميرة|في الشتاء|مع الأطفال|بسعر جيد|خطوة بخطوة|هذا الأسبوع|قبل السفر",
        space: " ",
        stop: ".",
    },
    // ru
    Tongue {
        heads: "ржаной хлеб|ночной поезд|звёздное небо|ремонт велосипеда|сон и память|джазовый концерт|налоговая декларация|дачный участок|грибной суп|старая библиотека|горная тропа",
        tails: "своими руками|для начинающих|рядом со мной|без дрожжей|зимой|отзывы|на выходных|расписание|пошаговый рецепт|ещё раз|в подарок",
        space: " ",
        stop: ".",
    },
];
