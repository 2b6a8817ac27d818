// SPDX-License-Identifier: GPL-3.0-or-later
//
// Routers of the tiny checkpoints against numpy (generate_geometry.py), and what rows of chance show against closed
// forms and draws.
#include "analysis/inspect/random_rows.h"
#include "analysis/inspect/router_geometry.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <cmath>
#include <limits>
#include <random>

using namespace expertscope;
using namespace expertscope::inspect;

namespace {

bool near(double a, double b, double tolerance)
{
    return std::abs(a - b) <= tolerance * std::max(1.0, std::abs(b));
}

bool same(const Spread& spread, const QJsonObject& golden)
{
    return near(spread.mean, golden["mean"].toDouble(), 1e-6) && near(spread.sd, golden["sd"].toDouble(), 1e-6)
        && near(spread.least, golden["min"].toDouble(), 1e-6) && near(spread.most, golden["max"].toDouble(), 1e-6)
        && int(spread.leastAt) == golden["min_at"].toInt() && int(spread.mostAt) == golden["max_at"].toInt();
}

std::vector<float> randomRows(std::size_t rows, std::size_t columns, std::mt19937_64& random)
{
    std::normal_distribution<float> normal;
    std::vector<float> values(rows * columns);
    for (float& v : values)
        v = normal(random);
    return values;
}

}

