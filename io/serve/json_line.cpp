// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/serve/json_line.h"

#include "io/base/text.h"

namespace expertscope {

void JsonLine::begin(std::string_view key)
{
    if (!m_text.empty())
        m_text += ',';
    put(key);
    m_text += ':';
}

void JsonLine::put(std::string_view text)
{
    constexpr char kDigits[] = "0123456789abcdef";
    m_text += '"';
    while (!text.empty()) {
        const Character c = takeCharacter(text);
        if (c.codepoint < 0) {
            m_text += "\xef\xbf\xbd";
        } else if (c.codepoint == '"' || c.codepoint == '\\') {
            m_text += '\\';
            m_text += static_cast<char>(c.codepoint);
        } else if (c.codepoint < 0x20 || c.codepoint == 0x7f) {
            m_text += "\\u00";
            m_text += kDigits[c.codepoint >> 4];
            m_text += kDigits[c.codepoint & 15];
        } else {
            m_text += c.bytes;
        }
    }
    m_text += '"';
}

JsonLine& JsonLine::add(std::string_view key, std::string_view text)
{
    begin(key);
    put(text);
    return *this;
}

JsonLine& JsonLine::addJson(std::string_view key, std::string_view json)
{
    begin(key);
    m_text += json;
    return *this;
}

std::string hexText(std::string_view bytes)
{
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    text.reserve(2 * bytes.size());
    for (const char byte : bytes) {
        text += kDigits[static_cast<unsigned char>(byte) >> 4];
        text += kDigits[static_cast<unsigned char>(byte) & 15];
    }
    return text;
}

}
