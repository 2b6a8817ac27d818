// SPDX-License-Identifier: GPL-3.0-or-later
//
// How much of a token's routing the next token repeats (metrics 1.6).
#include "analysis/bits/bit_kernels.h"
#include "analysis/chance/chance_value.h"
#include "analysis/chance/uniform.h"
#include "analysis/spine/per_site.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <map>

namespace expertscope {

namespace {

/// Pairs of neighbouring tokens, counted by the sizes of their sets and of the overlap. All four measures follow from
/// these integers, so nothing depends on the order in which they were counted.
class RepetitionState
{
public:
    RepetitionState(const MetricContext& context, SiteIndex site)
        : m_site(site)
        , m_numExperts(context.shape->sites[std::size_t(site)].numExperts)
        , m_width(std::size_t(context.shape->numSlots) + 1)
        , m_lastSet((m_numExperts + 63u) / 64u)
    {
        if (m_width <= kDense)
            m_dense.resize(m_width * m_width * m_width);
    }

    void observe(const Block& block, ChoiceBits& bits)
    {
        for (const SequenceRun& run : block.runs) {
            if (!m_cursor.continues(m_site, run))
                m_last = {};
            if (run.length == 0)
                continue;
            const std::uint16_t* const token = block.expertIds.data() + std::size_t(run.begin) * block.numSlots;
            if (bits.plain() && bits.words() <= kMostWords)
                observePlainly(bits, run, block.evenSlots);
            else
                observeSets(bits, run);
            observeFirst(token, block.numSlots, run.length);
            const std::uint64_t* const last = bits.set(std::size_t(run.begin) + run.length - 1);
            std::copy(last, last + bits.words(), m_lastSet.begin());
            m_last = {token[std::size_t(run.length - 1) * block.numSlots], sizeOfSet(last, bits.words())};
        }
    }

    void add(const RepetitionState& other)
    {
        for (std::size_t i = 0; i < m_dense.size(); ++i)
            m_dense[i] += other.m_dense[i];
        for (const auto& [key, count] : other.m_sparse)
            m_sparse[key] += count;
        m_firstPairs += other.m_firstPairs;
        m_firstRepeated += other.m_firstRepeated;
    }

    void persist(Archive& archive)
    {
        archive.fixed(m_dense);
        archive(m_sparse, m_firstPairs, m_firstRepeated);
    }

    void rows(std::vector<ResultRow>& rows) const
    {
        const unsigned E = m_numExperts;
        const auto add = [&rows](const char* metric, std::uint64_t n, double sum, double uniform, double variance) {
            if (n == 0) {
                rows.push_back(undefinedRow(metric, "no neighbouring tokens with choices"));
                return;
            }
            ResultRow row;
            row.metric = metric;
            row.n = n;
            row.value = sum / double(n);
            // By chance neighbouring pairs do not depend on each other: the sets between them are as good as any.
            setUniform(row, {uniform / double(n), std::sqrt(std::max(0.0, variance)) / double(n)});
            rows.push_back(std::move(row));
        };
        add("repetition.first", m_firstPairs, double(m_firstRepeated), double(m_firstPairs) / E,
            double(m_firstPairs) / E * (1 - 1.0 / E));

        std::uint64_t n = 0;
        double any = 0, overlap = 0, jaccard = 0, anyUniform = 0, overlapUniform = 0, jaccardUniform = 0;
        double anyVariance = 0, overlapVariance = 0, jaccardVariance = 0;
        std::map<std::pair<unsigned, unsigned>, std::uint64_t> sizes;
        for (const auto& [key, count] : nonZero()) {
            const auto [before, after, shared] = unpack(key);
            const double c = double(count);
            n += count;
            any += shared ? c : 0;
            overlap += c * shared / after;
            jaccard += c * shared / (before + after - shared);
            sizes[{before, after}] += count;
        }
        for (const auto& [size, count] : sizes) {
            const auto [before, after] = size;
            anyUniform += double(count) * uniformAnyOverlap(E, before, after);
            overlapUniform += double(count) * before / E;
            jaccardUniform += double(count) * uniformJaccard(E, before, after);
            const double one = uniformAnyOverlap(E, before, after), a = double(before) / E;
            anyVariance += double(count) * one * (1 - one);
            overlapVariance += E > 1 ? double(count) * a * (1 - a) * (E - after) / (E - 1.0) / after : 0;
            jaccardVariance += double(count) * uniformJaccardVariance(E, before, after);
        }
        add("repetition.any", n, any, anyUniform, anyVariance);
        add("repetition.overlap", n, overlap, overlapUniform, overlapVariance);
        add("repetition.jaccard", n, jaccard, jaccardUniform, jaccardVariance);
    }

private:
    static constexpr std::size_t kDense = 17; ///< up to 16 slots: 39 KiB a site

