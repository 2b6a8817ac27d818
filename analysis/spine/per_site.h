// SPDX-License-Identifier: GPL-3.0-or-later
//
// What nearly every accumulator is: one state a site, made when the site is first seen.
#pragma once

#include "analysis/spine/metric_spec.h"

#include <memory>
#include <optional>
#include <vector>

namespace expertscope {

/// Adds to the rows of sites one row a metric, parameters, label and `other`: the mean over the sites where it is
/// defined, as the literature averages over layers. n is summed. Rows of single experts are left alone.
void appendSiteMeans(std::vector<ResultRow>& rows);

/// One state a site, without what it observes. `State` is constructed from (const MetricContext&, SiteIndex) and has
/// add(const State&), persist(Archive&) and rows(std::vector<ResultRow>&) const, which need not fill in the site; it
/// may have matrices(std::vector<ResultMatrix>&) const. Set `siteMeans` to get means over sites too.
template <class State> class SiteStates : public Accumulator
{
public:
    void merge(const Accumulator& other) override
    {
        const auto& that = static_cast<const SiteStates&>(other);
        for (std::size_t i = 0; i < m_states.size(); ++i) {
            if (that.m_states[i])
                state(SiteIndex(static_cast<std::uint16_t>(i))).add(*that.m_states[i]);
        }
    }

    Results result() const override
    {
        Results results;
        for (const SiteIndex site : m_context.sites) {
            if (std::size_t(site) >= m_states.size())
                break;
            const auto& seen = m_states[std::size_t(site)];
            const std::size_t firstRow = results.rows.size(), firstMatrix = results.matrices.size();
            report(seen ? *seen : State(m_context, site), results);
            for (std::size_t i = firstRow; i < results.rows.size(); ++i)
                results.rows[i].site = site;
            for (std::size_t i = firstMatrix; i < results.matrices.size(); ++i)
                results.matrices[i].site = site;
        }
        if (m_siteMeans)
            appendSiteMeans(results.rows);
        return results;
    }

    void persist(Archive& archive) override
    {
        for (std::size_t i = 0; i < m_states.size(); ++i) {
            if (archive.present(m_states[i].has_value()))
                state(SiteIndex(static_cast<std::uint16_t>(i))).persist(archive);
        }
    }

protected:
    /// For the first `numSites` of the shape.
    SiteStates(const MetricContext& context, std::size_t numSites, bool siteMeans)
        : m_context(context)
        , m_siteMeans(siteMeans)
        , m_states(numSites)
    {
    }

    /// The sites' states, null where nothing was seen: for metrics with a row of the whole model.
    const State* seen(SiteIndex site) const
    {
        const auto& state = m_states[std::size_t(site)];
        return state ? &*state : nullptr;
    }
    const MetricContext& context() const { return m_context; }
    State& state(SiteIndex site)
    {
        auto& state = m_states[std::size_t(site)];
        if (!state)
            state.emplace(m_context, site);
        return *state;
    }

private:
    void report(const State& state, Results& results) const
    {
        state.rows(results.rows);
        if constexpr (requires { state.matrices(results.matrices); }) {
            if (!m_context.valuesOnly)
                state.matrices(results.matrices);
        }
    }

    const MetricContext m_context;
    const bool m_siteMeans;
    std::vector<std::optional<State>> m_states;
};

/// `State` as for SiteStates, with observe(const Block&) or observe(const Block&, ChoiceBits&).
template <class State> class PerSiteAccumulator : public SiteStates<State>
{
public:
    explicit PerSiteAccumulator(const MetricContext& context, bool siteMeans = false)
        : SiteStates<State>(context, context.shape->sites.size(), siteMeans)
    {
    }

    void observe(const Tile& tile) override
    {
        for (std::size_t i = 0; i < tile.blocks.size(); ++i) {
            const Block& block = tile.blocks[i];
            State& state = this->state(block.site);
            if constexpr (requires { state.observe(block, tile.bits[i]); })
                state.observe(block, tile.bits[i]);
            else
                state.observe(block);
        }
    }

    bool takesSites() const override { return true; }
};

/// A row without a value, and why.
inline ResultRow undefinedRow(std::string metric, std::string reason)
{
    ResultRow row;
    row.metric = std::move(metric);
    row.undefined = std::move(reason);
    return row;
}

inline constexpr const char* kNoTokens = "no tokens with a choice";

/// The `make` of a metric that is one such accumulator, with means over sites.
template <class State> auto makePerSite()
{
    return [](const MetricContext& context) { return std::make_unique<PerSiteAccumulator<State>>(context, true); };
}

}
