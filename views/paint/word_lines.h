// SPDX-License-Identifier: GPL-3.0-or-later
//
// How tokens of a text are broken into lines. Tokens are pieces of words: a word is kept together where it fits.
#pragma once

#include <QColor>
#include <QFontMetricsF>
#include <QPolygonF>
#include <QString>

#include <vector>

namespace expertscope {

/// Signs for what has no ink of its own. Fonts mostly lack them: whoever draws text draws these himself.
inline constexpr QChar kSpaceSign(0x2423), kBreakSign(0x23ce), kTabSign(0x21e5);
bool isSign(QChar c);
/// A blank as an open box, a line break as a bent arrow, a tab as an arrow to a wall: a line to draw in a box.
QPolygonF signStrokes(QChar sign, const QRectF& box);

/// Black or white, whichever is read on a ground.
QColor inkOn(const QColor& ground);

/// A piece as it is shown: a blank between words stays one, blanks alone, tabs and line breaks become signs.
QString shownPiece(const QString& piece);
/// Its width, signs being 0.7 of the font's height.
double shownWidth(const QString& shown, const QFontMetricsF& metrics);

struct PlacedWord
{
    std::size_t line = 0;
    double left = 0, width = 0;
    QString text; ///< as shown; cut in the middle where it is wider than a line
};

/// Of each piece, in lines of `width`; behind a line break the next line begins.
std::vector<PlacedWord> placeWords(const std::vector<QString>& pieces, const QFontMetricsF& metrics, double width);

}
