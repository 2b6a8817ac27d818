// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/base/text.h"

#include <cstdio>

#include <utf8proc.h>

namespace expertscope {

Character takeCharacter(std::string_view& text)
{
    Character character;
    const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
        static_cast<utf8proc_ssize_t>(text.size()), &character.codepoint);
    if (length <= 0)
        character.codepoint = -1;
    character.bytes = text.substr(0, length > 0 ? std::size_t(length) : 1);
    text.remove_prefix(character.bytes.size());
    return character;
}

std::string shellWord(const std::string& text)
{
    static const std::string plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+,:@%=";
    if (!text.empty() && text.find_first_not_of(plain) == std::string::npos)
        return text;
    std::string word = "'";
    for (const char c : text)
        word += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return word + '\'';
}

std::string printable(std::string_view text)
{
    std::string clean;
    while (!text.empty()) {
        const auto [codepoint, bytes] = takeCharacter(text);
        const auto category = codepoint < 0 ? UTF8PROC_CATEGORY_CN : utf8proc_category(codepoint);
        const bool harmful = codepoint < 0 || category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF
            || category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
        clean += harmful ? std::string_view("?") : bytes;
    }
    return clean;
}

std::string format(const char* pattern, double value)
{
    char text[64];
    std::snprintf(text, sizeof text, pattern, value);
    return text;
}

}
