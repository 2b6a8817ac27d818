// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/label_lines.h"

#include <QFontMetricsF>
#include <QStringList>

namespace expertscope {

namespace {

/// `words` in lines of at most `length`; none when a word is longer.
QStringList fillLines(const QStringList& words, const QFontMetricsF& metrics, double length)
{
    QStringList lines;
    for (const QString& word : words) {
        if (metrics.horizontalAdvance(word) > length)
            return {};
        if (!lines.isEmpty() && metrics.horizontalAdvance(lines.last() + ' ' + word) <= length)
            lines.last() += ' ' + word;
        else
            lines << word;
    }
    return lines;
}

}

std::optional<QString> labelLines(const QString& text, const QFont& font, double length, int most)
{
    const QFontMetricsF metrics(font);
    const QStringList words = text.split(' ', Qt::SkipEmptyParts);
    QStringList lines = fillLines(words, metrics, length);
    if (!words.isEmpty() && (lines.isEmpty() || lines.size() > most))
        return {};
    for (double shorter = length; shorter > 0 && lines.size() > 1; --shorter) {
        const QStringList narrower = fillLines(words, metrics, shorter);
        if (narrower.isEmpty() || narrower.size() > lines.size())
            break;
        lines = narrower;
    }
    return lines.join('\n').replace(QChar::Nbsp, ' ');
}

QString elidedLines(const QString& text, const QFont& font, double length, int most)
{
    if (const auto lines = labelLines(text, font, length, most))
        return *lines;
    const QFontMetricsF metrics(font);
    QStringList lines = fillLines(text.split(' ', Qt::SkipEmptyParts), metrics, length);
    if (lines.size() <= most) // none: a word that is too long
        return metrics.elidedText(text, Qt::ElideRight, length);
    const QString rest = lines.mid(most - 1).join(' ');
    lines = lines.mid(0, most - 1) << metrics.elidedText(rest, Qt::ElideRight, length);
    return lines.join('\n').replace(QChar::Nbsp, ' ');
}

}
