"""Texts that try to break out of wherever they are put: of a header, of HTML, of a template, of an encoding."""

from __future__ import annotations

from random import Random

PIECES = (
    *(
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<!--[if mso]>",
        "<![endif]-->",
    ),
    *(
        "</td></tr></table>",
        "</title><script>",
        "</style><b>",
        "--><script>",
        "<!--",
        "]]>",
        "<a href=javascript:alert(1)>x",
    ),
    *('" onmouseover="alert(1)', "' style='x:expression(1)"),
    *("<iframe srcdoc=x>", "<base href=//evil.example>"),
    *(
        "<meta http-equiv=refresh content=0>",
        "<textarea>",
        "<plaintext>",
        "<noscript><p title='</noscript><img src=x>'>",
    ),
    *(
        "&lt;script&gt;",
        "&#60;b&#62;",
        "&amp",
        "&#x0;",
        "&",
        "<",
        ">",
        '"',
        "'",
        "`",
        "=",
        "\\",
        "/",
        "%",
        "<\x00script>",
    ),
    *("{{ 7 * 7 }}", "{% include '/etc/passwd' %}", "{#", "{{ mail.__class__ }}", "${7*7}", "%s%n", "{id}"),
    *(
        "\r\nBcc: all@example.com",
        "\nSubject: other",
        "\r\n\r\n<p>body",
        "\r.\r\n",
        "\n.\n",
        "\x0b\x0c",
        "\x85",
        "\u2028Bcc: x",
    ),
    *("=?utf-8?q?Hi=0D=0ABcc:_x@example.com?=", "=?utf-8?B?DQpCY2M6IHhAZXhhbXBsZS5jb20=?="),
    *("=?utf-8?q?", "?=", "=?"),
    *("=?us-ascii?q?=00=1B?=", "=?x-none?q?a?=", "=\r\n?utf-8?q?=0D=0AX:_y?="),
    *(
        "\x00",
        "\x1b[31m",
        "\x07",
        "\x7f",
        "\x9f",
        "\ufeff",
        "\ufffe",
        "\uffff",
        "\ud800",
        "\udfff",
        "\udcff",
        "\ud83d\ude00",
    ),
    *(
        "\u202egnp.exe",
        "\u2066",
        "\u2069",
        "\u200f",
        "\u200b",
        "\u00ad",
        "\u0301" * 40,
        "\u1112\u1161\u11ab",
        "ﬁ",
        "ＳＣＲＩＰＴ",
    ),
    *("😀", "👩‍👩‍👧", "é", "ß", "中文字", "שלום", "नमस्ते", "\U000e0041", "\U0010ffff", "﷽"),
    *("mailto:a@b", "javascript:alert(1)"),
    *("data:text/html,<b>", "https://evil.example/?a=b&c=d", "//evil.example"),
    *(
        "; rm -rf",
        "' OR 1=1 --",
        "\t",
        "   ",
        "\u3000",
        "\xa0",
        "-- ",
        "From ",
        ".",
        "..",
        "W" * 300,
        "a " * 60,
        "x" * 5000,
    ),
)


def hostile(random: Random) -> str:
    """Return a text of up to nine pieces, some of them of characters drawn at random."""
    return "".join(
        random.choice(PIECES) if random.random() < 0.75 else _noise(random) for _ in range(random.randint(0, 9))
    )


def _noise(random: Random) -> str:
    top = random.choice((0x80, 0x800, 0x3000, 0x110000))
    return "".join(chr(random.randrange(top)) for _ in range(random.randint(1, 12)))
