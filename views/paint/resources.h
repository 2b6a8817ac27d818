// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace expertscope {

/// Makes the files of resources/ that are compiled into the figure library findable under ":/expertscope". A static
/// library's resources are not registered by themselves.
void ensurePaintResources();

}
