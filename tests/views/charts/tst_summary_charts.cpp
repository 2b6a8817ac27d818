// SPDX-License-Identifier: GPL-3.0-or-later
//
// Charts of a summary are those of its trace, or say that a summary does not hold what they need.
#include "analysis/study/summary.h"
#include "tests/support/scored_trace.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"
#include "tests/views/charts/chart_table.h"
#include "tests/views/load_fixture.h"
#include "views/charts/trace_facts.h"

#include <QTemporaryDir>
#include <QTest>

#include <set>

using namespace expertscope;
using namespace expertscope::testing;

class TestSummaryCharts : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    std::shared_ptr<MemoryTrace> m_source = scoredTrace(4, 16, 120);
    std::unique_ptr<Study> m_trace;
    std::shared_ptr<const Study> m_summary;

    /// But for the name of the file.
    static QByteArray numbers(const ChartPtr& chart)
    {
        QByteArray lines;
        for (const QByteArray& line : chart->csv().split('\n')) {
            if (!line.startsWith("# trace") && !line.contains("uuid"))
                lines += line + '\n';
        }
        return lines;
    }

private slots:
    void initTestCase()
    {
        m_trace = std::make_unique<Study>(studyOf({m_source.get()}));
        VERIFY_OK(writeSummary(*m_trace, 0, {}, {m_dir.filePath("trace.h5").toStdString(), summaryKind(), {}, false}));
        const auto opened = Study::open({m_dir.filePath("trace.h5").toStdString()});
        VERIFY_OK(opened);
        m_summary = *opened;
    }

    void chartsAreThoseOfTheTrace_data()
    {
        QTest::addColumn<QString>("chart");
        for (const ChartSpec& spec : chartRegistry())
            QTest::newRow(spec.name.c_str()) << QString::fromStdString(spec.name);
    }
    void chartsAreThoseOfTheTrace()
    {
        // What is told token by token, and what is simulated.
        static const std::set<std::string> needTokens{"tokens", "timeline", "cache_curves", "cache_map", "cache_residency",
            "cache_timeline", "cache_time", "cache_phases", "prefetch", "predictability", "reroute", "fewer_experts", "placement",
            "expert_similarity"}; // which groups the experts of one layer anew
        static const std::set<std::string> needSeveral{"training", "expert_life"};
        QFETCH(QString, chart);
        const std::string name = chart.toStdString();
        Scope german;
        german.where = {{"language", "de"}};
        for (const Scope& scope : {Scope(), german}) {
            const auto of = drawnChart(name, *m_trace, {}, {}, 0, scope), from = drawnChart(name, *m_summary, {}, {}, 0, scope);
            if (needTokens.contains(name)) {
                QVERIFY(!from);
                QVERIFY2(from.error().message().find("summary") != std::string::npos, from.error().message().c_str());
                continue;
            }
            if (!of) {
                QVERIFY2(!from, name.c_str());
                continue;
            }
            if (!from && !(scope == Scope())) { // of label values less is held: it is said
                QVERIFY2(from.error().message().find("summary") != std::string::npos, from.error().message().c_str());
                continue;
            }
            VERIFY_OK(from);
            QCOMPARE(numbers(*from), numbers(*of));
        }
        QVERIFY(needTokens.contains(name) || needSeveral.contains(name) || drawnChart(name, *m_summary));
    }

    void factsSayWhatItIs()
    {
        std::map<QString, QString> facts;
        for (const auto& [name, value] : traceFacts(m_summary->traces()[0]))
            facts[name] = value;
        QVERIFY2(facts["Summary"].endsWith("answers, no tokens"), qPrintable(facts["Summary"]));
        QVERIFY2(facts["File"].startsWith("trace.h5, ") && facts["File"].contains("of a trace of"), qPrintable(facts["File"]));
        QCOMPARE(facts["Tokens"], QString("720"));
    }

    /// Another layer than the first.
    void layersAreTakenOutOfAll()
    {
        for (const char* chart : {"coactivation", "load_by_label", "specialisation", "cofire", "position", "divergence"}) {
            const ChartSpec& spec = **findChart(chart);
            const bool bySite = std::ranges::any_of(spec.options, [](const ChartOption& o) { return o.name == "site"; });
            const std::map<std::string, std::string> options = bySite ? std::map<std::string, std::string>{{"site", "2"}} : std::map<std::string, std::string>{};
            const auto of = drawnChart(chart, *m_trace, options), from = drawnChart(chart, *m_summary, options);
            VERIFY_OK(of);
            VERIFY_OK(from);
            QCOMPARE(numbers(*from), numbers(*of));
        }
    }
};

EXPERTSCOPE_TEST(TestSummaryCharts)
#include "tst_summary_charts.moc"
