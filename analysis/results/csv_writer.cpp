// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/results/csv_writer.h"

#include "analysis/results/json_text.h"

#include <ostream>

namespace expertscope::results {

namespace {

std::string number(const std::optional<double>& value)
{
    return value ? numberText(*value) : std::string();
}

/// A comment must stay on its line.
std::string oneLine(std::string text)
{
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            c = '?';
    }
    return text;
}

void writeComments(std::ostream& out, const std::string& title, const NamedValues& pairs)
{
    for (const auto& [name, value] : pairs)
        out << "# " << title << ' ' << oneLine(name) << ": " << oneLine(value) << '\n';
}

}

std::string csvField(const std::string& field)
{
    if (field.find_first_of(",\"\r\n") == std::string::npos)
        return field;
    std::string text = "\"";
    for (const char c : field)
        text += c == '"' ? std::string("\"\"") : std::string(1, c);
    return text + '"';
}

std::string csvParams(const ParameterMap& params)
{
    std::string text;
    for (const auto& [name, value] : params)
        text += (text.empty() ? "" : ";") + name + '='
            + (std::holds_alternative<double>(value) ? numberText(std::get<double>(value))
                                                     : std::get<std::string>(value));
    return text;
}

std::string csvTexts(const TextMap& texts)
{
    std::string text;
    for (const auto& [name, value] : texts)
        text += (text.empty() ? "" : ";") + name + '=' + value;
    return text;
}

void writeRowKeyCsv(std::ostream& out, const ResultRow& row, const ResultOrigin& origin)
{
    out << csvField(row.metric) << ',' << csvField(csvParams(row.params)) << ',';
    if (row.site)
        out << row.site->value;
    out << ',';
    if (const auto layer = layerOf(row, origin))
        out << *layer;
    out << ',';
    if (row.expert)
        out << row.expert->value;
    out << ',' << (row.label ? csvField(row.label->first) : "") << ',' << (row.label ? csvField(row.label->second) : "")
        << ',' << csvField(csvTexts(row.other)) << ',';
    if (const auto layer = toLayerOf(row, origin))
        out << *layer;
}

void writeOriginCsv(std::ostream& out, const ResultOrigin& origin)
{
    for (std::size_t i = 0; i < origin.traces.size(); ++i)
        writeComments(out, origin.traces.size() > 1 ? "trace " + std::to_string(i + 1) : "trace", origin.traces[i]);
    writeComments(out, "tool", origin.tool);
    writeComments(out, "options", origin.options);
}

void writeResultsCsv(std::ostream& out, const ResultDocument& document)
{
    writeOriginCsv(out, document.origin);
    if (const std::size_t n = document.results.matrices.size())
        out << "# not in CSV: " << n << (n == 1 ? " matrix" : " matrices") << " (JSON and HDF5 hold them)\n";
    out << kRowKeyCsv << ",value,unit,n,uniform,uniform_sd,interval_low,interval_high,"
           "undefined,uniform_undefined\n";
    for (const ResultRow& row : document.results.rows) {
        writeRowKeyCsv(out, row, document.origin);
        out << ',' << number(row.value) << ',' << csvField(row.unit) << ',' << row.n << ',' << number(row.uniform)
            << ',' << number(row.uniformSd) << ',' << (row.interval ? numberText(row.interval->first) : "") << ','
            << (row.interval ? numberText(row.interval->second) : "") << ',' << csvField(row.undefined) << ','
            << csvField(row.uniformUndefined) << '\n';
    }
}

}
