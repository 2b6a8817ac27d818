// SPDX-License-Identifier: GPL-3.0-or-later
//
// Tokens of two prompts are paired by a longest common subsequence: against one found by trying all.
#include "tests/support/test_main.h"
#include "views/live/prompt_difference.h"

#include <algorithm>
#include <random>

using namespace expertscope;

namespace {

using Ids = std::vector<std::int32_t>;

bool isSubsequence(const Ids& part, const Ids& whole)
{
    std::size_t at = 0;
    for (const auto id : whole)
        at += at < part.size() && part[at] == id ? 1 : 0;
    return at == part.size();
}

/// Every subsequence of `a` is tried.
std::size_t longestCommon(const Ids& a, const Ids& b)
{
    std::size_t best = 0;
    for (unsigned mask = 0; mask < 1u << a.size(); ++mask) {
        Ids part;
        for (std::size_t i = 0; i < a.size(); ++i) {
            if (mask >> i & 1)
                part.push_back(a[i]);
        }
        if (part.size() > best && isSubsequence(part, b))
            best = part.size();
    }
    return best;
}

ServedRouting routing(const Ids& ids, std::vector<std::vector<std::uint16_t>> sites)
{
    ServedRouting r;
    r.tokenIds = ids;
    r.numSlots = 2;
    r.offsets.assign(ids.size() + 1, 0);
    for (auto& experts : sites) {
        ServedSite site;
        site.numExperts = 9;
        site.expertIds = std::move(experts);
        r.sites.push_back(std::move(site));
    }
    return r;
}

}

class TestPromptDifference : public QObject
{
    Q_OBJECT
private slots:
    void pairsAreALongestCommonSubsequence()
    {
        std::mt19937 random(5);
        for (int round = 0; round < 300; ++round) {
            Ids a(random() % 10), b(random() % 12);
            for (auto* ids : {&a, &b}) {
                for (auto& id : *ids)
                    id = static_cast<std::int32_t>(random() % 4);
            }
            const auto pairs = alignTokens(a, b);
            QCOMPARE(pairs.size(), longestCommon(a, b));
            for (std::size_t p = 0; p < pairs.size(); ++p) {
                QCOMPARE(a[pairs[p].first], b[pairs[p].second]);
                QVERIFY(p == 0 || (pairs[p].first > pairs[p - 1].first && pairs[p].second > pairs[p - 1].second));
            }
        }
    }

    /// Too long to be looked at whole: beginning and end are paired all the same.
    void whatIsTooLong()
    {
        const auto pairs = alignTokens(Ids{1, 2, 3, 4, 5, 9}, Ids{1, 2, 5, 3, 8, 9}, 3);
        QCOMPARE(pairs.size(), std::size_t(3));
        QVERIFY((pairs == std::vector<std::pair<std::uint32_t, std::uint32_t>>{{0, 0}, {1, 1}, {5, 5}}));
    }

    void setsThatChanged()
    {
        const auto before = routing({10, 11, 12, 13}, {{1, 2, 3, 4, 5, 6, 7, 8}, {1, 2, 3, 4, 5, 6, 7, 8}});
        const auto after = routing({10, 99, 12, 13, 14}, {{2, 1, 3, 4, 5, 6, 7, 0, 1, 2}, {1, 2, 3, 4, 6, 4, 8, 1, 1, 2}});
        const PromptDifference d = differenceOf(before, after);
        QCOMPARE(d.tokens.size(), std::size_t(5));
        QVERIFY(d.tokens[0].before == 0u && d.tokens[0].sitesChanged == 0u); // another order is the same set
        QVERIFY(!d.tokens[1].before && !d.tokens[4].before);
        QVERIFY(d.tokens[2].before == 2u && d.tokens[2].sitesChanged == 1u);
        QVERIFY(d.tokens[3].before == 3u && d.tokens[3].sitesChanged == 2u);
        QCOMPARE(d.added, 2u);
        QCOMPARE(d.removed, 1u);
        QCOMPARE(d.kept, 3u);
        QCOMPARE(d.keptChanged, 2u);
        QCOMPARE(d.changedAtSite, (std::vector<std::uint32_t>{1, 2}));
    }
};

EXPERTSCOPE_TEST(TestPromptDifference)
#include "tst_prompt_difference.moc"
