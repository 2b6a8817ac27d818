// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is done in the text, its search, its player and its timeline.
#include "tests/support/test_main.h"
#include "tests/views/tokens/token_view_fixture.h"
#include "views/tokens/widgets/timeline_picture.h"

#include <QClipboard>
#include <QLineEdit>
#include <QSet>
#include <QToolButton>

using namespace expertscope;
using namespace expertscope::testing;

class TestTokenHands : public TokenViewFixture
{
    Q_OBJECT

private slots:
    void initTestCase() { openFixture(); }
    void init() { makeView(); }
    void cleanup() { dropView(); }

    void dragsSelectAndFilter()
    {
        drag(3, 12);
        QCOMPARE(area().selected(), std::optional(TokenRange{TokenIndex(3), TokenIndex(13)}));
        QVERIFY(m_view->readout().startsWith("10 tokens selected"));
        QVERIFY(m_session->filters().steps().empty());
        QTest::keyClick(&area(), Qt::Key_C, Qt::ControlModifier);
        std::string text;
        for (std::size_t t = 3; t < 13; ++t)
            text += m_trace.bytes[t];
        QTRY_COMPARE(QApplication::clipboard()->text(), QString::fromStdString(text));
        QCOMPARE(m_view->csv(), tokenTable(*cursor().kept(), {TokenIndex(3), TokenIndex(13)}, {SiteIndex(0)}).value());
        QVERIFY(filtered([&] { QTest::keyClick(&area(), Qt::Key_I); }));
        QCOMPARE(m_session->filters().scope().tokens, std::optional(TokenRange{TokenIndex(3), TokenIndex(13)}));
        QCOMPARE(m_view->leftOut(), QString("4 of 5 sequences are left out by the filters"));
        QVERIFY(filtered([&] { QTest::keyClick(&area(), Qt::Key_Backspace); }));
        QVERIFY(filtered([&] { drag(8, 4, Qt::ShiftModifier); }));
        QCOMPARE(m_session->filters().scope().tokens, std::optional(TokenRange{TokenIndex(4), TokenIndex(9)}));
        QVERIFY(!area().selected());
        // What is left out is pale, and what is kept as before.
        QEvent leave(QEvent::Leave);
        QApplication::sendEvent(area().viewport(), &leave);
        const QImage image = area().viewport()->grab().toImage();
        const Style style = screenStyle(screenColours(), area().font());
        for (const std::size_t t : {2u, 5u, 10u}) {
            const auto place = area().document().placeOf(TokenIndex(t));
            QVERIFY(place);
            const QColor pixel(image.pixel(int(place->left() + 1) + area().margin(), int(place->top() + 1)));
            const QColor full =
                area().colours().sites.at(SiteIndex(0)).of(float(m_trace.expert(0, t, 0)), style).value();
            if (t == 5) {
                QCOMPARE(pixel, full);
            } else {
                const auto quarter = [](int colour) { return 255 + (colour - 255) / 4.0; };
                QVERIFY(std::abs(pixel.red() - quarter(full.red())) <= 1.5
                    && std::abs(pixel.blue() - quarter(full.blue())) <= 1.5);
            }
        }
        // Experts and labels by key, as elsewhere.
        QVERIFY(filtered([&] { m_session->undo().undo(); }));
        hover(5);
        QVERIFY(filtered([&] { QTest::keyClick(&area(), Qt::Key_E); }));
        QCOMPARE(m_session->filters().scope().spared,
            (std::vector{ExpertAt{SiteIndex(0), ExpertIndex(m_trace.expert(0, 5, 0))}}));
        QVERIFY(!cursor().kept()->has(TokenIndex(5)));
        QVERIFY(filtered([&] { m_session->filters().add({LabelFilter{"language", "fr"}}); }));
        QCOMPARE(m_view->leftOut(), QString("4 of 5 sequences are left out by the filters"));
        QVERIFY(m_view->area()->note().startsWith("doc4"));
        // Filters that leave nothing: said, and undone.
        m_session->filters().add({TokenRange{TokenIndex(0), TokenIndex(1)}, true});
        QTRY_VERIFY(m_view->page() == TokenTextView::Page::Error);
        QVERIFY(!m_view->errorText().isEmpty());
        QVERIFY(filtered([&] { m_session->filters().clear(); }));
        QVERIFY(m_view->page() == TokenTextView::Page::Text && m_view->leftOut().isEmpty());
    }

