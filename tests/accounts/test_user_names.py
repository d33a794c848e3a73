"""User names and passwords in every script, typed on any keyboard (RFC 8265, UTS #39; decision 0016)."""

from __future__ import annotations

import re
import threading
from typing import Any
from urllib.parse import unquote

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.test import Client
from hypothesis import example, given
from hypothesis import strategies as st

from accounts import passwords, usernames
from accounts.models import User
from tests.accounts.test_sign_in import PASSWORD, me, post, sign_up
from tests.factories import make_user


def refusal(name: str) -> str | None:
    try:
        usernames.validate(name)
    except ValidationError as error:
        return str(error.code)
    return None


@pytest.mark.parametrize(
    "name",
    [
        "ខ្មែរ",
        "សុខា",
        "မောင်မောင်",
        "ဇော်",
        "கவிதா",
        "สุดา",
        "น้ำ",
        "คำแก้ว",
        "ຄຳ",
        "ໜູນ້ອຍ",
        "山田",
        "王明",
        "さくら",
        "アイコ",
        "愛ちゃん",
        "パソコンー",
        "aiko山田",
        "محمد",
        "Nguyễn",
        "Đặng.Hà",
        "João",
        "නිමල්",
        "ක්\u200dෂ",
        "김철수",
        "aiko-1",
        "o_o",
        "a.b@example.org",
        "สุดา๙๙",
        "สุดา99",
        "007",
    ],
)
def test_letters_and_marks_of_every_script_are_a_user_name(name: str) -> None:
    assert refusal(name) is None
    assert usernames.prepare(usernames.prepare(name)) == usernames.prepare(name)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ai", "username_short"),
        ("ＡＩ", "username_short"),
        ("山", "username_short"),
        ("12", "username_short"),
        ("", "username_characters"),
        ("a b c", "username_characters"),
        ("aiko🎉", "username_characters"),
        ("a\x00iko", "username_characters"),
        ("ai\u00adko", "username_characters"),
        ("ai\u200bko", "username_characters"),
        ("ai\u200dko", "username_characters"),
        ("\u202eaiko", "username_characters"),
        ("aiko!", "username_characters"),
        ("\u0e34กข", "username_characters"),
        ("①②③", "username_characters"),
        ("\ud800abc", "username_characters"),
        ("ក\u17b4ខ", "username_characters"),
        ("aiko" + "\u0323\u0301" * 75, "username_marks"),
        ("aikо", "username_mixed_scripts"),  # о is Cyrillic
        ("ρaul", "username_mixed_scripts"),
        ("สุดาa", "username_mixed_scripts"),
        ("ສุดา", "username_mixed_scripts"),  # ສ is Lao
        ("aiko김山ひ", "username_mixed_scripts"),
    ],
)
def test_what_is_no_user_name_is_refused_with_the_reason(name: str, code: str) -> None:
    assert refusal(name) == code


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ｔａｒｏ", "taro"),
        ("TARO", "taro"),
        ("ｱｲｺ", "アイコ"),
        ("ﾀﾞｲ", "ダイ"),
        ("Nguye\u0302\u0303n", "nguyễn"),
        ("น\u0e49\u0e4d\u0e32", "น้ำ"),
        ("ຄ\u0ecd\u0eb2", "ຄຳ"),
        ("ໜູ", "ຫນູ"),
        ("Straße", "straße"),
    ],
)
def test_one_name_is_kept_however_it_was_typed(typed: str, kept: str) -> None:
    assert usernames.prepare(typed) == kept
    assert usernames.skeleton(typed) == usernames.skeleton(kept)


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        ("аіко", "aiko", True),  # Cyrillic
        ("раураӏ", "paypai", True),
        ("οοο", "ooo", True),  # Greek
        ("ບຈ", "บจ", True),  # Lao and Thai
        ("ロ口", "口ロ", True),  # kana and Han
        ("l1l", "lll", False),  # one script
        ("rnan", "man", False),
        ("aiko", "aikó", False),
        ("สุดา", "สุดำ", False),
        ("山田", "山由", False),
    ],
)
def test_names_of_two_scripts_that_look_alike(first: str, second: str, alike: bool) -> None:
    assert (usernames.skeleton(first) == usernames.skeleton(second)) is alike


@given(st.text(st.characters(categories=["L", "M", "Nd", "Pd", "Po", "Cf"]), min_size=1, max_size=12))
@example("ΐ")
@example("İstanbul")
def test_what_is_kept_is_kept_as_it_is(text: str) -> None:
    try:
        name = usernames.prepare(text)
    except ValidationError:
        return
    assert usernames.prepare(name) == name
    assert usernames.skeleton(name) == usernames.skeleton(text)


