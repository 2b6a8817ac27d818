// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/results/layout_tables.h"

#include "analysis/results/number_format.h"

#include <algorithm>
#include <cmath>

namespace expertscope::results {

namespace {

using Kind = ResultTable::Kind;

constexpr std::size_t kEnds = 3; // experts shown of each end of a long list

/// The rows of one metric, by line.
struct Measure
{
    std::string metric;
    RowList rows;
    std::map<LineKeys::Key, const ResultRow*> at;
    NumberScale scale;
    bool hasUniform = false, hasInterval = false;
    std::vector<std::string> ownTexts; ///< keys of `other` shown beside the value
    bool newCount = false; ///< has a column n of its own
};

std::vector<Measure> measuresOf(const RowList& rows)
{
    std::vector<Measure> measures;
    std::map<std::string, std::size_t> known;
    for (const ResultRow* row : rows) {
        const auto [entry, isNew] = known.try_emplace(row->metric, measures.size());
        if (isNew)
            measures.push_back({row->metric, {}, {}, {}, false, false, {}, false});
        Measure& measure = measures[entry->second];
        measure.rows.push_back(row);
        measure.scale.add(row->value);
        measure.scale.addUniform(row->uniform);
        measure.hasUniform |= row->value && row->uniform;
        measure.hasInterval |= row->interval.has_value();
    }
    return measures;
}

/// Is a line known without looking at `other`?
bool uniqueWithoutOther(const std::vector<Measure>& measures)
{
    for (const Measure& measure : measures) {
        std::set<RowKey> seen;
        for (const ResultRow* row : measure.rows) {
            RowKey key = keyOf(*row);
            std::get<5>(key).clear();
            if (!seen.insert(std::move(key)).second)
                return false;
        }
    }
    return true;
}

std::string otherOf(const ResultRow& row, const std::string& name)
{
    const auto found = row.other.find(name);
    return found == row.other.end() ? "" : found->second;
}

/// Keys of `other` that say the same for all measures of a line become columns of the line; the rest stand beside
/// their value.
std::vector<std::string> shareTexts(std::vector<Measure>& measures, ResultTable& table)
{
    std::set<std::string> names;
    for (const Measure& measure : measures) {
        for (const ResultRow* row : measure.rows) {
            for (const auto& [name, value] : row->other)
                names.insert(name);
        }
    }
    std::vector<std::string> shared;
    for (const std::string& name : names) {
        std::map<LineKeys::Key, std::string> first;
        std::set<std::string> values;
        bool agree = true;
        for (const Measure& measure : measures) {
            for (const auto& [key, row] : measure.at) {
                if (!row->value && !row->other.contains(name))
                    continue;
                const std::string value = otherOf(*row, name);
                agree &= first.try_emplace(key, value).first->second == value;
                values.insert(value);
            }
        }
        if (agree && values.size() == 1 && first.size() > 1)
            table.constants.emplace_back(name, *values.begin());
        else if (agree)
            shared.push_back(name);
        for (Measure& measure : measures) {
            const bool has =
                std::ranges::any_of(measure.rows, [&](const auto* row) { return row->other.contains(name); });
            if (!agree && has)
                measure.ownTexts.push_back(name);
        }
    }
    return shared;
}

/// A new column n where the counts are others than those of the measures before.
void shareCounts(std::vector<Measure>& measures)
{
    std::map<LineKeys::Key, std::uint64_t> counts;
    for (Measure& measure : measures) {
        measure.newCount = &measure == &measures.front();
        for (const auto& [key, row] : measure.at) {
            const auto found = counts.find(key);
            measure.newCount |= row->value && found != counts.end() && found->second != row->n;
        }
        if (measure.newCount)
            counts.clear();
        for (const auto& [key, row] : measure.at) {
            if (row->value)
                counts.try_emplace(key, row->n);
        }
    }
}

std::string valueCell(const ResultRow* row, const NumberScale& scale)
{
    if (!row)
        return {};
    if (!row->value)
        return "-";
    return scale.format(*row->value) + (row->expert ? " E" + std::to_string(row->expert->value) : "");
}

void addMeasureColumns(ResultTable& table, const Measure& measure)
{
    if (measure.newCount)
        table.columns.push_back({"n", Kind::Count});
    table.columns.push_back({shortName(measure.metric) + unitOf(measure.rows), Kind::Value});
    if (measure.hasUniform)
        table.columns.push_back({"(uniform)", Kind::Uniform, false, true});
    if (measure.hasInterval)
        table.columns.push_back({"[95 %]", Kind::Interval, false, true});
    for (const std::string& name : measure.ownTexts)
        table.columns.push_back({name, Kind::Text, true, true});
}

void addMeasureCells(
    std::vector<std::string>& cells, const std::vector<Measure>& measures, std::size_t m, const LineKeys::Key& key)
{
    const auto rowOf = [&](const Measure& measure) {
        const auto found = measure.at.find(key);
        return found == measure.at.end() ? nullptr : found->second;
    };
    const Measure& measure = measures[m];
    const ResultRow* row = rowOf(measure);
    if (measure.newCount) {
        std::string n;
        for (std::size_t i = m; i < measures.size() && n.empty() && (i == m || !measures[i].newCount); ++i) {
            if (const ResultRow* other = rowOf(measures[i]); other && other->value)
                n = std::to_string(other->n);
        }
        cells.push_back(n);
    }
    cells.push_back(valueCell(row, measure.scale));
    if (measure.hasUniform)
        cells.push_back(row && row->value && row->uniform ? measure.scale.formatUniform(*row->uniform) : "");
    if (measure.hasInterval)
        cells.push_back(
            row && row->interval ? measure.scale.formatInterval(row->interval->first, row->interval->second) : "");
    for (const std::string& name : measure.ownTexts)
        cells.push_back(row ? otherOf(*row, name) : "");
}

}

namespace {

/// How far a value lies from uniform routing, or from nothing where that is not known.
double distanceOf(const ResultRow& row)
{
    return row.value ? std::abs(*row.value - row.uniform.value_or(0)) : 0;
}

/// [measure] the largest distance.
std::vector<double> farthestOf(const std::vector<Measure>& measures)
{
    std::vector<double> farthest;
    for (const Measure& measure : measures) {
        farthest.push_back(0);
        for (const ResultRow* row : measure.rows)
            farthest.back() = std::max(farthest.back(), distanceOf(*row));
    }
    return farthest;
}

/// The largest distance in a line, each measured by the largest of its measure.
double weightOf(const std::vector<Measure>& measures, const std::vector<double>& farthest, const LineKeys::Key& key)
{
    double weight = 0;
    for (std::size_t m = 0; m < measures.size(); ++m) {
        if (const auto found = measures[m].at.find(key); found != measures[m].at.end() && farthest[m] > 0)
            weight = std::max(weight, distanceOf(*found->second) / farthest[m]);
    }
    return weight;
}

}

ResultTable scalarTable(const RowList& rows, const LayoutOptions& options)
{
    ResultTable table;
    std::vector<Measure> measures = measuresOf(rows);
    const bool unique = uniqueWithoutOther(measures);
    const LineKeys keys(rows, !unique, options);
    std::map<LineKeys::Key, const ResultRow*> lines; // any row of the line
    for (Measure& measure : measures) {
        for (const ResultRow* row : measure.rows) {
            const LineKeys::Key key = keys.keyOf(*row);
            measure.at.try_emplace(key, row);
            const auto [line, isNew] = lines.try_emplace(key, row);
            if (!isNew && !line->second->value)
                line->second = row;
        }
    }
    keys.addColumns(table);
    std::vector<std::string> shared;
    if (unique)
        shared = shareTexts(measures, table);
    for (const std::string& name : shared) {
        table.columns.push_back({name, Kind::Text, true});
        if (keys.saysLayer(name))
            table.columns.push_back({"to_layer", Kind::Text, true});
    }
    shareCounts(measures);
    for (const Measure& measure : measures)
        addMeasureColumns(table, measure);
    std::vector<LineWeight> weights;
    const std::vector<double> farthest = farthestOf(measures);
    for (const auto& [key, row] : lines) {
        std::vector<std::string> cells;
        keys.addCells(*row, cells);
        for (const std::string& name : shared) {
            cells.push_back(otherOf(*row, name));
            if (keys.saysLayer(name))
                cells.push_back(keys.toLayerText(*row));
        }
        for (std::size_t m = 0; m < measures.size(); ++m)
            addMeasureCells(cells, measures, m, key);
        table.lines.push_back(std::move(cells));
        weights.push_back({!row->site, !row->label, weightOf(measures, farthest, key)});
    }
    shorten(table, weights, options.everything);
    return table;
}

namespace {

std::string expertCell(const ResultRow& row, const NumberScale& scale, bool withOther)
{
    std::string text = "E" + std::to_string(row.expert ? row.expert->value : 0) + " " + scale.format(*row.value);
    if (withOther && row.other.size() == 1)
        text += " " + row.other.begin()->first + " " + row.other.begin()->second;
    return text;
}

}

ResultTable listTable(const RowList& rows, const LayoutOptions& options)
{
    ResultTable table;
    const std::vector<Measure> measures = measuresOf(rows);
    const Measure& measure = measures.front();
    const bool unique = uniqueWithoutOther(measures);
    const LineKeys keys(rows, !unique, options);
    std::map<LineKeys::Key, RowList> lines;
    std::size_t longest = 0;
    std::set<std::string> constantOther;
    for (const ResultRow* row : rows) {
        RowList& line = lines[keys.keyOf(*row)];
        line.push_back(row);
        longest = std::max(longest, line.size());
        if (row->other.size() == 1)
            constantOther.insert(row->other.begin()->second);
    }
    // The same n and the same expectation for all experts of a line, or none is shown.
    bool sameCount = true, sameUniform = measure.hasUniform;
    for (const auto& [key, line] : lines) {
        for (const ResultRow* row : line) {
            if (row->value) {
                sameCount &= row->n == line.front()->n;
                sameUniform &= row->uniform == line.front()->uniform;
            }
        }
    }
    keys.addColumns(table);
    if (sameCount)
        table.columns.push_back({"n", Kind::Count});
    if (sameUniform)
        table.columns.push_back({"(uniform)", Kind::Uniform});
    for (const char* end : {"largest", "smallest"}) {
        for (std::size_t i = 0; i < kEnds; ++i)
            table.columns.push_back({i ? "" : end, Kind::Value, false, i > 0});
    }
    table.title = measure.metric + unitOf(measure.rows) + ": the ends of " + std::to_string(longest) + " experts";
    std::vector<LineWeight> weights;
    for (const auto& [key, line] : lines) {
        RowList sorted;
        std::ranges::copy_if(line, std::back_inserter(sorted), [](const auto* row) { return row->value.has_value(); });
        std::ranges::stable_sort(sorted, std::greater(), [](const ResultRow* row) { return *row->value; });
        const std::size_t ends = std::min(kEnds, (sorted.size() + 1) / 2);
        std::vector<std::string> cells;
        keys.addCells(*line.front(), cells);
        if (sameCount)
            cells.push_back(sorted.empty() ? "" : std::to_string(sorted.front()->n));
        if (sameUniform)
            cells.push_back(!sorted.empty() && sorted.front()->uniform
                    ? measure.scale.formatUniform(*sorted.front()->uniform)
                    : "");
        const bool withOther = unique && constantOther.size() > 1;
        for (std::size_t i = 0; i < kEnds; ++i)
            cells.push_back(i < ends ? expertCell(*sorted[i], measure.scale, withOther) : "");
        const std::size_t low = std::min(ends, sorted.size() - ends);
        for (std::size_t i = 0; i < kEnds; ++i)
            cells.push_back(i < low ? expertCell(*sorted[sorted.size() - low + i], measure.scale, withOther) : "");
        table.lines.push_back(std::move(cells));
        weights.push_back({!line.front()->site, !line.front()->label,
            sorted.empty() ? 0 : *sorted.front()->value - *sorted.back()->value});
    }
    shorten(table, weights, options.everything);
    return table;
}

}
