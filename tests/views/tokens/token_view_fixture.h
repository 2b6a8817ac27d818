// SPDX-License-Identifier: GPL-3.0-or-later
//
// The text view over a trace whose numbers are known, and hands for it: what tests of it share.
#pragma once

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
#include <QTemporaryDir>
#include <QTest>

namespace expertscope::testing {

/// Base of tests; their initTestCase(), init() and cleanup() call these three.
class TokenViewFixture : public QObject
{
protected:
    void openFixture()
    {
        applyTheme(Theme::Light);
        m_trace = wordTrace();
        const auto study = m_trace.open(m_dir.filePath("words.h5").toStdString());
        VERIFY_OK(study);
        m_words = *study;
    }
    void makeView()
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
    void dropView()
    {
        m_view.reset();
        m_session.reset();
    }

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
};

}
