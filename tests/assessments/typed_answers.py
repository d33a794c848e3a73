"""What people type in the scripts of the twelve states: right answers as phones and keyboards give them, and near misses that
a native reader would call another answer. Each names what says so.

Where only the order or the kind of the characters differs, they are written as escapes, or the two look alike here too.
"""

from __future__ import annotations

from typing import NamedTuple


class Typed(NamedTuple):
    """An answer that was typed to an item of a kind (`text`, `cloze`: as a gap, `numeric`) with this key.

    `becomes` is `right`, `wrong`, or the reason for which it is refused.
    """

    language: str
    script: str
    kind: str
    key: str | float
    typed: str
    becomes: str
    source: str


PHONE = "iOS, Smart Punctuation: straight quotes become curly"
APOSTROPHE = "The Unicode Standard, 6.2 (apostrophes)"
DASH = "The Unicode Standard, table 6-3 (dash characters)"
WIDTH = "UAX #15 (wide and narrow forms); UAX #11"
COMPOSED = "UAX #15 (canonical equivalence)"
PRESENTATION = "UAX #15 (presentation forms); The Unicode Standard, 9.2"
SUPERSCRIPT = "UTR #25, 2.3: superscripts carry meaning; NFKC would take them away"
STOP = "keyboards put the full stop: iOS and Gboard, double space; Japanese and Chinese IMEs, 。"
SPACES = "The Unicode Standard, 16 and 18: no spaces between words; W3C clreq and jlreq: spacing beside Latin letters is layout"
CASE = "UAX #44 (Case_Folding)"
DIGITS = "UAX #44 (General_Category Nd)"
INVISIBLE = "UAX #44 (Default_Ignorable_Code_Point)"
VIETNAMESE = "Decision 1989/QĐ-BGDĐT (2018): the tone mark stands on the main vowel; hóa and hoá are both in use"
D_STROKE = "UTS #39, confusables.txt: U+00D0, U+0110"
VN_TONE = "Vietnamese: tones and vowels are distinctive (The Unicode Standard, 7.1)"
THAI = "WTT 2.0; The Unicode Standard, 16.1"
THAI_TONE = "Royal Institute Dictionary: tone marks part words"
LAO = "The Unicode Standard, 16.2"
LAO_TONE = "Lao orthography: tone marks part words (The Unicode Standard, 16.2)"
KHMER = "The Unicode Standard, 16.4; L2/21-241 Khmer Encoding Structure"
KHMER_VOWEL = "Chuon Nath dictionary: vowels, signs and subscripts part words"
BURMESE = "UTN #11, Representing Myanmar in Unicode"
BURMESE_SHAPE = "UTS #39, confusables.txt; UTN #11 (letter and digit of one shape)"
BURMESE_WORD = "Myanmar orthography (MLC): medials, vowels and tones part words"
TAMIL = "The Unicode Standard, 12.6"
TAMIL_WORD = "Tamil Lexicon (University of Madras): another word"
KANA = "JIS X 4051; The Unicode Standard, 18.4 (prolonged sound mark)"
KANA_WORD = "Kōjien: length, voicing and small kana part words"
HAN_WORD = "Xiandai Hanyu Cidian: another character, another word"
HAN_FORM = "UAX #15 (CJK compatibility ideographs; squared words)"
MARKED = "the language's dictionaries: the mark parts two words"
CLDR = "CLDR, number symbols of the language"
TETUM = "Tetum is written with the signs of Portuguese (Timor-Leste; INL); CLDR lacks it"
TWO_WAYS = "CLDR, number symbols: the sign groups here and parts off decimals elsewhere"
LATIN_O = "UTS #39, confusables.txt: letter and digit of one shape"

