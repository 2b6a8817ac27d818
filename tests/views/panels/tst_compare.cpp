// SPDX-License-Identifier: GPL-3.0-or-later
//
// The view that compares two sides: what it asks, what it shows, and that nothing it shows is older than its sides.
#include "tests/support/language_trace.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"
#include "views/panels/chart_figure.h"
#include "views/panels/chart_panel.h"
#include "views/panels/compare_panel.h"
#include "views/panels/difference_lists.h"
#include "views/widgets/filter_bar.h"

#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QWheelEvent>

using namespace expertscope;
using namespace expertscope::testing;

class TestCompare : public QObject
{
    Q_OBJECT

    std::map<std::string, std::shared_ptr<MemoryTrace>> m_traces;
    std::unique_ptr<Session> m_session;
    std::unique_ptr<ComparePanel> m_panel;
    const FilterStep m_german{LabelFilter{"language", "de"}}, m_french{LabelFilter{"language", "fr"}};

    static Expected<StudyPtr> open(const std::map<std::string, std::shared_ptr<MemoryTrace>>& traces,
        const std::vector<std::filesystem::path>& paths)
    {
        std::vector<NamedTrace> named;
        for (const auto& path : paths) {
            const auto found = traces.find(path.stem().string());
            if (found == traces.end())
                return fail("no such file", path.string());
            NamedTrace trace{path, found->first, found->second, {}};
            trace.summary.created = "2026-01-01T00:00:00Z";
            named.push_back(std::move(trace));
        }
        return std::make_shared<const Study>(std::move(named));
    }
    /// Nothing is on its way any more.
    bool settled()
    {
        const auto quiet = [this] {
            return m_session->opening().isEmpty() && !m_panel->chartView()->loading()
                && !m_session->waits(m_panel->findChild<DifferenceLists*>());
        };
        // What was opened is asked about in the next turns of the event loop.
        int turns = 0;
        return QTest::qWaitFor([&] { return (turns = quiet() ? turns + 1 : 0) > 3; }, 20000);
    }
    void openTrace(const QStringList& paths)
    {
        m_session->open(paths);
        QVERIFY(QTest::qWaitFor([this] { return m_session->opening().isEmpty(); }, 5000));
        QVERIFY(settled());
    }
    QByteArray shown() const { return m_panel->csv(); }
    /// What the sides come to in a study of their own.
    Expected<QByteArray> fresh(const std::string& chart, const Side& a, const Side& b, const QString& mode)
    {
        ES_ASSIGN(const StudyPtr study, open(m_traces, pathsOf()));
        const ChartSpec& spec = *findChart(chart).value();
        const bool map = std::ranges::any_of(spec.options, [](const ChartOption& o) { return o.name == "against_as"; });
        const bool turned = map && mode != "beside";
        const Side &first = turned ? b : a, &second = turned ? a : b;
        std::map<std::string, std::string> options;
        if (const std::string row = againstText(first.scope, second.scope); !row.empty())
            options["against"] = row;
        if (first.trace != second.trace)
            options["against_trace"] = std::to_string(second.trace + 1);
        if (map)
            options["against_as"] = mode.toStdString();
        ChartQuestion question{first.trace, first.scope, {}};
        ES_ASSIGN(question.params, checkOptions(spec, options));
        ES_ASSIGN(const ChartDataPtr data, spec.compute(*study, question, {}));
        Look look;
        ES_ASSIGN(const ChartPtr drawn, spec.draw(data, question.params, look));
        return drawn->csv();
    }
    std::vector<std::filesystem::path> pathsOf() const
    {
        std::vector<std::filesystem::path> paths;
        for (const QString& path : m_session->paths())
            paths.emplace_back(path.toStdString());
        return paths;
    }
    std::size_t listed(const char* id) const
    {
        return std::size_t(m_panel->findChild<QTableView*>(id)->model()->rowCount());
    }

private slots:
    void init()
    {
        m_traces = {{"a", languageTrace(4, 16, 400)}, {"b", languageTrace(4, 16, 60)}, {"wide", languageTrace(3, 24, 60)}};
        // b never uses an expert that a does.
        for (std::uint16_t& id : m_traces["b"]->ids[0]) {
            if (id == 1)
                id = 2;
        }
        m_session = std::make_unique<Session>(
            [traces = m_traces](const std::vector<std::filesystem::path>& paths) { return open(traces, paths); });
        m_panel = std::make_unique<ComparePanel>(*m_session);
        m_panel->resize(900, 700);
        m_panel->show();
    }
    void cleanup()
    {
        m_panel.reset();
        m_session.reset();
    }

