// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/tokens/lines/text_document.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

constexpr std::size_t kMostLaid = 96; ///< parts that stay broken into lines
constexpr std::size_t kMostBeside = 24; ///< parts on each side that are worth reading: they may be short

}

TextDocument::TextDocument(PartStore& store)
    : m_store(store)
    , m_widths(QFont())
{
    setLook(QFont(), m_width, 0);
}

void TextDocument::setTokens(KeptTokensPtr kept, bool staying)
{
    std::optional<TokenIndex> stay;
    if (staying && m_kept && kept)
        stay = firstVisible();
    m_kept = std::move(kept);
    m_column.setTokens(m_kept);
    m_laid.clear();
    m_first = 0;
    m_offset = 0;
    m_reveal.reset();
    estimate();
    if (!stay || !m_kept || stay->value == 0 || stay->value >= m_kept->shape().numTokens)
        return;
    if (const auto next = m_kept->has(sequenceOf(m_kept->shape(), *stay)) ? stay : m_kept->next(*stay)) {
        reveal(*next, Where::Top);
    }
}

void TextDocument::setLook(const QFont& font, double width, std::size_t rows)
{
    width = std::max(width, 60.0);
    const bool lines = font != m_widths.font() || width != m_width;
    if (!lines && rows == m_rows && m_text > 0 && !m_visible.empty())
        return;
    const auto stay = m_offset > 0 || m_first > 0 ? firstVisible() : std::nullopt;
    if (font != m_widths.font())
        m_meanWidth = 0;
    if (lines) {
        m_widths = PieceWidths(font);
        m_laid.clear();
    }
    m_width = width;
    m_rows = rows;
    const double height = m_widths.metrics().height();
    m_text = int(std::ceil(1.2 * height));
    m_gap = int(std::ceil(0.2 * height));
    m_strip = int(std::clamp(std::round(0.4 * height), 5.0, 12.0));
    m_head = int(std::ceil(2 * height));
    estimate();
    if (stay)
        reveal(*stay, Where::Top);
}

void TextDocument::setWindow(int height)
{
    m_window = std::max(height, 1);
    m_dirty = true;
}

double TextDocument::tokensInLine() const
{
    const double token = m_meanWidth > 0 ? m_meanWidth : 4.5 * m_widths.metrics().averageCharWidth();
    return std::max(1.0, m_width / token * 0.93);
}

int TextDocument::headOf(std::size_t at) const
{
    return m_column.part(at).position == 0 ? m_head : 0;
}

void TextDocument::estimate()
{
    const double inLine = tokensInLine();
    m_column.estimate([&](std::uint32_t tokens, bool first) {
        return std::max(1, int(std::ceil(double(tokens) / inLine))) * lineHeight() + (first ? m_head : 0);
    });
    m_known.assign(m_column.size(), false);
    m_dirty = true;
}

TextDocument::Laid* TextDocument::laidOut(std::size_t at)
{
    if (const auto known = m_laid.find(at); known != m_laid.end()) {
        known->second.used = ++m_clock;
        return &known->second;
    }
    const TextPart part = m_column.part(at);
    TokenTextsPtr texts = m_store.texts(part.range);
    if (!texts)
        return nullptr;
    if (m_laid.size() >= kMostLaid)
        m_laid.erase(std::ranges::min_element(m_laid, {}, [](const auto& entry) { return entry.second.used; }));
    Laid& laid = m_laid[at];
    laid.texts = std::move(texts);
    laid.lines = breakLines(laid.texts->pieces, m_widths, m_width);
    laid.used = ++m_clock;
    double sum = 0;
    for (const PlacedPiece& piece : laid.lines.pieces)
        sum += double(piece.width);
    const double mean = sum / double(std::max<std::size_t>(laid.lines.pieces.size(), 1));
    m_meanWidth = m_meanWidth > 0 ? 0.9 * m_meanWidth + 0.1 * mean : mean;
    return &laid;
}

/// The first part is one in which the window's top lies.
void TextDocument::normalise()
{
    if (m_column.size() == 0) {
        m_first = 0;
        m_offset = 0;
        return;
    }
    m_first = std::min(m_first, m_column.size() - 1);
    while (m_offset < 0 && m_first > 0) {
        --m_first;
        if (Laid* laid = laidOut(m_first)) {
            m_column.setHeight(m_first, headOf(m_first) + int(laid->lines.size()) * lineHeight());
            m_known[m_first] = true;
        }
        m_offset += m_column.height(m_first);
    }
    m_offset = std::max<std::int64_t>(m_offset, 0);
    while (m_offset >= m_column.height(m_first) && m_first + 1 < m_column.size()) {
        m_offset -= m_column.height(m_first);
        ++m_first;
    }
}