    void searchGoesFromMatchToMatch()
    {
        std::vector<TokenRange> expected;
        VERIFY_OK(
            searchTokens(*cursor().kept(), tokenQuery("token", false, false, m_study->shape(), SiteIndex(0)).value(),
                [&](std::vector<TokenRange> more, double) {
                    expected.insert(expected.end(), more.begin(), more.end());
                    return true;
                }));
        QVERIFY(expected.size() > 3);
        m_view->openSearch();
        auto* line = search().findChild<QLineEdit*>("searchLine");
        m_view->activateWindow();
        QTest::keyClicks(line, "token");
        QTest::keyClick(line, Qt::Key_Return);
        const QString of = " of " + QString::number(expected.size());
        QTRY_COMPARE(search().status(), "1" + of);
        QCOMPARE(*search().matches(), expected);
        for (std::size_t i = 1; i < expected.size(); ++i) {
            QTest::keyClick(line, Qt::Key_Return);
            QCOMPARE(search().status(), QString::number(i + 1) + of);
            QCOMPARE(cursor().here(), std::optional(expected[i].begin));
            QVERIFY(settle());
            QVERIFY(area().document().placeOf(expected[i].begin));
        }
        search().next();
        QCOMPARE(search().status(), QString::fromUtf8("1%1 · continued from the top").arg(of));
        search().next(false);
        QCOMPARE(search().status(), QString::fromUtf8("%1%2 · continued from the end").arg(expected.size()).arg(of));
        search().next(false);
        QCOMPARE(search().status(), QString::number(expected.size() - 1) + of);
        // A match over two tokens is marked on both.
        const Style style = screenStyle(screenColours(), area().font());
        QVERIFY(settle());
        const QImage image = area().viewport()->grab().toImage();
        const TokenRange match = *search().match();
        QCOMPARE(match.size(), std::uint64_t(2));
        for (const std::uint64_t t : {match.begin.value, match.begin.value + 1}) {
            const auto place = area().document().placeOf(TokenIndex(t));
            QCOMPARE(QColor(image.pixel(int(place->center().x()) + area().margin(), int(place->top()) + 2)),
                QColor(kMarkColour));
        }
        // Errors and nothing.
        search().findChild<QToolButton*>("searchRegular")->click();
        line->setText("to(");
        QTRY_VERIFY(search().status().contains("regular expression"));
        line->setText("xyzzy");
        QTRY_COMPARE(search().status(), QString("no matches"));
        search().next();
        QCOMPARE(search().status(), QString("no matches"));
        search().findChild<QToolButton*>("searchRegular")->click();
        // Filters count, too.
        line->setText("L1E3");
        QTRY_VERIFY(search().status().endsWith(" matches"));
        const QString before = search().status();
        QVERIFY(filtered([&] { m_session->filters().add({LabelFilter{"language", "en"}}); }));
        QTRY_VERIFY(search().status().endsWith(" matches") && search().status() != before);
        std::size_t count = 0;
        for (const std::size_t s : {1u, 3u}) {
            for (std::size_t t = m_trace.begins[s]; t < m_trace.begins[s + 1]; ++t)
                count += m_trace.chooses(0, t, 3);
        }
        QCOMPARE(search().status(), QString::number(count) + " matches");
        QTest::keyClick(line, Qt::Key_Escape);
        QVERIFY(search().isHidden() && !search().matches());
    }

