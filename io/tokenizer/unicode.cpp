// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/tokenizer/unicode.h"

#include "io/tokenizer/unicode_age.h"

#include <utf8proc.h>

namespace expertscope::tokenizer {

char32_t nextCodePoint(std::string_view text, std::size_t& at)
{
    const auto* p = reinterpret_cast<const unsigned char*>(text.data()) + at;
    if (p[0] < 0x80) {
        at += 1;
        return p[0];
    }
    if (p[0] < 0xE0) {
        at += 2;
        return (p[0] & 0x1Fu) << 6 | (p[1] & 0x3Fu);
    }
    if (p[0] < 0xF0) {
        at += 3;
        return (p[0] & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
    }
    at += 4;
    return (p[0] & 0x07u) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 | (p[3] & 0x3Fu);
}

char32_t lastCodePoint(std::string_view text, std::size_t end)
{
    std::size_t at = end - 1;
    while ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80)
        --at;
    return nextCodePoint(text, at);
}

bool isWhitespace(char32_t c)
{
    if (c < 0x80)
        return c == ' ' || (c >= 9 && c <= 13);
    return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029
        || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool isNumeric(char32_t c)
{
    if (c < 0x80)
        return c >= '0' && c <= '9';
    const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
    return category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO;
}

bool isPunctuation(char32_t c)
{
    if (c < 0x80) // also $ + < = > ^ ` | ~, which are symbols to Unicode
        return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
    if (c == 0x166D || c == 0x111C9) // symbol and mark since Unicode 11 and 12
        return true;
    const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
    return category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO && !isNewPunctuation(c);
}

bool isMark(char32_t c)
{
    if (c < 0x300)
        return false;
    if (c == 0x1CF2 || c == 0x1CF3) // letters since Unicode 12
        return true;
    const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
    return category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME && !isNewToNormalization(c);
}

void appendLowercase(std::string& text, char32_t c)
{
    if (c == 0x130) { // the one code point whose full mapping is longer than the simple one
        text += "i\xCC\x87";
        return;
    }
    appendUtf8(text, static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))));
}

const std::array<char32_t, 256>& byteAlphabet()
{
    static const std::array<char32_t, 256> table = [] {
        std::array<char32_t, 256> t{};
        char32_t next = 256;
        for (unsigned b = 0; b < 256; ++b) {
            const bool prints = (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
            t[b] = prints ? static_cast<char32_t>(b) : next++;
        }
        return t;
    }();
    return table;
}

const std::array<std::string, 256>& byteAlphabetUtf8()
{
    static const std::array<std::string, 256> table = [] {
        std::array<std::string, 256> t;
        for (unsigned b = 0; b < 256; ++b)
            appendUtf8(t[b], byteAlphabet()[b]);
        return t;
    }();
    return table;
}

std::optional<unsigned char> byteOfStandIn(char32_t c)
{
    static const std::array<int, 0x144> table = [] {
        std::array<int, 0x144> t;
        t.fill(-1);
        for (unsigned b = 0; b < 256; ++b)
            t[byteAlphabet()[b]] = static_cast<int>(b);
        return t;
    }();
    if (c >= table.size() || table[c] < 0)
        return std::nullopt;
    return static_cast<unsigned char>(table[c]);
}

void appendStandIns(std::string& out, std::string_view bytes)
{
    const auto& table = byteAlphabetUtf8();
    for (const char b : bytes)
        out += table[static_cast<unsigned char>(b)];
}

}
