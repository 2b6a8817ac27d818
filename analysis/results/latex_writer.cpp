// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/results/latex_writer.h"

#include "io/base/text.h"

#include <algorithm>
#include <ostream>

namespace expertscope::results {

namespace {

/// Text that TeX prints as it is, in any font encoding.
std::string escaped(const std::string& text)
{
    std::string tex;
    for (const char c : text) {
        switch (c) {
        case '\\':
            tex += "\\textbackslash{}";
            break;
        case '{':
        case '}':
        case '$':
        case '&':
        case '#':
        case '%':
        case '_':
            tex += '\\';
            tex += c;
            break;
        case '^':
            tex += "\\textasciicircum{}";
            break;
        case '~':
            tex += "\\textasciitilde{}";
            break;
        case '<':
            tex += "\\textless{}";
            break;
        case '>':
            tex += "\\textgreater{}";
            break;
        case '|':
            tex += "\\textbar{}";
            break;
        case '"':
            tex += "\\char34{}"; // whatever the font encoding
            break;
        case '[': // after \\ it would be an argument
            tex += "{[}";
            break;
        default:
            tex += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
        }
    }
    return tex;
}

/// A comment must stay on its line.
std::string comment(std::string text)
{
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
    return "% " + text + "\n";
}

/// A minus sign, not a hyphen, before digits.
std::string number(const std::string& text)
{
    std::string tex = escaped(text);
    for (std::size_t at = 0; (at = tex.find('-', at)) != std::string::npos;) {
        if (at + 1 < tex.size() && tex[at + 1] >= '0' && tex[at + 1] <= '9') {
            tex.replace(at, 1, "$-$");
            at += 2;
        }
        ++at;
    }
    return tex;
}

// What fits on a page of the article class at 10 pt, 345 x 550 pt: a character of a table has about 5 pt, the space
// between two columns 12 pt.
constexpr double kPageCharacters = 66, kGapCharacters = 2.4;
constexpr std::size_t kPageLines = 40;
constexpr std::size_t kWidestText = 28; // characters; longer text breaks into lines

std::size_t charactersOf(std::string_view text)
{
    std::size_t count = 0;
    while (!text.empty())
        count += takeCharacter(text).codepoint >= 0x2e80 ? 2 : 1; // East Asian ones are wide
    return count;
}

/// Names as words: "max_vio" is "max vio".
std::string readable(std::string name)
{
    std::ranges::replace(name, '_', ' ');
    return name;
}

/// [column] characters of its widest cell.
std::vector<std::size_t> widthsOf(const ResultTable& table)
{
    std::vector<std::size_t> widths;
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        widths.push_back(charactersOf(table.columns[c].header));
        for (const auto& cells : table.lines)
            widths.back() = std::max(widths.back(), charactersOf(cells[c]));
        if (table.columns[c].leftAligned)
            widths.back() = std::min(widths.back(), kWidestText);
    }
    return widths;
}

/// The columns of the tabulars that a table becomes: in each those that tell its lines, and others as far as they fit.
std::vector<std::vector<std::size_t>> partsOf(const ResultTable& table, const std::vector<std::size_t>& widths)
{
    std::vector<std::size_t> keys;
    std::vector<std::vector<std::size_t>> groups; // columns that stay together
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        if (table.columns[c].kind == ResultTable::Kind::Key)
            keys.push_back(c);
        else if (table.columns[c].keepWithPrevious && !groups.empty())
            groups.back().push_back(c);
        else
            groups.push_back({c});
    }
    const auto needed = [&](const std::vector<std::size_t>& columns) {
        double characters = 0;
        for (const std::size_t c : columns)
            characters += double(widths[c]) + kGapCharacters;
        return characters;
    };
    std::vector<std::vector<std::size_t>> parts{keys};
    for (const auto& group : groups) {
        if (parts.back().size() > keys.size() && needed(parts.back()) + needed(group) > kPageCharacters)
            parts.push_back(keys);
        parts.back().insert(parts.back().end(), group.begin(), group.end());
    }
    return parts;
}