    void saysWhatIsMissing()
    {
        QVERIFY(m_panel->stateText().contains("Open a trace"));
        openTrace({"a.h5"});
        QVERIFY(m_panel->stateText().contains("Nothing to compare with yet"));
        QVERIFY(!m_panel->findChild<QPushButton*>("compareOthers")->isVisible());
        QVERIFY(!m_panel->findChild<QToolButton*>("compareSwap")->isEnabled());
        m_session->filters().add(m_german);
        QVERIFY(settled());
        auto* others = m_panel->findChild<QPushButton*>("compareOthers");
        QVERIFY(others->isVisible());
        QCOMPARE(others->text(), QString("B: all but language=de"));
        others->click();
        QVERIFY(settled());
        QCOMPARE(m_panel->stateText(), QString());
        QVERIFY(m_panel->sideB().scope.without == (std::vector<LabelFilter>{{"language", "de"}}));
        m_session->besideSide().filters().clear();
        m_session->besideSide().filters().add(m_german);
        QVERIFY(settled());
        QVERIFY(m_panel->stateText().contains("the same tokens"));
    }

    void showsBothSidesInEachMode()
    {
        openTrace({"a.h5"});
        m_session->filters().add(m_german);
        m_session->besideSide().filters().add(m_french);
        QVERIFY(settled());
        for (const char* mode : {"beside", "difference", "ratio", "beside"}) {
            m_panel->setMode(mode);
            QVERIFY(settled());
            QCOMPARE(m_panel->mode(), QString(mode));
            const auto expected = fresh("load", m_panel->sideA(), m_panel->sideB(), mode);
            VERIFY_OK(expected);
            QCOMPARE(shown(), *expected);
        }
        // Two maps with one colour key, zoomed and pointed at together.
        ChartWidget* const plot = m_panel->chartView()->widget();
        const Picture& picture = *plot->chart()->picture();
        QCOMPARE(picture.panels.size(), std::size_t(2));
        QCOMPARE(picture.panels[0].title, QString("de"));
        QCOMPARE(picture.panels[1].title, QString("fr"));
        plot->setCurrent(Mark{0, 0, 1, 4});
        QCOMPARE(plot->hoveredMarks().size(), std::size_t(2));
        const auto value = [&](std::uint16_t panel) {
            return std::get<HeatMapPtr>(picture.panels[panel].layers[0])->values.at(1, 4);
        };
        const QString readout = m_panel->readout();
        QVERIFY2(readout.contains("fr − de"), qPrintable(readout));
        QVERIFY(value(0) != value(1));
        // What is exported is what is shown, with the trace that it is of.
        const FigureSpec spec = figureSpecOf(*m_panel->chartView(), *m_session->study());
        QCOMPARE(spec.options.at("against"), std::string("language=fr"));
        QCOMPARE(spec.options.at("against_as"), std::string("beside"));
        QVERIFY(spec.scope.where == (std::vector<LabelFilter>{{"language", "de"}}));
        // B − A, undone.
        m_panel->setMode("difference");
        QVERIFY(settled());
        QVERIFY(QString(plot->chart()->picture()->key->title).replace(QChar::Nbsp, ' ').endsWith("fr − de"));
        m_session->undo().undo();
        QVERIFY(settled());
        QCOMPARE(m_panel->mode(), QString("beside"));
    }