void TextDocument::update()
{
    m_visible.clear();
    if (m_column.size() == 0)
        return;
    // A few rounds: heights that become known move what lies at the edges.
    for (int round = 0; round < 8; ++round) {
        normalise();
        m_visible.clear();
        bool moved = false;
        std::int64_t y = -m_offset;
        std::size_t i = m_first;
        for (; i < m_column.size() && y < m_window; ++i) {
            Laid* const laid = laidOut(i);
            if (laid && !m_known[i]) {
                const int before = m_column.height(i), now = headOf(i) + int(laid->lines.size()) * lineHeight();
                m_column.setHeight(i, now);
                m_known[i] = true;
                if (i == m_first && m_offset > 0 && now != before) {
                    // What is below it stays where it is; where nothing is, the place in it.
                    m_offset =
                        before - m_offset < m_window ? m_offset + now - before : m_offset * now / std::max(before, 1);
                    moved = true;
                    break;
                }
            }
            const TextPart part = m_column.part(i);
            m_visible.push_back({part, int(y), int(y) + headOf(i), m_column.height(i), laid ? laid->texts : nullptr,
                laid ? &laid->lines : nullptr});
            y += m_column.height(i);
        }
        if (!moved && m_reveal)
            moved = settleReveal();
        if (!moved && y < m_window && (m_first > 0 || m_offset > 0)) {
            m_offset -= std::min<std::int64_t>(m_window - y, top());
            moved = true;
        }
        if (!moved)
            break;
    }
    m_dirty = false;
}

const std::vector<TextDocument::Visible>& TextDocument::visible()
{
    update();
    return m_visible;
}

std::vector<TextPart> TextDocument::beside() const
{
    std::vector<TextPart> parts;
    const std::size_t end = m_first + m_visible.size();
    std::uint64_t ahead = 0;
    for (std::size_t i = end; i < std::min(m_column.size(), end + kMostBeside) && ahead < kPartTokens; ++i) {
        parts.push_back(m_column.part(i));
        ahead += parts.back().range.size();
    }
    ahead = 0;
    for (std::size_t i = m_first; i > 0 && m_first - i < kMostBeside && ahead < kPartTokens; --i) {
        parts.push_back(m_column.part(i - 1));
        ahead += parts.back().range.size();
    }
    return parts;
}

std::int64_t TextDocument::top() const
{
    return m_column.size() > 0 ? m_column.top(m_first) + m_offset : 0;
}

void TextDocument::scrollTo(std::int64_t top)
{
    m_reveal.reset();
    if (m_column.size() == 0)
        return;
    top = std::clamp<std::int64_t>(top, 0, std::max<std::int64_t>(total() - m_window, 0));
    m_first = m_column.at(top);
    m_offset = top - m_column.top(m_first);
    m_dirty = true;
}

void TextDocument::scrollBy(std::int64_t pixels)
{
    m_reveal.reset();
    m_offset += pixels;
    m_dirty = true;
    update();
}

bool TextDocument::reveal(TokenIndex token, Where where)
{
    const auto at = m_column.find(token);
    if (!at)
        return false;
    m_reveal = token;
    m_where = where;
    const bool near = *at >= m_first && *at < m_first + m_visible.size();
    if (!near || !laidOut(*at)) {
        m_first = *at;
        m_offset = 0;
    }
    m_dirty = true;
    update();
    return true;
}

/// Once the part is there: scrolls as little as needed, or to the middle. True: it scrolled.
bool TextDocument::settleReveal()
{
    const auto at = m_column.find(*m_reveal);
    if (!at) {
        m_reveal.reset();
        return false;
    }
    if (!laidOut(*at))
        return false;
    const TextPart part = m_column.part(*at);
    const TextLines& lines = laidOut(*at)->lines;
    const std::int64_t line =
        std::int64_t(lines.pieces[std::size_t(m_reveal->value - part.range.begin.value)].line) * lineHeight();
    // The head of the sequence comes along with its first line.
    const std::int64_t begin = line == 0 ? 0 : headOf(*at) + line;
    const std::int64_t end = headOf(*at) + line + lineHeight();
    const std::int64_t from = m_column.top(*at) - top();
    m_reveal.reset();
    std::int64_t by = 0;
    if (m_where == Where::Middle)
        by = from + begin - m_window / 3;
    else if (m_where == Where::Top)
        by = from + begin;
    else if (from + begin < 0 || end - begin > m_window)
        by = from + begin;
    else if (from + end > m_window)
        by = from + end - m_window;
    if (by == 0)
        return false;
    m_offset += by;
    if (m_first == 0)
        m_offset = std::max<std::int64_t>(m_offset, 0);
    return true;
}

