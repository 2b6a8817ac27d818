// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/reading/emphasis.h"

#include <cstdlib>
#include <cstring>

namespace expertscope {

Emphasis Emphasis::ofTerminal()
{
    Emphasis emphasis;
    const char* const terminal = std::getenv("TERM");
    const char* const noColour = std::getenv("NO_COLOR");
    emphasis.m_bold = terminal && *terminal && std::strcmp(terminal, "dumb") != 0;
    emphasis.m_colours = emphasis.m_bold && !(noColour && *noColour);
    return emphasis;
}

std::string Emphasis::marked(const char* sequence, const std::string& text) const
{
    return text.empty() ? text : "\x1b[" + std::string(sequence) + 'm' + text + "\x1b[0m";
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
