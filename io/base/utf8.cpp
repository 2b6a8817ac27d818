// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/base/utf8.h"

#include <cstdint>
#include <cstring>

namespace expertscope {

std::optional<std::size_t> invalidUtf8At(std::string_view text)
{
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    for (std::size_t i = 0; i < text.size();) {
        while (i + 8 <= text.size()) { // ASCII by the word: this runs over whole corpora
            std::uint64_t eight = 0;
            std::memcpy(&eight, text.data() + i, 8);
            if ((eight & 0x8080808080808080u) != 0)
                break;
            i += 8;
        }
        if (i == text.size())
            break;
        const auto lead = byte(i);
        if (lead < 0x80) {
            ++i;
            continue;
        }
        // Length, and the range of the second byte that rules out overlong forms, surrogates and > U+10FFFF.
        std::size_t length = 0;
        std::uint8_t low = 0x80, high = 0xbf;
        if (lead >= 0xc2 && lead <= 0xdf) {
            length = 2;
        } else if (lead >= 0xe0 && lead <= 0xef) {
            length = 3;
            low = lead == 0xe0 ? 0xa0 : 0x80;
            high = lead == 0xed ? 0x9f : 0xbf;
        } else if (lead >= 0xf0 && lead <= 0xf4) {
            length = 4;
            low = lead == 0xf0 ? 0x90 : 0x80;
            high = lead == 0xf4 ? 0x8f : 0xbf;
        } else {
            return i;
        }
        if (i + length > text.size() || byte(i + 1) < low || byte(i + 1) > high)
            return i;
        for (std::size_t j = 2; j < length; ++j) {
            if ((byte(i + j) & 0xc0) != 0x80)
                return i;
        }
        i += length;
    }
    return {};
}

void appendUtf8(std::string& text, char32_t c)
{
    const auto byte = [&](char32_t value) { text += static_cast<char>(value); };
    if (c < 0x80) {
        byte(c);
    } else if (c < 0x800) {
        byte(0xC0 | c >> 6);
        byte(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        byte(0xE0 | c >> 12);
        byte(0x80 | (c >> 6 & 0x3F));
        byte(0x80 | (c & 0x3F));
    } else {
        byte(0xF0 | c >> 18);
        byte(0x80 | (c >> 12 & 0x3F));
        byte(0x80 | (c >> 6 & 0x3F));
        byte(0x80 | (c & 0x3F));
    }
}

}
