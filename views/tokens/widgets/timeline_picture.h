// SPDX-License-Identifier: GPL-3.0-or-later
//
// How a timeline is drawn: its cells as an image, the numbers of rows and tokens beside them.
#pragma once

#include "views/paint/style.h"
#include "views/tokens/data/timeline_raster.h"

#include <QImage>
#include <QPainter>

namespace expertscope {

/// Of a number of Categories, Strips::kMixed or kNone.
QRgb timelineColour(int category, const Style& style);

/// The columns [from, to) of all rows, so many pixels.
QImage timelineImage(const Strips& strips, double from, double to, const QSize& pixels, const Style& style);

/// Left of and below the cells, which stand in `plot` and are the columns [from, to).
void drawTimelineAxes(QPainter& painter, const TimelineRaster& raster, const RoutingShape& shape, const QRectF& plot,
    double from, double to, const Style& style);

}
