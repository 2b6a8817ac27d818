// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where the tokens of a part stand in lines of a width. Words stay together where they fit; Chinese, Japanese and the
// like break between tokens, and lines with text from right to left are put in the order in which it is read.
#pragma once

#include "views/tokens/data/shown_pieces.h"

#include <QFontMetricsF>
#include <QHash>

#include <optional>
#include <span>
#include <vector>

namespace expertscope {

bool isTextSign(QChar c);

/// Widths of shown pieces in a font, kept: most tokens come again.
class PieceWidths
{
public:
    explicit PieceWidths(const QFont& font);

    const QFont& font() const { return m_font; }
    const QFontMetricsF& metrics() const { return m_metrics; }
    double sign() const; ///< side of a sign
    double of(const ShownPiece& piece);

private:
    QFont m_font;
    QFontMetricsF m_metrics;
    QHash<QString, float> m_known;
};

struct PlacedPiece
{
    std::uint32_t line = 0;
    float left = 0, width = 0;
    bool cut = false; ///< wider than a line: its text is cut there
};

struct TextLines
{
    std::vector<PlacedPiece> pieces; ///< [n]
    std::vector<std::uint32_t> begins; ///< [lines + 1] first token of each
    std::vector<bool> bidirectional; ///< [lines] holds text from right to left

    std::size_t size() const { return begins.size() - 1; }
    /// The token at a place of a line; none: it is behind the last one.
    std::optional<std::size_t> at(std::size_t line, double x) const;
};

TextLines breakLines(std::span<const ShownPiece> pieces, PieceWidths& widths, double width);

}
