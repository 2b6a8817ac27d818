// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/word_lines.h"

#include <algorithm>

namespace expertscope {

bool isSign(QChar c)
{
    return c == kSpaceSign || c == kBreakSign || c == kTabSign;
}

QPolygonF signStrokes(QChar sign, const QRectF& box)
{
    const auto at = [&](double x, double y) {
        return QPointF(box.left() + x * box.width(), box.top() + y * box.height());
    };
    if (sign == kSpaceSign)
        return {{at(0.15, 0.62), at(0.15, 0.78), at(0.85, 0.78), at(0.85, 0.62)}};
    if (sign == kBreakSign)
        return {{at(0.85, 0.3), at(0.85, 0.6), at(0.15, 0.6), at(0.35, 0.48), at(0.15, 0.6), at(0.35, 0.72)}};
    return {{at(0.1, 0.55), at(0.8, 0.55), at(0.62, 0.43), at(0.8, 0.55), at(0.62, 0.67), at(0.8, 0.55), at(0.8, 0.35),
        at(0.8, 0.75)}};
}

QColor inkOn(const QColor& ground)
{
    const double light = 0.2126 * ground.redF() + 0.7152 * ground.greenF() + 0.0722 * ground.blueF();
    return light < 0.45 ? Qt::white : Qt::black;
}

QString shownPiece(const QString& piece)
{
    const bool blank = piece.trimmed().isEmpty();
    QString shown;
    for (const QChar c : piece) {
        if (c == '\n')
            shown += kBreakSign;
        else if (c == '\t')
            shown += kTabSign;
        else if (c.isSpace() && c != '\r')
            shown += blank ? kSpaceSign : QChar(' ');
        else if (c.isPrint())
            shown += c;
    }
    return shown;
}

double shownWidth(const QString& shown, const QFontMetricsF& metrics)
{
    const auto signs = std::ranges::count_if(shown, isSign);
    if (signs == 0)
        return metrics.horizontalAdvance(shown);
    QString text = shown;
    text.removeIf(isSign);
    return metrics.horizontalAdvance(text) + 0.7 * metrics.height() * double(signs);
}

std::vector<PlacedWord> placeWords(const std::vector<QString>& pieces, const QFontMetricsF& metrics, double width)
{
    std::vector<PlacedWord> placed(pieces.size());
    const double least = 0.35 * metrics.height(); // of a token without any text, which is there all the same
    std::size_t line = 0;
    double at = 0;
    bool broken = false; // the line ended by a break
    for (std::size_t i = 0; i < pieces.size();) {
        // A word: up to the next piece that begins with a blank, or follows one.
        std::size_t end = i;
        double whole = 0;
        do {
            PlacedWord& word = placed[end];
            word.text = shownPiece(pieces[end]);
            word.width = std::max(least, shownWidth(word.text, metrics));
            if (word.width > width) {
                word.text = metrics.elidedText(word.text, Qt::ElideMiddle, width);
                word.width = width;
            }
            whole += word.width;
            ++end;
        } while (end < pieces.size() && !pieces[end].isEmpty() && !pieces[end].front().isSpace()
            && !pieces[end - 1].isEmpty() && !pieces[end - 1].back().isSpace());
        if (broken || (at > 0 && at + whole > width && whole <= width)) {
            ++line;
            at = 0;
        }
        for (; i < end; ++i) {
            if (at > 0 && at + placed[i].width > width) {
                ++line;
                at = 0;
            }
            placed[i].line = line;
            placed[i].left = at;
            at += placed[i].width;
        }
        broken = pieces[end - 1].contains('\n');
    }
    return placed;
}

}
