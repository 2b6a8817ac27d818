// SPDX-License-Identifier: GPL-3.0-or-later
//
// The workloads against a second implementation (oracle/markov.py), against what our simulation notes measured on them
// before this code was written, and at the ends of their parameters.
#include "tests/io/synth/made.h"
#include "tests/support/near.h"
#include "tests/support/test_main.h"

#include "io/base/sha256.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <cmath>
#include <set>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

QString text(std::span<const std::uint16_t> ids)
{
    QStringList list;
    for (const auto id : ids)
        list << QString::number(id);
    return list.join(' ');
}

/// Of ids as u16, [token][site][slot].
std::string digest(const Made& made)
{
    Sha256 sha;
    for (std::uint64_t t = 0; t < made.shape.numTokens; ++t) {
        for (std::size_t site = 0; site < made.ids.size(); ++site)
            sha.update(std::as_bytes(made.set(site, t)));
    }
    return sha.hex();
}

/// Miss ratio of one LRU cache of `capacity` experts at site 0, request after request.
double lruMisses(const Made& made, std::size_t capacity, std::uint64_t tokens, bool ascending = false)
{
    std::vector<std::uint16_t> cache;
    std::uint64_t misses = 0;
    for (std::uint64_t t = 0; t < tokens; ++t) {
        std::vector<std::uint16_t> ids(made.set(0, t).begin(), made.set(0, t).end());
        if (ascending)
            std::ranges::sort(ids);
        for (const auto id : ids) {
            const auto found = std::ranges::find(cache, id);
            if (found != cache.end()) {
                cache.erase(found);
            } else {
                ++misses;
                if (cache.size() == capacity)
                    cache.pop_back();
            }
            cache.insert(cache.begin(), id);
        }
    }
    return double(misses) / double(tokens * made.shape.numSlots);
}

/// Share of choices that miss when the `capacity` most used experts stay.
double staticMisses(const Made& made, std::size_t capacity, std::uint64_t tokens)
{
    std::vector<std::uint64_t> counts(made.shape.numExperts);
    for (std::uint64_t t = 0; t < tokens; ++t) {
        for (const auto id : made.set(0, t))
            ++counts[id];
    }
    std::ranges::sort(counts, std::greater());
    std::uint64_t hits = 0;
    for (std::size_t i = 0; i < capacity; ++i)
        hits += counts[i];
    return 1 - double(hits) / double(tokens * made.shape.numSlots);
}

/// As the published digits, of which the last one is worth `digit`.
bool prints(double value, double published, double digit)
{
    return near(value, published, digit / 2 + 1e-9);
}

}

class TestMarkov : public QObject
{
    Q_OBJECT

private slots:
    void secondImplementation_data()
    {
        QTest::addColumn<int>("step");
        QTest::addRow("W1") << 4096;
        QTest::addRow("W2") << 1;
        QTest::addRow("W3") << 333;
        QTest::addRow("W4") << 4096;
        QTest::addRow("exflow") << 50000;
    }
    void secondImplementation()
    {
        QFETCH(int, step);
        QFile file(EXPERTSCOPE_SOURCE_DIR "/tests/io/synth/oracle/markov.json");
        QVERIFY(file.open(QIODevice::ReadOnly));
        const auto expected = QJsonDocument::fromJson(file.readAll())[QLatin1String(QTest::currentDataTag())];
        const auto made = makeAll(QTest::currentDataTag(), {}, std::uint32_t(step));
        QVERIFY(allSetsAreSound(made));
        QCOMPARE(made.shape.sequences.size(), std::size_t(1));
        const auto tokens = expected["first"].toArray();
        QCOMPARE(tokens.size(), 4);
        for (int t = 0; t < 4; ++t) {
            const auto sites = tokens[t].toArray();
            for (int site = 0; site < sites.size(); ++site)
                QCOMPARE(text(made.set(std::size_t(site), std::uint64_t(t))), sites[site].toString());
        }
        QCOMPARE(QString::fromStdString(digest(made)), expected["sha256"].toString());
    }

