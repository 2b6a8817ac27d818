// SPDX-License-Identifier: GPL-3.0-or-later
//
// The text on the screen: what is seen is what was recorded, and what is done in it is shared with all views.
#include "tests/support/test_main.h"
#include "tests/support/verify.h"
#include "tests/views/tokens/token_trace.h"
#include "views/session/session.h"
#include "views/tokens/data/token_cursor.h"
#include "views/tokens/widgets/colour_key.h"
#include "views/tokens/widgets/play_strip.h"
#include "views/tokens/widgets/search_bar.h"
#include "views/tokens/widgets/timeline_view.h"
#include "views/tokens/widgets/token_text_view.h"
#include "views/widgets/theme.h"

#include <QApplication>
#include <QClipboard>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QWheelEvent>

#include <random>

using namespace expertscope;
using namespace expertscope::testing;

class TestTokenView : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    TokenTrace m_trace;
    StudyPtr m_words, m_study; ///< the trace above; what is opened
    std::unique_ptr<Session> m_session;
    std::unique_ptr<TokenTextView> m_view;

    TextArea& area() const { return *m_view->area(); }
    TokenCursor& cursor() const { return TokenCursor::of(*m_session); }
    SearchBar& search() const { return *m_view->search(); }
    bool settle() const
    {
        return QTest::qWaitFor(
                   [this] {
                       area().viewport()->repaint();
                       return !m_view->loading()
                           && std::ranges::all_of(area().document().visible(), [](const auto& v) { return v.lines; });
                   },
                   10000)
            && QTest::qWaitFor([] {
                   QApplication::processEvents();
                   return true;
               });
    }
    bool open()
    {
        m_session->open({m_dir.filePath("words.h5")});
        return QTest::qWaitFor([this] { return m_session->study() != nullptr && cursor().kept(); }, 10000) && settle();
    }
    bool filtered(const std::function<void()>& change)
    {
        const KeptTokensPtr before = cursor().kept();
        change();
        return QTest::qWaitFor([&] { return cursor().kept() != before && !cursor().looking(); }, 10000) && settle();
    }
    /// In the viewport.
    QPoint placeOf(std::size_t token)
    {
        area().reveal(TokenIndex(token));
        if (!settle())
            return {};
        area().document().visible();
        const auto place = area().document().placeOf(TokenIndex(token));
        return place ? (place->center() + QPointF(area().margin(), 0)).toPoint() : QPoint();
    }
    void click(std::size_t token, Qt::KeyboardModifiers modifiers = {})
    {
        QTest::mouseClick(area().viewport(), Qt::LeftButton, modifiers, placeOf(token));
    }
    void hover(std::size_t token)
    {
        const QPoint at = placeOf(token);
        QTest::mouseMove(area().viewport(), at + QPoint(1, 0));
        QTest::mouseMove(area().viewport(), at);
    }
    void drag(std::size_t from, std::size_t to, Qt::KeyboardModifiers modifiers = {})
    {
        const QPoint b = placeOf(to), a = placeOf(from);
        QWidget* const target = area().viewport();
        QTest::mousePress(target, Qt::LeftButton, modifiers, a);
        QTest::mouseMove(target, (a + b) / 2);
        QTest::mouseMove(target, b);
        QTest::mouseRelease(target, Qt::LeftButton, modifiers, b);
    }
    Subject expert(std::uint16_t site, std::uint16_t expert) const
    {
        return {.site = SiteIndex(site), .expert = ExpertIndex(expert)};
    }
    Subject tokenOf(std::size_t token, std::uint16_t site = 0) const
    {
        return {.site = SiteIndex(site),
            .expert = ExpertIndex(m_trace.expert(site, token, 0)),
            .sequence = sequenceOf(m_study->shape(), TokenIndex(token)),
            .token = TokenIndex(token)};
    }
    void option(const char* name, const char* value)
    {
        VERIFY_OK(m_view->state().setOption(name, value));
        QVERIFY(settle());
    }

