// SPDX-License-Identifier: GPL-3.0-or-later
//
// One accumulator for each part of the sequences: the values of a label, the groups that a bootstrap draws.
#pragma once

#include "analysis/spine/accumulator.h"

namespace expertscope {

/// Splits tiles by the part that a sequence belongs to. What the parts are for, result() of the derived classes says.
class Partition : public Accumulator
{
public:
    void observe(const Tile& tile) override;
    void merge(const Accumulator& other) override;
    void persist(Archive& archive) override;

protected:
    /// `partOf` [S]: the part of each sequence, below numParts.
    Partition(AccumulatorFactory make, std::vector<std::uint32_t> partOf, std::size_t numParts);

    std::size_t numParts() const { return m_parts.size(); }
    /// Null where no sequence of the part was seen.
    const Accumulator* part(std::size_t p) const { return m_parts[p].get(); }
    std::unique_ptr<Accumulator> mergedParts() const;
    const std::vector<std::uint32_t>& partOf() const { return m_partOf; }
    /// Makes the accumulator of one part; overridden where parts differ.
    virtual std::unique_ptr<Accumulator> makePart(std::size_t) const { return m_make(); }
    /// For second passes: makes accumulators that share what all parts together have learnt; null when the metric
    /// has no second pass.
    AccumulatorFactory learntFactory() const;

private:
    Accumulator& ensurePart(std::size_t p);

    AccumulatorFactory m_make;
    std::vector<std::uint32_t> m_partOf;
    std::vector<std::unique_ptr<Accumulator>> m_parts;
    std::vector<std::vector<SequenceRun>> m_runs; ///< of the tile at hand, by part
    std::vector<std::size_t> m_used;
    std::vector<Block> m_blocks;
};

}