    void playFollowsFromStartAndHere()
    {
        TotalBars* const bars = m_view->player()->bars();
        click(350);
        m_session->selection().unpinAll(this);
        area().setFocus();
        QTest::keyClick(&area(), Qt::Key_Period);
        QTest::keyClick(&area(), Qt::Key_Period);
        QCOMPARE(cursor().here(), std::optional(TokenIndex(352)));
        QTest::keyClick(&area(), Qt::Key_Comma);
        QCOMPARE(cursor().here(), std::optional(TokenIndex(351)));
        QCOMPARE(m_session->selection().hovered(), tokenOf(351));
        cursor().setSpeed(30);
        QTest::keyClick(&area(), Qt::Key_Space);
        QVERIFY(cursor().playing());
        QTRY_VERIFY(cursor().here()->value >= 356);
        QTest::keyClick(&area(), Qt::Key_Space);
        QVERIFY(!cursor().playing());
        QCOMPARE(cursor().start(), std::optional(TokenIndex(350)));
        const auto expectedTotal = [&](std::size_t site) {
            std::vector<std::uint64_t> counts(16);
            for (std::uint64_t t = cursor().start()->value; t <= cursor().here()->value; ++t) {
                for (std::size_t slot = 0; slot < 3; ++slot)
                    ++counts[m_trace.expert(site, t, slot)];
            }
            return counts;
        };
        QTRY_VERIFY(bars->total() && bars->total()->here == *cursor().here());
        QCOMPARE(bars->total()->counts, expectedTotal(0));
        QVERIFY(bars->summary().contains("since token 10 of doc2"));
        option("site", "2");
        QTRY_VERIFY(bars->total() && bars->total()->site == SiteIndex(2));
        QCOMPARE(bars->total()->counts, expectedTotal(2));
        // Back beyond the start begins anew; only kept tokens are stepped on.
        while (cursor().here()->value > 349)
            QVERIFY(cursor().step(-1));
        QCOMPARE(cursor().start(), cursor().here());
        QTRY_VERIFY(bars->total() && bars->total()->tokens == 1);
        QVERIFY(filtered([&] { m_session->filters().keep(expert(0, 7)); }));
        std::uint64_t next = 350;
        while (!m_trace.chooses(0, next, 7))
            ++next;
        QVERIFY(cursor().step(1));
        QCOMPARE(cursor().here(), std::optional(TokenIndex(next)));
        // At the end it stops by itself.
        cursor().put(cursor().kept()->previous(TokenIndex(m_trace.size() - 1)));
        cursor().setPlaying(true);
        QTRY_VERIFY(!cursor().playing());
    }