private slots:
    void initTestCase()
    {
        applyTheme(Theme::Light);
        m_trace = wordTrace();
        const auto study = m_trace.open(m_dir.filePath("words.h5").toStdString());
        VERIFY_OK(study);
        m_words = *study;
    }
    void init()
    {
        m_study = m_words;
        m_session = std::make_unique<Session>(
            [this](const std::vector<std::filesystem::path>&) -> Expected<StudyPtr> { return m_study; });
        m_view = std::make_unique<TokenTextView>(*m_session);
        m_view->resize(700, 560);
        m_view->show();
        QVERIFY(m_view->page() == TokenTextView::Page::Empty);
        QVERIFY(open());
        QVERIFY(m_view->page() == TokenTextView::Page::Text);
    }
    void cleanup()
    {
        m_view.reset();
        m_session.reset();
    }

    /// Pixels of every token of the trace against the first choice that was written, in both themes.
    void coloursAreTheRecordedChoices()
    {
        for (const Theme theme : {Theme::Light, Theme::Dark}) {
            applyTheme(theme);
            const Style style = screenStyle(screenColours(), area().font());
            std::vector<std::size_t> counts(16);
            for (std::size_t t = 0; t < m_trace.size(); ++t)
                ++counts[m_trace.expert(0, t, 0)];
            std::vector<std::uint16_t> order(16);
            std::iota(order.begin(), order.end(), std::uint16_t(0));
            std::ranges::stable_sort(order, std::greater(), [&](std::uint16_t e) { return counts[e]; });
            QSet<std::uint64_t> checked;
            std::set<QRgb> colours;
            area().verticalScrollBar()->setValue(0);
            for (int page = 0; page < 300 && checked.size() < qsizetype(m_trace.size()); ++page) {
                QVERIFY(settle());
                const QImage image = area().viewport()->grab().toImage();
                for (const auto& v : area().document().visible()) {
                    for (std::uint64_t t = v.part.range.begin.value; t < v.part.range.end.value; ++t) {
                        const auto place = area().document().placeOf(TokenIndex(t));
                        if (!place || place->top() < 0 || place->bottom() >= image.height()
                            || m_trace.bytes[t][0] == '<')
                            continue; // of special ones the corners are round
                        const QRgb pixel = image.pixel(int(place->left() + 1) + area().margin(), int(place->top() + 1));
                        const auto rank = std::ranges::find(order, m_trace.expert(0, t, 0)) - order.begin();
                        const QColor wanted = rank < 7 ? style.categories[std::size_t(rank)] : style.rest;
                        QCOMPARE(QColor(pixel), wanted);
                        checked.insert(t);
                        colours.insert(pixel);
                    }
                }
                area().scrollPixels(area().viewport()->height() / 2);
            }
            QCOMPARE(checked.size(), qsizetype(m_trace.size() - 5)); // more than 1,000
            QCOMPARE(colours.size(), std::size_t(8));
        }
        applyTheme(Theme::Light);
    }

    void rowsAreTheOtherSites()
    {
        option("quantity", "entropy");
        option("rows", "all");
        const auto colours = area().colours();
        QCOMPARE(colours.question.rows.size(), std::size_t(4));
        QVERIFY(area().document().lineHeight() > 4 * area().document().stripHeight());
        int checked = 0;
        for (const std::size_t token : {5u, 20u, 100u, 500u, 1300u}) {
            placeOf(token);
            const QImage image = area().viewport()->grab().toImage();
            const auto place = area().document().placeOf(TokenIndex(token));
            QVERIFY(place);
            for (std::size_t site = 0; site < 4; ++site) {
                const double y = place->bottom() + (double(site) + 0.5) * area().document().stripHeight();
                const auto& scale = *colours.sites.at(SiteIndex(std::uint16_t(site))).scale;
                const QColor pixel(image.pixel(int(place->left() + 2) + area().margin(), int(y)));
                QCOMPARE(pixel, QColor(scale.colour(double(m_trace.entropy[site][token]))));
                const auto hit = area().document().hit(QPointF(place->center().x(), y));
                QVERIFY(hit && hit->row == site + 1);
                ++checked;
                // What is pointed at is the row's site.
                const QPoint at(int(place->center().x()) + area().margin(), int(y));
                QTest::mouseMove(area().viewport(), at + QPoint(1, 0));
                QTest::mouseMove(area().viewport(), at);
                QCOMPARE(m_session->selection().hovered(), tokenOf(token, std::uint16_t(site)));
                QVERIFY(m_view->readout().startsWith(QString("Layer %1 ").arg(site + 1)));
            }
        }
        QCOMPARE(checked, 20);
        m_session->undo().undo();
        QVERIFY(settle());
        QVERIFY(area().colours().question.rows.empty());
    }

    void hoverAndClickAreShared()
    {
        hover(345);
        QCOMPARE(m_session->selection().hovered(), tokenOf(345));
        QCOMPARE(m_view->readout(), tokenReadout(m_study->shape(), SiteIndex(0), [&] {
            static TokenTexts texts;
            static SiteChoices choices;
            const TokenRange range{TokenIndex(345), TokenIndex(346)};
            texts = readTexts(m_study->traces()[0], range).value();
            choices = readChoices(m_study->traces()[0], SiteIndex(0), range).value();
            return KnownToken{TokenIndex(345), &texts, &choices};
        }()));
        click(345);
        QCOMPARE(m_session->selection().pins(), std::vector<Subject>{tokenOf(345)});
        QCOMPARE(cursor().here(), std::optional(TokenIndex(345)));
        click(347, Qt::ShiftModifier);
        QCOMPARE(m_session->selection().pins(), (std::vector<Subject>{tokenOf(345), tokenOf(347)}));
        click(345);
        click(345); // the only pin, again
        QVERIFY(m_session->selection().pins().empty());
        QEvent leave(QEvent::Leave);
        QApplication::sendEvent(area().viewport(), &leave);
        // Pinned elsewhere: comes into sight, at its site.
        QObject other;
        m_session->selection().choose(tokenOf(1700, 2), &other);
        QVERIFY(settle());
        QVERIFY(area().document().placeOf(TokenIndex(1700)));
        QCOMPARE(area().colours().question.site, SiteIndex(2));
        // The head of a sequence.
        area().reveal(TokenIndex(340));
        QVERIFY(settle());
        const auto place = area().document().placeOf(TokenIndex(340));
        QTest::mouseClick(area().viewport(), Qt::LeftButton, {}, QPoint(200, int(place->top()) - 10));
        QCOMPARE(m_session->selection().chosen(), (Subject{.sequence = SequenceIndex(2)}));
        QVERIFY(m_view->readout().startsWith("doc2"));
    }

    void pinnedExpertsMarkTheirTokens()
    {
        const QImage before = area().viewport()->grab().toImage();
        QObject other;
        m_session->selection().choose(expert(0, 6), &other);
        QVERIFY(settle());
        const QImage after = area().viewport()->grab().toImage();
        const Style style = screenStyle(screenColours(), area().font());
        int marked = 0, all = 0;
        for (const auto& v : area().document().visible()) {
            for (std::uint64_t t = v.part.range.begin.value; t < v.part.range.end.value; ++t) {
                const auto place = area().document().placeOf(TokenIndex(t));
                if (!place || place->top() < 0 || place->bottom() >= after.height())
                    continue;
                const QPoint at(int(place->left() + 1) + area().margin(), int(place->bottom()) - 1);
                const bool chosen = m_trace.chooses(0, t, 6);
                // Where it is not chosen nothing changes but hues.
                if (chosen)
                    QCOMPARE(QColor(after.pixel(at)), style.accent);
                marked += chosen;
                ++all;
            }
        }
        QVERIFY(marked > 5 && marked < all);
        // As the quantity: chosen or not; its rank.
        option("quantity", "pinned-experts");
        QVERIFY(
            m_view->key()->text().contains("chooses expert 6") && m_view->key()->text().contains("does not choose it"));
        option("quantity", "pinned-rank");
        QVERIFY(settle());
        const QImage ranks = area().viewport()->grab().toImage();
        const auto& scale = *area().colours().sites.at(SiteIndex(0)).scale;
        for (const std::size_t t : {2u, 5u, 9u, 14u}) {
            const auto place = area().document().placeOf(TokenIndex(t));
            std::size_t rank = 1;
            for (std::uint16_t e = 0; e < 16; ++e)
                rank += m_trace.logits[0][t * 16 + e] > m_trace.logits[0][t * 16 + 6];
            QCOMPARE(QColor(ranks.pixel(int(place->left() + 1) + area().margin(), int(place->top() + 1))),
                QColor(scale.colour(double(rank))));
        }
        m_session->selection().unpinAll(&other);
        QVERIFY(settle());
        QVERIFY(m_view->key()->text().contains("pin an expert"));
    }

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
        const auto first = std::uint64_t(340 + std::ceil(raster.seen().first));
        for (std::uint64_t t = first; t < first + 40; ++t) {
            if (t == 900 || t == 899 || t == 901)
                continue; // the cursor
            const QRectF place = raster.placeOf({2, TokenIndex(t)});
            QCOMPARE(QColor(image.pixel(place.center().toPoint())),
                QColor(raster.colourOf(raster.raster()->strips.colourOf(2, std::size_t(t - 340)))));
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

    void nothingButIdsIsEnough()
    {
        TokenTrace bare = wordTrace();
        bare.columns = {.tokenIds = true};
        bare.loss = bare.withTexts = false;
        const auto study = bare.open(m_dir.filePath("bare.h5").toStdString());
        VERIFY_OK(study);
        m_study = *study;
        QVERIFY(open());
        hover(5);
        QVERIFY(m_view->readout().contains("expert"));
        for (const std::string& quantity : tokenQuantities()) {
            option("quantity", quantity.c_str());
            QVERIFY(!area().viewport()->grab().isNull());
            QVERIFY(!m_view->key()->text().isEmpty());
        }
        option("quantity", "loss");
        QVERIFY(m_view->key()->text().contains("capture --loss"));
        QVERIFY(!m_view->csv().isEmpty());
    }

    void anotherTraceStartsAnew()
    {
        click(345);
        m_view->openSearch();
        search().findChild<QLineEdit*>("searchLine")->setText("token");
        QTRY_VERIFY(search().matches() && !search().searching());
        m_session->open({m_dir.filePath("other.h5")});
        QTRY_VERIFY(m_session->paths().front().endsWith("other.h5"));
        QTRY_VERIFY(cursor().kept() && settle());
        QVERIFY(!cursor().here() && m_session->selection().pins().empty() && !area().selected());
        QCOMPARE(area().verticalScrollBar()->value(), 0);
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

    void readAgainStaysWhereItWas()
    {
        click(1000);
        const auto top = area().document().firstVisible();
        QVERIFY(top && top->value > 340);
        m_study = Study::open({m_dir.filePath("words.h5").toStdString()}).value();
        const KeptTokensPtr kept = cursor().kept();
        m_session->reload();
        QTRY_VERIFY(cursor().kept() && cursor().kept() != kept);
        QVERIFY(settle());
        QCOMPARE(cursor().here(), std::optional(TokenIndex(1000)));
        QVERIFY(area().document().placeOf(TokenIndex(1000)));
        QCOMPARE(area().document().firstVisible(), top);
    }

    void readingThatFailsIsSaid()
    {
        auto memory = std::make_shared<MemoryTrace>(std::size_t(1), std::uint16_t(4), std::uint16_t(1));
        for (int s = 0; s < 3; ++s)
            memory->addSequence(500);
        memory->editShape().columns.tokenIds = true;
        memory->ids[0].assign(1500, 1);
        memory->tokenIds.assign(1500, 7);
        class Failing final : public BlockSource
        {
        public:
            explicit Failing(std::shared_ptr<MemoryTrace> trace)
                : m_trace(std::move(trace))
            {
            }
            const RoutingShape& shape() const override { return m_trace->shape(); }
            Expected<Block> read(SiteIndex site, TokenRange range, Columns wanted, BlockBuffer& buffer) override
            {
                if (failing)
                    return fail("chunk 3 is damaged");
                return m_trace->read(site, range, wanted, buffer);
            }
            std::atomic<bool> failing{true};

        private:
            std::shared_ptr<MemoryTrace> m_trace;
        };
        const auto source = std::make_shared<Failing>(memory);
        NamedTrace named;
        named.path = "damaged.h5";
        named.name = "damaged";
        named.source = source;
        m_study = std::make_shared<const Study>(std::vector{named});
        m_session->open({"damaged.h5"});
        QTRY_VERIFY(m_view->page() == TokenTextView::Page::Error);
        QCOMPARE(m_view->errorText(), QString("damaged.h5: chunk 3 is damaged"));
        source->failing = false;
        m_view->findChild<QPushButton*>("textRetry")->click();
        QTRY_VERIFY(m_view->page() == TokenTextView::Page::Text && settle());
        QVERIFY(!area().document().visible().empty());
    }

    /// Of the thread that paints, so that a loaded machine does not matter.
    void framesAreQuick()
    {
        m_view->resize(1400, 900);
        option("rows", "next-3");
        const auto processor = [] {
            timespec now{};
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
            return double(now.tv_sec) * 1000 + double(now.tv_nsec) / 1e6;
        };
        std::vector<double> frames;
        for (int i = 0; i < 100; ++i) {
            const double before = processor();
            area().scrollPixels(i < 50 ? 23 : -29);
            area().viewport()->repaint();
            frames.push_back(processor() - before);
        }
        std::ranges::sort(frames);
        qInfo("frame: median %.1f ms, the slowest of 100 %.1f ms", frames[50], frames[99]);
        QVERIFY(frames[50] < 16);
    }

    void paintsAtAllSizes()
    {
        option("rows", "all");
        for (const QSize& size : {QSize(200, 140), QSize(320, 240), QSize(1400, 300), QSize(500, 900)}) {
            m_view->resize(size);
            QVERIFY(settle());
            QVERIFY(!m_view->grab().isNull());
            for (int i = 0; i < 5; ++i) {
                QWheelEvent wheel(QPointF(50, 20), area().viewport()->mapToGlobal(QPointF(50, 20)), {},
                    {0, -120 * (1 + i * 7)}, Qt::NoButton, {}, Qt::NoScrollPhase, false);
                QApplication::sendEvent(area().viewport(), &wheel);
                QVERIFY(settle());
            }
            QCOMPARE(area().document().visible().empty(), false);
        }
    }
};

EXPERTSCOPE_TEST(TestTokenView)
#include "tst_token_view.moc"
