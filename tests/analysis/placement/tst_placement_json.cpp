// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/placement/placement_json.h"
#include "plans.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTest>

using namespace expertscope;
using namespace expertscope::placement;
using namespace expertscope::testing;

namespace {

RoutingShape shapeOf(std::vector<std::uint16_t> layers, std::uint16_t experts)
{
    MemoryTrace trace(layers.size(), experts, 1);
    for (std::size_t i = 0; i < layers.size(); ++i)
        trace.editShape().sites[i].layer = layers[i];
    return trace.shape();
}

}

class TestPlacementJson : public QObject
{
    Q_OBJECT
private slots:
    /// The example in vLLM's EplbModelState: 2 layers, 4 experts, 6 slots, 3 ranks.
    void mapsAsVllmHasThem()
    {
        const RoutingShape shape = shapeOf({0, 1}, 4);
        const auto plan = Placement::create(
            {3, 1}, {{SiteIndex(0), 0, 4, {0, 1, 2, 3, 0, 1}}, {SiteIndex(1), 1, 4, {0, 2, 0, 1, 0, 3}}});
        VERIFY_OK(plan);
        const auto text = toJson(*plan, PlanForm::Full);
        VERIFY_OK(text);
        QString flat = QString::fromStdString(*text).simplified().remove(' ');
        QVERIFY(flat.contains("\"physical_to_logical_map\":[[0,1,2,3,0,1],[0,2,0,1,0,3]]"));
        QVERIFY(flat.contains("\"logical_to_physical_map\":[[[0,4,-1],[1,5,-1],[2,-1,-1],[3,-1,-1]],[[0,2,4],[3,-1,-1],"
                              "[1,-1,-1],[5,-1,-1]]]"));
        QVERIFY(flat.contains("\"logical_replica_count\":[[2,2,1,1],[3,1,1,1]]"));
        const auto back = placementFromJson(*text, shape, {}, "plan");
        VERIFY_OK(back);
        QVERIFY(*back == *plan);
        const auto list = toJson(*plan, PlanForm::List);
        VERIFY_OK(list);
        QCOMPARE(QString::fromStdString(*list).simplified().remove(' '), QString("[[0,1,2,3,0,1],[0,2,0,1,0,3]]"));
        QVERIFY(!placementFromJson(*list, shape, {}, "plan")); // GPUs unknown
        QVERIFY(*placementFromJson(*list, shape, Cluster{3, 1}, "plan") == *plan);
    }

    void sglangHasARowALayerAndNoOtherKey()
    {
        const RoutingShape shape = shapeOf({1, 3}, 2); // layers 0 and 2 are dense
        const auto plan =
            Placement::create({2, 1}, {{SiteIndex(0), 1, 2, {1, 0, 0, 1}}, {SiteIndex(1), 3, 2, {1, 1, 0, 0}}});
        VERIFY_OK(plan);
        const auto text = toJson(*plan, PlanForm::Sglang, 5);
        VERIFY_OK(text);
        QCOMPARE(QString::fromStdString(*text).simplified().remove(' '),
            QString("{\"physical_to_logical_map\":[[0,1,0,1],[1,0,0,1],[0,1,0,1],[1,1,0,0],[0,1,0,1]]}"));
        QVERIFY(*placementFromJson(*text, shape, Cluster{2, 1}, "plan") == *plan);
        QVERIFY(!toJson(*plan, PlanForm::Sglang, 3)); // layer 3 of 3
        const auto twice = Placement::create({2, 1}, {{SiteIndex(0), 1, 2, {1, 0}}, {SiteIndex(1), 1, 2, {1, 0}}});
        QVERIFY(!toJson(*twice, PlanForm::Sglang));
    }

    void whatEnginesCannotTake()
    {
        const auto uneven = Placement::create({2, 1}, {{SiteIndex(0), 0, 3, {0, 1, 2}}});
        QVERIFY(toJson(*uneven, PlanForm::Full));
        const auto refused = toJson(*uneven, PlanForm::List);
        QVERIFY(!refused);
        QVERIFY(refused.error().hint.find("1 replicas") != std::string::npos);
        const auto ragged =
            Placement::create({2, 1}, {{SiteIndex(0), 0, 2, {0, 1}}, {SiteIndex(1), 1, 4, {0, 1, 2, 3}}});
        QVERIFY(toJson(*ragged, PlanForm::Full));
        QVERIFY(!toJson(*ragged, PlanForm::Sglang));
    }

