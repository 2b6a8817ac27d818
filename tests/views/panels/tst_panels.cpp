// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/counts/balance_stats.h"
#include "analysis/counts/load_table.h"
#include "tests/support/fake_chart.h"
#include "tests/support/language_trace.h"
#include "tests/support/test_main.h"
#include "views/charts/wording.h"
#include "views/panels/balance_panel.h"
#include "views/panels/chart_figure.h"
#include "views/panels/chart_panel.h"
#include "views/panels/export_dialog.h"
#include "views/panels/summary_panel.h"
#include "views/charts/trace_facts.h"
#include "views/what_if/what_if.h"
#include "views/widgets/chart_view.h"
#include "views/widgets/result_table_model.h"
#include "views/widgets/theme.h"

#include <QAbstractItemModelTester>
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSet>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

using namespace expertscope;
using namespace expertscope::testing;

class TestPanels : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    std::shared_ptr<MemoryTrace> m_trace;
    std::unique_ptr<Session> m_session;

    bool open()
    {
        m_session->open({m_dir.filePath("good.h5")});
        return QTest::qWaitFor([this] { return m_session->study() != nullptr; }, 5000);
    }

private slots:
    void init()
    {
        m_trace = languageTrace();
        m_session = std::make_unique<Session>(
            [trace = m_trace](const std::vector<std::filesystem::path>& paths) -> Expected<StudyPtr> {
                NamedTrace named{paths.front(), "good", trace, {}};
                named.summary.created = "2026-01-01T00:00:00Z";
                named.summary.uuid = "5f0c3f0e";
                named.summary.provenance.modelId = "models/tiny-moe";
                named.summary.provenance.attributes = {{"run_device_name", "a CPU"}, {"attention_path", "fused"}};
                return std::make_shared<const Study>(std::vector{std::move(named)});
            });
    }
    void cleanup() { m_session.reset(); }

    void viewsAreNamedOnce()
    {
        QSet<QString> ids, titles;
        std::map<ViewPlace, int> atFirst;
        for (const ViewSpec& spec : viewRegistry()) {
            QVERIFY2(!ids.contains(spec.id) && !titles.contains(spec.title), qPrintable(spec.id));
            ids.insert(spec.id);
            titles.insert(spec.title);
            QVERIFY(!spec.tip.isEmpty());
            atFirst[spec.place] += spec.atFirst;
        }
        for (const ViewPlace place : {ViewPlace::Centre, ViewPlace::Left, ViewPlace::Right, ViewPlace::Bottom})
            QVERIFY(atFirst[place] > 0);
        for (const ChartSpec& chart : chartRegistry())
            QVERIFY(ids.contains(QString::fromStdString("chart." + chart.name)));
    }

    /// Charts of one policy and size show what the cache what-if asks for, once that rests; a workspace keeps them apart.
    void chartsFollowTheCache()
    {
        QVERIFY(open());
        ChartPanel map(*m_session, **findChart("cache_residency")), curves(*m_session, **findChart("cache_curves"));
        map.show();
        const auto option = [](const ChartPanel& panel, const char* name) {
            return panel.chartView()->state().options().text(name);
        };
        QTRY_VERIFY_WITH_TIMEOUT(map.chartView()->chart(), 10000);
        const QByteArray before = map.csv();
        const std::string standing = option(curves, "policy");
        WhatIf& whatIf = WhatIf::of(*m_session);
        Configuration other = whatIf.now();
        other.policy = "fifo";
        for (const std::uint32_t size : {9, 10, 11}) { // a drag
            other.capacity = size;
            whatIf.change(other, "size");
            QCOMPARE(option(map, "policy"), std::string("lru"));
        }
        QTRY_COMPARE(option(map, "capacity"), std::string("11"));
        QCOMPARE(option(map, "policy"), std::string("fifo"));
        QTRY_VERIFY_WITH_TIMEOUT(map.csv() != before && map.csv().contains("policy: fifo; 11 slots"), 10000);
        QCOMPARE(option(curves, "policy"), standing);
        // Not offered by this chart: it stays, and says whose it is.
        other.policy = "static";
        other.capacity = 12;
        whatIf.change(other, "policy");
        QTRY_COMPARE(option(map, "capacity"), std::string("12"));
        QCOMPARE(option(map, "policy"), std::string("fifo"));
        whatIf.settle();
        QTest::qWait(400); // which shows it once more
        // Of a workspace: both as they were kept.
        other.policy = "lfu";
        other.capacity = 5;
        whatIf.restore(other, {});
        QTest::qWait(400);
        QCOMPARE(option(map, "capacity"), std::string("12"));
        m_session->undo().undo();
        QTRY_COMPARE(option(map, "capacity"), std::string("11"));
    }

    void factsAreWords()
    {
        QVERIFY(open());
        std::map<QString, QString> facts;
        for (const auto& [name, value] : traceFacts(m_session->study()->traces()[0]))
            facts[name] = value;
        QCOMPARE(facts["Model"], QString("models/tiny-moe"));
        QCOMPARE(facts["Experts"], QString("32, top 2"));
        QCOMPARE(facts["Tokens"], QString("2,400"));
        QCOMPARE(facts["Labels"], QString("language (3)"));
        QCOMPARE(facts["Recorded"], QString("1 January 2026, 00:00 UTC"));
        QCOMPARE(facts["Device name"], QString("a CPU"));
        QCOMPARE(facts["Attention path"], QString("fused"));
        QVERIFY(!facts.contains("Architecture")); // not known
    }

    void balanceTableFollowsTheFilter()
    {
        BalancePanel panel(*m_session);
        panel.show();
        QVERIFY(open());
        auto* table = panel.findChild<QTableView*>("balanceTable");
        const QAbstractItemModelTester tester(table->model());
        QTRY_COMPARE(table->model()->rowCount(), 7); // and their mean
        const auto maxVio = [&] {
            const LoadTable t = *m_session->study()->load(0, m_session->filters().scope()).value();
            return numberText(balanceStats({t.counts.data() + 4 * t.numExperts, 32}).maxVio);
        };
        const auto shown = [&] { return table->model()->index(4, 1).data().toString(); };
        QCOMPARE(shown(), maxVio());
        const QString before = shown();
        m_session->filters().add({LabelFilter{"language", "fr"}});
        QTRY_VERIFY(shown() != before);
        QCOMPARE(shown(), maxVio());
        QCOMPARE(table->model()->index(1, 4).data().toString(), QString("1")); // dead: layer 2, expert 3
        QCOMPARE(table->model()->index(6, 0).data().toString(), QString("mean"));
        QVERIFY(panel.csv().startsWith("Layer,MaxVio,CV,Entropy,Dead\n1,"));
    }

    void balanceTableSortsAndPins()
    {
        BalancePanel panel(*m_session);
        panel.show();
        QVERIFY(open());
        auto* table = panel.findChild<QTableView*>("balanceTable");
        QTRY_COMPARE(table->model()->rowCount(), 7);
        for (const auto order : {Qt::DescendingOrder, Qt::AscendingOrder}) {
            table->sortByColumn(1, order);
            for (int r = 1; r < 6; ++r) {
                const double a = table->model()->index(r - 1, 1).data(ResultTableModel::ValueRole).toDouble(),
                             b = table->model()->index(r, 1).data(ResultTableModel::ValueRole).toDouble();
                QVERIFY(order == Qt::DescendingOrder ? a >= b : a <= b);
            }
            QCOMPARE(table->model()->index(6, 0).data().toString(), QString("mean"));
        }
        const int layer = table->model()->index(0, 0).data().toInt();
        QTest::mouseClick(
            table->viewport(), Qt::LeftButton, {}, table->visualRect(table->model()->index(0, 2)).center());
        QCOMPARE(m_session->selection().chosen(), (Subject{.site = SiteIndex(std::uint16_t(layer - 1))}));
        QVERIFY(table->model()->index(0, 2).data(Qt::FontRole).value<QFont>().bold());
        m_session->selection().choose({.site = SiteIndex(0), .expert = ExpertIndex(3)}, this);
        for (int r = 0; r < 6; ++r)
            QCOMPARE(table->model()->index(r, 2).data(Qt::FontRole).value<QFont>().bold(),
                table->model()->index(r, 0).data().toInt() == 1);
        QTest::mouseMove(table->viewport(), table->visualRect(table->model()->index(2, 2)).center());
        QTRY_VERIFY(panel.readout().startsWith("Layer "));
        QVERIFY(panel.readout().contains("MaxVio ") && panel.readout().contains("uniform"));
    }

    void exportWritesWhatIsOnTheScreen()
    {
        applyTheme(Theme::Dark);
        ChartView view(*m_session, *findChart("load").value());
        view.resize(600, 400);
        view.show();
        QVERIFY(open());
        QTRY_COMPARE(view.page(), ChartView::Page::Picture);
        QVERIFY(view.state().setOption("sort", "load"));
        m_session->filters().add({LabelFilter{"language", "de"}});
        QTRY_VERIFY(!view.loading());
        const FigureSpec spec = figureSpecOf(view, *m_session->study());
        QCOMPARE(spec.options.at("sort"), std::string("load"));
        QCOMPARE(spec.scope.where.size(), std::size_t(1));
        QVERIFY(spec.look.limits && spec.look.scale && !spec.look.colours.isEmpty());
        QStringList got;
        ExportDialog dialog(
            spec, m_dir.filePath("out.svg"), [&](const FigureSpec& page, const QString& path, bool alone, bool replace) {
                auto written = writeChartFigure(view, *m_session->study(), page, path, {alone, replace});
                got = written.value_or(QStringList());
                return written;
            });
        auto* preset = dialog.findChild<QComboBox*>("preset");
        preset->setCurrentIndex(preset->findText("Nature, full width", Qt::MatchStartsWith));
        QCOMPARE(dialog.spec().page.widthMm, 183.0);
        dialog.findChild<QLineEdit*>("title")->setText("A title");
        dialog.accept(); // not yet written: only the button writes
        QVERIFY(got.isEmpty());
        auto* button = dialog.findChild<QPushButton*>("exportButton");
        button->click();
        QVERIFY2(dialog.findChild<QLabel*>("exportError")->text().isEmpty(),
            qPrintable(dialog.findChild<QLabel*>("exportError")->text()));
        QCOMPARE(got.size(), 3);
        QFile svg(m_dir.filePath("out.svg"));
        QVERIFY(svg.open(QIODevice::ReadOnly));
        const QByteArray text = svg.readAll();
        QVERIFY(text.contains("width=\"183mm\"") && text.contains("A title"));
        QVERIFY(text.contains("Expert, by load in its layer"));
        QVERIFY2(!text.contains("#202328") && !text.contains("#2a2e34"), "the screen's dark theme stays on the screen");
        QFile json(m_dir.filePath("out.json"));
        QVERIFY(json.open(QIODevice::ReadOnly));
        const FigureSpec written = parseFigureSpec(json.readAll(), "out.json").value();
        QCOMPARE(written.traces[0].path, QString("good.h5")); // as seen from there
        QCOMPARE(written.scope.where, spec.scope.where);
        QFile csv(m_dir.filePath("out.csv"));
        QVERIFY(csv.open(QIODevice::ReadOnly));
        QCOMPARE(csv.readAll(), view.chart()->csv());
        applyTheme(Theme::Light);
    }

    void nothingIsReplacedUnasked()
    {
        const QString path = m_dir.filePath("there.pdf");
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.close();
        int written = 0;
        ExportDialog dialog({}, path, [&](const FigureSpec&, const QString&, bool, bool) -> Expected<QStringList> {
            ++written;
            return QStringList(path);
        });
        dialog.show();
        auto* button = dialog.findChild<QPushButton*>("exportButton");
        button->click();
        QCOMPARE(written, 0);
        QCOMPARE(dialog.findChild<QLabel*>("exportError")->text(), QString("there.pdf exists."));
        QCOMPARE(button->text(), QString("Replace"));
        dialog.findChild<QLineEdit*>("path")->setText(m_dir.filePath("new.pdf")); // another file: asked anew
        QCOMPARE(button->text(), QString("Export"));
        dialog.findChild<QLineEdit*>("path")->setText(path);
        button->click();
        QCOMPARE(written, 0);
        button->click();
        QCOMPARE(written, 1);
        QVERIFY(!dialog.isVisible());
    }

    /// Agreeing to replace the figure is not agreeing to replace the data beside it.
    void whatLiesBesideIsAskedAboutToo()
    {
        const QString path = m_dir.filePath("two.pdf");
        for (const QString& name : {path, m_dir.filePath("two.csv")}) {
            QFile file(name);
            QVERIFY(file.open(QIODevice::WriteOnly));
        }
        QList<bool> written; // whether it may replace
        ExportDialog dialog({}, path, [&](const FigureSpec&, const QString&, bool, bool replace) -> Expected<QStringList> {
            written << replace;
            return QStringList(path);
        });
        dialog.show();
        auto* button = dialog.findChild<QPushButton*>("exportButton");
        auto* beside = dialog.findChild<QCheckBox*>("beside");
        const auto* said = dialog.findChild<QLabel*>("exportError");
        beside->setChecked(false);
        button->click();
        QCOMPARE(said->text(), QString("two.pdf exists."));
        beside->setChecked(true);
        QCOMPARE(button->text(), QString("Export"));
        button->click();
        QCOMPARE(said->text(), QString("two.pdf, two.csv exist."));
        QVERIFY(written.isEmpty());
        button->click();
        QCOMPARE(written, QList<bool>{true});
    }

    void exportErrorsStayInTheDialog()
    {
        ExportDialog dialog({}, "x.pdf", [](const FigureSpec&, const QString&, bool, bool) -> Expected<QStringList> {
            return fail("disk full", "x.pdf");
        });
        dialog.show();
        dialog.findChild<QPushButton*>("exportButton")->click();
        QVERIFY(dialog.isVisible());
        QCOMPARE(dialog.findChild<QLabel*>("exportError")->text(), QString("x.pdf: disk full"));
    }

    void anOpenHeightIsShown()
    {
        ExportDialog dialog({}, "x.pdf", {}, [](const PageSpec& page) { return std::optional(page.widthMm / 2); });
        QCOMPARE(dialog.findChild<QDoubleSpinBox*>("height")->text(), QString("automatic: 44.5 mm"));
        dialog.findChild<QDoubleSpinBox*>("width")->setValue(100);
        QCOMPARE(dialog.findChild<QDoubleSpinBox*>("height")->text(), QString("automatic: 50.0 mm"));
    }
};

EXPERTSCOPE_TEST(TestPanels)
#include "tst_panels.moc"
