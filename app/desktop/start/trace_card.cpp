// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/start/trace_card.h"

#include "analysis/study/study.h"
#include "views/paint/colour_table.h"

#include <QHash>
#include <QKeyEvent>
#include <QPainter>

namespace expertscope {

namespace {

/// Bundled traces do not change: each is read once, whichever window shows it. Only for the thread of the windows.
QHash<QString, QImage>& knownThumbnails()
{
    static QHash<QString, QImage> known;
    return known;
}

}

QImage loadThumbnail(const QString& file)
{
    const auto study = Study::open({file.toStdString()});
    if (!study)
        return {};
    const auto table = (*study)->load(0, {});
    const auto colours = colourTable("vik");
    if (!table || !colours)
        return {};
    const LoadTable& load = **table;
    const RoutingShape& shape = (*study)->shape();
    const ColourScale scale{*colours, ScaleKind::Log2, 0.125, 8};
    QImage map(load.numExperts, int(shape.sites.size()), QImage::Format_RGB32);
    map.fill(QColor::fromRgb(kNoDataColour));
    for (int y = 0; y < map.height(); ++y) {
        const SiteIndex site{std::uint16_t(y)};
        const double E = shape.sites[std::size_t(y)].numExperts, choices = double(load.choices[std::size_t(y)]);
        for (int x = 0; x < int(E) && choices > 0; ++x)
            map.setPixel(x, y, scale.colour(double(load.count(site, ExpertIndex(std::uint16_t(x)))) * E / choices));
    }
    return map;
}

TraceCard::TraceCard(const DemoTrace& trace, QWidget* parent)
    : QAbstractButton(parent)
    , m_trace(trace)
{
    setObjectName("card." + trace.id);
    setText(trace.title);
    setAccessibleName(trace.title);
    setAccessibleDescription(trace.text);
    setToolTip(
        trace.files.isEmpty() ? "Records it with the bundled model: expertscope-capture" : trace.files.join('\n'));
    setFocusPolicy(Qt::StrongFocus);
    setCursor(Qt::PointingHandCursor);
    setAttribute(Qt::WA_Hover);
}

void TraceCard::showEvent(QShowEvent* event)
{
    QAbstractButton::showEvent(event);
    if (m_asked || m_trace.files.isEmpty())
        return;
    m_asked = true;
    const QString file = m_trace.files.front();
    m_map = knownThumbnails().value(file);
    if (!m_map.isNull())
        return;
    m_job.start([this, file](const JobTracker::Handle&) -> JobTracker::Delivery {
        return [this, file, map = loadThumbnail(file)] {
            m_map = knownThumbnails()[file] = map;
            update();
        };
    });
}

void TraceCard::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
        return click();
    QAbstractButton::keyPressEvent(event);
}

void TraceCard::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const QRect frame = rect().adjusted(1, 1, -2, -2);
    painter.setPen(
        QPen(hasFocus() || underMouse() ? palette().highlight().color() : palette().mid().color(), hasFocus() ? 2 : 1));
    painter.setBrush(palette().base());
    painter.drawRoundedRect(frame, 6, 6);
    const int line = fontMetrics().height();
    QRect room = frame.adjusted(10, 10, -10, -8);
    QRect text(room.left(), room.bottom() - 3 * line - 4, room.width(), 3 * line + 4);
    QRect picture(room.left(), room.top(), room.width(), text.top() - room.top() - 6);
    if (!m_map.isNull()) {
        painter.drawImage(picture, m_map); // whole cells, never smoothed: a hot one stays hot
    } else {
        painter.setPen(palette().placeholderText().color());
        painter.drawText(picture, Qt::AlignCenter, m_trace.files.isEmpty() ? QStringLiteral("●  record") : QString());
    }
    QFont bold = font();
    bold.setBold(true);
    painter.setFont(bold);
    painter.setPen(palette().text().color());
    painter.drawText(
        text, Qt::AlignLeft | Qt::AlignTop, QFontMetrics(bold).elidedText(m_trace.title, Qt::ElideRight, text.width()));
    painter.setFont(font());
    painter.setPen(palette().placeholderText().color());
    painter.drawText(text.adjusted(0, line + 2, 0, 4), Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, m_trace.text);
}

}
