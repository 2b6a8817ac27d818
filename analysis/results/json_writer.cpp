// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/results/json_writer.h"

#include "analysis/results/json_text.h"

#include <nlohmann/json.hpp>

#include <ostream>

namespace expertscope::results {

namespace {

/// "site": …, "layer": …
template <class Row> std::string siteJson(const Row& row, const ResultOrigin& origin)
{
    const auto layer = layerOf(row, origin);
    return "\"site\": " + (row.site ? std::to_string(row.site->value) : "null")
        + ", \"layer\": " + (layer ? std::to_string(*layer) : "null");
}

template <class Row> std::string labelText(const Row& row)
{
    return row.label ? "{" + quotedJson(row.label->first) + ": " + quotedJson(row.label->second) + "}" : "null";
}

/// …, and the layer of a second site in it.
template <class Row> std::string otherText(const Row& row, const ResultOrigin& origin)
{
    const auto layer = toLayerOf(row, origin);
    return (row.other.empty() ? "null" : textsJson(row.other))
        + (layer ? ", \"to_layer\": " + std::to_string(*layer) : std::string());
}

std::string textOrNull(const std::string& text)
{
    return text.empty() ? "null" : quotedJson(text);
}

/// The values of the axes from `axis` on; `at` goes over them in order.
void writeValues(std::ostream& out, const ResultMatrix& matrix, std::size_t axis, std::size_t& at)
{
    if (axis == matrix.axes.size()) {
        out << numberText(matrix.values[at++]);
        return;
    }
    out << '[';
    for (std::size_t i = 0; i < matrix.axes[axis].keys.size(); ++i) {
        out << (i ? ", " : "");
        writeValues(out, matrix, axis + 1, at);
    }
    out << ']';
}

void writeMatrix(std::ostream& out, const ResultMatrix& matrix, const ResultOrigin& origin)
{
    out << "{\"metric\": " << quotedJson(matrix.metric) << ", \"params\": " << paramsJson(matrix.params)
        << ", " << siteJson(matrix, origin) << ", \"label\": " << labelText(matrix)
        << ", \"other\": " << otherText(matrix, origin) << ", \"axes\": [";
    for (std::size_t a = 0; a < matrix.axes.size(); ++a) {
        out << (a ? ", " : "") << "{\"name\": " << quotedJson(matrix.axes[a].name) << ", \"keys\": [";
        const char* separator = "";
        for (const std::string& key : matrix.axes[a].keys) {
            out << separator << quotedJson(key);
            separator = ", ";
        }
        out << "]}";
    }
    out << "], \"values\": ";
    std::size_t at = 0;
    writeValues(out, matrix, 0, at);
    out << ", \"unit\": " << quotedJson(matrix.unit) << ", \"n\": " << matrix.n
        << ", \"uniform\": " << numberOrNull(matrix.uniform) << '}';
}

}

std::string numberOrNull(const std::optional<double>& value)
{
    return value ? numberText(*value) : "null";
}

std::string intervalJson(const std::optional<std::pair<double, double>>& interval)
{
    return interval ? "[" + numberText(interval->first) + ", " + numberText(interval->second) + "]" : "null";
}

void writeRowKeyJson(std::ostream& out, const ResultRow& row, const ResultOrigin& origin)
{
    out << "\"metric\": " << quotedJson(row.metric) << ", \"params\": " << paramsJson(row.params)
        << ", " << siteJson(row, origin)
        << ", \"expert\": " << (row.expert ? std::to_string(row.expert->value) : "null")
        << ", \"label\": " << labelText(row) << ", \"other\": " << otherText(row, origin);
}

void writeRowJson(std::ostream& out, const ResultRow& row, const ResultOrigin& origin)
{
    out << '{';
    writeRowKeyJson(out, row, origin);
    out << ", \"value\": " << numberOrNull(row.value) << ", \"unit\": " << quotedJson(row.unit) << ", \"n\": " << row.n
        << ", \"uniform\": " << numberOrNull(row.uniform) << ", \"uniform_sd\": " << numberOrNull(row.uniformSd)
        << ", \"interval\": " << intervalJson(row.interval) << ", \"undefined\": " << textOrNull(row.undefined)
        << ", \"uniform_undefined\": " << textOrNull(row.uniformUndefined) << '}';
}

void writeOriginJson(std::ostream& out, const ResultOrigin& origin)
{
    out << "\"trace\": ";
    if (origin.traces.size() == 1) {
        out << pairsJson(origin.traces.front());
    } else {
        out << '[';
        for (std::size_t i = 0; i < origin.traces.size(); ++i)
            out << (i ? ",\n  " : "") << pairsJson(origin.traces[i]);
        out << ']';
    }
    out << ",\n \"tool\": " << pairsJson(origin.tool) << ",\n \"options\": " << pairsJson(origin.options);
}

void writeResultsJson(std::ostream& out, const ResultDocument& document)
{
    out << "{\"format\": " << quotedJson(kResultsFormat)
        << ",\n \"format_version\": " << quotedJson(kResultsFormatVersion) << ",\n ";
    writeOriginJson(out, document.origin);
    out << ",\n \"rows\": [";
    const char* separator = "\n";
    for (const ResultRow& row : document.results.rows) { // one at a time: the rows of a big model are many
        out << separator << "  ";
        writeRowJson(out, row, document.origin);
        separator = ",\n";
    }
    out << "\n ],\n \"matrices\": [";
    separator = "\n";
    for (const ResultMatrix& matrix : document.results.matrices) {
        out << separator << "  ";
        writeMatrix(out, matrix, document.origin);
        separator = ",\n";
    }
    out << "\n ]}\n";
}

}
