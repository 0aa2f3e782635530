from companies.services.webhooks.targets import Target, check_url, parse_target
from config.exceptions import InvalidField

ACCEPTED = {
    "https://hooks.example.com/a?b=c": "https://hooks.example.com/a?b=c",
    " HTTPS://Hooks.Example.COM ": "https://hooks.example.com/",
    "https://hooks.example.com:443/": "https://hooks.example.com/",
    "https://hooks.example.com:8443?x": "https://hooks.example.com:8443/?x",
    "https://hooks.example.com./": "https://hooks.example.com/",
    "https://bücher.example.com/grüße/%41": "https://xn--bcher-kva.example.com/gr%C3%BC%C3%9Fe/%41",
    "https://1.1.1.1/": "https://1.1.1.1/",
    "https://[2606:4700::1111]:1025/x": "https://[2606:4700::1111]:1025/x",
    "https://0xabc.example.com/": "https://0xabc.example.com/",
}
REFUSED = (
    *("", "hooks.example.com", "http://hooks.example.com/", "ftp://hooks.example.com/", "javascript:alert(1)", "//x"),
    *("https://", "https:///path", "https://hooks.example.com:80/", "https://hooks.example.com:22/"),
    *("https://hooks.example.com:1024/", "https://hooks.example.com:0/", "https://hooks.example.com:65536/"),
    *("https://user@hooks.example.com/", "https://user:pass@hooks.example.com/", "https://@hooks.example.com/"),
    *("https://1.1.1.1\\@hooks.example.com/", "https://hooks.example.com\\.evil.com/", "https://hooks.example.com/#a"),
    *("https://hooks.example.com/a b", "https://hooks.example.com/\nx", "https://hooks.\texample.com/", "https://\u200bx.com"),
    *("https://localhost/", "https://a.localhost/", "https://printer.local/", "https://db.internal/", "https://nas/"),
    *("https://router.lan/", "https://x.home.arpa/", "https://x.test/", "https://x.onion/", "https://localhost./"),
    *("https://127.0.0.1/", "https://10.0.0.1:8443/", "https://169.254.169.254/", "https://[::1]/", "https://[::]/"),
    *("https://[::ffff:10.0.0.1]/", "https://[::ffff:a00:1]/", "https://[fe80::1%25eth0]/", "https://[64:ff9b::a00:1]/"),
    *("https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://017700000001/", "https://127.1/"),
    *("https://0177.0.0.1/", "https://127.0.0.1./", "https://①②⑦.⓪.⓪.①/", "https://127。0。0。1/", "https://1.1.1.1.1/"),
    *("https://0/", "https://999.1.1.1/", "https://%31%32%37.0.0.1/", "https://exa%6dple.com/", "https://a..com/"),
    *("https://-a.com/", "https://a_.c_m/", "https://x.0x1/", f"https://{'a' * 64}.com/", f"https://x.com/{'a' * 500}"),
    *("https://[::1/", "https://[1.1.1.1]/", "https://x.com:8443a/", "\ud800"),
)  # fmt: skip


def outcome(url):
    try:
        return check_url(url)
    except InvalidField as error:
        return error.field


def test_urls_are_told_apart(settings):
    settings.WEBHOOK_ALLOW_PRIVATE = False

    assert {url: outcome(url) for url in ACCEPTED} == ACCEPTED
    assert {url: outcome(url) for url in ACCEPTED.values()} == {url: url for url in ACCEPTED.values()}
    assert {url: outcome(url) for url in REFUSED} == dict.fromkeys(REFUSED, ("url",))


def test_private_addresses_are_allowed_in_development(settings):
    settings.WEBHOOK_ALLOW_PRIVATE = True
    urls = [
        "http://localhost:9000/",
        "http://127.0.0.1/",
        "https://[::1]:9000/x",
        "http://nas/",
        "https://db.internal/",
    ]

    assert [outcome(url) for url in urls] == urls
    assert outcome("https://user@localhost/") == ("url",)
    assert parse_target("http://localhost:9000/x") == Target("http", "localhost", 9000, "/x")
