// SPDX-License-Identifier: GPL-3.0-or-later
//
// U, B and M against the published values (metrics.md 9.1) and against their definition at other sizes.
#include "tests/io/synth/made.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include "io/synth/random.h"
#include "io/synth/synthetic_source.h"

#include <QTest>

#include <cmath>
#include <numeric>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

std::unique_ptr<CellGenerator> cells(const std::string& kind, const Options& options = {})
{
    auto made = generator(kind, options);
    return std::unique_ptr<CellGenerator>(dynamic_cast<CellGenerator*>(made.release()));
}

constexpr Columns kScores{.weights = true, .entropy = true, .margin = true, .logits = true, .tokenIds = false};

QString listed(std::span<const std::uint16_t> ids)
{
    QStringList list;
    for (const auto id : ids)
        list << QString::number(id);
    return list.join(' ');
}

/// The score as 9.1 defines it, with nothing kept from one expert or token to the next.
std::uint64_t score(char kind, std::uint64_t s, std::uint64_t t, std::uint64_t l, std::uint64_t e, std::uint64_t T,
    std::uint64_t L, std::uint64_t E)
{
    const auto key = [&](std::uint64_t token) { return ((s * T + token) * L + l) * E + e; };
    if (kind == 'U')
        return splitmix64(key(t));
    if (kind == 'B')
        return splitmix64(key(t / 8));
    return (splitmix64(key(t)) >> 2) + (splitmix64(key(t / 16) + (1ull << 40)) >> 2);
}

}

class TestSplitmix : public QObject
{
    Q_OBJECT

private slots:
    void mixIsSplitmix64() { QCOMPARE(splitmix64(0), 0xe220a8397b1dcdafull); }

    void publishedIds_data()
    {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<int>("sequence");
        QTest::addColumn<int>("token");
        QTest::addColumn<int>("site");
        QTest::addColumn<QString>("ids");
        QTest::addRow("U(0,0,0)") << "U" << 0 << 0 << 0 << "44 52 45 38 32 36 23 0";
        QTest::addRow("U(7,511,3)") << "U" << 7 << 511 << 3 << "52 59 42 49 20 25 56 10";
        QTest::addRow("B(7,511,3)") << "B" << 7 << 511 << 3 << "28 24 9 37 49 62 42 61";
        QTest::addRow("M(0,0,0)") << "M" << 0 << 0 << 0 << "23 37 32 19 39 46 56 24";
        QTest::addRow("M(7,511,3)") << "M" << 7 << 511 << 3 << "42 59 33 56 63 37 10 52";
    }
    void publishedIds()
    {
        QFETCH(QString, kind);
        QFETCH(int, sequence);
        QFETCH(int, token);
        QFETCH(int, site);
        QFETCH(QString, ids);
        const auto made = makeAll(kind.toStdString());
        QCOMPARE(listed(made.set(std::size_t(site), std::uint64_t(sequence * 512 + token))), ids);
    }

    void publishedLogits()
    {
        BlockBuffer buffer;
        cells("U", {{"logits", "yes"}})->fill(SiteIndex(0), {TokenIndex(0), TokenIndex(1)}, kScores, buffer);
        const double expected[] = {7.06648647, 4.53249260, 4.72951787};
        for (std::size_t e = 0; e < 3; ++e)
            QVERIFY(std::abs(double(buffer.logits[e]) - expected[e]) < 6e-7); // float
    }

    void publishedAggregates_data()
    {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<int>("least");
        QTest::addColumn<int>("most");
        QTest::addColumn<int>("busiest");
        QTest::addColumn<double>("entropy");
        QTest::addColumn<double>("mass");
        QTest::addRow("U") << "U" << 456 << 582 << 29 << 3.084450 << .621426;
        QTest::addRow("B") << "B" << 384 << 704 << 16 << 3.083599 << .621547;
        QTest::addRow("M") << "M" << 444 << 591 << 30 << 3.229051 << .599646;
    }
    /// Site 0: counts, mean entropy and top-k mass of the table of 9.1.
    void publishedAggregates()
    {
        QFETCH(QString, kind);
        QFETCH(int, least);
        QFETCH(int, most);
        QFETCH(int, busiest);
        QFETCH(double, entropy);
        QFETCH(double, mass);
        const auto made = cells(kind.toStdString(), {{"weights", "yes"}});
        BlockBuffer buffer;
        made->fill(SiteIndex(0), {TokenIndex(0), TokenIndex(4096)}, kScores, buffer);
        std::vector<int> counts(64);
        for (const auto id : buffer.expertIds)
            ++counts[id];
        QCOMPARE(*std::ranges::min_element(counts), least);
        QCOMPARE(*std::ranges::max_element(counts), most);
        QCOMPARE(int(std::ranges::max_element(counts) - counts.begin()), busiest);
        const auto mean = [](const std::vector<float>& v) { return std::accumulate(v.begin(), v.end(), 0.0) / 4096; };
        QVERIFY(std::abs(mean(buffer.entropy) - entropy) < 1e-6);
        QVERIFY(std::abs(mean(buffer.weights) - mass) < 1e-6);
    }

