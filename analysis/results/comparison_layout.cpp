// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/results/comparison_layout.h"

#include "analysis/results/line_keys.h"
#include "analysis/results/number_format.h"
#include "io/base/text.h"

#include <algorithm>
#include <cmath>

namespace expertscope::results {

namespace {

using Kind = ResultTable::Kind;
using ComparedList = std::vector<const ComparedRow*>;

constexpr std::size_t kLargest = 10; // differences shown of a measure with a number for each expert

/// One measure: a line a key, or the lines that differ most.
ResultTable comparedTable(const ComparedList& rows, bool perExpert, const LayoutOptions& options)
{
    ResultTable table;
    RowList keyRows;
    NumberScale scale;
    bool hasInterval = false, hasExpert = false;
    for (const ComparedRow* row : rows) {
        keyRows.push_back(&row->a);
        scale.add(row->a.value);
        scale.add(row->b.value);
        hasInterval |= row->interval.has_value();
        hasExpert |= row->a.expert.has_value();
    }
    const LineKeys keys(keyRows, true, options);
    keys.addColumns(table);
    if (hasExpert)
        table.columns.push_back({"expert", Kind::Key});
    for (const char* header : {"n A", "n B"})
        table.columns.push_back({header, Kind::Count});
    for (const char* header : {"A", "B", "B - A"})
        table.columns.push_back({header, Kind::Value, false, *header == 'B'});
    if (hasInterval)
        table.columns.push_back({"[95 %]", Kind::Interval, false, true});

    ComparedList sorted = rows;
    const auto size = [](const ComparedRow* row) { return row->difference ? std::abs(*row->difference) : -1; };
    if (perExpert)
        std::ranges::stable_sort(sorted, std::greater(), size);
    else
        std::ranges::stable_sort(sorted, {}, [&](const ComparedRow* row) { return keys.keyOf(row->a); });
    std::vector<LineWeight> weights;
    for (const ComparedRow* row : sorted) {
        if (perExpert && !options.everything && table.lines.size() == kLargest)
            break;
        std::vector<std::string> cells;
        keys.addCells(row->a, cells);
        if (hasExpert)
            cells.push_back(row->a.expert ? std::to_string(row->a.expert->value) : "");
        cells.push_back(std::to_string(row->a.n));
        cells.push_back(std::to_string(row->b.n));
        for (const auto& value : {row->a.value, row->b.value})
            cells.push_back(value ? scale.format(*value) : "-");
        cells.push_back(row->difference ? (*row->difference > 0 ? "+" : "") + scale.format(*row->difference) : "-");
        if (hasInterval)
            cells.push_back(row->interval ? scale.formatInterval(row->interval->first, row->interval->second) : "");
        table.lines.push_back(std::move(cells));
        weights.push_back({!row->a.site, !row->a.label, size(row)});
    }
    table.title = rows.front()->a.metric + unitOf(keyRows);
    if (perExpert) {
        table.title += ": the largest differences";
        table.hiddenLines = rows.size() - table.lines.size();
    } else {
        shorten(table, weights, options.everything);
    }
    return table;
}

/// "12 rows are only in A: sites 6-11"
std::string onlyText(const char* trace, const std::vector<ResultRow>& rows, const std::vector<ComparedRow>& shared)
{
    std::set<int> sites;
    std::set<std::string> metrics, labels;
    for (const ResultRow& row : rows) {
        if (row.site)
            sites.insert(row.site->value);
        if (row.label)
            labels.insert(row.label->first + "=" + row.label->second);
        metrics.insert(row.metric);
    }
    for (const ComparedRow& row : shared) {
        if (row.a.site)
            sites.erase(row.a.site->value);
        if (row.a.label)
            labels.erase(row.a.label->first + "=" + row.a.label->second);
    }
    std::string text =
        std::to_string(rows.size()) + (rows.size() == 1 ? " row is" : " rows are") + " only in " + trace + ":";
    const auto add = [&](const char* what, const auto& values, auto toText) {
        if (values.empty())
            return;
        text += std::string(" ") + what;
        std::size_t shown = 0;
        for (const auto& value : values) {
            if (++shown > 8) {
                text += " …";
                break;
            }
            text += (shown > 1 ? ", " : " ") + toText(value);
        }
        text += ";";
    };
    add("sites", sites, [](int site) { return std::to_string(site); });
    add("labels", labels, [](const std::string& label) { return label; });
    add("of", metrics, [](const std::string& metric) { return metric; });
    text.pop_back();
    return text;
}

}

ResultLayout layOut(const Comparison& comparison, const LayoutOptions& options)
{
    ResultLayout layout;
    std::vector<std::string> order;
    std::map<std::string, ComparedList> byMetric;
    Results undefined; // metrics that neither trace gives
    for (const ComparedRow& row : comparison.rows) {
        if (row.a.metric == "load.share")
            continue; // load.relative says the same
        if (!row.a.value && !row.b.value && !row.a.site && row.a.metric.find('.') == std::string::npos) {
            undefined.rows.push_back(row.a);
            continue;
        }
        if (!byMetric.contains(row.a.metric))
            order.push_back(row.a.metric);
        byMetric[row.a.metric].push_back(&row);
    }
    std::string same;
    for (const std::string& metric : order) {
        const std::string name = metric.substr(0, metric.find('.'));
        const ComparedList& rows = byMetric[metric];
        if (!options.everything && std::ranges::all_of(rows, [](const auto* row) { return sameNumbers(*row); })) {
            addPart(same, metric);
            continue;
        }
        if (layout.families.empty() || layout.families.back().name != name)
            layout.families.push_back({name, options.definitionOf ? options.definitionOf(name) : "", {}, {}});
        const bool perExpert = std::ranges::count_if(rows, [](const auto* row) { return row->a.expert.has_value(); })
            > std::ptrdiff_t(kLargest);
        layout.families.back().tables.push_back(comparedTable(rows, perExpert, options));
    }
    if (!comparison.both.rows.empty()) {
        for (ResultFamily& family : layOut(comparison.both, options).families)
            layout.families.push_back(std::move(family));
    }
    ResultFamily rest{"not aligned", {}, {}, {}};
    if (!comparison.onlyA.empty())
        rest.notes.push_back(onlyText("A", comparison.onlyA, comparison.rows));
    if (!comparison.onlyB.empty())
        rest.notes.push_back(onlyText("B", comparison.onlyB, comparison.rows));
    if (!comparison.notBoth.empty())
        rest.notes.push_back("no metrics of both traces together: " + comparison.notBoth);
    if (!rest.notes.empty())
        layout.families.push_back(std::move(rest));
    if (!same.empty())
        layout.families.push_back({"the same in A and B", {}, {}, {same}});
    layout.notComputed = layOut(undefined, options).notComputed;
    return layout;
}

}
