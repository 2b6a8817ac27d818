// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/figure_command.h"

#include <cstdio>

namespace expertscope {

int runFigureCommand(const FigureOptions&)
{
    std::fputs("expertscope: figure: this build has no figures (it was made without Qt: EXPERTSCOPE_GUI=OFF, "
               "bootstrap --no-gui)\n",
        stderr);
    return 1;
}

}
