// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/tokenizer/regex_syntax.h"

#include "io/tokenizer/unicode.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace expertscope::tokenizer {

namespace {

// Insides of character classes. White_Space, its complement, and Oniguruma's Word.
constexpr std::string_view kSpace = "\\x{9}-\\x{D}\\x{20}\\x{85}\\x{A0}\\x{1680}\\x{2000}-\\x{200A}\\x{2028}\\x{2029}"
                                    "\\x{202F}\\x{205F}\\x{3000}";
constexpr std::string_view kNotSpace =
    "\\x{0}-\\x{8}\\x{E}-\\x{1F}\\x{21}-\\x{84}\\x{86}-\\x{9F}\\x{A1}-\\x{167F}\\x{1681}-\\x{1FFF}\\x{200B}-\\x{2027}"
    "\\x{202A}-\\x{202E}\\x{2030}-\\x{205E}\\x{2060}-\\x{2FFF}\\x{3001}-\\x{D7FF}\\x{E000}-\\x{10FFFF}";
constexpr std::string_view kWord = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}";
// Where no class is open Oniguruma asks another table for Latin-1, which has superscripts and fractions as well.
constexpr std::string_view kWordAlone = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\x{B2}\\x{B3}\\x{B9}\\x{BC}-\\x{BE}";

constexpr std::array<std::string_view, 38> kCategories{"L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N",
    "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp",
    "C", "Cc", "Cf", "Co", "Cs", "Cn", "Any"};

constexpr std::array<std::array<std::string_view, 2>, 7> kLongCategories{{{"Letter", "L"}, {"Mark", "M"},
    {"Number", "N"}, {"Punctuation", "P"}, {"Symbol", "S"}, {"Separator", "Z"}, {"Other", "C"}}};

constexpr std::array<std::string_view, 6> kBinary{
    "Alphabetic", "Uppercase", "Lowercase", "White_Space", "Emoji", "Extended_Pictographic"};

// Scripts that tokenizers name; both engines take them from the same property file.
constexpr std::array<std::string_view, 34> kScripts{"Arabic", "Armenian", "Bengali", "Bopomofo", "Cherokee", "Common",
    "Cyrillic", "Devanagari", "Ethiopic", "Georgian", "Greek", "Gujarati", "Gurmukhi", "Han", "Hangul", "Hebrew",
    "Hiragana", "Inherited", "Kannada", "Katakana", "Khmer", "Lao", "Latin", "Malayalam", "Mongolian", "Myanmar",
    "Oriya", "Sinhala", "Syriac", "Tamil", "Telugu", "Thaana", "Thai", "Tibetan"};

std::string hexEscape(char32_t c)
{
    constexpr const char* kDigits = "0123456789ABCDEF";
    std::string digits;
    do {
        digits.insert(digits.begin(), kDigits[c & 15]);
        c >>= 4;
    } while (c != 0);
    return "\\x{" + digits + "}";
}

