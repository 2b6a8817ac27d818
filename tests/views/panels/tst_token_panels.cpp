// SPDX-License-Identifier: GPL-3.0-or-later
//
// Text and timeline as docks of the window: one cursor, one readout each.
#include "tests/support/fake_chart.h"
#include "tests/support/test_main.h"
#include "views/panels/token_panels.h"
#include "views/panels/view.h"
#include "views/tokens/widgets/search_bar.h"
#include "views/tokens/widgets/timeline_view.h"
#include "views/tokens/widgets/token_text_view.h"

#include <QSignalSpy>
#include <QTest>

using namespace expertscope;
using namespace expertscope::testing;

class TestTokenPanels : public QObject
{
    Q_OBJECT

    std::shared_ptr<MemoryTrace> m_trace;
    std::unique_ptr<Session> m_session;

    std::unique_ptr<View> made(const QString& id)
    {
        for (const ViewSpec& spec : viewRegistry()) {
            if (spec.id == id)
                return std::unique_ptr<View>(spec.make(*m_session, nullptr));
        }
        return {};
    }
    bool open()
    {
        m_session->open({"small.h5"});
        return QTest::qWaitFor([this] { return TokenCursor::of(*m_session).kept() != nullptr; }, 10000);
    }

private slots:
    void init()
    {
        m_trace = smallTrace();
        m_trace->editShape().columns.tokenIds = true;
        m_trace->tokenIds.resize(400);
        std::iota(m_trace->tokenIds.begin(), m_trace->tokenIds.end(), 1000);
        m_session = std::make_unique<Session>(
            [this](const std::vector<std::filesystem::path>&) -> Expected<StudyPtr> { return studyOf(m_trace); });
    }
    void cleanup() { m_session.reset(); }

    void textIsAView()
    {
        const auto view = made("tokens.text");
        QVERIFY(view && view->readout().isEmpty() && view->csv().isEmpty() && !view->stop());
        view->resize(500, 400);
        view->show();
        QSignalSpy readouts(view.get(), &View::readoutChanged), contents(view.get(), &View::contentChanged);
        QVERIFY(open());
        QTRY_VERIFY(contents.size() > 0);
        auto* text = static_cast<TokenTextPanel*>(view.get())->textView();
        QTRY_VERIFY(!text->loading() && !view->note().isEmpty());
        TokenCursor& cursor = TokenCursor::of(*m_session);
        cursor.put(TokenIndex(123));
        QTRY_VERIFY(view->readout().contains("(id 1123) of doc1"));
        QVERIFY(readouts.size() > 0);
        const QByteArray csv = view->csv(); // of the sequence at the cursor
        QCOMPARE(csv.count("\n1,"), qsizetype(100));
        QVERIFY(csv.contains("\n1,123,23,1123,,1,0,"));
        QVERIFY(view->find() && text->search()->isVisible());
        cursor.setPlaying(true);
        QVERIFY(view->stop() && !cursor.playing());
    }

    void timelineSharesTheCursor()
    {
        const auto text = made("tokens.text"), timeline = made("tokens.timeline");
        text->show();
        timeline->show();
        QVERIFY(open());
        auto* raster = static_cast<TokenTimelinePanel*>(timeline.get())->timeline()->area();
        QTRY_VERIFY(raster->raster());
        TokenCursor& cursor = TokenCursor::of(*m_session);
        auto* area = static_cast<TokenTextPanel*>(text.get())->textView()->area();
        QTRY_VERIFY(area->document().firstVisible());
        area->setFocus();
        QTest::keyClick(area, Qt::Key_End, Qt::ControlModifier);
        QCOMPARE(cursor.here(), std::optional(TokenIndex(399)));
        QTRY_COMPARE(raster->raster()->sequence, SequenceIndex(3));
        QVERIFY(timeline->note().startsWith("doc3"));
        QVERIFY(!timeline->stop() && !timeline->find());
    }
};

EXPERTSCOPE_TEST(TestTokenPanels)
#include "tst_token_panels.moc"
