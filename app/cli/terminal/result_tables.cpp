// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal/result_tables.h"

#include "app/cli/terminal/table.h"
#include "io/base/text.h"

#include <ostream>

namespace expertscope {

using namespace results;

namespace {

constexpr std::size_t kWidestText = 18; // of a cell that is not a number

std::string tableText(const ResultTable& table, std::size_t width)
{
    using Kind = ResultTable::Kind;
    TextTable text;
    for (const ResultTable::Column& column : table.columns)
        text.addColumn(printable(column.header), column.leftAligned ? TextTable::Align::Left : TextTable::Align::Right,
            column.kind == Kind::Key, column.keepWithPrevious);
    for (const auto& cells : table.lines) {
        std::vector<std::string> shown;
        for (std::size_t c = 0; c < cells.size(); ++c) {
            const Kind kind = table.columns[c].kind;
            const std::string cell = printable(cells[c]);
            shown.push_back(kind == Kind::Key || kind == Kind::Text ? shortened(cell, kWidestText) : cell);
        }
        text.addRow(std::move(shown));
    }
    return text.toString(width);
}

}

void writeTables(std::ostream& out, const ResultLayout& layout, std::size_t width)
{
    const char* gap = "";
    const auto line = [&](const std::string& text) { out << wrapped(printable(text), width, 2); };
    for (const ResultFamily& family : layout.families) {
        out << gap << printable(family.name) << '\n';
        gap = "\n";
        for (const ResultTable& table : family.tables) {
            out << '\n';
            if (!table.title.empty())
                line(table.title);
            std::string constants;
            for (const auto& [name, value] : table.constants)
                addPart(constants, name + " = " + value);
            if (!constants.empty())
                line(constants);
            out << tableText(table, width);
            if (table.hiddenLines)
                line("… " + std::to_string(table.hiddenLines) + " lines more: --metric " + family.name
                    + " shows them all");
        }
        if (!family.notes.empty())
            out << '\n';
        for (const std::string& note : family.notes)
            line(note);
    }
    if (layout.notComputed.empty())
        return;
    out << gap << "not computed\n\n";
    for (const auto& [reason, metrics] : layout.notComputed) {
        line(joined(metrics) + ": " + reason);
    }
}

}
