// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/load/load_plot.h"

#include "views/paint/axis_ticks.h"
#include "views/paint/heat_map_plottable.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace expertscope {

struct LoadPlot::Private
{
    QCustomPlot* plot = nullptr;
    QCPAxisRect* area = nullptr;
    QCPAxis *x = nullptr, *y = nullptr, *bar = nullptr;
    HeatMapPlottable *map = nullptr, *barMap = nullptr;
    QCPItemRect* cell = nullptr;
    QCPItemLine *across = nullptr, *down = nullptr;
    HeatMapPtr data;
    ColourScale scale;
    bool crosshair = true;
    bool wasReduced = false;

    void setTicks(QCPAxis* axis, const std::vector<Tick>& ticks)
    {
        auto ticker = qSharedPointerCast<QCPAxisTickerText>(axis->ticker());
        ticker->clear();
        for (const Tick& t : ticks)
            ticker->addTick(t.position, t.label);
    }
    void addBar(QCustomPlot* plot);
};

namespace {

void prepareAxis(QCPAxis* axis, bool labelled)
{
    axis->setVisible(true);
    axis->setTicks(labelled);
    axis->setTickLabels(labelled);
    axis->setSubTicks(false);
    axis->setTickLength(0, labelled ? 4 : 0);
    axis->setTickLabelPadding(4);
    axis->setLabelPadding(4);
    axis->grid()->setVisible(false);
    axis->setTicker(QSharedPointer<QCPAxisTickerText>::create());
}

}

void LoadPlot::Private::addBar(QCustomPlot* plot)
{
    auto* rect = new QCPAxisRect(plot, false);
    rect->setSizeConstraintRect(QCPLayoutElement::scrInnerRect);
    rect->setMinimumSize(16, 10);
    rect->setMaximumSize(16, QWIDGETSIZE_MAX);
    rect->setMinimumMargins(QMargins(0, 12, 8, 0));
    rect->setRangeDrag({});
    rect->setRangeZoom({});
    plot->plotLayout()->addElement(0, 1, rect);
    auto* group = new QCPMarginGroup(plot);
    rect->setMarginGroup(QCP::msTop | QCP::msBottom, group);
    area->setMarginGroup(QCP::msTop | QCP::msBottom, group);
    bar = rect->addAxis(QCPAxis::atRight);
    QCPAxis* const key = rect->addAxis(QCPAxis::atBottom);
    for (QCPAxis* axis : {bar, key, rect->addAxis(QCPAxis::atLeft), rect->addAxis(QCPAxis::atTop)})
        prepareAxis(axis, axis == bar);
    bar->setRangeReversed(true);
    bar->setRange(-0.5, 255.5);
    key->setRange(-0.5, 0.5);
    barMap = new HeatMapPlottable(key, bar);
}

LoadPlot::LoadPlot(QWidget* parent)
    : QWidget(parent)
    , d(std::make_unique<Private>())
{
    setFocusPolicy(Qt::StrongFocus);
    d->plot = new QCustomPlot(this);
    d->plot->setFocusProxy(this);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(d->plot);
    d->plot->setLocale(QLocale::c());
    d->plot->plotLayout()->setColumnSpacing(14);
    d->plot->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    d->plot->setNoAntialiasingOnDrag(false);
    d->area = d->plot->axisRect(0);
    d->area->setMinimumMargins(QMargins(8, 12, 0, 8));
    d->area->setupFullAxesBox(true);
    d->x = d->plot->xAxis;
    d->y = d->plot->yAxis;
    for (QCPAxis* axis : d->area->axes())
        prepareAxis(axis, axis == d->x || axis == d->y);
    d->y->setRangeReversed(true);
    d->addBar(d->plot);
    d->map = new HeatMapPlottable(d->x, d->y);

    d->plot->addLayer("crosshair", d->plot->layer("axes"), QCustomPlot::limAbove);
    d->plot->layer("crosshair")->setMode(QCPLayer::lmBuffered);
    d->cell = new QCPItemRect(d->plot);
    d->across = new QCPItemLine(d->plot);
    d->down = new QCPItemLine(d->plot);
    for (QCPAbstractItem* item : std::initializer_list<QCPAbstractItem*>{d->cell, d->across, d->down}) {
        item->setLayer("crosshair");
        item->setClipToAxisRect(true);
        item->setClipAxisRect(d->area);
        item->setSelectable(false);
        item->setVisible(false);
    }
    for (QCPItemLine* line : {d->across, d->down}) {
        for (QCPItemPosition* position : {line->start, line->end}) {
            position->setTypeX(line == d->across ? QCPItemPosition::ptAxisRectRatio : QCPItemPosition::ptPlotCoords);
            position->setTypeY(line == d->across ? QCPItemPosition::ptPlotCoords : QCPItemPosition::ptAxisRectRatio);
            position->setAxisRect(d->area);
        }
    }

    d->plot->installEventFilter(this);
    d->plot->setMouseTracking(true);
    connect(d->plot, &QCustomPlot::beforeReplot, this, &LoadPlot::updateTicks);
    for (QCPAxis* axis : {d->x, d->y})
        connect(axis, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this, [this] {
            clampRanges();
            emit viewChanged();
        });
    setTheme(Theme::Light);
}