    void zoomsPanelsTogether()
    {
        openTrace({"a.h5"});
        m_session->besideSide().filters().add(m_french);
        QVERIFY(settled());
        ChartWidget* const plot = m_panel->chartView()->widget();
        QTRY_VERIFY(!plot->placeOf({0, 0, 1, 3}).isNull());
        const QPoint inFirst = plot->placeOf({0, 0, 1, 3});
        QVERIFY(!plot->isZoomed());
        QWidget* const canvas = plot->childAt(inFirst);
        QWheelEvent own(canvas->mapFrom(plot, inFirst), plot->mapToGlobal(inFirst), {}, {0, 480}, Qt::NoButton,
            Qt::NoModifier, Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(canvas, &own);
        QTRY_VERIFY(plot->isZoomed());
        // A cell is as far from its panel's edge in both.
        const Mark first{0, 0, 1, 3}, second{1, 0, 1, 3};
        const QPoint a = plot->placeOf(first), b = plot->placeOf(second);
        QVERIFY(!a.isNull() && !b.isNull());
        const auto gap = [&](const Mark& mark) {
            Mark next = mark;
            ++next.column;
            return plot->placeOf(next).x() - plot->placeOf(mark).x();
        };
        QCOMPARE(gap(first), gap(second));
        QVERIFY(gap(first) > 0);
    }

    void listsAreTheCounts()
    {
        openTrace({"a.h5", "b.h5"});
        m_session->besideSide().choose(1);
        QVERIFY(settled());
        const LoadTable a = *m_session->study()->load(0, {}).value(), b = *m_session->study()->load(1, {}).value();
        std::size_t onlyA = 0, onlyB = 0;
        for (std::size_t i = 0; i < a.counts.size(); ++i) {
            onlyA += a.counts[i] > 0 && b.counts[i] == 0;
            onlyB += b.counts[i] > 0 && a.counts[i] == 0;
        }
        QVERIFY(onlyA > 0);
        QCOMPARE(listed("onlyA"), onlyA);
        QCOMPARE(listed("onlyB"), onlyB);
        auto* lists = m_panel->findChild<DifferenceLists*>();
        lists->tabs()->setCurrentIndex(0);
        auto* table = m_panel->findChild<QTableView*>("onlyA");
        const QModelIndex first = table->model()->index(0, 0);
        QCOMPARE(first.data().toString(), QString("1"));
        QCOMPARE(first.siblingAtColumn(1).data().toString(), QString("1"));
        QCOMPARE(first.siblingAtColumn(7).data().toString(), QString("0"));
        emit table->clicked(first);
        QCOMPARE(m_session->selection().pins(),
            (std::vector{Subject{.site = SiteIndex(0), .expert = ExpertIndex(1)}}));
        QVERIFY(lists->csv().startsWith("Layer,Expert,A,B,"));
        QCOMPARE(lists->csv().count('\n'), int(onlyA) + 1);
        // Languages differ beyond noise, halves of one do not.
        m_session->besideSide().choose(0);
        m_session->besideSide().filters().add(m_french);
        m_session->filters().add(m_german);
        QVERIFY(settled());
        QVERIFY(listed("beyondNoise") > 0);
        const auto found = expertDifferences(*m_session->study(), m_panel->sideA(), m_panel->sideB());
        QCOMPARE(listed("beyondNoise"), found->beyond.size());
        for (const ExpertDifference& row : found->beyond) {
            QVERIFY(row.countA > 0 && row.countB > 0 && row.a != row.b);
            QVERIFY(!row.interval); // of two sequences each: noise is that of tokens
        }
        QVERIFY(lists->summary().contains("alike but for noise") && lists->summary().contains("no intervals"));
        // Where there is no room for both, the chart is a tab.
        m_panel->resize(500, 380);
        QTRY_COMPARE(lists->tabs()->count(), 4);
        QVERIFY(m_panel->chartView()->isVisible());
        m_panel->resize(900, 700);
        QTRY_COMPARE(lists->tabs()->count(), 3);
        QVERIFY(m_panel->chartView()->isVisible());
    }

    /// Twelve sequences a side: intervals as `compare --bootstrap` has them, and what lies within one is no difference.
    void intervalsAreOverSequences()
    {
        auto many = std::make_shared<MemoryTrace>(std::size_t(1), std::uint16_t(8), std::uint16_t(1));
        std::vector<std::string> halves;
        std::uint64_t state = 11;
        for (int s = 0; s < 24; ++s) {
            many->addSequence(200, "s" + std::to_string(s));
            halves.push_back(s % 2 ? "odd" : "even");
        }
        many->addLabel("half", halves);
        many->ids[0].clear();
        for (int s = 0; s < 24; ++s) {
            for (int t = 0; t < 200; ++t) {
                state = mix(state);
                const auto e = std::uint16_t((state >> 20) % 8);
                many->ids[0].push_back(s % 2 && e < 2 ? std::uint16_t(0) : e); // odd ones never use 1
            }
        }
        NamedTrace named{"many.h5", "many", many, {}};
        const Study study(std::vector{std::move(named)});
        Scope even, odd;
        even.where = {{"half", "even"}};
        odd.where = {{"half", "odd"}};
        const auto found = expertDifferences(study, {0, even}, {0, odd});
        VERIFY_OK(found);
        QVERIFY(found->intervals);
        QCOMPARE(found->onlyA.size(), std::size_t(1));
        QCOMPARE(found->onlyA[0].expert.value, std::uint16_t(1));
        QVERIFY(found->onlyA[0].beyondNoise && found->onlyB.empty());
        QCOMPARE(found->beyond.size(), std::size_t(1));
        const ExpertDifference& row = found->beyond[0];
        QCOMPARE(row.expert.value, std::uint16_t(0));
        QVERIFY(row.interval && row.interval->first > 0 && row.interval->first < row.b - row.a
            && row.b - row.a < row.interval->second);
        QCOMPARE(found->unchanged, std::uint64_t(6));
        // The other way round.
        const auto back = expertDifferences(study, {0, odd}, {0, even});
        QCOMPARE(back->onlyB.size(), std::size_t(1));
        QCOMPARE(back->beyond[0].b - back->beyond[0].a, row.a - row.b);
        QCOMPARE(back->unchanged, found->unchanged);
        const Study unknown(std::vector{NamedTrace{"many.h5", "many", many, {}}});
        QVERIFY(!expertDifferences(unknown, {0, even}, {0, odd}, [](double) { return false; }));
    }

    void aHasFiltersOfItsOwn()
    {
        openTrace({"a.h5"});
        m_session->filters().add(m_german);
        m_session->besideSide().filters().add(m_french);
        m_panel->setFollowing(false);
        QVERIFY(settled());
        QVERIFY(m_panel->sideA().scope == m_session->filters().scope()); // from where it was
        m_session->filters().clear();
        QVERIFY(settled());
        QVERIFY(m_panel->sideA().scope.where == (std::vector<LabelFilter>{{"language", "de"}}));
        QCOMPARE(shown(), *fresh("load", m_panel->sideA(), m_panel->sideB(), "beside"));
        m_panel->findChild<QToolButton*>("compareSwap")->click();
        QVERIFY(settled());
        QVERIFY(m_panel->sideA().scope.where == (std::vector<LabelFilter>{{"language", "fr"}}));
        QVERIFY(m_session->filters().steps().empty());
        m_panel->setFollowing(true);
        QVERIFY(settled());
        QVERIFY(m_panel->sideA().scope.everything());
    }

    void curvesAreDrawnInOne()
    {
        openTrace({"a.h5"});
        m_session->filters().add(m_german);
        m_session->besideSide().filters().add(m_french);
        m_panel->setChart("repetition");
        QVERIFY(settled());
        QVERIFY(!m_panel->findChild<QComboBox*>("compareMode")->isEnabled());
        const Curves& curves =
            std::get<Curves>(m_panel->chartView()->chart()->picture()->panels.front().layers.front());
        QCOMPARE(curves.curves[0].name, QString("de"));
        QCOMPARE(curves.curves[1].name, QString("fr"));
        QCOMPARE(shown(), *fresh("repetition", m_panel->sideA(), m_panel->sideB(), {}));
        m_panel->setChart("coactivation");
        QVERIFY(settled());
        QCOMPARE(shown(), *fresh("coactivation", m_panel->sideA(), m_panel->sideB(), "beside"));
    }

    void shapesThatDifferAreSaid()
    {
        openTrace({"a.h5", "wide.h5"});
        m_session->besideSide().choose(1);
        m_panel->setMode("difference");
        QVERIFY(settled());
        QVERIFY(m_panel->findChild<QLabel*>("shapeNote")->text().contains("wide has 3 routers of up to 24 experts"));
        QVERIFY2(m_panel->chartView()->errorText().contains("rows"), qPrintable(m_panel->chartView()->errorText()));
        m_panel->setMode("beside");
        QVERIFY(settled());
        QCOMPARE(m_panel->chartView()->page(), ChartView::Page::Picture);
    }

    /// Whatever is done: what is shown is what the sides are.
    void aRandomWalk_data()
    {
        QTest::addColumn<int>("seed");
        for (int seed = 1; seed <= 4; ++seed)
            QTest::addRow("%d", seed) << seed;
    }
    void aRandomWalk()
    {
        QFETCH(int, seed);
        ChartPanel window(*m_session, *findChart("load").value());
        window.resize(400, 300);
        window.show();
        openTrace({"a.h5"});
        std::uint64_t state = std::uint64_t(seed);
        const auto draw = [&](std::size_t n) {
            state = mix(state);
            return std::size_t(state >> 33) % n;
        };
        const std::vector<FilterStep> steps{m_german, m_french, {LabelFilter{"language", "en"}, false},
            {ExpertAt{SiteIndex(1), ExpertIndex(5)}}, {TokenRange{TokenIndex(0), TokenIndex(200)}}};
        const char* const charts[] = {"load", "coactivation", "balance"};
        const char* const modes[] = {"beside", "difference", "ratio"};
        QString chart = "load";
        int compared = 0;
        for (int i = 0; i < 40; ++i) {
            SideState& side = draw(2) ? m_session->mainSide() : m_session->besideSide();
            switch (draw(11)) {
            case 0:
                m_session->openBeside({draw(2) ? "b.h5" : "a.h5"});
                break;
            case 1:
            case 2:
            case 3:
                side.filters().add(steps[draw(steps.size())]);
                break;
            case 4:
                side.filters().pop();
                break;
            case 5:
                m_panel->findChild<QToolButton*>("compareSwap")->click();
                break;
            case 6:
                m_session->closeBeside();
                break;
            case 7:
                m_session->undo().undo();
                break;
            case 8:
                chart = charts[draw(3)];
                m_panel->setChart(chart);
                break;
            case 9:
                m_panel->setMode(modes[draw(3)]);
                break;
            case 10:
                if (draw(3) == 0) {
                    m_session->open({"a.h5"});
                } else {
                    m_session->reload();
                }
                break;
            }
            if (draw(3) == 0)
                continue; // the next one comes before the answer
            QVERIFY(settled());
            QVERIFY(QTest::qWaitFor([&] { return !window.chartView()->loading(); }, 20000));
            // The window's own chart is of side A.
            const StudyPtr study = open(m_traces, pathsOf()).value();
            const ChartSpec& load = *findChart("load").value();
            ChartQuestion question = m_session->question(checkOptions(load, {}).value());
            Look look;
            const auto data = load.compute(*study, question, {});
            if (data)
                QCOMPARE(window.csv(), (*load.draw(*data, question.params, look))->csv());
            else
                QVERIFY(!window.chartView()->errorText().isEmpty());
            if (!m_panel->ready()) {
                QVERIFY(!m_panel->stateText().isEmpty());
                continue;
            }
            const Side a = m_panel->sideA(), b = m_panel->sideB();
            const auto expected = fresh(chart.toStdString(), a, b, m_panel->mode());
            if (!expected) {
                QCOMPARE(m_panel->chartView()->errorText(), QString::fromStdString(expected.error().message()));
                continue;
            }
            QCOMPARE(m_panel->chartView()->errorText(), QString());
            QCOMPARE(shown(), *expected);
            const auto lists = expertDifferences(*study, a, b);
            VERIFY_OK(lists);
            QCOMPARE(listed("onlyA"), lists->onlyA.size());
            QCOMPARE(listed("onlyB"), lists->onlyB.size());
            QCOMPARE(listed("beyondNoise"), lists->beyond.size());
            ++compared;
        }
        QVERIFY(compared > 0);
    }
};

EXPERTSCOPE_TEST(TestCompare)
#include "tst_compare.moc"
