// SPDX-License-Identifier: GPL-3.0-or-later
//
// The line above a panel: its letter, where there are several, and its title. Includes qcustomplot.h: for .cpp files of
// views/paint only.
#pragma once

#include "views/paint/style.h"

#include <qcustomplot.h>

namespace expertscope {

class PanelHead final : public QCPLayoutElement
{
public:
    explicit PanelHead(QCustomPlot& plot);

    void show(const QString& letter, const QString& title);
    void restyle(const Style& style);

protected:
    void draw(QCPPainter* painter) override;

private:
    Style m_style;
    QString m_letter, m_title;
};

/// "a", "b", … "z", "aa", …
QString panelLetter(std::size_t panel);

}
