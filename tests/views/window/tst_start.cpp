// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is opened and how: start page, bundled traces, workspaces, results, files that change under the window.
#include "analysis/results/hdf5_writer.h"
#include "analysis/results/json_writer.h"
#include "analysis/results/result_kinds.h"
#include "app/desktop/actions/keys_help.h"
#include "app/desktop/results/results_window.h"
#include "app/desktop/start/demo_traces.h"
#include "app/desktop/start/start_page.h"
#include "app/desktop/start/trace_card.h"
#include "app/desktop/workspace/built_in_workspaces.h"
#include "app/desktop/workspace/workspace_actions.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"
#include "tests/views/trace_fixture.h"
#include "tests/views/window/window_fixture.h"
#include "views/panels/compare_panel.h"
#include "views/widgets/elided_label.h"

#include <QDialog>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTableView>
#include <QTextBrowser>
#include <QToolButton>

#include <sstream>

using namespace expertscope;
using namespace expertscope::testing;

class TestStart : public WindowTest
{
    Q_OBJECT

    QString notice() const { return child<ElidedLabel>("noticeText")->text(); }
    bool noticed() const { return child<QWidget>("notice")->isVisible(); }
    void write(const QString& path, const QByteArray& bytes) const
    {
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(bytes);
    }
    static QByteArray jsonOf(const results::ResultDocument& document)
    {
        std::ostringstream out;
        results::writeResultsJson(out, document);
        return QByteArray::fromStdString(out.str());
    }
    QString realTrace(const QString& name)
    {
        const QString path = m_dir.filePath(name);
        const auto written = writeTrace(*scoredTrace(), path.toStdString());
        return written ? path : QString();
    }

private slots:
    void initTestCase() { useOwnSettings("tst_start"); }
    void init()
    {
        QSettings().clear();
        QVERIFY(start(Session::openWithCache));
    }
    void cleanup() { m_window.reset(); }

    void everyQuestionHasAViewAndADemo()
    {
        QVERIFY(questions().size() >= 10);
        for (const Question& question : questions()) {
            QVERIFY2(views().spec(question.view), qPrintable(question.view));
            QVERIFY2(std::ranges::any_of(builtInWorkspaces(),
                         [&](const BuiltInWorkspace& workspace) { return workspace.id == question.workspace; }),
                qPrintable(question.workspace));
            const auto traces = demoTraces();
            QVERIFY2(question.demo.isEmpty() || std::ranges::any_of(traces, [&](const DemoTrace& trace) { return trace.id == question.demo; }),
                qPrintable(question.demo));
        }
    }

    void aCardOpensItsTrace()
    {
        auto* card = child<TraceCard>("card.trained");
        QVERIFY(card && card->isVisible());
        const QImage map = loadThumbnail(card->trace().files.front());
        QCOMPARE(map.size(), QSize(32, 6));
        card->click();
        QTRY_VERIFY(session().study());
        QTRY_VERIFY_WITH_TIMEOUT(settled(), 20000);
        QCOMPARE(session().study()->traces().size(), std::size_t(1));
        // The thumbnail is the load about uniform.
        const LoadTable table = counts();
        int busiest = 0, reddest = 0;
        for (int e = 1; e < 32; ++e) {
            const auto count = [&](int x) { return table.count(SiteIndex(2), ExpertIndex(std::uint16_t(x))); };
            busiest = count(e) > count(busiest) ? e : busiest;
            const auto warmth = [&](int x) { return qRed(map.pixel(x, 2)) - qBlue(map.pixel(x, 2)); };
            reddest = warmth(e) > warmth(reddest) ? e : reddest;
        }
        QCOMPARE(reddest, busiest);
    }

    void aQuestionOpensWhatAnswersIt()
    {
        QPushButton* button = nullptr;
        for (QPushButton* each : m_window->findChildren<QPushButton*>("question")) {
            if (each->text().contains("form during training"))
                button = each;
        }
        QVERIFY(button && button->isVisible());
        QTest::keyClick(button, Qt::Key_Return);
        QTRY_VERIFY(session().study());
        QTRY_VERIFY(views().isInFront("chart.training"));
        QCOMPARE(session().study()->traces().size(), std::size_t(5));
        QTRY_VERIFY_WITH_TIMEOUT(settled() && chart("training")->chart(), 30000);
    }

    void aChangedFileIsSaidAndReloaded()
    {
        const QString path = realTrace("changes.h5");
        QVERIFY(openAndWait(path));
        const QByteArray before = load()->chart()->csv();
        VERIFY_OK(writeTrace(*languageTrace(4, 16, 100), m_dir.filePath("next.h5").toStdString()));
        QFile::remove(path);
        QFile::rename(m_dir.filePath("next.h5"), path); // as a capture that is done again puts it there
        QTRY_VERIFY(noticed());
        QVERIFY2(notice().contains("changes.h5 has changed"), qPrintable(notice()));
        QCOMPARE(load()->chart()->csv(), before); // nothing is lost before it is asked for
        child<QToolButton>("noticeDo")->click();
        QTRY_VERIFY(load()->chart() && map(load()).rows() == 4);
        QVERIFY(!noticed());
    }

    void aFileThatGoesIsSaid()
    {
        const QString path = realTrace("goes.h5");
        QVERIFY(openAndWait(path));
        const QByteArray before = load()->chart()->csv();
        QVERIFY(QFile::remove(path));
        QTRY_VERIFY(noticed());
        QVERIFY2(notice().contains("goes.h5 is gone"), qPrintable(notice()));
        QCOMPARE(load()->chart()->csv(), before);
        trigger("file.reload"); // it fails, and what is shown stays
        QTRY_VERIFY(session().error());
        QCOMPARE(load()->chart()->csv(), before);
        QVERIFY(noticed());
    }

