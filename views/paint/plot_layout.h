// SPDX-License-Identifier: GPL-3.0-or-later
//
// The parts of a picture in a QCustomPlot and where they stand: panels in a grid, colour bar and legend beside them (a
// wide legend below), a title above, a note at the foot. Includes qcustomplot.h: for .cpp files of views/paint only.
#pragma once

#include "views/paint/colour_bar.h"
#include "views/paint/foot_note.h"
#include "views/paint/legend.h"
#include "views/paint/panel_head.h"
#include "views/paint/plot_panel.h"

#include <memory>

namespace expertscope {

class PlotLayout
{
public:
    explicit PlotLayout(QCustomPlot& plot);
    ~PlotLayout();

    /// Builds anew, unless all parts can be kept: then true.
    bool show(PicturePtr picture);
    const PicturePtr& picture() const { return m_picture; }
    void restyle(const Style& style);
    /// Places all of it in the plot's viewport, with ticks and broken titles that fit.
    void arrange();
    /// After arrange(), for a page of `points`. Error: a title that does not fit; no room left for a panel.
    Expected<void> fits(const QSizeF& points) const;

    const std::vector<std::unique_ptr<PlotPanel>>& panels() const { return m_panels; }
    QStringList texts() const; ///< PlotBuilder::texts()
    std::size_t columns() const { return m_columns; } ///< of panels, at the width there is

private:
    bool canKeep(const Picture& next) const;
    void build(const Picture& next);
    void clear();
    void updateLayout() const;
    std::size_t columnsIn(double width) const;
    void regrid(std::size_t columns);
    void groupMargins(); ///< insides of a row, of a column and of what stands beside them are level
    void showPanels();
    void shareTitles();
    void evenOut();
    void keepInside();
    void placeLegend(double width, double height);
    void setBarTitle(double length);

    QCustomPlot& m_plot;
    Style m_style;
    PicturePtr m_picture;
    std::vector<std::unique_ptr<PlotPanel>> m_panels;
    std::size_t m_columns = 1;
    std::vector<std::unique_ptr<QCPMarginGroup>> m_groups; ///< of the grid's columns and rows
    std::vector<PanelHead*> m_heads; ///< of panels, and one beside them, to keep the colour bar level; or empty
    QCPLayoutGrid* m_grid = nullptr; ///< of the panels
    std::vector<QCPLayoutElement*> m_level; ///< beside them, as high as they are
    std::unique_ptr<ColourBar> m_bar;
    Legend *m_beside = nullptr, *m_below = nullptr;
    FootNote* m_foot = nullptr;
    QCPTextElement* m_head = nullptr; ///< the title above; or none
    bool m_titlesFit = true;
};

}
