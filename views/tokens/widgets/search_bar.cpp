// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/tokens/widgets/search_bar.h"

#include "views/charts/wording.h"
#include "views/widgets/elided_label.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QStyle>
#include <QToolButton>

#include <algorithm>

namespace expertscope {

namespace {

constexpr int kPatienceMs = 200;

QToolButton* button(QWidget* parent, const QString& text, const QString& id, const QString& tip, bool checkable = false)
{
    auto* made = new QToolButton(parent);
    made->setText(text);
    made->setObjectName(id);
    made->setToolTip(tip);
    made->setAccessibleName(tip);
    made->setCheckable(checkable);
    made->setAutoRaise(true);
    made->setFocusPolicy(Qt::TabFocus);
    return made;
}

}

SearchBar::SearchBar(Session& session, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_cursor(TokenCursor::of(session))
{
    setObjectName("searchBar");
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(8, 4, 4, 4);
    row->setSpacing(4);
    m_line = new QLineEdit(this);
    m_line->setObjectName("searchLine");
    m_line->setAccessibleName("Find in the text");
    m_line->setPlaceholderText("Text, #id of a token, or L5E27");
    m_line->setToolTip(
        "Text, which may span tokens; #123: a token id; L5E27: tokens that chose expert 27 of layer 5, E27: of "
        "the layer that is shown");
    m_line->setClearButtonEnabled(true);
    m_line->setMinimumWidth(80);
    m_line->setMaximumWidth(360);
    m_line->installEventFilter(this);
    row->addWidget(m_line, 1);
    m_case = button(this, "Aa", "searchCase", "Upper and lower case differ", true);
    m_regular = button(this, ".*", "searchRegular", "Regular expression", true);
    auto* before = button(this, QString::fromUtf8("↑"), "searchBefore", "The match before  (Shift+F3)");
    auto* after = button(this, QString::fromUtf8("↓"), "searchNext", "The next match  (F3)");
    for (QToolButton* b : {m_case, m_regular, before, after})
        row->addWidget(b);
    m_status = new ElidedLabel(this);
    m_status->setObjectName("searchStatus");
    m_status->setProperty("faint", true);
    row->addWidget(m_status);
    auto* shut = button(this, QString::fromUtf8("×"), "searchClose", "Close  (Esc)");
    row->addWidget(shut);
    m_later.setSingleShot(true);
    m_later.setInterval(kPatienceMs);
    connect(&m_later, &QTimer::timeout, this, &SearchBar::search);
    connect(m_line, &QLineEdit::textChanged, this, [this] { m_later.start(); });
    for (QToolButton* b : {m_case, m_regular})
        connect(b, &QToolButton::toggled, this, &SearchBar::search);
    connect(before, &QToolButton::clicked, this, [this] { next(false); });
    connect(after, &QToolButton::clicked, this, [this] { next(true); });
    connect(shut, &QToolButton::clicked, this, &SearchBar::close);
    connect(&m_cursor, &TokenCursor::keptChanged, this, [this] {
        if (isVisible())
            search();
    });
    connect(&m_cursor, &TokenCursor::moved, this, [this] {
        if (isVisible() && m_cursor.site() != m_site && !m_line->text().isEmpty())
            search(); // "E27" means another one
    });
    hide();
}

void SearchBar::find(const QString& typed)
{
    open();
    m_line->setText(typed);
    next();
}

void SearchBar::open()
{
    show();
    m_line->setFocus(Qt::ShortcutFocusReason);
    m_line->selectAll();
    if (!m_matches && !m_line->text().isEmpty())
        search();
}

void SearchBar::close()
{
    m_tracker.cancel();
    m_later.stop();
    m_pending.reset();
    m_matches.reset();
    m_found.reset();
    m_at.reset();
    hide();
    emit changed();
    emit closed();
}

std::optional<TokenRange> SearchBar::match() const
{
    return m_at && m_found ? std::optional((*m_found)[*m_at]) : std::nullopt;
}

QString SearchBar::status() const
{
    return m_status->text();
}

void SearchBar::say(const QString& words, bool error)
{
    if (m_status->property("error").toBool() != error) {
        m_status->setProperty("error", error);
        m_status->setProperty("faint", !error);
        m_status->style()->unpolish(m_status);
        m_status->style()->polish(m_status);
    }
    m_status->setText(words);
}

void SearchBar::sayWhere()
{
    const std::size_t count = m_found ? m_found->size() : 0;
    if (count == 0)
        return say(searching() ? QString::fromUtf8("searching…") : QString("no matches"));
    QString words = countText(count) + (searching() ? " so far" : m_more ? " and more" : "");
    words = m_at ? countText(*m_at + 1) + " of " + words : words + (count == 1 && !searching() ? " match" : " matches");
    say(joinedReadout({words, m_continued}));
}

void SearchBar::search()
{
    m_later.stop();
    m_tracker.cancel();
    m_at.reset();
    m_continued.clear();
    m_more = false;
    m_found.reset();
    m_matches.reset();
    const KeptTokensPtr kept = m_cursor.kept();
    const QString typed = m_line->text();
    if (typed.isEmpty() || !kept) {
        m_pending.reset();
        say({});
        emit changed();
        return;
    }
    auto query = tokenQuery(typed, m_regular->isChecked(), m_case->isChecked(), kept->shape(), m_cursor.site());
    if (!query) {
        m_pending.reset();
        say(QString::fromStdString(query.error().message()), true);
        emit changed();
        return;
    }
    m_site = m_cursor.site();
    m_found = std::make_shared<std::vector<TokenRange>>();
    m_matches = m_found;
    m_tracker.start([this, kept, query = std::move(*query)](const JobTracker::Handle& handle) -> JobTracker::Delivery {
        std::size_t count = 0;
        const auto done = searchTokens(*kept, query, [&](std::vector<TokenRange> more, double fraction) {
            count += more.size();
            if (!more.empty())
                handle.deliver([this, more = std::move(more)] { add(more); });
            handle.progress(fraction);
            return !handle.cancelled() && count <= kMost;
        });
        return [this, done] { finish(done); };
    });
    sayWhere();
    emit changed();
}

void SearchBar::add(std::vector<TokenRange> more)
{
    if (!m_found)
        return;
    const std::size_t room = kMost - m_found->size();
    m_more = m_more || more.size() > room;
    more.resize(std::min(more.size(), room));
    m_found->insert(m_found->end(), more.begin(), more.end());
    sayWhere();
    if (m_pending)
        next(*m_pending);
    emit changed();
}

void SearchBar::finish(const Expected<void>& done)
{
    if (!done && done.error().what != kCancelled) {
        m_pending.reset();
        say(QString::fromStdString(done.error().message()), true);
        return;
    }
    if (m_pending)
        next(*m_pending);
    sayWhere();
}

void SearchBar::goTo(std::size_t at)
{
    m_pending.reset();
    m_at = at;
    sayWhere();
    emit changed();
    m_cursor.put((*m_found)[at].begin);
}

void SearchBar::next(bool forward)
{
    if (m_later.isActive() || (!m_matches && !m_line->text().isEmpty())) {
        search();
    }
    if (!m_found)
        return;
    const auto here = m_at ? std::optional((*m_found)[*m_at].begin) : m_cursor.here();
    // The first one may be where the cursor is already.
    const auto begin = [](const TokenRange& match) { return match.begin; };
    auto at = m_found->end();
    if (forward)
        at = !here ? m_found->begin()
            : m_at ? std::ranges::upper_bound(*m_found, *here, {}, begin)
                   : std::ranges::lower_bound(*m_found, *here, {}, begin);
    else if (here)
        at = std::ranges::lower_bound(*m_found, *here, {}, begin);
    const bool there = forward ? at != m_found->end() : here && at != m_found->begin();
    if (there) {
        m_continued.clear();
        return goTo(std::size_t((forward ? at : at - 1) - m_found->begin()));
    }
    if (searching()) {
        m_pending = forward;
        return;
    }
    m_pending.reset();
    if (m_found->empty())
        return sayWhere();
    m_continued = forward ? "continued from the top" : "continued from the end";
    goTo(forward ? 0 : m_found->size() - 1);
}

bool SearchBar::eventFilter(QObject* watched, QEvent* event)
{
    if (watched != m_line)
        return QWidget::eventFilter(watched, event);
    if (event->type() == QEvent::ShortcutOverride && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape) {
        event->accept();
        return true;
    }
    if (event->type() != QEvent::KeyPress)
        return false;
    const auto* const key = static_cast<QKeyEvent*>(event);
    switch (key->key()) {
    case Qt::Key_Return:
    case Qt::Key_Enter:
        next(!(key->modifiers() & Qt::ShiftModifier));
        return true;
    case Qt::Key_Escape:
        close();
        return true;
    default:
        return false;
    }
}

}
