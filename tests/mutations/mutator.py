"""Alterations of a signed credential, drawn from a seed: what a forger or a broken copy does to its text.

Each way of altering is a function of the name under which the results are counted. It gets the random numbers, a
credential and another one, and returns a text, or None where it finds nothing to alter. Most ways alter one place of an
otherwise whole credential, so that it is the proof that has to notice and not its form.
"""

from __future__ import annotations

import base64
import copy
import json
import unicodedata
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import base58

Way = Callable[[Random, "Good", "Good"], str | None]

# The order of Ed25519's base point: S + L is another writing of the same S to a verifier that does not look.
_L = 2**252 + 27742317777372353535851937790883648493
# Letters that look alike, or that a keyboard of the region gives instead.
_CONFUSABLES = str.maketrans(
    "aceiopxyABEHKMOPTX0123:/.-#",
    "асеіорхуАВЕНКМОРТХ０１２３：⁄․‐＃",  # Cyrillic, full width
)
_INVISIBLE = ["\u200b", "\u200d", "\u200e", "\u2060", "\ufeff", "\u00ad", "\u034f", "\u17b4", "\u3164"]
_FORMS = ["NFC", "NFD", "NFKC", "NFKD"]
_KEYWORDS = [
    "@id",
    "@type",
    "@context",
    "@graph",
    "@included",
    "@reverse",
    "@index",
    "@language",
    "@nest",
    "@value",
    "@list",
    "@set",
    "@direction",
    "@base",
    "@vocab",
    "@import",
    "@propagate",
    "@protected",
    "@version",
    "@json",
    "@none",
]


# The arrays whose order our profile prescribes: in another order they are refused.
_IN_ORDER = ("@context", "type", "credentialStatus")


