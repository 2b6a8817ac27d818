// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/spine/partition.h"

namespace expertscope {

Partition::Partition(AccumulatorFactory make, std::vector<std::uint32_t> partOf, std::size_t numParts)
    : m_make(std::move(make))
    , m_partOf(std::move(partOf))
    , m_parts(numParts)
    , m_runs(numParts)
{
}

void Partition::observe(const Tile& tile)
{
    m_used.clear();
    for (const SequenceRun& run : tile.runs()) {
        const std::size_t p = m_partOf[std::size_t(run.sequence)];
        if (m_runs[p].empty())
            m_used.push_back(p);
        m_runs[p].push_back(run);
    }
    m_blocks.assign(tile.blocks.begin(), tile.blocks.end());
    for (const std::size_t p : m_used) {
        for (Block& block : m_blocks)
            block.runs = m_runs[p];
        ensurePart(p).observe({m_blocks, tile.bits});
        m_runs[p].clear();
    }
}

void Partition::merge(const Accumulator& other)
{
    const auto& that = static_cast<const Partition&>(other);
    for (std::size_t p = 0; p < m_parts.size(); ++p) {
        if (that.m_parts[p])
            ensurePart(p).merge(*that.m_parts[p]);
    }
}

void Partition::persist(Archive& archive)
{
    for (std::size_t p = 0; p < m_parts.size(); ++p) {
        if (archive.present(m_parts[p] != nullptr))
            ensurePart(p).persist(archive);
    }
}

std::unique_ptr<Accumulator> Partition::mergedParts() const
{
    auto whole = m_make();
    for (const auto& part : m_parts) {
        if (part)
            whole->merge(*part);
    }
    return whole;
}

AccumulatorFactory Partition::learntFactory() const
{
    const std::shared_ptr<Accumulator> learnt = mergedParts();
    if (!learnt->secondPass())
        return {};
    return [learnt] { return learnt->secondPass(); };
}

Accumulator& Partition::ensurePart(std::size_t p)
{
    if (!m_parts[p])
        m_parts[p] = makePart(p);
    return *m_parts[p];
}

}