    /// simulation.md 1.2 and 2.2: measured on W1 with libCacheSim and with a prototype.
    void cachesOfW1()
    {
        const auto w1 = makeAll("W1");
        QVERIFY(prints(lruMisses(w1, 16, 333334), .4558, 1e-4));
        QVERIFY(prints(lruMisses(w1, 16, 100000), .4563, 1e-4));
        QVERIFY(prints(lruMisses(w1, 8, 100000), .5944, 1e-4));
        QVERIFY(prints(lruMisses(w1, 16, 100000, true), .4563, 1e-4));
        QVERIFY(prints(lruMisses(w1, 8, 100000, true), .5778, 1e-4));
        QVERIFY(prints(staticMisses(w1, 16, 100000), .6417, 1e-4));
        QVERIFY(prints(staticMisses(w1, 8, 100000), .7963, 1e-4));
    }

    /// simulation.md 4.1: contiguous placement on 8 GPUs (W2), on 4 (exflow).
    void placementOfW2AndExflow()
    {
        const auto crossing = [](const Made& made, unsigned perGpu) {
            std::uint64_t crosses = 0, pairs = 0;
            for (std::size_t site = 0; site + 1 < made.ids.size(); ++site) {
                for (std::uint64_t t = 0; t < made.shape.numTokens; ++t) {
                    for (const auto a : made.set(site, t)) {
                        for (const auto b : made.set(site + 1, t)) {
                            crosses += a / perGpu != b / perGpu;
                            ++pairs;
                        }
                    }
                }
            }
            return double(crosses) / double(pairs);
        };
        const auto w2 = makeAll("W2");
        double fanOut = 0, worst = 0;
        for (std::size_t site = 0; site < 26; ++site) {
            std::array<double, 8> load{};
            for (std::uint64_t t = 0; t < w2.shape.numTokens; ++t) {
                std::set<int> gpus;
                for (const auto id : w2.set(site, t)) {
                    gpus.insert(id / 8);
                    ++load[id / 8];
                }
                fanOut += double(gpus.size());
            }
            worst += *std::ranges::max_element(load) / (double(w2.shape.numTokens) * 6 / 8) / 26;
        }
        QVERIFY(prints(fanOut / double(w2.shape.numTokens) / 26, 4.533, 1e-3));
        QVERIFY(prints(worst, 1.138, 1e-3));
        QVERIFY(prints(crossing(w2, 8), .8746, 1e-4));
        QVERIFY(prints(crossing(makeAll("exflow"), 2), .74967, 1e-5));
    }

    void otherParameters()
    {
        // Cutting into sequences and into slabs changes no id.
        const Options small{{"tokens", "1000"}, {"sites", "3"}, {"experts", "10"}, {"top-k", "3"}};
        Options cut = small;
        cut["length"] = "300";
        const auto whole = makeAll("markov", small, 7), pieces = makeAll("markov", cut, 256);
        QVERIFY(whole.ids == pieces.ids);
        QCOMPARE(pieces.shape.sequences.size(), std::size_t(4));
        QCOMPARE(pieces.shape.sequences[3].length, 100u);
        Options other = small;
        other["seed"] = "2";
        QVERIFY(makeAll("markov", other).ids != whole.ids);

        Options frozen = small;
        frozen["stay"] = "1";
        const auto same = makeAll("markov", frozen);
        QVERIFY(allSetsAreSound(same));
        for (std::uint64_t t = 1; t < 1000; ++t) {
            std::set<int> before(same.set(2, 0).begin(), same.set(2, 0).end());
            std::set<int> now(same.set(2, t).begin(), same.set(2, t).end());
            QVERIFY(before == now);
        }
    }

    /// Of experts that are nearly never drawn the rest of a set is found without drawing for ever.
    void steepPopularity()
    {
        const auto made = makeAll("markov",
            {{"tokens", "200"}, {"sites", "2"}, {"experts", "300"}, {"top-k", "300"}, {"zipf", "10"}, {"topics", "2"}});
        QVERIFY(allSetsAreSound(made));
    }
};

EXPERTSCOPE_TEST(TestMarkov)
#include "tst_markov.moc"
