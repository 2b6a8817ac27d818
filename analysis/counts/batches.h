// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/spine/metric_spec.h"

#include <algorithm>
#include <map>
#include <vector>

namespace expertscope {

/// Sums over batches: so many consecutive selected sequences each, the last batch maybe fewer. The sequences of a batch
/// may be seen by different workers or shards, so it stays open until all of them are in: memory is one `Sums` a batch
/// that lies across a border of tasks, some one in 32768 tokens. `Sums` has add(const Sums&) and persist(Archive&).
/// In contexts that are valuesOnly there are no batches (MetricSpec::groupsSequences).
template <class Sums> class Batches
{
public:
    Batches(const MetricContext& context, std::size_t size, Sums nothing)
        : m_selection(context.selection)
        , m_size(context.valuesOnly ? 0 : size)
        , m_nothing(std::move(nothing))
    {
    }

    /// Adds one whole sequence; close(const Sums&) is called when that completes its batch.
    template <class Close> void add(SequenceIndex sequence, const Sums& sums, Close close)
    {
        if (m_size)
            add(m_selection->place(sequence) / m_size, sums, 1, close);
    }

    template <class Close> void add(const Batches& other, Close close)
    {
        for (const auto& [number, batch] : other.m_open)
            add(number, batch.sums, batch.sequences, close);
    }

    /// Those of which not all sequences were seen: at the end of a pass over a part of the selection.
    template <class Visit> void forEachOpen(Visit visit) const
    {
        for (const auto& [number, batch] : m_open)
            visit(batch.sums);
    }

    void persist(Archive& archive)
    {
        std::vector<std::uint64_t> numbers;
        for (const auto& [number, batch] : m_open)
            numbers.push_back(number);
        archive(numbers);
        for (const std::uint64_t number : numbers) {
            if (!archive.ok())
                return;
            Batch& batch = m_open.try_emplace(number, Batch{0, m_nothing}).first->second;
            archive(batch.sequences, batch.sums);
        }
    }

private:
    struct Batch
    {
        std::uint64_t sequences = 0; ///< that are in
        Sums sums;
    };

    template <class Close> void add(std::uint64_t number, const Sums& sums, std::uint64_t sequences, Close close)
    {
        const auto batch = m_open.try_emplace(number, Batch{0, m_nothing}).first;
        batch->second.sums.add(sums);
        batch->second.sequences += sequences;
        const std::uint64_t last = m_selection->sequences.size() / m_size; // the number of one that is not full
        if (batch->second.sequences < (number < last ? m_size : m_selection->sequences.size() % m_size))
            return;
        close(batch->second.sums);
        m_open.erase(batch);
    }

    std::shared_ptr<const Selection> m_selection;
    std::size_t m_size;
    Sums m_nothing;
    std::map<std::uint64_t, Batch> m_open;
};

}
