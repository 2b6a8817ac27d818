// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/widgets/chart_widget.h"

#include "views/paint/plot_builder.h"
#include "views/widgets/theme.h"
#include "views/widgets/veil.h"

#include <qcustomplot.h>

#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QVBoxLayout>

namespace expertscope {

struct ChartWidget::Private
{
    QCustomPlot* plot = nullptr;
    std::unique_ptr<PlotBuilder> builder;
    Veil* veil = nullptr;
    std::optional<QPoint> pressed; ///< where a click began that has not become a drag
    bool crosshair = true;
    bool linked = false; ///< panels
    bool following = false; ///< panels are being zoomed like one of them
    PlotView view; ///< the last one
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
    m_chart = std::move(chart);
    d->following = true; // what is shown at first is no zooming
    d->builder->show(m_chart ? m_chart->picture() : nullptr);
    d->following = false;
    d->view = d->builder->view();
    if (m_current && (!m_chart || !m_chart->subject(*m_current)))
        m_current.reset();
    updateOverlay();
    emit currentChanged(); // the same mark, other numbers
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

void ChartWidget::updateOverlay()
{
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
    switch (event->key()) {
    case Qt::Key_Left:
        return step(0, -1);
    case Qt::Key_Right:
        return step(0, 1);
    case Qt::Key_Up:
        return step(-1, 0);
    case Qt::Key_Down:
        return step(1, 0);
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
        break;
    case QEvent::MouseButtonRelease:
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
