// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/results/latex_writer.h"

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

void writeTabular(std::ostream& out, const ResultTable& table)
{
    out << "\\begin{tabular}{@{}";
    for (const ResultTable::Column& column : table.columns)
        out << (column.leftAligned ? 'l' : 'r');
    out << "@{}}\n\\toprule\n";
    const auto line = [&](auto cellOf) {
        for (std::size_t c = 0; c < table.columns.size(); ++c)
            out << (c ? " & " : "") << cellOf(c);
        out << " \\\\\n";
    };
    line([&](std::size_t c) {
        const std::string& header = table.columns[c].header;
        return header == "[95 %]" ? std::string("{[}95\\,\\%]") : escaped(header);
    });
    out << "\\midrule\n";
    for (const auto& cells : table.lines) {
        line([&](std::size_t c) { return table.columns[c].leftAligned ? escaped(cells[c]) : number(cells[c]); });
    }
    out << "\\bottomrule\n\\end{tabular}\n";
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
        for (const ResultTable& table : family.tables) {
            std::string title = table.title.empty() ? family.name : table.title;
            for (const auto& [name, value] : table.constants)
                title += ", " + name + " = " + value;
            if (table.hiddenLines)
                title += "; " + std::to_string(table.hiddenLines) + " lines left out";
            out << '\n' << comment(title);
            writeTabular(out, table);
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

void writeResultsLatex(std::ostream& out, const ResultDocument& document, bool everything)
{
    LayoutOptions options;
    options.everything = everything;
    writeLayoutLatex(out, document.origin, layOut(document.results, options));
}

}