@given(st.text(max_size=20))
def test_a_prepared_password_is_prepared(text: str) -> None:
    assert passwords.prepare(passwords.prepare(text)) == passwords.prepare(text)


# --- at the door ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["ខ្មែរ", "မောင်မောင်", "கவிதா", "สุดา", "น้ำ", "ໜູ"])
def test_a_name_in_its_own_script_signs_up_and_in(client: Client, name: str) -> None:
    sign_up(client, name)
    signed_in = post(Client(), "auth/login", {"username": name, "password": PASSWORD})
    assert signed_in.status_code == 200
    assert me(client, signed_in.json()["meta"]["access_token"]).status_code == 200


@pytest.mark.django_db
def test_taro_is_one_account_whatever_the_keyboard(client: Client) -> None:
    sign_up(client, "ｔａｒｏ")
    assert User.objects.get().username == "taro"
    for typed in ("taro", "TARO", "ｔａｒｏ", "Ｔaro"):
        assert post(Client(), "auth/login", {"username": typed, "password": PASSWORD}).status_code == 200
        again = post(Client(), "auth/signup", {"username": typed, "password": PASSWORD})
        assert again.json()["errors"][0]["code"] == "username_taken"
    assert post(Client(), "auth/login", {"username": "tar0", "password": PASSWORD}).status_code == 400


@pytest.mark.django_db
def test_a_name_that_looks_like_another_s_is_refused_and_a_look_alike_s_password_opens_nothing(client: Client) -> None:
    sign_up(client, "aiko")
    sign_up(Client(), "บจ")
    for name in ("аіко", "ບຈ"):
        answer = post(Client(), "auth/signup", {"username": name, "password": PASSWORD})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "username_confusable")
        assert post(Client(), "auth/login", {"username": name, "password": PASSWORD}).status_code == 400
    with pytest.raises(IntegrityError):
        make_user(username="аіко")


@pytest.mark.django_db(transaction=True)
def test_of_two_look_alikes_at_the_same_time_one_is_made() -> None:
    start, statuses = threading.Barrier(2), []

    def make(name: str) -> None:
        try:
            client = Client()
            start.wait()
            statuses.append(post(client, "auth/signup", {"username": name, "password": PASSWORD}).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=make, args=(name,)) for name in ("aiko", "аіко")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 400]
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_tries_in_another_width_are_tries_at_the_same_account(client: Client) -> None:
    sign_up(client, "taro")
    typed = ("taro", "ｔaro", "ｔａro", "ｔａｒo", "ｔａｒｏ", "TARO", "Taro")
    # Where the account has signed in before, twenty failures are free.
    statuses = [post(client, "auth/login", {"username": name, "password": "wrong"}).status_code for name in typed * 4]
    assert statuses[:20] == [400] * 20
    assert statuses[-1] == 429


@pytest.mark.django_db
def test_a_pass_phrase_is_one_whatever_the_keyboard(client: Client) -> None:
    phrase = "trường học\u3000của tôi"
    sign_up_answer = post(client, "auth/signup", {"username": "huong", "password": phrase})
    assert sign_up_answer.status_code == 200
    for typed in (phrase, "trươ\u0300ng ho\u0323c của tôi", "trường\u00a0học của tôi"):
        assert post(Client(), "auth/login", {"username": "huong", "password": typed}).status_code == 200
    for wrong in ("truong hoc cua toi", "Trường học của tôi", "ｔrường học của tôi"):
        assert post(Client(), "auth/login", {"username": "huong", "password": wrong}).status_code == 400
    answer = post(client, "auth/signup", {"username": "dao", "password": "a\x07long pass phrase"})
    assert answer.json()["errors"][0]["code"] == "password_characters"


@pytest.mark.django_db
def test_a_hash_of_before_is_accepted_and_renewed() -> None:
    old = "tru\u031bo\u031bng của tôi 7"
    huong = make_user(username="huong")
    User.objects.filter(pk=huong.pk).update(password=make_password(old))
    assert post(Client(), "auth/login", {"username": "huong", "password": "someone else's"}).status_code == 400
    before = User.objects.get(pk=huong.pk).password
    assert post(Client(), "auth/login", {"username": "huong", "password": old}).status_code == 200
    renewed = User.objects.get(pk=huong.pk)
    assert renewed.password != before
    assert renewed.check_password("trương của tôi 7")
    assert post(Client(), "auth/login", {"username": "huong", "password": "trương của tôi 7"}).status_code == 200