    void timelineGoesAlong()
    {
        TimelineView timeline(*m_session);
        timeline.resize(600, 260);
        timeline.move(1000, 0); // not under the text
        timeline.show();
        TimelineArea& raster = *timeline.area();
        QTRY_VERIFY(raster.raster() && !timeline.loading());
        QCOMPARE(raster.raster()->sequence, SequenceIndex(0));
        cursor().put(TokenIndex(900));
        QTRY_VERIFY(!timeline.loading() && raster.raster()->sequence == SequenceIndex(2));
        QCOMPARE(raster.raster()->range, (TokenRange{TokenIndex(340), TokenIndex(1240)}));
        QVERIFY(raster.seen().first <= 560 && raster.seen().second > 560);
        for (std::size_t site = 0; site < 4; ++site) {
            for (std::size_t t = 340; t < 1240; ++t)
                QCOMPARE(raster.raster()->subject(site, TokenIndex(t)).expert,
                    std::optional(ExpertIndex(m_trace.expert(site, t, 0))));
        }
        // Pixels of wide cells are their colours.
        while (raster.seen().second - raster.seen().first > 60) {
            raster.setFocus();
            QTest::keyClick(&raster, Qt::Key_W);
        }
        const QImage image = raster.grab().toImage();
        const Style style = screenStyle(screenColours(), raster.font());
        const auto first = std::uint64_t(340 + std::ceil(raster.seen().first));
        for (std::uint64_t t = first; t < first + 40; ++t) {
            if (t == 900 || t == 899 || t == 901)
                continue; // the cursor
            const QRectF place = raster.placeOf({2, TokenIndex(t)});
            QCOMPARE(QColor(image.pixel(place.center().toPoint())),
                QColor(timelineColour(raster.raster()->strips.colourOf(2, std::size_t(t - 340)), style)));
        }
        // A click puts the cursor there, and the text follows.
        const QPoint at = raster.placeOf({1, TokenIndex(first + 7)}).center().toPoint();
        QTest::mouseClick(&raster, Qt::LeftButton, {}, at);
        QCOMPARE(cursor().here(), std::optional(TokenIndex(first + 7)));
        QCOMPARE(m_session->selection().chosen(), tokenOf(first + 7, 1));
        QVERIFY(settle());
        QVERIFY(area().document().placeOf(TokenIndex(first + 7)));
        QTest::mouseMove(&raster, at + QPoint(1, 1));
        QVERIFY(raster.readout().startsWith("Layer 2 ") && raster.readout().contains("of doc2"));
        const auto pointed = raster.current();
        QVERIFY(pointed
            && raster.readout().contains(QString::fromUtf8("“%1”").arg(
                shownPieces(m_trace.texts[2], {}, std::size_t(pointed->token.value - 340), 1)[0].text)));
        // The strip goes anywhere.
        QTest::mousePress(&raster, Qt::LeftButton, {}, (raster.stripPlace().topRight() + QPointF(-2, 3)).toPoint());
        QTest::mouseRelease(&raster, Qt::LeftButton, {}, (raster.stripPlace().topRight() + QPointF(-2, 3)).toPoint());
        QCOMPARE(raster.seen().second, 900.0);
        // Experts of the site of the text.
        VERIFY_OK(timeline.state().setOption("show", "experts"));
        QTRY_VERIFY(!timeline.loading() && raster.raster()->experts);
        const std::size_t site = std::size_t(raster.raster()->site);
        for (std::size_t t = 340; t < 1240; t += 7) {
            for (std::uint16_t e = 0; e < 16; ++e) {
                QCOMPARE(raster.raster()->strips.has(e, t - 340), m_trace.chooses(site, t, e));
                QCOMPARE(raster.raster()->strips.at(e, t - 340) == 1, m_trace.expert(site, t, 0) == e);
            }
        }
    }

    void keysMoveAndTabLeaves()
    {
        area().setFocus();
        QTest::keyClick(&area(), Qt::Key_Right); // where one looks
        QCOMPARE(cursor().here(), std::optional(TokenIndex(0)));
        QTest::keyClick(&area(), Qt::Key_Right);
        QCOMPARE(cursor().here(), std::optional(TokenIndex(1)));
        QTest::keyClick(&area(), Qt::Key_Down);
        const auto below = area().document().placeOf(*cursor().here());
        QVERIFY(below && below->top() > area().document().placeOf(TokenIndex(1))->top());
        QTest::keyClick(&area(), Qt::Key_Up);
        QVERIFY(cursor().here()->value <= 2);
        QTest::keyClick(&area(), Qt::Key_End);
        QCOMPARE(cursor().here(), std::optional(TokenIndex(299)));
        QTest::keyClick(&area(), Qt::Key_End, Qt::ControlModifier);
        QCOMPARE(cursor().here(), std::optional(TokenIndex(m_trace.size() - 1)));
        QVERIFY(settle());
        QTest::keyClick(&area(), Qt::Key_Return);
        QCOMPARE(m_session->selection().chosen(), tokenOf(m_trace.size() - 1));
        QTest::keyClick(&area(), Qt::Key_Left, Qt::ShiftModifier);
        QTest::keyClick(&area(), Qt::Key_Left, Qt::ShiftModifier);
        QCOMPARE(
            area().selected(), std::optional(TokenRange{TokenIndex(m_trace.size() - 3), TokenIndex(m_trace.size())}));
        QTest::keyClick(&area(), Qt::Key_Escape);
        QVERIFY(!area().selected());
        // Tab visits the options, the text, the player, and comes round.
        QSet<QWidget*> visited;
        m_view->activateWindow();
        area().setFocus(Qt::TabFocusReason);
        for (int i = 0; i < 40; ++i) {
            QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
            visited.insert(QApplication::focusWidget());
        }
        QVERIFY(visited.contains(&area()));
        for (const char* name : {"play", "playOn", "playSpeed", "quantity"})
            QVERIFY2(visited.contains(m_view->findChild<QWidget*>(name)), name);
    }

