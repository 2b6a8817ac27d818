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

/// 97.5 % point of Student's t: the expansion around the normal one, good to 0.1 % from 4 degrees on.
double studentPoint(double degrees)
{
    const double z = 1.959963984540054, z2 = z * z;
    const double terms[] = {(z2 + 1) / 4, ((5 * z2 + 16) * z2 + 3) / 96, (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384,
        ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) / 92160};
    double t = 1, power = 1;
    for (const double term : terms)
        t += term * (power /= degrees);
    return z * t;
}

/// What draws, and leaving out, say of one row.
struct Sampling
{
    Sampling(double ofAll, std::uint64_t observations)
        : value(ofAll)
        , n(observations)
    {
    }

    double value;
    std::uint64_t n;
    double drawn = 0; ///< sum
    unsigned draws = 0;
    std::vector<double> without; ///< a group each
    bool complete = true; ///< there always was a value
    std::vector<bool> matters; ///< whether the row has anything of the group
};

using Interval = std::pair<double, double>;

std::optional<Interval> intervalOf(const Sampling& sampling, unsigned replicates)
{
    if (!sampling.complete || sampling.draws != replicates || sampling.without.size() != sampling.matters.size())
        return std::nullopt;
    double groups = 0, mean = 0, squares = 0;
    for (std::size_t i = 0; i < sampling.without.size(); ++i) {
        groups += sampling.matters[i];
        mean += sampling.matters[i] ? sampling.without[i] : 0;
    }
    if (groups < double(kLeastGroups))
        return std::nullopt;
    mean /= groups;
    for (std::size_t i = 0; i < sampling.without.size(); ++i)
        squares += sampling.matters[i] ? (sampling.without[i] - mean) * (sampling.without[i] - mean) : 0;
    const double reach = studentPoint(groups - 1) * std::sqrt(squares * (groups - 1) / groups);
    const double bias = sampling.drawn / replicates - sampling.value;
    return Interval{sampling.value - std::max(bias, 0.0) - reach, sampling.value - std::min(bias, 0.0) + reach};
}

class Bootstrapped final : public Partition
{
public:
    Bootstrapped(AccumulatorFactory make, AccumulatorFactory makeReplicate, std::vector<std::uint32_t> groups,
        std::size_t numGroups, std::function<ValueRange(const ResultRow&)> range, unsigned replicates,
        std::unique_ptr<Accumulator> whole)
        : Partition(std::move(make), std::move(groups), numGroups)
        , m_makeReplicate(std::move(makeReplicate))
        , m_range(std::move(range))
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
        if (there.size() < kLeastGroups)
            return results; // nothing varies enough
        std::map<RowKey, Sampling> samplings;
        for (const ResultRow& row : results.rows) {
            if (row.value)
                samplings.try_emplace(keyOf(row), *row.value, row.n);
        }
        SplitMix random(there.size());
        for (unsigned b = 0; b < m_replicates; ++b) {
            const auto replicate = m_makeReplicate();
            for (std::size_t i = 0; i < there.size(); ++i)
                replicate->merge(*part(there[draw(random, there.size())]));
            for (const ResultRow& row : replicate->result().rows) {
                const auto found = row.value ? samplings.find(keyOf(row)) : samplings.end();
                if (found == samplings.end())
                    continue;
                found->second.drawn += *row.value;
                ++found->second.draws;
            }
        }
        leaveOut(there, 0, there.size(), nullptr, samplings);
        for (ResultRow& row : results.rows) {
            const auto found = row.value ? samplings.find(keyOf(row)) : samplings.end();
            // A value that some draws leave undefined, or one of another expert, has no interval.
            if (found == samplings.end() || m_replicates == 0)
                continue;
            const ValueRange range = m_range(row);
            const auto interval = range.hasInterval ? intervalOf(found->second, m_replicates) : std::nullopt;
            if (interval)
                row.interval = {std::max(interval->first, std::min(range.least, *row.value)),
                    std::min(interval->second, std::max(range.most, *row.value))};
        }
        return results;
    }

    std::unique_ptr<Accumulator> secondPass() const override
    {
        AccumulatorFactory learnt = learntFactory();
        if (!learnt)
            return nullptr;
        return std::make_unique<Bootstrapped>(learnt, learnt, partOf(), numParts(), m_range, m_replicates, nullptr);
    }

private:
    /// Results without each of the groups number first to end - 1, of which `outside` is all the others merged (null: there
    /// are none): halves are merged once for all groups of the other half.
    void leaveOut(const std::vector<std::size_t>& there, std::size_t first, std::size_t end, const Accumulator* outside,
        std::map<RowKey, Sampling>& samplings) const
    {
        if (end - first == 1)
            return note(*outside, samplings);
        const std::size_t middle = first + (end - first) / 2;
        const auto half = [&](std::size_t from, std::size_t to, std::size_t otherFrom, std::size_t otherTo) {
            const auto merged = m_makeReplicate();
            if (outside)
                merged->merge(*outside);
            for (std::size_t i = otherFrom; i < otherTo; ++i)
                merged->merge(*part(there[i]));
            leaveOut(there, from, to, merged.get(), samplings);
        };
        half(first, middle, middle, end);
        half(middle, end, first, middle);
    }

    static void note(const Accumulator& without, std::map<RowKey, Sampling>& samplings)
    {
        std::size_t groups = 0;
        for (const ResultRow& row : without.result().rows) {
            const auto found = row.value ? samplings.find(keyOf(row)) : samplings.end();
            if (found == samplings.end())
                continue;
            Sampling& sampling = found->second;
            sampling.without.push_back(*row.value);
            sampling.matters.push_back(row.n != sampling.n || *row.value != sampling.value);
            groups = std::max(groups, sampling.without.size());
        }
        for (auto& [key, sampling] : samplings)
            sampling.complete &= sampling.without.size() == groups;
    }

    AccumulatorFactory m_makeReplicate;
    std::function<ValueRange(const ResultRow&)> m_range;
    unsigned m_replicates;
    std::unique_ptr<Accumulator> m_whole; ///< null: the parts merged
};

}

std::unique_ptr<Accumulator> bootstrapped(AccumulatorFactory make, AccumulatorFactory makeReplicate,
    const MetricSpec& spec, const MetricContext& context, const Label* by, unsigned replicates,
    const AccumulatorFactory& makeWhole)
{
    const auto range = [&spec](const ResultRow& row) {
        const auto found = spec.ranges.find(row.metric);
        return found == spec.ranges.end() ? ValueRange() : found->second;
    };
    return std::make_unique<Bootstrapped>(std::move(make), std::move(makeReplicate), deal(context, by),
        numGroups(*context.selection), range, replicates, makeWhole ? makeWhole() : nullptr);
}

}
