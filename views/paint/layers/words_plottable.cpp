// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/layers/words_plottable.h"

#include "views/paint/fonts.h"

#include <QLocale>

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

constexpr char32_t kLacking = 0x25a1; ///< a white square, for characters that the font lacks

QString grouped(std::uint64_t number)
{
    return QLocale(QLocale::English).toString(qulonglong(number));
}

}

void WordsPlottable::show(const Layer& layer, const std::optional<ColourKey>& key)
{
    const WordsPtr& words = std::get<WordsPtr>(layer);
    if (!m_data || !words || words->pieces != m_data->pieces)
        m_first = 0;
    m_data = words;
    m_scale = key ? std::optional(key->scale) : std::nullopt;
    setStyle(m_style);
}

void WordsPlottable::setStyle(const Style& style)
{
    m_style = style;
    m_linesWidth = -1;
    m_pieces = m_data ? m_data->pieces : std::vector<QString>();
    m_texts.clear();
    m_replaced = 0;
    if (!style.paper)
        return; // a window finds another font
    const FontCharacters characters(style.font);
    for (QString& piece : m_pieces) {
        QString drawn;
        for (const char32_t c : piece.toUcs4()) {
            const bool lacking = c > ' ' && QChar::isPrint(c) && !characters.has(c);
            drawn += QString::fromUcs4(lacking ? &kLacking : &c, 1);
            m_replaced += lacking;
        }
        piece = drawn;
        m_texts << shownPiece(piece).removeIf(isSign);
    }
}

double WordsPlottable::stripHeight() const
{
    return std::round(0.45 * QFontMetricsF(m_style.font).height());
}

double WordsPlottable::lineHeight() const
{
    const double strips = m_data && m_data->rows() > 1 ? double(m_data->rows() - 1) * stripHeight() : 0;
    return std::ceil(1.35 * QFontMetricsF(m_style.font).height() + strips);
}

WordsPlottable::Lines WordsPlottable::linesOf(double width) const
{
    Lines lines{placeWords(m_pieces, QFontMetricsF(m_style.font), std::max(width, 1.0))};
    lines.count = lines.words.empty() ? 0 : lines.words.back().line + 1;
    return lines;
}

const WordsPlottable::Lines& WordsPlottable::lines() const
{
    if (m_linesWidth != inside().width()) {
        m_lines = linesOf(inside().width());
        m_linesWidth = inside().width();
    }
    return m_lines;
}

std::optional<double> WordsPlottable::wantedHeight(double width) const
{
    constexpr double kRounding = 3; // of pages and layouts to whole units
    return double(linesOf(width).count) * lineHeight() + kRounding;
}

std::size_t WordsPlottable::linesThatFit() const
{
    return std::size_t(std::max(1.0, std::floor(inside().height() / lineHeight())));
}

std::size_t WordsPlottable::firstLine() const
{
    const std::size_t count = lines().count, fit = linesThatFit();
    return std::min(m_first, count > fit ? count - fit : 0);
}

void WordsPlottable::scrollBy(double pages)
{
    const double by = pages * double(linesThatFit());
    const double lines = by < 0 ? std::min(std::round(by), -1.0) : std::max(std::round(by), 1.0);
    m_first = std::size_t(std::max(0.0, double(firstLine()) + lines));
    m_first = firstLine();
}

void WordsPlottable::scrollTo(const Cell& cell)
{
    if (cell.column >= lines().words.size())
        return;
    const std::size_t line = lines().words[cell.column].line;
    if (line < firstLine())
        m_first = line;
    else if (line >= firstLine() + linesThatFit())
        m_first = line + 1 - linesThatFit();
}

QString WordsPlottable::note() const
{
    QStringList notes;
    const std::size_t from = firstLine(), to = from + linesThatFit();
    const std::uint64_t total = m_data && m_data->total ? m_data->total : lines().words.size();
    if (lines().count > to - from || lines().words.size() < total) {
        const auto line = [](const PlacedWord& word) { return word.line; };
        const auto& words = lines().words;
        const auto first = std::ranges::lower_bound(words, from, {}, line) - words.begin();
        const auto end = std::ranges::lower_bound(words, to, {}, line) - words.begin();
        notes << QString("tokens %1 to %2 of %3")
                     .arg(grouped(m_data->first + std::uint64_t(first)),
                         grouped(m_data->first + std::uint64_t(end) - 1), grouped(total));
    }
    if (m_replaced > 0)
        notes << QString("%1: %2 of the characters, which the font lacks")
                     .arg(QString::fromUcs4(&kLacking, 1), grouped(m_replaced));
    return notes.join("; ");
}

