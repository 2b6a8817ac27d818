// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/profile/contexts.h"
#include "analysis/profile/loss_stats.h"
#include "io/trace/trace_writer.h"
#include "tests/support/memory_trace.h"
#include "tests/support/near.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTemporaryDir>

using namespace expertscope;
using namespace expertscope::testing;

class TestLossStats : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    std::vector<float> m_loss; ///< [T]
    const std::vector<std::uint32_t> m_lengths{5, 1, 40, 17};
    std::shared_ptr<const Study> m_study;

private slots:
    void initTestCase()
    {
        TracePlan plan;
        plan.sites = {{.numExperts = 4, .topK = 1}};
        plan.columns.tokenIds = true;
        plan.columns.loss = true;
        std::vector<std::uint16_t> ids;
        for (const std::uint32_t length : m_lengths) {
            PlannedSequence sequence;
            sequence.name = "s" + std::to_string(plan.sequences.size());
            for (std::uint32_t t = 0; t < length; ++t) {
                sequence.tokenIds.push_back(std::int32_t(t % 3));
                ids.push_back(std::uint16_t(mix(ids.size()) % 4));
                m_loss.push_back(t + 1 == length ? NAN : float(mix(m_loss.size() + 77) % 1000) / 250);
            }
            plan.sequences.push_back(std::move(sequence));
        }
        const std::string path = m_dir.filePath("loss.h5").toStdString();
        auto writer = TraceWriter::create(path, plan);
        VERIFY_OK(writer);
        RoutingSlab slab;
        slab.firstSite = SiteIndex(0);
        slab.numSites = 1;
        slab.numTokens = std::uint32_t(ids.size());
        slab.expertIds = ids;
        slab.loss = m_loss;
        VERIFY_OK((*writer)->append(slab));
        VERIFY_OK((*writer)->finish(true));
        auto study = Study::open({path});
        VERIFY_OK(study);
        m_study = *study;
    }

    void ofEachSetByItself()
    {
        TokenSet all(m_loss.size()), some(m_loss.size()), last(m_loss.size()), none(m_loss.size());
        all.insert(TokenRange{TokenIndex(0), TokenIndex(m_loss.size())});
        for (std::size_t t = 0; t < m_loss.size(); ++t) {
            if (mix(t) % 3 == 0)
                some.insert(TokenIndex(t));
        }
        last.insert(TokenIndex(4)); // of its sequence: has no loss
        last.insert(TokenIndex(2));
        const auto stats = lossOf(m_study->traces()[0], {&all, &some, &last, &none}, {});
        VERIFY_OK(stats);
        QVERIFY(stats->has_value());
        std::size_t at = 0;
        for (const TokenSet* set : {&all, &some, &last, &none}) {
            const LossStats& told = (**stats)[at++];
            std::vector<std::pair<double, double>> sequences; // tokens, sum
            double least = INFINITY, most = -INFINITY, sum = 0, n = 0;
            std::size_t t = 0;
            for (const std::uint32_t length : m_lengths) {
                double of = 0, ofSum = 0;
                for (const std::size_t end = t + length; t < end; ++t) {
                    if (!set->has(TokenIndex(t)) || std::isnan(m_loss[t]))
                        continue;
                    ++of;
                    ofSum += double(m_loss[t]);
                    least = std::min(least, double(m_loss[t]));
                    most = std::max(most, double(m_loss[t]));
                }
                if (of > 0)
                    sequences.emplace_back(of, ofSum);
                n += of;
                sum += ofSum;
            }
            QCOMPARE(double(told.n), n);
            if (n == 0)
                continue;
            QVERIFY(near(told.mean, sum / n, 1e-12));
            QCOMPARE(told.least, least);
            QCOMPARE(told.most, most);
            QCOMPARE(told.interval.has_value(), sequences.size() > 1);
            if (!told.interval)
                continue;
            double squares = 0;
            for (const auto& [of, ofSum] : sequences)
                squares += std::pow(ofSum - sum / n * of, 2);
            const double m = double(sequences.size()), half = 1.959964 * std::sqrt(m / (m - 1) * squares) / n;
            QVERIFY(near(told.interval->first, sum / n - half, 1e-9));
            QVERIFY(near(told.interval->second, sum / n + half, 1e-9));
        }
        QCOMPARE((**stats)[3].n, std::uint64_t(0));
    }

    void saysWhenThereIsNone()
    {
        const NamedTrace memory{{}, "memory", std::make_shared<MemoryTrace>(1, std::uint16_t(4), std::uint16_t(1)), {}};
        const auto none = lossOf(memory, {}, {});
        QVERIFY(none && !*none);
        TokenSet all(m_loss.size());
        all.insert(TokenRange{TokenIndex(0), TokenIndex(m_loss.size())});
        const auto cancelled = lossOf(m_study->traces()[0], {&all}, [](double) { return false; });
        QVERIFY(!cancelled && cancelled.error().what == kCancelled);
    }

    void contextsStayInTheirSequence()
    {
        const NamedTrace& trace = m_study->traces()[0];
        const auto context = contextOf(trace, TokenIndex(6), 3); // the first of the third sequence
        VERIFY_OK(context);
        QCOMPARE(context->sequence, SequenceIndex(2));
        QCOMPARE(context->position, std::uint32_t(0));
        QCOMPARE(context->before, std::string());
        QCOMPARE(context->piece, std::string("#0")); // no texts: ids
        QCOMPARE(context->after, std::string(" #1 #2 #0"));
        const auto alone = contextOf(trace, TokenIndex(5), 9);
        VERIFY_OK(alone);
        QCOMPARE(alone->sequence, SequenceIndex(1));
        QCOMPARE(alone->before + alone->after, std::string());
        QCOMPARE(shownText("a\n\tb\x01\xc3(\xe2\x82\xac"), std::string("a↵⇥b��(€"));
    }
};

EXPERTSCOPE_TEST(TestLossStats)
#include "tst_loss_stats.moc"