    void aTruncatedFileIsSaid()
    {
        const QString path = realTrace("shrinks.h5");
        QVERIFY(openAndWait(path));
        const QByteArray before = load()->chart()->csv();
        QVERIFY(QFile::resize(path, 3000));
        QTRY_VERIFY(noticed());
        QVERIFY2(notice().contains("shrinks.h5 has changed"), qPrintable(notice()));
        child<QToolButton>("noticeDo")->click();
        QTRY_VERIFY(session().error());
        QCOMPARE(load()->chart()->csv(), before);
    }

    void resultsOpenAsATable_data()
    {
        QTest::addColumn<QString>("name");
        QTest::newRow("JSON") << "results.json";
        QTest::newRow("HDF5") << "results.h5";
    }
    void resultsOpenAsATable()
    {
        QFETCH(QString, name);
        const Study study({{"x.h5", "x", scoredTrace(), {}}});
        MetricQuestion question;
        question.metrics = {{"balance"}, {"load"}};
        const auto answers = study.metrics(0, question);
        QVERIFY(answers);
        results::ResultDocument document;
        document.origin.traces = {{{"path", "x.h5"}}};
        for (const ResultsPtr& answer : *answers)
            document.results.rows.insert(document.results.rows.end(), answer->rows.begin(), answer->rows.end());
        const QString path = m_dir.filePath(name);
        if (name.endsWith("json"))
            write(path, jsonOf(document));
        else
            VERIFY_OK(results::writeResultsHdf5({path.toStdString(), results::hdf5Kind(), {}, true}, document));
        m_window->open({path});
        QTRY_VERIFY(child<ResultsWindow>("resultsWindow"));
        auto* window = child<ResultsWindow>("resultsWindow");
        QTRY_COMPARE(window->rows(), int(document.results.rows.size()));
        QVERIFY(!session().error());
        window->findChild<QLineEdit*>("resultsSearch")->setText("balance.cv");
        QCOMPARE(window->rows(), 7); // six layers and their mean
        window->close();
    }

    void theLastSessionGoesOn()
    {
        QFile::remove(WorkspaceActions::lastPath());
        QVERIFY(start(Session::openWithCache));
        QVERIFY(!child<QPushButton>("lastSession"));
        QVERIFY(openAndWait(realTrace("last.h5")));
        session().filters().add({LabelFilter{"language", "de"}});
        views().show("chart.affinity");
        QTRY_VERIFY(settled());
        m_window->close();
        QVERIFY(start(Session::openWithCache));
        auto* button = child<QPushButton>("lastSession");
        QVERIFY(button && button->isVisible());
        button->click();
        QTRY_VERIFY(session().study());
        QTRY_VERIFY(views().isShown("chart.affinity"));
        QTRY_COMPARE(session().filters().steps(), (std::vector<FilterStep>{{LabelFilter{"language", "de"}, true}}));
        QFile::remove(WorkspaceActions::lastPath());
    }

    void comparingTwoTracesShowsTheirDifference()
    {
        QVERIFY(openAndWait(QStringList{realTrace("a.h5"), realTrace("b.h5")}));
        trigger("workspace.compare");
        QTRY_VERIFY(settled());
        QVERIFY(views().isInFront("compare"));
        auto* compare = static_cast<ComparePanel*>(m_window->view("compare"));
        QVERIFY2(compare->ready(), qPrintable(compare->stateText())); // the first against the last
        QCOMPARE(compare->sideB().trace, std::size_t(1));
        compare->setMode("difference");
        QTRY_VERIFY(settled() && compare->chartView()->chart());
        for (std::uint32_t e = 0; e < 32; ++e)
            QCOMPARE(map(compare->chartView()).values.at(3, e), 0.f); // the same trace twice
    }

    void aTableIsRefusedInWords()
    {
        write(m_dir.filePath("table.csv"), "a,b\n");
        m_window->open({m_dir.filePath("table.csv")});
        const QString said = child<QLabel>("errorText")->text();
        QVERIFY2(said.contains("table.csv") && said.contains("is a table"), qPrintable(said));
        QVERIFY(child<QLabel>("errorText")->isVisible());
    }

    void definitionsComeFromTheRegistries()
    {
        QVERIFY(openAndWait(realTrace("defined.h5")));
        for (const ChartSpec& spec : chartRegistry()) {
            const QString text = m_window->view(QString::fromStdString("chart." + spec.name))->definition();
            QVERIFY2(text.contains(spec.definition.toHtmlEscaped()), spec.name.c_str());
            for (const MetricRequest& metric :
                spec.metrics ? spec.metrics(checkOptions(spec, {}).value()) : std::vector<MetricRequest>()) {
                const MetricSpec& registered = *findMetric(metric.name).value();
                QVERIFY2(
                    text.contains(QString::fromStdString(registered.definition).toHtmlEscaped()), spec.name.c_str());
                QVERIFY2(text.contains(QString::fromStdString(registered.source).toHtmlEscaped()), spec.name.c_str());
            }
        }
        trigger("help.definition");
        auto* dialog = child<QDialog>("definition");
        QVERIFY(dialog && dialog->isVisible());
        QVERIFY(dialog->findChild<QTextBrowser*>()->toPlainText().contains("by chance"));
        trigger("help.keys");
        const QString keys = child<QDialog>("keysHelp")->findChild<QTextBrowser*>()->toPlainText();
        QVERIFY(keys.contains("move the crosshair") && keys.contains("Ctrl+P"));
    }
};

EXPERTSCOPE_TEST(TestStart)
#include "tst_start.moc"
