// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/result_output.h"
#include "app/cli/table.h"

#include <charconv>
#include <ostream>

namespace expertscope {

namespace {

/// The shortest text that reads back to the same double.
std::string number(double value)
{
    char text[32];
    const auto [end, error] = std::to_chars(text, text + sizeof text, value);
    return {text, end};
}

std::string number(const std::optional<double>& value)
{
    return value ? number(*value) : std::string();
}

std::string quoted(const std::string& field)
{
    if (field.find_first_of(",\"\r\n") == std::string::npos)
        return field;
    std::string text = "\"";
    for (const char c : field)
        text += c == '"' ? std::string("\"\"") : std::string(1, c);
    return text + '"';
}

}

void writeCsv(std::ostream& out, const ResultOrigin& origin, const std::vector<ResultRow>& rows)
{
    for (const auto& [title, pairs] :
        {std::pair("trace", &origin.trace), std::pair("tool", &origin.tool), std::pair("options", &origin.options)}) {
        for (const auto& [name, value] : *pairs)
            out << "# " << title << ' ' << name << ": " << printable(value) << '\n';
    }
    out << "metric,params,site,expert,label,label_value,other,value,unit,n,uniform,interval_low,interval_high,"
           "undefined\n";
    for (const ResultRow& row : rows) {
        std::string params, other;
        for (const auto& [name, value] : row.params)
            params += (params.empty() ? "" : ";") + name + '='
                + (std::holds_alternative<double>(value) ? number(std::get<double>(value)) : std::get<std::string>(value));
        for (const auto& [name, value] : row.other)
            other += (other.empty() ? "" : ";") + name + '=' + value;
        out << quoted(row.metric) << ',' << quoted(params) << ',';
        if (row.site)
            out << row.site->value;
        out << ',';
        if (row.expert)
            out << row.expert->value;
        out << ',' << (row.label ? quoted(row.label->first) : "") << ',' << (row.label ? quoted(row.label->second) : "")
            << ',' << quoted(other) << ',' << number(row.value) << ',' << quoted(row.unit) << ',' << row.n << ','
            << number(row.uniform) << ',' << (row.interval ? number(row.interval->first) : "") << ','
            << (row.interval ? number(row.interval->second) : "") << ',' << quoted(row.undefined) << '\n';
    }
}

}
