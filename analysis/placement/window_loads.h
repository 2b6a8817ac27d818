// SPDX-License-Identifier: GPL-3.0-or-later
//
// Loads of GPUs over windows of consecutive tokens, whichever worker sees which part of a window.
#pragma once

#include "analysis/placement/replay.h"

#include <map>

namespace expertscope::placement {

class WindowLoads
{
public:
    /// Windows [i length, (i+1) length) of token ordinals, for each of `lengths`.
    WindowLoads(std::vector<std::uint32_t> lengths, std::size_t numSites, std::size_t numGpus);

    /// The first ordinal after this one at which a window begins.
    std::uint64_t nextSeam(std::uint64_t ordinal) const;
    /// `count` tokens from `ordinal` on, all of the same windows, have put loads [sites, GPUs] on the GPUs.
    void add(std::uint64_t ordinal, std::uint64_t count, std::span<const std::uint32_t> loads);
    void merge(const WindowLoads& other);
    /// Of the full windows, for each length.
    std::vector<WindowBalance> balance(std::size_t site) const;

private:
    struct Open
    {
        std::uint64_t tokens = 0;
        std::vector<std::uint32_t> loads;
    };
    void addTo(std::size_t length, std::uint64_t window, std::uint64_t tokens, std::span<const std::uint32_t> loads);

    std::vector<std::uint32_t> m_lengths;
    std::size_t m_sites, m_gpus;
    std::vector<std::map<std::uint64_t, Open>> m_open; ///< [lengths] windows that are not full yet
    std::vector<WindowBalance> m_full; ///< [lengths, sites]
};

}