class Good:
    """A credential as it was issued: its text, and its value, which nobody changes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.document: dict[str, Any] = json.loads(text)
        self.places = list(_places(self.document))
        self.strings = [path for path, value in self.places if isinstance(value, str)]
        self.objects = [(), *(path for path, value in self.places if isinstance(value, dict))]
        self.arrays = [path for path, value in self.places if isinstance(value, list)]
        self.proofs = [path for path in self.strings if path[0] == "proof"]
        # The contexts are fixed and of no use to a forger: fewer draws for them.
        self.texts = [
            path for path in self.strings if path[0] not in ("@context", "type", "proof") and "type" not in path
        ]


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, entry in entries:
        yield (*path, step), entry
        yield from _places(entry, (*path, step))


def at(document: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


def _dump(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _changed(good: Good, path: tuple[Any, ...], value: Any) -> str:
    document = copy.deepcopy(good.document)
    at(document, path[:-1])[path[-1]] = value
    return _dump(document)


def _edited(random: Random, good: Good, edit: Callable[[str], str], paths: list[tuple[Any, ...]] | None = None) -> str:
    path = random.choice(paths or good.texts)
    return _changed(good, path, edit(at(good.document, path)))


WAYS: dict[str, Way] = {}


def _way(name: str) -> Callable[[Way], Way]:
    def register(function: Way) -> Way:
        WAYS[name] = function
        return function

    return register


# --- the text ---


@_way("a bit of the text")
def _bit(random: Random, good: Good, other: Good) -> str | None:
    raw = bytearray(good.text.encode())
    raw[random.randrange(len(raw))] ^= 1 << random.randrange(8)
    return raw.decode(errors="surrogateescape")


@_way("a character of the text")
def _character(random: Random, good: Good, other: Good) -> str | None:
    place, text = random.randrange(len(good.text)), good.text
    letter = random.choice([text[random.randrange(len(text))], chr(random.randrange(32, 0x2FFF)), "0", '"', "\\", ","])
    return [
        text[:place] + text[place + 1 :],
        text[:place] + letter + text[place:],
        text[:place] + letter + text[place + 1 :],
    ][random.randrange(3)]


@_way("a piece of the text moved, doubled or cut out")
def _piece(random: Random, good: Good, other: Good) -> str | None:
    text = good.text
    start = random.randrange(len(text))
    end = min(len(text), start + random.randrange(1, 200))
    piece, rest = text[start:end], text[:start] + text[end:]
    place = random.randrange(len(rest))
    return random.choice([rest, text[:start] + piece + text[start:], rest[:place] + piece + rest[place:], text[:start]])


@_way("a member twice")
def _twice(random: Random, good: Good, other: Good) -> str | None:
    path = random.choice([path for path, _ in good.places if isinstance(path[-1], str)])
    member = f"{_dump(path[-1])}:{_dump(at(good.document, path))}"
    value = at(other.document, path) if random.random() < 0.5 and path in dict(other.places) else "x"
    again = f"{_dump(path[-1])}:{_dump(value)}"
    return good.text.replace(member, random.choice([f"{again},{member}", f"{member},{again}"]), 1)


@_way("what JSON does not have")
def _not_json(random: Random, good: Good, other: Good) -> str | None:
    text = good.text
    return random.choice(
        [
            "\ufeff" + text,
            text + "x",
            text + text,
            text[:-1],
            text.replace('"', "'"),
            text.replace(",", ",,", 1),
            text[:-1] + ",}",
            text.replace("false", random.choice(["False", "0", "-0", "0.0", "NaN", "null", "1e-999"])),
            text.replace("false", "-Infinity"),
            "/* */" + text,
            f"[{text}]",
            f"[{text},{text}]",
            _dump(text),
            text.replace("{", "{\u00a0", 1),
            text + "\x00",
            "[" * random.randrange(1, 3000) + text,
        ]
    )


# --- the texts inside ---


@_way("a letter inside a text")
def _letter(random: Random, good: Good, other: Good) -> str | None:
    def edit(value: str) -> str:
        place = random.randrange(len(value) + 1)
        letter = chr(random.choice([random.randrange(32, 127), random.randrange(0xA0, 0xD7FF), 0x1F600]))
        return random.choice([value[:place] + letter + value[place:], value[:place] + letter + value[place + 1 :]])

    return _edited(random, good, edit)


@_way("a letter that looks alike")
def _confusable(random: Random, good: Good, other: Good) -> str | None:
    def edit(value: str) -> str:
        places = [number for number, letter in enumerate(value) if ord(letter) in _CONFUSABLES]
        if not places:
            return value + "\u0430"
        place = random.choice(places)
        return value[:place] + value[place].translate(_CONFUSABLES) + value[place + 1 :]

    return _edited(random, good, edit)


@_way("another normal form of Unicode")
def _normal_form(random: Random, good: Good, other: Good) -> str | None:
    differing = [
        (path, text)
        for path in good.texts
        for text in {unicodedata.normalize(form, at(good.document, path)) for form in _FORMS}
        if text != at(good.document, path)
    ]
    return _changed(good, *random.choice(sorted(differing, key=repr))) if differing else None


@_way("a space or an invisible character inside a text")
def _invisible(random: Random, good: Good, other: Good) -> str | None:
    def edit(value: str) -> str:
        place = random.choice([0, len(value), random.randrange(len(value) + 1)])
        return value[:place] + random.choice([" ", "\n", "\t", "\u00a0", "\u3000", *_INVISIBLE]) + value[place:]

    return _edited(random, good, edit)


@_way("upper and lower case, digits, escapes of addresses")
def _spelling(random: Random, good: Good, other: Good) -> str | None:
    def edit(value: str) -> str:
        place = random.randrange(len(value))
        return random.choice(
            [
                value.upper(),
                value.lower(),
                value.swapcase(),
                value.title(),
                value[::-1],
                "",
                value * 2,
                f"{value[:place]}%{ord(value[place]):02X}{value[place + 1 :]}",
                value.replace("urn:uuid:", "urn:UUID:"),
                value.replace("://", ":///"),
                value.replace("/", "/./", 1),
                value + "/",
                value + "#",
                value + "?",
                value.replace("https", "http"),
                value.replace(".", "。"),
                value.replace("1", "١"),
                value.rstrip("Z"),
            ]
        )

    return _edited(random, good, edit)


@_way("a time")
def _time(random: Random, good: Good, other: Good) -> str | None:
    def edit(value: str) -> str:
        digit = random.choice([number for number, letter in enumerate(value) if letter.isdigit()])
        return random.choice(
            [
                value[:digit] + str(random.randrange(10)) + value[digit + 1 :],
                value[:-1] + "+00:00",
                value[:-1] + ".0Z",
                value[:-1] + "z",
                value.replace("T", " "),
                value.replace("T", "t"),
                "2099-12-31T23:59:59Z",
                value[:10],
                value[:-3] + "60Z",
                value[:11] + "24:00:00Z",
                "0000-00-00T00:00:00Z",
                "2023-02-30T00:00:00Z",
                "+" + value,
                "9999-12-31T23:59:60Z",
                "2016-12-31T23:59:60Z",
                value[:-1] + "-00:00",
            ]
        )

    times = [("validFrom",), ("validUntil",), ("awardedDate",), ("proof", 0, "created")]
    return _edited(random, good, edit, times)


# --- members, entries, types ---


@_way("a member or entry left out")
def _left_out(random: Random, good: Good, other: Good) -> str | None:
    path, _ = random.choice(good.places)
    document = copy.deepcopy(good.document)
    del at(document, path[:-1])[path[-1]]
    return _dump(document)


@_way("a member added")
def _added(random: Random, good: Good, other: Good) -> str | None:
    document = copy.deepcopy(good.document)
    place = at(document, random.choice(good.objects))
    names = [
        "note",
        "name",
        "https://schema.org/name",
        "endorsement",
        "endorsementJwt",
        "refreshService",
        "termsOfUse",
        "credentialSchema",
        "credentialStatus",
        "image",
        "creator",
        "tag",
        "related",
        "source",
        "role",
        "term",
        "identifier",
        "creditsAvailable",
        "fieldOfStudy",
        "relatedResource",
        "digestSRI",
        "holder",
        "expirationDate",
        "issuanceDate",
        "sec:proof",
        "proof",
        "ext:x",
        "_:b0",
        "",
        "constructor",
        "__proto__",
        *_KEYWORDS,
    ]
    values: list[Any] = ["x", [], {}, None, True, 0, good.document["id"], {"id": good.document["id"]}, [["x"]], "urn:x"]
    place[random.choice(names)] = random.choice(values)
    return _dump(document)


@_way("a member under another name")
def _renamed(random: Random, good: Good, other: Good) -> str | None:
    path = random.choice([path for path, _ in good.places if isinstance(path[-1], str)])
    document = copy.deepcopy(good.document)
    place = at(document, path[:-1])
    value = place.pop(path[-1])
    name = path[-1]
    others = [key for key in place if key != name] or ["x"]
    place[
        random.choice([f"@{name}", f"{name} ", name.title(), f"https://schema.org/{name}", random.choice(others), "x"])
    ] = value
    return _dump(document)


@_way("two values exchanged")
def _exchanged(random: Random, good: Good, other: Good) -> str | None:
    first, second = random.sample(good.strings, 2)
    document = copy.deepcopy(good.document)
    one, two = at(document, first), at(document, second)
    at(document, first[:-1])[first[-1]], at(document, second[:-1])[second[-1]] = two, one
    return _dump(document)


@_way("an entry doubled, or put elsewhere")
def _doubled(random: Random, good: Good, other: Good) -> str | None:
    document = copy.deepcopy(good.document)
    entries = at(document, random.choice(good.arrays))
    if not entries:
        return None
    entry = copy.deepcopy(random.choice(entries))
    into = random.choice([entries, at(document, random.choice(good.arrays))])
    into.insert(random.randrange(len(into) + 1), entry)
    return _dump(document)


@_way("a value of another type")
def _type(random: Random, good: Good, other: Good) -> str | None:
    path, value = random.choice(good.places)
    return _changed(
        good,
        path,
        random.choice(
            [
                [value],
                {"@value": value},
                {"@id": value},
                {"@list": [value]},
                {"@set": [value]},
                str(value),
                None,
                True,
                0,
                1,
                1.0,
                -1,
                1e308,
                10**30,
                [],
                {},
                "",
                [[value]],
                [value, value],
                {"id": value},
                [value, None],
            ]
        ),
    )


@_way("a language or a datatype")
def _language(random: Random, good: Good, other: Good) -> str | None:
    path = random.choice(good.texts)
    value = at(good.document, path)
    return _changed(
        good,
        path,
        random.choice(
            [
                {"@value": value, "@language": "en"},
                {"@value": value, "@type": "xsd:string"},
                {"en": value},
                {"@value": value, "@type": "http://www.w3.org/2001/XMLSchema#string"},
                {"@value": value, "@type": "@json"},
                {"@value": value, "@direction": "rtl"},
                [{"@value": value}, {"@value": "x", "@language": "ja"}],
                {"@value": value, "@language": None},
                {"type": "LanguageMap", "@value": value},
            ]
        ),
    )


@_way("another type, or one more")
def _types(random: Random, good: Good, other: Good) -> str | None:
    path = random.choice([path for path, _ in good.places if path[-1] == "type"])
    value = at(good.document, path)
    kinds = value if isinstance(value, list) else [value]
    more = random.choice(
        ["AchievementSubject", "Profile", "VerifiablePresentation", "https://evil.example/T", "Evidence", "x"]
    )
    return _changed(
        good, path, random.choice([[*kinds, more], [more], kinds[:-1], [*kinds, *kinds], more, [more, *kinds]])
    )


# --- what JSON-LD makes of it ---


@_way("another context")
def _context(random: Random, good: Good, other: Good) -> str | None:
    contexts = good.document["@context"]
    evil: list[Any] = [
        {"@vocab": "https://evil.example/"},
        {"name": "https://evil.example/n"},
        {"@language": "en"},
        {"@base": "urn:x"},
        "https://evil.example/context",
        "https://www.w3.org/ns/credentials/v2#",
        "https://www.w3.org/2018/credentials/v1",
        {"narrative": None},
        {"id": "@id"},
        {"@version": 1.1},
        {"@propagate": False},
        None,
        {},
        [],
        "",
        0,
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json",
        "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
        {"@import": contexts[0]},
        "HTTPS://www.w3.org/ns/credentials/v2",
    ]
    more = random.choice(evil)
    if random.random() < 0.4:
        document = copy.deepcopy(good.document)
        place = at(document, random.choice(good.objects[1:]))
        place["@context"] = random.choice([more, contexts, contexts[0], [more]])
        return _dump(document)
    shuffled = random.choice(
        [
            [*contexts, more],
            [more, *contexts],
            contexts[::-1],
            contexts[:1],
            contexts[1:],
            [*contexts, contexts[0]],
            contexts[0],
            [contexts],
            [contexts[0], more, contexts[1]],
            more,
        ]
    )
    return _dump({**good.document, "@context": shuffled})


@_way("a graph, an inclusion, a nest, a reverse around a part")
def _wrapped(random: Random, good: Good, other: Good) -> str | None:
    document = copy.deepcopy(good.document)
    keyword = random.choice(
        ["@graph", "@included", "@nest", "@reverse", "@set", "@list", "credentialSubject", "verifiableCredential"]
    )
    path = random.choice(good.objects)
    part = at(document, path)
    if random.random() < 0.5:
        part[keyword] = random.choice([{}, [], {"id": "urn:x", "name": "x"}, [copy.deepcopy(part)], other.document])
        return _dump(document)
    if not path:
        return _dump({"@context": document["@context"], keyword: document})
    at(document, path[:-1])[path[-1]] = random.choice(
        [{keyword: part}, {keyword: [part]}, {"id": part.get("id", "urn:x"), keyword: part}]
    )
    return _dump(document)


@_way("an id")
def _id(random: Random, good: Good, other: Good) -> str | None:
    ids = [path for path in good.strings if path[-1] in ("id", "resultDescription", "achievedLevel", "requiredLevel")]
    path = random.choice(ids)
    value = random.choice(
        [
            at(good.document, random.choice(ids)),
            "_:b0",
            "relative",
            "",
            "urn:x",
            "../x",
            "//host/x",
            "#x",
            "x:y",
            "schema:name",
            "cred:issuer",
            f" {at(good.document, path)}",
            f"{at(good.document, path)}#",
            "did:web:evil.example",
            f"{at(good.document, path)[:-1]}",
            "javascript:alert(1)",
            "urn:uuid:00000000-0000-0000-0000-000000000000",
        ]
    )
    return _changed(good, path, value)


# --- the proof ---


@_way("an option of the proof")
def _option(random: Random, good: Good, other: Good) -> str | None:
    proof = dict(good.document["proof"][0])
    change: dict[str, Any] = random.choice(
        [
            {"proofPurpose": "authentication"},
            {"type": "Ed25519Signature2020"},
            {"cryptosuite": "eddsa-jcs-2022"},
            {"cryptosuite": "eddsa-2022"},
            {"domain": "x"},
            {"challenge": "x"},
            {"nonce": "x"},
            {"expires": "2099-01-01T00:00:00Z"},
            {"verificationMethod": proof["verificationMethod"].upper()},
            {"id": "urn:x"},
            {"previousProof": "urn:x"},
            {"created": "2020-01-01T00:00:00Z"},
            {"proofPurpose": None},
            {"verificationMethod": proof["verificationMethod"].replace("#", "#/")},
            {"@context": "x"},
            {"jws": "x"},
            {"verificationMethod": proof["verificationMethod"].partition("#")[0]},
            {"proofValue": [proof["proofValue"]]},
            {"verificationMethod": proof["verificationMethod"] + "1"},
            {"type": ["DataIntegrityProof"]},
            {"verificationMethod": {"id": proof["verificationMethod"]}},
            {"proofPurpose": "https://w3id.org/security#x"},
            {"verificationMethod": "did:key:" + proof["verificationMethod"].partition("#")[2]},
        ]
    )
    return _dump({**good.document, "proof": [{**proof, **change}]})


@_way("the signature")
def _signature(random: Random, good: Good, other: Good) -> str | None:
    signature = bytearray(base58.b58decode(good.document["proof"][0]["proofValue"][1:]))
    point, scalar = bytes(signature[:32]), int.from_bytes(signature[32:], "little")
    signature[random.randrange(64)] ^= 1 << random.randrange(8)
    # S plus multiples of L as long as they fit in 32 bytes; R with its sign; neutral and small-order points; zeros.
    forged = random.choice(
        [
            bytes(signature),
            bytes(signature),
            bytes(signature),
            bytes(64),
            point + bytes(32),
            bytes([1]) + bytes(63),
            *(point + (scalar + times * _L).to_bytes(32, "little") for times in range(1, 15)),
            point + (_L - scalar).to_bytes(32, "little"),
            point[:31] + bytes([point[31] ^ 0x80]) + bytes(signature[32:]),
            bytes(signature[:63]),
            bytes(signature) + b"\0",
            bytes(signature[32:]) + point,
            b"\xff" * 64,
        ]
    )
    return _changed(good, ("proof", 0, "proofValue"), "z" + base58.b58encode(forged).decode())


@_way("the signature in another writing")
def _writing(random: Random, good: Good, other: Good) -> str | None:
    value = good.document["proof"][0]["proofValue"]
    raw = base58.b58decode(value[1:])
    return _changed(
        good,
        ("proof", 0, "proofValue"),
        random.choice(
            [
                "u" + base64.urlsafe_b64encode(raw).decode().rstrip("="),
                "f" + raw.hex(),
                "m" + base64.b64encode(raw).decode(),
                "Z" + base58.b58encode(raw, alphabet=base58.RIPPLE_ALPHABET).decode(),
                "z1" + value[1:],
                "z11" + value[1:],
                value[1:],
                "z" + value,
                value + "\n",
                " " + value,
                value + "1",
                value.upper(),
                "z" + raw.hex(),
                "z" + base58.b58encode(raw, alphabet=base58.RIPPLE_ALPHABET).decode(),
                value.replace("z", "Z", 1),
                "z",
                value[:10] + " " + value[10:],
                value[:10] + "0" + value[11:],
                value[:10] + "l" + value[11:],
                value + "=",
            ]
        ),
    )


@_way("the proofs")
def _proofs(random: Random, good: Good, other: Good) -> str | None:
    mine, theirs = good.document["proof"][0], other.document["proof"][0]
    return _dump(
        {
            **good.document,
            "proof": random.choice(
                [
                    [theirs],
                    [theirs, mine],
                    [mine, theirs],
                    [mine, mine],
                    mine,
                    [],
                    None,
                    [[mine]],
                    {"@graph": mine},
                    [{**theirs, "proofValue": mine["proofValue"]}],
                    [{**mine, "proofValue": theirs["proofValue"]}],
                    [mine, {}],
                    [{**mine, "created": theirs["created"], "proofValue": theirs["proofValue"]}],
                    {"@list": [mine]},
                    [None],
                ]
            ),
        }
    )


# --- two credentials ---


@_way("a part of another credential")
def _part(random: Random, good: Good, other: Good) -> str | None:
    theirs = dict(other.places)
    differing = [path for path, value in good.places if path in theirs and theirs[path] != value]
    return _changed(good, path, theirs[path]) if differing and (path := random.choice(differing)) else None


@_way("some members of another credential")
def _members(random: Random, good: Good, other: Good) -> str | None:
    names = [name for name in good.document if good.document[name] != other.document.get(name)]
    taken = random.sample(names, random.randrange(1, len(names)))
    return _dump({name: (other if name in taken else good).document.get(name) for name in good.document})


@_way("several of these at once")
def _several(random: Random, good: Good, other: Good) -> str | None:
    text: str | None = good.text
    for _ in range(random.randrange(2, 5)):
        try:
            current = Good(text or good.text)
            text = WAYS[random.choice(_MILD)](random, current, other) or text
        except (ValueError, LookupError, TypeError, AttributeError):
            continue  # what came out before has not the form that this way looks for
    return text


_MILD = [
    "a letter inside a text",
    "a letter that looks alike",
    "a space or an invisible character inside a text",
    "a time",
    "an id",
    "a part of another credential",
    "two values exchanged",
    "an entry doubled, or put elsewhere",
]


# --- another writing of the same credential ---


def _reordered(value: Any, random: Random) -> Any:
    if isinstance(value, dict):
        names = list(value)
        random.shuffle(names)
        return {name: _reordered(value[name], random) for name in names}
    return [_reordered(entry, random) for entry in value] if isinstance(value, list) else value


def same(random: Random, good: Good) -> str:
    """The same JSON value in another writing: the order of members, space between tokens, escapes."""
    document = _reordered(good.document, random) if random.random() < 0.7 else good.document
    text = json.dumps(document, ensure_ascii=random.random() < 0.5, indent=random.choice([None, 1, "\t"]))
    if random.random() < 0.3:
        letter = random.choice("aeiostn")
        text = text.replace(letter, f"\\u{ord(letter):04x}", 1) if f'"{letter}' not in text[:50] else text
        text = text if _same_value(text, good) else json.dumps(document)
    return random.choice([text, f"\n {text}\r\n"])


def _same_value(text: str, good: Good) -> bool:
    try:
        return bool(json.loads(text) == good.document)
    except ValueError:
        return False


def rearranged(random: Random, good: Good) -> str | None:
    """The same statements with the entries of an array in another order: JSON-LD keeps no order of a set."""
    document = copy.deepcopy(good.document)
    places = [path for path in good.arrays if path[-1] not in _IN_ORDER and len(at(document, path)) > 1]
    entries = at(document, random.choice(places))
    before = list(entries)
    random.shuffle(entries)
    return _dump(document) if entries != before else None
