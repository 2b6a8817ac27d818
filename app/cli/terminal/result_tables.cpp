// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal/result_tables.h"

#include "analysis/metrics/registry.h"
#include "app/cli/terminal/table.h"
#include "io/base/grouped.h"
#include "io/base/named.h"
#include "io/base/text.h"

#include <ostream>

namespace expertscope {

using namespace results;

namespace {

constexpr std::size_t kWidestText = 18; // of a cell that is not a number

std::string tableText(const ResultTable& table, const Page& page)
{
    using Kind = ResultTable::Kind;
    TextTable text;
    for (const ResultTable::Column& column : table.columns)
        text.addColumn(page.emphasis.strong(printable(column.header)),
            column.leftAligned ? TextTable::Align::Left : TextTable::Align::Right, column.kind == Kind::Key,
            column.keepWithPrevious);
    for (const auto& cells : table.lines) {
        std::vector<std::string> shown;
        for (std::size_t c = 0; c < cells.size(); ++c) {
            const Kind kind = table.columns[c].kind;
            const std::string cell = printable(cells[c]);
            shown.push_back(kind == Kind::Key || kind == Kind::Text ? shortened(cell, kWidestText) : cell);
        }
        text.addRow(std::move(shown));
    }
    return text.toString(page.width);
}

}

std::string metricDefinition(const std::string& family)
{
    const MetricSpec* spec = named(metricRegistry(), family);
    return spec ? spec->definition : std::string();
}

void writeTables(std::ostream& out, const ResultLayout& layout, const Page& page)
{
    const char* gap = "";
    const auto line = [&](const std::string& text) { out << wrapped(printable(text), page.width, 2); };
    const auto heading = [&](const std::string& name) { out << gap << page.emphasis.strong(printable(name)) << '\n'; };
    for (const ResultFamily& family : layout.families) {
        heading(family.name);
        gap = "\n";
        if (!family.definition.empty())
            out << page.emphasis.faint(wrapped(printable(family.definition), page.width, 0));
        for (const ResultTable& table : family.tables) {
            out << '\n';
            if (!table.title.empty())
                line(table.title);
            std::string constants;
            for (const auto& [name, value] : table.constants)
                addPart(constants, name + " = " + value);
            if (!constants.empty())
                line(constants);
            out << tableText(table, page);
            if (table.hiddenLines)
                line("… " + grouped(table.hiddenLines) + (table.hiddenLines == 1 ? " line more" : " lines more")
                    + ": --metric " + family.name + ", or --full for all metrics");
        }
        if (!family.notes.empty())
            out << '\n';
        for (const std::string& note : family.notes)
            line(note);
    }
    if (layout.notComputed.empty())
        return;
    heading("not computed");
    out << '\n';
    for (const auto& [reason, metrics] : layout.notComputed) {
        line(joined(metrics) + ": " + reason);
    }
}

}
