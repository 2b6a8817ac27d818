// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/session/site_name.h"

#include <algorithm>

namespace expertscope {

QString siteName(const RoutingShape& shape, SiteIndex site)
{
    const auto at = std::size_t(site);
    if (at >= shape.sites.size())
        return QString("site %1").arg(site.value);
    const auto layer = shape.sites[at].layer;
    const bool alone = std::ranges::count(shape.sites, layer, &Site::layer) == 1;
    return alone ? QString("layer %1").arg(layer) : QString("layer %1 (site %2)").arg(layer).arg(site.value);
}

}
