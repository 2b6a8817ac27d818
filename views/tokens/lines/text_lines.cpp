// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/tokens/lines/text_lines.h"

#include <algorithm>
#include <numeric>

namespace expertscope {

namespace {

constexpr qsizetype kMostKept = 100000;
constexpr double kSign = 0.7; ///< of the font's height
constexpr double kPill = 8; ///< room about the text of a special token

/// Scripts without blanks between words: a line may break before their characters.
bool breaksAnywhere(QChar c)
{
    if (c.isHighSurrogate())
        return true; // rare ideographs, emoji
    switch (c.script()) {
    case QChar::Script_Han:
    case QChar::Script_Hiragana:
    case QChar::Script_Katakana:
    case QChar::Script_Thai:
    case QChar::Script_Lao:
    case QChar::Script_Khmer:
    case QChar::Script_Myanmar:
        return true;
    default:
        return c.unicode() >= 0x3000 && c.unicode() <= 0x303f; // their punctuation
    }
}

/// A word goes on from one piece to the next.
bool goesOn(const ShownPiece& before, const ShownPiece& piece)
{
    using Kind = ShownPiece::Kind;
    if (before.kind == Kind::Special || piece.kind == Kind::Special || before.kind == Kind::Blank
        || piece.kind == Kind::Blank || piece.kind == Kind::Id)
        return false;
    if (before.text.isEmpty() || piece.text.isEmpty())
        return false;
    const QChar a = before.text.back(), b = piece.text.front();
    return !a.isSpace() && !b.isSpace() && !isTextSign(a) && !breaksAnywhere(a) && !breaksAnywhere(b);
}

/// The direction in which the text of a token is read: of its first character that has one.
enum class Reads
{
    FromLeft,
    FromRight,
    Number,
    AsNeighbours
};

Reads directionOf(const QString& text)
{
    for (const QChar c : text) {
        switch (c.direction()) {
        case QChar::DirL:
            return Reads::FromLeft;
        case QChar::DirR:
        case QChar::DirAL:
            return Reads::FromRight;
        case QChar::DirEN:
        case QChar::DirAN:
            return Reads::Number;
        default:
            break;
        }
    }
    return Reads::AsNeighbours;
}

bool fromRight(const ShownPiece& piece)
{
    return std::ranges::any_of(
        piece.text, [](QChar c) { return c.direction() == QChar::DirR || c.direction() == QChar::DirAL; });
}

/// Embedding levels of the tokens of a line: rules N1, N2, I1 and I2 of Unicode's bidirectional algorithm (UAX #9), a
/// token being one character to them.
std::vector<int> levelsOf(std::span<const ShownPiece> pieces)
{
    std::vector<Reads> reads;
    for (const ShownPiece& piece : pieces)
        reads.push_back(directionOf(piece.text));
    const auto strong =
        std::ranges::find_if(reads, [](Reads r) { return r == Reads::FromLeft || r == Reads::FromRight; });
    const Reads base = strong != reads.end() ? *strong : Reads::FromLeft;
    Reads before = base;
    for (std::size_t i = 0; i < reads.size(); ++i) {
        if (reads[i] == Reads::Number && before == Reads::FromLeft)
            reads[i] = Reads::FromLeft; // W7
        if (reads[i] == Reads::FromLeft || reads[i] == Reads::FromRight)
            before = reads[i];
    }
    const auto side = [](Reads r) { return r == Reads::Number ? Reads::FromRight : r; };
    std::vector<int> levels(reads.size());
    for (std::size_t i = 0; i < reads.size();) {
        std::size_t end = i;
        while (end < reads.size() && reads[end] == Reads::AsNeighbours)
            ++end;
        if (end > i) {
            const Reads left = i > 0 ? side(reads[i - 1]) : base, right = end < reads.size() ? side(reads[end]) : base;
            std::fill(
                reads.begin() + std::ptrdiff_t(i), reads.begin() + std::ptrdiff_t(end), left == right ? left : base);
        } else {
            ++end;
        }
        for (; i < end; ++i)
            levels[i] = base == Reads::FromLeft ? (reads[i] == Reads::FromLeft ? 0
                                : reads[i] == Reads::FromRight                 ? 1
                                                                               : 2)
                                                : (reads[i] == Reads::FromRight ? 1 : 2);
    }
    return levels;
}

/// Puts the tokens of a line in the order in which they are read (rule L2).
void reorder(std::span<const ShownPiece> pieces, std::span<PlacedPiece> placed)
{
    const std::vector<int> levels = levelsOf(pieces);
    std::vector<std::size_t> order(pieces.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    for (int level = 2; level >= 1; --level) {
        for (std::size_t i = 0; i < order.size();) {
            std::size_t end = i;
            while (end < order.size() && levels[order[end]] >= level)
                ++end;
            std::reverse(order.begin() + std::ptrdiff_t(i), order.begin() + std::ptrdiff_t(end));
            i = std::max(end, i + 1);
        }
    }
    float at = placed.empty() ? 0 : placed.front().left;
    for (const std::size_t i : order) {
        placed[i].left = at;
        at += placed[i].width;
    }
}

}

bool isTextSign(QChar c)
{
    return isSign(c) || c == kPartSign;
}

PieceWidths::PieceWidths(const QFont& font)
    : m_font(font)
    , m_metrics(font)
{
}

double PieceWidths::sign() const
{
    return kSign * m_metrics.height();
}

double PieceWidths::of(const ShownPiece& piece)
{
    const auto known = m_known.constFind(piece.text);
    double width = known != m_known.constEnd() ? double(*known) : 0;
    if (known == m_known.constEnd()) {
        const auto signs = std::ranges::count_if(piece.text, isTextSign);
        QString text = piece.text;
        if (signs > 0)
            text.removeIf(isTextSign);
        width = m_metrics.horizontalAdvance(text) + sign() * double(signs);
        if (m_known.size() >= kMostKept)
            m_known.clear();
        m_known.insert(piece.text, float(width));
    }
    // A token without any ink is there all the same.
    return std::max(width + (piece.kind == ShownPiece::Kind::Special ? kPill : 0), 0.35 * m_metrics.height());
}

TextLines breakLines(std::span<const ShownPiece> pieces, PieceWidths& widths, double width)
{
    TextLines lines;
    lines.pieces.resize(pieces.size());
    lines.begins.push_back(0);
    double at = 0;
    const auto newLine = [&](std::size_t first) {
        if (first > lines.begins.back())
            lines.begins.push_back(std::uint32_t(first));
        at = 0;
    };
    for (std::size_t i = 0; i < pieces.size();) {
        std::size_t end = i;
        double word = 0;
        do {
            const double wanted = widths.of(pieces[end]);
            lines.pieces[end].width = float(std::min(wanted, width));
            lines.pieces[end].cut = wanted > width;
            word += double(lines.pieces[end].width);
            ++end;
        } while (end < pieces.size() && !pieces[end - 1].breaksLine && goesOn(pieces[end - 1], pieces[end]));
        if (at > 0 && at + word > width && word <= width)
            newLine(i);
        for (; i < end; ++i) {
            PlacedPiece& placed = lines.pieces[i];
            if (at > 0 && at + double(placed.width) > width)
                newLine(i);
            placed.line = std::uint32_t(lines.begins.size() - 1);
            placed.left = float(at);
            at += double(placed.width);
        }
        if (pieces[end - 1].breaksLine && end < pieces.size())
            newLine(end);
    }
    lines.begins.push_back(std::uint32_t(pieces.size()));
    if (pieces.empty())
        lines.begins = {0, 0};
    for (std::size_t line = 0; line < lines.size(); ++line) {
        const std::size_t first = lines.begins[line], count = lines.begins[line + 1] - first;
        const auto inLine = pieces.subspan(first, count);
        lines.bidirectional.push_back(std::ranges::any_of(inLine, fromRight));
        if (lines.bidirectional.back())
            reorder(inLine, std::span(lines.pieces).subspan(first, count));
    }
    return lines;
}

std::optional<std::size_t> TextLines::at(std::size_t line, double x) const
{
    if (line >= size())
        return {};
    for (std::size_t i = begins[line]; i < begins[line + 1]; ++i) {
        if (x >= double(pieces[i].left) && x < double(pieces[i].left + pieces[i].width))
            return i;
    }
    return {};
}

}
