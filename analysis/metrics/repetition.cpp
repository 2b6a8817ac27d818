// SPDX-License-Identifier: GPL-3.0-or-later
//
// How much of a token's routing the next token repeats (metrics 1.6).
#include "analysis/per_site.h"
#include "analysis/uniform.h"

#include <array>
#include <map>
#include <utility>

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
        , m_lastSeen(m_numExperts)
    {
        if (m_width <= kDense)
            m_dense.resize(m_width * m_width * m_width);
    }

    void observe(const Block& block)
    {
        const std::size_t k = block.numSlots;
        for (const SequenceRun& run : block.runs) {
            const bool goesOn = m_cursor.continues(m_site, run);
            if (!goesOn) {
                nextStamp();
                m_previous = {};
            }
            const std::uint16_t* token = block.expertIds.data() + std::size_t(run.begin) * k;
            if (block.evenSlots && block.evenSlots <= m_numExperts && m_numExperts <= kMaskExperts) {
                observeMasks(token, k, block.evenSlots, run.length);
                continue;
            }
            for (std::uint32_t t = 0; t < run.length; ++t, token += k)
                observeToken(token, k);
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
        const auto add = [&rows](const char* metric, std::uint64_t n, double sum, double uniform) {
            if (n == 0) {
                rows.push_back(undefinedRow(metric, "no neighbouring tokens with choices"));
                return;
            }
            ResultRow row;
            row.metric = metric;
            row.n = n;
            row.value = sum / double(n);
            row.uniform = uniform / double(n);
            rows.push_back(std::move(row));
        };
        add("repetition.first", m_firstPairs, double(m_firstRepeated), double(m_firstPairs) / E);

        std::uint64_t n = 0;
        double any = 0, overlap = 0, jaccard = 0, anyUniform = 0, overlapUniform = 0, jaccardUniform = 0;
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
        }
        add("repetition.any", n, any, anyUniform);
        add("repetition.overlap", n, overlap, overlapUniform);
        add("repetition.jaccard", n, jaccard, jaccardUniform);
    }

private:
    static constexpr std::size_t kDense = 17; ///< up to 16 slots: 39 KiB a site

    struct Token
    {
        std::uint16_t first = kNoExpert;
        std::uint32_t size = 0;
    };

    /// A set of up to kMaskExperts experts, a bit each.
    struct Mask
    {
        std::uint64_t low = 0, high = 0;
    };
    static constexpr std::uint16_t kMaskExperts = 128;
    /// The bit of expert e in `low` at [e], in `high` at [e + kMaskExperts].
    static constexpr auto kBits = [] {
        std::array<std::uint64_t, 2 * kMaskExperts> bits{};
        for (unsigned e = 0; e < kMaskExperts; ++e)
            bits[e < 64 ? e : e + kMaskExperts] = std::uint64_t(1) << (e % 64);
        return bits;
    }();

    /// As std::popcount, which without the machine instruction is a call.
    static std::uint32_t countBits(std::uint64_t x)
    {
        x -= (x >> 1) & 0x5555555555555555u;
        x = (x & 0x3333333333333333u) + ((x >> 2) & 0x3333333333333333u);
        return static_cast<std::uint32_t>((((x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu) * 0x0101010101010101u) >> 56);
    }

    /// The same as observeToken() for the usual case: full slots, few experts.
    void observeMasks(const std::uint16_t* token, std::size_t stride, unsigned k, std::uint32_t length)
    {
        const bool wide = m_numExperts > 64;
        Mask before;
        for (unsigned e = 0; e < m_numExperts && m_previous.size;
             ++e) { // a run that goes on: the set of its last token
            if (m_lastSeen[e] == m_stamp) {
                before.low |= kBits[e];
                before.high |= kBits[e + kMaskExperts];
            }
        }
        std::array<std::uint64_t, kMaskExperts + 1> usual{}; // pairs of k different experts each, by what they share
        std::uint64_t firstPairs = 0, firstRepeated = 0; // locals stay in registers
        Token previous = m_previous;
        for (std::uint32_t t = 0; t < length; ++t, token += stride) {
            Mask now;
            for (unsigned r = 0; r < k; ++r)
                now.low |= kBits[token[r]];
            if (wide) {
                for (unsigned r = 0; r < k; ++r)
                    now.high |= kBits[token[r] + kMaskExperts];
            }
            std::uint32_t size = countBits(now.low), shared = countBits(now.low & before.low);
            if (wide) {
                size += countBits(now.high);
                shared += countBits(now.high & before.high);
            }
            if (size == k && previous.size == k)
                ++usual[shared];
            else if (previous.size)
                count((previous.size * m_width + size) * m_width + shared);
            firstPairs += previous.first != kNoExpert;
            firstRepeated += token[0] == previous.first;
            previous = {token[0], size};
            before = now;
        }
        m_previous = previous;
        m_firstPairs += firstPairs;
        m_firstRepeated += firstRepeated;
        for (unsigned shared = 0; shared <= k; ++shared)
            count((k * m_width + k) * m_width + shared, usual[shared]);
        if (length) { // as observeToken() leaves it
            nextStamp();
            for (unsigned r = 0; r < k; ++r)
                m_lastSeen[*(token - stride + r)] = m_stamp;
        }
    }

    /// Marks the token's experts with its stamp; those that carry the stamp before it are shared.
    void observeToken(const std::uint16_t* token, std::size_t k)
    {
        const std::uint32_t now = nextStamp(), before = now - 1;
        std::uint32_t size = 0, shared = 0;
        for (std::size_t r = 0; r < k; ++r) {
            if (token[r] >= m_numExperts)
                continue;
            const std::uint32_t last = std::exchange(m_lastSeen[token[r]], now);
            shared += last == before;
            size += last != now; // an id given twice is still one expert
        }
        if (size && m_previous.size)
            count((m_previous.size * m_width + size) * m_width + shared);
        if (token[0] < m_numExperts && m_previous.first != kNoExpert) {
            ++m_firstPairs;
            m_firstRepeated += token[0] == m_previous.first;
        }
        m_previous = {token[0], size};
    }

    void count(std::size_t key, std::uint64_t pairs = 1)
    {
        if (pairs == 0)
            return;
        if (m_dense.empty())
            m_sparse[key] += pairs;
        else
            m_dense[key] += pairs;
    }

    std::uint32_t nextStamp()
    {
        if (++m_stamp == 0) { // after 2^32 tokens the old stamps must not come true again
            for (std::uint32_t& seen : m_lastSeen)
                seen = seen == UINT32_MAX ? 1 : 0;
            m_stamp = 2;
        }
        return m_stamp;
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
    std::uint32_t m_stamp = 1;
    std::vector<std::uint32_t> m_lastSeen; ///< [E] stamp of the last token that chose the expert
    Token m_previous;
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
        .make =
            [](const MetricContext& context) {
                return std::make_unique<PerSiteAccumulator<RepetitionState>>(context, true);
            },
    };
}

}
