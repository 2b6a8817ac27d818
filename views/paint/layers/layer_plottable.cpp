// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/layers/layer_plottable.h"

#include "views/paint/layers/bars_plottable.h"
#include "views/paint/layers/curves_plottable.h"
#include "views/paint/layers/heat_map_plottable.h"
#include "views/paint/layers/ribbons_plottable.h"
#include "views/paint/layers/strips_plottable.h"
#include "views/paint/layers/words_plottable.h"

namespace expertscope {

namespace {

// One line a kind of layer.
template <class Data> struct PlottableOf;
// clang-format off
template <> struct PlottableOf<HeatMapPtr> { using Type = HeatMapPlottable; };
template <> struct PlottableOf<Curves> { using Type = CurvesPlottable; };
template <> struct PlottableOf<Bars> { using Type = BarsPlottable; };
template <> struct PlottableOf<StripsPtr> { using Type = StripsPlottable; };
template <> struct PlottableOf<WordsPtr> { using Type = WordsPlottable; };
template <> struct PlottableOf<RibbonsPtr> { using Type = RibbonsPlottable; };
// clang-format on

}

LayerPlottable* makePlottable(const Layer& layer, QCPAxis* x, QCPAxis* y)
{
    return std::visit(
        [&](const auto& held) -> LayerPlottable* {
            return new typename PlottableOf<std::decay_t<decltype(held)>>::Type(x, y);
        },
        layer);
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
