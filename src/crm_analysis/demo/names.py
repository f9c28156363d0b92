"""The words of the made-up company: its goods, places, people and clients. None of them exists."""

from __future__ import annotations

#: (product, category, list price, unit cost); the price stands for a pack.
PRODUCTS: tuple[tuple[str, str, float, float], ...] = (
    ("Kraft box", "Boxes", 24.0, 15.6),
    ("Gift box", "Boxes", 38.0, 25.5),
    ("Pallet box", "Boxes", 96.0, 64.3),
    ("Wine carton", "Boxes", 42.0, 27.3),
    ("Paper bag", "Bags", 18.0, 11.9),
    ("Mailer bag", "Bags", 15.0, 9.9),
    ("Jute sack", "Bags", 33.0, 22.1),
    ("Paper fill", "Filling", 21.0, 13.7),
    ("Corner guard", "Filling", 12.0, 7.8),
    ("Label roll", "Tape", 9.5, 6.2),
    ("Paper tape", "Tape", 7.5, 5.0),
    ("String ball", "Tape", 6.0, 4.0),
)
#: How often each product is asked for, before the change of the mix.
PRODUCT_SHARES: tuple[float, ...] = (0.16, 0.11, 0.08, 0.08, 0.09, 0.07, 0.05, 0.10, 0.07, 0.08, 0.07, 0.04)
REGIONS: tuple[str, ...] = ("North", "East", "South", "West", "Islands")
REGION_SHARES: tuple[float, ...] = (0.26, 0.22, 0.22, 0.20, 0.10)
ACCOUNT_TYPES: tuple[str, ...] = ("direct", "reseller", "online shop")
ACCOUNT_SHARES: tuple[float, ...] = (0.55, 0.25, 0.20)
EMPLOYEES: dict[str, tuple[int, int]] = {"small": (2, 49), "medium": (50, 249), "large": (250, 1900)}

FIRST_NAMES = ("Ada", "Bo", "Cleo", "Dov", "Eda", "Finn", "Gus", "Ines", "Jörg", "Kit", "Liv", "Zoë")
LAST_NAMES = (
    "Quill",
    "Marrow",
    "Thimble",
    "Ødegrip",
    "Pebble",
    "Sorrel",
    "Tansy",
    "Umber",
    "Wicker",
    "Yarrow",
    "Burr",
    "Comfrey",
    "Dimity",
    "Fennimore",
    "Gorse",
    "Hazelgrim",
    "Juniper",
    "Kelpie",
    "Loosestrife",
)
TEAMS = ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir")
MANAGERS = (
    "Wanda Oakapple",
    "Piet Mossbank",
    "Úna Larchmere",
    "Otto Rushlight",
    "Ivy Fernhollow",
    "Sam Brackenby",
)

_HEADS = (
    "Fable",
    "Thimble",
    "Marzipan",
    "Gherkin",
    "Wobble",
    "Teapot",
    "Crumpet",
    "Snorkel",
    "Turnip",
    "Whistle",
    "Cobble",
    "Figment",
    "Gargle",
    "Inkling",
    "Lantern",
    "Mitten",
    "Owlet",
    "Parsnip",
    "Quibble",
    "Rhubarb",
    "Tumble",
    "Übermut",
    "Smörgås",
    "Piñata",
    "Crème",
    "Ørret",
    "Brötchen",
    "Doily",
    "Bramble",
    "Custard",
    "Kazoo",
)
_TAILS = (
    "Fern",
    "Brook",
    "Sprocket",
    "Pebble",
    "Spoon",
    "Ribbon",
    "Feather",
    "Candle",
    "Bucket",
    "Plume",
    "Trumpet",
    "Barrow",
    "Dumpling",
    "Cravat",
    "Sundial",
    "Weasel",
    "Marmot",
    "Haystack",
    "Bobbin",
    "Pantaloon",
    "Größling",
    "Čajník",
    "Thistle",
    "Newt",
    "Gable",
    "Bellows",
    "Noggin",
    "Tassel",
    "Puddle",
)
_FORMS = (
    "{head} & {tail} Ltd",
    "{head} {tail} GmbH",
    "{tail} and {head} Oy",
    "{head}'s {tail}s AB",
    "Old {tail} {head} Co.",
    "{head} {tail} & Daughters",
    "{tail}, {head} & Moss",
)
_PLACES = ("", "Upper ", "Nether ", "Little ", "Greater ", "Far ", "Merry ", "Sunny ", "Foggy ")
LONG_NAME = (
    "The Honourable Guild of Left-Handed Teapot Polishers and Associated Ribbon Merchants of Lower Dithering "
    "GmbH & Co. KG"
)
_LONG_AT = 17


def firm(number: int) -> str:
    """Name client ``number``; no two clients of a company share a name.

    Examples
    --------
    >>> firm(0), firm(1)
    ('Fable & Fern Ltd', "Teapot's Newts AB")
    """
    if number == _LONG_AT:
        return LONG_NAME
    count = len(_HEADS) * len(_TAILS) * len(_FORMS) * len(_PLACES)
    turn, place = divmod(number, count)
    # A stride without a common factor with the count walks through all of them in a mixed order.
    place = place * 47 * 107 % count
    place, form = divmod(place, len(_FORMS))
    place, head = divmod(place, len(_HEADS))
    place, tail = divmod(place, len(_TAILS))
    name = _PLACES[place] + _FORMS[form].format(head=_HEADS[head], tail=_TAILS[tail])
    return name if turn == 0 else f"{name} {turn + 1}"


def person(number: int) -> str:
    """Name owner ``number``.

    Examples
    --------
    >>> person(0), person(1)
    ('Ada Quill', 'Bo Marrow')
    """
    pairs = len(FIRST_NAMES) * len(LAST_NAMES)
    turn, place = divmod(number, pairs)
    name = f"{FIRST_NAMES[place % len(FIRST_NAMES)]} {LAST_NAMES[place % len(LAST_NAMES)]}"
    return name if turn == 0 else f"{name} {turn + 1}"
