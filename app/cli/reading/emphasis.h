// SPDX-License-Identifier: GPL-3.0-or-later
//
// Emphasis in text for a terminal: escape sequences that displayWidth() does not count.
#pragma once

#include <string>

namespace expertscope {

/// Whether $TERM is of a terminal that follows escape sequences: named, and no dumb one.
bool followsSequences();

class Emphasis
{
public:
    /// None: text stays as it is, for a pipe, a file, a terminal that knows no better.
    static Emphasis none() { return {}; }
    /// Of a terminal: bold where $TERM is no dumb one, colours unless $NO_COLOR is set and not empty (no-color.org).
    static Emphasis ofTerminal();

    std::string strong(const std::string& text) const; ///< headings, what matters in a line
    std::string above(const std::string& text) const; ///< a value above what chance gives
    std::string below(const std::string& text) const; ///< a value below it
    std::string faint(const std::string& text) const; ///< definitions, remarks

private:
    std::string marked(const char* sequence, const std::string& text) const;

    bool m_bold = false, m_colours = false;
};

}
