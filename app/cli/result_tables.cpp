// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/result_output.h"
#include "app/cli/table.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <ostream>
#include <set>

namespace expertscope {

namespace {

constexpr std::size_t kEnds = 3; // experts shown of each end of a long list
// Written to files, but a table says the same already by another measure.
const std::set<std::string> kNotInTables{"load.share"};

/// "balance" of "balance.max_vio".
std::string familyOf(const std::string& metric)
{
    return metric.substr(0, metric.find('.'));
}
std::string shortName(const std::string& metric)
{
    const auto dot = metric.find('.');
    return dot == std::string::npos ? metric : metric.substr(dot + 1);
}

/// What identifies a line: the rows of one site and label value, in order of first appearance.
struct Key
{
    std::optional<std::pair<std::string, std::string>> label;
    std::optional<SiteIndex> site;

    auto operator<=>(const Key&) const = default;
};

/// How the numbers of a column are written.
struct Scale
{
    double largest = 0;
    bool integers = true;

    void add(const std::optional<double>& value, bool isUniform = false)
    {
        if (!value)
            return;
        largest = std::max(largest, std::abs(*value));
        integers &= isUniform || *value == std::floor(*value);
    }
    std::string format(double value) const { return formatNumber(value, largest, integers); }
    /// Expectations of counts have fractions; those next to nothing are 0 to a reader.
    std::string formatUniform(double value) const
    {
        const std::string text = formatNumber(std::abs(value) < 1e-9 ? 0 : value, std::max(largest, std::abs(value)),
            integers && (largest > 100 || value == 0));
        return "(" + text + ")";
    }
};

class FamilyTables
{
public:
    FamilyTables(const RoutingShape& shape, std::vector<const ResultRow*> rows)
        : m_shape(shape)
    {
        for (const ResultRow* row : rows) {
            if (kNotInTables.contains(row->metric))
                continue;
            const Key key{row->label, row->site};
            if (row->label)
                m_labelled.insert(row->metric);
            if (m_lines.try_emplace(key).second)
                m_keys.push_back(key);
            auto& cell = m_lines[key][row->metric];
            if (cell.empty() && std::ranges::find(m_metrics, row->metric) == m_metrics.end())
                m_metrics.push_back(row->metric);
            cell.push_back(row);
            if (cell.size() > 1)
                m_lists.insert(row->metric);
            if (!row->undefined.empty())
                ++m_reasons[row->metric + ": " + row->undefined];
            m_anyValue |= row->value.has_value();
            if (row->label)
                m_labelName = printable(row->label->first);
        }
        sortKeys();
    }

    void write(std::ostream& out, std::size_t width)
    {
        if (m_anyValue) {
            writeScalars(out, width, true);
            writeScalars(out, width, false);
            for (const std::string& metric : m_metrics) {
                if (m_lists.contains(metric))
                    writeList(out, metric, width);
            }
        }
        for (const auto& [reason, count] : m_reasons)
            out << "undefined: " << printable(reason) << (count > 1 ? " (" + std::to_string(count) + " times)" : "")
                << '\n';
    }

private:
    /// Lines of one label value together, the whole first.
    void sortKeys()
    {
        std::map<std::optional<std::pair<std::string, std::string>>, std::size_t> order{{std::nullopt, 0}};
        for (const Key& key : m_keys)
            order.try_emplace(key.label, order.size());
        std::ranges::stable_sort(m_keys, std::less(), [&](const Key& key) { return order[key.label]; });
    }

    void addKeyColumns(TextTable& table, bool labelled) const
    {
        if (labelled)
            table.addColumn(m_labelName, TextTable::Align::Left, true);
        table.addColumn("site", TextTable::Align::Right, true);
        if (layersDiffer())
            table.addColumn("layer", TextTable::Align::Right, true);
    }
    std::vector<std::string> keyCells(const Key& key, bool labelled) const
    {
        std::vector<std::string> cells;
        if (labelled)
            cells.push_back(key.label ? printable(key.label->second) : "(all)");
        cells.push_back(key.site ? std::to_string(key.site->value) : "mean");
        if (layersDiffer())
            cells.push_back(key.site ? std::to_string(m_shape.sites[std::size_t(*key.site)].layer) : "");
        return cells;
    }
    bool layersDiffer() const
    {
        for (std::size_t i = 0; i < m_shape.sites.size(); ++i) {
            if (m_shape.sites[i].layer != i)
                return true;
        }
        return false;
    }

