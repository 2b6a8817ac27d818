// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/byte_lists/bytes_replay.h"

#include "analysis/simulation/many_sizes/many_sizes_replay.h"

#include <algorithm>
#include <numeric>

namespace expertscope::simulation {

namespace {

class BytesReplay
{
public:
    BytesReplay(ServeBytes serve, const EventStream& stream, const Contract& contract,
        std::span<const std::uint32_t> capacities)
        : m_serve(serve)
        , m_stream(stream)
        , m_flush(contract.flushBetweenSequences)
        , m_lasts(!capacities.empty() && capacities.front() == stream.fixedSize)
        , m_holdsAll(capacities.size() > std::size_t(m_lasts) && capacities.back() >= stream.numObjects())
        , m_capacities(slotsOf(capacities, stream.numObjects()))
        , m_recorder(stream, contract, m_capacities)
    {
        const std::uint32_t objects = stream.numObjects(), blocks = objects <= 64 ? 1 : objects <= 128 ? 2 : 4;
        const std::size_t sizes = capacities.size();
        m_stride = 256 * blocks;
        m_numbers.resize(sizes * kByteNumbers);
        m_marks.resize(sizes * kByteMarks);
        m_lists.resize(sizes * kByteLists * m_stride);
        m_order.resize(64 * blocks);
        std::iota(m_order.begin(), m_order.begin() + objects, std::uint8_t(0));
        m_places = m_stack = m_order;
        m_scores.resize(2 * kMostByteObjects + 1);
        m_uses.resize(objects);
        m_before.resize(sizes * objects);
        m_lastEvent.resize(objects);
        m_misses.resize(kChunk * sizes);
    }

    void run(const std::stop_token& stop, PoolCurve& curve)
    {
        // But for those that hold the last event, or everything, whatever the policy.
        const std::size_t sizes = m_capacities.size() - m_lasts - m_holdsAll;
        ByteCaches caches{m_stream.numObjects(), static_cast<std::uint32_t>(sizes), m_stride,
            m_capacities.data() + m_lasts, m_numbers.data(), m_marks.data(), m_lists.data(), m_order.data(), m_places.data(),
            m_stack.data(), m_scores.data(), m_uses.data(), m_before.data()};
        std::size_t start = 0; // of a sequence
        for (std::uint64_t i = 0; i < m_stream.numEvents && !stop.stop_requested();) {
            std::uint64_t end = std::min(i + kChunk, m_stream.numEvents);
            if (m_flush) { // a sequence a chunk, or less
                while (start < m_stream.sequenceStarts.size() && m_stream.sequenceStarts[start] <= i)
                    ++start;
                if (start < m_stream.sequenceStarts.size())
                    end = std::min(end, m_stream.sequenceStarts[start]);
                if (start > 0 && m_stream.sequenceStarts[start - 1] == i)
                    clear();
            }
            const EventRange range{m_stream.objects.data(), m_stream.ends.empty() ? nullptr : m_stream.ends.data(),
                m_stream.fixedSize, i, end - i};
            if (sizes > 0)
                m_serve(caches, range, m_misses.data());
            const std::uint8_t* misses = m_misses.data();
            for (; i < end; ++i, misses += sizes) {
                m_recorder.begin(i);
                std::uint16_t* const loads = m_recorder.loads();
                std::copy_n(misses, sizes, loads + m_lasts);
                for (const std::uint32_t object : m_stream.event(i)) {
                    std::uint64_t& last = m_lastEvent[object];
                    loads[0] += m_lasts && (last != i || last == 0);
                    loads[m_capacities.size() - 1] += m_holdsAll && last == 0;
                    last = i + 1;
                }
                m_recorder.end(m_stream.event(i), nullptr);
            }
        }
        m_recorder.takeInto(curve);
    }

private:
    static std::vector<std::uint32_t> slotsOf(std::span<const std::uint32_t> capacities, std::uint32_t numObjects)
    {
        std::vector<std::uint32_t> slots;
        for (const std::uint32_t capacity : capacities)
            slots.push_back(std::min(capacity, numObjects));
        return slots;
    }
    /// What is counted since the start, and the order of last use, go on.
    void clear()
    {
        std::ranges::fill(m_numbers, 0u);
        std::ranges::fill(m_marks, 0u);
        std::ranges::fill(m_lists, std::uint8_t(0));
        std::ranges::fill(m_before, 0u);
        std::ranges::fill(m_lastEvent, 0u);
    }

    static constexpr std::uint64_t kChunk = 128;
    const ServeBytes m_serve;
    const EventStream& m_stream;
    const bool m_flush, m_lasts, m_holdsAll;
    const std::vector<std::uint32_t> m_capacities;
    SizesRecorder m_recorder;
    std::uint32_t m_stride = 0;
    std::vector<std::uint32_t> m_numbers, m_uses, m_before;
    std::vector<std::uint64_t> m_marks, m_lastEvent; ///< [object] event, + 1
    std::vector<std::uint8_t> m_lists, m_order, m_places, m_stack, m_misses;
    std::vector<double> m_scores;
};

}

bool servesBytes(ServeBytes serve, const EventStream& stream, const Contract& contract, std::uint32_t smallest)
{
    return serve && contract.service == Service::Atomic && servesSideBySide(stream, contract, smallest)
        && stream.numObjects() > 0 && stream.numObjects() <= kMostByteObjects && stream.largestEvent <= kMostByteMembers
        && stream.multiplicities.empty();
}

void replayBytes(ServeBytes serve, const EventStream& stream, const Contract& contract,
    std::span<const std::uint32_t> capacities, const std::stop_token& stop, PoolCurve& curve)
{
    BytesReplay(serve, stream, contract, capacities).run(stop, curve);
}

}
