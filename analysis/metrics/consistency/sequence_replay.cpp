// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/metrics/consistency/sequence_replay.h"

#include "analysis/spine/per_site.h"

namespace expertscope {

SequenceReplay::SequenceReplay(
    const MetricContext& context, std::span<const SiteIndex> sites, std::vector<CachePass> passes, bool warm)
    : m_shape(context.shape)
    , m_sizes(context, sites)
    , m_passes(std::move(passes))
    , m_warm(warm)
    , m_firstExpert(1)
    , m_rates(m_passes.size() * m_sizes.distinct().size())
{
    for (const SiteIndex site : sites)
        m_firstExpert.push_back(m_firstExpert.back() + m_shape->sites[std::size_t(site)].numExperts);
}

void SequenceReplay::append(AccessStream& stream, std::span<const Block> blocks, const SequenceRun& run) const
{
    const std::size_t k = blocks.front().numSlots;
    for (std::uint32_t t = 0; t < run.length; ++t) {
        for (std::size_t s = 0; s < blocks.size(); ++s) {
            const std::uint16_t* const ids = blocks[s].expertIds.data() + (std::size_t(run.begin) + t) * k;
            for (std::size_t r = 0; r < k; ++r) {
                if (ids[r] < blocks[s].numExperts)
                    stream.experts.push_back(m_firstExpert[s] + ids[r]);
            }
        }
        stream.tokenEnds.push_back(static_cast<std::uint32_t>(stream.experts.size()));
    }
}

void SequenceReplay::observe(std::span<const Block> blocks)
{
    static thread_local AccessStream whole;
    for (const SequenceRun& run : blocks.front().runs) {
        const bool goesOn = m_cursor.continues(blocks.front().site, run);
        if (!goesOn) {
            replay(m_open, m_rates);
            m_open.clear();
        }
        const bool ends = run.position + run.length == m_shape->sequences[std::size_t(run.sequence)].length;
        AccessStream& stream = !goesOn && ends ? whole : m_open;
        append(stream, blocks, run);
        if (!ends)
            continue;
        replay(stream, m_rates);
        stream.clear();
    }
}

void SequenceReplay::replay(const AccessStream& stream, Rates& rates) const
{
    if (stream.experts.empty())
        return;
    static thread_local SequenceCaches caches;
    const auto hits = caches.run(m_passes, stream, m_firstExpert.back(), m_sizes.distinct(), m_warm);
    for (std::size_t i = 0; i < hits.size(); ++i)
        rates[i].add(double(hits[i]) / double(stream.experts.size()));
}

SequenceReplay::Rates SequenceReplay::rates() const
{
    Rates rates = m_rates;
    replay(m_open, rates);
    return rates;
}

void SequenceReplay::add(const SequenceReplay& other)
{
    const Rates theirs = other.rates();
    for (std::size_t i = 0; i < m_rates.size(); ++i)
        m_rates[i].add(theirs[i]);
}

void SequenceReplay::persist(Archive& archive)
{
    Rates all = archive.reading() ? m_rates : rates();
    archive.fixed(all);
    if (archive.reading())
        m_rates = std::move(all);
}

std::vector<SequenceReplay::HitRate> SequenceReplay::hitRates() const
{
    const Rates all = rates();
    const std::size_t numSizes = m_sizes.distinct().size();
    std::vector<HitRate> rows;
    for (std::size_t p = 0; p < m_passes.size(); ++p) {
        for (std::size_t i = 0; i < m_sizes.rhos().size(); ++i) {
            const FixedSum& rate = all[p * numSizes + m_sizes.place(i)];
            ResultRow row;
            row.params["rho"] = m_sizes.rhos()[i];
            row.n = rate.n();
            if (rate.n())
                row.value = rate.mean();
            else
                row.undefined = kNoTokens;
            rows.push_back({p, std::move(row)});
        }
    }
    return rows;
}

}
