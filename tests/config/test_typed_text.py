"""Text as people type and paste it."""

import unicodedata

from config.typed_text import clean_typed, drop_unseen, find_digits, plain_digits

CLEANED = {
    " anna ": "anna",
    "\u200banna\ufeff": "anna",
    "an\u00adna\u2060": "anna",
    "\u202aanna\u202c": "anna",
    "\u200eanna\u200f": "anna",
    "an\u200dna\u200c": "anna",
    "anna\ufe0f\ufe0e": "anna",
    "an\u034fna\u3164\uffa0": "anna",
    "a\U000e0061nna\U000e007f": "anna",
    "\u00a0Anna\u202fMiller\u3000\u2800": "Anna Miller",
    "Cafe\u0301": "Café",
    "\u200b\ufeff\u2060": "",
    "\u2066анна\u2069": "анна",
    "東京\u200b電力": "東京電力",
}
AS_SEEN = (
    "نان\u200cوایی تازه",  # parted by ZWNJ
    "می\u200cخواهم ه\u200d",
    "राष्ट्रीय क्\u200dषेत्र",
    "র\u200d্য ক্\u200cষ",
    "ක්\u200dෂය",
    "👩\u200d🍳 👩🏽\u200d🍳 ❤️\u200d🔥 🏳️\u200d🌈",
    "❤️ 1\ufe0f\u20e3",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # the flag of England
    "葛\U000e0100飾",
    "مخبز النور\u200f (2)",  # the mark that an Arabic or Hebrew keyboard types
    "מאפיית השלום \u200e24/7",
)
CODES = {
    "456260": "456260",
    " 456 260 ": "456260",
    "456-260.": "456260",
    "4 5 6 2 6 0": "456260",
    "456\u00a0260": "456260",
    "٤٥٦٢٦٠": "456260",
    "۴۵۶۲۶۰": "456260",
    "४५६२६०": "456260",
    "４５６２６０": "456260",
    "৪৫৬২৬০": "456260",
    "456\u2011260": "456260",
    "456–260": "456260",
    "456－260": "456260",
    "\u200b456260\ufeff": "456260",
    "𝟒𝟓𝟔𝟐𝟔𝟎": "456260",
    "④⑤⑥②⑥⓪": "456260",
    "❹❺❻❷❻⓿": "456260",
    "4️⃣5️⃣6️⃣2️⃣6️⃣0️⃣": "456260",
    "456：260": "456260",
    "٤٥٦٬٢٦٠": "456260",
    "456_260": "456260",
    "456’260": "456260",
    "G-456260": "456260",
    "Code: 456260.": "456260",
    "456260 (30.11.2026)": "456260",
    "Your code is 456260 (valid for 10 minutes)": "456260",
    "456260\n456260": "456260",
    "45626": None,
    "4562601": None,
    "456260 or 123456": None,
    "": None,
    "½5626": None,
    "45626²": None,
}


def test_clean_typed_drops_unseen_marks():
    assert {text: clean_typed(text) for text in CLEANED} == CLEANED
    assert {text: clean_typed(text) for text in CLEANED.values()} == {text: text for text in CLEANED.values()}


def test_clean_typed_keeps_needed_marks():
    assert {text: clean_typed(text) for text in AS_SEEN} == {
        text: unicodedata.normalize("NFC", text) for text in AS_SEEN
    }


def test_drop_unseen_leaves_no_mark():
    assert drop_unseen("a\u200db\u200c\ufe0f\u200ec\u00a0") == "abc "


def test_plain_digits_keeps_other_letters():
    assert plain_digits("KD\u2011۱۲۳ x") == "KD-123 x"


def test_find_digits_reads_any_script():
    assert {text: find_digits(text, 6) for text in CODES} == CODES


def test_find_digits_accepts_several_lengths():
    texts = {"1234-5678": "12345678", "456260. 10 minutes": "456260", "123456 12345678": None, "1234567": None}

    assert {text: find_digits(text, 6, 8) for text in texts} == texts
