// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/results/line_keys.h"

#include "analysis/results/json_text.h"

#include <algorithm>
#include <numeric>

namespace expertscope::results {

std::string shortName(const std::string& metric)
{
    const auto dot = metric.find('.');
    return dot == std::string::npos ? metric : metric.substr(dot + 1);
}

std::string parameterText(const ParameterValue& value)
{
    const double* number = std::get_if<double>(&value);
    return number ? numberText(*number) : std::get<std::string>(value);
}

std::string unitOf(const RowList& rows)
{
    for (const ResultRow* row : rows) {
        if (row->value)
            return row->unit.empty() || row->unit == "1" ? "" : " [" + row->unit + "]";
    }
    return {};
}

LineKeys::LineKeys(const RowList& rows, bool withOther, const LayoutOptions& options)
    : m_options(options)
{
    std::map<std::pair<bool, std::string>, std::size_t> known;
    for (const ResultRow* row : rows) {
        m_sites |= row->site.has_value();
        if (row->site && std::size_t(*row->site) < options.layers.size())
            m_layers |= options.layers[std::size_t(*row->site)] != row->site->value;
        if (row->label) {
            m_labelName = row->label->first;
            if (std::ranges::find(m_labels, row->label->second) == m_labels.end())
                m_labels.push_back(row->label->second);
        }
        const auto note = [&](const std::string& name, bool isParam) {
            const auto [entry, isNew] = known.try_emplace({isParam, name}, m_parts.size());
            if (isNew)
                m_parts.push_back({name, isParam, {}});
            Part& part = m_parts[entry->second];
            const std::string value = valueOf(part, *row);
            if (std::ranges::find(part.values, value) == part.values.end())
                part.values.push_back(value);
        };
        for (const auto& [name, value] : row->params) {
            if (name != "sites") // how many sites a mean is of
                note(name, true);
        }
        if (withOther) {
            for (const auto& [name, value] : row->other)
                note(name, false);
        }
    }
    // Measures of one table that lack a parameter are not of another value of it.
    for (const Part& part : m_parts) {
        if (part.values.size() != 1)
            continue;
        m_constants.emplace_back(part.name, part.values.front());
        if (!part.isParam && saysLayer(part.name))
            m_constants.emplace_back("to_layer", layerText(secondSite({{part.name, part.values.front()}})));
    }
    std::erase_if(m_parts, [](const Part& part) { return part.values.size() == 1; });
}

std::string LineKeys::valueOf(const Part& part, const ResultRow& row)
{
    if (part.isParam) {
        const auto found = row.params.find(part.name);
        return found == row.params.end() ? "" : parameterText(found->second);
    }
    const auto found = row.other.find(part.name);
    return found == row.other.end() ? "" : found->second;
}

LineKeys::Key LineKeys::keyOf(const ResultRow& row) const
{
    const auto place = [](const std::vector<std::string>& values, const std::string& value) {
        return std::size_t(std::ranges::find(values, value) - values.begin());
    };
    Key key{row.label ? 1 + place(m_labels, row.label->second) : 0};
    for (const Part& part : m_parts)
        key.push_back(place(part.values, valueOf(part, row)));
    key.push_back(row.site ? std::size_t(*row.site) : 65536);
    return key;
}

void LineKeys::addColumns(ResultTable& table) const
{
    using Kind = ResultTable::Kind;
    if (!m_labels.empty())
        table.columns.push_back({m_labelName, Kind::Key, true});
    for (const Part& part : m_parts) {
        const bool numbers = std::ranges::all_of(part.values,
            [](const std::string& value) { return value.find_first_not_of("0123456789.") == std::string::npos; });
        table.columns.push_back({part.name, Kind::Key, !numbers});
        if (!part.isParam && saysLayer(part.name))
            table.columns.push_back({"to_layer", Kind::Key});
    }
    if (m_sites)
        table.columns.push_back({"site", Kind::Key});
    if (m_layers)
        table.columns.push_back({"layer", Kind::Key});
    table.constants = m_constants;
}

std::string LineKeys::siteName(const ResultRow& row) const
{
    if (row.site)
        return std::to_string(row.site->value);
    return row.params.contains("sites") ? "mean" : "all";
}

std::string LineKeys::layerText(std::optional<SiteIndex> site) const
{
    return site && std::size_t(*site) < m_options.layers.size() ? std::to_string(m_options.layers[std::size_t(*site)]) : "";
}

void LineKeys::addCells(const ResultRow& row, std::vector<std::string>& cells) const
{
    if (!m_labels.empty())
        cells.push_back(row.label ? row.label->second : "(all)");
    for (const Part& part : m_parts) {
        cells.push_back(valueOf(part, row));
        if (!part.isParam && saysLayer(part.name))
            cells.push_back(toLayerText(row));
    }
    if (m_sites)
        cells.push_back(siteName(row));
    if (m_layers)
        cells.push_back(layerText(row.site));
}

void shorten(ResultTable& table, const std::vector<LineWeight>& weights, bool everything)
{
    const std::size_t before = table.lines.size();
    if (everything || before <= kReadableLines)
        return;
    std::vector<std::size_t> kept(before);
    std::iota(kept.begin(), kept.end(), std::size_t(0));
    const auto some = [&](auto wanted) {
        std::vector<std::size_t> lines;
        std::ranges::copy_if(kept, std::back_inserter(lines), [&](std::size_t i) { return wanted(weights[i]); });
        return lines;
    };
    const auto whole = some([](const LineWeight& line) { return line.isWhole; });
    const auto all = some([](const LineWeight& line) { return line.isAll; });
    if (!whole.empty())
        kept = whole;
    else if (!all.empty())
        kept = all;
    if (kept.size() > kReadableLines) {
        std::ranges::stable_sort(kept, std::greater(), [&](std::size_t i) { return weights[i].weight; });
        kept.resize(kReadableLines);
        std::ranges::sort(kept);
    }
    std::vector<std::vector<std::string>> lines;
    for (const std::size_t i : kept)
        lines.push_back(std::move(table.lines[i]));
    table.lines = std::move(lines);
    table.hiddenLines = before - table.lines.size();
}

}
