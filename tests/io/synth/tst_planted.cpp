// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is planted is there: counted here, with nothing of analysis/, and compared with the closed forms of planted.h.
#include "io/synth/planted.h"
#include "tests/io/synth/made.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTest>

#include <cmath>
#include <map>
#include <numeric>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

struct Estimate
{
    double value = 0, error = 0; ///< standard error
};

/// Sequences are independent of one another whatever goes on within them.
Estimate ofSequences(const std::vector<double>& values)
{
    const double n = double(values.size());
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
    double squares = 0;
    for (const double v : values)
        squares += (v - mean) * (v - mean);
    return {mean, std::sqrt(squares / (n - 1) / n)};
}

bool agrees(const char* what, const Estimate& found, double expected, double errors)
{
    const double z = (found.value - expected) / std::max(found.error, 1e-12);
    qInfo("%-28s %.6f, by construction %.6f: %+.2f standard errors", what, found.value, expected, z);
    // An estimate that could be anything proves nothing.
    return std::abs(found.value - expected) < 1e-12
        || (std::abs(z) <= errors && found.error < 0.05 * std::max(expected, 0.02));
}

class Counter
{
public:
    Counter(const PlantedGenerator& generator, const Made& made)
        : m_p(generator.parameters())
        , m_generator(generator)
        , m_made(made)
    {
    }

    bool isFavourite(std::size_t site, std::uint64_t sequence, std::uint16_t expert) const
    {
        const auto d = sequence % m_p.domains;
        for (std::size_t i = 0; i < m_p.favourites; ++i) {
            if (m_generator.expertAt(SiteIndex(std::uint16_t(site)), d * m_p.favourites + i) == expert)
                return true;
        }
        return false;
    }

    /// Mean share of a sequence's tokens that hold a favourite (or another expert) in their first `width` slots.
    Estimate share(std::size_t site, bool favourites, std::size_t width) const
    {
        std::vector<double> values;
        for (std::uint64_t s = 0; s < m_p.sequences; ++s) {
            std::vector<bool> wanted(m_p.experts);
            for (std::uint16_t e = 0; e < m_p.experts; ++e)
                wanted[e] = isFavourite(site, s, e) == favourites;
            double hits = 0;
            for (std::uint64_t t = s * m_p.length; t < (s + 1) * m_p.length; ++t) {
                for (const auto id : m_made.set(site, t).first(width))
                    hits += wanted[id];
            }
            values.push_back(hits / m_p.length / double(favourites ? m_p.favourites : m_p.experts - m_p.favourites));
        }
        return ofSequences(values);
    }

    /// Share of the experts of the token before (`first`: of its first expert) that are there again.
    Estimate repetition(std::size_t site, bool first) const
    {
        std::vector<double> values;
        for (std::uint64_t s = 0; s < m_p.sequences; ++s) {
            double again = 0;
            for (std::uint64_t t = s * m_p.length + 1; t < (s + 1) * m_p.length; ++t) {
                const auto before = m_made.set(site, t - 1), now = m_made.set(site, t);
                if (first)
                    again += before[0] == now[0];
                else
                    for (const auto id : now)
                        again += double(std::ranges::count(before, id)) / m_p.topK;
            }
            values.push_back(again / (m_p.length - 1));
        }
        return ofSequences(values);
    }

    /// Mean over token ids (20 times or more) of the share of the most frequent first expert.
    Estimate vocabulary(std::size_t site) const
    {
        std::map<std::int32_t, std::map<int, int>> counts;
        for (std::uint64_t t = 0; t < m_made.shape.numTokens; ++t)
            ++counts[m_made.tokenIds[t]][m_made.set(site, t)[0]];
        double sum = 0, ids = 0, variance = 0;
        for (const auto& [id, experts] : counts) {
            int n = 0, most = 0;
            for (const auto& [expert, count] : experts) {
                n += count;
                most = std::max(most, count);
            }
            if (n < 20)
                continue;
            const double v = double(most) / n;
            ++ids;
            sum += v;
            variance += v * (1 - v) / n * (1 + m_p.repeat) / (1 - m_p.repeat); // repeats come in runs
        }
        return {sum / ids, std::sqrt(variance) / ids};
    }

