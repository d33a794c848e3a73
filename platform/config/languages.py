"""The languages of the interface, and names of those Django has none for."""

# Tags are BCP 47 in lower case as Django spells them. Order: the languages of the starter course first.
INTERFACE_LANGUAGES = [
    ("en", "English"),
    ("ja", "日本語"),
    ("th", "ไทย"),
    ("id", "Bahasa Indonesia"),
    ("vi", "Tiếng Việt"),
    ("ms", "Bahasa Melayu"),
    ("fil", "Filipino"),
    ("km", "ខ្មែរ"),
    ("lo", "ລາວ"),
    ("my", "မြန်မာ"),
    ("zh-hans", "简体中文"),
    ("ta", "தமிழ்"),
    ("tet", "Tetun"),
    ("pt", "Português"),
]

EXTRA_LANG_INFO = {
    "lo": {"bidi": False, "code": "lo", "name": "Lao", "name_local": "ລາວ"},
    "fil": {"bidi": False, "code": "fil", "name": "Filipino", "name_local": "Filipino"},
    "tl": {"bidi": False, "code": "tl", "name": "Tagalog", "name_local": "Tagalog"},
    "tet": {"bidi": False, "code": "tet", "name": "Tetum", "name_local": "Tetun"},
    "my": {"bidi": False, "code": "my", "name": "Burmese", "name_local": "မြန်မာဘာသာ"},
}
