// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/what_if/placement.h"
#include "tests/support/test_main.h"
#include "tests/support/trace_files.h"

#include <QTemporaryDir>

using namespace expertscope;
using namespace expertscope::placement;
using namespace expertscope::testing;

namespace {

template <class T> QString errorOf(const Expected<T>& result)
{
    return result ? QString("no error") : QString::fromStdString(result.error().message());
}

}

class TestPlacementOptions : public QObject
{
    Q_OBJECT

private slots:
    void whatIsMeant()
    {
        PlacementOptions options;
        options.gpus = 8;
        options.nodes = 2;
        options.planners = "eplb,joint";
        options.dispatch = "local-first";
        options.home = "sequence";
        options.windows = "64,256,64";
        options.weights = "1,0.5,2";
        options.expertBytes = "27MiB";
        options.exportForm = "sglang";
        const auto question = checkPlacement(options);
        QVERIFY2(question, qPrintable(errorOf(question)));
        const CompareRequest& compare = question->compare;
        QCOMPARE(compare.plan.cluster.gpus, 8u);
        QCOMPARE(compare.planners, (std::vector<std::string>{"eplb", "joint"}));
        QCOMPARE(compare.replay.windows, (std::vector<std::uint32_t>{64, 256}));
        QCOMPARE(compare.plan.fanOutWeight, 0.5);
        QCOMPARE(compare.plan.crossWeight, 2.0);
        QCOMPARE(compare.sizes.expertBytes.front(), 27.0 * (1 << 20));
        QCOMPARE(question->form, PlanForm::Sglang);
        options.planners = "all";
        QVERIFY(checkPlacement(options)->compare.planners.empty());
    }

    void whatIsWrong()
    {
        const auto wrong = [](const auto& change) {
            PlacementOptions options;
            options.gpus = 8;
            change(options);
            return errorOf(checkPlacement(options));
        };
        QVERIFY(wrong([](PlacementOptions& o) { o.gpus = 0; }) != "no error");
        QVERIFY(wrong([](PlacementOptions& o) { o.nodes = 3; }) != "no error");
        QCOMPARE(wrong([](PlacementOptions& o) { o.groups = 0; }), QString("--groups: 0 expert groups"));
        QVERIFY(wrong([](PlacementOptions& o) { o.planners = "best"; })
                    .startsWith("--planner: there is no planner 'best' (planners: "));
        QVERIFY(wrong([](PlacementOptions& o) { o.planners = "elpb"; })
                    .startsWith("--planner: there is no planner 'elpb' (did you mean eplb? planners: "));
        QCOMPARE(wrong([](PlacementOptions& o) { o.planners = "eplb,eplb"; }),
            QString("--planner: planner 'eplb' is named twice"));
        QCOMPARE(wrong([](PlacementOptions& o) { o.dispatch = "any"; }),
            QString("--dispatch: 'any' is no dispatch (round-robin or local-first)"));
        QCOMPARE(wrong([](PlacementOptions& o) { o.home = "any"; }),
            QString("--home: 'any' is no home of tokens (token or sequence)"));
        for (const char* windows : {"0", "x", "64,-1", "1.5"})
            QVERIFY2(wrong([&](PlacementOptions& o) { o.windows = windows; })
                         .endsWith("is no number of tokens (such as 256 or 64,1024)"),
                windows);
        for (const double cap : {0.9, double(NAN), double(INFINITY)})
            QCOMPARE(wrong([&](PlacementOptions& o) { o.loadCap = cap; }),
                QString("--load-cap: no GPU can stay below the mean load (a number from 1 on, such as 1.05)"));
        for (const char* weights : {"1,1", "1,1,1,1", "0,0,0", "1,-1,1", "1,x,1", "", "1,inf,1"})
            QCOMPARE(wrong([&](PlacementOptions& o) { o.weights = weights; }),
                QString("--weights: '%1' are no weights (three numbers: load, fan-out, cross-site; such as 1,1,0.5)")
                    .arg(weights));
        QVERIFY(wrong([](PlacementOptions& o) { o.expertBytes = "big"; }).startsWith("--expert-bytes: "));
        QCOMPARE(wrong([](PlacementOptions& o) { o.exportForm = "yaml"; }),
            QString("--export-form: 'yaml' is no form of a plan (full, sglang or list)"));
        for (const char* planners : {"all", "eplb,joint"})
            QCOMPARE(wrong([&](PlacementOptions& o) {
                o.exportTo = "plan.json";
                o.planners = planners;
            }), QString("--export: which plan is to be exported? (name one with --planner)"));
    }

    void answers()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath("trace.h5");
        writeTraceM(path);
        const auto study = Study::open({path.toStdString()});
        QVERIFY(study);
        PlacementOptions options;
        options.gpus = 8;
        options.planners = "eplb";
        auto question = checkPlacement(options);
        const auto answer = comparePlacements(**study, 0, *question);
        QVERIFY2(answer, qPrintable(errorOf(answer)));
        QCOMPARE(answer->comparison.plans.size(), 1u);
        const auto json = exportedPlan(*question, *answer, (*study)->traces().front());
        QVERIFY(json && json->ends_with("\n"));
        question->scope.tokens = TokenRange{TokenIndex(0), TokenIndex(100)};
        QCOMPARE(errorOf(comparePlacements(**study, 0, *question)),
            path
                + ": plans are scored on whole sequences: tokens cannot be picked by expert, value or place (choose "
                  "sequences by their labels)");
    }
};

EXPERTSCOPE_TEST(TestPlacementOptions)
#include "tst_placement_options.moc"