    void otherSizes_data()
    {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<int>("experts");
        QTest::addColumn<int>("topK");
        for (const char* kind : {"U", "B", "M"}) {
            QTest::addRow("%s, 1 of 1", kind) << kind << 1 << 1;
            QTest::addRow("%s, 5 of 5", kind) << kind << 5 << 5;
            QTest::addRow("%s, 1 of 300", kind) << kind << 300 << 1;
            QTest::addRow("%s, 20 of 100", kind) << kind << 100 << 20;
        }
    }
    /// Every cell by the definition, in long double; read in pieces that cut the blocks of B and M.
    void otherSizes()
    {
        QFETCH(QString, kind);
        QFETCH(int, experts);
        QFETCH(int, topK);
        constexpr std::uint64_t S = 3, T = 37, L = 2;
        const auto E = std::size_t(experts), k = std::size_t(topK);
        SyntheticSource source(cells(kind.toStdString(),
            {{"sequences", "3"}, {"length", "37"}, {"sites", "2"}, {"experts", std::to_string(E)},
                {"top-k", std::to_string(k)}, {"logits", "yes"}, {"weights", "yes"}}));
        QCOMPARE(source.shape().numTokens, S * T);
        BlockBuffer buffer;
        for (std::uint64_t first = 0; first < S * T; first += 5) {
            for (std::uint64_t l = 0; l < L; ++l) {
                const auto end = std::min(first + 5, S * T);
                const auto block =
                    source.read(SiteIndex(std::uint16_t(l)), {TokenIndex(first), TokenIndex(end)}, kScores, buffer);
                VERIFY_OK(block);
                QCOMPARE(block->tokenIds.size(), std::size_t(0));
                for (std::uint64_t i = 0; i < end - first; ++i) {
                    const std::uint64_t s = (first + i) / T, t = (first + i) % T;
                    std::vector<std::pair<std::uint64_t, std::size_t>> ranked(E);
                    long double sum = 0, entropy = 0;
                    std::vector<long double> p(E);
                    for (std::size_t e = 0; e < E; ++e) {
                        const auto v = score(kind[0].toLatin1(), s, t, l, e, T, L, E);
                        ranked[e] = {~v, e};
                        const long double logit = std::ldexp(8.0L * (v >> (kind == "M" ? 10 : 11)), -53);
                        QCOMPARE(block->logits[i * E + e], float(logit));
                        p[e] = std::exp(logit);
                        sum += p[e];
                    }
                    std::ranges::sort(ranked);
                    for (auto& v : p) {
                        v /= sum;
                        entropy -= v * std::log(v);
                    }
                    for (std::size_t r = 0; r < k; ++r) {
                        QCOMPARE(std::size_t(block->expertIds[i * k + r]), ranked[r].second);
                        QVERIFY(std::abs(block->weights[i * k + r] / p[ranked[r].second] - 1) < 1e-6L);
                    }
                    QVERIFY(std::abs(block->entropy[i] - entropy) < 1e-6L);
                    if (k == E)
                        QVERIFY(std::isnan(block->margin[i]));
                    else
                        QVERIFY(std::abs(block->margin[i] - (p[ranked[k - 1].second] - p[ranked[k].second])) < 1e-6L);
                }
            }
        }
    }

    void onlyTheColumnsThatAreAskedFor()
    {
        BlockBuffer buffer;
        SyntheticSource plain(cells("M"));
        auto block = plain.read(SiteIndex(1), {TokenIndex(0), TokenIndex(9)}, kScores, buffer);
        QVERIFY(block && block->entropy.empty() && block->logits.empty() && block->weights.empty());
        SyntheticSource scored(cells("M", {{"logits", "yes"}}));
        QVERIFY(scored.shape().columns.entropy && scored.shape().columns.margin && !scored.shape().columns.weights);
        block = scored.read(SiteIndex(1), {TokenIndex(0), TokenIndex(9)}, {.entropy = true}, buffer);
        QVERIFY(block && block->entropy.size() == 9 && block->logits.empty() && block->margin.empty());
        QVERIFY(!scored.read(SiteIndex(4), {TokenIndex(0), TokenIndex(9)}, {}, buffer));
        QVERIFY(!scored.read(SiteIndex(0), {TokenIndex(0), TokenIndex(4097)}, {}, buffer));
    }
};

EXPERTSCOPE_TEST(TestSplitmix)
#include "tst_splitmix.moc"
