// SPDX-License-Identifier: GPL-3.0-or-later
//
// What identifies a line of a table. Private to analysis/results.
#pragma once

#include "analysis/results/layout.h"

#include <map>
#include <set>

namespace expertscope::results {

using RowList = std::vector<const ResultRow*>;

inline constexpr std::size_t kReadableLines = 24;

/// The key columns of a table: label, parameters, other keys, site. Made of all rows of the table.
class LineKeys
{
public:
    /// `withOther`: whether `other` is among the keys.
    LineKeys(const RowList& rows, bool withOther, const LayoutOptions& options);

    /// Orders lines by label, parameters, others, site; the whole model after its sites.
    using Key = std::vector<std::size_t>;
    Key keyOf(const ResultRow& row) const;

    void addColumns(ResultTable& table) const;
    void addCells(const ResultRow& row, std::vector<std::string>& cells) const;

    /// Whether layers are other numbers than sites, and this key of `other` is a site: then "to_layer" stands behind it.
    bool saysLayer(const std::string& other) const { return m_layers && other == "to_site"; }
    /// What stands there.
    std::string toLayerText(const ResultRow& row) const { return layerText(secondSite(row.other)); }

private:
    struct Part
    {
        std::string name; ///< of the parameter, of the other key
        bool isParam = false;
        std::vector<std::string> values; ///< in order
    };
    static std::string valueOf(const Part& part, const ResultRow& row);
    std::string siteName(const ResultRow& row) const;
    std::string layerText(std::optional<SiteIndex> site) const;

    std::string m_labelName;
    std::vector<std::string> m_labels; ///< in order of first appearance
    std::vector<Part> m_parts; ///< those that vary
    NamedValues m_constants;
    bool m_sites = false, m_layers = false;
    const LayoutOptions& m_options;
};

std::string shortName(const std::string& metric);
std::string parameterText(const ParameterValue& value);
/// " [nats]"; nothing for pure numbers.
std::string unitOf(const RowList& rows);

/// A line of a table as to what may be left out.
struct LineWeight
{
    bool isWhole = false; ///< of the whole model
    bool isAll = false; ///< of no single label value
    double weight = 0; ///< how much it says: lines that weigh more stay
};

/// Leaves of a long table at most kReadableLines: the lines of the whole model, or else those of all label values; of
/// more than that those that weigh most. `weights`: [line].
void shorten(ResultTable& table, const std::vector<LineWeight>& weights, bool everything);

}