    struct Token
    {
        std::uint16_t first = kNoExpert;
        std::uint32_t size = 0;
    };

    static constexpr unsigned kMostWords = 4; ///< of BitKernels::overlaps

    /// Sets of k experts each; all but the first have their neighbour in the run.
    void observePlainly(ChoiceBits& bits, const SequenceRun& run, unsigned k)
    {
        if (m_last.size)
            count(m_last.size, k, shared(m_lastSet.data(), bits.set(run.begin)));
        std::array<std::uint64_t, 64 * kMostWords + 1> pairs{}; // by what they share
        bitKernels().overlaps(bits.set(run.begin), run.length, bits.words(), pairs.data());
        for (unsigned both = 0; both <= k; ++both)
            count(k, k, both, pairs[both]);
    }

    void observeSets(ChoiceBits& bits, const SequenceRun& run)
    {
        const std::uint64_t* before = m_lastSet.data();
        std::uint32_t sizeBefore = m_last.size;
        for (std::uint32_t t = 0; t < run.length; ++t) {
            const std::uint64_t* const now = bits.set(std::size_t(run.begin) + t);
            const std::uint32_t size = sizeOfSet(now, bits.words());
            if (sizeBefore && size)
                count(sizeBefore, size, shared(before, now));
            before = now;
            sizeBefore = size;
        }
    }

    void observeFirst(const std::uint16_t* token, std::size_t stride, std::uint32_t length)
    {
        std::uint64_t pairs = 0, repeated = 0; // locals stay in registers
        std::uint16_t before = m_last.first;
        for (std::uint32_t t = 0; t < length; ++t, token += stride) {
            const bool pair = before < m_numExperts && *token < m_numExperts;
            pairs += pair;
            repeated += pair && *token == before;
            before = *token;
        }
        m_firstPairs += pairs;
        m_firstRepeated += repeated;
    }

    std::uint32_t shared(const std::uint64_t* a, const std::uint64_t* b) const
    {
        int size = 0;
        for (std::size_t w = 0; w < m_lastSet.size(); ++w)
            size += std::popcount(a[w] & b[w]);
        return static_cast<std::uint32_t>(size);
    }

    void count(std::size_t before, std::size_t after, std::size_t both, std::uint64_t pairs = 1)
    {
        const std::size_t key = (before * m_width + after) * m_width + both;
        if (pairs == 0)
            return;
        if (m_dense.empty())
            m_sparse[key] += pairs;
        else
            m_dense[key] += pairs;
    }

    std::map<std::size_t, std::uint64_t> nonZero() const
    {
        std::map<std::size_t, std::uint64_t> pairs = m_sparse;
        for (std::size_t key = 0; key < m_dense.size(); ++key) {
            if (m_dense[key])
                pairs[key] = m_dense[key];
        }
        return pairs;
    }
    std::array<unsigned, 3> unpack(std::size_t key) const
    {
        return {unsigned(key / m_width / m_width), unsigned(key / m_width % m_width), unsigned(key % m_width)};
    }

    SiteIndex m_site;
    std::uint16_t m_numExperts;
    std::size_t m_width;
    RunCursor m_cursor;
    std::vector<std::uint64_t> m_lastSet; ///< of the last token seen
    Token m_last;
    std::vector<std::uint64_t> m_dense; ///< [before, after, shared], or empty when there are many slots
    std::map<std::size_t, std::uint64_t> m_sparse;
    std::uint64_t m_firstPairs = 0, m_firstRepeated = 0;
};

}

MetricSpec repetitionMetric()
{
    return {
        .name = "repetition",
        .definition =
            "neighbouring tokens of a sequence: same first choice, any shared expert, shared / size of the later set "
            "(= overlap / k), Jaccard |A n B| / |A u B|; n = pairs",
        .source = "Mixtral (arXiv 2401.04088) Table 5; Jaccard: arXiv 2510.04694",
        .ranges = {{"repetition.first", kShare}, {"repetition.any", kShare}, {"repetition.overlap", kShare},
            {"repetition.jaccard", kShare}},
        .anyTokens = true,
        .make =
            [](const MetricContext& context) {
                return std::make_unique<PerSiteAccumulator<RepetitionState>>(context, true);
            },
    };
}

}
