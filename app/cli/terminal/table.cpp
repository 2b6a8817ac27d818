// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal/table.h"

#include "io/base/text.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>
#include <utf8proc.h>

namespace expertscope {

namespace {

constexpr std::size_t kGap = 2; // spaces between columns

std::size_t widthOf(const Character& character)
{
    return character.codepoint < 0 ? 1 : std::size_t(std::max(0, utf8proc_charwidth(character.codepoint)));
}

}

std::size_t displayWidth(std::string_view text)
{
    std::size_t width = 0;
    while (!text.empty()) {
        if (text.starts_with("\x1b["))
            text.remove_prefix(std::min(text.find('m'), text.size() - 1) + 1);
        else
            width += widthOf(takeCharacter(text));
    }
    return width;
}

std::size_t terminalWidth()
{
    winsize size{};
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return plainWidth();
}

std::size_t plainWidth()
{
    if (const char* columns = std::getenv("COLUMNS")) {
        const long wanted = std::strtol(columns, nullptr, 10);
        if (wanted >= 20 && wanted <= 10000)
            return std::size_t(wanted);
    }
    return 120;
}

std::string wrapped(const std::string& text, std::size_t width, std::size_t indent)
{
    std::string lines;
    std::size_t used = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        const std::string word = text.substr(at, end - at);
        const std::size_t needed = displayWidth(word);
        if (used > 0 && used + 1 + needed > width) {
            lines += '\n' + std::string(indent, ' ');
            used = indent;
        } else if (at > 0) {
            lines += ' ';
            ++used;
        }
        lines += word;
        used += needed;
        at = end + 1;
    }
    return lines + '\n';
}

std::string shortened(const std::string& text, std::size_t width)
{
    if (displayWidth(text) <= width)
        return text;
    std::string start;
    std::size_t used = 1; // the dots
    for (std::string_view rest = text; !rest.empty();) {
        const Character character = takeCharacter(rest);
        used += widthOf(character);
        if (used > width)
            break;
        start += character.bytes;
    }
    return start + "…";
}

void TextTable::addColumn(std::string header, Align align, bool isKey, bool keepWithPrevious)
{
    m_columns.push_back({std::move(header), align, isKey, keepWithPrevious});
}

void TextTable::addRow(std::vector<std::string> cells)
{
    assert(cells.size() == m_columns.size());
    m_rows.push_back(std::move(cells));
}

std::string TextTable::part(const std::vector<std::size_t>& columns, const std::vector<std::size_t>& widths) const
{
    std::string text;
    const auto line = [&](auto cellOf) {
        std::string row;
        for (const std::size_t c : columns) {
            const std::string& cell = cellOf(c);
            const std::string padding(widths[c] - displayWidth(cell), ' ');
            if (!row.empty() || c != columns.front())
                row.append(kGap, ' ');
            row += m_columns[c].align == Align::Right ? padding + cell : cell + padding;
        }
        row.erase(row.find_last_not_of(' ') + 1);
        text += row + '\n';
    };
    line([&](std::size_t c) -> const std::string& { return m_columns[c].header; });
    for (const auto& cells : m_rows)
        line([&](std::size_t c) -> const std::string& { return cells[c]; });
    return text;
}

std::string TextTable::toString(std::size_t width) const
{
    std::vector<std::size_t> widths;
    for (std::size_t c = 0; c < m_columns.size(); ++c) {
        widths.push_back(displayWidth(m_columns[c].header));
        for (const auto& row : m_rows)
            widths[c] = std::max(widths[c], displayWidth(row[c]));
    }
    std::vector<std::size_t> keys;
    std::vector<std::vector<std::size_t>> groups; // columns that stay together
    std::size_t keyWidth = 0;
    for (std::size_t c = 0; c < m_columns.size(); ++c) {
        if (m_columns[c].isKey) {
            keys.push_back(c);
            keyWidth += widths[c] + kGap;
        } else if (m_columns[c].keepWithPrevious && !groups.empty()) {
            groups.back().push_back(c);
        } else {
            groups.push_back({c});
        }
    }
    std::string text;
    std::vector<std::size_t> columns = keys;
    std::size_t used = keyWidth;
    const auto flush = [&] {
        text += (text.empty() ? "" : "\n") + part(columns, widths);
        columns = keys;
        used = keyWidth;
    };
    for (const auto& group : groups) {
        std::size_t groupWidth = 0;
        for (const std::size_t c : group)
            groupWidth += widths[c] + kGap;
        if (columns.size() > keys.size() && used + groupWidth - kGap > width)
            flush();
        columns.insert(columns.end(), group.begin(), group.end());
        used += groupWidth;
    }
    flush();
    return text;
}

}
