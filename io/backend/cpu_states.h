// SPDX-License-Identifier: GPL-3.0-or-later
//
// The states of a recurrent layer, tile by tile, as they go from part to part of a batch. For .cpp files of io/backend only.
#pragma once

#include "io/backend/sequence_parts.h"

#include <algorithm>
#include <cstring>

namespace expertscope {

/// Only one sequence can go on from one part to the next; its tiles are kept.
class CpuStates
{
public:
    CpuStates(int workers, std::int64_t tiles, std::int64_t tileFloats)
        : m_tiles(static_cast<std::size_t>(tiles))
        , m_floats(static_cast<std::size_t>(tileFloats))
        , m_current(static_cast<std::size_t>(workers))
    {
    }

    /// Before the segments of a part are computed, and when all are.
    void begin(const std::vector<Segment>& segments)
    {
        if (segments.back().goesOn)
            m_next.resize(m_tiles * m_floats);
    }
    void end() { std::swap(m_carried, m_next); }

    /// A worker's tile as it is before the segment; 0 at the start of a sequence.
    float* load(const Segment& segment, std::int64_t tile, int worker)
    {
        auto& state = m_current[static_cast<std::size_t>(worker)];
        state.resize(m_floats);
        if (segment.begun)
            std::memcpy(state.data(), m_carried.data() + static_cast<std::size_t>(tile) * m_floats, m_floats * sizeof(float));
        else
            std::fill(state.begin(), state.end(), 0.0f);
        return state.data();
    }
    /// … and as it is behind it.
    void keep(const Segment& segment, std::int64_t tile, const float* state)
    {
        if (segment.goesOn)
            std::memcpy(m_next.data() + static_cast<std::size_t>(tile) * m_floats, state, m_floats * sizeof(float));
    }

private:
    const std::size_t m_tiles, m_floats;
    std::vector<float> m_carried, m_next;
    std::vector<std::vector<float>> m_current; ///< of each worker
};

}
