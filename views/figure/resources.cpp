// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/figure/resources.h"

#include <QDir>
#include <QtGlobal>

// Q_INIT_RESOURCE must stand outside of any namespace.
static void initFigureResources()
{
    Q_INIT_RESOURCE(figure);
}

namespace expertscope {

void ensureFigureResources()
{
    static const bool once = (initFigureResources(), true);
    Q_UNUSED(once);
}

}
