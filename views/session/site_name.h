// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/trace/routing.h"

#include <QString>

namespace expertscope {

/// What a site is called everywhere in the window: "layer 5" as the model counts; where that says too little (several
/// routers in a layer) with the ordinal: "layer 5 (site 9)".
QString siteName(const RoutingShape& shape, SiteIndex site);

}