    /// Measures with one number a line, side by side; those that tell label values apart, or the others.
    void writeScalars(std::ostream& out, std::size_t width, bool labelled) const
    {
        std::vector<std::string> metrics;
        std::ranges::copy_if(m_metrics, std::back_inserter(metrics),
            [&](const auto& m) { return isScalar(m) && m_labelled.contains(m) == labelled; });
        if (metrics.empty())
            return;
        TextTable table;
        addKeyColumns(table, labelled);
        table.addColumn("n", TextTable::Align::Right);
        std::vector<Scale> scales;
        std::vector<bool> hasUniform;
        for (const std::string& metric : metrics) {
            Scale scale;
            bool anyUniform = false;
            for (const auto& [key, line] : m_lines) {
                if (const auto found = line.find(metric); found != line.end()) {
                    scale.add(found->second.front()->value);
                    scale.add(found->second.front()->uniform, true);
                    anyUniform |= found->second.front()->uniform.has_value();
                }
            }
            scales.push_back(scale);
            hasUniform.push_back(anyUniform);
            table.addColumn(shortName(metric) + unitOf(metric), TextTable::Align::Right);
            if (anyUniform)
                table.addColumn("(uniform)", TextTable::Align::Right, false, true);
        }
        for (const Key& key : m_keys) {
            std::vector<std::string> cells = keyCells(key, labelled);
            const auto& line = m_lines.at(key);
            std::string n;
            std::vector<std::string> numbers;
            for (std::size_t i = 0; i < metrics.size(); ++i) {
                const auto found = line.find(metrics[i]);
                const ResultRow* row = found == line.end() ? nullptr : found->second.front();
                if (row && n.empty() && row->value)
                    n = std::to_string(row->n);
                numbers.push_back(valueCell(row, scales[i]));
                if (hasUniform[i])
                    numbers.push_back(row && row->uniform ? scales[i].formatUniform(*row->uniform) : "");
            }
            if (std::ranges::all_of(numbers, &std::string::empty))
                continue; // only expert lists here
            cells.push_back(n);
            std::ranges::move(numbers, std::back_inserter(cells));
            table.addRow(std::move(cells));
        }
        const bool isSecond = !labelled && !m_labelled.empty();
        out << (isSecond ? "\n" : "") << table.toString(width);
    }

    static std::string valueCell(const ResultRow* row, const Scale& scale)
    {
        if (!row)
            return {};
        if (!row->value)
            return "-";
        return scale.format(*row->value) + (row->expert ? " E" + std::to_string(row->expert->value) : "");
    }

    bool isScalar(const std::string& metric) const
    {
        if (m_lists.contains(metric))
            return false;
        return std::ranges::any_of(m_lines, [&](const auto& line) { return line.second.contains(metric); });
    }

    std::string unitOf(const std::string& metric) const
    {
        for (const auto& [key, line] : m_lines) {
            if (const auto found = line.find(metric); found != line.end() && found->second.front()->value) {
                const std::string& unit = found->second.front()->unit;
                return unit == "1" || unit == "experts" || unit == "choices" ? "" : " [" + unit + "]";
            }
        }
        return {};
    }

    /// A measure with a number for every expert: the largest and the smallest of each line.
    void writeList(std::ostream& out, const std::string& metric, std::size_t width) const
    {
        Scale scale;
        for (const auto& [key, line] : m_lines) {
            const auto found = line.find(metric);
            for (const ResultRow* row : found == line.end() ? std::vector<const ResultRow*>() : found->second) {
                scale.add(row->value);
                scale.add(row->uniform, true);
            }
        }
        TextTable table;
        const bool labelled = m_labelled.contains(metric);
        addKeyColumns(table, labelled);
        table.addColumn("n", TextTable::Align::Right);
        table.addColumn("(uniform)", TextTable::Align::Right);
        for (std::size_t i = 0; i < kEnds; ++i)
            table.addColumn(i ? "" : "largest", TextTable::Align::Right, false, i > 0);
        for (std::size_t i = 0; i < kEnds; ++i)
            table.addColumn(i ? "" : "smallest", TextTable::Align::Right, false, i > 0);
        std::size_t longest = 0;
        for (const Key& key : m_keys) {
            const auto& line = m_lines.at(key);
            const auto found = line.find(metric);
            if (found == line.end() || found->second.size() < 2)
                continue;
            std::vector<const ResultRow*> sorted = found->second;
            std::ranges::stable_sort(
                sorted, std::greater(), [](const ResultRow* row) { return row->value.value_or(0); });
            longest = std::max(longest, sorted.size());
            const std::size_t ends = std::min(kEnds, sorted.size() / 2);
            std::vector<std::string> cells = keyCells(key, labelled);
            cells.push_back(std::to_string(sorted.front()->n));
            cells.push_back(sorted.front()->uniform ? scale.formatUniform(*sorted.front()->uniform) : "");
            for (std::size_t i = 0; i < kEnds; ++i)
                cells.push_back(i < ends ? expertCell(*sorted[i], scale) : "");
            for (std::size_t i = 0; i < kEnds; ++i)
                cells.push_back(i < ends ? expertCell(*sorted[sorted.size() - ends + i], scale) : "");
            table.addRow(std::move(cells));
        }
        out << '\n'
            << metric << ": the ends of " << longest << " experts (all of them: --csv, --json)\n"
            << table.toString(width);
    }
    static std::string expertCell(const ResultRow& row, const Scale& scale)
    {
        return "E" + std::to_string(row.expert ? row.expert->value : 0) + " " + scale.format(row.value.value_or(0));
    }

    const RoutingShape& m_shape;
    std::vector<Key> m_keys;
    std::vector<std::string> m_metrics;
    std::set<std::string> m_lists; ///< metrics with several rows a line: one an expert
    std::map<Key, std::map<std::string, std::vector<const ResultRow*>>> m_lines;
    std::map<std::string, std::size_t> m_reasons;
    std::set<std::string> m_labelled; ///< metrics with rows of label values
    std::string m_labelName;
    bool m_anyValue = false;
};

}

void writeTables(std::ostream& out, const RoutingShape& shape, const std::vector<ResultRow>& rows, std::size_t width)
{
    std::vector<std::string> families;
    std::map<std::string, std::vector<const ResultRow*>> byFamily;
    for (const ResultRow& row : rows) {
        const std::string family = familyOf(row.metric);
        if (!byFamily.contains(family))
            families.push_back(family);
        byFamily[family].push_back(&row);
    }
    for (const std::string& family : families) {
        out << (family == families.front() ? "" : "\n") << family << '\n';
        FamilyTables(shape, byFamily[family]).write(out, width);
    }
}

}
