// SPDX-License-Identifier: GPL-3.0-or-later
//
// The key of heat maps: a bar of all colours with values beside it. Includes qcustomplot.h: for .cpp files of
// views/paint only.
#pragma once

#include "views/paint/picture.h"
#include "views/paint/style.h"

#include <qcustomplot.h>

namespace expertscope {

class HeatMapPlottable;

class ColourBar
{
public:
    /// Its rectangle belongs to the layout it is put into.
    explicit ColourBar(QCustomPlot& plot);

    QCPAxisRect* rect() const { return m_rect; }
    QCPAxis* axis() const { return m_value; }
    void show(const ColourKey& key, bool below, bool above); ///< `below`, `above`: there are values beyond that end
    void restyle(const Style& style);
    void updateTicks(); ///< as many as fit its height

private:
    QCPAxisRect* m_rect;
    QCPAxis *m_key, *m_value;
    HeatMapPlottable* m_map;
    ColourKey m_shown;
    bool m_below = false, m_above = false;
};

/// Line widths, fonts and colours of an axis; only `labelled` ones have ticks. `cells`: it frames a heat map.
void styleAxis(QCPAxis& axis, const Style& style, bool labelled, bool cells);
struct Tick;
void setTicks(QCPAxis& axis, const std::vector<Tick>& ticks);

}
