// SPDX-License-Identifier: GPL-3.0-or-later
//
// The text on the screen: what is seen is what was recorded, and what is done in it is shared with all views.
#include "tests/support/test_main.h"
#include "tests/views/tokens/token_view_fixture.h"

#include <QEvent>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QSet>
#include <QWheelEvent>

using namespace expertscope;
using namespace expertscope::testing;

class TestTokenView : public TokenViewFixture
{
    Q_OBJECT

private slots:
    void initTestCase() { openFixture(); }
    void init() { makeView(); }
    void cleanup() { dropView(); }

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
        QTRY_VERIFY(m_view->readout().contains("expert"));
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
            // To be played everywhere, whichever row its buttons stand in.
            QVERIFY(m_view->findChild<QWidget*>("play")->isVisible());
            QCOMPARE(m_view->player()->bars()->isVisible(), size.height() > 330);
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
