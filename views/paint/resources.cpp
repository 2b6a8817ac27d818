// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/resources.h"

#include <QDir>
#include <QtGlobal>

// Q_INIT_RESOURCE must stand outside of any namespace.
static void initPaintResources()
{
    Q_INIT_RESOURCE(paint);
}

namespace expertscope {

void ensurePaintResources()
{
    static const bool once = (initPaintResources(), true);
    Q_UNUSED(once);
}

}