LoadPlot::~LoadPlot() = default;

void LoadPlot::setMap(HeatMapPtr map, const ColourScale& scale, Reducer reducer)
{
    const bool sameShape = d->data && map && d->data->rows() == map->rows() && d->data->columns() == map->columns();
    d->data = std::move(map);
    d->scale = scale;
    d->map->setData(d->data, scale, reducer);
    d->barMap->setData(colourBarMap(scale), scale, Reducer::Mean);
    d->x->setLabel(d->data ? d->data->columnTitle : QString());
    d->y->setLabel(d->data ? d->data->rowTitle : QString());
    d->bar->setLabel(d->data ? d->data->valueTitle : QString());
    if (!sameShape) {
        setCurrent({});
        fit();
    } else {
        emit currentChanged(); // same cell, other number
    }
    d->plot->replot(QCustomPlot::rpQueuedReplot);
}

void LoadPlot::setTheme(Theme theme)
{
    const ThemeColours c = themeColours(theme);
    d->plot->setBackground(QBrush(c.panel));
    const auto rects = d->plot->axisRects();
    for (QCPAxisRect* rect : rects) {
        for (QCPAxis* axis : rect->axes()) {
            axis->setBasePen(QPen(c.faintText, 1));
            axis->setTickPen(QPen(c.faintText, 1));
            axis->setTickLabelColor(c.text);
            axis->setLabelColor(c.text);
            axis->setTickLabelFont(font());
            axis->setLabelFont(font());
        }
    }
    // White over black can be seen on every colour of every table.
    d->cell->setPen(QPen(Qt::white, 2));
    for (QCPItemLine* line : {d->across, d->down})
        line->setPen(QPen(QColor(255, 255, 255, 130), 1));
    d->plot->replot(QCustomPlot::rpQueuedReplot);
}

void LoadPlot::setCrosshairVisible(bool visible)
{
    d->crosshair = visible;
    placeCrosshair();
}

void LoadPlot::fit()
{
    if (!d->data)
        return;
    d->x->setRange(-0.5, double(d->data->columns()) - 0.5);
    d->y->setRange(-0.5, double(d->data->rows()) - 0.5);
    d->plot->replot(QCustomPlot::rpQueuedReplot);
}

bool LoadPlot::isZoomed() const
{
    return d->data
        && (d->x->range().size() < double(d->data->columns()) - 1e-9
            || d->y->range().size() < double(d->data->rows()) - 1e-9);
}

bool LoadPlot::isReduced() const
{
    const double pixels = devicePixelRatioF();
    return d->data
        && (d->x->range().size() > d->area->width() * pixels || d->y->range().size() > d->area->height() * pixels);
}

void LoadPlot::clampRanges()
{
    if (!d->data)
        return;
    const auto clamp = [](QCPAxis* axis, double cells) {
        const double size = std::clamp(axis->range().size(), std::min(2.0, cells), cells);
        const double lower = std::clamp(axis->range().center() - size / 2, -0.5, cells - 0.5 - size);
        if (std::abs(lower - axis->range().lower) > 1e-9 || std::abs(size - axis->range().size()) > 1e-9) {
            const QSignalBlocker noEcho(axis);
            axis->setRange(lower, lower + size);
        }
    };
    clamp(d->x, double(d->data->columns()));
    clamp(d->y, double(d->data->rows()));
}

