// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/panel_head.h"

#include <cmath>

namespace expertscope {

QString panelLetter(std::size_t panel)
{
    QString letters;
    for (std::size_t left = panel + 1; left > 0; left = (left - 1) / 26)
        letters.prepend(QChar(u'a' + char16_t((left - 1) % 26)));
    return letters;
}

PanelHead::PanelHead(QCustomPlot& plot)
    : QCPLayoutElement(&plot)
{
    setLayer("legend");
    setSizeConstraintRect(scrOuterRect);
}

void PanelHead::show(const QString& letter, const QString& title)
{
    m_letter = letter;
    m_title = title;
}

void PanelHead::restyle(const Style& style)
{
    m_style = style;
    const int height = int(std::ceil(QFontMetricsF(style.titleFont).height())) + 2;
    setMinimumSize(0, height);
    setMaximumSize(QWIDGETSIZE_MAX, height);
}

void PanelHead::draw(QCPPainter* painter)
{
    QFont bold = m_style.titleFont;
    bold.setBold(true);
    QRectF box = QRectF(outerRect()).adjusted(m_style.gap / 2, 1, 0, -1);
    painter->setPen(QPen(m_style.text));
    constexpr int kAt = Qt::AlignLeft | Qt::AlignVCenter | Qt::TextDontClip;
    if (!m_letter.isEmpty()) {
        painter->setFont(bold);
        painter->drawText(box, kAt, m_letter);
        const QFontMetricsF metrics(bold);
        box.setLeft(box.left() + metrics.horizontalAdvance(m_letter) + 0.7 * metrics.height());
    }
    if (m_title.isEmpty())
        return;
    painter->setFont(m_style.titleFont);
    painter->drawText(
        box, kAt, QFontMetricsF(m_style.titleFont).elidedText(m_title, Qt::ElideMiddle, std::max(box.width(), 1.0)));
}

}
