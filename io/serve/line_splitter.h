// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace expertscope {

/// Cuts what comes out of a pipe into lines, and never keeps more than one line of the longest allowed length.
class LineSplitter
{
public:
    explicit LineSplitter(std::size_t mostBytes)
        : m_mostBytes(mostBytes)
    {
    }

    struct Line
    {
        std::string text; ///< without its end; empty where it is too long
        bool tooLong = false; ///< said once, where the limit is passed; the rest of the line is thrown away
    };

    void add(std::string_view bytes) { m_waiting.append(bytes); }
    /// The next whole line; call it until there is none before adding more.
    std::optional<Line> next();
    /// What stands behind the last end of a line, once nothing more comes.
    std::optional<Line> rest();

private:
    std::size_t m_mostBytes;
    std::string m_waiting;
    std::size_t m_looked = 0; ///< bytes of m_waiting that hold no end of a line
    bool m_skipping = false; ///< within a line that was too long
};

}