void LoadPlot::updateTicks()
{
    if (!d->data || d->area->width() <= 0)
        return;
    const QFontMetricsF metrics(d->x->tickLabelFont());
    const int digits = d->data->columnNames.empty() ? 1 : int(QString::number(d->data->columnNames.back()).size());
    const double labelWidth = metrics.horizontalAdvance(QString(digits + 2, '0'));
    d->setTicks(d->x,
        cellTicks(d->data->columnNames, d->x->range().lower, d->x->range().upper, int(d->area->width() / labelWidth)));
    d->setTicks(d->y,
        cellTicks(d->data->rowNames, d->y->range().lower, d->y->range().upper,
            int(d->area->height() / (1.3 * metrics.height()))));
    const auto all = d->data->values.summarise(0, d->data->rows(), 0, d->data->columns());
    const double slack = 1e-6 * std::abs(d->scale.high);
    auto ticks = scaleTicks(d->scale, std::clamp(int(d->area->height() / (2 * metrics.height())), 2, 11),
        all.min<d->scale.low - slack, all.max> d->scale.high + slack);
    for (Tick& t : ticks)
        t.position = (1 - t.position) * 256 - 0.5;
    d->setTicks(d->bar, ticks);
    if (isReduced() != d->wasReduced) { // by a new size of the window, too
        d->wasReduced = isReduced();
        QMetaObject::invokeMethod(this, &LoadPlot::viewChanged, Qt::QueuedConnection);
    }
}

void LoadPlot::setCurrent(std::optional<Cell> cell)
{
    if (cell && (!d->data || cell->first >= d->data->rows() || cell->second >= d->data->columns()))
        cell.reset();
    if (cell == m_current)
        return;
    m_current = cell;
    placeCrosshair();
    emit currentChanged();
}

void LoadPlot::placeCrosshair()
{
    const bool on = m_current.has_value();
    d->cell->setVisible(on);
    d->across->setVisible(on && d->crosshair);
    d->down->setVisible(on && d->crosshair);
    if (on) {
        const double row = double(m_current->first), column = double(m_current->second);
        d->cell->topLeft->setCoords(column - 0.5, row - 0.5);
        d->cell->bottomRight->setCoords(column + 0.5, row + 0.5);
        d->across->start->setCoords(0, row);
        d->across->end->setCoords(1, row);
        d->down->start->setCoords(column, 0);
        d->down->end->setCoords(column, 1);
    }
    d->plot->layer("crosshair")->replot();
}

QPoint LoadPlot::cellCentre(Cell cell) const
{
    return d->plot->mapTo(
        this, QPointF(d->x->coordToPixel(double(cell.second)), d->y->coordToPixel(double(cell.first))).toPoint());
}

std::optional<LoadPlot::Cell> LoadPlot::cellAt(const QPoint& position) const
{
    const auto cell = d->map->cellAt(d->plot->mapFrom(this, position));
    return cell;
}

void LoadPlot::keyPressEvent(QKeyEvent* event)
{
    int row = 0, column = 0;
    switch (event->key()) {
    case Qt::Key_Left:
        column = -1;
        break;
    case Qt::Key_Right:
        column = 1;
        break;
    case Qt::Key_Up:
        row = -1;
        break;
    case Qt::Key_Down:
        row = 1;
        break;
    default:
        return QWidget::keyPressEvent(event);
    }
    if (!d->data || d->data->rows() == 0 || d->data->columns() == 0)
        return;
    if (!m_current)
        return setCurrent(Cell{0, 0});
    const auto step = [](std::size_t at, int by, std::size_t size) {
        return std::size_t(std::clamp<std::ptrdiff_t>(std::ptrdiff_t(at) + by, 0, std::ptrdiff_t(size) - 1));
    };
    setCurrent(Cell{step(m_current->first, row, d->data->rows()), step(m_current->second, column, d->data->columns())});
}

bool LoadPlot::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == d->plot) {
        if (event->type() == QEvent::MouseMove) {
            auto* mouse = static_cast<QMouseEvent*>(event);
            if (mouse->buttons() == Qt::NoButton)
                setCurrent(d->map->cellAt(mouse->position()));
        } else if (event->type() == QEvent::Leave) {
            setCurrent({});
        } else if (event->type() == QEvent::MouseButtonDblClick) {
            fit();
            return true;
        } else if (event->type() == QEvent::MouseButtonPress) {
            setFocus(Qt::MouseFocusReason);
        }
    }
    return QWidget::eventFilter(watched, event);
}

}
