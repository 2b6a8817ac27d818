// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/exchange/json_splitter.h"

namespace expertscope {

std::string JsonSplitter::place() const
{
    return m_text.name() + ": value " + std::to_string(m_index);
}

Expected<char> JsonSplitter::nextMark()
{
    for (;;) {
        ES_ASSIGN(const std::string_view text, m_text.some());
        if (text.empty())
            return '\0';
        const auto first = text.find_first_not_of(" \t\r\n");
        m_text.take(std::min(first, text.size()));
        if (first != std::string_view::npos)
            return text[first];
    }
}

Expected<bool> JsonSplitter::next(std::string& value)
{
    ES_ASSIGN(char mark, nextMark());
    if (!std::exchange(m_started, true) && mark == '[') {
        m_inArray = true;
        m_text.take(1);
        ES_ASSIGN(mark, nextMark());
    } else if (m_inArray && m_index > 0 && mark == ',') {
        m_text.take(1);
        ES_ASSIGN(mark, nextMark());
        if (mark == ']')
            mark = ','; // one comma too many: refused below
    } else if (m_inArray && m_index > 0 && mark != ']') {
        return fail(mark == '\0' ? "the array does not end" : "',' or ']' was expected behind it", place());
    }
    if (m_inArray && mark == ']') {
        m_text.take(1);
        ES_ASSIGN(mark, nextMark());
        if (mark != '\0')
            return fail("something stands behind the array", m_text.name());
        m_inArray = false;
        return false;
    }
    if (mark == '\0') {
        if (m_inArray)
            return fail("the array does not end", m_text.name());
        return false;
    }
    ++m_index;
    if (mark == ',' || mark == ']' || mark == '}' || mark == ':')
        return fail("a JSON value was expected", place());
    ES_TRY(takeValue(value));
    return true;
}

Expected<void> JsonSplitter::takeValue(std::string& value)
{
    value.clear();
    bool inString = false, escaped = false;
    for (std::size_t depth = 0;;) {
        ES_ASSIGN(const std::string_view text, m_text.some());
        std::size_t i = 0;
        bool done = text.empty();
        for (; i < text.size() && !done; ++i) {
            const char c = text[i];
            if (inString) {
                inString = escaped || c != '"';
                escaped = !escaped && c == '\\';
                done = !inString && depth == 0;
            } else if (c == '"') {
                inString = true;
            } else if (c == '{' || c == '[') {
                ++depth;
            } else if (depth > 0) {
                depth -= c == '}' || c == ']' ? 1 : 0;
                done = depth == 0;
            } else if (c == ',' || c == ']' || c == '}' || c == ' ' || c == '\t' || c == '\r' || c == '\n') {
                break; // behind a number or a word
            }
        }
        const bool atEnd = text.empty();
        if (atEnd && (inString || depth > 0))
            return fail("ends in the middle of it", place(), "is the file complete?");
        if (value.size() + i > m_text.maxDocument())
            return m_text.tooLong(place());
        value += text.substr(0, i);
        m_text.take(i);
        if (done || i < text.size())
            return {};
    }
}

}
