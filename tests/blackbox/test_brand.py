"""What an account says of itself to its reviewers and recruiters: brand, language, and where the console is."""

import pytest
from support import samples
from support.api import Api, faults

NO_BRAND = {"name": None, "accent": None, "logo_url": None, "logo_state": None}
NOTHING = {"brand": None, "locale": None, "console_url": None, "console_origins": None}


@pytest.fixture(autouse=True)
def forget(api):
    yield
    api.patch("/v1/account", NOTHING, status=200)


def account_of(api):
    return api.get("/v1/account", status=200).json()


def column(db, account, name):
    return db.value(f"select {name} from links.accounts where id = %s", account)


def test_nothing_is_said_at_first(stack):
    account = account_of(stack.other_api)
    assert account["brand"] == NO_BRAND
    assert (account["locale"], account["console_url"], account["console_origins"]) == (None, None, [])
    assert isinstance(account["advanced_links"], bool)


def test_members_of_the_brand_change_alone(api):
    whole = {"name": "Hiring Example", "accent": "#1a73e8", "logo_url": "https://static.hiring.example/logo.png?v=2"}
    answer = api.patch("/v1/account", {"brand": whole}, status=200)
    assert answer.json()["brand"] == {**whole, "logo_state": {"state": "pending", "reason": None}}
    now = account_of(api)["brand"]
    assert now.pop("logo_state")["state"] == "pending" and now == whole
    assert answer.headers["ETag"] == f'"v{answer.json()["version"]}"'
    changed = api.patch("/v1/account", {"brand": {"accent": "#AB12CD"}}, status=200).json()["brand"]
    assert changed.pop("logo_state") and changed == {**whole, "accent": "#ab12cd"}
    assert api.patch("/v1/account", {"brand": {}}, status=200).json()["brand"]["name"] == "Hiring Example"
    assert api.patch("/v1/account", {"name": "Tests"}, status=200).json()["brand"]["accent"] == "#ab12cd", "what is left out stays"
    assert api.patch("/v1/account", {"brand": {"name": None, "logo_url": None}}, status=200).json()["brand"] == {**NO_BRAND, "accent": "#ab12cd"}
    assert api.patch("/v1/account", {"brand": {"name": "Ünï\u202e"}}, status=200).json()["brand"]["name"] == "Ünï"
    assert api.patch("/v1/account", {"brand": None}, status=200).json()["brand"] == NO_BRAND


def test_language_and_console(api):
    changes = {"locale": "pt-br", "console_url": "https://ats.example/links/{share_link_id}?tab=share#{share_link_id}",
               "console_origins": ["https://ATS.example", "https://ats.example:8443", "https://other.example:443"]}
    account = api.patch("/v1/account", changes, status=200).json()
    assert account == account_of(api)
    assert (account["locale"], account["console_url"]) == ("pt-BR", changes["console_url"])
    assert account["console_origins"] == ["https://ats.example", "https://ats.example:8443", "https://other.example"]
    api.patch("/v1/account", {"brand": {"name": "N"}}, status=200)
    assert account_of(api)["console_origins"] == account["console_origins"] and account_of(api)["locale"] == "pt-BR"
    assert api.patch("/v1/account", {"console_url": "https://ats.example/"}, status=200).json()["console_url"] == "https://ats.example/"
    assert api.patch("/v1/account", {"console_origins": []}, status=200).json()["console_origins"] == []
    many = [f"https://a{number}.example" for number in range(20)]
    assert api.patch("/v1/account", {"console_origins": many}, status=200).json()["console_origins"] == many
    account = api.patch("/v1/account", NOTHING, status=200).json()
    assert (account["locale"], account["console_url"], account["console_origins"]) == (None, None, [])


