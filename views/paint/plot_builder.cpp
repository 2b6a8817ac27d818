// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/plot_builder.h"

#include "views/paint/axis_ticks.h"
#include "views/paint/colour_bar.h"
#include "views/paint/curve_legend.h"
#include "views/paint/foot_note.h"
#include "views/paint/label_lines.h"
#include "views/paint/plot_overlay.h"
#include "views/paint/plot_panel.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

/// Of the width: what a legend beside the panels may take; wider ones go below.
constexpr double kLegendShare = 0.34;

QCPLayoutGrid* newGrid()
{
    auto* grid = new QCPLayoutGrid;
    grid->setColumnSpacing(0);
    grid->setRowSpacing(0);
    return grid;
}

}

struct PlotBuilder::Private
{
    QCustomPlot& plot;
    Style style;
    PicturePtr picture;
    std::vector<std::unique_ptr<PlotPanel>> panels;
    std::vector<std::unique_ptr<QCPMarginGroup>> groups;
    std::vector<QCPTextElement*> titles; ///< of panels, and one beside them, to keep the colour bar level; or empty
    std::unique_ptr<ColourBar> bar;
    CurveLegend *beside = nullptr, *below = nullptr;
    FootNote* foot = nullptr;
    QCPTextElement* head = nullptr; ///< the title above; or none
    PlotOverlay* overlay = nullptr; ///< the plot's
    bool interactive = false, wasReduced = false, showing = false, titlesFit = true;

    bool canKeep(const Picture& next) const;
    void build(const Picture& next);
    void clear();
    void placeLegend(double width, double height);
    bool reduced() const;
    void updateLayout() const;
    void arrange();
    void setBarTitle(double length);
};

