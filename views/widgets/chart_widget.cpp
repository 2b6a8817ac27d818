// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/widgets/chart_widget.h"

#include "views/session/subject_text.h"
#include "views/widgets/theme.h"
#include "views/widgets/veil.h"

#include <qcustomplot.h>

#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPointer>
#include <QTimer>
#include <QUndoCommand>
#include <QVBoxLayout>

namespace expertscope {

struct ChartWidget::Private
{
    QCustomPlot* plot = nullptr;
    std::unique_ptr<PlotBuilder> builder;
    Veil* veil = nullptr;
    std::optional<QPoint> pressed; ///< where a click began that has not become a drag
    std::optional<QPoint> brushed; ///< where a brush began
    bool crosshair = true;
    bool linked = false; ///< panels
    bool following = false; ///< panels are being zoomed like one of them
    PlotView view; ///< the last one
    PlotView seen; ///< as the history knows it
    QTimer* rest = nullptr; ///< zooming is one step once it rests
};

/// What is seen, before and after: a step of looking.
class ChartWidget::ZoomStep final : public QUndoCommand
{
public:
    ZoomStep(ChartWidget* widget, PlotView before, PlotView after)
        : QUndoCommand("zoom " + widget->accessibleName().toLower())
        , m_widget(widget)
        , m_before(std::move(before))
        , m_after(std::move(after))
    {
    }
    void undo() override { show(m_before); }
    void redo() override
    {
        if (std::exchange(m_first, false))
            return; // it is seen already
        show(m_after);
    }

private:
    void show(const PlotView& view)
    {
        if (!m_widget)
            return setObsolete(true); // its view was closed
        m_widget->setSeen(view);
        emit m_widget->broughtBack();
    }
    QPointer<ChartWidget> m_widget;
    PlotView m_before, m_after;
    bool m_first = true;
};

namespace {

bool sameCells(const Panel& a, const Panel& b)
{
    const auto same = [](const Axis& x, const Axis& y) {
        return x.scale == Axis::Scale::Cells && y.scale == x.scale && x.names == y.names && x.words == y.words;
    };
    return same(a.x, b.x) && same(a.y, b.y);
}

}

ChartWidget::ChartWidget(Session& session, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , d(std::make_unique<Private>())
{
    setFocusPolicy(Qt::StrongFocus);
    d->plot = new QCustomPlot(this);
    d->plot->setFocusPolicy(Qt::NoFocus);
    d->plot->setMinimumSize(1, 1); // QCustomPlot's own is 50 x 50
    d->plot->setMouseTracking(true);
    d->plot->setContextMenuPolicy(Qt::NoContextMenu);
    d->plot->installEventFilter(this);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(2, 2, 2, 2); // for the frame that shows the focus
    layout->addWidget(d->plot);
    d->veil = new Veil(this);
    d->builder = std::make_unique<PlotBuilder>(*d->plot, screenStyle(screenColours(), font()));
    d->builder->setInteractive(true);
    connect(d->builder.get(), &PlotBuilder::viewChanged, this, [this] {
        followPanel();
        emit viewChanged();
    });
    d->rest = new QTimer(this);
    d->rest->setSingleShot(true);
    d->rest->setInterval(400);
    connect(d->rest, &QTimer::timeout, this, &ChartWidget::rememberSeen);
    connect(d->builder.get(), &PlotBuilder::viewChanged, d->rest, qOverload<>(&QTimer::start));
    const auto mark = [this](QObject* by) {
        if (by != this)
            updateOverlay();
    };
    connect(&m_session.selection(), &SharedSelection::hoveredChanged, this, mark);
    connect(&m_session.selection(), &SharedSelection::pinsChanged, this, [this] { updateOverlay(); });
}

ChartWidget::~ChartWidget()
{
    d->builder.reset(); // before the plot
}

void ChartWidget::setChart(ChartPtr chart)
{
    rememberSeen(); // of the picture before
    m_chart = std::move(chart);
    d->following = true; // what is shown at first is no zooming
    d->builder->show(m_chart ? m_chart->picture() : nullptr);
    d->following = false;
    d->view = d->builder->view();
    d->seen = d->builder->view();
    if (m_current && (!m_chart || !m_chart->subject(*m_current)))
        m_current.reset();
    updateOverlay();
    emit currentChanged(); // the same mark, other numbers
}

PlotView ChartWidget::seen() const
{
    return d->builder->view();
}

void ChartWidget::setSeen(const PlotView& seen)
{
    d->builder->setView(seen);
    d->seen = d->builder->view();
}

void ChartWidget::rememberSeen()
{
    d->rest->stop();
    const PlotView now = d->builder->view();
    if (!m_chart || now == d->seen || now.panels.size() != d->seen.panels.size())
        return;
    m_session.looks().push(new ZoomStep(this, std::exchange(d->seen, now), now));
}

void ChartWidget::fit()
{
    d->builder->fit();
}

bool ChartWidget::isZoomed() const
{
    return d->builder->isZoomed();
}

bool ChartWidget::isReduced() const
{
    return m_chart && d->builder->isReduced();
}

void ChartWidget::setCrosshairVisible(bool visible)
{
    d->crosshair = visible;
    updateOverlay();
}

void ChartWidget::setPanelsLinked(bool linked)
{
    d->linked = linked;
    d->view = d->builder->view();
    updateOverlay();
}

void ChartWidget::followPanel()
{
    PlotView now = d->builder->view();
    if (!d->linked || !m_chart || d->following || now == d->view)
        return;
    const auto& panels = m_chart->picture()->panels;
    if (now.panels.size() == d->view.panels.size() && now.panels.size() == panels.size()) {
        for (std::size_t moved = 0; moved < panels.size(); ++moved) {
            if (now.panels[moved] == d->view.panels[moved])
                continue;
            for (std::size_t p = 0; p < panels.size(); ++p) {
                if (sameCells(panels[p], panels[moved]))
                    now.panels[p] = now.panels[moved];
            }
            break;
        }
    }
    d->following = true;
    d->builder->setView(now);
    d->following = false;
    d->view = d->builder->view();
}

void ChartWidget::setDimmed(bool dimmed)
{
    d->veil->setVisible(dimmed);
    d->veil->raise();
}

void ChartWidget::setCurrent(std::optional<Mark> mark)
{
    if (!m_chart)
        mark.reset();
    if (mark == m_current)
        return;
    m_current = mark;
    updateOverlay();
    m_session.selection().hover(subject(), this);
    emit currentChanged();
}

Subject ChartWidget::subject() const
{
    return m_chart && m_current ? m_chart->subject(*m_current).value_or(Subject()) : Subject();
}

QString ChartWidget::readout() const
{
    return m_chart && m_current ? m_chart->readout(*m_current) : QString();
}

void ChartWidget::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    updateOverlay(); // what was pinned meanwhile
}

void ChartWidget::updateOverlay()
{
    if (!isVisible())
        return; // behind another tab: on every move of the mouse it would cost for nothing
    Overlay overlay;
    if (m_chart) {
        for (const Subject& pin : m_session.selection().pins()) {
            const auto marks = m_chart->marks(pin);
            overlay.pinned.insert(overlay.pinned.end(), marks.begin(), marks.end());
        }
        if (m_current) {
            overlay.hovered = {*m_current};
            const auto& panels = m_chart->picture()->panels;
            for (std::size_t p = 0; d->linked && p < panels.size(); ++p) {
                Mark there = *m_current;
                there.panel = std::uint16_t(p);
                if (p != m_current->panel && sameCells(panels[p], panels[m_current->panel]))
                    overlay.hovered.push_back(there);
            }
            if (d->crosshair)
                overlay.crosshair = m_current;
        } else if (!m_session.selection().hovered().empty()) {
            overlay.hovered = m_chart->marks(m_session.selection().hovered());
        }
    }
    d->builder->setOverlay(overlay);
}

std::vector<Mark> ChartWidget::pinnedMarks() const
{
    return d->builder->overlay().pinned;
}

std::vector<Mark> ChartWidget::hoveredMarks() const
{
    return d->builder->overlay().hovered;
}

QPoint ChartWidget::placeOf(const Mark& mark) const
{
    const QRectF place = d->builder->placeOf(mark);
    return place.isEmpty() ? QPoint() : d->plot->mapTo(this, place.center().toPoint());
}

std::optional<Mark> ChartWidget::markAt(const QPoint& position) const
{
    return m_chart ? d->builder->markAt(d->plot->mapFrom(this, position)) : std::nullopt;
}

QRect ChartWidget::areaOf(std::size_t panel) const
{
    const bool there = m_chart && panel < m_chart->picture()->panels.size();
    return there ? d->builder->areaOf(panel).toRect().translated(d->plot->pos()) : QRect();
}

void ChartWidget::step(int rows, int columns)
{
    if (!m_chart)
        return;
    const auto mark = steppedMark(*m_chart->picture(), m_current, rows, columns);
    if (mark)
        d->builder->reveal(*mark);
    setCurrent(mark);
}

void ChartWidget::keyPressEvent(QKeyEvent* event)
{
    constexpr double kZoom = 0.8, kPan = 0.1;
    const Subject at = subject();
    const auto go = [&](int rows, int columns) {
        step(rows, columns);
        if ((event->modifiers() & Qt::ControlModifier) && !subject().empty())
            m_session.selection().setPins({subject()}, this, "pin " + subjectText(subject(), *m_session.filters().shape()));
    };
    switch (event->key()) {
    case Qt::Key_Left:
        return go(0, -1);
    case Qt::Key_Right:
        return go(0, 1);
    case Qt::Key_Up:
        return go(-1, 0);
    case Qt::Key_Down:
        return go(1, 0);
    case Qt::Key_Return:
    case Qt::Key_Enter:
        return event->modifiers() & Qt::ShiftModifier ? m_session.selection().pin(at, this)
                                                      : m_session.selection().choose(at, this);
    case Qt::Key_I:
        return m_session.filters().keep(at);
    case Qt::Key_E:
        return m_session.filters().drop(at);
    case Qt::Key_Backspace:
        return m_session.filters().pop();
    case Qt::Key_W:
        return d->builder->zoomBy(kZoom);
    case Qt::Key_S:
        return d->builder->zoomBy(1 / kZoom);
    case Qt::Key_A:
        return d->builder->panBy(-kPan, 0);
    case Qt::Key_D:
        return d->builder->panBy(kPan, 0);
    case Qt::Key_Menu:
        return emit menuRequested(mapToGlobal(m_current ? placeOf(*m_current) : rect().center()));
    default:
        return QWidget::keyPressEvent(event);
    }
}

/// First and last token of what a subject names.
static std::optional<TokenRange> tokensOf(const Subject& subject, const RoutingShape& shape)
{
    const auto step = filterOf({.sequence = subject.sequence, .token = subject.token}, true, shape);
    return step ? std::optional(std::get<TokenRange>(step->what)) : std::nullopt;
}

void ChartWidget::brush(const QPoint& from, const QPoint& to)
{
    const auto first = markAt(from), last = markAt(to);
    const RoutingShape* shape = m_session.filters().shape();
    if (!m_chart || !first || !last || !shape)
        return;
    const auto a = tokensOf(m_chart->subject(*first).value_or(Subject()), *shape);
    const auto b = tokensOf(m_chart->subject(*last).value_or(Subject()), *shape);
    if (a && b)
        m_session.filters().add({TokenRange{std::min(a->begin, b->begin), std::max(a->end, b->end)}, true});
}

void ChartWidget::click(const QPoint& position, bool beside)
{
    setCurrent(markAt(position));
    if (beside)
        m_session.selection().pin(subject(), this);
    else
        m_session.selection().choose(subject(), this);
}

bool ChartWidget::eventFilter(QObject* watched, QEvent* event)
{
    if (watched != d->plot)
        return QWidget::eventFilter(watched, event);
    const auto* mouse = dynamic_cast<QMouseEvent*>(event);
    const QPoint position = mouse ? d->plot->mapTo(this, mouse->position().toPoint()) : QPoint();
    switch (event->type()) {
    case QEvent::MouseMove:
        if (d->brushed && (mouse->buttons() & Qt::LeftButton)) {
            Overlay overlay = d->builder->overlay();
            overlay.brush = QRectF(d->plot->mapFrom(this, *d->brushed), d->plot->mapFrom(this, position)).normalized();
            d->builder->setOverlay(overlay);
            if ((position - *d->brushed).manhattanLength() > QApplication::startDragDistance())
                d->pressed.reset();
            return true; // else it pans
        }
        if (mouse->buttons() == Qt::NoButton)
            setCurrent(markAt(position));
        else if (d->pressed && (position - *d->pressed).manhattanLength() > QApplication::startDragDistance())
            d->pressed.reset();
        break;
    case QEvent::Leave:
        setCurrent({});
        break;
    case QEvent::MouseButtonPress:
        setFocus(Qt::MouseFocusReason);
        d->pressed = mouse->button() == Qt::LeftButton ? std::optional(position) : std::nullopt;
        d->brushed = d->pressed && (mouse->modifiers() & Qt::ShiftModifier) ? d->pressed : std::nullopt;
        if (d->brushed)
            return true;
        break;
    case QEvent::MouseButtonRelease:
        if (const auto from = std::exchange(d->brushed, {}); from && !d->pressed) {
            updateOverlay();
            brush(*from, position);
            return true;
        }
        if (mouse->button() == Qt::LeftButton && std::exchange(d->pressed, {}))
            click(position, mouse->modifiers() & Qt::ShiftModifier);
        else if (mouse->button() == Qt::RightButton) {
            setCurrent(markAt(position));
            emit menuRequested(mouse->globalPosition().toPoint());
        }
        break;
    case QEvent::MouseButtonDblClick:
        d->pressed.reset();
        fit();
        return true;
    default:
        break;
    }
    return QWidget::eventFilter(watched, event);
}

void ChartWidget::contextMenuEvent(QContextMenuEvent* event)
{
    event->accept(); // the mouse's comes by its release, the keyboard's by Key_Menu
}

void ChartWidget::focusInEvent(QFocusEvent* event)
{
    QWidget::focusInEvent(event);
    m_focusShown = event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason
        || event->reason() == Qt::ShortcutFocusReason;
    update();
}

void ChartWidget::focusOutEvent(QFocusEvent* event)
{
    QWidget::focusOutEvent(event);
    m_focusShown = false;
    update();
}

void ChartWidget::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), palette().base());
    if (m_focusShown) {
        painter.setPen(QPen(palette().highlight(), 2));
        painter.drawRect(rect().adjusted(1, 1, -1, -1));
    }
}

void ChartWidget::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        restyle();
}

void ChartWidget::restyle()
{
    if (d->builder)
        d->builder->restyle(screenStyle(screenColours(), font()));
}

void ChartWidget::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    d->veil->setGeometry(rect());
}

}
