// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/layers/layer_plottable.h"

#include "views/paint/layers/curves_plottable.h"
#include "views/paint/layers/heat_map_plottable.h"

namespace expertscope {

namespace {

// One line a kind of layer.
template <class T> struct PlottableOf;
template <> struct PlottableOf<HeatMapPtr> : std::type_identity<HeatMapPlottable>
{
};
template <> struct PlottableOf<Curves> : std::type_identity<CurvesPlottable>
{
};

}

LayerPlottable* makePlottable(const Layer& layer, QCPAxis* x, QCPAxis* y)
{
    return std::visit(
        [&]<class T>(const T&) -> LayerPlottable* { return new typename PlottableOf<T>::type(x, y); }, layer);
}

LayerPlottable::LayerPlottable(QCPAxis* keyAxis, QCPAxis* valueAxis)
    : QCPAbstractPlottable(keyAxis, valueAxis)
{
    setSelectable(QCP::stNone);
}

double LayerPlottable::selectTest(const QPointF&, bool, QVariant*) const
{
    return -1;
}

QCPRange LayerPlottable::getKeyRange(bool& found, QCP::SignDomain) const
{
    found = false;
    return {};
}

QCPRange LayerPlottable::getValueRange(bool& found, QCP::SignDomain, const QCPRange&) const
{
    found = false;
    return {};
}

void LayerPlottable::drawLegendIcon(QCPPainter*, const QRectF&) const { }

}
