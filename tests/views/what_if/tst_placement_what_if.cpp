// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/language_trace.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"
#include "tests/views/trace_fixture.h"
#include "views/charts/wording.h"
#include "views/what_if/placement_what_if.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QJsonObject>
#include <QSlider>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QTest>

using namespace expertscope;
using namespace expertscope::testing;

class TestPlacementWhatIf : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    std::unique_ptr<Session> m_session;
    std::unique_ptr<PlacementWhatIf> m_view;

    bool open()
    {
        m_session->open({m_dir.filePath("good.h5")});
        return QTest::qWaitFor([this] { return m_session->study() != nullptr; }, 5000);
    }
    bool answered()
    {
        return QTest::qWaitFor([this] { return !m_view->waits() && (m_view->run() || !m_view->stateText().isEmpty()); }, 30000);
    }
    QSpinBox* number(const char* name) const { return m_view->findChild<QSpinBox*>(name); }

    Results asked(const ClusterChoice& choice, const Scope& scope = {}) const
    {
        PlacementOptions options;
        options.gpus = std::uint32_t(choice.gpus);
        options.nodes = std::uint32_t(choice.nodes);
        options.replicas = std::uint32_t(choice.replicas);
        options.planners = choice.planner;
        PlacementQuestion question = checkPlacement(options).value();
        question.scope = scope;
        return comparePlacements(*m_session->study(), 0, question).value().comparison.results;
    }
    static double maxOverMean(const Results& results)
    {
        for (const ResultRow& row : results.rows) {
            if (row.metric == "placement.max_over_mean" && !row.site
                && row.params.at("window") == ParameterValue(std::string("all")))
                return *row.value;
        }
        return -1;
    }