    /// Mean over the experts of a site of the largest P(first expert at the next site | first expert here).
    Estimate affinity(std::size_t site, bool* planted) const
    {
        const std::size_t E = m_p.experts;
        std::vector<double> pairs(E * E), rows(E);
        for (std::uint64_t t = 0; t < m_made.shape.numTokens; ++t) {
            const auto from = m_made.set(site, t)[0], to = m_made.set(site + 1, t)[0];
            ++pairs[from * E + to];
            ++rows[from];
        }
        double sum = 0, variance = 0;
        for (std::size_t c = 0; c < E; ++c) {
            const auto from = m_generator.expertAt(SiteIndex(std::uint16_t(site)), c);
            const auto row = std::span(pairs).subspan(from * E, E);
            const auto best = std::ranges::max_element(row) - row.begin();
            *planted &= best == m_generator.expertAt(SiteIndex(std::uint16_t(site + 1)), c);
            const double p = row[std::size_t(best)] / rows[from];
            sum += p;
            variance += p * (1 - p) / rows[from] * (1 + m_p.repeat) / (1 - m_p.repeat);
        }
        return {sum / double(E), std::sqrt(variance) / double(E)};
    }

private:
    const PlantedParameters& m_p;
    const PlantedGenerator& m_generator;
    const Made& m_made;
};

}

class TestPlanted : public QObject
{
    Q_OBJECT

private slots:
    void closedForms_data()
    {
        QTest::addColumn<PlantedParameters>("parameters");
        QTest::addColumn<int>("expected"); // closed forms there are
        QTest::addRow("defaults") << PlantedParameters{} << 9;
        QTest::addRow("some experts are nobody's favourites")
            << PlantedParameters{.sequences = 255, .experts = 40, .topK = 4, .domains = 3, .favourites = 5, .seed = 7}
            << 9;
        QTest::addRow("domains alone")
            << PlantedParameters{.favour = 0.8, .alwaysIds = 0, .preference = 0, .repeat = 0, .affinity = 0} << 6;
        QTest::addRow("repetition alone")
            << PlantedParameters{.favour = 0, .alwaysIds = 0, .preference = 0, .repeat = 0.7, .affinity = 0} << 6;
        QTest::addRow("affinity alone, all experts chosen") << PlantedParameters{.experts = 8,
            .topK = 8,
            .favour = 0,
            .alwaysIds = 0,
            .preference = 0,
            .repeat = 0,
            .affinity = 0.9} << 7;
        QTest::addRow("vocabulary alone, top 1") << PlantedParameters{.topK = 1,
            .favour = 0,
            .idsPerExpert = 10,
            .alwaysIds = 3,
            .preference = 0.5,
            .repeat = 0,
            .affinity = 0} << 9;
        QTest::addRow("one domain, few favourites")
            << PlantedParameters{.domains = 1, .favourites = 8, .favour = 0.4, .preference = 0.3, .seed = 3} << 9;
        QTest::addRow("so few that ids and affinity do not stand out")
            << PlantedParameters{.domains = 1, .favourites = 1, .favour = 0.5, .alwaysIds = 0, .preference = 0.1} << 6;
    }

    /// Each mean over sites within 3 standard errors; each site within 4.5, for there are many.
    void closedForms()
    {
        QFETCH(PlantedParameters, parameters);
        QFETCH(int, expected);
        auto created = PlantedGenerator::create(parameters);
        VERIFY_OK(created);
        auto& generator = **created;
        const auto made = makeAll(generator);
        QVERIFY(allSetsAreSound(made));
        const Counter counter(generator, made);
        const std::size_t sites = parameters.sites;
        const auto expectations = generator.expectations();
        QCOMPARE(int(expectations.size()), expected);
        for (const auto& e : expectations) {
            const auto name = e.metric + ", " + e.of;
            std::vector<Estimate> found;
            bool planted = true;
            for (std::size_t site = 0; site < sites; ++site) {
                if (e.metric == "specialisation_top1.share")
                    found.push_back(counter.share(site, e.of.starts_with("favourites"), 1));
                else if (e.metric == "specialisation.share")
                    found.push_back(counter.share(site, e.of.starts_with("favourites"), parameters.topK));
                else if (e.metric == "repetition.first")
                    found.push_back(counter.repetition(site, true));
                else if (e.metric == "repetition.overlap")
                    found.push_back(counter.repetition(site, false));
                else if (e.metric == "vocabulary.specialisation")
                    found.push_back(counter.vocabulary(site));
                else if (e.metric == "vocabulary.normalised") {
                    const double a = 1.0 / parameters.experts;
                    const auto v = counter.vocabulary(site);
                    found.push_back({(v.value - a) / (1 - a), v.error / (1 - a)});
                } else if (e.metric == "affinity.top1_row_max") {
                    if (site + 1 < sites)
                        found.push_back(counter.affinity(site, &planted));
                } else
                    QFAIL(("not measured here: " + name).c_str());
            }
            Estimate mean;
            for (const auto& one : found) {
                QVERIFY2(std::abs(one.value - e.value) <= 4.5 * one.error + 1e-12, name.c_str());
                mean.value += one.value / double(found.size());
                mean.error += one.error / double(found.size()); // sites are not independent: no smaller than one's
            }
            QVERIFY(planted);
            QVERIFY2(agrees(name.c_str(), mean, e.value, 3), name.c_str());
        }
    }

