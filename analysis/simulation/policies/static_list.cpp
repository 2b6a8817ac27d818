// SPDX-License-Identifier: GPL-3.0-or-later
//
// Fixed residency, as in programs that choose the experts of the GPU once: the most used objects, loaded before the
// first step. Nothing is ever evicted, so neither service nor admission matters, nor what is preloaded; flushing only to
// which misses are compulsory.
#include "analysis/simulation/policy.h"
#include "analysis/simulation/stack/curve_recorder.h"

#include <algorithm>
#include <numeric>

namespace expertscope::simulation {

namespace {

/// Distances if the most used of events begin .. end are resident; ties: lower id.
std::vector<std::uint32_t> distancesOf(const EventStream& stream, std::uint64_t begin, std::uint64_t end)
{
    std::vector<std::uint64_t> uses(stream.numObjects());
    for (std::uint64_t i = begin; i < end; ++i) {
        for (const std::uint32_t object : stream.event(i))
            ++uses[object];
    }
    std::vector<std::uint32_t> order(uses.size()), distances(uses.size());
    std::iota(order.begin(), order.end(), 0u);
    std::ranges::stable_sort(order, [&](auto a, auto b) { return uses[a] > uses[b]; });
    for (std::uint32_t rank = 0; rank < order.size(); ++rank)
        distances[order[rank]] = rank + 1;
    return distances;
}

/// The first event of the step nearest to the middle, of those from event `begin` on, at which a sequence begins, or of
/// the step in the middle.
std::uint64_t middleOf(const EventStream& stream, std::uint64_t begin)
{
    const std::uint64_t middle = begin + (stream.numEvents - begin) / 2 / stream.sites.size() * stream.sites.size();
    std::uint64_t nearest = begin;
    for (const std::uint64_t start : stream.sequenceStarts) {
        if (std::max(start, middle) - std::min(start, middle) < std::max(nearest, middle) - std::min(nearest, middle))
            nearest = start;
    }
    return nearest > begin ? nearest : middle;
}

class StaticList final : public Policy
{
public:
    explicit StaticList(bool half)
        : m_half(half)
    {
    }
    PoolCurve replay(const EventStream& stream, const Contract& contract, std::span<const std::uint32_t> capacities,
        const std::stop_token& stop) const override
    {
        const std::uint64_t begin = preloadEvents(stream, contract);
        const std::uint64_t middle = m_half ? middleOf(stream, begin) : stream.numEvents;
        // Each half is served by what the other one has taught.
        std::vector<std::uint32_t> lists[2];
        lists[0] = distancesOf(stream, m_half ? middle : begin, stream.numEvents);
        if (m_half)
            lists[1] = distancesOf(stream, begin, middle);
        FixedRecorder recorder(stream, contract, capacities);
        for (std::uint64_t i = 0; i < stream.numEvents; ++i) {
            if (i % 4096 == 0 && stop.stop_requested())
                break;
            recorder.event(i, lists[i >= middle]);
        }
        return recorder.take();
    }

private:
    /// A first use (since the last flush) may hit, and fills no slot.
    class FixedRecorder
    {
    public:
        FixedRecorder(const EventStream& stream, const Contract& contract, std::span<const std::uint32_t> capacities)
            : m_stream(stream)
            , m_recorder(stream, contract, capacities)
            , m_firstCounted(std::uint64_t(contract.warmUpSteps) * stream.sites.size())
            , m_flush(contract.flushBetweenSequences)
            , m_capacities(capacities.begin(), capacities.end())
            , m_seen(stream.numObjects())
            , m_firsts(stream.sites.size(), std::vector<std::uint64_t>(stream.numObjects() + std::size_t(1)))
            , m_distances(stream.largestEvent)
        {
        }
        void event(std::uint64_t i, const std::vector<std::uint32_t>& list)
        {
            if (m_flush && m_start < m_stream.sequenceStarts.size() && m_stream.sequenceStarts[m_start] == i) {
                ++m_start;
                ++m_epoch;
            }
            std::uint32_t size = 0;
            for (const std::uint32_t object : m_stream.event(i)) {
                if (!m_stream.multiplicities.empty())
                    m_recorder.weigh(list[object], m_stream.multiplicity(m_stream.firstRequest(i) + size));
                m_distances[size++] = list[object];
                if (m_seen[object] != m_epoch && i >= m_firstCounted)
                    ++m_firsts[m_stream.siteOfEvent(i)][list[object]];
                m_seen[object] = m_epoch;
            }
            m_recorder.event(m_distances.data(), size, 0);
        }
        PoolCurve take()
        {
            PoolCurve curve = m_recorder.take();
            for (std::size_t c = 0; c < m_capacities.size(); ++c) {
                for (std::size_t site = 0; site < m_firsts.size(); ++site) {
                    Counters& counters = curve.sites[c][site];
                    counters.evictions = 0;
                    for (std::size_t distance = m_capacities[c] + std::size_t(1); distance < m_firsts[site].size(); ++distance)
                        counters.compulsory += m_firsts[site][distance];
                }
            }
            return curve;
        }

    private:
        const EventStream& m_stream;
        CurveRecorder m_recorder;
        const std::uint64_t m_firstCounted;
        const bool m_flush;
        const std::vector<std::uint32_t> m_capacities;
        std::vector<std::uint32_t> m_seen; ///< the epoch (flushes so far, + 1) of an object's last use
        std::size_t m_start = 0;
        std::uint32_t m_epoch = 1;
        std::vector<std::vector<std::uint64_t>> m_firsts; ///< [site][distance] first uses
        std::vector<std::uint32_t> m_distances;
    };

    const bool m_half;
};

}

PolicySpec staticListPolicy()
{
    return {.name = "static",
        .definition = "the most used experts, loaded before the first step and kept; learn=half: each half of the stream "
                      "is served by the list of the other half",
        .source = "Fiddler, KTransformers",
        .allSizes = true,
        .knowsFuture = true,
        .bypass = true,
        .residentFirst = true,
        .params = {{.name = "learn",
            .standard = "all",
            .meaning = "from all steps (hindsight), or from the half that is not served",
            .kind = ParameterSpec::Kind::Choices,
            .choices = {"all", "half"}}},
        .make = [](const Parameters& params) {
            return std::make_unique<StaticList>(params.choices("learn") == std::vector<std::string>{"half"});
        }};
}

}