PlotBuilder::PlotBuilder(QCustomPlot& plot, const Style& style)
    : d(new Private{plot, style, {}, {}, {}, {}, {}})
{
    plot.setLocale(QLocale::c());
    plot.plotLayout()->clear();
    plot.plotLayout()->setRowSpacing(0);
    plot.plotLayout()->setColumnSpacing(0);
    plot.setNoAntialiasingOnDrag(false);
    plot.moveLayer(plot.layer("axes"), plot.layer("main"), QCustomPlot::limBelow);
    plot.layer("overlay")->setMode(QCPLayer::lmBuffered); // repaints alone
    d->overlay = new PlotOverlay(plot,
        {[this](const Mark& mark) { return placeOf(mark); }, [this](std::size_t panel) { return areaOf(panel); }});
    connect(&plot, &QCustomPlot::beforeReplot, this, [this] {
        d->arrange();
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
    d->clear();
    delete d->overlay;
}

void PlotBuilder::Private::clear()
{
    bar.reset();
    panels.clear();
    titles.clear();
    plot.clearPlottables();
    plot.plotLayout()->clear();
    groups.clear();
    beside = below = nullptr;
    foot = nullptr;
    head = nullptr;
}

bool PlotBuilder::Private::canKeep(const Picture& next) const
{
    const auto titled = [](const Picture& p) {
        return std::ranges::any_of(p.panels, [](const Panel& panel) { return !panel.title.isEmpty(); });
    };
    if (!picture || next.columns != picture->columns || next.key.has_value() != picture->key.has_value()
        || next.panels.size() != panels.size() || titled(next) != titled(*picture)
        || next.title.isEmpty() != picture->title.isEmpty())
        return false;
    for (std::size_t i = 0; i < panels.size(); ++i) {
        if (!panels[i]->canShow(next.panels[i]))
            return false;
    }
    return true;
}

void PlotBuilder::Private::build(const Picture& next)
{
    clear();
    // From the outside in: a layout takes its plot from the one around it.
    int rows = 0;
    if (!next.title.isEmpty()) {
        head = new QCPTextElement(&plot, " ");
        plot.plotLayout()->addElement(rows++, 0, head);
    }
    auto* body = newGrid();
    plot.plotLayout()->addElement(rows++, 0, body);
    below = new CurveLegend(plot);
    plot.plotLayout()->addElement(rows++, 0, below);
    foot = new FootNote(plot);
    plot.plotLayout()->addElement(rows, 0, foot);
    auto* grid = newGrid();
    body->addElement(0, 0, grid);
    const int columns = int(std::clamp<std::size_t>(next.columns, 1, std::max<std::size_t>(1, next.panels.size())));
    const bool titled = std::ranges::any_of(next.panels, [](const Panel& p) { return !p.title.isEmpty(); });
    std::vector<QCPMarginGroup*> ofColumn, ofRow;
    const auto newGroup = [&] { return groups.emplace_back(std::make_unique<QCPMarginGroup>(&plot)).get(); };
    for (std::size_t i = 0; i < next.panels.size(); ++i) {
        const int row = int(i) / columns, column = int(i) % columns;
        panels.push_back(std::make_unique<PlotPanel>(plot, next.panels[i]));
        QCPAxisRect* const rect = panels.back()->rect();
        if (titled) {
            titles.push_back(new QCPTextElement(&plot, next.panels[i].title));
            grid->addElement(2 * row, column, titles.back());
        }
        grid->addElement(2 * row + (titled ? 1 : 0), column, rect);
        if (column >= int(ofColumn.size()))
            ofColumn.push_back(newGroup());
        if (row >= int(ofRow.size()))
            ofRow.push_back(newGroup());
        rect->setMarginGroup(QCP::msLeft | QCP::msRight, ofColumn[std::size_t(column)]);
        rect->setMarginGroup(QCP::msTop | QCP::msBottom, ofRow[std::size_t(row)]);
    }
    // What stands beside the panels begins and ends level with them.
    const auto level = [&](QCPLayoutElement* element) {
        auto* side = newGrid();
        body->addElement(0, body->columnCount(), side);
        if (titled) {
            titles.push_back(new QCPTextElement(&plot, " "));
            side->addElement(0, 0, titles.back());
        }
        side->addElement(titled ? 1 : 0, 0, element);
        if (!ofRow.empty()) {
            element->setMarginGroup(QCP::msTop, ofRow.front());
            element->setMarginGroup(QCP::msBottom, ofRow.back());
        }
    };
    if (next.key) {
        bar = std::make_unique<ColourBar>(plot);
        level(bar->rect());
    }
    beside = new CurveLegend(plot);
    body->addElement(0, body->columnCount(), beside);
}

void PlotBuilder::show(PicturePtr picture)
{
    if (picture == d->picture)
        return;
    d->showing = true;
    if (!picture) {
        d->clear();
    } else {
        const bool kept = d->canKeep(*picture);
        if (!kept) {
            d->build(*picture);
            for (const auto& panel : d->panels)
                connect(panel.get(), &PlotPanel::rangeChanged, this, [this] {
                    if (!d->showing)
                        emit viewChanged();
                });
        }
        float least = INFINITY, largest = -INFINITY;
        for (std::size_t i = 0; i < d->panels.size(); ++i) {
            d->panels[i]->show(picture->panels[i], picture->key);
            if (!d->titles.empty())
                d->titles[i]->setText(picture->panels[i].title);
            for (const Layer& layer : picture->panels[i].layers) {
                const auto* map = std::get_if<HeatMapPtr>(&layer);
                if (!map || !*map)
                    continue;
                const auto all = (*map)->values.summarise(0, (*map)->rows(), 0, (*map)->columns());
                least = std::fmin(least, all.min);
                largest = std::fmax(largest, all.max);
            }
        }
        if (picture->key) {
            const double slack = 1e-6 * std::abs(picture->key->scale.high);
            d->bar->show(
                *picture->key, least<picture->key->scale.low - slack, largest> picture->key->scale.high + slack);
        }
        d->beside->show(*picture);
        d->below->show(*picture);
        d->foot->show(*picture);
        d->picture = picture;
        if (!kept)
            restyle(d->style);
    }
    d->picture = picture;
    d->showing = false;
    d->plot.replot(QCustomPlot::rpQueuedReplot);
    emit viewChanged();
}

PicturePtr PlotBuilder::picture() const
{
    return d->picture;
}

void PlotBuilder::restyle(const Style& style)
{
    d->style = style;
    d->plot.setBackground(QBrush(style.background));
    if (d->head) {
        d->head->setFont(style.titleFont);
        d->head->setTextColor(style.text);
        d->head->setMargins(QMargins(0, 1, 0, 1));
    }
    for (const auto& panel : d->panels)
        panel->restyle(style);
    for (QCPTextElement* title : d->titles) {
        title->setFont(style.titleFont);
        title->setTextColor(style.text);
        title->setMargins(QMargins(0, 1, 0, 1));
    }
    if (d->bar)
        d->bar->restyle(style);
    if (d->picture) {
        d->beside->restyle(style);
        d->below->restyle(style);
        d->foot->restyle(style);
    }
    d->overlay->setStyle(style);
    setInteractive(d->interactive);
    d->plot.replot(QCustomPlot::rpQueuedReplot);
}

void PlotBuilder::setInteractive(bool interactive)
{
    d->interactive = interactive;
    d->plot.setInteractions(interactive ? QCP::iRangeDrag | QCP::iRangeZoom : QCP::Interactions());
}

void PlotBuilder::Private::updateLayout() const
{
    for (const auto phase : {QCPLayoutElement::upPreparation, QCPLayoutElement::upMargins, QCPLayoutElement::upLayout})
        plot.plotLayout()->update(phase);
}

void PlotBuilder::Private::placeLegend(double width, double height)
{
    const QSizeF column = beside->columnSize();
    beside->hide(Qt::Horizontal);
    below->hide(Qt::Vertical);
    if (beside->empty())
        return;
    if (column.width() <= kLegendShare * width && column.height() <= height)
        beside->arrangeColumn();
    else
        below->arrangeRows(width - 2 * style.gap);
}

void PlotBuilder::Private::setBarTitle(double length)
{
    const auto lines = labelLines(picture->key->title, style.font, length);
    titlesFit = titlesFit && lines;
    bar->axis()->setLabel(lines ? *lines : elidedLines(picture->key->title, style.font, length, 1));
}

void PlotBuilder::Private::arrange()
{
    if (!picture)
        return;
    const QRectF page(plot.viewport());
    bool headFits = true;
    if (head) {
        const auto lines = labelLines(picture->title, style.titleFont, page.width() - style.gap);
        headFits = lines.has_value();
        head->setText(lines ? *lines : elidedLines(picture->title, style.titleFont, page.width() - style.gap, 1));
    }
    plot.plotLayout()->setOuterRect(plot.viewport());
    placeLegend(page.width(), page.height() - 4 * QFontMetricsF(style.font).height());
    foot->arrange(page.width(), true);
    // Sizes depend on labels and labels on sizes: the second round has it.
    for (int round = 0; round < 2; ++round) {
        updateLayout();
        titlesFit = headFits;
        for (const auto& panel : panels) {
            panel->limitTitles(panels.size() == 1 ? page : QRectF(panel->rect()->outerRect()));
            panel->updateTicks();
            titlesFit = panel->updateTitles() && titlesFit;
        }
        if (bar) {
            bar->updateTicks();
            const QRectF inside(bar->rect()->rect());
            const double beyond = std::min(inside.top() - page.top(), page.bottom() - inside.bottom()) - style.gap / 2;
            setBarTitle(inside.height() + std::max(0.0, 2 * beyond));
        }
        const bool crosses = std::ranges::all_of(panels, [](const auto& panel) { return panel->crossesFit(); });
        foot->arrange(page.width(), crosses);
    }
    updateLayout();
}

void PlotBuilder::fit()
{
    for (const auto& panel : d->panels)
        panel->fit();
    d->plot.replot(QCustomPlot::rpQueuedReplot);
}

bool PlotBuilder::isZoomed() const
{
    return std::ranges::any_of(d->panels, [](const auto& panel) { return panel->isZoomed(); });
}

PlotView PlotBuilder::view() const
{
    PlotView view;
    for (const auto& panel : d->panels)
        view.panels.push_back(panel->view());
    return view;
}

void PlotBuilder::setView(const PlotView& view)
{
    if (view.panels.size() != d->panels.size())
        return;
    for (std::size_t i = 0; i < d->panels.size(); ++i)
        d->panels[i]->setView(view.panels[i]);
    d->plot.replot(QCustomPlot::rpQueuedReplot);
}

void PlotBuilder::zoomBy(double factor, std::optional<QPointF> at)
{
    const auto only = at ? panelAt(*at) : std::nullopt;
    for (std::size_t i = 0; i < d->panels.size(); ++i) {
        if (!at || only == i)
            d->panels[i]->zoomBy(factor, at);
    }
    d->plot.replot(QCustomPlot::rpQueuedReplot);
}

void PlotBuilder::panBy(double x, double y)
{
    for (const auto& panel : d->panels)
        panel->panBy(x, y);
    d->plot.replot(QCustomPlot::rpQueuedReplot);
}

void PlotBuilder::reveal(const Mark& mark)
{
    if (mark.panel < d->panels.size())
        d->panels[mark.panel]->reveal(mark.layer, mark.row, mark.column);
    d->plot.replot(QCustomPlot::rpQueuedReplot);
}

bool PlotBuilder::Private::reduced() const
{
    return std::ranges::any_of(
        panels, [this](const auto& panel) { return panel->isReduced(plot.bufferDevicePixelRatio()); });
}

bool PlotBuilder::isReduced() const
{
    return d->reduced();
}

std::optional<Mark> PlotBuilder::markAt(const QPointF& position) const
{
    for (std::size_t i = 0; i < d->panels.size(); ++i) {
        if (const auto at = d->panels[i]->markAt(position))
            return Mark{std::uint16_t(i), std::uint16_t(at->layer), std::uint32_t(at->row), std::uint32_t(at->column)};
    }
    return {};
}

QRectF PlotBuilder::placeOf(const Mark& mark) const
{
    return mark.panel < d->panels.size() ? d->panels[mark.panel]->placeOf({mark.layer, mark.row, mark.column})
                                         : QRectF();
}

QRectF PlotBuilder::areaOf(std::size_t panel) const
{
    return panel < d->panels.size() ? d->panels[panel]->area() : QRectF();
}

std::optional<std::size_t> PlotBuilder::panelAt(const QPointF& position) const
{
    for (std::size_t i = 0; i < d->panels.size(); ++i) {
        if (d->panels[i]->area().contains(position))
            return i;
    }
    return {};
}

void PlotBuilder::setOverlay(const Overlay& overlay)
{
    d->overlay->show(overlay);
}

const Overlay& PlotBuilder::overlay() const
{
    return d->overlay->shown();
}

Expected<void> PlotBuilder::layOut(const QSizeF& points)
{
    d->plot.setViewport(QRect(0, 0, int(std::floor(points.width())), int(std::floor(points.height()))));
    d->arrange();
    const double least = 2 * QFontMetricsF(d->style.font).height();
    for (const auto& panel : d->panels) {
        const QRectF area = panel->area();
        if (area.width() < least || area.height() < least || area.right() > points.width()
            || area.bottom() > points.height())
            return fail(
                "leaves no room for the picture at this font size", "figure size", "a larger figure or a smaller font");
    }
    if (!d->titlesFit) {
        QStringList titles{d->picture->title};
        for (const auto& panel : d->panels)
            titles << panel->panel().x.title << panel->panel().y.title;
        if (d->picture->key)
            titles << d->picture->key->title;
        const QFontMetricsF metrics(d->style.font);
        const QString longest = *std::ranges::max_element(
            titles, {}, [&](const QString& title) { return metrics.horizontalAdvance(title); });
        return fail("does not fit the figure", "label '" + longest.toStdString() + "'",
            "a larger figure, a smaller font or another text");
    }
    return {};
}

QStringList PlotBuilder::texts() const
{
    QStringList texts{"0123456789/.…"};
    for (const auto& panel : d->panels)
        texts << panel->texts();
    if (d->picture && d->picture->key) {
        texts << d->picture->key->title;
        for (const Tick& t : scaleTicks(d->picture->key->scale, 9, true, true))
            texts << t.label;
    }
    if (d->picture)
        texts << d->picture->title << d->beside->texts() << d->foot->texts();
    return texts;
}

}
