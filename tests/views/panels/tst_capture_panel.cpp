// SPDX-License-Identifier: GPL-3.0-or-later
//
// A capture watched from the window: the session follows it to its end and keeps what was chosen; what goes wrong is a
// message in the panel.
#include "tests/support/test_main.h"
#include "tests/support/verify.h"
#include "views/panels/capture_panel.h"
#include "views/playground/capture_form.h"
#include "views/session/session.h"

#include <QElapsedTimer>
#include <QFileInfo>
#include <QPushButton>
#include <QStandardPaths>
#include <QTemporaryDir>

#include <algorithm>
#include <csignal>

using namespace expertscope;

class TestCapturePanel : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    std::unique_ptr<Session> m_session;
    std::unique_ptr<CapturePanel> m_panel;

    CaptureForm& form() { return *m_panel->form(); }
    QPushButton* button() { return m_panel->findChild<QPushButton*>("captureStart"); }
    void order(const QString& name)
    {
        CaptureOrder order;
        order.model = EXPERTSCOPE_SOURCE_DIR "/resources/demo";
        order.prompts = order.model + "/prompts.jsonl";
        order.output = m_dir.filePath(name);
        order.logits = true;
        form().setOrder(order);
    }
    bool ends() { return QTest::qWaitFor([this] { return !form().run().running(); }, 180000); }

private slots:
    void initTestCase()
    {
        QStandardPaths::setTestModeEnabled(true);
        if (captureProgram().isEmpty())
            QSKIP("built without LibTorch");
    }
    void init()
    {
        m_session = std::make_unique<Session>([](const std::vector<std::filesystem::path>& paths) { return Study::open(paths); });
        m_panel = std::make_unique<CapturePanel>(*m_session);
        m_panel->resize(320, 500);
        m_panel->show();
    }
    void cleanup()
    {
        m_panel.reset();
        m_session.reset();
    }

    void watchedToItsEnd()
    {
        order("watched.h5");
        const QString output = m_dir.filePath("watched.h5");
        std::vector<std::uint64_t> seen;
        std::vector<qint64> moments;
        QElapsedTimer time;
        time.start();
        connect(m_session.get(), &Session::opened, this, [&] {
            seen.push_back(m_session->study()->shape().numTokens);
            moments.push_back(time.elapsed());
            if (seen.size() == 1) { // the user looks closer while it grows
                m_session->filters().add({LabelFilter{"language", "en"}});
                m_session->selection().choose({.site = SiteIndex(2), .expert = ExpertIndex(7)}, this);
            }
        });
        button()->click();
        QVERIFY(QTest::qWaitFor([&] { return form().run().tokensDone() > 0; }, 120000));
        QVERIFY2(form().statusText().contains("left"), qPrintable(form().statusText()));
        QVERIFY(QTest::qWaitFor([&] { return !seen.empty() || !form().run().running(); }, 120000));
        const QString look = form().follower().path();
        QVERIFY(look.endsWith("/watched.h5") && look != output);
        QVERIFY(ends());
        QVERIFY(QTest::qWaitFor([&] { return m_session->paths() == QStringList{output} && m_session->opening().isEmpty(); }, 60000));
        QVERIFY(seen.size() >= 2);
        QVERIFY(std::ranges::is_sorted(seen));
        QCOMPARE(seen.back(), std::uint64_t(form().run().tokens()));
        QVERIFY(m_session->study()->traces()[0].summary.complete);
        for (std::size_t i = 1; i + 1 < moments.size(); ++i)
            QVERIFY2(moments[i] - moments[i - 1] >= 250, qPrintable(QString::number(moments[i] - moments[i - 1])));
        // What was chosen at the first look is still chosen.
        QCOMPARE(m_session->filters().steps().size(), std::size_t(1));
        QCOMPARE(m_session->selection().pins().size(), std::size_t(1));
        QVERIFY(form().statusText().contains("written to") && form().logText().contains("written"));
        m_panel.reset();
        QVERIFY(!QFileInfo::exists(look)); // nothing is left behind
    }

    void anotherTraceStays()
    {
        order("aside.h5");
        const QString other = EXPERTSCOPE_SOURCE_DIR "/resources/demo/formation/tokens-002129920.h5";
        button()->click();
        QVERIFY(QTest::qWaitFor([&] { return m_session->study() != nullptr || !form().run().running(); }, 120000));
        m_session->open({other});
        QVERIFY(QTest::qWaitFor([&] { return m_session->paths() == QStringList{other}; }, 60000));
        QVERIFY(ends());
        QTest::qWait(100);
        QCOMPARE(m_session->paths(), QStringList{other});
        QVERIFY(m_panel->findChild<QPushButton*>("captureOpen")->isVisible());
    }

    void killed()
    {
        order("killed.h5");
        button()->click();
        QVERIFY(QTest::qWaitFor([&] { return form().run().tokensDone() > 5000 || !form().run().running(); }, 120000));
        ::kill(static_cast<pid_t>(form().run().processId()), SIGKILL);
        QVERIFY(ends());
        QVERIFY2(form().statusText().contains("signal 9") && form().statusText().contains("--resume"), qPrintable(form().statusText()));
        QVERIFY(button()->isEnabled() && button()->text().contains("Capture"));
    }

    void refused()
    {
        order("nothing.h5");
        CaptureOrder wrong = form().order();
        wrong.prompts = m_dir.filePath("missing.jsonl");
        form().setOrder(wrong);
        button()->click();
        QVERIFY(ends());
        QVERIFY2(form().statusText().contains("missing.jsonl"), qPrintable(form().statusText()));
        wrong.output.clear();
        wrong.model.clear();
        form().setOrder(wrong);
        QVERIFY(!button()->isEnabled());
    }
};

EXPERTSCOPE_TEST(TestCapturePanel)
#include "tst_capture_panel.moc"
