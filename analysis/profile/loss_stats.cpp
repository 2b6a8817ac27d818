// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/profile/loss_stats.h"

#include "analysis/spine/fixed_sum.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

constexpr std::uint64_t kPart = 1 << 18; ///< tokens between two questions whether to go on
constexpr double kInterval = 1.959964; ///< standard deviations of a 95 % interval

class LossSums
{
public:
    void add(float loss)
    {
        if (!m_sequence.add(loss))
            return; // NaN: none
        m_least = std::min(m_least, loss);
        m_most = std::max(m_most, loss);
    }
    void endSequence()
    {
        if (m_sequence.n() == 0)
            return;
        const double n = double(m_sequence.n()), sum = m_sequence.sum();
        m_all.add(m_sequence);
        m_sequence = {};
        ++m_sequences;
        m_nn += n * n;
        m_ns += n * sum;
        m_ss += sum * sum;
    }
    LossStats stats() const
    {
        LossStats stats;
        stats.n = m_all.n();
        if (stats.n == 0)
            return stats;
        const double mean = stats.mean = m_all.mean(), m = double(m_sequences);
        stats.least = m_least;
        stats.most = m_most;
        if (m_sequences > 1) {
            const double squares = std::max(0.0, m_ss - 2 * mean * m_ns + mean * mean * m_nn);
            const double half = kInterval * std::sqrt(m / (m - 1) * squares) / double(stats.n);
            stats.interval = {mean - half, mean + half};
        }
        return stats;
    }

private:
    FixedSum m_all, m_sequence;
    float m_least = INFINITY, m_most = -INFINITY;
    std::uint64_t m_sequences = 0;
    double m_nn = 0, m_ns = 0, m_ss = 0;
};

}

Expected<std::optional<std::vector<LossStats>>> lossOf(
    const NamedTrace& trace, const std::vector<const TokenSet*>& sets, const Progress& progress)
{
    const auto* const file = dynamic_cast<const TraceFile*>(trace.source.get());
    if (!file || !file->summary().columns.loss)
        return std::nullopt;
    const RoutingShape& shape = file->shape();
    std::vector<LossSums> sums(sets.size());
    std::vector<float> losses;
    TokenIndex first, end; // those read
    for (const Sequence& sequence : shape.sequences) {
        const TokenIndex last(sequence.begin.value + sequence.length);
        const auto next = [&](TokenIndex from) {
            TokenIndex nearest = last;
            for (const TokenSet* set : sets)
                nearest = set->next(from, nearest);
            return nearest;
        };
        for (TokenIndex t = next(sequence.begin); t < last; t = next(TokenIndex(t.value + 1))) {
            if (t >= end) {
                if (progress && !progress(double(t.value) / double(shape.numTokens)))
                    return fail(kCancelled);
                first = t;
                end = TokenIndex(std::min(t.value + kPart, shape.numTokens));
                auto read = file->loss({first, end});
                if (!read)
                    return tl::unexpected(inFile(read.error(), trace.path));
                losses = std::move(*read);
            }
            for (std::size_t i = 0; i < sets.size(); ++i) {
                if (sets[i]->has(t))
                    sums[i].add(losses[t.value - first.value]);
            }
        }
        for (LossSums& sum : sums)
            sum.endSequence();
    }
    std::vector<LossStats> stats;
    for (const LossSums& sum : sums)
        stats.push_back(sum.stats());
    return stats;
}

}
