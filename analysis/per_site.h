// SPDX-License-Identifier: GPL-3.0-or-later
//
// What nearly every accumulator is: one state a site, made when the site is first seen.
#pragma once

#include "analysis/accumulator.h"

#include <optional>
#include <vector>

namespace expertscope {

/// Adds to the rows of sites one row a metric, label and `other`: the mean over the sites where it is defined, as the
/// literature averages over layers. n is summed. Rows of single experts are left alone.
void appendSiteMeans(std::vector<ResultRow>& rows);

/// `State` is constructed from (const MetricContext&, SiteIndex) and has observe(const Block&), add(const State&) and
/// rows(std::vector<ResultRow>&) const, which need not fill in the site. Set `siteMeans` to get means over sites too.
template <class State> class PerSiteAccumulator : public Accumulator
{
public:
    explicit PerSiteAccumulator(const MetricContext& context, bool siteMeans = false)
        : m_context(context)
        , m_siteMeans(siteMeans)
        , m_states(context.shape->sites.size())
    {
    }

    void observe(const Block& block) override { state(block.site).observe(block); }

    void merge(const Accumulator& other) override
    {
        const auto& that = static_cast<const PerSiteAccumulator&>(other);
        for (std::size_t i = 0; i < m_states.size(); ++i) {
            if (that.m_states[i])
                state(SiteIndex(static_cast<std::uint16_t>(i))).add(*that.m_states[i]);
        }
    }

    std::vector<ResultRow> result() const override
    {
        std::vector<ResultRow> rows;
        for (const SiteIndex site : m_context.sites) {
            const auto& seen = m_states[std::size_t(site)];
            const std::size_t first = rows.size();
            (seen ? *seen : State(m_context, site)).rows(rows);
            for (std::size_t i = first; i < rows.size(); ++i)
                rows[i].site = site;
        }
        if (m_siteMeans)
            appendSiteMeans(rows);
        return rows;
    }

private:
    State& state(SiteIndex site)
    {
        auto& state = m_states[std::size_t(site)];
        if (!state)
            state.emplace(m_context, site);
        return *state;
    }

    const MetricContext m_context;
    const bool m_siteMeans;
    std::vector<std::optional<State>> m_states;
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

}