QRectF WordsPlottable::boxOf(const Cell& cell) const
{
    const PlacedWord& word = lines().words[cell.column];
    const double top = inside().top() + (double(word.line) - double(firstLine())) * lineHeight();
    const double text = std::round(1.2 * QFontMetricsF(m_style.font).height());
    const QRectF box(inside().left() + word.left, top, word.width, text);
    if (cell.row == 0)
        return box;
    return {box.left(), box.bottom() + double(cell.row - 1) * stripHeight(), box.width(), stripHeight() - 1};
}

QRectF WordsPlottable::placeOf(const Cell& cell) const
{
    if (!m_data || cell.row >= m_data->rows() || cell.column >= lines().words.size())
        return {};
    const QRectF box = boxOf(cell);
    return inside().adjusted(-1, -1, 1, 1).contains(box) ? box : QRectF();
}

std::optional<LayerPlottable::Cell> WordsPlottable::markAt(const QPointF& position) const
{
    if (!m_data || m_data->rows() == 0)
        return {};
    const double down = (position.y() - inside().top()) / lineHeight();
    if (down < 0 || down >= double(linesThatFit()))
        return {};
    const std::size_t line = firstLine() + std::size_t(down);
    const auto& words = lines().words;
    for (auto word = std::ranges::lower_bound(words, line, {}, [](const PlacedWord& w) { return w.line; });
         word != words.end() && word->line == line; ++word) {
        const double right = position.x() - inside().left() - word->left;
        if (right < 0 || right >= word->width)
            continue;
        const auto column = std::size_t(word - words.begin());
        Cell cell{0, column};
        while (cell.row + 1 < m_data->rows() && position.y() >= boxOf({cell.row + 1, column}).top())
            ++cell.row;
        return cell;
    }
    return {};
}

std::optional<QColor> WordsPlottable::colourOf(const Cell& cell) const
{
    const WordRow& row = m_data->colours[cell.row];
    const float value = row.values[cell.column];
    if (std::isnan(value) || (row.keyed && !m_scale))
        return {};
    return row.keyed ? QColor::fromRgb(m_scale->colour(double(value)))
                     : categoryColour(m_style, m_data->categories.colourOf(std::uint16_t(value)));
}

void WordsPlottable::drawText(QCPPainter* painter, const QRectF& box, const QString& text) const
{
    const QFontMetricsF metrics(m_style.font);
    double at = box.left();
    QString run;
    const auto flush = [&] {
        if (!run.trimmed().isEmpty())
            painter->drawText(QPointF(at, box.center().y() + (metrics.ascent() - metrics.descent()) / 2), run);
        at += metrics.horizontalAdvance(run);
        run.clear();
    };
    for (const QChar c : text) {
        if (!isSign(c)) {
            run += c;
            continue;
        }
        flush();
        const double side = 0.7 * metrics.height();
        painter->drawPolyline(signStrokes(c, {at, box.center().y() - side / 2, side, side}));
        at += side;
    }
    flush();
}

void WordsPlottable::draw(QCPPainter* painter)
{
    if (!m_data)
        return;
    painter->save();
    painter->setAntialiasing(false);
    painter->setFont(m_style.font);
    const auto& words = lines().words;
    const std::size_t from = firstLine(), to = from + linesThatFit();
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i].line < from || words[i].line >= to)
            continue;
        QColor ink = m_style.text;
        for (std::size_t r = 0; r < m_data->rows(); ++r) {
            const auto colour = colourOf({r, i});
            if (!colour)
                continue;
            // A hair between tokens of one colour: they are told apart, and their text stands on one ground.
            painter->fillRect(boxOf({r, i}).adjusted(0, 0, m_style.paper ? -0.4 : -1, 0), *colour);
            if (r == 0)
                ink = inkOn(*colour);
        }
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setPen(QPen(ink, 0.75 * m_style.axisLine));
        drawText(painter, boxOf({0, i}), words[i].text);
        painter->setRenderHint(QPainter::Antialiasing, false);
    }
    painter->restore();
}

}