bool isAsciiLetterOrDigit(char32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

std::string literal(char32_t c)
{
    if (isAsciiLetterOrDigit(c) || c == ' ' || c == '\'' || c == '"' || c == '_' || c == ',' || c == '<' || c == '>'
        || c == '=' || c == '!' || c == ':' || c == '/' || c == ';' || c == '@' || c == '%' || c == '~' || c == '`')
        return std::string(1, static_cast<char>(c));
    return hexEscape(c);
}

/// One escape: a character, or a set to be written inside a class (and its complement, where there is one).
struct Escape
{
    std::optional<char32_t> character;
    std::string set; // inside of a class
    std::string outside; // the same where no class is open; empty: "[" + set + "]"
    bool onlyOutside = false;
};

class Translator
{
public:
    explicit Translator(std::string_view pattern)
        : m_in(pattern)
    {
    }

    Expected<std::string> run()
    {
        if (m_in.starts_with("(?i)")) { // any later and the two engines disagree on how far it reaches
            m_out += "(?i)";
            m_at = 4;
            m_caseless = true;
        }
        while (!done())
            ES_TRY(item());
        if (!m_groups.empty())
            return fail("'(' without ')' in the pattern");
        return m_out;
    }

private:
    bool done() const { return m_at >= m_in.size(); }
    bool ahead(std::string_view text) const { return m_in.substr(m_at).starts_with(text); }
    bool take(std::string_view text)
    {
        if (!ahead(text))
            return false;
        m_at += text.size();
        return true;
    }
    char32_t next() { return nextCodePoint(m_in, m_at); }
    tl::unexpected<Error> unknown(const std::string& what) const
    {
        return fail("pattern: " + what + " at byte " + std::to_string(m_at) + " is not supported");
    }

    void atom(std::string_view text)
    {
        m_atom = m_out.size();
        m_out += text;
    }

    /// Without regard to case Oniguruma takes "ss" for U+00DF and the like, PCRE2 does not.
    Expected<void> character(char32_t c)
    {
        const char32_t lower = c >= 'A' && c <= 'Z' ? c + 32 : c;
        const bool adjacent = m_letterEnd == m_out.size();
        if (m_caseless && adjacent
            && ((m_letter == 's' && (lower == 's' || lower == 't'))
                || (m_letter == 'f' && (lower == 'f' || lower == 'i' || lower == 'l')) || lower >= 0x80
                || m_letter >= 0x80))
            return unknown("letters that may be a ligature, without regard to case,");
        atom(literal(c));
        m_letter = lower;
        m_letterEnd = m_out.size();
        return {};
    }

    Expected<void> item()
    {
        const char c = m_in[m_at];
        switch (c) {
        case '(':
            return openGroup();
        case ')':
            if (m_groups.empty())
                return fail("pattern: ')' without '('");
            ++m_at;
            m_out += ')';
            m_atom = m_groups.back();
            m_groups.pop_back();
            return {};
        case '[': {
            ++m_at;
            ES_ASSIGN(const std::string set, characterClass(0));
            atom(set);
            return {};
        }
        case '|':
            ++m_at;
            m_out += '|';
            m_atom.reset();
            return {};
        case '.':
            ++m_at;
            atom(".");
            return {};
        case '^': // Ruby's are always those of a line
            ++m_at;
            m_out += "(?m:^)";
            m_atom.reset();
            return {};
        case '$':
            ++m_at;
            m_out += "(?m:$)";
            m_atom.reset();
            return {};
        case '*':
        case '+':
        case '?':
            ++m_at;
            return quantifier(std::string(1, c), false);
        case '{':
            return interval();
        case '\\':
            return escapeOutside();
        default:
            return character(next());
        }
    }

    Expected<void> openGroup()
    {
        // (?m: is Ruby's for "dot matches newline too"
        static constexpr std::array<std::array<std::string_view, 2>, 12> kOpeners{{{"(?:", "(?:"}, {"(?=", "(?="},
            {"(?!", "(?!"}, {"(?<=", "(?<="}, {"(?<!", "(?<!"}, {"(?>", "(?>"}, {"(?i:", "(?i:"}, {"(?m:", "(?s:"},
            {"(?mi:", "(?si:"}, {"(?im:", "(?is:"}, {"(?-i:", "(?-i:"}, {"(", "(?:"}}};
        for (const auto& [from, to] : kOpeners) {
            if (from == "(" && ahead("(?"))
                break;
            if (take(from)) {
                m_caseless = m_caseless || from.find('i') != std::string_view::npos;
                m_groups.push_back(m_out.size());
                m_out += to;
                m_atom.reset();
                return {};
            }
        }
        return unknown("this kind of group");
    }

    Expected<void> quantifier(const std::string& text, bool isInterval)
    {
        if (!m_atom)
            return unknown("a quantifier that follows nothing");
        m_out += text;
        if (!done() && m_in[m_at] == '?') {
            ++m_at;
            m_out += '?';
        } else if (!done() && m_in[m_at] == '+') {
            ++m_at;
            if (isInterval) {
                m_out.insert(*m_atom, "(?:");
                m_out += ")+";
            } else {
                m_out += '+';
            }
        }
        if (!done() && (m_in[m_at] == '*' || m_in[m_at] == '+' || m_in[m_at] == '?'))
            return unknown("a quantifier of a quantifier");
        return {};
    }

    Expected<void> interval()
    {
        std::size_t at = m_at + 1;
        const auto number = [&]() -> std::optional<std::string> {
            std::string digits;
            while (at < m_in.size() && m_in[at] >= '0' && m_in[at] <= '9')
                digits += m_in[at++];
            return digits.size() > 4 ? std::nullopt : std::optional(digits);
        };
        const auto low = number();
        const bool comma = at < m_in.size() && m_in[at] == ',';
        std::optional<std::string> high = low;
        if (comma) {
            ++at;
            high = number();
        }
        const bool closed = at < m_in.size() && m_in[at] == '}';
        if (!low || !high || !closed || (low->empty() && high->empty())) { // to Oniguruma this is no interval
            if (low && high && !(closed && comma)) {
                ++m_at;
                atom(literal('{'));
                return {};
            }
            return unknown("this '{'");
        }
        m_at = at + 1;
        if (!comma && !done() && m_in[m_at] == '?')
            return unknown("'{n}?'");
        const std::string text =
            "{" + (low->empty() ? std::string("0") : *low) + (comma ? "," + *high : std::string()) + "}";
        return quantifier(text, true);
    }

    Expected<void> escapeOutside()
    {
        if (take("\\b") || take("\\B")) {
            const std::string w = "[" + std::string(kWordAlone) + "]";
            const bool inside = m_in[m_at - 1] == 'b';
            m_out += inside ? "(?:(?<=" + w + ")(?!" + w + ")|(?<!" + w + ")(?=" + w + "))"
                            : "(?:(?<=" + w + ")(?=" + w + ")|(?<!" + w + ")(?!" + w + "))";
            m_atom.reset();
            return {};
        }
        if (take("\\A") || take("\\z")) {
            m_out += m_in[m_at - 1] == 'A' ? "\\A" : "\\z";
            m_atom.reset();
            return {};
        }
        ES_ASSIGN(const Escape escape, this->escape());
        if (escape.character)
            return character(*escape.character);
        atom(escape.outside.empty() ? "[" + escape.set + "]" : escape.outside);
        return {};
    }

    Expected<Escape> escape()
    {
        ++m_at;
        if (done())
            return fail("pattern: ends in a backslash");
        const char32_t c = next();
        switch (c) {
        case 't':
            return Escape{U'\t', {}, {}};
        case 'n':
            return Escape{U'\n', {}, {}};
        case 'r':
            return Escape{U'\r', {}, {}};
        case 'f':
            return Escape{U'\f', {}, {}};
        case 'v':
            return Escape{U'\v', {}, {}};
        case 'a':
            return Escape{U'\a', {}, {}};
        case 'e':
            return Escape{U'\x1B', {}, {}};
        case 's':
            return Escape{{}, std::string(kSpace), {}};
        case 'S':
            return Escape{{}, std::string(kNotSpace), "[^" + std::string(kSpace) + "]"};
        case 'd':
            return Escape{{}, "\\p{Nd}", "\\p{Nd}"};
        case 'D':
            return Escape{{}, "\\P{Nd}", "\\P{Nd}"};
        case 'h':
            return Escape{{}, "0-9A-Fa-f", {}};
        case 'w':
            return Escape{{}, std::string(kWord), "[" + std::string(kWordAlone) + "]"};
        case 'W':
            return Escape{{}, {}, "[^" + std::string(kWordAlone) + "]", true};
        case 'p':
        case 'P':
            return property(c == 'P');
        case 'x':
            return hex(true);
        case 'u':
            return hex(false);
        default:
            if (c < 0x80 && isAsciiLetterOrDigit(c)) {
                --m_at;
                return unknown("'\\" + std::string(1, static_cast<char>(c)) + "'");
            }
            return Escape{c, {}, {}};
        }
    }

    Expected<Escape> hex(bool x)
    {
        const bool braces = x && take("{");
        const std::size_t most = braces ? 6 : x ? 2 : 4;
        char32_t value = 0;
        std::size_t digits = 0;
        for (; digits < most && !done(); ++digits, ++m_at) {
            const char d = m_in[m_at];
            const int v = d >= '0' && d <= '9' ? d - '0'
                : d >= 'a' && d <= 'f'         ? d - 'a' + 10
                : d >= 'A' && d <= 'F'         ? d - 'A' + 10
                                               : -1;
            if (v < 0)
                break;
            value = value * 16 + static_cast<char32_t>(v);
        }
        const bool complete = braces ? digits > 0 && take("}") : digits == most;
        // \xE4 is a byte of UTF-8 to Oniguruma, a code point to PCRE2
        if (!complete || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF) || (x && !braces && value > 0x7F))
            return unknown("this hexadecimal escape");
        return Escape{value, {}, {}};
    }

    Expected<Escape> property(bool negated)
    {
        if (!take("{"))
            return unknown("a property without braces");
        if (take("^"))
            negated = !negated;
        const std::size_t close = m_in.find('}', m_at);
        if (close == std::string_view::npos || close - m_at > 40)
            return fail("pattern: '\\p{' without '}'");
        std::string_view name = m_in.substr(m_at, close - m_at);
        for (const auto& [longName, shortName] : kLongCategories)
            if (name == longName)
                name = shortName;
        std::string written;
        if (std::ranges::find(kCategories, name) != kCategories.end()
            || std::ranges::find(kBinary, name) != kBinary.end())
            written = name;
        else if (std::ranges::find(kScripts, name) != kScripts.end())
            written = "sc:" + std::string(name);
        else
            return unknown("property '" + std::string(name) + "'");
        m_at = close + 1;
        const std::string text = (negated ? "\\P{" : "\\p{") + written + "}";
        return Escape{{}, text, text};
    }

    /// Behind "[": the whole class, for depth 0; for a nested one what stands between its brackets.
    Expected<std::string> characterClass(int depth)
    {
        const bool negated = take("^");
        if (negated && depth > 0)
            return unknown("a negated class within a class");
        if (depth > 8)
            return unknown("a class nested so deep");
        if (ahead("]"))
            return unknown("']' as the first character of a class");
        std::string inside;
        while (true) {
            if (done())
                return fail("pattern: '[' without ']'");
            if (take("]"))
                break;
            if (ahead("&&") || ahead("[:"))
                return unknown(ahead("&&") ? "'&&'" : "'[:'");
            if (take("[")) {
                ES_ASSIGN(const std::string nested, characterClass(depth + 1));
                inside += nested;
                continue;
            }
            ES_ASSIGN(const Escape low, classItem());
            if (!low.character) {
                inside += low.set;
                if (ahead("-") && !ahead("-]"))
                    return unknown("a range that starts with a set");
                continue;
            }
            inside += literalInClass(*low.character);
            if (ahead("-") && !ahead("-]") && m_at + 1 < m_in.size()) {
                if (ahead("-["))
                    return unknown("a range that ends in a class");
                ++m_at;
                ES_ASSIGN(const Escape high, classItem());
                if (!high.character || *high.character < *low.character)
                    return unknown("this range");
                inside += "-" + literalInClass(*high.character);
            }
        }
        return depth > 0 ? inside : (negated ? "[^" : "[") + inside + "]";
    }

    static std::string literalInClass(char32_t c)
    {
        return isAsciiLetterOrDigit(c) ? std::string(1, static_cast<char>(c)) : hexEscape(c);
    }

    Expected<Escape> classItem()
    {
        if (!ahead("\\"))
            return Escape{next(), {}, {}};
        if (ahead("\\b"))
            return unknown("'\\b' in a class");
        ES_ASSIGN(Escape escape, this->escape());
        if (escape.onlyOutside)
            return unknown("'\\W' in a class");
        return escape;
    }

    std::string_view m_in;
    std::size_t m_at = 0;
    std::string m_out;
    std::optional<std::size_t> m_atom; // where the last thing a quantifier can follow starts in m_out
    bool m_caseless = false; // anywhere so far: only makes us stricter
    char32_t m_letter = 0; // the last literal one, in lower case, and where it ended in m_out
    std::size_t m_letterEnd = std::string::npos;
    std::vector<std::size_t> m_groups; // where the open groups start in m_out
};

}

Expected<std::string> pcreSyntax(std::string_view onigurumaPattern)
{
    return Translator(onigurumaPattern).run();
}

}
