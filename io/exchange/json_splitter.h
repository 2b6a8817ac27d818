// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/exchange/text_reader.h"

namespace expertscope {

/// Cuts a text into the JSON values that stand in it one behind the other, or in one array around them all. Looks at
/// brackets and quotes only: whether a value is valid is for its reader to say.
class JsonSplitter
{
public:
    explicit JsonSplitter(TextReader& text)
        : m_text(text)
    {
    }
    /// The next value's text; false at the end. Errors are of the whole text: it cannot be gone on with.
    Expected<bool> next(std::string& value);
    /// Of the value last given, counted from 1.
    std::size_t index() const { return m_index; }
    /// "rows.json: value 17": for errors.
    std::string place() const;

private:
    /// The next character that is no white space, still to be taken; '\0' at the end.
    Expected<char> nextMark();
    Expected<void> takeValue(std::string& value);

    TextReader& m_text;
    std::size_t m_index = 0;
    bool m_started = false;
    bool m_inArray = false;
};

}
