// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/tokens/widgets/text_painter.h"

#include "views/charts/wording.h"
#include "views/paint/word_lines.h"
#include "views/tokens/data/token_words.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

const QColor kMatch = QColor::fromRgb(kMarkColour); ///< none of the hues, and in no colour table
constexpr double kPale = 0.25; ///< of what the filters leave out

/// Dark inside light: seen on any ground.
void outline(QPainter& painter, const QRectF& box)
{
    const QRectF edge = box.adjusted(0, 0, -1, 0).toAlignedRect();
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(Qt::white, 3));
    painter.drawRect(edge);
    painter.setPen(QPen(Qt::black, 1));
    painter.drawRect(edge);
}

}

TextPainter::TextPainter(QPainter& painter, TextDocument& document, const PartStore& store, const TokenColours& colours,
    const TextMarks& marks, const Style& style, int left)
    : m_painter(painter)
    , m_document(document)
    , m_store(store)
    , m_colours(colours)
    , m_marks(marks)
    , m_style(style)
    , m_left(left)
{
}

int TextPainter::marginOf(const RoutingShape& shape, const QFontMetricsF& metrics)
{
    std::uint32_t longest = 1;
    for (const Sequence& sequence : shape.sequences)
        longest = std::max(longest, sequence.length);
    return int(std::ceil(metrics.horizontalAdvance(countText(longest - 1)))) + 20;
}

QColor TextPainter::pale(const QColor& colour) const
{
    const auto mix = [](int a, int b) { return int(std::lround(a + kPale * (b - a))); };
    const QColor& ground = m_style.background;
    return {mix(ground.red(), colour.red()), mix(ground.green(), colour.green()), mix(ground.blue(), colour.blue())};
}

void TextPainter::paint(int width)
{
    m_painter.setFont(m_style.font);
    const int height = m_painter.viewport().height();
    for (const TextDocument::Visible& part : m_document.visible()) {
        if (part.part.position == 0)
            head(part, width);
        if (part.lines)
            tokens(part, height);
        else
            waiting(part, width);
    }
}

void TextPainter::head(const TextDocument::Visible& part, int width)
{
    const SequenceHead head = sequenceHead(m_document.kept()->shape(), part.part.sequence);
    const QRect line(m_left, part.top, width - m_left - 8, part.textTop - part.top);
    if (line.bottom() < 0)
        return;
    const bool pinned = std::ranges::any_of(
        m_marks.pins, [&](const Subject& pin) { return pin.sequence == part.part.sequence && !pin.token; });
    if (part.top > 0) {
        m_painter.setPen(m_style.grid);
        m_painter.drawLine(8, part.top + 4, width - 8, part.top + 4);
    }
    QFont bold = m_style.font;
    bold.setBold(true);
    const QRect text = line.adjusted(0, 6, 0, 0);
    m_painter.setFont(bold);
    m_painter.setPen(pinned ? m_style.accent : m_style.text);
    const QFontMetrics boldMetrics(bold);
    const QString name = boldMetrics.elidedText(head.name, Qt::ElideMiddle, text.width());
    m_painter.drawText(text, Qt::AlignVCenter | Qt::AlignLeft, name);
    m_painter.setFont(m_style.font);
    m_painter.setPen(m_style.axis);
    const QRect rest = text.adjusted(boldMetrics.horizontalAdvance(name) + 12, 0, 0, 0);
    m_painter.drawText(rest, Qt::AlignVCenter | Qt::AlignLeft,
        QFontMetrics(m_style.font).elidedText(head.facts, Qt::ElideRight, std::max(rest.width(), 0)));
}

/// Quiet bars where text will be.
void TextPainter::waiting(const TextDocument::Visible& part, int width)
{
    const int line = m_document.lineHeight(), text = m_document.textHeight();
    const int window = m_painter.viewport().height();
    QColor bar = m_style.grid;
    bar.setAlphaF(0.6f);
    const int first = part.textTop < 0 ? -part.textTop / line : 0;
    for (int y = part.textTop + first * line; y < std::min(part.top + part.height, window); y += line)
        m_painter.fillRect(m_left, y + text / 3, (width - m_left) * 7 / 10, text / 3, bar);
}

std::optional<QColor> TextPainter::colourOf(const TextDocument::Visible& part, SiteIndex site, std::size_t t) const
{
    const auto colours = m_colours.sites.find(site);
    if (colours == m_colours.sites.end())
        return {};
    const auto choices = m_choices.find(site);
    const auto ranks = m_ranks.find(site);
    const float value = tokenValue(m_colours.question.quantity, part.texts.get(),
        choices != m_choices.end() ? choices->second.get() : nullptr,
        ranks != m_ranks.end() ? ranks->second.get() : nullptr, colours->second.pins, t);
    return colours->second.of(value, m_style);
}

