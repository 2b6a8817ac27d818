// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/results/layout.h"

#include "analysis/results/layout_tables.h"
#include "io/base/text.h"

#include <algorithm>

namespace expertscope::results {

namespace {

// Written to files, but a table says the same already by another measure.
const std::set<std::string> kNotInTables{"load.share"};

/// "balance" of "balance.max_vio".
std::string familyOf(const std::string& metric)
{
    return metric.substr(0, metric.find('.'));
}

struct Members
{
    RowList rows;
    std::vector<const ResultMatrix*> matrices;
};

/// Measures with several experts at one place.
std::set<std::string> listsAmong(const RowList& rows)
{
    std::set<std::string> lists;
    std::map<RowKey, int> expertAt;
    for (const ResultRow* row : rows) {
        if (!row->expert || lists.contains(row->metric))
            continue;
        RowKey key = keyOf(*row);
        std::get<3>(key) = -1;
        std::get<5>(key).clear();
        const auto [entry, isNew] = expertAt.try_emplace(std::move(key), row->expert->value);
        if (!isNew && entry->second != row->expert->value)
            lists.insert(row->metric);
    }
    return lists;
}

/// Rows that may share a table: labelled or not, the same parameters that vary, the same keys of `other`.
using Signature = std::tuple<bool, std::set<std::string>, std::set<std::string>>;

class Signatures
{
public:
    explicit Signatures(const RowList& rows)
    {
        std::map<std::string, std::set<std::string>> values;
        std::set<RowKey> seen;
        for (const ResultRow* row : rows) {
            if (row->label)
                m_labelled.insert(row->metric);
            for (const auto& [name, value] : row->params) {
                if (values[name].insert(parameterText(value)).second && values[name].size() > 1)
                    m_varying.insert(name);
            }
            RowKey key = keyOf(*row);
            std::get<5>(key).clear();
            if (!seen.insert(std::move(key)).second)
                m_manyOthers.insert(row->metric);
        }
        m_varying.erase("sites"); // how many sites a mean is of
        m_varying.erase("sample"); // as many sequences for all of a metric
    }