class TestRouterGeometry : public QObject
{
    Q_OBJECT
private slots:
    void goldens_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QJsonArray>("sites");
        QFile file(EXPERTSCOPE_TEST_DATA "/router_geometry.json");
        QVERIFY(file.open(QIODevice::ReadOnly));
        const auto all = QJsonDocument::fromJson(file.readAll()).object();
        QVERIFY(all.size() > 100);
        for (auto at = all.begin(); at != all.end(); ++at)
            QTest::newRow(qPrintable(at.key())) << at.key() << at.value().toArray();
    }
    void goldens()
    {
        QFETCH(QString, name);
        QFETCH(QJsonArray, sites);
        const auto checkpoint = Checkpoint::open((EXPERTSCOPE_TEST_DATA "/checkpoints/" + name).toStdString());
        VERIFY_OK(checkpoint);
        QCOMPARE(std::size_t(sites.size()), checkpoint->arch().sites.size());
        for (std::size_t s = 0; s < checkpoint->arch().sites.size(); ++s) {
            const QJsonObject golden = sites[qsizetype(s)].toObject();
            const std::size_t layer = checkpoint->arch().sites[s].layer;
            QCOMPARE(int(layer), golden["layer"].toInt());
            const auto router = routerGeometry(*checkpoint, layer);
            VERIFY_OK(router);
            const RowGeometry& g = router->geometry;
            QVERIFY(same(g.norm, golden["norm"].toObject()));
            QVERIFY(near(g.meanCosine, golden["mean_cosine"].toDouble(), 1e-7));
            QVERIFY(near(g.meanAbsoluteCosine, golden["mean_abs_cosine"].toDouble(), 1e-7));
            QVERIFY(near(g.participation, golden["participation"].toDouble(), 1e-6));
            const auto pair = [](const Pair& mine, const QJsonArray& theirs) {
                return int(mine.first) == theirs[0].toInt() && int(mine.second) == theirs[1].toInt()
                    && near(mine.cosine, theirs[2].toDouble(), 1e-6);
            };
            QVERIFY(pair(g.largest, golden["largest"].toArray()));
            const QJsonArray alike = golden["alike"].toArray();
            QCOMPARE(g.alike.size(), std::size_t(alike.size()));
            for (std::size_t i = 0; i < g.alike.size(); ++i)
                QVERIFY(pair(g.alike[i], alike[qsizetype(i)].toArray()));
            QCOMPARE(router->selectionBias.has_value(), golden.contains("selection_bias"));
            if (router->selectionBias)
                QVERIFY(same(*router->selectionBias, golden["selection_bias"].toObject()));
            QCOMPARE(router->bias.has_value(), golden.contains("bias"));
            if (router->bias)
                QVERIFY(same(*router->bias, golden["bias"].toObject()));
        }
    }

    void known()
    {
        // Orthogonal, opposite, the same.
        const float rows[] = {3, 0, 0, 4, -6, 0, 1, 0};
        const RowGeometry g = geometryOf(rows, 4, 2);
        QCOMPARE(g.norm.most, 6.);
        QCOMPARE(g.norm.mostAt, std::size_t(2));
        QCOMPARE(g.largest.cosine, -1.);
        QCOMPARE(g.largest.second, std::size_t(2));
        QCOMPARE(g.alike.front().cosine, 1.);
        QCOMPARE(g.alike.front().second, std::size_t(3));
        QCOMPARE(g.meanCosine, -1. / 6);
        QCOMPARE(g.participation, 16. / (4 + 2 * 3));
        QCOMPARE(g.cosines[4 * 2 + 3], -1.f);
    }

    void noNumbers()
    {
        std::vector<float> rows(12, 1);
        rows[4] = std::numeric_limits<float>::quiet_NaN();
        RowGeometry g = geometryOf(rows, 3, 4);
        QCOMPARE(g.undefined, std::string("the row of expert 1 holds what is no finite number"));
        QCOMPARE(g.undefinedCosines, g.undefined);
        rows[4] = std::numeric_limits<float>::infinity();
        QVERIFY(!geometryOf(rows, 3, 4).undefined.empty());
        std::fill(rows.begin() + 4, rows.begin() + 8, 0.f);
        g = geometryOf(rows, 3, 4);
        QVERIFY(g.undefined.empty());
        QCOMPARE(g.norm.least, 0.);
        QCOMPARE(g.undefinedCosines, std::string("the row of expert 1 is 0"));
        QVERIFY(!geometryOf(std::vector<float>{1, 2}, 1, 2).undefinedCosines.empty());
    }

    /// In 2 dimensions an angle is uniform, in 3 a cosine: then the largest of n is n / (n + 1).
    void chanceInClosedForm()
    {
        QVERIFY(near(expectedAbsoluteCosine(2), 2 / std::acos(-1.0), 1e-12));
        QVERIFY(near(expectedAbsoluteCosine(3), 0.5, 1e-12));
        QVERIFY(near(expectedLargestCosine(2, 2), 2 / std::acos(-1.0), 1e-6));
        QVERIFY(near(expectedLargestCosine(2, 3), 0.5, 1e-6));
        QVERIFY(near(expectedLargestCosine(4, 3), 6. / 7, 1e-6));
        for (const std::size_t d : {5, 100, 7168})
            QVERIFY(near(expectedLargestCosine(2, d) / expectedAbsoluteCosine(d), 1, 1e-5));
        QCOMPARE(expectedParticipation(8, 40), 8 * 40 / 47.);
    }

    void chanceAsDrawn()
    {
        std::mt19937_64 random(7);
        constexpr std::size_t kRows = 16, kColumns = 32, kDraws = 4000;
        double largest = 0, absolute = 0, participation = 0, square = 0;
        for (std::size_t i = 0; i < kDraws; ++i) {
            const RowGeometry g = geometryOf(randomRows(kRows, kColumns, random), kRows, kColumns);
            largest += std::abs(g.largest.cosine) / kDraws;
            absolute += g.meanAbsoluteCosine / kDraws;
            participation += g.participation / kDraws;
            square += g.meanCosine * g.meanCosine / kDraws;
        }
        QVERIFY(near(largest / expectedLargestCosine(kRows, kColumns), 1, 0.005));
        QVERIFY(near(absolute / expectedAbsoluteCosine(kColumns), 1, 0.005));
        QVERIFY(near(participation / expectedParticipation(kRows, kColumns), 1, 0.01));
        QVERIFY(near(std::sqrt(square) / meanCosineSd(kRows, kColumns), 1, 0.05));
    }
};

EXPERTSCOPE_TEST(TestRouterGeometry)
#include "tst_router_geometry.moc"