private slots:
    void nodesShareTheGpusEqually()
    {
        for (int gpus = 1; gpus <= 24; ++gpus) {
            for (int nodes = 1; nodes <= gpus; ++nodes) {
                if (gpus % nodes != 0)
                    continue;
                const ClusterChoice before{.gpus = gpus, .nodes = nodes};
                for (int wanted = 1; wanted <= 30; ++wanted) {
                    const ClusterChoice byGpus = before.withGpus(wanted), byNodes = before.withNodes(wanted);
                    QCOMPARE(byGpus.gpus, wanted);
                    QVERIFY(byGpus.nodes >= 1 && byGpus.nodes <= nodes && byGpus.gpus % byGpus.nodes == 0);
                    QCOMPARE(byNodes.nodes, wanted);
                    QVERIFY(byNodes.gpus >= wanted && byNodes.gpus % wanted == 0);
                    QVERIFY(byNodes.gpus <= std::max(gpus, wanted));
                }
            }
        }
    }

    void initTestCase() { VERIFY_OK(writeTrace(*languageTrace(), m_dir.filePath("good.h5").toStdString())); }
    void init()
    {
        m_session = std::make_unique<Session>([](const std::vector<std::filesystem::path>& paths) -> Expected<StudyPtr> {
            return Study::open(paths, {});
        });
        m_view = std::make_unique<PlacementWhatIf>(*m_session);
        m_view->resize(800, 600);
        m_view->show();
    }
    void cleanup()
    {
        m_view.reset();
        m_session.reset();
    }

    void saysWhatIsMissing()
    {
        QVERIFY(m_view->stateText().contains("Open a trace"));
        QVERIFY(!number("placementGpus")->isEnabled() && m_view->copyCommand().isEmpty() && m_view->csv().isEmpty());
        QVERIFY(open() && answered());
        QCOMPARE(m_view->stateText(), QString());
        QVERIFY(number("placementGpus")->isEnabled());
    }

    /// All planners, with the numbers of the command; another planner is only looked up.
    void saysWhatTheCommandSays()
    {
        QVERIFY(open() && answered());
        for (const char* planner : {"eplb", "contiguous", "joint"}) {
            ClusterChoice choice = m_view->choice();
            choice.planner = planner;
            const PlacementRunPtr before = m_view->run();
            m_view->choose(choice, "planner");
            QVERIFY(!m_view->waits() && m_view->run() == before);
            const double wanted = maxOverMean(asked(choice));
            QVERIFY(wanted >= 1);
            QVERIFY2(m_view->facts().contains("largest load / mean " + numberText(wanted)), qPrintable(m_view->facts()));
        }
        const QByteArray csv = m_view->csv();
        for (const char* text : {"eplb,no,", "joint,yes,", "placement.fan_out", "hottest_link"})
            QVERIFY2(csv.contains(text), csv.constData());
    }

    void numbersFollowEachOther()
    {
        QVERIFY(open() && answered());
        number("placementGpus")->setValue(6);
        QCOMPARE(m_view->choice().gpus, 6);
        QVERIFY(m_view->waits());
        QVERIFY(m_view->stateText().isEmpty() && m_view->loads()->chart()); // the picture before stays
        QVERIFY(m_view->facts().contains("6 GPUs")); // of kept counts
        const QString quick = m_view->facts();
        QVERIFY(answered());
        QCOMPARE(m_view->run()->cluster.gpus, 6u);
        const QString load = "largest load / mean " + numberText(maxOverMean(asked(m_view->choice())));
        QVERIFY2(m_view->facts().contains(load) && quick.contains(load), qPrintable(quick)); // no copies: exact at once
        number("placementNodes")->setValue(2);
        QVERIFY(answered());
        QVERIFY(m_view->facts().contains("crosses nodes"));
        number("placementGpus")->setValue(7); // 2 nodes do not share 7
        QCOMPARE(m_view->choice().nodes, 1);
        number("placementGpus")->setValue(1);
        QVERIFY(answered());
        QVERIFY(m_view->stateText().isEmpty() && !m_view->traffic()->isVisible()); // one sends to nobody
    }

    void undone()
    {
        QVERIFY(open() && answered());
        auto* const slider = m_view->findChild<QSlider*>("placementGpusSlider");
        slider->setValue(4);
        slider->setValue(3);
        slider->setValue(2);
        emit slider->sliderReleased();
        QCOMPARE(m_session->undo().count(), 1); // a drag is one step
        m_session->undo().undo();
        QCOMPARE(m_view->choice(), ClusterChoice());
        m_session->undo().redo();
        QCOMPARE(m_view->choice().gpus, 2);
        QVERIFY(answered());
        QCOMPARE(m_view->run()->cluster.gpus, 2u);
    }

    void followsFilters()
    {
        QVERIFY(open() && answered());
        const std::uint64_t all = m_view->run()->scores.front().tokens;
        const Label& label = m_session->shape().labels.front();
        Subject subject;
        subject.label = LabelFilter{label.name, label.values.front(), {}};
        m_session->filters().keep(subject);
        QVERIFY(answered() && m_view->run());
        QVERIFY(m_view->run()->scores.front().tokens < all);
        m_view->copyCommand();
        const QString command = QApplication::clipboard()->text();
        QVERIFY2(command.startsWith("expertscope simulate placement ") && command.contains("--gpus 8")
                && command.contains("--where"), qPrintable(command));
    }

    void states()
    {
        ClusterChoice choice{12, 3, 4, "joint", "sequence", "local-first"};
        ClusterChoice back;
        QCOMPARE(fromJson(toJson(choice), back), QStringList());
        QCOMPARE(back, choice);
        for (const QJsonObject& wrong : {QJsonObject{{"gpus", 7}, {"nodes", 2}}, QJsonObject{{"gpus", -1}},
                 QJsonObject{{"planner", "all"}}, QJsonObject{{"planner", "best"}}, QJsonObject{{"home", "moon"}},
                 QJsonObject{{"replicas", -4}}, QJsonObject{{"gpus", 4000000}}}) {
            ClusterChoice kept = choice;
            QCOMPARE(fromJson(wrong, kept).size(), 1);
            QCOMPARE(kept, choice);
        }
        QVERIFY(open() && answered());
        number("placementGpus")->setValue(5);
        QVERIFY(m_view->stop());
        QVERIFY(m_view->stateText().contains("stopped") && !m_view->stop());
    }
};

EXPERTSCOPE_TEST(TestPlacementWhatIf)
#include "tst_placement_what_if.moc"