    /// A second look reads nothing: filters there and back, another quantity there and back, the timeline too.
    void whatIsKnownIsNotReadAgain()
    {
        const auto memory = std::make_shared<MemoryTrace>(std::size_t(3), std::uint16_t(16), std::uint16_t(2));
        for (int s = 0; s < 4; ++s)
            memory->addSequence(500, "doc" + std::to_string(s));
        memory->addLabel("language", {"de", "en", "de", "en"});
        fillUniform(*memory, 4);
        memory->editShape().columns.tokenIds = true;
        memory->tokenIds.assign(2000, 7);
        NamedTrace named;
        named.path = "memory.h5";
        named.name = "memory";
        named.source = memory;
        m_study = std::make_shared<const Study>(std::vector{named});
        TimelineView timeline(*m_session);
        timeline.move(1000, 0);
        timeline.show();
        m_session->open({"memory.h5"});
        QTRY_VERIFY(cursor().kept() && cursor().kept()->shape().numTokens == 2000 && settle());
        QTRY_VERIFY(timeline.area()->raster() && !timeline.loading());
        QVERIFY(filtered([&] { m_session->filters().add({LabelFilter{"language", "de"}}); }));
        QTRY_VERIFY(!timeline.loading());
        option("site", "1");
        const int reads = *memory->reads;
        QVERIFY(reads > 0);
        for (int i = 0; i < 3; ++i) {
            m_session->undo().undo(); // the site
            QVERIFY(settle());
            QVERIFY(filtered([&] { m_session->undo().undo(); }));
            QTRY_VERIFY(!timeline.loading());
            QVERIFY(filtered([&] { m_session->undo().redo(); }));
            m_session->undo().redo();
            QVERIFY(settle());
            QTRY_VERIFY(!timeline.loading());
        }
        QCOMPARE(memory->reads->load(), reads);
    }

    void findsFromWhatIsPointedAt()
    {
        // The next token with this id; the next that chose this expert, also of another site later on.
        hover(7);
        const std::int32_t id = m_trace.ids[7];
        QCOMPARE(area().idAtCursor(), std::optional(id));
        const auto nextAfter = [&](std::size_t from, const auto& is) {
            std::size_t t = from;
            while (!is(t))
                ++t;
            return TokenIndex(t);
        };
        cursor().put(TokenIndex(8));
        search().find('#' + QString::number(id));
        QTRY_COMPARE(cursor().here(), std::optional(nextAfter(8, [&](std::size_t t) { return m_trace.ids[t] == id; })));
        cursor().put(TokenIndex(100));
        search().find("E4");
        QTRY_COMPARE(
            cursor().here(), std::optional(nextAfter(100, [&](std::size_t t) { return m_trace.chooses(0, t, 4); })));
        std::size_t counts[2] = {};
        for (std::size_t t = 0; t < m_trace.size(); ++t) {
            counts[0] += m_trace.chooses(0, t, 4);
            counts[1] += m_trace.chooses(3, t, 4);
        }
        QTRY_COMPARE(search().matches()->size(), counts[0]);
        option("site", "3");
        QTRY_VERIFY(!search().searching() && search().matches()->size() == counts[1]);
        // Esc stops what runs, once.
        cursor().setPlaying(true);
        QVERIFY(m_view->stop() && !cursor().playing() && !m_view->stop());
    }
};

EXPERTSCOPE_TEST(TestTokenHands)
#include "tst_token_hands.moc"
