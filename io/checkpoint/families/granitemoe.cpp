// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/family.h"

#include "io/checkpoint/config_reader.h"

namespace expertscope {

namespace {

void fillGranitemoe(ConfigReader& config, ArchSpec& arch)
{
    fillGranite(config, arch);
    // The one family with shared experts only adds them.
    if (config.has("shared_intermediate_size") && arch.family == "granitemoeshared") {
        arch.sharedIntermediate = config.integer("shared_intermediate_size", 0, 0, INT32_MAX);
        arch.numShared = 1;
    }
    arch.expertIntermediate = config.size("intermediate_size", 11008);
    arch.router.score = ScoreFunction::Identity;
    arch.router.renormalisation = Renormalisation::SoftmaxOverChosen;
}

}

Family graniteMoeFamily()
{
    return graniteFamily("granitemoe", fillGranitemoe);
}

Family graniteMoeSharedFamily()
{
    return graniteFamily("granitemoeshared", fillGranitemoe);
}

}
