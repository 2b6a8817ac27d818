// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which rows of an answer make which curves.
#pragma once

#include "views/charts/kinds/curve_table.h"

namespace expertscope {

/// What is asked for.
struct CurveView
{
    std::vector<const CurveQuantity*> quantities;
    std::string over = "layer"; ///< or the name of an axis
    bool eachLayer = false; ///< over an axis: a curve a layer, else of the whole model
};

struct CurvePanels
{
    std::vector<RowPanel> panels;
    QByteArray places; ///< names of RowPoint::fields
    std::map<std::string, QStringList> missing; ///< reason -> curves that there are not
};

/// Error: a quantity has no value, or is not known over that axis; says why.
Expected<CurvePanels> panelsOf(const CurveTable& table, const CurveAnswer& answer, const CurveView& view);

}
