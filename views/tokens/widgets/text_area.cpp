// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/tokens/widgets/text_area.h"

#include "views/charts/wording.h"
#include "views/widgets/theme.h"

#include <QEvent>
#include <QPainter>
#include <QScrollBar>

#include <algorithm>

namespace expertscope {

namespace {

constexpr int kRight = 12; ///< beside the lines
constexpr std::int64_t kBarMost = 1'000'000'000; ///< steps of a scroll bar

}

bool TextArea::Pointed::operator==(const Pointed& other) const
{
    const bool same = token.has_value() == other.token.has_value() && head == other.head;
    return same && (!token || (token->token == other.token->token && token->row == other.token->row));
}

TextArea::TextArea(Session& session, QWidget* parent)
    : QAbstractScrollArea(parent)
    , m_session(session)
    , m_cursor(TokenCursor::of(session))
    , m_document(m_store)
{
    setObjectName("textArea");
    setAccessibleName("Text of the trace");
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn); // lines would break anew whenever it came and went
    verticalScrollBar()->setFocusPolicy(Qt::NoFocus);
    viewport()->setMouseTracking(true);
    viewport()->setAttribute(Qt::WA_OpaquePaintEvent);
    connect(&m_store, &PartStore::arrived, this, [this] {
        viewport()->update();
        shareHover(); // the choices of what is pointed at may be there now
    });
    connect(&m_store, &PartStore::failed, this,
        [this] { emit failed(QString::fromStdString(m_store.error()->message())); });
    connect(&m_cursor, &TokenCursor::moved, this, &TextArea::followCursor);
    SharedSelection& selection = session.selection();
    m_marks.pins = selection.pins();
    connect(&selection, &SharedSelection::pinsChanged, this, [this](QObject* by) {
        m_marks.pins = m_session.selection().pins();
        if (const Subject pin = m_session.selection().chosen(); by != this && pin.token)
            reveal(*pin.token);
        viewport()->update();
    });
    connect(&selection, &SharedSelection::hoveredChanged, this, [this](QObject* by) {
        m_hoverIsOurs = by == this;
        m_marks.hovered = m_hoverIsOurs ? Subject() : m_session.selection().hovered();
        viewport()->update();
    });
}

void TextArea::setTokens(KeptTokensPtr kept)
{
    const bool sameTrace = m_kept && kept && m_session.paths() == m_paths; // maybe read again
    m_paths = m_session.paths();
    if (!m_kept || !kept || &m_kept->shape() != &kept->shape()) {
        m_store.setStudy(kept ? m_session.study() : nullptr);
        m_pointed = {};
        m_marks.selected.reset();
        m_matches.reset();
        m_marks.matches.clear();
        m_marks.match.reset();
    }
    m_kept = std::move(kept);
    if (m_kept)
        m_margin = TextPainter::marginOf(m_kept->shape(), QFontMetricsF(font()));
    m_document.setTokens(m_kept, sameTrace);
    relayout();
    emit currentChanged();
}

void TextArea::setColours(TokenColours colours)
{
    const bool rows = colours.question.rows.size() != m_colours.question.rows.size();
    m_colours = std::move(colours);
    if (rows)
        relayout();
    viewport()->update();
    shareHover();
}

void TextArea::setMatches(std::shared_ptr<const std::vector<TokenRange>> matches, std::optional<TokenRange> match)
{
    m_matches = std::move(matches);
    m_marks.match = match;
    viewport()->update();
}

void TextArea::relayout()
{
    m_document.setLook(font(), viewport()->width() - m_margin - kRight, m_colours.question.rows.size());
    m_document.setWindow(viewport()->height());
    updateBar();
    viewport()->update();
    emit scrolled();
}

void TextArea::updateBar()
{
    m_settingBar = true;
    const std::int64_t most = std::max<std::int64_t>(m_document.total() - viewport()->height(), 0);
    m_barScale = most / kBarMost + 1;
    QScrollBar* const bar = verticalScrollBar();
    bar->setRange(0, int(most / m_barScale));
    bar->setPageStep(std::max(1, int(viewport()->height() / m_barScale)));
    bar->setSingleStep(std::max(1, int(3 * m_document.lineHeight() / m_barScale)));
    bar->setValue(int(m_document.top() / m_barScale));
    m_settingBar = false;
}

void TextArea::scrollContentsBy(int, int)
{
    if (m_settingBar)
        return;
    m_document.scrollTo(std::int64_t(verticalScrollBar()->value()) * m_barScale);
    viewport()->update();
    emit scrolled();
}

void TextArea::scrollPixels(int pixels)
{
    m_document.scrollBy(pixels);
    updateBar();
    viewport()->update();
    emit scrolled();
}

