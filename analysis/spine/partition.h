// SPDX-License-Identifier: GPL-3.0-or-later
//
// One accumulator for each part of the sequences: the values of a label, the groups that a bootstrap draws.
#pragma once

#include "analysis/spine/accumulator.h"

namespace expertscope {

using AccumulatorFactory = std::function<std::unique_ptr<Accumulator>()>;

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

/// Rows over all sequences, and rows with the label for each of its values.
std::unique_ptr<Accumulator> splitByLabel(const MetricSpec& spec, MetricContext context, const Label& label);

/// 95 % intervals by the basic bootstrap over sequences (2 theta - quantile, as moe-lrc does): `replicates` draws with
/// replacement, seeded. Up to kBootstrapGroups sequences each is drawn by itself; more are dealt to so many groups in
/// turn (label value by label value where there is one), and groups are drawn: memory stays bounded.
inline constexpr std::size_t kBootstrapGroups = 100;
/// `make` makes the accumulator of one group, `makeReplicate` the same for a context with valuesOnly. `makeWhole`: of
/// metrics whose whole is not its groups merged (MetricSpec::groupsSequences); it is observed apart from them.
std::unique_ptr<Accumulator> bootstrapped(AccumulatorFactory make, AccumulatorFactory makeReplicate,
    const MetricContext& context, const Label* by, unsigned replicates, const AccumulatorFactory& makeWhole = {});

}
