// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/placement/replay.h"
#include "io/base/splitmix.h"

namespace expertscope::placement {

/// Says which GPU computes a choice, at one site of a plan.
class Dispatcher
{
public:
    Dispatcher(const Placement& plan, std::size_t site, Dispatch rule)
        : m_cluster(plan.cluster())
        , m_localFirst(rule == Dispatch::LocalFirst)
    {
        const std::size_t E = plan.sites()[site].numExperts;
        m_experts.resize(E);
        for (std::size_t e = 0; e < E; ++e) {
            const auto gpus = plan.gpusOf(site, ExpertIndex(static_cast<std::uint16_t>(e)));
            m_experts[e] = {gpus.front(), static_cast<std::uint16_t>(gpus.size()),
                static_cast<std::uint32_t>(m_gpus.size()), splitmix64(splitmix64(plan.sites()[site].site.value) + e) >> 32};
            m_gpus.insert(m_gpus.end(), gpus.begin(), gpus.end());
        }
        m_single = m_gpus.size() == E;
    }

    /// [E] the GPU of each expert; null where one has several copies.
    const std::uint16_t* table() const { return m_single ? m_gpus.data() : nullptr; }

    std::uint16_t operator()(std::uint16_t expert, std::uint64_t ordinal, std::uint32_t home) const
    {
        const Expert& e = m_experts[expert];
        return e.copies == 1 ? e.gpu : among(e, ordinal, home);
    }

private:
    struct Expert
    {
        std::uint16_t gpu; ///< of the first copy
        std::uint16_t copies;
        std::uint32_t first; ///< into m_gpus
        std::uint64_t offset; ///< so that experts do not change copies in step
    };

    std::uint16_t among(const Expert& e, std::uint64_t ordinal, std::uint32_t home) const
    {
        const std::uint16_t* gpus = m_gpus.data() + e.first;
        if (m_localFirst) {
            std::uint64_t near = 0;
            for (std::size_t i = 0; i < e.copies; ++i) {
                if (gpus[i] == home)
                    return gpus[i];
                near += m_cluster.nodeOf(gpus[i]) == m_cluster.nodeOf(home);
            }
            if (near > 0) {
                std::uint64_t turn = (ordinal + e.offset) % near;
                for (std::size_t i = 0;; ++i) {
                    if (m_cluster.nodeOf(gpus[i]) == m_cluster.nodeOf(home) && turn-- == 0)
                        return gpus[i];
                }
            }
        }
        return gpus[(ordinal + e.offset) % e.copies];
    }

    const Cluster m_cluster;
    const bool m_localFirst;
    bool m_single = false;
    std::vector<Expert> m_experts;
    std::vector<std::uint16_t> m_gpus;
};

}