void TextArea::reveal(TokenIndex token)
{
    const auto place = m_document.placeOf(token);
    const bool near = place && place->bottom() > 0 && place->top() < viewport()->height();
    m_document.reveal(token, near ? TextDocument::Where::Nearest : TextDocument::Where::Middle);
    updateBar();
    viewport()->update();
    emit scrolled();
}

void TextArea::select(std::optional<TokenRange> range)
{
    if (range == m_marks.selected)
        return;
    m_marks.selected = range;
    viewport()->update();
    emit selectionChanged();
}

std::optional<TokenRange> TextArea::chosenRange()
{
    if (!m_kept)
        return {};
    if (m_marks.selected)
        return m_marks.selected;
    const auto at = m_cursor.here() ? m_cursor.here() : m_document.firstVisible();
    if (!at)
        return {};
    return rangeOf(m_kept->shape().sequences[std::size_t(sequenceOf(m_kept->shape(), *at))]);
}

/// What is in sight is read first, then what is beside it.
void TextArea::wish()
{
    if (!m_kept)
        return;
    using What = PartStore::Wish::What;
    std::vector<SiteIndex> sites{m_colours.question.site};
    const auto add = [&](SiteIndex site) {
        if (std::ranges::find(sites, site) == sites.end() && std::size_t(site) < m_kept->shape().sites.size())
            sites.push_back(site);
    };
    for (const SiteIndex site : m_colours.question.rows)
        add(site);
    for (const Subject& pin : m_marks.pins) {
        if (pin.site && pin.expert && !pin.token)
            add(*pin.site);
    }
    std::vector<PartStore::Wish> wishes;
    const auto wishFor = [&](const TextPart& part, bool inSight) {
        wishes.push_back({part.range, What::Texts});
        for (const SiteIndex site : sites) {
            wishes.push_back({part.range, What::Choices, site});
            const auto colours = m_colours.sites.find(site);
            if (inSight && m_colours.question.quantity == kRank && colours != m_colours.sites.end()
                && !colours->second.pins.empty())
                wishes.push_back({part.range, What::Ranks, site, colours->second.pins.back()});
        }
    };
    for (const TextDocument::Visible& part : m_document.visible())
        wishFor(part.part, true);
    for (const TextPart& part : m_document.beside())
        wishFor(part, false);
    m_store.want(wishes);
}

KnownToken TextArea::known(TokenIndex token, SiteIndex site) const
{
    KnownToken known{token};
    if (!m_kept)
        return known;
    const Sequence& sequence = m_kept->shape().sequences[std::size_t(sequenceOf(m_kept->shape(), token))];
    const std::uint64_t position = (token.value - sequence.begin.value) / kPartTokens * kPartTokens;
    const TokenRange part{TokenIndex(sequence.begin.value + position),
        TokenIndex(sequence.begin.value + std::min<std::uint64_t>(position + kPartTokens, sequence.length))};
    // Kept by the store at least until something else is read.
    known.texts = m_store.texts(part).get();
    known.choices = m_store.choices(part, site).get();
    return known;
}

SiteIndex TextArea::siteOf(const Pointed& pointed) const
{
    const std::size_t row = pointed.token ? pointed.token->row : 0;
    return row > 0 && row <= m_colours.question.rows.size() ? m_colours.question.rows[row - 1]
                                                            : m_colours.question.site;
}

std::optional<TokenIndex> TextArea::tokenOf(const Pointed& pointed) const
{
    return pointed.token ? std::optional(pointed.token->token) : pointed.head ? std::nullopt : m_cursor.here();
}

Subject TextArea::subjectOf(const Pointed& pointed) const
{
    if (!m_kept)
        return {};
    if (pointed.head)
        return {.sequence = pointed.head};
    const auto token = tokenOf(pointed);
    const SiteIndex site = siteOf(pointed);
    return token ? tokenSubject(m_kept->shape(), site, known(*token, site)) : Subject();
}

Subject TextArea::subject() const
{
    return subjectOf(m_pointed);
}

QString TextArea::readout() const
{
    if (!m_kept)
        return {};
    if (m_pointed.head) {
        const SequenceHead head = sequenceHead(m_kept->shape(), *m_pointed.head);
        return joinedReadout({head.name, head.facts});
    }
    const auto token = tokenOf(m_pointed);
    const SiteIndex site = siteOf(m_pointed);
    return token ? tokenReadout(m_kept->shape(), site, known(*token, site)) : QString();
}

std::optional<std::int32_t> TextArea::idAtCursor() const
{
    const auto token = m_kept ? tokenOf(m_pointed) : std::nullopt;
    const TokenTexts* const texts = token ? known(*token, m_colours.question.site).texts : nullptr;
    const std::size_t at = texts ? std::size_t(token->value - texts->range.begin.value) : 0;
    return texts && at < texts->ids.size() && texts->ids[at] >= 0 ? std::optional(texts->ids[at]) : std::nullopt;
}