TYPED = [
    # Latin
    Typed("en", "Latin", "text", "can't", "can\u2019t", "right", PHONE),
    Typed("en", "Latin", "cloze", "model's", "model\u2019s", "right", PHONE),
    Typed("en", "Latin", "text", "o'clock", "o\u00b4clock", "right", APOSTROPHE),
    Typed("en", "Latin", "text", "few-shot", "few\u2010shot", "right", DASH),
    Typed("en", "Latin", "text", "few-shot", "few\u2011shot", "right", DASH),
    Typed("en", "Latin", "cloze", "few-shot", "few\u2013shot", "right", DASH),
    Typed("en", "Latin", "text", "fine-tuning", "Fine-tuning. ", "right", STOP),
    Typed("en", "Latin", "text", "prompt", "Ｐｒｏｍｐｔ", "right", WIDTH),
    Typed("en", "Latin", "text", "workflow", "work\ufb02ow", "right", "UAX #15 (ligatures)"),
    Typed("en", "Latin", "text", "heart ♥", "heart ♥\ufe0f", "right", INVISIBLE),
    Typed("fil", "Latin", "text", "pag-aaral", "pag\u2014aaral", "right", DASH),
    Typed("fil", "Latin", "text", "'yon", "\u2018yon", "right", PHONE),
    Typed("tet", "Latin", "text", "ne'ebé", "Ne\u2019ebe\u0301", "right", APOSTROPHE),
    Typed("ms", "Latin", "text", "e-mel", "E\u2011mel", "right", DASH),
    Typed("id", "Latin", "cloze", "pra-latih", "pra\u2212latih", "right", DASH),
    Typed("pt", "Latin", "text", "previsão", "previsa\u0303o", "right", COMPOSED),
    Typed(
        "pt",
        "Latin",
        "text",
        "25 °C",
        "25 ºC",
        "right",
        "UTS #39, confusables.txt: U+00BA, U+00B0; Portuguese keyboards have º",
    ),
    Typed("vi", "Latin", "text", "mã hóa", "mã hoá", "right", VIETNAMESE),
    Typed("vi", "Latin", "text", "thủy", "thuỷ", "right", VIETNAMESE),
    Typed("vi", "Latin", "cloze", "quý", "qúy", "right", VIETNAMESE),
    Typed("vi", "Latin", "text", "Đào tạo", "\u00d0ào tạo", "right", D_STROKE),
    Typed("vi", "Latin", "text", "dữ liệu", "du\u031b\u0303 lie\u0323\u0302u", "right", COMPOSED),
    Typed("en", "Latin", "text", "can't", "cant", "wrong", MARKED),
    Typed("en", "Latin", "text", "few-shot", "fewshot", "wrong", MARKED),
    Typed("en", "Latin", "text", "102", "10²", "wrong", SUPERSCRIPT),
    Typed("en", "Latin", "text", "10²", "102", "wrong", SUPERSCRIPT),
    Typed("en", "Latin", "cloze", "x2", "x₂", "wrong", SUPERSCRIPT),
    Typed("en", "Latin", "text", "1/2", "½", "wrong", "UAX #15 (fractions): 3½ would become 31/2"),
    Typed("en", "Latin", "text", "1", "①", "wrong", "UAX #15 (circled forms): a number of a list"),
    Typed("en", "Latin", "text", "GPT-4", "GPT-5", "wrong", DIGITS),
    Typed("en", "Latin", "text", "machine learning", "machinelearning", "wrong", "English puts spaces between words"),
    Typed("en", "Latin", "text", "etc.", "etc", "wrong", "the key's own full stop is part of it"),
    Typed("en", "Latin", "text", "'", "`", "wrong", "APL, shells, Markdown: two signs with two meanings"),
    Typed("fil", "Latin", "text", "batà", "báta", "wrong", MARKED),
    Typed("tet", "Latin", "text", "avó", "avo", "wrong", MARKED),
    Typed("pt", "Latin", "text", "avó", "avô", "wrong", MARKED),
    Typed("pt", "Latin", "text", "país", "pais", "wrong", MARKED),
    Typed("pt", "Latin", "cloze", "sábia", "sabiá", "wrong", MARKED),
    Typed("id", "Latin", "text", "data", "date", "wrong", "KBBI: another word"),
    Typed("ms", "Latin", "text", "semak", "semakan", "wrong", "Kamus Dewan: another word"),
    Typed("vi", "Latin", "text", "má", "mà", "wrong", VN_TONE),
    Typed("vi", "Latin", "text", "bán", "bạn", "wrong", VN_TONE),
    Typed("vi", "Latin", "text", "đau", "dau", "wrong", VN_TONE),
    Typed("vi", "Latin", "cloze", "tơ", "to", "wrong", VN_TONE),
    Typed("vi", "Latin", "text", "hóa", "hòa", "wrong", VN_TONE),
    Typed(
        "en", "Latin", "text", "--help", "\u2014help", "right", "iOS, Smart Punctuation: two hyphens become an em dash"
    ),
    Typed("en", "Latin", "text", "--help", "-help", "wrong", "POSIX and GNU: an option of one hyphen is another"),
    Typed(
        "vi",
        "Latin",
        "text",
        "tiếng",
        "tie\u0301\u0302ng",
        "right",
        "UAX #15 leaves marks of one class as typed; one letter",
    ),
    # Thai
    Typed("th", "Thai", "text", "ที่", "\u0e17\u0e48\u0e35", "right", THAI),
    Typed("th", "Thai", "text", "รู้", "\u0e23\u0e49\u0e39", "right", THAI),
    Typed("th", "Thai", "text", "น้ำ", "\u0e19\u0e4d\u0e49\u0e32", "right", THAI),
    Typed("th", "Thai", "text", "น้ำ", "\u0e19\u0e49\u0e4d\u0e32", "right", THAI),
    Typed("th", "Thai", "cloze", "น้ำ", "\u0e19\u0e33\u0e49", "right", THAI),
    Typed("th", "Thai", "text", "แปล", "\u0e40\u0e40\u0e1b\u0e25", "right", THAI),
    Typed("th", "Thai", "text", "ฤๅษี", "ฤ\u0e32ษี", "right", "UTS #39, confusables.txt: U+0E45, U+0E32"),
    Typed("th", "Thai", "text", "5 คน", "๕ คน", "right", DIGITS),
    Typed("th", "Thai", "text", "โมเดล AI", "โมเดลAI", "right", SPACES),
    Typed("th", "Thai", "text", "ปัญญาประดิษฐ์", "ปัญญา\u200bประดิษฐ์ ", "right", INVISIBLE),
    Typed("th", "Thai", "text", "ป่า", "ปา", "wrong", THAI_TONE),
    Typed("th", "Thai", "text", "ข้าว", "ขาว", "wrong", THAI_TONE),
    Typed("th", "Thai", "text", "ม้า", "มา", "wrong", THAI_TONE),
    Typed("th", "Thai", "cloze", "ที่", "ที", "wrong", THAI_TONE),
    Typed("th", "Thai", "text", "ใกล้", "ไกล้", "wrong", "Royal Institute Dictionary: ใ and ไ are spelt by the word"),
    Typed("th", "Thai", "text", "แปล", "เปล", "wrong", "Royal Institute Dictionary: translate, cradle"),
    Typed("th", "Thai", "text", "ค่า", "ค้า", "wrong", THAI_TONE),
    # Lao
    Typed("lo", "Lao", "text", "ທີ່", "\u0e97\u0ec8\u0eb5", "right", LAO),
    Typed("lo", "Lao", "text", "ນ້ຳ", "\u0e99\u0ecd\u0ec9\u0eb2", "right", LAO),
    Typed("lo", "Lao", "cloze", "ນ້ຳ", "\u0e99\u0eb3\u0ec9", "right", LAO),
    Typed("lo", "Lao", "text", "ແປ", "\u0ec0\u0ec0\u0e9b", "right", LAO),
    Typed("lo", "Lao", "text", "ໜັງສື", "\u0eab\u0e99ັງສື", "right", "UAX #15: U+0EDC is made of U+0EAB U+0E99"),
    Typed("lo", "Lao", "text", "5 ຄົນ", "໕ຄົນ", "right", DIGITS),
    Typed("lo", "Lao", "text", "AI ລາວ", "AIລາວ", "right", SPACES),
    Typed("lo", "Lao", "text", "ສ່າ", "ສາ", "wrong", LAO_TONE),
    Typed("lo", "Lao", "text", "ຂ່າວ", "ຂາວ", "wrong", LAO_TONE),
    Typed("lo", "Lao", "text", "ມ້າ", "ມາ", "wrong", LAO_TONE),
    Typed("lo", "Lao", "cloze", "ໃກ້", "ໄກ້", "wrong", "Lao orthography: ໃ and ໄ are spelt by the word"),
    Typed("lo", "Lao", "text", "ແປ", "ເປ", "wrong", LAO_TONE),
    # Khmer
    Typed("km", "Khmer", "text", "ដើម", "\u178a\u17c1\u17b8\u1798", "right", KHMER),
    Typed("km", "Khmer", "text", "កោះ", "\u1780\u17c1\u17b6\u17c7", "right", KHMER),
    Typed("km", "Khmer", "text", "ស្ត្រី", "\u179f\u17d2\u179a\u17d2\u178f\u17b8", "right", KHMER),
    Typed("km", "Khmer", "cloze", "ត្រី", "\u178f\u17b8\u17d2\u179a", "right", KHMER),
    Typed("km", "Khmer", "text", "កុំ", "\u1780\u17c6\u17bb", "right", KHMER),
    Typed("km", "Khmer", "text", "ស៊ី", "\u179f\u17bb\u17b8", "right", KHMER),
    Typed("km", "Khmer", "text", "កណ្ដាល", "កណ\u17d2\u178fាល", "right", KHMER),
    Typed("km", "Khmer", "text", "ការ", "កា\u17b4រ", "right", INVISIBLE),
    Typed(
        "km",
        "Khmer",
        "text",
        "ឱ្យ",
        "\u17b2\u17d2\u1799",
        "right",
        "The Unicode Standard, code charts: U+17B2 is a variant of U+17B1",
    ),
    Typed("km", "Khmer", "text", "ទិន្នន័យ", "ទិន្នន័យ។", "right", STOP),
    Typed("km", "Khmer", "text", "៥ នាក់", "5នាក់", "right", DIGITS),
    Typed("km", "Khmer", "text", "ដី", "ដៃ", "wrong", KHMER_VOWEL),
    Typed("km", "Khmer", "text", "ទឹក", "ទុក", "wrong", KHMER_VOWEL),
    Typed("km", "Khmer", "text", "ការ", "កា", "wrong", KHMER_VOWEL),
    Typed("km", "Khmer", "cloze", "ខ្ញុំ", "ខ្ញំ", "wrong", KHMER_VOWEL),
    Typed("km", "Khmer", "text", "ស៊ី", "សី", "wrong", KHMER_VOWEL),
    Typed("km", "Khmer", "text", "ស្គរ", "សគរ", "wrong", KHMER_VOWEL),
    Typed("km", "Khmer", "text", "កោះ", "កេះ", "wrong", KHMER_VOWEL),
    # Burmese
    Typed("my", "Myanmar", "text", "မြွေ", "\u1019\u103d\u103c\u1031", "right", BURMESE),
    Typed("my", "Myanmar", "text", "ကို", "\u1000\u102f\u102d", "right", BURMESE),
    Typed("my", "Myanmar", "text", "တို့", "\u1010\u102d\u1037\u102f", "right", BURMESE),
    Typed("my", "Myanmar", "cloze", "နှုန်း", "\u1014\u102f\u103e\u1014\u103a\u1038", "right", BURMESE),
    Typed("my", "Myanmar", "text", "၁၀ ကျပ်", "၁\u101dကျပ်", "right", BURMESE_SHAPE),
    Typed("my", "Myanmar", "text", "ဝန်ကြီး", "\u1040န်ကြီး", "right", BURMESE_SHAPE),
    Typed("my", "Myanmar", "text", "ရန်ကုန်", "\u1047န်ကုန်", "right", BURMESE_SHAPE),
    Typed("my", "Myanmar", "text", "ဉာဏ်ရည်တု", "\u1025ာဏ်ရည်တု", "right", BURMESE_SHAPE),
    Typed("my", "Myanmar", "text", "ဩဂုတ်", "\u101e\u103cဂုတ်", "right", BURMESE_SHAPE),
    Typed("my", "Myanmar", "text", "ဉာဏ်ရည်တု", "ဉာဏ်ရည် တု။", "right", STOP),
    Typed("my", "Myanmar", "text", "ကျား", "ကြား", "wrong", BURMESE_WORD),
    Typed("my", "Myanmar", "text", "ငါး", "ငါ", "wrong", BURMESE_WORD),
    Typed("my", "Myanmar", "text", "လူ", "လု", "wrong", BURMESE_WORD),
    Typed("my", "Myanmar", "cloze", "မှ", "မ", "wrong", BURMESE_WORD),
    Typed("my", "Myanmar", "text", "ကျောင်း", "ကျောင်", "wrong", BURMESE_WORD),
    Typed("my", "Myanmar", "text", "ဝ", "၀", "wrong", "alone, the letter is a word and the digit a number"),
    # Tamil
    Typed("ta", "Tamil", "text", "கொடு", "க\u0bc6\u0bbeடு", "right", COMPOSED),
    Typed("ta", "Tamil", "text", "கௌரவம்", "க\u0bc6\u0bb3ரவம்", "right", TAMIL),
    Typed("ta", "Tamil", "cloze", "ஸ்ரீலங்கா", "\u0bb6\u0bcd\u0bb0\u0bc0லங்கா", "right", TAMIL),
    Typed("ta", "Tamil", "text", "5 பேர்", "௫ பேர்", "right", DIGITS),
    Typed("ta", "Tamil", "text", "தரவு", "தரவு.", "right", STOP),
    Typed("ta", "Tamil", "text", "மரம்", "மறம்", "wrong", TAMIL_WORD),
    Typed("ta", "Tamil", "text", "பால்", "பல்", "wrong", TAMIL_WORD),
    Typed("ta", "Tamil", "text", "கலை", "களை", "wrong", TAMIL_WORD),
    Typed("ta", "Tamil", "cloze", "மனம்", "மணம்", "wrong", TAMIL_WORD),
    Typed("ta", "Tamil", "text", "கோல்", "கொல்", "wrong", TAMIL_WORD),
    Typed("ta", "Tamil", "text", "வெளி", "வெலி", "wrong", TAMIL_WORD),
    # Kana
    Typed("ja", "Kana", "text", "データ", "デ\u2212タ", "right", KANA),
    Typed("ja", "Kana", "text", "データ", "デ\u2015タ", "right", KANA),
    Typed("ja", "Kana", "text", "データ", "ﾃﾞｰﾀ", "right", WIDTH),
    Typed("ja", "Kana", "cloze", "GPT-4", "GPT\u30fc４", "right", KANA),
    Typed("ja", "Kana", "text", "がくしゅう", "か\u309bくしゅう", "right", "UAX #15 (voiced sound marks)"),
    Typed("ja", "Kana", "text", "ヘルプ", "\u3078ルプ", "right", "UTS #39, confusables.txt: U+3078, U+30D8"),
    Typed("ja", "Kana", "text", "AI モデル", "AIモデル", "right", SPACES),
    Typed("ja", "Kana", "text", "1〜5", "1～5", "right", "JIS X 0208 0x2141 is mapped to U+301C and to U+FF5E"),
    Typed("ja", "Kana", "text", "が", "か", "wrong", KANA_WORD),
    Typed("ja", "Kana", "text", "びょういん", "びよういん", "wrong", KANA_WORD),
    Typed("ja", "Kana", "text", "ビール", "ビル", "wrong", KANA_WORD),
    Typed("ja", "Kana", "cloze", "おばあさん", "おばさん", "wrong", KANA_WORD),
    Typed("ja", "Kana", "text", "ハート", "パート", "wrong", KANA_WORD),
    Typed("ja", "Kana", "text", "ツール", "シール", "wrong", KANA_WORD),
    # Han
    Typed("ja", "Han", "text", "機械学習", "機械学習。", "right", STOP),
    Typed("ja", "Han", "text", "株式会社", "\u337f", "right", HAN_FORM),
    Typed("ja", "Han", "text", "神経網", "\ufa19経網", "right", HAN_FORM),
    Typed("zh-Hans", "Han", "text", "AI 模型", "AI模型", "right", SPACES),
    Typed("zh-Hans", "Han", "cloze", "3 个", "３个", "right", SPACES),
    Typed(
        "zh-Hans",
        "Han",
        "text",
        "艾伦·图灵",
        "艾伦\u2022图灵",
        "right",
        "GB/T 15834-2011, 4.14: one sign, typed as U+00B7, U+2022 or U+30FB",
    ),
    Typed("zh-Hans", "Han", "text", "提示词", "提示词。", "right", STOP),
    Typed("zh-Hans", "Han", "text", "未来", "末来", "wrong", HAN_WORD),
    Typed("zh-Hans", "Han", "text", "买", "卖", "wrong", HAN_WORD),
    Typed("zh-Hans", "Han", "cloze", "训练", "训诫", "wrong", HAN_WORD),
    Typed("ja", "Han", "text", "力", "カ", "wrong", "Han for power, and the kana KA"),
    Typed("ja", "Han", "text", "学習一", "学習ー", "wrong", "Han for one, and the sound mark"),
    Typed("ja", "Han", "text", "大", "犬", "wrong", HAN_WORD),
    # Arabic letters of Malay (Jawi)
    Typed("ms-Arab", "Arabic", "text", "دات", "\ufea9\ufe8d\ufe95", "right", PRESENTATION),
    Typed("ms-Arab", "Arabic", "text", "5 اورڠ", "٥ اورڠ", "right", DIGITS),
    Typed(
        "ms-Arab",
        "Arabic",
        "text",
        "کاتا",
        "\u0643اتا",
        "right",
        "The Unicode Standard, 9.2; keyboards for Arabic have KAF",
    ),
    Typed(
        "ms-Arab", "Arabic", "text", "ݢورو", "\u06acورو", "right", "code charts: U+0762 is preferred to U+06AC for Jawi"
    ),
    Typed("ms-Arab", "Arabic", "text", "کات", "ݢات", "wrong", "Kamus Dewan (Jawi): K and G part words"),
    Typed("ms-Arab", "Arabic", "text", "دات", "ذات", "wrong", "Kamus Dewan (Jawi): data, essence"),
    Typed("ms-Arab", "Arabic", "text", "ساتو", "سات", "wrong", "Kamus Dewan (Jawi): another word"),
    # Numbers
    Typed("id", "Latin", "numeric", 3.5, "3,5", "right", CLDR),
    Typed("vi", "Latin", "numeric", 3.5, "3,5", "right", CLDR),
    Typed("pt", "Latin", "numeric", 3.5, "3,5", "right", CLDR),
    Typed("tet", "Latin", "numeric", 3.5, "3,5", "right", TETUM),
    Typed("id", "Latin", "numeric", 3.5, "3.5", "right", "one reading: three and a half"),
    Typed("id", "Latin", "numeric", 1250000, "1.250.000", "right", CLDR),
    Typed("id", "Latin", "numeric", 1234.5, "Rp 1.234,5", "right", CLDR),
    Typed("vi", "Latin", "numeric", 10000, "10 000", "right", "ISO 80000-1, 7.3.1: a space parts thousands"),
    Typed("en", "Latin", "numeric", 1250, "1,250", "right", CLDR),
    Typed("ta", "Tamil", "numeric", 100000, "1,00,000", "right", "CLDR, decimal pattern of ta: #,##,##0.###"),
    Typed("ja", "Kana", "numeric", -5, "ー５", "right", "Japanese keyboards: ー is where the minus sign is"),
    Typed("ja", "Han", "numeric", 50, "５０％", "right", WIDTH),
    Typed("zh-Hans", "Han", "numeric", 1250, "１，２５０", "right", WIDTH),
    Typed("ja", "Kana", "numeric", 3.5, "３。５", "right", "JIS X 6002: 。 is on the key of the point"),
    Typed("ja", "Kana", "numeric", 10000, "１０、０００", "right", "JIS X 6002: 、 is on the key of the comma"),
    Typed("th", "Thai", "numeric", 42.5, "๔๒.๕", "right", DIGITS),
    Typed("lo", "Lao", "numeric", 3.5, "໓,໕", "right", CLDR),
    Typed("km", "Khmer", "numeric", 42, "៤២។", "right", DIGITS),
    Typed("my", "Myanmar", "numeric", 10000, "၁\u101d၀၀၀", "right", BURMESE_SHAPE),
    Typed("ta", "Tamil", "numeric", 42, "௪௨", "right", DIGITS),
    Typed("ms-Arab", "Arabic", "numeric", 12.5, "١٢٫٥", "right", "UAX #44; U+066B is the decimal separator"),
    Typed("fil", "Latin", "numeric", -5, "\u2013 5", "right", DASH),
    Typed("id", "Latin", "numeric", 3.5, "35", "wrong", CLDR),
    Typed("id", "Latin", "numeric", 10, "10.000", "number_ambiguous", TWO_WAYS),
    Typed("vi", "Latin", "numeric", 10, "10,000", "number_ambiguous", TWO_WAYS),
    Typed("tet", "Latin", "numeric", 1500, "1.500", "number_ambiguous", TWO_WAYS),
    Typed(
        "zh-Hans", "Han", "numeric", 10000, "1,0000", "number_ambiguous", "some part Chinese numbers by ten thousands"
    ),
    Typed("en", "Latin", "numeric", 102, "10²", "not_a_number", SUPERSCRIPT),
    Typed("en", "Latin", "numeric", 42, "4 2", "not_a_number", "ISO 80000-1, 7.3.1: spaces part groups of three"),
    Typed("ja", "Han", "numeric", 3, "三", "not_a_number", "UAX #44: U+4E09 is no decimal digit"),
    Typed("ja", "Han", "numeric", 10, "1〇", "letter_for_digit", "UAX #44: U+3007 is a letter number"),
    Typed("en", "Latin", "numeric", 10, "1O", "letter_for_digit", LATIN_O),
    Typed("my", "Myanmar", "numeric", 17, "၁\u101b", "letter_for_digit", BURMESE_SHAPE),
    Typed("ta", "Tamil", "numeric", 10, "\u0b95௦", "letter_for_digit", LATIN_O),
    Typed("th", "Thai", "numeric", 5, "−๕", "wrong", DASH),
]
UNITS = {"５０％": "%", "Rp 1.234,5": "Rp"}
