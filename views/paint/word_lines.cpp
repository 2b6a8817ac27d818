// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/word_lines.h"

#include <algorithm>

namespace expertscope {

bool isSign(QChar c)
{
    return c == kSpaceSign || c == kBreakSign || c == kTabSign;
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