    Signature of(const ResultRow& row) const
    {
        Signature signature{m_labelled.contains(row.metric), {}, {}};
        for (const auto& [name, value] : row.params) {
            if (m_varying.contains(name))
                std::get<1>(signature).insert(name);
        }
        // What does not tell rows apart goes along with the value.
        if (m_manyOthers.contains(row.metric)) {
            for (const auto& [name, value] : row.other)
                std::get<2>(signature).insert(name);
        }
        return signature;
    }

private:
    std::set<std::string> m_labelled, m_varying, m_manyOthers;
};

void addScalars(ResultFamily& family, const RowList& rows, const LayoutOptions& options)
{
    const Signatures signatures(rows);
    std::vector<Signature> order;
    std::map<Signature, RowList> groups;
    for (const ResultRow* row : rows) {
        Signature signature = signatures.of(*row);
        if (row->value && groups.try_emplace(signature).second)
            order.push_back(std::move(signature));
    }
    for (const ResultRow* row : rows) {
        // An undefined row goes where its like are; alone, the notes tell of it.
        if (const auto group = groups.find(signatures.of(*row)); group != groups.end())
            group->second.push_back(row);
    }
    // Tables that compare label values come last: they are the longest.
    std::ranges::stable_sort(order, {}, [](const Signature& signature) { return std::get<0>(signature); });
    for (const Signature& signature : order)
        family.tables.push_back(scalarTable(groups[signature], options));
}

void addLists(
    ResultFamily& family, const RowList& rows, const std::set<std::string>& lists, const LayoutOptions& options)
{
    std::vector<std::string> order;
    std::map<std::string, RowList> byMetric;
    for (const ResultRow* row : rows) {
        if (!lists.contains(row->metric) || !row->expert)
            continue;
        if (!byMetric.contains(row->metric))
            order.push_back(row->metric);
        byMetric[row->metric].push_back(row);
    }
    std::string further;
    for (const std::string& metric : order) {
        if (options.everything || metric == order.front())
            family.tables.push_back(listTable(byMetric[metric], options));
        else
            addPart(further, metric);
    }
    if (!further.empty())
        family.notes.push_back("for each expert also: " + further);
}

void addReasons(ResultFamily& family, const RowList& rows)
{
    std::vector<std::pair<std::string, std::size_t>> reasons;
    std::map<std::string, std::size_t> known;
    for (const ResultRow* row : rows) {
        if (row->value || row->undefined.empty())
            continue;
        const std::string reason = row->metric + ": " + row->undefined;
        const auto [entry, isNew] = known.try_emplace(reason, reasons.size());
        if (isNew)
            reasons.emplace_back(reason, 0);
        ++reasons[entry->second].second;
    }
    for (const auto& [reason, count] : reasons)
        family.notes.push_back("undefined: " + reason + (count > 1 ? " (" + std::to_string(count) + " times)" : ""));
}

void addMatrices(ResultFamily& family, const std::vector<const ResultMatrix*>& matrices)
{
    std::vector<std::pair<std::string, std::size_t>> kinds;
    std::map<std::string, std::size_t> known;
    for (const ResultMatrix* matrix : matrices) {
        std::string size, names;
        for (const ResultMatrix::Axis& axis : matrix->axes) {
            size += (size.empty() ? "" : " x ") + std::to_string(axis.keys.size());
            names += (names.empty() ? "" : " x ") + axis.name;
        }
        const std::string kind = matrix->metric + '\n' + size + " (" + names + ")";
        const auto [entry, isNew] = known.try_emplace(kind, kinds.size());
        if (isNew)
            kinds.emplace_back(kind, 0);
        ++kinds[entry->second].second;
    }
    for (const auto& [kind, count] : kinds) {
        const auto split = kind.find('\n');
        family.notes.push_back("in JSON and HDF5: " + kind.substr(0, split) + ", "
            + (count == 1 ? "a matrix" : std::to_string(count) + " matrices") + " of " + kind.substr(split + 1));
    }
}

}

ResultLayout layOut(const Results& results, const LayoutOptions& options)
{
    std::vector<std::string> order;
    std::map<std::string, Members> families;
    const auto members = [&](const std::string& metric) -> Members& {
        const std::string family = familyOf(metric);
        const auto [entry, isNew] = families.try_emplace(family);
        if (isNew)
            order.push_back(family);
        return entry->second;
    };
    ResultLayout layout;
    for (const ResultRow& row : results.rows) {
        if (kNotInTables.contains(row.metric))
            continue;
        members(row.metric).rows.push_back(&row);
    }
    for (const ResultMatrix& matrix : results.matrices)
        members(matrix.metric).matrices.push_back(&matrix);

    for (const std::string& name : order) {
        const Members& some = families[name];
        // One row without a value that bears the family's name: the metric could not be computed.
        if (some.matrices.empty() && some.rows.size() == 1 && !some.rows.front()->value
            && some.rows.front()->metric == name && !some.rows.front()->site) {
            const std::string& reason = some.rows.front()->undefined;
            auto found = std::ranges::find(layout.notComputed, reason, [](const auto& entry) { return entry.first; });
            if (found == layout.notComputed.end())
                found = layout.notComputed.insert(found, {reason, {}});
            found->second.push_back(name);
            continue;
        }
        ResultFamily family;
        family.name = name;
        if (options.definitionOf)
            family.definition = options.definitionOf(name);
        const std::set<std::string> lists = listsAmong(some.rows);
        RowList scalars;
        std::ranges::copy_if(some.rows, std::back_inserter(scalars),
            [&](const ResultRow* row) { return !row->expert || !lists.contains(row->metric); });
        addScalars(family, scalars, options);
        addLists(family, some.rows, lists, options);
        addReasons(family, some.rows);
        addMatrices(family, some.matrices);
        layout.families.push_back(std::move(family));
    }
    return layout;
}

}
