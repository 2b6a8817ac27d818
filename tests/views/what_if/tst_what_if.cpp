// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/test_main.h"
#include "tests/support/verify.h"
#include "tests/views/figure/figure_process.h"
#include "analysis/hardware/hardware_presets.h"
#include "tests/support/language_trace.h"
#include "tests/views/trace_fixture.h"
#include "views/charts/wording.h"
#include "views/what_if/cache_what_if.h"
#include "views/what_if/hardware_what_if.h"
#include "views/what_if/what_if_controls.h"

#include <QApplication>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QMouseEvent>
#include <QSlider>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

using namespace expertscope;
using namespace expertscope::testing;

class TestWhatIf : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    std::unique_ptr<Session> m_session;

    bool open()
    {
        m_session->open({m_dir.filePath("good.h5")});
        return QTest::qWaitFor([this] { return m_session->study() != nullptr; }, 5000);
    }
    WhatIf& whatIf() { return WhatIf::of(*m_session); }
    bool tabulated()
    {
        return QTest::qWaitFor([this] { return whatIf().table() && !whatIf().waits(); }, 30000);
    }
    /// What gets the mouse.
    static QWidget* plotOf(ChartWidget* chart)
    {
        for (QWidget* child : chart->findChildren<QWidget*>(Qt::FindDirectChildrenOnly)) {
            if (child->hasMouseTracking())
                return child;
        }
        return nullptr;
    }

