// SPDX-License-Identifier: GPL-3.0-or-later
//
// What metrics of several traces of the same tokens share (series.h).
#pragma once

#include "analysis/spine/per_site.h"

#include <algorithm>

namespace expertscope {

using Traces = std::vector<const Block*>; ///< one block a trace, the same tokens, the final trace last

inline const std::uint16_t* idsOf(const Block& block, std::size_t token)
{
    return block.expertIds.data() + token * block.numSlots;
}

/// Rows of one site of the model from its blocks in all traces: the sites of the first trace stand for those of the
/// model. `State` is as for SiteStates, with observe(const Traces&).
template <class State> class SeriesAccumulator : public SiteStates<State>
{
public:
    explicit SeriesAccumulator(const MetricContext& context)
        : SiteStates<State>(context, context.shape->sites.size() / context.series.size(), true)
    {
    }

    void observe(const Tile& tile) override
    {
        const std::size_t C = this->context().series.size(), sites = tile.blocks.size() / C;
        for (std::size_t i = 0; i < sites; ++i) { // trace by trace, the same sites of each
            m_traces.clear();
            for (std::size_t c = 0; c < C; ++c)
                m_traces.push_back(&tile.blocks[c * sites + i]);
            this->state(tile.blocks[i].site).observe(m_traces);
        }
    }

private:
    Traces m_traces; ///< scratch
};

/// The different experts of a token, ascending.
inline void assignSet(const Block& block, std::size_t token, std::vector<std::uint16_t>& set)
{
    set.clear();
    const std::uint16_t* const ids = idsOf(block, token);
    for (std::size_t r = 0; r < block.numSlots; ++r) {
        if (ids[r] < block.numExperts)
            set.push_back(ids[r]);
    }
    std::ranges::sort(set);
    set.erase(std::unique(set.begin(), set.end()), set.end()); // ranges::unique: not with clang 14, which makes asan
}

}
