// SPDX-License-Identifier: GPL-3.0-or-later
//
// The window and the models that run beside it: a prompt without any trace, a capture that is followed to its end.
#include "tests/support/test_main.h"
#include "tests/views/window/window_fixture.h"
#include "views/panels/capture_panel.h"
#include "views/panels/playground_panel.h"
#include "views/playground/capture_form.h"
#include "views/playground/playground.h"
#include "views/playground/routing_table_model.h"

#include <QPlainTextEdit>
#include <QPushButton>

using namespace expertscope;
using namespace expertscope::testing;

class TestLive : public WindowTest
{
    Q_OBJECT

    Playground* playground() { return static_cast<PlaygroundPanel*>(m_window->view("playground"))->playground(); }
    CaptureForm* form() { return static_cast<CapturePanel*>(m_window->view("capture"))->form(); }

private slots:
    void initTestCase()
    {
        useOwnSettings("tst_live");
        if (captureProgram().isEmpty())
            QSKIP("built without LibTorch");
    }
    void init()
    {
        QSettings().clear();
        QVERIFY(start([](const std::vector<std::filesystem::path>& paths) { return Study::open(paths); }));
    }
    void cleanup() { m_window.reset(); }

    void aPromptNeedsNoTrace()
    {
        QVERIFY(child<QWidget>("emptyOpen")->isVisible());
        trigger("workspace.prompt");
        QTRY_VERIFY(playground()->isVisible());
        QVERIFY(!child<QWidget>("emptyOpen")->isVisible());
        QCOMPARE(m_window->activeView(), m_window->view("playground"));
        playground()->editor()->setFocus();
        QTest::keyClicks(playground()->editor(), "7 dogs"); // the digits are text here, no workspace
        QTRY_VERIFY_WITH_TIMEOUT(playground()->page() == Playground::Page::Routing, 30000);
        QTRY_COMPARE_WITH_TIMEOUT(playground()->model().prompt()->text, QString("7 dogs"), 20000);
        playground()->openAsTrace();
        QTRY_VERIFY_WITH_TIMEOUT(session().study() != nullptr, 60000);
        QCOMPARE(session().study()->shape().sequences.size(), std::size_t(1));
        QVERIFY(session().study()->shape().numTokens == playground()->model().prompt()->routing.numTokens());
        QTRY_VERIFY_WITH_TIMEOUT(settled(), 30000);
        QVERIFY(playground()->isVisible()); // still there, with the trace behind the other tabs
    }

    void theWindowFollowsACapture()
    {
        trigger("file.capture");
        QTRY_VERIFY(form()->isVisible());
        CaptureOrder order;
        order.model = bundledModel();
        order.prompts = order.model + "/prompts.jsonl";
        order.output = m_dir.filePath("followed.h5");
        order.logits = order.loss = true;
        form()->setOrder(order);
        form()->start();
        QTRY_VERIFY_WITH_TIMEOUT(session().study() != nullptr || !form()->run().running(), 120000);
        QVERIFY(form()->run().running()); // it is seen before it ends
        QTRY_VERIFY_WITH_TIMEOUT(load()->chart() != nullptr, 20000);
        plot()->setFocus();
        QTest::keyClick(plot(), Qt::Key_W);
        QTRY_VERIFY(plot()->isZoomed());
        int blank = 0;
        connect(&session(), &Session::opened, this, [&] { blank += load()->page() != ChartView::Page::Picture; });
        QTRY_COMPARE_WITH_TIMEOUT(session().paths(), QStringList{order.output}, 120000);
        QTRY_VERIFY_WITH_TIMEOUT(session().opening().isEmpty() && settled(), 60000);
        QCOMPARE(session().study()->shape().numTokens, std::uint64_t(form()->run().tokens()));
        QVERIFY(plot()->isZoomed());
        QCOMPARE(blank, 0); // the old picture stays until the next is there
        QVERIFY(!child<QWidget>("notice")->isVisible()); // nothing is said of files that changed
        const HeatMap& shown = map(load());
        QVERIFY(shown.rows() == 6);
    }
};

EXPERTSCOPE_TEST(TestLive)
#include "tst_live.moc"
