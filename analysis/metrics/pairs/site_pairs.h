// SPDX-License-Identifier: GPL-3.0-or-later
//
// Metrics of pairs of sites: one state a pair, made when it is first seen; the rows of all pairs and their means.
#pragma once

#include "analysis/counts/pair_counts.h"
#include "analysis/spine/per_site.h"

#include <algorithm>

namespace expertscope {

/// Appends the means over sites (see appendSiteMeans()) of the rows from `first` on; what a row says of its own expert
/// or of the other site does not tell it from its like.
inline void appendMeansOf(std::vector<ResultRow>& rows, std::size_t first)
{
    std::vector<ResultRow> alike(rows.begin() + std::ptrdiff_t(first), rows.end());
    const std::size_t numRows = alike.size();
    for (ResultRow& row : alike) {
        row.expert.reset();
        row.other.clear();
    }
    appendSiteMeans(alike);
    std::move(alike.begin() + std::ptrdiff_t(numRows), alike.end(), std::back_inserter(rows));
}

/// Pairs (l, l + distance) of the trace's sites, as far as results are wanted for both; `distance` is a parameter of
/// the metric. `State` is constructed from (const MetricContext&, const Site& from, const Site& to) and has
/// observe(BlockWithBits from, BlockWithBits to), add(const State&), persist(Archive&), rows(std::vector<ResultRow>&)
/// const and maybe matrices(std::vector<ResultMatrix>&) const, which need not fill in sites and distance.
template <class State> class SitePairAccumulator : public Accumulator
{
public:
    /// `names`: the rows' metrics, for a trace that has no such pair.
    SitePairAccumulator(const MetricContext& context, std::vector<std::string> names)
        : m_context(context)
        , m_names(std::move(names))
        , m_distance(static_cast<unsigned>(context.params.number("distance")))
    {
        for (std::size_t i = 0; i < context.sites.size(); ++i) {
            for (std::size_t j = i + 1; j < context.sites.size(); ++j) {
                if (context.sites[j].value == context.sites[i].value + m_distance)
                    m_pairs.push_back({i, j, {}});
            }
        }
    }

    void observe(const Tile& tile) override
    {
        const auto at = [&tile](std::size_t i) { return BlockWithBits{tile.blocks[i], tile.bits[i]}; };
        for (Pair& pair : m_pairs)
            state(pair).observe(at(pair.from), at(pair.to));
    }

    void merge(const Accumulator& other) override
    {
        const auto& that = static_cast<const SitePairAccumulator&>(other);
        for (std::size_t p = 0; p < m_pairs.size(); ++p) {
            if (that.m_pairs[p].state)
                state(m_pairs[p]).add(*that.m_pairs[p].state);
        }
    }

    Results result() const override
    {
        Results results;
        for (const Pair& pair : m_pairs) {
            const std::size_t firstRow = results.rows.size(), firstMatrix = results.matrices.size();
            report(pair.state ? *pair.state : make(pair), results);
            const auto finish = [&](auto& result) {
                result.site = m_context.sites[pair.from];
                result.other["to_site"] = std::to_string(m_context.sites[pair.to].value);
                result.params["distance"] = double(m_distance);
            };
            std::for_each(results.rows.begin() + std::ptrdiff_t(firstRow), results.rows.end(), finish);
            std::for_each(results.matrices.begin() + std::ptrdiff_t(firstMatrix), results.matrices.end(), finish);
        }
        appendMeansOf(results.rows, 0);
        for (std::size_t i = 0; m_pairs.empty() && i < m_names.size(); ++i) {
            results.rows.push_back(undefinedRow(m_names[i], "no two sites lie that far apart"));
            results.rows.back().params["distance"] = double(m_distance);
        }
        return results;
    }

    void persist(Archive& archive) override
    {
        for (Pair& pair : m_pairs) {
            if (archive.present(pair.state.has_value()))
                state(pair).persist(archive);
        }
    }

private:
    struct Pair
    {
        std::size_t from = 0, to = 0; ///< places among the sites of a tile
        std::optional<State> state;
    };

    State make(const Pair& pair) const
    {
        const auto site = [&](std::size_t i) -> const Site& {
            return m_context.shape->sites[std::size_t(m_context.sites[i])];
        };
        return State(m_context, site(pair.from), site(pair.to));
    }
    State& state(Pair& pair)
    {
        if (!pair.state)
            pair.state.emplace(make(pair));
        return *pair.state;
    }
    void report(const State& state, Results& results) const
    {
        state.rows(results.rows);
        if constexpr (requires { state.matrices(results.matrices); }) {
            if (!m_context.valuesOnly)
                state.matrices(results.matrices);
        }
    }

    const MetricContext m_context;
    const std::vector<std::string> m_names;
    const unsigned m_distance;
    std::vector<Pair> m_pairs;
};

/// The parameter that SitePairAccumulator reads.
inline ParameterSpec distanceParameter()
{
    return {.name = "distance",
        .standard = "1",
        .meaning = "sites from one to the other",
        .least = 1,
        .most = 65535,
        .whole = true};
}

}