    /// Even far from the limits of a law, single facts hold of every token.
    void everyToken()
    {
        const PlantedParameters p{.sequences = 8, .length = 300, .repeat = 0.5, .affinity = 1};
        auto created = PlantedGenerator::create(p);
        VERIFY_OK(created);
        const auto made = makeAll(**created, 77);
        const auto& g = **created;
        std::uint64_t repeated = 0, always = 0;
        for (std::uint64_t t = 0; t < made.shape.numTokens; ++t) {
            const auto id = std::uint32_t(made.tokenIds[t]);
            QVERIFY(id < 8 * 64);
            bool repeats = t % p.length != 0 && made.tokenIds[t - 1] == made.tokenIds[t];
            for (std::size_t site = 0; site < p.sites; ++site) {
                repeats = repeats && std::ranges::equal(made.set(site, t), made.set(site, t - 1));
                if (id < 2 * 64)
                    QCOMPARE(made.set(site, t)[0], g.expertAt(SiteIndex(std::uint16_t(site)), id % 64));
            }
            repeated += repeats;
            always += id < 2 * 64;
            // affinity 1: the same canonical expert at all sites
            const auto canonical = [&](std::size_t site) {
                for (std::size_t c = 0; c < 64; ++c) {
                    if (g.expertAt(SiteIndex(std::uint16_t(site)), c) == made.set(site, t)[0])
                        return c;
                }
                return std::size_t(64);
            };
            for (std::size_t site = 1; site < p.sites; ++site)
                QCOMPARE(canonical(site), canonical(0));
        }
        QVERIFY(repeated > 1000 && repeated < 1400);
        QVERIFY(always > 400 && always < 800);
        // Another way to cut it changes nothing.
        auto again = PlantedGenerator::create(p);
        const auto pieces = makeAll(**again, 5);
        QVERIFY(pieces.ids == made.ids && pieces.tokenIds == made.tokenIds);
        QCOMPARE(made.shape.labels.size(), std::size_t(1));
        QCOMPARE(made.shape.labels[0].values, (std::vector<std::string>{"d0", "d1", "d2", "d3"}));
        QCOMPARE(made.shape.labels[0].codes, (std::vector<std::int32_t>{0, 1, 2, 3, 0, 1, 2, 3}));
    }

    void contradictions_data()
    {
        QTest::addColumn<QString>("option");
        QTest::addColumn<QString>("value");
        QTest::addRow("uneven domains") << "sequences"
                                        << "255";
        QTest::addRow("more domains than experts") << "domains"
                                                   << "128";
        QTest::addRow("too many favourites") << "favourites"
                                             << "17";
        QTest::addRow("more always-ids than ids") << "always-ids"
                                                  << "9";
        QTest::addRow("favour beyond what ids leave") << "favour"
                                                      << "0.46";
        QTest::addRow("too many token ids") << "ids-per-expert"
                                            << "100000000";
        QTest::addRow("repeats for ever") << "repeat"
                                          << "1";
        QTest::addRow("k > E") << "top-k"
                               << "65";
    }
    void contradictions()
    {
        QFETCH(QString, option);
        QFETCH(QString, value);
        const auto made = makeSynthetic("planted", {{option.toStdString(), value.toStdString()}});
        QVERIFY(!made);
        QCOMPARE(QString::fromStdString(made.error().where), "--" + option);
        QVERIFY(makeSynthetic("planted", {{"favour", "0.45"}})); // exactly what is left
    }
};

EXPERTSCOPE_TEST(TestPlanted)
#include "tst_planted.moc"