void writeTabular(std::ostream& out, const ResultTable& table, const std::vector<std::size_t>& columns,
    const std::vector<std::size_t>& widths, std::size_t first, std::size_t last)
{
    out << "\\begin{center}\n\\begin{tabular}{@{}";
    for (const std::size_t c : columns) {
        const bool breaks = std::ranges::any_of(
            table.lines, [&](const auto& cells) { return charactersOf(cells[c]) > widths[c]; });
        out << (breaks ? "p{0.4\\textwidth}" : table.columns[c].leftAligned ? "l" : "r");
    }
    out << "@{}}\n\\toprule\n";
    const auto line = [&](auto cellOf) {
        const char* separator = "";
        for (const std::size_t c : columns) {
            out << separator << cellOf(c);
            separator = " & ";
        }
        out << " \\\\\n";
    };
    line([&](std::size_t c) {
        const std::string& header = table.columns[c].header;
        return header == "[95 %]" ? std::string("{[}95\\,\\%]") : escaped(readable(header));
    });
    out << "\\midrule\n";
    for (std::size_t i = first; i < last; ++i) {
        const auto& cells = table.lines[i];
        line([&](std::size_t c) { return table.columns[c].leftAligned ? escaped(cells[c]) : number(cells[c]); });
    }
    out << "\\bottomrule\n\\end{tabular}\n\\end{center}\n";
}

/// As many tabulars as it takes to fit pages.
void writeTable(std::ostream& out, const ResultTable& table)
{
    const std::vector<std::size_t> widths = widthsOf(table);
    for (const auto& columns : partsOf(table, widths)) {
        for (std::size_t first = 0; first < table.lines.size(); first += kPageLines)
            writeTabular(out, table, columns, widths, first, std::min(first + kPageLines, table.lines.size()));
    }
}

void writeOrigin(std::ostream& out, const ResultOrigin& origin)
{
    const auto pairs = [&](const char* title, const NamedValues& values) {
        std::string text = title;
        for (const auto& [name, value] : values)
            text += (text.back() == ':' ? " " : ", ") + name + " " + value;
        out << comment(text);
    };
    for (const NamedValues& trace : origin.traces)
        pairs("trace:", trace);
    pairs("tool:", origin.tool);
    pairs("options:", origin.options);
}

}

void writeLayoutLatex(std::ostream& out, const ResultOrigin& origin, const ResultLayout& layout)
{
    out << comment("needs \\usepackage{booktabs}; names in other scripts: \\usepackage[T1]{fontenc} or LuaLaTeX");
    writeOrigin(out, origin);
    out << comment("(…): under uniform random routing; […]: 95 % interval, bootstrap over sequences");
    for (const ResultFamily& family : layout.families) {
        out << "\n\\paragraph{" << escaped(readable(family.name)) << ".}";
        if (!family.definition.empty())
            out << ' ' << escaped(family.definition) << '.';
        out << '\n';
        for (const ResultTable& table : family.tables) {
            std::string title = readable(table.title);
            for (const auto& [name, value] : table.constants)
                addPart(title, readable(name) + " = " + value);
            if (table.hiddenLines)
                addPart(title, std::to_string(table.hiddenLines) + " lines left out", "; ");
            if (!title.empty())
                out << "\\par\\noindent " << escaped(title) << "\\nopagebreak\n";
            writeTable(out, table);
        }
        for (const std::string& note : family.notes)
            out << comment(note);
    }
    for (const auto& [reason, metrics] : layout.notComputed) {
        std::string text = "not computed, " + reason + ":";
        for (const std::string& metric : metrics)
            text += " " + metric;
        out << '\n' << comment(text);
    }
}

void writeResultsLatex(std::ostream& out, const ResultDocument& document, const LayoutOptions& options)
{
    writeLayoutLatex(out, document.origin, layOut(document.results, options));
}

}
