// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/reading/emphasis.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace expertscope {

bool followsSequences()
{
    const char* const terminal = std::getenv("TERM");
    return terminal && *terminal && std::strcmp(terminal, "dumb") != 0;
}

Emphasis Emphasis::ofTerminal()
{
    Emphasis emphasis;
    const char* const noColour = std::getenv("NO_COLOR");
    emphasis.m_bold = followsSequences();
    emphasis.m_colours = emphasis.m_bold && !(noColour && *noColour);
    return emphasis;
}

std::string Emphasis::marked(const char* sequence, const std::string& text) const
{
    const std::string on = "\x1b[" + std::string(sequence) + 'm';
    std::string lines;
    for (std::size_t at = 0; at < text.size();) { // each by itself: so pagers want it
        const std::size_t end = std::min(text.find('\n', at), text.size());
        if (end > at)
            lines += on + text.substr(at, end - at) + "\x1b[0m";
        if (end < text.size())
            lines += '\n';
        at = end + 1;
    }
    return lines;
}

std::string Emphasis::strong(const std::string& text) const
{
    return m_bold ? marked("1", text) : text;
}

std::string Emphasis::above(const std::string& text) const
{
    return m_colours ? marked("1;33", text) : strong(text); // yellow and blue: apart for all eyes
}

std::string Emphasis::below(const std::string& text) const
{
    return m_colours ? marked("1;34", text) : strong(text);
}

std::string Emphasis::faint(const std::string& text) const
{
    return m_bold ? marked("2", text) : text;
}

}
