// SPDX-License-Identifier: GPL-3.0-or-later
//
// Names of what layers show beside or below the panels, never over the data. Includes qcustomplot.h: for .cpp files of
// views/paint only.
#pragma once

#include "views/paint/picture.h"
#include "views/paint/style.h"

#include <qcustomplot.h>

#include <vector>

namespace expertscope {

class Legend final : public QCPLayoutElement
{
public:
    explicit Legend(QCustomPlot& plot);

    /// Every name once, in the order of the picture's layers; those without a name are left out.
    void show(const Picture& picture);
    void restyle(const Style& style);
    bool empty() const { return m_entries.empty(); }

    /// Of one column of all names.
    QSizeF columnSize() const;
    /// In rows that fill `width`: their height.
    double rowsHeight(double width) const;
    void arrangeColumn();
    void arrangeRows(double width);
    void hide(Qt::Orientation row); ///< takes no room in the row or column of a layout that it stands in

    QStringList texts() const;

protected:
    void draw(QCPPainter* painter) override;

private:
    void drawSign(QCPPainter* painter, const LegendEntry& entry, const QRectF& box) const;
    double entryWidth(const LegendEntry& entry) const;
    double rowHeight() const;
    double swatch() const; ///< width of the signs
    std::size_t columnsIn(double width) const;
    void setFixed(const QSizeF& size, const QMargins& margins);

    Style m_style;
    std::vector<LegendEntry> m_entries;
    std::size_t m_columns = 1;
    bool m_hidden = true;
};

}
