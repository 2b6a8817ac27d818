// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/widgets/job_controls.h"

#include <QProgressBar>
#include <QToolButton>

namespace expertscope {

QProgressBar* loadingBar(QWidget* parent)
{
    auto* bar = new QProgressBar(parent);
    bar->setObjectName("loading");
    bar->setRange(0, 1000);
    bar->setTextVisible(false);
    bar->setFixedHeight(3);
    return bar;
}

QToolButton* stopButton(QWidget* parent)
{
    auto* button = new QToolButton(parent);
    button->setText(QStringLiteral("×"));
    button->setObjectName("stop");
    button->setToolTip("Stop computing  (Esc)");
    button->setAccessibleName("Stop computing");
    return button;
}

}
