// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/spine/bootstrap.h"

#include "analysis/spine/partition.h"
#include "io/base/splitmix.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

/// Uniform below `limit`.
std::size_t draw(SplitMix& random, std::size_t limit)
{
    __extension__ using Wide = unsigned __int128;
    return std::size_t((Wide(random.next()) * limit) >> 64);
}

std::size_t numGroups(const Selection& selection)
{
    return std::clamp<std::size_t>(selection.sequences.size(), 1, kBootstrapGroups);
}

/// Deals the sequences out in turn, those of one label value after the other, so that groups are alike.
std::vector<std::uint32_t> deal(const MetricContext& context, const Label* by)
{
    std::vector<SequenceIndex> order = context.selection->sequences;
    if (by)
        std::ranges::stable_sort(order, {}, [&](SequenceIndex s) { return by->codes[std::size_t(s)]; });
    std::vector<std::uint32_t> groups(context.shape->sequences.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        groups[std::size_t(order[i])] = static_cast<std::uint32_t>(i % numGroups(*context.selection));
    return groups;
}

/// Linear interpolation between the order statistics, as numpy's default.
double quantile(const std::vector<double>& sorted, double q)
{
    const double at = q * double(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(at);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (at - double(below)) * (sorted[above] - sorted[below]);
}

class Bootstrapped final : public Partition
{
public:
    Bootstrapped(AccumulatorFactory make, AccumulatorFactory makeReplicate, std::vector<std::uint32_t> groups,
        std::size_t numGroups, unsigned replicates, std::unique_ptr<Accumulator> whole)
        : Partition(std::move(make), std::move(groups), numGroups)
        , m_makeReplicate(std::move(makeReplicate))
        , m_replicates(replicates)
        , m_whole(std::move(whole))
    {
    }

    void observe(const Tile& tile) override
    {
        Partition::observe(tile);
        if (m_whole)
            m_whole->observe(tile);
    }

    void merge(const Accumulator& other) override
    {
        Partition::merge(other);
        if (m_whole)
            m_whole->merge(*static_cast<const Bootstrapped&>(other).m_whole);
    }

    void persist(Archive& archive) override
    {
        Partition::persist(archive);
        if (m_whole)
            m_whole->persist(archive);
    }

    Results result() const override
    {
        Results results = m_whole ? m_whole->result() : mergedParts()->result();
        std::vector<std::size_t> there;
        for (std::size_t p = 0; p < numParts(); ++p) {
            if (part(p))
                there.push_back(p);
        }
        if (there.size() < 2)
            return results; // nothing varies
        std::map<RowKey, std::vector<double>> values;
        for (const ResultRow& row : results.rows) {
            if (row.value)
                values[keyOf(row)].reserve(m_replicates);
        }
        SplitMix random(there.size());
        for (unsigned b = 0; b < m_replicates; ++b) {
            const auto replicate = m_makeReplicate();
            for (std::size_t i = 0; i < there.size(); ++i)
                replicate->merge(*part(there[draw(random, there.size())]));
            for (const ResultRow& row : replicate->result().rows) {
                const auto found = row.value ? values.find(keyOf(row)) : values.end();
                if (found != values.end())
                    found->second.push_back(*row.value);
            }
        }
        for (ResultRow& row : results.rows) {
            const auto found = row.value ? values.find(keyOf(row)) : values.end();
            // A value that some draws leave undefined, or one of another expert, has no interval.
            if (found == values.end() || found->second.size() != m_replicates || m_replicates == 0)
                continue;
            std::vector<double>& drawn = found->second;
            std::ranges::sort(drawn);
            row.interval = {2 * *row.value - quantile(drawn, 0.975), 2 * *row.value - quantile(drawn, 0.025)};
        }
        return results;
    }

    std::unique_ptr<Accumulator> secondPass() const override
    {
        AccumulatorFactory learnt = learntFactory();
        if (!learnt)
            return nullptr;
        return std::make_unique<Bootstrapped>(learnt, learnt, partOf(), numParts(), m_replicates, nullptr);
    }

private:
    AccumulatorFactory m_makeReplicate;
    unsigned m_replicates;
    std::unique_ptr<Accumulator> m_whole; ///< null: the parts merged
};

}

std::unique_ptr<Accumulator> bootstrapped(AccumulatorFactory make, AccumulatorFactory makeReplicate,
    const MetricContext& context, const Label* by, unsigned replicates, const AccumulatorFactory& makeWhole)
{
    return std::make_unique<Bootstrapped>(std::move(make), std::move(makeReplicate), deal(context, by),
        numGroups(*context.selection), replicates, makeWhole ? makeWhole() : nullptr);
}

}