QString TextArea::note()
{
    if (!m_kept)
        return {};
    const auto first = m_document.firstVisible();
    const auto last = m_document.nearest({double(viewport()->width()), double(viewport()->height() - 1)});
    if (!first || !last)
        return {};
    const RoutingShape& shape = m_kept->shape();
    const SequenceIndex from = sequenceOf(shape, *first), to = sequenceOf(shape, *last);
    if (from != to)
        return sequenceHead(shape, from).name + QString::fromUtf8(" – ") + sequenceHead(shape, to).name;
    const Sequence& sequence = shape.sequences[std::size_t(from)];
    return sequenceHead(shape, from).name + ": tokens " + countText(first->value - sequence.begin.value) + " to "
        + countText(last->value - sequence.begin.value) + " of " + countText(sequence.length);
}

void TextArea::shareHover()
{
    if (m_kept && m_hoverIsOurs && (m_pointed.token || m_cursor.here()))
        m_session.selection().hover(subject(), this);
    emit currentChanged();
}

void TextArea::point(const Pointed& pointed)
{
    if (pointed == m_pointed)
        return;
    m_pointed = pointed;
    const bool here = pointed.token || pointed.head || hasFocus();
    m_session.selection().hover(here ? subjectOf(pointed) : Subject(), this);
    m_hoverIsOurs = here;
    viewport()->update();
    emit currentChanged();
}

void TextArea::pointAt(std::optional<QPointF> position)
{
    point(position ? pointedAt(*position) : Pointed());
}

QString TextArea::tipAt(const QPointF& position)
{
    const Pointed at = pointedAt(position);
    if (!at.token || !m_kept)
        return {};
    if (at.token->row > 0)
        return siteText(m_kept->shape(), siteOf(at));
    const KnownToken token = known(at.token->token, m_colours.question.site);
    return token.texts ? token.texts->pieces[std::size_t(token.token.value - token.texts->range.begin.value)].tip
                       : QString();
}

void TextArea::showFocus(bool shown)
{
    m_focusShown = shown;
    viewport()->update();
}

TextArea::Pointed TextArea::pointedAt(const QPointF& position)
{
    Pointed pointed;
    pointed.token = m_document.hit(position - QPointF(m_margin, 0));
    if (!pointed.token)
        pointed.head = m_document.headAt(position.y());
    return pointed;
}

void TextArea::followCursor()
{
    const auto here = m_cursor.here();
    if (here == m_followed)
        return; // another site
    m_followed = here;
    if (here && m_kept)
        reveal(*here);
    m_pointed = {}; // the mouse says so again when it moves
    if (here)
        m_session.selection().hover(subject(), this);
    viewport()->update();
    emit currentChanged();
}

void TextArea::pin(bool beside)
{
    const Subject at = subject();
    if (beside)
        m_session.selection().pin(at, this);
    else
        m_session.selection().choose(at, this);
}

void TextArea::paintEvent(QPaintEvent*)
{
    QPainter painter(viewport());
    const Style style = screenStyle(screenColours(), font());
    painter.fillRect(viewport()->rect(), style.background);
    if (m_kept) {
        const std::int64_t total = m_document.total(), top = m_document.top();
        m_document.visible();
        if (m_document.total() != total || m_document.top() != top)
            updateBar(); // heights became known
        wish();
        // Where something is pointed at, the cursor is not to be mistaken for it.
        m_marks.cursor = m_pointed.token ? std::optional(m_pointed.token->token)
            : m_marks.hovered.token      ? std::nullopt
                                         : m_cursor.here();
        m_marks.matches.clear();
        const auto& visible = m_document.visible();
        if (m_matches && !visible.empty()) {
            const TokenIndex from = visible.front().part.range.begin, to = visible.back().part.range.end;
            auto match = std::ranges::upper_bound(*m_matches, from, {}, &TokenRange::begin);
            if (match != m_matches->begin())
                --match; // it may reach in
            for (; match != m_matches->end() && match->begin < to; ++match)
                m_marks.matches.push_back(*match);
        }
        TextPainter(painter, m_document, m_store, m_colours, m_marks, style, m_margin).paint(viewport()->width());
    }
    if (m_focusShown) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(style.accent, 2));
        painter.drawRect(viewport()->rect().adjusted(1, 1, -1, -1));
    }
}

void TextArea::resizeEvent(QResizeEvent*)
{
    relayout();
}

void TextArea::changeEvent(QEvent* event)
{
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::FontChange) {
        if (m_kept)
            m_margin = TextPainter::marginOf(m_kept->shape(), QFontMetricsF(font()));
        relayout();
    } else if (event->type() == QEvent::PaletteChange) {
        viewport()->update();
    }
}

}
