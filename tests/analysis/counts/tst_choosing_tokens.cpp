// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/counts/choosing_tokens.h"
#include "tests/support/labelled_trace.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTest>

using namespace expertscope;
using namespace expertscope::testing;

class TestChoosingTokens : public QObject
{
    Q_OBJECT
private slots:
    void everyExpertOfEverySite()
    {
        MemoryTrace trace = labelledTrace(3);
        for (std::uint16_t site = 0; site < 3; ++site) {
            std::vector<TokenSet> chose;
            for (std::uint16_t e = 0; e < trace.shape().sites[site].numExperts; ++e) {
                auto found = choosingTokens(trace, SiteIndex(site), {ExpertIndex(e)});
                VERIFY_OK(found);
                QCOMPARE(found->numTokens(), trace.shape().numTokens);
                chose.push_back(std::move(*found));
            }
            for (const TokenOfTrace& token : tokensOf(trace, site)) {
                for (std::size_t e = 0; e < chose.size(); ++e)
                    QCOMPARE(chose[e].has(TokenIndex(token.token)), token.chose(e));
            }
        }
    }

    void errors()
    {
        MemoryTrace trace = labelledTrace(3);
        QCOMPARE(choosingTokens(trace, SiteIndex(3), {ExpertIndex(0)}).error().message(),
            std::string("the trace has no site 3 (its sites: 0-2)"));
        QCOMPARE(choosingTokens(trace, SiteIndex(2), {ExpertIndex(5)}).error().message(),
            std::string("site 2 has no expert 5 (its experts: 0-4)"));
        const auto cancelled = choosingTokens(trace, SiteIndex(0), {ExpertIndex(0)}, [](double) { return false; });
        QVERIFY(!cancelled && cancelled.error().what == kCancelled);
        MemoryTrace nothing(1, 4, 2);
        const auto none = choosingTokens(nothing, SiteIndex(0), {ExpertIndex(1)});
        QVERIFY(none && none->count() == 0);
    }
};

EXPERTSCOPE_TEST(TestChoosingTokens)
#include "tst_choosing_tokens.moc"
