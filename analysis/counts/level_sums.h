// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/counts/batches.h"
#include "analysis/spine/per_site.h"

namespace expertscope {

/// Sums of one site over all its tokens, and what parts of them give: each sequence, each batch of sequences. `Sums`
/// has add(const Sums&), clear() and persist(Archive&); `Parts` has add(const Sums&), add(const Parts&) and
/// persist(Archive&).
template <class Sums, class Parts> class LevelSums
{
    auto closeBatch() // up here, where its type is needed
    {
        return [this](const Sums& batch) { m_ofBatches.add(batch); };
    }

public:
    /// batchSize: sequences.
    LevelSums(const MetricContext& context, std::size_t batchSize, Sums nothing)
        : m_total(std::move(nothing))
        , m_open(m_total)
        , m_batches(context, batchSize, m_total)
    {
    }

    /// Sums of the run's sequence, to which its tokens are to be added.
    Sums& of(const SequenceRun& run)
    {
        if (m_sequence != run.sequence) {
            closeSequence();
            m_sequence = run.sequence;
        }
        return m_open;
    }

    void add(const LevelSums& other)
    {
        closeSequence();
        m_total.add(other.m_total);
        m_ofSequences.add(other.m_ofSequences);
        m_ofBatches.add(other.m_ofBatches);
        m_batches.add(other.m_batches, closeBatch());
        if (other.m_sequence)
            addSequence(*other.m_sequence, other.m_open);
    }

    void persist(Archive& archive)
    {
        closeSequence();
        archive(m_total, m_ofSequences, m_ofBatches, m_batches);
    }

    /// As if the pass ended here: batches of which not all sequences were seen count too.
    LevelSums closed() const
    {
        LevelSums whole = *this;
        whole.closeSequence();
        whole.m_batches.forEachOpen(whole.closeBatch());
        return whole;
    }

    // When closed:
    const Sums& total() const { return m_total; }
    const Parts& ofSequences() const { return m_ofSequences; }
    const Parts& ofBatches() const { return m_ofBatches; }

private:
    void closeSequence()
    {
        if (m_sequence)
            addSequence(*m_sequence, m_open);
        m_sequence.reset();
        m_open.clear();
    }

    void addSequence(SequenceIndex index, const Sums& sequence)
    {
        m_ofSequences.add(sequence);
        m_total.add(sequence);
        m_batches.add(index, sequence, closeBatch());
    }

    Sums m_total; ///< of closed sequences
    Sums m_open; ///< of the sequence being read
    std::optional<SequenceIndex> m_sequence; ///< the one being read
    Parts m_ofSequences, m_ofBatches;
    Batches<Sums> m_batches;
};

}
