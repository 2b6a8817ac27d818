// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPainter>
#include <QWidget>

namespace expertscope {

/// Lies over its parent's picture and dims it to 60 %; lets the mouse through.
class Veil final : public QWidget
{
public:
    explicit Veil(QWidget* parent)
        : QWidget(parent)
    {
        setAttribute(Qt::WA_TransparentForMouseEvents);
        hide();
    }

protected:
    void paintEvent(QPaintEvent*) override
    {
        QColor colour = palette().color(QPalette::Base);
        colour.setAlphaF(0.4f);
        QPainter(this).fillRect(rect(), colour);
    }
};

}
