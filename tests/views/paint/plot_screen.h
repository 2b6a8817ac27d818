// SPDX-License-Identifier: GPL-3.0-or-later
//
// A picture on the screen, as a widget has it.
#pragma once

#include "views/paint/fonts.h"
#include "views/paint/plot_builder.h"

#include <qcustomplot.h>

#include <QTest>

namespace expertscope::testing {

inline Style testStyle()
{
    (void)registerBundledFonts();
    QFont font("Liberation Sans");
    font.setPixelSize(12);
    return screenStyle({Qt::white, Qt::black, QColor(90, 90, 90), QColor(220, 220, 220), QColor(0, 114, 178)}, font);
}

struct Screen
{
    QCustomPlot plot;
    PlotBuilder builder{plot, testStyle()};

    explicit Screen(PicturePtr picture, QSize size = {640, 400})
    {
        plot.resize(size);
        plot.show();
        (void)QTest::qWaitForWindowExposed(&plot);
        show(std::move(picture));
    }
    void show(PicturePtr picture)
    {
        builder.show(std::move(picture));
        plot.replot();
    }
    QRgb colourAt(const QPointF& at)
    {
        const QImage image = plot.grab().toImage();
        return image.pixel((at * image.devicePixelRatio()).toPoint());
    }
};

}