    void oneRowIsForAll()
    {
        const auto plan = placementFromJson("[1, 0, 2, 3]", shapeOf({0, 1, 2}, 4), Cluster{2, 2}, "plan");
        VERIFY_OK(plan);
        QCOMPARE(plan->sites().size(), 3u);
        QCOMPARE(plan->sites()[2].expertOfSlot, (std::vector<std::uint16_t>{1, 0, 2, 3}));
    }

    void roundTripsOfRandomPlans()
    {
        for (std::uint64_t seed = 0; seed < 50; ++seed) {
            std::uint64_t state = mix(seed);
            const auto E = static_cast<std::uint16_t>(1 + state % 30);
            const RoutingShape shape = shapeOf({2, 3, 5}, E);
            std::vector<SitePlacement> sites;
            for (std::uint16_t i = 0; i < 3; ++i) {
                std::vector<std::uint16_t> held;
                for (const auto slot : shuffled(E + seed % 9, state))
                    held.push_back(static_cast<std::uint16_t>(slot % E));
                sites.push_back({SiteIndex(i), shape.sites[i].layer, E, held});
            }
            const auto plan = Placement::create({static_cast<std::uint32_t>(2 * (1 + seed % 4)), 2}, sites);
            VERIFY_OK(plan);
            const auto back = placementFromJson(*toJson(*plan, PlanForm::Full), shape, {}, "plan");
            VERIFY_OK(back);
            QVERIFY(*back == *plan);
        }
    }

    void hostilePlansAreRefused_data()
    {
        QTest::addColumn<QByteArray>("text");
        const char* cases[] = {"", "{}", "[]", "[[]]", "null", "3", "\"x\"", "{\"physical_to_logical_map\": 7}",
            "{\"physical_to_logical_map\": {}}", "[[0,1],[0]]", "[[0,1],[0,2]]", "[[0,1],[0,-1]]", "[[0,1],[0,1.5]]",
            "[[0,1],[0,99999999999999999999]]", "[[0,1],[0,65536]]", "[[0,1],[0,\"1\"]]", "[[0,1],0]", "[[0,1],[0,0]]",
            "[[0,1],[0,[1]]]", "[[0,1],[0,1],[0,1],[0,1],[0,1]",
            "{\"num_gpus\": 0, \"physical_to_logical_map\": [[0,1],[0,1]]}",
            "{\"sites\": [0], \"physical_to_logical_map\": [[0,1],[0,1]]}",
            "{\"sites\": [0, 0], \"physical_to_logical_map\": [[0,1],[0,1]]}",
            "{\"sites\": [1, 0], \"physical_to_logical_map\": [[0,1],[0,1]]}",
            "{\"sites\": [0, 9], \"physical_to_logical_map\": [[0,1],[0,1]]}",
            "{\"physical_to_logical_map\": [[0,1],[0,1]], \"logical_replica_count\": [[1,1],[1,2]]}",
            "{\"physical_to_logical_map\": [[0,1],[0,1]], \"logical_replica_count\": [[1,1]]}",
            "{\"physical_to_logical_map\": [[0,1],[0,1]], \"logical_to_physical_map\": [[[0],[1]],[[1],[0]]]}",
            "{\"physical_to_logical_map\": [[0,1],[0,1]], \"logical_to_physical_map\": [[[0],[1]],[[0],[9]]]}",
            "{\"physical_to_logical_map\": [[0,1],[0,1]], \"logical_to_physical_map\": [[[0],[1]],[[0],[]]]}",
            "{\"physical_to_logical_map\": [[0,1],[0,1]], \"logical_to_physical_map\": [[[0],[1]],[[0, 0],[1]]]}",
            "{\"physical_to_logical_map\": [[0,1],[0,1]], \"logical_to_physical_map\": 3}",
            "{\"physical_to_logical_map\": [[0,1],[0,1]], \"physical_to_logical_map\": [[1,0],[0,1]]}"};
        for (const char* text : cases)
            QTest::newRow(*text ? text : "nothing") << QByteArray(text);
        QTest::newRow("deep") << QByteArray(100000, '[');
        QByteArray many = "[[0,1],[";
        for (int i = 0; i < 70000; ++i)
            many += "0,";
        QTest::newRow("too many slots") << many + "1]]";
    }
    void hostilePlansAreRefused()
    {
        QFETCH(QByteArray, text);
        const auto given = text.contains("num_gpus") ? std::optional<Cluster>() : Cluster{2, 1};
        const auto plan = placementFromJson(text.toStdString(), shapeOf({0, 7}, 2), given, "plan.json");
        QVERIFY(!plan);
        QVERIFY(!plan.error().what.empty());
        QVERIFY(plan.error().where.find("plan.json") != std::string::npos);
    }
};

EXPERTSCOPE_TEST(TestPlacementJson)
#include "tst_placement_json.moc"
