// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/foot_note.h"

#include "views/paint/label_lines.h"
#include "views/paint/layers/heat_map_plottable.h"

#include <cmath>

namespace expertscope {

namespace {

constexpr int kMostLines = 4;
// Nobody can point at a page to read the rest: all of it, in at most so much of the height.
constexpr double kMostOfPage = 0.6;

}

FootNote::FootNote(QCustomPlot& plot)
    : QCPLayoutElement(&plot)
{
    setLayer("legend");
    setSizeConstraintRect(scrOuterRect);
}

void FootNote::show(const Picture& picture)
{
    std::size_t marks = 0;
    m_marks.clear();
    for (const Panel& panel : picture.panels) {
        for (const Layer& layer : panel.layers) {
            const auto* map = std::get_if<HeatMapPtr>(&layer);
            if (map && *map && (*map)->markCount() > 0) {
                marks += (*map)->markCount();
                m_marks = (*map)->markTitle + ": " + QString::number(marks);
            }
        }
    }
    m_note = picture.note;
}

void FootNote::restyle(const Style& style)
{
    m_style = style;
}

void FootNote::arrange(const QSizeF& page, bool crosses, const QStringList& unseen)
{
    m_crosses = crosses;
    const QFontMetricsF metrics(m_style.font);
    const double height = metrics.height();
    // The sign stands for an em in front; the marks' text never breaks from it.
    QString text = m_marks;
    text.replace(' ', QChar::Nbsp);
    for (const QString& part : QStringList{m_note} + unseen)
        text += (text.isEmpty() || part.isEmpty() ? QString() : QString("; ")) + part;
    const double room = page.width() - 2 * m_style.gap - (m_marks.isEmpty() ? 0 : height);
    const int most = m_style.paper ? std::max(kMostLines, int(kMostOfPage * page.height() / height)) : kMostLines;
    m_lines = elidedLines(text, m_style.font, std::max(room, 1.0), most);
    const int lines = m_lines.isEmpty() ? 0 : int(m_lines.count('\n')) + 1;
    const int needed = lines ? int(std::ceil(height + (lines - 1) * metrics.lineSpacing() + m_style.gap / 2)) : 0;
    setMinimumSize(0, needed);
    setMaximumSize(QWIDGETSIZE_MAX, needed);
}

void FootNote::draw(QCPPainter* painter)
{
    if (m_lines.isEmpty())
        return;
    const QFontMetricsF metrics(m_style.font);
    const double size = metrics.height(), side = 0.75 * size;
    QRectF box = QRectF(outerRect()).adjusted(m_style.gap, 0, -m_style.gap / 2, -m_style.gap / 4);
    if (!m_marks.isEmpty()) {
        const QRectF sign(box.left(), box.top() + (size - side) / 2, side, side);
        if (m_crosses) {
            painter->setAntialiasing(true);
            drawMark(painter, sign.adjusted(-side / 2, -side / 2, side / 2, side / 2), m_style.background.rgb(),
                m_style.paper ? kPaperMark : kScreenMark);
        } else {
            painter->fillRect(sign.adjusted(side / 5, side / 5, -side / 5, -side / 5), QColor::fromRgb(kMarkColour));
        }
        box.setLeft(box.left() + size);
    }
    painter->setFont(m_style.font);
    painter->setPen(QPen(m_style.text));
    // Line by line: drawn as one text, lines would be a whole number of points high, which is not what was asked for.
    for (const QString& line : m_lines.split('\n')) {
        painter->drawText(box, Qt::AlignLeft | Qt::AlignTop | Qt::TextDontClip, line);
        box.translate(0, metrics.lineSpacing());
    }
}

}