std::optional<TextDocument::Hit> TextDocument::hit(const QPointF& at)
{
    for (const Visible& v : visible()) {
        if (!v.lines || at.y() < v.textTop || at.y() >= v.top + v.height)
            continue;
        const auto line = std::size_t((at.y() - v.textTop) / lineHeight());
        const auto token = v.lines->at(line, at.x());
        if (!token)
            return {};
        const double inLine = at.y() - v.textTop - double(line) * lineHeight() - m_text;
        const std::size_t row = inLine < 0 || m_rows == 0 ? 0 : std::min(std::size_t(inLine / m_strip) + 1, m_rows);
        return Hit{TokenIndex(v.part.range.begin.value + *token), row};
    }
    return {};
}

std::optional<SequenceIndex> TextDocument::headAt(double y)
{
    for (const Visible& v : visible()) {
        if (v.part.position == 0 && y >= v.top && y < v.textTop)
            return v.part.sequence;
    }
    return {};
}

std::optional<TokenIndex> TextDocument::nearest(const QPointF& at)
{
    std::optional<TokenIndex> last;
    for (const Visible& v : visible()) {
        if (!v.lines || v.lines->pieces.empty())
            continue;
        if (at.y() < v.textTop && last)
            return last;
        const auto line = std::size_t(std::max(at.y() - v.textTop, 0.0) / lineHeight());
        if (line < v.lines->size()) {
            const auto begin = v.lines->begins[line], end = v.lines->begins[line + 1];
            std::uint32_t best = begin;
            double least = 1e9;
            for (std::uint32_t i = begin; i < end; ++i) {
                const PlacedPiece& piece = v.lines->pieces[i];
                const double distance =
                    std::max({double(piece.left) - at.x(), at.x() - double(piece.left + piece.width), 0.0});
                if (distance < least) {
                    least = distance;
                    best = i;
                }
            }
            return TokenIndex(v.part.range.begin.value + best);
        }
        last = TokenIndex(v.part.range.end.value - 1);
    }
    return last;
}

std::optional<QRectF> TextDocument::placeOf(TokenIndex token)
{
    for (const Visible& v : visible()) {
        if (!v.lines || token < v.part.range.begin || token >= v.part.range.end)
            continue;
        const PlacedPiece& piece = v.lines->pieces[std::size_t(token.value - v.part.range.begin.value)];
        return QRectF(double(piece.left), v.textTop + double(piece.line) * lineHeight(), double(piece.width), m_text);
    }
    return {};
}

std::optional<TokenIndex> TextDocument::vertical(TokenIndex token, int by)
{
    auto at = m_column.find(token);
    if (!at || !laidOut(*at))
        return {};
    const PlacedPiece from =
        laidOut(*at)->lines.pieces[std::size_t(token.value - m_column.part(*at).range.begin.value)];
    const double x = double(from.left) + double(from.width) / 2;
    std::int64_t line = std::int64_t(from.line) + by;
    while (line < 0 && *at > 0) {
        --*at;
        const Laid* before = laidOut(*at);
        if (!before)
            return TokenIndex(m_column.part(*at).range.end.value - 1);
        line += std::int64_t(before->lines.size());
    }
    for (const Laid* laid = laidOut(*at); laid && line >= std::int64_t(laid->lines.size()); laid = laidOut(*at)) {
        if (*at + 1 >= m_column.size())
            return {};
        line -= std::int64_t(laid->lines.size());
        ++*at;
    }
    const TextPart part = m_column.part(*at);
    const Laid* laid = laidOut(*at);
    if (line < 0)
        return {};
    if (!laid)
        return part.range.begin;
    const auto begin = laid->lines.begins[std::size_t(line)], end = laid->lines.begins[std::size_t(line) + 1];
    std::uint32_t best = begin;
    double least = 1e9;
    for (std::uint32_t i = begin; i < end; ++i) {
        const PlacedPiece& piece = laid->lines.pieces[i];
        const double distance = std::max({double(piece.left) - x, x - double(piece.left + piece.width), 0.0});
        if (distance < least) {
            least = distance;
            best = i;
        }
    }
    return TokenIndex(part.range.begin.value + best);
}

std::optional<TokenIndex> TextDocument::firstVisible()
{
    for (const Visible& v : visible()) {
        if (!v.lines || v.lines->pieces.empty())
            continue;
        const int line = v.textTop >= 0 ? 0 : (-v.textTop + lineHeight() - 1) / lineHeight();
        if (std::size_t(line) < v.lines->size())
            return TokenIndex(v.part.range.begin.value + v.lines->begins[std::size_t(line)]);
    }
    return {};
}

}
