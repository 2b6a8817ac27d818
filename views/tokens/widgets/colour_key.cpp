// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/tokens/widgets/colour_key.h"

#include "views/paint/axis_ticks.h"
#include "views/widgets/theme.h"

#include <QPainter>

#include <algorithm>

namespace expertscope {

namespace {

constexpr int kBar = 120, kGap = 12, kSwatchSide = 8;

const SiteColours* mainColours(const TokenColours& colours)
{
    const auto found = colours.sites.find(colours.question.site);
    return found != colours.sites.end() ? &found->second : nullptr;
}

}

ColourKeyLine::ColourKeyLine(QWidget* parent)
    : QWidget(parent)
{
    setObjectName("textKey");
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
}

void ColourKeyLine::setColours(const TokenColours& colours)
{
    m_colours = colours;
    const QString all = text();
    setToolTip(all);
    setAccessibleName("Colours: " + all);
    update();
}

QString ColourKeyLine::text() const
{
    QStringList parts{m_colours.title};
    if (const SiteColours* colours = mainColours(m_colours)) {
        if (colours->scale)
            parts << tickText(colours->scale->low, false) + " to " + tickText(colours->scale->high, false);
        for (const LegendEntry& entry : colours->categories.legend())
            parts << entry.name;
    }
    if (!m_colours.note.isEmpty())
        parts << m_colours.note;
    parts.removeAll(QString());
    return parts.join("; ");
}

QSize ColourKeyLine::sizeHint() const
{
    return {400, fontMetrics().height() + 8};
}

QSize ColourKeyLine::minimumSizeHint() const
{
    return {60, sizeHint().height()};
}

void ColourKeyLine::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const Style style = screenStyle(screenColours(), font());
    painter.fillRect(rect(), style.background);
    const QFontMetrics metrics = fontMetrics();
    const int middle = height() / 2, side = metrics.ascent();
    int at = kSwatchSide;
    const auto room = [&] { return width() - at - kSwatchSide; };
    const auto write = [&](const QString& words, const QColor& colour) {
        if (room() < metrics.averageCharWidth() * 3)
            return false;
        const QString shown = metrics.elidedText(words, Qt::ElideRight, room());
        painter.setPen(colour);
        painter.drawText(QRect(at, 0, room(), height()), Qt::AlignVCenter | Qt::AlignLeft, shown);
        at += metrics.horizontalAdvance(shown);
        return shown == words;
    };
    if (!write(m_colours.title, style.text))
        return;
    at += kGap;
    if (const SiteColours* colours = mainColours(m_colours)) {
        if (colours->scale && room() > kBar + 80) {
            write(tickText(colours->scale->low, false), style.axis);
            at += 6;
            for (int x = 0; x < kBar; ++x)
                painter.fillRect(at + x, middle - 5, 1, 10,
                    QColor::fromRgb(colours->scale->table.entries[std::size_t(x * 256 / kBar)]));
            at += kBar + 6;
            write(tickText(colours->scale->high, false), style.axis);
            at += kGap;
        }
        std::vector<LegendEntry> entries = colours->categories.legend();
        const auto wide = [&] {
            int sum = 0;
            for (const LegendEntry& entry : entries)
                sum += side + 4 + metrics.horizontalAdvance(entry.name) + kGap;
            return sum;
        };
        if (wide() > room()) { // as short as they are understood
            for (LegendEntry& entry : entries)
                entry.name.remove("chooses ")
                    .remove("another ")
                    .replace("expert ", QString())
                    .replace("expert", "other");
        }
        for (const LegendEntry& entry : entries) {
            if (room() < side + 4 + metrics.horizontalAdvance(entry.name + QString::fromUtf8(" …"))) {
                write(QStringLiteral("…"), style.axis);
                return;
            }
            painter.fillRect(at, middle - side / 2, side, side, categoryColour(style, entry.colour));
            at += side + 4;
            write(entry.name, style.axis);
            at += kGap;
        }
    }
    if (!m_colours.note.isEmpty())
        write(m_colours.note, style.axis);
}

}
