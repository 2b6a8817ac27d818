// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/base/splitmix.h"

#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace expertscope {

/// Draws random subsets of E experts, seeded by E and k.
class SubsetSampler
{
public:
    SubsetSampler(unsigned E, unsigned k)
        : m_pool(E)
        , m_random((std::uint64_t(E) << 32) | k)
    {
        std::iota(m_pool.begin(), m_pool.end(), 0u);
    }

    /// k distinct experts; valid until the next call.
    const unsigned* next(unsigned k)
    {
        const auto size = static_cast<unsigned>(m_pool.size());
        for (unsigned r = 0; r < k; ++r) {
            const std::uint64_t random = m_random.next() >> 32;
            std::swap(m_pool[r], m_pool[r + static_cast<unsigned>(random * (size - r) >> 32)]);
        }
        return m_pool.data();
    }

private:
    std::vector<unsigned> m_pool;
    SplitMix m_random;
};

/// Sets of a size that is no whole number: a mixture of the two next to it.
struct MixedSizes
{
    /// So that loads have the mean and the variance of sets of that size (SetSizes::worth()).
    static MixedSizes sameVariance(double size)
    {
        MixedSizes mixed = sameMean(size);
        const double below = mixed.less * (size - mixed.less), above = mixed.more * (mixed.more - size);
        if (below > 0)
            mixed.shareOfMore = below / (below + above);
        return mixed;
    }
    /// So that there are as many choices.
    static MixedSizes sameMean(double size)
    {
        const auto less = static_cast<unsigned>(size);
        return {less, less + 1, size - less};
    }

    double mean() const { return less + shareOfMore * (more - less); }
    /// The size of token number t: both come up evenly.
    unsigned of(std::uint64_t t) const
    {
        return std::floor(double(t + 1) * shareOfMore) > std::floor(double(t) * shareOfMore) ? more : less;
    }

    unsigned less = 0, more = 0;
    double shareOfMore = 0;
};

}
