/// Words that hold a listed one, look like one, or are made one by folding; none may be hit.
enum InnocentWords {
    static let listed = [
        "ass", "tit", "tits", "cum", "cock", "dick", "cunt", "shit", "fag", "sex", "anal", "rape", "raping", "slut",
        "homo", "butt",
        "piss", "crap", "damn", "hell", "hoe", "nig", "spic", "paki", "wank", "twat", "porn", "pussy", "penis",
        "vagina", "arse",
        "bum", "fuck", "bitch", "whore", "sot", "nitwit", "péter", "coño", "göt", "jätkä", "hård", "sås", "сука",
        "дура",
    ]

    static let all = """
        Scunthorpe Penistone Essex Sussex Middlesex Cockburn Hancock peacock cockpit cocktail shuttlecock stopcock Dickens Dickinson
        assassin assess assessment asset assets assign assist assistant associate assume assumption assure class classic glass grass
        pass passage passenger passion bass brass mass massive embassy ambassador compass harass cassette Massachusetts hassle lasso
        title titan titanium entitle constitution petition competition appetite attitude altitude latitude institute substitute
        cumin cucumber document circumstance accumulate cumulative incumbent encumber scum success
        analysis analyst analogue canal banal analytics penal
        grape drape scrape skyscraper therapist rapping wrapping trapeze parapet
        shell shellfish hello Othello Michelle seashell Shelley
        button butter butterfly buttress rebuttal abutment
        crape scrap scrapbook craps
        damnation amnesia shoe hoes phoenix shoehorn
        night knight Nigeria Niger renege night-time
        spice spicy auspices conspicuous despicable
        Pakistan Pakistani napkin
        swank twattle
        pornography-free popcorn corn burn burned barn barns burns turnip
        pussycat-like octopussy platypus
        arsenal arsenic parse coarse sparse hoarse
        bumper album albums bumblebee
        homonym homogeneous Homer
        lesson Leicester sextant sextet unisex Sextus
        soot sots-in-training loot scoot
        Mbeki mishit-like peter Peter cono got SAS hard jatka gott
        сукацкий барсук придурковатый дурачок
        Wasserman Glasgow Lassie Cassandra Hassan
        clock click flick shiitake mushiitake
        """.split(whereSeparator: \.isWhitespace).map(String.init)
}
