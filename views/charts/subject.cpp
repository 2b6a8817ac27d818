// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/subject.h"

namespace expertscope {

bool agree(const Subject& a, const Subject& b)
{
    bool common = false, same = true;
    const auto compare = [&](const auto& x, const auto& y) {
        if (x && y) {
            common = true;
            same = same && *x == *y;
        }
    };
    compare(a.site, b.site);
    compare(a.expert, b.expert);
    compare(a.sequence, b.sequence);
    compare(a.token, b.token);
    compare(a.label, b.label);
    return common && same;
}

}