@pytest.mark.parametrize("body, expected", [
    ({"brand": []}, ["/brand"]),
    ({"brand": "x"}, ["/brand"]),
    ({"brand": {"logo": "x"}}, ["/brand/logo"]),
    ({"brand": {"name": ""}}, ["/brand/name"]),
    ({"brand": {"name": "\u200b"}}, ["/brand/name"]),
    ({"brand": {"name": "x" * 101}}, ["/brand/name"]),
    ({"brand": {"name": 1}}, ["/brand/name"]),
    *[({"brand": {"accent": accent}}, ["/brand/accent"]) for accent in ("", "red", "#fff", "#12345g", "1a73e8", "#1a73e8f", "#1a73e8ff", " #1a73e8", 7)],
    *[({"brand": {"logo_url": url}}, ["/brand/logo_url"]) for url in
      ("", "http://a.example/x.png", "//a.example/x.png", "data:image/png;base64,AA", "https://", "https://u:p@a.example/x.png", "s3://b/k",
       "https://a.example/" + "x" * 2048, "https://a.example/a b", 7)],
    *[({"locale": locale}, ["/locale"]) for locale in ("", "e", "de_DE", "english language", 7)],
    *[({"console_url": url}, ["/console_url"]) for url in
      ("", "http://ats.example/", "https://{share_link_id}.ats.example/", "https://ats.example/{link}", "https://ats.example/{share_link_id", "ats.example",
       "https://ats.example/}", "https://u:p@ats.example/{share_link_id}", "javascript:alert(1)", "https://ats.example/" + "x" * 2048, 7)],
    *[({"console_origins": [origin]}, ["/console_origins/0"]) for origin in
      ("", "http://ats.example", "https://ats.example/", "https://ats.example/x", "https://*.ats.example", "https://ats.example:0", "*", "null",
       "https://u:p@ats.example", "https://ats.example?", "https://ats.example;", "https://ats.example 'self'", 7, None)],
    ({"console_origins": "https://ats.example"}, ["/console_origins"]),
    ({"console_origins": [f"https://a{number}.example" for number in range(21)]}, ["/console_origins"]),
    ({"console_origins": ["https://a.example", "https://A.example:443"]}, ["/console_origins/1"]),
    ({"advanced_links": True}, ["/advanced_links"]),
    ({"advanced_links": None}, ["/advanced_links"]),
    ({"brand": {"name": "", "accent": "red", "logo_url": "x", "y": 1}, "locale": "x", "console_url": "x", "console_origins": ["x", "https://a.example", "y"],
      "advanced_links": False, "plan": "basic", "defaults": {"sender_name": ""}},
     ["/advanced_links", "/brand/accent", "/brand/logo_url", "/brand/name", "/brand/y", "/console_origins/0", "/console_origins/2", "/console_url",
      "/defaults/sender_name", "/locale", "/plan"]),
])
def test_every_fault_is_named_and_nothing_is_changed(api, body, expected):
    api.patch("/v1/account", {"brand": {"name": "Kept", "logo_url": "https://a.example/l.png"}}, status=200)
    before = account_of(api)
    assert faults(api.patch("/v1/account", body)) == expected
    now = account_of(api)
    assert now["brand"].pop("logo_state") and before["brand"].pop("logo_state"), "it goes on while the logo is looked for"
    assert now == before


def test_advanced_links_follow_the_plan(stack):
    for plan in ("screen", "growth", "enterprise", "starter", "basic", "screen-2", "none"):
        told = stack.operate("account", "create", "--name", f"On {plan}", "--plan", plan)
        key = next(word for word in told.split() if word.startswith("slk_"))
        api = Api(stack.links.url(), key)
        interview = samples.interview_id()
        api.put(f"/v1/interviews/{interview}", samples.interview_document(), status=201)
        status = api.post("/v1/share-links", samples.share_link_body([interview])).status_code
        account = account_of(api)
        assert account["plan"] == plan and (account["advanced_links"], status) in ((True, 201), (False, 402)), plan


def test_another_logo_is_fetched_before_it_is_shown(stack, api, db):
    wanted = "select url || ' ' || state from views.fetches where account_id = %s and interview_id is null"
    api.patch("/v1/account", {"brand": {"logo_url": "https://no-such-host.invalid/a.png"}}, status=200)
    assert db.value(wanted, stack.account).startswith("https://no-such-host.invalid/a.png ")
    db.rows("update links.accounts set brand_logo = 'digest' where id = %s returning 1", stack.account)
    for same in ({"brand": {"logo_url": "https://no-such-host.invalid/a.png"}}, {"brand": {"name": "N"}}, {"locale": "de"}, {}):
        api.patch("/v1/account", same, status=200)
        assert column(db, stack.account, "brand_logo") == "digest"
    api.patch("/v1/account", {"brand": {"logo_url": "https://no-such-host.invalid/b.png"}}, status=200)
    assert column(db, stack.account, "brand_logo") is None
    assert db.value(wanted, stack.account).startswith("https://no-such-host.invalid/b.png ")
    db.rows("update links.accounts set brand_logo = 'digest' where id = %s returning 1", stack.account)
    api.patch("/v1/account", {"brand": {"logo_url": None}}, status=200)
    assert column(db, stack.account, "brand_logo") is None and db.value(wanted, stack.account) is None
    api.patch("/v1/account", {"brand": {"logo_url": "https://no-such-host.invalid/a.png"}}, status=200)
    api.patch("/v1/account", {"brand": None}, status=200)
    assert db.value(wanted, stack.account) is None


def test_pages_are_made_anew_for_another_brand(stack, api, db):
    link = stack.make_share_link()

    def version():
        return db.value("select content_version from links.content_states where share_link_id = %s", link["id"])

    before = version()
    api.patch("/v1/account", {"brand": {"name": "Another"}}, status=200)
    after = version()
    assert after != before
    db.rows("update links.accounts set brand_logo = 'digest' where id = %s returning 1", stack.account)
    assert version() != after
    door = db.rows("select brand_name, brand_accent, brand_logo, account_locale from links.doors where share_link_id = %s", link["id"])[0]
    assert door == {"brand_name": "Another", "brand_accent": None, "brand_logo": "digest", "account_locale": None}


def test_accounts_say_it_of_themselves_alone(stack, api, other_api):
    theirs = account_of(other_api)
    api.patch("/v1/account", {"brand": {"name": "Ours"}, "locale": "de", "console_origins": ["https://ats.example"]}, status=200)
    assert account_of(other_api) == theirs