bool TextPainter::chooses(std::size_t t, const Subject& subject, bool firstOnly) const
{
    const auto choices = m_choices.find(*subject.site);
    if (choices == m_choices.end() || !choices->second)
        return false;
    const auto slot = choices->second->slotOf(t, *subject.expert);
    return slot && (!firstOnly || *slot == 0);
}

void TextPainter::tokens(const TextDocument::Visible& part, int height)
{
    m_choices.clear();
    m_ranks.clear();
    std::vector<SiteIndex> sites = m_colours.question.rows;
    sites.push_back(m_colours.question.site);
    for (const Subject& pin : m_marks.pins) {
        if (pin.site)
            sites.push_back(*pin.site);
    }
    if (m_marks.hovered.site)
        sites.push_back(*m_marks.hovered.site);
    for (const SiteIndex site : sites) {
        if (!m_choices.contains(site))
            m_choices[site] = m_store.choices(part.part.range, site);
        const auto colours = m_colours.sites.find(site);
        if (m_colours.question.quantity == kRank && colours != m_colours.sites.end() && !colours->second.pins.empty())
            m_ranks[site] = m_store.ranks(part.part.range, site, colours->second.pins.back());
    }
    const int line = m_document.lineHeight();
    const TextLines& lines = *part.lines;
    const auto first = std::size_t(std::max(0, -part.textTop / line));
    const auto behind = std::min(lines.size(), std::size_t(std::max(0, (height - part.textTop + line - 1) / line)));
    const auto boxOf = [&](std::size_t t) {
        const PlacedPiece& piece = lines.pieces[t];
        return QRectF(m_left + double(piece.left), part.textTop + int(piece.line) * line, double(piece.width),
            m_document.textHeight());
    };
    for (std::size_t l = first; l < behind; ++l) {
        if (lines.begins[l] == lines.begins[l + 1])
            continue;
        m_painter.setPen(m_style.axis);
        m_painter.drawText(QRectF(0, part.textTop + double(l) * line, m_left - 10, m_document.textHeight()),
            Qt::AlignRight | Qt::AlignVCenter, countText(part.part.position + lines.begins[l]));
        for (std::size_t t = lines.begins[l]; t < lines.begins[l + 1]; ++t)
            token(part, t, boxOf(t));
    }
    // Over their neighbours.
    for (std::size_t l = first; l < behind; ++l) {
        for (std::size_t t = lines.begins[l]; t < lines.begins[l + 1]; ++t)
            outlines(part, t, boxOf(t));
    }
}

