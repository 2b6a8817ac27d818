// SPDX-License-Identifier: GPL-3.0-or-later
//
// A trace with planted flow, and what a drawn flow chart holds.
#pragma once

#include "tests/support/memory_trace.h"
#include "views/charts/chart.h"

namespace expertscope::testing {

/// Four sites of 32 experts, 4 chosen; `strength` in 16 of the tokens that chose e go on to 5 e + 3, by chance the
/// rest. Other seeds choose otherwise.
inline std::shared_ptr<MemoryTrace> flowTrace(unsigned strength, unsigned length = 500, std::uint64_t seed = 99)
{
    auto trace = std::make_shared<MemoryTrace>(4, 32, 4);
    std::vector<std::string> language;
    for (int s = 0; s < 12; ++s) {
        trace->addSequence(length);
        language.push_back(s % 3 ? "en" : "de");
    }
    trace->addLabel("language", language);
    fillUniform(*trace, seed);
    for (std::size_t site = 1; site < 4; ++site) {
        for (std::size_t t = 0; t < trace->shape().numTokens; ++t) {
            std::uint16_t* const to = &trace->ids[site][t * 4];
            const auto next = std::uint16_t((trace->ids[site - 1][t * 4] * 5 + 3) % 32);
            if (mix(t * 4 + site) % 16 < strength && std::find(to, to + 4, next) == to + 4)
                to[0] = next;
        }
    }
    return trace;
}

inline const Ribbons& ribbonsOf(const Chart& chart)
{
    return *std::get<RibbonsPtr>(chart.picture()->panels[0].layers[0]);
}

inline std::vector<QString> namesOf(const std::vector<FlowBlock>& column)
{
    std::vector<QString> names;
    for (const FlowBlock& block : column)
        names.push_back(block.name);
    return names;
}

/// The place of each block, by block, from the blocks by place.
inline std::vector<std::size_t> placesOf(const std::vector<std::size_t>& order)
{
    std::vector<std::size_t> places(order.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        places[order[i]] = i;
    return places;
}

}
