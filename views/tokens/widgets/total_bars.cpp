// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/tokens/widgets/total_bars.h"

#include "views/charts/wording.h"
#include "views/paint/axis_ticks.h"
#include "views/tokens/data/token_words.h"
#include "views/widgets/theme.h"

#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <numeric>

namespace expertscope {

namespace {

constexpr int kSide = 8, kTop = 4;

}

TotalBars::TotalBars(Session& session, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_cursor(TokenCursor::of(session))
{
    setObjectName("totalBars");
    setMouseTracking(true);
    setAccessibleName("Choices of each expert since playing began");
    connect(&m_cursor, &TokenCursor::moved, this, &TotalBars::ask);
    connect(&m_cursor, &TokenCursor::keptChanged, this, [this] {
        m_tracker.cancel();
        m_total.reset(); // of other tokens
        m_again = false;
        ask();
    });
    connect(&session.selection(), &SharedSelection::pinsChanged, this, [this] { update(); });
    connect(&session.selection(), &SharedSelection::hoveredChanged, this, [this] { update(); });
}

void TotalBars::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    ask();
}

void TotalBars::ask()
{
    const KeptTokensPtr kept = m_cursor.kept();
    // Where they are not seen their words would be of another token before long.
    if (!isVisible() || !kept || !m_cursor.here() || !m_cursor.start()
        || std::size_t(m_cursor.site()) >= kept->shape().sites.size()) {
        m_tracker.cancel();
        m_total.reset();
        update();
        emit totalChanged();
        return;
    }
    if (m_tracker.running()) {
        m_again = true; // a step waits for the one before: quicker than counting anew
        return;
    }
    const SiteIndex site = m_cursor.site();
    const TokenIndex start = *m_cursor.start(), here = *m_cursor.here();
    if (m_total && m_total->site == site && m_total->start == start && m_total->here == here)
        return;
    m_tracker.start(
        [this, kept, site, start, here, before = m_total](const JobTracker::Handle& handle) -> JobTracker::Delivery {
            auto total = growingTotal(*kept, site, start, here, before ? &*before : nullptr,
                [&handle](double) { return !handle.cancelled(); });
            return [this, total = std::move(total)] {
                m_total = total ? std::optional(*total) : std::nullopt;
                update();
                emit totalChanged();
                if (m_pointed)
                    emit readoutChanged();
                if (std::exchange(m_again, false))
                    QMetaObject::invokeMethod(this, &TotalBars::ask, Qt::QueuedConnection);
            };
        });
}

QString TotalBars::summary() const
{
    if (!m_total || m_total->choices == 0 || !m_cursor.kept())
        return {};
    const RoutingShape& shape = m_cursor.kept()->shape();
    const auto most = std::ranges::max_element(m_total->counts);
    const Sequence& sequence = shape.sequences[std::size_t(sequenceOf(shape, m_total->start))];
    return countText(m_total->tokens) + (m_total->tokens == 1 ? " token" : " tokens") + " since token "
        + countText(m_total->start.value - sequence.begin.value) + " of "
        + sequenceHead(shape, sequenceOf(shape, m_total->start)).name + "; most: expert "
        + QString::number(most - m_total->counts.begin()) + ", " + percentText(double(*most) / double(m_total->choices))
        + " (uniform " + percentText(1 / double(m_total->counts.size())) + ')';
}

QString TotalBars::readout() const
{
    if (!m_total || !m_pointed || m_total->choices == 0 || !m_cursor.kept())
        return {};
    const std::uint64_t count = m_total->counts[*m_pointed];
    return joinedReadout({siteText(m_cursor.kept()->shape(), m_total->site), "expert " + QString::number(*m_pointed),
        countText(count) + (count == 1 ? " choice, share " : " choices, share ")
            + percentText(double(count) / double(m_total->choices)) + " (uniform "
            + percentText(1 / double(m_total->counts.size())) + ')',
        "n = " + countText(m_total->tokens) + " tokens passed"});
}

double TotalBars::floor() const
{
    return height() - fontMetrics().height() - 6;
}

QRectF TotalBars::barOf(std::size_t expert) const
{
    const double width = double(this->width() - 2 * kSide) / double(m_total->counts.size());
    const auto most = double(std::max<std::uint64_t>(*std::ranges::max_element(m_total->counts), 1));
    const double room = floor() - kTop;
    const double high = room * double(m_total->counts[expert]) / most;
    return {kSide + double(expert) * width, kTop + room - high, width, high};
}

void TotalBars::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const Style style = screenStyle(screenColours(), font());
    painter.fillRect(rect(), style.background);
    if (!m_total || m_total->choices == 0) {
        painter.setPen(style.axis);
        painter.drawText(rect().adjusted(kSide, 0, -kSide, 0), Qt::AlignVCenter | Qt::TextWordWrap,
            "Click a token, then play: how often each expert was chosen on the way");
        return;
    }
    const double floor = this->floor();
    const Subject hovered = m_session.selection().hovered();
    for (std::size_t e = 0; e < m_total->counts.size(); ++e) {
        const QRectF bar = barOf(e);
        const bool now = std::ranges::find(m_total->last, std::uint16_t(e)) != m_total->last.end();
        const double gap = bar.width() >= 4 ? 1 : 0;
        painter.fillRect(bar.adjusted(0, 0, -gap, 0), now ? style.accent : style.rest);
        const bool pinned = std::ranges::any_of(m_session.selection().pins(), [&](const Subject& pin) {
            return pin.site == m_total->site && pin.expert == ExpertIndex(std::uint16_t(e)) && !pin.token;
        });
        if (pinned)
            painter.fillRect(QRectF(bar.left(), floor + 1, bar.width() - gap, 3), style.accent);
        const bool pointed = m_pointed == e
            || (hovered.site == m_total->site && hovered.expert == ExpertIndex(std::uint16_t(e)) && !hovered.token);
        if (pointed) {
            painter.setPen(QPen(style.text, 1));
            painter.setBrush(Qt::NoBrush);
            painter.drawRect(QRectF(bar.left(), kTop, bar.width() - 1, floor - kTop).adjusted(0, 0, -gap, -1));
        }
    }
    painter.setPen(style.axis);
    painter.drawLine(QPointF(kSide, floor), QPointF(width() - kSide, floor));
    // Where all bars would end if experts were chosen alike.
    const double most = double(*std::ranges::max_element(m_total->counts)) / double(m_total->choices);
    const double uniform = floor - (floor - kTop) / most / double(m_total->counts.size());
    std::vector<int> names(m_total->counts.size());
    std::iota(names.begin(), names.end(), 0);
    const int room = std::max(2, (width() - 2 * kSide) / (fontMetrics().horizontalAdvance("000") + 16));
    for (const Tick& tick : cellTicks(names, 0, double(names.size() - 1), room)) {
        const QRectF bar = barOf(std::size_t(tick.position));
        const int wide = fontMetrics().horizontalAdvance(tick.label);
        painter.drawText(QPointF(std::clamp(bar.center().x() - wide / 2.0, 0.0, double(width() - wide)),
                             floor + 4 + fontMetrics().ascent()),
            tick.label);
    }
    QPen dashes(style.reference, 1, Qt::DashLine);
    painter.setPen(dashes);
    if (uniform > kTop)
        painter.drawLine(QPointF(kSide, uniform), QPointF(width() - kSide, uniform));
}

Subject TotalBars::subject() const
{
    return m_total && m_pointed ? Subject{.site = m_total->site, .expert = ExpertIndex(std::uint16_t(*m_pointed))}
                                : Subject();
}

void TotalBars::point(std::optional<std::size_t> expert)
{
    if (expert == m_pointed)
        return;
    m_pointed = expert;
    m_session.selection().hover(subject(), this);
    update();
    emit readoutChanged();
}

void TotalBars::mouseMoveEvent(QMouseEvent* event)
{
    if (!m_total)
        return point({});
    const double width = double(this->width() - 2 * kSide) / double(m_total->counts.size());
    const double at = (event->position().x() - kSide) / width;
    point(at >= 0 && at < double(m_total->counts.size()) ? std::optional(std::size_t(at)) : std::nullopt);
}

void TotalBars::mouseReleaseEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton || !m_pointed)
        return;
    if (event->modifiers() & Qt::ShiftModifier)
        m_session.selection().pin(subject(), this);
    else
        m_session.selection().choose(subject(), this);
}

void TotalBars::leaveEvent(QEvent*)
{
    point({});
}

}