void TextPainter::token(const TextDocument::Visible& part, std::size_t t, const QRectF& box)
{
    const ShownPiece& piece = part.texts->pieces[t];
    const TokenIndex token(part.part.range.begin.value + t);
    const bool kept = m_document.kept()->has(token);
    QColor ink = kept ? m_style.text : m_style.axis;
    const bool special = piece.kind == ShownPiece::Kind::Special;
    const QRectF ground = box.adjusted(0, 0, -1, 0);
    const auto colour = colourOf(part, m_colours.question.site, t);
    if (colour) {
        const QColor shown = kept ? *colour : pale(*colour);
        if (special) {
            m_painter.setRenderHint(QPainter::Antialiasing);
            m_painter.setPen(Qt::NoPen);
            m_painter.setBrush(shown);
            m_painter.drawRoundedRect(ground, 4, 4);
            m_painter.setRenderHint(QPainter::Antialiasing, false);
        } else {
            m_painter.fillRect(ground, shown);
        }
        if (kept)
            ink = inkOn(shown);
    }
    if (special) {
        m_painter.setRenderHint(QPainter::Antialiasing);
        m_painter.setPen(QPen(m_style.axis, 1));
        m_painter.setBrush(Qt::NoBrush);
        m_painter.drawRoundedRect(ground.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
        m_painter.setRenderHint(QPainter::Antialiasing, false);
    }
    m_painter.setPen(QPen(ink, 1));
    text(part.lines->bidirectional[part.lines->pieces[t].line] ? joined(part, t) : piece,
        special ? box.adjusted(3, 0, -3, 0) : box, part.lines->pieces[t].cut);
    rows(part, t, box);
    // Pinned experts that it chooses, at any layer.
    const bool chosen = std::ranges::any_of(m_marks.pins,
        [&](const Subject& pin) { return pin.site && pin.expert && !pin.token && chooses(t, pin, false); });
    if (chosen) {
        m_painter.fillRect(QRectF(box.left(), box.bottom() - 3, box.width() - 1, 3), m_style.halo);
        m_painter.fillRect(QRectF(box.left(), box.bottom() - 2, box.width() - 1, 2), m_style.accent);
    }
    if (m_marks.selected && token >= m_marks.selected->begin && token < m_marks.selected->end) {
        QColor brush = m_style.accent;
        brush.setAlphaF(0.15f);
        m_painter.fillRect(box, brush);
        m_painter.fillRect(QRectF(box.left(), box.bottom() - 1, box.width(), 1), m_style.accent);
    }
}

ShownPiece TextPainter::joined(const TextDocument::Visible& part, std::size_t t) const
{
    constexpr QChar kJoiner(0x200d);
    const auto& pieces = part.texts->pieces;
    const auto join = [&](std::size_t left, std::size_t right) {
        if (right >= pieces.size() || pieces[left].text.isEmpty() || pieces[right].text.isEmpty())
            return false;
        const auto before = pieces[left].text.back().joiningType(), behind = pieces[right].text.front().joiningType();
        return (before == QChar::Joining_Dual || before == QChar::Joining_Left || before == QChar::Joining_Causing)
            && (behind == QChar::Joining_Dual || behind == QChar::Joining_Right || behind == QChar::Joining_Causing);
    };
    ShownPiece piece = pieces[t];
    if (t > 0 && join(t - 1, t))
        piece.text.prepend(kJoiner);
    if (join(t, t + 1))
        piece.text.append(kJoiner);
    return piece;
}

void TextPainter::text(const ShownPiece& piece, const QRectF& box, bool cut)
{
    const QFontMetricsF& metrics = m_document.widths().metrics();
    const double base = box.center().y() + (metrics.ascent() - metrics.descent()) / 2;
    if (cut) {
        QString whole = piece.text;
        whole.removeIf(isTextSign);
        m_painter.drawText(QPointF(box.left(), base), metrics.elidedText(whole, Qt::ElideMiddle, box.width()));
        return;
    }
    if (std::ranges::none_of(piece.text, isTextSign)) {
        if (piece.kind != ShownPiece::Kind::Blank)
            m_painter.drawText(QPointF(box.left(), base), piece.text);
        return;
    }
    double at = box.left();
    QString run;
    const auto flush = [&] {
        if (run.isEmpty())
            return;
        m_painter.drawText(QPointF(at, base), run);
        at += metrics.horizontalAdvance(run);
        run.clear();
    };
    const double side = m_document.widths().sign();
    for (const QChar c : piece.text) {
        if (!isTextSign(c)) {
            run += c;
            continue;
        }
        flush();
        const QRectF sign(at, box.center().y() - side / 2, side, side);
        m_painter.setRenderHint(QPainter::Antialiasing);
        if (c == kPartSign) {
            QPen dots = m_painter.pen();
            dots.setStyle(Qt::DotLine);
            m_painter.setPen(dots);
            m_painter.setBrush(Qt::NoBrush);
            m_painter.drawRect(sign.adjusted(0.2 * side, 0.15 * side, -0.2 * side, -0.1 * side));
            dots.setStyle(Qt::SolidLine);
            m_painter.setPen(dots);
        } else {
            m_painter.drawPolyline(signStrokes(c, sign));
        }
        m_painter.setRenderHint(QPainter::Antialiasing, false);
        at += side;
    }
    flush();
}

void TextPainter::rows(const TextDocument::Visible& part, std::size_t t, const QRectF& box)
{
    const bool kept = m_document.kept()->has(TokenIndex(part.part.range.begin.value + t));
    const int strip = m_document.stripHeight();
    double top = box.bottom();
    for (const SiteIndex site : m_colours.question.rows) {
        if (const auto colour = colourOf(part, site, t))
            m_painter.fillRect(QRectF(box.left(), top, box.width() - 1, strip - 1), kept ? *colour : pale(*colour));
        top += strip;
    }
}

void TextPainter::outlines(const TextDocument::Visible& part, std::size_t t, const QRectF& box)
{
    const TokenIndex token(part.part.range.begin.value + t);
    const auto match = std::ranges::upper_bound(m_marks.matches, token, {}, &TokenRange::begin);
    const auto inside = [&](const TokenRange& range) { return token >= range.begin && token < range.end; };
    if (match != m_marks.matches.begin() && inside(*std::prev(match))) {
        const double thick = m_marks.match == *std::prev(match) ? 3 : 2; // the one that was gone to
        for (const double y : {box.top(), box.bottom() - thick}) {
            m_painter.fillRect(QRectF(box.left(), y - 1, box.width(), thick + 2), m_style.halo);
            m_painter.fillRect(QRectF(box.left(), y, box.width(), thick), kMatch);
        }
    }
    const bool pinned = std::ranges::any_of(m_marks.pins, [&](const Subject& pin) { return pin.token == token; });
    if (pinned) {
        m_painter.setBrush(Qt::NoBrush);
        m_painter.setPen(QPen(m_style.halo, 4));
        m_painter.drawRect(box.adjusted(0, 0, -1, -1));
        m_painter.setPen(QPen(m_style.accent, 2));
        m_painter.drawRect(box.adjusted(0, 0, -1, -1));
    }
    const Subject& hovered = m_marks.hovered;
    const bool elsewhere = !hovered.token && hovered.site && hovered.expert && chooses(t, hovered, true);
    if (m_marks.cursor == token || hovered.token == token || elsewhere)
        outline(m_painter, box);
}

}