private slots:
    void initTestCase() { VERIFY_OK(writeTrace(*languageTrace(), m_dir.filePath("good.h5").toStdString())); }
    void init()
    {
        m_session = std::make_unique<Session>([](const std::vector<std::filesystem::path>& paths) -> Expected<StudyPtr> {
            return Study::open(paths, {});
        });
    }
    void cleanup() { m_session.reset(); }

    void saysWhatIsMissing()
    {
        CacheWhatIf view(*m_session);
        view.resize(700, 500);
        view.show();
        QVERIFY(view.stateText().contains("Open a trace"));
        QVERIFY(!view.findChild<QSlider*>("whatIfSlider")->isEnabled());
        QVERIFY(open());
        QVERIFY(view.stateText().contains("Computing"));
        QVERIFY(tabulated());
        QCOMPARE(view.stateText(), QString());
        QVERIFY(view.facts().contains("lru, 8 slots: hit rate "));
    }

    void theLineFollowsTheMouse()
    {
        CacheWhatIf view(*m_session);
        HardwareWhatIf hardware(*m_session);
        view.resize(800, 600);
        view.show();
        hardware.show();
        QVERIFY(QTest::qWaitForWindowExposed(&view));
        QVERIFY(open());
        QVERIFY(tabulated());
        QTest::qWait(200); // until it is laid out
        QVERIFY(view.line()->at(7));
        QVERIFY(hardware.point());
        const double before = *hardware.point()->tokensPerSecond;
        const QString facts = view.facts();
        const ChartPtr drawn = view.chart()->chart();
        const auto to = [&](std::size_t place) { return QPoint(*view.line()->at(place), view.chart()->areaOf(0).center().y()); };
        QWidget* const plot = plotOf(view.chart());
        QVERIFY(plot);
        const QPoint from = plot->mapFrom(view.chart(), to(7));
        QTest::mouseMove(plot, from);
        QTest::mousePress(plot, Qt::LeftButton, {}, from);
        QVERIFY(view.line()->dragging());
        for (const std::size_t place : {10, 14, 23}) {
            QMouseEvent move(QEvent::MouseMove, plot->mapFrom(view.chart(), to(place)), plot->mapToGlobal(QPoint()),
                Qt::NoButton, Qt::LeftButton, {});
            QApplication::sendEvent(plot, &move);
            QCOMPARE(whatIf().now().capacity, std::uint32_t(place + 1));
        }
        QCOMPARE(m_session->undo().count(), 0); // not before it ends
        QTest::mouseRelease(plot, Qt::LeftButton, {}, plot->mapFrom(view.chart(), to(23)));
        QCOMPARE(view.chart()->chart(), drawn); // a look-up draws no curve anew
        QVERIFY(view.facts() != facts);
        QVERIFY(*hardware.point()->tokensPerSecond > before);
        QCOMPARE(view.findChild<QSpinBox*>("whatIfSlots")->value(), 24);
        QCOMPARE(m_session->undo().count(), 1); // a drag is one step
        m_session->undo().undo();
        QCOMPARE(view.findChild<QSpinBox*>("whatIfSlots")->value(), 8);
        QCOMPARE(view.facts(), facts);
        m_session->undo().redo();
        QCOMPARE(whatIf().now().capacity, 24u);
        // Elsewhere the mouse pans as ever.
        QTest::mousePress(plot, Qt::LeftButton, {}, plot->mapFrom(view.chart(), to(3)));
        QVERIFY(!view.line()->dragging());
        QTest::mouseRelease(plot, Qt::LeftButton, {}, plot->mapFrom(view.chart(), to(3)));
        QCOMPARE(whatIf().now().capacity, 24u);
    }

    void policiesAndContracts()
    {
        CacheWhatIf view(*m_session);
        view.show();
        QVERIFY(open());
        QVERIFY(tabulated());
        const CacheTablePtr forced = whatIf().table();
        const auto choose = [&](const char* name, const QString& value) {
            auto* const list = view.findChild<QComboBox*>(name);
            list->setCurrentIndex(list->findData(value));
            emit list->activated(list->currentIndex());
        };
        choose("whatIfPolicy", "lfu");
        QCOMPARE(whatIf().table(), forced); // another look-up
        QVERIFY(view.facts().startsWith("lfu, 8 slots"));
        choose("whatIfAdmission", "bypass");
        QVERIFY(tabulated());
        QVERIFY(whatIf().table() != forced);
        QCOMPARE(int(whatIf().table()->contract.admission), int(simulation::Admission::Bypass));
        choose("whatIfPolicy", "clock"); // knows no bypass
        QVERIFY(view.stateText().contains("clock cannot serve this contract"));
        m_session->undo().undo();
        QCOMPARE(view.stateText(), QString());
        m_session->undo().undo();
        QVERIFY(tabulated());
        QVERIFY(view.facts().startsWith("lfu"));
        // Other tokens, other numbers.
        const QString facts = view.facts();
        m_session->filters().add({LabelFilter{"language", "fr"}});
        QVERIFY(tabulated());
        QVERIFY(view.facts() != facts);
    }

    void comparesTwo()
    {
        CacheWhatIf view(*m_session);
        view.show();
        QVERIFY(open());
        QVERIFY(tabulated());
        view.findChild<QToolButton*>("whatIfKeep")->click();
        QVERIFY(whatIf().kept());
        Configuration other = whatIf().now();
        other.policy = "opt";
        other.capacity = 20;
        whatIf().change(other, "other");
        const CacheTable& table = *whatIf().table();
        const double difference = table.find("opt")->totals[19].hitRate() - table.find("lru")->totals[7].hitRate();
        QVERIFY2(view.facts().contains("B − A " + numberText(100 * difference) + " points"), qPrintable(view.facts()));
        const PicturePtr picture = view.chart()->chart()->picture();
        QCOMPARE(picture->panels.size(), std::size_t(2));
        const auto& curve = std::get<Curves>(picture->panels[1].layers[0]).curves[0];
        QCOMPARE(curve.y[4], 100 * (table.find("opt")->totals[4].hitRate() - table.find("lru")->totals[4].hitRate()));
        // A of another contract has a table of its own.
        other.admission = "bypass";
        whatIf().change(other, "admission");
        QVERIFY(tabulated());
        QVERIFY(whatIf().keptTable() && whatIf().keptTable() != whatIf().table());
        QVERIFY(view.facts().contains("A: lru, 8 slots: " + percentText(table.find("lru")->totals[7].hitRate())));
        view.findChild<QToolButton*>("whatIfKeep")->click();
        QVERIFY(!whatIf().kept());
        m_session->undo().undo();
        QVERIFY(whatIf().kept());
    }

    void sampleBecomesTheWholeOfBoth()
    {
        MemoryTrace large(8, 8, 4);
        for (int i = 0; i < 40; ++i)
            large.addSequence(800, "doc" + std::to_string(i));
        for (std::size_t site = 0; site < large.ids.size(); ++site) {
            large.ids[site].clear();
            for (std::uint64_t t = 0; t < large.shape().numTokens; ++t) {
                const std::uint64_t first = mix(t * 8 + site);
                for (std::uint64_t k = 0; k < 4; ++k)
                    large.ids[site].push_back(std::uint16_t((first + 2 * k) % 8));
            }
        }
        const QString path = m_dir.filePath("large.h5");
        VERIFY_OK(writeTrace(large, path.toStdString()));
        m_session->open({path});
        QVERIFY(QTest::qWaitFor([this] { return m_session->study() != nullptr; }, 5000));
        std::vector<std::uint32_t> samples;
        connect(&whatIf(), &WhatIf::tableChanged, this, [&] {
            if (whatIf().table())
                samples.push_back(whatIf().sample());
        });
        whatIf().need();
        QVERIFY(QTest::qWaitFor([&] { return !samples.empty(); }, 60000));
        QVERIFY(samples.front() > 0 && samples.front() < 40);
        // Of two contracts both are told of a sample until both are of all.
        whatIf().keep();
        Configuration other = whatIf().now();
        other.admission = "bypass";
        whatIf().change(other, "admission");
        QVERIFY(tabulated());
        QCOMPARE(whatIf().sample(), 0u);
        const auto asked = [](const CacheTablePtr& table) { return table->find("opt")->totals[0].requests; };
        QVERIFY(whatIf().keptTable() && whatIf().keptTable() != whatIf().table());
        QCOMPARE(asked(whatIf().table()), large.shape().numTokens * 4 * 8);
        QCOMPARE(asked(whatIf().keptTable()), asked(whatIf().table()));
    }

    void aGrownTraceIsTheSame()
    {
        QVERIFY(open());
        whatIf().need();
        QVERIFY(tabulated());
        Configuration other = whatIf().now();
        other.capacity = 20;
        whatIf().change(other, "slots");
        whatIf().keep();
        m_session->filters().add({LabelFilter{"language", "fr"}});
        // A look at a capture just before it ended had all of it; the next is under the capture's own name.
        const QString again = m_dir.filePath("again.h5");
        QVERIFY(QFile::copy(m_dir.filePath("good.h5"), again));
        m_session->openWhole(again);
        QVERIFY(QTest::qWaitFor([&] { return m_session->paths() == QStringList{again}; }, 5000));
        QVERIFY(m_session->sameTrace());
        QCOMPARE(m_session->filters().steps().size(), std::size_t(1));
        QCOMPARE(whatIf().now().capacity, 20u);
        QVERIFY(whatIf().kept());
        const QString another = m_dir.filePath("another.h5");
        VERIFY_OK(writeTrace(*languageTrace(5), another.toStdString()));
        m_session->open({another});
        QVERIFY(QTest::qWaitFor([&] { return m_session->paths() == QStringList{another}; }, 5000));
        QVERIFY(!m_session->sameTrace());
        QVERIFY(m_session->filters().steps().empty());
        QCOMPARE(whatIf().now().capacity, 0u);
        QVERIFY(!whatIf().kept());
    }

    void hardwareFollows()
    {
        HardwareWhatIf view(*m_session);
        view.show();
        QVERIFY(open());
        QVERIFY(tabulated());
        QVERIFY(view.point());
        const double stalls = *view.point()->stallShare;
        auto* const link = view.findChild<RatioSlider*>("whatIfLink");
        QCOMPARE(link->value(), cost::machineOf("desktop-4090", "test")->link.bytesPerSecond / 1e9);
        link->slider()->setValue(0); // the slowest
        QCOMPARE(*whatIf().now().linkBytesPerSecond, 0.5e9);
        QVERIFY(*view.point()->stallShare > stalls);
        auto* const expert = view.findChild<RatioSlider*>("whatIfExpert");
        expert->number()->setValue(2);
        QCOMPARE(*whatIf().now().expertBytes, 2.0 * 1024 * 1024);
        QCOMPARE(m_session->undo().count(), 2);
        QVERIFY(view.csv().contains("Speed,"));
    }

    /// The command that is copied says the same numbers, run in a shell.
    void copiesItsCommand_data()
    {
        QTest::addColumn<bool>("changed");
        QTest::newRow("preset") << false;
        QTest::newRow("every slider") << true;
    }
    void copiesItsCommand()
    {
        QFETCH(bool, changed);
        HardwareWhatIf view(*m_session);
        view.show();
        QVERIFY(open());
        Configuration configuration;
        configuration.capacity = 11;
        configuration.policy = "lfu";
        if (changed) {
            configuration.admission = "bypass";
            configuration.hardware = "desktop-3090";
            configuration.level = 1;
            configuration.linkBytesPerSecond = 3.21e9;
            configuration.linkLatency = 17e-6;
            configuration.expertBytes = 123457;
            configuration.denseSeconds = 1.7e-3;
        }
        whatIf().change(configuration, "all");
        m_session->filters().add({LabelFilter{"language", "de"}});
        QVERIFY(tabulated());
        QVERIFY(view.point());
        QStringList unsaid;
        const QString command
            = commandOf(whatIf().now(), *whatIf().table(), *m_session->study(), 0, whatIf().scope(), unsaid);
        QVERIFY(unsaid.isEmpty());
        QVERIFY(command.contains("--where language=de"));
        const Result ran = run("/bin/sh", {"-c", command + " --json"},
            {{"PATH", QString(EXPERTSCOPE_BIN_DIR) + ':' + qEnvironmentVariable("PATH")}}, m_dir.path());
        QVERIFY2(ran.status == 0, ran.err + command.toUtf8());
        const QJsonArray rows = QJsonDocument::fromJson(ran.out)["rows"].toArray();
        std::map<QString, double> values;
        for (const QJsonValue& value : rows) {
            const QJsonObject row = value.toObject();
            if (!row["site"].isUndefined() && !row["site"].isNull())
                continue;
            values[row["metric"].toString() + row["params"].toObject()["statistic"].toString()] = row["value"].toDouble();
        }
        const auto at = placeIn(*whatIf().table(), whatIf().now());
        QCOMPARE(values["cache.hit_rate"], whatIf().table()->policies[at->policy].totals[at->capacity].hitRate());
        QCOMPARE(values["cache.tokens_per_second"], *view.point()->tokensPerSecond);
        QCOMPARE(values["cache.time_between_tokensp99"], *view.point()->p99);
        QCOMPARE(values["cache.stall_share"], *view.point()->stallShare);
    }

    void isKeptAsJson()
    {
        Configuration configuration;
        configuration.policy = "arc";
        configuration.capacity = 5;
        configuration.phase = "decode";
        configuration.linkLatency = 0;
        configuration.expertBytes = 77;
        Configuration back;
        QCOMPARE(fromJson(toJson(configuration), back), QStringList());
        QVERIFY(back == configuration);
        const QStringList missing = fromJson(
            {{"policy", "magic"}, {"level", 7}, {"capacity", -1}, {"expert_bytes", 0}, {"hardware", "toaster"}}, back);
        QCOMPARE(missing.size(), 5);
        QCOMPARE(back.policy, std::string("arc"));
    }
};

EXPERTSCOPE_TEST(TestWhatIf)
#include "tst_what_if.moc"
