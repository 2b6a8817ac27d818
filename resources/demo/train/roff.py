# SPDX-License-Identifier: GPL-3.0-or-later
"""Manual page source (man macros) -> plain text by sections.

Not a typesetter: only what is needed to get running text out of `man` pages. Pages in mdoc, redirects (`.so`) and
tables are left out. Returns [(heading, [paragraph, ...]), ...]; lines inside a no-fill block stay lines.
"""
import re

_SPECIAL = {
    "aq": "'", "dq": '"', "em": "—", "en": "–", "bu": "•", "co": "©", "cq": "’", "oq": "‘", "lq": "“", "rq": "”",
    "ha": "^", "ti": "~", "ga": "`", "rs": "\\", "sl": "/", "at": "@", "sh": "#", "Do": "$", "bv": "|", "ba": "|",
    "la": "<", "ra": ">", "->": "→", "<-": "←", "mu": "×", "+-": "±", "<=": "≤", ">=": "≥", "!=": "≠", "de": "°",
    "lB": "[", "rB": "]", "lC": "{", "rC": "}", "mi": "−", "hy": "-", "pl": "+", "eq": "=", "r!": "¡", "r?": "¿",
    "Fo": "«", "Fc": "»", "ss": "ß", "S2": "²", "if": "∞", "sc": "§", "tm": "™", "rg": "®", "pi": "π", "*p": "π",
    ":a": "ä", ":o": "ö", ":u": "ü", ":A": "Ä", ":O": "Ö", ":U": "Ü", "'e": "é", "`e": "è", "'o": "ó", "'a": "á",
    ",c": "ç", "/o": "ø", "oa": "å", "~n": "ñ", ":i": "ï", "^o": "ô", "~=": "≈", "sq": "□", "no": "¬", "tf": "∴",
}
_STRINGS = {"lq": "“", "rq": "”", "R": "®", "Tm": "™", "S": ""}

_ESCAPE = re.compile(
    r"""\\(?:
      f(?:\(..|\[[^\]]*\]|.) | s[+-]?(?:\d\d?|\(..|\[[^\]]*\]|'[^']*') | [mMFg](?:\(..|\[[^\]]*\]|.) | [vhbowZXNlLD]'[^']*'
    | k. | n[+-]?(?:\(..|\[[^\]]*\]|.) | \*\((?P<str2>..) | \*\[(?P<strl>[^\]]*)\] | \*(?P<str1>.)
    | \((?P<sp2>..) | \[(?P<spl>[^\]]*)\] | (?P<one>.) | $)""", re.X)


def _escape(match):
    if match.group("str2") or match.group("strl") or match.group("str1"):
        return _STRINGS.get(match.group("str2") or match.group("strl") or match.group("str1"), "")
    name = match.group("sp2") or match.group("spl")
    if name:
        if re.fullmatch(r"u[0-9A-F]{4,6}", name):
            return chr(int(name[1:], 16))
        return _SPECIAL.get(name, "")
    one = match.group("one")
    return {"-": "-", "e": "\\", "\\": "\\", "'": "´", "`": "`", " ": " ", "~": " ", "0": " ", ".": ".", "t": "\t"}.get(one, "") if one else ""


def unescape(line):
    line = re.sub(r'\\["#].*$', "", line)
    return _ESCAPE.sub(_escape, line)


def _arguments(rest):
    """Splits macro arguments: spaces separate, double quotes group, "" inside quotes is a quote."""
    out = []
    for match in re.finditer(r'"((?:[^"]|"")*)"?|((?:\\ |\S)+)', rest.strip()):
        out.append(match.group(1).replace('""', '"') if match.group(1) is not None else match.group(2))
    return [unescape(a) for a in out]


_WIDE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")


def _join(lines):
    text = ""
    for line in lines:
        glue = "" if not text or (_WIDE.match(text[-1]) and _WIDE.match(line[:1])) else " "
        text += glue + line
    return re.sub(r"[ \t]+", " ", text).strip()


_ALTERNATING = {"BR", "RB", "BI", "IB", "IR", "RI"}
_PLAIN = {"B", "I", "R", "SM", "SB"}
_BREAK = {"PP", "P", "LP", "TP", "IP", "HP", "TQ", "sp", "RS", "RE"}


def sections(source):
    """None for a page that is not usable."""
    if re.search(r"^\.(?:Dd|Sh|so)\b", source, re.M):
        return None
    result, paragraphs, fill, lines = [], [], True, []
    heading = None
    skip_until = None  # inside .de/.ig/.TS/multi-line conditionals
    depth = 0
    want_heading = False

    def flush():
        nonlocal lines
        if lines:
            text = _join(lines) if fill else "\n".join(line.rstrip() for line in lines)
            if text.strip():
                paragraphs.append(text.strip("\n"))
        lines = []

    for raw in source.splitlines():
        if depth:
            depth += raw.count("\\{") - raw.count("\\}")
            continue
        if skip_until:
            if re.match(r"^[.']\s*" + skip_until + r"\b", raw) or (skip_until == r"\." and raw.startswith("..")):
                skip_until = None
            continue
        if raw.startswith((".", "'")) and not raw.startswith(("'\\", "...")):
            body = raw[1:].strip()
            if not body or body.startswith('\\"'):
                continue
            parts = body.split(None, 1)
            name, rest = parts[0], (parts[1] if len(parts) > 1 else "")
            if name in ("SH", "SS"):
                flush()
                arguments = _arguments(rest)
                if name == "SH":
                    if heading is not None:
                        result.append((heading, paragraphs))
                    paragraphs = []
                    heading = " ".join(arguments)
                    want_heading = not arguments
                else:
                    paragraphs.append(" ".join(arguments))
            elif name in _BREAK:
                flush()
                if name == "IP":
                    arguments = _arguments(rest)
                    if arguments and arguments[0]:
                        lines.append(arguments[0])
            elif name == "br":
                if fill and lines:
                    text = _join(lines)
                    lines = []
                    paragraphs.append(text)
            elif name in ("nf", "EX"):
                flush()
                fill = False
            elif name in ("fi", "EE"):
                flush()
                fill = True
            elif name in _ALTERNATING:
                lines.append("".join(_arguments(rest)))
            elif name in _PLAIN:
                lines.append(" ".join(_arguments(rest)))
            elif name in ("UR", "MT"):
                lines.append("<" + rest.strip() + ">")
            elif name in ("UE", "ME"):
                if rest.strip() and lines:
                    lines[-1] += unescape(rest.strip())
            elif name in ("de", "ig", "de1", "am"):
                skip_until = r"\."
            elif name in ("TS", "EQ", "PS"):
                flush()
                skip_until = {"TS": "TE", "EQ": "EN", "PS": "PE"}[name]
            elif name in ("if", "ie", "el"):
                depth = max(0, raw.count("\\{") - raw.count("\\}"))
            continue
        line = unescape(raw)
        if want_heading:
            heading, want_heading = line.strip(), False
        elif not line.strip():
            if fill:
                flush()
            else:
                lines.append("")
        elif heading is not None:
            lines.append(line.strip() if fill else line)
    flush()
    if heading is not None:
        result.append((heading, paragraphs))
    return [(h, p) for h, p in result if p] or None


def plain(page):
    return "\n\n".join("\n".join([heading] + paragraphs) for heading, paragraphs in page)
