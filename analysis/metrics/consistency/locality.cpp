// SPDX-License-Identifier: GPL-3.0-or-later
//
// How much routing follows the token itself: a token's experts against those of the last token with the same id in its
// sequence, and, from as far away, against those of a token with another id. The cheap form of arXiv 2604.17182, which
// compares aligned positions of sequences.
#include "analysis/bits/choice_bits.h"
#include "analysis/chance/chance_value.h"
#include "analysis/chance/uniform.h"
#include "analysis/spine/fixed_sum.h"
#include "analysis/spine/per_site.h"

#include <bit>
#include <cmath>
#include <unordered_map>

namespace expertscope {

namespace {

constexpr const char* kSame = "locality.same_token";
constexpr const char* kOther = "locality.different_token";
constexpr const char* kDifference = "locality.difference";

/// Jaccard indices of pairs of sets, and what chance gives of sets of such sizes.
class SetPairsSeen
{
public:
    void note(std::uint32_t a, std::uint32_t b, double jaccard)
    {
        m_jaccard.add(jaccard);
        ++m_sizes[{std::min(a, b), std::max(a, b)}];
    }
    void add(const SetPairsSeen& other)
    {
        m_jaccard.add(other.m_jaccard);
        for (const auto& [sizes, pairs] : other.m_sizes)
            m_sizes[sizes] += pairs;
    }
    void persist(Archive& archive) { archive(m_jaccard, m_sizes); }

    std::uint64_t pairs() const { return m_jaccard.n(); }
    double mean() const { return m_jaccard.mean(); }
    /// Pairs with a set in common do not depend on each other: a random set is as good as any other.
    ChanceValue chance(unsigned E) const
    {
        double sum = 0, variance = 0;
        for (const auto& [sizes, pairs] : m_sizes) {
            const auto [a, b] = sizes;
            if (b > E)
                continue; // a damaged state
            sum += double(pairs) * uniformJaccard(E, a, b);
            variance += double(pairs) * uniformJaccardVariance(E, a, b);
        }
        return {sum / double(pairs()), std::sqrt(variance) / double(pairs())};
    }

private:
    FixedSum m_jaccard;
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> m_sizes;
};

class LocalityState
{
public:
    LocalityState(const MetricContext& context, SiteIndex site)
        : m_site(site)
        , m_numExperts(context.shape->sites[std::size_t(site)].numExperts)
        , m_valuesOnly(context.valuesOnly)
    {
    }

    void observe(const Block& block, ChoiceBits& bits)
    {
        for (const SequenceRun& run : block.runs) {
            if (!m_cursor.continues(m_site, run)) {
                m_ids.clear();
                m_sets.clear();
                m_last.clear();
            }
            for (std::size_t t = run.begin; t < std::size_t(run.begin) + run.length; ++t)
                take(block.tokenIds[t], bits.set(t), bits.words());
        }
    }

    void add(const LocalityState& other)
    {
        m_same.add(other.m_same);
        m_other.add(other.m_other);
        m_difference.add(other.m_difference);
    }
    /// The history of a sequence is over with the pass.
    void persist(Archive& archive) { archive(m_same, m_other, m_difference); }

    void rows(std::vector<ResultRow>& rows) const
    {
        if (m_same.pairs() == 0) {
            for (const char* name : {kSame, kOther, kDifference})
                rows.push_back(undefinedRow(name, "no token id comes twice in a sequence, beside another"));
            return;
        }
        const ChanceValue same = m_valuesOnly ? ChanceValue() : m_same.chance(m_numExperts),
                          other = m_valuesOnly ? ChanceValue() : m_other.chance(m_numExperts);
        const auto add = [&](const char* name, double value, const ChanceValue& chance) {
            ResultRow& row = rows.emplace_back();
            row.metric = name;
            row.n = m_same.pairs();
            row.value = value;
            if (!m_valuesOnly)
                setUniform(row, chance);
        };
        add(kSame, m_same.mean(), same);
        add(kOther, m_other.mean(), other);
        add(kDifference, m_difference.mean(), {same.mean - other.mean, std::hypot(same.sd, other.sd)});
    }

private:
    void take(std::int32_t id, const std::uint64_t* set, unsigned words)
    {
        const std::size_t now = m_ids.size();
        m_ids.push_back(id);
        m_sets.insert(m_sets.end(), set, set + words);
        if (id < 0)
            return;
        const auto [entry, isNew] = m_last.try_emplace(id, now);
        if (isNew)
            return;
        const std::size_t before = std::exchange(entry->second, now);
        // The neighbour of the earlier one that is another id: the one before it, else the one behind.
        std::size_t beside = now;
        if (before > 0 && isOther(before - 1, id))
            beside = before - 1;
        else if (before + 1 < now && isOther(before + 1, id))
            beside = before + 1;
        const std::uint32_t size = sizeAt(now, words), sameSize = sizeAt(before, words);
        if (beside == now || size == 0 || sameSize == 0)
            return;
        const std::uint32_t otherSize = sizeAt(beside, words);
        if (otherSize == 0)
            return;
        const double same = jaccard(now, before, size + sameSize, words),
                     other = jaccard(now, beside, size + otherSize, words);
        m_same.note(size, sameSize, same);
        m_other.note(size, otherSize, other);
        m_difference.add(same - other);
    }

    bool isOther(std::size_t place, std::int32_t id) const { return m_ids[place] >= 0 && m_ids[place] != id; }
    std::uint32_t sizeAt(std::size_t place, unsigned words) const
    {
        return sizeOfSet(m_sets.data() + place * words, words);
    }
    double jaccard(std::size_t a, std::size_t b, std::uint32_t sizes, unsigned words) const
    {
        std::uint32_t shared = 0;
        for (unsigned w = 0; w < words; ++w)
            shared += static_cast<std::uint32_t>(std::popcount(m_sets[a * words + w] & m_sets[b * words + w]));
        return double(shared) / double(sizes - shared);
    }

    SiteIndex m_site;
    unsigned m_numExperts;
    bool m_valuesOnly;
    RunCursor m_cursor;
    std::vector<std::int32_t> m_ids; ///< of the sequence so far
    std::vector<std::uint64_t> m_sets; ///< [.., words of a set] their choices
    std::unordered_map<std::int32_t, std::size_t> m_last; ///< where each id was last
    SetPairsSeen m_same, m_other;
    FixedSum m_difference;
};

}

MetricSpec localityMetric()
{
    return {
        .name = "locality",
        .definition =
            "Jaccard index of a token's experts and those of the last token with its id in the sequence "
            "(same_token), and of a neighbour of that with another id (different_token: the one before it, else the "
            "one behind), so both are about as far away; their difference; n = tokens that have both",
        .source = "token-identity locality, arXiv 2604.17182 (abstract); pairs within a sequence: ours",
        .needs = {{.tokenIds = true}},
        .ranges = {{kSame, kShare}, {kOther, kShare}, {kDifference, {-1, 1}}},
        .onRequest = true,
        .make =
            [](const MetricContext& context) {
                return std::make_unique<PerSiteAccumulator<LocalityState>>(context, true);
            },
    };
}

}
