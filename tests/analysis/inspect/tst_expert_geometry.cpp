// SPDX-License-Identifier: GPL-3.0-or-later
//
// Experts of the tiny checkpoints against numpy (generate_geometry.py); how much is held at once changes nothing.
#include "analysis/inspect/expert_geometry.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <cmath>

using namespace expertscope;
using namespace expertscope::inspect;

namespace {

bool close(double a, double b)
{
    return std::abs(a - b) <= 1e-6;
}

}

class TestExpertGeometry : public QObject
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
        for (auto at = all.begin(); at != all.end(); ++at) {
            if (!at.key().startsWith("stored-"))
                QTest::newRow(qPrintable(at.key())) << at.key() << at.value().toArray();
        }
    }
    void goldens()
    {
        QFETCH(QString, name);
        QFETCH(QJsonArray, sites);
        const auto checkpoint = Checkpoint::open((EXPERTSCOPE_TEST_DATA "/checkpoints/" + name).toStdString());
        VERIFY_OK(checkpoint);
        for (const QJsonValue& site : sites) {
            const QJsonObject golden = site["experts"].toObject();
            const auto g = expertGeometry(*checkpoint, std::size_t(site["layer"].toInt()), {});
            VERIFY_OK(g);
            QVERIFY2(g->undefined.empty() && g->undefinedCoupling.empty(), g->undefined.c_str());
            for (const auto& [key, coupling] : {std::pair("gate", &g->gate), std::pair("up", &g->up)}) {
                const QJsonObject theirs = golden[key].toObject();
                QVERIFY(close(coupling->own, theirs["own"].toDouble(1)));
                QVERIFY(close(coupling->ownAbsolute, theirs["own_abs"].toDouble(-1)));
                QVERIFY(close(coupling->others, theirs["others"].toDouble(1)));
            }
            QVERIFY(close(g->meanCosine, golden["mean_cosine"].toDouble(1)));
            const QJsonArray largest = golden["largest"].toArray();
            QCOMPARE(int(g->largest.first), largest[0].toInt());
            QCOMPARE(int(g->largest.second), largest[1].toInt());
            QVERIFY(close(g->largest.cosine, largest[2].toDouble()));
        }
    }

    void tiles_data()
    {
        QTest::addColumn<QString>("folder");
        const QDir root(EXPERTSCOPE_TEST_DATA "/checkpoints");
        for (const auto& name : root.entryList({"stored-*", "gpt_oss-plain", "*many-experts*"}, QDir::Dirs))
            QTest::newRow(qPrintable(name)) << root.filePath(name);
    }
    void tiles()
    {
        QFETCH(QString, folder);
        const auto checkpoint = Checkpoint::open(folder.toStdString());
        VERIFY_OK(checkpoint);
        const std::size_t layer = checkpoint->arch().sites.back().layer;
        const auto whole = expertGeometry(*checkpoint, layer, {});
        VERIFY_OK(whole);
        QVERIFY(whole->undefined.empty() && whole->undefinedCoupling.empty());
        QVERIFY(std::abs(whole->gate.ownAbsolute) > 0);
        for (const std::uint64_t held : {1u, 3u}) {
            int calls = 0;
            const auto parts = expertGeometry(*checkpoint, layer,
                {.memory = held * whole->elements * 4, .threads = 2, .progress = [&](double) { return ++calls > 0; }});
            VERIFY_OK(parts);
            QCOMPARE(std::size_t(calls), (checkpoint->arch().sites.back().numExperts + held - 1) / held);
            QVERIFY(parts->cosines == whole->cosines);
            QCOMPARE(parts->gate.own, whole->gate.own);
            QCOMPARE(parts->up.others, whole->up.others);
        }
        QVERIFY(!expertGeometry(*checkpoint, layer, {.memory = 1, .progress = [](double) { return false; }}));
    }
};

EXPERTSCOPE_TEST(TestExpertGeometry)
#include "tst_expert_geometry.moc"
