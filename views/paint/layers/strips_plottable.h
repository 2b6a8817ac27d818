// SPDX-License-Identifier: GPL-3.0-or-later
//
// Strips inside a QCustomPlot: cells by category. Includes qcustomplot.h: for .cpp files of views/paint only.
#pragma once

#include "views/paint/layers/cells_plottable.h"

namespace expertscope {

class StripsPlottable final : public CellsPlottable
{
public:
    using CellsPlottable::CellsPlottable;

    void show(const Layer& layer, const std::optional<ColourKey>&) override { m_data = std::get<StripsPtr>(layer); }
    bool canShow(const Layer& layer) const override { return std::holds_alternative<StripsPtr>(layer); }
    void setStyle(const Style& style) override { m_style = style; }
    QString note() const override;
    bool isWide() const override { return true; }
    std::optional<double> wantedHeight(double width) const override; ///< each row can be named

protected:
    void draw(QCPPainter* painter) override;
    std::size_t rows() const override { return m_data ? m_data->rows() : 0; }
    std::size_t columns() const override { return m_data ? m_data->columns() : 0; }

private:
    QRgb colour(int category) const;
    QImage image(const Pyramid::View& view) const;

    StripsPtr m_data;
    Style m_style;
};

}
