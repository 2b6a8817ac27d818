// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/plot_builder.h"

#include "views/paint/plot_layout.h"
#include "views/paint/plot_overlay.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

struct PlotBuilder::Private
{
    QCustomPlot& plot;
    Style style;
    PlotLayout layout;
    PlotOverlay* overlay = nullptr; ///< the plot's
    bool wasReduced = false, showing = false;

    const std::vector<std::unique_ptr<PlotPanel>>& panels() const { return layout.panels(); }
    bool reduced() const
    {
        return std::ranges::any_of(
            panels(), [this](const auto& panel) { return panel->isReduced(plot.bufferDevicePixelRatio()); });
    }
};

PlotBuilder::PlotBuilder(QCustomPlot& plot, const Style& style)
    : d(new Private{plot, style, PlotLayout(plot)})
{
    plot.setLocale(QLocale::c());
    plot.setNoAntialiasingOnDrag(false);
    plot.moveLayer(plot.layer("axes"), plot.layer("main"), QCustomPlot::limBelow);
    plot.layer("overlay")->setMode(QCPLayer::lmBuffered); // repaints alone
    d->overlay = new PlotOverlay(plot,
        {[this](const Mark& mark) { return placeOf(mark); }, [this](std::size_t panel) { return areaOf(panel); }});
    connect(&plot, &QCustomPlot::beforeReplot, this, [this] {
        d->layout.arrange();
        if (d->reduced() != d->wasReduced) {
            d->wasReduced = d->reduced();
            QMetaObject::invokeMethod(this, &PlotBuilder::viewChanged, Qt::QueuedConnection);
        }
    });
    restyle(style);
}

PlotBuilder::~PlotBuilder()
{
    disconnect(&d->plot, nullptr, this, nullptr);
    delete d->overlay;
}

void PlotBuilder::show(PicturePtr picture)
{
    if (picture == d->layout.picture())
        return;
    d->showing = true;
    if (!d->layout.show(std::move(picture))) {
        for (const auto& panel : d->panels())
            connect(panel.get(), &PlotPanel::rangeChanged, this, [this] {
                if (!d->showing)
                    emit viewChanged();
            });
        d->layout.restyle(d->style);
    }
    d->showing = false;
    d->plot.replot(QCustomPlot::rpQueuedReplot);
    emit viewChanged();
}

PicturePtr PlotBuilder::picture() const
{
    return d->layout.picture();
}

void PlotBuilder::restyle(const Style& style)
{
    d->style = style;
    d->plot.setBackground(QBrush(style.background));
    d->layout.restyle(style);
    d->overlay->setStyle(style);
    d->plot.replot(QCustomPlot::rpQueuedReplot);
}

void PlotBuilder::setInteractive(bool interactive)
{
    d->plot.setInteractions(interactive ? QCP::iRangeDrag | QCP::iRangeZoom : QCP::Interactions());
}

void PlotBuilder::fit()
{
    for (const auto& panel : d->panels())
        panel->fit();
    d->plot.replot(QCustomPlot::rpQueuedReplot);
}

bool PlotBuilder::isZoomed() const
{
    return std::ranges::any_of(d->panels(), [](const auto& panel) { return panel->isZoomed(); });
}

PlotView PlotBuilder::view() const
{
    PlotView view;
    for (const auto& panel : d->panels())
        view.panels.push_back(panel->view());
    return view;
}

void PlotBuilder::setView(const PlotView& view)
{
    if (view.panels.size() != d->panels().size())
        return;
    for (std::size_t i = 0; i < d->panels().size(); ++i)
        d->panels()[i]->setView(view.panels[i]);
    d->plot.replot(QCustomPlot::rpQueuedReplot);
}

void PlotBuilder::zoomBy(double factor, std::optional<QPointF> at)
{
    const auto only = at ? panelAt(*at) : std::nullopt;
    for (std::size_t i = 0; i < d->panels().size(); ++i) {
        if (!at || only == i)
            d->panels()[i]->zoomBy(factor, at);
    }
    d->plot.replot(QCustomPlot::rpQueuedReplot);
}

void PlotBuilder::panBy(double x, double y)
{
    for (const auto& panel : d->panels())
        panel->panBy(x, y);
    d->plot.replot(QCustomPlot::rpQueuedReplot);
}

void PlotBuilder::reveal(const Mark& mark)
{
    if (mark.panel < d->panels().size())
        d->panels()[mark.panel]->reveal(mark.layer, mark.row, mark.column);
    d->plot.replot(QCustomPlot::rpQueuedReplot);
}

bool PlotBuilder::isReduced() const
{
    return d->reduced();
}

std::optional<Mark> PlotBuilder::markAt(const QPointF& position) const
{
    for (std::size_t i = 0; i < d->panels().size(); ++i) {
        if (const auto at = d->panels()[i]->markAt(position))
            return Mark{std::uint16_t(i), std::uint16_t(at->layer), std::uint32_t(at->row), std::uint32_t(at->column)};
    }
    return {};
}

QRectF PlotBuilder::placeOf(const Mark& mark) const
{
    return mark.panel < d->panels().size() ? d->panels()[mark.panel]->placeOf({mark.layer, mark.row, mark.column})
                                           : QRectF();
}

QRectF PlotBuilder::areaOf(std::size_t panel) const
{
    return panel < d->panels().size() ? d->panels()[panel]->area() : QRectF();
}

std::optional<std::size_t> PlotBuilder::panelAt(const QPointF& position) const
{
    for (std::size_t i = 0; i < d->panels().size(); ++i) {
        if (d->panels()[i]->area().contains(position))
            return i;
    }
    return {};
}

void PlotBuilder::setOverlay(const Overlay& overlay)
{
    Overlay shown = overlay;
    const auto& picture = d->layout.picture();
    if (shown.crosshair && picture && shown.crosshair->panel < picture->panels.size()
        && picture->panels[shown.crosshair->panel].x.scale == Axis::Scale::None)
        shown.crosshair.reset(); // lines through text
    d->overlay->show(shown);
}

const Overlay& PlotBuilder::overlay() const
{
    return d->overlay->shown();
}

Expected<void> PlotBuilder::layOut(const QSizeF& points)
{
    d->plot.setViewport(QRect(0, 0, int(std::floor(points.width())), int(std::floor(points.height()))));
    d->layout.arrange();
    return d->layout.fits(points);
}

std::size_t PlotBuilder::columns() const
{
    return d->layout.columns();
}

std::optional<double> PlotBuilder::wantedHeight(std::size_t panel, double width) const
{
    return panel < d->panels().size() ? d->panels()[panel]->wantedHeight(width) : std::nullopt;
}

QStringList PlotBuilder::texts() const
{
    return d->layout.texts();
}

}
