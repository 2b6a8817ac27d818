// SPDX-License-Identifier: GPL-3.0-or-later
//
// A prompt that is typed, driven as a user would: the picture, what changed, what goes wrong.
#include "io/trace/trace_file.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"
#include "views/playground/playground.h"
#include "views/playground/routing_table_model.h"

#include <QElapsedTimer>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTableView>

#include <csignal>
#include <fstream>

using namespace expertscope;

namespace {

constexpr const char* kProgram = EXPERTSCOPE_BIN_DIR "/expertscope-capture";

qint64 memory()
{
    std::ifstream file("/proc/self/statm");
    qint64 size = 0, resident = 0;
    file >> size >> resident;
    return resident * 4096;
}

}

class TestPlayground : public QObject
{
    Q_OBJECT

    std::unique_ptr<Playground> m_view;

    bool shows(const QString& text)
    {
        return QTest::qWaitFor(
            [&] { return m_view->model().prompt() && m_view->model().prompt()->text == text && !m_view->client().waits(); },
            20000);
    }
    QString cell(int row, int column) { return m_view->model().index(row, column).data().toString(); }

private slots:
    void initTestCase()
    {
        QStandardPaths::setTestModeEnabled(true);
        QCoreApplication::setOrganizationName("expertscope-test");
        QCoreApplication::setApplicationName("tst_playground");
    }
    void init()
    {
        QSettings().clear();
        m_view = std::make_unique<Playground>(nullptr, kProgram);
        m_view->resize(900, 600);
        m_view->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_view.get()));
        QVERIFY(QTest::qWaitFor([&] { return m_view->client().state() == ServeClient::State::Ready; }, 30000));
    }
    void cleanup() { m_view.reset(); }

    void typingShowsTheRouting()
    {
        QCOMPARE(m_view->page(), Playground::Page::Empty);
        QVERIFY(m_view->stateText().contains("Type a prompt"));
        QElapsedTimer time;
        QTest::keyClicks(m_view->editor(), "Der Hund");
        time.start();
        QVERIFY(shows("Der Hund"));
        qInfo("last key to picture: %lld ms", time.elapsed());
        QVERIFY(time.elapsed() < 2000); // 300 on a machine of one's own
        QCOMPARE(m_view->page(), Playground::Page::Routing);
        const ServedRouting& routing = m_view->model().prompt()->routing;
        QCOMPARE(m_view->model().rowCount(), int(routing.numTokens()));
        QCOMPARE(m_view->model().columnCount(), 3 + 6);
        QCOMPARE(cell(0, RoutingTableModel::Token), "Der");
        for (int row = 0; row < m_view->model().rowCount(); ++row) {
            for (int site = 0; site < 6; ++site) {
                QStringList ids;
                for (const auto id : routing.experts(std::size_t(site), std::size_t(row)))
                    ids << QString::number(id);
                QCOMPARE(cell(row, RoutingTableModel::FirstSite + site), ids.join(' '));
            }
        }
        QVERIFY(m_view->csv().count('\n') == 1 + m_view->model().rowCount() * 6);
        m_view->setPrompt({});
        QCOMPARE(m_view->page(), Playground::Page::Empty);
    }

    void whatChanged()
    {
        m_view->setPrompt("The dog ran over the street.");
        QVERIFY(shows("The dog ran over the street."));
        QVERIFY(!m_view->model().difference());
        QVERIFY(m_view->findChild<QTableView*>("playgroundTable")->isColumnHidden(RoutingTableModel::Changed));
        m_view->keep();
        m_view->setPrompt("The cat ran over the street.");
        QVERIFY(shows("The cat ran over the street."));
        const auto& d = m_view->model().difference();
        QVERIFY(d);
        QCOMPARE(cell(0, RoutingTableModel::Changed), "0 of 6"); // nothing before it is another
        QVERIFY(d->added > 0 && d->removed > 0 && d->kept > 4);
        QCOMPARE(cell(1, RoutingTableModel::Changed), "new");
        for (int row = 0; row < m_view->model().rowCount(); ++row) {
            for (int site = 0; site < 6; ++site) { // frames are where the sets differ
                const auto shown = m_view->model().index(row, RoutingTableModel::FirstSite + site)
                                       .data(RoutingTableModel::CellRole).value<ExpertCell>();
                const auto before = d->tokens[std::size_t(row)].before;
                const bool framed = std::ranges::any_of(shown.experts, &ExpertCell::Expert::isNew);
                QCOMPARE(framed, before
                        && !sameExperts(m_view->model().before()->routing.experts(std::size_t(site), *before),
                            m_view->model().prompt()->routing.experts(std::size_t(site), std::size_t(row))));
            }
        }
        QVERIFY(m_view->statusText().contains("others have other experts"));
        // back: nothing differs from what was kept
        m_view->setPrompt("The dog ran over the street.");
        QVERIFY(shows("The dog ran over the street."));
        m_view->keptList()->clearSelection();
        QVERIFY(m_view->model().before() && m_view->model().before()->text.contains("cat"));
    }

    void promptsComeBack()
    {
        m_view->setPrompt("first");
        QVERIFY(shows("first"));
        m_view->keep();
        m_view->setPrompt("second");
        QVERIFY(shows("second"));
        const QJsonObject state = m_view->state();
        Playground other(nullptr, kProgram);
        other.restore(state);
        QCOMPARE(other.state(), state);
        other.show();
        QVERIFY(QTest::qWaitFor([&] { return other.model().prompt() && other.model().prompt()->text == "second"; }, 30000));
        other.keptList()->setCurrentRow(0); // not asked yet in this session: asked now, to compare
        QVERIFY(QTest::qWaitFor([&] { return other.model().before() && other.model().before()->text == "first"; }, 20000));
        QCOMPARE(other.model().prompt()->text, "second");
    }

    void openedAsATrace()
    {
        m_view->setPrompt("Eine Katze.");
        QVERIFY(shows("Eine Katze."));
        m_view->keep();
        m_view->setPrompt("Ein Hund.");
        QVERIFY(shows("Ein Hund."));
        QSignalSpy written(m_view.get(), &Playground::traceWritten);
        m_view->openAsTrace();
        QVERIFY(written.wait(60000));
        const QString path = written[0][0].toString();
        QVERIFY(m_view->statusText().contains(path)); // says where
        const auto trace = TraceFile::open(path.toStdString());
        VERIFY_OK(trace);
        const RoutingShape& shape = (*trace)->shape();
        QCOMPARE(shape.sequences.size(), std::size_t(2));
        QVERIFY(shape.columns.logits && (*trace)->summary().columns.loss);
        const ServedRouting& routing = m_view->model().prompt()->routing;
        QCOMPARE(std::size_t(shape.sequences[1].length), routing.numTokens());
        for (std::uint16_t s = 0; s < shape.sites.size(); ++s) {
            BlockBuffer buffer;
            const TokenRange all{shape.sequences[1].begin, TokenIndex(shape.numTokens)};
            const auto block = (*trace)->read(SiteIndex(s), all, {}, buffer);
            VERIFY_OK(block);
            QVERIFY(std::ranges::equal(block->expertIds, routing.sites[s].expertIds));
        }
    }

    void aChildThatDies()
    {
        m_view->setPrompt("before");
        QVERIFY(shows("before"));
        ::kill(static_cast<pid_t>(m_view->client().processId()), SIGKILL);
        QVERIFY(QTest::qWaitFor([&] { return m_view->page() == Playground::Page::Error; }, 5000));
        QVERIFY(m_view->stateText().contains("signal 9"));
        auto* restart = m_view->findChild<QPushButton*>("playgroundRestart");
        QVERIFY(restart->isVisible());
        restart->click();
        QVERIFY(QTest::qWaitFor([&] { return m_view->page() == Playground::Page::Routing; }, 30000));
        m_view->setPrompt("after");
        QVERIFY(shows("after"));
    }

    void aHundredEdits()
    {
        qint64 first = 0;
        QString text = "The quick brown fox";
        for (int edit = 0; edit < 120; ++edit) {
            text += edit % 5 == 4 ? QString(" jumps") : QString(QChar('a' + edit % 26));
            if (text.size() > 60)
                text.remove(3, 9);
            m_view->setPrompt(text);
            QVERIFY(shows(text));
            if (edit == 20)
                first = memory();
        }
        QVERIFY2(memory() - first < 8 << 20, qPrintable(QString::number(memory() - first)));
    }
};

EXPERTSCOPE_TEST(TestPlayground)
#include "tst_playground.moc"