@pytest.mark.django_db
def test_staff_s_forms_take_the_same_names() -> None:
    administrator = User.objects.create_superuser("Ｒｏｏｔ", "root@example.org", "a-long\u3000pass-phrase")
    assert (administrator.username, administrator.check_password("a-long pass-phrase")) == ("root", True)
    client = Client()
    client.force_login(administrator)
    form = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD, "is_staff": "on"}
    for name in ("สุดา", "ＳＵＤＡ"):
        made = client.post("/admin/accounts/user/add/", {**form, "username": name})
        assert made.status_code == 302, made.content
    for name in ("aikо", "suda", "ѕuda", "s"):
        refused = client.post("/admin/accounts/user/add/", {**form, "username": name})
        assert refused.status_code == 200, name
    assert set(User.objects.values_list("username", flat=True)) == {"root", "สุดา", "suda"}
    assert Client().post("/admin/accounts/user/add/", {**form, "username": "dao"}).status_code == 302
    assert not User.objects.filter(username="dao").exists()


# --- an address that is taken -----------------------------------------------------------------------------------------


def _shown(answer: Any) -> Any:
    """What a stranger can see of a sign-up, without what differs at each."""
    body = answer.json()
    body["data"]["user"] = {**body["data"]["user"], "id": "", "username": "", "display": ""}
    body["data"]["methods"] = [{**method, "at": 0} for method in body["data"]["methods"]]
    return answer.status_code, sorted(answer.headers), body["data"], sorted(body["meta"])


@pytest.mark.django_db
def test_an_address_that_is_taken_tells_a_stranger_nothing(client: Client, mailoutbox: list[Any]) -> None:
    sign_up(client, "aiko", email="aiko@example.org")
    EmailAddress.objects.update(verified=True)
    mailoutbox.clear()
    cache.clear()  # one address gets one mail in three minutes
    seen = {}
    for name, email in (("taken", "Aiko@example.org"), ("free", "dao@example.org")):
        stranger = Client()
        answer = post(stranger, "auth/signup", {"username": name, "password": PASSWORD, "email": email})
        token = {"Authorization": f"Bearer {answer.json()['meta']['access_token']}"}
        addresses = stranger.get("/auth/app/v1/account/email", headers=token)
        by_address = post(Client(), "auth/login", {"email": email, "password": PASSWORD + "x"})
        own = post(Client(), "auth/login", {"email": email, "password": PASSWORD})
        again = stranger.post(
            "/auth/app/v1/account/email", {"email": email}, content_type="application/json", headers=token
        )
        first = stranger.patch(
            "/auth/app/v1/account/email",
            {"email": email, "primary": True},
            content_type="application/json",
            headers=token,
        )
        shown = _shown(answer)
        seen[name] = (
            (*shown[:2], str(shown[2]).lower().replace(email.lower(), "address"), shown[3]),
            str(addresses.json()).lower().replace(email.lower(), "address"),
            by_address.json(),
            own.status_code,
            own.json().get("data", {}).get("user", {}).get("username") == name,
            (again.status_code, [error["code"] for error in again.json().get("errors", [])]),
            first.status_code,
        )
    taken, free = seen["taken"], seen["free"]
    assert taken == free
    # The owner hears of it, and keeps the address.
    assert "already exists" in mailoutbox[0].body
    assert "http://localhost:8000/verify-email" not in mailoutbox[0].body
    assert mailoutbox[0].to == ["aiko@example.org"]
    assert "/verify-email/" in mailoutbox[1].body
    assert EmailAddress.objects.get(verified=True).user.username == "aiko"
    assert EmailAddress.objects.filter(email="aiko@example.org").count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("email", ["aiko@example.org", "nobody@example.org"])
def test_the_time_of_a_wrong_sign_in_tells_nothing_of_an_address(client: Client, monkeypatch: Any, email: str) -> None:
    from accounts.hashers import Argon2idHasher

    sign_up(client, "aiko", email="aiko@example.org")
    hashed: list[str] = []

    def counted(name: str) -> Any:
        original = getattr(Argon2idHasher, name)

        def call(*given: Any) -> Any:
            hashed.append(name)
            return original(*given)

        return call

    for name in ("encode", "verify"):
        monkeypatch.setattr(Argon2idHasher, name, counted(name))
    assert post(Client(), "auth/login", {"email": email, "password": "wrong"}).status_code == 400
    assert len(hashed) == 2


@pytest.mark.django_db
def test_whoever_confirms_an_address_has_it(client: Client, mailoutbox: list[Any]) -> None:
    """Two accounts gave one address; the mailbox's owner confirms one, and the other can no more."""
    for name in ("aiko", "mallory"):
        sign_up(Client(), name, email="aiko@example.org")
        cache.clear()
    keys = [unquote(re.search(r"/verify-email/(\S+)", mail.body)[1]) for mail in mailoutbox]  # type: ignore[index]
    assert post(Client(), "auth/email/verify", {"key": keys[0]}).status_code in (200, 401)
    late = post(Client(), "auth/email/verify", {"key": keys[1]})
    assert late.status_code == 400
    assert EmailAddress.objects.get(verified=True).user.username == "aiko"
